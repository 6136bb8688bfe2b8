"""What `play` and `sweep` return: a table and a picture in a notebook, and the way to pandas frames.

It is the one room of bargain that imports bargain.analysis, and only when a frame or a picture is asked for.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bargain.results.summary import RunSummary
from bargain.results.tables import disputed_lines, render, rounds_table, sweep_table, totals_line
from bargain.rundir.directory import read_state
from bargain.rundir.sweep import SWEEP
from bargain.sweeps.comparing import cell_directories, read_cells
from bargain.text import on_screen

if TYPE_CHECKING:
    import pandas as pd

    from bargain.analysis import Runs


class _Framed:
    """The frames of the runs in `directory`."""

    directory: Path

    @cached_property
    def frames(self) -> Runs:
        """What `bargain.analysis.load(directory)` gives: for metrics, comparisons and figures. Read once."""
        from bargain.analysis import load

        return load(self.directory)

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: its state and costs, then every choice of its config by its dotted name."""
        return self.frames.runs

    @property
    def rounds(self) -> pd.DataFrame:
        """One row per planned round of every finished game: outcome, price, surplus ... (docs/metrics.md)."""
        return self.frames.rounds

    @property
    def turns(self) -> pd.DataFrame:
        """One row per utterance, as played."""
        return self.frames.turns

    @property
    def feedback(self) -> pd.DataFrame:
        """One row per feedback that a player heard."""
        return self.frames.feedback

    def _picture(self) -> str:
        """Mean price by round as SVG; with one round, or without a deal, the words why there is none."""
        from bargain.analysis import figures

        for name in ("price", "deal_rate"):
            figure = next(each for each in figures.FIGURES if name in each.numbers.split("`"))
            try:
                return figures.svg(figure.draw(self.frames))
            except figures.NotEnough as reason:
                why = str(reason)
        return f"<p>{html.escape(why)}</p>"


class PlayedRun(_Framed, RunSummary):
    """A run that `play` played: `summary.json` as data, frames, and itself in a notebook.

        run = play(["game=criticize_seller", "n_games=50"])
        run.state, run.problem                  # "finished", or why not and what to do, in one line
        run.by_round[1]["mean_change"]          # summary.json's rows, with 95% intervals
        run.rounds.groupby("round").price.mean()
        run.turns[run.turns.role == "buyer"].text

    Everything of RunSummary; `runs`, `rounds`, `turns` and `feedback` are pandas frames, `frames` all of them together.
    """

    def _repr_html_(self) -> str:
        lines = [*disputed_lines(self.data), totals_line(self.data), *self.data.get("notes", ())]
        parts = [_shown(rounds_table(self.data)), *_paragraphs(lines, self.directory, self.problem)]
        return "\n".join([*parts, self._picture()] if self.data["rounds"] else parts)


class PlayedSweep(_Framed):
    """A sweep that `sweep` played: a table over its cells, frames over their runs, and itself in a notebook.

        found = sweep(["engine@seller.engine=simulated,simulated-firm", "n_games=50"])
        found.state, found.problem
        found.runs[["seller.engine.name", "state", "cost_usd"]]
        found.rounds.groupby("run").price.mean()

    directory: the sweep's, with a run directory per cell. cells: per cell what differs, by key, and its summary.json.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cells: list[tuple[dict[str, str], dict[str, Any]]] = read_cells(cell_directories(directory))

    @property
    def state(self) -> str:
        """finished, or unfinished: cells failed, were paused or never began."""
        return str(read_state(self.directory, SWEEP).get("state", "unfinished"))

    @property
    def problem(self) -> str:
        """Why cells are unfinished, and what to do, in one line; "" when all are finished."""
        if self.state == "finished":
            return ""
        said = dict.fromkeys(str(summary["problem"]) for _, summary in self.cells if summary.get("problem"))
        return "; ".join([*said, f"go on with: bargain resume={self.directory}"])

    def __str__(self) -> str:
        return f"{render(sweep_table(self.cells))}\nsweep directory: {on_screen(str(self.directory))}"

    def __repr__(self) -> str:
        return f"PlayedSweep({len(self.cells)} cells, {self.state}, {on_screen(str(self.directory))!r})"

    def _repr_html_(self) -> str:
        parts = [_shown(sweep_table(self.cells)), *_paragraphs([], self.directory, self.problem)]
        return "\n".join(
            [*parts, self._picture()] if any(summary.get("rounds") for _, summary in self.cells) else parts
        )


def _paragraphs(lines: list[str], directory: Path, problem: str) -> Iterator[str]:
    for line in [*([problem] if problem else []), *lines, on_screen(str(directory))]:
        yield f"<p>{html.escape(line)}</p>"


def _shown(table: Table) -> str:
    """A table of texts as HTML; nothing in it is markup."""
    columns = [[_escaped(str(cell)) for cell in column.cells] for column in table.columns]
    head = "".join(f"<th>{_escaped(str(column.header))}</th>" for column in table.columns)
    rows = (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in zip(*columns, strict=True))
    caption = f"<caption>{_escaped(str(table.title))}</caption>" if table.title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>").replace("$", "&#36;")  # no formula of the notebook's
