"""The ultimatum game (Güth, Schmittberger & Schwarze 1982): one proposal, which the other side accepts or refuses.

The player who is first names a price; the other one answers, and nothing is said after that. A counter-offer is a
refusal. Who names no price has proposed nothing.

    seller: I would be willing to sell at $15.
    buyer:  You have got yourself a deal.                                -> deal at $15
"""

from __future__ import annotations

from bargain.config.schema import GameConfig
from bargain.games.rounds.base import Ending, RoundProtocol, RoundRules, one_exchange_problem, two_turns
from bargain.records import Player, rival_of


class Ultimatum(RoundProtocol):
    """One proposal and one answer."""

    @staticmethod
    def problem(game: GameConfig) -> str:
        """The one proposal is the player's own, and there is one exchange."""
        return one_exchange_problem("ultimatum", game)

    asked_turns = staticmethod(two_turns)

    @staticmethod
    def part(role: Player, rules: RoundRules) -> str:
        """The first player is told that it proposes, the other one that it answers."""
        return "proposer" if role == rules.who_is_first else "responder"

    async def play_out(self) -> Ending:
        """The proposal, the answer, the moderator's verdict on it."""
        proposer = self.rules.who_is_first
        await self.speak(proposer, may=("offer",))
        if self.turns[0].offer is None:
            return Ending("no_deal", f"the {proposer} proposed no price")
        await self.speak(rival_of(proposer), may=("accept", "reject"))
        verdict = await self.verdict()
        if verdict.stands == "deal":
            return self.deal(verdict)
        return Ending("no_deal", f"the {rival_of(proposer)} did not accept")
