"""Runs: one row each, with the choices in which they differ, how far they are and what they cost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ..data.runs import Runs
from . import address
from .data import Chosen, changed
from .filters import texts

COLOURS = {
    "finished": "green",
    "running": "blue",
    "paused": "orange",
    "failed": "red",
    "crashed": "red",
    "empty": "gray",
}


def show(chosen: Chosen) -> None:
    """The table; rows that are ticked can be looked at or compared."""
    frame = chosen.runs.runs
    st.text(_summary(frame))
    table, columns = _table(chosen)
    picked = st.dataframe(
        table,
        column_config=columns,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(35 * (len(table) + 1) + 3, 440),
        key="runs table",
    )
    rows = [row for row in picked["selection"]["rows"] if row < len(frame)]
    names = list(frame["run"].iloc[rows])
    with st.container(horizontal=True):
        st.button("Look at its games", disabled=len(names) != 1, on_click=_look, args=(names,), icon=":material/forum:")
        st.button("Compare them", disabled=len(names) < 2, on_click=_compare, args=(names,), icon=":material/balance:")
        if not names:
            st.caption("Tick a row to look at its games, two or more to compare them.")
    _problems(chosen)


def _look(names: list[str]) -> None:
    address.go(view="game", run=names[0], game="", round="")


def _compare(names: list[str]) -> None:
    address.go(view="compare", only=names)


def _summary(frame: pd.DataFrame) -> str:
    states = ", ".join(f"{count} {state}" for state, count in frame["state"].value_counts().items())
    tokens = int(frame["input_tokens"].sum() + frame["output_tokens"].sum())
    cost = frame["cost_usd"]
    spent = f"${cost.sum():,.2f}" + (f" ({int(cost.isna().sum())} of unknown cost)" if cost.isna().any() else "")
    games = f"{frame['finished'].sum():,} of {frame['planned'].sum():,} games"
    failed = f", {frame['error'].sum():,} of them failed" if frame["error"].any() else ""
    return f"{len(frame)} runs: {states}  ·  {games}{failed}  ·  {tokens:,} tokens  ·  {spent}"


def _table(chosen: Chosen) -> tuple[pd.DataFrame, dict[str, Any]]:
    frame = chosen.runs.runs
    choices = {f"choice {column}": texts(frame[column]) for column in chosen.runs.deciding()}
    table = pd.DataFrame(
        {
            **(choices or {"label": chosen.labels.reset_index(drop=True)}),
            "state": frame["state"].map(lambda state: [state]),
            "done": (100 * frame["finished"] / frame["planned"].where(frame["planned"] > 0)).fillna(0.0),
            "finished": frame["finished"],
            **_last_round(chosen.runs),
            "cost_usd": frame["cost_usd"],
            "when": [pd.Timestamp(changed(chosen.runs.path(run) / "games.jsonl"), unit="s") for run in frame["run"]],
            "error": frame["error"],
            "tokens": frame["input_tokens"] + frame["output_tokens"],
            "wall_s": frame["wall_s"],
            "simulated": frame["simulated"],
            "problem": frame["problem"],
            "run": frame["run"],
        }
    )
    column = st.column_config
    configured: dict[str, Any] = {
        "label": column.TextColumn("run", width="medium"),
        "state": column.MultiselectColumn("state", options=list(COLOURS), color=list(COLOURS.values()), width=90),
        "done": column.ProgressColumn("done", min_value=0, max_value=100, format="%.0f%%", width=90),
        "finished": column.NumberColumn("games", width=60),
        "error": column.NumberColumn("failed", width=55, help="games that failed for good"),
        "deals": column.NumberColumn("deals", format="%.0f%%", width=60, help="deal rate of the last round"),
        "price": column.NumberColumn("price", format="%.2f", width=65, help="mean price of its deals"),
        "when": column.DatetimeColumn("when", format="YYYY-MM-DD HH:mm", width=120, help="the last game, UTC"),
        "tokens": column.NumberColumn("tokens", format="compact", width=65),
        "cost_usd": column.NumberColumn("cost", format="$%.2f", width=65),
        "wall_s": column.NumberColumn("time, s", format="%.0f", width=60),
        "simulated": column.CheckboxColumn("simulated", width=75),
        "problem": column.TextColumn("problem", width="medium"),
        "run": column.TextColumn("directory", width="medium"),
    }
    configured |= {f"choice {name}": column.TextColumn(name) for name in chosen.runs.deciding()}
    silent = [name for name in ("problem", "error") if not frame[name].any()]
    if frame["simulated"].nunique() == 1:  # the badge beside the views says it
        silent.append("simulated")
    return table.drop(columns=silent), configured


def _last_round(runs: Runs) -> dict[str, pd.Series]:
    """Of each run the deal rate in percent and the mean price of the deals, in the last round that it plans."""
    rounds = runs.rounds[~runs.rounds["repeat"]]
    rounds = rounds[rounds["round"] == rounds.groupby("run", observed=True)["round"].transform("max")]
    dealt = rounds["outcome"] == "deal"
    found = {
        "deals": 100 * dealt.groupby(rounds["run"], observed=True).mean(),
        "price": rounds["price"].where(dealt).groupby(rounds["run"], observed=True).mean(),
    }
    return {name: runs.runs["run"].map(values.rename(index=str)).astype(float) for name, values in found.items()}


def _problems(chosen: Chosen) -> None:
    problems = chosen.runs.problems
    if len(problems):
        with st.expander(f"What is wrong with files of these runs ({len(problems)})"):
            st.dataframe(problems, hide_index=True)
