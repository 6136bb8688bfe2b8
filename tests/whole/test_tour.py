"""analysis/tour.ipynb is run as it stands: from a sweep to the paper's figures in ten cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
TOUR = ROOT / "analysis" / "tour.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The code cells with what they put out."""
    notebook = nbformat.read(TOUR, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell: Any) -> str:
    """The text that a cell put out."""
    return "".join(each.get("text") or each.get("data", {}).get("text/plain", "") for each in cell.outputs)


@pytest.mark.long
def test_the_tour_has_ten_cells_that_run_and_say_that_they_are_simulated(cells: list[Any]) -> None:
    assert len(cells) == 10
    assert "(simulated)" in said(cells[0])
    assert all(said(cell) for cell in cells)


@pytest.mark.long
def test_the_tour_ends_with_figures_and_with_the_papers_numbers(cells: list[Any]) -> None:
    charts = [
        each["data"]["image/svg+xml"] for cell in cells for each in cell.outputs if "svg" in str(each.get("data"))
    ]
    assert len(charts) == 4
    assert all("simulated" in chart for chart in charts)
    assert "published numbers have a counterpart here" in said(cells[-1])
    assert "simulated seller: +$" in said(cells[5])


def test_the_tour_is_kept_without_outputs() -> None:
    assert not any(cell.get("outputs") for cell in nbformat.read(TOUR, as_version=4).cells)
