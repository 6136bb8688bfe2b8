"""Rounds that several runs hold word for word, so that one observation is not counted as two.

Cells that share a seed and play with embedded negotiators hold the same games wherever their choices make no
difference, and a copy of a sweep holds all of them. Two rounds are the same if they have the same number of game, arm
and round, bargain over the same item, and everything said and advised in the game up to there is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bargain.config.identity import GROWS, may_change

from ..data.runs import OWN_RUN_COLUMNS, Runs
from .definitions import ITEM

_SAME = ["game", "arm", "round", "outcome", "content"]


def repeated(rounds: pd.DataFrame, by: Sequence[str] = ()) -> np.ndarray:
    """Which rows repeat a round of an earlier run in the same group of `by` (columns of the frame).

    Items are told apart where the frame has their columns (definitions.ITEM).
    """
    codes = rounds["run"].cat.codes.to_numpy()
    if "run" in by or not len(codes) or codes.min() == codes.max():
        return np.zeros(len(rounds), dtype=bool)
    item = [name for name in ITEM if name in rounds]
    again: np.ndarray = rounds[[*dict.fromkeys([*by, *item, *_SAME])]].duplicated().to_numpy()
    return again & (rounds["content"] != 0).to_numpy()


def repeated_games(rounds: pd.DataFrame, by: Sequence[str] = ()) -> np.ndarray:
    """Which rows belong to a game (and arm) of which every row here repeats one of an earlier run of the group."""
    game = [rounds["run"].cat.codes.to_numpy(), rounds["arm"].cat.codes.to_numpy(), rounds["game"].to_numpy()]
    return pd.Series(repeated(rounds, by)).groupby(game).transform("all").to_numpy(dtype=bool)


def without_copies(runs: Runs) -> tuple[Runs, list[str]]:
    """The runs without those whose choices and rounds another run has too (or more of them), and what was left out."""
    frame = runs.runs
    choices = [name for name in frame.columns if name not in (*OWN_RUN_COLUMNS, *GROWS) and not may_change(str(name))]
    alike = ["\0".join(map(str, row)) for row in frame[choices].to_numpy(dtype=object)]
    said = runs.rounds[runs.rounds["content"] != 0]
    told, left_out = [], []
    for _, group in frame.groupby(np.array(alike, dtype=object), sort=False):
        if len(group) < 2:
            continue
        parts = {str(run): said.loc[said["run"] == run, _SAME] for run in group["run"]}
        held = {run: set(part.itertuples(index=False, name=None)) for run, part in parts.items() if len(part)}
        largest_first = sorted(held, key=lambda run: -len(held[run]))
        for at, run in enumerate(largest_first):
            whole = next((each for each in largest_first[:at] if each not in left_out and held[run] <= held[each]), "")
            if whole:
                left_out.append(run)
                told.append(f"{run} holds the games of {whole}")
    return (runs.where(~frame["run"].isin(left_out)) if left_out else runs), sorted(told)
