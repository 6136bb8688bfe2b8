"""The tests of a report as one family, each a sentence: Holm's correction runs over all of them.

    gpt-4 (seller) gains $1.05 [0.82, 1.28] from round 1 to round 2 ($14.00 to $15.05), n=200 pairs, paired t,
    p<0.001 Holm, d_z=0.51

Which tests are made is fixed by the runs alone, never by how they come out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.data.runs import Runs
from analysis.measures import comparisons
from analysis.report.sentences import sentence
from analysis.stats.differences import holm
from bargain.records import PLAYERS

MOST_VALUES = 5
"""A choice with more values than this has each compared with its first only."""
QUESTIONS = {
    "price": "Does the coached player get a better price?",
    "deals": "Do the players still agree?",
    "arms": "Does it matter who gives the feedback?",
    "cells": "Do the cells differ in what is gained?",
    "start": "Do the cells differ?",
}
_KEYS = ["question", "numbers", "subject", "metric", "arm", "round", "choice", "a_is", "b_is", "currency"]
_COUNTED = {side: f"{side}_with_failed" for side in ("a", "b")}
Frame = pd.DataFrame


def tests(runs: Runs, names: Frame, also: Sequence[float]) -> Frame:
    """One row per test: question (a key of QUESTIONS), sentence, numbers (the cells it is about), the fields of
    differences.Comparison and p_holm over the whole frame and `also`, the p values of what else the page
    claims. Empty where nothing can be compared. Games that a failed call cost are in no test: `failed` counts them, and
    a_with_failed and b_with_failed are the deal rates with these as no deals, a bound."""
    single = runs.where(runs.runs["learner"].isin(PLAYERS))
    other = runs.where(~runs.runs["learner"].isin(PLAYERS))
    parts = [
        _changes(single, names, "price", "learner"),
        _changes(other, names, "price", ""),
        _changes(runs, names, "deal_rate", ""),
        _arms(single, names, "price", "learner"),
        _arms(other, names, "price", ""),
        _arms(runs, names, "deal_rate", ""),
        *_between(runs, names),
    ]
    found = [part for part in parts if len(part)]
    if not found:
        return pd.DataFrame(columns=[*_KEYS, *comparisons.FIELDS, "p_holm", "sentence"])
    whole = pd.concat(found, ignore_index=True)
    order = pd.Categorical(whole["question"], categories=list(QUESTIONS))
    whole = whole.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
    whole["p_holm"] = holm([*whole["p"].astype(float), *also])[: len(whole)]
    whole["sentence"] = [sentence(row) for row in whole.to_dict("records")]
    return whole


def _of_cells(found: Frame, names: Frame) -> Frame:
    """With the cell's number, its currency and the engine and seat that the sentence begins with."""
    kept = names[["run", "number", "currency", "subject"]]
    whole = found.astype({"run": str}).merge(kept, on="run")
    return whole.assign(numbers=whole["number"].astype(str))


def _planned(runs: Runs) -> pd.Series:
    """The last round that each run plans, whatever was played."""
    last: pd.Series = runs.rounds.groupby("run", observed=True)["round"].max()
    return last.rename_axis(None).set_axis(last.index.astype(str))


def _first_and_last(found: Frame, runs: Runs) -> Frame:
    """Of each cell (and arm) round 2 and the last planned one."""
    return found[(found["round"] == 2) | (found["round"] == found["run"].astype(str).map(_planned(runs)))]


def _with_the_last(found: Frame, runs: Runs) -> Frame:
    """As _first_and_last, with a row also where no game has a value in both rounds: it was to be tested."""
    kept = _first_and_last(found, runs).astype({"run": str, "arm": str})
    rounds = runs.rounds[runs.rounds["round"] > 1].astype({"run": str, "arm": str})
    asked = _first_and_last(rounds[["run", "arm", "round"]].drop_duplicates(), runs)
    whole = asked.merge(kept, on=["run", "arm", "round"], how="left")
    return whole.assign(
        n=whole["n"].fillna(0).astype(int), note=whole["note"].fillna("no game has a value in both rounds")
    )


def _deals(compare: Callable[..., Frame], runs: Runs, keys: list[str]) -> Frame:
    """Tests of deal rates among the games that no failed call cost, each with both rates over all games beside it."""
    counted = compare(runs, "deal_rate", with_failed=True)
    counted = counted[[*keys, "failed", *_COUNTED]].rename(columns=_COUNTED)
    whole = counted.merge(compare(runs, "deal_rate").drop(columns="failed"), on=keys, how="left")
    return whole.assign(
        metric="deal_rate",
        role="",
        n=whole["n"].fillna(0).astype(int),
        note=whole["note"].fillna("in every game a call failed"),
    )


def _changes(runs: Runs, names: Frame, metric: str, role: str) -> Frame:
    if not len(runs.rounds):
        return pd.DataFrame()
    if metric == "deal_rate":
        found = _deals(comparisons.change, runs, ["run", "arm", "round"])
    else:
        found = comparisons.change(runs, metric, role=role)
    found = _with_the_last(found, runs)
    question = "price" if metric == "price" else "deals"
    return _of_cells(found, names).assign(question=question, metric=metric, role=role)


def _arms(runs: Runs, names: Frame, metric: str, role: str) -> Frame:
    if not len(runs.rounds):
        return pd.DataFrame()
    if metric == "deal_rate":
        found = _deals(comparisons.arms, runs, ["run", "round", "arm_a", "arm_b"])
    else:
        found = comparisons.arms(runs, metric, role=role)
    found = _first_and_last(found, runs)
    named = _of_cells(found, names).rename(columns={"arm_a": "a_is", "arm_b": "b_is"})
    return named.assign(question="arms", role=role)


class Contrast(NamedTuple):
    """Cells that differ in one choice and agree in the others that were varied.

    within: the others. against: the one value that all are compared with, None for every pair. last: the last round
    that all plan. role: "learner" where there is one in every cell and somebody has been coached. one_item: all cells
    that are compared bargain over the same, so that prices can be compared.
    """

    choice: str
    within: tuple[str, ...]
    against: str | None
    last: int
    role: str
    one_item: bool


def contrasts(runs: Runs) -> list[Contrast]:
    """What is compared between cells: one entry per choice that was varied; repetitions and lengths are none."""
    deciding = [name for name in runs.deciding() if name not in ("seed", "n_games", "game.n_rounds")]
    if not deciding or not len(runs.rounds):
        return []
    last = int(_planned(runs).min())
    role = "learner" if last > 1 and runs.runs["learner"].isin(PLAYERS).all() else ""
    found = []
    for choice in deciding:
        others = tuple(name for name in deciding if name != choice)
        groups = runs.runs.groupby(list(others) or (lambda _: 0), dropna=False)
        one_item = all(groups[name].nunique(dropna=False).max() <= 1 for name in _item(runs))
        many = runs.runs[choice].nunique() > MOST_VALUES
        found.append(Contrast(choice, others, str(runs.runs[choice].iloc[0]) if many else None, last, role, one_item))
    return found


def cells_and_currency(runs: Runs, names: Frame, contrast: Contrast, row: dict[Any, Any]) -> tuple[str, str]:
    """The cells on both sides of a row of `comparisons`, 1, 2 against 3, 4, and their currency (of several: shares)."""
    frame = runs.runs
    kept = pd.Series(True, index=frame.index)
    for name in contrast.within:
        kept &= _is(frame[name], row[name])
    sides, currency = [], ""
    for side in ("b_is", "a_is"):
        chosen = frame.loc[kept & _is(frame[contrast.choice], row[side]), "run"]
        cells = names[names["run"].isin(chosen)]
        sides.append(", ".join(str(each) for each in cells["number"]))
        currency = str(cells["currency"].iloc[0])
    return " against ".join(sides), currency


def _between(runs: Runs, names: Frame) -> list[Frame]:
    """Each contrast's changes since round 1, in the last round that all plan; where there is one round, that one."""
    found = []
    for contrast in contrasts(runs):
        last = contrast.last
        shown = runs.only_rounds(runs.rounds["round"].isin([1, last]))
        part = comparisons.cells(
            shown,
            "price" if contrast.one_item else "price_share",
            contrast.choice,
            role=contrast.role,
            base=1 if last > 1 else None,
            within=contrast.within,
            against=contrast.against,
        )
        part = part[part["round"] == last].reset_index(drop=True)
        if len(part):
            compared = [cells_and_currency(runs, names, contrast, row) for row in part.to_dict("records")]
            part["numbers"], part["currency"] = zip(*compared, strict=True)
            question = "cells" if last > 1 else "start"
            found.append(part.assign(question=question, choice=contrast.choice, role=contrast.role, subject=""))
    return found


def _item(runs: Runs) -> list[str]:
    names = ("item.seller_opening", "item.buyer_opening", "item.currency")
    return [name for name in names if name in runs.runs]


def _is(values: pd.Series, value: Any) -> pd.Series:
    """Where a choice has this value; a choice that is not set equals another that is not."""
    return values.isna() if pd.isna(value) else values == value
