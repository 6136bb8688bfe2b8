"""How a run ends, in a word and in a line that says how to go on: finished, until something says otherwise."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bargain.errors import BudgetReached, disk_problem, in_words
from bargain.results.failing import FirstGames

log = logging.getLogger("bargain")


@dataclass
class RunEnding:
    """again: the command that goes on with the run."""

    again: str
    how: str = "finished"
    """finished, interrupted, terminated, budget or failed."""
    problem: str = ""
    """Why, and how to go on; "" for finished."""

    @property
    def is_good(self) -> bool:
        """Whether nothing has said otherwise."""
        return self.how == "finished"

    def failed(self, problem: str) -> None:
        """Nothing can work any more."""
        self.how, self.problem = "failed", problem

    def interrupted(self, how: str) -> None:
        """The user, or a cluster, wants it to stop (how: interrupted, terminated)."""
        self.how, self.problem = how, f"{how}; what was paid is kept, go on with: {self.again}"

    def reached(self, budget: BudgetReached) -> None:
        """A cap is reached."""
        self.how, self.problem = "budget", f"{budget}; go on with a higher cap: {self.again} {budget.higher}"

    def in_vain(self, first: FirstGames, higher: str) -> None:
        """No game comes to anything. higher: what the command must say as well, where only further calls can help."""
        games = f"all of the first {first.failed} games failed, so the run stops"
        if first.failed == first.planned:
            games = "every game failed" if first.planned > 1 else "the game failed"
        again = f"with that mended, go on with: {self.again}{higher} (or start another config)"
        self.failed(f"{games}: {first.reason}; {again}")

    def broke_off(self, error: BaseException) -> None:
        """Of an error that nobody foresaw (a game type of one's own, a full disk)."""
        self.failed(disk_problem(error) or f"{type(error).__name__}: {in_words(error)}")
        if not disk_problem(error):
            log.error("broke off: %s", self.problem)
