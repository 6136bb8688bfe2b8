"""Figures of whole distributions: prices before and after feedback, and prices of every round with their means."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from ..data.runs import Runs
from ..measures.comparisons import with_base
from ..measures.metrics import joined
from .base import (
    INK,
    LEARNERS,
    NotEnough,
    currency,
    cut,
    faceted,
    finish,
    fitting,
    grid,
    panel,
    prepared,
    shown,
)
from .colours import look
from .rounds import MANY_ROUNDS, rounds_axis, rounds_table

BINS = 24
"""At most this many bins of a histogram; their width is a round number."""
BEFORE, AFTER = "round 1", "round 2"
SHADES = {BEFORE: "#B9B9B9", AFTER: "#243B63"}
ORDER = ["learner", "setting", "arm", "engine"]


def before_after(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Prices of the games with a deal in rounds 1 and 2, as shares of these games, with both means.

    A panel per engine, learner, setting and arm. Raises NotEnough where no game has both deals.
    """
    kept = pairs(runs)
    width = bin_width(kept[["before", "value"]].to_numpy())
    long = kept.melt("panel", ["before", "value"], "when", "price").replace({"before": BEFORE, "value": AFTER})
    bars = histogram(long, ["panel", "when"], width)
    means = long.groupby(["panel", "when"], sort=False)["price"].mean().rename("mean").reset_index()
    values, of = grid(pd.concat([bars, means], ignore_index=True))
    base = alt.Chart().encode(
        color=alt.Color("when:N", legend=alt.Legend(orient="bottom", title=None, symbolType="square")).scale(
            domain=list(SHADES), range=list(SHADES.values())
        )
    )
    x = (
        alt.X("start:Q", title=fitting(f"price{currency(runs)}", of.width))
        .scale(zero=False, nice=False)
        .axis(grid=False, tickCount=3 if kept["value"].max() >= 1000 else 6)
    )
    y = alt.Y("share:Q", title="share of the pairs").axis(format="%", tickCount=4)
    inside = {"x": x, "x2": "end:Q", "y": y, "y2": alt.Y2Datum(0)}
    layers = alt.layer(
        base.transform_filter(f"datum.when == '{BEFORE}'").mark_rect(opacity=0.9).encode(**inside),
        base.transform_filter(f"datum.when == '{AFTER}'").mark_rect(filled=False, strokeWidth=1.4).encode(**inside),
        base.transform_filter("isValid(datum.mean)")
        .mark_rule(strokeWidth=1.6)
        .encode(
            x="mean:Q",
            color=alt.value(INK),
            strokeDash=alt.StrokeDash("when:N", legend=None).scale(range=[[3, 2], [1, 0]]),
        ),
    )
    return finish(faceted(layers, values, of), runs, title=title)


def pairs(runs: Runs) -> pd.DataFrame:
    """Games with a deal in rounds 1 and 2: before, value and panel. Raises NotEnough where there are none."""
    if not len(runs.rounds):
        raise NotEnough("no finished game")
    found = with_base(prepared(runs), "price", "", 1, ["learner", "setting", "engine"])
    found = found[found["round"] == 2]
    if not len(found):
        raise NotEnough("one round only: no before and after")
    kept = _sorted(found[found["before"].notna() & found["value"].notna()])
    if not len(kept):
        raise NotEnough("no game has a deal in both of its first two rounds")
    n = kept.groupby(ORDER, observed=True)["engine"].transform("size")
    return kept.assign(panel=kept["panel"] + [f" ({count} pair{'s' * (count > 1)})" for count in n])


def distributions(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Prices of the deals in every round, as histograms that stand upright, with means and their 95% intervals.

    A panel per engine, learner, setting and arm; over many rounds, quantiles in place of histograms. Raises NotEnough
    for one round or no deal.
    """
    means = rounds_table(runs, "price")
    deals = joined(prepared(runs), ORDER)
    deals = deals[deals["outcome"] == "deal"]
    last = int(means["round"].max())
    few = last <= MANY_ROUNDS
    means, deals = _sorted(cut(means)), _sorted(deals)
    shapes = _upright(deals) if few else _quantiles(deals)
    frame = pd.concat([shapes, means[["panel", "colour", "round", "value", "low", "high"]]], ignore_index=True)
    values, of = grid(frame)
    x, price = rounds_axis(last, of.width, "round"), fitting(f"price of the deals{currency(runs)}", of.height)
    y = alt.Y("bottom:Q", title=price).scale(zero=False).axis(tickCount=5, format=",~r")
    colour = alt.Color("colour:N", scale=None)
    body = alt.Chart().transform_filter("isValid(datum.bottom)").encode(y=y, y2="top:Q", color=colour)
    mean = alt.Chart().transform_filter("isValid(datum.value)").encode(x=x)
    layers = alt.layer(
        body.mark_rect(opacity=0.55).encode(x=rounds_axis(last, of.width, "left"), x2="right:Q")
        if few
        else body.mark_area(opacity=0.35).encode(x=x, detail="band:N"),
        mean.mark_line(strokeWidth=1, color=INK).encode(y="value:Q"),
        mean.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.4 if few else 0.8, color=INK)
        .encode(y="low:Q", y2="high:Q"),
        mean.mark_point(shape="diamond", filled=True, size=40 if few else 8, opacity=1, color=INK).encode(y="value:Q"),
    )
    return finish(faceted(layers, values, of), runs, title=title)


def bin_width(values: np.ndarray) -> float:
    """A round number that makes at most BINS bins of the values, fewer of few; 0.5 where they are all equal."""
    span = float(np.nanmax(values) - np.nanmin(values))
    if span <= 0:
        return 0.5
    least = span / min(BINS, 2 * math.sqrt(np.isfinite(values).sum()))
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= least * (1 - 1e-9))


def histogram(long: pd.DataFrame, by: list[str], width: float) -> pd.DataFrame:
    """Per group of `by`: bins from `start` to `end`, round multiples of width, `count` and `share` in the group."""
    start = (np.floor(long["price"] / width + 0.5 + 1e-9) - 0.5) * width
    bars = long.assign(start=start).groupby([*by, "start"], sort=False, observed=True).size().rename("count")
    found = bars.reset_index()
    total = found.groupby(by, sort=False, observed=True)["count"].transform("sum")
    return found.assign(share=found["count"] / total, end=found["start"] + width)


def _upright(deals: pd.DataFrame) -> pd.DataFrame:
    """Each round's histogram as boxes round its place on the x axis; the widest of a panel is 0.84 of a round."""
    bars = histogram(deals, ["panel", "colour", "round"], bin_width(deals["price"].to_numpy()))
    widest = bars.groupby("panel")["share"].transform("max")
    half = 0.42 * bars["share"] / widest
    named = bars.rename(columns={"start": "bottom", "end": "top"})
    return named.assign(left=bars["round"] - half, right=bars["round"] + half)


def _quantiles(deals: pd.DataFrame) -> pd.DataFrame:
    """The middle 50% and 80% of each round's prices."""
    grouped = deals.groupby(["panel", "colour", "round"], sort=False, observed=True)["price"]
    parts = [
        pd.DataFrame({"bottom": grouped.quantile(low), "top": grouped.quantile(1 - low), "band": name}).reset_index()
        for low, name in ((0.1, "80%"), (0.25, "50%"))
    ]
    return pd.concat(parts, ignore_index=True)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Sorted for the panels of a figure, with `panel`, its title, and `colour`, its engine's."""
    place = frame["learner"].map(list(LEARNERS).index)
    frame = frame.assign(_place=place).sort_values(["_place", *ORDER[1:]], kind="stable", ignore_index=True)
    texts = shown(frame["engine"])
    titles = [
        f"{texts[engine]}\n{panel(learner, setting, str(arm))}"
        for learner, setting, arm, engine in zip(*(frame[key] for key in ORDER), strict=True)
    ]
    return frame.assign(panel=titles, colour=[look(engine).colour for engine in frame["engine"]])
