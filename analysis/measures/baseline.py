"""Known opponents as the baseline: cells in which one sits where the other cells have a model.

    seat_of(runs)      -> "seller"   whose engines are compared, where known opponents are among them
    is_baseline(runs)  -> a boolean per run
    beside(runs)       -> every other cell against each known opponent that met the same rival

What a formula gets from the same rivals says what a model's number is worth (docs/opponents.md). The baseline is no
level of the experiment: the tests are of the other cells.
"""

from __future__ import annotations

import pandas as pd

from bargain.config.identity import decided_by_seed
from bargain.records import PLAYERS

from ..data.runs import Runs
from . import comparisons
from .outcomes import last_round, surplus_metrics


def is_known(runs: Runs, role: str) -> pd.Series[bool]:
    """Per run whether a known opponent has this player's seat."""
    return _targets(runs, role).str.endswith(".OpponentEngine")


def is_model(runs: Runs, role: str) -> pd.Series[bool]:
    """Per run whether somebody sits there who does not play by a formula: a model, or a person."""
    targets = _targets(runs, role)
    return (targets != "") & ~targets.map(decided_by_seed).astype(bool)


def _targets(runs: Runs, role: str) -> pd.Series[str]:
    targets = runs.runs.get(f"{role}.engine._target_", pd.Series("", index=runs.runs.index))
    return targets.fillna("").astype(str)


def seat_of(runs: Runs) -> str:
    """The player whose seat known opponents share with models, "" where there is none.

    Of coached games it is the learner's. Where both seats are shared it is a tournament, which ranks them all
    (crossplay.py).
    """
    mixed = [role for role in PLAYERS if is_known(runs, role).any() and is_model(runs, role).any()]
    learners = set(runs.runs["learner"].fillna("").astype(str)) - {""}
    return mixed[0] if len(mixed) == 1 and learners <= {mixed[0]} else ""


def is_baseline(runs: Runs) -> pd.Series[bool]:
    """Per run, in the order of `runs.runs`, whether it is one of the baseline."""
    seat = seat_of(runs)
    return is_known(runs, seat) if seat else pd.Series(False, index=runs.runs.index)


def beside(runs: Runs) -> pd.DataFrame:
    """A row per cell, known opponent in its place, arm and outcome: run, known (the engine), role, arm, outcome,
    currency and the fields of a comparison, the cell less the opponent, in the last round that both plan.

    They are held together where they agree in every choice that both sides have in common; a choice of which the
    opponent has a value of its own (no advice, which it would not hear) tells nobody apart.
    """
    seat, base = seat_of(runs), is_baseline(runs)
    if not seat:
        return pd.DataFrame(columns=["run", "known"])
    others = [name for name in runs.deciding() if not name.startswith(f"{seat}.engine.")]
    texts = runs.runs[others].astype(str)
    shared = [name for name in others if set(texts.loc[base, name]) & set(texts.loc[~base, name])]
    parts = []
    for at in runs.runs.index[~base]:
        for known in runs.runs.index[base]:
            if (texts.loc[at, shared] == texts.loc[known, shared]).all():
                parts += _compared(runs, str(runs.runs.at[at, "run"]), str(runs.runs.at[known, "run"]), seat)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run", "known"])


def _compared(runs: Runs, run: str, known: str, seat: str) -> list[pd.DataFrame]:
    both = runs.where(runs.runs["run"].astype(str).isin([run, known]))
    last = both.only_rounds(both.rounds["round"] == last_round(both))
    of_known = runs.runs[runs.runs["run"].astype(str) == known].iloc[0]
    found = []
    for outcome, part, metric, role in (
        ("price", last, "price", ""),
        ("deal_rate", last, "deal_rate", ""),
        *(("surplus", *each) for each in surplus_metrics(last, seat)),
    ):
        rows = comparisons.cells(part, metric, "run", role=role, against=known)
        named = {"run": run, "known": str(of_known[f"{seat}_engine"]), "role": seat, "outcome": outcome}
        found.append(rows.assign(**named, currency=str(of_known.get("item.currency") or "$")))
    return found
