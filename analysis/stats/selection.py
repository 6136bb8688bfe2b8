"""The selection problem: feedback changes who still makes a deal, so the survivors' mean price is not its effect.

The 2023 analysis compared the mean price of the deals after feedback with that of the deals before. If coaching also
makes deals fail, the two means are over different games, and the difference mixes a change of price with a change of
who is counted. `selection` puts that number beside the ones that do not have the problem. Numbers only, no frames of
games: prices before and after, NaN without a deal, in the same order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, stats

from bargain.intervals import differ

from .differences import NO_INTERVAL, paired_means, paired_surplus
from .fewest import FEWEST, Fewest
from .intervals import LEVEL, NAN, Array, bca_limits, largest, resampling_weights, spreads

RESAMPLES = 1000


class Row(NamedTuple):
    """One way to put the effect. A point has `estimate`; a bound has `bound_low` and `bound_high`, the effect between.

    low, high: the 95% interval; of bounds, Imbens & Manski's (2004), which covers the effect and not the whole range.
    n: games that count; share: their share of all games; whom: whose effect it is; note: what is missing, and why.
    """

    method: str
    estimate: float
    bound_low: float
    bound_high: float
    low: float
    high: float
    n: int
    share: float
    whom: str
    note: str = ""


def selection(
    before: ArrayLike,
    after: ArrayLike,
    *,
    learner: str = "",
    cost: float | None = None,
    valuation: float | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    fewest: Fewest = FEWEST,
) -> pd.DataFrame:
    """The effect on the price, after - before, in four ways side by side; the columns are those of `Row`.

    before, after: the prices of the same games, NaN without a deal. lowest, highest: where a price can lie, usually the
    two openings. cost (learner seller) or valuation (learner buyer) make the surplus, which is the learner's: more
    is better. Raises ValueError when the lengths differ.

    - survivors: mean price of the deals after minus that of the deals before, each over its own games (as in 2023);
    - pairs: mean change over the games with a deal both times;
    - intention_to_treat: mean change of the learner's surplus over all games, no deal = 0;
    - worst_case: the price effect for all games, every missing price anywhere from lowest to highest (Manski 1990).
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if len(first) != len(second):
        raise ValueError(
            f"selection: {len(first)} prices before and {len(second)} after; every game needs both (or NaN)"
        )
    rows = [
        _survivors(first, second, fewest.survivors),
        _pairs(first, second, fewest.mean),
        _surplus(first, second, learner, cost, valuation, fewest.surplus_change),
        _worst_case(first, second, lowest, highest, fewest.bounds),
    ]
    return pd.DataFrame(rows, columns=list(Row._fields))


def _survivors(before: Array, after: Array, fewest: int) -> Row:
    dealt, deals = ~np.isnan(before), ~np.isnan(after)
    whom = "other games before than after: not an effect"
    if not len(before) or not dealt.any() or not deals.any():
        return Row("survivors", *_NOTHING, 0, NAN, whom, "no deals on one side")
    means = _means(np.ones((1, len(before))), before, after)
    value, n = float(means[0]), int((dealt | deals).sum())
    low, high, note = NAN, NAN, ""
    if min(dealt.sum(), deals.sum()) < fewest:
        note = NO_INTERVAL
    elif not (spreads(before[dealt]) and spreads(after[deals])):
        note = NO_SPREAD
    else:
        resampled = _means(resampling_weights(len(before), RESAMPLES) * len(before), before, after)
        resampled = resampled[np.isfinite(resampled)]
        influence = _influence(before) * -1 + _influence(after)
        spread = float((influence**2).sum())
        skew = float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
        lows, highs = bca_limits(resampled[:, None], np.array([value]), np.array([skew]), len(before))
        low, high = float(lows[0]), float(highs[0])
    return Row("survivors", value, NAN, NAN, low, high, n, n / len(before), whom, note)


def _means(weights: Array, before: Array, after: Array) -> Array:
    """Mean of the deals after minus mean of the deals before, for each row of weights."""
    means = []
    for prices in (before, after):
        dealt = ~np.isnan(prices)
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append(weights @ np.where(dealt, prices, 0.0) / (weights @ dealt.astype(np.float64)))
    difference: Array = means[1] - means[0]
    return difference


def _influence(prices: Array) -> Array:
    """Each game's pull on the mean of the deals (its empirical influence)."""
    dealt = ~np.isnan(prices)
    influence: Array = np.where(dealt, np.nan_to_num(prices) - prices[dealt].mean(), 0.0) / dealt.mean()
    return influence


def _pairs(before: Array, after: Array, fewest: int) -> Row:
    both = ~np.isnan(before) & ~np.isnan(after)
    change = paired_means(before[both], after[both], fewest=fewest)
    share = float(both.mean()) if len(both) else NAN
    whom = "games with a deal both times"
    return Row("pairs", change.difference, NAN, NAN, change.low, change.high, change.n, share, whom, change.note)


def _surplus(
    before: Array, after: Array, learner: str, cost: float | None, valuation: float | None, fewest: int
) -> Row:
    whom = f"all games, the {learner}'s surplus" if learner in ("seller", "buyer") else "all games"
    reservation = {"seller": cost, "buyer": valuation}.get(learner)
    if reservation is None or math.isnan(reservation):
        missing = {"seller": "item.cost is not set", "buyer": "item.valuation is not set"}.get(
            learner, "no single learner"
        )
        return Row("intention_to_treat", *_NOTHING, len(before), 1.0, whom, f"{missing}: no surplus")
    sign = 1.0 if learner == "seller" else -1.0
    gains = [np.where(np.isnan(each), 0.0, sign * (each - reservation)) for each in (before, after)]
    change = paired_surplus(gains[0], gains[1], fewest=fewest, size=largest(before, after))
    return Row(
        "intention_to_treat", change.difference, NAN, NAN, change.low, change.high, change.n, 1.0, whom, change.note
    )


def _worst_case(before: Array, after: Array, lowest: float | None, highest: float | None, fewest: int) -> Row:
    """A bound that stands at the end of what can be has no error: no price of any game could move it further out."""
    whom = "all games, whatever price the missing deals would have had"
    if lowest is None or highest is None or math.isnan(lowest) or math.isnan(highest):
        return Row("worst_case", *_NOTHING, len(before), 1.0, whom, "no limits of the price: an opening is not set")
    if len(before) < 2:
        return Row("worst_case", *_NOTHING, len(before), 1.0, whom, "fewer than two games")
    outside = sum(int(((each < lowest) | (each > highest)).sum()) for each in (before, after))
    notes = [f"{outside} prices lie outside {lowest:g} to {highest:g}"] if outside else []
    low = np.where(np.isnan(after), lowest, after) - np.where(np.isnan(before), highest, before)
    high = np.where(np.isnan(after), highest, after) - np.where(np.isnan(before), lowest, before)
    bounds = (float(low.mean()), float(high.mean()))
    size, widest = largest(before, after, np.array([lowest, highest])), highest - lowest
    known = all(spreads(each, size) or not differ(each[0], end, size) for each, end in ((low, -widest), (high, widest)))
    limits = (NAN, NAN)
    if len(before) < fewest or not known:
        notes.append(NO_INTERVAL if len(before) < fewest else NO_SPREAD)
    else:
        errors = [float(each.std(ddof=1)) / math.sqrt(len(each)) for each in (low, high)]
        limits = imbens_manski(*bounds, *errors)
        if not outside:
            limits = max(limits[0], lowest - highest), min(limits[1], highest - lowest)
    return Row("worst_case", NAN, *bounds, *limits, len(before), 1.0, whom, "; ".join(notes))


NO_SPREAD = "no spread: no interval"
_NOTHING = (NAN, NAN, NAN, NAN, NAN)


def imbens_manski(low: float, high: float, error_low: float, error_high: float) -> tuple[float, float]:
    """A 95% interval for a value that lies between two estimated bounds (Imbens & Manski 2004, Econometrica 72)."""
    widest = max(error_low, error_high)
    if not widest > 0:
        return low, high
    span = (high - low) / widest
    found = optimize.brentq(lambda c: stats.norm.cdf(c + span) - stats.norm.cdf(-c) - LEVEL, 0.0, 3.0)
    return low - float(found) * error_low, high + float(found) * error_high
