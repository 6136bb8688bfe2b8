"""Who bargains best where every engine met every other: what each is worth in either seat, in dollars of surplus.

    grid = grid_of(runs)            the cells of a seller x buyer grid; None where these runs are none
    effects(grid)                   per engine: what it adds to its own surplus as seller, as buyer, in both seats
    wins(grid)                      per engine: games won, and Bradley-Terry's odds against the best script
    games_to_rank(grid)             games a cell needs until each engine is told from the next one

A cell is a seller's and a buyer's engine (and who speaks first, where that was varied); its value is the mean surplus
of its games in round 1, no deal as 0, games lost to a failed call left out. The model adds up, cell = mean + seller +
buyer + first word, by least squares, each cell once however many games it has; effects are relative to the mean over
engines.

What an interval assumes: the cell is the unit, and what a pair has of its own beyond the sum is noise of one spread. So
an interval says how far an effect may be off for other rivals like these, not only for more games with the same
ones. Games of a cell may go together in any way, even be identical. Scenarios that all cells share cancel.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from bargain.records import PLAYERS

from ..data.runs import Runs
from ..stats.clustered import SEPARATED, clustered
from ..stats.intervals import ALPHA, NAN, Array
from ..stats.power import games_for_difference
from . import factors
from .comparisons import observed

SELLER, BUYER, FIRST = "seller.engine.name", "buyer.engine.name", "game.who_is_first"
LEAST_GAP = 0.01
"""Dollars: who are less apart are not ranked."""
Frame = pd.DataFrame


class Tournament(NamedTuple):
    """Engines, and the games of every cell that was played: seller, buyer, first (+0.5: the seller), game, deal, and
    each player's surplus. cells: the means of each cell. best: the script with the most surplus, "" without one.

    design: the cells' columns: the mean, seller and buyer effects that sum to 0, and the first word where it varies.
    """

    sellers: list[str]
    buyers: list[str]
    games: Frame
    cells: Frame
    design: Array
    ordered: bool
    scripts: frozenset[str]

    @property
    def both(self) -> list[str]:
        """The engines that play either seat."""
        return [name for name in self.sellers if name in self.buyers]

    def weights(self, engine: str, role: str) -> Array:
        """By which weight each cell's mean counts in the engine's effect in this seat."""
        names, start = (self.sellers, 1) if role == "seller" else (self.buyers, len(self.sellers))
        chosen = np.zeros(self.design.shape[1])
        chosen[start : start + len(names) - 1] = _coded(names, engine)
        return self._of(chosen)

    def of_column(self, column: int) -> Array:
        """The same for one column of the design: 0 the mean, -1 the first word."""
        return self._of(np.eye(self.design.shape[1])[column])

    def _of(self, chosen: Array) -> Array:
        weights: Array = chosen @ np.linalg.pinv(self.design)
        return weights

    def estimate(self, **weights: Array) -> tuple[float, float, float]:
        """A sum of the cells' mean surpluses by these weights, seller=..., buyer=..., with its 95% t interval."""
        values = self.cells[list(weights)].to_numpy()
        left = values - self.design @ np.linalg.lstsq(self.design, values, rcond=None)[0]
        each = np.column_stack(list(weights.values()))
        value = float((values * each).sum())
        freedom = len(values) - self.design.shape[1]
        if freedom < 1 or not np.abs(left).max() > 1e-9 * max(1.0, np.abs(values).max()):
            return value, NAN, NAN
        variance = float(((left.T @ left / freedom) * (each.T @ each)).sum())
        half = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * math.sqrt(max(variance, 0.0))
        return value, value - half, value + half

    def own(self, engine: str) -> dict[str, Array]:
        """The weights of its own surplus over both seats, each half."""
        return {role: self.weights(engine, role) / 2 for role in PLAYERS}

    @property
    def ranked(self) -> list[str]:
        """The engines of both seats, the one with the most surplus of its own first."""
        return sorted(self.both, key=lambda name: -self.estimate(**self.own(name))[0])

    @property
    def best(self) -> str:
        """The known opponent with the most surplus over both seats; "" without one."""
        return next((name for name in self.ranked if name in self.scripts), "")


def grid_of(runs: Runs) -> Tournament | None:
    """The grid of runs without a coach in which only the players' engines vary, and perhaps who speaks first; None of
    any others, of cells that do not tell two engines a seat apart, and without both reservation prices."""
    varied = set(factors.factors(runs)) if len(runs) and not runs.runs["learner"].any() else set()
    if not {SELLER, BUYER} <= varied <= {SELLER, BUYER, FIRST}:
        return None
    keys = [SELLER, BUYER, *([FIRST] if FIRST in varied else [])]
    once = runs.only_rounds((runs.rounds["round"] == 1) & ~runs.rounds["repeat"])
    sides = [observed(once, "surplus", role, None, keys) for role in PLAYERS]
    games = sides[0][["run", "game", "outcome", *keys]].assign(
        seller_surplus=sides[0]["value"], buyer_surplus=sides[1]["value"], zone=sides[0]["item.valuation"]
        - sides[0]["item.cost"],
    ).dropna(subset=["seller_surplus", "buyer_surplus"])  # fmt: skip
    games = games.rename(columns={SELLER: "seller_engine", BUYER: "buyer_engine"})
    games["first"] = games[FIRST].map({"seller": 0.5}).fillna(-0.5) if FIRST in varied else 0.0
    cells = games.groupby(["seller_engine", "buyer_engine", "first"], observed=True, sort=False).agg(
        seller=("seller_surplus", "mean"), buyer=("buyer_surplus", "mean"), n=("game", "size")
    )
    cells = cells.reset_index()
    sellers, buyers = (list(dict.fromkeys(cells[f"{role}_engine"])) for role in PLAYERS)
    ordered = cells["first"].nunique() > 1
    if min(len(sellers), len(buyers)) < 2:
        return None
    columns = [np.ones(len(cells))]
    for names, role in ((sellers, "seller"), (buyers, "buyer")):
        columns += list(np.array([_coded(names, each) for each in cells[f"{role}_engine"]]).T)
    design = np.column_stack([*columns, *([cells["first"]] if ordered else [])])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    scripts = {
        str(name)
        for role in PLAYERS
        for name, target in zip(
            runs.runs[f"{role}.engine.name"], runs.runs.get(f"{role}.engine._target_", ""), strict=False
        )
        if str(target).endswith(".OpponentEngine")
    }
    return Tournament(sellers, buyers, games, cells, design, ordered, frozenset(scripts))


def _coded(names: list[str], engine: str) -> Array:
    """Effects that sum to 0: a column for each engine but the last, which is minus all of them."""
    at = names.index(engine)
    return -np.ones(len(names) - 1) if at == len(names) - 1 else np.eye(len(names) - 1)[at]


def effects(grid: Tournament) -> Frame:
    """A row per engine, the best over both seats first: as_seller, as_buyer (what it adds to its own surplus there),
    both (their mean), against (both, beside the best script), each with _low and _high; games, deal_rate, script."""
    rows = []
    base = grid.own(grid.best) if grid.best else None
    alone = [name for name in dict.fromkeys([*grid.sellers, *grid.buyers]) if name not in grid.both]
    for name in [*grid.ranked, *alone]:
        row: dict[str, object] = {"engine": name, "script": name in grid.scripts}
        for role, names in (("seller", grid.sellers), ("buyer", grid.buyers)):
            if name in names:
                row |= _ends(f"as_{role}", grid.estimate(**{role: grid.weights(name, role)}))
        if name in grid.both:
            row |= _ends("both", grid.estimate(**grid.own(name)))
            if base and name != grid.best:
                apart = {role: weights - base[role] for role, weights in grid.own(name).items()}
                row |= _ends("against", grid.estimate(**apart))
        played = grid.games[(grid.games["seller_engine"] == name) | (grid.games["buyer_engine"] == name)]
        row |= {"games": len(played), "deal_rate": float((played["outcome"] == "deal").mean())}
        rows.append(row)
    return pd.DataFrame(rows)


def seats(grid: Tournament) -> Frame:
    """A row per seat: its mean surplus, and what the first word adds to it (NaN where that was not varied)."""
    rows = []
    for role, sign in (("seller", 1.0), ("buyer", -1.0)):
        row = {"role": role, **_ends("mean", grid.estimate(**{role: grid.of_column(0)}))}
        if grid.ordered:
            row |= _ends("first", grid.estimate(**{role: sign * grid.of_column(-1)}))
        rows.append(row)
    return pd.DataFrame(rows)


def not_additive(grid: Tournament) -> float:
    """The part of the cells' variance of surplus that no sum of effects explains: who suits whom, and chance."""
    values = grid.cells[list(PLAYERS)].to_numpy()
    left = values - grid.design @ np.linalg.lstsq(grid.design, values, rcond=None)[0]
    whole = float(((values - values.mean(axis=0)) ** 2).sum())
    return float((left**2).sum()) / whole if whole > 0 else NAN


def wins(grid: Tournament) -> tuple[Frame, str]:
    """Who got more than half of the zone: per engine of both seats won (of decided games), decided, and log_odds
    against the best script (else the last engine) with _low and _high; and why there are no odds.

    Bradley & Terry (1952) with an advantage of the seller's seat, in which an engine is as able in either seat; errors
    by cell. An even split, no deal and an engine against itself decide nothing between engines.
    """
    games, names = grid.games, grid.ranked
    share = games["seller_surplus"] / games["zone"].where(games["zone"] > 0)
    decided = games[(games["outcome"] == "deal") & ((share - 0.5).abs() > 1e-9)]
    sold = (share[decided.index] > 0.5).astype(float)
    rows = []
    for name in names:
        as_seller, as_buyer = decided["seller_engine"] == name, decided["buyer_engine"] == name
        other = as_seller != as_buyer
        won = float((sold.where(as_seller, 1 - sold))[other].mean()) if other.any() else NAN
        rows.append({"engine": name, "won": won, "decided": int(other.sum())})
    found = pd.DataFrame(rows, columns=["engine", "won", "decided"]).assign(log_odds=NAN, low=NAN, high=NAN)
    against = grid.best or (names[-1] if names else "")
    others = [name for name in names if name != against]
    between = decided[decided["seller_engine"].isin(names) & decided["buyer_engine"].isin(names)]
    if not others or not len(between):
        return found, "no game between two engines of both seats was won"
    columns = [(between["seller_engine"] == name).astype(float) - (between["buyer_engine"] == name) for name in others]
    design = np.column_stack([np.ones(len(between)), *columns])
    cell = between.groupby(["seller_engine", "buyer_engine", "first"], observed=True).ngroup().to_numpy()
    fit = clustered(np.array(sold[between.index], dtype=np.float64), design, cell)
    if fit.note:
        sides = "some engine (or seat) won or lost every game that could tell it from the others: its odds have no end"
        return found, sides if fit.note == SEPARATED else fit.note
    half = stats.t.ppf(1 - ALPHA / 2, fit.freedom) * fit.errors
    at = found["engine"].map({name: number for number, name in enumerate(others, start=1)})
    for column, values in (("log_odds", fit.estimates), ("low", fit.estimates - half), ("high", fit.estimates + half)):
        found[column] = [values[int(each)] if each == each else NAN for each in at]
    return found, ""


def games_to_rank(grid: Tournament) -> Frame:
    """Per engine of both seats but the last: the next one, gap (dollars of own surplus over both seats), and the games
    a cell needs to tell the two apart against these very rivals, with 80% power, Holm's first step over all neighbours.

    The pilot is the spread of games within cells; what pairs have of their own does not shrink with more games.
    """
    names, rows = grid.ranked, []
    keys = ["seller_engine", "buyer_engine", "first"]
    sizes = grid.games.groupby(keys, observed=True)["game"].transform("size").to_numpy(dtype=float)
    residuals = {}
    for role in PLAYERS:
        own = grid.games[f"{role}_surplus"]
        apart = (own - own.groupby([grid.games[key] for key in keys], observed=True).transform("mean")).to_numpy()
        residuals[role] = apart * np.sqrt(sizes / np.maximum(sizes - 1, 1))
    for better, worse in pairwise(names):
        gap = grid.estimate(**grid.own(better))[0] - grid.estimate(**grid.own(worse))[0]
        pilot = np.concatenate(
            [residuals[role][grid.games[f"{role}_engine"].isin([better, worse]) & (sizes > 1)] for role in PLAYERS]
        )
        seated = [int((grid.cells[f"{role}_engine"] == name).sum()) for role in PLAYERS for name in (better, worse)]
        games, note = NAN, "less than a cent apart"
        if gap >= LEAST_GAP:
            size = games_for_difference(pilot, gap, alpha=ALPHA / (len(names) - 1))
            games, note = math.ceil(size.games * 2 / sum(seated)) if size.games == size.games else NAN, size.note
        rows.append({"engine": better, "next": worse, "gap": gap, "games_a_cell": games, "ranking_note": note})
    return pd.DataFrame(rows, columns=["engine", "next", "gap", "games_a_cell", "ranking_note"])


def _ends(name: str, found: tuple[float, float, float]) -> dict[str, object]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
