"""Run directories: where a run lies, whether it is finished, and which one the same command goes on with.

The newest run of exactly this config under outputs/ is taken again when it is unfinished; otherwise a new directory is
made. Whether a run is finished stands in its summary.json.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bargain.text import to_json


def read_state(directory: Path, name: str = "summary.json") -> dict[str, Any]:
    """What the directory's summary (or sweep) file says, {} when there is none or it is half written."""
    try:
        data = json.loads((directory / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Writes the file whole or not at all: a reader never sees half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(to_json(data, indent=2) + "\n", encoding="utf-8")
    os.replace(part, path)


def has_failed_games(state: dict[str, Any]) -> bool:
    """Whether a summary counts games that ended in an error."""
    games = state.get("games")
    return isinstance(games, dict) and bool(games.get("error"))


IdentityOf = Callable[[Path, dict[str, Any]], object]
"""The identity of what lies in a directory whose summary (or sweep) file holds this state."""


def stated_identity(directory: Path, state: dict[str, Any]) -> object:
    """The identity that the state names."""
    return state.get("identity")


def find_unfinished(
    root: Path,
    wanted: str,
    name: str = "summary.json",
    *,
    retry_failed: bool = False,
    identity_of: IdentityOf = stated_identity,
) -> Path | None:
    """The newest directory with this identity under root, if it is unfinished; None when finished or unknown.

    retry_failed: a finished run with failed games counts as unfinished.
    """
    for path in sorted(root.glob(f"*/*/{name}"), key=lambda each: each.parent.as_posix(), reverse=True):
        state = read_state(path.parent, name)
        if identity_of(path.parent, state) == wanted:
            unfinished = state.get("state") != "finished" or (retry_failed and has_failed_games(state))
            return path.parent if unfinished else None
    return None


def new_directory(root: Path, label: str) -> Path:
    """A path root/date/time-label that nobody has; the directory is made, so that two runs never share one.

    Of the label only what is sure in a file name is kept: a game's name comes from a config.
    """
    label = re.sub(r"[^A-Za-z0-9_-]+", "-", label)[:60].strip("-") or "run"
    stamp = time.strftime("%Y-%m-%d/%H-%M-%S")
    for number in range(1, 1000):
        path = root / f"{stamp}-{label}{'' if number == 1 else f'-{number}'}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path.resolve()
    raise OSError(f"no free directory name under {root / stamp}")


def choose(
    root: Path,
    wanted: str,
    label: str,
    resume: str,
    name: str = "summary.json",
    *,
    retry_failed: bool = False,
    identity_of: IdentityOf = stated_identity,
) -> Path:
    """The directory to play in: the unfinished one of this identity unless resume is `never`, else a new one."""
    if resume != "never":
        unfinished = find_unfinished(root, wanted, name, retry_failed=retry_failed, identity_of=identity_of)
        if unfinished:
            return unfinished.resolve()
    return new_directory(root, label)
