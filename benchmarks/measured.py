"""The real command as a benchmark runs it: in its own directory, pinned to a core, with its CPU and its memory.

with serving(latency_s=1.0) as url:
    done = bargain(["n_games=4", *on_server(url)], cwd, core=0)
    done.wall_s, done.cpu_s, done.peak_mib, done.directory
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
CORES = sorted(os.sched_getaffinity(0))
"""The cores this machine lends us: the first is the command's, the last the server's."""


@dataclass(frozen=True)
class Done:
    """A command that has ended. wall_s: from its start to its end; cpu_s: of the process and those it waited for."""

    directory: Path
    wall_s: float
    cpu_s: float
    peak_mib: float
    output: str

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Its summary.json."""
        data: dict[str, Any] = json.loads((self.directory / "summary.json").read_text())
        return data

    @property
    def calls(self) -> int:
        """How many calls it made."""
        return int(self.summary["calls"]["live"])

    @cached_property
    def calls_by_game(self) -> list[int]:
        """How many calls each game made, one after another: times the latency, its critical path."""
        lines = (self.directory / "games.jsonl").read_text().splitlines()
        games = [json.loads(line) for line in lines]
        return [sum(use["calls"] for each in game["rounds"] for use in each["usage"].values()) for game in games]


def bargain(arguments: Sequence[str], cwd: Path, *, core: int | None = None) -> Done:
    """Runs `bargain` with these arguments to its end. Raises RuntimeError with its last words when it failed."""
    run = cwd / "run"
    output = (cwd / "output.txt").open("w+")
    environment = {
        **os.environ,
        "OPENAI_API_KEY": "none",
        "ANTHROPIC_API_KEY": "none",
        "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}",
    }
    command = [str(BIN / "bargain"), *arguments, f"hydra.run.dir={run}"]
    if core is not None:
        command = ["taskset", "--cpu-list", str(core), *command]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    said = output.read()
    output.close()
    if process.returncode:
        raise RuntimeError(f"bargain ended with {process.returncode}: {said[-2000:]}")
    return Done(run, wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def on_server(url: str, *settings: str, engine: str = "gpt-4o-mini") -> list[str]:
    """The arguments that seat this engine on a server at `url` for both players (critic and moderator follow)."""
    base_url = url if engine.startswith("claude") else f"{url}/v1"
    seats = ("seller", "buyer")
    chosen = [f"engine@{seat}.engine={engine}" for seat in seats]
    return chosen + [f"{seat}.engine.{each}" for seat in seats for each in (f"base_url={base_url}", *settings)]


@contextlib.contextmanager
def serving(latency_s: float = 0.0) -> Iterator[str]:
    """The base URL of a server in a process of its own, on the last core; its negotiator haggles and agrees."""
    command = [sys.executable, "-m", "tests.servers", "--latency", str(latency_s), "--haggle"]
    with subprocess.Popen(
        ["taskset", "--cpu-list", str(CORES[-1]), *command],
        cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()
