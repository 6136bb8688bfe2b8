"""One round: who speaks, when the moderator looks, when it is over.

Both players open (word for word, or freely), then exchanges follow until there is a deal, somebody walks away, the
moderator has seen no deal too often, or the exchanges run out. Before a round ends without a deal the moderator has had
a look at its last turn, except where moderator.start=no_number keeps to the letter of 2023.

One of the simulated negotiators' rounds, as it was played:

    seller: Hi! This is a fine balloon, and its price is $20.
    buyer:  That is more than I wanted to spend. Would you take $10?
    seller: Would $19 suit you?
    buyer:  I hear you. It is a simple balloon after all. I can give you $13.
    seller: For you I could make it $17.50.
    buyer:  That is a stretch for me. I can give you $14.50.
    seller: How about $16?
    buyer:  That sounds fair, I'll take it.                              -> deal at $16
"""

from __future__ import annotations

from bargain.agents.moderator import steps_in
from bargain.games.rounds.base import Ending, RoundProtocol
from bargain.records import PLAYERS, Player, Verdict, rival_of


class Negotiation(RoundProtocol):
    """Free talk by turns: anything may be said, and nobody has to answer with a price."""

    async def play_out(self) -> Ending:
        """Openings, then exchanges until something ends them."""
        self._moderating = False
        speaker: Player = self.rules.who_is_first
        for _ in range(2):
            if speaker in self.rules.free_openings:
                await self.speak(speaker, self.rules.max_exchanges + 1)
            else:
                self.open_with_words_of_prompt(speaker)
            speaker = rival_of(speaker)
        for exchange in range(self.rules.max_exchanges):
            for _ in range(2):
                await self.speak(speaker, self.rules.max_exchanges - exchange)
                ending = await self._look()
                if ending is not None:
                    return ending
                speaker = rival_of(speaker)
        if self.rules.moderator_start != "no_number" and not self._judged():
            ending = self._ending(await self.verdict())
            if ending is not None:
                return ending
        return Ending("no_deal", "both stayed firm" if self._both_firm() else "out of exchanges")

    async def _look(self) -> Ending | None:
        """How the round ends after the last turn, None when it goes on."""
        read = self.read()
        if read.state == "no_deal" and read.sure:
            return _left(read.walked_away)
        start = self.rules.moderator_start
        looks = steps_in(start, self.turns, self.acts[-1])
        if start != "no_offer":
            looks = self._moderating = self._moderating or looks
        ending = self._ending(await self.verdict()) if looks else None
        if ending is None and read.state == "no_deal":
            return _left(read.walked_away)
        return ending

    def _judged(self) -> bool:
        """Whether the moderator has looked at the last turn."""
        return bool(self.verdicts) and self.verdicts[-1].turn == len(self.turns)

    def _ending(self, verdict: Verdict) -> Ending | None:
        """How the round ends by this verdict, None when it goes on."""
        if verdict.stands == "deal":
            return self.deal(verdict)
        if verdict.stands == "no_deal":
            leaver = self.read().walked_away
            return _left(leaver) if leaver else Ending("no_deal", "the moderator saw the talk ended")
        if 0 < self.rules.no_deal_threshold <= len(self.verdicts):
            return Ending("no_deal", f"no deal in {len(self.verdicts)} verdicts")
        return None

    def _both_firm(self) -> bool:
        """Whether each player's last two offers were the same price."""
        offers = {
            role: [turn.offer for turn in self.turns if turn.role == role and turn.offer is not None]
            for role in PLAYERS
        }
        return all(len(made) > 1 and made[-1] == made[-2] for made in offers.values())


def _left(leaver: str | None) -> Ending:
    return Ending("walk_away", f"the {leaver} walked away")
