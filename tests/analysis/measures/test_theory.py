"""Theory's predictions at the values that the literature gives, and blank where an assumption does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import compose, play
from bargain.analysis import load
from bargain.analysis.data.round_facts import burstiness
from bargain.analysis.measures.theory import (
    alternating,
    best_threshold,
    most_efficient,
    nash,
    predictions,
    rubinstein,
    sealed_bid,
)


def test_the_formulas_give_the_known_values() -> None:
    assert nash(120, 200) == 160
    assert nash(0, 1, power=1 / 3) == pytest.approx(1 / 3)
    assert [rubinstein(*each) for each in ((0.9, 0.9), (0.9, 0.8), (0.8, 0.9))] == pytest.approx(
        [0.526316, 0.714286, 0.357143], abs=1e-6
    )
    shares = [alternating(0.9, 0.9, proposals) for proposals in (1, 2, 3, 4, 5, 10, 20)]
    assert shares == pytest.approx([1, 0.1, 0.91, 0.181, 0.8371, 0.342801, 0.462328], abs=1e-6)
    assert [alternating(1, 1, proposals) for proposals in (1, 2, 3, 4)] == [1, 0, 1, 0]
    assert sealed_bid(0.3, 0.6) == pytest.approx((2 * 0.3 / 3 + 1 / 4, 2 * 0.6 / 3 + 1 / 12))
    assert sealed_bid(9, 15, (8, 20)) == pytest.approx((2 * 9 / 3 + 17 / 3, 2 * 15 / 3 + 11 / 3))
    assert best_threshold((0, 1), (0, 1)) == pytest.approx(0.25, abs=1e-3)
    assert best_threshold((8, 20), (8, 20)) == pytest.approx(3, abs=0.02)
    assert most_efficient((0, 1), (0, 1)) == pytest.approx(0.84375, abs=1e-3)
    assert best_threshold((0, 1), (2, 3)) == 0  # every pair can trade, and does
    assert most_efficient((0, 1), (2, 3)) == 1


def test_burstiness_is_least_for_even_steps_and_grows_with_what_comes_at_once() -> None:
    assert burstiness([2.0, 2.0, 2.0]) == -1
    assert burstiness([0.0, 0.0, 0.0, 8.0]) == pytest.approx((12**0.5 - 2) / (12**0.5 + 2))
    assert burstiness([0.0, 0.0]) != burstiness([0.0, 0.0])  # nothing was given: no value


@pytest.mark.long
@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ([], {"Nash (1950)", "Myerson & Satterthwaite (1983)"}),
        (["scenario.seller_discount=0.81"], {"Nash (1950)", "Myerson & Satterthwaite (1983)"}),
        (
            ["scenario.seller_discount=0.81", "scenario.buyer_discount=0.64", "scenario.seller_knows=both",
             "scenario.buyer_knows=both"],
            {"Nash (1950)", "Rubinstein (1982)"},
        ),
        (["scenario.cost={distribution: list, one_of: [100, 110], low: null, high: null}"], {"Nash (1950)"}),
    ],
)  # fmt: skip
def test_a_theory_is_blank_where_its_assumptions_do_not_hold(more: list[str], holds: set[str], tmp_path: Path) -> None:
    cfg = compose(["game=simple", "scenario=drawn", "item=bicycle", "n_games=6", "tracking=none", *more])
    play(cfg, tmp_path, show_progress=False)
    found = predictions(load(tmp_path)).set_index("theory")
    assert set(found.index[found["value"].notna()]) == holds
    assert (found["assumes"] != "").all()
    if "Rubinstein (1982)" in holds:
        assert found.loc["Rubinstein (1982)", "value"] == pytest.approx(rubinstein(0.9, 0.8))
    elif not more:
        assert found.loc["Myerson & Satterthwaite (1983)", "value"] == pytest.approx(0.84375, abs=1e-3)
