"""Who was to coach each game, also where it ended before anybody could.

A game that stops without a deal in round 1 was never coached, and nothing in it says by whom it would have been. It
belongs to the coached games all the same: leave it out and the deal rate begins at 100%.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..data.runs import Runs


def coaches(runs: Runs) -> pd.Series[str]:
    """Per row of `runs.rounds` the source of feedback (ai, human ...) of its game and arm; "" where nobody coaches.

    Two sources in one game are joined by +. Of a game that was never coached it is the only source that the other games
    of its run and arm had; where these had none, what the config asks for.
    """
    rounds = runs.rounds
    source = rounds["feedback_source"]
    names = np.array(source.cat.categories, dtype=object)
    code = source.cat.codes.astype(float).where(source.astype(str) != "")
    arm = [rounds["run"].cat.codes, rounds["arm"].cat.codes]
    of_game, of_arm = code.groupby([*arm, rounds["game"]]), code.groupby(arm)
    first, last = of_game.transform("min"), of_game.transform("max")
    only = of_arm.transform("min")
    only = only.where(only == of_arm.transform("max"))
    found = _planned(runs)
    for numbers in (only, last):
        there = numbers.notna().to_numpy()
        found[there] = names[numbers[there].astype(int)]
    mixed = (first != last).to_numpy() & first.notna().to_numpy()
    found[mixed] = names[first[mixed].astype(int)] + "+" + found[mixed]
    return pd.Series(found, index=rounds.index, dtype="str")


def _planned(runs: Runs) -> np.ndarray:
    """What the config asks for, per round: the arm's name or the source of feedback, where somebody learns."""
    rounds, frame = runs.rounds, runs.runs
    feedback = frame["feedback.name"].fillna("") if "feedback.name" in frame else pd.Series("", index=frame.index)
    feedback = feedback.where(frame["learner"] != "", "").replace("none", "")
    of_run = feedback.to_numpy(dtype=object)[rounds["run"].cat.codes.to_numpy()]
    arm = rounds["arm"].astype(str).replace("none", "").to_numpy(dtype=object)
    return np.where(rounds["arm"].astype(str) == "", of_run, arm)
