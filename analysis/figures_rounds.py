"""Figures over the rounds of a game: price, deal rate, response and dialogue length, each with 95% intervals.

    price_by_round(load("outputs/**"))

One panel per learner, setting and feedback arm, one series per engine. Up to MOST engines share a panel, moved apart a
little within a round; more of them get a panel each, with the others in light grey behind.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.figures_base import NotEnough, currency, data, encodings, finish, panel, prepared, shown
from analysis.metrics import table
from analysis.runs import Runs

MOST = 6
"""More series than this in a panel cannot be told apart where they cross."""
MOST_PANELS = 48
MANY_ROUNDS = 12
"""More rounds than this: bands in place of bars, and points only where there is room."""
KEYS = ["learner", "setting", "engine", "arm", "round"]


def price_by_round(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Mean price of the deals by round with 95% intervals. Raises NotEnough for one round or no deal."""
    return by_round(runs, "price", f"mean price of the deals{currency(runs)}", title=title)


def deal_rate_by_round(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Deals per planned round with Wilson's 95% intervals. Raises NotEnough for one round."""
    return by_round(runs, "deal_rate", "deal rate", title=title)


def response_length(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Words per turn that the learner wrote itself, by round. Raises NotEnough for one round or without a learner."""
    return by_round(runs, "response_words", "learner's words per turn", title=title, of_learner=True)


def dialogue_length(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Characters of all turns of a round, by round. Raises NotEnough for one round."""
    return by_round(runs, "dialogue_chars", "characters per dialogue", title=title)


def by_round(runs: Runs, metric: str, axis: str, *, title: str = "", of_learner: bool = False) -> alt.TopLevelMixin:
    """Any metric of `metrics` by round. of_learner: the metric is the player's who learns."""
    values = rounds_table(runs, metric, of_learner=of_learner)
    return finish(drawn(values, axis, rate=metric == "deal_rate"), runs, title=title)


def rounds_table(runs: Runs, metric: str, *, of_learner: bool = False) -> pd.DataFrame:
    """metrics.table by learner, setting, engine, arm and round, with `panel` and `series`. Raises NotEnough."""
    if not len(runs.rounds):
        raise NotEnough("no finished game")
    found = table(prepared(runs), [metric], KEYS)
    if of_learner:
        found = found[found["role"] == found["learner"]]
        if not len(found):
            raise NotEnough("nobody is coached, or both players are: no single learner")
    if not len(found):
        raise NotEnough("no deal in any round" if metric == "price" else f"no value of {metric} in any round")
    if found["round"].nunique() < 2:
        raise NotEnough("one round only: nothing to follow over rounds")
    order = {"seller": 0, "buyer": 1, "both": 2, "": 3}
    found = found.assign(_order=found["learner"].map(order), round=found["round"].astype(int))
    found = found.sort_values(["_order", "setting", "arm", "engine", "round"], kind="stable", ignore_index=True)
    texts = shown(found["engine"])
    said = [panel(*each) for each in zip(found["learner"], found["setting"], found["arm"].astype(str), strict=True)]
    return found.assign(panel=said, series=found["engine"].map(texts))


def drawn(values: pd.DataFrame, axis: str, *, rate: bool = False) -> Any:
    """Lines with intervals, a panel per `panel` of a rounds_table; a panel per engine where there are many."""
    engines = list(dict.fromkeys(values["engine"]))
    names = list(dict.fromkeys(values["series"]))
    last = int(values["round"].max())
    alone = len(engines) > MOST
    values = values.assign(at=values["round"].astype(float), other=False)
    if alone:
        values = values.assign(panel=values["series"] + "\n" + values["panel"])
    elif last <= MANY_ROUNDS and len(engines) > 1:
        step = min(0.12, 0.55 / (len(engines) - 1))
        places = values["series"].map(names.index)
        values = values.assign(at=values["round"] + (places - (len(names) - 1) / 2) * step)
    panels = list(dict.fromkeys(values["panel"]))
    if len(panels) > MOST_PANELS:
        raise NotEnough(
            f"{len(panels)} panels, of which a figure shows {MOST_PANELS} at most; choose with runs.where()"
        )
    columns = min(len(panels), 2 if not alone else 4)
    return _panels(values, panels, columns, axis, encodings(engines), last, rate=rate, alone=alone)


def _panels(
    values: pd.DataFrame,
    panels: list[str],
    columns: int,
    axis: str,
    looks: dict[str, Any],
    last: int,
    *,
    rate: bool,
    alone: bool,
) -> Any:
    ticks = list(range(1, last + 1)) if last <= (5 if alone else MANY_ROUNDS) else None
    x_axis = (
        alt.Axis(values=ticks, format="d", tickMinStep=1, grid=False) if ticks else alt.Axis(format="d", grid=False)
    )
    x = alt.X("at:Q", title="round", axis=x_axis).scale(domain=[0.6, last + 0.4], nice=False, zero=False)
    y_axis = alt.Axis(format="%" if rate else "~g", tickCount=5)
    y = alt.Y("value:Q", title=axis, axis=y_axis).scale(zero=rate, nice=True)
    if rate:
        y = y.scale(domain=[0, 1])
    base = alt.Chart().encode(x=x, **{"color": looks["color"]})
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    if last > MANY_ROUNDS:
        spread: Any = known.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", title=axis), y2="high:Q")
    else:
        spread = known.mark_rule(strokeWidth=1.3).encode(y=alt.Y("low:Q", title=axis), y2="high:Q")
    line = base.mark_line(strokeWidth=1.6).encode(y=y, strokeDash=looks["strokeDash"])
    points = base.mark_point(filled=True, size=45, opacity=1).encode(y=y, shape=looks["shape"])
    if last > 2 * MANY_ROUNDS:
        points = points.transform_filter(f"datum.round % {-(-last // 10)} == 1")
    side = (150 if alone else 270) if len(panels) > 1 else 380
    layers = alt.layer(spread, line, points, data=data(_kept(values))).properties(width=side, height=round(side * 0.7))
    facet = alt.Facet("panel:N", title=None, sort=panels, header=alt.Header(labelExpr="split(datum.label, '\\n')"))
    return layers.facet(facet, columns=columns).resolve_axis(x="independent", y="independent")


def _kept(values: pd.DataFrame) -> pd.DataFrame:
    return values[["panel", "series", "round", "at", "value", "low", "high", "n"]]
