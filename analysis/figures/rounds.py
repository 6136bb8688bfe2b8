"""Figures over the rounds of a game: price, deal rate, response and dialogue length, each with 95% intervals.

    price_by_round(load("outputs/**"))

One panel per learner, setting and feedback arm, one series per engine. Up to MOST engines share a panel, moved apart a
little within a round; more of them get a panel each, with the others in light grey behind.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from bargain.records import PLAYERS

from ..data.runs import Runs
from ..measures.metrics import metric_of, table
from .base import (
    LEARNERS,
    Grid,
    NotEnough,
    currency,
    cut,
    encodings,
    faceted,
    finish,
    fitting,
    grid,
    panel,
    prepared,
    several_items,
    shown,
)
from .colours import role_look

MOST = 6
"""More series than this in a panel cannot be told apart where they cross."""
MANY_ROUNDS = 12
"""More rounds than this: bands in place of bars, and points only where there is room."""
SHOWN = ["panel", "series", "round", "value", "low", "high"]
KEYS = ["learner", "setting", "engine", "arm", "round"]


def price_by_round(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Mean price of the deals by round with 95% intervals. Raises NotEnough for one round or no deal."""
    return by_round(runs, "price", title=title)


def deal_rate_by_round(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Deals per planned round with Wilson's 95% intervals. Raises NotEnough for one round."""
    return by_round(runs, "deal_rate", title=title)


def response_length(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Words per turn that the learner wrote itself, by round. Raises NotEnough for one round or without a learner."""
    return by_round(runs, "response_words", title=title)


def dialogue_length(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Characters of all turns of a round, by round. Raises NotEnough for one round."""
    return by_round(runs, "dialogue_chars", title=title)


def by_round(runs: Runs, metric: str, axis: str = "", *, title: str = "") -> alt.TopLevelMixin:
    """Any metric of `metrics` by round; a player's metric is that of the player who learns.

    axis: what the values are, by default as the metric's entry says. Raises NotEnough; KeyError for an unknown metric.
    """
    entry = metric_of(metric)
    if entry.unit == "currency" and metric != "price" and several_items(runs):
        raise NotEnough(f"items of different size or currency: {metric} has no unit that they share")
    usual = entry.drawn.axis if entry.drawn else metric.replace("_", " ")
    values = rounds_table(runs, metric)
    label = axis or usual + (currency(runs) if entry.unit == "currency" else "")
    return finish(drawn(values, label, rate=entry.kind == "rate"), runs, title=title)


def rounds_table(runs: Runs, metric: str, *, least: int = 2) -> pd.DataFrame:
    """metrics.table by learner, setting, engine, arm and round, with `panel` and `series`. Raises NotEnough."""
    if not len(runs.rounds):
        raise NotEnough("no finished game")
    found = table(prepared(runs), [metric], KEYS)
    if metric_of(metric).role in PLAYERS:
        found = found[found["role"] == found["learner"]]
        if not len(found):
            raise NotEnough("nobody is coached, or both players are: no single learner")
    if not len(found):
        raise NotEnough("no deal in any round" if metric == "price" else f"no value of {metric} in any round")
    if found["round"].nunique() < least:
        raise NotEnough("one round only: nothing to follow over rounds")
    found = found.assign(_order=found["learner"].map(list(LEARNERS).index), round=found["round"].astype(int))
    found = found.sort_values(["_order", "setting", "arm", "engine", "round"], kind="stable", ignore_index=True)
    texts = shown(found["engine"])
    said = [panel(*each) for each in zip(found["learner"], found["setting"], found["arm"].astype(str), strict=True)]
    return found.assign(panel=said, series=found["engine"].map(texts))


def drawn(values: pd.DataFrame, axis: str, *, rate: bool = False) -> Any:
    """Lines with intervals, a panel per `panel` of a rounds_table; a panel per engine where there are many."""
    last = int(values["round"].max())
    values, looks, alone = engines_as_series(values)
    values = apart(values) if last <= MANY_ROUNDS and not alone else values.assign(at=values["round"].astype(float))
    values, of = grid(values if rate else cut(values), small=alone)
    return faceted(layers(axis, looks, last, of, rate=rate), values[[*SHOWN, "at"]], of)


def engines_as_series(values: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any], bool]:
    """A rounds_table whose `series` are its engines, or learners in a panel per engine where there are more than MOST.

    Gives the frame, the encodings of its series, and whether engines have a panel each.
    """
    engines = list(dict.fromkeys(values["engine"]))
    if len(engines) <= MOST:
        return values, encodings(engines, legend=len(engines) > 1), False
    titles = [panel(engine, *each) for engine, *each in values[["series", "setting", "arm"]].astype(str).to_numpy()]
    roles = {LEARNERS[each]: role_look(each) for each in dict.fromkeys(values["learner"])}
    values = values.assign(panel=titles, series=values["learner"].map(LEARNERS)).sort_values("engine", kind="stable")
    return values, encodings(list(roles), roles.__getitem__), True


def apart(values: pd.DataFrame) -> pd.DataFrame:
    """With `at`, the place of each point: the series of a round stand a little apart."""
    names = list(dict.fromkeys(values["series"]))
    step = min(0.12, 0.55 / max(len(names) - 1, 1))
    places = values["series"].map(names.index)
    return values.assign(at=values["round"] + (places - (len(names) - 1) / 2) * step)


def rounds_axis(last: int, width: int, field: str = "at") -> alt.X:
    """The x channel of a field in rounds: rounds from 1 to last, each of them named where there is room."""
    every = -(-last * 24 // width)
    ticks = [each for each in range(1, last + 1) if (each == 1 or each % every == 0)]
    axis = alt.Axis(values=ticks, format="d", grid=False)
    return alt.X(f"{field}:Q", title="round", axis=axis).scale(domain=[0.5, last + 0.5], nice=False, zero=False)


def layers(title: str, looks: dict[str, Any], last: int, of: Grid, *, rate: bool) -> Any:
    """Intervals, lines and points of values by round; `title` says what they are, `looks` how their series look."""
    axis = fitting(title, of.height)
    scale = alt.Scale(domain=[0, 1]) if rate else alt.Scale(zero=False, nice=True)
    y = alt.Y("value:Q", title=axis, axis=alt.Axis(format="%" if rate else ",~r", tickCount=5), scale=scale)
    base = alt.Chart().encode(x=rounds_axis(last, of.width), color=looks["color"])
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    spread = known.mark_rule(strokeWidth=1.3) if last <= MANY_ROUNDS else known.mark_area(opacity=0.16)
    points = base.mark_point(filled=True, size=45, opacity=1).encode(y=y, shape=looks["shape"])
    if last > 2 * MANY_ROUNDS:
        points = points.transform_filter(f"datum.round % {-(-last // 10)} == 1")
    return alt.layer(
        spread.encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
        base.mark_line(strokeWidth=1.6).encode(y=y, strokeDash=looks["strokeDash"]),
        points,
    )
