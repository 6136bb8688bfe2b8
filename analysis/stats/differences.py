"""Is b different from a: tests, intervals and effect sizes for paired and unpaired means and rates, and Holm.

This file knows numbers and nothing of games. It always says b - a. Tests are scipy's and statsmodels'; where a textbook
formula is used instead its source stands beside it. NaN is never data here: leave it out before.

    paired_means(before, after)   -> Comparison(difference=1.05, low=0.82, high=1.28, n=200, p=3e-15, ...)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportions_ztest,
)

from bargain.intervals import differ

from .fewest import FEWEST
from .intervals import (
    ALPHA,
    FEW,
    LEVEL,
    NAN,
    Array,
    Estimate,
    largest,
    mean_interval,
    rate_interval,
    spreads,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """b against a: the difference b - a with its 95% interval, its test, and how large the effect is.

    n: pairs, or the values of both sides. a, b: the two means or rates. p: the test's two-sided p. p_rank: that of a
    test that needs no normality (Wilcoxon, Mann-Whitney), NaN for rates. effect: what `effect_name` says (d_z and d,
    both with Hedges' small-sample correction, or an odds ratio) with its 95% interval; NaN where it is not defined.
    centre, error, freedom: what an interval at another level is made of, centre -+ t(freedom) x error (NaN where there
    is no spread); of rates Bonett & Price's and, between other games, Agresti & Caffo's (2000, Am. Statistician 54).
    note: what to know before believing it, and why a test stands there without an interval: too few games for one
    (analysis/stats/fewest.py), or no spread.
    """

    difference: float
    low: float
    high: float
    n: int
    p: float
    test: str
    a: float
    b: float
    effect_name: str
    effect: float = NAN
    effect_low: float = NAN
    effect_high: float = NAN
    p_rank: float = NAN
    note: str = ""
    centre: float = NAN
    error: float = NAN
    freedom: float = NAN


def paired_means(
    before: ArrayLike,
    after: ArrayLike,
    interval: Estimate | None = None,
    *,
    fewest: int = FEWEST.mean,
    size: float = 0.0,
) -> Comparison:
    """after - before of the same games: paired t, Wilcoxon's signed-rank test, and Cohen's d_z.

    The difference has mean_interval's interval, d_z that of Hedges & Olkin (1985). Pairs that all
    changed by the same amount have no t test: a sign test stands in and the note says so. interval: that of the
    differences, where mean_intervals has made many at once. size: as `bargain.intervals.differ` takes it. Raises
    ValueError when the lengths differ.
    """
    first, second = _array(before), _array(after)
    if len(first) != len(second):
        raise ValueError(f"paired_means: {len(first)} values before and {len(second)} after; every pair needs both")
    change, size = second - first, max(size, largest(first, second))
    n, mean = len(change), interval or mean_interval(change, fewest=fewest)
    found = Comparison(mean.value, mean.low, mean.high, n, NAN, "paired t", _mean(first), _mean(second), "d_z")
    if n < 2:
        return replace(found, note="fewer than two pairs: no test")
    if not spreads(change, size):
        same = not differ(0.0, mean.value, size)
        p = 1.0 if same else float(stats.binomtest(n, n, 0.5).pvalue)
        note = "no pair changed" if same else "every pair changed by the same amount"
        return replace(found, low=NAN, high=NAN, p=p, p_rank=p, test="sign", note=note)
    test, root = stats.ttest_1samp(change, 0.0), math.sqrt(n)
    low, high = _noncentral(float(test.statistic), n - 1)
    found = replace(found, note=NO_INTERVAL) if mean.method == FEW else found
    return replace(
        found,
        p=float(test.pvalue),
        p_rank=_signed_ranks(change),
        effect=_unbiased(n - 1) * float(test.statistic) / root,
        effect_low=_unbiased(n - 1) * low / root,
        effect_high=_unbiased(n - 1) * high / root,
        centre=mean.value,
        error=float(change.std(ddof=1)) / root,
        freedom=float(n - 1),
    )


def paired_surplus(
    before: ArrayLike,
    after: ArrayLike,
    interval: Estimate | None = None,
    *,
    fewest: int = FEWEST.surplus_change,
    size: float = 0.0,
) -> Comparison:
    """paired_means of values that are 0 where no deal was made: games with no deal on either side show no spread.

    So the interval needs `fewest` games that are not 0 both times.
    """
    found = paired_means(before, after, interval, fewest=1, size=size)
    if found.n < 2 or np.count_nonzero((_array(before) != 0) | (_array(after) != 0)) >= fewest:
        return found
    return replace(found, low=NAN, high=NAN, note=found.note or NO_INTERVAL)


def welch(a: ArrayLike, b: ArrayLike, *, fewest: int = FEWEST.welch, size: float = 0.0) -> Comparison:
    """b - a of different games: Welch's t with its interval, Mann-Whitney, and Cohen's d on the pooled spread.

    No interval where a side has fewer than `fewest` values, or equal ones: its spread is not known then. size: as
    `bargain.intervals.differ` takes it.
    """
    first, second = _array(a), _array(b)
    n_a, n_b = len(first), len(second)
    mean_a, mean_b = _mean(first), _mean(second)
    found = Comparison(mean_b - mean_a, NAN, NAN, n_a + n_b, NAN, "Welch t", mean_a, mean_b, "d")
    if min(n_a, n_b) < 2:
        return replace(found, note="fewer than two values on one side: no test")
    flat = [side for side in (first, second) if not spreads(side, size)]
    if len(flat) == 2:
        return replace(found, note="no spread on either side: no test")
    pooled = math.sqrt(((n_a - 1) * first.var(ddof=1) + (n_b - 1) * second.var(ddof=1)) / (n_a + n_b - 2))
    # shifted so that a side without spread is 0: scipy warns of lost precision in a mean of equal values
    steady = flat[0][0] if flat else 0.0
    test = stats.ttest_ind(second - steady, first - steady, equal_var=False)
    few = min(n_a, n_b) < fewest
    interval = test.confidence_interval(LEVEL)
    root = math.sqrt(1 / n_a + 1 / n_b)
    low, high = _noncentral(found.difference / pooled / root, n_a + n_b - 2)
    return replace(
        found,
        low=NAN if few or flat else float(interval.low),
        high=NAN if few or flat else float(interval.high),
        note=NO_INTERVAL if few else "no spread on one side: no interval" if flat else "",
        p=float(test.pvalue),
        p_rank=float(stats.mannwhitneyu(second, first).pvalue),
        effect=_unbiased(n_a + n_b - 2) * found.difference / pooled,
        effect_low=_unbiased(n_a + n_b - 2) * low * root,
        effect_high=_unbiased(n_a + n_b - 2) * high * root,
        centre=found.difference,
        error=math.sqrt(first.var(ddof=1) / n_a + second.var(ddof=1) / n_b),
        freedom=float(test.df),
    )


def paired_rates(before: ArrayLike, after: ArrayLike, *, fewest: int = FEWEST.paired_rates) -> Comparison:
    """Change of a rate over the same games (0/1 each): McNemar's mid-p test, risk difference and odds ratio.

    Fagerland, Lydersen & Laake (2013, BMC Med Res Methodol 13:91) for mid-p, (2014, Statistics in Medicine 33) for the
    intervals: Bonett & Price (2012) for the difference, transformed Wilson for the odds ratio gained/lost. Raises
    ValueError when the lengths differ.
    """
    first, second = _array(before) > 0.5, _array(after) > 0.5
    if len(first) != len(second):
        raise ValueError(f"paired_rates: {len(first)} values before and {len(second)} after; every pair needs both")
    n, gained, lost = len(first), int((second & ~first).sum()), int((first & ~second).sum())
    rate_a, rate_b = (float(each.mean()) if n else NAN for each in (first, second))
    found = Comparison(rate_b - rate_a, NAN, NAN, n, NAN, "McNemar mid-p", rate_a, rate_b, "odds ratio")
    if not n:
        return replace(found, note="no pairs: no test")
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    error = math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    half, found = _Z * error, replace(found, centre=up - down, error=error, freedom=math.inf)
    if n < fewest:
        found = replace(found, note=NO_INTERVAL)
    else:
        found = replace(found, low=max(-1.0, up - down - half), high=min(1.0, up - down + half))
    turned = gained + lost
    if not turned:
        return replace(found, p=1.0, note="no pair changed")
    p = float(stats.binomtest(min(gained, lost), turned, 0.5).pvalue - stats.binom.pmf(gained, turned, 0.5))
    if gained == lost:
        p = 1.0 - float(stats.binom.pmf(gained, turned, 0.5)) / 2
    share = rate_interval(gained, turned, fewest=1)
    return replace(
        found,
        p=min(max(p, 0.0), 1.0),
        effect=gained / lost if lost else math.inf,
        effect_low=share.low / (1 - share.low) if share.low < 1 else math.inf,
        effect_high=share.high / (1 - share.high) if share.high < 1 else math.inf,
    )


def two_rates(hits_a: int, n_a: int, hits_b: int, n_b: int, *, fewest: int = FEWEST.two_rates) -> Comparison:
    """Rate b - rate a of different games: score test, Newcombe's interval of the difference (1998), and odds ratio.

    The odds ratio adds 1/2 to every cell when one is empty (Haldane 1956).
    """
    rate_a, rate_b = hits_a / n_a if n_a else NAN, hits_b / n_b if n_b else NAN
    found = Comparison(rate_b - rate_a, NAN, NAN, n_a + n_b, NAN, "score", rate_a, rate_b, "odds ratio")
    if not n_a or not n_b:
        return replace(found, note="one side is empty: no test")
    near = [((hits + 1) / (n + 2), n + 2) for hits, n in ((hits_a, n_a), (hits_b, n_b))]
    error = math.sqrt(sum(rate * (1 - rate) / n for rate, n in near))
    found = replace(found, centre=near[1][0] - near[0][0], error=error, freedom=math.inf)
    if min(n_a, n_b) < fewest:
        found = replace(found, note=NO_INTERVAL)
    else:
        low, high = confint_proportions_2indep(hits_b, n_b, hits_a, n_a, method="newcomb", compare="diff", alpha=ALPHA)
        found = replace(found, low=float(low), high=float(high))
    if hits_a + hits_b in (0, n_a + n_b):
        return replace(found, p=1.0, note="all alike")
    _, p = proportions_ztest([hits_b, hits_a], [n_b, n_a])  # pooled variance: the score test
    table = Table2x2(np.array([[hits_b, n_b - hits_b], [hits_a, n_a - hits_a]], dtype=np.float64), shift_zeros=True)
    odds_low, odds_high = table.oddsratio_confint(ALPHA)
    return replace(
        found,
        p=float(p),
        effect=float(table.oddsratio),
        effect_low=float(odds_low),
        effect_high=float(odds_high),
    )


def holm(p_values: Sequence[float] | ArrayLike) -> NDArray[np.float64]:
    """Holm's (1979) corrected p values of one family, in their order; NaN (no test) stays NaN and costs nothing."""
    p = _array(p_values)
    corrected = np.full(len(p), NAN)
    made = ~np.isnan(p)
    order = np.argsort(p[made], kind="stable")
    factors = np.arange(len(order), 0, -1)  # statsmodels' multipletests collects garbage at every call: 20 ms and more
    ordered = np.minimum(np.maximum.accumulate(p[made][order] * factors), 1.0)
    corrected[np.flatnonzero(made)[order]] = ordered
    return corrected


NO_INTERVAL = f"{FEW} for an interval"
_Z = float(stats.norm.ppf(1 - ALPHA / 2))


def _array(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else NAN


def _unbiased(freedom: int) -> float:
    """Hedges' (1981, J. Educational Statistics 6) exact factor: in small samples a standardised mean is too large."""
    return (
        math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)
        if freedom > 1
        else NAN
    )


def _signed_ranks(change: Array) -> float:
    """Wilcoxon's two-sided p: exact up to 50 pairs, with ties and zeros too, beyond that scipy's approximation.

    The distribution of the sum is made rank by rank (Streitberg & Roehmel 1986, Statistical Software Newsletter 12).
    scipy goes through all signs where there are ties: 2 s for 13 pairs.
    """
    if len(change) > 50:
        return float(stats.wilcoxon(change, zero_method="zsplit", method="auto").pvalue)
    ranks = np.rint(2 * stats.rankdata(np.abs(change))).astype(np.int64)
    chance = np.ones(1)
    for rank in ranks[change != 0]:
        chance = (np.r_[chance, np.zeros(rank)] + np.r_[np.zeros(rank), chance]) / 2
    risen = int(ranks[change > 0].sum())
    return min(1.0, 2 * float(min(chance[: risen + 1].sum(), chance[risen:].sum())))


def _noncentral(t: float, freedom: int) -> tuple[float, float]:
    """A 95% interval for the noncentrality behind a t statistic (Hedges & Olkin 1985, ch. 5: large-sample variance)."""
    half = _Z * math.sqrt(1 + t * t / (2 * freedom))
    return t - half, t + half
