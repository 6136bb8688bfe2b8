"""Figures that set things against each other: price and deal rate, feedback arms, gains, cost and improvement."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.comparisons import change
from ..measures.costs import costs
from .base import (
    ARM_NAMES,
    INK,
    LEARNERS,
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
    shown,
)
from .colours import arm_look
from .rounds import KEYS, SHOWN, apart, engines_as_series, layers, rounds_table

VALID = "isValid(datum.low) && isValid(datum.high)"


def tradeoff(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Mean price against deal rate, a path per engine from the first round (hollow) to the last (filled, large).

    Raises NotEnough without a deal.
    """
    prices = rounds_table(runs, "price", least=1)
    rates = rounds_table(runs, "deal_rate", least=1)[[*KEYS, "value", "low", "high"]]
    both = prices.merge(rates, on=KEYS, suffixes=("", "_rate"))
    values, looks, alone = engines_as_series(both)
    chain = values.groupby(["panel", "series"], sort=False)["round"]
    last = values["round"] == chain.transform("max")
    first = (values["round"] == chain.transform("min")) & ~last
    values = values.assign(end=first.map({True: "first", False: ""}).where(~last, "last"))
    values, of = grid(cut(values), small=alone)
    for side in ("low_rate", "high_rate"):  # too few games for an interval: the point alone
        values[side] = values[side].fillna(values["value_rate"])
    low = math.floor(10 * values["low_rate"].min()) / 10
    scale, step = alt.Scale(domain=[low - 0.02, 1.02], nice=False, zero=False), 0.1 if low >= 0.6 else 0.2
    ticks = [round(1 - step * each, 1) for each in range(math.floor((1 - low) / step + 1e-9) + 1)]
    x = alt.X("value_rate:Q", title="deal rate", scale=scale, axis=alt.Axis(format="%", values=ticks))
    price = fitting(f"mean price{currency(runs)}", of.height)
    y = alt.Y("value:Q", title=price).scale(zero=False, nice=True).axis(tickCount=5, format=",~r")
    base = alt.Chart().encode(x=x, y=y, color=looks["color"])
    ends = base.transform_filter("datum.end != ''")
    points = [
        base.transform_filter("datum.end == ''").mark_point(filled=True, size=18, opacity=1),
        base.transform_filter("datum.end == 'first'").mark_point(fill="white", size=55, opacity=1, strokeWidth=1.6),
        base.transform_filter("datum.end == 'last'").mark_point(filled=True, size=90, opacity=1),
    ]
    drawn = alt.layer(
        ends.transform_filter(VALID).mark_rule(opacity=0.35).encode(y=alt.Y("low:Q", title=price), y2="high:Q"),
        ends.mark_rule(opacity=0.35).encode(x=alt.X("low_rate:Q", title="deal rate"), x2="high_rate:Q"),
        base.mark_line(strokeWidth=1.6).encode(order="round:Q", strokeDash=looks["strokeDash"]),
        *(each.encode(shape=looks["shape"]) for each in points),
    )
    return finish(faceted(drawn, values[[*SHOWN, "value_rate", "low_rate", "high_rate", "end"]], of), runs, title=title)


def arms(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Mean price by round of each feedback arm; arms of a panel share the games of round 1. Raises NotEnough."""
    if not (runs.rounds["arm"].astype(str) != "").any():
        raise NotEnough("no run has feedback arms (game=seller_compare_feedback plays them)")
    values = rounds_table(runs, "price")
    values = values[values["arm"].astype(str) != ""]
    if not len(values):
        raise NotEnough("no deal in any round of a feedback arm")
    names = list(dict.fromkeys(values["arm"].astype(str)))
    titles = [
        f"{series}\n{panel(learner, setting)}"
        for series, learner, setting in zip(values["series"], values["learner"], values["setting"], strict=True)
    ]
    labels = shown(f"{ARM_NAMES.get(name, name)} feedback" for name in names)
    arm_of = {label: name for name, label in zip(names, labels.values(), strict=True)}
    values = values.assign(
        panel=titles, series=values["arm"].astype(str).map(dict(zip(names, labels.values(), strict=True)))
    )
    values, of = grid(apart(cut(values)))
    looks = encodings(list(arm_of), lambda label: arm_look(arm_of[label]))
    axis = f"mean price of the deals{currency(runs)}"
    drawn = layers(axis, looks, int(values["round"].max()), of, rate=False)
    return finish(faceted(drawn, values[[*SHOWN, "at"]], of), runs, title=title)


def gains(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """The learner's paired price change from round 1 to the last, with 95% intervals. Raises NotEnough."""
    found = change(prepared(runs), "price", role="learner", by=["learner", "setting", "engine"])
    if not len(found):
        raise NotEnough("no game of a single learner has a deal in round 1 and in a later round")
    found = found[
        found["round"]
        == found.groupby(["learner", "setting", "engine", "arm"], observed=True)["round"].transform("max")
    ]
    found = found.assign(place=found["learner"].map(list(LEARNERS).index)).sort_values(
        ["place", "setting", "engine", "arm"], kind="stable"
    )
    texts = shown(found["engine"])
    arm = found["arm"].astype(str)
    rows = found["engine"].map(texts) + arm.where(
        arm == "", " (" + arm.map(lambda each: ARM_NAMES.get(each, each)) + ")"
    )
    titles = [panel(*each) for each in zip(found["learner"], found["setting"], strict=True)]
    same = found["round"].nunique() == 1
    label = [f"n={n}" if same else f"round {at}, n={n}" for at, n in zip(found["round"], found["n"], strict=True)]
    values = found.assign(row=rows, panel=titles, series=found["engine"].map(texts), label=label)
    values, of = grid(values)
    order = list(dict.fromkeys(values["row"]))
    looks = encodings(list(dict.fromkeys(found["engine"])), legend=False)
    y = alt.Y("row:N", title=None, sort=order).scale(padding=0.75).axis(grid=False, labelLimit=220)
    ends = f"round 1 to {found['round'].max()}" if same else "since round 1"
    gain = fitting(f"learner's gain, {ends}{currency(runs)}", of.width)
    x = alt.X("difference:Q", title=gain).scale(zero=True, padding=22).axis(tickCount=5)
    base = alt.Chart().encode(y=y, color=looks["color"])
    drawn = alt.layer(
        alt.Chart().mark_rule(color="#888888", strokeWidth=1).encode(x=alt.XDatum(0)),
        base.transform_filter(VALID).mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", title=gain), x2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, shape=looks["shape"]),
        base.mark_text(dy=-9, fontSize=9, color=INK).encode(x=x, text="label:N", color=alt.value("#666666")),
    )
    of = of._replace(height=26 * int(values.groupby("panel")["row"].nunique().max()) + 12)
    columns = ["panel", "row", "series", "difference", "low", "high", "label"]
    return finish(faceted(drawn, values[columns], of).resolve_scale(y="independent"), runs, title=title)


def cost_and_gain(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """The learner's gain from round 1 to the last against what a game costs: dollars, or tokens where nothing costs.

    One point per run and arm, with the gain's 95% interval. Raises NotEnough without a gain.
    """
    ready = prepared(runs)
    found = costs(ready).merge(ready.runs[["run", "learner", "setting", "engine"]], on="run")
    found = found[found["gain"].notna()]
    if not len(found):
        raise NotEnough("no game of a single learner has a deal in round 1 and in a later round")
    money = bool((found["usd_per_game"] > 0).any())
    column, axis = ("usd_per_game", "cost of a game (USD)") if money else ("tokens_per_game", "tokens of a game")
    found = found[found[column].notna()]
    place = found["learner"].map(list(LEARNERS).index)
    found = found.assign(place=place).sort_values(["place", "setting", "arm", "engine"], kind="stable")
    texts = shown(found["engine"])
    titles = [panel(*each) for each in zip(found["learner"], found["setting"], found["arm"], strict=True)]
    renamed = found.rename(columns={column: "cost", "gain": "value", "gain_low": "low", "gain_high": "high"})
    values, of = grid(cut(renamed.assign(panel=titles, series=found["engine"].map(texts))))
    looks = encodings(list(dict.fromkeys(found["engine"])))
    x = alt.X("cost:Q", title=axis).scale(zero=False, padding=14).axis(tickCount=5, format="~s" if not money else ",~r")
    gain = fitting(f"learner's gain{currency(runs)}", of.height)
    y = alt.Y("value:Q", title=gain).scale(zero=True).axis(tickCount=5, format=",~r")
    base = alt.Chart().encode(x=x, color=looks["color"])
    drawn = alt.layer(
        alt.Chart().mark_rule(color="#888888", strokeWidth=1).encode(y=alt.YDatum(0)),
        base.transform_filter(VALID).mark_rule(strokeWidth=1.4).encode(y=alt.Y("low:Q", title=gain), y2="high:Q"),
        base.mark_point(filled=True, size=65, opacity=1).encode(y=y, shape=looks["shape"]),
    )
    columns = ["panel", "series", "cost", "value", "low", "high"]
    return finish(faceted(drawn, pd.DataFrame(values[columns]), of), runs, title=title)
