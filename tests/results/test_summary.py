"""The intervals that a run prints are those of scipy.stats, which it does not import."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bargain.intervals import t_interval, wilson


@given(st.integers(1, 2000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_of_a_rate_is_wilsons(counts: tuple[int, int]) -> None:
    exact = stats.binomtest(*counts).proportion_ci(0.95, "wilson")
    assert wilson(*counts) == pytest.approx((exact.low, exact.high), abs=1e-12)


@given(st.lists(st.integers(0, 4000).map(lambda cents: cents / 100), min_size=2, max_size=50))
def test_the_interval_of_a_mean_is_students(prices: list[float]) -> None:
    low, high = t_interval(prices)
    half = stats.t.ppf(0.975, len(prices) - 1) * stats.sem(prices)
    centre = sum(prices) / len(prices)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) == t_interval([]) == t_interval([15.0]) == (None, None)
