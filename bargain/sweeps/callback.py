"""What a sweep leaves on disk: sweep.json, where it lies and what it is; cell.json, how a cell's job ended.

The callback runs in the process that starts the sweep, whatever launcher plays the cells and wherever.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.files import task_overrides
from bargain.config.identity import sweep_identity
from bargain.rundir.directory import read_state, write_json
from bargain.sweeps.cells import cells_at_once, count_cells


class CannotStart(BaseException):
    """The sweep's directory cannot be written. No Exception, because Hydra makes those of its callbacks warnings."""


class SweepCallback(Callback):
    """Writes sweep.json when a sweep starts. `directory` is the newest sweep's, None in a process that started none."""

    directory: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Marks the sweep's directory, so that the same command finds it again."""
        try:
            directory = Path(config.hydra.sweep.dir).resolve()
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "sweep.json").touch()
        except (OSError, OmegaConfBaseException) as error:
            from bargain.errors import disk_problem

            if problem := disk_problem(error):
                raise CannotStart(problem) from None
            raise
        SweepCallback.directory = directory
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(directory)}")  # for cells in other processes
        overrides = task_overrides(config)
        if read_state(directory, "sweep.json"):
            print(f"goes on with the unfinished sweep {directory}", flush=True)
        cells = count_cells(config)
        state = {"identity": sweep_identity(overrides), "state": "running", "overrides": overrides, "cells": cells}
        write_json(directory / "sweep.json", {**state, "cells_at_once": cells or 1})  # until the launcher has answered
        write_json(directory / "sweep.json", {**state, "cells_at_once": cells_at_once(config, cells)})


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a sweep that this process plays, one of `at_once` that play at the same time."""

    directory: Path
    at_once: int
    away: bool
    """Whether it plays in another process than the one that started the sweep."""

    def ended(self, exit_code: int, problem: str) -> None:
        """Leaves word of how the job ended."""
        write_json(self.directory / "cell.json", {"exit_code": exit_code, "problem": problem})


def this_cell() -> Cell | None:
    """The cell that the running Hydra job is; None for a job that is no part of a sweep."""
    hydra = HydraConfig.get()
    if OmegaConf.is_missing(hydra.job, "num"):
        return None
    directory = Path(hydra.runtime.output_dir)
    (directory / "cell.json").unlink(missing_ok=True)
    at_once = read_state(Path(hydra.sweep.dir), "sweep.json").get("cells_at_once", 1)
    return Cell(directory, int(at_once), away=SweepCallback.directory is None)


def quoted(path: Path) -> str:
    """A path as Hydra's override grammar reads it, blanks and commas included."""
    text = str(path).replace("'", "\\'")
    return f"'{text}'"
