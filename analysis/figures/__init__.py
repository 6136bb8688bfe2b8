"""Every figure of a study, as a registry: what the report draws, in its order.

    for figure in FIGURES:
        try:
            save(figure.draw(runs), Path("figures") / figure.name)
        except NotEnough as reason:
            print(f"{figure.title}: {reason}")

A figure is a function from `Runs` to an Altair chart, drawn in the files beside this one. Its title and caption stand
here, or in the entry of its metric (measures/definitions.py); the report and docs/figures.md show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import altair as alt

from ..data.runs import Runs
from ..measures.metrics import METRICS, Metric, metric_of
from .base import FORMATS, NotEnough, save, svg
from .beliefs import beliefs_drawn
from .branches import futures_compared
from .compare import arms, cost_and_gain, gains, tradeoff
from .effects import main_effects
from .frontier import efficient_frontier
from .ledger import statements
from .models import estimates
from .pairs import pairs_of_engines, surplus_of_pairs
from .reference import beside_paper
from .rounds import by_round
from .scenarios import price_in_zone
from .spread import before_after, distributions
from .talk import attacks_compared, channels_compared
from .two_issues import deals_and_front

__all__ = ["FIGURES", "FORMATS", "Figure", "NotEnough", "describe_figures", "reference_figures", "save", "svg"]


@dataclass(frozen=True)
class Figure:
    """One figure. name is for files; title and caption are plain text; draw raises NotEnough with a reason.

    numbers: where what it shows comes from, as docs/figures.md says it.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[Runs], alt.TopLevelMixin]
    numbers: str


def _over_rounds(metric: Metric) -> Iterator[Figure]:
    """The figure of a metric whose entry says how it is drawn; of a player's metric one for whoever learns."""
    if metric.drawn and metric.role != "buyer":
        name, title, _, caption = metric.drawn
        yield Figure(name, title, caption, partial(by_round, metric=metric.name), f"`{metric.name}`")


FIRST = ("price", "deal_rate")
"""Metrics whose figures open a report; those of the others close it, the learner's before the round's."""
FIGURES: tuple[Figure, ...] = (
    Figure(
        "effects",
        "What each choice does",
        "Of a factorial: the difference between two levels of a choice over all settings of the others, with 95% "
        "intervals; of coached games that of the changes since round 1.",
        main_effects,
        "`factors.effects`",
    ),
    *(figure for name in FIRST for figure in _over_rounds(metric_of(name))),
    Figure(
        "tradeoff",
        "Price against deal rate",
        "What a better price costs in deals: from the first round (hollow) to the last (filled), with 95% intervals of "
        "both at both ends.",
        tradeoff,
        "`price`, `deal_rate`",
    ),
    Figure(
        "gains",
        "What the learner gained",
        "The learner's change of price from round 1 to the last, paired by game, with 95% intervals; more is better "
        "for sellers and buyers alike. n counts the games with a deal in both rounds.",
        gains,
        '`comparisons.change(role="learner")`',
    ),
    Figure(
        "arms",
        "Feedback arms",
        "Mean price of the deals by round and feedback, with 95% intervals. The arms of a panel share the games of "
        "round 1.",
        arms,
        "`price`",
    ),
    Figure(
        "estimates",
        "Estimates of the two-part model",
        "What coaching and each choice change since round 1 (in games without coaching: what differs), with 95% "
        "intervals: of the rate of deals, of the price of the deals, and of the surplus in which no deal counts as 0. "
        "A value stands against its choice's first.",
        estimates,
        "`models.two_part`",
    ),
    Figure(
        "pairs",
        "Engine against engine",
        "First rounds, before anybody is coached: rows are the sellers' engines, columns the buyers'.",
        pairs_of_engines,
        "`price` (`price_share` where items differ), `deal_rate`, the seller's `surplus_share`",
    ),
    Figure(
        "crossplay",
        "Cross-play: who gets what from whom",
        "Mean surplus of each pair in round 1, no deal as 0: rows are the sellers' engines, columns the buyers', the "
        "best of each seat first.",
        surplus_of_pairs,
        "`crossplay.grid_of`",
    ),
    Figure(
        "frontier",
        "What effort wins for its price",
        "Surplus of the player whose engine or effort differs (last round, no deal as 0, 95% intervals) against the "
        "dollars and the seconds of its own calls a game; filled and joined: no other wins as much for as little.",
        efficient_frontier,
        "`frontier.frontier`",
    ),
    Figure(
        "talk",
        "What talk changes",
        "Each channel against the barest that was played, game by game in the last round, with 95% intervals: deals; "
        "mean price and spread of prices (as a ratio) of the games with a deal in both.",
        channels_compared,
        "`talk.talk`",
    ),
    Figure(
        "attacks",
        "What an attack in words wins",
        "Each attack against the same scenarios without one, game by game in the last round, with 95% intervals: how "
        "far the price moved the attacker's way (games with a deal in both), and the change of the deal rate.",
        attacks_compared,
        "`talk.attacks`",
    ),
    Figure(
        "beliefs",
        "What players believe of their rival's limit",
        "Asked off the record (probe=limit). Left: how far the estimate is from the true limit after each turn, 0 is "
        "right. Right: how often the belief was near the truth where so much confidence was said; on the dashed line "
        "the two are equal. 95% intervals over games.",
        beliefs_drawn,
        "`beliefs.by_turn`, `beliefs.calibration`",
    ),
    Figure(
        "honesty",
        "What was said that is not so",
        "By the honesty ledger, which reads English by code and misses much: the share of a player's turns that hold "
        "such a statement, with Wilson's 95% interval over games. Equal rates are no equal honesty; docs/honesty.md.",
        statements,
        "`ledger.rates`",
    ),
    Figure(
        "branches",
        "What if",
        "Branches of recorded games: futures with a change at a place less untouched futures of the same place, with "
        "95% intervals. Each place is one moment of one game; many places are many looks, and nothing is corrected.",
        futures_compared,
        "`branches.branches`",
    ),
    Figure(
        "price_in_zone",
        "Price against the zone of agreement",
        "Every deal of the last round where games have limits of their own: how large the zone is (left of 0 no price "
        "suits both) and how far the price lies from its middle, where two equals would split (Nash 1950). Dashed: the "
        "two limits; a deal outside is one that somebody should not have made. Above the middle the seller has more of "
        "it. Ticks at the bottom are games without a deal.",
        price_in_zone,
        "`price`, the rounds' limits",
    ),
    Figure(
        "two_issues",
        "Two issues: deals before the front",
        "Every deal of the last round on a price and a second issue, by what it is worth to both sides. Grey: all that "
        "can be had at one option of the second issue, whatever the price; black: the Pareto front. Diamond: the Nash "
        "point, square: that of Kalai and Smorodinsky. A deal below the front leaves money on the table.",
        deals_and_front,
        "`surplus`, `two_issues.front`",
    ),
    Figure(
        "cost",
        "Improvement and its cost",
        "The learner's paired gain from round 1 to the last, with 95% intervals, against the cost of a game (tokens, "
        "where no run cost money). One point per run and arm; in a compare game the cost is that of all arms.",
        cost_and_gain,
        "`costs.costs`",
    ),
    Figure(
        "before_after",
        "Prices before and after feedback",
        "Prices of the games with a deal in both of the first two rounds, as shares of these games: grey in round 1, "
        "outlined in round 2. The dashed line is the mean of round 1, the whole line that of round 2.",
        before_after,
        "pairs of `comparisons.change`",
    ),
    Figure(
        "distributions",
        "Prices of every round",
        "Prices of the deals as upright histograms (the middle 50% and 80% where there are many rounds); diamonds are "
        "means with 95% intervals.",
        distributions,
        "`price`",
    ),
    *(
        figure
        for metric in sorted(METRICS, key=lambda metric: not metric.role)
        if metric.name not in FIRST
        for figure in _over_rounds(metric)
    ),
)


def describe_figures() -> str:
    """FIGURES as a Markdown table, as docs/figures.md shows them."""
    lines = ["| name | title | what it shows | numbers |", "|---|---|---|---|"]
    lines += [f"| `{each.name}` | {each.title} | {each.caption} | {each.numbers} |" for each in FIGURES]
    return "\n".join(lines)


def reference_figures(aliases: Mapping[str, str] | None = None) -> tuple[Figure, ...]:
    """Table 1 and Figures 4 to 7 of Fu et al. (2023) with one's own numbers beside them.

    aliases: which of one's engines stands beside which of the paper's, as in `reference.compare`.
    """
    told = "Filled: one's own runs by the 2023 rules; hollow: the published numbers (rates with Wilson's intervals)."
    return tuple(
        Figure(
            name,
            title,
            told,
            partial(beside_paper, figure=figure, metric=metric, axis=axis, aliases=aliases),
            "`reference.compare`",
        )
        for name, title, figure, metric, axis in (
            ("paper_table1", "Table 1: human and AI feedback", "table1", "mean_price", "mean price ($)"),
            ("paper_fig4", "Figure 4: before and after AI feedback", "fig4", "mean_price", "mean price ($)"),
            ("paper_fig4_hist", "Figure 4: distribution of prices", "fig4-hist", "share", "share of the games"),
            ("paper_fig5", "Figure 5: price by round", "fig5-6", "mean_price", "mean price ($)"),
            ("paper_fig6", "Figure 6: deal rate by round", "fig6", "deal_rate", "deal rate"),
            ("paper_fig7", "Figure 7: dialogue length by round", "fig7", "dialogue_chars", "characters per dialogue"),
        )
    )
