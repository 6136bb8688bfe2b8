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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import altair as alt

from analysis.data.runs import Runs
from analysis.figures.base import FORMATS, NotEnough, save, svg
from analysis.figures.compare import arms, cost_and_gain, gains, tradeoff
from analysis.figures.pairs import pairs_of_engines
from analysis.figures.reference import beside_paper
from analysis.figures.rounds import deal_rate_by_round, dialogue_length, price_by_round, response_length
from analysis.figures.spread import before_after, distributions

__all__ = ["FIGURES", "FORMATS", "Figure", "NotEnough", "reference_figures", "save", "svg"]


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
        "tradeoff",
        "Price against deal rate",
        "What a better price costs in deals: from the first round (hollow) to the last (filled), with 95% intervals of "
        "both at both ends.",
        tradeoff,
    ),
    Figure(
        "gains",
        "What the learner gained",
        "The learner's change of price from round 1 to the last, paired by game, with 95% intervals; more is better "
        "for sellers and buyers alike. n counts the games with a deal in both rounds.",
        gains,
    ),
    Figure(
        "arms",
        "Feedback arms",
        "Mean price of the deals by round and feedback, with 95% intervals. The arms of a panel share the games of "
        "round 1.",
        arms,
    ),
    Figure(
        "pairs",
        "Engine against engine",
        "First rounds, before anybody is coached: rows are the sellers' engines, columns the buyers'.",
        pairs_of_engines,
    ),
    Figure(
        "cost",
        "Improvement and its cost",
        "The learner's paired gain from round 1 to the last, with 95% intervals, against the cost of a game (tokens, "
        "where no run cost money). One point per run and arm; in a compare game the cost is that of all arms.",
        cost_and_gain,
    ),
    Figure(
        "before_after",
        "Prices before and after feedback",
        "Prices of the games with a deal in both of the first two rounds, as shares of these games: grey in round 1, "
        "outlined in round 2. The dashed line is the mean of round 1, the whole line that of round 2.",
        before_after,
    ),
    Figure(
        "distributions",
        "Prices of every round",
        "Prices of the deals as upright histograms (the middle 50% and 80% where there are many rounds); diamonds are "
        "means with 95% intervals.",
        distributions,
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


def reference_figures(aliases: Mapping[str, str] | None = None) -> tuple[Figure, ...]:
    """Table 1 and Figures 4 to 7 of Fu et al. (2023) with one's own numbers beside them.

    aliases: which of one's engines stands beside which of the paper's, as in `reference.compare`.
    """
    told = "Filled: one's own runs by the 2023 rules; hollow: the published numbers (rates with Wilson's intervals)."
    return tuple(
        Figure(name, title, told, partial(beside_paper, figure=figure, metric=metric, axis=axis, aliases=aliases))
        for name, title, figure, metric, axis in (
            ("paper_table1", "Table 1: human and AI feedback", "table1", "mean_price", "mean price ($)"),
            ("paper_fig4", "Figure 4: before and after AI feedback", "fig4", "mean_price", "mean price ($)"),
            ("paper_fig4_hist", "Figure 4: distribution of prices", "fig4-hist", "share", "share of the games"),
            ("paper_fig5", "Figure 5: price by round", "fig5-6", "mean_price", "mean price ($)"),
            ("paper_fig6", "Figure 6: deal rate by round", "fig6", "deal_rate", "deal rate"),
            ("paper_fig7", "Figure 7: dialogue length by round", "fig7", "dialogue_chars", "characters per dialogue"),
        )
    )
