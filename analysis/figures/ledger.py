"""The figure of the honesty ledger: how often who said what is not so."""

from __future__ import annotations

import altair as alt

from ..data.runs import Runs
from ..measures.ledger import first_rounds, rates
from .base import NotEnough, data, encodings, few, finish, shown


def statements(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """A row per kind of entry, a colour per player: its rate per turn. Raises NotEnough where the ledger is empty."""
    found = rates(first_rounds(runs))
    if not len(found):
        raise NotEnough("the honesty ledger found nothing in what was said")
    players = list(found["player"].unique())
    few(players)
    names, code = shown(players), encodings(players)
    frame = found.assign(series=found["player"].map(names), what=found["kind"].str.replace("_", " "))
    frame = frame[["what", "series", "rate", "rate_low", "rate_high"]]
    base = alt.Chart(data(frame)).encode(
        y=alt.Y("what:N", title=None, sort=list(dict.fromkeys(frame["what"]))),
        yOffset=alt.YOffset("series:N", sort=list(names.values())),
        color=code["color"],
    )
    x = alt.X("rate:Q", title="of the turns that a player wrote itself").scale(zero=True).axis(format="%", tickCount=6)
    layers = alt.layer(
        base.transform_filter("isValid(datum.rate_low)").mark_rule().encode(x="rate_low:Q", x2="rate_high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(x=x, shape=code["shape"]),
    )
    return finish(layers.properties(width=420, height=alt.Step(14)), runs, title=title)
