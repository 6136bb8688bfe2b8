"""A sweep's last word: one table over its cells, the failed ones included, from what they left on disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from bargain.config.files import as_written
from bargain.results.tables import PLAIN, render, sweep_table
from bargain.rundir.directory import read_state, write_json


def compare(directory: Path, worst: int) -> int:
    """Prints the table and how to go on if cells are unfinished. Returns the exit code, at least the `worst` job's."""
    code = close_sweep(directory)
    code = code and max(code, worst)
    table = sweep_table(read_cells(directory))
    if sys.stdout.isatty():
        Console(**PLAIN).print(table)
    else:
        print(render(table, 140))
    print(directory)
    if code:
        print(f"bargain: unfinished cells; go on with: bargain resume={directory}", file=sys.stderr)
    return code


def read_cells(directory: Path) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Per cell of a sweep, in order: its overrides by key (only those that differ between cells), and its summary."""
    cells = []
    for path in sorted((each for each in directory.iterdir() if each.name.isdigit()), key=lambda each: int(each.name)):
        recorded = path / ".hydra" / "overrides.yaml"
        overrides = as_written(OmegaConf.load(recorded)) if recorded.is_file() else []
        choices = dict(str(each).lstrip("+~").partition("=")[::2] for each in overrides)
        refused = read_state(path, "cell.json").get("exit_code") == 2
        cells.append((choices, read_state(path) or ({"state": "refused"} if refused else {})))
    common = {
        key
        for key in {key for choices, _ in cells for key in choices}
        if len({choices.get(key) for choices, _ in cells}) == 1
    }
    if len(cells) == 1:
        common = set()
    return [({key: value for key, value in choices.items() if key not in common}, state) for choices, state in cells]


def close_sweep(directory: Path) -> int:
    """Marks the sweep finished if every cell is; returns its exit code: 0, or the cells' highest."""
    cells = read_cells(directory)
    finished = bool(cells) and all(summary.get("state") == "finished" for _, summary in cells)
    state = read_state(directory, "sweep.json")
    write_json(directory / "sweep.json", {**state, "state": "finished" if finished else "unfinished"})
    codes = [int(read_state(path.parent, path.name).get("exit_code", 1)) for path in directory.glob("*/cell.json")]
    return 0 if finished else max([1, *codes])
