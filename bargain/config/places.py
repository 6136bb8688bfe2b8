"""Hydra's `hydra.run.dir` and `hydra.sweep.dir`: resolvers that choose a directory, each once for a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from bargain.config.hydra_node import CheckedLoader
from bargain.errors import ConfigError

Choose = Callable[[Path, DictConfig], Path]
"""The directory under this root for this composed config, Hydra's own node included."""
_CHOSEN: dict[tuple[str, str], str] = {}
"""Directories that this process has chosen, by what they are for: Hydra resolves a path several times."""


def register_place(name: str, choose: Choose) -> None:
    """Makes a resolver `bargain_{name}_dir` of a choice; safe to call twice.

    Its second argument is Hydra's `now`, which is the same for all resolutions of one command.
    """

    def resolve(base: str, now: str, *, _root_: DictConfig, _parent_: DictConfig) -> str:
        key = str(_parent_._get_full_key(None))
        if key not in ("hydra.run", "hydra.sweep"):  # it makes a directory, so no other key may call it
            raise ConfigError(f"{key or 'the config'}: only hydra.run.dir and hydra.sweep.dir may choose a directory")
        if CheckedLoader.is_composing:
            raise ConfigError(f"{key}.dir: no directory is chosen before the config is checked")
        if (name, now) not in _CHOSEN:
            _CHOSEN[name, now] = str(choose(Path(base), _root_))
        return _CHOSEN[name, now]

    if not OmegaConf.has_resolver(f"bargain_{name}_dir"):
        OmegaConf.register_new_resolver(f"bargain_{name}_dir", resolve)


def without_hydra(config: DictConfig) -> DictConfig:
    """The config that is played."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
