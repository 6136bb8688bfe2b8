"""What every way of playing a round shares: its turns, its verdicts, its record, whatever happens.

A round protocol says who speaks, what may be said and when it is over. It is a subclass with one method,

    class Ultimatum(RoundProtocol):
        async def play_out(self) -> Ending:
            await self.speak(self.rules.who_is_first, may=("offer",))
            ...

and one YAML in conf/protocol/. It knows players and a moderator, and nothing of games, feedback, engines or where
calls are recorded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from bargain.agents.player import Negotiator
from bargain.agents.verdicts import accepting_turn
from bargain.agents.witness import Reading, reading_of
from bargain.channels.base import Channel
from bargain.channels.free_text import FREE_TEXT
from bargain.config.schema import GameConfig
from bargain.engines.base import ALL_ACTS, Ask
from bargain.errors import GaveUp
from bargain.reading.reader import Act, same
from bargain.reading.violations import find_violations
from bargain.records import (
    MAX_EXCHANGES,
    PRICE_UNKNOWN,
    Feedback,
    Item,
    Outcome,
    Place,
    Player,
    Round,
    Turn,
    Verdict,
    Violation,
    rival_of,
)
from bargain.text import one_line

USUAL_TURNS = 9
"""Turns of a negotiation beside the two openings: what the embedded negotiators take (9.2 in 1,000 rounds)."""


class Moderator(Protocol):
    """Judges the dialogue after its last turn; `read` is what the rules find in it. asks: whether it asks an engine."""

    asks: bool

    async def judge(self, ask: Ask, place: Place, turns: tuple[Turn, ...], read: Reading) -> Verdict:
        """The verdict, checked against the dialogue."""
        ...


@dataclass(frozen=True, slots=True)
class RoundRules:
    """The rules of a round: see GameConfig and ModeratorConfig in config/schema.py for each field."""

    max_exchanges: int = MAX_EXCHANGES
    who_is_first: Player = "seller"
    free_openings: frozenset[Player] = frozenset()
    moderator_start: str = "no_offer"
    no_deal_threshold: int = 0
    gate: bool = False
    channel: Channel = FREE_TEXT


@dataclass(frozen=True, slots=True)
class Ending:
    """How a round ended. accepted_by: index of the turn that accepted the price."""

    outcome: Outcome
    reason: str
    price: float | None = None
    accepted_by: int | None = None


def one_exchange_problem(name: str, game: GameConfig) -> str:
    """Why a protocol of one exchange with nobody's hard-coded words cannot be played, "" if it can."""
    if game.max_exchanges != 1 or game.seller_opens != "free" or game.buyer_opens != "free":
        return f"protocol {name}: needs game.max_exchanges=1, game.seller_opens=free and game.buyer_opens=free"
    return ""


def two_turns(game: GameConfig) -> tuple[int, int]:
    """`asked_turns` of a protocol in which each player has its say once."""
    return 2, 2


class RoundProtocol(ABC):
    """One round in progress. `play` plays it to its end and returns the record.

    two_issues: whether it can agree on a second issue beside the price. asks_moderator: whether it wants verdicts.
    """

    two_issues: ClassVar[bool] = True
    asks_moderator: ClassVar[bool] = True

    def __init__(
        self,
        ask: Ask,
        place: Place,
        rules: RoundRules,
        item: Item,
        players: Mapping[Player, Negotiator],
        moderator: Moderator,
    ) -> None:
        self.rules = rules
        self.turns: tuple[Turn, ...] = ()
        self.verdicts: list[Verdict] = []
        self.acts: tuple[Act, ...] = ()
        """What each turn does, as the rules read it."""
        self._ask = ask
        self._round = place
        self._item = item
        self._players = players
        self._moderator = moderator
        self._reader = rules.channel.reader(item.seller_opening, item.currency)
        self._refused: list[Violation] = []

    @staticmethod
    def problem(game: GameConfig) -> str:
        """Why rounds of this game cannot be played so, "" if they can."""
        return ""

    @staticmethod
    def asked_turns(game: GameConfig) -> tuple[int, int]:
        """How many turns of a round the players are asked for: as a rule, and at most. Estimates count with them."""
        free = (game.seller_opens == "free") + (game.buyer_opens == "free")
        most = 2 * game.max_exchanges
        return min(most, USUAL_TURNS) + free, most + free

    @staticmethod
    def part(role: Player, rules: RoundRules) -> str:
        """Which of the protocol's texts this player is told, "" for none."""
        return ""

    @abstractmethod
    async def play_out(self) -> Ending:
        """Plays the round and says how it ended. Raises GaveUp when a call failed for good."""

    async def play(self, feedback: tuple[Feedback, ...] = ()) -> Round:
        """The finished round. A call that failed for good makes its outcome "error"; other errors are raised."""
        try:
            ending = await self._afterwards(await self.play_out())
        except GaveUp as error:
            ending = Ending("error", str(error))
        if ending.outcome == "no_deal":
            ending = replace(ending, reason="; ".join([ending.reason, *self._unknown_price()]))
        return Round(
            self._round.round,
            self._round.arm,
            ending.outcome,
            ending.price,
            self.turns,
            tuple(self.verdicts),
            (*find_violations(self.turns, self._item, ending.accepted_by, ending.price), *self._refused),
            feedback,
            ending.reason,
            second=None if ending.accepted_by is None else self.acts[ending.accepted_by].second,
        )

    async def _afterwards(self, ending: Ending) -> Ending:
        """The end after a player's demand that came with the deal: the rival agrees to it, or the deal stays."""
        for role, player in self._players.items():
            demand = player.demand(ending.price) if ending.price is not None else ""
            if demand:
                self._add(role, demand)
                await self.speak(rival_of(role), may=("accept", "reject"))
                verdict = await self.verdict()
                return self.deal(verdict) if verdict.stands == "deal" else ending
        return ending

    def open_with_words_of_prompt(self, speaker: Player) -> None:
        """The speaker's hard-coded first words."""
        self._add(speaker, self._players[speaker].opening(), fixed=True)

    async def speak(
        self,
        speaker: Player,
        exchanges_left: int = 1,
        may: Sequence[str] = ALL_ACTS,
        heard: tuple[Turn, ...] | None = None,
    ) -> None:
        """The speaker's own next words. may: the acts that the protocol lets it do. heard: the turns that it knows of,
        None for all."""
        place = self._place(len(self.turns) + 1, speaker)

        def refused(kind: str, reply: str) -> None:
            self._refused.append(Violation(place.turn, speaker, kind, one_line(reply, 80)))

        known = self.turns if heard is None else heard
        words = await self._players[speaker].speak(self._ask, place, known, exchanges_left, tuple(may), refused)
        self._add(speaker, words)

    def read(self) -> Reading:
        """How the dialogue stands, as the rules read it."""
        return reading_of(self._reader.outcome(), self.acts)

    async def verdict(self) -> Verdict:
        """The moderator's verdict on the dialogue as it stands; with a gate the rules', where the words are plain."""
        read = self.read()
        if self.rules.gate and read.sure:
            text = "by the acts" if self.rules.channel.decides else ""
            verdict = Verdict(len(self.turns), read.state, read.price, text=text, stands=read.state)
        else:
            place = self._place(len(self.turns), "moderator")
            verdict = await self._moderator.judge(self._ask, place, self.turns, read)
        self.verdicts.append(verdict)
        return verdict

    def deal(self, verdict: Verdict) -> Ending:
        """The end of a round with a deal."""
        read = self.read()
        agreed = read.state == "deal" and read.price is not None and verdict.price is not None
        if agreed and same(read.price or 0.0, verdict.price or 0.0):
            accepted_by = read.accepted_by_turn
        else:
            accepted_by = accepting_turn(verdict, self.turns)
        return Ending("deal", "", verdict.price, accepted_by)

    def _unknown_price(self) -> list[str]:
        """What the reason adds where there may have been a deal, at a price that nobody can say."""
        told = (objection for verdict in self.verdicts for objection in verdict.objections)
        return [objection for objection in told if objection.startswith(PRICE_UNKNOWN)][-1:]

    def _add(self, speaker: Player, text: str, *, fixed: bool = False) -> None:
        act = self._reader.add(speaker, text)
        self.acts = (*self.acts, act)
        self.turns = (*self.turns, Turn(speaker, text, act.offer, act.kind, fixed, act.second))

    def _place(self, turn: int, role: str) -> Place:
        return Place(self._round.game, self._round.arm, self._round.round, turn, role)
