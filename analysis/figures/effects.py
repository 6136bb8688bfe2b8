"""The main effects of a factorial: each choice's levels against each other, with 95% intervals, an outcome a panel."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures import factors
from ..measures.metrics import metric_of
from ..measures.outcomes import factorials, first_and_last, last_round, of_factorial
from ..text import key_in_words
from .base import INK, NotEnough, data, finish, fitting, shown

MOST_ROWS = 40
ROW = 19
TITLES = {"price": "price", "deal_rate": "deal rate", "surplus": "surplus"}


def main_effects(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Differences between levels over all settings of the other choices, of the change since round 1 where games have
    several rounds. Raises NotEnough where no choice was varied at several settings of the others."""
    values = effects_table(runs)
    rows = list(dict.fromkeys(values["row"]))
    if len(rows) > MOST_ROWS:
        raise NotEnough(f"{len(rows)} pairs of levels, and a figure holds {MOST_ROWS}: choose runs")
    panels = []
    for at, (outcome, part) in enumerate(values.groupby("outcome", sort=False)):
        told = f"{part['told'].iloc[0]}{TITLES[str(outcome)]}{part['unit'].iloc[0]}"
        axis = alt.Axis(format="+%" if outcome == "deal_rate" else "+,~r", tickCount=4)
        x = alt.X("difference:Q", title=fitting(told, 150), axis=axis).scale(zero=True, nice=True)
        labels = alt.Axis(labelLimit=260, grid=False) if at == 0 else None
        base = alt.Chart(data(part)).encode(y=alt.Y("row:N", title=None, sort=rows, axis=labels))
        bars = base.transform_filter("isValid(datum.low) && isValid(datum.high)").mark_rule(strokeWidth=1.6, color=INK)
        panels.append(
            alt.layer(
                alt.Chart(data(part.head(1))).mark_rule(color="#888888", strokeWidth=1).encode(x=alt.XDatum(0)),
                bars.encode(x=alt.X("low:Q", title=fitting(told, 150)), x2="high:Q"),
                base.mark_point(filled=True, size=45, opacity=1, color=INK).encode(x=x),
            ).properties(width=150, height=ROW * len(rows) + 8)
        )
    return finish(alt.hconcat(*panels, spacing=14), runs, title=title)


def effects_table(runs: Runs) -> pd.DataFrame:
    """A row per outcome and pair of levels: row (its name), outcome, difference, low, high, told, unit."""
    parts = factorials(runs)
    found = []
    for part in parts:
        last = last_round(part)
        currency = str(part.runs["item.currency"].iloc[0]) if "item.currency" in part.runs else "$"
        limited = first_and_last(part)
        who = f"{part.runs['learner'].iloc[0]} learns, " if len(parts) > 1 else ""
        for outcome, metric, role in of_factorial(part):
            effects = factors.effects(limited, metric, role=role, base=1 if last > 1 else None)
            effects = effects[effects["round"] == last]
            unit = {"currency": f" ({currency})", "rate": ""}.get(metric_of(metric).unit, " (share of span)")
            names = [
                f"{who}{key_in_words(choice)}: {b} − {a}{f', {arm}' if arm else ''}"
                for choice, b, a, arm in effects[["factor", "b_is", "a_is", "arm"]].to_numpy()
            ]
            kept = effects[["difference", "low", "high"]].assign(row=names, outcome=outcome, unit=unit)
            found.append(kept.assign(told="change of " if last > 1 else ""))
    if not found:
        raise NotEnough("no factorial: no choice was varied at several settings of the others")
    whole = pd.concat(found, ignore_index=True)
    if whole["difference"].isna().all():
        raise NotEnough("no effect has a value")
    return whole.assign(row=whole["row"].map(shown(whole["row"], 52)))
