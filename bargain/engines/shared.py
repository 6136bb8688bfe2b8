"""Small things that every kind of engine needs: its options out of the config, sound text, sound counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bargain.config.schema import EngineConfig

FIRST_WORDS = "Begin."
"""What the user says where a chat opens with the assistant's own words and the server wants the user first."""


def plain(node: Any) -> dict[str, Any]:
    """A config mapping (OmegaConf node or dict) as plain dicts and lists, in its own order."""

    def convert(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): convert(inner) for key, inner in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return [convert(inner) for inner in value]
        return value

    return cast(dict[str, Any], convert(node or {}))


def known(config: EngineConfig, names: frozenset[str] | set[str], where: str) -> dict[str, Any]:
    """config.options as a plain dict. Raises ValueError for a name that is not among `names`."""
    options = plain(config.options)
    for name in options:
        if name not in names:
            has = f"it knows {', '.join(sorted(names))}" if names else "it has none"
            raise ValueError(f"{where}: unknown option options.{name}; {has}")
    return options


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The mapping under this name, {} for whatever else stands there."""
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def count(value: object) -> int:
    """A token count as a provider reports it, 0 if it is missing or no count."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12 else 0


def sound(text: str) -> str:
    """The text with lone surrogates (JSON can carry them, UTF-8, SQLite and files cannot) paired or replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
