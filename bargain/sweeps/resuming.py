"""What a recorded sweep may say when it is resumed: the directory may be a stranger's, the command line is yours."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.arguments import in_quotes
from bargain.config.files import allows_targets, as_written, load_yaml
from bargain.config.identity import key_of
from bargain.errors import ConfigError
from bargain.rundir.directory import read_state
from bargain.rundir.record import read_record
from bargain.rundir.sweep import SWEEP
from bargain.runs.resuming import say_again
from bargain.sweeps.places import begun_cells

_PLAIN = re.compile(
    r"hydra/launcher=(joblib|slurm|ray|basic)"
    r"|hydra\.launcher\.(n_jobs|array_parallelism|timeout_min|cpus_per_task|mem_gb|signal_delay_s|max_num_timeout|nodes"
    r"|tasks_per_node|partition|qos|account|constraint|name)=[\w.+-]*"
    r"|hydra\.sweep\.subdir=(?!/)(?!.*\.\.)([\w./-]|\$\{[\w.]+\})+"
    r"|hydra\.searchpath=\['/[^'\\]*'(,'/[^'\\]*')*\]"
    r"|hydra/sweeper=(basic|optuna)|hydra/sweeper/sampler=(tpe|random|grid|cmaes)"
    r"|hydra\.sweeper\.((max_batch_size|n_trials|n_jobs|sampler\.seed)=\d+|direction=(minimize|maximize))|hydra\.job\.chdir=(true|false)|hydra\.mode=(MULTIRUN|RUN)"
)
"""Overrides of Hydra's own that choose where cells are played, and no code."""


def is_swept(directory: Path) -> bool:
    """Whether a sweep lies in the directory, and no run."""
    return read_record(directory) is None and bool(begun_with(directory))


def begun_with(directory: Path) -> list[str]:
    """The overrides that a sweep was begun with, from the first file that has them; [] where no sweep lies.

    sweep.json and Hydra's multirun.yaml can be lost; then a cell's journal has them.
    """
    state = read_state(directory, SWEEP)
    said = [state.get("overrides"), state.get("hydra")]
    if all(isinstance(each, list) for each in said):
        return [str(each) for part in said for each in part or ()]
    with contextlib.suppress(ConfigError):
        recorded = OmegaConf.select(load_yaml(directory / "multirun.yaml"), "hydra.overrides")
        if isinstance(recorded, DictConfig):
            return [each for kind in ("task", "hydra") for each in as_written(recorded.get(kind))]
    for record in begun_cells(directory):
        with contextlib.suppress(ValueError):
            cell = json.loads(record.texts.get("sweep", "[]"))
            if cell and isinstance(cell, list):
                return [str(each) for each in cell]
    return []


def recorded_sweep(directory: Path, changes: Sequence[str]) -> list[str]:
    """The arguments that go on with the sweep of a directory. Raises ConfigError for what must be said again."""
    overrides = resumable(begun_with(directory), changes, directory)
    return ["-m", *overrides, *changes, f"hydra.sweep.dir={in_quotes(str(directory.resolve()))}"]


def resumable(said: Sequence[str], changes: Sequence[str], directory: Path) -> list[str]:
    """Of the overrides that a sweep was begun with those that go on: not those whose keys `changes` say anew.

    Raises ConfigError for one that could run code and that `changes`, the resume's own overrides, does not say again.
    """
    anew = {key_of(each) for each in changes}
    kept = []
    for each in said:
        if "hydra.sweep.dir=" in each or each in changes or key_of(each) in anew:
            continue
        hydras = each.lstrip("+~").startswith("hydra") or "@hydra" in each
        if (hydras and not _PLAIN.fullmatch(each.lstrip("+"))) or (
            allows_targets([each]) and not allows_targets(changes)
        ):
            raise ConfigError(say_again(directory, each))
        if not allows_targets([each]):
            kept.append(each)
    return kept
