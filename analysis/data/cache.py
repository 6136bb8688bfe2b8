"""Columnar copies of a run's games, written once, so that a thousand runs load in seconds.

`RUN/.cache/rounds.arrow` (Arrow IPC with LZ4; turns, feedback) holds what `games.py` read, with a key: the sizes and
times of the files it was made from, the columns, and a hash of the code that computes them. When one of these changes
the copy is made again. It is derived and can be deleted at any time, and where it cannot be written, reading goes on
without it. Parquet would take four times as long to read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from types import FunctionType
from typing import Any

import pyarrow as pa

from .columns import Column

_KEY, _FACTS = b"bargain.key", b"bargain.facts"


def key_of(columns: Iterable[Column], *files: Path, text: str = "") -> str:
    """What decides what a copy holds: its columns, their code, the text and the files it is made from.

    Of the files that is their sizes and times.
    """
    parts: list[Any] = [version_of(tuple(columns)), hashlib.sha256(text.encode()).hexdigest()[:16]]
    for file in files:
        try:
            stat = os.stat(file)
        except OSError:
            parts.append(None)
        else:
            parts.append([stat.st_size, stat.st_mtime_ns])
    return json.dumps(parts)


@cache
def version_of(columns: tuple[Column, ...]) -> str:
    """A hash of the columns' names and types and of the code that computes them: this folder, and wherever else a
    column's own function stands. (It does not see what such code calls elsewhere: then delete .cache.)"""
    digest = hashlib.sha256(repr([(column.name, str(column.kind)) for column in columns]).encode())
    here = [file for file in resources.files(__package__).iterdir() if file.name.endswith(".py")]
    modules = {column.compute.__module__ for column in columns if isinstance(column.compute, FunctionType)}
    elsewhere = [sys.modules[name].__file__ for name in sorted(modules) if not name.startswith(f"{__package__}.")]
    for source in [*sorted(here, key=lambda file: file.name), *map(Path, filter(None, elsewhere))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def read(path: Path, key: str) -> tuple[pa.Table, dict[str, Any]] | None:
    """The table and the facts beside it; None when there is no copy, a damaged one, or one of other files."""
    try:
        with pa.OSFile(os.fspath(path)) as file:
            reader = pa.ipc.open_file(file)
            metadata = reader.schema.metadata or {}
            if metadata.get(_KEY, b"").decode() != key:
                return None
            return reader.read_all().replace_schema_metadata(None), json.loads(metadata[_FACTS])
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None


def write(path: Path, key: str, table: pa.Table, facts: dict[str, Any]) -> bool:
    """Writes a copy, whole or not at all; returns whether it could (a read-only directory is no error)."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    metadata = {_KEY: key.encode(), _FACTS: json.dumps(facts).encode()}
    try:
        path.parent.mkdir(exist_ok=True)
        if path.parent.is_symlink():
            return False
        labelled = table.replace_schema_metadata(metadata)
        with (
            pa.OSFile(os.fspath(part), "wb") as file,
            pa.ipc.new_file(file, labelled.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer,
        ):
            writer.write_table(labelled)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    return True
