"""A deal rate, and prices, that a fallible moderator told: corrected by what is known of its errors, else bounded.

    true_rate(170, 200, (95, 100), (48, 50))   -> Estimate(value=0.89, low=0.82, high=0.97, n=200, ...)
    rate_bounds(170, 200, 0.05)                -> Bounds(bound_low=0.842, bound_high=0.895, low=0.786, high=0.94)
    price_bounds(prices, 0.02, 0.05, 10, 20)   -> (14.31, 15.02)

Where the rules decide (moderator=rules, a structured channel) there is nothing to correct.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .intervals import ALPHA, NAN, Estimate, rate_interval


class Bounds(NamedTuple):
    """Between which values a rate lies, and the 95% interval around both ends."""

    bound_low: float
    bound_high: float
    low: float
    high: float


def true_rate(deals: int, n: int, of_deals: tuple[int, int], of_others: tuple[int, int]) -> Estimate:
    """The share of n games that were deals, where the moderator called `deals` of them deals.

    of_deals, of_others: of the labelled dialogues that were deals, or were none, how many it judged right, and how many
    there are (bargain-judge's confusion matrix). Rogan & Gladen (1978, Am. J. Epidemiology 107); 95% interval of Lang &
    Reiczigel (2014, Preventive Veterinary Medicine 113), which counts the errors of both shares. No value where the
    moderator is no better than chance, or nothing is labelled: then the rate can be anything.
    """
    if not (n and of_deals[1] and of_others[1]):
        return Estimate(NAN, NAN, NAN, n, "nothing labelled" if n else "no data")
    rate, found, spared = deals / n, of_deals[0] / of_deals[1], of_others[0] / of_others[1]
    if found + spared <= 1:
        return Estimate(NAN, NAN, NAN, n, "no better than chance")
    value = min(max((rate + spared - 1) / (found + spared - 1), 0.0), 1.0)
    z = float(stats.norm.ppf(1 - ALPHA / 2))
    size, told = n + z * z, (deals + z * z / 2) / (n + z * z)
    right, sparing = ((hits + 1) / (total + 2) for hits, total in (of_deals, of_others))
    errors = right * (1 - right) / (of_deals[1] + 2), sparing * (1 - sparing) / (of_others[1] + 2)
    power = right + sparing - 1
    if power <= 0:
        return Estimate(value, 0.0, 1.0, n, "Rogan-Gladen")
    centre = (told + sparing - 1) / power
    shift = 2 * z * z * (centre * errors[0] - (1 - centre) * errors[1])
    spread = math.sqrt(told * (1 - told) / size + centre**2 * errors[0] + (1 - centre) ** 2 * errors[1]) / power
    low, high = (min(max(centre + shift + side * z * spread, 0.0), 1.0) for side in (-1, 1))
    return Estimate(value, low, high, n, "Rogan-Gladen")


def rate_bounds(deals: int, n: int, errors: float) -> Bounds:
    """The share of n games that were deals, where at most `errors` of the deals were missed and at most so many of the
    other games were called deals, and nothing else is known (Rogan & Gladen's formula at its ends). Bounds of a smaller
    error lie within those of a larger."""
    if not n:
        return Bounds(NAN, NAN, NAN, NAN)
    told = rate_interval(deals, n, fewest=1)
    low, lowest = ((max(each - errors, 0.0)) / (1 - errors) for each in (deals / n, told.low))
    high, highest = (min(each / (1 - errors), 1.0) for each in (deals / n, told.high))
    return Bounds(low, high, lowest, highest)


def false_share(rate: float, errors: float) -> float:
    """How many of the told deals can be none, at a told rate, where at most `errors` of the other games are so told."""
    return min(errors * (1 - rate) / ((1 - errors) * rate), 1.0) if rate > 0 else 1.0


def price_bounds(prices: ArrayLike, false: float, missed: float, lowest: float, highest: float) -> tuple[float, float]:
    """The mean price of all deals, where a share of the told ones is false and a share of the deals was missed.

    False deals may be the dearest told ones or the cheapest (Horowitz & Manski 1995, Econometrica 63), and missed deals
    may have had any price from lowest to highest. Sampling error is not in it. NaN without a told deal that is true.
    """
    ordered = np.sort(np.asarray(prices, dtype=np.float64))
    kept = (1 - false) * len(ordered)
    if kept <= 1e-9:
        return NAN, NAN
    weights = np.clip(kept - np.arange(len(ordered)), 0.0, 1.0)
    means = float(weights @ ordered / kept), float(weights[::-1] @ ordered / kept)
    return (1 - missed) * means[0] + missed * lowest, (1 - missed) * means[1] + missed * highest
