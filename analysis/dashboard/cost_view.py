"""Cost: tokens and dollars per run, role and engine, and what a dollar of improvement costs.

?view=cost&group=engine
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from ..data.runs import Runs
from ..measures import costs
from . import address
from .data import Chosen

GROUPS = {"role": "by role", "engine": "by engine", "both": "by role and engine"}
KEYS = {"role": ["role"], "engine": ["engine"], "both": ["role", "engine"]}


def show(chosen: Chosen) -> None:
    """Sums first, then roles and engines, then each run."""
    frame = chosen.runs.runs
    _sums(frame)
    seats, per_run = _worked_out(chosen.key, chosen.runs)
    st.markdown("##### Who used what")
    group = address.one(
        "group",
        "Group",
        list(GROUPS),
        shown=GROUPS,
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    # a sum with an unknown part is unknown, not smaller
    summed = seats.groupby(KEYS[group], sort=False)[["input_tokens", "output_tokens", "cost_usd"]]
    st.dataframe(summed.sum(min_count=1, skipna=False).reset_index(), hide_index=True, column_config=_columns())
    st.markdown("##### What an improvement costs")
    st.caption(
        "The gain is the learner's paired price change from the first to the last round, more being better for it; "
        "brackets are 95% intervals. Tokens of a round include the feedback before it. See docs/metrics.md."
    )
    st.dataframe(_per_run(per_run, chosen), hide_index=True, column_config=_columns())


@st.cache_data(show_spinner=False, max_entries=16)
def _worked_out(key: str, _runs: Runs) -> tuple[pd.DataFrame, pd.DataFrame]:
    return costs.by_seat(_runs), costs.costs(_runs)


def _sums(frame: pd.DataFrame) -> None:
    known = frame["cost_usd"].dropna()
    games = int(frame["finished"].sum())
    unknown = len(frame) - len(known)
    with st.container(horizontal=True):
        st.metric("cost", f"${known.sum():,.2f}", help="USD, of the runs whose prices are known", border=True)
        st.metric("runs of unknown cost", unknown, border=True)
        st.metric("games", f"{games:,}", border=True)
        st.metric("prompt tokens", f"{frame['input_tokens'].sum():,}", border=True)
        st.metric("reply tokens", f"{frame['output_tokens'].sum():,}", border=True)
        prompts = frame["input_tokens"].sum()
        cached = frame["cached_tokens"].sum() / prompts if prompts else 0.0
        st.metric("prompts from cache", f"{100 * cached:.0f}%", border=True)
        if thought := int(frame["reasoning_tokens"].sum()):
            st.metric("of the replies, reasoning", f"{thought:,}", border=True)


def _per_run(table: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    told = pd.DataFrame(
        {
            "run": table["run"].map(chosen.labels.to_dict()),
            "arm": table["arm"],
            "games": table["games"],
            "tokens_per_game": table["tokens_per_game"],
            "usd_per_game": table["usd_per_game"],
            "gain": _with_interval(table, "gain", "gain_low", "gain_high", 2),
            "usd_per_gain": _with_interval(table, "usd_per_gain", "usd_per_gain_low", "usd_per_gain_high", 4),
            "note": table["note"],
        }
    )
    return told if (told["arm"] != "").any() else told.drop(columns="arm")


def _with_interval(table: pd.DataFrame, name: str, low: str, high: str, digits: int) -> list[str]:
    def text(value: float) -> str:
        return "∞" if math.isinf(value) else f"{value:,.{digits}f}"

    rows = zip(table[name], table[low], table[high], strict=True)
    return [
        "" if math.isnan(v) else text(v) + ("" if math.isnan(lo) else f" [{text(lo)}, {text(hi)}]")
        for v, lo, hi in rows
    ]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "run": column.TextColumn("run", width=330),
        "input_tokens": column.NumberColumn("prompt tokens", format="localized"),
        "output_tokens": column.NumberColumn("reply tokens", format="localized"),
        "cost_usd": column.NumberColumn("cost", format="$%.4f"),
        "games": column.NumberColumn("games", width=60),
        "tokens_per_game": column.NumberColumn("tokens per game", format="%.0f", width=110),
        "usd_per_game": column.NumberColumn("cost per game", format="$%.4f", width=100),
        "gain": column.TextColumn("gain", width=150),
        "usd_per_gain": column.TextColumn("USD per unit gained", width=170),
    }
