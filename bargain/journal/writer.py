"""The thread that writes a journal: what waits at the same time goes into one commit, then all who wait are woken.

It knows rows, not what they mean. After a failed commit (disk full, read-only) everybody who waited is told and no
further intent is taken; answers that still arrive are tried again with every commit and once more at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bargain.errors import JournalFull
from bargain.journal.format import place_fields, result_checksum
from bargain.records import Place

MAX_BATCH = 1024
WAKE_AT_ONCE = 4
"""Who is woken sends a request or reads a reply, a millisecond each: so the loop is never away for long."""
_CHUNKS = (32, 8, 1)


@dataclass(frozen=True, slots=True)
class Intent:
    """An attempt that is on record, or about to be. Its result names it."""

    id: int
    place: Place
    number: int
    tip: bytes
    parameters: bytes


@dataclass(slots=True)
class Rows:
    """What is to be written, by table. `results` are (intent, (kind, status, message, seconds), body)."""

    message: list[tuple[Any, ...]] = field(default_factory=list)
    parameters: list[tuple[Any, ...]] = field(default_factory=list)
    attempt: list[tuple[Any, ...]] = field(default_factory=list)
    results: list[tuple[Intent, tuple[Any, ...], bytes | None]] = field(default_factory=list)
    reading: list[tuple[Any, ...]] = field(default_factory=list)
    gave_up: list[tuple[Any, ...]] = field(default_factory=list)
    meta: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, other: Rows) -> None:
        """Takes the other's rows in as well."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))


Query = Callable[[sqlite3.Connection], Any]
_Work = tuple[Rows | Query | None, "asyncio.Future[Any] | None"]


class Writer:
    """Owns the connection from now on. `failure` is set once a commit has failed. Methods are for the loop's thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.failure: JournalFull | None = None
        self._connection = connection
        self._attempts: int = connection.execute("SELECT count(*) FROM attempt").fetchone()[0]
        self._results: int = connection.execute("SELECT count(*) FROM result").fetchone()[0]
        self._unsaved = Rows()
        self._work: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, work: Rows | Query) -> asyncio.Future[Any]:
        """Hands over rows, or a query to be answered after them. The future ends when they are on disk."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._work.put((work, future))
        return future

    def post(self, rows: Rows) -> None:
        """Hands over rows for which nobody waits."""
        self._work.put((rows, None))

    def close(self) -> None:
        """Writes what is left and closes the file."""
        self._work.put((None, None))
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            batch = [self._work.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < MAX_BATCH:
                    batch.append(self._work.get_nowait())
            closing = any(work is None for work, _ in batch)
            done = self._handle(batch)
            if done:
                # The loop may be gone when a run is torn down; then nobody waits any more.
                with contextlib.suppress(RuntimeError):
                    done[0][0].get_loop().call_soon_threadsafe(_wake, done)
        with contextlib.suppress(sqlite3.Error):  # the last checkpoint failed; the log beside the file holds it all
            self._connection.close()

    def _handle(self, batch: list[_Work]) -> list[tuple[asyncio.Future[Any], Any]]:
        rows = Rows()
        rows.add(self._unsaved)
        for work, _ in batch:
            if isinstance(work, Rows):
                rows.add(work)
        error = self._commit(rows)
        done: list[tuple[asyncio.Future[Any], Any]] = []
        for work, future in batch:
            if future is None:
                continue
            if isinstance(work, Rows):
                # Once a commit has failed intents are refused even when the answers of the batch could be saved.
                done.append((future, self.failure if work.attempt and self.failure else error))
            elif work is not None:
                done.append((future, self._answer(work)))
        return done

    def _answer(self, query: Query) -> Any:
        try:
            return query(self._connection)
        except Exception as error:
            return error

    def _commit(self, rows: Rows) -> JournalFull | None:
        """Writes the rows in one transaction; returns why not. What can be tried again is kept in _unsaved."""
        if self.failure is not None:
            rows.message, rows.parameters, rows.attempt = [], [], []
            rows.results = [each for each in rows.results if each[0].id <= self._attempts]
        if not any(getattr(rows, name) for name in rows.__slots__):
            return None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._insert("INSERT OR IGNORE INTO message (hash, parent, role, content)", rows.message)
            self._insert("INSERT OR IGNORE INTO parameters (hash, field, body)", rows.parameters)
            self._insert("INSERT INTO attempt", rows.attempt)
            self._insert("INSERT INTO result", list(self._numbered(rows)))
            self._insert("INSERT INTO reading", rows.reading)
            self._insert("INSERT INTO gave_up", rows.gave_up)
            self._insert("INSERT OR REPLACE INTO meta", rows.meta)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            is_held = "locked" in str(error)
            why, remedy = (
                ("is held by another program, a database browser perhaps", "close it there")
                if is_held
                else (f"cannot be written ({error})", "make room")
            )
            text = f"{self.path} {why}; {remedy}, then start the same command again to go on"
            self.failure = self.failure or JournalFull(text)
            rows.results = [each for each in rows.results if each[0].id <= self._attempts]
            self._unsaved = Rows(results=rows.results, reading=rows.reading, gave_up=rows.gave_up)
            return self.failure
        self._attempts += len(rows.attempt)
        self._results += len(rows.results)
        self._unsaved = Rows()
        return None

    def _numbered(self, rows: Rows) -> Iterable[tuple[Any, ...]]:
        for number, (intent, (kind, status, message, seconds), body) in enumerate(rows.results, self._results + 1):
            where = (*place_fields(intent.place), intent.number)
            blobs = (intent.tip, intent.parameters, body or b"")
            check = result_checksum(number, intent.id, where, (kind, status, message, seconds), blobs)
            yield (number, intent.id, kind, status, body, message, seconds, check)

    def _insert(self, head: str, rows: list[tuple[Any, ...]]) -> None:
        """Many rows a statement: each statement gives up the interpreter lock once, and regaining it costs."""
        start = 0
        for size in _CHUNKS:
            while len(rows) - start >= size:
                chunk = rows[start : start + size]
                one = f"({','.join('?' * len(chunk[0]))})"
                values = [value for row in chunk for value in row]
                self._connection.execute(f"{head} VALUES {','.join([one] * size)}", values)
                start += size


def _wake(done: list[tuple[asyncio.Future[Any], Any]]) -> None:
    """Ends the futures a few per turn of the loop, so that timers and sockets are not kept waiting by all of them."""
    for future, outcome in done[:WAKE_AT_ONCE]:
        if not future.done():
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
    if len(done) > WAKE_AT_ONCE:
        asyncio.get_running_loop().call_soon(_wake, done[WAKE_AT_ONCE:])
