"""Futures of a place in a game, with a change there and without it: bargain branch=DIR, as frames have its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from bargain.config.identity import decided_by_seed
from bargain.records import Item
from bargain.rundir.branches import Futures, what_if

from ..data.round_facts import SEATS
from ..data.runs import Runs


def branches(runs: Runs) -> pd.DataFrame:
    """A row per place and change; empty where no run is a branch.

    game, arm, round, turn, changed, role (whose surplus it is), futures, failed; and of price, deals and surplus the
    columns `x_before`, `x_after`, `x` (the difference), `x_low`, `x_high` and `x_n`.
    """
    if "branch.of" not in runs.runs:
        return pd.DataFrame(columns=["round"])
    told = [row for row in runs.runs.to_dict("records") if isinstance(row["branch.of"], str)]
    rows = []
    for row in what_if([_futures(runs, each) for each in told]):
        game, arm, number, turn = row.place
        found = {"game": game, "arm": arm, "round": number, "turn": turn or "coaching"}
        found |= {name: getattr(row, name) for name in ("changed", "role", "futures", "failed")}
        for name in ("price", "deals", "surplus"):
            change = asdict(getattr(row, name))
            found |= {name: change.pop("difference")} | {f"{name}_{key}": value for key, value in change.items()}
        rows.append(found)
    return pd.DataFrame(rows, columns=None if rows else ["round"])


def _futures(runs: Runs, row: Mapping[Any, Any]) -> Futures:
    def known(name: str) -> Any:
        value = row.get(name)
        return None if value is None or pd.isna(value) else value

    prices = {name: known(f"item.{name}") for name in ("cost", "valuation", "seller_opening", "buyer_opening")}
    targets = [known(f"{seat}.engine._target_") for seat in SEATS]
    return Futures(
        runs.path(str(row["run"])),
        (int(row["branch.game"]), known("branch.arm") or "", int(row["branch.round"]), int(row["branch.turn"])),
        known("branch.changed") or "",
        Item(name="", description="", **prices),
        known("game.learners") if known("game.learners") in ("seller", "buyer") else None,
        all(decided_by_seed(each) for each in targets if each is not None),
    )
