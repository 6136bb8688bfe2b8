"""A search: its sweeper goes by what the cells' jobs return, and the same results propose the same cells again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bargain import ConfigError, compose
from tests.commands import bargain_here, summary_of
from tests.sweeping import only_sweep

pytestmark = pytest.mark.filterwarnings("ignore:(?s).*validated against ConfigStore schema")  # as a command has it
SEARCH = ("-m", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "engines=simulated", "n_games=2", "tracking=none")


@pytest.mark.long
def test_optuna_goes_by_the_learners_surplus_in_its_last_round_and_is_resumed(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    done = bargain_here(*SEARCH, "hydra.sweeper.params.item.cost=interval(1,9)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sweep = only_sweep(tmp_path)
    cells = [sweep / str(number) for number in range(2)]
    summaries = [summary_of(cell) for cell in cells]
    last = [summary["rounds"][-1]["mean_surplus_seller"] for summary in summaries]
    assert [summary["objective"] for summary in summaries] == last
    best = yaml.safe_load((sweep / "optimization_results.yaml").read_text())
    assert best["best_value"] == max(last)
    assert len(set(last)) == 2

    again = bargain_here(f"resume={sweep}", "hydra.sweeper.n_trials=3", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("already finished, nothing was called") == 2
    assert len(list(sweep.glob("*/summary.json"))) == 3


@pytest.mark.long
def test_what_a_search_cannot_go_by_is_refused_before_the_first_call(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    one = "hydra.sweeper.n_trials=1"
    done = bargain_here(*SEARCH, one, "game=criticize_buyer", "seed=range(1,9)", cwd=tmp_path)
    assert done.returncode == 2
    assert "set item.valuation=... or choose objective=price" in done.stderr
    assert not list(tmp_path.rglob("journal.sqlite"))


def test_an_objective_is_an_outcome_and_decides_no_game() -> None:
    with pytest.raises(ConfigError, match="objective must be price or deal_rate or surplus, got 'win'"):
        compose(["objective=win"])


@pytest.mark.long
def test_a_glob_a_range_and_a_place_of_ones_own_are_cells_like_any_other(tmp_path: Path) -> None:
    words = ("engine@buyer.engine=glob(simulated-*,exclude=[*weak,*firm])", "hydra.sweeper.params.seed=range(1,3)")
    place = "hydra.sweep.subdir=by/${buyer.engine.name}/${seed}"
    done = bargain_here("-m", *words, place, "n_games=1", "game=simple", "tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sweep = only_sweep(tmp_path)
    played = {path.parent.relative_to(sweep).as_posix() for path in sweep.rglob("games.jsonl")}
    assert played == {f"by/simulated-eager/{seed}" for seed in (1, 2)}
    assert done.stdout.count("finished (simulated)") == 2
    assert done.stdout.index("2 cells; expecting") < done.stdout.index("run directory"), "said before it is played"
    assert json.loads((sweep / "sweep.json").read_text())["cells"] == 2, "the dashboard counts what has not begun by it"
    again = bargain_here(f"resume={sweep}", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("already finished, nothing was called") == 2
