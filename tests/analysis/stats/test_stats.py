"""Intervals cover what they should as often as they say, tests reject as rarely as they say; seeds are fixed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from bargain.analysis import stats
from bargain.analysis.stats.fewest import FEWEST
from bargain.analysis.stats.unpaired_selection import unpaired_selection

Prices = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]
SIMULATIONS = 1000
THREE_ERRORS = 3 * math.sqrt(0.05 * 0.95 / SIMULATIONS)
SAMPLES = 400
OF_SAMPLES = 3 * math.sqrt(0.05 * 0.95 / SAMPLES)


def half_dollars(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Prices as models name them: half dollars between 12 and 18."""
    return np.asarray(rng.integers(24, 37, shape) / 2, dtype=np.float64)


def surplus(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Surplus with no deal = 0 in three games of ten."""
    return np.asarray(rng.normal(7, 1.5, shape) * (rng.random(shape) < 0.7))


MEANS: dict[str, tuple[Draw, float]] = {
    "bell": (lambda rng, shape: rng.normal(15, 1.5, shape), 15.0),
    "half dollars": (half_dollars, 15.0),
    "surplus with zeros": (surplus, 4.9),
    "skewed": (lambda rng, shape: rng.exponential(1.0, shape), 1.0),
}


@pytest.mark.parametrize("n", [50, 200])
@pytest.mark.parametrize("kind", MEANS)
def test_the_interval_of_a_mean_covers_it_95_times_in_100(kind: str, n: int) -> None:
    draw, mean = MEANS[kind]
    samples = draw(np.random.default_rng([n, 1]), (SIMULATIONS, n))
    made = stats.mean_intervals(list(samples))
    covered = float(np.mean([each.low <= mean <= each.high for each in made]))
    assert covered == pytest.approx(0.95, abs=THREE_ERRORS)
    assert {each.method for each in made} == {"BCa bootstrap"}


@pytest.mark.parametrize("n", [8, 12])
def test_few_values_have_the_t_interval_and_it_covers(n: int) -> None:
    samples = np.random.default_rng(2).normal(15, 1.5, (SIMULATIONS, n))
    made = stats.mean_intervals(list(samples))
    assert made[0].method == "t"
    assert np.mean([each.low <= 15 <= each.high for each in made]) == pytest.approx(0.95, abs=THREE_ERRORS)


def test_prices_of_which_most_are_the_same_are_covered_too() -> None:
    """BCa covered 90 times in 100 here, at n = 20."""
    rng = np.random.default_rng(16)
    samples = np.where(rng.random((SIMULATIONS, 20)) < 0.6, 15.0, half_dollars(rng, (SIMULATIONS, 20)))
    made = stats.mean_intervals(list(samples))
    assert np.mean([each.low <= 15 <= each.high for each in made]) > 0.95 - THREE_ERRORS


@pytest.mark.parametrize(("rate", "n"), [(0.95, 50), (0.7, 200), (0.5, 20)])
def test_the_interval_of_a_rate_covers_it(rate: float, n: int) -> None:
    """Exactly, over all outcomes: Wilson's coverage swings about 95% as n and the rate change."""
    hits = np.arange(n + 1)
    covers = [each.low <= rate <= each.high for each in stats.rate_intervals(hits, np.full(n + 1, n))]
    assert 0.92 < float(scipy_stats.binom.pmf(hits, n, rate) @ np.array(covers)) < 0.98


def test_the_interval_of_a_ratio_knows_that_a_game_is_one_unit() -> None:
    """Verdicts of one game go wrong together: an interval over verdicts would be far too narrow."""
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(SIMULATIONS):
        verdicts = rng.integers(1, 9, 100)
        wrong = rng.binomial(verdicts, rng.beta(0.4, 1.6, 100))
        found = stats.ratio_interval(wrong, verdicts)
        covered.append(found.low <= 0.2 <= found.high)
    assert 0.93 < np.mean(covered) < 0.965


def test_a_rate_over_games_has_an_interval_where_no_verdict_or_every_one_is_wrong() -> None:
    """0 of 1,649: with nothing known of how verdicts go together, each game may be worth one of them."""
    verdicts = np.array([16] * 100 + [49])
    none = stats.ratio_interval(np.zeros(101), verdicts, shares=True)
    assert (none.value, none.low, none.n) == (0.0, 0.0, 1649)
    assert stats.rate_interval(0, 1649).high < none.high < stats.rate_interval(0, 90).high
    every = stats.ratio_interval(verdicts, verdicts, shares=True)
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1.0))


@pytest.mark.parametrize(("rate", "games"), [(0.02, 30), (0.1, 10), (0.1, 100), (0.9, 30)])
def test_the_interval_of_a_rate_over_games_covers_rare_verdicts_too(rate: float, games: int) -> None:
    rng = np.random.default_rng(17)
    covered = []
    for _ in range(SAMPLES):
        verdicts = rng.integers(1, 9, games)
        wrong = rng.binomial(verdicts, rng.beta(rate * 2, (1 - rate) * 2, games))
        found = stats.ratio_interval(wrong, verdicts, shares=True)
        covered.append(found.low <= rate <= found.high)
    assert np.mean(covered) > 0.95 - OF_SAMPLES


def test_verdicts_that_do_not_go_together_are_worth_a_sample_of_their_own() -> None:
    rng = np.random.default_rng(18)
    verdicts = np.full(400, 5)
    found = stats.ratio_interval(rng.binomial(verdicts, 0.3), verdicts, shares=True)
    plain = stats.rate_interval(round(found.value * 2000), 2000)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.1)


def test_the_bootstrap_agrees_with_scipys() -> None:
    prices = np.random.default_rng(5).exponential(2, 150) + 10
    ours = stats.mean_interval(prices)
    theirs = scipy_stats.bootstrap((prices,), np.mean, n_resamples=9999, rng=1).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.04)


def test_equal_data_give_equal_intervals_alone_or_in_company() -> None:
    samples = [np.random.default_rng(at).normal(15, 1, 60) for at in range(5)]
    together, alone = stats.mean_intervals(samples), [stats.mean_interval(each) for each in samples]
    assert [each[:3] for each in together] == [pytest.approx(each[:3], rel=1e-12) for each in alone]


@pytest.mark.parametrize(
    ("values", "method"),
    [
        ([], "no data"),
        ([15.0], "too few games"),
        (list(range(FEWEST.mean - 1)), "too few games"),
        ([15.0] * 300, "all equal"),
        ([0.1 + 0.2, *[0.3] * 9], "all equal"),
    ],
)
def test_an_interval_that_the_data_cannot_give_is_not_made_up(values: list[float], method: str) -> None:
    for found in (stats.mean_interval(values), stats.ratio_interval(values, np.ones(len(values)))):
        assert (found.method, found.n) == (method, len(values))
        assert math.isnan(found.low + found.high)


def test_no_interval_of_a_difference_has_no_width() -> None:
    """Neither of equal changes, nor of equal prices, nor of one game; it says why, and a test may still be made."""
    rng = np.random.default_rng(19)
    some, same = rng.normal(15, 1, 200), np.full(200, 15.0)
    found = [
        stats.paired_means(some, some + 1),
        stats.paired_surplus(some, some + 1),
        stats.welch(same, same + 1),
        stats.welch(same, some),
        stats.welch(some[: FEWEST.welch - 1], some),
        stats.paired_means(some[: FEWEST.mean - 1], same[: FEWEST.mean - 1]),
        stats.paired_surplus(some[: FEWEST.surplus_change - 1], same[: FEWEST.surplus_change - 1]),
        stats.two_rates(2, 2, 5, 9),
        stats.paired_rates([1, 0], [0, 0]),
    ]
    for each in found:
        assert math.isnan(each.low + each.high), each
        assert each.note, each
        assert not math.isnan(each.difference), each
    assert [not math.isnan(each.p) for each in found] == [True, True, False, *[True] * 6]
    shown = [
        stats.paired_means(some[: FEWEST.mean], same[: FEWEST.mean]),
        stats.welch(some[: FEWEST.welch], some),
        stats.paired_surplus(some[: FEWEST.surplus_change], same[: FEWEST.surplus_change]),
        stats.paired_rates([1] * 9, [1] * 9),
        stats.two_rates(0, 9, 0, 9),
    ]
    assert all(each.low < each.high for each in shown)
    assert {each.note for each in shown} <= {"", "no pair changed", "all alike"}


def test_games_without_a_deal_on_either_side_do_not_make_a_surplus_known() -> None:
    before, after = np.zeros(500), np.zeros(500)
    before[:80], after[:80] = 7.0, np.random.default_rng(20).normal(7.5, 1, 80)
    rare = stats.paired_surplus(before, after)
    assert math.isnan(rare.low)
    assert (rare.note, rare.n) == ("too few games for an interval", 500)
    before[80:90], after[90:100] = 7.0, 7.0
    assert stats.paired_surplus(before, after).low < 0.08 < stats.paired_surplus(before, after).high


def test_signed_ranks_are_scipys_also_with_ties_and_zeros() -> None:
    rng = np.random.default_rng(21)
    for change in (rng.choice([-1.0, -0.5, 0, 0.5, 1, 2], 9), rng.normal(0.4, 1, 30), rng.integers(-3, 5, 80) / 2):
        wanted = scipy_stats.wilcoxon(change, zero_method="zsplit").pvalue
        assert stats.paired_means(np.zeros(len(change)), change).p_rank == pytest.approx(wanted, abs=1e-12)


def test_a_slope_is_statsmodels_with_errors_that_hold_for_unequal_spread() -> None:
    rng = np.random.default_rng(22)
    first = rng.normal(16, 1.5, 60)
    found = stats.slope(first, 7 + 0.5 * first + rng.normal(0, 1, 60))
    assert found.low < 0.5 < found.high
    assert found.p < 0.01
    assert stats.slope(first[:9], first[:9]).note == "fewer than 10 pairs: no slope"
    assert stats.slope(first, np.ones(60)).note == "no variation"


def rejected(comparisons: list[stats.Comparison]) -> float:
    return float(np.mean([each.p < 0.05 for each in comparisons]))


def covers_none(comparisons: list[stats.Comparison]) -> float:
    """How often the interval of the difference contains 0."""
    return float(np.mean([each.low <= 0 <= each.high for each in comparisons]))


def paired(befores: Prices, afters: Prices) -> list[stats.Comparison]:
    """The paired comparison of each row; their intervals are made together."""
    intervals = stats.mean_intervals(list(afters - befores))
    return [stats.paired_means(*each) for each in zip(befores, afters, intervals, strict=True)]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["bell", "half dollars"])
def test_paired_tests_of_no_effect_reject_5_times_in_100(kind: str) -> None:
    rng, draw = np.random.default_rng(6), MEANS[kind][0]
    before, noise = draw(rng, (SAMPLES, 40)), rng.normal(0, 1, (SAMPLES, 40)).round(1)
    found = paired(before, before + noise)
    assert rejected(found) == pytest.approx(0.05, abs=OF_SAMPLES)
    assert np.mean([each.p_rank < 0.05 for each in found]) == pytest.approx(0.05, abs=OF_SAMPLES)
    assert covers_none(found) == pytest.approx(0.95, abs=OF_SAMPLES)
    assert np.mean([each.effect_low <= 0 <= each.effect_high for each in found]) == pytest.approx(0.95, abs=OF_SAMPLES)


def test_unpaired_tests_of_no_effect_reject_5_times_in_100() -> None:
    rng = np.random.default_rng(7)
    found = [stats.welch(rng.normal(15, 1, 30), rng.normal(15, 3, 60)) for _ in range(SAMPLES)]
    assert rejected(found) == pytest.approx(0.05, abs=OF_SAMPLES)
    assert covers_none(found) == pytest.approx(0.95, abs=OF_SAMPLES)


def test_tests_of_equal_rates_reject_at_most_5_times_in_100() -> None:
    rng = np.random.default_rng(8)
    hits = rng.binomial(100, 0.8, (SAMPLES, 2)).tolist()
    unpaired = [stats.two_rates(first, 100, second, 100) for first, second in hits]
    paired = [stats.paired_rates(before, after) for before, after in rng.random((SAMPLES, 2, 100)) < 0.8]
    for found in (unpaired, paired):
        assert 0.025 < rejected(found) < 0.05 + OF_SAMPLES
        assert covers_none(found) > 0.95 - OF_SAMPLES


def test_a_family_corrected_by_holm_rejects_anything_5_times_in_100() -> None:
    families = np.random.default_rng(9).random((SIMULATIONS, 10))
    wrong = np.mean([bool((stats.holm(family) < 0.05).any()) for family in families])
    assert wrong == pytest.approx(0.05, abs=THREE_ERRORS)


def test_holm_is_statsmodels_holm() -> None:
    p = np.random.default_rng(15).random(40) ** 3
    assert stats.holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_leaves_out_what_was_not_tested() -> None:
    assert stats.holm([0.01, math.nan, 0.04, 0.03]) == pytest.approx([0.03, math.nan, 0.06, 0.06], nan_ok=True)
    assert len(stats.holm([])) == 0


def test_an_effect_is_found_as_often_as_the_planned_power_says() -> None:
    rng = np.random.default_rng(10)
    plan = stats.games_for_change(rng.normal(0, 2, 5000), 0.6)
    solved = TTestPower().solve_power(plan.effect / plan.spread, power=0.8, alpha=0.05)
    assert plan.games == math.ceil(solved)
    shape = (600, int(plan.games))
    found = paired(np.zeros(shape), rng.normal(0.6, 2, shape))
    assert rejected(found) == pytest.approx(0.8, abs=0.05)


def test_a_plan_costs_what_its_games_cost() -> None:
    pilot = np.random.default_rng(11).normal(0, 1, 30)
    plan = stats.games_for_change(pilot, 0.5, cost_per_game=0.1, usable=0.5)
    assert plan.games >= 2 * (1.96 + 0.84) ** 2 * plan.spread**2 / 0.25
    assert (plan.cost_usd, plan.cautious_usd) == pytest.approx((plan.games * 0.1, plan.cautious * 0.1))
    assert plan.cautious > plan.games
    unpaired = stats.games_for_difference(pilot, 0.5, cost_per_game=0.1)
    assert unpaired.cost_usd == pytest.approx(2 * unpaired.games * 0.1)
    rates = stats.games_for_rate(0.9, 0.8, cost_per_game=0.1)
    assert rates.games == pytest.approx(197, abs=3)


def test_what_cannot_be_planned_says_why() -> None:
    assert "at least 3 games" in stats.games_for_change([0.5], 0.5).note
    assert "no spread" in stats.games_for_change([0.5] * 10, 0.5).note
    assert "cautious" in stats.games_for_change([0.1, 0.5, 0.9, 0.2], 0.5).note
    assert stats.games_for_change([0.5, 0.51, 0.5, 0.52], 10).games == 3, "an effect of a thousand spreads"
    with pytest.raises(ValueError, match="effect is 0"):
        stats.games_for_change([0.1, 0.5, 0.9], 0)
    with pytest.raises(ValueError, match="both rates"):
        stats.games_for_rate(0.5, 0.5)


def test_comparisons_that_data_cannot_carry_say_so() -> None:
    assert stats.paired_means([], []).note == "fewer than two pairs: no test"
    same = stats.paired_means([1.0] * 8, [2.0] * 8)
    assert (same.p, same.note) == (pytest.approx(2 / 256), "every pair changed by the same amount")
    assert stats.paired_means([1.0] * 8, [1.0] * 8).p == 1
    assert "no spread" in stats.welch([1, 1], [2, 2]).note
    assert "one side" in stats.welch([1.0], [1.0, 2.0]).note
    assert stats.welch([0.1, 0.1, 0.1], [0.1, 0.2, 0.4]).p == pytest.approx(0.2697, abs=1e-4), "and warns of nothing"
    assert stats.two_rates(0, 10, 0, 10).p == 1
    assert stats.two_rates(0, 10, 10, 10).p < 0.001
    assert math.isnan(stats.two_rates(0, 0, 1, 2).p)
    assert stats.paired_rates([1, 1], [1, 1]).note == "no pair changed"
    assert math.isinf(stats.paired_rates([0, 0, 1], [1, 1, 1]).effect)


def test_pairs_of_unequal_lengths_are_refused() -> None:
    for compare in (stats.paired_means, stats.paired_rates, stats.selection):
        with pytest.raises(ValueError, match=r"2 (values|prices) before and 1"):
            compare([1.0, 2.0], [1.0])


def coached(rng: np.random.Generator, n: int = 150, effect: float = 0.5) -> tuple[Prices, Prices]:
    """Games whose price rises by `effect`; coaching makes the cheap ones fail, and who deals after has dealt before."""
    before = rng.normal(15, 1.5, n)
    after = before + effect + rng.normal(0, 0.5, n)
    before[rng.random(n) < 0.05] = np.nan
    after[np.isnan(before) | (rng.random(n) < 1 / (1 + np.exp(before - 13.5)))] = np.nan
    return before, after


def test_survivors_show_an_effect_that_is_not_there_and_the_other_numbers_do_not() -> None:
    before, after = coached(np.random.default_rng(12), 400, effect=0.0)
    found = stats.selection(before, after, learner="seller", cost=8, lowest=10, highest=20).set_index("method")
    low, high = found["low"].to_dict(), found["high"].to_dict()
    assert low["survivors"] > 0.2
    assert low["pairs"] < 0 < high["pairs"]
    assert high["intention_to_treat"] < 0
    assert low["worst_case"] < 0 < high["worst_case"]


def test_the_bounds_cover_the_effect_they_are_about() -> None:
    rng = np.random.default_rng(13)
    many = coached(rng, 200_000)
    gains = [float(np.nan_to_num(prices - 8).mean()) for prices in many]
    effects = {"pairs": 0.5, "worst_case": 0.5, "intention_to_treat": gains[1] - gains[0]}
    covered = dict.fromkeys(effects, 0)
    for _ in range(100):
        found = stats.selection(*coached(rng), learner="seller", cost=8, lowest=5, highest=25).set_index("method")
        for method, effect in effects.items():
            covered[method] += bool(found["low"][method] <= effect <= found["high"][method])
    for method, times in covered.items():
        assert times / 100 > 0.95 - 3 * math.sqrt(0.05 * 0.95 / 100), method


def test_the_bounds_turn_with_the_sides() -> None:
    before, after = coached(np.random.default_rng(14))
    one = stats.selection(before, after, lowest=10, highest=20).set_index("method")
    other = stats.selection(after, before, lowest=10, highest=20).set_index("method")
    assert one.loc["worst_case", "bound_low"] == pytest.approx(-other.loc["worst_case", "bound_high"])
    assert one.loc["survivors", "estimate"] == pytest.approx(-other.loc["survivors", "estimate"])


def test_the_selection_table_says_what_is_missing() -> None:
    found = stats.selection([15.0, 16.0], [16.0, math.nan], learner="buyer").set_index("method")
    assert found.loc["intention_to_treat", "note"] == "item.valuation is not set: no surplus"
    assert found.loc["worst_case", "note"] == "no limits of the price: an opening is not set"
    assert len(stats.selection([], [])) == 4
    outside = stats.selection([15.0, 30.0], [16.0, 12.0], lowest=10, highest=20).set_index("method")
    few = "too few games for an interval"
    assert outside.loc["worst_case", "note"] == f"1 prices lie outside 10 to 20; {few}"
    assert outside.loc["survivors", "note"] == few


def test_no_bound_has_an_interval_without_width() -> None:
    """Of a single game or of equal prices; the worst case is certain only at the end of what can be."""
    one = stats.selection([15.0], [16.0], lowest=10, highest=20)
    flat = stats.selection([15.0] * 40, [16.0] * 40, learner="seller", cost=8, lowest=10, highest=20)
    for found in (one, flat):
        assert found[["low", "high"]].isna().all(axis=None)
        assert (found["note"] != "").all()
    nothing = stats.selection([math.nan] * 40, [math.nan] * 40, lowest=10, highest=20).set_index("method")
    assert tuple(nothing.loc["worst_case", ["low", "high"]]) == (-10, 10)


def test_bounds_between_cells_wait_for_as_many_games_as_the_simulation_asks_for() -> None:
    """Nine deals on the rarer side have bounds and no interval, ten have one."""
    rng = np.random.default_rng(15)
    for deals, shown in ((9, False), (10, True)):
        sides = [np.r_[rng.normal(15, 1, count), [math.nan] * 5] for count in (deals, 20)]
        found = unpaired_selection(*sides, reservation=8, lowest=10, highest=20).set_index("method")
        assert found.loc["lee_bounds", "bound_low"] < found.loc["lee_bounds", "bound_high"]
        assert (not math.isnan(found.loc["lee_bounds", "low"])) == shown
        assert math.isnan(found.loc["intention_to_treat", "low"])  # a mean with zeros needs 30 games a side
        assert found.loc["intention_to_treat", "note"] == "too few games for an interval"
    flat = unpaired_selection([15.0] * 40, [16.0] * 40, reservation=8, lowest=10, highest=20)
    assert flat[["low", "high"]].isna().all(axis=None)
    assert "no deals" in unpaired_selection([math.nan] * 9, [15.0] * 9).set_index("method").loc["lee_bounds", "note"]
