"""What a recorded sweep may say when it is resumed: the directory may be a stranger's, the command line is yours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.files import allows_targets, as_written
from bargain.errors import ConfigError

_PLAIN = re.compile(
    r"hydra/launcher=(joblib|slurm|ray|basic)"
    r"|hydra\.launcher\.(n_jobs|array_parallelism|timeout_min|cpus_per_task|mem_gb|signal_delay_s|max_num_timeout|nodes"
    r"|tasks_per_node|partition|qos|account|constraint|name)=[\w.+-]*"
    r"|hydra\.sweeper\.max_batch_size=\d+|hydra\.job\.chdir=(true|false)|hydra\.mode=(MULTIRUN|RUN)"
)
"""Overrides of Hydra's own that choose where cells are played, and no code."""


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


def say_again(directory: Path, override: str) -> str:
    """The refusal of a recorded override that could run code."""
    return (
        f"{directory} was begun with {override}; if you trust it, say it again: bargain resume={directory} {override}"
    )
