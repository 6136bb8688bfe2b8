"""What a report says, in its order: the question, the tables, the tests, the dialogues, how it was made.

It gathers what the files beside it make; where it stands on the page is the template's business. Nothing here reads
a clock: equal runs give an equal report.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from bargain.version import __version__

from ..data.directories import glance
from ..data.once import remembered
from ..data.prompts import Changed, changes
from ..data.run_facts import who_is_simulated
from ..data.runs import Runs
from ..measures import abilities as tiers
from ..measures import claims
from ..measures.baseline import seat_of
from ..measures.cell_names import named, ranges
from ..measures.duplicates import repeated
from ..measures.family import made_of, told_family, told_primary
from ..measures.metrics import metric_of
from ..measures.sentences import SURE, about
from ..text import choice, number, one_line
from . import answer as report_answer
from . import baseline as report_baseline
from . import cells as report_cells
from . import corrected as report_corrected
from . import effects as report_effects
from . import equivalence as report_equivalence
from . import games as report_games
from . import honesty as report_honesty
from . import models as report_models
from . import scenarios as report_scenarios
from . import upkeep as report_upkeep
from .answer import Answer
from .beliefs import believed
from .branches import what_if
from .crossplay import crossplay
from .frontier import money
from .tables import ReportColumn, ReportTable, shown
from .talk import adversaries, channels

SIMULATED = "Embedded negotiators played, not language models: these numbers show the program, not what models can do."
_SAME = (
    "item.name",
    "item.cost",
    "item.valuation",
    "scenario.name",
    "item.seller_opening",
    "item.buyer_opening",
    "game.name",
    "game.n_rounds",
    "game.max_exchanges",
    "seller_engine",
    "seller.engine.model",
    "seller.engine.temperature",
    "buyer_engine",
    "buyer.engine.model",
    "buyer.engine.temperature",
    "critic_engine",
    "channel.name",
    "adversary.name",
    "second_issue.name",
    "moderator.name",
    "moderator_engine",
    "feedback.name",
    "memory.name",
    "prompt.seller.version",
    "prompt.buyer.version",
    "prompt.critic.version",
    "prompt.moderator.version",
    "n_games",
    "seed",
    "scoring",
)
_PACKAGES = ("pandas", "scipy", "statsmodels", "altair")


@dataclass(frozen=True)
class Content:
    """Everything said, in texts and tables; `all_tables` are those that become files."""

    title: str
    lead: str
    simulated: str
    incomplete: str
    primary: str
    answer: Answer
    changed: list[Changed]
    question: list[str]
    also: list[str]
    same: list[tuple[str, str]]
    differences: ReportTable
    crossplay: list[ReportTable]
    factors: list[ReportTable]
    folded: list[ReportTable]
    cells: ReportTable
    rounds: ReportTable
    missing: list[ReportTable]
    tests: ReportTable
    family: str
    questions: list[tuple[str, list[dict[Any, Any]]]]
    nothing: ReportTable
    tables: list[ReportTable]
    costs: list[ReportTable]
    dialogues: list[report_games.Dialogue]
    feedback: list[report_games.Coaching]
    made: list[tuple[str, str]]
    all_tables: list[ReportTable] = field(default_factory=list)


@remembered()
def content(
    runs: Runs,
    directories: Sequence[str],
    command: str,
    aliases: Mapping[str, str] | None,
    copies: Sequence[str] = (),
    asked: Sequence[tuple[str, str]] = (),
    bench: Mapping[str, report_corrected.Bench] | None = None,
    margins: Mapping[str, float] | None = None,
    errors: Sequence[float] = (),
) -> Content:
    """The content of a report on these runs. aliases (not None) add the paper's numbers; see reference.compare.

    asked: pairs of choices whose interaction is wanted. bench: what is known of the moderators' errors.
    margins: by outcome the difference that would matter, as --margin names it. errors: shares of wrong
    verdicts to bound rates and prices by.
    copies: which runs were left out since another holds their games, in words.
    """
    names = named(runs)
    cells, rounds = report_cells.cells(runs, names)
    unfinished, failed = report_cells.missing(runs, names)
    differences = report_cells.differences(runs, names)
    judged = tiers.family(tiers.abilities(runs))
    others = runs.where(~names["baseline"].set_axis(runs.runs.index)) if names["baseline"].any() else runs
    found = claims.tests(others, names, judged, asked)
    factors = [each for each in report_effects.main_effects(others, found) if len(each.frame)]
    first = (crossplay(runs), report_baseline.known_opponents(runs, names))
    played = [each for each in first if len(each.frame)]
    family = made_of(found, judged)
    folded = [
        report_models.model(runs),
        report_equivalence.equivalence(found, margins or {}),
        report_equivalence.simultaneous(found, family),
        *report_honesty.honesty(runs),
    ]
    folded = [each for each in folded if len(each.frame)]
    effects = [
        *_questions_of_their_own(runs, others, names),
        *([report_effects.paper(runs, names, aliases)] if aliases is not None else []),
        report_effects.abilities(runs, list(found["p"].astype(float).where(found["primary"].astype(bool)))),
        report_upkeep.moderators(runs),
        report_corrected.corrected(runs, names, bench or {}, errors),
        report_effects.power(runs, names, family),
    ]
    effects = [_baseline_last(each, names) for each in effects]
    costs = [_baseline_last(each, names) for each in report_upkeep.spending(runs, names)]
    tests = _tests_table(found, judged)
    made = Content(
        title=f"Bargaining: {_told(list(names['cell']), 1) if len(names) == 1 else f'{len(names)} cells'}",
        lead=", ".join(one_line(each) for each in directories),
        simulated=_simulated(runs),
        incomplete=_incomplete(names),
        primary=told_primary(others, found, judged),
        answer=report_answer.answer(runs, found, names, first[1].frame),
        changed=list(changes(runs.runs, runs.deciding())),
        question=_question(runs, names),
        also=_counted_once(runs, names, copies),
        same=_same(runs),
        differences=differences,
        crossplay=played,
        factors=factors,
        folded=folded,
        cells=cells,
        rounds=rounds,
        missing=[each for each in (unfinished, failed) if len(each.frame)],
        tests=tests,
        family=told_family(found, judged),
        questions=_questions(found),
        nothing=_nothing(found, names),
        tables=[each for each in effects if len(each.frame) or each.name == "reference"],
        costs=[each for each in costs if len(each.frame)],
        dialogues=report_games.dialogues(runs, names),
        feedback=report_games.feedback(runs, names),
        made=_made(runs, directories, command),
    )
    listed = [*played, *factors, *folded, cells, rounds, unfinished, failed, differences, tests, *effects, *costs]
    made.all_tables.extend(each for each in listed if len(each.frame))
    return made


def _questions_of_their_own(runs: Runs, others: Runs, names: pd.DataFrame) -> list[ReportTable]:
    """The tables of what some runs ask and others do not; empty where nothing was played for them."""
    return [
        report_scenarios.private_values(runs, names),
        report_scenarios.theory(runs, names),
        report_scenarios.two_issues(runs, names),
        report_effects.selection(runs, names),
        report_effects.between(others, names),
        channels(others),
        adversaries(runs),
        believed(runs),
        what_if(runs),
        money(runs),
    ]


def _baseline_last(table: ReportTable, names: pd.DataFrame) -> ReportTable:
    """The table with the rows of known opponents that play beside models at its foot."""
    if "run" not in table.frame or not names["baseline"].any():
        return table
    last = table.frame["run"].astype(str).isin(names.loc[names["baseline"], "run"].astype(str))
    return replace(table, frame=table.frame.loc[last.sort_values(kind="stable").index].reset_index(drop=True))


def _tests_table(found: pd.DataFrame, judged: Sequence[float]) -> ReportTable:
    columns = (
        ReportColumn("#", "numbers"),
        ReportColumn("Test", "sentence"),
        ReportColumn("p, Holm", "p_holm", "p"),
    )
    return ReportTable("tests", "Tests", found, columns, told_family(found, judged))


def _questions(found: pd.DataFrame) -> list[tuple[str, list[dict[Any, Any]]]]:
    """The claims, by question."""
    claimed = [row for row in found.to_dict("records") if row["p_holm"] < SURE]
    groups = [(title, [row for row in claimed if row["question"] == name]) for name, title in claims.QUESTIONS.items()]
    return [(title, rows) for title, rows in groups if rows]


def _nothing(found: pd.DataFrame, names: pd.DataFrame) -> ReportTable:
    """The tests that found nothing, and those that claim nothing, a row each."""
    rows = []
    for row in found.to_dict("records"):
        if not row["p_holm"] < SURE:
            unit, known = metric_of(row["metric"]).unit, row["difference"] == row["difference"]
            told = number(row["difference"], unit, row["currency"], signed=True) if known else None
            kept = {name: row[name] for name in ("numbers", "low", "high", "n", "p", "p_holm", "note")}
            rows.append(kept | {"about": about(row), "outcome": claims.OUTCOMES[row["outcome"]], "round": row["round"],
                                "difference": told, "unit": unit})  # fmt: skip
    frame = pd.DataFrame(rows, columns=None if rows else ["about"])
    columns = shown(
        frame,
        ReportColumn("#", "numbers") if len(names) > 1 else None,
        ReportColumn("What", "about", "key"),
        ReportColumn("Outcome", "outcome"),
        ReportColumn("Round", "round"),
        ReportColumn("Difference", "difference", "said", "low", "high", "n"),
        ReportColumn("p, Holm", "p_holm", "p"),
        ReportColumn("p, not corrected", "p", "p"),
        ReportColumn("Note", "note"),
    )
    note = "No difference is shown here; that is not shown to be absent. – under p, Holm: exploratory or not tested."
    return ReportTable("nothing", "Nothing shown", frame, columns, note)


def _simulated(runs: Runs) -> str:
    """Who is simulated, and what that means."""
    who = who_is_simulated(runs.runs)
    if not who or who == "everybody":
        return SIMULATED if who else ""
    return f"{who[0].upper()}{who[1:]}. {SIMULATED}"


def _incomplete(names: pd.DataFrame) -> str:
    short = names[(names["finished"] < names["planned"]) | ~names["state"].isin(["finished"])]
    if not len(short):
        return ""
    states = ", ".join(f"{count} {state}" for state, count in short["state"].value_counts(sort=False).items())
    finished, planned = int(short["finished"].sum()), int(short["planned"].sum())
    told = f"{len(short)} of {len(names)} runs did not play to the end ({states})"
    told += f": they have {finished:,} of {planned:,} games."
    return told + (" Games that end early may differ from those still to come." if finished < planned else "")


def _question(runs: Runs, names: pd.DataFrame) -> list[str]:
    """What was varied and how much was played, in sentences."""
    rounds = sorted({int(each) for each in runs.runs.get("game.n_rounds", pd.Series(dtype=float)).dropna()})
    finished, planned, error = (int(names[name].sum()) for name in ("finished", "planned", "error"))
    cells = f"{len(names)} cells" if len(names) > 1 else "One cell"
    played = (
        f"{cells}, {planned:,} game{'s' * (planned != 1)} planned, {finished:,} finished, {error:,} of these failed"
    )
    if rounds:
        played += f"; {' or '.join(map(str, rounds))} round{'s' if rounds[-1] > 1 else ''} a game"
    who = ", ".join(dict.fromkeys(names["subject"]))
    coached = names["learner"].isin(["seller", "buyer", "both"]).any()
    told = [f"{played}.", f"{'Coached between rounds' if coached else 'Players'}: {one_line(who, 300)}."]
    varied = []
    following = runs.followers(runs.deciding())
    for name in runs.deciding():
        if name in following:
            continue
        values = [choice(each) for each in runs.runs[name].unique()]
        varied.append(f"{name} ({_told(values, 6)})")
    if varied:
        told.append(f"Varied: {'; '.join(varied)}.")
    elif len(names) > 1:
        told.append("The cells are repetitions: no choice differs between them.")
    if names["baseline"].any():
        known = ", ".join(dict.fromkeys(runs.runs.loc[names["baseline"].to_numpy(), f"{seat_of(runs)}_engine"]))
        cells = ranges(list(names.loc[names["baseline"], "number"]))
        told.append(
            f"Baseline: {one_line(known, 200)} as the {seat_of(runs)} (cells {cells}), at the foot of the tables; the "
            "other cells are tested without it."
        )
    return told


def _counted_once(runs: Runs, names: pd.DataFrame, copies: Sequence[str]) -> list[str]:
    """What is there more than once, and counts once."""
    told = [f"Counted once: {one_line(_told(copies, 3))}."] if copies else []
    again = runs.rounds.loc[repeated(runs.rounds), "run"]
    if len(again):
        cells = ranges(list(names.loc[names["run"].isin(again.unique()), "number"]))
        told.append(
            f"{len(again):,} rounds of cells {cells} are word for word those of an earlier cell (the same seed): where "
            "cells are pooled, these count once."
        )
    return told


def _told(values: Sequence[str], most: int) -> str:
    shown = ", ".join(one_line(each, 60) for each in values[:most])
    return f"{shown} and {len(values) - most} more" if len(values) > most else shown


def _same(runs: Runs) -> list[tuple[str, str]]:
    """The choices that all cells share, of those that decide what is played; unset ones are left out."""
    found = []
    drawn = ("item.cost", "item.valuation") if runs.rounds["own_terms"].any() else ()
    for name in _SAME:
        if name in runs.runs and name not in drawn and runs.runs[name].nunique(dropna=False) == 1:
            value = runs.runs[name].iloc[0]
            if not pd.isna(value) and str(value):
                found.append((name.replace("_engine", " engine"), one_line(choice(value), 120)))
    return found


def _made(runs: Runs, directories: Sequence[str], command: str) -> list[tuple[str, str]]:
    played = {str(glance(runs.path(str(run))).summary.get("version") or "unknown") for run in runs.runs["run"]}
    packages = []
    for name in _PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} (not installed)")
    return [
        ("Command", command),
        ("Directories", ", ".join(one_line(each) for each in directories)),
        ("Runs", str(len(runs))),
        ("Played with", "bargain " + ", ".join(sorted(one_line(each, 40) for each in played))),
        *_answered(runs),
        ("Analysed with", ", ".join([f"bargain {__version__}", *packages, f"Python {platform.python_version()}"])),
        ("Intervals", "95%: Wilson for rates, BCa bootstrap or Student's t for means; seeded, see docs/metrics.md"),
    ]


def _answered(runs: Runs) -> list[tuple[str, str]]:
    """The models that replies name, where they are none that was asked for."""
    seats: dict[str, set[str]] = {}
    for _, row in runs.runs.iterrows():
        asked = {str(value) for name, value in row.items() if str(name).endswith(".engine.model")}
        models = glance(runs.path(str(row["run"]))).summary.get("models")
        for seat, names in models.items() if isinstance(models, dict) else ():
            for name in names if isinstance(names, list) else ():
                if str(name) not in asked:
                    seats.setdefault(one_line(str(name), 60), set()).add(one_line(str(seat), 40))
    told = [f"{name} ({', '.join(sorted(seats[name]))})" for name in sorted(seats)]
    return [("Models that answered", _told(told, 12))] if told else []
