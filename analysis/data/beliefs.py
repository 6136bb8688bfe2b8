"""One probes.jsonl -> what each player said off the record that its rival's limit is, and how that compares.

    {"game":0,"arm":"","round":1,"turn":4,"role":"seller","limit":14.0,"confidence":0.8,"true":16.0,"within":1.0, ...
        ->  error -2 (it thinks the buyer pays less than it would), not near, Brier (0.8 - 0)^2 = 0.64

A belief is judged where an answer could be used and the rival has a limit. Lines that are none are left out.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bargain.records import HALF_A_CENT, PLAYERS
from bargain.rundir.plain import lines_of

NAN = float("nan")
_MOST = 1e12
Place = tuple[int, str, int]
"""game, arm, round"""


class Said(NamedTuple):
    """One answer. Prices are NaN where there is none; error, near and brier where it cannot be judged.

    error: estimate less truth. near: 1 if they are at most `within` apart. brier: (confidence - near) squared.
    """

    game: int
    arm: str
    round: int
    turn: int
    role: str
    limit: float
    confidence: float
    true: float
    within: float
    problem: str
    error: float
    near: float
    brier: float


class Judged(NamedTuple):
    """A player's beliefs of one round that can be judged: their number, and sums over them."""

    n: int = 0
    off: float = 0.0
    """Of the distances to the truth."""
    brier: float = 0.0


def read_beliefs(path: Path) -> Iterator[Said]:
    """The beliefs of a run directory, in the order of the file; none where nobody was asked or it cannot be read."""
    with contextlib.suppress(OSError):
        for line in lines_of(path / "probes.jsonl"):
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                yield _said(json.loads(line))


def _said(data: dict[str, Any]) -> Said:
    """Raises ValueError, KeyError or TypeError for what is no belief."""
    place = [data[name] for name in ("game", "round", "turn")]
    if any(type(each) is not int or not 0 <= each < _MOST for each in place) or data["role"] not in PLAYERS:
        raise ValueError("no place in a run")
    limit, confidence, true, within = (_number(data[name]) for name in ("limit", "confidence", "true", "within"))
    if not (isinstance(data["arm"], str) and isinstance(data["problem"], str)) or confidence < 0 or confidence > 1:
        raise ValueError("no belief")
    error = limit - true
    near = NAN if math.isnan(error) or math.isnan(within) else float(abs(error) <= within + HALF_A_CENT)
    game, number, turn = place
    numbers = (limit, confidence, true, within)
    return Said(game, data["arm"], number, turn, data["role"], *numbers, data["problem"], error, near,
                (confidence - near) ** 2)  # fmt: skip


def _number(value: object) -> float:
    if value is None:
        return NAN
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        raise ValueError("a number that is none")
    return float(value)


def judged(beliefs: Iterable[Said]) -> dict[Place, dict[str, Judged]]:
    """By round and player what its beliefs that can be judged come to."""
    found: dict[Place, dict[str, Judged]] = {}
    for said in beliefs:
        if not math.isnan(said.brier):
            of_round = found.setdefault((said.game, said.arm, said.round), {})
            n, off, brier = of_round.get(said.role, Judged())
            of_round[said.role] = Judged(n + 1, off + abs(said.error), brier + said.brier)
    return found
