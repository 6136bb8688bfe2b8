"""How many cells of a sweep have no directory yet: those that sweep.json counts, less what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bargain.rundir.directory import read_state
from bargain.rundir.sweep import SWEEP, sweep_of


def cells_to_come(paths: Sequence[Path]) -> int:
    """The cells that the unfinished sweeps of these run directories have not begun; 0 where that is unknown."""
    begun = Counter(sweep for path in paths if (sweep := sweep_of(path)) is not None)
    return sum(max(_planned(sweep) - cells, 0) for sweep, cells in begun.items())


def _planned(sweep: Path) -> int:
    """The cells of a sweep that is not finished; 0 for one that is, or says nothing."""
    data = read_state(sweep, SWEEP)
    cells = data.get("cells") if data.get("state") != "finished" else None
    return cells if isinstance(cells, int) else 0
