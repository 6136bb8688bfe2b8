"""One round: who speaks, when the moderator looks, when it is over.

Both players open (word for word, or freely), then exchanges follow until there is a deal, somebody walks away, the
moderator has seen no deal too often, or the exchanges run out. This file knows players and a moderator; it does not
know games, feedback, engines or where calls are recorded.

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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bargain.agents.moderator import steps_in
from bargain.agents.player import Negotiator
from bargain.engines.base import Ask
from bargain.errors import GaveUp
from bargain.reading.reader import Outcome as Reading
from bargain.reading.reader import Reader
from bargain.reading.violations import find_violations
from bargain.records import Feedback, Item, Outcome, Place, Player, Round, Turn, Verdict, rival_of


class Moderator(Protocol):
    """Judges the dialogue after its last turn; `read` is what the rules find in it."""

    async def judge(self, ask: Ask, place: Place, turns: tuple[Turn, ...], read: Reading) -> Verdict:
        """The verdict, checked against the dialogue."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """The protocol of a round: see GameConfig and ModeratorConfig in schema.py for each field."""

    max_exchanges: int = 10
    who_is_first: Player = "seller"
    free_openings: frozenset[Player] = frozenset()
    moderator_start: str = "no_number"
    no_deal_threshold: int = 10
    gate: bool = False


@dataclass(frozen=True, slots=True)
class _Ending:
    outcome: Outcome
    reason: str
    price: float | None = None
    accepted_by: int | None = None


class Negotiation:
    """One round in progress. `play` plays it to its end and returns the record, whatever happens."""

    def __init__(
        self,
        ask: Ask,
        place: Place,
        rules: Rules,
        item: Item,
        players: Mapping[Player, Negotiator],
        moderator: Moderator,
    ) -> None:
        self.ask = ask
        self.place = place
        self.rules = rules
        self.item = item
        self.players = players
        self.moderator = moderator
        self.turns: tuple[Turn, ...] = ()
        self.verdicts: list[Verdict] = []
        self.reader = Reader(list_price=item.seller_opening, currency=item.currency)
        self.moderating = False
        self.sure = False

    async def play(self, feedback: tuple[Feedback, ...] = ()) -> Round:
        """The finished round. A call that failed for good makes its outcome "error"; other errors are raised."""
        try:
            ending = await self._play()
        except GaveUp as error:
            ending = _Ending("error", str(error))
        return Round(
            self.place.round,
            self.place.arm,
            ending.outcome,
            ending.price,
            self.turns,
            tuple(self.verdicts),
            tuple(find_violations(self.turns, self.item, ending.accepted_by, ending.price)),
            feedback,
            ending.reason,
        )

    async def _play(self) -> _Ending:
        speaker: Player = self.rules.who_is_first
        for _ in range(2):
            await self._open(speaker)
            speaker = rival_of(speaker)
        for exchange in range(self.rules.max_exchanges):
            for _ in range(2):
                await self._speak(speaker, self.rules.max_exchanges - exchange)
                ending = await self._look()
                if ending is not None:
                    return ending
                speaker = rival_of(speaker)
        return _Ending("no_deal", "both stayed firm" if self._both_firm() else "out of exchanges")

    async def _open(self, speaker: Player) -> None:
        if speaker in self.rules.free_openings:
            await self._speak(speaker, self.rules.max_exchanges + 1)
        else:
            self._add(speaker, self.players[speaker].opening(), fixed=True)

    async def _speak(self, speaker: Player, exchanges_left: int) -> None:
        place = self._place(len(self.turns) + 1, speaker)
        self._add(speaker, await self.players[speaker].speak(self.ask, place, self.turns, exchanges_left))

    def _add(self, speaker: Player, text: str, *, fixed: bool = False) -> None:
        act = self.reader.add(speaker, text)
        self.sure = act.sure
        self.turns = (*self.turns, Turn(speaker, text, act.offer, act.kind, fixed))

    async def _look(self) -> _Ending | None:
        """How the round ends after the last turn, None when it goes on."""
        read = self.reader.outcome()
        if read.state == "no_deal":
            return _Ending("walk_away", f"the {read.walked_away} walked away")
        self.moderating = self.moderating or steps_in(self.rules.moderator_start, self.turns)
        if not self.moderating:
            return None
        if self.rules.gate and self.sure:  # nothing to ask: the words are plain
            verdict = Verdict(len(self.turns), read.state, read.price, stands=read.state)
        else:
            place = self._place(len(self.turns), "moderator")
            verdict = await self.moderator.judge(self.ask, place, self.turns, read)
        self.verdicts.append(verdict)
        if verdict.stands == "deal":
            accepted_by = read.accepted_by_turn if read.state == "deal" else len(self.turns) - 1
            return _Ending("deal", "", verdict.price, accepted_by)
        if verdict.stands == "no_deal":
            return _Ending("no_deal", "the moderator saw the talk ended")
        if 0 < self.rules.no_deal_threshold <= len(self.verdicts):
            return _Ending("no_deal", f"no deal in {len(self.verdicts)} verdicts")
        return None

    def _both_firm(self) -> bool:
        """Whether each player's last two offers were the same price."""
        offers = {
            role: [turn.offer for turn in self.turns if turn.role == role and turn.offer is not None]
            for role in ("seller", "buyer")
        }
        return all(len(made) > 1 and made[-1] == made[-2] for made in offers.values())

    def _place(self, turn: int, role: str) -> Place:
        return Place(self.place.game, self.place.arm, self.place.round, turn, role)
