"""What players believe of their rival's limit, asked off the record: how wrong they are as they talk, and how sure.

    beliefs(load("outputs/**"))     a row per answer: limit, confidence, true, error, near, brier
    scores(frame)                   per player: error, Brier score, confidence against how often it was near
    by_turn(frame)                  per player and turn: error (estimate less truth) and distance
    calibration(frame)              per player and step of confidence: how often the belief was near

A player is an engine in a role. Intervals are over games: the answers of one game are not independent, and games of one
seed and number in several runs may be of one scenario, so these are one unit.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data.beliefs import Said, read_beliefs
from ..data.runs import Runs
from ..stats.intervals import Estimate, ratio_interval

STEPS = 5
"""Of confidence, in calibration: 0 to 20%, 20 to 40% ..."""
MOST_TURNS = 20
"""Of a round that by_turn tells of."""


def beliefs(runs: Runs) -> pd.DataFrame:
    """Columns: run, seed, engine, player ("gpt-4o (seller)"), currency, and those of Said. One row per answer as it was
    given; empty where nobody was asked."""
    rows = []
    for run in runs.runs.to_dict("records"):
        currency, seed = run.get("item.currency"), run.get("seed", run["run"])
        for said in read_beliefs(runs.path(str(run["run"]))):
            engine = run[f"{said.role}_engine"]
            player = f"{engine} ({said.role})"
            rows.append((run["run"], seed, engine, player, currency if isinstance(currency, str) else "$", *said))
    return pd.DataFrame(rows, columns=["run", "seed", "engine", "player", "currency", *Said._fields])


def scores(said: pd.DataFrame) -> pd.DataFrame:
    """Per currency and player: asked, unusable, judged, games, distance (mean of |error|), error, brier, each with _low
    and _high; confidence and near (means), and over, the first less the second: positive where it is too sure.

    constant: the Brier score of somebody who always says how often this player is near (near * (1 - near)).
    """
    rows = []
    for (currency, player), mine in said.groupby(["currency", "player"], sort=True):
        good = mine.dropna(subset="brier")
        row: dict[str, Any] = {"currency": currency, "player": player, "asked": len(mine)}
        row |= {"unusable": int(mine["problem"].ne("").sum()), "judged": len(good)}
        row["games"] = len(good.groupby(["seed", "game"]))
        told = good.assign(distance=good["error"].abs(), over=good["confidence"] - good["near"])
        for name in ("distance", "error", "brier", "over"):
            row |= _named(name, _over_games(told, name))
        rows.append(row | {"confidence": good["confidence"].mean(), "near": good["near"].mean()})
    found = pd.DataFrame(rows)
    return found.assign(constant=found["near"] * (1 - found["near"])) if rows else found


def by_turn(said: pd.DataFrame) -> pd.DataFrame:
    """Per currency, player and turn (of all rounds together, the first MOST_TURNS): n, and error and distance with
    their intervals, NaN for fewer than 3 games."""
    good = said.dropna(subset="brier")
    good = good[good["turn"] <= MOST_TURNS].assign(distance=good["error"].abs())
    rows = [
        {"currency": currency, "player": player, "turn": turn, "n": len(at)}
        | _named("error", _over_games(at, "error"))
        | _named("distance", _over_games(at, "distance"))
        for (currency, player, turn), at in good.groupby(["currency", "player", "turn"], sort=True)
    ]
    return pd.DataFrame(rows)


def calibration(said: pd.DataFrame) -> pd.DataFrame:
    """Per player and step of confidence that it has said: n, confidence (mean of the step) and near, with Wilson's
    interval over games. Of a calibrated player both are equal."""
    good = said.dropna(subset="brier")
    step = (good["confidence"] * STEPS).clip(upper=STEPS - 1e-9).astype(int)
    rows = [
        {"player": player, "step": number, "n": len(at), "confidence": at["confidence"].mean()}
        | _named("near", _over_games(at, "near", shares=True))
        for (player, number), at in good.assign(step=step).groupby(["player", "step"], sort=True)
    ]
    return pd.DataFrame(rows)


def _over_games(said: pd.DataFrame, name: str, *, shares: bool = False) -> Estimate:
    """The mean of a column over answers, games as units."""
    per_game = said.groupby(["seed", "game"], observed=True)[name].agg(["sum", "count"])
    return ratio_interval(per_game["sum"], per_game["count"], shares=shares)


def _named(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
