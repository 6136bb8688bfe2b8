"""Work that Hydra does for every config it composes and that comes to nothing; left out, a compose takes a third less.

For each file it makes a config of all choices, which only references in a defaults list (`item: ${game}`) are looked up
in. And it copies the store of structured configs, which gives out copies anyway.
"""

from __future__ import annotations

from typing import Any

from hydra._internal import defaults_list as hydra_defaults
from hydra.core.config_store import ConfigStore
from hydra.core.default_element import InputDefault
from omegaconf import DictConfig, OmegaConf

_choices_by_name = hydra_defaults._create_interpolation_map


def take_shortcuts() -> None:
    """From now on Hydra does none of it. Repeatable."""
    hydra_defaults._create_interpolation_map = _choices_where_asked_for
    ConfigStore.__deepcopy__ = _itself  # type: ignore[attr-defined]


def _choices_where_asked_for(overrides: Any, defaults_list: list[InputDefault], self_added: bool) -> DictConfig:
    if any(default.is_interpolation() for default in defaults_list):
        return _choices_by_name(overrides, defaults_list, self_added)
    return OmegaConf.create()


def _itself(store: ConfigStore, memo: dict[int, Any]) -> ConfigStore:
    return store
