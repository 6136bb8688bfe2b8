"""How a simulated player decides: time-dependent concession with a private type, as pure functions.

It knows prices, turns and time; it knows no words, no configs and no engines. The model is that of Faratin, Sierra and
Jennings (1998), "Negotiation decision functions for autonomous agents", Robotics and Autonomous Systems 24(3-4):

    ask(t) = opening + alpha(t) * (reservation - opening)
    alpha(t) = k + (1 - k) * (min(t, T) / T) ** (1 / beta)           polynomial family
    alpha(t) = exp((1 - min(t, T) / T) ** beta * ln k)               exponential family
    accept when the rival's offer is at least as good as the next ask

mixed with their absolute tit-for-tat (move as much as the rival just moved) by a private weight. Prices are turned into
values (`sign` * price), so that a higher value is better for either player.

    >>> decide(scene, private_type(knobs, 7, place, scene.feedback))
    Move(kind='concede', price=16.5)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, NamedTuple, TypeVar

from bargain.engines.advice import firmness
from bargain.engines.base import Scene
from bargain.records import Place, Turn

T = TypeVar("T")

Kind = Literal["open", "concede", "hold", "final", "ask", "accept", "close", "remind", "walk", "farewell"]
Mood = Literal["moved", "stuck", "vague", "near"]

STARTING_PRICE = 20.0
"""What a player names when nobody has said any price, the item has none, and asking for one did not help."""


class Dice:
    """Draws that depend on the key alone: one hash (1 µs), its 512 bits spent by division. `random.Random(key)` takes 8 µs."""

    __slots__ = ("_bits",)

    def __init__(self, *key: object) -> None:
        digest = blake2b("\x1f".join(map(str, key)).encode("utf-8", "surrogatepass"), digest_size=64).digest()
        self._bits = int.from_bytes(digest, "little")

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        self._bits, drawn = divmod(self._bits, n)
        return drawn

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self.below(1 << 24) / (1 << 24)

    def bell(self) -> float:
        """A number in (-1, 1), triangular round 0."""
        return self.unit() + self.unit() - 1.0

    def pick(self, choices: tuple[T, ...]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]


@dataclass(frozen=True, slots=True)
class Knobs:
    """The population that players are drawn from; see docs/simulated.md for each and for the calibration.

    Shares are shares of the span from the player's worst bearable price (0) to its own opening (1).
    """

    beta: float = 1.0
    beta_spread: float = 0.5
    k: float = 0.02
    family: str = "polynomial"
    reservation: float = 0.25
    reservation_spread: float = 0.3
    deadline_min: int = 4
    deadline_max: int = 8
    reciprocity: float = 0.3
    noise: float = 0.04
    learning: float = 0.35
    lift: float = 0.75
    hardening: float = 0.4
    number_in_acceptance: float = 0.4
    moderator_error: float = 0.0
    step: float = 0.0


class Type(NamedTuple):
    """One player's private type in one round: fixed by the game, moved by the feedback, jittered by the round."""

    share: float
    beta: float
    deadline: int
    reciprocity: float
    patience: int
    k: float
    family: str
    step: float


class Move(NamedTuple):
    """What a player does: kind, the price it names or accepts, and how it sees the rival's last move."""

    kind: Kind
    price: float | None = None
    mood: Mood = "vague"


def private_type(knobs: Knobs, seed: int, place: Place, feedback: tuple[str, ...]) -> Type:
    """The type at this place. Its base depends on (seed, game, role) alone: the same for all rounds, arms and engines."""
    base = Dice(seed, place.game, place.role, "type")
    share = knobs.reservation + knobs.reservation_spread * base.bell()
    beta = knobs.beta * math.exp(knobs.beta_spread * base.bell())
    deadline = knobs.deadline_min + base.below(knobs.deadline_max - knobs.deadline_min + 1)
    reciprocity = knobs.reciprocity * 2.0 * base.unit()
    patience = base.below(2)
    here = Dice(seed, place.game, place.arm, place.round, place.role, "round")
    share = min(max(share, 0.0) + knobs.noise * here.bell(), 0.95)
    beta *= math.exp(2.0 * knobs.noise * here.bell())
    firm = firmness(feedback, knobs.learning)
    if firm > 0.0:
        share += firm * knobs.lift * (1.0 - share)
    else:
        share += firm * share
    beta *= math.exp(-knobs.hardening * firm)
    return Type(max(share, 0.0), beta, deadline, min(reciprocity, 1.0), patience, knobs.k, knobs.family, knobs.step)


def alpha(time: float, kind: Type) -> float:
    """The share of the way from opening to reservation that has been conceded at `time` in [0, 1]."""
    if kind.family == "exponential":
        return math.exp((1.0 - time) ** kind.beta * math.log(kind.k))
    return kind.k + (1.0 - kind.k) * float(time ** (1.0 / kind.beta))


def decide(scene: Scene, kind: Type) -> Move:
    """What the player does now. It looks at its own item, the turns, and the exchanges left, at nothing else."""
    sign = 1.0 if scene.role == "seller" else -1.0
    own = [turn for turn in scene.turns if turn.role == scene.role]
    rival = [turn for turn in scene.turns if turn.role != scene.role]
    made = [turn.offer for turn in own if turn.offer is not None and turn.act != "accept"]
    heard = [turn.offer for turn in rival if turn.offer is not None and turn.act != "accept"]
    settled = _settled(scene.turns, own, rival, made, sign)
    if settled is not None:
        return settled
    offered = heard[-1] if heard else None
    span = _span(scene, made, heard, sign)
    if span is None:
        if not own:
            return Move("ask")
        span = (sign * STARTING_PRICE * (2.0 if sign > 0 else 0.5), sign * STARTING_PRICE)
    opening, limit = span
    step = kind.step or sensible_step(abs(opening - limit))
    reservation = min(opening, _up(limit + kind.share * (opening - limit), step))
    moves = len(own)
    deadline = max(1, min(kind.deadline, moves + scene.exchanges_left - 1))
    before = min(sign * price for price in made) if made else opening
    before = max(before, reservation)
    if moves >= deadline:
        ask = reservation
    elif not made:
        ask = opening
    else:
        ask = opening + alpha(moves / deadline, kind) * (reservation - opening)
        if len(heard) > 1 and kind.reciprocity:
            imitation = before - max(0.0, sign * (heard[-1] - heard[-2]))
            ask += kind.reciprocity * (imitation - ask)
        ask = min(before, max(reservation, _up(ask, step)))
    if offered is not None and sign * offered >= ask - 1e-9:
        return Move("accept", offered, "moved" if rival and rival[-1].offer is not None else "vague")
    price = round(sign * ask, 2)
    if moves > deadline + kind.patience:
        return Move("walk")
    mood = _mood(heard, rival, sign, ask, step)
    if moves >= deadline:
        return Move("final", price, mood)
    if not made:
        return Move("open", price, mood)
    return Move("concede" if ask < before - 1e-9 else "hold", price, mood)


def _settled(
    turns: tuple[Turn, ...], own: list[Turn], rival: list[Turn], made: list[float], sign: float
) -> Move | None:
    """The move once somebody has accepted or left, None while the talk is open."""
    if not rival:
        return None
    last = rival[-1]
    if last.act == "walk_away":
        return Move("farewell")
    if last.act == "accept" and (made or (own and own[-1].act == "accept")):
        return Move("close")
    if own and own[-1].act == "accept":
        agreed = [
            turn.offer for turn in turns[: turns.index(own[-1])] if turn.role == last.role and turn.offer is not None
        ]
        if agreed:
            worse = last.offer is not None and sign * last.offer < sign * agreed[-1] - 0.005
            return Move("remind", agreed[-1]) if worse else Move("close")
    return None


def _span(scene: Scene, made: list[float], heard: list[float], sign: float) -> tuple[float, float] | None:
    """The player's opening and its worst bearable price, as values; None when no price is known at all.

    The worst bearable price is the better one of its private reservation price and the rival's opening. What is missing
    is guessed from what there is: openings at twice (seller) or half (buyer) of it.
    """
    item = scene.item
    seller = sign > 0
    private = item.cost if seller else item.valuation
    opening = made[0] if made else item.seller_opening if seller else item.buyer_opening
    rival_opening = heard[0] if heard else item.buyer_opening if seller else item.seller_opening
    known = [sign * price for price in (private, rival_opening) if price is not None]
    factor = 2.0 if seller else 0.5
    if opening is None:
        if not known:
            return None
        step = sensible_step(abs(max(known)))
        opening = sign * _up(max(known) * factor, step)
    start = sign * opening
    if private is not None:
        start = max(start, sign * private)
    limit = max(known) if known else start / factor
    return start, min(start, limit)


def _mood(heard: list[float], rival: list[Turn], sign: float, ask: float, step: float) -> Mood:
    if not rival or rival[-1].offer is None:
        return "vague"
    if ask - sign * heard[-1] <= 2.0 * step + 1e-9:
        return "near"
    if len(heard) < 2:
        return "vague"
    return "moved" if sign * (heard[-1] - heard[-2]) > 1e-9 else "stuck"


def _up(value: float, step: float) -> float:
    """The value on the grid of steps, rounded in the player's favour."""
    return math.ceil(value / step - 1e-6) * step


def sensible_step(span: float) -> float:
    """The step in which people move within a span of prices: 0.50 for 10, 5 for 150, 10 for 1500 (1 or 5 times 10^n).

    It grows with the span to the power 0.7 and never falls below 0.01.
    """
    if span <= 0.0:
        return 0.01
    wanted = math.log10(0.5 * (span / 10.0) ** 0.7)
    whole = math.floor(wanted)
    rest = wanted - whole
    exact = 1.0 if rest < 0.35 else 5.0 if rest < 0.85 else 10.0
    return max(0.01, exact * 10.0**whole)
