"""How many scripted rounds a second each channel plays on one core, files and summary included.

python benchmarks/channels.py             1,000 games of one round a channel
python benchmarks/channels.py --small     what CI runs
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time

from measured import CORES

from bargain import compose, play

ROUNDS_PER_S = 300
PLAYERS = {
    "simulated": ["engines=simulated"],
    "opponents": ["engine@seller.engine=opponent-boulware", "engine@buyer.engine=opponent-linear"],
}


def rate(channel: str, players: str, n_games: int) -> float:
    """Rounds a second of one run."""
    told = ["game=simple", "item=bicycle", "moderator=rules", "tracking=none", f"channel={channel}", *PLAYERS[players]]
    with tempfile.TemporaryDirectory() as directory:
        cfg = compose([*told, f"n_games={n_games}"])
        started = time.process_time()
        play(cfg, directory, show_progress=False)
        return n_games / (time.process_time() - started)


def main() -> int:
    """Prints a table; 1 where a channel is slower than 300 rounds/s. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    small = parser.parse_args().small
    os.sched_setaffinity(0, {CORES[0]})
    rate("free_text", "simulated", 10)  # imports
    slowest = float("inf")
    print("| rounds/s | " + " | ".join(PLAYERS) + " |\n|---|---|---|")
    for channel in ("free_text", "tagged", "structured", "numbers"):
        rates = [rate(channel, players, 50 if small else 1000) for players in PLAYERS]
        slowest = min(slowest, *rates)
        print(f"| `{channel}` | " + " | ".join(f"{each:,.0f}" for each in rates) + " |", flush=True)
    return 0 if small or slowest >= ROUNDS_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
