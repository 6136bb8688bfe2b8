"""Free talk: whatever is said is the turn. Rules and a moderator find out what it does."""

from __future__ import annotations

from bargain.channels.base import Allowed, Channel, Move, TurnReader
from bargain.reading.reader import Reader


class FreeText(Channel):
    """Words alone, as in Fu et al. 2023."""

    decides = False

    def parse(self, reply: str, currency: str) -> Move:
        """Words have no act of their own."""
        raise NotImplementedError("free text is read by bargain.reading")

    def write(self, move: Move, currency: str) -> str:
        """The words."""
        return move.words

    def opening(self, words: str, price: float | None, currency: str, second: float | None = None) -> str:
        """The words."""
        return words

    def turn(self, reply: str, table: Allowed) -> str:
        """The reply."""
        return reply

    def reader(self, list_price: float | None, currency: str) -> TurnReader:
        """The rules."""
        return Reader(list_price=list_price, currency=currency)


FREE_TEXT = FreeText({})
"""The channel where nothing else is said."""
