"""How players behaved, where a single number per round does not say it: violations by kind, and anchoring.

Both are frames with 95% intervals, built on the groups of `metrics`; neither knows a figure or a report.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.data.runs import Runs
from analysis.measures.duplicates import repeated
from analysis.measures.metrics import BY, Groups, joined
from analysis.stats.intervals import ALPHA, NAN, Estimate
from bargain.records import PLAYERS


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
            rows.append((*key, role, *_slope(values[:, 1], values[:, 0], game)))
    return pd.DataFrame(rows, columns=[*by, "role", "value", "low", "high", "n", "p", "correlation", "note"])


def _slope(
    first: np.ndarray, price: np.ndarray, game: np.ndarray
) -> tuple[float, float, float, int, float, float, str]:
    n = len(first)
    if n < 10:
        return NAN, NAN, NAN, n, NAN, NAN, "fewer than ten deals with an own offer"
    if np.ptp(first) < 1e-9 or np.ptp(price) < 1e-9:
        return NAN, NAN, NAN, n, NAN, NAN, "no variation"
    line, games = sm.OLS(price, sm.add_constant(first)), len(np.unique(game))
    if games < n:
        if games < 10:
            return NAN, NAN, NAN, n, NAN, NAN, "fewer than ten games with an own offer"
        fit = line.fit(cov_type="cluster", cov_kwds={"groups": game}, use_t=True)
    else:
        fit = line.fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int(ALPHA)[1]
    correlation = float(np.corrcoef(first, price)[0, 1])
    return float(fit.params[1]), float(low), float(high), n, float(fit.pvalues[1]), correlation, ""
