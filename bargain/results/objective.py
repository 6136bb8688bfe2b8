"""What a search over configs goes by: one number of a run, returned by its Hydra job and shown in summary.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig

from bargain.intervals import mean


def objective(rows: Sequence[dict[str, Any]], cfg: DictConfig) -> float | None:
    """The mean of the outcome that `objective` names, in the last round; None where there is none.

    rows: a summary's rounds. Arms count alike. A price is given a deal, a surplus without one is 0, both in the item's
    currency.
    """
    surplus = f"mean_surplus_{learner_of(cfg)}"
    column = {"price": "mean_price", "deal_rate": "deal_rate", "surplus": surplus}[cfg.objective]
    values = [row[column] for row in rows if row["round"] == rows[-1]["round"] and row[column] is not None]
    return mean(values)


def learner_of(cfg: DictConfig) -> str:
    """Whose objective it is: of two learners the first's, without one the seller's."""
    return str(cfg.game.learners[0]) if cfg.game.learners else "seller"


def objective_problem(cfg: DictConfig) -> str:
    """Why a search cannot go by the objective of this config, "" if it can."""
    learner = learner_of(cfg)
    reservation = "cost" if learner == "seller" else "valuation"
    if cfg.objective != "surplus" or cfg.item[reservation] is not None:
        return ""
    return (
        f"objective=surplus: the {learner}'s reservation price is not set; set item.{reservation}=... or choose "
        "objective=price or objective=deal_rate"
    )
