"""Engine against engine: heat maps of price, deal rate and surplus in uncoached rounds."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from bargain.records import PLAYERS

from ..data.runs import Runs
from ..measures.crossplay import grid_of
from ..measures.metrics import table
from .base import INK, NotEnough, currency, data, finish, several_items, shown

LIGHT, DARK = np.array([0xF1, 0xF4, 0xF9]), np.array([0x24, 0x3B, 0x63])
MOST_ENGINES = 24
CROSSED = 0.6
"""A map with fewer of its pairs played would be mostly white."""


def pairs_of_engines(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """A heat map per metric over the seller's and the buyer's engine, every cell with its value.

    Raises NotEnough with fewer than two engines or more than MOST_ENGINES on a side, or too few of their pairs.
    """
    values = pairs_table(runs)
    sellers, buyers = (list(dict.fromkeys(values[f"{role}_engine"].sort_values())) for role in ("seller", "buyer"))
    played, possible = len(values[["seller_engine", "buyer_engine"]].drop_duplicates()), len(sellers) * len(buyers)
    if min(len(sellers), len(buyers)) < 2:
        raise NotEnough("fewer than two engines as the seller, or as the buyer")
    if played < CROSSED * possible:
        raise NotEnough(f"engines are not crossed: {played} of {possible} pairs of a seller and a buyer played")
    if max(len(sellers), len(buyers)) > MOST_ENGINES:
        raise NotEnough(f"more than {MOST_ENGINES} engines on one side: choose runs, as with runs.where()")
    names = {
        "price": f"mean price of the deals{currency(runs)}",
        "price_share": "price as a share of the openings' span",
        "deal_rate": "deal rate",
        "surplus_share": "seller's share of the surplus",
    }
    maps = [
        heat_map(values[values["metric"] == metric], name, sellers, buyers)
        for metric, name in names.items()
        if (values["metric"] == metric).any()
    ]
    wide = len(buyers) > 6
    return finish(alt.vconcat(*maps) if wide else alt.hconcat(*maps), runs, title=title)


def pairs_table(runs: Runs) -> pd.DataFrame:
    """metrics.table of first rounds by seller_engine and buyer_engine: price (price_share where items differ), deal
    rate, and the seller's share of the surplus where cost and valuation are set. Raises NotEnough without a game."""
    if not len(runs.rounds):
        raise NotEnough("no finished game")
    first = runs.only_rounds(runs.rounds["round"] == 1)
    price = "price_share" if several_items(runs) else "price"
    found = table(first, [price, "deal_rate", "surplus_share"], ["seller_engine", "buyer_engine"])
    return found[found["role"] != "buyer"].reset_index(drop=True)


def surplus_of_pairs(runs: Runs, *, title: str = "") -> alt.TopLevelMixin:
    """A heat map of the seller's and one of the buyer's mean surplus, no deal as 0; the best of each seat come first.

    Raises NotEnough where the runs are no grid of sellers and buyers (crossplay.grid_of).
    """
    grid = grid_of(runs)
    if grid is None:
        raise NotEnough("no grid of sellers' and buyers' engines with both limits set, and nothing else varied")
    if max(len(grid.sellers), len(grid.buyers)) > MOST_ENGINES:
        raise NotEnough(f"more than {MOST_ENGINES} engines on one side: choose runs, as with runs.where()")
    means = grid.cells.groupby(["seller_engine", "buyer_engine"], as_index=False, sort=False)[list(PLAYERS)].mean()
    orders = [
        sorted(names, key=lambda name: -grid.estimate(**{role: grid.weights(name, role)})[0])
        for role, names in (("seller", grid.sellers), ("buyer", grid.buyers))
    ]
    maps = [
        heat_map(means.assign(value=means[role]), f"{role}'s mean surplus{currency(runs)}", *orders) for role in PLAYERS
    ]
    return finish(alt.vconcat(*maps) if len(grid.buyers) > 6 else alt.hconcat(*maps), runs, title=title)


def heat_map(values: pd.DataFrame, title: str, sellers: list[str], buyers: list[str]) -> Any:
    """Cells from light (low) to dark (high), so that a grey print keeps the order; white where nobody played."""
    low, high = values["value"].min(), values["value"].max()
    place = (values["value"] - low) / (high - low) if high > low else values["value"] * 0 + 0.5
    texts = shown([*sellers, *buyers])
    cells = pd.DataFrame(
        {
            "seller": values["seller_engine"].map(texts),
            "buyer": values["buyer_engine"].map(texts),
            "colour": [_mixed(each) for each in place],
            "ink": ["white" if each > 0.5 else INK for each in place],
            "text": [_text(each, share="rate" in title or "share" in title) for each in values["value"]],
            "value": values["value"],
        }
    )
    size = max(46 if len(buyers) <= 6 else 34 if len(buyers) <= 12 else 27, 6 * cells["text"].str.len().max() + 6)
    x = alt.X("buyer:N", title="buyer", sort=[texts[each] for each in buyers]).axis(
        labelAngle=-40, labelLimit=150, labelOverlap=False
    )
    y = alt.Y("seller:N", title="seller", sort=[texts[each] for each in sellers]).axis(
        labelLimit=150, labelOverlap=False
    )
    base = alt.Chart(data(cells)).encode(x=x, y=y)
    return (
        alt.layer(
            base.mark_rect(stroke="white", strokeWidth=1).encode(color=alt.Color("colour:N", scale=None)),
            base.mark_text(fontSize=11 if size > 30 else 8).encode(text="text:N", color=alt.Color("ink:N", scale=None)),
        )
        .properties(
            width=size * len(buyers),
            height=round(size * 0.7) * len(sellers),
            title=alt.TitleParams(text=title, fontSize=11, offset=6),
        )
        .resolve_scale(color="independent")
    )


def _mixed(place: float) -> str:
    red, green, blue = (round(each) for each in LIGHT + (DARK - LIGHT) * place)
    return f"#{red:02X}{green:02X}{blue:02X}"


def _text(value: float, *, share: bool) -> str:
    return f"{value:.0%}" if share else f"{value:.2f}" if abs(value) < 1000 else f"{value:,.0f}"
