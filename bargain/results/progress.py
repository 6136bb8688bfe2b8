"""The live line of a run: games, rounds and calls so far, deals, prices round by round, cost and time left.

On a terminal one line is redrawn in place; elsewhere (a log file, Slurm) a whole line is written every ten seconds.
It is never drawn where a person answers at the same terminal: the run says so.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from bargain.calls.stats import Stats
from bargain.results.tables import price_text
from bargain.results.tally import Tally

LOG_EVERY_S = 10.0
DRAW_EVERY_S = 0.2


class LiveLine:
    """Draws at most every DRAW_EVERY_S (terminal) or LOG_EVERY_S (else) seconds. `show=False` draws nothing."""

    def __init__(self, *, show: bool = True, stream: TextIO | None = None) -> None:
        self.show = show
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.started = time.monotonic()
        self._drawn = self.started
        self._width = 0

    def update(self, line: Callable[[float], str]) -> None:
        """Shows what `line` says of the seconds so far, if it is time to; it is asked only then."""
        now = time.monotonic()
        if self.show and now - self._drawn >= (DRAW_EVERY_S if self.live else LOG_EVERY_S):
            self._drawn = now
            self._write(line(now - self.started))

    def close(self) -> None:
        """Clears the live line, so that what follows starts at the margin."""
        if self.show and self.live and self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()

    def _write(self, text: str) -> None:
        if self.live:
            text = text[: shutil.get_terminal_size().columns - 1]
            self.stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()


class Pace:
    """How long what is left takes, from how fast it went since the first live call: what is on record costs no time."""

    def __init__(self, planned: int) -> None:
        self.planned = planned
        self._since: tuple[float, float] | None = None

    def left(self, done: float, stats: Stats, elapsed_s: float) -> str:
        """The time left, as text; "" as long as nothing tells."""
        if stats.live + stats.in_flight and self._since is None:
            self._since = (elapsed_s, done)
        if self._since is None or done <= self._since[1] or done >= self.planned:
            return ""
        since_s, before = self._since
        return f"{duration((elapsed_s - since_s) / (done - before) * (self.planned - done))} left"


class RunProgress:
    """What the line says of a run. planned_rounds: of one game; name: what is played, as "cell 5 of 12"."""

    def __init__(self, n_games: int, planned_rounds: int, tally: Tally, name: str = "") -> None:
        self.n_games = n_games
        self.per_game = planned_rounds
        self.tally = tally
        self.name = name
        self._pace = Pace(n_games * planned_rounds)

    def line(self, stats: Stats, elapsed_s: float) -> str:
        """The line's text, what matters most first: a narrow terminal cuts its end."""
        tally = self.tally
        played = sum(each.rounds for each in tally.so_far.values())
        deals = sum(each.deals for each in tally.so_far.values())
        # a game that is over has no rounds left, though it may have stopped early
        done = tally.finished * self.per_game + max(0, played - tally.rounds_of_finished)
        parts = [
            self.name,
            f"games {tally.finished}/{self.n_games}",
            f"rounds {played}/{self.n_games * self.per_game}",
            self._pace.left(done, stats, elapsed_s),
            f"deals {100 * deals / played:.0f}%" if played else "",
            self._prices(),
            "cost unknown" if stats.cost_usd is None else f"${stats.cost_usd:.2f}",
            f"{tally.errors} failed" if tally.errors else "",
            calls_text(stats, elapsed_s),
        ]
        return "  ".join(part for part in parts if part)

    def _prices(self) -> str:
        """The mean price of the first round and, once there is one, of the last one that any game has reached."""
        numbers = sorted({number for _, number in self.tally.so_far})
        prices = []
        for number in dict.fromkeys(numbers[:1] + numbers[-1:]):
            rounds = [each for (_, at), each in self.tally.so_far.items() if at == number]
            deals = sum(each.deals for each in rounds)
            mean = sum(each.prices for each in rounds) / deals if deals else None
            prices.append(price_text(mean, self.tally.item.currency))
        return "→".join(prices)


def calls_text(stats: Stats, elapsed_s: float) -> str:
    """Calls so far, and how fast: a second or a minute, whichever is a number; those in flight."""
    rate = stats.live / max(elapsed_s, 1e-3)
    fast = f"{rate:,.0f}/s" if rate >= 1 else f"{60 * rate:.0f}/min"
    flying = f", {stats.in_flight} in flight" if stats.in_flight else ""
    return f"{stats.live + stats.from_journal:,} calls ({fast}{flying})"


def duration(seconds: float) -> str:
    """Seconds as people say them: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
