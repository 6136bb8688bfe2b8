"""What docs/statistics.md says of each interval is what the code does, and no more than the simulation has shown."""

from __future__ import annotations

import re
from pathlib import Path

from bargain.analysis.stats.fewest import FEWEST

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
ROWS = {
    "mean: t, BCa from 40 on": "mean",
    "paired change": "mean",
    "mean surplus": "surplus",
    "difference of mean surplus: Welch": "surplus",
    "paired change of surplus": "surplus_change",
    "rate: Wilson": "rate",
    "rate over games: Wilson": "share",
    "ratio over games: t": "ratio",
    "difference of means: Welch": "welch",
    "change of a rate: Bonett-Price": "paired_rates",
    "difference of rates: Newcombe": "two_rates",
    "selection: survivors": "survivors",
    "selection: pairs": "mean",
    "selection: intention_to_treat": "surplus_change",
    "between cells: lee_bounds": "bounds",
    "selection: worst_case": "bounds",
    "slope: HC3": "slope",
    "two-part model: price": "model",
    "two-part model: surplus": "surplus_change",
    "two-part model: deal rate": "events",
    "two-part model: odds of a deal": "events",
}
"""The rows of the table and the field of FEWEST that they are about; effect sizes go with their difference."""
HARDER = "more skewed than any price"
SLACK = 2
"""Points: the rows were simulated with a standard error of up to two."""


def test_the_smallest_samples_are_those_that_the_table_shows_to_suffice() -> None:
    table = PAGE.read_text(encoding="utf-8").split("<!-- coverage")[1].split("Of 100 tests")[0]
    sizes: list[int] = []
    seen = set()
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "interval":
            sizes = [int(cell) for cell in cells[3:]]
        elif sizes and not line.startswith("|---") and len(cells) > 3:
            field = ROWS[cells[0].removesuffix(", effect size")]
            seen.add(field)
            assert int(cells[2]) == getattr(FEWEST, field), line
            covered = [int(re.split(r" |–", cell)[0] or 100) for cell in cells[3:]]
            if HARDER not in line and "effect size" not in line:
                shown = [each for size, each in zip(sizes, covered, strict=True) if size >= int(cells[2])]
                assert min(shown) >= 93 - SLACK, line
    assert seen == set(FEWEST._fields)
