"""Every metric, each said once: what it is per round, its unit, its formula and source, and where it is shown.

    Metric("walk_away_rate", "", "rate", "rate", lambda r: (r["outcome"] == "walk_away").astype(float),
           "rounds that a player ended / all planned rounds", "Raiffa (1982), ch. 4")

That entry is all a new metric needs: `metrics.table`, the dashboard's choices and docs/metrics.md follow from it. With
`drawn` it is also a figure over the rounds (and stands in docs/figures.md), with `reported` a column of the report's
cells. `python docs/tables.py` writes the tables of the docs again.

A metric is a value per round (NaN where the round is not in its denominator) or a ratio of two, made of the columns of
rounds, ITEM and `learner`. How values become a mean with an interval is the business of metrics.py and `stats`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from bargain.records import HALF_A_CENT, PLAYERS, exchanges_passed

from .two_issues import SECOND

OWN_ITEM = {
    "item.cost": "terms_seller_limit",
    "item.valuation": "terms_buyer_limit",
    "item.seller_opening": "terms_seller_opening",
    "item.buyer_opening": "terms_buyer_opening",
}
"""The prices that a round is judged by, those of the run's config, and the columns that hold the round's own. Cost and
valuation stand for the two limits: where a player has an outside option that is better, they are that."""
ITEM = (*OWN_ITEM, *SECOND)
"""These prices, and what there is to know of a second issue (two_issues.py)."""
Frame = pd.DataFrame
Values = Callable[[Frame], "pd.Series[float]"]


class Drawn(NamedTuple):
    """How a metric is drawn over the rounds of a game. A player's metric is drawn for the player who learns.

    name is the figure's, for files; axis says what the values are, without their currency.
    """

    name: str
    title: str
    axis: str
    caption: str


class Reported(NamedTuple):
    """How the report's tables of cells show a metric.

    column: its name in the CSV. unless: it is only shown in rows where this other metric has no value. where_failed: it
    is only shown where games failed. note: what readers are told below the table.
    """

    title: str
    column: str
    unless: str = ""
    where_failed: bool = False
    note: str = ""


class Metric(NamedTuple):
    """One metric. `value` gives a number per round; with `per`, the metric is the sum of value over the sum of per.

    kind: mean or rate (its values are 0 and 1). role: whose it is, "" for the round's. opposed: a seller wants more of
    it and a buyer less. with_zeros: a round without a deal is 0, so that its mean needs more games. of_failures: it
    has a value of rounds that all failed; the others say nothing of these.
    """

    name: str
    role: str
    unit: str
    kind: str
    value: Values
    formula: str
    source: str
    per: Values | None = None
    opposed: bool = False
    with_zeros: bool = False
    drawn: Drawn | None = None
    reported: Reported | None = None
    of_failures: bool = False


def _deal(rounds: Frame) -> pd.Series[float]:
    return (rounds["outcome"] == "deal").astype(float)


def _given_deal(values: pd.Series[float], rounds: Frame) -> pd.Series[float]:
    return values.where(rounds["outcome"] == "deal")


def surplus_of(rounds: Frame, role: str) -> pd.Series[float]:
    """The player's surplus in each round, in currency; 0 without a deal, NaN where its reservation price is not set.

    With discounting, what is left of it after the exchanges that passed.
    """
    gain = rounds["price"] - rounds["item.cost"] if role == "seller" else rounds["item.valuation"] - rounds["price"]
    gain = gain + _second(rounds, f"second_{role}")
    reservation = rounds["item.cost"] if role == "seller" else rounds["item.valuation"]
    if rounds["own_terms"].any():
        turns = rounds["n_turns"]
        passed = turns.map({n: exchanges_passed(n) for n in turns.unique()})  # few numbers, many rounds
        gain = gain * rounds[f"terms_{role}_discount"].fillna(1.0) ** passed
    return gain.where(rounds["outcome"] == "deal", 0.0).where(reservation.notna())


def _opening_surplus(rounds: Frame, role: str) -> pd.Series[float]:
    """How far the price is from the rival's opening, in the player's favour, as a share of the openings' span."""
    gain = (
        rounds["price"] - rounds["item.buyer_opening"]
        if role == "seller"
        else rounds["item.seller_opening"] - rounds["price"]
    )
    return gain.where(rounds["outcome"] == "deal", 0.0) / _openings(rounds)


def _share_of_zopa(rounds: Frame, role: str) -> pd.Series[float]:
    zone = zone_of(rounds)
    return surplus_of(rounds, role) / zone.where(zone > 0)


def zone_of(rounds: Frame) -> pd.Series[float]:
    """The zone of possible agreement: the buyer's limit less the seller's, negative where no price suits both.

    With a second issue what both together can gain at its best option.
    """
    return rounds["item.valuation"] - rounds["item.cost"] + _second(rounds, "second_best")


def _second(rounds: Frame, name: str) -> pd.Series[float] | float:
    """A column of SECOND, 0 where there is one issue."""
    return rounds[name].fillna(0.0) if name in rounds else 0.0


def _efficient(rounds: Frame) -> pd.Series[float]:
    zone, deal = zone_of(rounds), (rounds["outcome"] == "deal") & (_second(rounds, "second_left") <= HALF_A_CENT)
    return ((deal & (zone >= 0)) | (~deal & (zone <= 0))).astype(float).where(zone.notna())


def _beyond_limit(rounds: Frame, role: str) -> pd.Series[float]:
    limit = rounds["item.cost"] if role == "seller" else rounds["item.valuation"]
    worse = limit - rounds["price"] if role == "seller" else rounds["price"] - limit
    worse = worse - _second(rounds, f"second_{role}")
    return _given_deal((worse > HALF_A_CENT).astype(float), rounds).where(limit.notna())


def _span(rounds: Frame) -> pd.Series[float]:
    """The distance between the first prices that the two players put on the table."""
    span = rounds["seller_first_offer"] - rounds["buyer_first_offer"]
    return span.where(span > 0)


def _openings(rounds: Frame) -> pd.Series[float]:
    """The distance between the item's two openings."""
    span = rounds["item.seller_opening"] - rounds["item.buyer_opening"]
    return span.where(span > 0)


def _legacy(rounds: Frame) -> pd.Series[float]:
    """The 2023 price where this and every round before it in the game has one, else NaN (survivors only)."""
    failed = rounds["legacy_price"].isna()
    order = rounds.sort_values("round", kind="stable").index
    chain = [rounds["run"].cat.codes, rounds["arm"].cat.codes, rounds["game"]]
    ended = failed.loc[order].groupby([each.loc[order] for each in chain]).cummax()
    return rounds["legacy_price"].where(~ended.reindex(rounds.index))


def _of_player(role: str) -> list[Metric]:
    """The metrics that both players have."""
    share, zopa = "price - cost for the seller, valuation - price for the buyer", "Raiffa (1982), ch. 4"
    whose = f"{role.title()}'s"
    return [
        Metric("surplus", role, "currency", "mean", lambda r: surplus_of(r, role),
               f"{share}; 0 without a deal; none where that price is not set", zopa, with_zeros=True,
               reported=Reported(f"{whose} surplus", f"{role}_surplus", unless="surplus_share")),
        Metric("surplus_share", role, "share", "mean", lambda r: _share_of_zopa(r, role),
               "surplus / (valuation - cost); 0 without a deal; none without both", zopa, with_zeros=True,
               reported=Reported(f"{whose} share", f"{role}_share",
                                 note="Surplus and its shares: no deal counts as 0.")),
        Metric("ir_violation", role, "rate", "rate", lambda r: _beyond_limit(r, role),
               "deals at a price worse than the player's limit / deals of players with a limit: no individually "
               "rational player makes one", "Raiffa (1982), ch. 4"),
        Metric("opening_surplus", role, "share", "mean", lambda r: _opening_surplus(r, role),
               "price - buyer_opening for the seller, seller_opening - price for the buyer, as a share of the "
               "openings' span; 0 without a deal: a surplus where no reservation price is set, or items differ",
               "as surplus and price_share"),
        Metric("concession_rate", role, "share per offer", "mean",
               lambda r: r[f"{role}_concession"] / _span(r) / (r[f"{role}_offers"] - 1).where(r[f"{role}_offers"] > 1),
               "(first - last offer, towards the rival) / span of the first offers / (offers - 1)",
               "Pruitt (1981), Negotiation Behavior, ch. 2"),
        Metric("first_concession", role, "share", "mean", lambda r: r[f"{role}_first_concession"] / _span(r),
               "size of the first move towards the rival / span of the first offers, over rounds with one",
               "Yukl (1974), J. Personality & Social Psychology 30"),
        Metric("first_concession_turn", role, "turn", "mean", lambda r: r[f"{role}_first_concession_turn"],
               "number of the turn that makes it, over rounds with one", "as first_concession"),
        Metric("concedes", role, "rate", "rate",
               lambda r: r[f"{role}_first_concession"].notna().astype(float).where(r[f"{role}_offers"] > 1),
               "rounds with a move towards the rival / rounds with two offers or more", "as first_concession"),
        Metric("concession_rigidity", role, "share", "mean", lambda r: r[f"{role}_rigidity"],
               "offers that give the rival nothing more / offers after the first, over rounds with two offers or more",
               "after Shah et al. (2025), arXiv 2512.13063; the formula is ours"),
        Metric("burstiness", role, "", "mean", lambda r: r[f"{role}_burstiness"],
               "(sd - mean) / (sd + mean) of what each offer after the first gives: -1 in even steps, nearer to 1 the "
               "more comes at once; over rounds with three offers or more and a concession", "Goh & Barabási (2008)"),
        Metric("belief_error", role, "currency", "mean", lambda r: r[f"{role}_beliefs_off"],
               "distance from the rival's limit to what the player, asked off the record, thinks it is / beliefs that "
               "can be judged", "beliefs.md", _beliefs(role)),
        Metric("belief_brier", role, "", "mean", lambda r: r[f"{role}_beliefs_brier"],
               "(confidence - 1 if the belief is near the truth, else 0) squared / beliefs that can be judged: 0.25 is "
               "worth a coin, less is better", "Brier (1950), Monthly Weather Review 78", _beliefs(role)),
        Metric("response_chars", role, "characters per turn", "mean", lambda r: r[f"{role}_chars"].astype(float),
               "characters / turns that the player wrote itself", "Fu et al. (2023), Figure 7", _turns(role)),
        Metric("response_words", role, "words per turn", "mean", lambda r: r[f"{role}_words"].astype(float),
               "words / turns that the player wrote itself", "Fu et al. (2023), Figure 7", _turns(role),
               drawn=Drawn("response_length", "Response length by round", "learner's words per turn",
                           "Words per turn that the learner wrote itself, with 95% intervals of a ratio over games.")),
        Metric("violation_rate", role, "rate", "rate",
               lambda r: (r[f"{role}_violations"] > 0).astype(float).where(r["n_turns"] > 0),
               "rounds with an inconsistency of the player / rounds played", "bargain/reading/violations.py"),
        Metric("violations_per_turn", role, "violations per turn", "mean",
               lambda r: r[f"{role}_violations"].astype(float), "inconsistencies / turns it wrote itself",
               "bargain/reading/violations.py", _turns(role)),
    ]  # fmt: skip


def _beliefs(role: str) -> Values:
    return lambda rounds: rounds[f"{role}_beliefs"].astype(float)


def _turns(role: str) -> Values:
    return lambda rounds: rounds[f"{role}_turns"].astype(float)


METRICS: tuple[Metric, ...] = (
    Metric("deal_rate", "", "rate", "rate", _deal,
           "deals / all planned rounds of finished games; errors and rounds not played count as none; nothing of "
           "failures alone",
           "Fu et al. (2023)",
           drawn=Drawn("deal_rate_by_round", "Deal rate by round", "deal rate",
                       "Deals per planned round of the finished games, with Wilson's 95% intervals; rounds not played "
                       "and rounds lost to a failed call count as no deal."),
           reported=Reported("Deals", "deal_rate",
                             note="Deals: share of all finished games, whatever ended them.")),
    Metric("deal_rate_without_failed", "", "rate", "rate", lambda r: _deal(r).where(r["outcome"] != "error"),
           "deals / planned rounds of finished games that no failed call cost", "provider failure is counted apart",
           reported=Reported("Deals without failed games", "deal_rate_without_failed", where_failed=True)),
    Metric("agr_plus", "", "rate", "rate", lambda r: _deal(r).where(zone_of(r) >= 0),
           "AGR+: deals / planned rounds in which some price suits both limits", "scenarios.md"),
    Metric("fagr_minus", "", "rate", "rate", lambda r: _deal(r).where(zone_of(r) < 0),
           "FAGR-: false agreements: deals / planned rounds in which no price suits both limits", "scenarios.md"),
    Metric("se_plus", "", "share", "mean", lambda r: surplus_of(r, "seller") + surplus_of(r, "buyer"),
           "SE+: surplus efficiency: what both gained / what could be gained, over rounds in which some price suits "
           "both; a large zone counts for more", "Myerson & Satterthwaite (1983)",
           lambda r: zone_of(r).where(zone_of(r) > 0), with_zeros=True),
    Metric("pareto", "", "rate", "rate", _efficient,
           "rounds that end efficiently: a deal where some price suits both limits, no deal where none does / planned "
           "rounds with both limits; the time that passed does not count", "Raiffa (1982), ch. 4"),
    Metric("left_on_table", "", "currency", "mean", lambda r: r["second_left"],
           "with a second issue: how much more both together could have without loss to either, no deal as 0 to both; "
           "0 on the front", "Raiffa (1982), ch. 11", with_zeros=True),
    Metric("to_nash", "", "currency", "mean", lambda r: r["second_to_nash"],
           "with a second issue: distance, in both gains, to the deal with the greatest product of gains; no deal as 0 "
           "to both", "Nash (1950)", with_zeros=True),
    Metric("to_ks", "", "currency", "mean", lambda r: r["second_to_ks"],
           "the same to the deal at which both have the same share of the most they could have",
           "Kalai & Smorodinsky (1975)", with_zeros=True),
    Metric("logrolling", "", "share", "mean", lambda r: _given_deal(r["second_traded"], r),
           "with a second issue: of what can be gained over its middle option, the share that the agreed one gains, of "
           "the deals; 1 is all, below 0 worse than the middle", "Froman & Cohen (1970); the formula is ours"),
    Metric("error_rate", "", "rate", "rate", lambda r: (r["outcome"] == "error").astype(float),
           "rounds lost to a failed call / all planned rounds", "provider failure is counted apart",
           of_failures=True),
    Metric("walk_away_rate", "", "rate", "rate", lambda r: (r["outcome"] == "walk_away").astype(float),
           "rounds that a player ended / all planned rounds", "Raiffa (1982), ch. 4"),
    Metric("price", "", "currency", "mean", lambda r: _given_deal(r["price"], r),
           "mean price of the deals (survivors: see selection)", "Fu et al. (2023)", opposed=True,
           drawn=Drawn("price_by_round", "Price by round", "mean price of the deals",
                       "Mean price of the deals by round and engine, with 95% intervals (BCa bootstrap, Student's t "
                       "below 40 deals, none below 8). Sellers want it to rise, buyers to fall. Only deals are "
                       "counted: see the deal rate beside it."),
           reported=Reported("Price, given a deal", "price", note="Price: mean over the deals only.")),
    Metric("turns_to_deal", "", "turns", "mean", lambda r: _given_deal(r["n_turns"].astype(float), r),
           "mean number of turns, openings included, of the deals", "Fu et al. (2023), Figure 7"),
    Metric("price_share", "", "share", "mean",
           lambda r: _given_deal((r["price"] - r["item.buyer_opening"]) / _openings(r), r),
           "(price - buyer_opening) / (seller_opening - buyer_opening), of the deals: comparable across items",
           "Galinsky & Mussweiler (2001), as anchor", opposed=True),
    Metric("anchor", "", "share", "mean",
           lambda r: _given_deal((r["price"] - r["buyer_first_offer"]) / _span(r), r),
           "(price - buyer's first offer) / span of the first offers, of the deals; 0.5 is the middle, 1 the seller's",
           "Galinsky & Mussweiler (2001), J. Personality & Social Psychology 81", opposed=True),
    Metric("dialogue_chars", "", "characters", "mean",
           lambda r: r["dialogue_chars"].astype(float).where(r["n_turns"] > 0),
           "characters of all turns of a round that was played", "Fu et al. (2023), Figure 7",
           drawn=Drawn("dialogue_length", "Dialogue length by round", "characters per dialogue",
                       "Characters of all turns of a round that was played, with 95% intervals.")),
    Metric("dialogue_words", "", "words", "mean", lambda r: r["dialogue_words"].astype(float).where(r["n_turns"] > 0),
           "words of all turns of a round that was played", "Fu et al. (2023), Figure 7"),
    *(metric for role in PLAYERS for metric in _of_player(role)),
    Metric("disagreement_rate", "moderator", "rate", "mean", lambda r: r["objections"].astype(float),
           "verdicts that the code objects to / verdicts", "bargain/agents/verdicts.py",
           lambda r: r["verdicts"].astype(float)),
    Metric("overruled_rate", "moderator", "rate", "mean", lambda r: r["overruled"].astype(float),
           "verdicts that did not stand / verdicts", "bargain/agents/verdicts.py",
           lambda r: r["verdicts"].astype(float)),
    Metric("disputed_rate", "moderator", "rate", "rate", lambda r: (r["disputed"].fillna(0) > 0).astype(float),
           "rounds without a deal that the moderator called one / all planned rounds", "bargain/agents/verdicts.py"),
    Metric("tokens", "", "tokens", "mean",
           lambda r: (r["input_tokens"] + r["output_tokens"]).astype(float),
           "prompt and reply tokens of a round, feedback before it included", "provider usage", of_failures=True),
    Metric("legacy_deal_rate", "", "rate", "rate", lambda r: _legacy(r).notna().astype(float),
           "games of which this and every round before has a 2023 price / all games",
           "2023 code, draw_multiround: reshape_and_filter_price"),
    Metric("legacy_price", "", "currency", "mean", _legacy,
           "mean 2023 price of these games: last $ amount, strictly between the openings",
           "2023 code, as legacy_deal_rate; bargain/fu2023/legacy.py", opposed=True),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(metric.name for metric in METRICS))


def metric_of(name: str, role: str | None = None) -> Metric:
    """The entry of a metric, of one role if it is named. Raises KeyError for an unknown metric or role."""
    for metric in METRICS:
        if metric.name == name and role in (None, metric.role):
            return metric
    if name in NAMES:
        raise KeyError(f"no metric {name!r} of role {role!r}; see bargain.analysis.measures.metrics.METRICS")
    raise KeyError(f"no metric {name!r}; there are {', '.join(NAMES)}")


def describe_metrics() -> str:
    """METRICS as a Markdown table, as docs/metrics.md shows them; both players' metrics stand once."""
    lines = ["| metric | role | unit | what it is | source |", "|---|---|---|---|---|"]
    for metric in METRICS:
        if metric.role != "buyer":
            role = "seller, buyer" if metric.role == "seller" else metric.role
            lines.append(f"| `{metric.name}` | {role} | {metric.unit} | {metric.formula} | {metric.source} |")
    return "\n".join(lines)
