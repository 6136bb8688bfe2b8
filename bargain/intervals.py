"""Means and rates with their 95% intervals: what summary.json says while games are played, and `analysis` afterwards.

wilson(45, 50)              -> (0.786, 0.957)
t_interval([14, 15, 16.5])  -> (12.04, 18.29)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean, None of nothing."""
    return math.fsum(values) / len(values) if values else None


def t_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95% Student interval of a mean; (None, None) for fewer than two values."""
    if len(values) < 2:
        return None, None
    from scipy.special import stdtrit  # scipy.stats has it too, and takes a second to import

    centre = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1) / len(values))
    half = float(stdtrit(len(values) - 1, 0.975)) * spread
    return centre - half, centre + half


def wilson(hits: float, total: float) -> tuple[float | None, float | None]:
    """The 95% score interval of a rate (Wilson 1927); (None, None) of nothing."""
    if not total:
        return None, None
    z = NormalDist().inv_cdf(0.975)
    centre = hits + z * z / 2
    half = z * math.sqrt(hits * (total - hits) / total + z * z / 4)
    low, high = ((centre + side) / (total + z * z) for side in (-half, half))
    return low if hits else 0.0, high if hits < total else 1.0
