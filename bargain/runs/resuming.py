"""A run goes on in its own directory with the config of its journal: more games or rounds, or what decides no game.

A directory may come from a stranger: what code beside bargain's it may run is said anew on the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.compose import checked, compose, register_with_hydra
from bargain.config.files import allows_targets
from bargain.config.identity import FREE_TO_CHANGE, GROWS, PACE, may_change
from bargain.config.recorded import recorded_config
from bargain.errors import ConfigError


def is_hydras(override: str) -> bool:
    """Whether an override is for Hydra itself."""
    return override.lstrip("+").startswith(("hydra.", "hydra/"))


def check_changes(changes: Sequence[str]) -> None:
    """Raises ConfigError for an override that would decide other games."""
    for change in changes:
        key = change.lstrip("+").split("=")[0]
        if not may_change(key) and key not in (*GROWS, "allow_targets") and not is_hydras(change):
            free = f"{', '.join(FREE_TO_CHANGE)}, an engine's {', '.join(PACE)} and, upwards, {' and '.join(GROWS)}"
            raise ConfigError(f"{change}: a resumed run keeps its config; only {free} may change")


def recorded_run(directory: Path, changes: Sequence[str]) -> DictConfig:
    """The config that a run was begun with, with these overrides. Raises ConfigError for a directory without one."""
    register_with_hydra()
    cfg = recorded_config(directory)
    if cfg.get("allow_targets") and not allows_targets(changes):
        raise ConfigError(say_again(directory, f"allow_targets=[{','.join(map(str, cfg.allow_targets))}]"))
    tracking = [change for change in changes if change.startswith("tracking=")]
    if tracking:
        cfg.tracking = compose(tracking).tracking
    overrides = OmegaConf.from_dotlist([each for each in changes if not is_hydras(each) and each not in tracking])
    return checked(DictConfig(OmegaConf.merge(cfg, overrides)))


def say_again(directory: Path, override: str) -> str:
    """The refusal of a recorded override that could run code."""
    return (
        f"{directory} was begun with {override}; if you trust it, say it again: bargain resume={directory} {override}"
    )
