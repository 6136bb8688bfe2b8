"""The two-part model of a sweep: what was put in comes out, as the paired tests say it; what cannot be said is said."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bargain.analysis import load
from bargain.analysis.figures.base import NotEnough
from bargain.analysis.figures.models import estimates
from bargain.analysis.measures.factors import effects
from bargain.analysis.measures.models import CHANGE, START, two_part
from tests.analysis.measures.test_factors import PAID, study
from tests.run_maker import Prices, make_run

KEYS = ["outcome", "choice", "when"]


@pytest.mark.long
def test_balanced_runs_give_the_main_effects_and_cover_what_was_put_in(tmp_path: Path) -> None:
    """The gain is 0.95 over all settings: +1.3 for engine b, -0.1 without memory, nothing for the prompt."""
    truth = {"": 0.95, "seller.engine.name": 1.3, "memory.name": -0.1, "prompt.seller.version": 0.0}
    for same in (True, False):
        study(tmp_path / str(same), np.random.default_rng(7), games=40, same=same)
        runs = load(tmp_path / str(same))
        found = two_part(runs).set_index(KEYS)
        tested = effects(runs, "price", role="learner", base=1).set_index("factor")
        for name, wanted in truth.items():
            row = found.loc[("price", name, CHANGE)]
            assert row["low"] < wanted < row["high"], name
            assert (row["n"], row["games"], row["runs"]) == (640, 320, 8)
            if name:
                assert row["estimate"] == pytest.approx(tested.loc[name, "difference"], abs=1e-6)
                width = tested.loc[name, "high"] - tested.loc[name, "low"]
                assert row["high"] - row["low"] == pytest.approx(width, rel=0.15)
                assert (row["p"] < 0.05) == (tested.loc[name, "p"] < 0.05)
        assert found.loc[("price", "", START), "together"] == ("game over all cells" if same else "")
        odds = found.loc[("deal_odds", "", CHANGE)]
        assert odds["note"] == "every game ends in a deal: nothing differs"
        assert np.isnan(odds["estimate"])


def test_several_runs_a_cell_are_the_unit_of_what_differs_between_runs(tmp_path: Path) -> None:
    """Each run has prices of its own: games alone would call a choice of runs an effect."""
    rng = np.random.default_rng(2)
    for number, (memory, seed) in enumerate(product(("full", "none"), range(4))):
        own = float(rng.normal(0, 1))
        played: Prices = [
            [15 + own + float(a), 15.5 + own + (memory == "none") + float(a + b)]
            if deal else [15 + own + float(a), None]
            for a, b, deal in zip(rng.normal(0, 0.5, 30), rng.normal(0, 0.3, 30), rng.random(30) < 0.8, strict=True)
        ]  # fmt: skip
        make_run(tmp_path / str(number), played, memory__name=memory, seed=seed, **PAID)
    found = two_part(load(tmp_path)).set_index(KEYS)
    start, change = (found.loc[("price", "memory.name", when)] for when in (START, CHANGE))
    assert start["together"] == "run"
    assert start["freedom"] < 8 < change["freedom"]
    assert start["low"] < 0 < start["high"]
    assert start["high"] - start["low"] > 1
    assert change["low"] < 1 < change["high"]
    assert change["p"] < 0.001
    assert start["spread_together"] == pytest.approx(1, abs=0.6)
    assert start["spread_game"] == pytest.approx(0.5, abs=0.1)
    rate = found.loc[("deal_rate", "", CHANGE)]
    assert rate["estimate"] == pytest.approx(-0.2, abs=0.06)
    assert "in round 1 every game ends in a deal" in found.loc[("deal_odds", "", CHANGE), "note"]


def test_deals_are_told_as_odds_and_in_points(tmp_path: Path) -> None:
    kept = {("full", 1): 36, ("full", 2): 30, ("none", 1): 36, ("none", 2): 12}
    for memory in ("full", "none"):
        games: Prices = [
            [15.0 + at % 3 if at < kept[memory, number] else None for number in (1, 2)] for at in range(40)
        ]
        make_run(tmp_path / memory, games, memory__name=memory, **PAID)
    found = two_part(load(tmp_path)).set_index(KEYS)
    assert found.loc[("deal_rate", "memory.name", CHANGE), "estimate"] == pytest.approx((12 - 36 - 30 + 36) / 40)
    ratio = (12 / 28) / (36 / 4) / ((30 / 10) / (36 / 4))
    odds = found.loc[("deal_odds", "memory.name", CHANGE)]
    assert odds["estimate"] == pytest.approx(ratio, rel=1e-3)
    assert odds["low"] < ratio < odds["high"] < 1
    assert found.loc[("deal_rate", "", CHANGE), "estimate"] == pytest.approx((12 + 30 - 72) / 80)


def test_choices_that_were_not_varied_apart_are_named(tmp_path: Path) -> None:
    """Three cells, two choices of three and two values: the second is fixed by the first but for one value of it."""
    cells = (("a", "full", "v1"), ("b", "none", "v1"), ("c", "none", "v2"), ("a", "full", "v3"))
    rng = np.random.default_rng(3)
    for number, (engine, memory, prompt) in enumerate(cells):
        played: Prices = [[float(x), float(y)] for x, y in rng.normal(15, 1, (12, 2))]
        choices = {"seller__engine__name": engine, "memory__name": memory, "prompt__seller__version": prompt}
        make_run(tmp_path / str(number), played, **choices, **PAID)
    found = two_part(load(tmp_path))
    unknown = found[found["note"].str.startswith("cannot be told from")]
    assert len(unknown)
    assert unknown["estimate"].isna().all()
    known = found[(found["outcome"] == "price") & ~found.index.isin(unknown.index)]
    assert known["estimate"].notna().all()


def test_a_single_run_has_no_model_of_choices(tmp_path: Path) -> None:
    run = make_run(tmp_path / "full", [[14.0 + at % 3, 15.0 + at % 3 + at % 2 / 4] for at in range(12)], **PAID)
    with pytest.raises(NotEnough, match="a model of choices needs two runs of one learner"):
        estimates(load(run))
