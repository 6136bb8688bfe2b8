"""Cells: the runs that are compared with each other, put together by choices of their config.

A cell is every run with the same values in the chosen columns; its name is made of those values. The numbers come from
`metrics` and `comparisons` of `bargain.analysis.measures`, worked out once for the same data and question.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ..data.once import once
from ..data.runs import Runs, said
from ..measures import comparisons, metrics
from .data import Chosen, last_parts
from .filters import texts

CELL = "cell"
LEARNER = "learner"


def with_cells(runs: Runs, columns: Sequence[str]) -> Runs:
    """The same runs with a column `cell`; without columns every run is a cell of its own.

    Runs that coach the seller and runs that coach the buyer are never in one cell: their changes would cancel.
    """
    whole = runs.where()
    frame = whole.runs
    if columns:
        names = _joined(frame, columns)
        if LEARNER not in columns and (frame.groupby(names)[LEARNER].nunique() > 1).any():
            names = _joined(frame, [*columns, LEARNER])
    else:
        names = pd.Series(runs.labels().to_numpy(), index=frame.index)
        if (names == frame["run"]).all():
            names = last_parts(names)
    if frame["simulated"].any() and not frame["simulated"].all():
        names += frame["simulated"].map({True: " (simulated)", False: ""})
    frame[CELL] = names.astype("str")
    return whole


def _joined(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The values of these columns; where there are several, each in words that say whose it is."""
    parts = [texts(frame[column]) for column in columns]
    if sum(column != LEARNER for column in columns) > 1:
        parts = [part.map(partial(said, column)) for column, part in zip(columns, parts, strict=True)]
    return pd.Series([", ".join(each) for each in zip(*parts, strict=True)], index=frame.index)


def names_of(runs: Runs) -> list[str]:
    """The cells in the order of their first run."""
    return list(dict.fromkeys(runs.runs[CELL]))


def in_order(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The rows sorted by cell as `names` has them, whatever else they are sorted by kept."""
    place = {name: at for at, name in enumerate(names)}
    return frame.sort_values(CELL, key=lambda column: column.astype(str).map(place), kind="stable", ignore_index=True)


def unit_of(metric: str) -> str:
    """The unit of a metric."""
    return metrics.metric_of(metric).unit


def roles_of(metric: str) -> list[str]:
    """Whose the metric can be; [""] for one of the round's own."""
    roles = [each.role for each in metrics.METRICS if each.name == metric]
    return [LEARNER, *roles] if "seller" in roles else roles


def role_told(role: str) -> str:
    """A role as a chooser shows it."""
    return {"": "of the round", LEARNER: "who is coached"}.get(role, role)


@st.cache_data(show_spinner=False, max_entries=64)
def by_round(key: str, metric: str, role: str, _runs: Runs) -> pd.DataFrame:
    """metrics.table of one metric and role per cell, arm and round. `key` names the data."""
    found = metrics.table(_runs, [metric], by=[CELL, LEARNER, "arm", "round"])
    whose = found[LEARNER] if role == LEARNER else role
    return found[found["role"] == whose].reset_index(drop=True)


@st.cache_data(show_spinner=False, max_entries=64)
def tests(key: str, kind: str, metric: str, role: str, number: int, against: str | None, _runs: Runs) -> pd.DataFrame:
    """The comparisons in one round: kind is change, arms, values or changes (of cells)."""
    asked = _of_rounds(_runs, number) if kind == "values" else _of_rounds(_runs, 1, number)
    if kind == "change":
        found = comparisons.change(asked, metric, role=role, by=[CELL])
    elif kind == "arms":
        found = comparisons.arms(asked, metric, role=role, by=[CELL])
    else:
        base = None if kind == "values" else 1
        found = comparisons.cells(asked, metric, CELL, role=role, base=base, against=against)
    return found[found["round"] == number].reset_index(drop=True)


@st.cache_data(show_spinner=False, max_entries=16)
def selection(key: str, number: int, _runs: Runs) -> pd.DataFrame:
    """The survivors' problem per cell and arm, from round 1 to this one."""
    return comparisons.selection_table(_of_rounds(_runs, 1, number), by=[CELL])


@once
def _of_rounds(runs: Runs, *numbers: int) -> Runs:
    """The same runs with only these rounds: made once, so that the tests of a page share what they make of it."""
    kept = runs.rounds["round"].isin(numbers)
    return runs if kept.all() else runs.only_rounds(kept)


def chosen_key(chosen: Chosen, *more: Any) -> str:
    """A key for the caches above: the data and what was asked of them."""
    return "|".join([chosen.key, *map(str, more)])
