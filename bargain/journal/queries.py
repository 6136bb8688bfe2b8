"""What can be asked of a journal's file: what is recorded at a place, every attempt with its cost, totals, requests.

Functions over an open connection, for the reader and the writer alike. They know tables and nothing of who holds them.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bargain.errors import JournalDamaged, JournalLocked, JournalNewer
from bargain.journal.format import (
    APPLICATION_ID,
    FORMAT,
    ROOT,
    STATEMENTS,
    checksum,
    digest,
    join,
    name_of,
    place_fields,
    result_checksum,
)
from bargain.records import Place, Usage
from bargain.text import one_line

ADVICE = "restore it from a copy, or play the run anew with resume=never"


@dataclass(frozen=True, slots=True)
class Stored:
    """One attempt at a place. kind: open (no result), unread, reply, or a kind of failure; body None for failures."""

    id: int
    number: int
    kind: str
    status: int
    body: bytes | None
    message: str
    cost_usd: float | None
    reserved_usd: float | None
    reserved_tokens: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that is recorded at a place, oldest first. `gave_up` holds the words it failed with for good, or None."""

    attempts: tuple[Stored, ...]
    tip: bytes
    parameters: bytes
    gave_up: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, for audit and analysis. kind: open, unread, reply, or a kind of failure; seconds None while open.

    cost_usd is None where the price is unknown. spent_* is what counts against the budget: the actual cost of a reply,
    the reservation where it may have been billed unseen, 0 where nothing was done.
    """

    id: int
    place: Place
    number: int
    engine: str
    model: str
    started_at: float
    reserved_usd: float | None
    reserved_tokens: int
    kind: str
    status: int | None
    message: str
    seconds: float | None
    usage: Usage
    cost_usd: float | None
    spent_usd: float | None
    spent_tokens: int
    gave_up: str | None


@dataclass(slots=True)
class Totals:
    """Sums over attempts. `unpriced_tokens` are those spent (worst case) on calls whose price is unknown."""

    attempts: int = 0
    replies: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    open_intents: int = 0
    unread: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    spent_usd: float = 0.0
    spent_tokens: int = 0
    unpriced_tokens: int = 0


_FIND = """
SELECT a.id, a.number, a.tip, a.parameters, r.id, r.kind, r.status, r.message, r.seconds, r.checksum,
    CASE WHEN d.kind IS NULL OR d.kind = 'reply' THEN r.body END, d.kind, d.message, d.cost_usd,
    a.reserved_usd, a.reserved_tokens, g.message
FROM attempt a LEFT JOIN result r ON r.attempt = a.id LEFT JOIN reading d ON d.attempt = a.id
    LEFT JOIN gave_up g ON g.attempt = a.id
WHERE a.game = ? AND a.arm = ? AND a.round = ? AND a.turn = ? AND a.role = ? AND a.again = ?
ORDER BY a.number"""

# What an attempt was, and what it counts against the budget; the one definition for iteration and totals.
_VIEW = """
SELECT a.id, a.game, a.arm, a.round, a.turn, a.role, a.again, a.number, a.engine, a.model, a.started_at,
    a.reserved_usd, a.reserved_tokens,
    CASE WHEN r.id IS NULL THEN 'open' WHEN r.kind <> '' THEN r.kind ELSE coalesce(d.kind, 'unread') END AS kind,
    r.status, coalesce(d.message, r.message, '') AS message, r.seconds,
    coalesce(d.input_tokens, 0) AS input_tokens, coalesce(d.output_tokens, 0) AS output_tokens,
    coalesce(d.cached_tokens, 0) AS cached_tokens, coalesce(d.cache_write_tokens, 0) AS cache_write_tokens,
    d.cost_usd AS cost_usd,
    CASE WHEN d.kind IS NOT NULL THEN d.spent_usd WHEN r.kind IN ('not_sent', 'rejected', 'fatal') THEN 0.0
        ELSE a.reserved_usd END AS spent_usd,
    CASE WHEN d.kind IS NOT NULL THEN d.spent_tokens WHEN r.kind IN ('not_sent', 'rejected', 'fatal') THEN 0
        ELSE a.reserved_tokens END AS spent_tokens,
    g.message AS gave_up
FROM attempt a LEFT JOIN result r ON r.attempt = a.id LEFT JOIN reading d ON d.attempt = a.id
    LEFT JOIN gave_up g ON g.attempt = a.id"""

_WAITED = """
SELECT a.role, SUM(r.seconds) FROM result r JOIN attempt a ON a.id = r.attempt GROUP BY a.role
"""
_TOTALS = f"""
SELECT kind, count(*), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(cache_write_tokens),
    total(cost_usd), total(spent_usd), sum(spent_tokens), sum(CASE WHEN spent_usd IS NULL THEN spent_tokens ELSE 0 END)
FROM ({_VIEW}) GROUP BY kind"""  # noqa: S608


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turns SQLite's errors about what the file holds into JournalDamaged, a lock of another process into its own."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = one_line(str(error))
        if "locked" in text or "busy" in text:
            raise JournalLocked(
                f"{path} is being written by another process ({text}), a database browser perhaps; wait for it"
            ) from None
        raise JournalDamaged(f"{path} is damaged ({text}); {ADVICE}") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as error:  # a value of another type than was written
        raise JournalDamaged(f"{path} is damaged (a value cannot be read: {one_line(str(error))}); {ADVICE}") from None


def check_format(path: Path, connection: sqlite3.Connection) -> None:
    """Refuses a file of a newer format or of another program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise JournalDamaged(f"{path} is not a journal of bargain; {ADVICE}")
    if version > FORMAT:
        raise JournalNewer(
            f"{path} has format {version} and this version reads up to {FORMAT}; upgrade bargain to open it"
        )
    if version < 1:
        raise JournalDamaged(f"{path} has no format version; {ADVICE}")
    found = {str(sql).strip() for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if strange := found - STATEMENTS:
        what = one_line(" ".join(min(strange).split()[:3]))
        raise JournalDamaged(f"{path} holds what bargain did not put there ({what} ...); {ADVICE}")


def read_meta(path: Path, connection: sqlite3.Connection) -> dict[str, str]:
    """The meta table: format-independent texts such as the config and the prices."""
    meta: dict[str, str] = {}
    for name, value, check in connection.execute("SELECT name, value, checksum FROM meta"):
        if checksum("meta", (name, value)) != check:
            raise JournalDamaged(f"{path} is damaged (meta {one_line(str(name))}); {ADVICE}")
        meta[name] = value
    return meta


def waited_s(path: Path, connection: sqlite3.Connection) -> dict[str, float]:
    """Seconds from sending to the answer, summed over all attempts, by role."""
    with refusing(path):
        rows = connection.execute(_WAITED).fetchall()
    return {str(role): float(seconds) for role, seconds in rows if seconds is not None}


def totals(path: Path, connection: sqlite3.Connection) -> Totals:
    """Sums over all attempts."""
    sums = Totals()
    with refusing(path):
        for kind, count, tokens_in, tokens_out, cached, written, cost, spent, tokens, unpriced in connection.execute(
            _TOTALS
        ):
            sums.attempts += count
            if kind == "reply":
                sums.replies = count
            elif kind == "open":
                sums.open_intents = count
            elif kind == "unread":
                sums.unread = count
            else:
                sums.failures[kind] = count
            sums.usage += Usage(tokens_in, tokens_out, cached, written, count if kind == "reply" else 0)
            sums.cost_usd += cost
            sums.spent_usd += spent
            sums.spent_tokens += tokens
            sums.unpriced_tokens += unpriced
    return sums


def places(connection: sqlite3.Connection) -> Iterator[Place]:
    """Every place that has an attempt."""
    for game, arm, *rest in connection.execute("SELECT DISTINCT game, arm, round, turn, role, again FROM attempt"):
        yield Place(game, arm, *rest)


def find(path: Path, connection: sqlite3.Connection, place: Place) -> Recorded | None:
    """What is recorded at a place, None if nothing is."""
    where = place_fields(place)
    with refusing(path):
        rows = connection.execute(_FIND, where).fetchall()
        if not rows:
            return None
        attempts = []
        for (
            id,
            number,
            tip,
            parameters,
            result,
            kind,
            status,
            text,
            seconds,
            check,
            body,
            read,
            why,
            cost,
            *reserved,
            _,
        ) in rows:
            if body is not None:
                came_back, blobs = (kind, status, text, seconds), (tip, parameters, body)
                if result_checksum(result, id, (*where, number), came_back, blobs) != check:
                    raise JournalDamaged(f"{path} is damaged (the reply at {name_of(place)}); {ADVICE}")
            found = "open" if result is None else kind or read or "unread"
            attempts.append(Stored(id, number, found, status or 0, body, why or text or "", cost, *reserved))
        return Recorded(tuple(attempts), rows[-1][2], rows[-1][3], rows[-1][16])


def request(path: Path, connection: sqlite3.Connection, tip: bytes, parameters: bytes) -> dict[str, Any]:
    """The body that these hashes stand for."""
    parts: list[tuple[str, str]] = []
    with refusing(path):
        while tip != ROOT:
            row = connection.execute("SELECT parent, role, content FROM message WHERE hash = ?", (tip,)).fetchone()
            if row is None or digest(row[0], row[1].encode(), row[2].encode()) != tip:
                raise JournalDamaged(f"{path} is damaged (a message is missing or changed); {ADVICE}")
            parts.append((row[1], row[2]))
            tip = row[0]
        row = connection.execute("SELECT field, body FROM parameters WHERE hash = ?", (parameters,)).fetchone()
        if row is None or digest(row[0].encode(), row[1].encode()) != parameters:
            raise JournalDamaged(f"{path} is damaged (the parameters of a request); {ADVICE}")
        return join(row[0], row[1], reversed(parts))


def _attempt(row: tuple[Any, ...]) -> Attempt:
    tokens_in, tokens_out, cached, written = row[17:21]
    usage = Usage(tokens_in, tokens_out, cached, written, int(row[13] == "reply"))
    place = Place(row[1], row[2], row[3], row[4], row[5], row[6])
    return Attempt(row[0], place, *row[7:17], usage, *row[21:])  # type: ignore[call-arg]


def attempts(path: Path, connection: sqlite3.Connection) -> Iterator[Attempt]:
    """Every attempt, in the order in which they were made, one at a time."""
    with refusing(path):
        for row in connection.execute(f"{_VIEW} ORDER BY a.id"):
            yield _attempt(row)
