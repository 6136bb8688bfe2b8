"""What is wrong with a config, in one line with a suggestion: Hydra's and OmegaConf's errors, and unknown keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from bargain.config import schema
from bargain.config.files import config_dirs, place_of
from bargain.config.schema import section_of


def explain(error: BaseException, overrides: Sequence[str] = ()) -> str:
    """A Hydra or OmegaConf error as one line with a suggestion."""
    text = str(error)
    causes = [str(cause) for cause in (error.__cause__, error.__context__) if cause is not None]
    told = re.search(r"ConfigError raised while resolving interpolation: (.*?)(?:\n|$)", text)
    if told:
        return told.group(1)
    if re.search(r"Key 'experiment' not in|Could not override '[\w/]+@experiment\.", text):
        return (
            "experiment: its file lacks the first line  # @package _global_  which lets it set values of the whole "
            "config; experiments/ has examples"
        )
    missing = re.search(r"(?:Could not override '([^']+)'|Key '([^']+)' (?:is )?not in)", text)
    if missing and missing.group(1):
        path, _, name = missing.group(1).rpartition(".")
        return _no_such_key(f"{path}." if path else "", name)
    group = re.search(r"(?:Could not find|In .*: Could not load) '([^']+)'", text) or re.search(
        r"Could not override '([^']+)'\. No match", text
    )
    if group:
        return no_such_choice(group.group(1), overrides)
    wrong = re.search(r"(Value '.*?' of type '.*?' could not be converted to \w+)", " ".join([text, *causes]))
    key = re.search(r"full_key: (\S+)", " ".join([text, *causes]))
    if wrong:
        return f"{key.group(1) if key else 'config'}: {wrong.group(1)[0].lower()}{wrong.group(1)[1:]}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2]) if lines else type(error).__name__


def _no_such_key(path: str, name: str) -> str:
    node: Any = schema.Config
    for part in path.split("."):
        if part:
            field = {each.name: each for each in fields(node)}.get(part)
            node = section_of(str(field.type)) if field else None
            if node is None:
                return f"{path}{name}: not set by the preset; to add it write +{path}{name}=..."
    known = [each.name for each in fields(node)]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {path}{near[0]}?" if near else f"here are: {', '.join(known)}"
    return f"{path}{name}: no such key; {hint}"


def no_such_choice(choice: str, overrides: Sequence[str] = ()) -> str:
    """What there is instead of group/name."""
    group, _, name = choice.partition("/") if choice.startswith("experiment/") else choice.rpartition("/")
    folders = [place_of(each, group) for each in config_dirs(overrides)]
    known = sorted(
        {path.relative_to(each).with_suffix("").as_posix() for each in folders for path in each.rglob("*.yaml")}
    )
    if group == "hydra/sweeper":
        return f"hydra/sweeper={name}: this sweeper is not installed; without one give the values: -m seed=1,2,3"
    if not known:
        return f"{choice}: no such config group or file"
    alike = [each for each in known if each.rpartition("/")[2] == name]  # experiment=fig5
    near = alike or difflib.get_close_matches(name, known, 3)
    return f"{group}={name}: no such choice; " + (
        f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    )


def unknown_keys(data: dict[Any, Any], schema: Any, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """Every key that the schema does not have, as (path with a trailing dot, key, the known keys)."""
    known = {field.name: field for field in fields(schema)}
    for key, value in data.items():
        if key not in known:
            yield path, str(key), list(known)
            continue
        inner = section_of(str(known[key].type))
        if inner is not None and isinstance(value, dict):
            yield from unknown_keys(value, inner, f"{path}{key}.")
