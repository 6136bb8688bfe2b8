"""What differs by rounding alone does not differ, whatever its size; and a cent is no rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bargain.analysis import stats
from bargain.analysis.stats.fewest import Fewest
from bargain.analysis.stats.spread import paired_spreads
from bargain.analysis.stats.unpaired_selection import unpaired_selection
from bargain.intervals import t_interval

Values = NDArray[np.float64]
N = 64
SIZES = (0.01, 1.0, 30000.0, 1e9)
UNEVEN = np.random.default_rng(5).normal(0, 1, N)
HALF = np.arange(N) % 2 == 0
NONE: tuple[Any, ...] = (math.nan, math.nan)


def interval(found: Any) -> tuple[float, float]:
    return found.low, found.high


def without_test(found: Any) -> tuple[float, ...]:
    return (*interval(found), found.p)


def row(table: Any, method: str) -> tuple[float, float]:
    of_method = table.set_index("method").loc[method]
    return float(of_method["low"]), float(of_method["high"])


def dealt(values: Values, where: NDArray[np.bool_]) -> Values:
    return np.where(where, values, math.nan)


Told = Callable[[Values, Values, float], tuple[Any, ...]]
OF_EQUAL: dict[str, tuple[Told, tuple[Any, ...]]] = {
    "t_interval": (lambda a, b, _: t_interval(a.tolist()), (None, None)),
    "t_interval of changes": (lambda a, b, size: t_interval((b - a).tolist(), size=size), (None, None)),
    "mean_interval": (lambda a, b, _: interval(stats.mean_interval(a)), NONE),
    "mean_interval of few": (lambda a, b, _: interval(stats.mean_interval(a[:20])), NONE),
    "ratio_interval": (lambda a, b, _: interval(stats.ratio_interval(a, np.ones(N))), NONE),
    "paired_means": (
        lambda a, b, _: (*interval(found := stats.paired_means(a, b)), found.test, found.note, found.p),
        (*NONE, "sign", "no pair changed", 1.0),
    ),
    "paired_means with an interval": (
        lambda a, b, _: interval(stats.paired_means(a, b, stats.mean_interval(b - a))),
        NONE,
    ),
    "paired_means, all changed": (
        lambda a, b, size: (*interval(found := stats.paired_means(a, b + size)), found.note),
        (*NONE, "every pair changed by the same amount"),
    ),
    "paired_means of uneven prices": (
        lambda a, b, size: interval(stats.paired_means(a + UNEVEN, b + UNEVEN + 0.1)),
        NONE,
    ),
    "paired_surplus": (lambda a, b, _: interval(stats.paired_surplus(a, b, fewest=8)), NONE),
    "welch": (lambda a, b, _: without_test(stats.welch(a, b)), (*NONE, math.nan)),
    "welch, one side": (lambda a, b, size: interval(stats.welch(a, b + size * UNEVEN)), NONE),
    "welch, the other side": (lambda a, b, size: interval(stats.welch(a + size * UNEVEN, b)), NONE),
    "paired_spreads": (lambda a, b, _: (*without_test(found := paired_spreads(a, b)), found.difference), (*NONE,) * 2),
    "paired_spreads, one side": (
        lambda a, b, size: without_test(paired_spreads(a, b + size * UNEVEN)),
        (*NONE, math.nan),
    ),
    "paired_spreads, alike": (
        lambda a, b, size: (paired_spreads(a + size * UNEVEN, b + size * UNEVEN).p,),
        (1.0,),
    ),
    "equivalent": (lambda a, b, size: without_test(stats.equivalent(a, b, size)), (*NONE, math.nan)),
    "equivalent_pairs": (lambda a, b, size: without_test(stats.equivalent_pairs(a, b, size)), (*NONE, math.nan)),
    "games_for_difference": (lambda a, b, _: (stats.games_for_difference(a, 1).games,), (math.nan,)),
    "games_for_change": (lambda a, b, size: (stats.games_for_change(b - a, 1, size=size).games,), (math.nan,)),
    "slope, of y": (lambda a, b, _: without_test(stats.slope(UNEVEN, a)), (*NONE, math.nan)),
    "slope, of x": (lambda a, b, _: without_test(stats.slope(a, UNEVEN)), (*NONE, math.nan)),
    "mixed": (
        lambda a, b, _: tuple(stats.mixed(a, np.ones((N, 1)), np.arange(N) // 2).errors),
        (math.nan,),
    ),
    **{
        f"selection, {method}": (
            lambda a, b, size, method=method, where=where: row(
                stats.selection(
                    dealt(a, where), dealt(b, where), learner="seller", cost=0.99 * size, lowest=0.5 * size,
                    highest=2 * size, fewest=Fewest(survivors=8, surplus_change=8),
                ),
                method,
            ),
            NONE,
        )
        for method, where in (
            ("survivors", HALF), ("pairs", HALF), ("intention_to_treat", HALF | True), ("worst_case", HALF | True)
        )
    },
    **{
        f"unpaired_selection, {method}": (
            lambda a, b, size, method=method: row(
                unpaired_selection(a, b, reservation=0.99 * size, lowest=0.5 * size, highest=2 * size), method
            ),
            NONE,
        )
        for method in ("survivors", "intention_to_treat", "lee_bounds", "worst_case")
    },
}  # fmt: skip


def steps(size: float, by: list[int]) -> Values:
    """Numbers of this size that are so many of its last digits apart."""
    return np.resize(size + np.array(by, dtype=np.float64) * np.spacing(size), N)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("told", OF_EQUAL)
@settings(max_examples=15, deadline=None)
@given(
    by=st.lists(st.integers(-2, 2), min_size=2, max_size=9), other=st.lists(st.integers(-2, 2), min_size=2, max_size=9)
)
def test_rounding_is_no_spread(told: str, size: float, by: list[int], other: list[int]) -> None:
    ask, wanted = OF_EQUAL[told]
    assert ask(steps(size, by), steps(size, other), size) == pytest.approx(wanted, nan_ok=True)


def test_prices_that_all_fell_by_ten_cents_have_no_interval_of_their_change() -> None:
    """Their changes are 4e-12 apart: once a spread, with an interval of that width."""
    before = np.round(30000 + np.arange(N) * 0.37, 2)
    after = np.round(before - 0.1, 2)
    assert np.ptp(after - before) > 1e-12
    found = stats.paired_means(before, after)
    assert (found.test, found.note) == ("sign", "every pair changed by the same amount")
    assert math.isnan(found.low + found.high)


@pytest.mark.parametrize("size", SIZES)
def test_a_cent_is_no_rounding(size: float) -> None:
    a = size + np.where(HALF, 0.01, 0.0)
    b = size + np.where(np.arange(N) % 3 == 0, 0.01, 0.0)
    margin = 0.02
    for found in (
        stats.mean_interval(a),
        stats.ratio_interval(a, np.ones(N)),
        stats.paired_means(a, b),
        stats.welch(a, b),
        paired_spreads(a, b),
        stats.equivalent(a, b, margin),
        stats.equivalent_pairs(a, b, margin),
        stats.slope(UNEVEN, a),
    ):
        assert found.low < found.high, found
    low, high = t_interval(a.tolist())
    assert low is not None
    assert high is not None
    assert low < high
    assert stats.games_for_difference(a, 0.01).games > 3
    table = unpaired_selection(a, b, reservation=size - 1, lowest=size - 1, highest=size + 1)
    assert (table["low"] < table["high"]).all()
