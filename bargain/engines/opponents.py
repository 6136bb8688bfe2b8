"""Known opponents: players without a model, whose every price follows from a published formula.

    opponent-fixed         one price to the end
    opponent-boulware      concedes late     (Faratin, Sierra & Jennings 1998, time-dependent tactics, beta 0.2)
    opponent-linear        concedes evenly   (the same, beta 1)
    opponent-conceder      concedes at once  (the same, beta 5)
    opponent-tit_for_tat   gives by what part the rival gave (the same, relative tit-for-tat)
    opponent-random        any price between its limit and its aspiration (Gode & Sunder 1993, ZI-C)
    opponent-bayesian      learns the rival's limit from its offers (after Zeng & Sycara 1998)

All accept what is at least as good as what they would say next, never pass their limit, and leave after their deadline.
They see what a player sees: the item with their own limit alone, and the dialogue. Their words are few and plain, so
that the rules read what was meant. They are no language models; a run with one of them is labelled simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bargain.channels.base import Move
from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Scene
from bargain.engines.shared import known
from bargain.engines.tactics import TACTICS, View
from bargain.engines.trade import RULES, alone, last_told, offer_at, opening_alone, shown
from bargain.records import PLAYERS, Reply, Usage, limit_of, rival_of

OFFERS = {"seller": ("My price is {}.", "My price is still {}."), "buyer": ("My offer is {}.", "My offer is still {}.")}
"""A new price, and the same once more."""
ACCEPTS, REJECTS = "Deal. I accept {}.", "No, I do not accept that."
LEAVES, THANKS = "We cannot agree. I am leaving. Goodbye.", "Thank you."
OF_ALL: dict[str, Any] = {"aspiration": None, "reservation": None, "deadline": None, "trade": "ends"}
"""aspiration: its best price; null: its opening. reservation: its limit; null: its cost or valuation, or, where it is
told none, its rival's opening. deadline: its turn T, after which it leaves; null: the exchanges of the round. trade:
with a second issue, which option goes with its price (trade.py); prices are then those at 0 units."""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e12


_PRICE = ("a price from 0 to 1e12", lambda value: _number(value) and value >= 0)
_COUNT = ("a whole number of at least 1", lambda value: _number(value) and value >= 1 and value == int(value))
CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "aspiration": _PRICE,
    "reservation": _PRICE,
    "price": _PRICE,
    "deadline": _COUNT,
    "lag": _COUNT,
    "beta": ("a number above 0", lambda value: _number(value) and value > 0),
    "noise": ("a number of at least 0.001", lambda value: _number(value) and value >= 0.001),
    "k": ("a number from 0 to 1", lambda value: _number(value) and 0 <= value <= 1),
    "trade": (f"one of {', '.join(RULES)}", lambda value: value in RULES),
    "form": ("polynomial or exponential", lambda value: value in ("polynomial", "exponential")),
}


def options_of(config: EngineConfig, seat: str, where: str) -> dict[str, Any]:
    """The options with their defaults; null means the default. Raises ValueError for what cannot be played."""
    tactic = config.options.get("tactic")
    if not isinstance(tactic, str) or tactic not in TACTICS:
        raise ValueError(f"{where}: options.tactic must be one of {', '.join(TACTICS)}, got {tactic!r}")
    defaults = {"tactic": tactic, **OF_ALL, **TACTICS[tactic][1]}
    given = known(config, set(defaults), where)
    options = defaults | {name: value for name, value in given.items() if value is not None}
    for name, (what, fits) in CHECKS.items():
        value = options.get(name)
        if value is not None and not fits(value):
            raise ValueError(f"{where}: options.{name} must be {what}, got {value!r}")
    if options.get("form") == "exponential" and options["k"] == 0:
        raise ValueError(f"{where}: options.k must be above 0 with options.form=exponential, got {options['k']!r}")
    limit, side, sign = options["reservation"], *(("below", 1) if seat == "seller" else ("above", -1))
    for name in ("aspiration", "price"):
        price = options.get(name)
        if price is not None and limit is not None and sign * price < sign * limit:
            raise ValueError(
                f"{where}: options.{name} {price:g} is {side} options.reservation {limit:g}; a {seat}'s must not be"
            )
    return options


class OpponentEngine(Engine):
    """Plays the seller or the buyer by the formula that options.tactic names, a pure function of seed and dialogue."""

    simulated = True
    free = True
    believes = False
    key = "opponent"

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name = config.name
        self.model = config.model or config.name
        self.where = f"engine {self.name} ({seat})"
        if seat not in PLAYERS:
            seat = seat.rpartition("_")[2]
            without = "moderator=rules" if seat == "moderator" else "feedback=none"
            raise ValueError(
                f"{self.where}: a known opponent only sells or buys; choose {without} or another engine@{seat}.engine"
            )
        self.options = options_of(config, seat, self.where)
        self.seed = seed

    def body(self, request: Request) -> dict[str, Any]:
        """What would be sent: its name."""
        return {"model": self.model, "messages": []}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """The words; never waits."""
        return Raw(200, self.answer(request).text.encode())

    def read(self, raw: Raw) -> Reply:
        """The reply of a raw answer. It has no tokens."""
        return Reply(raw.body.decode(), Usage(calls=1), self.model, simulated=True)

    def answer(self, request: Request) -> Reply:
        """The reply to a request. Raises Failure where neither config nor dialogue names any price."""
        scene = request.scene
        words = THANKS
        if scene.task == "speak":
            words = scene.channel.write(self._move(request), scene.item.currency)
        return Reply(words, Usage(calls=1), self.model, simulated=True)

    def _move(self, request: Request) -> Move:
        scene = request.scene
        if scene.turns and scene.turns[-1].act == "accept":
            return Move(THANKS, "reject")  # the talk is over
        place = request.place
        view = self._view(scene, f"{self.seed}/{place.game}/{place.arm}/{place.round}/{place.turn}/{place.role}")
        price, theirs = self._next_price(view), view.rival[-1] if view.rival else None
        least = price if "offer" in scene.may else view.reservation  # nothing better can come
        if theirs is not None and "accept" in scene.may and view.sign * theirs >= view.sign * least:
            return Move(ACCEPTS.format(last_told(scene, rival_of(scene.role))), "accept")
        if "offer" not in scene.may:
            return Move(REJECTS, "reject")
        if view.t > view.deadline and "walk_away" in scene.may:
            return Move(LEAVES, "walk_away")
        price, option = offer_at(price, scene, self.options["trade"])
        told = shown(price, option, scene)
        return Move(OFFERS[scene.role][told == last_told(scene, scene.role)].format(told), "offer", price, option)

    def _view(self, scene: Scene, seed: str) -> View:
        """The turn in numbers. A lone proposal stands at the middle of its time. Raises Failure without any price."""
        item, sells = scene.item, scene.role == "seller"
        opening, theirs = (opening_alone(item, scene.role, whose) for whose in (scene.role, rival_of(scene.role)))
        offers = [(turn.role, alone(item, scene.role, turn)) for turn in scene.turns if turn.offer is not None]
        own, rival = (
            tuple(price for role, price in offers if role == whose and price is not None)
            for whose in (scene.role, rival_of(scene.role))
        )
        limit = _first(self.options["reservation"], limit_of(item, "seller" if sells else "buyer"))
        theirs = _first(theirs, *rival[:1])
        about = _first(theirs, limit)
        aspiration = _first(self.options["aspiration"], opening, about and about * (2.0 if sells else 0.5))
        reservation = _first(limit, theirs, aspiration)
        if aspiration is None or reservation is None:
            raise Failure("rejected", f"{self.where}: nothing names a price; set options.aspiration")
        deadline = int(self.options["deadline"] or scene.max_exchanges)
        return View(
            sign=1 if sells else -1,
            aspiration=max(aspiration, reservation) if sells else min(aspiration, reservation),
            reservation=reservation,
            t=deadline / 2 if scene.may == ("offer",) else sum(turn.role == scene.role for turn in scene.turns),
            deadline=deadline,
            own=own,
            rival=rival,
            exchanges=max(1, scene.max_exchanges),
            seed=seed,
        )

    def _next_price(self, view: View) -> float:
        """The tactic's price, never beyond the limit, in whole cents to the player's own side."""
        tactic, _ = TACTICS[self.options["tactic"]]
        price = view.sign * max(view.sign * tactic(view, self.options), view.sign * view.reservation)
        return view.sign * math.ceil(view.sign * price * 100 - 1e-6) / 100


def _first(*prices: float | None) -> float | None:
    """The first price that is known."""
    return next((price for price in prices if price is not None), None)
