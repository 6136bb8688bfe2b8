"""What every test of tracking begins with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracked_run import clean_environment


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean_environment(monkeypatch, tmp_path)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The warnings that tracking has logged so far."""
    caplog.set_level(logging.INFO, "bargain.tracking")
    return lambda: [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
