"""The figure of channels: what each does to deals, price and spread, against the barest that was played."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.data.runs import Runs
from analysis.figures.base import INK, NotEnough, data, finish
from analysis.measures.talk import talk

PANELS = {"deals": ("change of the deal rate", 0.0, "%"), "price": ("change of the price", 0.0, ",~r"),
          "spread": ("spread, times", 1.0, ",~r")}  # fmt: skip
"""Per measure its axis, where nothing is changed, and how its numbers are written."""


def channels_compared(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Three panels, a row per channel. Raises NotEnough where one channel was played."""
    found = talk(runs)
    if not len(found):
        raise NotEnough("one channel only: what talk changes is not to be seen")
    found = found[found["currency"] == found["currency"].iloc[0]]
    panels = []
    for measure, (name, nothing, form) in PANELS.items():
        frame = pd.DataFrame({"channel": found["channel"], "value": found[measure]})
        frame = frame.assign(low=found[f"{measure}_low"], high=found[f"{measure}_high"], nothing=nothing)
        base = alt.Chart(data(frame)).encode(y=alt.Y("channel:N", title=None, sort=list(frame["channel"])))
        x = alt.X("value:Q", title=f"{name} against {found['against'].iloc[0]}").scale(zero=False)
        x = x.axis(format=form, tickCount=5)
        layers = alt.layer(
            base.mark_rule(color="#BBBBBB").encode(x="nothing:Q"),
            base.transform_filter("isValid(datum.low)").mark_rule(color=INK).encode(x="low:Q", x2="high:Q"),
            base.transform_filter("isValid(datum.value)").mark_point(filled=True, size=60, color=INK).encode(x=x),
        )
        panels.append(layers.properties(width=170, height=alt.Step(26)))
    return finish(alt.hconcat(*panels), runs, title=title)
