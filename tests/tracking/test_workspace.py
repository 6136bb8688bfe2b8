"""The W&B workspace that is kept as code: saved through the real client, and every name in it is one that runs log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bargain.analysis.wandb_workspace import main
from tests.commands import PATIENCE_S, bargain, environment, only_run
from tests.tracked_run import records_of, runs_of
from tests.wandb_server import WandbServer

ROOT = Path(__file__).parent.parent.parent


def workspace(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bargain.analysis.wandb_workspace", *arguments]
    env = environment(**variables)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.fixture(scope="module")
def saved() -> dict[str, Any]:
    """The view as W&B receives it for games of two rounds."""
    with WandbServer() as server:
        done = workspace("me/bargain", "--rounds", "2", WANDB_BASE_URL=server.url, WANDB_API_KEY="k" * 40)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{server.url}/me/bargain?nw=")
        (view,) = server.views
    view["spec"] = json.loads(view["spec"])
    return view


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a tracked run of two rounds tells W&B: history and summary by key, and the config."""
    root = tmp_path_factory.mktemp("tracked")
    done = bargain("n_games=4", "game.n_rounds=2", cwd=root)
    assert done.returncode == 0, done.stderr
    (file,) = runs_of(only_run(root))
    told: dict[str, Any] = {"history": {}, "summary": {}, "config": {}}
    for record in records_of(file):
        if record["type"] == "history":
            told["history"].update(record["history"]["item"])
        elif record["type"] == "summary":
            told["summary"].update(record["summary"]["update"])
        elif record["type"] == "run":
            told["config"].update(record["run"]["config"]["update"])
    return told


def panels_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    sections = view["spec"]["section"]["panelBankConfig"]["sections"]
    return [panel for section in sections for panel in section["panels"]]


def test_it_is_a_view_of_the_project_with_curves_bars_trade_off_dialogues_and_a_comparer(saved: dict[str, Any]) -> None:
    assert (saved["entityName"], saved["projectName"], saved["displayName"]) == ("me", "bargain", "bargain: by round")
    kinds = {panel["viewType"] for panel in panels_of(saved)}
    assert {"Run History Line Plot", "Bar Chart", "Scatter Plot", "Run Comparer", "Weave"} <= kinds


@pytest.mark.long
def test_every_curve_and_every_bar_is_something_that_a_run_logs(saved: dict[str, Any], logged: dict[str, Any]) -> None:
    drawn = 0
    for panel in panels_of(saved):
        config = panel["config"]
        if panel["viewType"] == "Run History Line Plot":
            assert {*config["metrics"], config["xAxis"]} <= logged["history"].keys()
            drawn += 1
        elif panel["viewType"] == "Bar Chart":
            assert set(config["metrics"]) <= logged["summary"].keys()
            drawn += 1
        elif panel["viewType"] == "Scatter Plot":
            assert {config[axis].removeprefix("summary:") for axis in ("xAxis", "yAxis")} <= logged["summary"].keys()
            drawn += 1
        elif panel["viewType"] == "Weave":
            assert '"dialogues"' in json.dumps(config)
            assert any(key.startswith("dialogues.") for key in logged["history"])
            drawn += 1
    assert drawn == 11


@pytest.mark.long
def test_columns_and_groups_are_choices_and_results_of_a_run(saved: dict[str, Any], logged: dict[str, Any]) -> None:
    text = json.dumps(saved["spec"])
    from bargain.analysis.wandb_workspace import CELLS, SUMMARY

    for choice in CELLS:
        value: Any = logged["config"]
        for part in choice.split("."):
            value = value[part]
        assert isinstance(value, str)
        assert f"config:{choice}" in text
    for name in ("round_2/mean_price", "round_2/deal_rate", *SUMMARY):
        assert name in logged["summary"], name
        assert f"summary:{name}" in text


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["bargain"], ["me/bargain", "--rounds", "0"], ["me/a/b"], []])
def test_what_is_no_project_is_refused_in_words(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "ENTITY/PROJECT" in capsys.readouterr().err


@pytest.mark.long
def test_a_key_that_the_server_does_not_know_is_one_line() -> None:
    with WandbServer() as server:
        server.knows_key = False
        done = workspace("me/bargain", WANDB_BASE_URL=server.url, WANDB_API_KEY="k" * 40)
    assert done.returncode == 1
    assert "invalid credentials" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
