"""What lies in `journal.sqlite`: tables, checksums, and how a request becomes a path in the tree of messages.

Nothing here opens a file. Every table only grows: no row is ever changed. A request is stored as its tip, the last of a
chain of messages each of which names its parent, and its parameters, the body without the messages. Games share the
first messages and every call adds one or two, so the file grows with the dialogue and not with its square.

    attempt 7: game 3, round 2, turn 5, buyer, number 1   tip 9f.. -> "I could do $14" -> ...   parameters c1..
    result  6: attempt 7, status 200, body b'{"id": ...', seconds 0.81
    reading 7: reply, 412 + 31 tokens, $0.000254
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from bargain.records import Place
from bargain.text import shortened

FORMAT = 1
APPLICATION_ID = 0x62617267
ROOT = bytes(16)
"""The parent of a chain's first message."""
_TEXT, _TEXT_MARK = "prompt", "text:"
"""How `parameters.field` says that the dialogue is a text and not a list of messages."""

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE message (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, parent BLOB NOT NULL, role TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE parameters (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, field TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    game INTEGER NOT NULL, arm TEXT NOT NULL, round INTEGER NOT NULL, turn INTEGER NOT NULL, role TEXT NOT NULL,
    again INTEGER NOT NULL, number INTEGER NOT NULL,
    tip BLOB NOT NULL, parameters BLOB NOT NULL,
    engine TEXT NOT NULL, model TEXT NOT NULL,
    reserved_usd REAL, reserved_tokens INTEGER NOT NULL, started_at REAL NOT NULL,
    checksum BLOB NOT NULL,
    UNIQUE (game, round, turn, role, arm, again, number));
CREATE TABLE result (
    id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL, status INTEGER, body BLOB, message TEXT NOT NULL, seconds REAL NOT NULL,
    checksum BLOB NOT NULL);
CREATE TABLE reading (
    attempt INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, message TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL,
    cost_usd REAL, spent_usd REAL, spent_tokens INTEGER NOT NULL,
    checksum BLOB NOT NULL);
CREATE TABLE gave_up (attempt INTEGER PRIMARY KEY, message TEXT NOT NULL, checksum BLOB NOT NULL);
"""
STATEMENTS = frozenset(statement.strip() for statement in SCHEMA.split(";\n") if statement.strip())
"""What a journal's file consists of, statement by statement: a trigger or a view beside them is a stranger's.

attempt: an intent, on disk before anything is sent; `number` counts from 1 at its place. Without a result it is open.
result: what came back, as it came, on disk before anybody reads it. With an HTTP status `kind` is "" (the reading says
what it was); without one it is the kind of failure. `id` counts from 1, so that a lost row is noticed.
reading: what the engine read in the body: reply, or a kind of failure. It can be made again from the body at any time.
spent_*: what counts against the budget: the actual cost, or the reservation where it may have been billed unseen.
gave_up: the last attempt of a call that failed for good, and the words it failed with.
"""


_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def digest(*parts: bytes) -> bytes:
    """blake2b-16 over the parts, each preceded by its length."""
    hasher = blake2b(digest_size=16)
    for part in parts:
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.digest()


def checksum(table: str, fields: Iterable[Any], *blobs: bytes) -> bytes:
    """The checksum of a row: its table, its fields as JSON (None, int, float, str), then its blobs."""
    return digest(json.dumps([table, *fields]).encode(), *blobs)


def result_checksum(
    number: int,
    attempt: int,
    where: Iterable[Any],
    came_back: tuple[str, int | None, str, float],
    blobs: tuple[bytes, bytes, bytes],
) -> bytes:
    """The checksum of a result: it also vouches for the request that it answers.

    where: the fields of its place and the attempt's number there; came_back: kind, status, message, seconds; blobs: the
    request's tip and parameters, and the body.
    """
    return checksum("result", (number, attempt, *where, *came_back), *blobs)


def place_fields(place: Place) -> tuple[int, str, int, int, str, int]:
    """The place as the columns of `attempt` have it."""
    return (place.game, place.arm, place.round, place.turn, place.role, place.again)


def name_of(place: Place) -> str:
    """The place in words: game 3, round 2, turn 5, buyer."""
    arm = f", arm {place.arm}" if place.arm else ""
    again = f", asked again {place.again}x" if place.again else ""
    return f"game {place.game}{arm}, round {place.round}, turn {place.turn}, {place.role}{again}"


class Node:
    """One message of a chain. `size`: UTF-8 bytes of the chain up to here. `stored`: whether its row is on its way."""

    __slots__ = ("content", "hash", "parent", "role", "size", "stored")

    def __init__(self, parent: Node | None, role: str, content: str) -> None:
        data = content.encode()
        self.parent: bytes = parent.hash if parent else ROOT
        self.role = role
        self.content = content
        self.hash: bytes = digest(self.parent, role.encode(), data)
        self.size: int = len(data) + (parent.size if parent else 0)
        self.stored = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as the journal keeps it. `size` is the UTF-8 bytes of everything."""

    path: list[Node]
    field: str
    rest: str
    parameters: bytes

    @property
    def tip(self) -> bytes:
        return self.path[-1].hash if self.path else ROOT

    @property
    def size(self) -> int:
        return len(self.rest.encode()) + (self.path[-1].size if self.path else 0)


class Packer:
    """Packs bodies; remembers the messages it saw last, so that only new ones are hashed. Memory is bounded."""

    def __init__(self, remember: int = 1 << 15) -> None:
        self._remember = remember
        self._young: dict[tuple[bytes, str, str], Node] = {}
        self._old: dict[tuple[bytes, str, str], Node] = {}

    def pack(self, body: dict[str, Any], dialogue_field: str = "") -> Packed:
        """The path of the messages in its dialogue field and the rest as JSON with sorted keys."""
        field, parts = split(body, dialogue_field)
        rest = _AS_JSON(_without(body, field))
        path: list[Node] = []
        node: Node | None = None
        young, old = self._young, self._old
        for role, content in parts:
            key = (node.hash if node else ROOT, role, content)
            found = young.get(key)
            if found is None:
                found = old.get(key) or _node(node, role, content)
                young[key] = found
            path.append(found)
            node = found
        if len(young) > self._remember:
            self._old, self._young = young, {}
        return Packed(path, field, rest, digest(field.encode(), rest.encode()))


def split(body: dict[str, Any], dialogue_field: str = "") -> tuple[str, list[tuple[str, str]]]:
    """Where a body holds the dialogue, as the journal writes it down ("" if nowhere), and its parts as (role, content).

    dialogue_field: a list of messages or a text; "" looks for a list in `messages`, then a text in `prompt`. A message
    that is no more than a role and a text is that pair; any other is ("", its JSON). A text is cut into lines, and
    written down as text:NAME; only `prompt` is one without saying so.
    """
    name = dialogue_field or ("messages" if isinstance(body.get("messages"), list) else _TEXT)
    dialogue = body.get(name)
    if isinstance(dialogue, list) and name != _TEXT:
        return name, [_part(message) for message in dialogue]
    if isinstance(dialogue, str) and _is_unicode(dialogue):
        lines = [("", line) for line in dialogue.splitlines(keepends=True)]
        return name if name == _TEXT else f"{_TEXT_MARK}{name}", lines
    return "", []


def join(field: str, rest: str, parts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The body again: the inverse of `split`."""
    body: dict[str, Any] = json.loads(rest)
    if field == _TEXT or field.startswith(_TEXT_MARK):
        body[field.removeprefix(_TEXT_MARK)] = "".join(text for _, text in parts)
    elif field:
        body[field] = [{"role": role, "content": text} if role else json.loads(text) for role, text in parts]
    return body


def _without(body: dict[str, Any], field: str) -> dict[str, Any]:
    name = field.removeprefix(_TEXT_MARK)
    return {key: value for key, value in body.items() if key != name}


def _part(message: Any) -> tuple[str, str]:
    if isinstance(message, dict) and len(message) == 2:
        role, content = message.get("role"), message.get("content")
        if isinstance(role, str) and role and isinstance(content, str):
            return role, content
    return "", _AS_JSON(message)


def _node(parent: Node | None, role: str, content: str) -> Node:
    try:
        return Node(parent, role, content)
    except UnicodeEncodeError:  # lone surrogates: JSON can hold them, UTF-8 and SQLite cannot
        return Node(parent, "", _AS_JSON({"role": role, "content": content}))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def describe_difference(recorded: dict[str, Any], asked: dict[str, Any], dialogue_field: str = "") -> str:
    """Where two bodies first differ, in words: a parameter, or a message by its number and role."""
    old_field, old_parts = split(recorded, dialogue_field)
    new_field, new_parts = split(asked, dialogue_field)
    old, new = _without(recorded, old_field), _without(asked, new_field)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            return f"{name} was {_short(old.get(name))}, is {_short(new.get(name))}"
    for number, (before, now) in enumerate(zip(old_parts, new_parts, strict=False), 1):
        if before != now:
            (_, was), (role, text) = before, now
            start = next((i for i, (a, b) in enumerate(zip(was, text, strict=False)) if a != b), 0)
            start = max(0, start - 20)
            who = f" ({role})" if role else ""
            return f"message {number}{who} was {_short(was[start:])}, is {_short(text[start:])}"
    return f"{len(old_parts)} messages were sent, now {len(new_parts)}"


def _short(value: object) -> str:
    return shortened(value, 60, plain=True)
