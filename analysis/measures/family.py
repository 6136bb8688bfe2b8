"""What a page may claim, in words: its primary outcomes, and the one family of tests that Holm's correction runs over.

found: the tests of `claims.tests`; judged: the p values of the abilities (`abilities.family`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..data.runs import Runs
from ..text import joined
from .claims import OUTCOMES, primary


def told_primary(runs: Runs, found: pd.DataFrame, judged: Sequence[float]) -> str:
    """What the page may claim, and that the rest is exploratory."""
    frame = runs.runs
    declared = frame["analysis.primary"] if "analysis.primary" in frame else pd.Series(None, index=frame.index)
    names = [OUTCOMES[name] for name in primary(runs)]
    told = joined(names)
    where = "declared in the config, analysis.primary"
    if declared.isna().all():
        where = "the default; these runs declare none"
    elif declared.nunique(dropna=False) > 1:
        where = "the cells declare different ones: all of them count"
    return (
        f"{told} ({where}). What is claimed of them is one family of {made_of(found, judged)} tests, the tiers "
        "included, corrected by Holm. Every other number on this page is exploratory."
    )


def made_of(found: pd.DataFrame, judged: Sequence[float]) -> int:
    """The tests of the family: those of primary outcomes and those of the abilities."""
    return int(found["p_holm"].notna().sum()) + sum(p == p for p in judged)


def told_family(found: pd.DataFrame, judged: Sequence[float]) -> str:
    """How many tests are one family, and how its p values are to be read."""
    made, all_tests = (int(found[name].notna().sum()) for name in ("p_holm", "p"))
    others = f" The other {all_tests - made} are exploratory and claim nothing." if all_tests > made else ""
    return (
        f"One family: Holm's correction runs over all {made} tests of primary outcomes in this section and the "
        f"{sum(p == p for p in judged)} of the abilities, fixed by what was planned: round 2 and the last "
        f"one.{others} Numbers "
        "after # are the cells; p is two-sided and corrected, intervals are 95% and not corrected. A claim is made "
        "where the corrected p is below 0.05."
    )
