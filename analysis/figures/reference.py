"""The paper's numbers beside one's own: Table 1 and Figures 4 to 7 of Fu et al. (2023).

    beside_paper(runs, "fig5-6", "mean_price", "mean price ($)", {"gpt-4o": "gpt-4"})

One's own are counted by the 2023 rules, as `reference.compare` does: a figure of one's own with strict rules and the
paper's points in it would compare two different things.
"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.reference import compare
from .base import ARM_NAMES, LEARNERS, NotEnough, faceted, finish, grid, shown
from .colours import REFERENCE, look

OWN, PAPER = "own runs, by the 2023 rules", "Fu et al. (2023)"
SHAPES = {OWN: "circle", PAPER: "diamond"}


def beside_paper(
    runs: Runs, figure: str, metric: str, axis: str, aliases: Mapping[str, str] | None = None, *, title: str = ""
) -> alt.TopLevelMixin:
    """One published figure with one's own numbers, each with its 95% interval where it has one.

    figure, metric: as in `reference.fu2023`; metric "share" takes every bin of the histogram. aliases: as in
    `reference.compare`. Raises NotEnough where the runs have none of its engines.
    """
    values = beside(runs, figure, metric, aliases)
    values, of = grid(values)
    order = list(dict.fromkeys(values["x"]))
    rate = metric in ("deal_rate", "share")
    scale = alt.Scale(zero=rate) if metric != "deal_rate" else alt.Scale(domain=[0, 1])
    y = alt.Y("value:Q", title=axis, scale=scale, axis=alt.Axis(format="%" if rate else ",~r", tickCount=5))
    by_feedback = figure in ("table1", "fig4")
    name = "feedback" if by_feedback else "price ($)" if metric == "share" else "round"
    angle = -40 if metric == "share" else 0
    x = alt.X("x:N", title=name, sort=order).axis(labelAngle=angle, grid=False, labelOverlap=False)
    base = alt.Chart().encode(
        x=x,
        xOffset=alt.XOffset("who:N", sort=list(SHAPES)).scale(paddingOuter=0.8),
        color=alt.Color("colour:N", scale=None),
    )
    shape = alt.Shape("who:N", legend=alt.Legend(orient="bottom", title=None, symbolFillColor="#888888")).scale(
        domain=list(SHAPES), range=list(SHAPES.values())
    )
    points = base.encode(y=y, shape=shape)
    drawn = alt.layer(
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(strokeWidth=1.3)
        .encode(y=alt.Y("low:Q", title=axis), y2="high:Q"),
        points.transform_filter(f"datum.who == '{OWN}'").mark_point(filled=True, size=55, opacity=1),
        points.transform_filter(f"datum.who == '{PAPER}'").mark_point(fill="white", size=55, opacity=1),
    )
    return finish(faceted(drawn, values, of), runs, title=title)


def beside(runs: Runs, figure: str, metric: str, aliases: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What beside_paper draws, one row per number: panel, x, who, colour, value, low, high."""
    found = compare(runs, aliases)
    kept = found["metric"].str.startswith("share_") if metric == "share" else found["metric"] == metric
    found = found[kept & (found["figure"] == figure)]
    if not len(found):
        raise NotEnough("no run with the paper's openings (20 and 10) and one of its engines; name yours as aliases")
    texts = shown(found["own_engine"])
    rows = []
    for row in found.to_dict("records"):
        whose = texts[row["own_engine"]]
        if whose != row["engine"]:
            whose = f"{whose} beside {row['engine']}"
        panel = f"{whose}\n{LEARNERS[row['learner']]}"
        condition = str(row["condition"])
        x = ARM_NAMES.get(condition, condition) if figure in ("table1", "fig4") else str(row["round"])
        if metric == "share":
            panel, x = f"{panel}, round {row['round']}", row["metric"].removeprefix("share_").replace("_", "–")
        own = (OWN, look(row["own_engine"]).colour, row["own"], row["low"], row["high"])
        paper = (PAPER, REFERENCE, row["paper"], row["paper_low"], row["paper_high"])
        rows += [(panel, x, *own), (panel, x, *paper)]
    return pd.DataFrame(rows, columns=["panel", "x", "who", "colour", "value", "low", "high"])
