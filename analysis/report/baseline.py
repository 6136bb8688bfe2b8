"""What known opponents get in the same place, as a table of the report; where none plays, the command that adds one."""

from __future__ import annotations

import shlex

import pandas as pd

from bargain.config.identity import key_of
from bargain.records import PLAYERS
from bargain.rundir.record import listed, read_record

from ..data.runs import Runs
from ..measures.baseline import beside, is_model, seat_of
from ..measures.main_effects import OUTCOMES, measured
from .tables import ReportColumn, ReportTable, shown

ADDED = "opponent-boulware"
"""The one that a command adds: of those that always reach a deal where they can, the one that gets most."""


def known_opponents(runs: Runs, cell_names: pd.DataFrame) -> ReportTable:
    """A row per cell, arm and known opponent; none where no known opponent plays beside models."""
    found = beside(runs)
    rows: dict[tuple[str, ...], dict[str, object]] = {}
    cells = cell_names.astype({"run": str}).set_index("run")
    for each in found.to_dict("records"):
        row = rows.setdefault((each["run"], str(each["arm"]), each["known"]), {"run": each["run"]})
        row |= {
            "number": cells.at[each["run"], "number"],
            "cell": cells.at[each["run"], "cell"],
            "known": each["known"],
        }
        row |= {"arm": str(each["arm"]), "currency": each["currency"]}
        row |= measured(each, each["outcome"], "difference", signed=True)
        row |= {f"{each['outcome']}_{name}": each[name] for name in ("difference", "p")}
    frame = pd.DataFrame(list(rows.values()), columns=None if rows else ["run", "known"])
    columns = shown(
        frame,
        ReportColumn("#", "number", "key"),
        ReportColumn("Cell", "cell", "key"),
        ReportColumn("Arm", "arm", "key"),
        ReportColumn("Beside", "known"),
        *(
            ReportColumn(said.capitalize(), outcome, kind, f"{outcome}_low", f"{outcome}_high", signed=True)
            for outcome, (said, kind) in OUTCOMES.items()
        ),
    )
    seat = str(found["role"].iloc[0]) if len(found) else "player"
    note = (
        f"Each cell less the known opponent that had the {seat}'s seat against the same rival, in the last round; no "
        f"deal is a surplus of 0. A {seat} that gets less than a formula does from the same rivals is beaten by it. "
        "The tests of the page are of the other cells. Brackets: 95% intervals. Exploratory."
    )
    return ReportTable("baseline", "Beside known opponents", frame, columns, note)


def adding(runs: Runs) -> str:
    """The command that plays a known opponent in the place of the models, for the price of the rival's calls.

    "" where one has the seat, nobody but formulas plays, the runs' commands are not on record, or arms share a first
    round: the arm without a coach is the control there.
    """
    frame = runs.runs
    learners = set(frame["learner"].fillna("").astype(str))
    seats = [role for role in PLAYERS if is_model(runs, role).all() and learners <= {role, ""}]
    if not len(frame) or not seats or seat_of(runs):
        return ""
    record = read_record(runs.path(str(frame["run"].iloc[0])))
    if (
        record is None
        or not {"sweep", "overrides"} & record.texts.keys()
        or (runs.rounds["arm"].astype(str) != "").any()
    ):
        return ""
    seat, coached, sweep = seats[0], learners != {""}, listed(record.texts, "sweep")
    left_out = (f"engine@{seat}.engine", f"{seat}.engine.", "hydra.mode", "hydra.sweep.dir", *["feedback"] * coached)
    said = [each for each in sweep or listed(record.texts, "overrides") if not key_of(each).startswith(left_out)]
    said.append(f"engine@{seat}.engine={ADDED}")
    if coached:
        said.append("feedback=none")  # it hears no advice
    judge = str(frame["moderator_engine"].iloc[0] or "")
    if seat == "buyer" and not coached and judge and not any(key_of(each).startswith("engine@moder") for each in said):
        said.append(f"engine@moderator.engine={judge}")  # who followed the buyer's
    return shlex.join(["bargain", *(["-m"] if sweep else []), *said])
