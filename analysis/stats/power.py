"""How many games an experiment needs, from the variance of a pilot, and what they cost.

This file knows numbers only; statsmodels solves for the sample size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower
from statsmodels.stats.proportion import proportion_effectsize

from .intervals import ALPHA, NAN, spreads

POWER = 0.8


@dataclass(frozen=True, slots=True)
class SampleSize:
    """The games needed (per cell, for unpaired comparisons) to see `effect` with the given power at 5%.

    cautious: the same with the pilot's spread at the upper end of its 80% interval, since a small pilot knows its
    spread badly (Browne 1995, Statistics in Medicine 14). cost_usd, cautious_usd: NaN when the cost of a game is
    unknown. note: why there is no number, or what it rests on.
    """

    games: float
    cautious: float
    cost_usd: float
    cautious_usd: float
    effect: float
    spread: float
    pilot: int
    power: float
    note: str = ""


def games_for_change(
    changes: ArrayLike, effect: float, *, cost_per_game: float = NAN, usable: float = 1.0, power: float = POWER,
    alpha: float = ALPHA, size: float = 0.0,
) -> SampleSize:  # fmt: skip
    """Games for a paired change of `effect`, from a pilot's paired changes (in the same unit).

    usable: the share of games that give a pair (a deal in both rounds). alpha: the p that is to be passed: 0.05 of one
    test, 0.05 / m of one among m that Holm corrects. size: as `bargain.intervals.differ` takes it. Raises ValueError
    for an effect of 0.
    """
    pilot = np.asarray(changes, dtype=np.float64)
    return _games_for_mean(TTestPower(), 1, pilot, effect, cost_per_game, usable, power, alpha, size)


def games_for_difference(
    values: ArrayLike, effect: float, *, cost_per_game: float = NAN, usable: float = 1.0, power: float = POWER,
    alpha: float = ALPHA,
) -> SampleSize:  # fmt: skip
    """Games per cell for an unpaired difference of `effect` between two cells, from a pilot's values; cost of both."""
    pilot = np.asarray(values, dtype=np.float64)
    return _games_for_mean(TTestIndPower(), 2, pilot, effect, cost_per_game, usable, power, alpha)


def games_for_rate(
    pilot_rate: float, wanted_rate: float, *, pilot: int = 0, cost_per_game: float = NAN, power: float = POWER
) -> SampleSize:
    """Games per cell to tell two rates apart (arcsine transformed; Cohen 1988, ch. 6); cost of both cells."""
    if pilot_rate == wanted_rate:
        raise ValueError(f"games_for_rate: both rates are {pilot_rate:g}; name a rate that differs")
    size = proportion_effectsize(wanted_rate, pilot_rate)
    games = math.ceil(float(NormalIndPower().solve_power(effect_size=abs(size), alpha=ALPHA, power=power)))
    spread = math.sqrt(pilot_rate * (1 - pilot_rate))
    cost = 2 * games * cost_per_game
    return SampleSize(games, NAN, cost, NAN, wanted_rate - pilot_rate, spread, pilot, power)


def _games_for_mean(
    solver: TTestPower | TTestIndPower, cells: int, pilot: np.ndarray[tuple[int], np.dtype[np.float64]], effect: float,
    cost_per_game: float, usable: float, power: float, alpha: float, size: float = 0.0,
) -> SampleSize:  # fmt: skip
    if effect == 0:
        raise ValueError("the wanted effect is 0: no number of games shows that; name the smallest effect that matters")
    n = len(pilot)
    nothing = SampleSize(NAN, NAN, NAN, NAN, effect, NAN, n, power)
    if n < 3 or usable <= 0:
        return replace(nothing, note=f"a pilot of {n} says nothing about the spread: play at least 3 games with a deal")
    if not spreads(pilot, size):
        return replace(nothing, note="the pilot has no spread: more varied games are needed before this can be planned")
    spread = float(pilot.std(ddof=1))
    upper = spread * math.sqrt((n - 1) / float(stats.chi2.ppf(0.2, n - 1)))
    games, cautious = (_solved(solver, abs(effect) / each, power, usable, alpha) for each in (spread, upper))
    return SampleSize(
        games, cautious, cells * games * cost_per_game, cells * cautious * cost_per_game, effect, spread, n, power,
        "" if n >= 20 else f"from a pilot of {n}: take the cautious number",
    )  # fmt: skip


def _solved(solver: TTestPower | TTestIndPower, size: float, power: float, usable: float, alpha: float) -> int:
    """Games, at least three; the number is bracketed first, since statsmodels' own search fails for a strict alpha.

    Of effects of many spreads statsmodels does not even know the power of a few games: it is 1, and NaN here.
    """

    def missing(games: float) -> float:
        reached = float(solver.power(size, games, alpha))
        return (1.0 if math.isnan(reached) else reached) - power

    enough = 3.0
    while missing(enough) < 0:
        enough *= 2
    games = enough if enough == 3 else float(optimize.brentq(missing, enough / 2, enough))
    return math.ceil(games / usable)
