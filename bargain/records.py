"""What a run is made of: plain frozen records, no behaviour.

This file knows the words of the project and nothing else: not how a reply is got, not how a price is read,
not where anything is stored. Everything in `games.jsonl` is one of these records written as JSON.

    Turn(role="buyer", text="Would you take $10?", offer=10.0, fixed=True)
    Verdict(turn=6, state="deal", price=14.5, quote="Deal at $14.50", objections=())

Prices are floats in the item's currency, token counts are ints, durations are seconds. Games are numbered
from 0, rounds and turns from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Player = Literal["seller", "buyer"]
State = Literal["deal", "no_deal", "ongoing"]
Outcome = Literal["deal", "no_deal", "walk_away", "error"]

PLAYERS: tuple[Player, Player] = ("seller", "buyer")
HALF_A_CENT = 0.005
"""Prices, and what they leave, that are nearer than this are equal."""
MAX_EXCHANGES = 10
"""Exchanges of a round where nothing else is said."""


def rival_of(player: str) -> Player:
    """The other player."""
    return "buyer" if player == "seller" else "seller"


def probe_seat(player: str) -> str:
    """The seat of a player when it is asked what it believes: seller_probe."""
    return f"{player}{PROBE}"


PROBE = "_probe"
PRICE_UNKNOWN = "the price is not known"
"""How the objection to a verdict begins whose deal may be one, at a price that nobody can say."""


@dataclass(frozen=True, slots=True)
class SecondIssue:
    """What is agreed beside the price: one of `options`, which count `unit` (5 days of delivery).

    seller_weight, buyer_weight: what a unit more is worth to that player, in the item's currency, less than 0 where it
    costs; private, None for whoever may not know it. A deal at a price and an option is worth price - cost +
    seller_weight * option to the seller and valuation - price + buyer_weight * option to the buyer, so that limits are
    those at 0 units. known_by: who knows the rival's weight: none, seller, buyer or both.
    """

    name: str
    unit: str
    options: tuple[float, ...]
    seller_weight: float | None
    buyer_weight: float | None
    seller_opening: float
    buyer_opening: float
    known_by: str = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """What is bargained over. From `cost` to `buyer_outside` all but the currency is private, None when unset.

    cost: what it cost the seller. valuation: what it is worth to the buyer. seller_outside: what somebody else would
    pay the seller. buyer_outside: for what somebody else would sell the same to the buyer. second: None where the price
    is all that is bargained over.
    """

    name: str
    description: str
    seller_opening: float | None
    buyer_opening: float | None
    cost: float | None = None
    valuation: float | None = None
    currency: str = "$"
    seller_outside: float | None = None
    buyer_outside: float | None = None
    second: SecondIssue | None = None


def limit_of(item: Item | Terms, role: Player) -> float | None:
    """The player's reservation price: the worst price that is no worse for it than no deal; None where nothing sets it.

    The seller's cost, or what somebody else would pay if that is more; the buyer's valuation, or the price elsewhere if
    that is less.
    """
    own, outside = (item.cost, item.seller_outside) if role == "seller" else (item.valuation, item.buyer_outside)
    known = [price for price in (own, outside) if price is not None]
    return (max(known) if role == "seller" else min(known)) if known else None


def middle_of(options: Sequence[float]) -> float:
    """The option that is nearest to the middle between the least and the greatest; of two the first."""
    return min(options, key=lambda option: abs(2 * option - min(options) - max(options)))


def opening_of(item: Item, role: str) -> tuple[float | None, float | None]:
    """The price and the option of the second issue that the player opens with, None where there is none."""
    second = item.second
    if role == "seller":
        return item.seller_opening, None if second is None else second.seller_opening
    return item.buyer_opening, None if second is None else second.buyer_opening


def price_alone(item: Item, role: str, price: float, option: float | None) -> float:
    """The price that at 0 units of the second issue were as good for the player as this price with this option.

    With one issue the price itself.
    """
    if item.second is None or option is None:
        return price
    seller, buyer = item.second.seller_weight or 0.0, item.second.buyer_weight or 0.0
    return price + seller * option if role == "seller" else price - buyer * option


def private_to(item: Item, role: str) -> Item:
    """The item as one player knows it: without what is private to the other; without anything private for others."""
    if item.second is not None:
        knows = item.second.known_by in (role, "both")
        seller = item.second.seller_weight if knows or role == "seller" else None
        buyer = item.second.buyer_weight if knows or role == "buyer" else None
        item = replace(item, second=replace(item.second, seller_weight=seller, buyer_weight=buyer))
    if role != "seller":
        item = replace(item, cost=None, seller_outside=None)
    if role != "buyer":
        item = replace(item, valuation=None, buyer_outside=None)
    return item


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message as an engine receives it."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The identity of one call: where in the run it is made, never what it says.

    `arm` is "" until a game branches. `role` is seller, buyer, moderator, seller_critic, buyer_critic ..., seller_words
    or buyer_words, seller_probe or buyer_probe where a player is asked beside the game.
    `again` counts how often the same words had to be asked for again (empty or cut utterances).
    """

    game: int
    arm: str
    round: int
    turn: int
    role: str
    again: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls.

    `cached_tokens` and `cache_write_tokens` are parts of `input_tokens`, `reasoning_tokens` (what the model thought and
    did not say, as far as the server tells) is a part of `output_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    calls: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.calls + other.calls,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of an engine, read from its raw body.

    `finish` is "stop", "length" (cut by the token limit) or "refusal" (a refusal or a content filter).
    """

    text: str
    usage: Usage
    model: str
    finish: Literal["stop", "length", "refusal"] = "stop"
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance by one player. `offer` is the price it puts on the table; `fixed` marks a hard-coded opening.

    `second` is the option of the second issue that goes with the price, None where there is one issue.
    """

    role: Player
    text: str
    offer: float | None = None
    act: str = "other"
    fixed: bool = False
    second: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the moderator said after `turn`, and what the code found wrong with it (`objections`, empty if sound).

    `stands` is the state that the round went on with; it differs from `state` only when there are objections. A verdict
    that says deal and does not stand is disputed.
    """

    turn: int
    state: State
    price: float | None = None
    quote: str = ""
    text: str = ""
    objections: tuple[str, ...] = ()
    stands: State = "ongoing"


@dataclass(frozen=True, slots=True)
class Violation:
    """A player's inconsistency at `turn`: what kind, and the numbers that show it."""

    turn: int
    role: Player
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner was told after a round, by whom, and what it answered."""

    learner: Player
    source: str
    text: str
    acknowledgement: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a round was played for where games differ in it: see Item and ScenarioConfig for each field.

    deadline: the exchanges after which the talk ended; None where that is the same for all games.
    """

    item: str
    cost: float | None
    valuation: float | None
    seller_opening: float | None
    buyer_opening: float | None
    seller_outside: float | None = None
    buyer_outside: float | None = None
    deadline: int | None = None
    seller_discount: float = 1.0
    buyer_discount: float = 1.0


def exchanges_passed(n_turns: float) -> float:
    """How long a round took that was over with so many turns: 0 if the first answer to the openings ended it.

    A turn is half an exchange. A proposal that is accepted takes no time.
    """
    return max(n_turns - 3, 0) / 2


@dataclass(frozen=True, slots=True)
class Round:
    """One negotiation from opening to deal or no deal.

    `price` is the agreed price, None unless `outcome` is "deal". `legacy_price` is the price by the 2023 rules,
    None where those rules find none. `feedback` is what was heard before this round was played. `terms` is None where
    every game of the run has those of the config. `second` is the agreed option of the second issue, None without one.
    """

    round: int
    arm: str
    outcome: Outcome
    price: float | None
    turns: tuple[Turn, ...]
    verdicts: tuple[Verdict, ...] = ()
    violations: tuple[Violation, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    reason: str = ""
    legacy_price: float | None = None
    usage: tuple[tuple[str, Usage], ...] = ()
    terms: Terms | None = None
    second: float | None = None


def surplus_of(played: Round, role: Player, limit: float | None, item: Item) -> float | None:
    """What the player gained beyond its limit, None without one; 0 without a deal.

    Less by its discount for every exchange that passed.
    """
    if limit is None or played.price is None:
        return None if limit is None else 0.0
    price = price_alone(item, role, played.price, played.second)
    gain = price - limit if role == "seller" else limit - price
    terms = played.terms
    discount = 1.0 if terms is None else terms.seller_discount if role == "seller" else terms.buyer_discount
    return gain * float(discount ** exchanges_passed(len(played.turns)))


@dataclass(frozen=True, slots=True)
class Game:
    """A chain of rounds with feedback in between. `outcome` is its last round's, "error" if the game failed."""

    game: int
    outcome: Outcome
    rounds: tuple[Round, ...]
    error: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Belief:
    """What a player said off the record, after `turn`, that its rival's limit is; one line of probes.jsonl.

    limit: its estimate, and confidence (0 to 1) how likely it thinks that the true one lies at most `within` from it;
    both None where no answer could be used, and `problem` says why. true: the rival's limit, None where it has none.
    """

    game: int
    arm: str
    round: int
    turn: int
    role: Player
    limit: float | None = None
    confidence: float | None = None
    true: float | None = None
    within: float | None = None
    problem: str = ""
    answer: str = ""
    usage: Usage = Usage()


def is_disputed(played: Round) -> bool:
    """Whether the round ended without a deal although the moderator had said that there is one."""
    return played.outcome != "deal" and any(each.state == "deal" and each.stands != "deal" for each in played.verdicts)


def lacks_price(played: Round) -> bool:
    """Whether it is disputed because nobody can say the price."""
    told = (objection for each in played.verdicts for objection in each.objections)
    return is_disputed(played) and any(objection.startswith(PRICE_UNKNOWN) for objection in told)
