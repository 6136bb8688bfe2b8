"""How many cells of a sweep have no directory yet: what its overrides ask for, less what is there."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml


def cells_to_come(paths: Sequence[Path]) -> int:
    """The cells that the unfinished sweeps of these run directories have not begun; 0 where that is unknown."""
    begun = Counter(path.parent for path in paths if path.name.isdigit())
    return sum(max(_planned(sweep) - cells, 0) for sweep, cells in begun.items() if _is_open(sweep))


def _is_open(sweep: Path) -> bool:
    try:
        data = json.loads((sweep / "sweep.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and data.get("state") != "finished"


@lru_cache(maxsize=256)
def _planned(sweep: Path) -> int:
    """The product of the choices in multirun.yaml, which Hydra writes once, when a sweep starts."""
    try:
        hydra = yaml.safe_load((sweep / "multirun.yaml").read_bytes())["hydra"]
        params = [f"{key}={value}" for key, value in (hydra["sweeper"].get("params") or {}).items()]
        return math.prod(_choices([*params, *hydra["overrides"]["task"]]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return 0


def _choices(overrides: list[str]) -> list[int]:
    """How many values each override has. A glob has as many as there are files: unknown, and so nothing is promised."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ValueType
    from hydra.errors import HydraException

    try:
        parsed = OverridesParser.create().parse_overrides(overrides)
    except HydraException:
        return [0]
    return [
        0 if each.value_type == ValueType.GLOB_CHOICE_SWEEP else sum(1 for _ in each.sweep_iterator())
        for each in parsed
        if each.is_sweep_override()
    ]
