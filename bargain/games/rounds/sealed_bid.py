"""The sealed-bid double auction (Chatterjee & Samuelson 1983): both name one price, and neither hears the other's.

There is a deal where the buyer's price is at least the seller's, in the middle of the two; no words and no moderator
decide. Who names no price has made no bid. A coached player is told both prices before the next round.

    seller: I ask $14.
    buyer:  I bid $17.                                                                       -> deal at $15.50
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from bargain.config.schema import GameConfig
from bargain.games.rounds.base import Ending, RoundProtocol, RoundRules, one_exchange_problem, two_turns
from bargain.records import Feedback, Player, Round, rival_of


class SealedBid(RoundProtocol):
    """One price each, unheard."""

    two_issues: ClassVar[bool] = False
    asks_moderator: ClassVar[bool] = False

    @staticmethod
    def problem(game: GameConfig) -> str:
        """Both prices are the players' own, and there is one exchange."""
        return one_exchange_problem("sealed_bid", game)

    asked_turns = staticmethod(two_turns)

    @staticmethod
    def part(role: Player, rules: RoundRules) -> str:
        """The seller is told that it asks, the buyer that it bids."""
        return "ask" if role == "seller" else "bid"

    async def play_out(self) -> Ending:
        """Both prices, and what they come to."""
        first = self.rules.who_is_first
        for role in (first, rival_of(first)):
            await self.speak(role, may=("offer",), heard=())
        prices = {turn.role: turn.offer for turn in self.turns}
        ask, bid = prices["seller"], prices["buyer"]
        if ask is None or bid is None:
            return Ending("no_deal", f"the {'seller' if ask is None else 'buyer'} named no price")
        if bid < ask:
            return Ending("no_deal", "the bid is below the ask")
        return Ending("deal", "", (ask + bid) / 2)

    async def play(self, feedback: tuple[Feedback, ...] = ()) -> Round:
        """The round; to be worse than a price that was not heard is nobody's fault."""
        played = await super().play(feedback)
        kept = tuple(each for each in played.violations if each.kind != "offers_worse_than_offered")
        return replace(played, violations=kept)
