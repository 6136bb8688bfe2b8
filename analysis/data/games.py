"""One games.jsonl -> rows: what is measured on a single round, and which rounds a game should have had.

It reads the JSON of `bargain.records.Game` line by line and knows no directory, no cache and no statistics. A line that
is no game is reported, never silently dropped; a round that was planned but not played gets a row that says so.

    games = read_games(lines, Plan(n_games=200, n_rounds=5, arms=()))
    games.rounds, games.problems
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from analysis.data.columns import FEEDBACK_COLUMNS, PLAYERS, ROUND_COLUMNS, SEATS, TURN_COLUMNS, Column, schema_of

NAN = float("nan")
_NOT_A_ROUND = (KeyError, TypeError, AttributeError, ValueError)


OUTCOMES = ("deal", "no_deal", "walk_away", "error")


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
        except (ValueError, KeyError, TypeError) as error:
            problems.append(Problem(number, f"not a game ({_short(error)}): it is left out"))
            continue
        if key in seen:
            problems.append(Problem(number, f"game {key} is there twice: the first one counts"))
            continue
        seen.add(key)
        game["line"] = number
        yield game


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120]


def read_games(lines: Iterable[bytes], plan: Plan) -> Games:
    """The rounds of every game, in order. Never raises for what stands in the lines; see `Games.problems`."""
    problems: list[Problem] = []
    kept: list[tuple[int, bool, dict[tuple[str, int], tuple[Any, ...]]]] = []
    line_of: dict[int, int] = {}
    errors, simulated = 0, None
    longest, arms = plan.n_rounds, dict.fromkeys(plan.arms)
    for game in parsed(lines, problems):
        try:
            rows = {(played["arm"], played["round"]): _measures(played) for played in game["rounds"]}
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
        kept.append((game["game"], failed, rows))
        line_of[game["game"]] = game["line"]
    rows_of = {each[0]: list(_planned(*each, longest, tuple(arms))) for each in kept}
    table, bad = _table(rows_of, ROUND_COLUMNS)
    problems += [Problem(line_of[each], f"game {each} has values of the wrong type: it is left out") for each in bad]
    return Games(table, len(kept) - len(bad), errors, simulated, problems)


def _planned(
    game: int, failed: bool, rows: dict[tuple[str, int], tuple[Any, ...]], n_rounds: int, arms: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """A row per planned arm and round of a game; the shared rounds once per arm, so that every arm has its pairs."""
    for position, arm in enumerate(arms or ("",)):
        last, ended_in = "error" if failed else "", 0
        for number in range(1, n_rounds + 1):
            shared = bool(arm) and (arm, number) not in rows and ("", number) in rows
            row = rows.get(("" if shared else arm, number))
            if row is None:
                outcome = "error" if last == "error" else "not_played"
                row = (outcome, f"the game ended in round {ended_in}" if ended_in else "the game failed", *_NOTHING)
            else:
                last, ended_in = row[0], number
            yield (game, arm, number, shared, shared and position > 0, *row)


def _table(rows_of: dict[int, list[tuple[Any, ...]]], columns: Sequence[Column]) -> tuple[pa.Table, list[int]]:
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


def _arrow(rows: list[tuple[Any, ...]], columns: Sequence[Column]) -> pa.Table:
    series = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(values, column.kind) for values, column in zip(series, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema_of(columns))


_NO_PLAYER = (0, 0, 0, 0, NAN, NAN, NAN, NAN, NAN, NAN, 0)
_NOTHING = (NAN, NAN, 0, 0, 0, *_NO_PLAYER, *_NO_PLAYER, "", 0, 0, 0, "", 0, 0, 0, 0, 0, *(0,) * 2 * len(SEATS))


def _measures(played: dict[str, Any]) -> tuple[Any, ...]:
    """The columns of one round from `outcome` on, in the order of ROUND_COLUMNS."""
    turns, violations, feedback = played["turns"], played["violations"], played["feedback"]
    if type(played["round"]) is not int or played["outcome"] not in OUTCOMES:
        raise ValueError(f"round {played['round']!r} with outcome {played['outcome']!r}")
    counts: dict[str, int] = {}
    for each in violations:
        name = f"{each['role']}:{each['kind']}"
        counts[name] = counts.get(name, 0) + 1
    sizes = [(len(turn["text"]), len(turn["text"].split())) for turn in turns]
    players = [_player(role, turns, sizes, violations) for role in PLAYERS]
    verdicts = played["verdicts"]
    objections = overruled = 0
    for verdict in verdicts:
        if verdict["objections"]:
            objections += 1
            overruled += verdict["stands"] != verdict["state"]
    price, legacy = played["price"], played.get("legacy_price")
    return (
        played["outcome"],
        played.get("reason") or "",
        NAN if price is None else float(price),
        NAN if legacy is None else float(legacy),
        len(turns),
        sum(chars for chars, _ in sizes),
        sum(words for _, words in sizes),
        *players[0],
        *players[1],
        " ".join(f"{name}={count}" for name, count in sorted(counts.items())) if counts else "",
        len(verdicts),
        objections,
        overruled,
        "+".join(dict.fromkeys(each["source"] for each in feedback)) if feedback else "",
        sum(len(each["text"]) for each in feedback),
        *_usage(played["usage"]),
    )


def _player(
    role: str, turns: list[dict[str, Any]], sizes: list[tuple[int, int]], violations: list[dict[str, Any]]
) -> tuple[Any, ...]:
    """What one player did in a round, in the order of the `{role}_...` columns. See docs/metrics.md, "Concessions".

    sizes: the characters and the words of each turn.
    """
    written = chars = words = 0
    offers: list[float] = []
    first_own = conceded = conceded_at = NAN
    for number, turn in enumerate(turns, start=1):
        if turn["role"] != role:
            continue
        if not turn["fixed"]:
            written += 1
            chars += sizes[number - 1][0]
            words += sizes[number - 1][1]
        offer = turn["offer"]
        if offer is None or turn["act"] == "accept":
            continue
        if first_own != first_own and not turn["fixed"]:
            first_own = offer
        if offers and conceded != conceded:
            step = offers[-1] - offer if role == "seller" else offer - offers[-1]
            if step > 0:
                conceded, conceded_at = step, number
        offers.append(offer)
    own = sum(each["role"] == role for each in violations) if violations else 0
    if not offers:
        return (written, chars, words, 0, NAN, NAN, NAN, NAN, NAN, NAN, own)
    first, last = offers[0], offers[-1]
    total = first - last if role == "seller" else last - first
    return (written, chars, words, len(offers), first, first_own, last, total, conceded, conceded_at, own)


def _usage(usage: dict[str, dict[str, int]]) -> tuple[int, ...]:
    """Calls, tokens, and the tokens of each seat; the two critics of a game count as one seat."""
    calls = given = said = cached = 0
    seats = dict.fromkeys(SEATS, (0, 0))
    for role, each in usage.items():
        calls += each["calls"]
        given += each["input_tokens"]
        said += each["output_tokens"]
        cached += each["cached_tokens"]
        seat = "critic" if role.endswith("critic") else role
        if seat in seats:
            old = seats[seat]
            seats[seat] = (old[0] + each["input_tokens"], old[1] + each["output_tokens"])
    return (calls, given, said, cached, *(count for pair in seats.values() for count in pair))


def read_turns(lines: Iterable[bytes]) -> pa.Table:
    """Every turn as played, in the order of the file: the table of TURN_COLUMNS. Damaged games are left out."""
    return _of_each_round(lines, _turns, TURN_COLUMNS)


def read_feedback(lines: Iterable[bytes]) -> pa.Table:
    """Every feedback that was heard, in the order of the file: the table of FEEDBACK_COLUMNS. As read_turns."""
    return _of_each_round(lines, _feedback, FEEDBACK_COLUMNS)


def _of_each_round(
    lines: Iterable[bytes], rows_of: Callable[[dict[str, Any]], list[tuple[Any, ...]]], columns: Sequence[Column]
) -> pa.Table:
    found = {}
    for game in parsed(lines, []):
        try:
            for played in game["rounds"]:
                _measures(played)  # so that these are the games that read_games keeps
            found[game["game"]] = [
                (game["game"], played["arm"], played["round"], *row)
                for played in game["rounds"]
                for row in rows_of(played)
            ]
        except _NOT_A_ROUND:
            continue  # read_games has reported it
    return _table(found, columns)[0]


def _turns(played: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (
            number,
            turn["role"],
            NAN if turn["offer"] is None else float(turn["offer"]),
            turn["act"],
            bool(turn["fixed"]),
            len(turn["text"]),
            len(turn["text"].split()),
            turn["text"],
        )
        for number, turn in enumerate(played["turns"], start=1)
    ]


def _feedback(played: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (each["learner"], each["source"], each["text"], each.get("acknowledgement") or "")
        for each in played["feedback"]
    ]
