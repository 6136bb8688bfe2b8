"""The command line as people write it, made what Hydra reads: -m anywhere, and texts without a second pair of quotes.

    feedback.text="Be firm, but polite."       the shell takes the quotes; a comma and a blank are still one text
    item.currency=€                            no character of Hydra's grammar, so a text
    seller.engine.base_url=http://[::1]:8000   the same
    seed=0,1                                   without -m: told in one line

What can be read in two ways is refused in one line that says how to write either.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from bargain.config import schema
from bargain.config.slips import slip, with_every_seat
from bargain.errors import ConfigError

_FLAGS = ("-m", "--multirun", "--resolve")
_WITH_VALUE = ("--config-dir", "-cd", "--config-path", "-cp", "--config-name", "-cn", "--package", "-p", "--cfg", "-c")
_OVERRIDE = re.compile(r"([+~]{0,2}[\w./@:$-]+)=(.*)", re.DOTALL)
_STRUCTURE = ("[", "{", "'", '"')
"""How a value begins that is meant as a list, a mapping or a text with quotes of its own."""


def is_sweep(arguments: Sequence[str]) -> bool:
    """Whether these arguments ask for a sweep."""
    return any(argument in ("-m", "--multirun") for argument in arguments)


def understood(arguments: Sequence[str]) -> list[str]:
    """The arguments with Hydra's options first and every override as its grammar has it.

    Raises ConfigError for an option that is none and for a value that can be read in two ways.
    """
    options: list[str] = []
    overrides: list[str] = []
    rest = iter(arguments)
    for each in rest:
        if each in _FLAGS or each.partition("=")[0] in _WITH_VALUE:
            options += [each, *([next(rest, "")] if each in _WITH_VALUE else [])]
        else:
            overrides.append(each)
    unknown = [each for each in get_args_parser().parse_known_args([*options, *overrides])[1] if each.startswith("-")]
    if unknown:
        raise ConfigError(f"{unknown[0]}: no such option; bargain --help shows what there is")
    parser, sweep = OverridesParser.create(), is_sweep(options)
    swept = [part for each in with_every_seat(overrides) for part in _params(parser, each, sweep=sweep)]
    return [*options, *(_override(parser, each, sweep=sweep) for each in swept)]


def with_search_path(arguments: Sequence[str]) -> list[str]:
    """The arguments with --config-dir as hydra.searchpath, which Hydra records, so that a sweep is resumed with it.

    Raises ConfigError for a directory that is not there. Another main config (--config-name) stays with Hydra's option.
    """
    if any(each.partition("=")[0] in ("--config-name", "-cn") for each in arguments):
        return list(arguments)
    kept: list[str] = []
    folders: list[str] = []
    rest = iter(arguments)
    for each in rest:
        name, said, value = each.partition("=")
        if name in ("--config-dir", "-cd"):
            folders.append(value if said else next(rest, ""))
        else:
            kept.append(each)
    for each in folders:
        if not os.path.isdir(each):
            raise ConfigError(f"--config-dir {each}: no such directory")
    if not folders:
        return kept
    if any(each.lstrip("+").startswith("hydra.searchpath=") for each in kept):
        raise ConfigError(f"--config-dir {folders[0]}: name it in hydra.searchpath, which you give as well")
    return [*kept, f"hydra.searchpath=[{','.join(in_quotes(os.path.abspath(each)) for each in folders)}]"]


def one_run(overrides: Sequence[str]) -> list[str]:
    """The overrides of a single run as Hydra's grammar has them. Raises ConfigError as `understood`."""
    parser = OverridesParser.create()
    return [_override(parser, each, sweep=False) for each in with_every_seat(overrides)]


def _params(parser: OverridesParser, override: str, *, sweep: bool) -> list[str]:
    """hydra.sweeper.params, which Hydra takes from files only, as the overrides that it stands for."""
    key, _, value = override.lstrip("+").partition("=")
    if key.split(".")[:3] != ["hydra", "sweeper", "params"]:
        return [override]
    if not sweep:
        raise ConfigError(f"{key}: only a sweep has parameters; add -m")
    parsed: Any = value
    with contextlib.suppress(HydraException, ValueError):
        read = parser.parse_override(f"params={value}")
        parsed = value if read.is_sweep_override() else read.value()
    name = key.removeprefix("hydra.sweeper.params").lstrip(".")
    if not name and not isinstance(parsed, dict):
        raise ConfigError(f"{key}: no mapping; write the parameters as overrides: -m seed=1,2")
    pairs = {name: parsed} if name else parsed
    return [f"{each}={values}" for each, values in pairs.items()]


def _override(parser: OverridesParser, override: str, *, sweep: bool) -> str:
    split = _OVERRIDE.fullmatch(override)
    if split is None or split[1] == "resume":  # a path, read by the command itself
        return override
    key, value = split.groups()
    if meant := slip(key, value):
        raise ConfigError(meant)
    try:
        several = parser.parse_override(override).is_sweep_override()
    except (HydraException, ValueError):  # ValueError: half an escape
        return _as_text(key, value, sweep=sweep)
    if not several:
        return override
    spoken = is_text(key) and ", " in value and not value.startswith(_STRUCTURE)
    if spoken and not sweep:
        return f"{key}={in_quotes(value)}"
    if spoken:
        raise ConfigError(
            f'{key}: one text or several? One is "{key}={in_quotes(value)}", several have quotes each: '
            f"\"{key}='...','...'\""
        )
    if not sweep and not key.startswith("hydra."):
        either = f', for one text "{key}={in_quotes(value)}"' if is_text(key) else f", for a list {key}=[{value}]"
        raise ConfigError(
            f"{override} has several values, and one run is played: for a run of each add -m "
            f"(bargain -m {override}){either if '(' not in value else ''}"
        )
    return override


def _as_text(key: str, value: str, *, sweep: bool) -> str:
    """A value that is nothing in Hydra's grammar is a text, unless it begins like a list or a text with quotes."""
    if value.startswith(_STRUCTURE):
        raise ConfigError(
            f"{key}={value}: its brackets or quotes cannot be read as a whole; a text that begins so needs quotes of "
            f'its own: "{key}={in_quotes(value)}"'
        )
    if sweep and "," in value:
        raise ConfigError(
            f'{key}: one text or several? One is "{key}={in_quotes(value)}", several have quotes each: '
            f"\"{key}='...','...'\""
        )
    return f"{key}={in_quotes(value)}"


def is_text(key: str) -> bool:
    """Whether the schema has a text at this dotted key."""
    node: Any = schema.Config
    for part in key.lstrip("+~").split("."):
        if not is_dataclass(node):
            return bool(node == "dict[str, str]")
        kind = {each.name: str(each.type) for each in fields(node)}.get(part, "")
        node = schema.section_of(kind) or kind
    return node in ("str", "Optional[str]", "dict[str, str]")


def in_quotes(text: str) -> str:
    """A text in single quotes, as Hydra's grammar reads them."""
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"
