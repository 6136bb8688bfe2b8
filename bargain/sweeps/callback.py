"""What a sweep leaves on disk: sweep.json, what it is and how it was begun; cell.json, what a cell is and how it ended.

The callback runs in the process that starts the sweep, whatever launcher plays the cells and wherever.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from bargain.config.arguments import in_quotes
from bargain.config.compose import plain_of
from bargain.config.explain import explain
from bargain.config.files import as_written, task_overrides
from bargain.config.identity import identity
from bargain.errors import ConfigError, disk_problem
from bargain.rundir.directory import read_state, remove_unused, write_json
from bargain.rundir.sweep import CELL, SWEEP
from bargain.sweeps.cells import cells_at_once
from bargain.sweeps.places import (
    cell_directory,
    identity_of_sweep,
    planned_cells,
    refuse_unplayable,
    where_begun,
)
from bargain.text import on_screen
from bargain.tracking.wandb import by_agent

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
            begun = where_begun(directory, planned)
            refuse_unplayable(planned, directory, begun)
            directory.mkdir(parents=True, exist_ok=True)
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
            if problem := disk_problem(error):
                raise CannotStart(problem) from None
            if isinstance(error, InterpolationResolutionError):  # the choice of the directory refused
                raise CannotStart(explain(error), BAD_CONFIG) from None
            raise
        SweepCallback.directory = directory
        config.hydra.overrides.hydra.append(
            f"hydra.sweep.dir={in_quotes(str(directory))}"
        )  # for cells in other processes
        if begun:
            print(f"goes on with the unfinished sweep {on_screen(str(directory))}", flush=True)
        write_json(directory / SWEEP, {**state, "cells_at_once": cells_at_once(config, cells)})

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Lets go of the job's configs, which Hydra keeps to the end of the sweep; they are full of cycles."""
        job_return.cfg = job_return.hydra_cfg = None
        gc.collect()


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a sweep that this process plays. state: what sweep.json said when it began."""

    sweep: Path
    number: int
    overrides: list[str]
    given: Path
    """The directory that Hydra made for it."""
    state: dict[str, Any]
    away: bool
    """Whether it plays in another process than the one that started the sweep."""

    @property
    def name(self) -> str:
        """Which of the sweep's cells it is."""
        cells = self.state.get("cells")
        return f"cell {self.number + 1}" + (f" of {cells}" if cells else "")

    @property
    def at_once(self) -> int:
        """So many cells play at the same time."""
        return int(self.state.get("cells_at_once", 1))

    def begins(self, cfg: DictConfig) -> Path:
        """Where the cell with this checked config is played. Raises ConfigError for one that was not planned."""
        wanted = identity(plain_of(cfg))
        planned = self.state.get("identities") or []
        if planned and wanted not in planned:
            raise ConfigError(
                f"cell {self.number} is not what the sweep began with: a file that it names was edited meanwhile; "
                "start the sweep again"
            )
        directory = cell_directory(self.sweep, self.given, wanted, self.state.get("begun") or {})
        if directory != self.given:
            remove_unused(self.given)
            directory.mkdir(exist_ok=True)  # Hydra made the other one
        leave_word(directory, self.number, self.overrides)
        return directory

    def ended(self, directory: Path, exit_code: int, problem: str) -> None:
        """Leaves word of how the job ended."""
        leave_word(directory, self.number, self.overrides, exit_code=exit_code, problem=problem)


def leave_word(directory: Path, number: int, overrides: Sequence[str], **end: int | str) -> None:
    """Says in a cell's directory which cell it is and, once it is over, how it ended."""
    state = {"number": number, "overrides": list(overrides), **end}
    if read_state(directory, CELL) != state:
        write_json(directory / CELL, state)


def this_cell() -> Cell | None:
    """The cell that the running Hydra job is; None for a job that is no part of a sweep."""
    hydra = HydraConfig.get()
    if OmegaConf.is_missing(hydra.job, "num"):
        return None
    sweep, given = Path(hydra.sweep.dir).resolve(), Path(hydra.runtime.output_dir).resolve()
    overrides, state = as_written(hydra.overrides.task), read_state(sweep, SWEEP)
    return Cell(sweep, int(hydra.job.num), overrides, given, state, away=SweepCallback.directory is None)


def is_searched(cell: Cell | None) -> bool:
    """Whether the running job is one of a search: a cell that another sweeper than Hydra's own chose, a W&B agent's."""
    return by_agent() or (cell is not None and not cell.state.get("identities"))


def words_of_job(cell: Cell | None) -> dict[str, str]:
    """What a job's journal says of how it was started: its overrides, its sweep's, and Hydra's own config."""
    hydra = HydraConfig.get()
    words = {"overrides": json.dumps(as_written(hydra.overrides.task)), "hydra": OmegaConf.to_yaml(hydra)}
    if cell is not None:
        words["sweep"] = json.dumps([*cell.state.get("overrides", ()), *cell.state.get("hydra", ())])
    return words
