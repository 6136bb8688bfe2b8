"""The journal of one run: every call ever made and its reply, durable before anybody uses it.

One SQLite file, one process, one writer thread with group commit; the event loop never waits for the disk. WAL with
synchronous=FULL, or on a network filesystem a rollback journal under an exclusive lock. It knows requests and bodies
and nothing of engines, retries or budgets: `calls` decides what is written when.

    with Journal.open(directory, {"config": text}) as journal:
        found = await journal.find(place)
        intent, written = journal.intend(place, journal.pack(body), number=1, engine="gpt-4", ...)
        await written
        await journal.answer(intent, status=200, body=b"...", seconds=0.8)
        journal.note_reading(intent.id, "reply", usage=usage, cost_usd=0.002)

Opening an existing journal reads all of it and checks every checksum and sequence, so that a changed byte is a refusal
and neither a wrong reply nor a second bill. SQLite itself cuts a torn write-ahead log back to its last whole commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bargain.errors import JournalDamaged, JournalError, JournalFull
from bargain.journal import queries as journal_queries
from bargain.journal.check import find_damage
from bargain.journal.format import APPLICATION_ID, FORMAT, SCHEMA, Packed, Packer, checksum, place_fields
from bargain.journal.lock import RunLock, filesystem_of, is_network
from bargain.journal.queries import ADVICE, Recorded, Totals
from bargain.journal.reader import JournalReader
from bargain.journal.writer import Intent, Rows, Writer
from bargain.records import Place, Usage
from bargain.rundir.directory import sync_directory
from bargain.rundir.plain import check_journal
from bargain.rundir.record import JOURNAL as FILE_NAME
from bargain.version import __version__

__all__ = ["FILE_NAME", "Intent", "Journal", "JournalReader"]

BUSY_MS = 30_000
"""How long another program (a database browser) may hold the file before the run gives up."""
_MARKS = 1 << 22
"""Places are marked in so many bits: what is not marked is not on record, and most questions need no query."""


class Journal:
    """The journal open for writing, from one event loop. `meta` is its meta table, `opened` its totals at opening."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, reader: sqlite3.Connection | None, lock: RunLock
    ) -> None:
        self.path = path
        self.meta = journal_queries.read_meta(path, connection)
        self.opened: Totals = journal_queries.totals(path, connection)
        self._reader = reader
        self._lock = lock
        self._attempts = self.opened.attempts
        self._packer = Packer()
        self._parameters: set[bytes] = set()
        self._closed = False
        self._marks = bytearray(_MARKS >> 3)
        for place in journal_queries.places(connection):
            self._mark(place)
        self._writer = Writer(path, connection)

    @classmethod
    def open(cls, directory: Path, meta: Mapping[str, str] | None = None, *, network: bool | None = None) -> Journal:
        """Opens the journal of a run directory, or makes it with this `meta` (texts by name).

        network: whether the directory is on a network filesystem; None finds out. Raises JournalLocked, JournalDamaged,
        JournalNewer, or JournalFull when the directory cannot be written.
        """
        lock = RunLock(directory)
        path = directory / FILE_NAME
        shared = not lock.held or (is_network(filesystem_of(directory)) if network is None else network)
        opened: list[sqlite3.Connection] = []
        try:
            if wrong := check_journal(path):
                raise JournalDamaged(f"{path.parent}: {wrong}; {ADVICE}")
            with journal_queries.refusing(path):
                if path.exists():
                    connection = _connect(path, shared, opened)
                    journal_queries.check_format(path, connection)
                    if wrong := find_damage(connection):
                        raise JournalDamaged(f"{path} is damaged ({wrong}); {ADVICE}")
                else:
                    _make(path, meta or {})
                    connection = _connect(path, shared, opened)
                if not shared:
                    opened.append(_connect_reader(path))
                return cls(path, connection, None if shared else opened[1], lock)
        except BaseException:
            for each in opened:
                each.close()
            lock.release()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failure(self) -> JournalFull | None:
        """Why the journal can no longer be written, None while it can."""
        return self._writer.failure

    def pack(self, body: dict[str, Any], dialogue_field: str = "") -> Packed:
        """The body as this journal keeps it; for this journal only, which remembers what of it is on its way."""
        return self._packer.pack(body, dialogue_field)

    async def find(self, place: Place) -> Recorded | None:
        """What is recorded at a place, None if nothing is: some 20 microseconds. Raises JournalDamaged."""
        bit = hash(place) % _MARKS
        if not self._marks[bit >> 3] & (1 << (bit & 7)):
            return None
        if self._reader is not None:
            return journal_queries.find(self.path, self._reader, place)
        found: Recorded | None = await self._ask(lambda connection: journal_queries.find(self.path, connection, place))
        return found

    def _mark(self, place: Place) -> None:
        bit = hash(place) % _MARKS
        self._marks[bit >> 3] |= 1 << (bit & 7)

    async def body_of(self, tip: bytes, parameters: bytes) -> dict[str, Any]:
        """The body behind these hashes, as it was sent."""
        body: dict[str, Any] = await self._ask(
            lambda connection: journal_queries.request(self.path, connection, tip, parameters)
        )
        return body

    async def totals(self) -> Totals:
        """Sums over all attempts, those of this moment included."""
        sums: Totals = await self._ask(lambda connection: journal_queries.totals(self.path, connection))
        return sums

    def intend(
        self,
        place: Place,
        packed: Packed,
        *,
        number: int,
        engine: str,
        model: str,
        reserved_usd: float | None,
        reserved_tokens: int,
    ) -> tuple[Intent, asyncio.Future[Any]]:
        """Puts an attempt on record. Nothing may be sent before the future is done: then it is on disk.

        Raises JournalFull, now or from the future, when it cannot be recorded.
        """
        if self._writer.failure is not None:
            raise self._writer.failure
        self._mark(place)
        rows = Rows()
        for node in packed.path:
            if not node.stored:
                node.stored = True
                rows.message.append((node.hash, node.parent, node.role, node.content))
        if packed.parameters not in self._parameters:
            if len(self._parameters) >= 1 << 14:
                self._parameters.clear()
            self._parameters.add(packed.parameters)
            rows.parameters.append((packed.parameters, packed.field, packed.rest))
        self._attempts += 1
        intent = Intent(self._attempts, place, number, packed.tip, packed.parameters)
        usd = None if reserved_usd is None else float(reserved_usd)
        head = (intent.id, *place_fields(place), number)
        tail = (engine, model, usd, reserved_tokens, time.time())
        check = checksum("attempt", (*head, *tail), intent.tip, intent.parameters)
        rows.attempt.append((*head, intent.tip, intent.parameters, *tail, check))
        return intent, self._submit(rows)

    def answer(self, intent: Intent, *, status: int, body: bytes, seconds: float) -> asyncio.Future[Any]:
        """Records an answer exactly as it came. It is written whatever becomes of the caller; the future says when."""
        return self._submit(Rows(results=[(intent, ("", status, "", float(seconds)), body)]))

    def fail(self, intent: Intent, kind: str, message: str, *, seconds: float) -> asyncio.Future[Any]:
        """Records that no answer came, what kind of failure that was and why. Written as `answer` is."""
        return self._submit(Rows(results=[(intent, (kind, None, message, float(seconds)), None)]))

    def note_reading(
        self,
        attempt: int,
        kind: str,
        message: str = "",
        *,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        spent_usd: float | None = 0.0,
        spent_tokens: int = 0,
    ) -> None:
        """Notes what the engine read in an answer. Nobody waits for it: it can be made again from the body."""
        tokens = usage or Usage()
        counts = (tokens.input_tokens, tokens.output_tokens, tokens.cached_tokens, tokens.cache_write_tokens)
        cost = None if cost_usd is None else float(cost_usd)
        spent = None if spent_usd is None else float(spent_usd)
        row = (attempt, kind, message, *counts, cost, spent, spent_tokens)
        self._post(Rows(reading=[(*row, checksum("reading", row))]))

    def give_up(self, attempt: int, message: str) -> asyncio.Future[Any]:
        """Records that the call whose last attempt this was failed for good, with these words."""
        return self._submit(Rows(gave_up=[(attempt, message, checksum("gave_up", (attempt, message)))]))

    def note_meta(self, name: str, value: str) -> None:
        """Adds a text to the meta table, or replaces it."""
        self.meta[name] = value
        self._post(Rows(meta=[(name, value, checksum("meta", (name, value)))]))

    async def flush(self) -> None:
        """Returns when everything handed over so far is on disk. Raises JournalFull if it cannot be."""
        await self._submit(Rows())
        if self._writer.failure is not None:
            raise self._writer.failure

    def close(self) -> None:
        """Writes what is left, closes the file and lets the directory go; safe to call twice."""
        if not self._closed:
            self._closed = True
            if self._reader is not None:
                self._reader.close()
            self._writer.close()
            self._lock.release()

    def _submit(self, rows: Rows) -> asyncio.Future[Any]:
        self._check_open()
        return self._writer.submit(rows)

    def _ask(self, query: Any) -> asyncio.Future[Any]:
        self._check_open()
        return self._writer.submit(query)

    def _post(self, rows: Rows) -> None:
        self._check_open()
        self._writer.post(rows)

    def _check_open(self) -> None:
        if self._closed:
            raise JournalError(f"{self.path} is closed")


def _connect(path: Path, shared: bool, opened: list[sqlite3.Connection]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    opened.append(connection)
    connection.execute("PRAGMA trusted_schema = OFF")
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if shared:
            # Exclusive before the first read: an existing WAL file is then taken over without shared memory.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = TRUNCATE")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise
        raise JournalFull(f"{path} cannot be written ({error})") from None
    return connection


def _connect_reader(path: Path) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    reader = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    reader.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return reader


def _make(path: Path, meta: Mapping[str, str]) -> None:
    """Makes the file whole under another name first: one that is empty or half made is damage, never a new journal."""
    texts = {"bargain": __version__, "created": time.strftime("%Y-%m-%d %H:%M:%S%z"), **meta}
    part = path.with_name(f"{path.name}.part")
    stray = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal", "-shm")]
    if any(each.exists() for each in stray):
        raise JournalDamaged(f"{path} is gone, but its log is still there; {ADVICE}")
    try:
        for each in (part, path.with_name(f"{part.name}-journal")):
            each.unlink(missing_ok=True)
        connection = sqlite3.connect(part, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            for name, value in texts.items():
                connection.execute("INSERT INTO meta VALUES (?, ?, ?)", (name, value, checksum("meta", (name, value))))
            connection.execute("COMMIT")
        finally:
            connection.close()
        os.rename(part, path)
        for folder in path.resolve().parents[:5]:  # the run's, its sweep's, the day's and outputs/ may be as new
            with contextlib.suppress(PermissionError):  # one above them may be passed and not read
                sync_directory(folder)
    except (sqlite3.OperationalError, OSError) as error:
        raise JournalFull(f"{path} cannot be written ({error})") from None
