"""Metrics of private values: each game is judged by its own limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import play
from bargain.analysis import load
from bargain.analysis.data.runs import Runs
from bargain.analysis.measures.cell_names import named
from bargain.analysis.report.scenarios import private_values
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.measuring import value
from tests.run_maker import make_run

DRAWN = ["game=simple", "scenario=drawn", "item=bicycle", "moderator=rules", "tracking=none"]
CELLS = {
    "firm": ["n_games=30", "engine@seller.engine=opponent-boulware", "engine@buyer.engine=opponent-linear"],
    "soft": ["n_games=30", "engine@seller.engine=opponent-conceder", "engine@buyer.engine=opponent-linear"],
    "impatient": ["n_games=30", "engine@seller.engine=opponent-boulware", "engine@buyer.engine=simulated"],
    "patient": ["n_games=30", "engine@seller.engine=opponent-conceder", "engine@buyer.engine=simulated"],
    "careless": [
        *("n_games=12", "engine@seller.engine=scripted", "engine@buyer.engine=scripted"),
        "+seller.engine.options.replies=['I can do $150.']",
        "+buyer.engine.options.replies=['Deal, I take it for $150.']",
    ],
    "hurried": [
        *("n_games=12", "engine@seller.engine=opponent-linear", "engine@buyer.engine=opponent-linear"),
        *("scenario.seller_discount=0.9", "scenario.seller_outside={distribution: list, one_of: [150]}"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    top = tmp_path_factory.mktemp("private")
    for name, overrides in CELLS.items():
        assert play(compose([*DRAWN, *overrides]), top / name, show_progress=False).state == "finished"
    return load(top)


def place_of(runs: Runs, cell: str) -> Path:
    return runs.path(next(run for run in runs.runs["run"] if run.endswith(cell)))


@pytest.mark.long
def test_known_opponents_agree_wherever_they_can_and_only_there(runs: Runs) -> None:
    for cell in ("firm", "soft"):
        assert value(runs, cell, "agr_plus") == value(runs, cell, "se_plus") == value(runs, cell, "pareto") == 1
    for cell in CELLS:
        if cell != "careless":
            assert value(runs, cell, "fagr_minus") == 0
            assert value(runs, cell, "ir_violation", "seller") == value(runs, cell, "ir_violation", "buyer") == 0


@pytest.mark.long
def test_who_is_firmer_wins_price_and_loses_deals(runs: Runs) -> None:
    assert value(runs, "firm", "surplus_share", "seller") > value(runs, "soft", "surplus_share", "seller") + 0.3
    assert value(runs, "impatient", "price") > value(runs, "/patient", "price")
    assert value(runs, "impatient", "agr_plus") < value(runs, "/patient", "agr_plus") - 0.3


@pytest.mark.long
def test_deals_beyond_a_limit_are_counted_where_players_do_not_mind(runs: Runs) -> None:
    rounds = [game["rounds"][0] for game in games_of(place_of(runs, "careless"))]
    beyond = [(each["terms"]["cost"] > 150, each["terms"]["valuation"] < 150) for each in rounds]
    assert {each["price"] for each in rounds} == {150.0}
    assert value(runs, "careless", "fagr_minus") == 1
    for role, at in (("seller", 0), ("buyer", 1)):
        assert value(runs, "careless", "ir_violation", role) == sum(each[at] for each in beyond) / len(beyond) > 0


def test_surplus_counts_from_the_better_of_cost_and_outside_option_and_shrinks_with_time(runs: Runs) -> None:
    place = place_of(runs, "hurried")
    gains = []
    for game in games_of(place):
        played = game["rounds"][0]
        limit = max(played["terms"]["cost"], 150)
        passed = (len(played["turns"]) - 3) / 2
        gains.append(0.0 if played["price"] is None else (played["price"] - limit) * 0.9**passed)
    assert any(gains)
    assert value(runs, "hurried", "surplus", "seller") == pytest.approx(sum(gains) / len(gains))
    assert summary_of(place)["rounds"][0]["mean_surplus_seller"] == pytest.approx(sum(gains) / len(gains))


def test_the_report_has_a_table_of_private_values_only_where_there_are_some(runs: Runs, tmp_path: Path) -> None:
    shown = private_values(runs, named(runs))
    assert [column.title for column in shown.columns][2:6] == ["Round", "AGR+", "FAGR−", "SE+"]
    assert len(shown.frame) == len(CELLS)
    fixed = load(make_run(tmp_path / "fixed", [[15.0], [16.0]]))
    assert not len(private_values(fixed, named(fixed)).frame)
