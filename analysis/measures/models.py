"""A sweep as a two-part model: deal or not, the price given a deal, and the surplus with no deal as 0.

    two_part(runs)     one row per coefficient and outcome, with its 95% interval

The choices that were varied are the fixed effects, and coaching is one: rounds 1 and the last that all plan are
modelled together. A choice has two coefficients: what it does in round 1, and what it does to the change since then; of
a choice with several values each is set against the first. Values are centred, so that the lines without a choice are
of all settings with equal weight.

Price and surplus: linear mixed models (stats.mixed) with a random intercept per game, and where some cell has several
runs a random intercept and a random effect of coaching per run. Deal or not: a logistic and a linear model with
errors clustered by run, or by game where every cell is one run (stats.clustered). A generalised mixed model would give
each game odds of its own, which one or two verdicts a game cannot tell; its odds are not those of a cell either. Where
all cells play the same seeds on embedded negotiators, a game of one cell goes with that of the same number in the
others, and takes the place of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ..data.once import once
from ..data.runs import Runs
from ..stats.clustered import SEPARATED, clustered
from ..stats.fewest import FEWEST
from ..stats.intervals import ALPHA, FEW, NAN, Array
from ..stats.mixed import Fit, Labels, mixed
from ..text import choice
from .comparisons import observed, seeds_of, share_seeds
from .factors import factors
from .outcomes import first_and_last, last_round, of_factorial

OUTCOMES = ("deal_odds", "deal_rate", "price", "surplus")
"""deal_odds are odds ratios, the others differences."""
RUN, GAME = "run", "game over all cells"
START, CHANGE = "round 1", "change"
COLUMNS = [
    "learner", "arm", "round", "outcome", "metric", "role", "choice", "b_is", "a_is", "when", "estimate", "low", "high",
    "error", "freedom", "p", "n", "games", "runs", "method", "together", "spread_together",
    "spread_change", "spread_game", "spread_left", "note",
]  # fmt: skip
Frame = pd.DataFrame


class Term(NamedTuple):
    """A coefficient: a choice's value b against a (of all cells where choice is ""), at the start or of the change."""

    choice: str
    b_is: str
    a_is: str
    when: str


@once
def two_part(runs: Runs) -> Frame:
    """The coefficients of each learner's runs, per arm, for what has two runs or more.

    Columns: learner, arm, round (the last), outcome (OUTCOMES), metric, role, choice, b_is, a_is, when (START or
    CHANGE), estimate (odds ratio, or difference), low, high, error (of log odds; else of the estimate), freedom, p, n
    (values), games, runs, method, together (what is one draw around the games: run, game of all cells, or nothing), the
    standard deviations of the random effects (of these, of the change in these, of games, and of what is left; NaN
    where the model has none) and note: why something is missing. p is corrected for nothing.
    """
    rows: list[list[Any]] = []
    for learner in runs.runs["learner"].unique():
        part = runs.where(learner=learner)
        if len(part) < 2 or not len(part.rounds):
            continue
        last = last_round(part)
        shown = first_and_last(part)
        names = factors(part)
        metrics = {outcome: (metric, role) for outcome, metric, role in of_factorial(part)}
        for outcome in OUTCOMES:
            metric, role = metrics[outcome.replace("odds", "rate")]
            values = observed(shown, metric, role, None, names)
            for arm, group in values.groupby("arm", observed=True):
                for each in _coefficients(group, names, seeds_of(part), outcome):
                    rows.append([learner, str(arm), last, outcome, metric, role, *each])
    return pd.DataFrame(rows, columns=COLUMNS)


def _coefficients(values: Frame, names: list[str], seeds: pd.Series, outcome: str) -> Iterator[list[Any]]:
    """The rows of one model, without what they have in common."""
    cell = pd.Series(list(map(tuple, values[names].map(choice).to_numpy())), index=values.index, dtype=object)
    seed = values["run"].astype(str).map(seeds)
    clusters = _clusters(values, cell, seed)
    known = values["value"].notna().to_numpy()
    values, clusters = values[known], [each[known] for each in clusters]
    terms, design, unknown = _design(values, names)
    y, game = values["value"].to_numpy(dtype=float), clusters[0]
    outer = clusters[1] if len(clusters) > 1 else None
    fit, method = _fitted(y, design, terms, game, outer, outcome, values)
    counts = [len(y), len(np.unique(game)), values["run"].nunique(), method]
    together = "" if outer is None else RUN if np.isin(outer, game >> 32 << 32).all() else GAME
    spreads = [together, *_spreads(fit, outer is not None, terms)]
    for at, term in enumerate(terms):
        few = _too_few(values, term, outcome)
        yield [*term, *_limits(fit, at, few, odds=outcome == "deal_odds"), *counts, *spreads, fit.note or few]
    for term in unknown:
        note = "cannot be told from the choices before it: they were not varied apart"
        yield [*term, *[NAN] * 6, *counts, *spreads, note]


def _clusters(values: Frame, cell: pd.Series, seed: pd.Series) -> list[Labels]:
    """The labels of what goes together: each game of a run, and around it the game of all cells, or the run."""
    run = values["run"].cat.codes.to_numpy().astype(np.int64) << 32
    number = values["game"].to_numpy().astype(np.int64)
    of_cells = {key: frozenset(group) for key, group in seed.groupby(cell, sort=False)}
    several = values.groupby(cell, sort=False)["run"].nunique().max() > 1
    if len(of_cells) > 1 and share_seeds(list(of_cells.values())):
        return [run | number, (pd.factorize(seed)[0].astype(np.int64) << 32) | number]
    return [run | number, run] if several else [run | number]


def _design(values: Frame, names: list[str]) -> tuple[list[Term], Array, list[Term]]:
    """The terms with their columns, and terms whose column is a sum of columns before it."""
    after = (values["round"] > 1).to_numpy(dtype=float)
    wanted: list[tuple[Term, Array]] = [(Term("", "", "", START), np.ones(len(values)))]
    for name in names:
        texts = values[name].map(choice).astype(str)
        levels = list(dict.fromkeys(texts))
        for level in levels[1:]:
            centred = np.asarray((texts == level).to_numpy(dtype=float) - 1 / len(levels))
            wanted.append((Term(name, level, levels[0], START), centred))
    if after.any():
        wanted += [(term._replace(when=CHANGE), np.asarray(column * after)) for term, column in wanted]
    terms: list[Term] = []
    unknown: list[Term] = []
    kept = np.empty((len(values), 0))
    for term, column in wanted:
        whole = np.column_stack([kept, column])
        if len(values) and np.linalg.matrix_rank(whole) == whole.shape[1]:
            terms, kept = [*terms, term], whole
        else:
            unknown.append(term)
    return terms, kept, unknown


def _fitted(
    y: Array, design: Array, terms: list[Term], game: Labels, outer: Labels | None, outcome: str, values: Frame
) -> tuple[Fit, str]:
    """The model's fit, and what it is in words."""
    if not outcome.startswith("deal"):
        after = np.where(values["round"] > 1, 1.0, 0.0)
        slope = after if outer is not None and 0 < after.sum() < len(after) else None
        return mixed(y, design, game, outer, slope), "mixed model"
    clusters = game if outer is None else outer
    odds = outcome == "deal_odds"
    method = f"{'logistic' if odds else 'linear'}, errors by cluster"
    if not len(y) or np.ptp(y) == 0:
        nothing = np.full(design.shape[1], NAN)
        told = "every game ends in a deal" if len(y) and y[0] else "no game ends in a deal"
        return Fit(nothing, nothing, nothing, np.zeros(0), f"{told}: nothing differs"), method
    fit = clustered(y, design, clusters, odds=odds)
    return (fit._replace(note=_separation(y, terms, values)) if fit.note == SEPARATED else fit), method


def _separation(y: Array, terms: list[Term], values: Frame) -> str:
    """Which settings have deals only, or none: no odds ratio that they enter has an end."""
    whole = values.assign(dealt=y, round=values["round"].astype(str))
    told: list[str] = []
    for name in dict.fromkeys(["round", *(term.choice for term in terms if term.choice)]):
        for keys, rates in whole.groupby(list(dict.fromkeys([name, "round"])), observed=True, sort=False)["dealt"]:
            if rates.min() == rates.max() and (name == "round" or f"round {keys[-1]}" not in " ".join(told)):
                setting = f" with {name} {choice(keys[0])}" if name != "round" else ""
                told.append(f"in round {keys[-1]} {'every' if rates.min() else 'no'} game{setting} ends in a deal")
    which = " and ".join(told[:2]) or "some combination of the choices has deals only, or none"
    return f"separation: {which}, so odds ratios have no end and none is estimated"


def _too_few(values: Frame, term: Term, outcome: str) -> str:
    """Whether a side of the contrast has too few values for an interval (docs/statistics.md)."""
    kept = values if term.when == CHANGE else values[values["round"] == 1]
    if term.choice:
        texts = kept[term.choice].map(choice)
        sides = [kept[texts == level] for level in (term.a_is, term.b_is)]
    else:
        sides = [part for _, part in kept.groupby("round")]
    if outcome.startswith("deal"):
        dealt = pd.concat(sides)["value"]
        least, enough = min(int(dealt.sum()), int((1 - dealt).sum())), FEWEST.events
    else:
        of_surplus = FEWEST.surplus_change if term.when == CHANGE else FEWEST.surplus
        enough = FEWEST.model if outcome == "price" else of_surplus
        least = min(len(side[["run", "game"]].drop_duplicates()) for side in sides)
    return "" if least >= enough else FEW


def _limits(fit: Fit, at: int, few: str, *, odds: bool) -> list[float]:
    """Estimate, low, high, error, freedom and p; an error of 0 is none, for it only says that nothing spread."""
    value, error, free = (float(each[at]) for each in (fit.estimates, fit.errors, fit.freedom))
    half, p = NAN, NAN
    if error > 1e-6 * max(1.0, abs(value)):
        half = float(stats.t.ppf(1 - ALPHA / 2, free)) * error
        p = 2 * float(stats.t.sf(abs(value) / error, free))
    ends = [value, NAN if few else value - half, NAN if few else value + half]
    return [*(float(np.exp(each)) for each in ends), error, free, p] if odds else [*ends, error, free, p]


def _spreads(fit: Fit, outer: bool, terms: list[Term]) -> list[float]:
    """Standard deviations of the random effects, the outer ones first, and of what is left."""
    found = list(fit.spreads)
    if not found:
        return [NAN] * 4
    left = found.pop()
    run = found.pop(0) if outer and found else NAN
    coaching = found.pop(0) if outer and found and any(term.when == CHANGE for term in terms) else NAN
    return [run, coaching, found[0] if found else NAN, left]
