"""All of the statistics under one name: intervals, differences, sample sizes, and the selection problem.

Each part lives in a file of its own; this one only gathers them: `from bargain.analysis import stats` is
enough.
"""

from .clustered import clustered
from .differences import Comparison, holm, paired_means, paired_rates, paired_surplus, two_rates, welch
from .equivalence import Equivalence, at_once, equivalent, equivalent_pairs, within
from .intervals import (
    Estimate,
    mean_interval,
    mean_intervals,
    rate_interval,
    rate_intervals,
    ratio_interval,
)
from .misjudged import true_rate
from .mixed import Fit, mixed
from .power import SampleSize, games_for_change, games_for_difference, games_for_rate
from .regression import Slope, slope
from .selection import selection

__all__ = [
    "Comparison",
    "Equivalence",
    "Estimate",
    "Fit",
    "SampleSize",
    "Slope",
    "at_once",
    "clustered",
    "equivalent",
    "equivalent_pairs",
    "games_for_change",
    "games_for_difference",
    "games_for_rate",
    "holm",
    "mean_interval",
    "mean_intervals",
    "mixed",
    "paired_means",
    "paired_rates",
    "paired_surplus",
    "rate_interval",
    "rate_intervals",
    "ratio_interval",
    "selection",
    "slope",
    "true_rate",
    "two_rates",
    "welch",
    "within",
]
