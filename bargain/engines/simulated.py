"""The embedded negotiators: time-dependent concession (Faratin, Sierra & Jennings 1998), spoken in plain English.

A player's next price is `opening + alpha(t) * (reservation - opening)` with `alpha(t) = (t / T) ** (1 / beta)`; its
reservation price, its deadline T (in own turns) and beta are private, drawn per game from the seed. It accepts what is
at least as good as what it would ask next, and leaves at its deadline. Feedback that it remembers makes it firmer: its
reservation price moves towards its opening and it concedes later, so prices move its way and deals get rarer.

Every reply is a pure function of the config, the seed and the request; it costs nothing and needs no journal. Nothing
here is a language model, and everything it says is labelled simulated.
"""

from __future__ import annotations

import difflib
import json
import math
from random import Random
from typing import Any

from bargain.channels.base import Move
from bargain.config.schema import EngineConfig
from bargain.engines import phrases
from bargain.engines.base import Engine, Raw, Request, Scene
from bargain.engines.trade import alone, last_told, offer_at, opening_alone, shown
from bargain.records import Reply, Usage, limit_of, rival_of

KNOBS = {"firmness": 0.0, "spread": 1.0, "feedback_gain": 1.0, "moderator_error": 0.0, "trade": 1.0}
"""firmness: how far (0 to 1) the reservation price lies towards the opening. spread: scale of the differences between
games. feedback_gain: how much feedback moves it. moderator_error: rate of wrong verdicts. trade: in what share of the
games it trades a second issue against the price (the rule `ends` of trade.py); in the others it bargains over the price
and leaves that issue in the middle."""

_ADVICE = (
    "firm",
    "hold",
    "anchor",
    "slow",
    "small",
    "step",
    "walk",
    "leave",
    "reason",
    "limit",
    "patien",
    "wait",
    "last",
)


class SimulatedEngine(Engine):
    """Plays any role without a model. `answer` is the direct way to a reply; send and read are built on it."""

    simulated = True
    free = True

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name = config.name
        self.model = config.model or config.name
        self.key = "simulated"
        given = {str(name): value for name, value in dict(config.options).items()}
        for name, value in given.items():
            if name not in KNOBS:
                near = difflib.get_close_matches(name, KNOBS, 1)
                hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(KNOBS)}"
                raise ValueError(f"engine {self.name} ({seat}): no option {name!r}; {hint}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"engine {self.name} ({seat}): option {name} must be a number, got {value!r}")
        self.knobs = KNOBS | given
        self.seed = seed

    def body(self, request: Request) -> dict[str, Any]:
        """What would be sent: the model and the place."""
        return {"model": self.model, "messages": [], "role": request.place.role}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """The reply as JSON; never waits."""
        reply = self.answer(request)
        return Raw(200, json.dumps([reply.text, reply.usage.input_tokens, reply.usage.output_tokens]).encode())

    def read(self, raw: Raw) -> Reply:
        """The reply of a raw answer."""
        text, tokens_in, tokens_out = json.loads(raw.body)
        return Reply(text, Usage(tokens_in, tokens_out, calls=1), self.model, simulated=True)

    def answer(self, request: Request) -> Reply:
        """The reply to a request. Token counts are estimates: four characters a token."""
        scene, place = request.scene, request.place
        rng = Random(
            hash((self.seed, place.game, _number(place.arm), place.round, place.turn, _number(place.role), place.again))
        )
        if scene.task == "speak":
            text = self._speak(scene, place.game, rng)
        elif scene.task == "judge":
            text = self._judge(scene, rng)
        elif scene.task == "advise":
            text = phrases.advice(scene, rng)
        else:
            text = phrases.acknowledgement(scene, rng)
        tokens = sum(len(message.text) for message in request.messages) // 4
        return Reply(text, Usage(tokens, len(text) // 4 + 1, calls=1), self.model, simulated=True)

    def _speak(self, scene: Scene, game: int, rng: Random) -> str:
        """What it does now, said as the channel wants it."""
        return scene.channel.write(self._move(scene, game, rng), scene.item.currency)

    def _move(self, scene: Scene, game: int, rng: Random) -> Move:
        mood = Random(hash((self.seed, game, _number(scene.role))))
        tactic = Tactic(self.knobs, scene, mood)
        theirs, told = _last_offer(scene, rival_of(tactic.role)), last_told(scene, rival_of(tactic.role))
        if any(turn.act == "accept" for turn in scene.turns[-1:]):
            return Move(phrases.closing(scene, rng), "reject")  # the talk is over
        if "offer" not in scene.may:
            return self._answer_to_proposal(tactic, scene, rng, theirs, told)
        asked = tactic.next_price() if scene.may != ("offer",) else tactic.only_price()
        if theirs is not None and tactic.at_least_as_good(theirs, asked):
            return Move(phrases.acceptance(scene, rng, told), "accept")
        if tactic.turn > tactic.deadline:
            return Move(phrases.farewell(scene, rng), "walk_away")
        last = tactic.turn >= tactic.deadline
        price, option = asked, None
        if scene.item.second is not None:
            trades = Random(hash((self.seed, game, _number(scene.role), 2))).random() < self.knobs["trade"]
            price, option = offer_at(asked, scene, "ends" if trades else "middle")
        words = phrases.offer(scene, rng, mood, shown(price, option, scene), opening=tactic.turn == 0, last=last)
        return Move(words, "offer", price, option)

    @staticmethod
    def _answer_to_proposal(tactic: Tactic, scene: Scene, rng: Random, theirs: float | None, told: str) -> Move:
        """Yes to any price within the reservation price: nothing better can come."""
        if theirs is None or not tactic.at_least_as_good(theirs, tactic.reservation):
            return Move(phrases.farewell(scene, rng), "reject")
        return Move(phrases.acceptance(scene, rng, told), "accept")

    def _judge(self, scene: Scene, rng: Random) -> str:
        acts = [turn for turn in scene.turns if turn.act != "other"] or list(scene.turns)
        last = acts[-1]  # politeness after an acceptance changes nothing
        deal = last.act == "accept"
        if rng.random() < self.knobs["moderator_error"]:
            deal = not deal
        gone = last.act == "walk_away"
        price = _last_offer(scene, rival_of(last.role))
        return phrases.verdict(scene.answer, last, deal=deal, gone=gone, price=price)


class Tactic:
    """One player's concession in one game: its private reservation price, its deadline and the shape of its curve."""

    def __init__(self, knobs: dict[str, float], scene: Scene, mood: Random) -> None:
        self.role: Any = scene.role
        item = scene.item
        own, other = (opening_alone(item, self.role, whose) for whose in (self.role, rival_of(self.role)))
        offers = [price for turn in scene.turns if (price := alone(item, self.role, turn)) is not None]
        if own is None:
            own = (other or (offers[0] if offers else 100.0)) * (2.0 if self.role == "seller" else 0.5)
        if other is None:
            other = own * (0.5 if self.role == "seller" else 2.0)
        self.opening, width = own, other - own
        firm = knobs["firmness"] + knobs["feedback_gain"] * _firmness(scene.feedback)
        share = 0.76 + 0.11 * knobs["spread"] * mood.gauss(0, 1) - 0.42 * firm
        self.reservation = own + width * min(max(share, 0.05), 1.0)
        self.limit = limit = limit_of(item, "seller" if self.role == "seller" else "buyer")
        if limit is not None:
            self.reservation = max(self.reservation, limit) if self.role == "seller" else min(self.reservation, limit)
        self.deadline = max(2, min(scene.max_exchanges - 1, mood.randint(3, 6)))
        self.beta = max(0.25, math.exp(mood.gauss(0.05, 0.35 * knobs["spread"])) * (1 - 0.45 * min(firm, 1)))
        self.step = _step(own, other)
        self.turn = sum(turn.role == self.role and not turn.fixed for turn in scene.turns)
        self.last = _last_offer(scene, self.role)

    def next_price(self) -> float:
        """What it asks or offers now: never worse for the rival than before, never beyond its reservation price."""
        alpha = min((self.turn + 1) / (self.deadline + 1), 1.0) ** (1 / self.beta)
        price = self._in_steps(self.opening + alpha * (self.reservation - self.opening))
        if self.last is not None:
            price = min(price, self.last) if self.role == "seller" else max(price, self.last)
        return self._within_limit(price)

    def only_price(self) -> float:
        """The one price of a single proposal: half way from its opening to its reservation price."""
        return self._within_limit(self._in_steps((self.opening + self.reservation) / 2))

    def _within_limit(self, price: float) -> float:
        """The price in cents, not worse than its limit even where its opening is."""
        if self.limit is not None:
            price = max(price, self.limit) if self.role == "seller" else min(price, self.limit)
        return float(round(price, 2))

    def _in_steps(self, exact: float) -> float:
        steps = exact / self.step
        return (math.ceil(steps - 1e-9) if self.role == "seller" else math.floor(steps + 1e-9)) * self.step

    def at_least_as_good(self, theirs: float, asked: float) -> bool:
        """Whether the rival's price is no worse for it than what it would ask next (Faratin et al. 1998, section 3)."""
        return theirs >= asked if self.role == "seller" else theirs <= asked


def _firmness(feedback: tuple[str, ...]) -> float:
    """What the remembered feedback adds: concrete advice counts more than a sentence, and each further one less."""
    total = 0.0
    for index, text in enumerate(feedback):
        lowered = text.lower()
        weight = 0.25 + 0.25 * min(3, sum(word in lowered for word in _ADVICE)) if text else 0.15
        total += 0.30 * weight * 0.86**index
    return total


def _last_offer(scene: Scene, role: str) -> float | None:
    """The player's newest offer; to whoever speaks, with a second issue, it is worth this price alone."""
    for turn in reversed(scene.turns):
        if turn.role == role and turn.offer is not None:
            return alone(scene.item, scene.role, turn)
    return None


def _step(low: float, high: float) -> float:
    """A step that people use at this scale, about a twentieth of the span: 0.5 from 10 to 20, 50 from 500 to 2000."""
    span = abs(high - low) / 20
    if span <= 0:
        return 0.01
    size = 10 ** math.floor(math.log10(span))
    return float(max(0.01, max(size * each for each in (1, 2, 5) if size * each <= span * 1.001)))


def _number(text: str) -> int:
    """A text as a number that is the same in every process."""
    return int.from_bytes(text.encode()[:32], "big")
