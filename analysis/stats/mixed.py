"""Linear mixed models of two nested levels: rounds of a game, games of a run.

    mixed(y, X, game, run, after)   -> Fit(estimates, errors, freedom, spreads=(0.31, 0.2, 1.48, 0.70), ...)

Restricted maximum likelihood, as statsmodels' MixedLM, with the same numbers. The covariance of such a model has an
inverse in closed form, so that 20,000 rounds take about a second where MixedLM takes minutes. Freedom is
Satterthwaite's (Fai & Cornelius 1996; Kuznetsova, Brockhoff & Christensen 2017), which MixedLM does not have: a normal
interval over six runs is far too narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from .intervals import NAN, Array

Labels = NDArray[Any]


class Fit(NamedTuple):
    """One number per column of X: its estimate, standard error and degrees of freedom (NaN where there is no fit).

    spreads: standard deviations of the random effects, those of the outer label first, and of what is left.
    note: why there is no fit.
    """

    estimates: Array
    errors: Array
    freedom: Array
    spreads: Array
    note: str = ""


def mixed(y: Array, design: Array, inner: Labels, outer: Labels | None = None, slope: Array | None = None) -> Fit:
    """y on the columns of design, with a random intercept per inner label, and one per outer label.

    An inner label belongs to one outer label only. slope: a column whose effect differs at random between outer labels,
    with any covariance with their intercepts. Inner labels that never repeat are left out, for their intercept cannot
    be told from what is left. Raises ValueError for columns of the design that depend on each other.
    """
    n, width = design.shape
    if np.linalg.matrix_rank(design) < width:
        raise ValueError("mixed: columns of the design depend on each other")
    model = _Model(y, design, inner, outer, slope)
    nothing = np.full(width, NAN)
    failed = Fit(nothing, nothing, nothing, np.full(model.effects + 1, NAN))
    if n <= width:
        return failed._replace(note="no more values than coefficients: no estimates")
    if not model.spreads:
        return failed._replace(note="no spread around the model: no estimates")
    roots = _most_likely(model)
    if roots is None:
        return failed._replace(note="the likelihood has no maximum that could be found: no estimates")
    found = model.at(roots)
    variance = found.left / (n - width)
    errors = np.sqrt(variance * np.diag(found.inverse))
    spreads = np.sqrt(variance * np.array([*model.variances(roots), 1.0]))
    freedom = _freedom(model, np.array([*roots, np.log(variance)]), float(n - width))
    return Fit(model.plain + found.estimates, errors, freedom, spreads)


class _At(NamedTuple):
    """The model at some ratios: estimates, (X'V^-1 X)^-1, log det of its inverse, log det V, and what is left of y."""

    estimates: Array
    inverse: Array
    log_information: float
    log_variance: float
    left: float


class _Model:
    """The sums over labels that the likelihood is made of.

    roots: standard deviations over that of what is left: the factor of the outer effects' covariance (one number, or
    with a slope the three of its Cholesky factor), then that of the inner intercept, each where the model has it.
    """

    def __init__(self, y: Array, design: Array, inner: Labels, outer: Labels | None, slope: Array | None) -> None:
        self.n, self.width = design.shape
        self.plain = np.linalg.lstsq(design, y, rcond=None)[0]  # its residuals keep their digits where prices are large
        left = y - design @ self.plain
        self.spreads = float(np.abs(left).max(initial=0.0)) > 1e-9 * max(1.0, float(np.abs(y).max(initial=0.0)))
        columns = np.column_stack([design, left])
        random = [np.ones(self.n), *([] if slope is None else [slope])] if outer is not None else []
        self.q = len(random)
        codes = np.unique(inner, return_inverse=True)[1]
        tops = np.zeros(self.n, dtype=np.int64) if outer is None else np.unique(outer, return_inverse=True)[1]
        order = np.lexsort((codes, tops))
        whole = np.column_stack([*random, columns])[order]
        codes, tops = codes[order], tops[order]
        starts = np.flatnonzero(np.r_[True, np.diff(codes) != 0])
        self.inner = len(starts) < self.n
        self.counts = np.diff(np.r_[starts, self.n]).astype(np.float64)
        sums = np.add.reduceat(whole, starts)
        self.first = np.flatnonzero(np.r_[True, np.diff(tops[starts]) != 0])
        rows = np.flatnonzero(np.r_[True, np.diff(tops) != 0])
        self.sums, self.cross = sums[:, self.q :], columns.T @ columns
        self.of_outer = sums[:, : self.q, None] * sums[:, None, :]
        self.over_outer = np.add.reduceat(whole[:, : self.q, None] * whole[:, None, :], rows)
        self.effects = self.q + self.inner

    @property
    def start(self) -> Array:
        """Where a search for the roots begins."""
        return np.array([*((), (0.5,), (0.5, 0.0, 0.5))[self.q], *([1.0] if self.inner else [])])

    def _factor(self, roots: Array) -> Array:
        """The Cholesky factor of the outer effects' covariance."""
        return np.array([[roots[0]]]) if self.q == 1 else np.array([[roots[0], 0.0], [roots[1], roots[2]]])

    def variances(self, roots: Array) -> Array:
        """Of each random effect, over that of what is left."""
        outer = np.diag(self._factor(roots) @ self._factor(roots).T) if self.q else np.zeros(0)
        return np.array([*outer, *([roots[-1] ** 2] if self.inner else [])])

    def at(self, roots: Array) -> _At:
        """The model at these roots."""
        ratio = roots[-1] ** 2 if self.inner else 0.0
        shrunk = 1 + ratio * self.counts
        whole = self.cross - (self.sums * (ratio / shrunk)[:, None]).T @ self.sums
        log_variance = float(np.log(shrunk).sum())
        if self.q:
            weighed = (ratio / shrunk)[:, None, None] * self.of_outer
            inside = self.over_outer - np.add.reduceat(weighed, self.first)
            factor = self._factor(roots)
            between = np.eye(self.q) + factor.T @ inside[:, :, : self.q] @ factor
            turned = factor.T @ inside[:, :, self.q :]
            whole = whole - np.einsum("tij,tik->jk", turned, np.linalg.solve(between, turned))
            log_variance += float(np.linalg.slogdet(between)[1].sum())
        of_design, with_y = whole[:-1, :-1], whole[:-1, -1]
        inverse = np.linalg.inv(of_design)
        estimates = inverse @ with_y
        left = max(float(whole[-1, -1] - with_y @ estimates), 1e-300)
        return _At(estimates, inverse, float(np.linalg.slogdet(of_design)[1]), log_variance, left)

    def profile(self, roots: Array) -> float:
        """-2 log of the restricted likelihood at its best variance of what is left; but for a constant."""
        found = self.at(roots)
        return float((self.n - self.width) * np.log(found.left)) + found.log_variance + found.log_information

    def deviance(self, parts: Array) -> float:
        """The same at roots and a log variance."""
        found = self.at(parts[:-1])
        fitted = found.left * float(np.exp(-parts[-1])) + found.log_variance + found.log_information
        return float(fitted + (self.n - self.width) * parts[-1])


def _most_likely(model: _Model) -> Array | None:
    """The roots at the maximum; None where the search does not end."""
    if not len(model.start):
        return model.start
    ends = [optimize.minimize(model.profile, model.start * scale, method="L-BFGS-B") for scale in (1.0, 0.3)]
    done = [end for end in ends if np.isfinite(end.fun) and (end.success or np.abs(end.jac).max() < 0.1)]
    return np.abs(min(done, key=lambda end: float(end.fun)).x) if done else None


def _freedom(model: _Model, parts: Array, most: float) -> Array:
    """Satterthwaite's: 2 var^2 / var(var), from the curvature of the likelihood; a variance of 0 is taken as known."""
    steps = 1e-3 * np.maximum(np.abs(parts), 0.05)

    def near(change: Callable[[Array], Array | float], *moves: tuple[int, float]) -> Any:
        there = parts.copy()
        for at, by in moves:
            there[at] += by * steps[at]
        return change(there)

    def variances(there: Array) -> Array:
        return np.asarray(np.exp(there[-1]) * np.diag(model.at(there[:-1]).inverse))

    curvature = np.empty((len(parts), len(parts)))
    for one in range(len(parts)):
        for two in range(one + 1):
            corners = [a * b * near(model.deviance, (one, a), (two, b)) for a in (1, -1) for b in (1, -1)]
            curvature[one, two] = curvature[two, one] = sum(corners) / (4 * steps[one] * steps[two])
    ends = [(near(variances, (at, 1)), near(variances, (at, -1))) for at in range(len(parts))]
    slopes = np.array([(up - down) / (2 * step) for (up, down), step in zip(ends, steps, strict=True)])
    of_variance = np.einsum("ai,ab,bi->i", slopes, 2 * np.linalg.pinv(curvature), slopes)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(of_variance > 0, 2 * variances(parts) ** 2 / of_variance, most)
    return np.asarray(np.clip(found, 1.0, most))
