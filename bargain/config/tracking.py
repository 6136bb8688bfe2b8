"""The keys of `tracking`: a few that every tracker has, and those that the chosen one declares.

    class MlflowTracker:
        options = MlflowConfig      # a dataclass that extends TrackingConfig; its __post_init__ may raise ValueError

A tracker without `options` gets whatever keys the config has.
"""

from __future__ import annotations

import difflib
from dataclasses import fields
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.config.schema import TrackingConfig
from bargain.config.targets import locate
from bargain.errors import ConfigError


def type_tracking(cfg: DictConfig) -> None:
    """Types cfg.tracking as its tracker declares; the target must have been checked by now.

    Raises ConfigError for a wrong key and for what the tracker refuses, OmegaConfBaseException for a wrong type.
    """
    tracker = locate(cfg.tracking._target_, list(cfg.allow_targets))
    options: Any = getattr(tracker, "options", None)
    schema = OmegaConf.create({"tracking": OmegaConf.structured(options or TrackingConfig)})
    OmegaConf.set_struct(schema.tracking, options is not None)
    if options is not None:
        known = [option.name for option in fields(options)]
        for name in map(str, cfg.tracking):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean tracking.{near[0]}?" if near else f"it has {', '.join(known)}"
                raise ConfigError(f"tracking.{name}: no such key; {hint}")
    typed = OmegaConf.merge(schema, {"tracking": cfg.tracking})
    if options is not None:
        try:
            OmegaConf.to_object(typed.tracking)
        except ValueError as error:
            raise ConfigError(str(error)) from error
    cfg.tracking = typed.tracking
