"""The intervals that a run prints are those of scipy.stats, which it does not import."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bargain.intervals import FEWEST_GAMES, FEWEST_PRICES, t_interval, wilson


@given(st.integers(FEWEST_GAMES, 2000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_of_a_rate_is_wilsons(counts: tuple[int, int]) -> None:
    exact = stats.binomtest(*counts).proportion_ci(0.95, "wilson")
    assert wilson(*counts) == pytest.approx((exact.low, exact.high), abs=1e-12)


@given(st.lists(st.integers(0, 4000).map(lambda cents: cents / 100), min_size=FEWEST_PRICES, max_size=50))
def test_the_interval_of_a_mean_is_students(prices: list[float]) -> None:
    low, high = t_interval(prices)
    if max(prices) == min(prices):
        assert (low, high) == (None, None)
        return
    half = stats.t.ppf(0.975, len(prices) - 1) * stats.sem(prices)
    centre = sum(prices) / len(prices)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_what_says_too_little_has_no_interval() -> None:
    few, alike = [14.0, 15.0, 16.0, 17.0, 14.0, 15.0, 16.0], [15.0] * 200
    for nothing in (wilson(0, 0), wilson(2, 2), t_interval([]), t_interval(few), t_interval(alike)):
        assert nothing == (None, None)
