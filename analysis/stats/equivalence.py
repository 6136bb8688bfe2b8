"""Is a difference small enough not to matter: two one-sided tests against a margin that the user names.

    equivalent_pairs(before, after, 0.5)   -> Equivalence(difference=0.04, low=-0.11, high=0.19, margin=0.5, n=80, ...)

"No change shown" is not "no change": only this says that a difference of more than the margin is ruled out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from .intervals import ALPHA, NAN, Array, largest, spreads


class Equivalence(NamedTuple):
    """b - a with its 90% interval, which lies within the margin where p < 0.05, and the p of the two one-sided tests.

    n: pairs, or the values of both sides. note: why there is no test.
    """

    difference: float
    low: float
    high: float
    margin: float
    n: int
    p: float
    note: str = ""


def within(centre: float, error: float, freedom: float, margin: float) -> Equivalence:
    """The same of a difference that is known by its centre, standard error and t freedom (a Comparison has them).

    n is 0. Raises ValueError for a margin that is not above 0.
    """
    _check(margin)
    if not error > 0:
        return _untested(centre, margin, 0)
    p = float(stats.t.sf((margin - abs(centre)) / error, freedom))
    half = float(stats.t.ppf(1 - ALPHA, freedom)) * error
    return Equivalence(centre, centre - half, centre + half, margin, 0, p)


def at_once(centre: float, error: float, freedom: float, tests: int) -> tuple[float, float]:
    """The limits of one of so many intervals that all of them hold together in 95 of 100 studies (Bonferroni)."""
    half = float(stats.t.ppf(1 - ALPHA / (2 * max(tests, 1)), freedom)) * error if error > 0 else NAN
    return centre - half, centre + half


def equivalent_pairs(before: ArrayLike, after: ArrayLike, margin: float) -> Equivalence:
    """after - before of the same games against `margin` on either side (Schuirmann 1987), with paired t tests.

    Raises ValueError when the lengths differ, or the margin is not above 0.
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if len(first) != len(second):
        raise ValueError(f"equivalent_pairs: {len(first)} values before and {len(second)} after; every pair needs both")
    _check(margin)
    change = second - first
    if not spreads(change, largest(first, second)):
        return _untested(float(change.mean()) if len(change) else NAN, margin, len(change))
    p = float(ttost_paired(second, first, -margin, margin)[0])
    return _tested(stats.ttest_1samp(change, 0.0), float(change.mean()), margin, len(change), p)


def equivalent(a: ArrayLike, b: ArrayLike, margin: float) -> Equivalence:
    """b - a of different games against `margin` on either side, with Welch's t tests. Raises ValueError as above."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    _check(margin)
    n = len(first) + len(second)
    difference = float(second.mean() - first.mean()) if len(first) and len(second) else NAN
    if not (spreads(first) and spreads(second)):
        return _untested(difference, margin, n)
    p = float(ttost_ind(second, first, -margin, margin, usevar="unequal")[0])
    return _tested(stats.ttest_ind(second, first, equal_var=False), difference, margin, n, p)


def _check(margin: float) -> None:
    if not margin > 0:
        raise ValueError(f"the margin is {margin:g}: name the smallest difference that would matter, above 0")


def _untested(difference: float, margin: float, n: int) -> Equivalence:
    return Equivalence(difference, NAN, NAN, margin, n, NAN, "no spread, or fewer than two values: no test")


def _tested(test: object, difference: float, margin: float, n: int, p: float) -> Equivalence:
    limits: Array = np.asarray(test.confidence_interval(1 - 2 * ALPHA), dtype=np.float64)  # type: ignore[attr-defined]
    return Equivalence(difference, float(limits[0]), float(limits[1]), margin, n, p)
