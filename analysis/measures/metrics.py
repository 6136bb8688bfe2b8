"""Metrics as tables with 95% intervals, by any choice of a run or column of a round. What there is: definitions.py.

    table(runs)                                        every metric, per run, arm and round, with 95% intervals
    table(runs, ["deal_rate", "price"], by=["learner", "learner_engine", "round"])
    change(runs, "price", base=1)                      paired by game, against round 1

Games, not rounds, are the independent units: where a game gives several values to one group, the interval is that of a
ratio over games.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bargain.records import PLAYERS

from ..data.once import once
from ..data.runs import Runs
from ..stats.fewest import FEWEST
from ..stats.intervals import Estimate, mean_intervals, rate_intervals, ratio_interval
from . import two_issues
from .definitions import ITEM, METRICS, NAMES, OWN_ITEM, Metric, describe_metrics, metric_of
from .duplicates import repeated

__all__ = ["BY", "ITEM", "METRICS", "NAMES", "Groups", "Metric", "describe_metrics", "joined", "metric_of", "per_round",
           "table"]  # fmt: skip

BY = ("run", "arm", "round")
Frame = pd.DataFrame


def table(runs: Runs, metrics: Iterable[str] | None = None, by: Sequence[str] = BY) -> Frame:
    """Metrics with 95% intervals, one row per group of `by`, metric and role, in that order.

    by: columns of rounds or runs. Columns: `by`, metric, role, value, low, high, n (values, or a ratio's denominator),
    method, unit. Groups without a single value have no row for that metric. Where `by` leaves out the arm, a shared
    first round counts once. Raises KeyError for an unknown metric or column.
    """
    wanted = NAMES if metrics is None else tuple(metrics)
    for name in wanted:
        metric_of(name)
    rounds = joined(runs, [*by, *ITEM, "learner"])
    groups = Groups(rounds, by)
    parts = [_one(metric, rounds, groups) for metric in METRICS if metric.name in wanted]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def joined(runs: Runs, columns: Iterable[str]) -> Frame:
    """The rounds, with these columns of `runs` beside them. Raises KeyError for a name that neither has.

    Prices of the item are the round's own where its game has terms of its own; see ITEM.
    """
    return _with_columns(runs, tuple(sorted(set(columns))))


@once
def _with_columns(runs: Runs, columns: tuple[str, ...]) -> Frame:
    rounds: Frame = runs.rounds
    added: dict[str, Any] = {}
    position = rounds["run"].cat.codes.to_numpy()
    for name in columns:
        if name in rounds:
            continue
        if name in runs.runs:
            added[name] = runs.runs[name].array.take(position)
        elif name in ITEM:
            added[name] = np.full(len(rounds), np.nan)
        else:
            raise KeyError(f"no column {name!r} in rounds or runs; see docs/metrics.md and runs.runs.columns")
    for name in OWN_ITEM:
        if name in added:
            numbers = pd.to_numeric(pd.Series(added[name]), errors="coerce").to_numpy(dtype=float)
            added[name] = np.where(rounds["own_terms"].to_numpy(dtype=bool), rounds[OWN_ITEM[name]], numbers)
    made = pd.concat([rounds, pd.DataFrame(added, index=rounds.index)], axis=1)
    if two_issues.SECOND[0] in added:
        made[[*two_issues.SECOND]] = two_issues.columns(runs.runs, made)
    return made


def per_round(metric: str, rounds: Frame, role: str = "") -> pd.Series[float]:
    """The metric's value in each round of a `joined` frame (of a ratio: the round's own ratio), NaN where it has none.

    role "learner" takes the learner's, and turns a price so that more is better for the learner; rounds of runs with no
    single learner have NaN. Needs ITEM and `learner` beside the rounds. Raises KeyError for an unknown metric or role.
    """
    if role == "learner":
        if metric in NAMES and not metric_of(metric).role:
            sign = rounds["learner"].map({"seller": 1.0, "buyer": -1.0}).astype(float)
            return per_round(metric, rounds) * (sign if metric_of(metric).opposed else 1.0)
        of = {player: per_round(metric, rounds, player) for player in PLAYERS}
        return of["seller"].where(rounds["learner"] == "seller", of["buyer"].where(rounds["learner"] == "buyer"))
    entry = metric_of(metric, role)
    value = entry.value(rounds)
    if entry.per is None:
        return value
    below = entry.per(rounds)
    return value / below.where(below > 0)


class Groups:
    """Which group and which game each round belongs to, worked out once for all metrics. Groups come sorted.

    Where `by` leaves out the arm, the repeated rows of shared rounds do not count, nor does a round that an earlier run
    of the group holds word for word. failed: of each round, whether every
    round of its group was lost to a failed call.
    """

    def __init__(self, rounds: Frame, by: Sequence[str]) -> None:
        self.by = list(by)
        self.counts = np.ones(len(rounds), dtype=bool) if "arm" in self.by else ~rounds["repeat"].to_numpy()
        self.counts &= ~repeated(rounds, self.by)
        if self.by:
            self.number = rounds.groupby(self.by, observed=True, dropna=False).ngroup().to_numpy()
        else:
            self.number = np.zeros(len(rounds), dtype=np.int64)
        self.count = int(self.number.max()) + 1 if len(self.number) else 0
        played = np.bincount(self.number, rounds["outcome"].ne("error").to_numpy(), self.count)
        self.failed = played[self.number] == 0
        first = np.full(self.count, -1)
        first[self.number[::-1]] = np.arange(len(rounds))[::-1]
        self.keys = rounds[self.by].iloc[first].reset_index(drop=True)
        games = rounds["run"].cat.codes.to_numpy().astype(np.int64) << 32 | rounds["game"].to_numpy().astype(np.int64)
        _, game = np.unique(games, return_inverse=True)
        spread = int(game.max()) + 1 if len(game) else 1
        units, self.unit = np.unique(self.number * spread + game, return_inverse=True)
        self.group_of_unit = units // spread

    def estimates(
        self, value: np.ndarray, per: np.ndarray | None, *, is_rate: bool, with_zeros: bool = False
    ) -> list[Estimate | None]:
        """One estimate per group, None for a group without a single value.

        is_rate: each value is 0 or 1, or of a ratio a part of what it is divided by. with_zeros: no deal counts as 0.
        """
        counted = ~np.isnan(value) if per is None else ~np.isnan(value) & (per > 0)
        counted &= self.counts
        below = counted.astype(float) if per is None else np.where(counted, per, 0.0)
        units = len(self.group_of_unit)
        above = np.bincount(self.unit, np.where(counted, value, 0.0), units)
        below = np.bincount(self.unit, below, units)
        has_value = below > 0
        above, below, group = above[has_value], below[has_value], self.group_of_unit[has_value]
        edges = np.searchsorted(group, np.arange(self.count + 1))
        parts = [slice(edges[index], edges[index + 1]) for index in range(self.count)]
        single = [per is None and bool((below[part] == 1).all()) for part in parts]
        estimates: list[Estimate | None] = [None] * self.count
        plain = [index for index, part in enumerate(parts) if single[index] and part.stop > part.start]
        if is_rate:
            totals = [(float(above[parts[index]].sum()), parts[index].stop - parts[index].start) for index in plain]
            of_plain = rate_intervals(*map(list, zip(*totals, strict=True))) if totals else []
        else:
            fewest = FEWEST.surplus if with_zeros else FEWEST.mean
            of_plain = mean_intervals([above[parts[index]] for index in plain], fewest=fewest)
        for index, estimate in zip(plain, of_plain, strict=True):
            estimates[index] = estimate
        for index, part in enumerate(parts):
            if not single[index] and part.stop > part.start:
                fewer = FEWEST.surplus if with_zeros else None
                estimates[index] = ratio_interval(above[part], below[part], shares=is_rate, fewest=fewer)
        return estimates


def _one(metric: Metric, rounds: Frame, groups: Groups) -> Frame:
    per = None if metric.per is None else metric.per(rounds).to_numpy(dtype=float)
    value = metric.value(rounds).to_numpy(dtype=float)
    if not metric.of_failures:
        value = np.where(groups.failed, np.nan, value)
    estimates = groups.estimates(value, per, is_rate=metric.unit == "rate", with_zeros=metric.with_zeros)
    places = [index for index, estimate in enumerate(estimates) if estimate is not None]
    rows = pd.DataFrame([estimate for estimate in estimates if estimate], columns=list(Estimate._fields))
    keys = groups.keys.iloc[places].reset_index(drop=True)
    named = keys.assign(metric=metric.name, role=metric.role)
    return pd.concat([named, rows], axis=1).assign(unit=metric.unit)
