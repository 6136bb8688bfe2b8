"""Game: one dialogue as a chat, with the offers, verdicts and feedback that belong to it.

?view=game&run=outputs/.../3&game=17&round=2
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from ..text import money
from . import address, rounds_shown
from .data import Chosen, same_place

KINDS = {
    "all": "all games",
    "no_deal": "without a deal in some round",
    "violations": "a player broke a rule",
    "disagreements": "the code disagrees with the moderator",
    "error": "a call failed for good",
}
ALL = "all"
MILD = rf"\w+:{rounds_shown.LAST_CONCESSION}=\d+"


def show(chosen: Chosen) -> None:
    """Chooses run, game, arm and round, then shows the rounds below each other."""
    names = [str(name) for name in chosen.runs.runs["run"]]
    top = st.columns([4, 3, 4])
    with top[0]:
        run = address.one("run", "Run", names, shown=dict(zip(names, chosen.labels, strict=True)), find=same_place)
    rounds = chosen.runs.rounds[chosen.runs.rounds["run"] == run]
    with top[1]:
        kinds = {name: text for name, text in KINDS.items() if name == "all" or _of_kind(rounds, name).any()}
        kind = address.one("games", "Games", list(kinds), shown=kinds)
    currency = _choice(chosen, run, "item.currency", "$")
    told = _told(rounds[rounds["game"].isin(rounds.loc[_of_kind(rounds, kind), "game"])], currency)
    if not told:
        st.info("This run has no finished game yet.")
        return
    with top[2]:
        game = int(address.one("game", f"Game ({len(told)})", list(told), shown=told))
    _show_game(chosen, run, game, list(told), currency)


def _show_game(chosen: Chosen, run: str, number: int, numbers: list[str], currency: str) -> None:
    try:
        game = chosen.runs.game(run, number)
    except (OSError, KeyError):
        st.info("This game is no longer in games.jsonl.")
        return
    played: list[dict[str, Any]] = game["rounds"]
    arms = list(dict.fromkeys(each["arm"] for each in played if each["arm"]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _step(numbers, number)
        if arms:
            arm = address.one("arm", "Arm", [ALL, *arms], width=220)
            played = [each for each in played if arm == ALL or each["arm"] in ("", arm)]
        options = [ALL, *dict.fromkeys(str(each["round"]) for each in played)]
        wanted = address.one("round", "Round", options, widget=st.segmented_control, required=True)
    if game.get("error"):
        with st.container(key="failed"):
            st.text(f"A call failed for good: {game['error']}")
    item = {name: _choice(chosen, run, f"item.{name}", None) for name in ("cost", "valuation")}
    limits = {name: float(value) for name, value in item.items() if value is not None}
    shown = [each for each in played if wanted in (ALL, str(each["round"]))]
    for each in shown:
        rounds_shown.show(each, currency, limits)
    if shown and not game.get("error"):
        _another_way(chosen.runs.path(run), number, shown[-1])


def _another_way(directory: Path, number: int, played: dict[str, Any]) -> None:
    """The command that leaves the game in this round, at its last turn that somebody chose."""
    own = [at for at, turn in enumerate(played["turns"], 1) if not turn["fixed"]]
    if own:
        arm = f" arm={shlex.quote(played['arm'])}" if played["arm"] else ""
        with st.expander("Play on from here, another way"):
            st.code(
                f"bargain branch={shlex.quote(str(directory))} game={number}{arm} round={played['round']} "
                f'turn={own[-1]} n=20 say="..."',
                language="bash",
                wrap_lines=True,
            )
            st.caption(
                f"Any turn from {own[0]} on, or turn=all; a change of config in place of say=: docs/branching.md"
            )


def _step(numbers: list[str], number: int) -> None:
    at = numbers.index(str(number))
    for icon, to, words in (
        (":material/chevron_left:", at - 1, "previous"),
        (":material/chevron_right:", at + 1, "next"),
    ):
        there = 0 <= to < len(numbers)
        target = numbers[to] if there else ""
        st.button(
            "", icon=icon, key=f"step {words}", help=f"{words} game", disabled=not there, on_click=_go, args=(target,)
        )


def _go(number: str) -> None:
    address.go(game=number)


def _of_kind(rounds: pd.DataFrame, kind: str) -> pd.Series:
    """Which rounds make their game one of this kind."""
    if kind == "no_deal":
        return rounds["outcome"] != "deal"
    if kind == "violations":
        return rounds["violations"].astype(str).str.replace(MILD, "", regex=True).str.strip() != ""
    if kind == "disagreements":
        return rounds["objections"] > 0
    if kind == "error":
        return rounds["outcome"] == "error"
    return pd.Series(True, index=rounds.index)


def _told(rounds: pd.DataFrame, currency: str) -> dict[str, str]:
    """Per game what its rounds came to: {"17": "17: $15 → $16 → walk away"}."""
    played = rounds[~rounds["repeat"] & (rounds["outcome"] != "not_played")]
    outcome = played["outcome"].astype(str).str.replace("_", " ")
    words = played["price"].map(lambda price: money(price, currency)).where(played["outcome"] == "deal", outcome)
    return {str(game): f"{game}: {' → '.join(each)}" for game, each in words.groupby(played["game"], sort=True)}


def _choice(chosen: Chosen, run: str, column: str, default: Any) -> Any:
    """One choice of the run's config."""
    frame = chosen.runs.runs
    value = frame.loc[frame["run"] == run, column].iloc[0] if column in frame else None
    return default if value is None or pd.isna(value) else value
