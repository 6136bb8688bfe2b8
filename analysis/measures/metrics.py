"""Every metric, each defined in one place: what it is per round, its unit, its formula and where that comes from.

    table(runs)                                        every metric, per run, arm and round, with 95% intervals
    table(runs, ["deal_rate", "price"], by=["learner_engine", "round"])
    change(runs, "price", base=1)                      paired by game, against round 1

A metric is a value per round (NaN where the round is not in its denominator) or a ratio of two; how values become a
mean with an interval is `stats`' business. Games, not rounds, are the independent units: where a game gives several
values to one group, the interval is that of a ratio over games. docs/metrics.md is written from METRICS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.data.runs import Runs
from analysis.stats.intervals import Estimate, mean_intervals, rate_intervals, ratio_interval

BY = ("run", "arm", "round")
PLAYERS = ("seller", "buyer")
ITEM = ("item.cost", "item.valuation", "item.seller_opening", "item.buyer_opening")
PRICES = ("price", "price_share", "anchor", "legacy_price")
"""Metrics of which a seller wants more and a buyer less."""
Frame = pd.DataFrame
Values = Callable[[Frame], "pd.Series[float]"]


class Metric(NamedTuple):
    """One metric. `value` gives a number per round; with `per`, the metric is the sum of value over the sum of per.

    kind: mean or rate (its values are 0 and 1). role: whose it is, "" for the round's.
    """

    name: str
    role: str
    unit: str
    kind: str
    value: Values
    formula: str
    source: str
    per: Values | None = None


def _deal(rounds: Frame) -> pd.Series[float]:
    return (rounds["outcome"] == "deal").astype(float)


def _given_deal(values: pd.Series[float], rounds: Frame) -> pd.Series[float]:
    return values.where(rounds["outcome"] == "deal")


def surplus_of(rounds: Frame, role: str) -> pd.Series[float]:
    """The player's surplus in each round, in currency; 0 without a deal, NaN where its reservation price is not set."""
    gain = rounds["price"] - rounds["item.cost"] if role == "seller" else rounds["item.valuation"] - rounds["price"]
    reservation = rounds["item.cost"] if role == "seller" else rounds["item.valuation"]
    return gain.where(rounds["outcome"] == "deal", 0.0).where(reservation.notna())


def _share_of_zopa(rounds: Frame, role: str) -> pd.Series[float]:
    zone = rounds["item.valuation"] - rounds["item.cost"]
    return surplus_of(rounds, role) / zone.where(zone > 0)


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
    return [
        Metric("surplus", role, "currency", "mean", lambda r: surplus_of(r, role),
               f"{share}; 0 without a deal; none where that price is not set", zopa),
        Metric("surplus_share", role, "share", "mean", lambda r: _share_of_zopa(r, role),
               "surplus / (valuation - cost); 0 without a deal; none without both", zopa),
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
        Metric("response_chars", role, "characters per turn", "mean", lambda r: r[f"{role}_chars"].astype(float),
               "characters / turns that the player wrote itself", "Fu et al. (2023), Figure 7", _turns(role)),
        Metric("response_words", role, "words per turn", "mean", lambda r: r[f"{role}_words"].astype(float),
               "words / turns that the player wrote itself", "Fu et al. (2023), Figure 7", _turns(role)),
        Metric("violation_rate", role, "rate", "rate",
               lambda r: (r[f"{role}_violations"] > 0).astype(float).where(r["n_turns"] > 0),
               "rounds with an inconsistency of the player / rounds played", "bargain/reading/violations.py"),
        Metric("violations_per_turn", role, "violations per turn", "mean",
               lambda r: r[f"{role}_violations"].astype(float), "inconsistencies / turns it wrote itself",
               "bargain/reading/violations.py", _turns(role)),
    ]  # fmt: skip


def _turns(role: str) -> Values:
    return lambda rounds: rounds[f"{role}_turns"].astype(float)


METRICS: tuple[Metric, ...] = (
    Metric("deal_rate", "", "rate", "rate", _deal,
           "deals / all planned rounds of finished games; errors and rounds not played count as none",
           "Fu et al. (2023)"),
    Metric("error_rate", "", "rate", "rate", lambda r: (r["outcome"] == "error").astype(float),
           "rounds lost to a failed call / all planned rounds", "DESIGN.md: provider failure is counted apart"),
    Metric("walk_away_rate", "", "rate", "rate", lambda r: (r["outcome"] == "walk_away").astype(float),
           "rounds that a player ended / all planned rounds", "Raiffa (1982), ch. 4"),
    Metric("price", "", "currency", "mean", lambda r: _given_deal(r["price"], r),
           "mean price of the deals (survivors: see selection)", "Fu et al. (2023)"),
    Metric("turns_to_deal", "", "turns", "mean", lambda r: _given_deal(r["n_turns"].astype(float), r),
           "mean number of turns, openings included, of the deals", "Fu et al. (2023), Figure 7"),
    Metric("price_share", "", "share", "mean",
           lambda r: _given_deal((r["price"] - r["item.buyer_opening"]) / _openings(r), r),
           "(price - buyer_opening) / (seller_opening - buyer_opening), of the deals: comparable across items",
           "Galinsky & Mussweiler (2001), as anchor"),
    Metric("anchor", "", "share", "mean",
           lambda r: _given_deal((r["price"] - r["buyer_first_offer"]) / _span(r), r),
           "(price - buyer's first offer) / span of the first offers, of the deals; 0.5 is the middle, 1 the seller's",
           "Galinsky & Mussweiler (2001), J. Personality & Social Psychology 81"),
    Metric("dialogue_chars", "", "characters", "mean",
           lambda r: r["dialogue_chars"].astype(float).where(r["n_turns"] > 0),
           "characters of all turns of a round that was played", "Fu et al. (2023), Figure 7"),
    Metric("dialogue_words", "", "words", "mean", lambda r: r["dialogue_words"].astype(float).where(r["n_turns"] > 0),
           "words of all turns of a round that was played", "Fu et al. (2023), Figure 7"),
    *(metric for role in PLAYERS for metric in _of_player(role)),
    Metric("disagreement_rate", "moderator", "rate", "mean", lambda r: r["objections"].astype(float),
           "verdicts that the code objects to / verdicts", "bargain/agents/moderator.py",
           lambda r: r["verdicts"].astype(float)),
    Metric("overruled_rate", "moderator", "rate", "mean", lambda r: r["overruled"].astype(float),
           "verdicts that did not stand / verdicts", "bargain/agents/moderator.py",
           lambda r: r["verdicts"].astype(float)),
    Metric("tokens", "", "tokens", "mean",
           lambda r: (r["input_tokens"] + r["output_tokens"]).astype(float),
           "prompt and reply tokens of a round, feedback before it included", "provider usage"),
    Metric("legacy_deal_rate", "", "rate", "rate", lambda r: _legacy(r).notna().astype(float),
           "games of which this and every round before has a 2023 price / all games",
           "2023 code, draw_multiround: reshape_and_filter_price"),
    Metric("legacy_price", "", "currency", "mean", _legacy,
           "mean 2023 price of these games: last $ amount, strictly between the openings",
           "2023 code, as legacy_deal_rate; bargain/fu2023/legacy.py"),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(metric.name for metric in METRICS))


def table(runs: Runs, metrics: Iterable[str] | None = None, by: Sequence[str] = BY) -> Frame:
    """Metrics with 95% intervals, one row per group of `by`, metric and role, in that order.

    by: columns of rounds or runs. Columns: `by`, metric, role, value, low, high, n (values, or a ratio's denominator),
    method, unit. Groups without a single value have no row for that metric. Where `by` leaves out the arm, a shared
    first round counts once. Raises KeyError for an unknown metric or column.
    """
    wanted = NAMES if metrics is None else tuple(metrics)
    for name in wanted:
        if name not in NAMES:
            raise KeyError(f"no metric {name!r}; there are {', '.join(NAMES)}")
    rounds = joined(runs, [*by, *ITEM])
    groups = Groups(rounds, by)
    parts = [_one(metric, rounds, groups) for metric in METRICS if metric.name in wanted]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def joined(runs: Runs, columns: Iterable[str]) -> Frame:
    """The rounds, with these columns of `runs` beside them. Raises KeyError for a name that neither has."""
    rounds, added = runs.rounds, {}
    position = rounds["run"].cat.codes.to_numpy()
    for name in dict.fromkeys(columns):
        if name in rounds:
            continue
        if name in runs.runs:
            added[name] = runs.runs[name].take(position).set_axis(rounds.index)
        elif name in ITEM:
            added[name] = pd.Series(np.nan, index=rounds.index)
        else:
            raise KeyError(f"no column {name!r} in rounds or runs; see docs/metrics.md and runs.runs.columns")
    for name in ITEM:
        if name in added:
            added[name] = pd.to_numeric(added[name], errors="coerce").astype(float)
    return rounds.assign(**added)


def per_round(metric: str, rounds: Frame, role: str = "") -> pd.Series[float]:
    """The metric's value in each round of a `joined` frame (of a ratio: the round's own ratio), NaN where it has none.

    role "learner" takes the learner's, and turns a price so that more is better for the learner; rounds of runs with no
    single learner have NaN. Needs ITEM and `learner` beside the rounds. Raises KeyError for an unknown metric or role.
    """
    if role == "learner":
        if any(each.name == metric and not each.role for each in METRICS):
            sign = rounds["learner"].map({"seller": 1.0, "buyer": -1.0}).astype(float)
            return per_round(metric, rounds) * (sign if metric in PRICES else 1.0)
        of = {player: per_round(metric, rounds, player) for player in PLAYERS}
        return of["seller"].where(rounds["learner"] == "seller", of["buyer"].where(rounds["learner"] == "buyer"))
    found = [each for each in METRICS if each.name == metric and each.role == role]
    if not found:
        raise KeyError(f"no metric {metric!r} of role {role!r}; see analysis.measures.metrics.METRICS")
    value = found[0].value(rounds)
    if found[0].per is None:
        return value
    below = found[0].per(rounds)
    return value / below.where(below > 0)


class Groups:
    """Which group and which game each round belongs to, worked out once for all metrics. Groups come sorted.

    Where `by` leaves out the arm, the repeated rows of shared rounds do not count.
    """

    def __init__(self, rounds: Frame, by: Sequence[str]) -> None:
        self.by = list(by)
        self.counts = np.ones(len(rounds), dtype=bool) if "arm" in self.by else ~rounds["repeat"].to_numpy()
        if self.by:
            self.number = rounds.groupby(self.by, observed=True, dropna=False).ngroup().to_numpy()
        else:
            self.number = np.zeros(len(rounds), dtype=np.int64)
        self.count = int(self.number.max()) + 1 if len(self.number) else 0
        first = np.full(self.count, -1)
        first[self.number[::-1]] = np.arange(len(rounds))[::-1]
        self.keys = rounds[self.by].iloc[first].reset_index(drop=True)
        games = rounds["run"].cat.codes.to_numpy().astype(np.int64) << 32 | rounds["game"].to_numpy().astype(np.int64)
        _, game = np.unique(games, return_inverse=True)
        spread = int(game.max()) + 1 if len(game) else 1
        units, self.unit = np.unique(self.number * spread + game, return_inverse=True)
        self.group_of_unit = units // spread

    def estimates(self, value: np.ndarray, per: np.ndarray | None, *, is_rate: bool) -> list[Estimate | None]:
        """One estimate per group, None for a group without a single value."""
        counted = ~np.isnan(value) if per is None else ~np.isnan(value) & (per > 0)
        counted &= self.counts
        below = counted.astype(float) if per is None else np.where(counted, per, 0.0)
        units = len(self.group_of_unit)
        above = np.bincount(self.unit, np.where(counted, value, 0.0), units)
        below = np.bincount(self.unit, below, units)
        kept = below > 0
        above, below, group = above[kept], below[kept], self.group_of_unit[kept]
        edges = np.searchsorted(group, np.arange(self.count + 1))
        parts = [slice(edges[index], edges[index + 1]) for index in range(self.count)]
        single = [per is None and bool((below[part] == 1).all()) for part in parts]
        found: list[Estimate | None] = [None] * self.count
        plain = [index for index, part in enumerate(parts) if single[index] and part.stop > part.start]
        if is_rate:
            totals = [(float(above[parts[index]].sum()), parts[index].stop - parts[index].start) for index in plain]
            made = rate_intervals(*(list(each) for each in zip(*totals, strict=True))) if totals else []
        else:
            made = mean_intervals([above[parts[index]] for index in plain])
        for index, estimate in zip(plain, made, strict=True):
            found[index] = estimate
        for index, part in enumerate(parts):
            if not single[index] and part.stop > part.start:
                found[index] = _bounded(ratio_interval(above[part], below[part]), is_rate=is_rate)
        return found


def _bounded(estimate: Estimate, *, is_rate: bool) -> Estimate:
    """A rate's limits lie between 0 and 1."""
    return estimate._replace(low=max(estimate.low, 0.0), high=min(estimate.high, 1.0)) if is_rate else estimate


def _one(metric: Metric, rounds: Frame, groups: Groups) -> Frame:
    per = None if metric.per is None else metric.per(rounds).to_numpy(dtype=float)
    made = groups.estimates(metric.value(rounds).to_numpy(dtype=float), per, is_rate=metric.kind == "rate")
    kept = [index for index, each in enumerate(made) if each is not None]
    rows = pd.DataFrame([each for each in made if each is not None], columns=list(Estimate._fields))
    keys = groups.keys.iloc[kept].reset_index(drop=True)
    named = keys.assign(metric=metric.name, role=metric.role)
    return pd.concat([named, rows], axis=1).assign(unit=metric.unit)


def describe_metrics() -> str:
    """METRICS as a Markdown table, as docs/metrics.md shows them; both players' metrics stand once."""
    lines = ["| metric | role | unit | what it is | source |", "|---|---|---|---|---|"]
    for metric in METRICS:
        if metric.role != "buyer":
            role = "seller, buyer" if metric.role == "seller" else metric.role
            lines.append(f"| `{metric.name}` | {role} | {metric.unit} | {metric.formula} | {metric.source} |")
    return "\n".join(lines)
