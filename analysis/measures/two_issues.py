"""Deals on a price and a second issue, in utilities: the exact front, its Nash and Kalai-Smorodinsky points, distances.

    cell = Cell(cost=120, valuation=200, options=(1, 7, 14), seller=3, buyer=-6)     weights: what a unit more is worth
    front(cell)      [Segment(option=1, low=0, high=77, total=77)]     every efficient deal: both together gain 77
    nash(cell)       Point(seller=38.5, buyer=38.5, option=1, price=155.5)

A deal at price p and option d is worth p - cost + seller * d to the seller and valuation - p + buyer * d to the buyer,
no deal 0 to both. The price is continuous within its bounds, so each option is a segment on which the sum of both is
the same: what is efficient, and every point below, is found on finitely many segments, without a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bargain.records import middle_of

_EXACT = 1e-9


class Sides(NamedTuple):
    """What is private to both sides: limits at 0 units, weights per unit; and what prices may be."""

    cost: float
    valuation: float
    options: tuple[float, ...]
    seller: float
    buyer: float
    lowest: float = 0.0
    highest: float = math.inf


class Segment(NamedTuple):
    """Deals at one option: the seller has low to high, the buyer the rest of total."""

    option: float
    low: float
    high: float
    total: float


class Point(NamedTuple):
    """A deal: what it is worth to both, and its terms."""

    seller: float
    buyer: float
    option: float
    price: float


def total(cell: Sides, option: float) -> float:
    """What both together gain at this option, whatever the price."""
    return cell.valuation - cell.cost + (cell.seller + cell.buyer) * option


def segments(cell: Sides) -> list[Segment]:
    """The deals that are no worse than none for either, an entry per option that has some."""
    found = []
    for option in cell.options:
        both, at_zero = total(cell, option), cell.seller * option - cell.cost
        low, high = max(0.0, cell.lowest + at_zero), min(both, cell.highest + at_zero)
        if low <= high:
            found.append(Segment(option, low, high, both))
    return found


def front(cell: Sides) -> list[Segment]:
    """The efficient ones, from low to high: no other deal is better for one side and no worse for the other."""
    known, found = segments(cell), []
    for each in known:
        pieces = [(each.low, each.high)]
        for other in known:
            more = other.total - each.total
            if more > _EXACT:
                pieces = [left for piece in pieces for left in _without(piece, other.low - more, other.high)]
        found += [Segment(each.option, low, high, each.total) for low, high in pieces]
    return sorted(found, key=lambda each: (each.low, each.high))


def _without(piece: tuple[float, float], low: float, high: float) -> list[tuple[float, float]]:
    """What of the piece lies outside low to high, where there are better deals."""
    if piece[0] == piece[1]:
        return [] if low <= piece[0] <= high else [piece]
    outside = ((piece[0], min(piece[1], low)), (max(piece[0], high), piece[1]))
    return [each for each in outside if each[1] > each[0] + _EXACT]


def ideal(cell: Sides) -> tuple[float, float] | None:
    """The most that each side can have where the other loses nothing; None where no deal suits both."""
    known = segments(cell)
    return (max(each.high for each in known), max(each.total - each.low for each in known)) if known else None


def nash(cell: Sides) -> Point | None:
    """The deal with the greatest product of both gains (Nash 1950); None where no deal suits both."""
    return _best(cell, lambda each: each.total / 2, lambda seller, buyer: (seller * buyer, seller + buyer))


def kalai_smorodinsky(cell: Sides) -> Point | None:
    """The deal at which both have the same share of their ideal gain (Kalai & Smorodinsky 1975).

    Where there is none, as where prices are bounded, the one with the greatest smaller share. None as above.
    """
    most = ideal(cell)
    if most is None or not most[0] + most[1]:
        return None if most is None else _best(cell, lambda each: each.low, lambda seller, buyer: (0.0, seller + buyer))
    seller_most, buyer_most = (max(each, _EXACT) for each in most)
    return _best(
        cell,
        lambda each: each.total * seller_most / (seller_most + buyer_most),
        lambda seller, buyer: (min(seller / seller_most, buyer / buyer_most), seller + buyer),
    )


def _best(
    cell: Sides, wanted: Callable[[Segment], float], worth: Callable[[float, float], tuple[float, float]]
) -> Point | None:
    """Of the points nearest to the wanted one on each segment the one of most worth."""
    points = []
    for each in segments(cell):
        seller = min(max(wanted(each), each.low), each.high)
        price = seller + cell.cost - cell.seller * each.option
        points.append(Point(seller, each.total - seller, each.option, price))
    return max(points, key=lambda point: worth(point.seller, point.buyer), default=None)


def left_on_table(cell: Sides, seller: float, buyer: float) -> float:
    """How much more both together could have without either having less than this; 0 on the front."""
    better = [
        each.total - seller - buyer
        for each in segments(cell)
        if max(each.low, seller) <= min(each.high, each.total - buyer) + _EXACT
    ]
    return max([0.0, *better])


def traded(cell: Sides, option: float) -> float:
    """Log-rolling: of what can be gained over the middle option, the share that this option gains; NaN without any."""
    middle = total(cell, middle_of(cell.options))
    most = max(total(cell, each) for each in cell.options)
    return (total(cell, option) - middle) / (most - middle) if most > middle + _EXACT else math.nan


SECOND = (
    *("second_seller", "second_buyer", "second_best", "second_left"),
    *("second_to_nash", "second_to_ks", "second_traded"),
)
"""Columns of a round where there is a second issue, NaN elsewhere: what the agreed option is worth to either; the most
that both can gain by an option; dollars left on the table; distances to both points; what was traded."""


@lru_cache(maxsize=100_000)
def _measured(cell: Sides, price: float | None, option: float | None) -> tuple[float, ...]:
    """The values of SECOND in one round."""
    worth = (0.0, 0.0) if option is None else (cell.seller * option, cell.buyer * option)
    best = max((cell.seller + cell.buyer) * each for each in cell.options)
    if math.isnan(cell.cost) or math.isnan(cell.valuation):
        return (*worth, best, math.nan, math.nan, math.nan, math.nan)
    gains = (0.0, 0.0)
    if price is not None:
        gains = (price - cell.cost + worth[0], cell.valuation - price + worth[1])
    away = [
        math.nan if point is None else math.dist(gains, (point.seller, point.buyer))
        for point in (nash(cell), kalai_smorodinsky(cell))
    ]
    left = left_on_table(cell, *gains)
    return (*worth, best, left, *away, math.nan if option is None else traded(cell, option))


def cell_of(config: Mapping[Any, Any], cost: float, valuation: float) -> Sides | None:
    """The cell of a run's config (dotted names) with these limits, None where it has one issue or no known weights."""
    numbers = [config.get(f"second_issue.{role}_weight") for role in ("seller", "buyer")]
    if config.get("second_issue.name", "none") in ("none", None) or not all(map(_is_number, numbers)):
        return None
    try:
        options = tuple(float(each) for each in str(config.get("second_issue.options")).split(","))
    except ValueError:
        return None
    return Sides(cost, valuation, options, *(float(each) for each in numbers if each is not None))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def columns(runs: pd.DataFrame, rounds: pd.DataFrame) -> pd.DataFrame:
    """SECOND for these rounds, which have the limits of ITEM. runs: their configs, in the order of the categories."""
    found = pd.DataFrame(np.nan, index=rounds.index, columns=[*SECOND])
    choices = [name for name in runs if str(name).startswith("second_issue.")]
    if "second_issue.name" not in choices or runs["second_issue.name"].isin(["none"]).all():
        return found
    codes = rounds["run"].cat.codes.to_numpy()
    for position, config in enumerate(runs[choices].to_dict("records")):
        if cell_of(config, 0.0, 0.0) is None:
            continue
        own = rounds[codes == position]
        values = [
            _measured(cell, _or_none(price), _or_none(option))
            for cost, valuation, price, option in _four(own)
            if (cell := cell_of(config, cost, valuation)) is not None
        ]
        found.loc[own.index] = np.array(values, dtype=float).reshape(len(own), len(SECOND))
    return found


def _four(rounds: pd.DataFrame) -> Iterable[tuple[float, float, float, float]]:
    names = ("item.cost", "item.valuation", "price", "second")
    return zip(*(rounds[name].astype(float) for name in names), strict=True)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
