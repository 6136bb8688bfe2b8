"""What a sweep leaves on disk: sweep.json, what it is and how it was begun; cell.json, what a cell is and how it ended.

The callback runs in the process that starts the sweep, whatever launcher plays the cells and wherever.
"""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.compose import plain_of
from bargain.config.files import as_written, task_overrides
from bargain.config.identity import identity
from bargain.errors import ConfigError
from bargain.rundir.directory import read_state, remove_unused, write_json
from bargain.sweeps.cells import cells_at_once
from bargain.sweeps.places import (
    SWEEP,
    cell_directory,
    check_same_sweep,
    identity_of_sweep,
    planned_cells,
    runs_by_identity,
)
from bargain.text import on_screen

CELL = "cell.json"
BAD_CONFIG = 2
"""The exit code of what cannot be played."""


class CannotStart(BaseException):
    """The sweep cannot begin in its directory. No Exception, because Hydra makes those of its callbacks warnings."""

    def __init__(self, problem: str, code: int = 1) -> None:
        super().__init__(problem)
        self.code = code


class SweepCallback(Callback):
    """Writes sweep.json when a sweep starts. `directory` is the newest sweep's, None in a process that started none."""

    directory: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Marks the sweep's directory, so that the same command finds it again."""
        try:
            directory = Path(config.hydra.sweep.dir).resolve()
            overrides = task_overrides(config)
            planned = planned_cells(config, overrides)
            check_same_sweep(directory, planned)
            directory.mkdir(parents=True, exist_ok=True)
            begun = runs_by_identity(directory)
            cells = None if planned is None else len(planned)
            state = {
                "identity": identity_of_sweep(planned, overrides),
                "state": "running",
                "overrides": overrides,
                "hydra": as_written(config.hydra.overrides.hydra),
                "cells": cells,
                "identities": [cell.identity for cell in planned or ()],
                "begun": begun,
            }
            # until the launcher has answered
            write_json(directory / SWEEP, {**state, "cells_at_once": cells or 1})
        except ConfigError as error:
            raise CannotStart(str(error), BAD_CONFIG) from None
        except (OSError, OmegaConfBaseException) as error:
            from bargain.errors import disk_problem

            if problem := disk_problem(error):
                raise CannotStart(problem) from None
            raise
        SweepCallback.directory = directory
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(directory)}")  # for cells in other processes
        if begun:
            print(f"goes on with the unfinished sweep {on_screen(str(directory))}", flush=True)
        write_json(directory / SWEEP, {**state, "cells_at_once": cells_at_once(config, cells)})

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Lets go of the job's configs, which Hydra keeps to the end of the sweep; they are full of cycles."""
        job_return.cfg = job_return.hydra_cfg = None
        gc.collect()


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a sweep that this process plays, one of `at_once` that play at the same time."""

    sweep: Path
    number: int
    overrides: list[str]
    given: Path
    """The directory that Hydra made for it."""
    at_once: int
    away: bool
    """Whether it plays in another process than the one that started the sweep."""

    def was_finished(self, directory: Path) -> None:
        """Leaves word of a cell that needs no playing."""
        done = {"number": self.number, "overrides": self.overrides, "exit_code": 0, "problem": ""}
        if read_state(directory, CELL) != done:
            write_json(directory / CELL, done)

    def begins(self, cfg: DictConfig) -> Path:
        """Where the cell with this checked config is played. Raises ConfigError for one that was not planned."""
        plain = plain_of(cfg)
        wanted = identity(plain)
        planned = read_state(self.sweep, SWEEP).get("identities") or []
        if planned and wanted not in planned:
            raise ConfigError(
                f"cell {self.number} is not what the sweep began with: a file that it names was edited meanwhile; "
                "start the sweep again"
            )
        directory = cell_directory(self.sweep, self.given, wanted, plain)
        if directory != self.given:
            remove_unused(self.given)
        self._leave(directory, {})
        return directory

    def ended(self, directory: Path, exit_code: int, problem: str) -> None:
        """Leaves word of how the job ended."""
        self._leave(directory, {"exit_code": exit_code, "problem": problem})

    def _leave(self, directory: Path, end: dict[str, Any]) -> None:
        state = {"number": self.number, "overrides": self.overrides, **end}
        write_json(directory / CELL, state)


def this_cell() -> Cell | None:
    """The cell that the running Hydra job is; None for a job that is no part of a sweep."""
    hydra = HydraConfig.get()
    if OmegaConf.is_missing(hydra.job, "num"):
        return None
    sweep, given = Path(hydra.sweep.dir).resolve(), Path(hydra.runtime.output_dir).resolve()
    at_once = read_state(sweep, SWEEP).get("cells_at_once", 1)
    overrides = as_written(hydra.overrides.task)
    return Cell(sweep, int(hydra.job.num), overrides, given, int(at_once), away=SweepCallback.directory is None)


def words_of_job(cell: Cell | None) -> dict[str, str]:
    """What a job's journal says of how it was started: its overrides, its sweep's, and Hydra's own config."""
    hydra = HydraConfig.get()
    words = {"overrides": json.dumps(as_written(hydra.overrides.task)), "hydra": OmegaConf.to_yaml(hydra)}
    if cell is not None:
        state = read_state(cell.sweep, SWEEP)
        words["sweep"] = json.dumps([*state.get("overrides", ()), *state.get("hydra", ())])
    return words


def quoted(path: Path) -> str:
    """A path as Hydra's override grammar reads it, blanks and commas included."""
    text = str(path).replace("'", "\\'")
    return f"'{text}'"
