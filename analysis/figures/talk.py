"""Figures of the same scenarios played otherwise: channels against the barest one, attacks against none."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.talk import attacks, talk
from .base import INK, NotEnough, data, differences, finish

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


def attacks_compared(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Two panels, a row per attack and a colour per victim. Raises NotEnough without an attack and its control."""
    found = attacks(runs)
    if not len(found):
        raise NotEnough("no attack beside games without one")
    found = found[found["currency"] == found["currency"].iloc[0]]
    panels = []
    for measure, name, form in (("won", "price won by the attacker", ",~r"), ("deals", "change of the deal rate", "%")):
        frame = found[["attack", "victim"]].assign(value=found[measure], low=found[f"{measure}_low"])
        frame = frame.assign(high=found[f"{measure}_high"], nothing=0.0)
        base = alt.Chart(data(frame)).encode(
            y=alt.Y("attack:N", title=None, sort=None),
            yOffset=alt.YOffset("victim:N", sort=None),
            color=alt.Color("victim:N", legend=alt.Legend(orient="bottom", title="victim"), sort=None),
        )
        x = alt.X("value:Q", title=name).scale(zero=True).axis(format=form, tickCount=5)
        panels.append(differences(base, x).properties(width=240, height=alt.Step(14)))
    return finish(alt.hconcat(*panels), runs, title=title)
