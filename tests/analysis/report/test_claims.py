"""What a report claims is what its runs bear out: currencies, one family, no failure of a provider as a finding."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from bargain.analysis import load
from bargain.analysis.measures.abilities import abilities, family
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.claims import QUESTIONS
from bargain.analysis.measures.claims import tests as claims
from bargain.analysis.measures.costs import costs
from bargain.analysis.measures.family import made_of, told_primary
from bargain.analysis.report.content import content
from bargain.analysis.report.effects import power as games_needed
from bargain.analysis.report.upkeep import moderators
from bargain.analysis.stats.differences import holm
from bargain.records import Game, Round
from tests.run_maker import a_game, a_round, an_arms_game, make_run

TARGET = "seller__engine___target_"
PAID = {f"{role}__engine___target_": "bargain.engines.openai.OpenAIEngine" for role in ("seller", "buyer")}
EUROS = {"item__name": "bicycle", "item__currency": "EUR"}


def claimed(where: Path) -> pd.DataFrame:
    """The tests of the report on everything under a directory."""
    runs = load(where)
    return claims(runs, named(runs), [], [])


@pytest.mark.long
def test_a_difference_between_cells_is_told_in_their_own_currency(tmp_path: Path) -> None:
    for number, (memory, item) in enumerate([("full", {}), ("none", {}), ("full", EUROS), ("none", EUROS)]):
        up = 1.0 if memory == "none" else 0.0
        games = [[14.0 + at % 3, 14.5 + at % 3 + up + at % 2 / 4] for at in range(12)]
        make_run(tmp_path / str(number), games, memory__name=memory, **PAID, **item)
    cells = claimed(tmp_path).query("question == 'cells'")
    found, items = (cells[cells["choice"] == choice] for choice in ("memory.name", "item.name"))
    told = dict(zip(found["numbers"], found["sentence"], strict=True))
    assert "$" in told["2 against 1"]
    assert "EUR" not in told["2 against 1"]
    assert "EUR" in told["4 against 3"]
    assert "$" not in told["4 against 3"]
    assert set(items["metric"]) == {"price_share", "deal_rate", "opening_surplus"}
    assert not items["sentence"].str.contains("EUR|[$]").any()


def test_prices_in_two_currencies_are_pooled_as_shares_only(tmp_path: Path) -> None:
    names = {"seller__engine__name": "trader", "buyer__engine__name": "rival"}
    for name, currency in (("a", "$"), ("b", "EUR")):
        games = [[14.0 + at % 3, 15.0 + at % 3 + at % 2 / 4 + len(currency)] for at in range(25)]
        make_run(tmp_path / name, games, item__currency=currency, **names)
    row = abilities(load(tmp_path)).set_index("engine").loc["trader"]
    assert row["unit"] == "share of the openings' span"
    assert row["gain_n"] == 50
    assert row["surplus_unit"] == row["unit"]


def test_failed_calls_are_no_change_of_deals(tmp_path: Path) -> None:
    """Of sixty games thirteen fail in round 2, and one of the others loses its deal."""
    failed = Round(2, "", "error", None, ())
    games = [
        Game(at, "error", (a_round(1, 15.0), failed)) if at < 13 else a_game(at, [15.0, None if at == 13 else 16.0])
        for at in range(60)
    ]
    make_run(tmp_path / "a", games)
    (row,) = claimed(tmp_path).query("question == 'deals'").to_dict("records")
    assert row["n"] == 47
    assert row["difference"] == pytest.approx(-1 / 47)
    assert "no change of deals shown" in row["sentence"]
    assert "13 failed games left out, as no deals 100.0% to 76.7%" in row["sentence"]
    tier = abilities(load(tmp_path)).set_index("role").loc["seller"]
    assert tier["deal_change"] == pytest.approx(-1 / 47)


def test_the_rounds_that_are_tested_are_those_that_were_planned(tmp_path: Path) -> None:
    """Every game stops before round 4: the claim is about round 4, never about the last round with a pair."""
    make_run(tmp_path / "a", [[14.0 + at % 3, 15.0 + at % 2 + at % 3, None] for at in range(20)], game__n_rounds=4)
    found = claimed(tmp_path).query("question == 'price'").set_index("round")
    assert found["n"].to_dict() == {2: 20, 4: 0}
    assert "no game has a value in both rounds" in found.loc[4, "sentence"]
    gained = costs(load(tmp_path))
    assert gained["gain"].isna().all()


def test_a_sentence_between_cells_of_a_compare_game_says_which_arm(tmp_path: Path) -> None:
    for number, memory in enumerate(("full", "none")):
        games = [
            an_arms_game(at, 14.0 + at % 3, {arm: [14.5 + at % 3 + at % 2 / 4] for arm in ("ai", "human")})
            for at in range(12)
        ]
        make_run(tmp_path / memory, games, memory__name=memory, seed=number, **PAID)
    told = claimed(tmp_path).query("question == 'cells'")
    assert {sentence.partition(":")[0] for sentence in told["sentence"]} == {
        "memory none against full, ai feedback",
        "memory none against full, human feedback",
    }


def test_rounds_of_one_game_are_no_independent_rounds_of_the_moderator(tmp_path: Path) -> None:
    """Half of twenty games never agree in any of four rounds: twenty observations, not eighty."""
    make_run(tmp_path / "a", [[15.0 if at < 10 else None] * 4 for at in range(20)])
    row = moderators(load(tmp_path)).frame.iloc[0]
    assert (row["undecided"], row["rounds"]) == (0.5, 80)
    assert row["undecided_high"] - row["undecided_low"] > 0.4
    assert "over games" in moderators(load(tmp_path)).note


def test_what_is_declared_primary_is_claimed_and_the_rest_is_exploratory(tmp_path: Path) -> None:
    """The price rises in every game that still deals; a third of the deals are lost. Only surplus is declared."""
    for number, memory in enumerate(("full", "none")):
        games = [[14.0 + at % 3, None if at % 3 == 0 else 15.0 + at % 3 + at % 2 / 4] for at in range(60)]
        make_run(tmp_path / memory, games, memory__name=memory, seed=number, analysis__primary=["surplus"], **PAID)
    runs = load(tmp_path)
    judged = family(abilities(runs))
    found = claims(runs, named(runs), judged, [])
    assert set(found["outcome"]) == {"price", "deal_rate", "surplus"}
    assert set(found.loc[found["question"] == "cells", "outcome"]) == {"price", "deal_rate", "surplus"}
    declared = found[found["primary"]]
    assert set(declared["outcome"]) == {"surplus"}
    assert [*declared["p_holm"]] == pytest.approx([*holm([*declared["p"], *judged])[: len(declared)]])
    others = found[~found["primary"]]
    assert others["p_holm"].isna().all()
    assert others["p"].min() < 1e-6
    assert not others["sentence"].str.contains(" gains | rarer |Holm").any()
    assert others.loc[others["p"].notna(), "sentence"].str.contains("exploratory: p.*, not corrected").all()
    falls = declared[declared["question"] == "surplus"].iloc[0]
    after = sum((15.0 + at % 3 + at % 2 / 4 - 8) for at in range(60) if at % 3) / 60
    assert falls["difference"] == pytest.approx(after - 7.0)
    assert f"the coached player's surplus falls by ${7.0 - after:.2f}" in falls["sentence"]
    head = told_primary(runs, found, judged)
    assert head.startswith("surplus (declared in the config, analysis.primary)")
    assert f"one family of {len(declared['p'].dropna()) + len([p for p in judged if p == p])} tests" in head


@pytest.mark.long
def test_a_factorial_is_told_by_its_main_effects_first_and_learners_are_never_pooled(tmp_path: Path) -> None:
    """Two engines x two memories, once with the seller as the learner and once with the buyer, who gains downwards."""
    number = 0
    for learner, way in (("seller", 1.0), ("buyer", -1.0)):
        for engine, more in (("one", 0.0), ("two", 0.8)):
            for memory in ("full", "none"):
                games = [[14.0 + at % 4, 14.0 + at % 4 + way * (0.5 + more + at % 3 / 5)] for at in range(20)]
                names = {"game__name": f"criticize_{learner}", "game__learners": [learner], "memory__name": memory}
                seats = {f"{learner}__engine__name": engine, f"{learner}__engine___target_": PAID[TARGET]}
                make_run(tmp_path / str(number), games, seed=number, **names, **seats)
                number += 1
    runs = load(tmp_path)
    said = content(runs, ["x"], "bargain-report x", None, (), [("seller.engine.name", "memory.name")])
    found = said.tests.frame
    gains = found[(found["question"] == "factors") & (found["outcome"] == "price")].set_index(["learner", "choice"])
    assert gains.loc[("seller", "seller.engine.name"), "difference"] == pytest.approx(0.8)
    assert gains.loc[("buyer", "buyer.engine.name"), "difference"] == pytest.approx(0.8)
    assert gains.loc[("seller", "memory.name"), "difference"] == pytest.approx(0, abs=1e-9)
    assert gains.loc[("seller", "memory.name"), "numbers"] == "1–4"
    assert "seller coached, seller engine two against one: the gain is $0.80" in gains.iloc[0]["sentence"]
    assert set(found.loc[found["question"] == "interactions", "learner"]) == {"seller"}
    assert found.loc[found["question"].isin(["factors", "interactions"]), "primary"].all()
    assert not found.loc[found["question"] == "cells", "primary"].any()
    assert [each.name for each in said.factors] == ["factors", "interactions", "factor_means"]
    assert QUESTIONS["cells"] not in [title for title, _ in said.questions]
    assert len(said.nothing.frame) == (~(found["p_holm"] < 0.05)).sum() > 0
    means = said.factors[2].frame.set_index(["learner", "choice", "levels"])
    assert means.loc[("buyer", "buyer.engine.name", "two"), "price"] == "+$1.49"


def test_runs_that_declare_nothing_have_all_three_outcomes(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[14.0 + at % 3, 15.0 + at % 2] for at in range(12)], game__learners=["buyer"])
    config = tmp_path / "a" / ".hydra" / "config.yaml"
    kept = {name: part for name, part in yaml.safe_load(config.read_text()).items() if name != "analysis"}
    config.write_text(yaml.safe_dump(kept))
    runs = load(tmp_path)
    found = claims(runs, named(runs), [], [])
    assert found["primary"].all()
    assert set(found["outcome"]) == {"price", "deal_rate", "surplus"}
    told = found.set_index("question").loc["surplus", "sentence"]
    assert "surplus" in told  # the item sets the buyer no valuation: it is counted from the seller's opening
    assert found.set_index("question").loc["surplus", "metric"] == "opening_surplus"


def test_the_games_needed_are_those_of_the_family(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[14.0 + at % 5, 14.5 + at % 5 + at % 7 / 4] for at in range(40)])
    runs = load(tmp_path)
    found, judged = claimed(tmp_path), family(abilities(runs))
    tests = len([p for p in (*found["p"], *abilities(runs)["surplus_change_p"]) if p == p])
    power = games_needed(runs, named(runs), made_of(found, judged))
    assert f"Games, as one of {tests}" in [column.title for column in power.columns]
    assert (power.frame["games"] > power.frame["alone"]).all()


@pytest.mark.long
def test_everything_that_a_page_claims_is_one_family(tmp_path: Path) -> None:
    for number, gain in enumerate((0.0, 0.3)):
        games = [[14.0 + at % 5, 14.1 + at % 5 + gain + at % 3 / 4, 14.0 + at % 4] for at in range(30)]
        make_run(tmp_path / str(number), games, seller__engine__name=f"engine {number}", **{
            "seller__engine___target_": "bargain.engines.openai.OpenAIEngine"})  # fmt: skip
    runs = load(tmp_path)
    said = content(runs, ["x"], "bargain-report x", None)
    by_name = {each.name: each.frame for each in said.all_tables}
    tests, tiers = by_name["tests"], by_name["abilities"]
    p = [*tests["p"], *tiers["surplus_change_p"], *tiers["surplus_slope_p"]]
    assert len([each for each in p if each == each]) > len(tests)
    shown = [*tests["p_holm"], *tiers["surplus_change_p_holm"], *tiers["surplus_slope_p_holm"]]
    assert shown == pytest.approx(list(holm(p)), nan_ok=True)
