"""The estimates of the two-part model: what coaching and each choice change, with 95% intervals."""

from __future__ import annotations

from typing import Any

import altair as alt

from ..data.runs import Runs
from ..measures.models import CHANGE, START, two_part
from .base import ARM_NAMES, INK, LEARNERS, NotEnough, currency, data, finish, shown

_AXES = {"deal_rate": "deal rate", "price": "price of the deals", "surplus": "surplus, no deal = 0"}
MOST = 40
"""Estimates that a page holds."""


def estimates(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """The coefficients of the two-part model beside each other, deal rate, price and surplus, a line each.

    Of coached games what is changed since round 1, else what differs. Raises NotEnough for a single run.
    """
    found = two_part(runs)
    if not len(found):
        raise NotEnough("a model of choices needs two runs of one learner")
    kept = found[found["outcome"].isin(_AXES) & found["estimate"].notna()]
    changes = (kept["when"] == CHANGE).any()
    kept = kept[(kept["when"] == CHANGE) if changes else (kept["when"] == START) & (kept["choice"] != "")]
    if not len(kept):
        raise NotEnough("no coefficient of a choice could be estimated")
    several, armed = kept["learner"].nunique() > 1, kept["arm"].nunique() > 1
    rows = [_row(row, several, armed) for row in kept.to_dict("records")]
    texts = shown(rows, 60)
    if len(texts) > MOST:
        raise NotEnough(f"{len(texts)} coefficients, and a figure holds {MOST}: choose runs, as with runs.where()")
    kept = kept.assign(row=[texts[each] for each in rows])
    parts = []
    for outcome, name in _AXES.items():
        part = kept[kept["outcome"] == outcome]
        unit = "" if outcome == "deal_rate" else currency(runs)
        axis = f"{'change of ' if changes else ''}{name}{unit}"
        first = outcome == "deal_rate"
        y = alt.Y("row:N", title=None, sort=list(texts.values())).scale(domain=list(texts.values()))
        y = y.axis(grid=False, labelLimit=330, labels=first, ticks=first)
        x = alt.X("estimate:Q", title=axis).scale(zero=True).axis(tickCount=4, format="%" if first else ",~r")
        base = alt.Chart(data(part[["row", "estimate", "low", "high"]])).encode(y=y)
        drawn = alt.layer(
            base.mark_rule(color="#888888", strokeWidth=1).encode(
                x=alt.datum(0), y=alt.value(0), y2=alt.value("height")
            ),
            base.transform_filter("isValid(datum.low) && isValid(datum.high)")
            .mark_rule(strokeWidth=1.6, color=INK)
            .encode(x=alt.X("low:Q", title=axis), x2="high:Q"),
            base.mark_point(filled=True, size=50, opacity=1, color=INK).encode(x=x),
        )
        parts.append(drawn.properties(width=150, height=24 * len(texts) + 8))
    return finish(alt.hconcat(*parts), runs, title=title)


def _row(row: dict[Any, Any], several: bool, armed: bool) -> str:
    what = f"{row['choice']}: {row['b_is']} against {row['a_is']}" if row["choice"] else "coaching, all settings"
    about = [LEARNERS[str(row["learner"])]] if several else []
    about += [f"{ARM_NAMES.get(str(row['arm']), row['arm'])} feedback"] if armed else []
    return ", ".join([what, *about])
