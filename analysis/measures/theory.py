"""What bargaining theory predicts, as formulas: each holds under its assumptions only, which `predictions` prints.

    nash(120, 200)                       160.0
    rubinstein(0.9, 0.8)                 0.714286, the proposer's share
    alternating(0.9, 0.9, 3)             0.91, with a last proposal
    best_threshold((0, 1), (0, 1))       0.25: trade only where valuation - cost is at least that

A prediction that does not hold for a run is blank: no horizon and no discount, no Rubinstein.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..data.runs import Runs
from ..stats.intervals import NAN
from .definitions import ITEM, zone_of
from .metrics import joined

Range = tuple[float, float]
_GRID = 1500


class Prediction(NamedTuple):
    """One theory's word on one run. value is blank (NaN) where an assumption does not hold; unit: currency or share."""

    theory: str
    says: str
    value: float
    unit: str
    assumes: str


def nash(cost: float, valuation: float, power: float = 0.5) -> float:
    """The price at which the product of the gains is greatest (Nash 1950); power: the seller's weight, 0 to 1."""
    return cost + power * (valuation - cost)


def rubinstein(first: float, second: float) -> float:
    """The share of the first proposer by both discounts per proposal, 0 to 1, without a last one (Rubinstein 1982)."""
    return (1 - second) / (1 - first * second)


def alternating(first: float, second: float, proposals: int) -> float:
    """The same with a last proposal, after which nobody gets anything (Ståhl 1972). Discounts may be 1."""
    share = 1.0  # of the last proposer
    for number in range(proposals - 1, 0, -1):
        share = 1 - (second if number % 2 else first) * share
    return share


def sealed_bid(cost: float, valuation: float, limits: Range = (0.0, 1.0)) -> tuple[float, float]:
    """Ask and bid of the linear equilibrium, both limits uniform on `limits` (Chatterjee & Samuelson 1983)."""
    low, high = limits
    width = high - low
    scaled = ((cost - low) / width, (valuation - low) / width)
    return low + width * (2 * scaled[0] / 3 + 1 / 4), low + width * (2 * scaled[1] / 3 + 1 / 12)


def best_threshold(costs: Range, valuations: Range) -> float:
    """The least valuation - cost at which the best possible mechanism lets them trade, both uniform and private.

    Myerson & Satterthwaite (1983): none that both join freely and that needs no money from outside can do better. It
    trades where valuation - cost >= k; k is the least with which the virtual surplus pays for itself. 0: all trades.
    """
    cost, valuation = _pairs(costs, valuations)
    gain = valuation - cost
    virtual = 2 * gain - valuations[1] + costs[0]
    low, high = 0.0, max(valuations[1] - costs[0], 0.0)
    if float(virtual[gain >= 0].sum()) >= 0:
        return 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if float(virtual[gain >= middle].sum()) >= 0 else (middle, high)
    return high


def most_efficient(costs: Range, valuations: Range) -> float:
    """Of the surplus that there is, the share that the best possible mechanism gets; NaN where there is none."""
    cost, valuation = _pairs(costs, valuations)
    gain = valuation - cost
    whole = float(gain[gain > 0].sum())
    return float(gain[gain >= max(best_threshold(costs, valuations), 1e-12)].sum()) / whole if whole else NAN


def _pairs(costs: Range, valuations: Range) -> tuple[np.ndarray, np.ndarray]:
    """Costs and valuations at the middles of a fine grid."""
    at = (np.arange(_GRID) + 0.5) / _GRID
    return np.meshgrid(*(low + at * (high - low) for low, high in (costs, valuations)))  # type: ignore[return-value]


def predictions(runs: Runs) -> pd.DataFrame:
    """Each theory on each run: run and the fields of Prediction, those that do not hold blank.

    They are about a price alone: a run with a second issue is left out (two_issues.py).
    """
    rounds = joined(runs, [*ITEM])
    rows = []
    for config in runs.runs.to_dict("records"):
        if config.get("second_issue.name", "none") != "none":
            continue
        own = rounds[(rounds["run"] == config["run"]) & ~rounds["repeat"]]
        rows += [{"run": config["run"], **found._asdict()} for found in _of_run(config, own)]
    return pd.DataFrame(rows, columns=["run", *Prediction._fields])


def _of_run(config: dict[Any, Any], rounds: pd.DataFrame) -> list[Prediction]:
    some = rounds[zone_of(rounds) >= 0]
    middle = float(((some["item.cost"] + some["item.valuation"]) / 2).mean()) if len(some) else NAN
    knows = {str(config.get(f"scenario.{role}_knows", "own")) for role in ("seller", "buyer")}
    uniform = all(str(config.get(f"scenario.{name}.distribution", "")) == "uniform" for name in ("cost", "valuation"))
    free = not any(config.get(f"scenario.{role}_outside.distribution") for role in ("seller", "buyer"))
    bound = NAN
    if uniform and free and knows <= {"own", "rival_range"}:
        bound = most_efficient(_range(config, "cost"), _range(config, "valuation"))
    return [
        Prediction("Nash (1950)", "mean price where one is possible: the middle of both limits", middle, "currency",
                   "both know both limits, are equally strong and indifferent to risk"),
        Prediction("Myerson & Satterthwaite (1983)", "SE+ of the best possible mechanism, at most", bound, "share",
                   "both limits private, uniform and independent; nobody is forced, no money from outside"),
        Prediction("Rubinstein (1982)", "the first proposer's share", _proposer(config, knows), "share",
                   "both know both limits, proposals alternate without a last one, time costs; here every turn is a "
                   "proposal, and game.max_exchanges so far away that it does not matter"),
        Prediction("Chatterjee & Samuelson (1983)", "trade where valuation - cost is at least",
                   _quarter(config) if uniform and free and knows <= {"own", "rival_range"} else NAN, "currency",
                   "protocol=sealed_bid, both limits private, uniform and independent on one range"),
    ]  # fmt: skip


def _range(config: dict[Any, Any], name: str) -> Range:
    ends = {"low": "item.buyer_opening", "high": "item.seller_opening"}
    low, high = (_number(config, f"scenario.{name}.{end}", _number(config, of)) for end, of in ends.items())
    return low, high


def _proposer(config: dict[Any, Any], knows: set[str]) -> float:
    """Rubinstein's share: a turn is half an exchange, so its discount is the root of that of an exchange."""
    seller, buyer = (math.sqrt(_number(config, f"scenario.{role}_discount", 1.0)) for role in ("seller", "buyer"))
    drawn = bool(config.get("scenario.deadline.distribution"))
    if min(seller, buyer) == 1 or knows != {"both"} or drawn or config.get("protocol.name") != "negotiation":
        return NAN
    return rubinstein(*((seller, buyer) if config.get("game.who_is_first") == "seller" else (buyer, seller)))


def _quarter(config: dict[Any, Any]) -> float:
    """Of the range that both limits are drawn from, where both bids are sealed."""
    (low, high), valuation = _range(config, "cost"), _range(config, "valuation")
    return (high - low) / 4 if config.get("protocol.name") == "sealed_bid" and (low, high) == valuation else NAN


def _number(config: dict[Any, Any], name: str, default: float = NAN) -> float:
    value = config.get(name)
    return float(value) if isinstance(value, int | float) and value == value else default
