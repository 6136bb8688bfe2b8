"""Whatever ends a run, its connections are closed, and it never has more of them than the process may open."""

from __future__ import annotations

import gc
import logging
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from bargain.config.compose import compose
from bargain.runs.runner import RunSummary, play
from tests.negotiator import haggle
from tests.servers import Fault, Server


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def played(server: Server, directory: Path, *more: str) -> RunSummary:
    engines = [
        f"{seat}.engine.{each}"
        for seat in ("seller", "buyer")
        for each in (f"base_url={server.openai}", "max_concurrency=64")
    ]
    seats = ["engine@seller.engine=gpt-4o-mini", "engine@buyer.engine=gpt-4o-mini"]
    cfg = compose(["game=simple", "moderator=rules", *seats, *engines, "tracking=none", "n_games=32", *more])
    return play(cfg, directory, show_progress=False)


@pytest.mark.parametrize(
    ("fault", "more", "state"),
    [(Fault(401), (), "failed"), (None, ("limits.max_tokens=3000",), "paused"), (None, (), "finished")],
    ids=["a wrong key", "a budget", "the end"],
)
def test_the_connections_are_closed_on_every_way_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Fault | None, more: tuple[str, ...], state: str
) -> None:
    with Server(haggle, fault=lambda call: fault) as server, caplog.at_level(logging.ERROR):
        assert played(server, tmp_path, *more).state == state
        gc.collect()
    assert "Unclosed" not in caplog.text
