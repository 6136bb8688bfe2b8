"""Stopping and going on: Ctrl-C, SIGTERM, errors that nobody foresaw, and failed games that are played again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bargain.journal_reader import JournalReader
from tests.commands import BIN, bargain, environment, games_of, only_run, summary_of
from tests.negotiator import haggle
from tests.servers import Call, Fault, Server

ENV = environment(OPENAI_API_KEY="sk-test")


def experiment(server: Server, *more: str) -> list[str]:
    """A run on one protocol; games differ by their prompt_cache_key."""
    return [
        "game=criticize_seller",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        "game.n_rounds=2",
        *more,
    ]


def start(arguments: list[str], cwd: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BIN / "bargain"), *arguments],
        cwd=cwd,
        env={**ENV, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_calls(server: Server, calls: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while server.count < calls and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert process.poll() is None, process.communicate()


def stop(process: subprocess.Popen[str], how: int) -> tuple[float, str]:
    """Sends the signal; how many seconds the process then took, and its stderr."""
    started = time.monotonic()
    process.send_signal(how)
    _, said = process.communicate(timeout=30)
    return time.monotonic() - started, said


def kinds_in(run: Path) -> list[str]:
    with JournalReader(run / "journal.sqlite") as journal:
        journal.verify()
        return [attempt.kind for attempt in journal.attempts()]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("tracking", ["none", "wandb"])
def test_a_signal_ends_the_run_within_a_second_and_keeps_the_replies_that_are_about_to_come(
    how: int, code: int, tracking: str, tmp_path: Path
) -> None:
    with Server(haggle, latency_s=0.15) as server:
        process = start(experiment(server, "n_games=64", f"tracking={tracking}"), tmp_path)
        wait_for_calls(server, 200, process)
        took_s, said = stop(process, how)
    print(took_s)
    assert process.returncode == code
    assert took_s < 1.0
    run = only_run(tmp_path)
    assert said.strip().splitlines()[-1].endswith(f"what was paid is kept, go on with: bargain resume={run}")
    assert "Traceback" not in said
    assert kinds_in(run) == ["reply"] * server.count
    assert summary_of(run)["state"] == "paused"


def test_a_signal_does_not_wait_for_a_provider_that_hangs_and_its_calls_are_on_record(tmp_path: Path) -> None:
    def hang(call: Call) -> Fault | None:
        return Fault(kind="hang") if call.index >= 100 else None

    with Server(haggle, fault=hang) as server:
        arguments = experiment(server, "n_games=64", "tracking=none")
        process = start(arguments, tmp_path)
        wait_for_calls(server, 140, process)
        time.sleep(0.3)
        took_s, _ = stop(process, signal.SIGINT)
        print(took_s)
        assert took_s < 1.0
        run = only_run(tmp_path)
        kinds = kinds_in(run)
        assert kinds.count("reply") == 100
        assert kinds.count("open") == server.count - 100
        server.fault = None
        done = bargain(*arguments, cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
        calls = summary_of(run)["calls"]
        assert calls["open_intents"] == calls["reissued"] == kinds.count("open")
        assert calls["from_journal"] == 100
