"""A sweep on disk: which directory a run is a cell of, and where the runs of a sweep lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bargain.rundir.record import JOURNAL

SWEEP = "sweep.json"
BUDGET = "budget.json"
_MARKS = (SWEEP, "multirun.yaml", BUDGET)
MOST_ABOVE = 3
"""So far above a cell its sweep may lie: hydra.sweep.subdir can have several parts."""


def sweep_of(directory: Path) -> Path | None:
    """The directory of the sweep that a run is a cell of; None for a run on its own."""
    above = Path(os.path.abspath(directory)).parents[:MOST_ABOVE]
    return next((each for each in above if any((each / mark).is_file() for mark in _MARKS)), None)


def runs_below(sweep: Path) -> Iterator[Path]:
    """The run directories of a sweep that have a journal, wherever below it they lie, in order."""
    for path, directories, files in os.walk(sweep):
        directories.sort()
        if JOURNAL in files:
            directories.clear()
            yield Path(path)
