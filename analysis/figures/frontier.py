"""The efficient frontier of surplus against money and time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.frontier import frontier
from .base import INK, NotEnough, currency, data, finish

PANELS = (("usd", "efficient", "dollars a game", "$,~r"), ("seconds", "efficient_s", "seconds a game", ",~r"))


def efficient_frontier(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Surplus against dollars and against seconds, a point per engine and effort; a line joins the efficient ones.

    Raises NotEnough where one player's engine or effort is not what differs, and without prices or a reservation price.
    """
    found = frontier(runs)
    if len(found) < 2:
        raise NotEnough("no two efforts or engines of one player with known prices and its reservation price set")
    names = (found["engine"] if found["engine"].nunique() > 1 else pd.Series("", index=found.index)).str.cat(
        found["effort"], sep=" "
    )
    panels = []
    for cost, stands, what, form in PANELS:
        known = found[cost].notna()
        if not known.any():
            continue
        frame = pd.DataFrame(
            {
                "name": names.str.strip().where(names.str.strip() != "", found["engine"]),
                "cost": found[cost],
                "value": found["surplus"],
                "low": found["surplus_low"],
                "high": found["surplus_high"],
                "stands": found[stands],
            }
        )[known]
        x = alt.X("cost:Q", title=what).axis(format=form, tickCount=4).scale(zero=False, padding=35)
        y = alt.Y("value:Q", title=f"{found['role'].iloc[0]}'s surplus{currency(runs)}").scale(zero=False)
        base = alt.Chart(data(frame)).encode(x=x)
        layers = alt.layer(
            base.transform_filter("datum.stands").mark_line(color="#999999", interpolate="step-after").encode(y=y),
            base.transform_filter("isValid(datum.low)").mark_rule(color=INK).encode(y="low:Q", y2="high:Q"),
            base.mark_point(size=70, color=INK, opacity=1).encode(
                y=y, fill=alt.condition("datum.stands", alt.value(INK), alt.value("white"))
            ),
            base.mark_text(align="left", dx=7, dy=-7, fontSize=11, color=INK).encode(y=y, text="name:N"),
        )
        panels.append(layers.properties(width=270, height=200))
    return finish(alt.hconcat(*panels), runs, title=title)
