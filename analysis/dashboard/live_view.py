"""Live: how far the runs are, looked at anew every two seconds while one of them plays.

It reads summary.json, which a run replaces every five seconds, and nothing that a run has open: no journal, no lock.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ..data.directories import SIGN_OF_LIFE_S, glance
from .data import Chosen, changed, last_parts, run_paths
from .runs_view import COLOURS
from .sweeps import cells_to_come

EVERY_S = 2.0
ORDER = ("running", "crashed", "failed", "paused", "empty", "finished")


def show(chosen: Chosen) -> None:
    """Draws the runs as they stand, again and again while one plays."""
    paths = {str(run): chosen.runs.path(str(run)) for run in chosen.runs.runs["run"]}
    labels = {str(run): str(label) for run, label in chosen.labels.items()}
    before = run_paths(chosen.places)
    not_begun = cells_to_come(before)
    plays = _plays(paths, not_begun)

    def draw() -> None:
        if run_paths(chosen.places) != before or (plays and not _plays(paths, not_begun)):
            st.rerun()  # the whole page: a run has come or ended
        _draw(paths, labels, not_begun, plays=plays)

    st.fragment(draw, run_every=EVERY_S if plays else None)()
    if not plays:
        st.caption("Nothing plays here now. When a run starts, reload the page.")


def _plays(paths: dict[str, Path], not_begun: int) -> bool:
    """Whether a run plays, or a sweep is between two cells."""
    if any(glance(path).state in ("running", "empty") for path in paths.values()):
        return True
    last = max((changed(path / "summary.json") for path in paths.values()), default=0.0)
    return not_begun > 0 and time.time() - last < SIGN_OF_LIFE_S


def _draw(paths: dict[str, Path], labels: dict[str, str], not_begun: int, *, plays: bool) -> None:
    rows = [_row(labels[run], run, *glance(path)) for run, path in paths.items()]
    rows.sort(key=lambda row: ORDER.index(row["state"][0]))
    table = pd.DataFrame(rows)
    if (table["label"] == table["run"]).any():  # nothing told the runs apart but their directories
        table["label"] = last_parts(table["run"])
    if not table["error"].any():
        table = table.drop(columns="error")
    if not plays:
        table = table.drop(columns=["rate", "left_s"])
    _sums(table, not_begun)
    st.dataframe(
        table,
        hide_index=True,
        column_config=_columns(),
        height=min(35 * (len(table) + 1) + 3, 480),
        key="live table",
        placeholder="",
    )
    st.caption("Prices are means of the deals so far, by round. Intervals and tests: see compare.")
    st.text(f"as of {time.strftime('%H:%M:%S')}")


def _row(label: str, run: str, state: str, summary: dict[str, Any]) -> dict[str, Any]:
    games = _mapping(summary.get("games"))
    done, planned = int(games.get("finished") or 0), int(games.get("planned") or 0)
    rounds = [row for row in summary.get("rounds") or [] if isinstance(row, dict)]
    prices = [row.get("mean_price") for row in rounds]
    wall, calls = float(summary.get("wall_s") or 0.0), _mapping(summary.get("calls"))
    live = int(calls.get("live") or 0)
    plays = state == "running" and done < planned
    return {
        "label": label,
        "state": [state],
        "done": 100 * done / planned if planned else 0.0,
        "games": f"{done:,} of {planned:,}",
        "error": int(games.get("error") or 0),
        "rounds": sum(int(row.get("games") or 0) - int(row.get("not_played") or 0) for row in rounds),
        "prices": [price for price in prices if price is not None],
        "first": rounds[0].get("deal_rate") if rounds else None,
        "last": rounds[-1].get("deal_rate") if rounds else None,
        "cost_usd": summary.get("cost_usd"),
        "rate": live / wall if plays and wall else None,
        "left_s": wall / done * (planned - done) if plays and done else None,
        "run": run,
        "done games": done,
        "planned games": planned,
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sums(table: pd.DataFrame, not_begun: int) -> None:
    done, planned = int(table["done games"].sum()), int(table["planned games"].sum())
    cost = pd.to_numeric(table["cost_usd"])
    states = table["state"].map(lambda each: each[0])
    with st.container(horizontal=True):
        st.metric("cells playing", f"{int((states == 'running').sum())}", border=True)
        st.metric("cells finished", f"{int((states == 'finished').sum())} of {len(table) + not_begun}", border=True)
        st.metric("games", f"{done:,} of {planned:,}", border=True)
        st.metric("rounds so far", f"{int(table['rounds'].sum()):,}", border=True)
        unknown = " + unknown" if cost.isna().any() else ""
        st.metric("cost so far", f"${cost.sum():,.2f}{unknown}", border=True)
    if not_begun:
        st.caption(f"Not begun: {not_begun} cells of the sweep. The bar counts those that have.")
    st.progress(min(done / planned, 1.0) if planned else 0.0)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "label": column.TextColumn("run", width=260),
        "state": column.MultiselectColumn("state", options=list(COLOURS), color=list(COLOURS.values()), width=85),
        "done": column.ProgressColumn("done", min_value=0, max_value=100, format="%.0f%%", width=85),
        "games": column.TextColumn("games", width=85),
        "error": column.NumberColumn("failed", width=55, help="games that failed for good"),
        "rounds": column.NumberColumn("rounds", width=65, format="localized"),
        "prices": column.LineChartColumn("price by round", width=105),
        "first": column.NumberColumn("deals, first", format="percent", width=80),
        "last": column.NumberColumn("deals, last", format="percent", width=80),
        "cost_usd": column.NumberColumn("cost", format="$%.2f", width=65),
        "rate": column.NumberColumn("calls/s", format="%.0f", width=60),
        "left_s": column.NumberColumn("left, s", format="%.0f", width=60),
        "run": column.TextColumn("directory", width="medium"),
        "done games": None,
        "planned games": None,
    }
