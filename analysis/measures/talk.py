"""The same scenarios played otherwise, game by game: what talk changes, and what an attack in words wins.

    talk(load("outputs/2026-11-26/..."))      a row per channel, against the barest: deals, price, spread
    attacks(load(...))                        a row per attack and victim, against no attack

Runs that differ in nothing else stand together, and game i of the one is paired with game i of the other: it is the
same scenario. Games that a failed call cost are left out on both sides. Price and spread are of the games with a deal
in both, in the last round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bargain.records import rival_of

from ..data.runs import Runs
from ..stats.differences import paired_means, paired_rates
from ..stats.spread import paired_spreads

CHANNEL, ATTACK, ATTACKER = "channel.name", "adversary.name", "adversary.by"
BAREST = ("numbers", "structured", "tagged", "free_text")
"""From the least that can be said to the most; channels of one's own stand behind them."""
MEASURES = {"deals": paired_rates, "price": paired_means, "spread": paired_spreads}
Row = dict[str, Any]


def talk(runs: Runs) -> pd.DataFrame:
    """Columns: channel, against, currency, n (games), pairs (with a deal in both), and per measure (deals, price,
    spread) its a, b, value, low, high and p; empty where one channel was played. Spread is a ratio of standard
    deviations around the mean of each pair of runs, the others are differences."""
    played = _levels(runs, CHANNEL)
    order = sorted(played, key=lambda name: BAREST.index(name) if name in BAREST else len(BAREST))
    rows: list[Row] = []
    for name in order[1:]:
        for currency, base, other in _sides(runs, CHANNEL, order[0], name, ("channel.", "moderator."), []):
            rows.append({"channel": name, "against": order[0], "currency": currency[0]} | _compared(base, other))
    return pd.DataFrame([row for row in rows if row["n"]])


def attacks(runs: Runs) -> pd.DataFrame:
    """The same columns per attack, attacker (seller or buyer) and victim (the other one's engine), and what was won by
    it: `won` with its interval, the change of price the attacker's way, in the currency."""
    rows: list[Row] = []
    for attack in _levels(runs, ATTACK) if "none" in _levels(runs, ATTACK) else []:
        by = runs.runs.loc[runs.runs[ATTACK] == attack, ATTACKER] if ATTACKER in runs.runs else pd.Series(dtype=str)
        for attacker in dict.fromkeys(by) if attack != "none" else ():
            victim, sign = f"{rival_of(attacker)}_engine", 1 if attacker == "seller" else -1
            only = runs.runs[ATTACK].eq("none") | (runs.runs[ATTACK].eq(attack) & runs.runs[ATTACKER].eq(attacker))
            kept = Runs(runs.runs[only], runs.rounds, runs.problems, {})
            for (currency, engine), base, other in _sides(kept, ATTACK, "none", attack, ("adversary.",), [victim]):
                row = _compared(base, other)
                ends = sorted((sign * row["price_low"], sign * row["price_high"]))
                row |= {"won": sign * row["price"], "won_low": ends[0], "won_high": ends[1]}
                rows.append({"attack": attack, "attacker": attacker, "victim": engine, "currency": currency} | row)
    return pd.DataFrame([row for row in rows if row["n"]])


def _levels(runs: Runs, column: str) -> list[str]:
    return [str(each) for each in runs.runs[column].dropna().unique()] if column in runs.runs else []


def _sides(
    runs: Runs, column: str, a: str, b: str, following: tuple[str, ...], within: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame, pd.DataFrame]]:
    """Per currency and the columns `within`: the last rounds of the runs that have a there, and those that have b.

    following: how the columns begin that may differ between the two.
    """
    frame = runs.runs[runs.runs[column].isin([a, b])]
    of_both = Runs(frame, runs.rounds, runs.problems, {})
    others = [name for name in of_both.deciding() if not name.startswith(following)]
    keyed = frame.assign(
        run=frame["run"].astype(str),
        cell=frame[others].astype(str).agg(" / ".join, axis=1) if others else "",
        currency=frame["item.currency"].fillna("$").astype(str) if "item.currency" in frame else "$",
    )
    rounds = runs.rounds[~runs.rounds["repeat"] & runs.rounds["outcome"].ne("error")]
    rounds = rounds[rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")]
    games = rounds.assign(run=rounds["run"].astype(str)).merge(
        keyed[["run", "cell", "currency", column, "seed", *within]], on="run"
    )
    for key, group in games.groupby(["currency", *within], sort=True, observed=True):
        sides = [
            group[group[column] == level].set_index(["cell", "seed", "arm", "game"])[["outcome", "price"]]
            for level in (a, b)
        ]
        if all(len(side) for side in sides):
            yield tuple(map(str, key)), sides[0], sides[1]


def _compared(base: pd.DataFrame, other: pd.DataFrame) -> Row:
    """The measures of the games that both sides have."""
    unique = [side[~side.index.duplicated()] for side in (base, other)]
    both = unique[0].join(unique[1], how="inner", lsuffix="_a", rsuffix="_b")
    deals = [(both[f"outcome_{side}"] == "deal").to_numpy(dtype=float) for side in "ab"]
    kept = both[(deals[0] > 0) & (deals[1] > 0)]
    prices = [kept[f"price_{side}"].astype(float) for side in "ab"]
    around = [side - side.groupby(level=["cell", "arm"], observed=True).transform("mean") for side in prices]
    row: Row = {"n": len(both), "pairs": len(kept)}
    for measure, sides in (("deals", deals), ("price", prices), ("spread", around)):
        a, b = (np.asarray(side, dtype=float) for side in sides)
        found = MEASURES[measure](a, b)
        row |= {measure: found.difference, f"{measure}_low": found.low, f"{measure}_high": found.high}
        row |= {f"{measure}_a": found.a, f"{measure}_b": found.b, f"{measure}_p": found.p}
    return row
