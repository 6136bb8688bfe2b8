"""Recomputes a report's numbers from games.jsonl with pandas and scipy alone, and compares them to the last digit.

    python benchmarks/audit.py outputs/2026-11-26/02-17-55-sweep/report   a report; its runs are named in rounds.csv
    python benchmarks/audit.py report --runs /elsewhere                   where those names begin

It imports nothing of bargain and nothing of analysis: what it says twice, it says on purpose. Of each run it reads
games.jsonl, some choices of the config and, to compare, summary.json; of the report its CSVs and its page. It covers
deal rates, prices, surplus, changes, their intervals, the tests within a run, between arms and between cells, the main
effects and interactions of a factorial, all with Holm's correction, the selection table (but for the intervals of Lee's
bounds and of survivors) and the numbers in each test's sentence. Exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import functools
import html
import json
import math
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy import special, stats

DIGITS = 1e-9
"""Relative: the last digit but the order in which a sum was made."""
FEWEST_RATE, FEWEST_MEAN, FEWEST_SURPLUS, FEWEST_SURPLUS_CHANGE = 3, 8, 30, 100
"""As docs/statistics.md says."""
BY_SEED = (".SimulatedEngine", ".OpponentEngine")
"""How the engines are called whose games the seed decides."""
TEXTS = (
    "arm",
    "run",
    "role",
    "sentence",
    "learner",
    "numbers",
    "choice",
    "at",
    "factor",
    "level",
    "a_is",
    "b_is",
    "at_a",
    "at_b",
)
"""Columns of the CSVs that hold texts, whatever they look like."""
BOOTSTRAP = range(40, 2000)
Limits = tuple[float, float]
NONE = (math.nan, math.nan)


class Audit:
    """What was compared, and what differs."""

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.differing: list[str] = []

    def number(self, what: str, where: str, told: Any, own: float | None) -> None:
        """Counts one number as compared; an empty cell is told as NaN, None or ""."""
        self.compared[what] += 1
        said = math.nan if told is None or told == "" else float(told)
        own = math.nan if own is None else float(own)
        if not (math.isnan(said) and math.isnan(own)) and not math.isclose(said, own, rel_tol=DIGITS, abs_tol=1e-12):
            self.differing.append(f"{where}: {said!r} is told, {own!r} is recomputed")

    def text(self, what: str, where: str, there: bool) -> None:
        """Counts one text as compared."""
        self.compared[what] += 1
        if not there:
            self.differing.append(f"{where}: not what the numbers say")


class Run:
    """The games of a run: prices and outcomes by game, arm and round; without a deal the price is NaN."""

    def __init__(self, directory: Path) -> None:
        self.config = yaml.safe_load((directory / ".hydra" / "config.yaml").read_text(encoding="utf-8"))
        lines = (directory / "games.jsonl").read_text(encoding="utf-8").splitlines()
        self.games = [json.loads(line) for line in lines]
        rows = [
            (game["game"], played["arm"], played["round"], played["outcome"], played["price"])
            for game in self.games
            for played in game["rounds"]
        ]
        self.rounds = pd.DataFrame(rows, columns=["game", "arm", "round", "outcome", "price"])
        self.failed = {game["game"] for game in self.games if game["outcome"] == "error"}
        item = self.config["item"]
        self.cost, self.valuation = item.get("cost"), item.get("valuation")
        self.openings = item.get("buyer_opening"), item.get("seller_opening")

    @functools.cache  # noqa: B019 - a run is kept to the end
    def outcomes(self, arm: str, number: int) -> pd.Series:
        """One per game; a round that was not played was lost to the failure that ended its game, if one did."""
        found = self._one(arm, number, "outcome")
        lost = pd.Series(found.index.isin(self.failed), index=found.index)
        return found.where(found.notna(), lost.map({True: "error", False: "not_played"}))

    @functools.cache  # noqa: B019
    def prices(self, arm: str, number: int) -> pd.Series:
        """One per game."""
        return self._one(arm, number, "price").astype(float).where(self.outcomes(arm, number) == "deal")

    def _one(self, arm: str, number: int, column: str) -> pd.Series:
        frame = self.rounds[(self.rounds["round"] == number) & self.rounds["arm"].isin([arm, ""])]
        return frame.set_index("game")[column].reindex([game["game"] for game in self.games])

    def surplus(self, role: str, prices: pd.Series) -> pd.Series | None:
        """No deal is 0; None where the reservation price is not set."""
        reservation = self.cost if role == "seller" else self.valuation
        if reservation is None:
            return None
        return ((prices - reservation) * (1 if role == "seller" else -1)).fillna(0.0)


def wilson(hits: int, n: int) -> Limits:
    """Scipy's."""
    if n < FEWEST_RATE:
        return NONE
    found = stats.binomtest(hits, n).proportion_ci(0.95, "wilson")
    return float(found.low), float(found.high)


def student(values: pd.Series | np.ndarray, fewest: int) -> Limits:
    """Scipy's t interval; none for few or equal values."""
    array = np.asarray(values, dtype=float)
    if len(array) < max(2, fewest) or np.ptp(array) <= 1e-12 * max(1.0, abs(array[0])):
        return NONE
    low, high = stats.t.interval(0.95, len(array) - 1, array.mean(), stats.sem(array))
    return float(low), float(high)


def interval(values: pd.Series | np.ndarray, fewest: int = FEWEST_MEAN) -> Limits:
    """A mean's: Student's, or where there are many values the BCa bootstrap."""
    array = np.asarray(values, dtype=float)
    limits = student(array, fewest)
    return limits if len(array) not in BOOTSTRAP or math.isnan(limits[0]) else bca(array)


def bca(values: np.ndarray) -> Limits:
    """Efron (1987) with Hesterberg's (2015) level: 2,000 resamples from numpy's generator seeded with [0, n]."""
    n, mean = len(values), values.mean()
    drawn = values[np.random.default_rng([0, n]).integers(0, n, size=(2000, n))].mean(axis=1)
    slack = 1e-9 * np.abs(drawn - mean).max()
    below = ((drawn < mean - slack).mean() + (drawn <= mean + slack).mean()) / 2
    bias = stats.norm.ppf(np.clip(below, 0.5 / 2000, 1 - 0.5 / 2000))
    skew = ((values - mean) ** 3).sum() / (6 * ((values - mean) ** 2).sum() ** 1.5)
    wide = math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1)
    levels = [stats.norm.cdf(bias + (bias + side) / max(1 - skew * (bias + side), 1e-3)) for side in (-wide, wide)]
    low, high = np.quantile(drawn, np.clip(levels, 1 / 2001, 2000 / 2001), method="weibull")
    return float(low), float(high)


def mcnemar(before: pd.Series, after: pd.Series) -> float:
    """The mid-p value of paired yes or no."""
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    if not gained + lost:
        return 1.0
    point = stats.binom.pmf(gained, gained + lost, 0.5)
    return min(1.0, 2 * stats.binom.cdf(min(gained, lost), gained + lost, 0.5) - point)


def summary(audit: Audit, run: Run, name: str, told: dict[str, Any]) -> None:
    """Every round of a summary.json."""
    for row in told["rounds"]:
        arm, number = row["arm"], row["round"]
        prices, outcomes = run.prices(arm, number), run.outcomes(arm, number)
        deals, failed = prices.dropna(), int((outcomes == "error").sum())
        whole = len(prices) - failed
        before = run.prices(arm, number - 1) if number > 1 else prices * math.nan
        change = (prices - before).dropna()
        sides = {role: run.surplus(role, prices) for role in ("seller", "buyer")}
        own = {
            "games": len(prices),
            "failed": failed,
            "deals": len(deals),
            "deal_rate": len(deals) / len(prices) if whole else None,
            "deal_rate_without_failed": len(deals) / whole if whole else None,
            "mean_price": deals.mean(),
            "mean_change": change.mean(),
            "pairs": len(change),
            **{
                f"mean_surplus_{role}": None if each is None or not whole else each.mean()
                for role, each in sides.items()
            },
        }
        limits = {
            "deal_rate": wilson(len(deals), len(prices)) if whole else NONE,
            "deal_rate_without_failed": wilson(len(deals), whole) if whole else NONE,
            "price": student(deals, FEWEST_MEAN),
            "change": student(change, FEWEST_MEAN),
        }
        own |= {f"{key}_{end}": each[at] for key, each in limits.items() for at, end in enumerate(("low", "high"))}
        for key, value in own.items():
            audit.number("summary.json", f"{name}/summary.json, {arm} round {number}, {key}", row[key], value)


def rounds(audit: Audit, run: Run, row: dict[str, Any], where: str) -> None:
    """A row of rounds.csv or cells.csv."""
    arm, number = row["arm"], int(row["round"])
    prices, outcomes, first = run.prices(arm, number), run.outcomes(arm, number), run.prices(arm, 1)
    if (outcomes == "error").all():
        return
    deals, played = prices.notna(), outcomes != "error"
    own: dict[str, tuple[float, Limits, int]] = {
        "deal_rate": (deals.mean(), wilson(int(deals.sum()), len(deals)), len(deals)),
        "deal_rate_without_failed": (
            deals[played].mean(), wilson(int(deals.sum()), int(played.sum())), int(played.sum())
        ),
    }  # fmt: skip
    if deals.any():
        own["price"] = (prices.mean(), interval(prices.dropna()), int(deals.sum()))
    for role in ("seller", "buyer"):
        gains = run.surplus(role, prices)
        if gains is None:
            continue
        own[f"{role}_surplus"] = (gains.mean(), interval(gains, FEWEST_SURPLUS), len(gains))
        if run.cost is not None and run.valuation is not None and run.valuation > run.cost:
            share = gains / (run.valuation - run.cost)
            own[f"{role}_share"] = (share.mean(), interval(share, FEWEST_SURPLUS), len(share))
    change = (prices - first).dropna()
    if number > 1 and len(change):
        own["change"] = (change.mean(), interval(change), len(change))
    for name, (value, limits, n) in own.items():
        for end, each in zip(("", "_low", "_high", "_n"), (value, *limits, n), strict=True):
            audit.number(
                Path(where).name, f"{where}, {row['run']} {arm} round {number}, {name}{end}", row[name + end], each
            )


def within(audit: Audit, run: Run, row: dict[str, Any], where: str) -> bool:
    """A row of tests.csv that compares rounds of one run; whether it is one, and all of it could be recomputed."""
    arm, number = row["arm"], int(row["round"])
    first, last = run.prices(arm, 1), run.prices(arm, number)
    if row["question"] == "price":
        learners = run.config["game"].get("learners") or []
        sign = -1.0 if row["role"] == "learner" and learners == ["buyer"] else 1.0
        pairs = pd.DataFrame({"a": sign * first, "b": sign * last}).dropna()
        if len(pairs) < 2 or np.ptp(pairs["b"] - pairs["a"]) < 1e-9:
            return counted(audit, row, compared(pairs["a"], pairs["b"], "price", paired=True, changes=False), where)
        test = stats.ttest_rel(pairs["b"], pairs["a"])
        low, high = interval(pairs["b"] - pairs["a"])
        ranks = stats.wilcoxon(pairs["b"] - pairs["a"], zero_method="zsplit") if len(pairs) > 50 else None
        half = (len(pairs) - 1) / 2
        unbiased = math.exp(special.gammaln(half) - special.gammaln(half - 0.5)) / math.sqrt(half)  # Hedges (1981)
        own = {"p": test.pvalue, "effect": unbiased * test.statistic / math.sqrt(len(pairs)), "low": low, "high": high}
        own |= {"p_rank": ranks.pvalue} if ranks else {}
    elif row["question"] == "deals":
        kept = (run.outcomes(arm, 1) != "error") & (run.outcomes(arm, number) != "error")
        pairs = pd.DataFrame({"a": first[kept].notna(), "b": last[kept].notna()})
        own = {"p": mcnemar(pairs["a"], pairs["b"])}
    else:
        first_of, last_of = (values(run, row, arm, each) for each in (1, number))
        made = None
        if first_of is not None and last_of is not None:
            made = compared(first_of, last_of, row["metric"], paired=True, changes=False)
        return counted(audit, row, made, where)
    means = pairs.astype(float).mean()
    own |= {"a": means["a"], "b": means["b"], "difference": means["b"] - means["a"], "n": len(pairs)}
    for name, value in own.items():
        audit.number(
            "tests.csv", f"{where}, {row['run']} {arm} {row['question']} round {number}, {name}", row[name], value
        )
    return True


def values(run: Run, row: dict[str, Any], arm: str, number: int) -> pd.Series | None:
    """What a row of tests.csv compares, by game; a round that a failed call cost has none. None: not told here."""
    learner = (run.config["game"].get("learners") or [""])[0]
    role = learner if row["role"] == "learner" else row["role"]
    prices = run.prices(arm, number)
    found: pd.Series | None = None
    if row["metric"] == "price":
        found = prices * (-1.0 if row["role"] == "learner" and role == "buyer" else 1.0)
    elif row["metric"] == "deal_rate":
        found = prices.notna().astype(float)
    elif row["metric"] == "surplus":
        found = run.surplus(role, prices)
    elif row["metric"] == "opening_surplus" and None not in run.openings:
        low, high = run.openings
        found = (prices - low if role == "seller" else high - prices).fillna(0.0) / (high - low)
    return None if found is None else found.where(run.outcomes(arm, number) != "error")


def compared(a: pd.Series, b: pd.Series, metric: str, *, paired: bool, changes: bool) -> dict[str, float] | None:
    """b - a with its test and interval, as docs/statistics.md says; None where a test of another kind stands in."""
    rates, zeros = metric == "deal_rate" and not changes, metric.endswith("surplus")
    if paired:
        both = pd.DataFrame({"a": a, "b": b}).dropna()
        change = both["b"] - both["a"]
        own = {"a": both["a"].mean(), "b": both["b"].mean(), "difference": change.mean(), "n": len(both)}
        if rates:
            return own | {"p": mcnemar(both["a"] > 0.5, both["b"] > 0.5)}
        if len(both) < 2 or np.ptp(change) < 1e-9:
            same = len(both) > 1 and abs(change.iloc[0]) < 1e-9
            return own | {"p": 1.0, "low": math.nan, "high": math.nan} if same else None
        few = zeros and int(((both["a"] != 0) | (both["b"] != 0)).sum()) < FEWEST_SURPLUS_CHANGE
        low, high = NONE if few else interval(change, 2 if zeros else FEWEST_MEAN)
        return own | {"p": stats.ttest_1samp(change, 0.0).pvalue, "low": low, "high": high}
    a, b = a.dropna(), b.dropna()
    own = {"a": a.mean(), "b": b.mean(), "difference": b.mean() - a.mean(), "n": len(a) + len(b)}
    if rates:
        pooled = (a.sum() + b.sum()) / (len(a) + len(b))
        error = math.sqrt(pooled * (1 - pooled) * (1 / len(a) + 1 / len(b)))
        return own | {"p": 2 * stats.norm.sf(abs(own["difference"]) / error) if error else 1.0}
    if min(len(a), len(b)) < 2 or min(np.ptp(a), np.ptp(b)) < 1e-9:
        return None
    test = stats.ttest_ind(b, a, equal_var=False)
    fewest = (FEWEST_SURPLUS_CHANGE if changes else FEWEST_SURPLUS) if zeros else FEWEST_MEAN
    low, high = test.confidence_interval(0.95) if min(len(a), len(b)) >= fewest else NONE
    return own | {"p": test.pvalue, "low": low, "high": high}


def counted(audit: Audit, row: dict[str, Any], own: dict[str, float] | None, where: str) -> bool:
    """Compares a row of tests.csv with what was recomputed of it; whether anything was."""
    sides = f"{row['b_is']} against {row['a_is']}" if row["b_is"] else ""
    place = " ".join(str(each) for each in ("cells", row["numbers"], sides, row["arm"], row["outcome"]) if each)
    for name, value in (own or {}).items():
        audit.number("tests.csv", f"{where}, {place} round {int(row['round'])}, {name}", row[name], value)
    return own is not None


def arms(audit: Audit, run: Run, row: dict[str, Any], where: str) -> bool:
    """A row of tests.csv that compares two arms of one run, paired by game; whether it could be recomputed."""
    number = int(row["round"])
    a, b = (values(run, row, str(row[side]), number) for side in ("a_is", "b_is"))
    own = None if a is None or b is None else compared(a, b, row["metric"], paired=True, changes=False)
    return counted(audit, row, own, where)


def cells(audit: Audit, runs: dict[int, Run], row: dict[str, Any], where: str) -> bool:
    """A row of tests.csv that compares cells; the seeds of its sides are pooled. Whether it could be recomputed."""
    number, changes = int(row["round"]), row["question"] == "cells"
    sides: list[pd.Series] = []
    seeds: list[list[Any]] = []
    for side in str(row["numbers"]).split(" against "):
        parts, of_side = {}, []
        for cell in (int(each) for each in side.split(", ")):
            run = runs[cell]
            whole = values(run, row, row["arm"], number)
            first = values(run, row, row["arm"], 1) if changes else 0.0
            if whole is None or first is None:
                return False
            engines = [run.config[player]["engine"]["_target_"] for player in ("seller", "buyer")]
            own_seed = run.config["seed"] if all(each.endswith(BY_SEED) for each in engines) else None
            of_side.append(own_seed)
            parts[cell if own_seed is None else own_seed] = whole - first
        if len(parts) < len(of_side):  # two cells of one side with one seed may hold the same games
            return False
        seeds.append(of_side)
        sides.append(pd.concat(parts))
    paired = None not in seeds[0] and set(seeds[0]) == set(seeds[1])
    own = compared(sides[1], sides[0], row["metric"], paired=paired, changes=changes)
    return counted(audit, row, own, where)


class Factorial:
    """The runs of one learner as cells: the levels of the choices that have a main effect, as cells.csv names them."""

    def __init__(self, report: Path, numbers: dict[int, Run]) -> None:
        tests, self.numbers = table(report, "tests"), numbers
        self.choices: dict[str, list[str]] = {}
        for row in tests:
            if row["question"] == "factors":
                known = self.choices.setdefault(str(row["learner"]), [])
                known += [] if row["choice"] in known else [row["choice"]]
        every = [name for names in self.choices.values() for name in names]
        path = report / "tables" / "cells.csv"
        frame = pd.read_csv(path, dtype=dict.fromkeys((*every, "learner"), str), keep_default_na=False)
        self.levels = frame.drop_duplicates("number").set_index("number")

    def cells(self, learner: str) -> dict[tuple[str, ...], list[tuple[int, Run]]]:
        """The runs of each combination of levels; learner "": of all, where all are of one."""
        found: dict[tuple[str, ...], list[tuple[int, Run]]] = {}
        for number, levels in self.levels.iterrows():
            if learner in ("", levels["learner"]):
                cell = tuple(str(levels[name]) for name in self.choices[learner])
                found.setdefault(cell, []).append((int(number), self.numbers[int(number)]))
        return found


def over_settings(audit: Audit, factorial: Factorial, row: dict[str, Any], where: str) -> bool:
    """A main effect or an interaction in tests.csv, the mean over the settings of the other choices at which all of its
    levels were played; whether it could be recomputed."""
    signs = {(row["choice"], row["b_is"]): 1.0, (row["choice"], row["a_is"]): -1.0}
    crossed = [row["choice"]]
    if row["question"] == "interactions":
        signs |= {(row["at"], row["at_b"]): 1.0, (row["at"], row["at_a"]): -1.0}
        crossed.append(row["at"])
    own = signed_mean(factorial, row, crossed, signs, 2 ** len(crossed))
    return counted(audit, row, own or None, where) and "p" in own


def marginal(audit: Audit, factorial: Factorial, row: dict[str, Any], where: str) -> None:
    """A row of factor_means.csv: the mean of the cells' means."""
    learner = str(row["learner"]) if str(row["learner"]) in factorial.choices else ""
    levels = sorted({cell[factorial.choices[learner].index(row["factor"])] for cell in factorial.cells(learner)})
    signs = {(row["factor"], level): float(level == row["level"]) for level in levels}
    own = signed_mean(factorial, row | {"learner": learner}, [row["factor"]], signs, len(levels))
    for name, value in {
        "value" if key == "difference" else key: each for key, each in own.items() if key != "p"
    }.items():
        what = f"{where}, {row['factor']} {row['level']} {row['arm']} {row['metric']}, {name}"
        audit.number("factor_means.csv", what, row[name], value)


def signed_mean(
    factorial: Factorial, row: dict[str, Any], crossed: list[str], signs: dict[tuple[str, str], float], full: int
) -> dict[str, float]:
    """The mean, over the settings of the other choices that have `full` cells, of the signed sum of cells' means."""
    number, names = int(row["round"]), factorial.choices[str(row["learner"])]
    of_seeds, found, unique = [], {}, True
    for cell, runs in factorial.cells(str(row["learner"])).items():
        parts, seeds = {}, []
        for at, run in runs:
            last, first = values(run, row, row["arm"], number), values(run, row, row["arm"], 1) if number > 1 else 0.0
            if last is None or first is None:
                return {}
            engines = [run.config[player]["engine"]["_target_"] for player in ("seller", "buyer")]
            seeds.append(run.config["seed"] if all(each.endswith(BY_SEED) for each in engines) else None)
            parts[f"run {at}" if seeds[-1] is None else seeds[-1]] = (last - first).dropna()
        unique = unique and len(parts) == len(runs)
        of_seeds.append(set(seeds))
        found[cell] = pd.concat(parts)
    settings: dict[tuple[str, ...], list[tuple[float, pd.Series]]] = {}
    for cell, own in found.items():
        levels = dict(zip(names, cell, strict=True))
        each = [signs.get((name, levels[name])) for name in crossed]
        if None not in each:
            rest = tuple(level for name, level in levels.items() if name not in crossed)
            settings.setdefault(rest, []).append((math.prod(each), own))
    whole = [each for each in settings.values() if len(each) == full]
    used = [[(sign / len(whole), own) for sign, own in each if sign] for each in whole]
    made: dict[str, float] = {"combinations": len(whole)}
    if not used or min(len(own) for each in used for _, own in each) < 2:
        return made
    paired = unique and None not in set().union(*of_seeds) and all(each == of_seeds[0] for each in of_seeds)
    return made | (by_game(used) if paired else by_cell(used))


Weighted = list[list[tuple[float, pd.Series]]]


def by_game(settings: Weighted) -> dict[str, float]:
    """The weighted sum of cells' means, each game's pull on it being one value: games are the same in all cells."""
    sums = pd.concat([sum(weight * cell for weight, cell in each).dropna() for each in settings], axis=1)
    pulls = ((sums - sums.mean()) / sums.count()).sum(axis=1)
    error = math.sqrt((pulls**2).sum() * len(pulls) / (len(pulls) - 1))
    return tested(sums.mean().sum(), error, len(pulls) - 1, len(pulls))


def by_cell(settings: Weighted) -> dict[str, float]:
    """The weighted sum of cells' means, whose games are all different: Welch's error and Satterthwaite's freedom."""
    every = [each for cells_of in settings for each in cells_of]
    value = sum(weight * cell.mean() for weight, cell in every)
    of_cell = np.array([weight**2 * cell.var(ddof=1) / len(cell) for weight, cell in every])
    below = sum(each**2 / (len(cell) - 1) for each, (_, cell) in zip(of_cell, every, strict=True))
    freedom = of_cell.sum() ** 2 / below if below else 1.0
    return tested(value, math.sqrt(of_cell.sum()), freedom, sum(len(cell) for _, cell in every))


def tested(value: float, error: float, freedom: float, n: int) -> dict[str, float]:
    """A value with its t interval and p, none without spread."""
    if error < 1e-9 * max(1.0, abs(value)):
        return {"difference": value, "n": n, "p": math.nan, "low": math.nan, "high": math.nan}
    low, high = stats.t.interval(0.95, freedom, value, error)
    p = 2 * stats.t.sf(abs(value) / error, freedom)
    return {"difference": value, "n": n, "p": p, "low": float(low), "high": float(high)}


def recomputed(
    audit: Audit, runs: dict[str, Run], numbers: dict[int, Run], factorial: Factorial, row: dict[str, Any]
) -> bool:
    """A row of tests.csv, whatever it compares; whether it could be recomputed."""
    if row["question"] in ("factors", "interactions"):
        return over_settings(audit, factorial, row, "tests.csv")
    if row["question"] in ("cells", "start"):
        return cells(audit, numbers, row, "tests.csv")
    if row["run"] not in runs:
        return False
    made = arms if row["question"] == "arms" else within
    return made(audit, runs[row["run"]], row, "tests.csv")


def sentence(audit: Audit, row: dict[str, Any], page: str, where: str) -> None:
    """The difference, both means, n and p of a row stand in its sentence, rounded, and a claim on the page."""
    said, scale, digits = str(row["sentence"]), *((100, 1) if row["metric"] == "deal_rate" else (1, 2))
    wanted = [f"{abs(row['difference']) * scale:.{digits}f}", f"n={int(row['n']):,}"]
    wanted += [f"{abs(row[side]) * scale:.{digits}f}" for side in "ab"] if row["question"] != "cells" else []
    p = row["p_holm"]
    wanted += [] if p != p else ["p<0.001" if p < 0.001 else f"p={p:.{3 if p < 0.1 else 2}f}"]
    missing = [each for each in wanted if each not in said.replace("−", "-")]
    audit.text("sentences", f"{where}, {said!r} has no {', '.join(missing)}", not missing)
    if p < 0.05:  # what shows nothing is a row of a table there
        audit.text("sentences", f"{where}, {said!r} is not on the page", " ".join(said.split()) in page)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's correction, as the paper says it; NaN costs nothing."""
    made = np.flatnonzero(~np.isnan(p))
    found, highest = np.full(len(p), math.nan), 0.0
    for at, index in enumerate(made[np.argsort(p[made], kind="stable")]):
        highest = max(highest, min(1.0, (len(made) - at) * p[index]))
        found[index] = highest
    return found


def selection(audit: Audit, run: Run, row: dict[str, Any], where: str) -> None:
    """A row of selection.csv: the effect of the last round on price and surplus."""
    before, after = run.prices(row["arm"], 1), run.prices(row["arm"], int(row["round"]))
    change = (after - before).dropna()
    own: dict[str, float] = {}
    if row["method"] == "survivors":
        own = {"estimate": after.mean() - before.mean()}
    elif row["method"] == "pairs":
        low, high = interval(change)
        own = {"estimate": change.mean(), "n": len(change), "low": low, "high": high}
    elif row["method"] == "intention_to_treat" and row["learner"] in ("seller", "buyer"):
        gains = [run.surplus(row["learner"], each) for each in (before, after)]
        if gains[0] is not None and gains[1] is not None:
            dealt = int((before.notna() | after.notna()).sum())
            limits = interval(gains[1] - gains[0], 2) if dealt >= FEWEST_SURPLUS_CHANGE else NONE
            own = {"estimate": (gains[1] - gains[0]).mean(), "low": limits[0], "high": limits[1]}
    elif row["method"] == "worst_case" and None not in run.openings:
        lowest, highest = run.openings
        own = {
            "bound_low": (after.fillna(lowest) - before.fillna(highest)).mean(),
            "bound_high": (after.fillna(highest) - before.fillna(lowest)).mean(),
        }
    for name, value in own.items():
        audit.number("selection.csv", f"{where}, {row['run']} {row['method']}, {name}", row[name], value)


def table(report: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a CSV of the report; texts that are missing are empty."""
    path = report / "tables" / f"{name}.csv"
    if not path.is_file():
        return []
    frame = pd.read_csv(path, dtype={name: str for name in TEXTS})
    texts = [column for column in TEXTS if column in frame]
    filled = frame.assign(**{column: frame[column].fillna("").astype(str) for column in texts})
    return [{str(key): value for key, value in row.items()} for row in filled.to_dict("records")]


def audited(report: Path, root: Path) -> tuple[Audit, int]:
    """The whole report; how many tests were not recomputed (those of what does not spread)."""
    audit, runs, numbers, left = Audit(), {}, {}, 0
    for row in table(report, "rounds"):
        if row["run"] not in runs and row["round"] == row["round"]:
            runs[row["run"]] = numbers[int(row["number"])] = Run(root / row["run"])
    for name, run in runs.items():
        path = root / name / "summary.json"
        if path.is_file():
            summary(audit, run, name, json.loads(path.read_text(encoding="utf-8")))
    for kind in ("rounds", "cells"):
        for row in table(report, kind):
            if row["run"] in runs:
                rounds(audit, runs[row["run"]], row, f"{kind}.csv")
    for row in table(report, "selection"):
        selection(audit, runs[row["run"]], row, "selection.csv")
    text = re.sub(
        r"<(style|script).*?</\1>|<[^>]+>", " ", (report / "index.html").read_text(encoding="utf-8"), flags=re.S
    )
    page = " ".join(html.unescape(text).split())
    tests = table(report, "tests")
    judged = [row[name] for name in ("surplus_change_p", "surplus_slope_p") for row in table(report, "abilities")]
    corrected = holm(np.array([*(row["p"] if row["primary"] else math.nan for row in tests), *judged], dtype=float))
    factorial = Factorial(report, numbers)
    for row in table(report, "factor_means"):
        marginal(audit, factorial, row, "factor_means.csv")
    for row, own in zip(tests, corrected, strict=False):
        left += not recomputed(audit, runs, numbers, factorial, row)
        audit.number("tests.csv", f"tests.csv, {row['sentence']!r}, p_holm", row["p_holm"], own)
        if row["difference"] == row["difference"]:
            sentence(audit, row, page, "tests.csv")
    return audit, left


def main() -> int:
    """Prints what was compared and what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="the directory with index.html and tables/")
    parser.add_argument("--runs", type=Path, default=Path(), help="where the names of the runs begin")
    chosen = parser.parse_args()
    audit, left = audited(chosen.report, chosen.runs)
    for what, count in audit.compared.items():
        print(f"{what}: {count} compared")
    if left:
        print(f"tests.csv: {left} tests not recomputed but for Holm's correction")
    for line in audit.differing:
        print(f"differs: {line}")
    print(f"{sum(audit.compared.values())} compared, {len(audit.differing)} differ")
    return 1 if audit.differing or not audit.compared else 0


if __name__ == "__main__":
    sys.exit(main())
