"""What is wrong with a config, in one line with a suggestion: Hydra's and OmegaConf's errors, and unknown keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bargain.config import schema
from bargain.config.files import config_dirs, place_of
from bargain.config.schema import section_of


def explain(error: BaseException, overrides: Sequence[str] = ()) -> str:
    """A Hydra or OmegaConf error as one line with a suggestion, which begins with the file that it is about."""
    said = re.match(r"In '(.+?)': ", str(error))
    file = _file_of(said.group(1), overrides) if said else None
    problem = _problem(error, file, overrides)
    return problem if file is None else f"{file}: {problem}"


def _file_of(name: str, overrides: Sequence[str]) -> Path | None:
    """The file of one's own that Hydra names as group/name; None for bargain's."""
    _, *folders = config_dirs(overrides)
    files = [place_of(folder, f"{name.removesuffix('.yaml')}.yaml") for folder in folders]
    return next((file for file in files if file.is_file()), None)


def _problem(error: BaseException, file: Path | None, overrides: Sequence[str]) -> str:
    text = str(error)
    causes = [str(cause) for cause in (error.__cause__, error.__context__) if cause is not None]
    told = re.search(r"ConfigError raised while resolving interpolation: (.*?)(?:\n|$)", text)
    if told:
        return told.group(1)
    folder = file.parent.name if file else "experiment"
    if re.search(rf"Key '{folder}' not in 'Config'|Could not override '[\w/]+@experiment\.", text):
        return (
            f"{'' if file else 'experiment: '}its file lacks the first line  # @package _global_  which lets it set "
            "values of the whole config; experiments/ has examples"
        )
    missing = re.search(r"(?:Could not override '([^']+)'|Key '([^']+)' (?:is )?not in '(\w+)')", text)
    if missing and file:
        return _no_such_key_in_file(*missing.groups())
    if missing and missing.group(1):
        path, _, name = missing.group(1).rpartition(".")
        return _no_such_key(f"{path}." if path else "", name)
    group = re.search(r"(?:Could not find|In .*: Could not load) '([^']+)'", text) or re.search(
        r"Could not override '([^']+)'\. No match", text
    )
    if group:
        return no_such_choice(group.group(1), overrides)
    everything = " ".join([text, *causes])
    wrong = re.search(r"(Value '.*?' of type '.*?' could not be converted to \w+)", everything)
    key = re.search(r"full_key: (\S+)", everything)
    if choice := re.search(r"Invalid value ('.*?'), expected one of \[(.*?)\]", everything):
        return f"{key.group(1) if key else 'config'} must be {choice[2].replace(', ', ' or ')}, got {choice[1]}"
    if choice := re.search(r"Value (.*?) \(\w+\) is not a valid input for <enum '(\w+)'>", everything):
        key = key or re.search(r"Error merging override \+*([\w.]+)=", everything)
        return f"{key.group(1) if key else 'it'} must be {' or '.join(getattr(schema, choice[2]))}, got {choice[1]}"
    if wrong:
        return f"{key.group(1) if key else 'config'}: {wrong.group(1)[0].lower()}{wrong.group(1)[1:]}"
    if left_out := re.search(r"override (~\S+)\s+\w+ \(DictConfig\) does not support deletion", everything):
        return not_left_out(left_out.group(1))
    if unset := re.search(r"field '(\w+)' is not Optional", everything):
        return f"{unset.group(1)}: it cannot be null"
    if told := re.search(r"Merge error: (\w+) is not a subclass of (\w+)Config\. value: (.*)", text):
        section = told.group(2).lower()
        return f"{told.group(3)!r} is no {section}; a file chooses one in its defaults list: - override /{section}: ..."
    lines = [line.strip() for each in (text, *causes) for line in each.splitlines() if line.strip()]
    return " ".join(lines[:2]) if lines else type(error).__name__


def _no_such_key_in_file(override: str | None, key: str | None, section: str | None) -> str:
    if override:  # 'experiment/game@game': without the slash, or in a file that is no experiment
        group = override.partition("@")[0].rpartition("/")[2]
        near = difflib.get_close_matches(group, [each.name for each in fields(schema.Config)], 1) or ["game"]
        return f"override {group}: there is no such choice here; an experiment's file has  - override /{near[0]}: ..."
    known = [each.name for each in fields(getattr(schema, section or ""))]
    near = difflib.get_close_matches(key or "", known, 1)
    return f"{key}: no such key; " + (f"did you mean {near[0]}?" if near else f"here are: {', '.join(known)}")


def _no_such_key(path: str, name: str) -> str:
    node: Any = schema.Config
    for part in path.split("."):
        if part:
            field = {each.name: each for each in fields(node)}.get(part)
            node = section_of(str(field.type)) if field else None
            if node is None:
                return f"{path}{name}: not set by the preset; to add it write +{path}{name}=..."
    known = [each.name for each in fields(node)]
    if name in known:
        return f"{path}{name}: the preset sets no such key in it; to add it write +{path}{name}=..."
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {path}{near[0]}?" if near else f"here are: {', '.join(known)}"
    return f"{path}{name}: no such key; {hint}"


def not_left_out(override: str) -> str:
    """What to do instead of ~KEY or ~KEY=VALUE."""
    key = override.lstrip("~").partition("=")[0]
    return f"~{key}: it cannot be left out; set or choose something else with {key}=..."


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
    meant = "none" if name == "null" else name
    near = alike or difflib.get_close_matches(meant, known, 3)
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
