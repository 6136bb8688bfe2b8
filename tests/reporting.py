"""A report whose figures are not the subject: made by the command, in this process, and read as plain data.

report = reported(tmp_path / "runs", "--margin", "price=0.5", figures=("gains",))
"""

from __future__ import annotations

import csv
import io
import unittest.mock
from collections.abc import Collection
from pathlib import Path

from bargain.analysis import figures as drawn
from bargain.analysis.report.command import run


def reported(*arguments: str | Path, figures: Collection[str] = ()) -> Path:
    """The directory of the report on these arguments, with the named figures alone: all take half of its time."""
    kept = tuple(each for each in drawn.FIGURES if each.name in figures)
    said = [str(each) for each in arguments]
    with unittest.mock.patch.object(drawn, "FIGURES", kept):
        assert run(said) == 0
    return Path(said[said.index("--out") + 1]) if "--out" in said else Path(said[0]) / "report"


def table(report: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table of a report."""
    return list(csv.DictReader(io.StringIO((report / "tables" / f"{name}.csv").read_text(encoding="utf-8"))))
