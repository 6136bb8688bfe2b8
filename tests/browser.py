"""Chromium without a window, for the tests that look at a page."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started; who has none, or no playwright, sees the test skipped, but never CI.

    While it is open nothing else may run asyncio in this thread.
    """
    found = shutil.which("chromium")
    if not os.environ.get("CI"):
        pytest.importorskip("playwright.sync_api")
        if found is None:
            pytest.skip("no chromium: scripts/install-debian-packages installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found or "chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()
