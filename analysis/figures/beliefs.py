"""The figure of beliefs: how far from the truth they are in the course of a round, and whether confidence is earned."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.beliefs import beliefs, by_turn, calibration
from .base import NotEnough, data, encodings, few, finish, shown


def beliefs_drawn(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Two panels, a line per player: error by turn, and reliability. Raises NotEnough where nobody was asked."""
    said = beliefs(runs)
    if said["brier"].notna().sum() == 0:
        raise NotEnough("nobody was asked what it believes (probe=limit), or no rival had a limit")
    said = said[said["currency"] == said.dropna(subset="brier")["currency"].iloc[0]]
    players = list(said.dropna(subset="brier")["player"].unique())
    few(players)
    names, code = shown(players), encodings(players)
    turns, sure = (frame.assign(series=frame["player"].map(names)) for frame in (by_turn(said), calibration(said)))
    currency = str(said["currency"].iloc[0])
    error = _panel(turns, "turn", "error", "after turn", f"estimate less the true limit ({currency})", code)
    zero = (
        alt.Chart(data(pd.DataFrame({"error": [0.0]})))
        .mark_rule(color="#888888", strokeDash=[4, 3])
        .encode(y="error:Q")
    )
    equal = alt.Chart(data(pd.DataFrame({"confidence": [0.0, 1.0], "near": [0.0, 1.0]})))
    diagonal = equal.mark_line(color="#888888", strokeDash=[4, 3]).encode(x="confidence:Q", y="near:Q")
    earned = _panel(sure, "confidence", "near", "confidence that was said", "how often the belief was near", code, "%")
    size = {"width": 280, "height": 230}
    return finish(
        alt.hconcat((zero + error).properties(**size), (diagonal + earned).properties(**size)), runs, title=title
    )


def _panel(
    frame: pd.DataFrame, x: str, y: str, below: str, beside: str, code: dict[str, Any], form: str = ",~r"
) -> Any:
    """Means with intervals, joined by a line for each player."""
    scale = alt.Scale(domain=[0, 1]) if form == "%" else alt.Scale(zero=False)
    axis = alt.Axis(format=form if form == "%" else "d", tickMinStep=0 if form == "%" else 1)
    base = alt.Chart(data(frame)).encode(x=alt.X(f"{x}:Q", title=below, scale=scale, axis=axis), color=code["color"])
    value = alt.Y(f"{y}:Q", title=beside, scale=scale).axis(format=form)
    whole = base.transform_filter(f"isValid(datum.{y}_low)")
    return alt.layer(
        whole.mark_rule(opacity=0.6).encode(y=alt.Y(f"{y}_low:Q"), y2=f"{y}_high:Q"),
        base.mark_line().encode(y=value, strokeDash=code["strokeDash"]),
        base.mark_point(filled=True, size=45, opacity=1).encode(y=value, shape=code["shape"]),
    )
