"""Is it better than before, than the other arm, than the other cell: the tests that a study reports, as frames.

    change(runs, "price", role="learner")             round k against round 1 of the same games
    arms(runs, "price", role="learner")               arm against arm, paired by their shared first round
    cells(runs, "price", "learner_engine", base=1)    changes of one cell against those of another
    selection_table(runs)                             the price effect with and without the survivors' problem
    games_needed(runs, effect=0.5)                    how many games, and what they cost

A metric is named as in `metrics`; role "learner" is whoever is coached, with prices turned so that more is better for
it. Every frame ends with the fields of `differences.Comparison` and `p_holm`, Holm's correction over the whole frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.data.runs import Runs
from analysis.measures.duplicates import repeated, repeated_games
from analysis.measures.metrics import BY, ITEM, Groups, joined, metric_of, per_round
from analysis.stats.differences import (
    Comparison,
    holm,
    paired_means,
    paired_rates,
    paired_surplus,
    two_rates,
    welch,
)
from analysis.stats.fewest import FEWEST
from analysis.stats.intervals import NAN, mean_intervals
from analysis.stats.power import SampleSize, games_for_change
from analysis.stats.selection import Row, selection
from bargain.records import PLAYERS

_ROUND = ("run", "arm", "game", "round", "shared", "repeat", "outcome", "content")
FIELDS = tuple(field.name for field in fields(Comparison))
Frame = pd.DataFrame


def change(
    runs: Runs,
    metric: str = "price",
    *,
    role: str = "",
    base: int | Literal["previous"] = 1,
    by: Sequence[str] = ("run",),
) -> Frame:
    """after - before of the same games, per group of `by`, arm and round; before is round `base` or the round before.

    Games without a value in both rounds are not pairs; `n` says how many are. Columns: `by`, arm, round, metric, role,
    the fields of Comparison (a = before, b = after), p_holm. Rates are tested by McNemar, everything else by t.
    """
    values = with_base(runs, metric, role, base, by)
    pairs = values[values["value"].notna() & values["before"].notna()]
    keys = _plus(by, "arm", "round")
    grouped = [(key, group["before"].to_numpy(), group["value"].to_numpy()) for key, group in _groups(pairs, keys)]
    if _is_rate(metric):
        found = [paired_rates(before, after) for _, before, after in grouped]
    else:
        least = 1 if _paired(metric) is paired_surplus else FEWEST.mean
        made = mean_intervals([after - before for _, before, after in grouped], fewest=least)
        found = [_paired(metric)(*pair[1:], interval=each) for pair, each in zip(grouped, made, strict=True)]
    return _frame(keys, [key for key, *_ in grouped], metric, role, found)


def arms(runs: Runs, metric: str = "price", *, role: str = "", by: Sequence[str] = ("run",)) -> Frame:
    """Arm b against arm a in each round after the shared one, paired by game, for every pair of arms.

    Since both arms share the round before, this is also the difference of their changes. Columns: `by`, round, arm_a,
    arm_b, metric, role, the fields of Comparison, p_holm. Empty where no run has arms.
    """
    values = _values(runs, metric, role, by)
    values = values[values["value"].notna() & ~values["shared"] & (values["arm"].astype(str) != "")]
    values = values[~repeated_games(values, [*by, "round"])]
    rows: list[tuple[Any, ...]] = []
    found = []
    for key, group in _groups(values, _plus(by, "round")):
        of_arm = {
            str(arm): part.set_index(["run", "game"])["value"] for arm, part in _groups(group, ["arm"], flat=True)
        }
        for first, second in combinations(of_arm, 2):
            both = pd.concat([of_arm[first], of_arm[second]], axis=1, join="inner").to_numpy()
            found.append((paired_rates if _is_rate(metric) else _paired(metric))(both[:, 0], both[:, 1]))
            rows.append((*key, first, second))
    return _frame([*_plus(by, "round"), "arm_a", "arm_b"], rows, metric, role, found)


def cells(
    runs: Runs,
    metric: str = "price",
    between: str = "run",
    *,
    role: str = "",
    base: int | None = None,
    within: Sequence[str] = (),
    against: str | None = None,
) -> Frame:
    """Value b against value a of the column `between`, per group of `within`, arm and round.

    Where both players of all games are embedded negotiators and both sides have the same seeds, number k of one side
    and number k of the other begin alike and are paired by game, as `change` pairs rounds; no other engine gets the
    seed, so all other games are independent and tested unpaired. Which it is, the choices decide and no outcome.
    base: compare the changes since that round instead of the values. against: only the pairs with this value as a.
    Columns: `within`, arm, round, a_is, b_is, metric, role, the fields of Comparison, p_holm.
    """
    columns = [*within, between]
    if base is None:
        values = _once(_values(runs, metric, role, columns), columns)
    else:
        values = with_base(runs, metric, role, base, columns)
        values["value"] = values["value"] - values["before"]
    seeds = _seeds(runs)
    values = values[values["value"].notna()]
    keys = _plus(within, "arm", "round")
    rows: list[tuple[Any, ...]] = []
    found = []
    for key, group in _groups(values, keys):
        of_cell = dict(_groups(group, [between], flat=True))
        for first, second in combinations(of_cell, 2):
            if against is not None:
                if str(against) not in (str(first), str(second)):
                    continue
                first, second = (second, first) if str(second) == str(against) else (first, second)
            rows.append((*key, first, second))
            changes = base is not None
            found.append(_of_cells(of_cell[first], of_cell[second], seeds, metric, changes=changes))
    return _frame([*keys, "a_is", "b_is"], rows, metric, role, found)


def selection_table(runs: Runs, *, base: int = 1, by: Sequence[str] = ("run",)) -> Frame:
    """`stats.selection` of the learner per group of `by`, arm and round after `base`; its columns follow the keys.

    Prices are limited by the item's openings. A group that mixes items has no limits and no surplus.
    """
    values = with_base(runs, "price", "", base, by)
    keys = _plus(by, "arm", "round")
    parts = []
    for key, group in _groups(values, keys):
        item = {name: _only(group[name]) for name in ITEM}
        found = selection(
            group["before"],
            group["value"],
            learner=str(_only(group["learner"], default="")),
            cost=item["item.cost"],
            valuation=item["item.valuation"],
            lowest=item["item.buyer_opening"],
            highest=item["item.seller_opening"],
        )
        parts.append(pd.concat([pd.DataFrame([key] * len(found), columns=keys), found], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, *Row._fields])


def games_needed(runs: Runs, effect: float, metric: str = "price", *, role: str = "", base: int = 1) -> Frame:
    """Per run, arm and round: the games that a paired change of `effect` needs, judged by this run as the pilot.

    Columns: run, arm, round, metric, role and the fields of `power.SampleSize`; costs are this run's cost per game.
    """
    values = with_base(runs, metric, role, base, ["run"])
    costs = (runs.runs["cost_usd"] / runs.runs["finished"].where(runs.runs["finished"] > 0)).set_axis(runs.runs["run"])
    rows = []
    for key, group in _groups(values, ["run", "arm", "round"]):
        changes = (group["value"] - group["before"]).dropna()
        size = games_for_change(changes, effect, cost_per_game=float(costs[key[0]]), usable=len(changes) / len(group))
        rows.append((*key, metric, role, *(getattr(size, name) for name in SampleSize.__slots__)))
    return pd.DataFrame(rows, columns=["run", "arm", "round", "metric", "role", *SampleSize.__slots__])


def with_base(runs: Runs, metric: str, role: str, base: int | Literal["previous"], by: Sequence[str]) -> Frame:
    """The rounds after `base` (or all but the first), with `value` and, from the same game and arm, `before`."""
    values = _values(runs, metric, role, by)
    chain = values.groupby(["run", "arm", "game"], observed=True).ngroup().to_numpy()
    if base == "previous":
        order = np.lexsort((values["round"], chain))
        ordered = values["value"].to_numpy()[order]
        same = np.r_[False, chain[order][1:] == chain[order][:-1]]
        before = np.full(len(values), NAN)
        before[order] = np.where(same, np.r_[NAN, ordered[:-1]], NAN)
        return _once(values.assign(before=before)[values["round"] > 1], by)
    is_base = (values["round"] == base).to_numpy()
    of_chain = np.full(int(chain.max()) + 1 if len(chain) else 0, NAN)
    of_chain[chain[is_base]] = values["value"].to_numpy()[is_base]
    return _once(values.assign(before=of_chain[chain])[values["round"] > base], by)


def _once(values: Frame, by: Sequence[str]) -> Frame:
    """What two runs of a group hold word for word counts once."""
    return values[~repeated(values, by)]


def _values(runs: Runs, metric: str, role: str, by: Sequence[str]) -> Frame:
    rounds = joined(runs, [*by, *ITEM, "learner"])
    columns = list(dict.fromkeys([*by, *ITEM, "learner", *_ROUND]))
    value = per_round(metric, rounds, role)
    if not metric_of(metric).of_failures:
        value = value.where(~Groups(rounds, BY).failed)
    return rounds[columns].assign(value=value)


def _groups(frame: Frame, by: Sequence[str], *, flat: bool = False) -> Iterator[tuple[Any, Frame]]:
    """The groups in order; the key is a tuple, or a single value when `flat`."""
    for key, group in frame.groupby(list(by), observed=True, dropna=False):
        yield (key[0] if flat and isinstance(key, tuple) else key), group


def _plus(by: Sequence[str], *more: str) -> list[str]:
    return list(dict.fromkeys([*by, *more]))


def _only(values: pd.Series, default: Any = None) -> Any:
    """The one value of a series; `default` where there are several, none, or a missing one."""
    found = values.unique()
    return default if len(found) != 1 or pd.isna(found[0]) else found[0]


def _is_rate(metric: str) -> bool:
    return metric_of(metric).kind == "rate"


def _seeds(runs: Runs) -> pd.Series:
    """Per run the seed that decides its games; missing where a player's engine gets none."""
    frame = runs.runs.set_index(runs.runs["run"].astype(str))
    seeds = frame["seed"].astype(object) if "seed" in frame else pd.Series(None, index=frame.index, dtype=object)
    for role in PLAYERS:
        target = frame.get(f"{role}.engine._target_", pd.Series("", index=frame.index))
        seeds = seeds.where(target.astype(str).str.endswith(".SimulatedEngine"), None)
    return seeds


def _paired(metric: str) -> Callable[..., Comparison]:
    return paired_surplus if metric_of(metric).with_zeros else paired_means


def _of_cells(first: Frame, second: Frame, seeds: pd.Series, metric: str, *, changes: bool) -> Comparison:
    """b - a: paired by seed and game where the two sides share their seeds, else as different games."""
    rates, zeros = _is_rate(metric) and not changes, metric_of(metric).with_zeros
    sides = [
        part["value"].set_axis(pd.MultiIndex.from_arrays([part["run"].astype(str).map(seeds), part["game"]]))
        for part in (first, second)
    ]
    of_sides = [set(side.index.get_level_values(0)) for side in sides]
    alike = of_sides[0] == of_sides[1] and not any(pd.isna(seed) for seed in of_sides[0])
    if alike and all(side.index.is_unique for side in sides):
        both = pd.concat(sides, axis=1, join="inner").to_numpy(dtype=float)
        return (paired_rates if rates else _paired(metric))(both[:, 0], both[:, 1])
    a, b = (part["value"].to_numpy(dtype=float) for part in (first, second))
    if rates:
        return two_rates(int(a.sum()), len(a), int(b.sum()), len(b))
    return welch(a, b, fewest=(FEWEST.surplus_change if changes else FEWEST.surplus) if zeros else FEWEST.welch)


def _frame(keys: list[str], rows: Sequence[tuple[Any, ...]], metric: str, role: str, found: list[Comparison]) -> Frame:
    made = pd.DataFrame([[getattr(each, name) for name in FIELDS] for each in found], columns=list(FIELDS))
    named = pd.DataFrame(list(rows), columns=keys).assign(metric=metric, role=role)
    return pd.concat([named, made], axis=1).assign(p_holm=holm(made["p"].astype(float)))
