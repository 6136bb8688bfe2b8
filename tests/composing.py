"""Composes configs for tests of what is played, not of composing: the same choices are put together once a process.

Hydra sets values after it has put the files together, and that is done here too, by Hydra, on a copy.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Sequence

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from bargain.config.compose import checked, composed
from bargain.config.explain import explain
from bargain.config.follow import with_followers
from bargain.errors import ConfigError

_VALUE = re.compile(r"(?!\+*hydra\.)(\+*\w+\.[\w.]+|seed|n_games|mode|scoring|objective|retry_failed)=")
"""An override that sets a value: `seed=2`, `item.cost=8`; none: `item=balloon`, `prompt/seller=v1`, `+own=mine`."""


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """As `bargain.compose`, where the files that are chosen do not change while the process lives."""
    words = with_followers(overrides)
    values = [word for word in words if _VALUE.match(word)]
    cfg = copy.deepcopy(_chosen(tuple(word for word in words if word not in values)))
    try:
        ConfigLoaderImpl._apply_overrides_to_config(OverridesParser.create().parse_overrides(values), cfg)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error, overrides)) from error
    return checked(cfg)


@functools.cache
def _chosen(choices: tuple[str, ...]) -> DictConfig:
    return composed(choices)
