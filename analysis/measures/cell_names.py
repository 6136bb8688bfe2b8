"""What cells are called: a cell is a run, with a number from 1 in the order of the directories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from bargain.records import PLAYERS

from ..data.runs import Runs
from .baseline import is_baseline


def named(runs: Runs) -> pd.DataFrame:
    """One row per run: number, cell (its label), subject (whom its tests are about), currency, baseline (a known
    opponent plays there beside models), and run, learner, planned, finished, error, state, problem, simulated."""
    frame = runs.runs
    label = runs.labels() if len(runs) > 1 else None
    labels = list(label) if label is not None else [_alone(row) for _, row in frame.iterrows()]
    currency = frame["item.currency"] if "item.currency" in frame else pd.Series("$", index=frame.index)
    kept = frame[["run", "learner", "planned", "finished", "error", "state", "problem", "simulated"]]
    subjects = [_subject(row) for row in frame.to_dict("records")]
    kept.insert(0, "number", range(1, len(frame) + 1))
    kept.insert(1, "cell", labels)
    return kept.assign(subject=subjects, currency=currency.fillna("$").astype(str), baseline=is_baseline(runs))


def _subject(row: dict[Any, Any]) -> str:
    """The coached player: gpt-4 (seller); without a single one, both players."""
    if row["learner"] in PLAYERS:
        return f"{row['learner_engine'] or 'unknown engine'} ({row['learner']})"
    return f"{row['seller_engine'] or '?'} (seller) and {row['buyer_engine'] or '?'} (buyer)"


def _alone(row: pd.Series) -> str:
    """A single run's label: who sells to whom, and the game."""
    game = str(row.get("game.name") or "a game")
    return f"{row['seller_engine'] or '?'} sells to {row['buyer_engine'] or '?'}, {game}"


def ranges(numbers: Sequence[int]) -> str:
    """Numbers as people list them: 1-4, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("–".join(map(str, part)) if len(part) > 1 else str(part[0]) for part in parts)
