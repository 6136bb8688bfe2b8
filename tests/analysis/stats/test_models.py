"""Mixed models are statsmodels' own, and their intervals, like those of clustered rates, cover what was put in."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit
from statsmodels.regression.mixed_linear_model import MixedLM

from bargain.analysis.stats.clustered import clustered, separated
from bargain.analysis.stats.mixed import Fit, mixed


def sweep(rng: np.random.Generator, runs: int, games: int) -> dict[str, Any]:
    """Two choices, some runs a cell, two rounds: runs differ by 0.4, their change by 0.3, games by 1."""
    run = np.repeat(np.arange(4 * runs), games)
    a, b = (run // runs % 2) - 0.5, (run // runs // 2) - 0.5
    start = rng.normal(15, 1, len(run)) + np.repeat(rng.normal(0, 0.4, 4 * runs), games)
    change = 0.5 + 0.8 * a + np.repeat(rng.normal(0, 0.3, 4 * runs), games)
    likes = rng.normal(0, 1, len(run)) + np.repeat(rng.normal(0, 0.4, 4 * runs), games)
    y, dealt, rows = [], [], []
    for after in (0.0, 1.0):
        y.append(start + after * change + rng.normal(0, 0.6, len(run)))
        dealt.append(rng.random(len(run)) < expit(1.0 + likes - after * 0.5))
        rows.append(np.column_stack([np.ones(len(run)), a, b, *(after * each for each in (np.ones(len(run)), a, b))]))
    game = np.tile(np.arange(len(run)), 2)
    whole = {"y": np.concatenate(y), "dealt": np.concatenate(dealt).astype(float), "X": np.concatenate(rows)}
    return whole | {"game": game, "run": np.tile(run, 2), "after": np.repeat([0.0, 1.0], len(run))}


def covered(fit: Fit, at: int, truth: float) -> bool:
    return bool(abs(fit.estimates[at] - truth) < stats.t.ppf(0.975, fit.freedom[at]) * fit.errors[at])


def test_the_numbers_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    made = sweep(rng, 4, 15)
    kept = rng.random(len(made["y"])) < 0.85  # some prices are missing
    made = {name: values[kept] for name, values in made.items()}
    own = mixed(made["y"], made["X"], made["game"], made["run"], made["after"])
    frame = pd.DataFrame({name: made[name] for name in ("y", "game", "run", "after")})
    frame[["one", "a", "b", "t", "ta", "tb"]] = made["X"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM.from_formula(
            "y ~ 0 + one + a + b + t + ta + tb", frame, groups="run", re_formula="1 + after",
            vc_formula={"game": "0 + C(game)"},
        ).fit()  # fmt: skip
    assert own.estimates == pytest.approx(theirs.fe_params.to_numpy(), abs=1e-3)
    assert own.errors == pytest.approx(theirs.bse_fe.to_numpy(), rel=2e-3)
    spreads = np.sqrt([*np.diag(theirs.cov_re), theirs.vcomp[0], theirs.scale])
    assert own.spreads == pytest.approx(spreads, rel=1e-2)
    alone = mixed(made["y"], made["X"], np.arange(len(made["y"])))  # nothing repeats: ordinary least squares
    assert alone.freedom == pytest.approx(len(made["y"]) - 6)


def test_a_balanced_design_gives_the_paired_t_test() -> None:
    rng = np.random.default_rng(5)
    before = rng.normal(15, 2, 30)
    after = before + rng.normal(0.4, 0.5, 30)
    design = np.column_stack([np.ones(60), np.repeat([0.0, 1.0], 30)])
    found = mixed(np.concatenate([before, after]), design, np.tile(np.arange(30), 2))
    test = stats.ttest_rel(after, before)
    assert found.estimates[1] / found.errors[1] == pytest.approx(test.statistic, rel=1e-4)
    assert found.freedom[1] == pytest.approx(29, abs=0.1)


@pytest.mark.long
def test_intervals_cover_the_truth_with_three_runs_a_cell() -> None:
    """Where a normal interval that takes games for independent does not."""
    rng = np.random.default_rng(6)
    hits: dict[str, list[bool]] = {"start": [], "change": [], "rate": [], "naive": []}
    for _ in range(50):
        made = sweep(rng, 3, 10)
        found = mixed(made["y"], made["X"], made["game"], made["run"], made["after"])
        naive = mixed(made["y"], made["X"], made["game"])
        rate = clustered(made["dealt"], made["X"], made["run"], odds=False)
        hits["start"].append(covered(found, 1, 0.0))
        hits["change"].append(covered(found, 4, 0.8))
        hits["naive"].append(covered(naive, 1, 0.0))
        hits["rate"].append(covered(rate, 1, 0.0))
    share = {name: float(np.mean(each)) for name, each in hits.items()}
    assert all(share[name] >= 0.9 for name in ("start", "change", "rate")), share
    assert share["naive"] < 0.85


def test_odds_without_an_end_and_too_few_clusters_are_said_and_not_estimated() -> None:
    after = np.repeat([0.0, 1.0], 20)
    design = np.column_stack([np.ones(40), after])
    dealt = np.r_[np.ones(20), rng_of(7, 20)]
    assert separated(dealt, design).tolist() == [0, 1]  # every game deals before
    odds = clustered(dealt, design, np.arange(40))
    assert odds.note == "separation"
    assert np.isnan(odds.estimates).all()
    points = clustered(dealt, design, np.tile(np.arange(20), 2), odds=False)
    assert points.estimates[1] == pytest.approx(dealt[20:].mean() - 1)
    dealt[3] = 0.0
    assert not len(separated(dealt, design))
    odds = clustered(dealt, design, np.tile(np.arange(20), 2))
    before, now = 19.0, dealt[20:].mean() / (1 - dealt[20:].mean())
    assert np.exp(odds.estimates[1]) == pytest.approx(now / before, rel=1e-4)
    assert "5 clusters for 2 coefficients" in clustered(dealt, design, np.arange(40) % 5).note


def rng_of(seed: int, n: int) -> np.ndarray:
    """Some yes and no."""
    return (np.random.default_rng(seed).random(n) < 0.6).astype(float)
