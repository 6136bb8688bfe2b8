"""tracking=mlflow: one MLflow run per run directory, in a store of one's own unless told otherwise.

    bargain -m tracking=mlflow seed=1,2          # then, in the same directory, with the whole package: mlflow ui

This is the run's side; as for W&B, `mlflow` is imported in a process of its own (process.py, mlflow_run.py), so the
worst that MLflow can do to a run is one warning by the logger `bargain.tracking`, and FINISH_S seconds at its end.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bargain.config.schema import TrackingConfig
from bargain.rundir.directory import read_state
from bargain.secrets import hidden
from bargain.tracking.base import RunInfo
from bargain.tracking.process import TrackerProcess
from bargain.tracking.shown import key_names
from bargain.tracking.told import ToldTracker

log = logging.getLogger("bargain.tracking")

FINISH_S = 60.0
"""Seconds that a finished run waits for MLflow before it gives it up; a new store takes some ten seconds to be made."""
FAIL_S = 0.3
"""Seconds that an interrupted run waits; the process then ends alone, within its own limit."""
EXPERIMENT = "bargain"


@dataclass
class MlflowConfig(TrackingConfig):
    """The keys of tracking=mlflow."""

    _target_: str = "bargain.tracking.mlflow.MlflowTracker"
    name: str = "mlflow"
    uri: str | None = None
    """The store: sqlite:///FILE or http://SERVER; null = MLFLOW_TRACKING_URI, or mlflow.db in the working directory."""
    experiment: str | None = None
    """null = MLFLOW_EXPERIMENT_NAME, or bargain."""


class MlflowTracker(ToldTracker):
    """Shows a run in MLflow. See base.Tracker; nothing here raises because of MLflow, and only finish waits for it."""

    options = MlflowConfig

    def __init__(self, config: MlflowConfig, finish_s: float = FINISH_S) -> None:
        super().__init__(finish_s)
        self._config = config

    def start(self, run_dir: Path, config: dict[str, Any], info: RunInfo) -> None:
        """Starts the process; the rest goes on beside the run. A run that was finished is shown anew, not twice."""
        self._run_dir = run_dir.resolve()
        again = read_state(self._run_dir).get("state") == "finished"
        self._process = mlflow_process(
            self._run_dir, config, info, self._config, resume=not again, finish_s=self._finish_s, problem=self._problem
        )

    def fail(self, reason: str) -> None:
        """Marks the run as failed with what summary.json says by now. Returns within FAIL_S seconds."""
        self._failed(reason, FAIL_S)

    def _problem(self, problem: str) -> None:
        log.warning(
            "MLflow: %s; nothing of the run is lost, send it later with: bargain-track %s", problem, self._run_dir
        )


def mlflow_process(
    run_dir: Path,
    config: dict[str, Any],
    info: RunInfo,
    tracking: MlflowConfig,
    *,
    resume: bool,
    finish_s: float,
    problem: Callable[[str], None] = lambda problem: None,
) -> TrackerProcess:
    """The process of one MLflow run, with no model's keys. resume: go on with the run of this id, else replace it.

    finish_s: seconds that sending what is left may take at the end.
    """
    uri = tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    file = uri.removeprefix("sqlite:///")
    if file != uri:  # the child stands in another directory
        uri = f"sqlite:///{Path(file).absolute()}"
    message = {
        "do": "start",
        **asdict(info),
        "uri": uri,
        "experiment": tracking.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT,
        "tags": list(dict.fromkeys([*info.tags, *map(str, tracking.tags)])),
        "resume": resume,
        "finish_s": finish_s,
        "config": hidden(config),
        "run_dir": str(run_dir),
    }
    ours = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    hides = key_names(config)
    environment = {name: value for name, value in os.environ.items() if name not in hides} | ours
    return TrackerProcess("bargain.tracking.mlflow_run", message, environment, lambda where: None, problem)
