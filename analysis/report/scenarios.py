"""The report's tables of what games are played for: private values, theory, two issues.

That of private values (did they agree where they could, and only there, and who got what?) is there where a run drew
its limits, or took them from a catalogue: with one item for all games, deal rate and shares say the same. That of two
issues is there where a second one was agreed beside the price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bargain.text import counted, money

from ..data.runs import Runs
from ..measures import metrics
from ..measures.cell_names import ranges
from ..measures.theory import predictions
from ..measures.two_issues import cell_of, kalai_smorodinsky, nash
from .tables import ReportColumn, ReportTable

SHOWN = (
    ("AGR+", "agr_plus", "", "rate"),
    ("FAGR−", "fagr_minus", "", "rate"),
    ("SE+", "se_plus", "", "share"),
    ("Pareto", "pareto", "", "rate"),
    ("Seller's surplus", "surplus", "seller", "currency"),
    ("Buyer's surplus", "surplus", "buyer", "currency"),
    ("Seller beyond limit", "ir_violation", "seller", "rate"),
    ("Buyer beyond limit", "ir_violation", "buyer", "rate"),
)
NOTE = (
    "AGR+: deals where some price suits both limits. FAGR−: deals where none does; rational players make none. SE+: "
    "what both gained of what there was to gain. Pareto: deals where one is possible and none where not. Beyond limit: "
    "of its deals, those in which a player took a price worse than no deal. Surplus counts from a player's limit (its "
    "outside option, where that is better), no deal as 0. Brackets: 95% intervals."
)


SHOWN_OF_TWO = (
    ("Deals", "deal_rate", "", "rate"),
    ("Of the most, both", "se_plus", "", "share"),
    ("Seller's surplus", "surplus", "seller", "currency"),
    ("Buyer's surplus", "surplus", "buyer", "currency"),
    ("Efficient", "pareto", "", "rate"),
    ("Left on the table", "left_on_table", "", "currency"),
    ("To Nash", "to_nash", "", "currency"),
    ("To Kalai-Smorodinsky", "to_ks", "", "currency"),
    ("Log-rolling", "logrolling", "", "share"),
)
NOTE_OF_TWO = (
    "Surplus counts the price and the second issue, at each player's own weight; no deal is 0 to both. Of the most: "
    "what both gained of the most that both could. Efficient: deals on the Pareto front. Left on the table: what both "
    "could still gain without loss to either. To Nash, to Kalai-Smorodinsky: how far both gains together are from "
    "those points, which are exact. Log-rolling: of what the best option gains over the middle one, the share that the "
    "agreed one gains, of the deals. Brackets: 95% intervals."
)


def theory(runs: Runs, names: pd.DataFrame) -> ReportTable:
    """What theory says of the cells, one row per theory and value; blank where an assumption does not hold.

    Empty where no game has terms of its own.
    """
    columns = (
        ReportColumn("Theory", "theory", "key"),
        ReportColumn("says", "says", "key"),
        ReportColumn("Value", "value", "number"),
        ReportColumn("Cells", "cells"),
        ReportColumn("Assumes", "assumes"),
    )
    if not runs.rounds["own_terms"].any():
        return ReportTable("theory", "Theory where it holds", pd.DataFrame(), columns)
    found = predictions(runs).merge(names[["run", "number"]], on="run")
    found["value"] = found["value"].round(6)
    keys = ["theory", "says", "value", "unit", "assumes"]
    rows = found.groupby(keys, sort=False, dropna=False)["number"].agg(lambda each: ranges(list(each)))
    note = (
        "A value is blank where a run does not meet the assumptions. Scripts and models with fixed openings are not "
        "the players that these theories are about: yardsticks, not expectations."
    )
    return ReportTable("theory", "Theory where it holds", rows.rename("cells").reset_index(), columns, note)


def private_values(runs: Runs, names: pd.DataFrame) -> ReportTable:
    """One row per run, arm and round of the runs whose games have terms of their own; empty without one."""
    drawn = runs.rounds.groupby("run", observed=False)["own_terms"].any()
    chosen = runs.where(runs.runs["run"].map(drawn.to_dict()).fillna(False).astype(bool))
    return _by_round(chosen, names, SHOWN, "private_values", "Private values", NOTE)


def two_issues(runs: Runs, names: pd.DataFrame) -> ReportTable:
    """The same of the runs with a second issue; below it both points, where they are the same in all of them."""
    name = "second_issue.name"
    chosen = runs.where(runs.runs[name] != "none") if name in runs.runs else runs.where(runs.runs["run"] == "")
    points = {_points(run) for run in chosen.runs.to_dict("records")} - {""}
    told = f"{points.pop()}. " if len(points) == 1 else ""
    return _by_round(chosen, names, SHOWN_OF_TWO, "two_issues", "Two issues", f"{told}{NOTE_OF_TWO}")


def _points(run: Mapping[Any, Any]) -> str:
    """The points of a run in words, "" where its limits are not set, or differ by game."""
    limits = [run.get(f"item.{name}") for name in ("cost", "valuation")]
    numbers = [float(each) for each in limits if isinstance(each, int | float) and each == each]
    cell = cell_of(run, *numbers) if len(numbers) == 2 and run.get("scenario.name", "fixed") == "fixed" else None
    found = (nash(cell), kalai_smorodinsky(cell)) if cell is not None else (None, None)
    unit, currency = str(run.get("second_issue.unit")), str(run.get("item.currency") or "$")
    return "; ".join(
        f"{name} at {money(point.price, currency)} and {counted(unit, point.option)}, where the seller gains "
        f"{money(point.seller, currency)} and the buyer {money(point.buyer, currency)}"
        for name, point in zip(("Nash", "Kalai-Smorodinsky"), found, strict=True)
        if point is not None
    )


def _by_round(
    chosen: Runs,
    names: pd.DataFrame,
    told: Sequence[tuple[str, str, str, str]],
    name_of_table: str,
    title: str,
    note: str,
) -> ReportTable:
    """These metrics (title, name, role, unit), a row per run, arm and round; empty without a round."""
    keys = ["run", "arm", "round"]
    shown = {"#": "number", "Cell": "cell", "Arm": "arm"}
    columns = [ReportColumn(title_of, name, "key") for title_of, name in shown.items()]
    columns.append(ReportColumn("Round", "round", "count"))
    if not len(chosen.rounds):
        return ReportTable(name_of_table, title, pd.DataFrame(), tuple(columns))
    whole = chosen.rounds[keys].drop_duplicates().astype({"run": str, "arm": str})
    values = metrics.table(chosen, [metric for _, metric, _, _ in told])
    for title_of, metric, role, kind in told:
        name = "_".join(filter(None, (role, metric)))
        part = values[(values["metric"] == metric) & (values["role"] == role)]
        named = {"value": name, **{end: f"{name}_{end}" for end in ("low", "high", "n", "method")}}
        part = part[[*keys, *named]].rename(columns=named).astype({"run": str, "arm": str})
        whole = whole.merge(part, on=keys, how="left")
        counted_as = "" if metric == "se_plus" else f"{name}_n"  # its n are dollars
        if whole[name].notna().any():
            columns.append(ReportColumn(title_of, name, kind, f"{name}_low", f"{name}_high", counted_as))
    whole = whole.merge(names[["run", "number", "cell", "currency"]], on="run")
    whole = whole.sort_values(["number", "arm", "round"], kind="stable", ignore_index=True)
    if not (whole["arm"] != "").any():
        del columns[2]
    return ReportTable(name_of_table, title, whole, tuple(columns), note)
