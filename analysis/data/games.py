"""One games.jsonl -> frames: a row for every round that a game should have had, for every turn, for every feedback.

It reads the JSON of `bargain.records.Game` line by line; what is measured on a round is said in columns.py. A line that
is no game is reported, never silently dropped; a round that was planned but not played gets a row that says so.

    games = read_games(lines, Plan(n_games=200, n_rounds=5, arms=()))
    games.rounds, games.problems
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from bargain.text import one_line

from .beliefs import Judged, Place
from .columns import (
    END_COLUMNS,
    FEEDBACK_COLUMNS,
    MEASURED_COLUMNS,
    ROUND_COLUMNS,
    TERMS_COLUMNS,
    TURN_COLUMNS,
    Column,
    Turn,
    schema_of,
)
from .round_facts import PlayedRound

_NOT_A_ROUND = (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)
MOST_ROUNDS = 1000
"""More rounds than a game has: what says more is damaged, or meant to fill the memory."""
MOST_ARMS = 20
_MOST = 1e12
"""Prices and counts beyond are none."""
_CONTENT = 2**62 - 1
Row = tuple[Any, ...]


class Plan(NamedTuple):
    """What the config asks of every game. n_rounds 0 = unknown: as many as the longest game has."""

    n_games: int = 0
    n_rounds: int = 0
    arms: tuple[str, ...] = ()


class Problem(NamedTuple):
    """One thing that is wrong with a file; `line` counts from 1, 0 for the whole file."""

    line: int
    problem: str


@dataclass(slots=True)
class Games:
    """What a games.jsonl came to: the table of ROUND_COLUMNS, counts, and what was wrong with the file."""

    rounds: pa.Table
    finished: int = 0
    errors: int = 0
    simulated: bool | None = None
    problems: list[Problem] = field(default_factory=list)


def parsed(lines: Iterable[bytes], problems: list[Problem]) -> Iterator[dict[str, Any]]:
    """The games of the lines, as JSON data; whatever is none is added to `problems` and left out."""
    seen: set[int] = set()
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            problems.append(Problem(number, "the last line is cut: its game is left out"))
            continue
        try:
            game = json.loads(line)
            key = game["game"]
            if type(key) is not int or not isinstance(game["rounds"], list):
                raise TypeError("its fields have the wrong types")
            if not 0 <= key < _MOST or len(game["rounds"]) > MOST_ROUNDS * MOST_ARMS:
                raise ValueError("no game has such a number, or so many rounds")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(Problem(number, f"not a game ({_short(error)}): it is left out"))
            continue
        if key in seen:
            problems.append(Problem(number, f"game {key} is there twice: the first one counts"))
            continue
        seen.add(key)
        game["line"] = number
        yield game


def _short(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", 120)


def read_games(
    lines: Iterable[bytes], plan: Plan, beliefs: Mapping[Place, Mapping[str, Judged]] | None = None
) -> Games:
    """The rounds of every game, in order. Never raises for what stands in the lines; see `Games.problems`.

    beliefs: what the players said beside each round.
    """
    beside = beliefs or {}
    problems: list[Problem] = []
    readable: dict[int, tuple[bool, dict[tuple[str, int], Row]]] = {}
    line_of: dict[int, int] = {}
    errors, simulated = 0, None
    longest, arms = plan.n_rounds, dict.fromkeys(plan.arms)
    for game in parsed(lines, problems):
        try:
            number = game["game"]
            rows = {
                (arm, at): _measured(played, beside.get((number, arm, at), {}))
                for played in game["rounds"]
                for arm, at in [(played["arm"], played["round"])]
            }
        except _NOT_A_ROUND as error:
            problems.append(
                Problem(game["line"], f"game {game['game']} has a round that is none ({_short(error)}): left out")
            )
            continue
        failed = game.get("outcome") == "error"
        errors += failed
        simulated = bool(game.get("simulated")) or bool(simulated)
        if not plan.n_rounds:
            longest = max([longest, *(number for _, number in rows)])
        if not plan.arms:
            arms.update(dict.fromkeys(arm for arm, _ in rows if arm))
        readable[game["game"]] = (failed, rows)
        line_of[game["game"]] = game["line"]
    rows_of = {number: list(_planned(number, *game, longest, tuple(arms))) for number, game in readable.items()}
    table, bad = _table(rows_of, ROUND_COLUMNS)
    problems += [Problem(line_of[game], f"game {game} has values of the wrong type: it is left out") for game in bad]
    return Games(table, len(readable) - len(bad), errors, simulated, problems)


_COMPUTE = [column.compute for column in (*END_COLUMNS, *TERMS_COLUMNS, *MEASURED_COLUMNS) if column.compute]
_TERMS = slice(len(END_COLUMNS), len(END_COLUMNS) + len(TERMS_COLUMNS))
_NO_TERMS = tuple(column.nothing for column in TERMS_COLUMNS)
_NOTHING = tuple(column.nothing for column in MEASURED_COLUMNS)


def _measured(data: dict[str, Any], beliefs: Mapping[str, Judged]) -> Row:
    """The values of END_COLUMNS, TERMS_COLUMNS and MEASURED_COLUMNS in a round that was played."""
    if type(data["round"]) is not int or not 1 <= data["round"] <= MOST_ROUNDS:
        raise ValueError("no round has such a number")
    for price in (data["price"], data.get("legacy_price")):
        if price is not None and (type(price) not in (int, float) or not -_MOST <= price <= _MOST):
            raise ValueError("a price that is none")
    played = PlayedRound(data, beliefs)
    row = tuple([compute(played) for compute in _COMPUTE])
    for value in row:
        if isinstance(value, int | float) and not -_MOST <= value <= _MOST and value == value:
            raise ValueError("a number that is no price and no count")
    return row


def _planned(
    game: int, failed: bool, rows: dict[tuple[str, int], Row], n_rounds: int, arms: Sequence[str]
) -> Iterator[Row]:
    """A row per planned arm and round of a game; the shared rounds once per arm, so that every arm has its pairs."""
    terms = next((row[_TERMS] for row in rows.values()), _NO_TERMS)
    for position, arm in enumerate(arms or ("",)):
        last, ended_in, content = "error" if failed else "", 0, 0
        for number in range(1, n_rounds + 1):
            shared = bool(arm) and (arm, number) not in rows and ("", number) in rows
            row = rows.get(("" if shared else arm, number))
            if row is None:
                outcome = "error" if last == "error" else "not_played"
                row = (
                    outcome,
                    f"the game ended in round {ended_in}" if ended_in else "the game failed",
                    *terms,
                    *_NOTHING,
                )
            else:
                last, ended_in = row[0], number
            *others, own_content = row
            content = hash((content, own_content)) & _CONTENT if content or own_content else 0
            yield (game, arm, number, shared, shared and position > 0, *others, content)


def _table(rows_of: dict[int, list[Row]], columns: Sequence[Column]) -> tuple[pa.Table, list[int]]:
    """The rows of all games as one table, and the games left out because a value does not fit its column."""
    bad: list[int] = []
    try:
        return _arrow([row for rows in rows_of.values() for row in rows], columns), bad
    except (pa.ArrowException, OverflowError):
        for game, rows in rows_of.items():
            try:
                _arrow(rows, columns)
            except (pa.ArrowException, OverflowError):
                bad.append(game)
    return _arrow([row for game, rows in rows_of.items() if game not in bad for row in rows], columns), bad


def _arrow(rows: list[Row], columns: Sequence[Column]) -> pa.Table:
    series = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(values, column.kind) for values, column in zip(series, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema_of(columns))


def read_turns(lines: Iterable[bytes]) -> pa.Table:
    """Every turn as played, in the order of the file: the table of TURN_COLUMNS. Damaged games are left out."""
    return _parts_of_rounds(lines, TURN_COLUMNS, lambda data: [Turn(*turn) for turn in enumerate(data["turns"], 1)])


def read_feedback(lines: Iterable[bytes]) -> pa.Table:
    """Every feedback that was heard, in the order of the file: the table of FEEDBACK_COLUMNS. As read_turns."""
    return _parts_of_rounds(lines, FEEDBACK_COLUMNS, lambda data: data["feedback"])


def _parts_of_rounds(
    lines: Iterable[bytes], columns: Sequence[Column], parts_of: Callable[[dict[str, Any]], Iterable[Any]]
) -> pa.Table:
    """A row for each part of each round: game, arm and round, then what the columns compute of the part."""
    computes = [column.compute for column in columns if column.compute]
    rows_of: dict[int, list[Row]] = {}
    for game in parsed(lines, []):
        try:
            for data in game["rounds"]:
                _measured(data, {})  # so that these are the games that read_games keeps
            rows_of[game["game"]] = [
                (game["game"], data["arm"], data["round"], *[compute(part) for compute in computes])
                for data in game["rounds"]
                for part in parts_of(data)
            ]
        except _NOT_A_ROUND:
            continue  # read_games has reported it
    return _table(rows_of, columns)[0]
