"""Games as lines of JSON: the one writer and the one reader of `games.jsonl`.

A line is a `records.Game`, field by field, in the order of its dataclasses; nothing in it depends on time or on
interleaving, so equal games are equal bytes. It knows nothing of where the file lies or who asked for it.

    {"game":0,"outcome":"deal","rounds":[{"round":1,"arm":"","outcome":"deal","price":15.5,"turns":[...], ...
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from bargain.records import Feedback, Game, Round, Terms, Turn, Usage, Verdict, Violation
from bargain.rundir.plain import lines_of, write_anew


def plain(value: Any) -> Any:
    """A record as plain JSON data; tuples become lists, and the (role, usage) pairs of a round become an object.

    A usage names its reasoning only where there was some, a round its terms only where they are its own, a round and a
    turn the second issue only where there is one: a game of a version that knew none is the same line.
    """
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if kind is tuple or kind is list:
        return [plain(each) for each in value]
    names = _names(kind)
    if names is None:
        return value
    found = {name: plain(getattr(value, name)) for name in names}
    if (kind is Turn or kind is Round) and value.second is None:
        del found["second"]
    if kind is Round:
        found["usage"] = dict(found["usage"])
        if value.terms is None:
            del found["terms"]
    elif kind is Usage and not value.reasoning_tokens:
        del found["reasoning_tokens"]
    return found


_SIMPLE = frozenset({str, int, float, bool, type(None)})


_known: dict[type, tuple[str, ...] | None] = {}


def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of a record, None for what is no record."""
    if kind not in _known:
        _known[kind] = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
    return _known[kind]


def game_to_json(game: Game) -> str:
    """One line of games.jsonl, without the newline. Line separators inside texts are escaped."""
    return json.dumps(plain(game), ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def game_from_json(line: str) -> Game:
    """The game of one line. Raises ValueError with the reason when the line is not one."""
    try:
        data = json.loads(line)
        return Game(**{**data, "rounds": tuple(_round(each) for each in data["rounds"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a game of games.jsonl: {error!r}") from error


def read_games(path: Path) -> Iterator[Game]:
    """The games of a file, in order. A last line without its newline (a run being written) is left out."""
    for line in lines_of(path):
        if line.endswith(b"\n"):
            yield game_from_json(line.decode())


def _round(data: dict[str, Any]) -> Round:
    return Round(
        **{
            **data,
            "turns": tuple(Turn(**each) for each in data["turns"]),
            "verdicts": tuple(
                Verdict(**{**each, "objections": tuple(each["objections"])}) for each in data["verdicts"]
            ),
            "violations": tuple(Violation(**each) for each in data["violations"]),
            "feedback": tuple(Feedback(**each) for each in data["feedback"]),
            "usage": tuple((role, Usage(**each)) for role, each in data["usage"].items()),
            "terms": Terms(**data["terms"]) if data.get("terms") else None,
        }
    )


class GamesFile:
    """Writes games in their order although they finish in any order: a game waits for those before it.

    A reader sees a growing file of whole lines. Writing starts afresh: what stood there is derived from the journal.
    """

    def __init__(self, path: Path) -> None:
        self._file = write_anew(path)
        self._waiting: dict[int, str] = {}
        self._next = 0

    def add(self, game: Game) -> None:
        """Takes a finished game; writes it and those that waited for it."""
        self._waiting[game.game] = game_to_json(game)
        while self._next in self._waiting:
            self._file.write(self._waiting.pop(self._next) + "\n")
            self._next += 1

    def flush(self) -> None:
        """Makes what was written visible to readers."""
        self._file.flush()

    def close(self) -> None:
        """Writes the games that waited in vain (a paused run has gaps), flushes to the disk and closes."""
        for number in sorted(self._waiting):
            self._file.write(self._waiting.pop(number) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
