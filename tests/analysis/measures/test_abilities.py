"""Engines whose abilities are known are sorted by them, and the paper's numbers stand beside the right ones."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bargain.analysis import load
from bargain.analysis.measures.abilities import abilities
from bargain.analysis.measures.reference import compare, fu2023, left_out, published_spreads
from bargain.records import Game, Round, Violation
from tests.run_maker import a_game, a_round, an_arms_game, make_run


def play(
    directory: Path, engine: str, gains: list[float], *, games: int = 60, learner: str = "seller", **choices: Any
) -> None:
    """A run of `engine` as the learner whose price moves by `gains` after each round, in its own favour."""
    rng = np.random.default_rng(len(engine) + games)
    sign = 1 if learner == "seller" else -1
    made = []
    for number in range(games):
        level = rng.normal(15, 0.8)
        steps = np.cumsum([0.0, *gains]) * sign + level + rng.normal(0, 0.4, len(gains) + 1)
        made.append(a_game(number, [float(price) for price in steps], learner=learner))
    rival = "buyer" if learner == "seller" else "seller"
    names = {f"{learner}__engine__name": engine, f"{rival}__engine__name": "gpt-3.5-turbo"}
    make_run(directory, made, game__learners=[learner], **names, **choices)


def wild(number: int) -> Game:
    """A game in which the seller moves back in its first round."""
    first = replace(a_round(1, 15.0), violations=(Violation(3, "seller", "moves_back", ""),))
    return Game(number, "deal", (first, a_round(2, 15.0 + number % 3 / 10)), simulated=True)


def test_engines_are_sorted_into_the_papers_tiers(tmp_path: Path) -> None:
    play(tmp_path / "a", "climber", [1.0, 0.8, 0.8])
    play(tmp_path / "b", "listener", [1.0, 0.0, 0.0])
    play(tmp_path / "c", "player", [0.0, 0.0, 0.0])
    make_run(tmp_path / "d", [wild(number) for number in range(60)], seller__engine__name="rule breaker")
    found = abilities(load(tmp_path)).query("role == 'seller'").set_index("engine")
    assert found["tier"].to_dict() == {"climber": 3, "listener": 2, "player": 1, "rule breaker": 0}
    verdicts = found["improves"].to_dict()
    assert [verdicts[engine] for engine in ("climber", "listener", "player")] == ["yes", "yes", "not shown"]
    assert found.loc["climber", "gain_low"] < 1.0 < found.loc["climber", "gain_high"]
    assert found.loc["climber", "slope_low"] < 0.8 < found.loc["climber", "slope_high"]
    assert "after feedback: surplus +" in found.loc["climber", "evidence"]
    assert found.loc["rule breaker", "break_rate"] == 1.0


def test_a_buyer_improves_when_it_pays_less(tmp_path: Path) -> None:
    play(tmp_path / "a", "saver", [1.0, 0.8, 0.8], learner="buyer")
    row = abilities(load(tmp_path)).set_index(["engine", "role"]).loc[("saver", "buyer")]
    assert (row["tier"], row["improves"]) == (3, "yes")
    assert row["gain"] == pytest.approx(1, abs=0.2)


def test_too_few_games_decide_nothing(tmp_path: Path) -> None:
    play(tmp_path / "a", "newcomer", [2.0, 2.0], games=8)
    row = abilities(load(tmp_path)).set_index(["engine", "role"]).loc[("newcomer", "seller")]
    verdicts = [row["plays_by_rules"], row["improves"], row["keeps_improving"]]
    assert verdicts == ["not enough data"] * 3
    assert math.isnan(row["tier"])
    assert "only 8 games" in row["evidence"]


def test_a_better_price_for_fewer_deals_is_no_improvement(tmp_path: Path) -> None:
    """Of a hundred games 65 deal before and 47 after, each of these at 0.6 more: the surplus falls, and so the tier."""
    games = [
        [13.0 + at % 5 / 2 if at < 65 else None, 13.6 + at % 5 / 2 + at % 2 / 100 if at < 47 else None]
        for at in range(100)
    ]
    make_run(tmp_path / "a", games, seller__engine__name="bluffer")
    row = abilities(load(tmp_path)).set_index("role").loc["seller"]
    assert row["gain"] == pytest.approx(0.6, abs=0.01)
    assert row["gain_low"] > 0
    assert row["deal_change"] == pytest.approx(-0.18)
    before = sum(13.0 + at % 5 / 2 - 8 for at in range(65)) / 100
    after = sum(13.6 + at % 5 / 2 + at % 2 / 100 - 8 for at in range(47)) / 100
    assert row["surplus_change"] == pytest.approx(after - before)
    assert (row["improves"], row["tier"], row["surplus_change_n"]) == ("worse", 1, 100)
    for part in ("surplus -", "price +0.60", "a deal both times, n=47", "deals -18 points"):
        assert part in row["evidence"]


def test_only_the_asked_feedback_counts(tmp_path: Path) -> None:
    later = {"ai": [16.0], "human": [13.0]}
    games = [
        an_arms_game(at, 15.0 + at % 5 / 10, {arm: [p[0] + at % 3 / 10] for arm, p in later.items()})
        for at in range(40)
    ]
    make_run(tmp_path / "a", games, seller__engine__name="one")
    runs = load(tmp_path)
    by_source = {
        source: abilities(runs, feedback=source).set_index("role").loc["seller", "improves"]
        for source in ("ai", "human")
    }
    assert by_source == {"ai": "yes", "human": "worse"}


def test_failed_rounds_are_no_evidence_about_the_rules(tmp_path: Path) -> None:
    lost = [Game(at, "error", (Round(1, "", "error", None, ()),), "x") for at in range(40)]
    make_run(tmp_path / "a", lost, seller__engine__name="offline")
    row = abilities(load(tmp_path)).set_index("role").loc["seller"]
    assert (row["plays_by_rules"], row["rounds"]) == ("not enough data", 0)


def test_different_items_are_compared_in_shares_of_the_openings_span(tmp_path: Path) -> None:
    play(tmp_path / "a", "trader", [1.0])
    play(tmp_path / "b", "trader", [1.0], item__name="bicycle", item__seller_opening=30)
    row = abilities(load(tmp_path)).set_index(["engine", "role"]).loc[("trader", "seller")]
    assert row["unit"] == "share of the openings' span"
    assert row["gain"] == pytest.approx((0.1 + 0.05) / 2, abs=0.02)


def test_no_runs_give_an_empty_table(tmp_path: Path) -> None:
    assert list(abilities(load(tmp_path)).columns)[:3] == ["engine", "role", "tier"]
    assert len(compare(load(tmp_path))) == 0


def test_the_papers_numbers_ship_with_the_package() -> None:
    assert (resources.files("bargain.analysis") / "published" / "fu2023.csv").is_file()
    found = fu2023().set_index(["figure", "learner", "engine", "condition", "round", "metric"])["value"]
    assert found["table1", "seller", "claude-v1.3", "ai", 2, "mean_price"] == 16.98
    assert found["fig6", "buyer", "gpt-4", "ai", 5, "deal_rate"] == 0.49


def test_ones_own_numbers_stand_beside_the_papers_by_the_2023_rules(tmp_path: Path) -> None:
    rows = [[15.0, 16.0], [14.0, 20.0], [13.0, None], [16.0, 17.0]]
    make_run(tmp_path / "a", rows, seller__engine__name="gpt-4", buyer__engine__name="gpt-3.5-turbo")
    found = compare(load(tmp_path)).set_index(["figure", "condition", "round", "metric"])
    price = found.loc[("fig5-6", "ai", 2, "mean_price")]
    assert (price["paper"], price["own"], price["n"]) == (16.52, 16.5, 2)
    assert (price["strict"], price["strict_n"]) == (pytest.approx(53 / 3), 3)
    rate = found.loc[("fig6", "ai", 2, "deal_rate")]
    assert (rate["own"], rate["strict"], rate["difference"]) == (0.5, 0.75, pytest.approx(0.5 - 0.88))
    assert rate["paper_low"] < 0.88 < rate["paper_high"]
    assert np.isnan(found.loc[("fig4", "before", 1, "mean_price"), "own"])
    assert "also prices beyond the openings" in found.loc[("fig4", "before", 1, "mean_price"), "basis"]
    other = compare(load(tmp_path), {"gpt-4": "claude-v1.3"}).query("engine == 'claude-v1.3'")
    both = other.set_index(["figure", "condition"]).loc[("fig4", "before")]
    assert (both["own"], both["basis"]) == (15.5, "games with a price between the openings in both rounds")
    assert found.loc[("fig7", "ai", 1, "dialogue_turns"), "own"] == 4
    assert set(found["engine"]) == {"gpt-4"}


def test_the_length_of_a_dialogue_is_counted_as_in_2023(tmp_path: Path) -> None:
    first, *others = a_round(1, 15.0).turns
    turns = (replace(first, text=f"{first.text}\nIt was counted up to here."), *others)
    rounds = (replace(a_round(1, 15.0), turns=turns), a_round(2, 16.0))
    make_run(tmp_path / "a", [Game(0, "deal", rounds, simulated=True)], seller__engine__name="gpt-4")
    logged = sum(len(f"{turn.role}: {turn.text}\n") for turn in (first, *others))
    found = compare(load(tmp_path)).set_index(["figure", "round", "metric"])
    assert found.loc[("fig7", 1, "dialogue_chars"), "own"] == logged


def test_arms_stand_beside_the_conditions_of_table_1(tmp_path: Path) -> None:
    games = [an_arms_game(at, 15.0, {"ai": [17.0], "human": [16.0], "constant": [15.0]}) for at in range(5)]
    games.append(an_arms_game(5, 14.0, {"ai": [18.0], "human": [18.0], "constant": [None]}))  # not all four prices
    make_run(tmp_path / "a", games, seller__engine__name="claude-instant")
    found = compare(load(tmp_path)).query("figure == 'table1'").set_index("condition")
    assert found["own"].to_dict() == {"before": 15.0, "human": 16.0, "ai": 17.0}
    assert found["n"].unique().tolist() == [5]
    assert found["engine"].unique().tolist() == ["claude-instant-v1.0"]


def test_other_engines_and_other_items_are_compared_only_when_asked_or_never(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[15.0, 16.0]], seller__engine__name="mine")
    make_run(
        tmp_path / "b",
        [[600.0, 900.0]],
        seller__engine__name="gpt-4",
        item__seller_opening=2000,
        item__buyer_opening=500,
    )
    runs = load(tmp_path)
    assert len(compare(runs)) == 0
    found = compare(runs, {"mine": "gpt-4"})
    assert set(found["own_engine"]) == {"mine"}
    assert found["simulated"].all()


def test_games_that_ended_before_anybody_could_coach_stay_in_the_denominator(tmp_path: Path) -> None:
    """The paper's setting: a game stops at its first round without a deal; ten of forty do so at once."""
    names = {"seller__engine__name": "gpt-4", "buyer__engine__name": "gpt-3.5-turbo"}
    deals = [[15.0 + at % 3 / 10, 16.0 if at < 20 else None] for at in range(30)]
    games = [*deals, *([[None]] * 10)]
    make_run(tmp_path / "a", games, game__n_rounds=2, **names)
    runs = load(tmp_path)
    rates = compare(runs).query("figure == 'fig6'").set_index("round")
    assert rates["own"].to_dict() == {1: 0.75, 2: 0.5}
    assert rates["strict"].to_dict() == {1: 0.75, 2: 0.5}
    assert set(rates["n"]) == {40}
    row = abilities(runs).set_index("role").loc["seller"]
    assert row["deal_change"] == pytest.approx(-0.25)
    before = sum(price - 8 for price, _ in deals if price) / 40
    assert row["surplus_change"] == pytest.approx(20 * 8.0 / 40 - before)


def test_a_run_whose_games_all_ended_uncoached_has_the_coach_of_its_config(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[None], [None]], game__n_rounds=2, feedback__name="ai", seller__engine__name="gpt-4")
    rates = compare(load(tmp_path)).query("figure == 'fig6'").set_index("round")
    assert rates["own"].to_dict() == {1: 0.0, 2: 0.0}


def test_runs_that_differ_from_the_paper_in_more_than_the_engine_are_named_and_not_pooled(tmp_path: Path) -> None:
    gpt4 = {"seller__engine__name": "gpt-4", "buyer__engine__name": "gpt-3.5-turbo"}
    others: dict[str, dict[str, Any]] = {
        "a": {}, "b": {"memory__name": "none"}, "c": {"game__buyer_opens": "free"}, "d": {"item__currency": "EUR"},
        "e": {"prompt__critic__version": "lower_price", "game__max_exchanges": 3},
    }  # fmt: skip
    for number, (name, choices) in enumerate(others.items()):
        make_run(tmp_path / name, [[15.0 + number / 2, 16.0 + number / 2]] * 3, **gpt4, **choices)
    runs = load(tmp_path)
    found = compare(runs).set_index(["figure", "condition", "round", "metric"]).loc[("fig5-6", "ai", 2, "mean_price")]
    assert (found["own"], found["n"], found["runs"]) == (16.0, 3, 1)
    why = {run.rpartition("/")[2]: each for run, each in left_out(runs).to_numpy()}
    assert why == {
        "b": "memory.name is none, not full",
        "c": "game.buyer_opens is free, not fixed",
        "d": "item.currency is EUR, not $",
        "e": "game.max_exchanges is 3, not 10; prompt.critic.version is lower_price, not v1",
    }


def test_a_number_of_ones_own_is_tested_against_the_papers_where_its_spread_is_known(tmp_path: Path) -> None:
    """Table 1's gpt-3.5-turbo: 317 games, whose histogram is published; the same with half a dollar more is another."""
    games, spread = published_spreads()["table1", "seller", "gpt-3.5-turbo", "before"]
    assert (games, round(spread, 2)) == (317, 1.57)
    rng = np.random.default_rng(1)
    rows = [
        an_arms_game(at, float(first), {"ai": [float(second)], "human": [16.0], "constant": [15.0]})
        for at, (first, second) in enumerate(
            zip(rng.normal(16.26, 1.2, 150).clip(10.5, 19.5), rng.normal(16.3, 1.2, 150).clip(10.5, 19.5), strict=True)
        )
    ]
    make_run(tmp_path / "a", rows, seller__engine__name="gpt-3.5-turbo")
    found = compare(load(tmp_path)).query("metric == 'mean_price' and figure == 'table1'").set_index("condition")
    before, after, human = (found.loc[each] for each in ("before", "ai", "human"))
    own = np.array([each.rounds[0].price for each in rows])
    wanted = stats.ttest_ind_from_stats(own.mean(), own.std(ddof=1), 150, 16.26, spread, 317, equal_var=False)
    assert before["replication_p"] == pytest.approx(wanted.pvalue)
    assert before["replication_p"] > 0.05 > 0.001 > after["replication_p"]
    assert np.isnan(human["replication_p"])
    assert human["replication"] == "the paper's spread is not known"
    make_run(tmp_path / "b", [[15.0, 16.0]] * 60 + [[15.0, None]] * 140, seller__engine__name="gpt-4")
    rate = compare(load(tmp_path / "b")).query("metric == 'deal_rate'").set_index("round").loc[2]
    assert rate["replication_p"] < 1e-6  # 30% against 88%
    assert rate["replication"].startswith("score")
