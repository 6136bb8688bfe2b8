"""The published numbers of Fu et al. (2023), and one's own beside them.

    fu2023()                             the paper's numbers as a frame; see published/README.md for what they are
    compare(load("outputs/**"))          each of them with the same number from one's own runs, with its interval
    compare(runs, {"gpt-4o": "gpt-4"})   one's own engine beside one of the paper's

One's own number follows the 2023 rules (`own`); the same by the strict rules stands beside it (`strict`). Which games a
published number averages is its `basis`; one's own averages the same games, and where that cannot be there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from bargain.records import PLAYERS

from ..data.once import once
from ..data.runs import Runs
from ..stats.differences import two_rates
from ..stats.intervals import NAN, Estimate, mean_interval, rate_interval
from ..text import choice
from .coaches import coaches
from .duplicates import repeated_games
from .metrics import ITEM, joined, per_round

FIGURES = ("table1", "fig4", "fig4-hist", "fig5-6", "fig6", "fig7")
ALIASES = {"claude-instant": "claude-instant-v1.0", "claude-instant-v1": "claude-instant-v1.0"}
"""Names of presets and models that mean one of the paper's engines."""
PAPERS_CHOICES: Mapping[str, tuple[object, ...]] = {
    "learner": PLAYERS,
    "item.seller_opening": (20.0,),
    "item.buyer_opening": (10.0,),
    "item.currency": ("$",),
    "protocol.name": ("negotiation",),
    "memory.name": ("full",),
    "game.max_exchanges": (10,),
    "game.who_is_first": ("seller",),
    "game.seller_opens": ("fixed",),
    "game.buyer_opens": ("fixed",),
    "prompt.seller.version": ("v1",),
    "prompt.buyer.version": ("v1",),
    "prompt.critic.version": ("v1",),
}
"""What the paper's games have in common, beside their engines; only runs with these choices are compared. How a game
goes on after no deal is not among them: by the rules of 2023 nothing counts after one."""

PAPERS_ARMS = ("ai", "human", "constant")
"""The arms of the paper's compare game; Table 1 shows two of them."""
_KEPT = "games with a price between the openings"
_BASES = {
    "table1": f"{_KEPT} before and after each of AI, human and constant feedback",
    "fig4": f"{_KEPT} in both rounds",
    "fig4-hist": f"{_KEPT} in both rounds",
    "fig5-6": f"{_KEPT} in this round and all before",
    "fig6": "all games; those count that have a price between the openings in this round and all before",
    "fig7": "rounds with a price between the openings; of each turn its first line",
}
_OTHER_BASES = {
    ("fig4", "buyer", "gpt-4"): "every game, -1 where there is no deal: no mean of prices is like it",
    ("fig4", "seller", "gpt-4"): "also prices beyond the openings (332 games, 295 without them), which no run keeps",
}
"""Published means that one's own prices cannot make: by figure, learner and engine."""


def basis(figure: str, learner: str, engine: str) -> str:
    """Which games a published number averages, in words."""
    return _OTHER_BASES.get((figure, learner, engine), _BASES.get(figure, ""))


def fu2023() -> pd.DataFrame:
    """Columns: source, figure, learner, engine, condition (before, ai, human), round, metric, value, precision, n."""
    with (resources.files("bargain.analysis") / "published" / "fu2023.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def left_out(runs: Runs) -> pd.DataFrame:
    """The runs that no number of the paper is compared with, since they chose otherwise: run, and why in words.

    What a config leaves empty, and runs without a learner, are not held against it (the latter are in no figure).
    """
    rows, choices = [], [name for name in PAPERS_CHOICES if name in runs.runs]
    for row in runs.runs[["run", *choices]].to_dict("records"):
        other = [
            f"{name} is {choice(row[name])}, not {' or '.join(choice(each) for each in allowed)}"
            for name, allowed in PAPERS_CHOICES.items()
            if name in row and not pd.isna(row[name]) and row[name] not in ("", *allowed)
        ]
        if other:
            rows.append((str(row["run"]), "; ".join(other)))
    return pd.DataFrame(rows, columns=["run", "why"])


def compare(runs: Runs, aliases: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per number of Table 1 and Figures 4 to 7 that these runs have too, for learners seller and buyer.

    Runs that differ from the paper's in more than their engines (PAPERS_CHOICES) are not compared; `left_out` names them.
    aliases: which of one's engines (by name or model) stands beside which of the paper's; equal names do so anyway.
    Columns: figure, learner, engine (the paper's), own_engine, condition, round, metric, basis, paper, paper_low,
    paper_high (Wilson, for rates), paper_n, precision, own, low, high, n, difference (own - paper), replication_p (of the
    test that both are alike: the score test for rates, Welch's t for means whose published n and spread are known; not
    corrected), replication (the test, or why there is none), strict, strict_low, strict_high, strict_n, rival (one's own; the paper's was gpt-3.5-turbo), runs, simulated. fig4-hist
    is in shares of the kept games, here and in the paper's column. own is NaN where no run can have its basis.
    """
    return _compared(runs, tuple(sorted((aliases or {}).items())))


@once
def _compared(runs: Runs, aliases: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    paper = _as_shares(fu2023())
    paper = paper[paper["figure"].isin(FIGURES)]
    known = {engine: engine for engine in paper["engine"].unique()} | ALIASES | dict(aliases)
    rounds = _prepared(runs.where(~runs.runs["run"].isin(left_out(runs)["run"])))
    rows = []
    for own_engine, of_engine in rounds.groupby("learner_engine"):
        rivals = "+".join(sorted(set(of_engine["rival_engine"].astype(str))))
        about = [rivals, of_engine["run"].nunique(), bool(of_engine["simulated"].any())]
        models = {str(own_engine), *of_engine["model"].astype(str)}
        averaged = cache(partial(_averaged, of_engine[[*_READ]]))
        for engine in sorted({known[name] for name in models if name in known}):
            for row in paper[paper["engine"] == engine].to_dict("records"):
                kept = averaged(row["learner"], row["round"], row["condition"], row["figure"] == "table1")
                own, strict, spread = _own(kept, row)
                if own.n or strict.n:
                    if (row["figure"], row["learner"], row["engine"]) in _OTHER_BASES:
                        own = strict = Estimate(NAN, NAN, NAN, 0, "another basis")
                    rows.append([*_row(row, str(own_engine), own, strict, spread), *about])
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "figure", "learner", "engine", "own_engine", "condition", "round", "metric", "basis", "paper", "paper_low",
    "paper_high", "paper_n", "precision", "own", "low", "high", "n", "difference",
    "replication_p", "replication", "strict", "strict_low", "strict_high", "strict_n",
    "rival", "runs", "simulated",
]  # fmt: skip


def _row(paper: dict[Any, Any], own_engine: str, own: Estimate, strict: Estimate, spread: float) -> list[Any]:
    value, n = float(paper["value"]), paper["n"]
    rate = _is_rate(paper)
    published = rate_interval(round(value * n), int(n)) if rate and n == n else Estimate(value, NAN, NAN, 0, "")
    return [
        paper["figure"], paper["learner"], paper["engine"], own_engine, paper["condition"], paper["round"],
        paper["metric"], basis(paper["figure"], paper["learner"], paper["engine"]), value, published.low, published.high, n, paper["precision"],
        own.value, own.low, own.high, own.n, own.value - value, *_replication(paper, own, spread),
        strict.value, strict.low, strict.high, strict.n,
    ]  # fmt: skip


def _is_rate(paper: Mapping[Any, Any]) -> bool:
    return paper["metric"] == "deal_rate" or str(paper["metric"]).startswith("share_")


def _replication(paper: Mapping[Any, Any], own: Estimate, spread: float) -> tuple[float, str]:
    """Whether one's own number differs from the published one: p and the test, or NaN and why there is none."""
    value, n = float(paper["value"]), paper["n"]
    if own.value != own.value:
        return NAN, own.method or "no number of one's own"
    if n != n:
        return NAN, "the paper does not say of how many games"
    if _is_rate(paper):
        made = two_rates(round(value * n), int(n), round(own.value * own.n), own.n)
        read = ", the paper's read off a plot" if paper["precision"] != "printed" else ""
        return made.p, f"{made.test}{read}"
    known = published_spreads().get((paper["figure"], paper["learner"], paper["engine"], paper["condition"]))
    if known is None or paper["metric"] != "mean_price":
        return NAN, "the paper's spread is not known"
    if own.n < 2 or not spread > 0:
        return NAN, "no spread of one's own"
    games, of_paper = known
    test = stats.ttest_ind_from_stats(own.value, spread, own.n, value, of_paper, games, equal_var=False)
    return float(test.pvalue), "Welch t"


@cache
def published_spreads() -> dict[tuple[str, str, str, str], tuple[int, float]]:
    """Games and standard deviation of the published means whose histogram is published: by figure, learner, engine and
    condition. The histogram is that of Table 1's games: its bins begin at whole dollars, where most prices lie, and the
    mean over their lower ends is the printed one."""
    paper = fu2023()
    counts = paper[paper["figure"] == "fig4-hist"]
    lower = counts["metric"].str.split("_").str[1].astype(float)
    found = {}
    key: Any
    for key, part in counts.assign(lower=lower).groupby(["learner", "engine", "condition"]):
        prices = np.repeat(part["lower"].to_numpy(), part["value"].astype(int))
        found[("table1", *key)] = (len(prices), float(prices.std(ddof=1)))
    return found


def _as_shares(paper: pd.DataFrame) -> pd.DataFrame:
    """The counts of the histogram as shares of its games."""
    counts = paper["metric"].str.startswith("count_")
    value = paper["value"].where(~counts, paper["value"] / paper["n"])
    return paper.assign(value=value, metric=paper["metric"].str.replace("count_", "share_"))


def _prepared(runs: Runs) -> pd.DataFrame:
    """The rounds of runs that chose as the paper did, with what the figures need beside them.

    model: the learner's; coach: who was to coach the game (or arm); survives: this round and all before have a
    2023 price; both, both_deal: the first two rounds have a 2023 price, a deal; all_arms, all_arms_deal: round 1 and
    each of PAPERS_ARMS has one; chars: the length as in Figure 7.
    """
    rounds = joined(runs, [*ITEM, "learner", "learner_engine", "rival_engine", "simulated"])
    survives = per_round("legacy_price", rounds).notna()
    position = rounds["run"].cat.codes.to_numpy()
    models = pd.Series("", index=rounds.index)
    for role in PLAYERS:
        if f"{role}.engine.model" in runs.runs:
            of_role = runs.runs[f"{role}.engine.model"].astype(str).take(position).set_axis(rounds.index)
            models = models.where(rounds["learner"] != role, of_role)
    counts, deals = rounds["legacy_price"].notna(), rounds["outcome"] == "deal"
    game = [rounds["run"].cat.codes, rounds["arm"].cat.codes, rounds["game"]]
    later, coach = rounds["round"] > 2, coaches(runs)
    rounds = rounds.assign(
        model=models,
        coach=coach,
        survives=survives,
        counts=counts,
        deals=deals,
        both=(counts | later).groupby(game).transform("all"),
        both_deal=(deals | later).groupby(game).transform("all"),
        all_arms=_in_all_arms(rounds, coach, counts),
        all_arms_deal=_in_all_arms(rounds, coach, deals),
        chars=_chars_of_2023(rounds),
    )
    return rounds[~repeated_games(rounds, ["learner", "learner_engine"])]


def _in_all_arms(rounds: pd.DataFrame, coach: pd.Series, holds: pd.Series) -> pd.Series:
    """Whether it holds in round 1 of a round's game and in round 2 of each of PAPERS_ARMS."""
    game = [rounds["run"].cat.codes, rounds["game"]]
    found = (holds & (rounds["round"] == 1)).groupby(game).transform("any")
    for arm in PAPERS_ARMS:
        found &= (holds & (rounds["round"] == 2) & (coach == arm)).groupby(game).transform("any")
    return found


def _chars_of_2023(rounds: pd.DataFrame) -> pd.Series:
    """Characters of a dialogue as 2023 counted: each turn's first line with its speaker's name, ": " and a line end.

    Hard-coded openings are turns too, one of each player's (so 5.5 letters of name each).
    """
    fixed = rounds["n_turns"] - rounds["seller_turns"] - rounds["buyer_turns"]
    names = rounds["seller_turns"] * len("seller") + rounds["buyer_turns"] * len("buyer") + fixed * 5.5
    return rounds["first_line_chars"] + names + 3 * rounds["n_turns"]


_READ = (
    "learner", "round", "repeat", "coach", "price", "legacy_price", "n_turns", "chars",
    "survives", "deals", "counts", "both", "both_deal", "all_arms", "all_arms_deal",
)  # fmt: skip
"""Of the columns of `_prepared`, what a number of one's own is made of."""


def _averaged(rounds: pd.DataFrame, learner: str, number: int, condition: str, table1: bool) -> pd.DataFrame:
    """The rounds that a published number of this learner, round and condition averages."""
    kept = rounds[(rounds["learner"] == learner) & (rounds["round"] == number)]
    if condition == "before":
        return kept[~kept["repeat"]] if table1 else kept[kept["coach"].isin(["", "ai"])]
    return kept[kept["coach"] == condition]


def _own(kept: pd.DataFrame, paper: Mapping[Any, Any]) -> tuple[Estimate, Estimate, float]:
    """The paper's number by the 2023 rules and by the strict ones, and the spread of a mean by the former."""
    metric, price, old = str(paper["metric"]), kept["price"], kept["legacy_price"]
    by_figure = {
        "table1": ("all_arms", "all_arms_deal"),
        "fig4": ("both", "both_deal"),
        "fig4-hist": ("both", "both_deal"),
    }
    survive, deal = (kept[name] for name in by_figure.get(str(paper["figure"]), ("survives", "deals")))
    if metric == "mean_price":
        prices = old[survive].dropna()
        return mean_interval(prices), mean_interval(price[deal].dropna()), float(prices.std())
    if metric == "deal_rate":
        return _rate(survive), _rate(deal), NAN
    if metric.startswith("share_"):
        low, high = (float(each) for each in metric.split("_")[1:])
        found = []
        for each in (old[survive].dropna(), price[deal].dropna()):
            inside = (each >= low) & ((each < high) | ((each == high) & (high == 20)))
            found.append(_rate(inside))
        return found[0], found[1], NAN
    values = {"dialogue_chars": kept["chars"], "dialogue_turns": kept["n_turns"]}[metric].astype(float)
    counted = values[kept["counts"]]
    return mean_interval(counted), mean_interval(values[kept["deals"]]), float(counted.std())


def _rate(hits: pd.Series) -> Estimate:
    return rate_interval(int(np.count_nonzero(hits)), len(hits))
