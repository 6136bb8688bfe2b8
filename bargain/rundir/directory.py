"""Run directories: new ones, and the small files of state that lie in them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bargain.rundir.plain import read_plain, write_anew
from bargain.text import to_json


def read_state(directory: Path, name: str = "summary.json") -> dict[str, Any]:
    """What the directory's summary (or sweep) file says, {} when there is none or it is half written."""
    try:
        data = json.loads(read_plain(directory / name))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Writes the data as `write_whole` does."""
    write_whole(path, to_json(data, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Writes the file whole or not at all, also when the power fails: a reader never sees half of it."""
    part = path.with_name(f"{path.name}.part")
    with write_anew(part) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Has the names in a directory written to the disk. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def newest_first(root: Path) -> Iterator[Path]:
    """The directories root/date/time-label, by their names."""
    yield from sorted((path for path in root.glob("*/*") if path.is_dir()), key=Path.as_posix, reverse=True)


SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a new directory says from its first moment on: `identity`, in the file `name`."""

    identity: str
    name: str = SUMMARY


def new_directory(root: Path, label: str, mark: Mark) -> Path:
    """A new directory root/date/time-label that holds its mark: it appears with it, or a killed start leaves none.

    Of the label only what is sure in a file name is kept: a game's name comes from a config.
    """
    label = re.sub(r"[^A-Za-z0-9_-]+", "-", label)[:60].strip("-") or "run"
    made = root / f".new-{mark.identity}"
    made.mkdir(parents=True, exist_ok=True)
    write_json(made / mark.name, {"state": "running", "identity": mark.identity})
    stamp = time.strftime("%Y-%m-%d/%H-%M-%S")
    for number in range(1, 1000):
        path = root / f"{stamp}-{label}{'' if number == 1 else f'-{number}'}"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                made.rename(path)
                sync_directory(path.parent)
                return path.resolve()
    raise OSError(f"no free directory name under {root / stamp}")


def remove_unused(directory: Path) -> None:
    """Removes a directory in which nothing but its mark lies, and the day's above it if nothing else does.

    Another directory above it is the user's, if it is empty too.
    """
    with contextlib.suppress(OSError):
        if all(
            each.name == SUMMARY and read_state(directory).keys() == {"state", "identity"}
            for each in directory.iterdir()
        ):
            (directory / SUMMARY).unlink(missing_ok=True)
            directory.rmdir()
            if re.fullmatch(r"\d{4}-\d\d-\d\d", directory.parent.name):
                directory.parent.rmdir()


def choose(root: Path, label: str, resume: str, mark: Mark, goes_on: Callable[[Path], bool]) -> Path:
    """The newest directory that `goes_on` accepts, unless resume is `never`; else a new one with this mark."""
    if resume != "never":
        for path in newest_first(root):
            if goes_on(path):
                return path.resolve()
    return new_directory(root, label, mark)
