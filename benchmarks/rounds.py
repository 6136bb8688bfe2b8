"""How many rounds a second the embedded negotiators play on one core, text, files and all, and what memory does.

    python benchmarks/rounds.py             1,000 games x 5 rounds
    python benchmarks/rounds.py --small     what CI runs, so that this file cannot rot

Prints rounds/s of a whole `play` (config, games.jsonl, summary and its intervals included) and the peak memory after a
tenth of the games and after all of them, in one process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time

from bargain import compose, play


def peak_mib() -> float:
    """The peak resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Plays and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    n_games = 50 if parser.parse_args().small else 1000
    sizes = []
    for part in (n_games // 10, n_games):
        with tempfile.TemporaryDirectory() as directory:
            cfg = compose([f"n_games={part}", "game.n_rounds=5", "tracking=none"])
            started = time.perf_counter()
            summary = play(cfg, directory, show_progress=False)
            seconds = time.perf_counter() - started
        assert summary.state == "finished"
        sizes.append(peak_mib())
    print(f"{n_games} games x 5 rounds on the simulated engine: {seconds:.2f} s, {5 * n_games / seconds:,.0f} rounds/s")
    print(f"peak memory after {n_games // 10} games: {sizes[0]:.0f} MiB, after {n_games} more: {sizes[1]:.0f} MiB")


if __name__ == "__main__":
    main()
