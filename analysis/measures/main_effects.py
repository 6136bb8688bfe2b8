"""The effects of a factorial's choices as wide rows: one per choice and pair of levels, with all outcomes.

The report and the dashboard show the same rows, with the p values of the same family (`claims.tests`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..data.runs import Runs
from ..text import number
from . import factors
from .metrics import metric_of
from .outcomes import factorials, first_and_last, last_round, of_factorial
from .sentences import level

OUTCOMES = {"price": ("price", "said"), "deal_rate": ("deal rate", "rate"), "surplus": ("surplus", "said")}
"""The columns of a factorial: what they are called, and how they are written."""


def effects_of(found: pd.DataFrame, question: str) -> pd.DataFrame:
    """The rows of `claims.tests` that answer this question (sentences.OVER_ALL, "parts"), one for each pair of levels:
    choice, levels, arm, round, combinations and, of each outcome, its value, _low, _high, _n and _p (Holm)."""
    part = found[found["question"] == question] if len(found) else found
    named = [name for name in ("learner", "choice", "at", "b_is", "a_is", "at_b", "at_a", "arm") if name in part]
    rows = []
    for _, group in part.groupby(named, sort=False, dropna=False):
        first = group.to_dict("records")[0]
        row: dict[str, Any] = {name: first[name] for name in (*named, "currency", "combinations", "round")}
        row["levels"] = f"{level(first['b_is'])} against {level(first['a_is'])}"
        if question == "interactions":
            row["levels"] += f", at {level(first['at_b'])} against at {level(first['at_a'])}"
            row["choice"] = f"{first['choice']} by {first['at']}"
        for each in group.to_dict("records"):
            row |= measured(each, each["outcome"], "difference", signed=True)
            row |= {f"{each['outcome']}_p": each["p_holm"]}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["choice"])


NOTES = {
    "parts": (
        "Each part of coaching by itself: the arm that has it against the arm that lacks nothing else, in the last "
        "planned round, paired by game, since the arms share their first round. Price is that of the games with a deal "
        "in both arms, deal rate and surplus are over all games; surplus is the coached player's. Brackets: 95% "
        "intervals. p belongs to the page's one family. Advice comes with a target, so it is compared with that."
    ),
    "factors": (
        "Each choice by itself: the difference between two of its levels, averaged over all settings of the other "
        "choices that have both (Settings: how many). Price is that of the deals, deal rate and surplus are over all "
        "games. Of coached games it is the difference of the changes from round 1 to the last round that all plan, a "
        "better price being higher. Paired by game where all cells play the same seeds on embedded negotiators. "
        "Brackets: 95% intervals. p belongs to the page's one family; – stands for what is exploratory or not tested."
    ),
    "interactions": (
        "How much the effect of the first choice differs between two levels of the second, averaged over the settings "
        "of the others: these were asked for with --interaction."
    ),
    "factor_means": (
        "The plain mean of the cells with this level, over the settings of the other choices that have every level; a "
        "cell with more games does not weigh more. Of coached games: changes from round 1 to the last round that all "
        "plan. Brackets: 95% intervals."
    ),
}


def measured(row: Mapping[Any, Any], outcome: str, value: str, *, signed: bool) -> dict[str, Any]:
    """A number of an outcome as a wide row has it, with its interval and n; written already but for rates."""
    unit, written = metric_of(row["metric"]).unit, row[value]
    if unit != "rate":
        written = None if written != written else number(written, unit, row["currency"], signed=signed)
    ends = {f"{outcome}_{part}": row[part] for part in ("low", "high", "n")}
    return {outcome: written, **ends}


def marginal_means(runs: Runs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row per level with all outcomes, and a row per level and outcome with every digit."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    behind = []
    parts = factorials(runs)
    for part in parts:
        last = last_round(part)
        currency = part.runs["item.currency"].iloc[0] if "item.currency" in part.runs else "$"
        learner = str(part.runs["learner"].iloc[0]) if len(parts) > 1 else ""
        limited = first_and_last(part)
        for outcome, metric, role in of_factorial(part):
            found = factors.means(limited, metric, role=role, base=1 if last > 1 else None)
            found = found[found["round"] == last]
            behind.append(found.assign(learner=str(part.runs["learner"].iloc[0]), outcome=outcome, currency=currency))
            for each in found.to_dict("records"):
                key = (learner, each["factor"], each["level"], each["arm"])
                named = dict(zip(("learner", "choice", "levels", "arm"), key, strict=True))
                row = rows.setdefault(key, named | {"combinations": each["combinations"], "round": last})
                row["currency"] = currency
                row |= measured(each | {"currency": currency}, outcome, "value", signed=last > 1)
    wide = pd.DataFrame(list(rows.values()), columns=None if rows else ["choice"])
    return wide, pd.concat(behind, ignore_index=True) if behind else wide
