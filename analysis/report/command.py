"""The command `bargain-report DIR...`: one page about runs, with its tables and figures as files beside it.

    bargain-report outputs/2026-11-23/12-00-00-criticize_seller
    bargain-report outputs/sweeps/* --out paper/report --reference fu2023 --alias gpt-4o=gpt-4

index.html needs no network and no script. tables/ holds each table as CSV and LaTeX, figures/ each figure as SVG, PNG
and PDF. It only reads the runs; equal runs give equal files. What a report says: content.py.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bargain.terminal import prepare

from .. import figures
from ..data.asked import Refused, cannot_write, loaded
from ..data.once import remembered
from ..data.runs import Runs
from ..measures.duplicates import without_copies
from ..measures.factors import factors
from ..text import one_line
from . import games as report_games
from .content import Content, content
from .corrected import Bench, rates_of, read_bench
from .equivalence import margins
from .page import drawing, page, table
from .tables import ReportTable

REFERENCES = ("fu2023",)
TABLES = ("crossplay", "baseline", "parts", "factors", "interactions", "factor_means", "private_values", "theory",
          "model", "equivalence", "simultaneous", "honesty", "honesty_examples",
          "cells", "rounds", "unfinished", "failed", "differences",
          "tests", "selection", "between", "channels", "adversaries", "beliefs", "branches", "frontier", "reference",
          "abilities", "moderators", "corrected", "power", "cost_by_seat", "cost_by_cell")  # fmt: skip
"""Every table that a report may write."""
_SHORT = {
    "crossplay": "Cross-play",
    "baseline": "Beside known opponents",
    "private_values": "Private values",
    "two_issues": "Two issues",
    "theory": "Theory",
    "model": "Two-part model",
    "equivalence": "Equivalence",
    "simultaneous": "All at once",
    "honesty": "Honesty",
    "honesty_examples": "What was said",
    "selection": "Survivors' problem",
    "between": "Between cells",
    "channels": "Talk",
    "adversaries": "Attacks",
    "beliefs": "Beliefs",
    "branches": "What if",
    "frontier": "Effort and money",
    "reference": "The paper",
    "abilities": "Abilities",
    "moderators": "Moderator",
    "corrected": "Corrected",
    "power": "Games needed",
}


PICTURES = ("effects", "arms", "price_by_round", "gains", "pairs", "tradeoff")
"""What the first screen shows: the first of these that the runs have data for."""


class Pictures(NamedTuple):
    """The figures that could be drawn, as the template takes them, and why the others could not."""

    figures: list[dict[str, Any]]
    missing: list[str]


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(prepare("bargain-report")))


def run(arguments: Sequence[str]) -> int:
    """Makes the report, says where it lies, and returns the exit code. Errors are one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        if options.reference not in (None, *REFERENCES):
            raise Refused(f"no reference {one_line(options.reference)!r}; there is {', '.join(REFERENCES)}")
        aliases = _aliases(options.alias) if options.reference else None
        runs, copies = without_copies(loaded(options.directory))
        place = Path(options.out) if options.out else _place(options.directory)
        command = shlex.join(["bargain-report", *arguments])
        asked, bench = _interactions(runs, options.interaction), _bench(options.judged)
        named = _margins(options.margin)
        errors = _errors(options.errors)
        with remembered():
            said = content(runs, options.directory, command, aliases, copies, asked, bench, named, errors)
            _write(runs, said, place, aliases)
    except Refused as refused:
        print(f"bargain-report: {refused}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"bargain-report: {cannot_write(error)}", file=sys.stderr)
        return 2
    print(f"bargain-report: {place / 'index.html'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bargain-report",
        description="Makes one self-contained HTML page about runs and sweeps: cells, figures, tests in words, "
        "dialogues, costs; with every table as CSV and LaTeX and every figure as SVG, PNG and PDF beside it.",
        epilog="It only reads the runs, finished or not. What stands in a report: docs/report.md.",
    )
    parser.add_argument("directory", nargs="+", metavar="DIR", help="run directories, sweeps, folders or globs of them")
    parser.add_argument(
        "--out", metavar="PLACE", help="folder of the report; default: DIR/report, of several DIRs report"
    )
    parser.add_argument(
        "--reference", metavar="NAME", help=f"published numbers beside one's own: {', '.join(REFERENCES)}"
    )
    parser.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="OWN=THEIRS",
        help="an engine of one's own beside one of the paper's",
    )
    parser.add_argument(
        "--interaction",
        action="append",
        default=[],
        metavar="A:B",
        help="whether choice A does another thing at each value of choice B: seller.engine.name:memory.name, or the "
        "beginnings of their names",
    )
    parser.add_argument(
        "--margin",
        action="append",
        default=[],
        metavar="OUTCOME=SIZE",
        help="the smallest difference that would matter: price=0.50, surplus=1, deal_rate=5%%; tests whether "
        "differences are shown to be smaller",
    )
    parser.add_argument(
        "--judged",
        metavar="JUDGE.json",
        help="what bargain-judge found of the moderators: deal rates corrected for their errors",
    )
    parser.add_argument(
        "--errors",
        action="append",
        default=[],
        metavar="RATE",
        help="how many verdicts of a moderator may be wrong (5%%): between which values deal rates and prices then lie",
    )
    return parser


def _errors(named: list[str]) -> list[float]:
    try:
        return rates_of(named)
    except ValueError as error:
        raise Refused(f"--errors {one_line(' '.join(named))}: {error}") from None


def _margins(named: list[str]) -> dict[str, float]:
    try:
        return margins(named)
    except ValueError as error:
        raise Refused(f"--margin {one_line(' '.join(named))}: {error}") from None


def _bench(path: str | None) -> dict[str, Bench] | None:
    if path is None:
        return None
    try:
        return read_bench(Path(path))
    except OSError as error:
        raise Refused(f"--judged {one_line(path)} cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise Refused(f"--judged {one_line(path)}: {error}") from None


def _aliases(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if pair.count("=") != 1:
            raise Refused(f"--alias {one_line(pair)!r}: write OWN=THEIRS, as in gpt-4o=gpt-4")
    return dict(pair.split("=") for pair in pairs)


def _interactions(runs: Runs, asked: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of varied choices that --interaction names, each by its name or an unmistakable beginning of it."""
    varied = factors(runs)
    pairs = []
    for pair in asked:
        found = [[name for name in varied if name.startswith(part) and part] for part in pair.split(":")]
        if len(found) != 2 or any(len(names) != 1 for names in found) or found[0] == found[1]:
            there = ", ".join(varied) or "nothing"
            raise Refused(f"--interaction {one_line(pair)!r}: name two choices that were varied, A:B, of {there}")
        pairs.append((found[0][0], found[1][0]))
    return pairs


def _place(directories: Sequence[str]) -> Path:
    only = Path(directories[0]).expanduser()
    return only / "report" if len(directories) == 1 and only.is_dir() else Path("report")


def _write(runs: Runs, said: Content, place: Path, aliases: Mapping[str, str] | None) -> None:
    """Everything into `place`; what an earlier report left there under a name of ours goes."""
    tables, drawings = place / "tables", place / "figures"
    for folder in (place, tables, drawings):
        if folder.is_symlink():  # a run directory may be a stranger's: nothing is written through a link
            folder.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    _forget(tables, TABLES, ("csv", "tex"))
    papers = figures.reference_figures(aliases)
    _forget(drawings, [each.name for each in (*figures.FIGURES, *papers)], figures.FORMATS)
    (place / "index.html").unlink(missing_ok=True)
    for each in said.all_tables:
        (tables / f"{each.name}.csv").write_text(each.csv(), encoding="utf-8")
        (tables / f"{each.name}.tex").write_text(_noted(each, said.simulated).latex(), encoding="utf-8")
    compared = any(each.name == "reference" for each in said.all_tables)
    own, beside = (_draw(runs, each, drawings) for each in (figures.FIGURES, papers if compared else ()))
    (place / "index.html").write_text(page(_shown(runs, said, own, beside)), encoding="utf-8")


def _forget(folder: Path, names: Sequence[str], endings: Sequence[str]) -> None:
    for name in names:
        for ending in endings:
            (folder / f"{name}.{ending}").unlink(missing_ok=True)


def _noted(made: ReportTable, simulated: str) -> ReportTable:
    """A table on its own says too that embedded negotiators played."""
    return replace(made, note=" ".join(filter(None, (made.note, simulated))))


def _draw(runs: Runs, wanted: Iterable[figures.Figure], folder: Path) -> Pictures:
    found = Pictures([], [])
    for figure in wanted:
        try:
            chart = figure.draw(runs)
        except figures.NotEnough as reason:
            found.missing.append(f"{figure.title} ({str(reason).rstrip('.')})")
            continue
        figures.save(chart, folder / figure.name)
        svg = drawing((folder / f"{figure.name}.svg").read_text(encoding="utf-8"))
        found.figures.append({"name": figure.name, "title": figure.title, "caption": figure.caption, "svg": svg})
    return found


def _shown(runs: Runs, said: Content, drawn: Pictures, beside: Pictures) -> dict[str, Any]:
    """The content as the template takes it: tables as cells, and the sections there are."""
    plain: dict[str, Any] = dict(vars(said))
    plain |= {name: table(getattr(said, name)) for name in ("cells", "rounds")}
    differences, implied = said.differences.frame, said.differences.frame["implied"] != ""
    for name, kept in (("differences", ~implied), ("implied", implied)):
        frame = differences[kept].reset_index(drop=True)
        plain[name] = table(replace(said.differences, frame=frame, columns=said.differences.columns[:3], note=""))
    lists = ("crossplay", "factors", "folded", "missing", "tables", "costs")
    plain |= {name: [table(each) for each in getattr(said, name)] for name in lists}
    plain |= {"found": table(said.answer.found), "more": said.answer.more, "unsure": said.answer.unsure}
    plain |= {"ran": said.answer.made, "nothing": table(said.nothing)}
    picture = next((each for name in PICTURES for each in drawn.figures if each["name"] == name), None)
    sections = [
        *((each.name, _SHORT[each.name], True) for each in said.crossplay),
        ("factors", "Main effects", bool(said.factors)),
        *((each.name, _SHORT[each.name], True) for each in said.folded),
        ("cells", "Cells", True),
        ("question", "What differs", True),
        ("figures", "Figures", bool(drawn.figures or drawn.missing)),
        ("tests", "Tests", bool(len(said.tests.frame))),
        *((each.name, _SHORT[each.name], True) for each in said.tables),
        ("dialogues", "Dialogues", bool(said.dialogues)),
        ("feedback", "Feedback", bool(said.feedback)),
        ("costs", "Cost", bool(said.costs)),
        ("made", "How this was made", True),
    ]
    return plain | {
        "picture": [picture] if picture else [],
        "changed_since": any(column.title.startswith("Change of") for column in said.answer.found.columns),
        "sure_count": sum(len(rows) for _, rows in said.questions),
        "figures": [each for each in drawn.figures if each is not picture],
        "not_drawn": drawn.missing,
        "paper_figures": beside.figures,
        "paper_not_drawn": beside.missing,
        "dialogue_rule": report_games.RULE,
        "feedback_rule": report_games.FEEDBACK_RULE,
        "tests": said.questions,
        "several": len(runs) > 1,
        "cell_count": len(runs),
        "contents": [(name, title) for name, title, there in sections if there],
    }
