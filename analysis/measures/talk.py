"""What talk changes: the same games in two channels, paired by scenario.

    talk(load("outputs/2026-11-26/..."))      a row per channel, item's currency and round: deals, price, spread

A channel is held against the barest one that was played: numbers, then structured, tagged, free_text. Runs that differ
in nothing else stand together, and game i of the one is paired with game i of the other: it is the same scenario.
Games that a failed call cost are left out on both sides. Price and spread are of the games with a deal in both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.runs import Runs
from analysis.stats.differences import paired_means, paired_rates
from analysis.stats.spread import paired_spreads

CHANNEL = "channel.name"
BAREST = ("numbers", "structured", "tagged", "free_text")
"""From the least that can be said to the most; channels of one's own stand behind them."""
MEASURES = {"deals": paired_rates, "price": paired_means, "spread": paired_spreads}


def talk(runs: Runs) -> pd.DataFrame:
    """Columns: channel, against, currency, n (games), pairs (with a deal in both), and per measure (deals, price,
    spread) its a, b, value, low, high and p; empty where one channel was played. Spread is a ratio of standard
    deviations around the mean of each pair of runs, the others are differences."""
    frame = runs.runs
    if CHANNEL not in frame or frame[CHANNEL].nunique() < 2:
        return pd.DataFrame()
    played = [str(each) for each in frame[CHANNEL].dropna().unique()]
    order = sorted(played, key=lambda name: BAREST.index(name) if name in BAREST else len(BAREST))
    others = [name for name in runs.deciding() if not name.startswith(("channel.", "moderator."))]
    keyed = frame.assign(
        cell=frame[others].astype(str).agg(" / ".join, axis=1) if others else "",
        currency=frame["item.currency"].fillna("$") if "item.currency" in frame else "$",
    )
    rounds = runs.rounds[~runs.rounds["repeat"] & ~runs.rounds["outcome"].isin(["error"])]
    rounds = rounds[rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")]
    games = rounds.assign(run=rounds["run"].astype(str)).merge(
        keyed.assign(run=keyed["run"].astype(str))[["run", "cell", "currency", CHANNEL, "seed"]], on="run"
    )
    rows = []
    for currency, group in games.groupby("currency", sort=True):
        sides = {
            name: part.set_index(["cell", "seed", "arm", "game"])[["outcome", "price"]]
            for name, part in group.groupby(CHANNEL, observed=True)
        }
        for name in order[1:]:
            if order[0] in sides and name in sides:
                row: dict[str, Any] = {"channel": name, "against": order[0], "currency": currency}
                rows.append(row | _compared(sides[order[0]], sides[name]))
    return pd.DataFrame([row for row in rows if row["n"]])


def _compared(base: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    """The measures of the games that both sides have."""
    unique = [side[~side.index.duplicated()] for side in (base, other)]
    both = unique[0].join(unique[1], how="inner", lsuffix="_a", rsuffix="_b")
    deals = [(both[f"outcome_{side}"] == "deal").to_numpy(dtype=float) for side in "ab"]
    kept = both[(deals[0] > 0) & (deals[1] > 0)]
    prices = [kept[f"price_{side}"].astype(float) for side in "ab"]
    around = [side - side.groupby(level=["cell", "arm"]).transform("mean") for side in prices]
    row: dict[str, Any] = {"n": len(both), "pairs": len(kept)}
    for measure, sides in (("deals", deals), ("price", prices), ("spread", around)):
        a, b = (np.asarray(side, dtype=float) for side in sides)
        found = MEASURES[measure](a, b)
        row |= {measure: found.difference, f"{measure}_low": found.low, f"{measure}_high": found.high}
        row |= {f"{measure}_a": found.a, f"{measure}_b": found.b, f"{measure}_p": found.p}
    return row
