"""What a recorded sweep may say when it is resumed: the directory may be a stranger's, the command line is yours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.files import allows_targets, as_written, load_yaml
from bargain.errors import ConfigError
from bargain.runs.resuming import say_again
from bargain.sweeps.callback import quoted

_PLAIN = re.compile(
    r"hydra/launcher=(joblib|slurm|ray|basic)"
    r"|hydra\.launcher\.(n_jobs|array_parallelism|timeout_min|cpus_per_task|mem_gb|signal_delay_s|max_num_timeout|nodes"
    r"|tasks_per_node|partition|qos|account|constraint|name)=[\w.+-]*"
    r"|hydra\.sweeper\.max_batch_size=\d+|hydra\.job\.chdir=(true|false)|hydra\.mode=(MULTIRUN|RUN)"
)
"""Overrides of Hydra's own that choose where cells are played, and no code."""


def is_swept(directory: Path) -> bool:
    """Whether a sweep lies in the directory."""
    return (directory / "multirun.yaml").is_file()


def recorded_sweep(directory: Path, changes: Sequence[str]) -> list[str]:
    """The arguments that go on with the sweep of a directory. Raises ConfigError for what must be said again."""
    overrides = resumable(load_yaml(directory / "multirun.yaml"), changes, directory)
    return ["-m", *overrides, *changes, f"hydra.sweep.dir={quoted(directory.resolve())}"]


def resumable(multirun: DictConfig, changes: Sequence[str], directory: Path) -> list[str]:
    """The overrides that a sweep was begun with, from its multirun.yaml.

    Raises ConfigError for one that could run code and that `changes`, the resume's own overrides, does not say again.
    """
    recorded = OmegaConf.select(multirun, "hydra.overrides")
    if not isinstance(recorded, DictConfig):
        raise ConfigError(f"{directory}/multirun.yaml holds no sweep")
    said = [each for kind in ("task", "hydra") for each in as_written(recorded.get(kind))]
    kept = []
    for each in said:
        if "hydra.sweep.dir=" in each or each in changes:
            continue
        hydras = each.lstrip("+~").startswith("hydra") or "@hydra" in each
        if (hydras and not _PLAIN.fullmatch(each.lstrip("+"))) or (
            allows_targets([each]) and not allows_targets(changes)
        ):
            raise ConfigError(say_again(directory, each))
        if not allows_targets([each]):
            kept.append(each)
    return kept
