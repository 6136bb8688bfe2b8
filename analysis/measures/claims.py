"""The tests of a report as one family, each a sentence: Holm's correction runs over all of them.

    gpt-4 (seller) gains $1.05 [0.82, 1.28] from round 1 to round 2 ($14.00 to $15.05), n=200 pairs, paired t,
    p<0.001 Holm, d_z=0.51

Which tests are made is fixed by the runs alone, never by how they come out. Price, deal rate and surplus are tested
alike; what the config declares as primary is the family that may claim something, the rest is exploratory. In a
factorial the claims about choices are its main effects and the interactions that were asked for; cells one by one
against each other are exploratory there. Of a game with the controls of coaching they are its parts (coaching.py); the
changes of each arm are exploratory there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from bargain.records import PLAYERS

from ..data.runs import Runs
from ..stats.differences import holm
from . import coaching, comparisons, factors
from .cell_names import ranges
from .outcomes import (
    compared,
    factorials,
    first_and_last,
    item_choices,
    last_round,
    of_factorial,
    planned,
    surplus_metrics,
)
from .sentences import CHANGES, sentence

MOST_VALUES = 5
"""A choice with more values than this has each compared with its first only."""
QUESTIONS = {
    "factors": "What does each choice do, over all settings of the others?",
    "interactions": "Does one choice change what another does?",
    "parts": "What does each part of coaching do?",
    "price": "Does the coached player get a better price?",
    "deals": "Do the players still agree?",
    "surplus": "Is the coached player better off, deals or not?",
    "arms": "Does it matter who gives the feedback?",
    "cells": "Do the cells differ in what is gained?",
    "start": "Do the cells differ?",
}
_KEYS = ["question", "outcome", "numbers", "subject", "metric", "arm", "round", "choice", "a_is", "b_is", "currency"]
_COUNTED = {side: f"{side}_with_failed" for side in ("a", "b")}
Frame = pd.DataFrame


OUTCOMES = {"price": "price", "deal_rate": "deal rate", "surplus": "surplus"}
"""What is tested, in words."""


def primary(runs: Runs) -> list[str]:
    """The outcomes that the runs' configs declare (analysis.primary), all that any of them names; by default all."""
    frame = runs.runs
    declared = frame["analysis.primary"] if "analysis.primary" in frame else pd.Series(None, index=frame.index)
    named = {name.strip() for each in declared.dropna() for name in str(each).split(",")}
    undeclared = bool(declared.isna().any())
    return [name for name in OUTCOMES if name in named or undeclared or not named & set(OUTCOMES)]


def tests(runs: Runs, names: Frame, also: Sequence[float], asked: Sequence[tuple[str, str]]) -> Frame:
    """One row per test: question (a key of QUESTIONS), sentence, numbers (the cells it is about), primary (whether its
    outcome is), the fields of differences.Comparison and p_holm over the primary ones and `also`, the p values of what
    else the page claims; NaN for the exploratory ones. Empty where nothing can be compared. Games that a failed call
    cost are in no test: `failed` counts them; a_with_failed and b_with_failed are deal rate and surplus with these as
    no deals, a bound. asked: the pairs of choices whose interaction is wanted."""
    parts = [part for subject in _subjects(runs) for part in (*_changes(*subject, names), *_arms(*subject, names))]
    found = [part for part in (*_factors(runs, names, asked), *parts, *_between(runs, names)) if len(part)]
    if not found:
        return pd.DataFrame(columns=[*_KEYS, *comparisons.FIELDS, "primary", "p_holm", "sentence"])
    whole = pd.concat(found, ignore_index=True)
    order = pd.Categorical(whole["question"], categories=list(QUESTIONS))
    aside = (*(CELLS if "factors" in set(order) else ()), *(CHANGES if "parts" in set(order) else ()))
    claimed = whole["outcome"].isin(primary(runs)) & ~whole["question"].isin(aside)
    whole = whole.assign(order=order, primary=claimed)
    whole = whole.sort_values(["order", "primary"], ascending=[True, False], kind="stable", ignore_index=True)
    claims = whole["p"].astype(float).where(whole["primary"])
    whole = whole.drop(columns="order").assign(p_holm=holm([*claims, *also])[: len(whole)])
    whole["sentence"] = [sentence(row) for row in whole.to_dict("records")]
    return whole


def _subjects(runs: Runs) -> list[tuple[Runs, str]]:
    """The runs whose tests are alike, with whose price it is: the learner's; nobody's where there is not one."""
    single = runs.runs["learner"].isin(PLAYERS)
    return [(runs.where(kept), role) for kept, role in ((single, "learner"), (~single, "")) if kept.any()]


def _of_cells(found: Frame, names: Frame) -> Frame:
    """With the cell's number, its currency and the engine and seat that the sentence begins with."""
    kept = names[["run", "number", "currency", "subject"]]
    whole = found.astype({"run": str}).merge(kept, on="run")
    return whole.assign(numbers=whole["number"].astype(str))


def _first_and_last(found: Frame, runs: Runs) -> Frame:
    """Of each cell (and arm) round 2 and the last planned one."""
    return found[(found["round"] == 2) | (found["round"] == found["run"].astype(str).map(planned(runs)))]


def _with_the_last(found: Frame, runs: Runs) -> Frame:
    """As _first_and_last, with a row also where no game has a value in both rounds: it was to be tested."""
    kept = _first_and_last(found, runs).astype({"run": str, "arm": str})
    rounds = runs.rounds[runs.rounds["round"] > 1].astype({"run": str, "arm": str})
    asked = _first_and_last(rounds[["run", "arm", "round"]].drop_duplicates(), runs)
    whole = asked.merge(kept, on=["run", "arm", "round"], how="left")
    return whole.assign(
        n=whole["n"].fillna(0).astype(int), note=whole["note"].fillna("no game has a value in both rounds")
    )


def _tested(compare: Callable[..., Frame], runs: Runs, metric: str, role: str, keys: Sequence[str]) -> Frame:
    """A comparison; of deals and surplus with both means over all games beside it, those that failed as no deals."""
    found = compare(runs, metric, role=role)
    if metric in ("price", "price_share") or not (runs.rounds["outcome"] == "error").any():
        return found
    counted = compare(runs, metric, role=role, with_failed=True)
    whole = counted[[*keys, "failed", *_COUNTED]].rename(columns=_COUNTED)
    whole = whole.merge(found.drop(columns="failed"), on=list(keys), how="left")
    return whole.assign(
        metric=metric,
        role=role,
        n=whole["n"].fillna(0).astype(int),
        note=whole["note"].fillna("in every game a call failed"),
    )


def _outcomes(runs: Runs, role: str) -> list[tuple[str, Runs, str, str]]:
    """What is tested in these runs: outcome, runs, metric and role."""
    by_surplus = [("surplus", *each) for each in surplus_metrics(runs, role)]
    return [("price", runs, "price", role), ("deal_rate", runs, "deal_rate", ""), *by_surplus]


def _factors(runs: Runs, names: Frame, asked: Sequence[tuple[str, str]]) -> Iterator[Frame]:
    """Main effects, and interactions that are asked for, of the changes since round 1 in the last round that all plan;
    where there is one round, of that one."""
    parts = factorials(runs)
    for part in parts:
        last, varied = last_round(part), factors.factors(part)
        base = 1 if last > 1 else None
        shown = first_and_last(part)
        known = names[names["run"].isin(part.runs["run"])]
        learner = str(part.runs["learner"].iloc[0]) if len(parts) > 1 else ""
        about = {"currency": str(known["currency"].iloc[0]), "learner": learner}
        about["numbers"] = ranges(list(known["number"]))
        for outcome, metric, role in of_factorial(part):
            pairs = [pair for pair in asked if set(pair) <= set(varied)]
            for question, found in (
                ("factors", factors.effects(shown, metric, role=role, base=base)),
                ("interactions", factors.interactions(shown, pairs, metric, role=role, base=base)),
            ):
                of_last = found[found["round"] == last].rename(columns={"factor": "choice"})
                yield of_last.assign(question=question, outcome=outcome, subject="", **about)


_QUESTION = {"price": "price", "deal_rate": "deals", "surplus": "surplus"}


def _changes(runs: Runs, role: str, names: Frame) -> Iterator[Frame]:
    if not len(runs.rounds):
        return
    for outcome, part, metric, whose in _outcomes(runs, role):
        found = _with_the_last(_tested(comparisons.change, part, metric, whose, ["run", "arm", "round"]), part)
        yield _of_cells(found, names).assign(question=_QUESTION[outcome], outcome=outcome, metric=metric, role=whose)


def _arms(runs: Runs, role: str, names: Frame) -> Iterator[Frame]:
    if not len(runs.rounds):
        return
    for outcome, part, metric, whose in _outcomes(runs, role):
        found = _tested(
            partial(comparisons.arms, pairs=coaching.pairs_of), part, metric, whose, ["run", "round", "arm_a", "arm_b"]
        )
        named = _of_cells(_first_and_last(found, part), names).rename(columns={"arm_a": "a_is", "arm_b": "b_is"})
        parts = {run: coaching.parts_of(arms) for run, arms in _arms_of(part).items()}
        known = [
            next((each.name for each in parts[str(row.run)] if each[1:] == (row.a_is, row.b_is)), "")
            for row in named.itertuples()
        ]
        named = named.assign(outcome=outcome, role=whose, choice=known, learner=named["subject"])
        is_part = named["choice"] != ""
        yield named[~is_part].drop(columns=["choice", "learner"]).assign(question="arms")
        at_the_end = named["round"] == named["run"].map(planned(part))
        yield named[is_part & at_the_end].assign(question="parts", combinations=math.nan)


def _arms_of(runs: Runs) -> dict[str, list[str]]:
    """The arms of each run that has some."""
    arms = runs.rounds[runs.rounds["arm"].astype(str) != ""].astype({"run": str, "arm": str})
    return {str(run): list(names) for run, names in arms.groupby("run")["arm"].unique().items()}


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


CELLS = ("cells", "start")
"""The questions about cell against cell."""


def contrasts(runs: Runs) -> list[Contrast]:
    """What is compared between cells: one entry per choice that was varied; repetitions and lengths are none."""
    deciding = [name for name in runs.deciding() if name not in ("seed", "n_games", "game.n_rounds")]
    if not deciding or not len(runs.rounds):
        return []
    last = last_round(runs)
    role = "learner" if last > 1 and runs.runs["learner"].isin(PLAYERS).all() else ""
    found = []
    for choice in deciding:
        others = tuple(name for name in deciding if name != choice)
        groups = runs.runs.groupby(list(others) or (lambda _: 0), dropna=False)
        one_item = all(groups[name].nunique(dropna=False).max() <= 1 for name in item_choices(runs))
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


def _between(runs: Runs, names: Frame) -> Iterator[Frame]:
    """Each contrast's changes since round 1, in the last round that all plan; where there is one round, that one."""
    for contrast in contrasts(runs):
        last, shown = contrast.last, first_and_last(runs)
        compare = partial(
            comparisons.cells,
            between=contrast.choice,
            base=1 if last > 1 else None,
            within=contrast.within,
            against=contrast.against,
        )
        for outcome, metric, role in compared(runs, contrast.role, one_item=contrast.one_item):
            part = _tested(compare, shown, metric, role, [*contrast.within, "arm", "round", "a_is", "b_is"])
            part = part[part["round"] == last].reset_index(drop=True)
            if len(part):
                both = [cells_and_currency(runs, names, contrast, row) for row in part.to_dict("records")]
                part["numbers"], part["currency"] = zip(*both, strict=True)
                question = "cells" if last > 1 else "start"
                yield part.assign(question=question, outcome=outcome, choice=contrast.choice, role=role, subject="")


def _is(values: pd.Series, value: Any) -> pd.Series:
    """Where a choice has this value; a choice that is not set equals another that is not."""
    return values.isna() if pd.isna(value) else values == value
