"""The first screen of a report: what was asked, what was found, what is not sure, and what was run for it.

The rows are the page's own tests, by a rule that the design alone decides: the parts of coaching, else main effects of
a factorial, else arms and cells against each other, else each cell's change since round 1.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from bargain.rundir.record import listed, read_record

from ..data.runs import Runs
from ..measures.coaching import PARTS
from ..measures.main_effects import OUTCOMES, measured
from ..measures.outcomes import last_round
from ..measures.sentences import level
from ..text import key_in_words, one_line, usd
from .baseline import adding
from .tables import ReportColumn, ReportTable, shown

MOST = 7
"""So many rows fit the first screen; the others stand in the sections below. The parts of coaching are 10."""
_ORDER = (("parts",), ("factors", "interactions"), ("arms",), ("cells", "start"), ("price", "deals", "surplus"))
_LOGIN = re.compile(r"//[^/@\s]*@")


class Answer(NamedTuple):
    """What the first screen shows; `more` says how many rows it leaves out, `made` what was run: (name, text)."""

    found: ReportTable
    more: int
    unsure: list[str]
    made: list[tuple[str, str]]


def answer(runs: Runs, found: pd.DataFrame, names: pd.DataFrame, known: pd.DataFrame) -> Answer:
    """The first screen of these runs, from the tests of the page. known: the cells beside known opponents, whose rows
    stand at the foot, where the rows above are values too and no changes since round 1."""
    whole = found_table(found, names)
    parts = len(found) > 0 and bool((found["question"] == "parts").any())
    first = whole.frame.head(len(PARTS) if parts else MOST).reset_index(drop=True)
    more = len(whole.frame) - len(first)
    if len(known) and last_round(runs) == 1:
        last = known.assign(what=known["cell"], levels="against " + known["known"]).head(MOST)
        more += len(known) - len(last)
        whole, first = table_of(pd.concat([whole.frame, last])), pd.concat([first, last], ignore_index=True)
    return Answer(replace(whole, frame=first), more, unsure(runs, found), list(made(runs)))


def found_table(found: pd.DataFrame, names: pd.DataFrame) -> ReportTable:
    """A row for each thing that is compared, with all outcomes; the first group of _ORDER that the tests have."""
    group = next((each for each in _ORDER if len(found) and found["question"].isin(each).any()), ())
    part = found[found["question"].isin(group)] if group else found
    cells = dict(zip(names["number"].astype(str), names["cell"], strict=True))
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for each in part.to_dict("records"):
        last = each["round"] == part.loc[part["numbers"] == each["numbers"], "round"].max()
        if not last:
            continue
        what, levels = _told(each, cells, len(names))
        row = rows.setdefault((str(each["numbers"]), what, levels), {"what": what, "levels": levels})
        row["currency"], row["round"] = each["currency"], each["round"]
        row |= measured(each, each["outcome"], "difference", signed=True)
        row[f"{each['outcome']}_p"] = each["p_holm"]
    frame = pd.DataFrame(list(rows.values()), columns=None if rows else ["what", "levels", "round"])
    return table_of(
        frame, bool(len(frame)) and bool((frame["round"] > 1).all()) and group not in (("arms",), ("parts",))
    )


def table_of(frame: pd.DataFrame, since: bool = False) -> ReportTable:
    """Rows with all outcomes as a table. since: they are changes since round 1."""
    columns = shown(
        frame,
        ReportColumn("", "what", "key"),
        ReportColumn("", "levels"),
        *(
            column
            for outcome, (said, kind) in OUTCOMES.items()
            for column in (
                ReportColumn(f"Change of {said}" if since else said.capitalize(), outcome, kind, f"{outcome}_low",
                             f"{outcome}_high", signed=True),
                ReportColumn("p", f"{outcome}_p", "p"),
            )
        ),
    )  # fmt: skip
    return ReportTable("answer", "What was found", frame, columns)


def _told(row: dict[Any, Any], cells: dict[str, str], several: int) -> tuple[str, str]:
    """What a row is about, and which levels are compared."""
    if row["question"] in ("price", "deals", "surplus"):
        cell = cells.get(str(row["numbers"]), "") if several > 1 else str(row["subject"])
        arm = str(row["arm"]) if isinstance(row.get("arm"), str) else ""
        return ", ".join(filter(None, (cell, f"{arm} feedback" if arm else ""))), f"round {row['round']} against 1"
    levels = f"{level(row['b_is'])} against {level(row['a_is'])}"
    if row["question"] == "parts":
        return f"{row['subject']}: {row['choice']}" if several > 1 else str(row["choice"]), levels
    if row["question"] == "arms":
        cell = cells.get(str(row["numbers"]), "") if several > 1 else ""
        return ", ".join(filter(None, (str(row["subject"]), cell))), f"{levels} feedback"
    what = key_in_words(row["choice"])
    if row["question"] == "interactions":
        return (
            f"{what} by {key_in_words(row['at'])}",
            f"{levels}, at {level(row['at_b'])} against at {level(row['at_a'])}",
        )
    if row["question"] in ("cells", "start"):
        what += f" (#{row['numbers']})" if several > 2 else ""
    learner = row.get("learner")
    return f"{learner} coached, {what}" if isinstance(learner, str) and learner else what, levels


def unsure(runs: Runs, found: pd.DataFrame) -> list[str]:
    """What a reader should know before a claim is believed, a line each; empty where nothing is to be said."""
    frame, rounds = runs.runs, runs.rounds
    told = []
    finished, planned, error = (int(frame[name].sum()) for name in ("finished", "planned", "error"))
    if finished < planned:
        told.append(f"{planned - finished:,} of {planned:,} planned games are not played.")
    if error:
        told.append(f"{error:,} of {finished:,} games failed for good: no test counts them as lost deals.")
    disputed = int((rounds["disputed"].fillna(0) > 0).sum()) if "disputed" in rounds else 0
    if disputed:
        told.append(
            f"{disputed:,} of {len(rounds):,} rounds are disputed: told as deals, which the words do not bear out."
        )
    primary = found[found["primary"].astype(bool)] if len(found) else found
    few = int((primary["note"].astype(str).str.contains("too few|fewer than")).sum()) if len(primary) else 0
    if few:
        told.append(f"{few} of {len(primary)} tests have too few games for an interval or a test.")
    open_tests = int((primary["p_holm"].astype(float) >= 0.05).sum()) if len(primary) else 0
    if open_tests:
        told.append(f"{open_tests} of {len(primary)} tests show nothing: that is not to show no difference.")
    if command := adding(runs):
        told.append(f"No formula plays beside the models: {_LOGIN.sub('//', command)} adds one.")
    if not len(found):
        told.append("Nothing could be tested: one round, one cell, or too few games.")
    return told


def made(runs: Runs) -> Iterator[tuple[str, str]]:
    """The commands that made the runs, the commit they were played at and what they cost, from their journals."""
    commands: dict[str, None] = {}
    commits: dict[str, None] = {}
    for run in runs.runs["run"]:
        record = read_record(runs.path(str(run)))
        texts = record.texts if record else {}
        sweep, single = (
            [each for each in listed(texts, name) if not each.startswith(("hydra.mode=", "hydra.sweep.dir="))]
            for name in ("sweep", "overrides")
        )
        if sweep or "overrides" in texts:
            commands[_LOGIN.sub("//", shlex.join(["bargain", *(["-m", *sweep] if sweep else single)]))] = None
        commits[texts.get("git", "")] = None
    yield "Played by", _several(list(commands), "not on record")
    yield "Commit", _several([each[:12] + "+" * each.endswith("+") for each in commits if each], "not on record")
    cost = runs.runs["cost_usd"].astype(float)
    unknown = int(cost.isna().sum())
    yield "Cost", f"{usd(float(cost.sum()))}{f', and {unknown} runs of unknown cost' if unknown else ''}"


def _several(values: Sequence[str], nothing: str) -> str:
    more = f" and {len(values) - 2} more" if len(values) > 2 else ""
    return "; ".join(one_line(each, 400) for each in values[:2]) + more if values else nothing
