"""What another way from a place would have come to, as a table of the report."""

from __future__ import annotations

from ..data.runs import Runs
from ..measures.branches import branches
from .tables import ReportColumn, ReportTable, shown


def what_if(runs: Runs) -> ReportTable:
    """A row per place and change of the branches among the runs; none without one."""
    frame = branches(runs)
    if len(frame):
        frame = frame.assign(currency=runs.runs["item.currency"].iloc[0])
    columns = shown(
        frame,
        ReportColumn("Game", "game", "key"),
        ReportColumn("Arm", "arm", "key"),
        ReportColumn("Round", "round", "key"),
        ReportColumn("From turn", "turn"),
        ReportColumn("Change", "changed"),
        ReportColumn("Futures", "futures", "count"),
        ReportColumn("Failed", "failed", "count"),
        ReportColumn("Deals untouched", "deals_before", "rate"),
        ReportColumn("Deals", "deals_after", "rate"),
        ReportColumn("Change of deals", "deals", "rate", "deals_low", "deals_high", signed=True),
        ReportColumn("Price untouched", "price_before", "currency"),
        ReportColumn("Price", "price_after", "currency"),
        ReportColumn("Change of price", "price", "currency", "price_low", "price_high", "price_n", signed=True),
        ReportColumn("Change of surplus", "surplus", "currency", "surplus_low", "surplus_high", signed=True),
    )
    whose = " and ".join(sorted(set(frame["role"]))) if len(frame) else ""
    note = (
        f"Each row: one place of one game, left again and again; the round that it lies in, surplus of the {whose}, no "
        "deal as 0. Price and surplus: where engines play by the seed, future i against future i (Student's t), else "
        "independent draws (Zou & Donner 2008); deals: Newcombe (1998). Intervals speak of this place, not of other "
        "games. Exploratory."
    )
    return ReportTable("branches", "What if", frame, columns, note)
