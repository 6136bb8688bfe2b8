"""The live line of a run: games done, deals, mean price per round, calls/s, cost so far, time left.

On a terminal one line is redrawn in place; elsewhere (a log file, Slurm) a whole line is written every ten seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from bargain.calls.stats import Stats
from bargain.results.tables import price_text
from bargain.results.tally import Tally

LOG_EVERY_S = 10.0
DRAW_EVERY_S = 0.2


class ProgressLine:
    """Draws at most every DRAW_EVERY_S (terminal) or LOG_EVERY_S (else) seconds. `show=False` draws nothing."""

    def __init__(self, n_games: int, tally: Tally, *, show: bool = True, stream: TextIO | None = None) -> None:
        self.n_games = n_games
        self.tally = tally
        self.show = show
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.started = time.monotonic()
        self._drawn = self.started
        self._width = 0

    def update(self, stats: Callable[[], Stats]) -> None:
        """Shows how things stand, if it is time to; `stats` is asked only then."""
        now = time.monotonic()
        if self.show and now - self._drawn >= (DRAW_EVERY_S if self.live else LOG_EVERY_S):
            self._drawn = now
            self._write(self.line(stats(), now - self.started))

    def line(self, stats: Stats, elapsed_s: float) -> str:
        """The line's text."""
        done, tally = self.tally.finished, self.tally
        rows = tally.rounds(intervals=False)
        planned = sum(row["games"] for row in rows if row["deal_rate"] is not None)
        deals = f"{100 * sum(row['deals'] for row in rows) / planned:.0f}%" if planned else "-"
        currency = tally.item.currency
        prices = " ".join(
            f"{row['arm']} {row['round']}:{price_text(row['mean_price'], currency)}".strip() for row in rows[:8]
        )
        left = f"{elapsed_s / done * (self.n_games - done):.0f} s left" if done else "time left unknown"
        cost = stats.cost_usd
        parts = [
            f"games {done}/{self.n_games}",
            f"deals {deals}",
            f"price by round {prices}" if prices else "",
            f"{stats.live / max(elapsed_s, 1e-3):.0f} calls/s",
            "cost unknown" if cost is None else f"${cost:.2f}",
            f"{tally.errors} failed" if tally.errors else "",
            left,
        ]
        return "  ".join(part for part in parts if part)

    def close(self) -> None:
        """Clears the live line, so that what follows starts at the margin."""
        if self.show and self.live and self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()

    def _write(self, text: str) -> None:
        if self.live:
            import shutil

            text = text[: shutil.get_terminal_size().columns - 1]
            self.stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()
