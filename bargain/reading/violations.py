"""What a player did against its own interest or against the rules: an open end of the 2023 code, counted here.

Player misbehaviour only: a moderator's mistakes are objections on its verdicts, a provider's failures end a game as
`error`. A price is worse for the seller when it is lower, for the buyer when it is higher. The kinds:

- `moves_back`: asks more (seller) or offers less (buyer) than it did before in this round;
- `offers_worse_than_offered`: names a price worse than the one the rival has on the table;
- `accepts_worse_than_offered`: accepts a price although the rival had put a better one on the table before;
- `accepts_worse_than_own_offer`: accepts a price worse than its own last offer (often just a last concession);
- `below_cost`, `above_valuation`: names or accepts a price worse than its own reservation price (its outside option,
  where that is better), which no individually rational player does;
- `out_of_range`: names a price outside the two opening prices.

With a second issue an offer is worse for a player where its price and its option together are (records.price_alone),
and no price is out of range: the option may make up for it.

A channel with acts of its own (bargain/channels) adds the replies that had to be asked for again:

- `off_channel`: is no turn of the channel, or does what the protocol does not allow now;
- `no_live_offer`: accepts what the rival has not on the table.

A player without a model whose decisions a model puts into words (bargain/agents/wording.py) adds

- `misworded`: words that said something else than was decided; they were asked for again;
- `unworded`: the plain sentence was said, since no words that fit had come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bargain.records import HALF_A_CENT, Item, Player, Turn, Violation, limit_of, price_alone, rival_of
from bargain.text import counted

_Report = Callable[[str, str], None]
Offer = tuple[float, float | None]
"""A price, and the option of a second issue that goes with it."""


def worse(price: float, than: float, player: Player) -> bool:
    """Whether a price is worse for the player than another, by more than half a cent."""
    return price < than - HALF_A_CENT if player == "seller" else price > than + HALF_A_CENT


def _outside(price: float, low: float, high: float) -> bool:
    return worse(price, low, "seller") or worse(price, high, "buyer")


def find_violations(turns: Sequence[Turn], item: Item, accepted_by: int | None, price: float | None) -> list[Violation]:
    """Every violation of a round, in the order of its turns (numbered from 1).

    accepted_by: index of the turn that accepted `price`, None without a deal. Hard-coded openings are nobody's fault.
    """
    found: list[Violation] = []
    last_own: dict[Player, Offer] = {}
    best_of: dict[Player, Offer] = {}

    def is_worse(offer: Offer, than: Offer, player: Player) -> bool:
        return worse(price_alone(item, player, *offer), price_alone(item, player, *than), player)

    def told(offer: Offer) -> str:
        amount, option = offer
        return (
            f"{amount:g}"
            if item.second is None or option is None
            else f"{amount:g} ({counted(item.second.unit, option)})"
        )

    for index, turn in enumerate(turns):
        role, rival = turn.role, rival_of(turn.role)
        offer: Offer | None = None if turn.offer is None else (turn.offer, turn.second)

        def report(kind: str, detail: str, number: int = index + 1, who: Player = role) -> None:
            found.append(Violation(number, who, kind, detail))

        if index == accepted_by and price is not None:
            agreed = (price, turn.second)
            if rival in best_of and is_worse(agreed, best_of[rival], role):
                report("accepts_worse_than_offered", f"{told(agreed)}, was offered {told(best_of[rival])}")
            if role in last_own and is_worse(agreed, last_own[role], role):
                report("accepts_worse_than_own_offer", f"{told(agreed)}, offered {told(last_own[role])} itself")
            _check_reservation(report, role, agreed, told(agreed), item)
            continue
        if offer is not None and not turn.fixed:
            if role in last_own and is_worse(last_own[role], offer, role):
                report("moves_back", f"{told(offer)} after {told(last_own[role])}")
            if rival in last_own and is_worse(offer, last_own[rival], role):
                report("offers_worse_than_offered", f"{told(offer)}, the {rival} stood at {told(last_own[rival])}")
            _check_reservation(report, role, offer, told(offer), item)
            low, high, named = item.buyer_opening, item.seller_opening, offer[0]
            if item.second is None and low is not None and high is not None and _outside(named, low, high):
                report("out_of_range", f"{named:g} outside {low:g} to {high:g}")
        if offer is not None:
            last_own[role] = offer
            if role not in best_of or is_worse(best_of[role], offer, rival):
                best_of[role] = offer
    return found


def _check_reservation(report: _Report, role: Player, offer: Offer, told: str, item: Item) -> None:
    limit = limit_of(item, role)
    if limit is None or not worse(price_alone(item, role, *offer), limit, role):
        return
    kind, name, own = (
        ("below_cost", "cost", item.cost) if role == "seller" else ("above_valuation", "valuation", item.valuation)
    )
    report(kind, f"{told}, {name if limit == own else 'outside option'} {limit:g}")
