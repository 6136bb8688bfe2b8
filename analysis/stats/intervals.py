"""95% intervals of means, rates and ratios, for plain arrays.

This file knows numbers and nothing of games, prices or frames. NaN is never data here: leave it out before. Randomness
is seeded, so equal data give equal intervals (to the last digit or two, which the order of a sum decides).

    mean_interval([14.5, 15, 16.2, ...])   -> Estimate(value=15.1, low=14.8, high=15.4, n=40, method="BCa bootstrap")
    rate_interval(45, 50)                  -> Estimate(value=0.9, low=0.786, high=0.957, n=50, method="Wilson")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bargain.intervals import differ, t_interval, wilson

from .fewest import FEWEST

Array = NDArray[np.float64]
LEVEL = 0.95
ALPHA = 1 - LEVEL
RESAMPLES = 2000
"""Efron & Tibshirani (1993, ch. 14): 2,000 resamples do for BCa limits."""
SMALL, LARGE = 40, 2000
"""Below SMALL values a mean has the t interval: so few say little of their skewness, and where most deals are at one
price BCa covers 90 times in 100 at n = 20 (t: 96; benchmarks/coverage.py). From LARGE on BCa and t agree."""
TELLING = 5
"""With fewer games than this on either side, hit or missed, a rate's spread between games cannot be estimated."""
NAN = math.nan
FEW, ALIKE = "too few games", "all equal"
"""Why a value has no interval: its sample is smaller than the interval's FEWEST, or shows no spread at all."""


class Estimate(NamedTuple):
    """A number with its 95% interval (NaN where there is none), the number of observations, and how it was made."""

    value: float
    low: float
    high: float
    n: int
    method: str


def mean_interval(values: ArrayLike, *, fewest: int = FEWEST.mean) -> Estimate:
    """The mean with its 95% interval: BCa bootstrap for SMALL to LARGE values, Student's t otherwise.

    Fewer than `fewest` values have none (FEW), nor have equal ones (ALIKE): a sample without spread says nothing of
    the spread, and [15, 15] would claim to know the mean exactly.
    """
    return mean_intervals([values], fewest=fewest)[0]


def mean_intervals(samples: Sequence[ArrayLike], *, fewest: int = FEWEST.mean) -> list[Estimate]:
    """As mean_interval, for many samples at once: those of equal length are resampled with one matrix product."""
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    found: list[Estimate | None] = [None] * len(arrays)
    by_length: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        if max(SMALL, fewest) <= len(array) < LARGE and spreads(array):
            by_length.setdefault(len(array), []).append(index)
        else:
            found[index] = _t_interval(array, fewest)
    for length, indexes in by_length.items():
        weights = resampling_weights(length)
        for start in range(0, len(indexes), 256):
            chunk = indexes[start : start + 256]
            matrix = np.column_stack([arrays[index] for index in chunk])
            lows, highs = _bca_of_means(matrix, weights)
            for index, low, high in zip(chunk, lows, highs, strict=True):
                found[index] = Estimate(float(arrays[index].mean()), float(low), float(high), length, "BCa bootstrap")
    return [each for each in found if each is not None]


def resampling_weights(n: int, resamples: int = RESAMPLES, seed: int = 0) -> Array:
    """How often each of n values is drawn, divided by n: (resamples, n). The product with the values is their means."""
    return (_kept_weights if n <= _KEPT_UP_TO else _drawn_weights)(n, resamples, seed)


def _drawn_weights(n: int, resamples: int, seed: int) -> Array:
    rng = np.random.default_rng([seed, n])
    drawn = rng.integers(0, n, size=(resamples, n))
    drawn += np.arange(resamples)[:, None] * n
    weights: Array = np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n) / n
    weights.setflags(write=False)
    return weights


_KEPT_UP_TO = 128
_kept_weights = lru_cache(maxsize=64)(_drawn_weights)
"""The same few sizes come again and again, and drawing costs more than using; at most 100 MB are kept."""


def _bca_of_means(matrix: Array, weights: Array) -> tuple[Array, Array]:
    """BCa limits of the column means. matrix: (n, columns)."""
    centred = matrix - matrix.mean(axis=0)
    acceleration = (centred**3).sum(axis=0) / (6 * (centred**2).sum(axis=0) ** 1.5)  # a mean's jackknife, solved
    low, high = bca_limits(weights @ centred, np.zeros(matrix.shape[1]), acceleration, len(matrix))
    return low + matrix.mean(axis=0), high + matrix.mean(axis=0)


def bca_limits(resampled: Array, value: Array, acceleration: Array, n: int) -> tuple[Array, Array]:
    """Bias-corrected and accelerated limits. resampled: (resamples, columns); value, acceleration: (columns,).

    Efron (1987, JASA 82), with the nominal level widened for small n by sqrt(n/(n-1)) t(n-1) in the place of z, as in
    Hesterberg (2015, The American Statistician 69, section 4.5): plain bootstrap intervals are too narrow by that.
    """
    size = len(resampled)
    slack = 1e-9 * np.abs(resampled - value).max(axis=0)
    below = ((resampled < value - slack).sum(axis=0) + (resampled <= value + slack).sum(axis=0)) / 2
    bias = stats.norm.ppf(np.clip(below / size, 0.5 / size, 1 - 0.5 / size))
    wide = math.sqrt(n / (n - 1)) * float(stats.t.ppf(1 - ALPHA / 2, n - 1))
    ordered = np.sort(resampled, axis=0)
    limits = []
    for side in (-wide, wide):
        shifted = bias + side
        level = stats.norm.cdf(bias + shifted / np.maximum(1 - acceleration * shifted, 1e-3))
        position = np.clip(level * (size + 1) - 1, 0, size - 1)
        lower = np.floor(position).astype(np.int64)
        upper = np.minimum(lower + 1, size - 1)
        columns = np.arange(ordered.shape[1])
        share = position - lower
        limits.append(ordered[lower, columns] * (1 - share) + ordered[upper, columns] * share)
    return limits[0], limits[1]


def spreads(values: Array, size: float = 0.0) -> bool:
    """Whether there are two values that differ by more than rounding; size: that of what they are differences of."""
    return len(values) > 1 and differ(float(values.min()), float(values.max()), size)


def largest(*sides: Array) -> float:
    """The size of the largest number of all sides, of which NaN is none; 0 of nothing."""
    return max(float(np.abs(np.nan_to_num(side)).max(initial=0.0)) for side in sides)


def _t_interval(values: Array, fewest: int) -> Estimate:
    n = len(values)
    if n == 0:
        return Estimate(NAN, NAN, NAN, 0, "no data")
    value = float(values.mean())
    if n < max(fewest, 2) or not spreads(values):
        return Estimate(value, NAN, NAN, n, FEW if n < max(fewest, 2) else ALIKE)
    low, high = t_interval(values.tolist(), fewest)
    return Estimate(value, _or_nan(low), _or_nan(high), n, "t")


def rate_interval(hits: int, n: int, *, fewest: int = FEWEST.rate) -> Estimate:
    """A rate with its 95% Wilson score interval (Wilson 1927); fewer than `fewest` have none."""
    return rate_intervals([hits], [n], fewest=fewest)[0]


def rate_intervals(hits: ArrayLike, n: ArrayLike, *, fewest: int = FEWEST.rate) -> list[Estimate]:
    """As rate_interval, for many rates at once."""
    counts, totals = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return [_rate(hit, total, fewest) for hit, total in zip(counts.tolist(), totals.tolist(), strict=True)]


def _rate(hits: float, total: float, fewest: int) -> Estimate:
    if not total:
        return Estimate(NAN, NAN, NAN, 0, "no data")
    if total < fewest:
        return Estimate(hits / total, NAN, NAN, int(total), FEW)
    return Estimate(hits / total, *_wilson(hits, total), int(total), "Wilson")


def _wilson(hits: float, total: float) -> tuple[float, float]:
    low, high = wilson(hits, total, fewest=0)
    return _or_nan(low), _or_nan(high)


def _or_nan(limit: float | None) -> float:
    return NAN if limit is None else limit


def ratio_interval(
    numerators: ArrayLike, denominators: ArrayLike, *, shares: bool = False, fewest: int | None = None
) -> Estimate:
    """Sum of numerators over sum of denominators, one of each per game. n counts the denominators' sum, as a rate does.

    For what comes several times per game (verdicts, turns, pooled rounds): games are independent, their parts are not.
    shares: each numerator counts some of its denominator, so that the ratio is a rate, and has Wilson's interval over
    `_games_worth`. Any other ratio has a t interval on the linearised ratio (Cochran 1977, Sampling Techniques, section
    6.4), and none where it is the same in all games. fewest: games, by default FEWEST.share or FEWEST.ratio.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    above, below = above[below > 0], below[below > 0]
    games, total = len(below), float(below.sum())
    if not games:
        return Estimate(NAN, NAN, NAN, 0, "no data")
    value, n = float(above.sum()) / total, int(total)
    if games < max(2, fewest if fewest is not None else FEWEST.share if shares else FEWEST.ratio):
        return Estimate(value, NAN, NAN, n, FEW)
    residuals = (above - value * below) / below.mean()
    variance = float((residuals**2).sum()) / (games - 1) / games
    if shares:
        worth = _games_worth(above, below, value, variance)
        return Estimate(value, *_wilson(value * worth, worth), n, f"Wilson over {games} games")
    if not spreads(residuals, largest(above) / float(below.mean())):
        return Estimate(value, NAN, NAN, n, ALIKE)
    half = float(stats.t.ppf(1 - ALPHA / 2, games - 1)) * math.sqrt(variance)
    return Estimate(value, value - half, value + half, n, f"t over {games} games")


def _games_worth(above: Array, below: Array, value: float, variance: float) -> float:
    """How many independent parts the parts of these games are worth: their effective sample size.

    Korn & Graubard (1998, Survey Methodology 24): the size at which a simple sample would have this variance, with
    their correction for few games, and no more than there are; with Wilson's interval as Dean & Pagano (2015, J. Survey
    Statistics and Methodology 3) advise. Where fewer than TELLING games have a hit, or a miss, they say nothing of how
    alike the parts of a game are: then all of them count as alike (Kish 1965, Survey Sampling, section 8.2).
    """
    total, games = float(below.sum()), len(below)
    if min((above > 0).sum(), (above < below).sum()) < TELLING:
        return total**2 / float((below**2).sum())
    freedom = float((stats.t.ppf(1 - ALPHA / 2, total - 1) / stats.t.ppf(1 - ALPHA / 2, games - 1)) ** 2)
    return min(total, value * (1 - value) / variance * freedom) if variance > 0 else total
