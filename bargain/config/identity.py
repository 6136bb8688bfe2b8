"""How two configs differ in what decides the games, in words.

changes({"n_games": 20, ...}, {"n_games": 30, ...})   -> ["n_games was 20, is 30"]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bargain.rundir.directory import may_change


def changes(recorded: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """One "key was X, is Y" per value that differs, without what may change on resume; [] if the games are the same."""
    old, new = dict(_leaves(recorded, "")), dict(_leaves(now, ""))
    keys = [key for key in [*old, *(key for key in new if key not in old)] if old.get(key) != new.get(key)]
    return [f"{key} was {_short(old.get(key))}, is {_short(new.get(key))}" for key in keys]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            where = f"{path}.{name}" if path else str(name)
            if not may_change(where):
                yield from _leaves(each, where)
    else:
        yield path, value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def followed(seat: str, learners: Sequence[str]) -> tuple[str, ...]:
    """The players whose engine a seat has that names none: a critic its learner's, the moderator the rival's.

    Two learners have a critic each, on their own engines; without a learner the moderator follows the buyer.
    """
    if seat == "critic":
        return tuple(learners)
    if seat == "moderator":
        return ("seller",) if list(learners) == ["buyer"] else ("buyer",)
    return ()
