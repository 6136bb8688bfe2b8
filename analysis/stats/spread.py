"""Whether two measurements of the same games spread alike.

Pitman (1939) and Morgan (1939, both Biometrika 31): the variances of pairs (x, y) are equal exactly where x + y and
x - y are uncorrelated; turned round that gives an interval of their ratio. Normal theory.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .differences import NO_INTERVAL, Comparison
from .intervals import ALPHA, NAN, largest, spreads

FEWEST = 8
"""Pairs; with fewer there is no interval."""


def paired_spreads(before: ArrayLike, after: ArrayLike) -> Comparison:
    """The ratio of the standard deviations, after to before, in `difference`; `a` and `b` are the two.

    No test below FEWEST pairs, or where a side does not vary. Raises ValueError when the lengths differ.
    """
    first, second = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if len(first) != len(second):
        raise ValueError(f"paired_spreads: {len(first)} values before and {len(second)} after; every pair needs both")
    n = len(first)
    a, b = (NAN if n < 2 else float(side.std(ddof=1)) if spreads(side) else 0.0 for side in (first, second))
    found = Comparison(b / a if a else NAN, NAN, NAN, n, NAN, "Pitman-Morgan", a, b, "")
    if n < FEWEST:
        return replace(found, note=NO_INTERVAL)
    if not (a and b):
        return replace(found, note="no spread on a side: no test")
    r = float(np.corrcoef(first, second)[0, 1])
    t = float(stats.t.ppf(1 - ALPHA / 2, n - 2))
    k = 1 + 2 * max(0.0, 1 - r * r) * t * t / (n - 2)
    wide = math.sqrt(k + math.sqrt(k * k - 1))
    alike = not all(spreads(each, largest(first, second)) for each in (first + second, second - first))
    p = 1.0 if alike else float(stats.pearsonr(first + second, second - first).pvalue)
    return replace(found, low=b / a / wide, high=b / a * wide, p=p)
