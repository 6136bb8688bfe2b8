"""How many games each interval needs before it is shown.

The numbers are those of docs/statistics.md: the smallest n from which on 93 intervals of 100 or more contain the truth,
as benchmarks/coverage.py shows. Below it a value stands alone, with "too few games" for its interval.
"""

from __future__ import annotations

from typing import NamedTuple

from bargain.intervals import FEWEST_GAMES, FEWEST_PRICES


class Fewest(NamedTuple):
    """Per interval the smallest sample: games, unless it says otherwise."""

    mean: int = FEWEST_PRICES
    """A mean, and a paired change, of what every game has: prices of deals, turns, words."""
    surplus: int = 30
    """A mean, or a difference of means between other games, in which no deal counts as 0."""
    surplus_change: int = 100
    """A change of such a value: games with a deal before or after. A lost deal outweighs many changed prices, and few
    games do not show how often one is lost."""
    rate: int = FEWEST_GAMES
    """A rate: Wilson."""
    share: int = 3
    """A rate over the parts of games (verdicts, pooled rounds): Wilson over games."""
    ratio: int = 8
    """Any other ratio over games (words per turn): t over games."""
    welch: int = 8
    """A difference of means between other games: the smaller side."""
    paired_rates: int = 3
    """A change of a rate: pairs."""
    two_rates: int = 3
    """A difference of rates between other games: the smaller side."""
    model: int = 15
    """A coefficient of a mixed model of prices: games with a deal, of each side."""
    events: int = 5
    """A coefficient of a model of deals: deals, and games without one, on both sides together."""
    survivors: int = 60
    """A difference of survivors' means: deals on the rarer side."""
    bounds: int = 10
    """Lee's and the worst-case bounds: deals on the rarer side, or games."""
    slope: int = 10
    """A regression's slope: deals."""


FEWEST = Fewest()
