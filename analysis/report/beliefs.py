"""What players believe of their rival's limit, as a table of the report."""

from __future__ import annotations

from ..data.runs import Runs
from ..measures.beliefs import beliefs, scores
from .tables import ReportColumn, ReportTable, shown

NOTE = (
    "Asked off the record, on a copy of the player's context (probe=limit): what is the rival's limit, and how likely "
    "is it that the true one is near? Error: estimate less truth. Brier: mean of (confidence - 1 if near, else 0) "
    "squared; less is better, and who always says how often the player is near has the score of a constant. Too sure: "
    "mean confidence less how often it is near. Answers of one game are one unit. Exploratory."
)


def believed(runs: Runs) -> ReportTable:
    """A row per player; none where nobody was asked."""
    frame = scores(beliefs(runs))
    blank = int((frame["asked"] - frame["unusable"] - frame["judged"]).sum()) if len(frame) else 0
    columns = shown(
        frame,
        ReportColumn("Player", "player", "key"),
        ReportColumn("Asked", "asked", "count"),
        ReportColumn("Unusable", "unusable", "count"),
        ReportColumn("Judged", "judged", "count"),
        ReportColumn("Error", "error", "currency", "error_low", "error_high", signed=True),
        ReportColumn("Distance", "distance", "currency", "distance_low", "distance_high"),
        ReportColumn("Near", "near", "rate"),
        ReportColumn("Confidence", "confidence", "rate"),
        ReportColumn("Too sure", "over", "rate", "over_low", "over_high", signed=True),
        ReportColumn("Brier", "brier", "number", "brier_low", "brier_high"),
        ReportColumn("Of a constant", "constant", "number"),
    )
    left = (
        f" {blank} answers are about rivals without a limit: there is no truth to hold them against." if blank else ""
    )
    return ReportTable("beliefs", "What players believe of their rival's limit", frame, columns, NOTE + left)
