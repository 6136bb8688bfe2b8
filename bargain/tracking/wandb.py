"""tracking=wandb: one Weights & Biases run per run directory, offline unless told otherwise.

    tracker = WandbTracker(config.tracking)
    tracker.start(run_dir, config, info); tracker.progress({"games_done": 3.0}); tracker.finish(summary, [games_jsonl])

This is the run's side. It only passes messages to a process of its own (process.py), in which the `wandb` package
is imported (wandb_run.py), so a run is complete and ends in time whether W&B is there or not. The worst that W&B can do
to a run is one warning by the logger `bargain.tracking`, and FINISH_S seconds at its end.
"""

from __future__ import annotations

import logging
import os
import re
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

FINISH_S = 20.0
"""Seconds that a finished run waits for W&B before it gives it up."""
FAIL_S = 0.3
"""Seconds that an interrupted run waits; its W&B process then ends alone, within its own limit."""
PROJECT = "bargain"
TAG_LENGTH, NAME_LENGTH = 64, 128
"""W&B refuses longer ones."""


def by_agent() -> bool:
    """Whether an agent of a W&B sweep started this process: it waits for the run's objective."""
    return bool(os.environ.get("WANDB_SWEEP_ID"))


def chosen_mode(configured: str | None) -> str:
    """offline, online or disabled: WANDB_MODE if it is set, else the configured one; offline, or WANDB_DISABLED's.

    Under an agent, which waits for its run, it is online.
    """
    disabled = os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1", "yes", "on")
    unsaid = "disabled" if disabled else "online" if by_agent() else "offline"
    return os.environ.get("WANDB_MODE") or configured or unsaid


MODES = ("offline", "online", "disabled")


@dataclass
class WandbConfig(TrackingConfig):
    """The keys of tracking=wandb."""

    _target_: str = "bargain.tracking.wandb.WandbTracker"
    name: str = "wandb"
    project: str | None = None
    """null = WANDB_PROJECT, or bargain."""
    entity: str | None = None
    """Account or team; null = WANDB_ENTITY, or the default of the user's key."""
    mode: str | None = None
    """null = offline, or disabled by WANDB_DISABLED. WANDB_MODE overrides it."""
    group: str | None = None
    """null = WANDB_RUN_GROUP, or the sweep's name."""

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in MODES:
            raise ValueError(f"tracking.mode must be {' or '.join(MODES)}, got {self.mode!r}")


class WandbTracker(ToldTracker):
    """Shows a run in W&B. See base.Tracker; nothing here raises because of W&B, and only finish waits for it."""

    options = WandbConfig

    def __init__(self, config: WandbConfig, finish_s: float = FINISH_S) -> None:
        super().__init__(finish_s)
        self._config = config

    def start(self, run_dir: Path, config: dict[str, Any], info: RunInfo) -> None:
        """Starts the process; W&B's start goes on beside the run. A run that was finished is shown anew, not twice."""
        mode = chosen_mode(self._config.mode)
        if mode == "disabled":
            return
        self._run_dir = run_dir.resolve()
        if (self._run_dir / "wandb").is_symlink():  # a stranger's: nothing is written through a link
            (self._run_dir / "wandb").unlink()
        again = read_state(self._run_dir).get("state") == "finished"
        message = start_message(
            self._run_dir, config, info, self._config, mode=mode, resume=not again, finish_s=self._finish_s
        )
        self._process = wandb_process(message, config, self._started, self._problem)

    def fail(self, reason: str) -> None:
        """Marks the run as failed with what summary.json says by now. Returns within FAIL_S seconds."""
        self._failed(reason, FAIL_S)

    def _started(self, where: dict[str, Any]) -> None:
        if where.get("url"):
            log.info("W&B: %s", where["url"])

    def _problem(self, problem: str) -> None:
        log.warning("W&B: %s; nothing of the run is lost, send it later with: bargain-track %s", problem, self._run_dir)


def start_message(
    run_dir: Path,
    config: dict[str, Any],
    info: RunInfo,
    tracking: WandbConfig,
    *,
    mode: str,
    resume: bool,
    finish_s: float,
) -> dict[str, Any]:
    """The message that starts a W&B run. resume: go on with the run of this id if there is one, else replace it.

    finish_s: seconds that sending what is left may take at the end. A directory that holds a W&B run already keeps its
    id, wherever it was moved.
    """
    said = os.environ.get("WANDB_TAGS")  # instead of ours; simulated runs are labelled as such all the same
    ours = info.tags if said is None else (*said.split(","), *(["simulated"] if info.simulated else []))
    tags = dict.fromkeys(tag.strip()[:TAG_LENGTH] for tag in [*ours, *map(str, tracking.tags)] if tag.strip())
    return {
        "do": "start",
        "run_dir": str(run_dir),
        "mode": mode,
        "project": tracking.project or os.environ.get("WANDB_PROJECT") or PROJECT,
        "entity": tracking.entity or os.environ.get("WANDB_ENTITY"),
        "resume": resume,
        "finish_s": finish_s,
        "config": {**hidden(config), "command": info.command, "commit": info.commit},
        **asdict(info),
        "id": _agents_id() or recorded_id(run_dir) or info.id,
        "name": (os.environ.get("WANDB_NAME") or info.name)[:NAME_LENGTH],
        "group": tracking.group or os.environ.get("WANDB_RUN_GROUP") or info.group,
        "tags": list(tags),
    }


def _agents_id() -> str | None:
    """The id that a sweep's agent gave this run, under which it waits for the objective; None without an agent."""
    return os.environ.get("WANDB_RUN_ID") if by_agent() else None


def recorded_id(run_dir: Path) -> str | None:
    """The id of the first W&B run written in this directory, None if there is none."""
    files = run_dir.glob("wandb/*run-*/run-*.wandb")
    for path in sorted(files, key=lambda file: file.parent.name.partition("run-")[2]):
        match = re.fullmatch(r"run-(.+)\.wandb", path.name)
        if match:
            return match.group(1)
    return None


def wandb_process(
    start: dict[str, Any],
    config: dict[str, Any],
    on_started: Callable[[dict[str, Any]], None] = lambda where: None,
    on_problem: Callable[[str], None] = lambda problem: None,
) -> TrackerProcess:
    """The process of one W&B run: its files in the run directory, no error reports to others, no model's keys."""
    ours = {
        "WANDB_DATA_DIR": str(Path(start["run_dir"]) / "wandb" / "data"),
        "WANDB_CACHE_DIR": str(Path(start["run_dir"]) / "wandb" / "cache"),
        "WANDB_ERROR_REPORTING": "false",
    }
    if parameters := os.environ.get("WANDB_SWEEP_PARAM_PATH"):  # an agent's; the child stands in another directory
        ours["WANDB_SWEEP_PARAM_PATH"] = os.path.abspath(parameters)
    left_out = key_names(config).union(_NOT_THE_CHILDS)
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | ours
    return TrackerProcess("bargain.tracking.wandb_run", start, environment, on_started, on_problem)


_NOT_THE_CHILDS = ("WANDB_SERVICE", "WANDB_DISABLED")
"""The service of another program; and whether to start at all, which is decided by now."""
