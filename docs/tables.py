"""Writes the tables of docs/metrics.md and docs/figures.md again, from the columns, metrics and figures that there are.

    python docs/tables.py

A table stands between `<!-- NAME: python docs/tables.py -->` and `<!-- end -->`; tests/whole/test_docs.py compares.
"""

from __future__ import annotations

import re
from pathlib import Path

from bargain.analysis.data.columns import FEEDBACK_COLUMNS, ROUND_COLUMNS, RUN_COLUMNS, TURN_COLUMNS, describe
from bargain.analysis.figures import describe_figures
from bargain.analysis.measures.metrics import describe_metrics

DOCS = Path(__file__).parent
TABLES = {
    "runs": describe(RUN_COLUMNS),
    "rounds": describe(ROUND_COLUMNS),
    "turns": describe(TURN_COLUMNS),
    "feedback": describe(FEEDBACK_COLUMNS),
    "metrics": describe_metrics(),
    "figures": describe_figures(),
}
PAGES = ("metrics.md", "figures.md")
_TABLE = re.compile(r"(<!-- (\w+): python docs/tables\.py -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def written(page: str) -> str:
    """The text of a page with its tables as they should be. Raises KeyError for a table that is none of TABLES."""
    return _TABLE.sub(lambda match: f"{match[1]}{TABLES[match[2]]}\n{match[4]}", page)


if __name__ == "__main__":
    for name in PAGES:
        path = DOCS / name
        path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
