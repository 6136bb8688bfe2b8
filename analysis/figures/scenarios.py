"""Prices against the zone of possible agreement, where each game has limits of its own."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ..data.runs import Runs
from ..measures.definitions import ITEM, zone_of
from ..measures.metrics import joined
from .base import INK, LEARNERS, NotEnough, currency, faceted, finish, grid, panel, prepared, shown
from .colours import look

KEYS = ["learner", "setting", "arm", "engine"]


def price_in_zone(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """Every deal of the last round by the size of its zone and by how far its price is from the zone's middle.

    A panel per engine, learner, setting and arm; a round without a deal is a tick at the bottom. Raises NotEnough where
    no game has limits of its own.
    """
    values, of = grid(_places(runs))
    widest = float(values["zone"].max())
    reach = float(values["away"].abs().max() if values["away"].notna().any() else 0) or 1.0
    reach = max(reach, widest / 2, 1.0)
    cone = pd.DataFrame(
        [{"panel": each, "zone": zone, "limit": zone / 2} for each in of.panels for zone in (0.0, max(widest, 0.0))]
    )
    whole = pd.concat([values.assign(bottom=-1.12 * reach), cone], ignore_index=True)
    x = alt.X("zone:Q", title=f"buyer's limit − seller's limit{currency(runs)}").axis(tickCount=6)
    y = alt.Y("away:Q", title=f"price − middle of the limits{currency(runs)}").axis(tickCount=5)
    y = y.scale(domain=[-1.2 * reach, 1.2 * reach], nice=False)
    colour = alt.Color("colour:N", scale=None)
    edge = alt.Chart().transform_filter("isValid(datum.limit)").transform_calculate(lower="-datum.limit")
    edge = edge.mark_line(strokeWidth=1, color=INK, strokeDash=[3, 2])
    layers = alt.layer(
        edge.encode(x=x, y="limit:Q"),
        edge.encode(x=x, y="lower:Q"),
        alt.Chart().transform_filter("isValid(datum.away)").mark_point(filled=True, size=22, opacity=0.7)
        .encode(x=x, y=y, color=colour),
        alt.Chart().transform_filter("datum.missed").mark_tick(orient="vertical", size=7, thickness=1, opacity=0.6)
        .encode(x=x, y="bottom:Q", color=colour),
    )  # fmt: skip
    return finish(faceted(layers, whole, of), runs, title=title)


def _places(runs: Runs) -> pd.DataFrame:
    """Of each game's last round: panel, colour, zone, away (NaN without a deal), missed."""
    rounds = joined(prepared(runs), [*KEYS, *ITEM])
    rounds = rounds[rounds["own_terms"] & ~rounds["repeat"] & (rounds["outcome"] != "error")]
    rounds = rounds[rounds["second_best"].isna()]  # of two issues no price alone is a limit
    rounds = rounds[rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")]
    zone = zone_of(rounds)
    if not zone.notna().any():
        raise NotEnough("no game has limits of its own: scenario=drawn or scenario=catalogue")
    place = rounds["learner"].map(list(LEARNERS).index)
    found = rounds.assign(zone=zone, place=place)[zone.notna()]
    found = found.sort_values(["place", *KEYS[1:]], kind="stable", ignore_index=True)
    texts = shown(found["engine"])
    middle = (found["item.cost"] + found["item.valuation"]) / 2
    return pd.DataFrame(
        {
            "panel": [
                f"{texts[engine]}\n{panel(learner, setting, str(arm))}"
                for learner, setting, arm, engine in zip(*(found[key] for key in KEYS), strict=True)
            ],
            "colour": [look(engine).colour for engine in found["engine"]],
            "zone": found["zone"],
            "away": found["price"] - middle,
            "missed": found["price"].isna(),
        }
    )
