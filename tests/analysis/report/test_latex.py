"""The report's tables in a paper: they compile, and none is wider than a column of A4."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from bargain.analysis import load
from bargain.analysis.measures.cell_names import named
from bargain.analysis.report import latex
from bargain.analysis.report.cells import cells
from tests.run_maker import make_run

TEX = r"""\documentclass[%s]{article}
\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}
\usepackage{booktabs,graphicx,textcomp,longtable}
\begin{document}
%s
\end{document}
"""
HOSTILE = (
    r"\input{/etc/passwd} $x_1 & 100\% #1 {~^}",
    "x" * 300,
    "a long engine name, with words " * 12,
    "<b>€£“”…</b>",
)


def compiled(place: Path, tables: list[str], options: str) -> str:
    """The log of LaTeX over these tables."""
    program = shutil.which("pdflatex") or shutil.which("tectonic")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no pdflatex: scripts/install-debian-packages installs it")
        pytest.skip("no pdflatex and no tectonic: scripts/install-debian-packages installs texlive")
    paper = place / "paper.tex"
    paper.write_text(TEX % (options, "\\clearpage\n".join(tables)), encoding="utf-8")
    quiet = ["-interaction=nonstopmode", "-halt-on-error"] if "pdflatex" in program else ["--keep-logs"]
    done = subprocess.run([program, *quiet, paper.name], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return (place / "paper.log").read_text(encoding="utf-8", errors="replace")


def test_tables_compile_and_fit_a_column_of_a4_whatever_stands_in_them(tmp_path: Path) -> None:
    rng = random.Random(3)
    for at, (engine, memory, item) in enumerate(product(HOSTILE[:3], ("full", "none"), ("balloon", "diamond"))):
        choices = {"seller__engine__name": engine, "memory__name": memory, "item__name": item}
        make_run(tmp_path / "runs" / str(at), [[14 + rng.random(), 15 + rng.random()] for _ in range(9)], **choices)
    runs = load(tmp_path / "runs")
    first, every = cells(runs, named(runs))
    texts = [[text, "1.25", text] for text in HOSTILE]
    made = [
        first.latex(),
        every.latex(),
        latex.table(["Name", "Price", "What is wrong"], texts, "lrl", caption=HOSTILE[0], label="a", note=HOSTILE[2]),
        latex.table(["Name", "Price", "What is wrong"], texts * 15, "lrl", caption="Many", label="b", keys=[0]),
    ]
    for options in ("a4paper", "a4paper,twocolumn"):
        tables = made if options == "a4paper" else [each for each in made if "longtable}" not in each]
        log = compiled(tmp_path, tables, options)
        wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
        assert not [points for points in wide if points > 2], log[log.index("Overfull") :][:600]
        assert "Float too large" not in log


def test_cells_have_a_column_for_each_factor(tmp_path: Path) -> None:
    for engine, memory in product(("gpt-4", "claude"), ("full", "none")):
        names = {"seller__engine__name": engine, "critic__engine__name": engine, "memory__name": memory}
        make_run(tmp_path / f"{engine}-{memory}", [[14.0, 15.0]], **names)
    runs = load(tmp_path)
    first, _ = cells(runs, named(runs))
    assert [column.title for column in first.columns][:4] == ["#", "seller engine", "memory", "Games"]
    chosen = next(csv.DictReader(io.StringIO(first.csv())))
    assert (chosen["seller.engine.name"], chosen["memory.name"]) == ("claude", "full")
