"""Reading a journal: what is recorded at a place, every attempt with its cost, totals, requests as they were sent.

It never writes. `JournalReader(path)` opens the file read-only, also beside a running process, in a directory that
cannot be written, and with a write-ahead log left by a killed one. It knows no engine: bodies are bytes.

    with JournalReader(Path("outputs/.../journal.sqlite")) as journal:
        journal.verify()
        for attempt in journal.attempts(): ...
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from bargain.errors import JournalDamaged, JournalError
from bargain.journal.check import find_damage
from bargain.journal.format import Packed, Packer
from bargain.journal.lock import is_held
from bargain.journal.queries import (
    ADVICE,
    Attempt,
    Recorded,
    Totals,
    attempts,
    check_format,
    find,
    read_meta,
    refusing,
    request,
    totals,
    waited_s,
)
from bargain.records import Place
from bargain.rundir.plain import check_journal


def _holds(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False


class JournalReader:
    """A journal opened read-only. Raises JournalError (missing), JournalDamaged, JournalNewer, JournalLocked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._packer = Packer()
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        if not path.exists():
            raise JournalError(f"{path} does not exist; is this a run directory?")
        if wrong := check_journal(path):
            raise JournalDamaged(f"{path.parent}: {wrong}; {ADVICE}")
        wal, undo = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal"))
        options = "mode=ro"
        opened = path
        # A write-ahead log needs a file beside it to be read; what was killed amid a commit must be undone, in a copy.
        beside = [each for each in ((wal,) if not os.access(path.parent, os.W_OK) else ()) if _holds(each)]
        beside += [undo] if _holds(undo) and not is_held(path.parent) else []
        if beside:
            self._copy = tempfile.TemporaryDirectory(prefix="bargain-")
            opened = Path(self._copy.name) / path.name
            for each in (path, *beside):
                shutil.copyfile(each, opened.with_name(each.name))
            options = "mode=rw"
        elif not os.access(path.parent, os.W_OK) or not (wal.exists() or undo.exists() or is_held(path.parent)):
            options = "mode=ro&immutable=1"  # nobody writes: nothing is left beside it
        with refusing(path):
            self.connection = sqlite3.connect(
                f"{opened.resolve().as_uri()}?{options}", uri=True, isolation_level=None, check_same_thread=False
            )
            self.connection.execute("PRAGMA trusted_schema = OFF")
            self.connection.execute("PRAGMA busy_timeout = 500")
            check_format(path, self.connection)
            self.meta = read_meta(path, self.connection)

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; safe to call twice."""
        self.connection.close()
        if self._copy is not None:
            self._copy.cleanup()

    def pack(self, body: dict[str, Any], dialogue_field: str = "") -> Packed:
        """The body as a journal keeps it, to compare with what is recorded."""
        return self._packer.pack(body, dialogue_field)

    async def find(self, place: Place) -> Recorded | None:
        """What is recorded at a place, None if nothing is. Raises JournalDamaged if it is not what was written."""
        return find(self.path, self.connection, place)

    async def body_of(self, tip: bytes, parameters: bytes) -> dict[str, Any]:
        """The body behind these hashes, as it was sent."""
        return request(self.path, self.connection, tip, parameters)

    def totals(self) -> Totals:
        """Sums over all attempts."""
        return totals(self.path, self.connection)

    def waited_s(self) -> dict[str, float]:
        """Seconds from sending to the answer, summed over all attempts, by role."""
        return waited_s(self.path, self.connection)

    def attempts(self) -> Iterator[Attempt]:
        """Every attempt, in the order in which they were made. One at a time: memory stays flat."""
        return attempts(self.path, self.connection)

    def raw(self, attempt: int) -> tuple[int, bytes] | None:
        """HTTP status and body of an attempt exactly as they came, None if no answer came."""
        with refusing(self.path):
            row = self.connection.execute("SELECT status, body FROM result WHERE attempt = ?", (attempt,)).fetchone()
        return None if row is None or row[0] is None else (int(row[0]), bytes(row[1]))

    def request(self, attempt: int) -> dict[str, Any]:
        """The body of an attempt as it was sent."""
        with refusing(self.path):
            row = self.connection.execute("SELECT tip, parameters FROM attempt WHERE id = ?", (attempt,)).fetchone()
        if row is None:
            raise KeyError(f"{self.path} has no attempt {attempt}")
        return request(self.path, self.connection, row[0], row[1])

    def verify(self) -> None:
        """Reads everything and checks every checksum and sequence. Raises JournalDamaged at the first that is wrong."""
        with refusing(self.path):
            wrong = find_damage(self.connection)
        if wrong:
            raise JournalDamaged(f"{self.path} is damaged ({wrong}); {ADVICE}")
