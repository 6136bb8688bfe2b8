"""What games cost, and what a unit of improvement costs.

Tokens are counted per game; money is known per run only, so its cost per game is a mean without an interval.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ..data.round_facts import SEATS
from ..data.runs import Runs
from ..stats.intervals import NAN, mean_intervals
from .comparisons import change


def costs(runs: Runs) -> pd.DataFrame:
    """One row per run and arm: tokens and cost of a game, and the cost of each unit of currency the learner gained.

    Columns: run, arm, games, tokens_per_game with tokens_low and tokens_high, usd_per_game, gain (the learner's paired
    price change from the first to the last planned round) with gain_low and gain_high,
    usd_per_gain = usd_per_game / gain with usd_per_gain_low and usd_per_gain_high (infinite where the gain may be 0;
    NaN without a gain), note. In a compare
    game the cost of a game is that of all its arms together.
    """
    rounds = runs.rounds[~runs.rounds["repeat"]]
    tokens = (
        (rounds["input_tokens"] + rounds["output_tokens"]).groupby([rounds["run"], rounds["game"]], observed=True).sum()
    )
    by_run = {run: games.to_numpy() for run, games in tokens.groupby(level="run", observed=True)}
    made = dict(zip(by_run, mean_intervals(list(by_run.values())), strict=True))
    gains = change(runs, "price", role="learner")
    planned = runs.rounds.groupby("run", observed=True)["round"].max()
    gains = gains[gains["round"] == gains["run"].map(planned).astype(float)]
    gained: dict[str, list[tuple[str, float, float, float]]] = {}
    for run, arm, *gain in gains[["run", "arm", "difference", "low", "high"]].to_numpy().tolist():
        gained.setdefault(str(run), []).append((str(arm), gain[0], gain[1], gain[2]))
    rows: list[tuple[Any, ...]] = []
    for run, games, cost in runs.runs[["run", "finished", "cost_usd"]].to_numpy().tolist():
        each = cost / games if games else NAN
        used = made.get(run)
        interval = (used.value, used.low, used.high) if used else (NAN, NAN, NAN)
        for arm, value, low, high in gained.get(run, [("", NAN, NAN, NAN)]):
            rows.append((run, arm, games, *interval, each, value, low, high, *_per_gain(each, value, low, high)))
    names = ["tokens_per_game", "tokens_low", "tokens_high", "usd_per_game", "gain", "gain_low", "gain_high"]
    ends = ["usd_per_gain", "usd_per_gain_low", "usd_per_gain_high", "note"]
    return pd.DataFrame(rows, columns=["run", "arm", "games", *names, *ends])


def _per_gain(cost: float, gain: float, low: float, high: float) -> tuple[float, float, float, str]:
    """Cost per unit gained; the limits come from those of the gain (a gain near 0 costs without bound)."""
    if math.isnan(cost):
        return NAN, NAN, NAN, "the cost is unknown"
    if math.isnan(gain):
        return NAN, NAN, NAN, "no paired change of a single learner"
    if gain <= 0:
        return NAN, NAN, NAN, "no gain"
    if math.isnan(low):
        return cost / gain, NAN, NAN, "too few games for an interval of the gain"
    return cost / gain, cost / high, cost / low if low > 0 else math.inf, "" if low > 0 else "the gain may be 0"


def by_seat(runs: Runs) -> pd.DataFrame:
    """One row per run and role that spoke: run, role, engine, input_tokens, output_tokens, cost_usd (NaN if unknown).

    Tokens are those of the finished games, a shared first round counted once; the cost is the whole run's.
    """
    rounds = runs.rounds[~runs.rounds["repeat"]]
    parts = []
    for seat in SEATS:
        names = {f"{seat}_{side}_tokens": f"{side}_tokens" for side in ("input", "output")}
        used = rounds.groupby("run", observed=False)[list(names)].sum().rename(columns=names)
        part = runs.runs[["run", f"{seat}_engine", f"cost_usd_{seat}"]].set_axis(["run", "engine", "cost_usd"], axis=1)
        part = part.join(used.set_axis(used.index.astype(str)), on="run").assign(role=seat)
        parts.append(part[(part["input_tokens"] > 0) | (part["cost_usd"] > 0)])
    whole = pd.concat(parts, ignore_index=True)
    return whole[["run", "role", "engine", "input_tokens", "output_tokens", "cost_usd"]]
