"""What another way from a place would have come to: the futures of a branch beside those of the same place untouched.

    rows = what_if([Futures(Path("outputs/.../untouched"), ...), Futures(Path("outputs/.../changed"), ...)])
    rows[0].price                                       # Change(before=14.8, after=16.1, low=0.7, high=1.9, n=18)

The round that counts is the one in which the branch lies. Futures of engines that play by the seed are paired, future i
with future i; any others are independent draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bargain.intervals import Ends, apart, mean, t_interval, wilson
from bargain.records import Item, Player, limit_of, surplus_of
from bargain.rundir.games import read_games
from bargain.rundir.record import GAMES


@dataclass(frozen=True, slots=True)
class Futures:
    """A run of futures: where it lies and which place of which game it left (schema.BranchConfig).

    place: game, arm, round and turn, equal for the futures that are compared. changed: "" for the untouched ones.
    learner: whose surplus counts; None: that of who speaks at the place. by_seed: whether its engines play by the seed.
    """

    directory: Path
    place: tuple[int, str, int, int]
    changed: str
    item: Item
    learner: Player | None
    by_seed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A mean or rate without the change and with it; the 95% interval of the difference, None where there is none.

    n: the futures that it speaks of, pairs where they are paired.
    """

    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A place and a change there: what it does to price (over the deals), deal rate and surplus (no deal as 0)."""

    place: tuple[int, str, int, int]
    changed: str
    role: Player
    futures: int
    failed: int
    price: Change
    deals: Change
    surplus: Change


def what_if(cells: Sequence[Futures]) -> list[WhatIf]:
    """A row per place and change, in the order of the cells; a place that has only untouched futures is a row too."""
    played = [(cell, _outcomes(cell)) for cell in cells]
    base = {cell.place: outcomes for cell, outcomes in played if not cell.changed}
    with_change = {cell.place for cell in cells if cell.changed}
    return [
        _row(cell, base.get(cell.place, {}), outcomes)
        for cell, outcomes in played
        if cell.changed or cell.place not in with_change
    ]


@dataclass(frozen=True, slots=True)
class _Outcome:
    role: Player
    price: float | None
    surplus: float | None
    failed: bool


def _outcomes(cell: Futures) -> dict[int, _Outcome]:
    """What the round of the branch came to, by future; none for a run that has no games yet."""
    _, arm, number, turn = cell.place
    path, found = cell.directory / GAMES, {}
    for game in read_games(path) if path.is_file() else ():
        played = next((each for each in game.rounds if (each.arm, each.round) == (arm, number)), None)
        speaker = played.turns[turn - 1].role if played and 0 < turn <= len(played.turns) else "seller"
        role = cell.learner or speaker
        if played is None:  # an error before it
            found[game.game] = _Outcome(role, None, None if limit_of(cell.item, role) is None else 0.0, failed=True)
        else:
            surplus = surplus_of(played, role, limit_of(played.terms or cell.item, role), cell.item)
            found[game.game] = _Outcome(role, played.price, surplus, failed=played.outcome == "error")
    return found


def _row(cell: Futures, base: dict[int, _Outcome], changed: dict[int, _Outcome]) -> WhatIf:
    both = sorted(base.keys() & changed.keys()) if cell.changed else sorted(changed)
    old, new = [base.get(each) for each in both], [changed[each] for each in both]
    before = [each for each in old if each is not None]
    return WhatIf(
        cell.place,
        cell.changed,
        new[0].role if new else cell.learner or "seller",
        len(both),
        sum(each.failed for each in [*new, *(before if cell.changed else [])]),
        _means([each.price for each in before], [each.price for each in new], paired=cell.by_seed),
        _rates([each.price is not None for each in before], [each.price is not None for each in new]),
        _means([each.surplus for each in before], [each.surplus for each in new], paired=cell.by_seed),
    )


def _means(before: Sequence[float | None], after: Sequence[float | None], *, paired: bool) -> Change:
    """paired: over the futures that have both."""
    if paired and before:
        pairs = [(a, b) for a, b in zip(before, after, strict=True) if a is not None and b is not None]
        old, new = [a for a, _ in pairs], [b for _, b in pairs]
        size = max(map(abs, [*old, *new]), default=0.0)
        return _change(mean(old), mean(new), t_interval([b - a for a, b in pairs], size=size), len(pairs))
    old, new = ([each for each in values if each is not None] for values in (before, after))
    a, b = mean(old), mean(new)
    ends = (None, None) if a is None or b is None else apart(a, t_interval(old), b, t_interval(new))
    return _change(a, b, ends, len(new))


def _rates(before: Sequence[bool], after: Sequence[bool]) -> Change:
    a, b = mean([float(each) for each in before]), mean([float(each) for each in after])
    ends = (None, None) if a is None or b is None else apart(a, _wilson(before), b, _wilson(after))
    return _change(a, b, ends, len(after))


def _wilson(hits: Sequence[bool]) -> Ends:
    return wilson(sum(hits), len(hits))


def _change(before: float | None, after: float | None, ends: Ends, n: int) -> Change:
    difference = None if before is None or after is None else after - before
    return Change(before, after, difference, *ends, n)
