"""How players behaved, where a single number per round does not say it: violations by kind, and anchoring.

Both are frames with 95% intervals, built on the groups of `metrics`; neither knows a figure or a report.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bargain.records import PLAYERS

from ..data.runs import Runs
from ..stats.intervals import NAN, Estimate
from ..stats.regression import slope
from .duplicates import repeated
from .metrics import BY, Groups, joined


def violations(runs: Runs, by: Sequence[str] = BY) -> pd.DataFrame:
    """Per group of `by`, player and kind: the share of played rounds with at least one, and how many there are.

    Columns: `by`, role, kind, count, value, low, high, n, method. A kind that occurs in any round has a row in every
    group. What a kind means: bargain/reading/violations.py and docs/metrics.md.
    """
    rounds = joined(runs, by)
    groups = Groups(rounds, by)
    played = (rounds["n_turns"] > 0).to_numpy()
    told = rounds["violations"].cat.categories
    counts = [dict(part.rsplit("=", 1) for part in str(each).split()) for each in told]
    code = rounds["violations"].cat.codes.to_numpy()
    parts = []
    for name in sorted({name for each in counts for name in each}):
        per_category = np.array([int(each.get(name, 0)) for each in counts])
        found = per_category[code]
        made = groups.estimates(np.where(played, found > 0, NAN).astype(float), None, is_rate=True)
        total = np.bincount(groups.number, found * groups.counts, groups.count).astype(int)
        role, _, kind = name.partition(":")
        rows = pd.DataFrame([each or Estimate(NAN, NAN, NAN, 0, "no data") for each in made], columns=Estimate._fields)
        parts.append(pd.concat([groups.keys.assign(role=role, kind=kind, count=total), rows], axis=1))
    columns = [*by, "role", "kind", "count", *Estimate._fields]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def anchoring(runs: Runs, by: Sequence[str] = BY) -> pd.DataFrame:
    """How far the price follows a player's first own offer: the slope of price on it over the deals of a group.

    A slope of 1 means a dollar more asked is a dollar more paid, 0 that the first offer does not matter. Ordinary least
    squares with HC3 errors (MacKinnon & White 1985), clustered by game where a game has several deals; the question is
    Galinsky & Mussweiler's (2001). Hard-coded openings do not vary and are not used.
    Columns: `by`, role, value (the slope), low, high, n, p, correlation, note.
    """
    rounds = joined(runs, by)
    if "arm" not in by:
        rounds = rounds[~rounds["repeat"]]
    deals = rounds[(rounds["outcome"] == "deal") & ~repeated(rounds, by)]
    rows = []
    for key, group in deals.groupby(list(by), observed=True, dropna=False) if by else [((), deals)]:
        for role in PLAYERS:
            pairs = group[["price", f"{role}_first_own_offer", "run", "game"]].dropna()
            game = pairs.groupby(["run", "game"], observed=True).ngroup().to_numpy()
            values = pairs[["price", f"{role}_first_own_offer"]].to_numpy(dtype=float)
            rows.append((*key, role, *slope(values[:, 1], values[:, 0], game)))
    return pd.DataFrame(rows, columns=[*by, "role", "value", "low", "high", "n", "p", "correlation", "note"])
