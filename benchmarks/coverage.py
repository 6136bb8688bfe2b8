"""How often each interval of the product contains the truth, and how often each test rejects where nothing differs.

    python benchmarks/coverage.py                  the tables of docs/statistics.md (some three minutes on one core)
    python benchmarks/coverage.py --small          what CI runs: few samples, a few sizes
    python benchmarks/coverage.py --only survivors one table's rows that contain a word

Every number is made by the functions that make the report's, with `fewest=1`, so that the sizes at which the product
shows no interval are simulated too. Data are drawn with known truth: prices in half dollars, deals at rates from 0.02
to 1, verdicts of a game that go wrong together. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, t
from statsmodels.genmod.families import Binomial, Gaussian
from statsmodels.genmod.generalized_linear_model import GLM

from bargain.analysis import stats
from bargain.analysis.stats.clustered import clustered
from bargain.analysis.stats.fewest import FEWEST, Fewest
from bargain.analysis.stats.mixed import Fit, mixed
from bargain.analysis.stats.unpaired_selection import unpaired_selection

Array = NDArray[np.float64]
SIZES = (3, 5, 8, 10, 15, 20, 30, 60, 100, 200)
SMALL_SIZES = (5, 10, 30)
NONE = Fewest(*[1] * len(FEWEST))
RATES = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
BANDS = ((0.02, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 1.0))
COST, LOWEST, HIGHEST = 8.0, 10.0, 20.0


class Found(NamedTuple):
    """Of 100 samples: how many had an interval, and of those how many contained the truth. Or rejections, all shown."""

    percent: float
    shown: float = 100.0

    def __str__(self) -> str:
        if not self.shown:
            return "–"
        return f"{self.percent:.0f}" + (f" ({self.shown:.0f})" if self.shown < 99.5 else "")


class Row(NamedTuple):
    """One line of a table: which interval or test, of what data, from which size on it is shown, how it is measured."""

    name: str
    data: str
    fewest: int
    measure: Callable[[np.random.Generator, int, int], Found]
    samples: int


def half(prices: Array) -> Array:
    """Prices as models name them: half dollars between the openings."""
    return np.asarray(np.clip(np.round(prices * 2) / 2, LOWEST, HIGHEST), dtype=np.float64)


def bell(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Half dollars about $15, with a spread of $1.50."""
    return half(rng.normal(15, 1.5, shape))


def pile(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Most deals at $15, the others anywhere between $12 and $18."""
    return np.asarray(np.where(rng.random(shape) < 0.6, 15.0, rng.integers(24, 37, shape) / 2))


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Prices that crowd at $18, with a long tail below."""
    return half(18.5 - rng.gamma(1.5, 1.0, shape))


def exponential(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A length with a long tail, more skewed than any price."""
    return rng.exponential(1.0, shape)


def gains(rate: float) -> Callable[[np.random.Generator, tuple[int, ...]], Array]:
    """A seller's surplus, 0 without a deal."""
    return lambda rng, shape: np.asarray(np.where(rng.random(shape) < rate, bell(rng, shape) - COST, 0.0))


def turned(rng: np.random.Generator, n: int, rate: float, fewer: float, more: float) -> tuple[Array, Array]:
    """Surplus before and after: coaching adds half a dollar, loses `fewer` of the deals, makes `more` of the rest."""
    before = np.where(rng.random(n) < rate, bell(rng, (n,)), np.nan)
    new = np.where(rng.random(n) < more, 15.0, np.nan)
    after = half(np.where(np.isnan(before), new, before) + rng.normal(0.5, 0.7, n))
    after = np.where(~np.isnan(before) & (rng.random(n) < fewer), np.nan, after)
    return np.nan_to_num(before - COST), np.nan_to_num(after - COST)


Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def truth(draw: Draw) -> float:
    """The mean of what is drawn, to 0.01."""
    return float(draw(np.random.default_rng(1), (400_000,)).mean())


def covers(limits: Sequence[tuple[float, float]], value: float) -> Found:
    """Of intervals, where NaN is none: how many are there, and how many of those contain the value."""
    low, high = np.array(limits, dtype=np.float64).T
    shown = ~np.isnan(low)
    if not shown.any():
        return Found(0.0, 0.0)
    slack = 1e-9
    inside = (low[shown] - slack <= value) & (value <= high[shown] + slack)
    return Found(100 * float(inside.mean()), 100 * float(shown.mean()))


def rejects(p_values: Sequence[float]) -> Found:
    """How many reject at 5%; no test rejects nothing."""
    return Found(100 * float(np.mean(np.array(p_values) < 0.05)))


def means(name: str, data: str, draw: Draw, fewest: int) -> Row:
    """A row for mean_intervals, which is also the interval of every paired change."""
    value = truth(draw)

    def measure(rng: np.random.Generator, n: int, samples: int) -> Found:
        made = stats.mean_intervals(list(draw(rng, (samples, n))), fewest=1)
        return covers([(each.low, each.high) for each in made], value)

    return Row(name, data, fewest, measure, 1500)


def wilson(low: float, high: float) -> Row:
    """Exactly, over all outcomes, for a rate that lies anywhere in the band (at one rate coverage swings with n)."""

    def measure(_: np.random.Generator, n: int, __: int) -> Found:
        hits, rates = np.arange(n + 1), np.linspace(low, high, 81)
        made = stats.rate_intervals(hits, np.full(n + 1, n), fewest=1)
        lows, highs = (np.array([each[at] for each in made]) for at in (1, 2))
        inside = (lows <= rates[:, None]) & (rates[:, None] <= highs)
        return Found(100 * float((binom.pmf(hits, n, rates[:, None]) * inside).sum(axis=1).mean()))

    return Row("rate: Wilson", f"a rate of {low:g} to {high:g}", FEWEST.rate, measure, 1)


def shares(rate: float, alike: float) -> Row:
    """Verdicts that go wrong together: 1 to 8 in a game, their rate beta distributed with this correlation."""

    def measure(rng: np.random.Generator, n: int, samples: int) -> Found:
        worth = 1 / alike - 1
        found = []
        for _ in range(samples):
            verdicts = rng.integers(1, 9, n)
            wrong = rng.binomial(verdicts, rng.beta(rate * worth, (1 - rate) * worth, n))
            made = stats.ratio_interval(wrong, verdicts, shares=True, fewest=1)
            found.append((made.low, made.high))
        return covers(found, rate)

    data = f"{rate:g} of the verdicts, alike by {alike:g}"
    return Row("rate over games: Wilson", data, FEWEST.share, measure, 500)


def words(rng: np.random.Generator, n: int, samples: int) -> Found:
    """Words per turn: 2 to 10 turns a game, players who are brief in long games."""
    found = []
    for _ in range(samples):
        turns = rng.integers(2, 11, n)
        made = stats.ratio_interval(turns * 30 + 10 + rng.normal(0, 8, n) * turns, turns, fewest=1)
        found.append((made.low, made.high))
    return covers(found, 30 + 10 / 6)


def comparison_rows(
    name: str, data: str, fewest: int, make: Callable[[np.random.Generator, int], stats.Comparison], value: float,
    effect: float = np.nan, samples: int = 300,
) -> Iterator[Row]:  # fmt: skip
    """The rows for a difference and, where its truth is given, the effect size."""

    made: dict[int, list[stats.Comparison]] = {}

    def drawn(rng: np.random.Generator, n: int, count: int) -> list[stats.Comparison]:
        if n not in made:
            made[n] = [make(rng, n) for _ in range(count)]
        return made[n]

    def difference(rng: np.random.Generator, n: int, count: int) -> Found:
        return covers([(each.low, each.high) for each in drawn(rng, n, count)], value)

    def size(rng: np.random.Generator, n: int, count: int) -> Found:
        return covers([(each.effect_low, each.effect_high) for each in drawn(rng, n, count)], effect)

    yield Row(name, data, fewest, difference, samples)
    if effect == effect:
        yield Row(f"{name}, effect size", data, fewest, size, samples)


def of_surplus(rate_a: float, rate_b: float) -> Callable[[np.random.Generator, int], stats.Comparison]:
    """Welch between two cells' surplus, n games each."""
    return lambda rng, n: stats.welch(gains(rate_a)(rng, (n,)), gains(rate_b)(rng, (n,)), fewest=1)


def paired_surplus(rate: float, fewer: float, more: float) -> Callable[[np.random.Generator, int], stats.Comparison]:
    """n games that are not only games with a deal: those that deal in neither round are drawn too, and not counted."""

    def make(rng: np.random.Generator, n: int) -> stats.Comparison:
        games = round(n / (rate + (1 - rate) * more))
        return stats.paired_surplus(*turned(rng, games, rate, fewer, more), fewest=1)

    return make


def pairs_of_rates(before: float, kept: float) -> Callable[[np.random.Generator, int], stats.Comparison]:
    """Deals before at a rate, and after: each is kept with this chance, and no deal becomes one with 1 - kept."""

    def make(rng: np.random.Generator, n: int) -> stats.Comparison:
        first = rng.random(n) < before
        return stats.paired_rates(first, np.where(rng.random(n) < kept, first, ~first), fewest=1)

    return make


def rates_of_cells(a: float, b: float) -> Callable[[np.random.Generator, int], stats.Comparison]:
    """Deal rates of two cells with n games each."""
    return lambda rng, n: stats.two_rates(int(rng.binomial(n, a)), n, int(rng.binomial(n, b)), n, fewest=1)


def coached(rng: np.random.Generator, n: int, rate: float) -> tuple[Array, Array]:
    """n games that deal at `rate` before; coaching adds half a dollar, and the cheap ones may fail."""
    before = bell(rng, (n,))
    after = np.clip(before + 0.5 + rng.choice([-0.5, 0.0, 0.0, 0.5], n), LOWEST, HIGHEST)
    before = np.where(rng.random(n) < rate, before, np.nan)
    after[np.isnan(before) | (rng.random(n) < 1 / (1 + np.exp(before - 13)))] = np.nan
    return before, after


METHODS = {
    "survivors": FEWEST.survivors, "pairs": FEWEST.mean, "intention_to_treat": FEWEST.surplus_change,
    "worst_case": FEWEST.bounds,
}  # fmt: skip
_MADE: dict[tuple[float, int, int], dict[str, list[tuple[float, float]]]] = {}


def selected(method: str, rate: float) -> Row:
    """One of selection's rows about the effect that it speaks of: $0.50 for those who deal either way."""
    before, after = coached(np.random.default_rng(1), 400_000, rate)
    value = {
        "survivors": float(np.nanmean(after) - np.nanmean(before)),
        "intention_to_treat": float((np.nan_to_num(after - COST) - np.nan_to_num(before - COST)).mean()),
    }.get(method, float(np.nanmean(after - before)))

    def measure(rng: np.random.Generator, n: int, samples: int) -> Found:
        if (rate, n, samples) not in _MADE:
            made: dict[str, list[tuple[float, float]]] = {each: [] for each in METHODS}
            for _ in range(samples):
                found = stats.selection(
                    *coached(rng, round(n / rate), rate),
                    learner="seller",
                    cost=COST,
                    lowest=LOWEST,
                    highest=HIGHEST,
                    fewest=NONE,
                )
                for each, low, high in found[["method", "low", "high"]].itertuples(index=False):
                    made[each].append((low, high))
            _MADE[rate, n, samples] = made
        return covers(_MADE[rate, n, samples][method], value)

    data = f"{rate:g} of the games, n, deal before; a fifth of these fails"
    return Row(f"selection: {method}", data, METHODS[method], measure, 100)


def lee(rate: float) -> Row:
    """Lee's bounds between two cells of different games, about those who would deal in both: $0.50 dearer there."""
    before, after = coached(np.random.default_rng(1), 400_000, rate)
    value = float(np.nanmean(after - before))

    def measure(rng: np.random.Generator, n: int, samples: int) -> Found:
        limits = []
        for _ in range(samples):
            cells = coached(rng, round(n / rate), rate)[0], coached(rng, round(n / rate), rate)[1]
            found = unpaired_selection(*cells, fewest=NONE).set_index("method").loc["lee_bounds"]
            limits.append((found["low"], found["high"]))
        return covers(limits, value)

    data = f"{rate:g} of the games, n, deal in one cell; in the other a fifth of these fails"
    return Row("between cells: lee_bounds", data, FEWEST.bounds, measure, 300)


class Sweep(NamedTuple):
    """Two choices of two values, rounds before and after: what each round came to, and what goes together."""

    price: Array
    dealt: Array
    design: Array
    after: Array
    game: Array
    run: Array


def sweep(rng: np.random.Generator, n: int, runs: int) -> Sweep:
    """n games a value of each choice. The first adds $0.80 to a gain of $0.50, and coaching loses deals.

    With several runs a cell, runs differ by $0.40, their gains by $0.30, and what they deal goes together too.
    """
    run = np.repeat(np.arange(4 * runs), max(2, round(n / 2 / runs)))
    a, b = (run // runs % 2) - 0.5, (run // runs // 2) - 0.5
    own = lambda spread: rng.normal(0, spread, 4 * runs)[run] if runs > 1 else 0.0  # noqa: E731
    start, likes = rng.normal(15, 1, len(run)) + own(0.4), rng.normal(2, 1, len(run)) + own(0.4)
    gain = 0.5 + 0.8 * a + own(0.3)
    price = np.concatenate([half(start), half(start + gain + rng.normal(0, 0.7, len(run)))])
    odds = np.concatenate([likes, likes - 1 + 0.5 * a])
    dealt = (rng.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    after, twice = np.repeat([0.0, 1.0], len(run)), np.column_stack([np.ones(len(run)), a, b])
    rows = np.column_stack([np.tile(twice, (2, 1)), after[:, None] * np.tile(twice, (2, 1))])
    return Sweep(price, dealt, rows, after, np.tile(np.arange(len(run)), 2), np.tile(run, 2))


def fitted(made: Sweep, kind: str, *, several: bool) -> Fit:
    """The model of one outcome, as analysis/measures/models.py makes it."""
    if kind in ("odds of a deal", "deal rate"):
        return clustered(made.dealt, made.design, made.run if several else made.game, odds=kind == "odds of a deal")
    kept = made.dealt > 0.5 if kind == "price" else np.ones(len(made.dealt), dtype=bool)
    y = made.price if kind == "price" else made.dealt * (made.price - COST)
    around = (made.run[kept], made.after[kept]) if several else ()
    return mixed(y[kept], made.design[kept], made.game[kept], *around)


def modelled(kind: str, runs: int, fewest: int) -> Row:
    """A row about the change that the first choice makes."""
    large = sweep(np.random.default_rng(1), 200_000, 1 if runs == 1 else 1000)
    kept = large.dealt > (0.5 if kind == "price" else -1.0)
    y = {"price": large.price, "surplus": large.dealt * (large.price - COST)}.get(kind, large.dealt)[kept]
    family = Binomial() if kind == "odds of a deal" else Gaussian()
    value = float(GLM(y, large.design[kept], family=family).fit().params[4])

    def measure(rng: np.random.Generator, n: int, samples: int) -> Found:
        limits = []
        for _ in range(samples):
            try:
                found = fitted(sweep(rng, n, runs), kind, several=runs > 1)
            except ValueError:  # too few deals for the columns
                limits.append((np.nan, np.nan))
                continue
            wide = t.ppf(0.975, found.freedom[4]) * found.errors[4]
            limits.append((found.estimates[4] - wide, found.estimates[4] + wide) if wide > 1e-6 else (np.nan, np.nan))
        return covers(limits, value)

    cells = f"{runs} runs a cell" if runs > 1 else "a run a cell"
    return Row(f"two-part model: {kind}", f"what a choice does to the change, {cells}", fewest, measure, 200)


def slope(rng: np.random.Generator, n: int, samples: int) -> Found:
    """The price on the first offer, with more spread where the offer is high."""
    found = []
    for _ in range(samples):
        first = half(rng.normal(16, 1.5, n))
        price = half(7 + 0.5 * first + rng.normal(0, 1, n) * (0.5 + 0.1 * np.abs(first - 14)))
        made = stats.slope(first, price, fewest=3)
        found.append((made.low, made.high))
    return covers(found, 0.5)


def intervals() -> Iterator[Row]:
    """Every interval of the product."""
    for draw in (bell, pile, skewed):
        yield means("mean: t, BCa from 40 on", (draw.__doc__ or "").rstrip("."), draw, FEWEST.mean)
    yield means("mean: t, BCa from 40 on", (exponential.__doc__ or "").rstrip("."), exponential, FEWEST.mean)
    for rate in RATES:
        yield means("mean surplus", f"{rate:g} deal, no deal is 0", gains(rate), FEWEST.surplus)
    for rate, fewer, more in ((1.0, 0.05, 0.0), (1.0, 0.2, 0.0), (0.9, 0.05, 0.5), (0.5, 0.2, 0.2), (0.1, 0.2, 0.05)):
        first, second = turned(np.random.default_rng(1), 400_000, rate, fewer, more)
        yield from comparison_rows(
            "paired change of surplus", f"{rate:g} deal, {fewer:g} of them lost, {more:g} of the rest gained",
            FEWEST.surplus_change, paired_surplus(rate, fewer, more), float((second - first).mean()),
        )  # fmt: skip
    for band in BANDS:
        yield wilson(*band)
    for rate, alike in ((0.02, 0.3), (0.1, 0.05), (0.1, 0.3), (0.5, 0.3), (0.9, 0.3)):
        yield shares(rate, alike)
    yield Row("ratio over games: t", "words per turn, 2 to 10 turns a game", FEWEST.ratio, words, 500)
    changes = np.array([-1.0, 0, 0, 0, 1, 1, 2])
    yield from comparison_rows(
        "paired change", "0 or a dollar or two, 3 of 7 unchanged", FEWEST.mean,
        lambda rng, n: stats.paired_means(np.zeros(n), rng.choice(changes, n), fewest=1), float(changes.mean()),
        float(changes.mean() / changes.std()), 300,
    )  # fmt: skip
    spread = float(bell(np.random.default_rng(3), (400_000,)).std())
    yield from comparison_rows(
        "difference of means: Welch", "prices of n and n deals, a dollar apart", FEWEST.welch,
        lambda rng, n: stats.welch(bell(rng, (n,)), bell(rng, (n,)) + 1, fewest=1), 1.0, 1 / spread,
    )  # fmt: skip
    wide = lambda rng, shape: half(rng.normal(15, 0.6, shape))  # noqa: E731
    yield from comparison_rows(
        "difference of means: Welch", "n prices that spread by 0.60, 2n by 1.50", FEWEST.welch,
        lambda rng, n: stats.welch(wide(rng, (n,)), bell(rng, (2 * n,)), fewest=1), truth(bell) - truth(wide),
    )  # fmt: skip
    for a, b in ((0.1, 0.3), (0.5, 0.9), (0.98, 0.9)):
        value = truth(gains(b)) - truth(gains(a))
        yield from comparison_rows(
            "difference of mean surplus: Welch", f"{a:g} against {b:g} deal", FEWEST.surplus, of_surplus(a, b), value
        )
    for before, kept in ((0.98, 0.9), (0.9, 0.7), (0.5, 0.9), (0.1, 0.95)):
        value = (1 - 2 * before) * (1 - kept)
        odds = (1 - before) / before
        yield from comparison_rows(
            "change of a rate: Bonett-Price", f"{before:g} deal before, {1 - kept:.2g} of all turn",
            FEWEST.paired_rates, pairs_of_rates(before, kept), value, odds,
        )  # fmt: skip
    for a, b in ((0.02, 0.1), (0.1, 0.3), (0.5, 0.7), (0.98, 0.9)):
        yield from comparison_rows(
            "difference of rates: Newcombe", f"{a:g} against {b:g}, n games each", FEWEST.two_rates,
            rates_of_cells(a, b), b - a, b / (1 - b) / (a / (1 - a)),
        )  # fmt: skip
    for rate in (0.3, 0.9):
        for method in METHODS:
            yield selected(method, rate)
        yield lee(rate)
    yield Row("slope: HC3", "price on the first offer", FEWEST.slope, slope, 300)
    for kind, fewest in (
        ("price", FEWEST.model), ("surplus", FEWEST.surplus_change), ("deal rate", FEWEST.events),
        ("odds of a deal", FEWEST.events),
    ):  # fmt: skip
        yield modelled(kind, 1, fewest)


def level(name: str, data: str, make: Callable[[np.random.Generator, int], float], samples: int = 300) -> Row:
    """A row for a test where nothing differs. make: its p value for a sample of size n."""
    return Row(name, data, 0, lambda rng, n, count: rejects([make(rng, n) for _ in range(count)]), samples)


def family(rng: np.random.Generator, n: int) -> float:
    """The smallest corrected p of a family of n tests that all find nothing."""
    return float(stats.holm(rng.random(n)).min())


def tests() -> Iterator[Row]:
    """Every test of the product, where nothing differs."""
    changes = np.array([-1.0, -0.5, 0, 0, 0, 0.5, 1])
    unchanged = lambda rng, n: stats.paired_means(np.zeros(n), rng.choice(changes, n))  # noqa: E731
    yield level("paired t", "changes in half dollars, 3 of 7 unchanged", lambda rng, n: unchanged(rng, n).p, 200)
    yield level(
        "Wilcoxon's signed ranks",
        "changes in half dollars, 3 of 7 unchanged",
        lambda rng, n: unchanged(rng, n).p_rank,
        200,
    )
    none = lambda rng, n: stats.paired_means(gains(0.1)(rng, (n,)), gains(0.1)(rng, (n,)))  # noqa: E731
    yield level("paired t", "surplus, 0.1 deal", lambda rng, n: none(rng, n).p, 200)
    alike = lambda rng, n: stats.welch(bell(rng, (n,)), bell(rng, (n,)))  # noqa: E731
    yield level("Welch t", "prices of n and n deals", lambda rng, n: alike(rng, n).p)
    yield level("Mann-Whitney", "prices of n and n deals", lambda rng, n: alike(rng, n).p_rank)
    wide = lambda rng, n: half(rng.normal(15, 0.6, n))  # noqa: E731
    yield level(
        "Welch t", "spreads 0.60 and 1.50, n and 2n", lambda rng, n: stats.welch(wide(rng, n), bell(rng, (2 * n,))).p
    )
    for rate in (0.1, 0.9):
        yield level("Welch t", f"surplus, {rate:g} deal", lambda rng, n, rate=rate: of_surplus(rate, rate)(rng, n).p)
    for turn in (0.1, 0.5):
        yield level(
            "McNemar mid-p",
            f"half deal, {turn:g} turn",
            lambda rng, n, turn=turn: pairs_of_rates(0.5, 1 - turn)(rng, n).p,
        )
    for rate in (0.1, 0.5, 0.9):
        yield level(
            "score test of rates",
            f"{rate:g} on both sides",
            lambda rng, n, rate=rate: rates_of_cells(rate, rate)(rng, n).p,
        )
    yield level("Holm, any of n tests", "independent tests", family, 2000)


def table(rows: Sequence[tuple[int, Row]], sizes: Sequence[int], most: int, head: Sequence[str]) -> Iterator[str]:
    """The rows, measured, as lines of Markdown."""
    yield "| " + " | ".join([*head, *map(str, sizes)]) + " |"
    yield "|---" * (len(head) + len(sizes)) + "|"
    for at, row in rows:
        found = [row.measure(np.random.default_rng([at, n]), n, min(row.samples, most)) for n in sizes]
        first = [row.name, row.data, str(row.fewest)][: len(head)]
        yield "| " + " | ".join([*first, *map(str, found)]) + " |"


def main() -> int:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few samples and sizes, for CI")
    parser.add_argument("--only", default="", help="rows whose name or data contain this")
    chosen = parser.parse_args()
    sizes, most = (SMALL_SIZES, 20) if chosen.small else (SIZES, 10_000)
    for rows, head in ((intervals(), ("interval", "data", "from n")), (tests(), ("test", "nothing differs"))):
        wanted = [(at, row) for at, row in enumerate(rows) if chosen.only in f"{row.name} {row.data}"]
        for line in table(wanted, sizes, most, head):
            print(line, flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
