"""What a metric says of a run, read from the long table that notebooks get."""

from __future__ import annotations

from functools import cache

import pandas as pd

from bargain.analysis.data.runs import Runs
from bargain.analysis.measures.metrics import table


@cache
def _measured(runs: Runs, metric: str) -> pd.DataFrame:
    return table(runs, [metric]).astype({"run": str})


def value(runs: Runs, name: str, metric: str, role: str = "") -> float:
    """A metric of the run whose path ends with this name, of one role where it has a role."""
    found = _measured(runs, metric)
    return float(found.loc[found["run"].str.endswith(name) & (found["role"] == role), "value"].iloc[0])
