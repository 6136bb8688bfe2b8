"""Deals on a price and a second issue by what they are worth to both sides, before the exact front."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.definitions import ITEM, surplus_of
from ..measures.metrics import joined
from ..measures.two_issues import cell_of, front, kalai_smorodinsky, nash, segments
from .base import INK, LEARNERS, NotEnough, currency, faceted, finish, grid, panel, prepared, shown
from .colours import look

KEYS = ["learner", "setting", "arm", "engine"]


def deals_and_front(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Every deal of the last round by both surpluses: the lines of all options, the front, the Nash and KS points.

    A panel per engine, learner, setting and arm. Raises NotEnough without a second issue, or where games have limits of
    their own.
    """
    values, of = grid(_places(runs))
    most = float(values[["seller", "buyer"]].max().max()) * 1.05
    scale = alt.Scale(domain=[min(0.0, float(values[["seller", "buyer"]].min().min())), most], nice=False)
    x = alt.X("seller:Q", title=f"seller's surplus{currency(runs)}").scale(scale).axis(tickCount=4)
    y = alt.Y("buyer:Q", title=f"buyer's surplus{currency(runs)}").scale(scale).axis(tickCount=4)

    def only(what: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.what == '{what}'").encode(x=x, y=y)

    layers = alt.layer(
        only("option").mark_line(strokeWidth=1, color="#BBBBBB").encode(detail="line:N"),
        only("front").mark_line(strokeWidth=2, color=INK).encode(detail="line:N"),
        only("deal").mark_point(filled=True, size=26, opacity=0.6).encode(color=alt.Color("colour:N", scale=None)),
        only("Nash").mark_point(shape="diamond", size=90, color=INK, strokeWidth=1.5),
        only("Kalai-Smorodinsky").mark_point(shape="square", size=70, color=INK, strokeWidth=1.5),
    )
    return finish(faceted(layers, values, of), runs, title=title)


def _places(runs: Runs) -> pd.DataFrame:
    """Points of the figure: panel, what (deal, option, front, Nash, Kalai-Smorodinsky), seller, buyer, line, colour."""
    rounds = joined(prepared(runs), [*KEYS, *ITEM])
    rounds = rounds[rounds["second_best"].notna() & ~rounds["repeat"] & (rounds["outcome"] != "error")]
    rounds = rounds[rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")]
    rounds = rounds[rounds["item.cost"].notna() & rounds["item.valuation"].notna()]
    if not len(rounds):
        raise NotEnough("no second issue beside the price, or no limits: second_issue=delivery, item=bicycle")
    if len(rounds[["run", "item.cost", "item.valuation"]].drop_duplicates()) > rounds["run"].nunique():
        raise NotEnough("limits differ by game, and the front with them: scenario=fixed")
    configs = {str(run["run"]): run for run in runs.runs.to_dict("records")}
    texts, found = shown(rounds["engine"]), list[dict[str, Any]]()
    rounds = rounds.assign(seller=surplus_of(rounds, "seller"), buyer=surplus_of(rounds, "buyer"))
    rounds = rounds.assign(place=rounds["learner"].map(list(LEARNERS).index))
    for key, own in rounds.groupby(["place", *KEYS], observed=True, sort=True):
        _, learner, setting, arm, engine = map(str, key)
        base = {
            "panel": f"{texts[engine]}\n{panel(learner, setting, arm)}",
            "colour": look(engine).colour,
        }
        deals = own[own["outcome"] == "deal"]
        found += [
            base | {"what": "deal", "seller": seller, "buyer": buyer, "line": ""}
            for seller, buyer in zip(deals["seller"], deals["buyer"], strict=True)
        ]
        first = own.iloc[0]
        cell = cell_of(configs[str(first["run"])], float(first["item.cost"]), float(first["item.valuation"]))
        if cell is None:
            continue
        for what, lines in (("option", segments(cell)), ("front", front(cell))):
            found += [
                base | {"what": what, "seller": end, "buyer": each.total - end, "line": f"{what}{number}"}
                for number, each in enumerate(lines)
                for end in (each.low, each.high)
            ]
        points = (("Nash", nash(cell)), ("Kalai-Smorodinsky", kalai_smorodinsky(cell)))
        found += [
            base | {"what": what, "seller": point.seller, "buyer": point.buyer, "line": ""}
            for what, point in points
            if point is not None
        ]
    return pd.DataFrame(found)
