"""One round as it was played: the feedback heard before it, the dialogue as a chat, its price trace and its verdicts.

Everything that a player, a critic or a moderator wrote goes through st.text or a table, which show it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from ..text import money
from .charts import price_trace

ACTS = {"offer": "offers", "accept": "accepts", "reject": "rejects", "walk_away": "walks away"}
LAST_CONCESSION = "accepts_worse_than_own_offer"
"""Counted like the other inconsistencies, but most deals end with it and it breaks no rule (measures/abilities.py)."""
Record = Mapping[str, Any]


def show(played: Record, currency: str, limits: Mapping[str, float]) -> None:
    """Draws the round; limits are reservation prices by name."""
    name = re.sub(r"\W", "-", f"{played['arm']}-{played['round']}")
    with st.container(key=f"round-{name}"):
        st.text(_head(played, currency))
    for at, heard in enumerate(played["feedback"]):
        with st.container(key=f"feedback-{name}-{at}"):
            st.text(f"{heard['source']} feedback to the {heard['learner']}, before this round")
            st.text(heard["text"])
            if heard["acknowledgement"]:
                st.text(f"{heard['learner']} answers: {heard['acknowledgement']}")
    chat, beside = st.columns([3, 2], gap="medium")
    with chat, st.container(key=f"chat-{name}"):
        _chat(played, name, currency)
    with beside:
        st.vega_lite_chart(spec=price_trace(played["turns"], played["price"], limits), key=f"trace-{name}")
        _verdicts(played)


def _head(played: Record, currency: str) -> str:
    arm = f", {played['arm']}" if played["arm"] else ""
    came_to = (
        f"deal at {money(played['price'], currency)}"
        if played["outcome"] == "deal"
        else played["outcome"].replace("_", " ")
    )
    reason = f" ({played['reason']})" if played["reason"] else ""
    return f"Round {played['round']}{arm}: {came_to}{reason}, {len(played['turns'])} turns"


def _chat(played: Record, name: str, currency: str) -> None:
    verdicts = {each["turn"]: each for each in played["verdicts"]}
    for at, turn in enumerate(played["turns"], start=1):
        with st.container(key=f"turn-{turn['role']}-{turn['act']}-{name}-{at}"):
            st.text(turn["text"])
            st.text(_marks(turn, at, currency))
            for wrong in played["violations"]:
                if wrong["turn"] == at:
                    sign = "" if wrong["kind"] == LAST_CONCESSION else "⚠ "
                    st.text(f"{sign}{wrong['role']}: {wrong['kind'].replace('_', ' ')} ({wrong['detail']})")
        if at in verdicts:
            _verdict(verdicts[at], name, currency)


def _marks(turn: Record, at: int, currency: str) -> str:
    """What the code read in a turn, in one line."""
    act = ACTS.get(turn["act"], "")
    price = money(turn["offer"], currency) if turn["offer"] is not None else ""
    fixed = "set opening" if turn["fixed"] else ""
    return " · ".join(part for part in (f"{at} {turn['role']}", f"{act} {price}".strip(), fixed) if part)


def _verdict(verdict: Record, name: str, currency: str) -> None:
    doubted = bool(verdict["objections"])
    price = f" at {money(verdict['price'], currency)}" if verdict["price"] is not None else ""
    text = f"moderator: {verdict['state'].replace('_', ' ')}{price}"
    if doubted:
        text += f"; the code disagrees ({'; '.join(verdict['objections'])}); it stands: {verdict['stands']}"
    with st.container(key=f"verdict-{'doubted' if doubted else 'sound'}-{name}-{verdict['turn']}"):
        st.text(text)


def _verdicts(played: Record) -> None:
    """What the moderator wrote, word for word."""
    if not played["verdicts"]:
        return
    rows = [
        {
            "turn": each["turn"],
            "verdict": each["state"],
            "price": each["price"],
            "stands": each["stands"],
            "objections": "; ".join(each["objections"]),
            "said": each["text"],
            "quote": each["quote"],
        }
        for each in played["verdicts"]
    ]
    table = pd.DataFrame(rows)
    empty = [name for name in ("objections", "quote", "price") if not table[name].astype(bool).any()]
    with st.expander(f"Verdicts of the moderator ({len(rows)})", expanded=len(rows) <= 4):
        st.dataframe(table.drop(columns=empty), hide_index=True, row_height=30)
