"""Numbers only: a price, or one of the words ACCEPT, REJECT and WALK AWAY. Nobody can persuade anybody."""

from __future__ import annotations

from bargain.channels.base import ACTS, Channel, Move, Unusable, act_of


class Numbers(Channel):
    """Sealed lips: what is said besides is asked for again."""

    talks = False
    two_issues = True

    def parse(self, reply: str, currency: str) -> Move:
        """The move, if the reply is nothing else."""
        move = act_of(reply, currency, second=self.second)
        if move is None:
            raise Unusable("off_channel", "is not one price alone, ACCEPT, REJECT or WALK AWAY")
        return move

    def said(self, move: Move, currency: str) -> str:
        """The price or the word."""
        if move.act == "offer" and move.price is not None:
            return self.offered(move.price, move.second, currency)
        return ACTS[move.act]
