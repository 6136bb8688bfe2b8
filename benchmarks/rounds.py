"""How many rounds a second the embedded negotiators play on one core, text, files and all, and what memory does.

    python benchmarks/rounds.py             1,000 games x 5 rounds
    python benchmarks/rounds.py --small     what CI runs

Prints rounds/s of a whole `play` (config, games.jsonl, summary and intervals included), its ratio to the floor, which
is what the negotiators' own answers took of it (nothing else could be left out of a game played in words), and the peak
memory after a tenth of the games and after all of them, in one process.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import sys
import tempfile
import time
from typing import ClassVar

from measured import CORES

from bargain import compose, play
from bargain.engines.base import Request
from bargain.engines.simulated import SimulatedEngine
from bargain.records import Reply

ROUNDS_PER_S = 500


class Timed(SimulatedEngine):
    """The embedded negotiator; `seconds` sums up what its answers took, by what clock the process has used."""

    seconds: ClassVar[float] = 0.0

    def answer(self, request: Request) -> Reply:
        """As the engine, timed."""
        started = time.perf_counter()
        reply = super().answer(request)
        Timed.seconds += time.perf_counter() - started
        return reply


def peak_mib() -> float:
    """The peak resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def played(n_games: int, *more: str) -> float:
    """Seconds of a run of so many games x 5 rounds."""
    with tempfile.TemporaryDirectory() as directory:
        cfg = compose([f"n_games={n_games}", "game.n_rounds=5", "tracking=none", *more])
        started = time.perf_counter()
        summary = play(cfg, directory, show_progress=False)
        seconds = time.perf_counter() - started
    assert summary.state == "finished"
    return seconds


def main() -> int:
    """Plays, prints and judges: 1 below 500 rounds/s. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    small = parser.parse_args().small
    os.sched_setaffinity(0, {CORES[0]})
    n_games = 50 if small else 1000
    seats = [f"{seat}.engine._target_=rounds.Timed" for seat in ("seller", "buyer")]
    played(n_games // 10, *seats, "allow_targets=[rounds]")
    before = peak_mib()
    timed = importlib.import_module("rounds").Timed  # the class that the runner finds, not this script's own
    timed.seconds = 0.0
    whole = played(n_games, *seats, "allow_targets=[rounds]")
    seconds = played(n_games)
    rate = 5 * n_games / seconds
    print(
        f"{n_games} games x 5 rounds on the simulated engine: {seconds:.2f} s, {rate:,.0f} rounds/s on one core, ",
        end="",
    )
    print(f"{whole / timed.seconds:.2f} x the negotiators' own answers")
    print(f"peak memory after {n_games // 10} games: {before:.0f} MiB, after {2 * n_games} more: {peak_mib():.0f} MiB")
    return 0 if small or rate >= ROUNDS_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
