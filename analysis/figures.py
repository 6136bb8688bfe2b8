"""Every figure of a study, as a registry: what the report draws, in its order.

    for figure in FIGURES:
        try:
            save(figure.draw(runs), Path("figures") / figure.name)
        except NotEnough as reason:
            print(f"{figure.title}: {reason}")

A figure is a function from `Runs` to an Altair chart. This file knows which there are and what they show; how they are
drawn is known by figures_base.py and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import altair as alt

from analysis.figures_base import FORMATS, NotEnough, save, svg
from analysis.figures_rounds import deal_rate_by_round, dialogue_length, price_by_round, response_length
from analysis.runs import Runs

__all__ = ["FIGURES", "FORMATS", "Figure", "NotEnough", "save", "svg"]


@dataclass(frozen=True)
class Figure:
    """One figure. name is for files; title and caption are plain text; draw raises NotEnough with a reason."""

    name: str
    title: str
    caption: str
    draw: Callable[[Runs], alt.TopLevelMixin]


FIGURES: tuple[Figure, ...] = (
    Figure(
        "price_by_round",
        "Price by round",
        "Mean price of the deals by round and engine, with 95% intervals (BCa bootstrap, Student's t below 20 deals). "
        "Sellers want it to rise, buyers to fall. Only deals are counted: see the deal rate beside it.",
        price_by_round,
    ),
    Figure(
        "deal_rate_by_round",
        "Deal rate by round",
        "Deals per planned round of the finished games, with Wilson's 95% intervals; rounds not played and rounds lost "
        "to a failed call count as no deal.",
        deal_rate_by_round,
    ),
    Figure(
        "response_length",
        "Response length by round",
        "Words per turn that the learner wrote itself, with 95% intervals of a ratio over games.",
        response_length,
    ),
    Figure(
        "dialogue_length",
        "Dialogue length by round",
        "Characters of all turns of a round that was played, with 95% intervals.",
        dialogue_length,
    ),
)
