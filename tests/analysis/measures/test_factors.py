"""Main effects and interactions of simulated factorials come out as they were put in, with the coverage they claim."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bargain.analysis import load
from bargain.analysis.measures.comparisons import cells
from bargain.analysis.measures.factors import effects, factors, followers, interactions, means
from bargain.config.identity import decided_by_seed
from tests.run_maker import Prices, make_run

PAID = {"seller__engine___target_": "bargain.engines.openai.OpenAIEngine"}
ENGINES, MEMORIES, PROMPTS = ("engine-a", "engine-b"), ("full", "none"), ("v1", "blunt")
LOOKS = {"factor": "seller.engine.name", "a_is": "engine-a", "b_is": "engine-b"}


def study(place: Path, rng: np.random.Generator, *, games: int, same: bool, **more: Any) -> None:
    """Two engines x two memories x two prompts: the gain is 0.5, +1 for engine b, -0.4 without memory, +0.6 for both.

    same: the games of all cells start alike, on embedded negotiators of one seed.
    """
    common = rng.normal(15, 2, games)
    for number, (engine, memory, prompt) in enumerate(product(ENGINES, MEMORIES, PROMPTS)):
        gain = 0.5 + (engine == "engine-b") - 0.4 * (memory == "none")
        gain += 0.6 * (engine == "engine-b" and memory == "none")
        first = common if same else rng.normal(15, 2, games)
        second = first + gain + rng.normal(0, 0.5, games)
        played: Prices = [[float(a), float(b)] for a, b in zip(first, second, strict=True)]
        choices = {"seller__engine__name": engine, "memory__name": memory, "prompt__seller__version": prompt}
        make_run(place / str(number), played, **choices, **({} if same else PAID), **more)


def test_a_choice_that_follows_another_is_no_factor_and_hides_no_effect(tmp_path: Path) -> None:
    """A critic on its learner's engine: a sweep over engines varies both, and only one has an effect to be seen."""
    rng = np.random.default_rng(3)
    for number, (engine, memory) in enumerate(product(("a", "b", "c"), MEMORIES)):
        played: Prices = [[15.0, 15.0 + (engine == "b") + float(rng.normal(0, 0.3))] for _ in range(40)]
        names = {
            "seller__engine__name": engine,
            "critic__engine__name": engine,
            "moderator__engine__name": engine > "a",
        }
        make_run(tmp_path / str(number), played, memory__name=memory, **names, **PAID)
    runs = load(tmp_path)
    assert factors(runs) == ["seller.engine.name", "memory.name"]
    assert followers(runs) == {
        "critic.engine.name": "seller.engine.name",
        "moderator.engine.name": "seller.engine.name",
    }
    found = effects(runs, "price", role="learner", base=1).set_index(["factor", "a_is", "b_is"])
    row = found.loc["seller.engine.name", "a", "b"]
    assert row["combinations"] == 2
    assert row["difference"] == pytest.approx(1, abs=0.2)


def test_main_effects_and_an_interaction_are_found_as_they_were_put_in(tmp_path: Path) -> None:
    study(tmp_path, np.random.default_rng(1), games=60, same=False)
    runs = load(tmp_path)
    assert set(factors(runs)) == {"seller.engine.name", "memory.name", "prompt.seller.version"}
    found = effects(runs, "price", role="learner", base=1).set_index("factor")
    truth = {"seller.engine.name": 1.3, "memory.name": -0.1, "prompt.seller.version": 0.0}
    for factor, wanted in truth.items():
        row = found.loc[factor]
        assert row["difference"] == pytest.approx(wanted, abs=0.15)
        assert row["low"] < wanted < row["high"]
        assert (row["combinations"], row["n"], row["test"]) == (4, 480, "Welch t")
    assert found["p_holm"].to_dict()["seller.engine.name"] < 1e-6 < 0.05 < found["p_holm"]["prompt.seller.version"]
    asked = [("seller.engine.name", "memory.name"), ("seller.engine.name", "prompt.seller.version")]
    both = interactions(runs, asked, "price", role="learner", base=1).set_index("at")
    assert both.loc["memory.name", "low"] < 0.6 < both.loc["memory.name", "high"]
    assert both.loc["memory.name", "p_holm"] < 0.001
    assert both.loc["memory.name", ["a", "b"]].tolist() == [pytest.approx(1, abs=0.2), pytest.approx(1.6, abs=0.2)]
    assert both.loc["prompt.seller.version", "p_holm"] > 0.05
    told = means(runs, "price", role="learner", base=1).set_index(["factor", "level"])["value"]
    for level, wanted in (("engine-a", 0.3), ("engine-b", 1.6)):
        assert told["seller.engine.name", level] == pytest.approx(wanted, abs=0.15)
    with pytest.raises(KeyError, match=r"no factor 'luck'; there are .*memory\.name"):
        interactions(runs, [("luck", "memory.name")], "price", role="learner", base=1)


def test_games_that_all_cells_share_are_paired_and_agree_with_the_paired_test(tmp_path: Path) -> None:
    """The price itself varies by 2 from game to game, and the same game has the same beginning in every cell."""
    study(tmp_path / "same", np.random.default_rng(2), games=40, same=True)
    study(tmp_path / "other", np.random.default_rng(2), games=40, same=False)
    same, other = (load(tmp_path / name) for name in ("same", "other"))
    row = effects(same, "price").query("round == 2").set_index("factor").loc["seller.engine.name"]
    assert (row["test"], row["n"], row["failed"]) == ("paired t", 40, 0)
    prices = same.rounds[same.rounds["round"] == 2].set_index("run")
    engine = same.runs.set_index("run")["seller.engine.name"]
    of_game = [prices[prices.index.map(engine) == name].groupby("game")["price"].mean().to_numpy() for name in ENGINES]
    wanted = scipy_stats.ttest_rel(of_game[1], of_game[0])
    assert row["difference"] == pytest.approx(float(np.mean(of_game[1] - of_game[0])))
    assert row["p"] == pytest.approx(wanted.pvalue)
    assert [row["low"], row["high"]] == pytest.approx(list(wanted.confidence_interval()))
    unpaired = effects(other, "price").query("round == 2").set_index("factor").loc["seller.engine.name"]
    assert row["high"] - row["low"] < 0.5 * (unpaired["high"] - unpaired["low"])


@pytest.mark.long
def test_effects_that_are_not_there_are_rarely_found(tmp_path: Path) -> None:
    """Studies in which the labels alone differ, paired and not: about 95 in 100 tests say so."""
    rng = np.random.default_rng(3)
    covered = []
    for at in range(6):
        place = tmp_path / str(at)
        for number, (memory, prompt, engine) in enumerate(product(MEMORIES, PROMPTS, ENGINES)):
            rows: Prices = [[float(x), float(y)] for x, y in rng.normal(15, 1, (12, 2))]
            names = {"memory__name": memory, "prompt__seller__version": prompt, "seller__engine__name": engine}
            make_run(place / str(number), rows, **names, **({} if at % 2 else PAID))
        runs = load(place)
        for metric in ("price", "surplus"):
            for base in (None, 1):
                found = effects(runs, metric, role="learner", base=base)
                covered += (found["p"] > 0.05).tolist()
    assert len(covered) > 80
    assert np.mean(covered) > 0.85


def test_cells_without_a_counterpart_are_not_in_the_effect(tmp_path: Path) -> None:
    """Engine b was played with memory only: the effect is that of one combination, and memory's that of engine a."""
    for number, (engine, memory, up) in enumerate([("a", "full", 0.0), ("b", "full", 1.0), ("a", "none", 5.0)]):
        games: Prices = [[14.0 + up + at % 3] for at in range(9)]
        make_run(tmp_path / str(number), games, seller__engine__name=engine, memory__name=memory, **PAID)
    found = effects(load(tmp_path), "price").set_index("factor")
    assert found["difference"].to_dict() == {"seller.engine.name": 1.0, "memory.name": 5.0}
    assert found["combinations"].to_dict() == {"seller.engine.name": 1, "memory.name": 1}
    asked = interactions(load(tmp_path), [("memory.name", "seller.engine.name")], "price").iloc[0]
    assert (asked["combinations"], asked["note"]) == (0, "the levels meet in no combination")


def test_deal_rates_have_main_effects_and_failed_games_are_in_none(tmp_path: Path) -> None:
    for number, (engine, memory) in enumerate(product(ENGINES, MEMORIES)):
        dealt = 16 if engine == "engine-a" else 8
        games: Prices = [[15.0 + at % 3 if at < dealt else None] for at in range(20)]
        make_run(tmp_path / str(number), games, seller__engine__name=engine, memory__name=memory, **PAID)
    row = effects(load(tmp_path), "deal_rate").set_index("factor").loc["seller.engine.name"]
    assert [row[name] for name in ("difference", "a", "b")] == pytest.approx([-0.4, 0.8, 0.4])
    assert row["p"] < 0.001


@pytest.mark.long
def test_games_of_one_seed_are_paired_exactly_where_both_players_go_by_the_seed(tmp_path: Path) -> None:
    """Known opponents do, as embedded negotiators do: the recorded config says it, whatever else may know."""
    names = ("simulated.SimulatedEngine", "opponents.OpponentEngine", "openai.OpenAIEngine")
    engines = {name: f"bargain.engines.{name}" for name in names}
    for seller, buyer in product(engines, engines):
        place, chosen = tmp_path / seller / buyer, {"seller__engine___target_": engines[seller]}
        for memory in MEMORIES:
            rows: Prices = [[15.0 + at % 3 + (memory == "none") * (1 + at % 2 / 4)] for at in range(10)]
            chosen |= {"buyer__engine___target_": engines[buyer], "memory__name": memory}
            make_run(place / memory, rows, **chosen)
        paired = "openai.OpenAIEngine" not in (seller, buyer)
        runs = load(place)
        assert effects(runs, "price").iloc[0]["test"] == ("paired t" if paired else "Welch t")
        assert cells(runs, "price", "memory.name").iloc[0]["test"] == ("paired t" if paired else "Welch t")
    for name, target in engines.items():
        module, _, engine = target.rpartition(".")
        assert getattr(import_module(module), engine).simulated == decided_by_seed(target), name
