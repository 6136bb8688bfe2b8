"""Who bargains best, as a table of the report: surplus in either seat, wins, and how sure the order is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..data.runs import Runs
from ..measures.crossplay import Tournament, effects, games_to_rank, grid_of, not_additive, seats, wins
from ..text import interval, number, one_line
from .tables import ReportColumn, ReportTable, shown


def crossplay(runs: Runs) -> ReportTable:
    """A row per engine, the one with the most surplus first; none where the runs are no grid of sellers and buyers."""
    grid = grid_of(runs)
    if grid is None:
        return ReportTable("crossplay", "Cross-play", pd.DataFrame(columns=["engine"]), ())
    currency = str(runs.runs["item.currency"].iloc[0]) if "item.currency" in runs.runs else "$"
    won, why = wins(grid)
    frame = effects(grid).merge(won, on="engine", how="left").merge(games_to_rank(grid), on="engine", how="left")
    frame = frame.assign(
        currency=currency,
        odds=np.exp(frame["log_odds"]),
        odds_low=np.exp(frame["low"]),
        odds_high=np.exp(frame["high"]),
        told=[
            f"{one_line(row['engine'], 40)}{' (script)' if row['script'] else ''}" for row in frame.to_dict("records")
        ],
    )
    beside = one_line(grid.best, 40) or (one_line(grid.ranked[-1], 40) if grid.both else "")
    columns = shown(
        frame,
        ReportColumn("Engine", "told", "key"),
        ReportColumn("As seller", "as_seller", "currency", "as_seller_low", "as_seller_high", signed=True),
        ReportColumn("As buyer", "as_buyer", "currency", "as_buyer_low", "as_buyer_high", signed=True),
        ReportColumn("Both seats", "both", "currency", "both_low", "both_high", signed=True),
        ReportColumn(f"Beside {beside}", "against", "currency", "against_low", "against_high", signed=True),
        ReportColumn("Deal rate", "deal_rate", "rate"),
        ReportColumn("Won, of decided games", "won", "rate", n="decided"),
        ReportColumn(f"Odds against {beside}", "odds", "share", "odds_low", "odds_high"),
        ReportColumn("Games a cell, to rank above the next", "games_a_cell", "count"),
    )
    return ReportTable("crossplay", "Cross-play: who bargains best", frame, columns, _note(grid, currency, why))


def _note(grid: Tournament, currency: str, why: str) -> str:
    told = [
        f"{row['role'].capitalize()}s get {_said(row, 'mean', currency)} a game"
        + (f", speaking first {_said(row, 'first', currency, signed=True)}" if grid.ordered else "")
        for row in seats(grid).to_dict("records")
    ]
    best = (
        f" The best script of these runs is {one_line(grid.best, 40)}: a model that gets less from the same rivals is "
        "beaten by a formula; it was chosen by these data, which favours it a little."
        if grid.best
        else ""
    )
    same = "" if grid.ordered else " Who speaks first was not varied, so the seat and the first word are one."
    return (
        f"{'. '.join(told)}.{same} Dollars are the engine's own surplus in round 1, no deal as 0, against the mean of "
        f"all engines in that seat, from cell = mean + seller + buyer{' + first word' if grid.ordered else ''}, each "
        f"cell once; {not_additive(grid):.0%} of what cells differ by is no such sum (who suits whom, and chance)."
        f"{best} Brackets: 95% t intervals. Their unit is the cell: they take what a pair has of its own as noise of "
        "one spread, so they speak of other rivals like these, not only of more games with the same. Won: more than "
        "half of the zone between the limits; even splits, no deal and an engine against itself decide nothing. Odds: "
        f"Bradley & Terry with an advantage of the seat, errors by cell{f'; none here: {why}' if why else ''}. Games a "
        "cell: to tell an engine from the next against these very rivals (80% power, Holm over the neighbours), from "
        "the spread within cells; none where games of a cell do not differ. Exploratory: nothing here is corrected."
    )


def _said(row: dict[Any, Any], name: str, currency: str, *, signed: bool = False) -> str:
    ends = interval(row[f"{name}_low"], row[f"{name}_high"], "currency")
    return f"{number(row[name], 'currency', currency, signed=signed)} {ends}".strip()
