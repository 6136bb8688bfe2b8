"""What the runs say: frames, metrics, statistics, comparisons with the paper. Reads run directories, never plays.

    from bargain.analysis import load, metrics
    runs = load("outputs/**")
    metrics.table(runs, ["deal_rate", "price"], by=["learner", "learner_engine", "round"])

    load, Runs       run directories as pandas frames
    metrics          every metric by any choice of the config, with 95% intervals
    comparisons      before and after, arm and arm, cell and cell: paired where they can be, with tests
    factors          a factorial: main effects, marginal means, interactions
    models           the same as a two-part model: deal or not, price, surplus; game and run as random effects
    behaviour        violations by kind; whether the first offer anchors the price
    abilities        who plays by the rules, who improves, who keeps improving (Fu et al. 2023)
    costs            tokens and money, and what an improvement costs
    reference        the published numbers of Fu et al. (2023) beside one's own
    figures          every figure of a study; needs no browser
    stats            the statistics alone, on plain arrays
    text             numbers and tests in words

What is not used is not imported: scipy and altair take a second. Columns and formulas: docs/metrics.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if __name__ == "analysis":  # from a checkout: it would be a second copy of every module
    raise ImportError("`analysis` is `bargain.analysis`: from bargain.analysis import load")

from .data.runs import Runs, load

if TYPE_CHECKING:
    from . import figures, stats, text
    from . import text as words
    from .measures import abilities, behaviour, comparisons, costs, factors, metrics, models, reference

__all__ = ["Runs", "abilities", "behaviour", "comparisons", "costs", "factors", "figures", "load", "metrics",
           "models", "reference", "stats", "text", "words"]  # fmt: skip

_PLACES = {name: f"{__name__}.measures.{name}" for name in
           ("abilities", "behaviour", "comparisons", "costs", "factors", "metrics", "models", "reference")}  # fmt: skip
_PLACES |= {name: f"{__name__}.{name}" for name in ("figures", "stats", "text")}
_PLACES["words"] = f"{__name__}.text"  # its name in version 0.1


def __getattr__(name: str) -> Any:
    """The modules of __all__, imported when they are first used."""
    if name in _PLACES:
        return import_module(_PLACES[name])
    raise AttributeError(f"module 'bargain.analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
