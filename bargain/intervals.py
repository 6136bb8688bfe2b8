"""Means and rates with their 95% intervals: what summary.json says while games are played, and `analysis` afterwards.

wilson(45, 50)              -> (0.786, 0.957)
t_interval([14, 15, 16.5, 15, 14, 15.5, 16, 15])  -> (14.33, 15.92)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

FEWEST_GAMES, FEWEST_PRICES = 3, 8
"""The rate of fewer games and the mean of fewer prices have no interval: it would hold the truth too rarely
(docs/statistics.md)."""


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean, None of nothing."""
    return math.fsum(values) / len(values) if values else None


def differ(one: float, other: float, size: float = 0.0) -> bool:
    """Whether two numbers differ by more than rounding. size: that of the numbers they were made from, if it is larger.

    Prices of 30,000 that all fell by ten cents fell by amounts that are 4e-12 apart.
    """
    return abs(one - other) > 1e-12 * max(1.0, abs(one), abs(other), size)


def t_interval(
    values: Sequence[float], fewest: int = FEWEST_PRICES, size: float = 0.0
) -> tuple[float | None, float | None]:
    """The 95% Student interval of a mean; (None, None) for fewer than `fewest` values (two at least), or equal ones.

    size: as `differ` takes it.
    """
    if len(values) < max(fewest, 2) or not differ(min(values), max(values), size):
        return None, None
    from scipy.special import stdtrit  # scipy.stats has it too, and takes a second to import

    centre = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1) / len(values))
    half = float(stdtrit(len(values) - 1, 0.975)) * spread
    return centre - half, centre + half


def wilson(hits: float, total: float, fewest: float = FEWEST_GAMES) -> tuple[float | None, float | None]:
    """The 95% score interval of a rate (Wilson 1927); (None, None) of fewer than `fewest`, or of nothing."""
    if not total or total < fewest:
        return None, None
    z = NormalDist().inv_cdf(0.975)
    centre = hits + z * z / 2
    half = z * math.sqrt(hits * (total - hits) / total + z * z / 4)
    low, high = ((centre + side) / (total + z * z) for side in (-half, half))
    return low if hits else 0.0, high if hits < total else 1.0


Ends = tuple[float | None, float | None]


def apart(first: float, of_first: Ends, second: float, of_second: Ends) -> Ends:
    """The 95% interval of second - first, two independent means or rates, from the interval of each.

    For Wilson's it is Newcombe's (1998, method 10), for means Zou & Donner's (2008). (None, None) where either has
    none.
    """
    (low, high), (low_too, high_too) = of_first, of_second
    if low is None or high is None or low_too is None or high_too is None:
        return None, None
    gap = second - first
    return gap - math.hypot(high - first, second - low_too), gap + math.hypot(first - low, high_too - second)
