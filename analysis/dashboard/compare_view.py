"""Compare: what a sweep shows, as the report says it, and its cells by any metric, as figures and tables.

The report's family of tests is the only one that claims something: whatever is asked of the cells here is exploratory.

?view=compare&cells=seller.engine.name&metric=price&to=5
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ..data.runs import Runs
from ..figures.colours import PALETTE
from ..measures import metrics
from ..text import interval, number, sentence
from . import address, cells, charts, claims_view
from .cells import CELL
from .data import Chosen, same_place
from .filters import NO_CHOICES

EVERY, EACH = "every pair", "run"
MOST = 12
"""So many cells can be told apart in a figure."""
POOLED = ("seed", "n_games")
"""What does not make another cell unless asked for: more games of the same."""
FORMULAS = "\n".join(f"- {metric.name}: {metric.formula}" for metric in metrics.METRICS if metric.role != "buyer")
LEVELS = {"values": "values of that round", "changes": "changes since round 1"}


def show(chosen: Chosen) -> None:
    """Chooses runs; a factorial's main effects, else the tests of the report below the cells; the cells by a metric."""
    names = [str(name) for name in chosen.runs.runs["run"]]
    shown = dict(zip(names, chosen.labels, strict=True))
    only = address.several("only", "Only these runs", names, shown=shown, find=same_place, placeholder="all runs")
    if only:
        chosen = chosen.where(chosen.runs.runs["run"].isin(only))
    if not len(chosen.runs.rounds):
        st.info("These runs have no finished game yet.")
        return
    if claims_view.is_factorial(chosen.runs):
        claims_view.show(chosen.key, chosen.runs)
        asked = any(name in st.query_params for name in ("cells", "metric", "role", "to", "against", "level"))
        with st.expander(f"The {len(chosen.runs)} cells, by any metric", expanded=asked):
            _explore(chosen)
    else:
        _explore(chosen)
        claims_view.show(chosen.key, chosen.runs)


def _explore(chosen: Chosen) -> None:
    """Chooses cells, a metric and a round; figures, a table, tests that claim nothing."""
    first = st.columns([6, 5, 4, 2])
    usual = [each for each in chosen.runs.deciding() if each not in POOLED]
    others = [str(name) for name in chosen.runs.runs.columns if _can_divide(chosen.runs.runs[name])]
    with first[0]:
        offered = list(dict.fromkeys([*usual, EACH, *others]))
        hint = ", ".join(usual) or "each run is a cell"
        columns = address.several("cells", "Cells differ by", offered, placeholder=hint)
    columns = [] if EACH in columns else columns or usual
    runs = cells.with_cells(chosen.runs, columns)
    with first[1]:
        metric = address.one("metric", "Metric", metrics.NAMES, "price", help=FORMULAS)
    roles = cells.roles_of(metric)
    with first[2]:
        role = address.one("role", "Whose", roles, shown=cells.role_told, disabled=len(roles) == 1)
    rounds = [str(each) for each in sorted(runs.rounds["round"].unique())]
    with first[3]:
        to = int(address.one("to", "Round", rounds, _usual_last(runs)))
    key = cells.chosen_key(chosen, columns)
    _show(key, runs, metric, role, to, str(_currency(runs)))


def _usual_last(runs: Runs) -> str:
    """The last round of the runs, or where they differ one that at least half of them have."""
    last = runs.rounds.groupby("run", observed=True)["round"].max()
    return str(int(last.quantile(0.5, interpolation="lower")))


def _can_divide(column: pd.Series) -> bool:
    """Whether a column of the runs says what was played, and differs between them."""
    return str(column.name) not in NO_CHOICES and column.nunique(dropna=False) > 1


def _currency(runs: Runs) -> str:
    """The one currency of the runs; nothing where they have several."""
    found: list[str] = list(runs.runs["item.currency"].dropna().unique()) if "item.currency" in runs.runs else []
    return str(found[0]) if len(found) == 1 else ""


def _show(key: str, runs: Runs, metric: str, role: str, to: int, currency: str) -> None:
    unit, names = cells.unit_of(metric), cells.names_of(runs)
    if not (runs.runs["state"] == "finished").all():
        st.caption("Some of these runs are not finished: the games they have are those that ended first.")
    other, other_unit = ("price", "currency") if metric == "deal_rate" else ("deal_rate", "rate")
    main = cells.by_round(key, metric, role, runs)
    beside = cells.by_round(key, other, "", runs)
    if len(names) > MOST:
        st.caption(f"The figures show the first {MOST} of {len(names)} cells; the table and the tests have them all.")
    both = pd.concat([main, beside], ignore_index=True)
    order = charts.in_order(both[both[CELL].isin(names[:MOST])], names)
    left, right = st.columns(2)
    for place, table, name, its_unit in ((left, main, metric, unit), (right, beside, other, other_unit)):
        shown = table[table[CELL].isin(names[:MOST])]
        with place:
            title = f"{name.replace('_', ' ')} ({currency if its_unit == 'currency' else its_unit})"
            if not len(shown):
                st.caption(f"No value of {name.replace('_', ' ')} in these games.")
                continue
            drawn = charts.by_round(shown, title, order, rate=its_unit == "rate")
            st.vega_lite_chart(spec=drawn, key=f"figure {name}")
    with st.container(horizontal=True, gap="small", key="legend"):
        for at, name in enumerate(order):
            with st.container(key=f"series-{at % len(PALETTE)}-{at}", width="content"):
                st.text(name)
    _table(main, beside, names, to, (unit, other_unit), currency)
    _tests(key, runs, metric, role, to, unit, currency, names)


def _table(
    main: pd.DataFrame, beside: pd.DataFrame, names: list[str], to: int, units: tuple[str, str], currency: str
) -> None:
    """The first and the asked round of each cell and arm, side by side."""
    parts = []
    for table, unit in ((main, units[0]), (beside, units[1])):
        for at in dict.fromkeys((1, to)):
            rows = table[table["round"] == at].set_index([CELL, "arm"])
            column = f"{rows['metric'].iloc[0].replace('_', ' ')}, round {at}" if len(rows) else f"round {at}"
            told = [
                f"{number(v, unit, currency)} {interval(lo, hi, unit) or why}"
                for v, lo, hi, why in rows[["value", "low", "high", "method"]].itertuples(index=False)
            ]
            parts += [pd.Series(told, index=rows.index, name=column), rows["n"].rename(f"n, {column}")]
    whole = pd.concat(parts, axis=1).reset_index()
    whole = cells.in_order(whole, names)
    counts = {
        name: st.column_config.NumberColumn("n", width=50) for name in whole.columns if str(name).startswith("n, ")
    }
    whole["arm"] = whole["arm"].astype(str).where(whole["arm"].notna(), "")
    if not whole["arm"].any():
        whole = whole.drop(columns="arm")
    st.dataframe(whole, hide_index=True, column_config=counts)


def _tests(key: str, runs: Runs, metric: str, role: str, to: int, unit: str, currency: str, names: list[str]) -> None:
    if to > 1:
        st.markdown(f"##### Round {to} against round 1 of the same games: {metric.replace('_', ' ')}")
        st.caption("Paired by game; exploratory, p not corrected. Brackets are 95% intervals.")
        found = cells.in_order(cells.tests(key, "change", metric, role, to, None, runs), names)
        _say(found, ["arm"], unit, currency, "change")
    arms = cells.tests(key, "arms", metric, role, to, None, runs)
    if len(arms):
        st.markdown(f"##### Arm against arm in round {to}: {metric.replace('_', ' ')}")
        st.caption("Paired by game: the arms share their first round. Exploratory, p not corrected.")
        _say(arms.assign(arm=arms["arm_b"] + " against " + arms["arm_a"]), ["arm"], unit, currency, "arms")
    if len(names) > 1:
        _between(key, runs, metric, role, to, unit, currency, names)
    if metric == "price" and to > 1:
        with st.expander("The survivors' problem: four estimates of the price change, see docs/metrics.md"):
            st.dataframe(cells.in_order(cells.selection(key, to, runs), names), hide_index=True)


def _between(key: str, runs: Runs, metric: str, role: str, to: int, unit: str, currency: str, names: list[str]) -> None:
    st.markdown(f"##### Cell against cell: {metric.replace('_', ' ')}")
    st.caption("Unpaired; paired by game where embedded negotiators share a seed. Exploratory, p not corrected.")
    left, right, _ = st.columns([3, 3, 4])
    with left:
        options = [EVERY, *names]
        against = address.one("against", "Against", options, EVERY if len(names) <= 4 else names[0])
    with right:
        levels = [each for each in LEVELS if each == "values" or to > 1]
        level = address.one("level", "Of", levels, shown=LEVELS)
    found = cells.tests(key, level, metric, role, to, None if against == EVERY else against, runs)
    found = found.assign(**{CELL: found["b_is"].astype(str) + " against " + found["a_is"].astype(str)})
    _say(found, ["arm"], unit, currency, "cells")


def _say(found: pd.DataFrame, more: list[str], unit: str, currency: str, name: str) -> None:
    """Each row as a sentence, and the whole as a table."""
    if not len(found):
        st.caption("Nothing to test: no game has a value on both sides.")
        return
    lines = []
    for row in found.itertuples():
        about = ", ".join(str(getattr(row, each)) for each in (CELL, *more) if str(getattr(row, each)))
        lines.append(f"{about}: {sentence(row, unit, currency)}")
    with st.container(key=f"words-{name}", height=260 if len(lines) > 10 else "content"):
        st.text("\n".join(lines))
    with st.expander("The same as a table"):
        st.dataframe(found, hide_index=True)
