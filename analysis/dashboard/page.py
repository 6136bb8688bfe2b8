"""The frame of every page: its head, the filters, and the one view that the address names."""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from functools import cache
from importlib import import_module

import streamlit as st

from ..data.once import remembered
from ..data.run_facts import who_is_simulated
from . import address, filters, style
from .data import Chosen, load_chosen

WARM_UP_AFTER_S = 3.0
SIDEBAR_PX = 236
VIEWS = ("runs", "compare", "game", "live", "cost")


def show(where: Sequence[str]) -> None:
    """Draws the page for the runs at or below these paths."""
    st.set_page_config("bargain", style.ICON, layout="wide", initial_sidebar_state=SIDEBAR_PX)
    st.html(style.CSS)
    st.html(style.BACK, unsafe_allow_javascript=True)
    address.begin()
    found = load_chosen(where)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        view = address.one(
            "view", "View", VIEWS, widget=st.segmented_control, label_visibility="collapsed", required=True
        )
        _say_what_is_shown(found)
    vain = st.empty()
    if len(found.runs):
        with remembered():
            chosen = filters.choose(found)
            if len(chosen.runs):
                # a view is imported when it is looked at: the first table need not wait for scipy
                import_module(f"{__package__}.{view}_view").show(chosen)
            else:
                st.info("No run passes the filters at the left.")
    else:
        st.info("There are no runs here yet. A run directory holds games.jsonl or .hydra/config.yaml.")
        st.text("\n".join(where))
    if asked := address.unknown():
        with vain.container(key="vain"):
            st.text(f"The address asks for what these runs do not have: {', '.join(asked)}")
    address.end()
    _warm_up()


@cache
def _warm_up() -> None:
    """Imports what the other views need while the first page is read: scipy and altair take a second.

    Not at once: the browser is still fetching the table's scripts from this process.
    """
    timer = threading.Timer(WARM_UP_AFTER_S, _import_views)
    timer.daemon = True
    timer.start()


def _import_views() -> None:
    for view in VIEWS:
        import_module(f"{__package__}.{view}_view")
    gc.freeze()  # Streamlit has all that can be collected looked through after every run of a page


def _say_what_is_shown(found: Chosen) -> None:
    who = who_is_simulated(found.runs.runs)
    if who:
        st.badge(
            "simulated" if who == "everybody" else f"simulated: {who}",
            color="orange",
            help="Embedded negotiators played: these numbers say nothing about language models.",
        )
