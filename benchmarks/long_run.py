"""What 100,000 calls do to memory, journal and file handles: figures after a tenth of the games and after all of them.

    python benchmarks/long_run.py                       simulated engines (no journal is needed), some seconds
    python benchmarks/long_run.py --journalled          real SDK calls to a server on loopback, every one on record
    python benchmarks/long_run.py --journalled --small  what CI runs, without --journalled too

The run is an ordinary `play` of 5 rounds a game, small of 2; a tracker takes the figures as games finish. Exits with 1
when memory grew by more than a quarter after the first tenth, the journal not in proportion, or file handles were left
open.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the loopback server of the tests

from bargain import compose, play
from bargain.config.schema import TrackingConfig
from bargain.records import Game


@dataclass(frozen=True, slots=True)
class Sample:
    """How things stood when so many games were over. calls: those on record, or those of these games without one."""

    games: int
    calls: int
    rss_mib: float
    journal_bytes: int
    handles: int


class Sampler:
    """A tracker that takes samples: one at every tenth of the games."""

    samples: ClassVar[list[Sample]] = []

    def __init__(self, config: TrackingConfig) -> None:
        self.games = self.calls = 0

    def start(self, run_dir: Path, config: dict[str, Any], info: object) -> None:
        """Remembers where the run lies."""
        self.run_dir = run_dir
        self.every = max(1, config["n_games"] // 10)

    def progress(self, metrics: dict[str, float]) -> None:
        """Nothing."""

    def game(self, game: Game) -> None:
        """Takes a sample if it is time to."""
        self.games += 1
        self.calls += sum(usage.calls for played in game.rounds for _, usage in played.usage)
        if self.games % self.every == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            journal = sum(path.stat().st_size for path in self.run_dir.glob("journal.sqlite*"))
            with contextlib.closing(sqlite3.connect(f"file:{self.run_dir}/journal.sqlite?mode=ro", uri=True)) as opened:
                recorded = opened.execute("SELECT count(*) FROM attempt").fetchone()[0]
            handles = len(os.listdir("/proc/self/fd"))
            rss_mib = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
            self.samples.append(Sample(self.games, recorded or self.calls, rss_mib, journal, handles))

    def finish(self, summary: dict[str, Any], files: Sequence[Path]) -> None:
        """Nothing."""

    def fail(self, reason: str) -> None:
        """Nothing."""


def measure(n_games: int, n_rounds: int, url: str | None) -> tuple[list[Sample], float, float]:
    """Plays n_games against the server at url, or on the simulated engines, then replays what is on record.

    Returns the samples, the seconds that the play took and those that the replay took.
    """
    engine = "simulated" if url is None else "gpt-4o-mini"
    overrides = [
        f"n_games={n_games}",
        "game=criticize_seller",
        f"game.n_rounds={n_rounds}",
        f"limits.max_concurrent_games={min(64, n_games // 5)}",  # few of them at once, so that samples lie apart
        "tracking._target_=long_run.Sampler",
        "allow_targets=[long_run]",
        *(f"engine@{seat}.engine={engine}" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={url}/v1" for seat in ("seller", "buyer") if url),
    ]
    sampler = importlib.import_module("long_run").Sampler  # the class that the runner finds, not this script's own
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        summary = play(compose(overrides), directory, show_progress=False)
        seconds = time.perf_counter() - started
        assert summary.state == "finished", summary.problem
        samples = list(sampler.samples)
        started = time.perf_counter()
        replay = play(compose([*overrides, "mode=replay"]), directory, show_progress=False) if url else summary
        assert replay.state == "finished", replay.problem
    return samples, seconds, time.perf_counter() - started


def serve() -> None:
    """A server in a process of its own, until its standard input ends."""
    from tests.negotiator import haggle
    from tests.servers import Server

    with Server(haggle, record=False) as server:
        print(server.url, flush=True)
        sys.stdin.read()


def main() -> int:
    """Plays, prints and judges."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    parser.add_argument("--journalled", action="store_true", help="real calls, each on record")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    os.environ["OPENAI_API_KEY"] = "none"
    n_games, n_rounds = (10, 2) if options.small else (2500, 5)
    if not options.journalled:
        samples, seconds, replayed = measure(n_games, n_rounds, None)
    else:
        with subprocess.Popen(
            [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            samples, seconds, replayed = measure(n_games, n_rounds, server.stdout.readline().strip())
            server.communicate()
    first, last = samples[0], samples[-1]
    print(f"{last.calls:,} calls in {seconds:.0f} s ({'on record' if options.journalled else 'simulated, no journal'})")
    if options.journalled:
        print(f"replayed from the journal, every byte checked, in {replayed:.1f} s")
    print(" games   calls      RSS, MiB   journal, MiB   bytes/call   open files")
    for each in samples:
        print(
            f"{each.games:6,} {each.calls:7,} {each.rss_mib:13.1f} {each.journal_bytes / 2**20:14.2f}"
            f" {each.journal_bytes / each.calls:12,.0f} {each.handles:12}"
        )
    flat = last.rss_mib <= 1.25 * first.rss_mib
    linear = last.journal_bytes / last.calls <= 1.25 * first.journal_bytes / first.calls
    half = len(samples) // 2  # idle connections come and go
    closed = max(each.handles for each in samples[half:]) <= max(each.handles for each in samples[:half]) + 4
    for holds, what in (
        (flat, "memory is flat"),
        (linear, "the journal grows linearly"),
        (closed, "handles are closed"),
    ):
        print(f"{what}: {'yes' if holds else 'NO'}")
    return 0 if flat and linear and closed else 1


if __name__ == "__main__":
    sys.exit(main())
