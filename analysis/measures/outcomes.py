"""Which metric tells each outcome of these runs, price, deal rate and surplus, and the last round that all plan."""

from __future__ import annotations

import pandas as pd

from bargain.records import PLAYERS

from ..data.once import once
from ..data.runs import Runs
from . import factors


@once
def factorials(runs: Runs) -> list[Runs]:
    """The runs of each learner that are a factorial: learners of different roles are never averaged."""
    found = [runs.where(learner=learner) for learner in runs.runs["learner"].unique()]
    return [each for each in found if len(each.rounds) and factors.is_factorial(each)]


def of_factorial(runs: Runs) -> list[tuple[str, str, str]]:
    """Outcome, metric and role of what is tested in a factorial of one learner; the last round is `last_round`."""
    items = [name for name in (*item_choices(runs), "item.name", "item.cost", "item.valuation") if name in runs.runs]
    one_item = len(runs.runs[items].drop_duplicates()) <= 1
    role = "learner" if runs.runs["learner"].isin(PLAYERS).all() and last_round(runs) > 1 else ""
    return compared(runs, role, one_item=one_item)


def compared(runs: Runs, role: str, *, one_item: bool) -> list[tuple[str, str, str]]:
    """Outcome, metric and role of what is compared between cells; of several items in shares of the openings."""
    counted = {metric for _, metric, _ in surplus_metrics(runs, role)}
    return [
        ("price", "price" if one_item else "price_share", role),
        ("deal_rate", "deal_rate", ""),
        ("surplus", "surplus" if one_item and counted == {"surplus"} else "opening_surplus", role or "seller"),
    ]


def last_round(runs: Runs) -> int:
    """The last round that all of them plan."""
    return int(planned(runs).min())


@once
def first_and_last(runs: Runs) -> Runs:
    """The same runs with round 1 and the last round that all of them plan."""
    return runs.only_rounds(runs.rounds["round"].isin([1, last_round(runs)]))


def surplus_metrics(runs: Runs, role: str) -> list[tuple[Runs, str, str]]:
    """The runs by how the surplus is counted, with its metric and role: from the reservation price, else from the
    rival's opening. Without a single learner it is the seller's."""
    frame = runs.runs
    whose = frame["learner"].where(frame["learner"].isin(PLAYERS), "seller")
    is_set = pd.Series(False, index=frame.index)
    for seat, name in (("seller", "item.cost"), ("buyer", "item.valuation")):
        if name in frame:
            is_set |= (whose == seat) & pd.to_numeric(frame[name], errors="coerce").notna()
        own = runs.rounds.groupby("run", observed=False)[f"terms_{seat}_limit"].count()
        is_set |= (whose == seat) & (frame["run"].map(own.to_dict()).fillna(0) > 0)
    parts = ((is_set, "surplus"), (~is_set, "opening_surplus"))
    return [(runs.where(kept), metric, role or "seller") for kept, metric in parts if kept.any()]


def planned(runs: Runs) -> pd.Series:
    """The last round that each run plans, whatever was played."""
    last: pd.Series = runs.rounds.groupby("run", observed=True)["round"].max()
    return last.rename_axis(None).set_axis(last.index.astype(str))


def item_choices(runs: Runs) -> list[str]:
    """The columns of `runs.runs`, of those that are there, in which runs whose prices can be compared are alike."""
    names = ("item.seller_opening", "item.buyer_opening", "item.currency")
    return [name for name in names if name in runs.runs]
