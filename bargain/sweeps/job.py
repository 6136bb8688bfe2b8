"""One run as a job of Hydra's: what the command, a sweep's launcher on any machine and a notebook call."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bargain.config.compose import checked_before
from bargain.errors import ConfigError, disk_problem, in_words
from bargain.results.objective import objective, objective_problem
from bargain.rundir.directory import remove_unused
from bargain.runs.log import show_crash, tell
from bargain.sweeps.callback import BAD_CONFIG, is_searched, this_cell, words_of_job
from bargain.sweeps.launching import TERMINATED, Jobs

if TYPE_CHECKING:
    from bargain.results.summary import RunSummary


def job(cfg: DictConfig) -> float | None:
    """One Hydra job: plays one run in the directory that Hydra chose. Also what launchers call on other machines.

    Returns the run's objective, for a sweeper that searches; None for a run that did not finish. A run that was
    interrupted raises KeyboardInterrupt, so that a sweep does not start its next cell. One that was terminated on
    another machine ends its process there: Slurm and Ray start it again, if it is to go on.
    """
    from bargain.runs.runner import play

    directory = Path(HydraConfig.get().runtime.output_dir).resolve()
    cell = this_cell()
    at_once = cell.at_once if cell else 1
    shown = at_once == 1 or not sys.stderr.isatty()
    found: float | None = None
    try:
        typed = checked_before(cfg)
        if is_searched(cell) and objective_problem(typed):
            raise ConfigError(objective_problem(typed))
        if cell is not None:
            directory = cell.begins(typed)
        summary = play(
            typed,
            directory,
            show_progress=shown,
            cells_at_once=at_once,
            words=words_of_job(cell),
            name=cell.name if cell else "",
        )
        problem, code = summary.problem, show(summary)
        found = objective(summary.by_round, typed) if code == 0 else None
    except ConfigError as error:
        problem, code = in_words(error), refuse(str(error))
        if cell is None:
            remove_unused(directory)
    except Exception as error:  # code of one's own: told in full, and a sweep plays its other cells
        problem, code = disk_problem(error), 1
        if problem:
            tell(problem)
        else:
            problem = in_words(error)
            show_crash(type(error), error, error.__traceback__)
    if cell is not None:
        with contextlib.suppress(OSError):
            cell.ended(directory, code, problem)
        if cell.away and code == TERMINATED:
            os._exit(code)
    Jobs.code = max(Jobs.code, code)
    if code >= 128:
        raise KeyboardInterrupt
    return found


def show(summary: RunSummary) -> int:
    """Prints how a run ended; its exit code."""
    print(summary, flush=True)
    if summary.problem:
        tell(summary.problem)
    return summary.exit_code


def refuse(line: str) -> int:
    """Tells of what cannot be played, where an error is being handled."""
    if Jobs.in_full:
        show_crash(*cast(Any, sys.exc_info()))
    tell(line)
    return BAD_CONFIG
