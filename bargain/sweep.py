"""A sweep: remembers where it lies, and compares its cells at the end.

The callback runs in the process that starts the sweep, whatever launcher plays the cells, so the comparison is built
from what the cells left on disk, the failed ones included.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from bargain.rundir import read_state, sweep_identity, write_json


class SweepCallback(Callback):
    """Writes sweep.json when a sweep starts. `directory` is the newest sweep's, None in a process that started none."""

    directory: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Marks the sweep's directory, so that the same command finds it again."""
        directory = Path(config.hydra.sweep.dir).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        SweepCallback.directory = directory
        overrides = list(config.hydra.overrides.task)
        if read_state(directory, "sweep.json"):
            print(f"goes on with the unfinished sweep {directory}", flush=True)
        write_json(
            directory / "sweep.json",
            {"identity": sweep_identity(overrides), "state": "running", "overrides": overrides},
        )


def read_cells(directory: Path) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Per cell of a sweep, in order: its overrides by key (only those that differ between cells), and its summary."""
    cells = []
    for path in sorted((each for each in directory.iterdir() if each.name.isdigit()), key=lambda each: int(each.name)):
        recorded = path / ".hydra" / "overrides.yaml"
        overrides = list(OmegaConf.load(recorded)) if recorded.is_file() else []
        choices = dict(str(each).lstrip("+~").partition("=")[::2] for each in overrides)
        cells.append((choices, read_state(path)))
    common = {
        key
        for key in {key for choices, _ in cells for key in choices}
        if len({choices.get(key) for choices, _ in cells}) == 1
    }
    if len(cells) == 1:
        common = set()
    return [({key: value for key, value in choices.items() if key not in common}, state) for choices, state in cells]


def close_sweep(directory: Path) -> bool:
    """Marks the sweep finished if every cell is; returns whether it is."""
    cells = read_cells(directory)
    finished = bool(cells) and all(summary.get("state") == "finished" for _, summary in cells)
    state = read_state(directory, "sweep.json")
    write_json(directory / "sweep.json", {**state, "state": "finished" if finished else "unfinished"})
    return finished
