"""Whatever ends a run, its connections are closed, and it never has more of them than the process may open."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import pytest

from bargain.runs.runner import RunSummary, play
from tests.commands import bargain, environment, only_run, summary_of
from tests.composing import compose
from tests.negotiator import haggle
from tests.servers import Fault, Server


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def played(server: Server, directory: Path, *more: str) -> RunSummary:
    return play(compose(experiment(server, *more)), directory, show_progress=False)


def experiment(server: Server, *more: str) -> list[str]:
    engines = [
        f"{seat}.engine.{each}"
        for seat in ("seller", "buyer")
        for each in (f"base_url={server.openai}", "max_concurrency=64")
    ]
    seats = ["engine@seller.engine=gpt-4o-mini", "engine@buyer.engine=gpt-4o-mini"]
    return ["game=simple", "moderator=rules", *seats, *engines, "tracking=none", "n_games=32", *more]


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "more", "state"),
    [(Fault(401), (), "failed"), (None, ("limits.max_tokens=3000",), "paused"), (None, (), "finished")],
    ids=["a wrong key", "a budget", "the end"],
)
def test_the_connections_are_closed_on_every_way_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Fault | None, more: tuple[str, ...], state: str
) -> None:
    with Server(haggle, fault=lambda call: fault) as server, caplog.at_level(logging.ERROR):
        summary = played(server, tmp_path, *more)
        assert summary.state == state
        gc.collect()
    assert "Unclosed" not in caplog.text
    assert (summary.data["tokens"]["output"] > 0) == (fault is None), "paid tokens count, though no game is finished"


FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))  # ulimit -n 160
from bargain.main import main
main()
"""


@pytest.mark.long
def test_no_more_calls_are_in_flight_than_the_process_may_open_files(tmp_path: Path) -> None:
    with Server(haggle, latency_s=0.05) as server:
        many = [f"{seat}.engine.max_concurrency=2000" for seat in ("seller", "buyer")]
        few = ["n_games=120", "game.max_exchanges=2", "limits.max_concurrent_games=2000"]
        env = environment(OPENAI_API_KEY="sk-test")
        done = bargain(FEW_FILES, *experiment(server, *few, *many), cwd=tmp_path, env=env, command="-c")
    assert done.returncode == 0, done.stderr
    assert summary_of(only_run(tmp_path))["games"]["error"] == 0
    assert 8 < server.most_in_flight < 96
    assert done.stderr.count("the process may open no more files; raise it with ulimit -n") == 1
