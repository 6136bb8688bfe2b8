"""The points of two issues: by hand, against every deal of a grid, and in the table and the figure of real runs."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bargain import play
from bargain.analysis import load
from bargain.analysis.data.runs import Runs
from bargain.analysis.figures import FIGURES, NotEnough, svg
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.metrics import table
from bargain.analysis.measures.two_issues import (
    Point,
    Segment,
    Sides,
    front,
    kalai_smorodinsky,
    left_on_table,
    nash,
    segments,
    traded,
)
from bargain.analysis.report.scenarios import theory, two_issues
from tests.composing import compose
from tests.measuring import value
from tests.run_maker import make_run

BICYCLE = Sides(120, 200, (1, 3, 7, 10, 14), seller=3, buyer=-6)
BOUNDED = Sides(2, 10, (0, 4), seller=2, buyer=-1)
"""At 4 units both have 12 together, the seller at least 6 of it, since prices are not below 0; at 0 units 8."""


def test_the_points_are_those_found_by_hand() -> None:
    assert front(BICYCLE) == [Segment(1, 0, 77, 77)]
    assert nash(BICYCLE) == kalai_smorodinsky(BICYCLE) == Point(38.5, 38.5, 1, 155.5)
    assert left_on_table(BICYCLE, 29.5, 29.5) == 18, "the middle of 59, which is what 7 days leave"
    assert (traded(BICYCLE, 7), traded(BICYCLE, 1), traded(BICYCLE, 14)) == (0, 1, pytest.approx(-21 / 18))
    assert front(BOUNDED) == [Segment(0, 0, 2, 8), Segment(4, 6, 12, 12)]
    assert nash(BOUNDED) == Point(6, 6, 4, 0)
    assert kalai_smorodinsky(BOUNDED) == Point(pytest.approx(7.2), pytest.approx(4.8), 4, pytest.approx(1.2))
    assert (left_on_table(BOUNDED, 4, 4), left_on_table(BOUNDED, 1, 7)) == (4, 0)
    nothing = Sides(100, 90, (1, 2), seller=1, buyer=1)
    assert (segments(nothing), front(nothing), nash(nothing), kalai_smorodinsky(nothing)) == ([], [], None, None)
    assert left_on_table(nothing, 0, 0) == 0


whole = some.integers(-6, 6)
cells = some.builds(
    Sides,
    some.integers(0, 12),
    some.integers(0, 24),
    some.lists(some.integers(0, 5), min_size=2, max_size=4, unique=True).map(tuple),
    whole,
    whole,
    some.just(0),
    some.integers(10, 40),
)


@settings(max_examples=150, deadline=None)
@given(cells)
def test_no_deal_of_a_grid_is_better_than_the_points_and_the_front_is_what_no_deal_beats(cell: Sides) -> None:
    """With whole numbers every end of a piece is a whole price, so prices in halves leave nothing out."""
    grid = [
        (seller, buyer, option)
        for option in cell.options
        for half in range(2 * int(cell.lowest), 2 * int(cell.highest) + 1)
        if (seller := half / 2 - cell.cost + cell.seller * option) >= 0
        and (buyer := cell.valuation - half / 2 + cell.buyer * option) >= 0
    ]
    best, equal = nash(cell), kalai_smorodinsky(cell)
    if not grid:
        assert best is equal is None
        return
    assert best is not None
    assert equal is not None
    for point in (best, equal):
        assert point.seller >= 0 <= point.buyer
        assert cell.lowest - 1e-9 <= point.price <= cell.highest + 1e-9
        assert point.price - cell.cost + cell.seller * point.option == pytest.approx(point.seller)
        assert left_on_table(cell, point.seller, point.buyer) == pytest.approx(0, abs=1e-6)
    assert best.seller * best.buyer == pytest.approx(max(seller * buyer for seller, buyer, _ in grid))
    most = max(seller for seller, _, _ in grid), max(buyer for _, buyer, _ in grid)
    if min(most) > 0:
        shares = max(min(seller / most[0], buyer / most[1]) for seller, buyer, _ in grid)
        assert min(equal.seller / most[0], equal.buyer / most[1]) >= shares - 1e-9
    pieces = front(cell)
    for seller, buyer, option in grid:
        left = max(
            (a + b - seller - buyer for a, b, _ in grid if a >= seller and b >= buyer),
            default=0,
        )
        assert left_on_table(cell, seller, buyer) == pytest.approx(left)
        within = [each for each in pieces if each.option == option and each.low <= seller <= each.high]
        inside = [each for each in within if each.low < seller < each.high]
        assert within if left == 0 else not inside


CELLS = {
    "trade": ["engine@seller.engine=opponent-linear", "engine@buyer.engine=opponent-linear", "n_games=3"],
    "price": ["engine@seller.engine=opponent-price_only", "engine@buyer.engine=opponent-price_only", "n_games=3"],
    "mixed": ["engine@seller.engine=simulated", "engine@buyer.engine=simulated", "n_games=12"],
    "drawn": ["engine@seller.engine=opponent-linear", "engine@buyer.engine=opponent-linear", "scenario=drawn",
              "n_games=12"],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The experiment, small."""
    top = tmp_path_factory.mktemp("two")
    for name, overrides in CELLS.items():
        play(compose(["experiment=why/two_issues", "tracking=none", *overrides]), top / name, show_progress=False)
    return load(top)


def cell(runs: Runs, name: str) -> Runs:
    return runs.where(runs.runs["run"].str.endswith(name))


@pytest.mark.long
def test_who_trades_reaches_the_front_and_who_bargains_over_the_price_leaves_what_theory_says(runs: Runs) -> None:
    assert [value(runs, "trade", name) for name in ("se_plus", "pareto", "logrolling")] == pytest.approx([1, 1, 1])
    assert value(runs, "trade", "left_on_table") == pytest.approx(0)
    assert value(runs, "price", "left_on_table") == pytest.approx(18)
    assert [value(runs, "price", name) for name in ("se_plus", "pareto", "logrolling")] == pytest.approx(
        [59 / 77, 0, 0]
    )
    gains = [value(runs, "price", "surplus", role) for role in ("seller", "buyer")]
    assert value(runs, "price", "to_nash") == pytest.approx(math.dist(gains, (38.5, 38.5)))
    assert value(runs, "price", "surplus_share", "seller") == pytest.approx(gains[0] / 77)
    for name in CELLS:
        assert value(runs, name, "ir_violation", "seller") == value(runs, name, "ir_violation", "buyer") == 0


@pytest.mark.long
def test_limits_that_are_drawn_have_points_of_their_own_in_every_game(runs: Runs) -> None:
    rounds = cell(runs, "drawn").rounds
    zone = rounds["terms_buyer_limit"] - rounds["terms_seller_limit"] - 3  # at 1 day
    assert 0 < (rounds["outcome"] == "deal").sum() < len(rounds)
    assert value(runs, "drawn", "fagr_minus") == 0
    own = cell(runs, "drawn")
    found = table(own, ["agr_plus"]).iloc[0]
    assert int(found["n"]) == int((zone >= 0).sum())


def test_the_report_has_a_row_per_cell_the_points_in_words_and_no_theory_of_one_price(runs: Runs) -> None:
    fixed = runs.where(~runs.runs["run"].str.endswith("drawn"))
    shown = two_issues(fixed, named(fixed))
    assert {0.0, 18.0} <= set(shown.frame["left_on_table"].round(6))
    assert "Nash at $155.50 and 1 day, where the seller gains $38.50 and the buyer $38.50" in shown.note
    assert not len(theory(cell(runs, "drawn"), named(runs)).frame)
    assert len(two_issues(cell(runs, "drawn"), named(runs)).frame) == 1


@pytest.mark.long
def test_the_figure_has_every_deal_the_front_and_both_points(runs: Runs, tmp_path: Path) -> None:
    figure = next(each for each in FIGURES if each.name == "two_issues")
    chart = figure.draw(cell(runs, "mixed"))
    drawn, text = chart.to_dict(), svg(chart)
    assert "Simulated negotiators" in text
    assert not re.search(r'\bid="|url\(|href|<script|NaN', text)
    points = pd.concat([pd.DataFrame(each) for each in drawn["datasets"].values()])
    deals = cell(runs, "mixed").rounds
    assert (points["what"] == "deal").sum() == (deals["outcome"] == "deal").sum()
    assert sorted(points.loc[points["what"] == "front", "seller"]) == [0, 77]
    assert set(points["what"]) == {"deal", "option", "front", "Nash", "Kalai-Smorodinsky"}
    with pytest.raises(NotEnough, match="limits differ by game"):
        figure.draw(cell(runs, "drawn"))
    plain = load(make_run(tmp_path / "plain", [[15.0], [16.0]]))
    with pytest.raises(NotEnough, match="no second issue"):
        figure.draw(plain)
    assert not len(two_issues(plain, named(plain)).frame)
