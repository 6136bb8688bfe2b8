"""Hydra's own sweeper without what has been done already: composing the cells once more, and playing finished ones."""

# ruff: noqa: E402

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins

Plugins.instance()  # it executes the modules of Hydra's plugins anew: what is imported before is another class
# isort: split

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig

from bargain.rundir.directory import read_state
from bargain.rundir.sweep import SWEEP
from bargain.sweeps.callback import leave_word
from bargain.sweeps.places import finished_run, planned_cell
from bargain.text import on_screen

Cells = Sequence[Sequence[str]]


class UnfinishedCells(BasicSweeper):
    """Launches the cells that are not finished. Each has been composed before, when the sweep's place was chosen."""

    def setup(self, *, config: DictConfig, **kwargs: Any) -> None:
        """As Hydra does."""
        super().setup(config=config, **kwargs)
        assert self.launcher is not None
        self.launcher = _LaunchUnfinished(self.launcher, Path(config.hydra.sweep.dir).resolve())

    def validate_batch_is_legal(self, batch: Cells) -> None:
        """Hydra would compose every cell once more; what cannot be composed was refused with the sweep's place."""


class _LaunchUnfinished(Launcher):
    """A launcher that is asked for the unfinished cells only; their numbers stay."""

    def __init__(self, launcher: Launcher, sweep: Path) -> None:
        self.launcher = launcher
        self.sweep = sweep

    def setup(self, **kwargs: Any) -> None:
        """The launcher is set up already."""

    def launch(self, job_overrides: Cells, initial_job_idx: int) -> list[JobReturn]:
        """What the jobs of the unfinished cells left."""
        begun = read_state(self.sweep, SWEEP).get("begun") or {}
        unfinished = []
        for number, cell in enumerate(job_overrides):
            directory = finished_run(self.sweep, begun, planned_cell(tuple(cell)))
            if directory is None:
                unfinished.append(number)
                continue
            print(f"already finished, nothing was called: {on_screen(str(directory))}", flush=True)
            leave_word(directory, initial_job_idx + number, cell, exit_code=0, problem="")
        returns: list[JobReturn] = []
        for first, end in _stretches(unfinished, apart=isinstance(self.launcher, BasicLauncher)):
            returns += self.launcher.launch(job_overrides[first:end], initial_job_idx=initial_job_idx + first)
        return returns


def _stretches(numbers: Sequence[int], *, apart: bool) -> Iterator[tuple[int, int]]:
    """Numbers that follow each other, as (first, end); all in one, gaps included, unless they may be played apart.

    A launcher numbers what it is given one after the other, and plays at once what it is given at once.
    """
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or (apart and numbers[index] != numbers[index - 1] + 1):
            yield numbers[start], numbers[index - 1] + 1
            start = index


def register_sweeper() -> None:
    """Puts it in the place of Hydra's own, as config/files.py does with Hydra's source of files; safe to call twice."""
    name = f"{BasicSweeper.__module__}.{BasicSweeper.__name__}"
    Plugins.instance().class_name_to_class[name] = UnfinishedCells
    logging.getLogger("alembic").setLevel(logging.WARNING)  # Optuna's, of a database that nobody asked for
