"""What the chosen runs show, as bargain-report of the same runs says it: main effects first, in one family of tests.

?view=compare&interaction=seller.engine.name by memory.name
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pandas as pd
import streamlit as st

from ..data.runs import Runs
from ..measures import abilities, claims, factors, outcomes
from ..measures.cell_names import named
from ..measures.duplicates import without_copies
from ..measures.family import told_family, told_primary
from ..measures.main_effects import NOTES, OUTCOMES, effects_of, marginal_means
from ..measures.metrics import metric_of
from ..measures.sentences import OVER_ALL
from ..text import interval, number, probability
from . import address

BY = " by "
Frame = pd.DataFrame


def is_factorial(runs: Runs) -> bool:
    """Whether these runs have main effects to be shown."""
    return bool(outcomes.factorials(runs))


def show(key: str, runs: Runs) -> None:
    """The tests of the report on these runs; of a factorial its effects as a table first, everything else folded."""
    factorial = is_factorial(runs)
    asked: list[tuple[str, str]] = []
    if factorial:
        st.markdown("##### What each choice does, over all settings of the others")
        asked = _asked(runs)
    whole, judged = _claims(key, tuple(asked), runs)
    found = whole
    if not len(found):
        st.caption("Nothing to test yet: no game has a value on both sides.")
        return
    if factorial:
        for question in OVER_ALL:
            _effects(effects_of(found, question))
        st.caption(NOTES["factors"])
        _sentences(found[found["question"].isin(OVER_ALL)], "effects")
        with st.expander("Marginal means: each level over the settings of the others"):
            _effects(marginal_means(runs)[0])
            st.caption(NOTES["factor_means"])
        found = found[~found["question"].isin(OVER_ALL)]
    with st.container() if not factorial else st.expander(f"{len(found)} tests of the cells one by one"):
        for question, title in claims.QUESTIONS.items():
            part = found[found["question"] == question]
            if len(part):
                st.markdown(f"##### {title}")
                _sentences(part, question)
    with st.expander("Which tests are one family"):
        st.text(f"Primary outcomes: {told_primary(runs, whole, judged)}\n{told_family(whole, judged)}")


def _asked(runs: Runs) -> list[tuple[str, str]]:
    """The interactions that the page is asked for."""
    varied = factors.factors(runs)
    pairs = {BY.join(pair): pair for pair in permutations(varied, 2)}
    picked = address.several(
        "interaction", "Does one choice change what another does?", list(pairs), placeholder="no interaction"
    )
    return [pairs[each] for each in picked]


@st.cache_data(show_spinner=False, max_entries=16)
def _claims(key: str, asked: tuple[tuple[str, str], ...], _runs: Runs) -> tuple[Frame, list[float]]:
    """The tests of the report on these runs, with the name of the cell that each is about; the p of the abilities."""
    runs, _ = without_copies(_runs)
    judged = abilities.family(abilities.abilities(runs))
    cells = named(runs)
    found = claims.tests(runs, cells, judged, asked)
    labels = dict(zip(cells["number"].astype(str), cells["cell"], strict=True))
    return found.assign(cell=found["numbers"].map(labels).fillna("") if len(cells) > 1 else ""), judged


def _effects(frame: Frame) -> None:
    if not len(frame):
        return
    shown: dict[str, Any] = {name: frame[name] for name in ("learner", "choice", "levels", "arm") if name in frame}
    shown = {name: values for name, values in shown.items() if values.astype(str).ne("").any()}
    coached = bool((frame["round"] > 1).all())
    for outcome, (said, _) in OUTCOMES.items():
        if outcome in frame:
            unit = metric_of(outcome).unit if outcome == "deal_rate" else ""
            title = f"change of {said}" if coached else said
            shown[title] = [_told(row, outcome, unit) for row in frame.to_dict("records")]
            if f"{outcome}_p" in frame:
                shown[f"p, {said}"] = [probability(p) if p == p else "–" for p in frame[f"{outcome}_p"]]
    shown["settings"] = frame["combinations"]
    st.dataframe(pd.DataFrame(shown), hide_index=True)


def _told(row: dict[Any, Any], outcome: str, unit: str) -> str:
    value = row[outcome]
    if value is None or value != value:
        return "–"
    written = value if isinstance(value, str) else number(value, unit, signed=True)
    return f"{written} {interval(row[f'{outcome}_low'], row[f'{outcome}_high'], unit)}".strip()


def _sentences(found: Frame, name: str) -> None:
    lines = [f"{cell}: {said}" if cell else str(said) for cell, said in found[["cell", "sentence"]].to_numpy()]
    with st.container(key=f"words-claim-{name}", height=260 if len(lines) > 10 else "content"):
        st.text("\n".join(lines))
