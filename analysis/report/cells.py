"""The report's first tables: which cells there are, how they did, what is missing, and in which choices they differ.

A cell is a run; it has a number from 1 in the order of the directories, by which the whole report calls it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..data.runs import Runs
from ..measures import metrics
from ..measures.cell_names import ranges
from ..measures.comparisons import change
from ..text import choice, key_in_words
from .tables import ReportColumn, ReportTable, shown

REPORTED = sorted(
    ((metric, metric.reported) for metric in metrics.METRICS if metric.reported),
    key=lambda entry: (bool(entry[1].unless), metrics.NAMES.index(entry[0].name)),
)
"""The metrics of every cell and round, in the order of their columns: what stands in for another comes last."""
KINDS = ("rate", "currency", "share")
"""Units that have a way of their own to be written."""
_PARTS = ("", "_low", "_high", "_n", "_method")


def estimates(runs: Runs) -> pd.DataFrame:
    """One row per run, arm and round: each of REPORTED and the change of price, with low, high, n and method."""
    keys = ["run", "arm", "round"]
    values = metrics.table(runs, [metric.name for metric, _ in REPORTED])
    whole = runs.rounds[keys].drop_duplicates().astype({"run": str, "arm": str})
    for metric, reported in REPORTED:
        part = values[(values["metric"] == metric.name) & (values["role"] == metric.role)]
        whole = _beside(whole, part, keys, reported.column, "value")
    changes = change(runs, "price")
    return _beside(whole, changes.assign(method=changes["note"]), keys, "change", "difference")


def _beside(whole: pd.DataFrame, part: pd.DataFrame, keys: list[str], name: str, value: str) -> pd.DataFrame:
    names = dict(zip((value, "low", "high", "n", "method"), (name + end for end in _PARTS), strict=True))
    named = part[[*keys, *names]].rename(columns=names).astype({"run": str, "arm": str})
    return whole.merge(named, on=keys, how="left")


def cells(runs: Runs, cell_names: pd.DataFrame) -> tuple[ReportTable, ReportTable]:
    """Every cell's first and last round, and every round. A run without a finished game has a row that says so."""
    whole = cell_names.merge(estimates(runs), on="run", how="left").sort_values(
        ["baseline", "number", "arm", "round"], kind="stable", ignore_index=True
    )
    whole["known"] = whole["baseline"].map({True: "known opponent", False: ""})
    factors = [name for name in runs.deciding() if name not in runs.followers(runs.deciding())]
    named_choices = runs.runs[["run", *factors]].astype({"run": str})
    named_choices[factors] = named_choices[factors].map(choice)
    whole = whole.merge(named_choices, on="run", how="left", suffixes=("", "_chosen"))
    whole["games"] = [_games(*each) for each in whole[["finished", "planned"]].to_numpy()]
    whole["said_round"] = [f"{each:.0f}" if each == each else "none played" for each in whole["round"]]
    chain = whole.groupby(["run", "arm"], dropna=False)["round"]
    ends = whole[(whole["round"] == 1) | (whole["round"] == chain.transform("max")) | whole["round"].isna()]
    columns = _columns(whole, factors, several=len(cell_names) > 1)
    notes = [reported.note for _, reported in REPORTED if reported.note]
    change_note = "Change: price of the same game since round 1, over games with a deal in both rounds."
    note = " ".join(dict.fromkeys([*notes, change_note, "Brackets: 95% intervals."]))
    if (whole["arm"].fillna("") != "").any():
        note += " All arms share round 1."
    every = ReportTable("rounds", "Every round", whole, columns, note)
    return ReportTable("cells", "Cells: first and last round", ends.reset_index(drop=True), columns, note), every


def _games(finished: int, planned: int) -> str:
    return f"{finished:,} of {planned:,}" if planned else f"{finished:,}"


def _columns(whole: pd.DataFrame, factors: Sequence[str], *, several: bool) -> tuple[ReportColumn, ...]:
    def column(title: str, name: str, kind: str, *, signed: bool = False) -> ReportColumn:
        return ReportColumn(title, name, kind, f"{name}_low", f"{name}_high", f"{name}_n", signed)

    measured = [
        column(reported.title, reported.column, metric.unit if metric.unit in KINDS else "number")
        for metric, reported in REPORTED
        if (not reported.unless or whole.loc[_lack(whole, reported.unless), reported.column].notna().any())
        and (not reported.where_failed or whole["error"].gt(0).any())
    ]
    return shown(
        whole,
        ReportColumn("#", "number", "key") if several else None,
        *([ReportColumn(key_in_words(name), name, "key") for name in factors] or [ReportColumn("Cell", "cell", "key")]),
        ReportColumn("Baseline", "known", "key") if whole["baseline"].any() else None,
        ReportColumn("Arm", "arm", "key"),
        ReportColumn("Games", "games", "key"),
        ReportColumn("Failed", "error", "count") if whole["error"].gt(0).any() else None,
        ReportColumn("Round", "said_round"),
        *measured,
        column("Change of price", "change", "currency", signed=True),
    )


def _lack(whole: pd.DataFrame, metric: str) -> pd.Series[bool]:
    """The rows in which this metric has no value, whoever's it is."""
    columns = [reported.column for entry, reported in REPORTED if entry.name == metric]
    return whole[columns].isna().all(axis=1)


def missing(runs: Runs, cell_names: pd.DataFrame) -> tuple[ReportTable, ReportTable]:
    """Runs that are not whole, and the rounds in which a call failed for good: both may be empty."""
    short = (cell_names["finished"] < cell_names["planned"]) | (cell_names["state"] != "finished")
    whole = cell_names[short | (cell_names["error"] > 0) | (cell_names["problem"] != "")].reset_index(drop=True)
    columns = (
        ReportColumn("#", "number"),
        ReportColumn("Run", "run"),
        ReportColumn("State", "state"),
        ReportColumn("Finished", "finished", "count"),
        ReportColumn("Planned", "planned", "count"),
        ReportColumn("Failed games", "error", "count"),
        ReportColumn("What is wrong", "problem"),
    )
    note = (
        "Unfinished runs stand in every table with the games they have; failed rounds count as rounds without a deal, "
        "but for the tests, which leave them out."
    )
    runs_table = ReportTable("unfinished", "Runs that are not whole", whole, columns, note)
    lost = runs.rounds[(runs.rounds["outcome"] == "error") & ~runs.rounds["repeat"]]
    lost = lost[["run", "game", "arm", "round", "reason"]].astype({"run": str, "arm": str, "reason": str})
    games = lost.merge(cell_names[["run", "number"]], on="run")[["number", "run", "game", "arm", "round", "reason"]]
    told = shown(
        games,
        ReportColumn("#", "number"),
        ReportColumn("Game", "game"),
        ReportColumn("Arm", "arm"),
        ReportColumn("Round", "round"),
        ReportColumn("Why", "reason"),
    )
    return runs_table, ReportTable("failed", "Games that failed", games, told)


def differences(runs: Runs, cell_names: pd.DataFrame) -> ReportTable:
    """The choices in which the cells differ, one row per value: which cells have it. Those that a preset's name already
    explains come after the others."""
    deciding = runs.deciding()
    names = [*deciding, *(name for name in runs.varying() if name not in deciding)]
    rows = []
    for name in names:
        for value, group in runs.runs.assign(number=list(cell_names["number"])).groupby(name, dropna=False, sort=False):
            implied = "" if name in deciding else "preset"
            rows.append((name, choice(value), ranges(list(group["number"])), len(group), implied))
    frame = pd.DataFrame(rows, columns=["choice", "value", "cells", "count", "implied"])
    columns = (ReportColumn("Choice", "choice", "key"), ReportColumn("Value", "value"), ReportColumn("Cells", "cells"))
    note = "A choice marked preset follows from the name of a preset that differs too."
    more = shown(frame, ReportColumn("Set by", "implied"))
    return ReportTable("differences", "What differs", frame, (*columns, *more), note if more else "")
