"""tracking=mlflow with the real MLflow and an SQLite store: what its own client reads back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from bargain.errors import ConfigError
from bargain.rundir.directory import write_json
from bargain.tracking.mlflow import MlflowConfig, MlflowTracker
from tests.commands import PATIENCE_S, bargain
from tests.composing import compose
from tests.tracked_run import CONFIG, SUMMARY, info_of, make_run, played, unfinished

Warnings = Callable[[], list[str]]


def show(run_dir: Path, store: Path, *, config: dict[str, Any] = CONFIG, fails: str = "") -> None:
    tracker = MlflowTracker(MlflowConfig(uri=f"sqlite:///{store}", tags=["mine"]), finish_s=PATIENCE_S)
    tracker.start(run_dir, config, info_of(run_dir))
    tracker.progress({"games_done": 2.0, "deal_rate": 0.5, "mean_price_round_1": float("nan"), "cost_usd": 0.1})
    tracker.game(played(0))
    if fails:
        process = tracker._process
        tracker.fail(fails)
        assert process
        process.wait(PATIENCE_S, give_up=True)
    else:
        tracker.finish(SUMMARY, [run_dir / "games.jsonl", run_dir / "summary.json"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where MLflow keeps the runs of these tests; to make a new store takes it a second and a half."""
    return tmp_path_factory.mktemp("mlflow") / "store.db"


@pytest.mark.long
def test_a_run_is_in_mlflow_with_its_rounds_its_feedback_and_its_config(
    tmp_path: Path, store: Path, warnings: Warnings
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed (the extra mlflow)")
    sweep = tmp_path / "2026-11-26" / "10-00-00-sweep"
    run_dir = unfinished(make_run(sweep / "4"))
    write_json(sweep / "sweep.json", {"state": "running"})
    show(run_dir, store, fails="interrupted")
    write_json(run_dir / "summary.json", {**SUMMARY, "state": "paused"})
    longer = {**CONFIG, "limits": {"max_cost_usd": 9}}
    show(run_dir, store, config=longer)  # goes on
    write_json(run_dir / "summary.json", SUMMARY)
    show(run_dir, store, config=longer)  # finished, and shown anew
    assert warnings() == []

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{store}")
    experiment = client.get_experiment_by_name("bargain")
    everything = client.search_runs([experiment.experiment_id], run_view_type=3)
    (run,) = client.search_runs([experiment.experiment_id])
    assert len(everything) == 2, "resumed it goes on under its id; finished it is replaced"
    assert (run.info.status, run.info.run_name) == ("FINISHED", info_of(run_dir).name)
    history = client.get_metric_history(run.info.run_id, "by_round/mean_price")
    assert [(point.step, point.value) for point in history] == [(1, 14.0), (2, 15.5)]
    assert {"by_round/price_low", "by_round/human/mean_price", "progress/deal_rate", "cost_usd", "tokens/input"} <= set(
        run.data.metrics
    )
    assert "progress/mean_price_round_1" not in run.data.metrics
    assert run.data.params["seller.engine.temperature"] == "0.5"
    assert run.data.params["limits.max_cost_usd"] == "9"
    tags = run.data.tags
    assert (tags["engine.seller"], tags["mine"], tags["simulated"]) == ("claude-instant", "true", "true")
    assert tags["bargain.group"] == "2026-11-26/10-00-00-sweep"
    assert {each.path for each in client.list_artifacts(run.info.run_id)} == {
        "games.jsonl", "summary.json", "dialogues.json",
    }  # fmt: skip
    (kept,) = store.parent.glob(f"mlartifacts/bargain/{run.info.run_id}/artifacts/dialogues.json")
    table = json.loads(kept.read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert [(row["game"], row["round"], row["price"]) for row in rows][:2] == [(0, 1, 14.0), (0, 2, 15.5)]
    assert rows[1]["feedback"] == "Hold firm. (0)"
    written = b"".join(
        path.read_bytes()
        for place in (tmp_path, store.parent)
        for path in place.rglob("*")
        if path.is_file() and run_dir not in path.parents
    )
    for secret in ("PASSSENTINEL", "HEADERSENTINEL"):
        assert secret.encode() not in written


def test_a_run_ends_well_where_mlflow_is_not_installed(
    tmp_path: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "mlflow.py").write_text("raise ModuleNotFoundError('no mlflow', name='mlflow')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none"), *sys.path])
    run_dir = make_run(tmp_path / "run")
    show(run_dir, tmp_path / "mlflow.db")
    (said,) = warnings()
    assert "the package mlflow is not installed (pip install 'bargain-experiments[mlflow]')" in said
    assert not (tmp_path / "mlflow.db").exists()


def test_mlflow_is_one_choice_and_its_keys_are_checked() -> None:
    config = compose(["tracking=mlflow", "tracking.experiment=fig5"]).tracking
    assert (config.name, config.uri, config.experiment) == ("mlflow", None, "fig5")
    with pytest.raises(ConfigError, match=r"did you mean tracking\.experiment"):
        compose(["tracking=mlflow", "tracking.experimant=x"])
    with pytest.raises(ConfigError, match=r"tracking\.uri holds a secret"):
        compose(["tracking=mlflow", "tracking.uri=http://me:hunter2@host"])


@pytest.mark.long
def test_bargain_track_shows_a_run_that_mlflow_missed_where_it_was_to_be(tmp_path: Path, store: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed (the extra mlflow)")
    run_dir = make_run(tmp_path / "run")
    config = OmegaConf.load(run_dir / ".hydra" / "config.yaml")
    config.tracking = {"name": "mlflow", "uri": f"sqlite:///{store}", "experiment": "mine", "tags": []}
    OmegaConf.save(config, run_dir / ".hydra" / "config.yaml")
    done = bargain(str(run_dir), cwd=tmp_path, command="bargain-track")
    assert (done.stderr, done.stdout) == ("", f"{run_dir}: written to sqlite:///{store}\n")
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{store}")
    (run,) = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    history = client.get_metric_history(run.info.run_id, "by_round/mean_price")
    assert (run.info.status, [point.value for point in history]) == ("FINISHED", [14.0, 15.5])
