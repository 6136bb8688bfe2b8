"""Is it better than before, than the other arm, than the other cell: the tests that a study reports, as frames.

    change(runs, "price", role="learner")             round k against round 1 of the same games
    arms(runs, "price", role="learner")               arm against arm, paired by their shared first round
    cells(runs, "price", "learner_engine", base=1)    changes of one cell against those of another
    selection_table(runs)                             the price effect with and without the survivors' problem
    selection_between(runs, "seller_engine")          the same between cells that share no games
    games_needed(runs, effect=0.5)                    how many games, and what they cost

A metric is named as in `metrics`; role "learner" is whoever is coached, with prices turned so that more is better for
it. A round that a failed call cost tells nothing of the players: it is left out, not counted as no deal
(with_failed=True counts it so, as a bound; metrics of failures always do). Every frame ends with `failed`, the games
left out for that, the fields of `differences.Comparison`, and `p_holm`, Holm's correction over the whole frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from bargain.config.identity import decided_by_seed
from bargain.records import PLAYERS

from ..data.runs import Runs
from ..stats.differences import (
    Comparison,
    holm,
    paired_means,
    paired_rates,
    paired_surplus,
    two_rates,
    welch,
)
from ..stats.fewest import FEWEST
from ..stats.intervals import ALPHA, NAN, largest, mean_intervals
from ..stats.power import SampleSize, games_for_change
from ..stats.selection import Row, selection
from ..stats.unpaired_selection import unpaired_selection
from .duplicates import repeated, repeated_games
from .metrics import BY, ITEM, Groups, joined, metric_of, per_round

_ROUND = ("run", "arm", "game", "round", "shared", "repeat", "outcome", "content")
FIELDS = tuple(field.name for field in fields(Comparison))
COUNTS = ("kept", "lost", "gained", "never", "failed")
Frame = pd.DataFrame


def change(
    runs: Runs,
    metric: str = "price",
    *,
    role: str = "",
    base: int | Literal["previous"] = 1,
    by: Sequence[str] = ("run",),
    with_failed: bool = False,
) -> Frame:
    """after - before of the same games, per group of `by`, arm and round; before is round `base` or the round before.

    Games without a value in both rounds are not pairs; `n` says how many are. Columns: `by`, arm, round, metric, role,
    failed, the fields of Comparison (a = before, b = after), p_holm. Rates are tested by McNemar, all else by t.
    """
    values = with_base(runs, metric, role, base, by, with_failed=with_failed)
    pairs = values[values["value"].notna() & values["before"].notna()]
    keys = _plus(by, "arm", "round")
    lost = {key: int(group["failed"].sum()) for key, group in _groups(values, keys)}
    grouped = [(key, group["before"].to_numpy(), group["value"].to_numpy()) for key, group in _groups(pairs, keys)]
    if _is_rate(metric):
        found = [paired_rates(before, after) for _, before, after in grouped]
    else:
        least = 1 if _paired(metric) is paired_surplus else FEWEST.mean
        made = mean_intervals([after - before for _, before, after in grouped], fewest=least)
        found = [_paired(metric)(*pair[1:], interval=each) for pair, each in zip(grouped, made, strict=True)]
    return _frame(keys, [key for key, *_ in grouped], metric, role, found, [lost[key] for key, *_ in grouped])


def every_pair(arms: Sequence[str]) -> list[tuple[str, str]]:
    """Each two of them, in order."""
    return list(combinations(arms, 2))


def arms(
    runs: Runs,
    metric: str = "price",
    *,
    role: str = "",
    by: Sequence[str] = ("run",),
    pairs: Callable[[Sequence[str]], Sequence[tuple[str, str]]] = every_pair,
    with_failed: bool = False,
) -> Frame:
    """Arm b against arm a in each round after the shared one, paired by game, for every pair of arms.

    pairs: which of the arms that have a value are compared instead, as (a, b).

    Since both arms share the round before, this is also the difference of their changes. Columns: `by`, round, arm_a,
    arm_b, metric, role, failed, the fields of Comparison, p_holm. Empty where no run has arms.
    """
    values = _values(runs, metric, role, by, with_failed=with_failed)
    values = values[~values["shared"] & (values["arm"].astype(str) != "")]
    values = values[~repeated_games(values, [*by, "round"])]
    rows: list[tuple[Any, ...]] = []
    found, lost = [], []
    for key, group in _groups(values, _plus(by, "round")):
        of_arm = {
            str(arm): part.set_index(["run", "game"])[["value", "failed"]]
            for arm, part in _groups(group, ["arm"], flat=True)
            if part["value"].notna().any()
        }
        for first, second in pairs(list(of_arm)):
            both = of_arm[first].join(of_arm[second], how="inner", lsuffix="_a", rsuffix="_b")
            values_of = both[["value_a", "value_b"]].dropna().to_numpy(dtype=float)
            found.append((paired_rates if _is_rate(metric) else _paired(metric))(values_of[:, 0], values_of[:, 1]))
            lost.append(int((both["failed_a"] | both["failed_b"]).sum()))
            rows.append((*key, first, second))
    return _frame([*_plus(by, "round"), "arm_a", "arm_b"], rows, metric, role, found, lost)


def cells(
    runs: Runs,
    metric: str = "price",
    between: str = "run",
    *,
    role: str = "",
    base: int | None = None,
    within: Sequence[str] = (),
    against: str | None = None,
    with_failed: bool = False,
) -> Frame:
    """Value b against value a of the column `between`, per group of `within`, arm and round.

    Where both players of all games play by the seed (embedded negotiators, known opponents) and both sides have the
    same seeds, number k of one side and number k of the other begin alike and are paired by game, as `change` pairs
    rounds; no other engine does, so all other games are independent and tested unpaired. Which it is, the choices
    decide and no outcome.
    base: compare the changes since that round instead of the values. against: only the pairs with this value as a.
    Columns: `within`, arm, round, a_is, b_is, metric, role, failed (of both sides), the fields of Comparison, p_holm.
    """
    values = observed(runs, metric, role, base, [*within, between], with_failed=with_failed)
    seeds = seeds_of(runs)
    keys = _plus(within, "arm", "round")
    rows: list[tuple[Any, ...]] = []
    found, lost = [], []
    for key, first, second, side_a, side_b in _sides(values, keys, between, against):
        rows.append((*key, first, second))
        lost.append(int(side_a["failed"].sum() + side_b["failed"].sum()))
        sides = [side[side["value"].notna()] for side in (side_a, side_b)]
        found.append(_of_cells(sides[0], sides[1], seeds, metric, changes=base is not None))
    return _frame([*keys, "a_is", "b_is"], rows, metric, role, found, lost)


def observed(
    runs: Runs, metric: str, role: str, base: int | None, by: Sequence[str], *, with_failed: bool = False
) -> Frame:
    """A row per game, arm and round: `value` is the metric's, with `base` its change since that round.

    Rounds that repeat another run's in the same group of `by` are left out. failed: a call failed there or before.
    """
    if base is None:
        return _once(_values(runs, metric, role, by, with_failed=with_failed), by)
    values = with_base(runs, metric, role, base, by, with_failed=with_failed)
    return values.assign(value=values["value"] - values["before"])


def _sides(
    values: Frame, keys: Sequence[str], between: str, against: str | None
) -> Iterator[tuple[tuple[Any, ...], Any, Any, Frame, Frame]]:
    """Each two values of `between` in each group of `keys`, a and b, with their rows; both have a value at least."""
    for key, group in _groups(values, keys):
        of_cell = {cell: part for cell, part in _groups(group, [between], flat=True) if part["value"].notna().any()}
        for first, second in combinations(of_cell, 2):
            if against is not None:
                if str(against) not in (str(first), str(second)):
                    continue
                first, second = (second, first) if str(second) == str(against) else (first, second)
            yield key, first, second, of_cell[first], of_cell[second]


def selection_table(runs: Runs, *, base: int = 1, by: Sequence[str] = ("run",)) -> Frame:
    """`stats.selection` of the learner per group of `by`, arm and round after `base`; its columns follow the keys.

    Before and after are the same games, so who deals both times is seen and not assumed: the pairs are these games,
    and Lee's bounds, for different games (selection_between), have no place. Prices are limited by the item's
    openings. A group that mixes items has no limits and no surplus. Games that a failed call cost in one of the two
    rounds are left out. After the keys: kept, lost, gained, never (games by whether they deal before and after) and
    failed.
    """
    values = with_base(runs, "price", "", base, by)
    keys = _plus(by, "arm", "round")
    parts = []
    for key, group in _groups(values, keys):
        item = _item_of(group)
        played = group[~group["failed"]]
        found = selection(
            played["before"],
            played["value"],
            learner=str(_only(group["learner"], default="")),
            cost=item["item.cost"],
            valuation=item["item.valuation"],
            lowest=item["item.buyer_opening"],
            highest=item["item.seller_opening"],
        )
        found.loc[found["method"] == "pairs", "whom"] = _whom_of_pairs(played)
        counts = dict(zip(COUNTS, (*_turned(played), int(group["failed"].sum())), strict=True))
        parts.append(pd.concat([pd.DataFrame([key] * len(found), columns=keys).assign(**counts), found], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, *COUNTS, *Row._fields])


def _turned(games: Frame) -> tuple[int, int, int, int]:
    """Games with a deal both times, before only, after only, and never."""
    before, after = games["before"].notna(), games["value"].notna()
    return tuple(int(each.sum()) for each in (before & after, before & ~after, ~before & after, ~before & ~after))  # type: ignore[return-value]


def _whom_of_pairs(games: Frame) -> str:
    kept, lost, gained, never = _turned(games)
    told = [
        f"{count} {what}" for count, what in ((lost, "lost the deal"), (gained, "gained one"), (never, "never had one"))
    ]
    return f"the {kept} of {len(games)} games with a deal both times ({', '.join(told)})"


def selection_between(
    runs: Runs,
    between: str,
    *,
    role: str = "",
    within: Sequence[str] = (),
    against: str | None = None,
) -> Frame:
    """What counting only the deals hides between cells: `stats.unpaired_selection` per `within`, arm, round and pair.

    Value b against value a, as `cells`. role "learner" turns prices so that more is better for the learner; surplus is
    the learner's, else the seller's. Cells whose games are paired by their seeds have no row: there the same games are
    seen on both sides. Failed games are left out. Columns: `within`, arm, round, a_is, b_is, then those of
    `stats.selection`.
    """
    columns = [*within, between]
    values = _once(_values(runs, "price", role, columns), columns)
    values = values[~values["failed"]]
    seeds, keys, parts = seeds_of(runs), _plus(within, "arm", "round"), []
    for key, first, second, side_a, side_b in _sides(values, keys, between, against):
        if _alike(side_a, side_b, seeds):
            continue
        item = _item_of(pd.concat([side_a, side_b]))
        whose = str(_only(pd.concat([side_a, side_b])["learner"], default="")) if role else "seller"
        sign = -1.0 if role and whose == "buyer" else 1.0
        ends = [item["item.buyer_opening"], item["item.seller_opening"]]
        limits = sorted(sign * each for each in ends) if None not in ends else [NAN, NAN]
        reservation = item["item.cost" if whose == "seller" else "item.valuation"] if whose else None
        found = unpaired_selection(
            side_a["value"],
            side_b["value"],
            reservation=None if reservation is None else sign * reservation,
            lowest=limits[0],
            highest=limits[1],
        )
        named = pd.DataFrame([(*key, first, second)] * len(found), columns=[*keys, "a_is", "b_is"])
        parts.append(pd.concat([named, found], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, "a_is", "b_is", *Row._fields])


def games_needed(
    runs: Runs, effect: float, metric: str = "price", *, role: str = "", base: int = 1, tests: int = 1
) -> Frame:
    """Per run, arm and round: the games that a paired change of `effect` needs, judged by this run as the pilot.

    tests: how many tests stand in the family of this one. Holm's first step asks p < 0.05 / tests: that is planned for.
    Columns: run, arm, round, metric, role and the fields of `power.SampleSize`; costs are this run's cost per game.
    """
    values = with_base(runs, metric, role, base, ["run"])
    alpha = ALPHA / max(tests, 1)
    costs = (runs.runs["cost_usd"] / runs.runs["finished"].where(runs.runs["finished"] > 0)).set_axis(runs.runs["run"])
    rows = []
    for key, group in _groups(values, ["run", "arm", "round"]):
        changes = (group["value"] - group["before"]).dropna()
        usable, cost = len(changes) / len(group), float(costs[key[0]])
        of = largest(group["value"].to_numpy(), group["before"].to_numpy())
        size = games_for_change(changes, effect, cost_per_game=cost, usable=usable, alpha=alpha, size=of)
        rows.append((*key, metric, role, *(getattr(size, name) for name in SampleSize.__slots__)))
    return pd.DataFrame(rows, columns=["run", "arm", "round", "metric", "role", *SampleSize.__slots__])


def with_base(
    runs: Runs,
    metric: str,
    role: str,
    base: int | Literal["previous"],
    by: Sequence[str],
    *,
    with_failed: bool = False,
) -> Frame:
    """The rounds after `base` (or all but the first), with `value` and, from the same game and arm, `before`.

    failed: a call failed in the round or before it. It has no value then, unless with_failed.
    """
    values = _values(runs, metric, role, by, with_failed=with_failed)
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


def _values(runs: Runs, metric: str, role: str, by: Sequence[str], *, with_failed: bool = False) -> Frame:
    """The rounds with the metric's `value`, and `failed`: a call failed in this round or an earlier one of the game.

    These have no value; with_failed only those of which every round of the run, arm and number failed.
    """
    rounds = joined(runs, [*by, *ITEM, "learner"])
    columns = list(dict.fromkeys([*by, *ITEM, "learner", *_ROUND]))
    value, failed = per_round(metric, rounds, role), (rounds["outcome"] == "error").to_numpy()
    if not metric_of(metric).of_failures:
        value = value.where(~(Groups(rounds, BY).failed if with_failed else failed))
    return rounds[columns].assign(value=value, failed=failed)


def _groups(frame: Frame, by: Sequence[str], *, flat: bool = False) -> Iterator[tuple[Any, Frame]]:
    """The groups in order; the key is a tuple, or a single value when `flat`."""
    for key, group in frame.groupby(list(by), observed=True, dropna=False):
        yield (key[0] if flat and isinstance(key, tuple) else key), group


def _plus(by: Sequence[str], *more: str) -> list[str]:
    return list(dict.fromkeys([*by, *more]))


def _item_of(rounds: Frame) -> dict[str, Any]:
    """The prices of the one item, None where they differ. With a second issue no price alone is a limit."""
    item = {name: _only(rounds[name]) for name in ITEM}
    return item if rounds["second_best"].isna().all() else item | {"item.cost": None, "item.valuation": None}


def _only(values: pd.Series, default: Any = None) -> Any:
    """The one value of a series; `default` where there are several, none, or a missing one."""
    found = values.unique()
    return default if len(found) != 1 or pd.isna(found[0]) else found[0]


def _is_rate(metric: str) -> bool:
    return metric_of(metric).kind == "rate"


def seeds_of(runs: Runs) -> pd.Series:
    """Per run the seed that decides its games; missing where a player's engine does not play by it."""
    frame = runs.runs.set_index(runs.runs["run"].astype(str))
    seeds = frame["seed"].astype(object) if "seed" in frame else pd.Series(None, index=frame.index, dtype=object)
    for role in PLAYERS:
        target = frame.get(f"{role}.engine._target_", pd.Series("", index=frame.index))
        seeds = seeds.where(target.map(decided_by_seed), None)
    return seeds


def share_seeds(of_cells: Sequence[frozenset[Any]]) -> bool:
    """Whether all cells have the same seeds, every one of them known: then a game is the same in all of them."""
    return len(set(of_cells)) == 1 and not any(pd.isna(seed) for seed in of_cells[0])


def _paired(metric: str) -> Callable[..., Comparison]:
    return paired_surplus if metric_of(metric).with_zeros else paired_means


def _of_cells(first: Frame, second: Frame, seeds: pd.Series, metric: str, *, changes: bool) -> Comparison:
    """b - a: paired by seed and game where the two sides share their seeds, else as different games."""
    rates, zeros = _is_rate(metric) and not changes, metric_of(metric).with_zeros
    if sides := _alike(first, second, seeds):
        both = pd.concat(sides, axis=1, join="inner").to_numpy(dtype=float)
        return (paired_rates if rates else _paired(metric))(both[:, 0], both[:, 1])
    a, b = (part["value"].to_numpy(dtype=float) for part in (first, second))
    if rates:
        return two_rates(int(a.sum()), len(a), int(b.sum()), len(b))
    return welch(a, b, fewest=(FEWEST.surplus_change if changes else FEWEST.surplus) if zeros else FEWEST.welch)


def _alike(first: Frame, second: Frame, seeds: pd.Series) -> list[pd.Series]:
    """Both sides' values by seed and game, where these tell which of their games belong together; else []."""
    sides = [
        part["value"].set_axis(pd.MultiIndex.from_arrays([part["run"].astype(str).map(seeds), part["game"]]))
        for part in (first, second)
    ]
    of_sides = [frozenset(side.index.get_level_values(0)) for side in sides]
    return sides if share_seeds(of_sides) and all(side.index.is_unique for side in sides) else []


def as_frame(found: Sequence[Comparison]) -> Frame:
    """A row per comparison, with its fields as columns."""
    return pd.DataFrame([[getattr(each, name) for name in FIELDS] for each in found], columns=list(FIELDS))


def _frame(
    keys: list[str],
    rows: Sequence[tuple[Any, ...]],
    metric: str,
    role: str,
    found: list[Comparison],
    failed: Sequence[int],
) -> Frame:
    made = as_frame(found)
    named = pd.DataFrame(list(rows), columns=keys).assign(metric=metric, role=role, failed=np.array(failed, dtype=int))
    return pd.concat([named, made], axis=1).assign(p_holm=holm(made["p"].astype(float)))
