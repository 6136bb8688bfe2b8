"""Games as lines of JSON: the one writer and the one reader of `games.jsonl`.

A line is a `records.Game`, field by field, in the order of its dataclasses; nothing in it depends on time or on
interleaving, so equal games are equal bytes. It knows nothing of where the file lies or who asked for it.

    {"game":0,"outcome":"deal","rounds":[{"round":1,"arm":"","outcome":"deal","price":15.5,"turns":[...], ...
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bargain.records import Belief, Game
from bargain.rundir.plain import lines_of, write_anew


def game_to_json(game: Game) -> str:
    """One line of games.jsonl, without the newline. Line separators inside texts are escaped.

    Raises TypeError for a word or a value that a game type, protocol or moderator of one's own made up: an outcome
    "postponed".

    A usage names its reasoning only where there was some, a round its terms only where they are its own, a round and a
    turn the second issue only where there is one: a game of a version that knew none is the same line.
    """
    data = msgspec.to_builtins(game, enc_hook=_built_in)
    try:
        msgspec.convert(data, Game)
    except msgspec.ValidationError as error:
        raise TypeError(f"game {game.game} holds what no game can, and nothing could read it: {error}") from None
    for played in data["rounds"]:
        _leave_out(played, "terms")
        _leave_out(played, "second")
        for turn in played["turns"]:
            _leave_out(turn, "second")
        played["usage"] = dict(played["usage"])
        for usage in played["usage"].values():
            _leave_out(usage, "reasoning_tokens", 0)
    return _line(data)


def belief_to_json(belief: Belief) -> str:
    """One line of probes.jsonl, without the newline."""
    data = msgspec.to_builtins(belief, enc_hook=_built_in)
    _leave_out(data["usage"], "reasoning_tokens", 0)
    return _line(data)


def _built_in(value: object) -> object:
    """A number or text of a kind of its own, such as a protocol of one's own may draw with numpy."""
    for kind in (float, int, str):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"{type(value).__name__} has no place in a game")


def _leave_out(data: dict[str, Any], name: str, nothing: int | None = None) -> None:
    """Takes a field away that holds nothing."""
    if data[name] == nothing:
        del data[name]


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def game_from_json(line: str) -> Game:
    """The game of one line. Raises ValueError with the place and the reason when the line is not one."""
    try:
        data = json.loads(line)
        for played in data["rounds"]:
            played["usage"] = list(played["usage"].items())
        return msgspec.convert(data, Game)
    except (KeyError, TypeError, AttributeError, RecursionError, msgspec.ValidationError) as error:
        reason = str(error) if isinstance(error, msgspec.ValidationError) else repr(error)
        raise ValueError(f"not a game of games.jsonl: {reason}") from error


def read_games(path: Path) -> Iterator[Game]:
    """The games of a file, in order. A last line without its newline (a run being written) is left out."""
    for line in lines_of(path):
        if line.endswith(b"\n"):
            yield game_from_json(line.decode())


class GamesFile:
    """Writes games in their order although they finish in any order: a game waits for those before it. So do beliefs.

    A reader sees a growing file of whole lines. Writing starts afresh: what stood there is derived from the journal.
    """

    def __init__(self, path: Path) -> None:
        self._file = write_anew(path)
        self._waiting: dict[int, str] = {}
        self._next = 0

    def add(self, game: Game) -> None:
        """Takes a finished game; writes it and those that waited for it."""
        self.put(game.game, [game_to_json(game)])

    def put(self, game: int, lines: Sequence[str]) -> None:
        """Takes all lines of a finished game; writes them and those that waited for them."""
        self._waiting[game] = "".join(f"{line}\n" for line in lines)
        while self._next in self._waiting:
            self._file.write(self._waiting.pop(self._next))
            self._next += 1

    def flush(self) -> None:
        """Makes what was written visible to readers."""
        self._file.flush()

    def close(self) -> None:
        """Writes the games that waited in vain (a paused run has gaps), flushes to the disk and closes."""
        for number in sorted(self._waiting):
            self._file.write(self._waiting.pop(number))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
