"""The crash harness, small: the large one is `python benchmarks/crashes.py`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.crashes import arguments, harness
from tests.commands import PATIENCE_S, Started, environment
from tests.servers import Server

HARNESS = Path(__file__).parent.parent.parent / "benchmarks" / "crashes.py"


class Forked(Started):
    """The command in a fork, with what the harness needs of subprocess.Popen."""

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = PATIENCE_S) -> tuple[bytes, bytes]:  # type: ignore[override]
        out, err = super().communicate()
        return out.encode(), err.encode()


def forked(server: Server, n_games: int, where: Path) -> Any:
    return Forked(arguments(server, n_games)[1:], where, environment(OPENAI_API_KEY="none", ANTHROPIC_API_KEY="none"))


@pytest.mark.long
def test_two_kills_at_random_moments_change_no_byte_of_the_result_and_buy_no_reply_twice(tmp_path: Path) -> None:
    sums = harness(tmp_path, kills=2, kills_a_run=2, n_games=6, seed=1, latency_s=0.01, start=forked, start_s=0.5)
    assert sums.problems == []
    assert (sums.kills, sums.bought_again) == (2, 0)
    assert sums.requests - sums.replies == sums.extra <= sums.open_intents


@pytest.mark.long
@pytest.mark.skipif(shutil.which("strace") is None and not os.environ.get("CI"), reason="strace is not installed")
def test_a_run_that_is_killed_at_a_system_call_leaves_one_directory_and_goes_on_there() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--calls", "--small"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("after all but these:\nnone\n")
