"""Small charts that only the dashboard needs. Anything that a paper could show is `bargain.analysis.figures`' business.

Streamlit gives axes and texts the colours of its light or dark theme; marks have colours that can be seen on both.
Channels are objects: of a mere text Altair works out its class anew each time, in five milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from bargain.records import PLAYERS

from ..figures.colours import PALETTE, ROLES


def price_trace(
    turns: Sequence[Mapping[str, Any]], price: float | None, limits: Mapping[str, float]
) -> alt.LayerChart | alt.FacetChart:
    """The offers of both sides by turn, acceptances as diamonds, the deal as a line, `limits` as named thin lines.

    turns: as in games.jsonl. Turns without a price leave a gap in the numbering, none in the line.
    """
    offers = pd.DataFrame(
        [
            {"turn": at, "side": turn["role"], "offer": turn["offer"], "act": turn["act"]}
            for at, turn in enumerate(turns, start=1)
            if turn["offer"] is not None
        ],
        columns=["turn", "side", "offer", "act"],
    )
    colour = alt.Color("side:N", title=None, legend=alt.Legend(orient="top")).scale(
        domain=list(PLAYERS), range=[ROLES[each] for each in PLAYERS]
    )
    x = alt.X("turn:Q", title="turn").axis(format="d", tickMinStep=1, grid=False).scale(domain=[0.5, len(turns) + 0.5])
    y = alt.Y("offer:Q", title=None).axis(labelFlush=False).scale(zero=False, nice=True)
    tips = [*map(alt.Tooltip, ("turn:Q", "side:N", "act:N")), alt.Tooltip("offer:Q", format=".2f")]
    said = alt.Chart(offers).transform_filter("datum.act != 'accept'").encode(x=x, y=y, color=colour, tooltip=tips)
    taken = alt.Chart(offers).transform_filter("datum.act == 'accept'").encode(x=x, y=y, color=colour, tooltip=tips)
    layers: list[alt.Chart] = [
        said.mark_line(point=alt.OverlayMarkDef(size=45)),
        taken.mark_point(shape="diamond", size=140, filled=True, opacity=1),
    ]
    rules = [(name, value, "limit") for name, value in limits.items()]
    rules += [("deal", price, "deal")] if price is not None else []
    for name, value, kind in rules:
        at = alt.Chart(pd.DataFrame({"offer": [value], "name": [name]})).encode(y=y)
        shade = ROLES["deal"] if kind == "deal" else "#888888"
        layers.append(at.mark_rule(color=shade, strokeDash=[6, 4] if kind == "deal" else [2, 3], strokeWidth=1.5))
        layers.append(
            at.mark_text(
                align="left", baseline="bottom", dy=-2, color=shade, fontWeight="bold" if kind == "deal" else "normal"
            ).encode(text=alt.Text("name:N"), x=alt.value(4))
        )
    return alt.layer(*layers).properties(height=290)


def series_of(table: pd.DataFrame) -> pd.Series:
    """The cell of each row of `cells.by_round`'s table, with its arm where there is one."""
    arm = table["arm"].astype(str)
    return table["cell"].astype(str) + arm.where(arm == "", ", " + arm)


def in_order(table: pd.DataFrame, cells: Sequence[str]) -> list[str]:
    """The series of a table in the order of the cells; the n-th has the n-th colour."""
    place = {cell: at for at, cell in enumerate(cells)}
    rows = table["cell"].astype(str).map(place).sort_values(kind="stable").index
    return list(dict.fromkeys(series_of(table)[rows]))


def by_round(table: pd.DataFrame, title: str, order: Sequence[str], *, rate: bool = False) -> Any:
    """A metric by round with its 95% intervals, one line per cell and arm (`order`); `table` is `cells.by_round`'s."""
    series = series_of(table)
    spread = alt.XOffset("series:N").scale(domain=list(order))
    base = alt.Chart(table.assign(series=series)).encode(
        x=alt.X("round:O", title="round").axis(labelAngle=0).scale(paddingInner=0.35),
        xOffset=spread,
        color=alt.Color("series:N", legend=None).scale(domain=list(order), range=PALETTE),
        tooltip=[
            *map(alt.Tooltip, ("series:N", "round:O")),
            *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")),
            alt.Tooltip("n:Q"),
        ],
    )
    y = alt.Y("value:Q", title=title).scale(zero=False).axis(labelFlush=False)
    if rate:
        y = alt.Y("value:Q", title=title).scale(domain=[0, 1]).axis(format="%", labelFlush=False)
    bars = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=title), y2=alt.Y2("high:Q"))
    return alt.layer(
        base.mark_line(opacity=0.5).encode(y=y), bars, base.mark_point(filled=True, size=55).encode(y=y)
    ).properties(height=310, padding={"top": 12, "left": 5, "right": 5, "bottom": 5})
