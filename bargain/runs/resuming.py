"""A run goes on in its own directory, with the config that lies there; only what does not decide its games may change.

A directory may come from a stranger: what code beside bargain's it may run is said anew on the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.compose import checked, register_with_hydra
from bargain.config.files import allows_targets, load_yaml
from bargain.config.identity import FREE_TO_CHANGE, PACE, may_change
from bargain.errors import ConfigError


def is_hydras(override: str) -> bool:
    """Whether an override is for Hydra itself."""
    return override.lstrip("+").startswith(("hydra.", "hydra/"))


def check_changes(changes: Sequence[str]) -> None:
    """Raises ConfigError for an override that would decide other games."""
    for change in changes:
        key = change.lstrip("+").split("=")[0]
        if not may_change(key) and key != "allow_targets" and not is_hydras(change):
            free = f"{', '.join(FREE_TO_CHANGE)} and an engine's {', '.join(PACE)}"
            raise ConfigError(f"{change}: a resumed run keeps its config; only {free} may change")


def recorded_run(directory: Path, changes: Sequence[str]) -> DictConfig:
    """The config that a run was begun with, with these overrides. Raises ConfigError for a directory without one."""
    config = directory / ".hydra" / "config.yaml"
    if not config.is_file():
        raise ConfigError(f"resume: {directory} holds no run (no .hydra/config.yaml); name a run or sweep directory")
    register_with_hydra()
    cfg = load_yaml(config)
    if cfg.get("allow_targets") and not allows_targets(changes):
        raise ConfigError(say_again(directory, f"allow_targets=[{','.join(map(str, cfg.allow_targets))}]"))
    overrides = OmegaConf.from_dotlist([change for change in changes if not is_hydras(change)])
    return checked(DictConfig(OmegaConf.merge(cfg, overrides)))


def say_again(directory: Path, override: str) -> str:
    """The refusal of a recorded override that could run code."""
    return (
        f"{directory} was begun with {override}; if you trust it, say it again: bargain resume={directory} {override}"
    )
