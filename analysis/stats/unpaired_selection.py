"""The selection problem between two cells of different games: what a difference of mean prices hides, and its bounds.

Where the same games are seen on both sides, who deals on both is known, and `selection` looks at these. Between cells
of different games nobody is seen twice, and who would have dealt in both cells has to be assumed (Lee) or left open
(Manski). Numbers only: the prices of each cell's games, NaN without a deal.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .differences import NO_INTERVAL, welch
from .fewest import FEWEST, Fewest
from .intervals import NAN, Array, largest, spreads
from .selection import NO_SPREAD, Row, imbens_manski

RESAMPLES = 1000
_AT_ONCE = 1_000_000
"""So many prices are resampled in one step, which bounds the memory."""
ASSUMED = "if no game deals only in the cell where deals are rarer (cannot be seen: no game is played in both)"


def unpaired_selection(
    a: ArrayLike,
    b: ArrayLike,
    *,
    reservation: float | None = None,
    lowest: float = NAN,
    highest: float = NAN,
    fewest: Fewest = FEWEST,
) -> pd.DataFrame:
    """b - a of the price in four ways side by side; the columns are those of `selection.Row`.

    a, b: the prices of the games of two cells, NaN without a deal; games of one have nothing to do with those of the
    other. reservation: the price at which the player whose prices these are gains nothing (more is better for it).
    lowest, highest: where a price can lie. fewest: what bears an interval.

    - survivors: mean price of b's deals minus that of a's;
    - intention_to_treat: difference of the mean surplus over all games, no deal = 0;
    - lee_bounds: the difference for the games that would deal in both (Lee 2009, Review of Economic Studies 76),
      assuming that none deals only in the cell where deals are rarer;
    - worst_case: the difference for all games, every missing price anywhere from lowest to highest (Manski 1990).
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    rows = [
        _survivors(first, second, fewest.welch),
        _surplus(first, second, reservation, fewest.surplus),
        _lee(first, second, fewest.bounds),
        _worst_case(first, second, lowest, highest, fewest.bounds),
    ]
    return pd.DataFrame(rows, columns=list(Row._fields))


def _deals(prices: Array) -> Array:
    dealt: Array = prices[~np.isnan(prices)]
    return dealt


def _nothing(method: str, n: int, share: float, whom: str, note: str) -> Row:
    return Row(method, NAN, NAN, NAN, NAN, NAN, n, share, whom, note)


def _survivors(a: Array, b: Array, fewest: int) -> Row:
    found = welch(_deals(a), _deals(b), fewest=fewest)
    share = found.n / max(len(a) + len(b), 1)
    whom = "the deals of each cell: other games, dealt under other conditions"
    return Row("survivors", found.difference, NAN, NAN, found.low, found.high, found.n, share, whom, found.note)


def _surplus(a: Array, b: Array, reservation: float | None, fewest: int) -> Row:
    if reservation is None or math.isnan(reservation):
        return _nothing("intention_to_treat", 0, 1.0, "all games", "no reservation price is set: no surplus")
    gains = [np.where(np.isnan(each), 0.0, each - reservation) for each in (a, b)]
    found = welch(gains[0], gains[1], fewest=fewest, size=largest(a, b))
    return Row(
        "intention_to_treat", found.difference, NAN, NAN, found.low, found.high, found.n, 1.0, "all games", found.note
    )


def _lee(a: Array, b: Array, fewest: int) -> Row:
    """The cell with the higher deal rate is trimmed to the other's rate, at its cheap or at its dear end."""
    n, dealt = len(a) + len(b), (len(_deals(a)), len(_deals(b)))
    whom = f"games that would deal in both cells, {ASSUMED}"
    share = min(dealt[0] / max(len(a), 1), dealt[1] / max(len(b), 1))
    if not min(dealt):
        return _nothing("lee_bounds", sum(dealt), share, whom, "no deals on one side")
    low, high = (float(each) for each in _bounds(a[None], b[None])[0])
    limits, note = (NAN, NAN), NO_INTERVAL
    if min(dealt) >= fewest:
        rng = np.random.default_rng([n, sum(dealt)])
        at_once = max(1, _AT_ONCE // n)
        sizes = [min(at_once, RESAMPLES - done) for done in range(0, RESAMPLES, at_once)]
        drawn = np.concatenate(
            [_bounds(rng.choice(a, (size, len(a))), rng.choice(b, (size, len(b)))) for size in sizes]
        )
        errors = [float(each) for each in np.nanstd(drawn, axis=0, ddof=1)]
        known = all(spreads(bound[~np.isnan(bound)], largest(a, b)) for bound in drawn.T)
        limits, note = (imbens_manski(low, high, *errors), "") if known else (limits, NO_SPREAD)
    return Row("lee_bounds", NAN, low, high, *limits, sum(dealt), share, whom, note)


def _bounds(a: Array, b: Array) -> Array:
    """Of each row of a and of b: the bounds of mean(b) - mean(a), the cell that deals more often trimmed to the other's
    rate; NaN where one has no deal. (rows, games) and (rows, games) give (rows, 2)."""
    share = np.minimum(*(np.mean(~np.isnan(each), axis=1) for each in (a, b)))
    (cheap_a, dear_a), (cheap_b, dear_b) = _trimmed_means(a, share), _trimmed_means(b, share)
    return np.column_stack([cheap_b - dear_a, dear_b - cheap_a])


def _trimmed_means(prices: Array, share: Array) -> tuple[Array, Array]:
    """Of each row, the mean of the cheapest and of the dearest deals that are `share` of its games; the one at the edge
    counts in part."""
    ordered = np.sort(prices, axis=1)  # what is no deal comes last
    deals, place = np.sum(~np.isnan(prices), axis=1)[:, None], np.arange(prices.shape[1])
    ordered, kept = np.where(place < deals, ordered, 0.0), np.where(share > 0, share, np.nan) * prices.shape[1]
    cheap, dear = (np.clip(kept[:, None] - rank, 0.0, 1.0) for rank in (place, deals - 1 - place))
    return np.sum(cheap * ordered, axis=1) / kept, np.sum(np.where(place < deals, dear, 0.0) * ordered, axis=1) / kept


def _worst_case(a: Array, b: Array, lowest: float, highest: float, fewest: int) -> Row:
    whom, n = "all games, whatever price the missing deals would have had", len(a) + len(b)
    if math.isnan(lowest) or math.isnan(highest):
        return _nothing("worst_case", n, 1.0, whom, "no limits of the price: an opening is not set")
    if min(len(a), len(b)) < 2:
        return _nothing("worst_case", n, 1.0, whom, "fewer than two games on one side")
    ends = [[np.where(np.isnan(each), end, each) for end in (lowest, highest)] for each in (a, b)]
    values, errors, known = [], [], True
    for of_a, of_b in ((ends[0][1], ends[1][0]), (ends[0][0], ends[1][1])):
        values.append(float(of_b.mean() - of_a.mean()))
        known = known and (spreads(of_a) or spreads(of_b))
        errors.append(math.sqrt(float(of_a.var(ddof=1)) / len(a) + float(of_b.var(ddof=1)) / len(b)))
    note = NO_INTERVAL if min(len(a), len(b)) < fewest else "" if known else NO_SPREAD
    limits = (NAN, NAN) if note else imbens_manski(values[0], values[1], *errors)
    return Row("worst_case", NAN, values[0], values[1], *limits, n, 1.0, whom, note)
