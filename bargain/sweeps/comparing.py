"""A sweep's last word: one table over its cells, the failed ones included, from what they left on disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from bargain.config.files import as_written
from bargain.records import PLAYERS
from bargain.results.tables import PLAIN, render, sweep_table, sweep_tables
from bargain.rundir.directory import read_state, write_json
from bargain.rundir.sweep import CELL, SWEEP, choices_of
from bargain.sweeps.callback import BAD_CONFIG
from bargain.text import on_screen

Cell = tuple[dict[str, str], dict[str, Any]]
"""A cell's overrides by key, and its summary."""


def compare(directory: Path, worst: int) -> int:
    """Prints the table and how to go on if cells are unfinished; marks the sweep finished if every cell is.

    Returns the exit code: 0, or the cells' highest, at least the `worst` job's.
    """
    paths = cell_directories(directory)
    cells = read_cells(paths)
    state = read_state(directory, SWEEP)
    missing = len(set(state.get("identities") or ())) > len(cells)  # a cell that broke off before it had a directory
    finished = bool(cells) and not missing and all(summary.get("state") == "finished" for _, summary in cells)
    write_json(directory / SWEEP, {**state, "state": "finished" if finished else "unfinished"})
    shown = scripts_last(cells)
    codes = [int(read_state(path, CELL).get("exit_code", 1)) for path in paths]
    code = 0 if finished else max([1, worst, *codes])
    if sys.stdout.isatty():
        console = Console(**PLAIN)
        for table in sweep_tables(shown, console.width):
            console.print(table)
    else:
        print(render(sweep_table(shown)))
    print(on_screen(str(directory)))
    if code:
        print(f"bargain: unfinished cells; go on with: bargain resume={on_screen(str(directory))}", file=sys.stderr)
    return code


def scripts_last(cells: Sequence[Cell]) -> list[Cell]:
    """The cells, with those at the foot in which a script has the one player's seat that in others a model has: the
    baseline."""
    seats = [summary.get("simulated_seats") for _, summary in cells]
    known = [each for each in seats if isinstance(each, list)]
    mixed = [role for role in PLAYERS if 0 < sum(role in each for each in known) < len(known)]
    last = {at for at, each in enumerate(seats) if len(mixed) == 1 and mixed[0] in (each or ())}
    return [cells[at] for at in sorted(range(len(cells)), key=lambda at: (at in last, at))]


def read_cells(paths: Sequence[Path]) -> list[Cell]:
    """Per cell, in the order of the directories: its overrides that differ between cells, by key, and its summary."""
    cells = []
    for path in paths:
        choices = choices_of(_overrides(path))
        refused = read_state(path, CELL).get("exit_code") == BAD_CONFIG
        cells.append((choices, {"state": "refused"} if refused else read_state(path)))
    common = {
        key
        for key in {key for choices, _ in cells for key in choices}
        if len({choices.get(key) for choices, _ in cells}) == 1
    }
    if len(cells) == 1:
        common = set()
    return [({key: value for key, value in choices.items() if key not in common}, state) for choices, state in cells]


def cell_directories(sweep: Path) -> list[Path]:
    """The directories of a sweep's cells in their order: those with a word of how they were begun, or a number."""
    found = {path for path in sweep.iterdir() if path.name.isdigit() and path.is_dir()}
    for path, inside, files in os.walk(sweep):
        if CELL in files:
            inside.clear()
            found.add(Path(path))

    def number(path: Path) -> tuple[int, str]:
        said = read_state(path, CELL).get("number")
        return (said if isinstance(said, int) else int(path.name) if path.name.isdigit() else 0, path.name)

    return sorted(found, key=number)


def _overrides(cell: Path) -> list[str]:
    said = read_state(cell, CELL).get("overrides")
    recorded = cell / ".hydra" / "overrides.yaml"
    if isinstance(said, list):
        return [str(each) for each in said]
    return as_written(OmegaConf.load(recorded)) if recorded.is_file() else []
