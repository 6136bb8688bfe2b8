"""The sidebar: which runs are looked at, by state and by any choice of their config.

?state=finished&game.name=criticize_seller      in every view
?by=item.name                                   offers a choice in which the runs do not differ, too
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ..data.columns import RUN_COLUMNS
from ..text import choice
from . import address
from .data import Chosen

STATES = ("finished", "running", "paused", "failed", "crashed", "empty")
NONE = "(none)"
NO_CHOICES = tuple(each.name for each in RUN_COLUMNS if each.unit or each.name in ("run", "problem", "state", "cell"))
"""Columns of the runs that say how a run went, not what was to be played."""
MOST = 6
"""More than so many choices are not offered unasked: they would fill the screen."""


def texts(column: pd.Series) -> pd.Series:
    """A column's values as they read in a filter: 5.0 is 5, a missing one is (none)."""
    return column.map(_text)


def _text(value: object) -> str:
    if value is None or value == "" or (isinstance(value, float) and pd.isna(value)):
        return NONE
    return choice(value)


def choose(found: Chosen) -> Chosen:
    """Draws the sidebar and gives the runs that it leaves."""
    frame = found.runs.runs
    columns = [str(name) for name in frame.columns if name not in NO_CHOICES]
    offered = found.runs.deciding()[:MOST]
    kept = pd.Series(True, index=frame.index)
    with st.sidebar:
        states = address.several(
            "state", "State", [each for each in STATES if (frame["state"] == each).any()], placeholder="any"
        )
        if states:
            kept &= frame["state"].isin(states)
        more = address.several(
            "by", "Filter by", [each for each in columns if each not in offered], placeholder="more of the config"
        )
        asked = [each for each in columns if each in st.query_params]
        for column in dict.fromkeys([*offered, *more, *asked]):
            values = texts(frame[column])
            picked = address.several(column, column, list(dict.fromkeys(values)), placeholder="any")
            if picked:
                kept &= values.isin(picked)
    return found.where(kept)
