"""Equivalence and corrected rates where the truth is known; seeds are fixed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bargain.analysis import stats

TIMES = 400
SLACK = 3 * math.sqrt(0.05 * 0.95 / TIMES)


def test_a_difference_as_large_as_the_margin_is_called_small_5_times_in_100() -> None:
    rng = np.random.default_rng(1)
    pairs = [stats.equivalent_pairs(np.zeros(60), rng.normal(0.5, 1, 60), 0.5) for _ in range(TIMES)]
    cells = [stats.equivalent(rng.normal(15, 1, 80), rng.normal(14.5, 1.5, 80), 0.5) for _ in range(TIMES)]
    for found in (pairs, cells):
        assert np.mean([each.p < 0.05 for each in found]) == pytest.approx(0.05, abs=SLACK)
        assert all((each.p < 0.05) == (each.low > -0.5 and each.high < 0.5) for each in found)


def test_no_difference_is_called_small_where_there_are_games_enough() -> None:
    rng = np.random.default_rng(2)
    enough = [stats.equivalent_pairs(np.zeros(100), rng.normal(0, 1, 100), 0.5).p < 0.05 for _ in range(TIMES)]
    few = [stats.equivalent_pairs(np.zeros(8), rng.normal(0, 1, 8), 0.5).p < 0.05 for _ in range(TIMES)]
    assert np.mean(enough) > 0.98
    assert np.mean(few) < 0.2, "a few games that show no change do not show that there is none"


def test_what_cannot_be_tested_for_equivalence_says_so() -> None:
    assert "no spread" in stats.equivalent_pairs([1.0] * 9, [1.0] * 9, 0.5).note
    assert math.isnan(stats.equivalent([], [1.0], 0.5).p)
    with pytest.raises(ValueError, match="margin is 0"):
        stats.equivalent([1.0, 2.0], [1.0, 2.0], 0)
    with pytest.raises(ValueError, match="2 values before and 1"):
        stats.equivalent_pairs([1.0, 2.0], [1.0], 0.5)


def test_the_corrected_rate_is_the_true_one_for_a_moderator_of_known_errors() -> None:
    """0.95 x 0.8 + 0.04 x 0.2 = 0.768: of 10,000 games with 80% deals it calls 7,680 so."""
    found = stats.true_rate(7680, 10_000, (9500, 10_000), (9600, 10_000))
    assert found.value == pytest.approx(0.8)
    assert found.low < 0.8 < found.high < 0.82
    assert stats.true_rate(100, 100, (10, 10), (10, 10)).value == 1


@pytest.mark.parametrize(("rate", "labelled"), [(0.9, 50), (0.5, 50), (0.1, 30)])
def test_the_interval_of_a_corrected_rate_knows_that_the_errors_are_estimated(rate: float, labelled: int) -> None:
    rng, covered = np.random.default_rng(3), []
    for _ in range(TIMES * 3):
        told = rng.binomial(200, rate * 0.9 + (1 - rate) * 0.05)
        labels = (int(rng.binomial(labelled, 0.9)), labelled), (int(rng.binomial(labelled, 0.95)), labelled)
        found = stats.true_rate(int(told), 200, *labels)
        covered.append(found.low <= rate <= found.high)
    assert 0.925 < np.mean(covered) < 0.985


def test_a_moderator_that_guesses_corrects_nothing() -> None:
    assert stats.true_rate(50, 100, (5, 10), (5, 10)).method == "no better than chance"
    assert stats.true_rate(50, 100, (0, 0), (5, 10)).method == "nothing labelled"
