"""Small charts that only the dashboard needs. Anything that a paper could show is `bargain.analysis.figures`' business.

Streamlit gives axes and texts the colours of its light or dark theme; marks have colours that can be seen on both.
A chart is plain Vega-Lite for st.vega_lite_chart: the same by way of Altair takes a tenth of a second each, most of it
for copies and for checking what is always the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bargain.records import PLAYERS

from ..figures.colours import PALETTE, ROLES

Spec = dict[str, Any]


def price_trace(turns: Sequence[Mapping[str, Any]], price: float | None, limits: Mapping[str, float]) -> Spec:
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
    y = _number("offer", title=None, axis={"labelFlush": False}, scale={"zero": False, "nice": True})
    encoding = {
        "x": _number(
            "turn",
            title="turn",
            axis={"format": "d", "tickMinStep": 1, "grid": False},
            scale={"domain": [0.5, len(turns) + 0.5]},
        ),
        "y": y,
        "color": _word(
            "side",
            title=None,
            legend={"orient": "top"},
            scale={"domain": list(PLAYERS), "range": [ROLES[each] for each in PLAYERS]},
        ),
        "tooltip": [_number("turn"), _word("side"), _word("act"), _number("offer", format=".2f")],
    }
    marks: dict[str, Spec] = {
        "datum.act != 'accept'": {"type": "line", "point": {"size": 45}},
        "datum.act == 'accept'": {"type": "point", "shape": "diamond", "size": 140, "filled": True, "opacity": 1},
    }
    datasets = {"offers": offers}
    layers: list[Spec] = [
        {"data": {"name": "offers"}, "transform": [{"filter": which}], "mark": mark, "encoding": encoding}
        for which, mark in marks.items()
    ]
    rules = [(name, value, "limit") for name, value in limits.items()]
    rules += [("deal", price, "deal")] if price is not None else []
    for at, (name, value, kind) in enumerate(rules):
        datasets[f"rule {at}"] = pd.DataFrame({"offer": [value], "name": [name]})
        shade, dash = (ROLES["deal"], [6, 4]) if kind == "deal" else ("#888888", [2, 3])
        weight = "bold" if kind == "deal" else "normal"
        rule = {"type": "rule", "color": shade, "strokeDash": dash, "strokeWidth": 1.5}
        text = {"type": "text", "align": "left", "baseline": "bottom", "dy": -2, "color": shade, "fontWeight": weight}
        layers.append({"data": {"name": f"rule {at}"}, "mark": rule, "encoding": {"y": y}})
        written = {"y": y, "text": _word("name"), "x": {"value": 4}}
        layers.append({"data": {"name": f"rule {at}"}, "mark": text, "encoding": written})
    return {"datasets": datasets, "layer": layers, "height": 290}


def series_of(table: pd.DataFrame) -> pd.Series:
    """The cell of each row of `cells.by_round`'s table, with its arm where there is one."""
    arm = table["arm"].astype(str)
    return table["cell"].astype(str) + arm.where(arm == "", ", " + arm)


def in_order(table: pd.DataFrame, cells: Sequence[str]) -> list[str]:
    """The series of a table in the order of the cells; the n-th has the n-th colour."""
    place = {cell: at for at, cell in enumerate(cells)}
    rows = table["cell"].astype(str).map(place).sort_values(kind="stable").index
    return list(dict.fromkeys(series_of(table)[rows]))


def by_round(table: pd.DataFrame, title: str, order: Sequence[str], *, rate: bool = False) -> Spec:
    """A metric by round with its 95% intervals, one line per cell and arm (`order`); `table` is `cells.by_round`'s."""
    values = ("value", "low", "high")
    shared = {
        "x": _of("round", "ordinal", title="round", axis={"labelAngle": 0}, scale={"paddingInner": 0.35}),
        "xOffset": _word("series", scale={"domain": list(order)}),
        "color": _word("series", legend=None, scale={"domain": list(order), "range": PALETTE}),
        "tooltip": [
            _word("series"),
            _of("round", "ordinal"),
            *(_number(name, format=".3f") for name in values),
            _number("n"),
        ],
    }
    y = _number("value", title=title, axis={"labelFlush": False}, scale={"zero": False})
    if rate:
        y = _number("value", title=title, axis={"format": "%", "labelFlush": False}, scale={"domain": [0, 1]})
    ends = {"y": _number("low", title=title), "y2": {"field": "high"}}
    return {
        "datasets": {"rounds": table.assign(series=series_of(table))},
        "data": {"name": "rounds"},
        "layer": [
            {"mark": {"type": "line", "opacity": 0.5}, "encoding": {**shared, "y": y}},
            {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {**shared, **ends}},
            {"mark": {"type": "point", "filled": True, "size": 55}, "encoding": {**shared, "y": y}},
        ],
        "height": 310,
        "padding": {"top": 12, "left": 5, "right": 5, "bottom": 5},
    }


def _of(field: str, kind: str, **more: Any) -> Spec:
    return {"field": field, "type": kind, **more}


def _number(field: str, **more: Any) -> Spec:
    return _of(field, "quantitative", **more)


def _word(field: str, **more: Any) -> Spec:
    return _of(field, "nominal", **more)
