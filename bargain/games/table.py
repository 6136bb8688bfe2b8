"""What a game type plays on: rounds and coaching for one pair of players.

A game type is one async function `play(table)`; it calls `table.play(n)` and `table.coach(...)`, and nothing else. The
table keeps the rounds, the feedback that is still to be heard, and the tokens; it knows no game type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from bargain.agents.critic import Critic
from bargain.agents.feedback import Coaching, FeedbackSource
from bargain.agents.player import Negotiator
from bargain.engines.base import Ask, Scene
from bargain.errors import GaveUp
from bargain.fu2023.legacy import legacy_round_price
from bargain.games.rounds.base import Moderator, RoundProtocol, RoundRules
from bargain.records import Feedback, Item, Message, Place, Player, Reply, Round, Terms, Usage, rival_of


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays one game, and over what: all of them know its item, each as far as it may.

    `players` makes a fresh pair; `terms` is what the game's rounds record of it, None where all games have the same.
    """

    item: Item
    rules: RoundRules
    players: Callable[[], dict[Player, Negotiator]]
    moderator: Moderator
    critics: Mapping[Player, Critic]
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """Everything about a game that is the same for all games of a run.

    `cast` says who plays a game, by its number, and over what; `arms` names the feedback sources of a compare game.
    """

    seed: int
    cast: Callable[[int], Cast]
    protocol: type[RoundProtocol]
    n_rounds: int
    learners: tuple[Player, ...]
    stop_after_no_deal: bool
    feedback: FeedbackSource
    ask_acknowledgement: bool
    arms: Mapping[str, tuple[FeedbackSource, bool]]


class Table:
    """One game, or one arm of it. `rounds` holds what has been played, in order."""

    def __init__(self, game: int, seats: Seats, ask: Ask, saw: Callable[[Round], None] = lambda played: None) -> None:
        """saw: is told of each round as soon as it is over, in whatever arm."""
        self.game = game
        self.seats = seats
        self.arm = ""
        self.rounds: list[Round] = []
        self.cast = seats.cast(game)
        self.players = self.cast.players()
        self._ask = ask
        self._saw = saw
        self._heard: list[Feedback] = []
        self._usage: dict[str, Usage] = {}

    @property
    def numbers(self) -> range:
        """The numbers of all rounds, from 1."""
        return range(1, self.seats.n_rounds + 1)

    def over(self) -> bool:
        """Whether no further round may be played: an error, or no deal where the config stops there."""
        last = self.rounds[-1] if self.rounds else None
        return last is not None and (
            last.outcome == "error" or (self.seats.stop_after_no_deal and last.outcome != "deal")
        )

    async def play(self, number: int) -> Round:
        """Plays round `number`; the feedback given since the last one is part of its record."""
        place = Place(self.game, self.arm, number, 0, "")
        cast = self.cast
        played = self.seats.protocol(self._count, place, cast.rules, cast.item, self.players, cast.moderator)
        return self._keep(await played.play(tuple(self._heard)))

    async def coach(
        self, learner: Player, number: int, source: FeedbackSource | None = None, ask: bool | None = None
    ) -> None:
        """Has the learner coached on the rounds so far, for round `number`. A failed call is that round's error."""
        source = source or self.seats.feedback
        answer = self.seats.ask_acknowledgement if ask is None else ask
        place = Place(self.game, self.arm, number, 0, f"{learner}_critic")
        rng = Random(f"{self.seats.seed}/{self.game}/{self.arm}/{number}/{learner}/feedback")
        try:
            text = await source.give(
                Coaching(
                    self._count,
                    place,
                    learner,
                    self.rounds,
                    self.cast.critics[learner],
                    rng,
                    self.players[learner],
                    self.cast.critics[rival_of(learner)],
                    self._another,
                )
            )
            acknowledgement = await self.players[learner].hear(
                self._count, replace(place, role=learner), self.rounds[-1], text, answer=answer
            )
        except GaveUp as error:
            self._keep(Round(number, self.arm, "error", None, (), feedback=tuple(self._heard), reason=str(error)))
            return
        if text is not None:
            self._heard.append(Feedback(learner, source.name, text, acknowledgement))

    async def _another(self) -> Round:
        """The last round's like, played by fresh players that remember nothing. Its calls are this arm's, its place is
        `ARM/another`."""
        cast, number = self.cast, self.rounds[-1].round
        place = Place(self.game, f"{self.arm}/another", number, 0, "")
        played = self.seats.protocol(self._count, place, cast.rules, cast.item, cast.players(), cast.moderator)
        another = await played.play()
        if another.outcome == "error":
            raise GaveUp(f"the other game, played for its advice: {another.reason}")
        return another

    def branch(self, arm: str) -> Table:
        """A table that shares the past and goes its own way from here, under the arm's name."""
        other = type(self).__new__(type(self))
        other.__dict__.update(
            self.__dict__,
            arm=arm,
            rounds=list(self.rounds),
            players={role: player.fork() for role, player in self.players.items()},
            _heard=[],
            _usage={},
        )
        return other

    def join(self, arms: Sequence[Table]) -> None:
        """Takes over what the arms played since they branched off, arm after arm."""
        shared = len(self.rounds)
        for arm in arms:
            self.rounds += arm.rounds[shared:]

    def _keep(self, played: Round) -> Round:
        kept = replace(
            played,
            legacy_price=legacy_round_price(played, self.cast.item),
            usage=tuple(sorted(self._usage.items())),
            terms=self.cast.terms,
        )
        self.rounds.append(kept)
        self._saw(kept)
        self._usage, self._heard = {}, []
        return kept

    async def _count(self, place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        reply = await self._ask(place, messages, scene)
        self._usage[place.role] = self._usage.get(place.role, Usage()) + reply.usage
        return reply
