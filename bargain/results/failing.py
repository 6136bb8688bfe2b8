"""Whether a run can come to anything: its first games all failed, for one reason.

Games that fail end sooner than those that go well, so it is not the games that finish first that are looked at, but
those that began first: with 256 games at once and a call in twenty failing, the first five to finish have all failed.

    "engine gpt-5 (seller): 400, 'temperature' does not support 0.7"        one reason,
    "engine gpt-5 (buyer): 400, 'temperature' does not support 0.2"         told twice
"""

from __future__ import annotations

import re

from bargain.records import Game

FIRST = 5
MANY_KINDS = 100
_DIFFERS = re.compile(r"'[^']*'|\"[^\"]*\"|\w*\d\w*|\b(?:seller|buyer|moderator|critic)\b")
"""What may differ between two tellings of one reason: numbers and ids, quoted words, whose call it was."""


class FirstGames:
    """The first games of a run, in the order of their numbers. Those that failed by the record alone are passed over:
    a run that is resumed may have lost its first games to an outage."""

    def __init__(self, n_games: int) -> None:
        self.planned = n_games
        self.failed = 0
        self.reason = ""
        """Why the first of them failed, as it was told."""
        self._next = min(FIRST, n_games)
        self._waits_for = set(range(self._next))
        self._kinds: set[str] = set()
        self._told: set[str] = set()
        self._good = 0

    def add(self, game: Game, *, recalled: bool) -> bool:
        """Counts a finished game; returns whether it failed for a reason not met before. recalled: all of it was on
        record."""
        if not game.error:
            self._good += 1
            return False
        self.failed += 1
        self.reason = self.reason or game.error
        kind = _DIFFERS.sub("#", game.error)
        is_new = kind not in self._told
        if len(self._told) < MANY_KINDS:
            self._told.add(kind)
        if game.game in self._waits_for:
            self._waits_for.discard(game.game)
            if not recalled:
                self._kinds.add(kind)
            elif self._next < self.planned:
                self._waits_for.add(self._next)
                self._next += 1
        return is_new

    def in_vain(self) -> bool:
        """Whether the first games are over, all of them failed alike, and no other game has come to anything."""
        return not self._good and not self._waits_for and len(self._kinds) == 1

    def all_failed(self) -> bool:
        """Whether every planned game has failed, whatever for."""
        return 0 < self.planned == self.failed
