"""What a player's engine and its effort win for their price: surplus per dollar and per second, and the efficient ones.

    found = frontier(runs)          a row per engine and effort of the one player in which these differ

A choice is efficient if no other has at least its surplus for at most its dollars; so for seconds. The efficient ones
in order of their price are the frontier: what more money buys, and how much of it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from bargain.records import PLAYERS

from ..data.calls import waited_s
from ..data.once import once
from ..data.runs import Runs
from ..stats.intervals import NAN, Array, mean_intervals
from .comparisons import observed

DRAWS = 4000
COLUMNS = ("role", "engine", "effort", "n", "surplus", "usd", "seconds", "efficient")


def spender(runs: Runs) -> str:
    """The one player whose engine or effort the runs differ in; "" where that is none or both."""
    varied = [role for role in PLAYERS if len(_choices(runs, role)) > 1]
    return varied[0] if len(varied) == 1 else ""


@once
def frontier(runs: Runs) -> pd.DataFrame:
    """A row per engine and effort of the player in which they differ, the cheapest first; empty without one, where
    nothing has a known price, and where its surplus is unknown.

    role, engine, effort; n games, deal_rate; surplus (a game's last round, no deal as 0) with surplus_low and
    surplus_high; usd and seconds a game, of this player's own calls; thought (tokens a game, where servers tell);
    per_usd and per_s with their ends; efficient, efficient_s (in time), sure (how often it stays efficient in dollars
    when the surpluses are drawn anew within their errors); further_usd: what a further unit of surplus costs beyond
    the efficient choice before it. Pooled are runs that differ in anything else.
    """
    role = spender(runs)
    if not role or not runs.runs[f"cost_usd_{role}"].gt(0).any():
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_row(runs, role, *choice) for choice in _choices(runs, role)]
    frame = pd.DataFrame([row for row in rows if row and row["n"]], columns=None if any(rows) else list(COLUMNS))
    if not len(frame) or not frame["usd"].gt(0).any():
        return frame.iloc[:0]
    frame = frame.sort_values(["usd", "surplus"], ascending=[True, False], ignore_index=True)
    dollars, gains = frame["usd"].to_numpy(), frame["surplus"].to_numpy()
    frame["efficient"] = efficient(dollars, gains)
    frame["efficient_s"] = efficient(frame["seconds"].to_numpy(), gains)
    draws = np.random.default_rng(0).normal(gains, np.nan_to_num(frame.pop("error").to_numpy()), (DRAWS, len(frame)))
    frame["sure"] = np.mean([efficient(dollars, each) for each in draws], axis=0)
    for name, cost in (("per_usd", "usd"), ("per_s", "seconds")):
        for end in ("", "_low", "_high"):
            frame[name + end] = frame[f"surplus{end}"] / frame[cost].where(frame[cost] > 0)
    kept = frame[frame["efficient"]]
    frame["further_usd"] = kept["usd"].diff() / kept["surplus"].diff()
    return frame


def efficient(costs: Array, gains: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of these no other beats: at most its cost and at least its gain, one of them better. Not what costs NaN."""
    cheaper, better = costs[None, :] <= costs[:, None], gains[None, :] >= gains[:, None]
    strictly = (costs[None, :] < costs[:, None]) | (gains[None, :] > gains[:, None])
    stands: np.ndarray[Any, np.dtype[np.bool_]] = np.logical_not(np.any(cheaper & better & strictly, axis=1))
    return stands & ~np.isnan(costs)


def _effort(runs: pd.DataFrame, role: str) -> pd.Series[str]:
    """reasoning, else what a preset's body says; "" for neither."""
    said = pd.Series("", index=runs.index)
    for name in (f"{role}.engine.body.reasoning_effort", f"{role}.engine.reasoning"):
        if name in runs:
            said = runs[name].astype(object).where(runs[name].notna(), said).astype(str)
    return said


def _choices(runs: Runs, role: str) -> list[tuple[str, str]]:
    if not len(runs.runs):
        return []
    pairs = zip(runs.runs[f"{role}_engine"].astype(str), _effort(runs.runs, role), strict=True)
    return list(dict.fromkeys(pairs))


def _row(runs: Runs, role: str, engine: str, effort: str) -> dict[str, Any]:
    """A choice's row without what depends on the others; {} where no game of it is finished."""
    chosen = (runs.runs[f"{role}_engine"].astype(str) == engine) & (_effort(runs.runs, role) == effort)
    cells = runs.runs[chosen]
    rounds = runs.rounds[runs.rounds["run"].isin(cells["run"])]
    last = rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")
    played = runs.only_rounds(last.reindex(runs.rounds.index, fill_value=False))
    gains = observed(played, "surplus", role, None, [])["value"].dropna().to_numpy(dtype=float)
    games = float(cells["finished"].sum())
    if not len(gains) or not games:
        return {}
    (mean,) = mean_intervals([gains])
    waited = sum(waited_s(runs.path(str(run))).get(role, NAN) for run in cells["run"])
    deals = observed(played, "deal_rate", "", None, [])["value"].dropna()
    return {
        "role": role,
        "engine": engine,
        "effort": effort,
        "n": len(gains),
        "deal_rate": float(deals.mean()),
        "surplus": mean.value,
        "surplus_low": mean.low,
        "surplus_high": mean.high,
        "error": float(gains.std(ddof=1)) / math.sqrt(len(gains)) if len(gains) > 1 else 0.0,
        "usd": float(cells[f"cost_usd_{role}"].sum(min_count=len(cells))) / games,
        "seconds": waited / games,
        "thought": float(rounds["reasoning_tokens"].sum()) / games,
    }
