"""What a `_target_` may name: for each key its room of bargain, and the modules that the command line allows.

locate("bargain.games.simple.play")               -> the function
target_problem("os.system", [], "game._target_")  -> "os.system is not part of bargain; if you trust it, add ..."
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from bargain.errors import ConfigError

ROOMS = {
    "game": "bargain.games.",
    "protocol": "bargain.games.rounds.",
    "channel": "bargain.channels.",
    "scenario": "bargain.games.scenarios.",
    "moderator": "bargain.agents.moderator.",
    "feedback": "bargain.agents.feedback.",
    "tracking": "bargain.tracking.",
    "engine": "bargain.engines.",
}
_RENAMED = {"bargain.feedback.": "bargain.agents.feedback."}
"""Rooms by the names that they had in configs of version 0.1."""


def renamed(config: Any) -> None:
    """Gives the targets of a plain config, in place, the names that they have today."""
    values = list(config.values()) if isinstance(config, dict) else config if isinstance(config, list) else ()
    for value in values:
        renamed(value)
    target = config.get("_target_") if isinstance(config, dict) else None
    for before, now in _RENAMED.items():
        if isinstance(target, str) and target.startswith(before):
            config["_target_"] = now + target.removeprefix(before)


def target_problem(target: str, allowed: Sequence[str], room: str | None = None) -> str:
    """Why this dotted path may not be imported, "" if it may. room: a key of ROOMS, None = any of them."""
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", target, re.ASCII):
        return f"{target!r} is not a dotted path such as bargain.games.simple.play"
    if any(target == each or target.startswith(f"{each}.") for each in allowed):
        return ""
    if target.startswith((ROOMS[room],) if room else tuple(ROOMS.values())):
        return ""
    module = target.rpartition(".")[0]
    if room and module.startswith("bargain."):
        return f"{target} is no {room}; bargain has those in {ROOMS[room].rstrip('.')}"
    return f"{target} is not part of bargain; if you trust it, add allow_targets=[{module}]"


def locate(target: str, allowed: Sequence[str] = ()) -> Any:
    """The object of a checked dotted path. Raises ConfigError when it may not be imported or does not exist."""
    problem = target_problem(target, allowed)
    if problem:
        raise ConfigError(problem)
    module, _, name = target.rpartition(".")
    try:
        found = getattr(imported(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{target}: cannot be imported ({error})") from error
    if module.startswith("bargain.") and not _is_ours(found):
        raise ConfigError(f"{target} is not bargain's own, but something that it imports")
    return found


def imported(module: str) -> ModuleType:
    """The module of this name. One of the user's own may lie in the working directory, which is looked at last."""
    here = os.getcwd()
    own = not module.startswith("bargain.") and here not in sys.path
    if own:
        sys.path.append(here)
    try:
        return importlib.import_module(module)
    finally:
        if own:
            sys.path.remove(here)


def _is_ours(found: Any) -> bool:
    """Whether an object found in a module of bargain was also made there: a module of bargain imports `os` as well."""
    return callable(found) and str(getattr(found, "__module__", "")).startswith("bargain.")
