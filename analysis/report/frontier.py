"""What effort and engine win for their price, as a table of the report."""

from __future__ import annotations

from ..data.runs import Runs
from ..measures.frontier import frontier
from ..text import one_line
from .tables import ReportColumn, ReportTable, shown


def money(runs: Runs) -> ReportTable:
    """A row per engine and effort of the player in which they differ; none without prices, or a reservation price."""
    frame = frontier(runs)
    thinks = len(frame) and frame["thought"].any()
    role = str(frame["role"].iloc[0]) if len(frame) else "player"
    if len(frame):
        frame = frame.assign(
            currency=runs.runs["item.currency"].iloc[0],
            told=frame["engine"].map(lambda name: one_line(name, 40)),
            stands=frame["efficient"].map({True: "yes", False: "no"}),
        )
    columns = shown(
        frame,
        ReportColumn(f"{role.capitalize()}'s engine", "told", "key"),
        ReportColumn("Effort", "effort"),
        ReportColumn("Games", "n", "count"),
        ReportColumn("Deal rate", "deal_rate", "rate"),
        ReportColumn("Surplus", "surplus", "currency", "surplus_low", "surplus_high"),
        ReportColumn("Cost a game", "usd", "usd"),
        ReportColumn("Seconds a game", "seconds", "number"),
        ReportColumn("Tokens thought", "thought", "count") if thinks else None,
        ReportColumn("Surplus per $", "per_usd", "currency", "per_usd_low", "per_usd_high"),
        ReportColumn("Surplus per second", "per_s", "currency", "per_s_low", "per_s_high"),
        ReportColumn("Efficient", "stands"),
        ReportColumn("Stays so", "sure", "rate"),
        ReportColumn("$ for a further unit", "further_usd", "usd"),
    )
    note = (
        f"Surplus: the {role}'s in the last round, no deal as 0, with a 95% interval. Cost and seconds are of the "
        f"{role}'s own calls (from sending to the reply, all tries). Efficient: no other has as much surplus for as "
        "little money. Stays so: of 4,000 draws of the surpluses within their standard errors. $ for a further "
        "unit: against the efficient choice before it. Exploratory: nothing here is corrected."
    )
    return ReportTable("frontier", "What effort wins for its price", frame, columns, note)
