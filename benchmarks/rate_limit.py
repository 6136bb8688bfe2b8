"""How much of an enforced rate a run uses, and how many of its calls are refused: a server of 600 requests a minute.

    python benchmarks/rate_limit.py             five runs of 90 s, at the same time
    python benchmarks/rate_limit.py --small     what CI runs: 1,200 a minute and a few seconds

The server's bucket refills evenly and holds one second's worth. The floor is the rate itself, from the first request to
the last as the server saw them. Configured: requests_per_minute=600. The other runs know nothing of the limit; their
refusals say nothing, Retry-After in whole seconds, or OpenAI's x-ratelimit headers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from echo_server import running, stats
from measured import bargain, on_server


@dataclass(frozen=True)
class Case:
    """One run: what the engine is told, what a refusal says, and how long an answer takes."""

    name: str
    hint: str = ""
    latency_s: float = 1.0
    configured: bool = False


CASES = (
    Case("configured", configured=True),
    Case("unknown, 429 alone"),
    Case("unknown, 429 alone, 50 ms", latency_s=0.05),
    Case("unknown, Retry-After", "retry-after"),
    Case("unknown, headers", "headers"),
)


def play(case: Case, per_minute: float, n_games: int) -> tuple[float, float, str]:
    """Shares of the rate that was used and of the calls that were refused, and a line that tells them."""
    with running(case.latency_s, per_minute, case.hint) as url, tempfile.TemporaryDirectory() as scratch:
        settings = [f"requests_per_minute={per_minute:g}"] if case.configured else []
        game = ["game=simple", "moderator=rules", "tracking=none", f"n_games={n_games}"]
        done = bargain([*game, *on_server(url, *settings)], Path(scratch))
        seen = stats(url)
        used = seen["answered"] / (seen["seconds"] * per_minute / 60)
        refused = seen["refused"] / (seen["answered"] + seen["refused"])
        cuts = done.summary["calls"]["rate_limit_cuts"]
        line = f"{case.name:<28}{used:>8.1%} of the rate, {refused:>6.2%} refused, {cuts} cuts, "
        return used, refused, f"{line}{seen['answered']:,} calls in {seen['seconds']:.0f} s"


def main() -> int:
    """Plays all cases at once, prints, and judges: 1 when one keeps under 90% or has 2% refused. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a few seconds, for CI")
    small = parser.parse_args().small
    per_minute, n_games, cases = (1200.0, 6, CASES[2:3]) if small else (600.0, 45, CASES)
    with ThreadPoolExecutor(len(cases)) as pool:
        results = list(pool.map(lambda case: play(case, per_minute, n_games), cases))
    for _, _, line in results:
        print(line)
    good = all(used >= 0.9 and refused < 0.02 for used, refused, _ in results)
    return 0 if good or small else 1


if __name__ == "__main__":
    sys.exit(main())
