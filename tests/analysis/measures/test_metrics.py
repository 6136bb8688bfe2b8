"""Every metric gives the number that its definition gives by hand, and every game stays in the denominator."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from bargain.analysis import Runs, load
from bargain.analysis.measures.behaviour import anchoring, violations
from bargain.analysis.measures.comparisons import arms, cells, change, games_needed, selection_between, selection_table
from bargain.analysis.measures.costs import costs
from bargain.analysis.measures.metrics import NAMES, table
from bargain.records import Game, Round, Turn, Usage, Verdict, Violation
from tests.run_maker import a_game, a_round, an_arms_game, dialogue, make_run

PAID = {"seller__engine__name": "gpt-4o", "seller__engine___target_": "bargain.engines.openai.OpenAIEngine"}


def value(runs: Runs, metric: str, role: str = "", **where: Any) -> float:
    """The one value of a metric at these keys."""
    found = table(runs, [metric])
    for name, wanted in {"role": role, **where}.items():
        found = found[found[name] == wanted]
    return float(found["value"].item())


def test_deal_rate_counts_every_game_and_price_only_deals(tmp_path: Path) -> None:
    failed = Game(3, "error", (Round(1, "", "error", None, (), reason="gave up"),), "gave up")
    runs = load(make_run(tmp_path / "a", [*(a_game(at, [p]) for at, p in enumerate((12.0, 16.0, None))), failed]))
    found = table(runs).set_index(["metric", "role"])["value"]
    assert found["deal_rate", ""] == 0.5
    assert found["error_rate", ""] == 0.25
    assert found["price", ""] == 14.0
    assert found["surplus", "seller"] == pytest.approx((4 + 8 + 0 + 0) / 4)


def test_surplus_share_needs_both_reservation_prices(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[12.0], [None]], item__cost=8, item__valuation=16)
    make_run(tmp_path / "b", [[12.0], [None]], item__cost=8, item__valuation=None)
    runs = load(tmp_path)
    found = table(runs, ["surplus", "surplus_share"]).set_index(["run", "role", "metric"])["value"]
    both, one = runs.runs["run"]
    assert found[both].to_dict() == {
        ("seller", "surplus"): 2.0, ("seller", "surplus_share"): 0.25,
        ("buyer", "surplus"): 2.0, ("buyer", "surplus_share"): 0.25,
    }  # fmt: skip
    assert found[one].to_dict() == {("seller", "surplus"): 2.0}


def test_concessions_and_anchors_are_shares_of_the_span_of_the_first_offers(tmp_path: Path) -> None:
    played = Round(1, "", "deal", 17.0, dialogue((20, 18, 17), (10, 11)))
    runs = load(make_run(tmp_path / "a", [Game(0, "deal", (played,))]))
    assert value(runs, "concession_rate", "seller") == pytest.approx(3 / 10 / 2)
    assert value(runs, "concession_rate", "buyer") == pytest.approx(1 / 10)
    assert value(runs, "first_concession", "seller") == pytest.approx(0.2)
    assert value(runs, "first_concession_turn", "buyer") == 4
    assert value(runs, "anchor") == pytest.approx(0.7)
    assert value(runs, "price_share") == pytest.approx(0.7)
    assert value(runs, "turns_to_deal") == 6


def test_length_is_per_turn_that_the_player_wrote_itself(tmp_path: Path) -> None:
    turns = (Turn("seller", "x" * 99, 20, "offer", True), Turn("buyer", "a bb", 10, "offer", True),
             Turn("seller", "one two three", 15), Turn("buyer", "fine"))  # fmt: skip
    long = (*turns, Turn("seller", "one"), Turn("buyer", "ok ok"))
    games = [Game(at, "no_deal", (Round(1, "", "no_deal", None, each),)) for at, each in enumerate((turns, long))]
    runs = load(make_run(tmp_path / "a", games))
    assert value(runs, "response_words", "seller") == pytest.approx((3 + 3 + 1) / 3)
    assert value(runs, "response_chars", "buyer") == pytest.approx((4 + 4 + 5) / 3)
    assert value(runs, "dialogue_chars") == pytest.approx((99 + 4 + 13 + 4) + (3 + 5) / 2)


def test_violations_are_counted_by_kind_and_over_played_rounds(tmp_path: Path) -> None:
    twice = (Violation(3, "seller", "moves_back", ""), Violation(5, "seller", "moves_back", ""))
    bad = replace(a_round(1, 15.0), violations=twice)
    lost = Round(1, "", "error", None, ())
    runs = load(make_run(tmp_path / "a", [Game(0, "deal", (bad,)), a_game(1, [15.0]), Game(2, "error", (lost,), "x")]))
    row = violations(runs).iloc[0]
    assert (row["role"], row["kind"], row["count"], row["value"], row["n"]) == ("seller", "moves_back", 2, 0.5, 2)
    assert value(runs, "violation_rate", "seller") == 0.5
    assert value(runs, "violations_per_turn", "buyer") == 0


def test_moderator_disagreement_is_per_verdict(tmp_path: Path) -> None:
    fine, wrong = Verdict(4, "ongoing"), Verdict(5, "deal", objections=("no offer",), stands="ongoing")
    noted = Verdict(6, "deal", objections=("the rules read no deal",), stands="deal")
    games = [Game(0, "deal", (replace(a_round(1, 15.0), verdicts=(fine, fine, wrong, noted)),)), a_game(1, [15.0])]
    runs = load(make_run(tmp_path / "a", games))
    assert value(runs, "disagreement_rate", "moderator") == pytest.approx(2 / 5)
    assert value(runs, "overruled_rate", "moderator") == pytest.approx(1 / 5)


def test_the_2023_numbers_are_over_the_survivors_only(tmp_path: Path) -> None:
    rows = [[15.0, 16.0, 17.0], [15.0, None, 19.0], [20.0, 16.0, 17.0], [14.0, 18.0, None]]
    runs = load(make_run(tmp_path / "a", rows))
    found = table(runs, ["legacy_price", "legacy_deal_rate"]).set_index(["metric", "round"])["value"]
    assert [found["legacy_deal_rate", at] for at in (1, 2, 3)] == [0.75, 0.5, 0.25]
    assert [found["legacy_price", at] for at in (1, 2, 3)] == [pytest.approx(44 / 3), 17.0, 17.0]
    assert value(runs, "deal_rate", round=1) == 1.0


def test_survivors_of_an_arm_survived_the_shared_round_too(tmp_path: Path) -> None:
    games = [
        an_arms_game(0, 15.0, {"ai": [16.0], "human": [17.0]}),
        an_arms_game(1, 20.0, {"ai": [11.0], "human": [11.0]}),
    ]
    runs = load(make_run(tmp_path / "a", games))
    assert value(runs, "legacy_price", arm="human", round=2) == 17.0
    pooled = table(runs, ["deal_rate", "legacy_deal_rate"], by=["round"]).set_index(["metric", "round"])
    assert pooled.loc[("deal_rate", 1), "n"] == 2
    assert pooled.loc[("legacy_deal_rate", 2), "value"] == 0.5


def test_games_are_the_units_where_rounds_are_pooled(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = [[float(level)] * 8 for level in rng.normal(15, 1, 30)]
    runs = load(make_run(tmp_path / "a", rows))
    pooled, first = table(runs, ["price"], by=[]).iloc[0], table(runs, ["price"]).iloc[0]
    assert pooled["value"] == pytest.approx(first["value"])
    assert pooled["high"] - pooled["low"] == pytest.approx(first["high"] - first["low"], rel=0.2)
    assert (pooled["n"], first["n"]) == (240, 30)


def test_an_unknown_metric_or_column_is_named(tmp_path: Path) -> None:
    runs = load(make_run(tmp_path / "a", [[15.0]]))
    with pytest.raises(KeyError, match="no metric 'prize'"):
        table(runs, ["prize"])
    with pytest.raises(KeyError, match="no column 'colour'"):
        table(runs, by=["colour"])


def test_tables_of_no_runs_are_empty(tmp_path: Path) -> None:
    runs = load(tmp_path)
    for frame in (table(runs), violations(runs), anchoring(runs), costs(runs), change(runs), arms(runs), cells(runs),
                  selection_table(runs), games_needed(runs, 0.5)):  # fmt: skip
        assert len(frame) == 0
        assert len(frame.columns) > 4


def test_a_change_is_paired_by_game_and_turned_for_the_learner(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(15, 1, 40)
    after = before - 1 + rng.normal(0, 0.3, 40)
    rows = [[float(a), float(b)] for a, b in zip(before, after, strict=True)]
    runs = load(make_run(tmp_path / "a", [*rows, [15.0, None], [None, 15.0]], game__learners=["buyer"]))
    row = change(runs).iloc[0]
    wanted = scipy_stats.ttest_rel(after, before)
    assert (row["n"], row["difference"]) == (40, pytest.approx(float(np.mean(after - before))))
    assert (row["p"], row["p_holm"]) == (pytest.approx(wanted.pvalue), pytest.approx(wanted.pvalue))
    assert row["low"] < row["difference"] < row["high"] < 0
    raw = float(np.mean(after - before) / np.std(after - before, ddof=1))
    assert row["effect"] == pytest.approx(raw * (1 - 3 / (4 * 39 - 1)), rel=1e-4)  # Hedges' usual approximation
    assert change(runs, role="learner").iloc[0]["difference"] == pytest.approx(-row["difference"])


def test_a_change_can_be_against_the_round_before(tmp_path: Path) -> None:
    runs = load(make_run(tmp_path / "a", [[15.0, 16.0, 18.0], [14.0, 16.0, 19.0]]))
    assert change(runs, base="previous")["difference"].tolist() == [1.5, 2.5]
    assert change(runs, base=1)["difference"].tolist() == [1.5, 4.0]
    assert change(runs, base=2)["round"].tolist() == [3]


def test_deal_rates_are_compared_with_mcnemar(tmp_path: Path) -> None:
    rows = [[15.0, 15.0]] * 10 + [[15.0, None]] * 9 + [[None, 15.0]] * 2
    row = change(load(make_run(tmp_path / "a", rows)), "deal_rate").iloc[0]
    assert (row["test"], row["n"], row["difference"]) == ("McNemar mid-p", 21, pytest.approx(-7 / 21))
    exact, point = scipy_stats.binomtest(2, 11).pvalue, scipy_stats.binom.pmf(2, 11, 0.5)
    assert row["p"] == pytest.approx(exact - point)


def test_arms_are_paired_by_their_shared_first_round(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    games = []
    for at, first in enumerate(rng.normal(15, 2, 30)):
        noise = rng.normal(0, 0.2, 2)
        games.append(
            an_arms_game(at, float(first), {"ai": [float(first + 1 + noise[0])], "human": [float(first + noise[1])]})
        )
    runs = load(make_run(tmp_path / "a", games))
    row = arms(runs).iloc[0]
    assert (row["arm_a"], row["arm_b"], row["round"], row["n"]) == ("ai", "human", 2, 30)
    assert row["difference"] == pytest.approx(-1, abs=0.2)
    assert row["high"] - row["low"] < 0.4  # unpaired it would be ten times as wide
    assert change(runs)["arm"].tolist() == ["ai", "human"]


def test_cells_are_compared_unpaired_and_by_their_changes(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    for cell, gain in (("a", 0.0), ("b", 1.0), ("c", 1.0)):
        rows = [[float(x), float(x + gain + rng.normal(0, 0.3))] for x in rng.normal(15, 1, 40)]
        make_run(tmp_path / cell, rows, **{**PAID, "seller__engine__name": cell})
    runs = load(tmp_path)
    found = cells(runs, "price", "seller_engine", base=1)
    assert found[["a_is", "b_is"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert found["difference"].round(0).tolist() == [1, 1, 0]
    assert (found["p_holm"] >= found["p"]).all()
    assert found["p_holm"].iloc[2] > 0.05 > found["p_holm"].iloc[0]
    against = cells(runs, "deal_rate", "seller_engine", against="b")
    assert set(against["a_is"]) == {"b"}
    assert against["test"].unique().tolist() == ["score"]


def test_the_selection_table_takes_prices_limits_and_costs_from_the_item(tmp_path: Path) -> None:
    rows = [[15.0, 17.0]] * 15 + [[14.0, 17.5]] * 10 + [[13.0, None]] * 10
    found = selection_table(load(make_run(tmp_path / "a", rows))).set_index("method")
    assert found.loc["survivors", "estimate"] == pytest.approx(17.2 - (15 * 15 + 140 + 130) / 35)
    assert found.loc["pairs", "estimate"] == pytest.approx((15 * 2 + 10 * 3.5) / 25)
    assert found.loc["intention_to_treat", "estimate"] == pytest.approx((15 * 2 + 10 * 3.5 - 10 * 5) / 35)
    assert found.loc["worst_case", "bound_low"] == pytest.approx((30 + 35 + 10 * (10 - 13)) / 35)
    assert "lee_bounds" not in found.index
    assert found.loc["pairs", "whom"].startswith(
        "the 25 of 35 games with a deal both times (10 lost the deal, 0 gained"
    )


def test_rounds_that_a_failed_call_cost_are_no_lost_deals(tmp_path: Path) -> None:
    """Ten of forty games fail in round 2; of the others six lose their deal."""
    failed = Round(2, "", "error", None, ())
    games = [
        Game(at, "error", (a_round(1, 15.0), failed)) if at < 10 else a_game(at, [15.0, None if at < 16 else 16.0])
        for at in range(40)
    ]
    runs = load(make_run(tmp_path / "a", games))
    deals, surplus = change(runs, "deal_rate").iloc[0], change(runs, "surplus", role="learner").iloc[0]
    assert (deals["n"], deals["failed"], deals["difference"]) == (30, 10, pytest.approx(-6 / 30))
    assert (surplus["n"], surplus["failed"], surplus["difference"]) == (30, 10, pytest.approx((24 - 6 * 7) / 30))
    bound = change(runs, "surplus", role="learner", with_failed=True).iloc[0]
    assert (bound["n"], bound["difference"]) == (40, pytest.approx((24 - 16 * 7) / 40))
    table = selection_table(runs).set_index("method")
    assert table.loc["intention_to_treat", ["estimate", "n", "failed", "lost"]].tolist() == [
        pytest.approx((24 - 6 * 7) / 30), 30, 10, 6]  # fmt: skip
    make_run(tmp_path / "b", [[15.0, 16.0]] * 40, memory__name="none", **PAID)
    between = cells(load(tmp_path), "deal_rate", "memory.name").set_index("round").loc[2]
    assert (between["n"], between["failed"], between["difference"]) == (70, 10, pytest.approx(6 / 30))


def test_bounds_between_cells_cover_the_effect_on_those_who_would_deal_in_both(tmp_path: Path) -> None:
    """Cell b is 1 dearer for everybody; who would pay more than 16.5 there does not deal, and mean prices hide it."""
    rng = np.random.default_rng(11)
    for cell, gain in (("a", 0.0), ("b", 1.0)):
        made = [float(price) + gain for price in rng.normal(15, 1, 300)]
        games = [[None if cell == "b" and price > 16.5 else price] for price in made]
        make_run(tmp_path / cell, games, memory__name=cell, **PAID)
    found = selection_between(load(tmp_path), "memory.name").set_index("method")
    dear = scipy_stats.norm.cdf(0.5)
    assert found.loc["survivors", "high"] < 0.75  # and the truth is 1
    assert found.loc["lee_bounds", "bound_low"] < 1 < found.loc["lee_bounds", "high"]
    assert found.loc["lee_bounds", "share"] == pytest.approx(dear, abs=0.06)
    assert "if no game deals only in the cell where deals are rarer" in found.loc["lee_bounds", "whom"]
    assert found.loc["worst_case", "bound_low"] < found.loc["lee_bounds", "bound_low"]
    sides = load(tmp_path).rounds.assign(gain=lambda rounds: (rounds["price"] - 8).fillna(0))
    means = sides.groupby("run", observed=True)["gain"].mean().to_numpy()
    assert found.loc["intention_to_treat", "estimate"] == pytest.approx(means[1] - means[0])
    for cell in ("a", "b"):
        make_run(tmp_path / "paired" / cell, [[15.0], [16.0]], memory__name=cell, seed=1)
    assert len(selection_between(load(tmp_path / "paired"), "memory.name")) == 0


def test_a_pilot_says_how_many_games_are_needed_and_what_they_cost(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows: list[list[float | None]] = [[15.0, float(15 + x)] for x in rng.normal(0, 1, 40)] + [[15.0, None]] * 10
    row = games_needed(load(make_run(tmp_path / "a", rows)), 0.5).iloc[0]
    assert row["pilot"] == 40
    pairs = (scipy_stats.norm.ppf(0.975) + scipy_stats.norm.ppf(0.8)) ** 2 * row["spread"] ** 2 / 0.25
    assert row["games"] == pytest.approx((pairs + 2) / 0.8, abs=2)
    assert row["cautious"] > row["games"]
    assert row["cost_usd"] == pytest.approx(row["games"] * 0.5 / 50)
    among = games_needed(load(tmp_path), 0.5, tests=40).iloc[0]
    wanted = scipy_stats.norm.ppf(1 - 0.05 / 80) + scipy_stats.norm.ppf(0.8)
    assert among["games"] == pytest.approx((wanted**2 * row["spread"] ** 2 / 0.25 + 5) / 0.8, abs=5)


def test_an_improvement_has_its_price(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    make_run(tmp_path / "a", [[15.0, float(16 + x)] for x in rng.normal(0, 0.5, 40)])
    make_run(tmp_path / "b", [[15.0, float(14 + x)] for x in rng.normal(0, 0.5, 40)])
    make_run(tmp_path / "c", [[15.0, 16.0], [15.0, 16.5], [14.0, 16.0]])
    good, bad, few = costs(load(tmp_path)).to_dict("records")
    assert good["tokens_per_game"] == 2 * 715
    assert good["usd_per_gain"] == pytest.approx(0.5 / 40 / good["gain"])
    assert good["usd_per_gain_low"] < good["usd_per_gain"] < good["usd_per_gain_high"] < math.inf
    assert (bad["note"], math.isnan(bad["usd_per_gain"])) == ("no gain", True)
    assert few["usd_per_gain"] > 0
    assert (few["note"], math.isnan(few["usd_per_gain_high"])) == ("too few games for an interval of the gain", True)


def test_anchoring_is_the_slope_of_the_price_on_the_first_own_offer(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    games = []
    for at, first in enumerate(rng.uniform(15, 19, 40)):
        price = round(float(5 + 0.5 * first + rng.normal(0, 0.1)), 2)
        turns = (*dialogue((20, float(first)), (10, 12), accepts=False), Turn("seller", "Deal.", price, "accept"))
        games.append(Game(at, "deal", (Round(1, "", "deal", price, turns),)))
    found = anchoring(load(make_run(tmp_path / "a", games))).set_index("role")
    assert found.loc["seller", "value"] == pytest.approx(0.5, abs=0.06)
    assert found.loc["seller", "low"] < found.loc["seller", "value"] < found.loc["seller", "high"]
    assert found.loc["seller", "high"] - found.loc["seller", "low"] < 0.2
    assert found.loc["buyer", "note"] == "no variation"


def test_tokens_of_a_round_are_those_of_all_its_calls(tmp_path: Path) -> None:
    spent = (("seller", Usage(10, 1, 0, 0, 1)), ("buyer_critic", Usage(100, 10, 0, 0, 2)))
    runs = load(make_run(tmp_path / "a", [Game(0, "deal", (replace(a_round(1, 15.0), usage=spent),))]))
    assert value(runs, "tokens") == 121
    row = runs.rounds.iloc[0]
    assert (row["critic_input_tokens"], row["critic_output_tokens"], row["calls"]) == (100, 10, 3)


def test_tables_can_be_grouped_by_any_choice_of_the_config(tmp_path: Path) -> None:
    for seed, engine in enumerate(("gpt-4", "gpt-4", "claude")):
        make_run(tmp_path / str(seed), [[12.0 + seed]] * 3, seed=seed, seller__engine__name=engine)
    found = table(load(tmp_path), NAMES, by=["seller.engine.name"])
    prices = found[found["metric"] == "price"].set_index("seller.engine.name")
    assert prices["value"].to_dict() == {"claude": 14.0, "gpt-4": 12.5}
    assert prices["n"].to_dict() == {"claude": 3, "gpt-4": 6}
    assert isinstance(found, pd.DataFrame)


def test_cells_that_share_the_seed_of_embedded_negotiators_are_paired_by_game(tmp_path: Path) -> None:
    deals = [[13 + at % 9 / 2, 14 + at % 9 / 2 if at % 6 else None] for at in range(30)]
    more = [[a, None if b is None else b + 0.2 + at % 2 / 5] for at, (a, b) in enumerate(deals)]
    for name, games in (("full", deals), ("none", more)):
        make_run(tmp_path / "same" / name, games, memory__name=name, seed=1)
        make_run(tmp_path / "other" / name, games, memory__name=name, seed=len(name) + (name == "none"))
        make_run(tmp_path / "paid" / name, games, memory__name=name, seed=1, **PAID)
    make_run(tmp_path / "half" / "full", deals, memory__name="full", seed=1)
    make_run(tmp_path / "half" / "none", more, memory__name="none", seed=1, **PAID)
    made = {}
    for name in ("same", "other", "paid", "half"):
        found = cells(load(tmp_path / name), "price", "memory.name").set_index("round").loc[2]
        rates = cells(load(tmp_path / name), "deal_rate", "memory.name").set_index("round").loc[2]
        made[name] = (found["test"], int(found["n"]), rates["test"], int(rates["n"]))
        assert found["difference"] == pytest.approx(0.32)
    assert made["same"] == ("paired t", 25, "McNemar mid-p", 30)
    assert made["other"] == made["paid"] == made["half"] == ("Welch t", 50, "score", 60)
    changes = cells(load(tmp_path / "same"), "price", "memory.name", base=1)
    assert changes[["test", "n"]].to_numpy().tolist() == [["paired t", 25]]
