"""A sweep over several choices read as a factorial: what each choice does, over all settings of the others.

    effects(runs, "price", role="learner", base=1)     per factor and pair of levels: the main effect, with its test
    means(runs, "deal_rate")                           per factor and level: the marginal mean
    interactions(runs, [("seller.engine.name", "memory.name")], "surplus", role="learner", base=1)

A cell is a combination of levels; runs that differ in seeds only are one cell. A marginal mean is the plain mean of the
cells' means, so that a cell with more games does not weigh more. An effect is the mean, over the combinations of the
other factors that have both levels, of the difference there; an interaction that of the difference of two differences.
Where all cells play the same seeds (comparisons.share_seeds) their games are paired by number, and the unit is a game
over all its cells; else every game stands for itself (Welch & Satterthwaite). Learners of different roles are never one
factorial: choose the runs of one first, as the report does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ..data.once import once
from ..data.runs import Runs
from ..stats.differences import Comparison, holm
from ..stats.intervals import ALPHA, NAN
from ..text import choice
from .comparisons import as_frame, observed, seeds_of, share_seeds

NO_FACTORS = ("seed", "n_games", "game.n_rounds")
"""Choices that make more of the same, and no other cell."""
MOST_LEVELS = 5
"""A factor with more levels than this has each compared with its first only."""
Frame = pd.DataFrame
Levels = tuple[str, ...]
Signed = list[tuple[float, "pd.Series[float]"]]


def factors(runs: Runs) -> list[str]:
    """The choices that were varied, without those that follow from another: `followers`."""
    following = followers(runs)
    return [name for name in runs.deciding() if name not in NO_FACTORS and name not in following]


def followers(runs: Runs) -> dict[str, str]:
    """Choices that have no effect of their own to be seen, and the choice that decides each: a critic on its
    learner's engine changes with it. Of two that decide each other the player's is the factor."""
    return runs.followers([name for name in runs.deciding() if name not in NO_FACTORS])


def is_factorial(runs: Runs) -> bool:
    """Whether some choice was varied at two settings of the others or more: then it has a main effect."""
    names = factors(runs)
    cells = (
        {tuple(choice(value) for value in row) for row in runs.runs[names].to_numpy(dtype=object)} if names else set()
    )
    for at in range(len(names) if len(names) > 1 else 0):
        met: dict[Levels, set[Levels]] = {}
        for cell in cells:
            met.setdefault(cell[:at] + cell[at + 1 :], set()).add(cell[at : at + 1])
        pairs = [pair for levels in met.values() for pair in combinations(sorted(levels), 2)]
        if len(set(pairs)) < len(pairs):
            return True
    return False


def means(
    runs: Runs, metric: str = "price", *, role: str = "", base: int | None = None, of: Sequence[str] | None = None
) -> Frame:
    """The marginal mean of each level, per arm and round, over the combinations of the others that have every level.

    base: of the changes since that round. of: the factors, by default all. Columns: arm, round, factor, level, metric,
    role, value, low, high, n (games), combinations (how many), note.
    """
    rows = []
    for key, design in _designs(runs, metric, role, base, of):
        for factor in design.factors:
            levels = design.levels(factor)
            others = design.others({factor: levels})
            for level in levels:
                made = design.combined([[(1.0, design.cell(other | {factor: level}))] for other in others])
                kept = (made.difference, made.low, made.high, made.n, len(others), made.note)
                rows.append((*key, factor, level, metric, role, *kept))
    names = ["arm", "round", "factor", "level", "metric", "role", "value", "low", "high", "n", "combinations", "note"]
    return pd.DataFrame(rows, columns=names)


@once
def effects(
    runs: Runs, metric: str = "price", *, role: str = "", base: int | None = None, of: Sequence[str] | None = None
) -> Frame:
    """The main effect of each factor, per arm and round: level b against level a, over the others' combinations.

    Columns: arm, round, factor, a_is, b_is, combinations, metric, role, failed (games that a failed call cost, left
    out), the fields of Comparison and p_holm over the frame. Levels that never meet have a row that says so.
    """
    rows, found = [], []
    for key, design in _designs(runs, metric, role, base, of):
        for factor in design.factors:
            for a, b in _pairs(design.levels(factor)):
                others = design.others({factor: [a, b]})
                sides = [[design.cell(other | {factor: level}) for other in others] for level in (a, b)]
                made = design.combined([[(1.0, more), (-1.0, less)] for less, more in zip(*sides, strict=True)])
                used = [other | {factor: level} for other in others for level in (a, b)]
                found.append(_with_sides(made, *(design.combined([[(1.0, cell)] for cell in side]) for side in sides)))
                rows.append((*key, factor, a, b, len(others), metric, role, design.failed(used)))
    return _frame(rows, ["arm", "round", "factor", "a_is", "b_is", "combinations", "metric", "role", "failed"], found)


def interactions(
    runs: Runs,
    asked: Sequence[tuple[str, str]],
    metric: str = "price",
    *,
    role: str = "",
    base: int | None = None,
    of: Sequence[str] | None = None,
) -> Frame:
    """How much the effect of one factor depends on another, for the pairs of factors that are asked for.

    Per arm, round, pair of levels of the first (a_is, b_is) and of the second (at_a, at_b): `difference` is the effect
    of the first at at_b (b) minus that at at_a (a). Columns: arm, round, factor, at, a_is, b_is, at_a, at_b,
    combinations, metric, role, failed, the fields of Comparison and p_holm. Raises KeyError for what is no factor.
    """
    rows, found = [], []
    for key, design in _designs(runs, metric, role, base, of) if asked else ():
        for factor, at in asked:
            for name in (factor, at):
                if name not in design.factors:
                    raise KeyError(f"no factor {name!r}; there are {', '.join(design.factors)}")
            for a, b in _pairs(design.levels(factor)):
                for at_a, at_b in _pairs(design.levels(at)):
                    others = design.others({factor: [a, b], at: [at_a, at_b]})
                    simple: dict[str, list[Signed]] = {
                        there: [
                            [
                                (sign, design.cell(other | {factor: level, at: there}))
                                for sign, level in ((1.0, b), (-1.0, a))
                            ]
                            for other in others
                        ]
                        for there in (at_a, at_b)
                    }
                    both = [
                        [*high, *((-sign, cell) for sign, cell in low)]
                        for low, high in zip(simple[at_a], simple[at_b], strict=True)
                    ]
                    sides = (design.combined(simple[there]) for there in (at_a, at_b))
                    used = [o | {factor: one, at: two} for o in others for one in (a, b) for two in (at_a, at_b)]
                    found.append(_with_sides(design.combined(both), *sides))
                    rows.append((*key, factor, at, a, b, at_a, at_b, len(others), metric, role, design.failed(used)))
    names = ["arm", "round", "factor", "at", "a_is", "b_is", "at_a", "at_b", "combinations", "metric", "role", "failed"]
    return _frame(rows, names, found)


class _Design(NamedTuple):
    """The cells of one arm and round: their values by game, and how many games failed.

    paired: the games of all cells are the same by seed and number.
    """

    factors: list[str]
    values: dict[Levels, pd.Series[float]]
    lost: dict[Levels, int]
    paired: bool

    def levels(self, factor: str) -> list[str]:
        """The factor's levels in the order of the runs."""
        at = self.factors.index(factor)
        return list(dict.fromkeys(cell[at] for cell in self.values))

    def _key(self, chosen: dict[str, str]) -> Levels:
        return tuple(chosen[name] for name in self.factors)

    def cell(self, chosen: dict[str, str]) -> pd.Series[float]:
        """The values of one cell by game."""
        return self.values[self._key(chosen)]

    def failed(self, cells: Sequence[dict[str, str]]) -> int:
        """How many games of these cells a failed call cost."""
        return sum(self.lost[self._key(chosen)] for chosen in cells)

    def others(self, varied: dict[str, list[str]]) -> list[dict[str, str]]:
        """The settings of all other factors at which each combination of these levels was played."""
        rest = [name for name in self.factors if name not in varied]
        wanted: list[dict[str, str]] = [{}]
        for name, levels in varied.items():
            wanted = [chosen | {name: level} for chosen in wanted for level in levels]
        settings = {tuple(cell[self.factors.index(name)] for name in rest): None for cell in self.values}
        named = [dict(zip(rest, setting, strict=True)) for setting in settings]
        return [other for other in named if all(self._key(other | chosen) in self.values for chosen in wanted)]

    def combined(self, parts: Sequence[Signed]) -> Comparison:
        """The mean over `parts` of a signed sum of cells' means, with its t interval and test."""
        test = "paired t" if self.paired else "Welch t"
        nothing = Comparison(NAN, NAN, NAN, 0, NAN, test, NAN, NAN, "")
        if not parts:
            return replace(nothing, note="the levels meet in no combination")
        joined = [_per_game(part) for part in parts] if self.paired else [cell for part in parts for _, cell in part]
        if min(len(values) for values in joined) < 2:
            return replace(nothing, n=sum(map(len, joined)), note="a cell has fewer than two values")
        if self.paired:
            value, variance, freedom, n = _of_games(joined)
        else:
            value, variance, freedom, n = _of_cells(parts)
        if not variance > 1e-18 * max(1.0, value * value):
            return replace(nothing, difference=value, n=n, note="no spread: no interval and no test")
        error = math.sqrt(variance)
        half = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
        p = 2 * float(stats.t.sf(abs(value) / error, freedom))
        found = replace(nothing, difference=value, low=value - half, high=value + half, n=n, p=p)
        return replace(found, centre=value, error=error, freedom=float(freedom))


def _per_game(part: Signed) -> pd.Series[float]:
    """The signed sum of each game that has a value in all of these cells."""
    both = pd.concat([sign * cell for sign, cell in part], axis=1, join="inner")
    return both.sum(axis=1)


def _of_games(parts: Sequence[pd.Series[float]]) -> tuple[float, float, float, int]:
    """The mean of the parts' means, its variance by game (a game may be in several parts), freedom, and games."""
    value = float(np.mean([part.mean() for part in parts]))
    pulls = [(part - part.mean()) / (len(part) * len(parts)) for part in parts]
    of_game = pd.concat(pulls).groupby(level=[0, 1]).sum().to_numpy()
    games = len(of_game)
    return value, float((of_game**2).sum()) * games / (games - 1), games - 1, games


def _of_cells(parts: Sequence[Signed]) -> tuple[float, float, float, int]:
    """The mean of the parts' sums over cells of different games, its variance, Satterthwaite's freedom, values."""
    cells = [(sign / len(parts), cell.to_numpy(dtype=float)) for part in parts for sign, cell in part]
    value = sum(weight * float(cell.mean()) for weight, cell in cells)
    shares = [(weight**2 * float(cell.var(ddof=1)) / len(cell), len(cell) - 1) for weight, cell in cells]
    variance = sum(share for share, _ in shares)
    below = sum(share**2 / freedom for share, freedom in shares)
    return value, variance, variance**2 / below if below > 0 else 1.0, sum(len(cell) for _, cell in cells)


def _designs(
    runs: Runs, metric: str, role: str, base: int | None, of: Sequence[str] | None
) -> Iterator[tuple[tuple[str, int], _Design]]:
    """The design of each arm and round."""
    names = list(factors(runs) if of is None else of)
    if not names or not len(runs.rounds):
        return
    seeds = seeds_of(runs)
    values = observed(runs, metric, role, base, names)
    texts = [values[name].map(choice).astype(str) for name in names]
    values = values.assign(
        unit=values["run"].astype(str).map(seeds),
        cell=pd.Series(list(zip(*texts, strict=True)), index=values.index, dtype=object),
    )
    key: Any
    cell: Any
    for key, group in values.groupby(["arm", "round"], observed=True):
        cells: dict[Levels, pd.Series[float]] = {}
        lost: dict[Levels, int] = {}
        of_seeds, unique = [], True
        for cell, part in group.groupby("cell", sort=False):
            known = part["unit"].notna().all()
            unit = part["unit"] if known else part["run"].astype(str)
            index = pd.MultiIndex.from_arrays([unit, part["game"]])
            of_seeds.append(frozenset(part["unit"]))
            unique &= index.is_unique
            cells[cell] = part["value"].set_axis(index).dropna().astype(float)
            lost[cell] = int(part["failed"].sum())
        paired = unique and share_seeds(of_seeds)
        yield (str(key[0]), int(key[1])), _Design(names, cells, lost, paired)


def _pairs(levels: Sequence[str]) -> list[tuple[str, str]]:
    return list(combinations(levels, 2)) if len(levels) <= MOST_LEVELS else [(levels[0], each) for each in levels[1:]]


def _with_sides(made: Comparison, a: Comparison, b: Comparison) -> Comparison:
    return replace(made, a=a.difference, b=b.difference)


def _frame(rows: Sequence[tuple[Any, ...]], names: list[str], found: Sequence[Comparison]) -> Frame:
    whole = pd.concat([pd.DataFrame(list(rows), columns=names), as_frame(found)], axis=1)
    return whole.assign(p_holm=holm(whole["p"].astype(float)))
