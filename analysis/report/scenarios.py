"""The report's table of private values: did they agree where they could, and only there, and who got what?

It is there where a run drew its limits, or took them from a catalogue: with one item for all games, deal rate and
shares say the same.
"""

from __future__ import annotations

import pandas as pd

from ..data.runs import Runs
from ..measures import metrics
from ..measures.cell_names import ranges
from ..measures.theory import predictions
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
    keys = ["run", "arm", "round"]
    shown = {"#": "number", "Cell": "cell", "Arm": "arm"}
    columns = [ReportColumn(title, name, "key") for title, name in shown.items()]
    columns.append(ReportColumn("Round", "round", "count"))
    if not len(chosen.rounds):
        return ReportTable("private_values", "Private values", pd.DataFrame(), tuple(columns))
    whole = chosen.rounds[keys].drop_duplicates().astype({"run": str, "arm": str})
    values = metrics.table(chosen, [metric for _, metric, _, _ in SHOWN])
    for title, metric, role, kind in SHOWN:
        name = "_".join(filter(None, (role, metric)))
        part = values[(values["metric"] == metric) & (values["role"] == role)]
        named = {"value": name, **{end: f"{name}_{end}" for end in ("low", "high", "n", "method")}}
        part = part[[*keys, *named]].rename(columns=named).astype({"run": str, "arm": str})
        whole = whole.merge(part, on=keys, how="left")
        counted = "" if metric == "se_plus" else f"{name}_n"  # its n are dollars
        if whole[name].notna().any():
            columns.append(ReportColumn(title, name, kind, f"{name}_low", f"{name}_high", counted))
    whole = whole.merge(names[["run", "number", "cell", "currency"]], on="run")
    whole = whole.sort_values(["number", "arm", "round"], kind="stable", ignore_index=True)
    if not (whole["arm"] != "").any():
        del columns[2]
    return ReportTable("private_values", "Private values", whole, tuple(columns), NOTE)
