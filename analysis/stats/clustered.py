"""Yes or no by a linear model, with errors that hold for values of one cluster that go together: GEE.

    clustered(dealt, X, run)                  -> Fit: log odds (logistic)
    clustered(dealt, X, run, odds=False)      -> Fit: differences of the rate

Generalised estimating equations with working independence (Liang & Zeger 1986): the estimates are those of the plain
model, whatever goes together within a cluster, and the errors are Mancl & DeRouen's (2001), which few clusters do not
make too small; limits are t's with clusters - columns degrees of freedom.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from statsmodels.genmod.families import Binomial, Gaussian
from statsmodels.genmod.generalized_estimating_equations import GEE

from .intervals import NAN, Array
from .mixed import Fit, Labels

FEWEST_FREE = 4
"""With fewer clusters than columns and these, no error can be told from so few."""


def clustered(y: Array, design: Array, cluster: Labels, *, odds: bool = True) -> Fit:
    """y (0 or 1) on the columns of design; `spreads` is empty. Without an answer a note says why: too few clusters, or
    for odds separation: some combination of the columns has only one outcome, and its odds are without end."""
    width = design.shape[1]
    free = len(np.unique(cluster)) - width
    nothing = np.full(width, NAN)
    failed = Fit(nothing, nothing, nothing, np.zeros(0))
    if free < FEWEST_FREE:
        return failed._replace(note=f"{free + width} clusters for {width} coefficients are too few")
    if odds and len(separated(y, design)):
        return failed._replace(note=SEPARATED)
    codes = np.unique(cluster, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    model = GEE(y[order], design[order], groups=codes[order], family=Binomial() if odds else Gaussian())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(maxiter=100, cov_type="bias_reduced")
    estimates, variances = np.asarray(found.params), np.diag(found.cov_params())
    if not (found.converged and np.isfinite(variances).all()):
        return failed._replace(note="the estimating equations did not converge: no estimates")
    errors = np.sqrt(np.maximum(variances, 0.0))  # of what does not differ at all it is 0, or just below
    return Fit(estimates, errors, np.full(width, float(free)), np.zeros(0))


SEPARATED = "separation"


def separated(y: Array, design: Array) -> NDArray[np.intp]:
    """The columns whose log odds have no end: none where a logistic model of y has finite estimates.

    A direction in which every value fits at least as well as before, and one better (Konis 2007), found as a linear
    programme over the distinct rows.
    """
    rows = np.unique(np.column_stack([design, y]), axis=0)
    towards = rows[:, :-1] * np.where(rows[:, -1:] > 0.5, 1.0, -1.0)
    found = linprog(-towards.sum(axis=0), A_ub=-towards, b_ub=np.zeros(len(rows)), bounds=(-1, 1))
    direction = np.asarray(found.x, dtype=np.float64)
    moved = float((towards @ direction).sum()) > 1e-7
    return np.flatnonzero(np.abs(direction) > 1e-7) if moved else np.zeros(0, dtype=np.intp)
