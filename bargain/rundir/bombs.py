"""A few lines of YAML can name each other so that they unfold into gigabytes, or contain themselves."""

from __future__ import annotations

import re
from typing import Any

import yaml

from bargain.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_NODES = 20_000


def refuse_bombs(text: bytes, where: str) -> None:
    """Raises ConfigError, naming `where`, for a text that is too large or unfolds into too much."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{where}: it is larger than {MAX_BYTES:,} bytes, which no config is")
    if re.search(rb"[\s\[,{]\*\w", text) and _unfolded(yaml.compose(text, Loader=yaml.SafeLoader), {}) > MAX_NODES:
        raise ConfigError(f"{where}: its YAML aliases unfold into more than {MAX_NODES:,} values, which no config has")


def _unfolded(node: Any, known: dict[int, int]) -> int:
    """How many values a YAML node stands for, aliases followed."""
    if id(node) not in known:
        known[id(node)] = MAX_NODES + 1  # while it is being counted: a node within itself never ends
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        inner = [each for part in parts for each in (part if isinstance(part, tuple) else (part,))]
        known[id(node)] = 1 + sum(_unfolded(each, known) for each in inner)
    return known[id(node)]
