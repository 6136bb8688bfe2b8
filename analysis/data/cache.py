"""Columnar copies of a run's games, written once, so that a thousand runs load in seconds.

`RUN/.cache/rounds.arrow` (Arrow IPC with LZ4; turns, feedback) holds what `games.py` found, with the sizes and
times of the files it was made from; when one of them changes it is made again. It is derived and can be deleted at any
time, and where it cannot be written, reading goes on without it. Parquet would take four times as long to read.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

FORMAT = 1
"""Raise it when a schema or the meaning of a column changes: older copies are then made again."""
_KEY, _FACTS = b"bargain.key", b"bargain.facts"


def key_of(*files: Path) -> str:
    """The sizes and modification times of the files a copy is made from, and the copy's format."""
    found: list[Any] = [FORMAT]
    for file in files:
        try:
            stat = os.stat(file)
        except OSError:
            found.append(None)
        else:
            found.append([stat.st_size, stat.st_mtime_ns])
    return json.dumps(found)


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
