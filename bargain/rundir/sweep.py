"""A sweep on disk: which directory a run is a cell of, and where the runs of a sweep lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bargain.rundir.record import JOURNAL
from bargain.text import name_of

SWEEP = "sweep.json"
CELL = "cell.json"
BUDGET = "budget.json"
_MARKS = (SWEEP, "multirun.yaml", BUDGET)
MOST_ABOVE = 3
"""So far above a cell its sweep may lie: hydra.sweep.subdir can have several parts."""


def sweep_of(directory: Path) -> Path | None:
    """The directory of the sweep that a run is a cell of; None for a run on its own."""
    above = Path(os.path.abspath(directory)).parents[:MOST_ABOVE]
    return next((each for each in above if any((each / mark).is_file() for mark in _MARKS)), None)


def choices_of(overrides: Iterable[str]) -> dict[str, str]:
    """The overrides of a cell by key, each value by its name (bargain.text.name_of), without quotes."""
    found = dict(each.lstrip("+~").partition("=")[::2] for each in overrides)
    return {key: name_of(value[1:-1] if _QUOTED.fullmatch(value) else value) for key, value in found.items()}


_QUOTED = re.compile(r"""(["']).*\1""", re.DOTALL)


def runs_below(sweep: Path) -> Iterator[Path]:
    """The run directories of a sweep that have a journal, wherever below it they lie, in order."""
    for path, directories, files in os.walk(sweep):
        directories.sort()
        if JOURNAL in files:
            directories.clear()
            yield Path(path)
