"""How far one number follows another: the slope of a straight line, for plain arrays.

slope(first_offers, prices)   -> Slope(value=0.52, low=0.31, high=0.73, n=60, p=1e-5, correlation=0.55, note="")
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import add_constant

from .fewest import FEWEST
from .intervals import ALPHA, NAN, spreads


class Slope(NamedTuple):
    """y per unit of x with its 95% interval, pairs, two-sided p, Pearson's correlation; a note where it has none."""

    value: float
    low: float
    high: float
    n: int
    p: float
    correlation: float
    note: str = ""


def slope(x: ArrayLike, y: ArrayLike, game: ArrayLike | None = None, *, fewest: int = FEWEST.slope) -> Slope:
    """Ordinary least squares of y on x, with HC3 errors (MacKinnon & White 1985, J. Econometrics 29), Student's t.

    game: to which game each pair belongs; where games have several the errors are clustered by them.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n = len(across)
    if n < max(fewest, 3):
        return Slope(NAN, NAN, NAN, n, NAN, NAN, f"fewer than {fewest} pairs: no slope")
    if not (spreads(across) and spreads(up)):
        return Slope(NAN, NAN, NAN, n, NAN, NAN, "no variation")
    line, games = OLS(up, add_constant(across)), n if game is None else len(np.unique(np.asarray(game)))
    if games < max(fewest, 3):
        return Slope(NAN, NAN, NAN, n, NAN, NAN, f"fewer than {fewest} games: no slope")
    if games < n:
        fit = line.fit(cov_type="cluster", cov_kwds={"groups": np.asarray(game)}, use_t=True)
    else:
        fit = line.fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int(ALPHA)[1]
    correlation = float(np.corrcoef(across, up)[0, 1])
    return Slope(float(fit.params[1]), float(low), float(high), n, float(fit.pvalues[1]), correlation)
