"""The runs that a page shows: loaded once, and again only when one of their files has changed.

It knows `load` and file times, and nothing of Streamlit: all sessions share what is loaded, so a view must not
change a frame.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..data.directories import SIGN_OF_LIFE_S, find_runs
from ..data.runs import Runs, load

FILES = ("summary.json", "games.jsonl", ".hydra/config.yaml")
_loaded: dict[tuple[str, ...], Chosen] = {}
_loading = threading.Lock()


@dataclass(frozen=True)
class Chosen:
    """Runs, a short name for each (indexed by run), a key that differs whenever the data do, and where they were found.

    The same runs have the same key however they were chosen, so that nothing is computed again for another filter.
    `places` has every path and glob that the page is about, also those of runs that are not among the chosen.
    """

    runs: Runs
    labels: pd.Series
    key: str
    places: tuple[str, ...]

    def where(self, condition: pd.Series) -> Chosen:
        """The runs that a boolean series over `runs.runs` selects. Labels stay."""
        if condition.all():
            return self
        runs = self.runs.where(condition)
        stamped, _, _ = self.key.partition("\0")
        key = "\0".join([stamped, *runs.runs["run"].astype(str)])
        return Chosen(runs, self.labels[condition.to_numpy()], key, self.places)


def stamp(paths: list[Path]) -> str:
    """Changes when a run comes, goes, or one of its files does."""
    found = hashlib.sha256()
    for path in paths:
        found.update(str(path).encode())
        for name in FILES:
            try:
                stat = os.stat(path / name)
            except OSError:
                found.update(b"-")
            else:
                found.update(b"%d %d" % (stat.st_size, stat.st_mtime_ns))
    return found.hexdigest()


def run_paths(where: Sequence[str]) -> list[Path]:
    """Every run directory at or below these paths and globs; a path that is gone has none."""
    found: list[Path] = []
    for each in where:
        with contextlib.suppress(FileNotFoundError):
            found += find_runs(each)
    return found


def load_chosen(where: Sequence[str]) -> Chosen:
    """Every run at or below these paths and globs."""
    place = tuple(where)
    with _loading:
        paths = run_paths(place)
        key = stamp(paths)
        known = _loaded.get(place)
        if known is None or known.key != key or _may_have_died(known.runs):
            runs = load(paths)
            known = _loaded[place] = Chosen(runs, runs.labels(), key, place)
    return known


def last_parts(runs: pd.Series) -> pd.Series:
    """The ends of the runs' paths, where those tell them apart: what is shown when nothing else does."""
    short = runs.map(lambda run: "/".join(str(run).split("/")[-2:]))
    return short if short.is_unique else runs


def same_place(said: str, runs: Sequence[str]) -> str:
    """The run that an address means, also one copied where another directory was the working one; "" for none.

    A run is named by its path from the working directory. Two parts at the end must agree, or all of the shorter path
    (`3` alone is a cell of any sweep), and more than with any other run.
    """
    if said in runs:
        return said
    agreed = [(_agreement(said, run), run) for run in runs]
    most = max((length for length, _ in agreed), default=0)
    best = [run for length, run in agreed if length == most > 0]
    return best[0] if len(best) == 1 else ""


def _agreement(one: str, other: str) -> int:
    """How many parts at the end of two paths agree; 0 where that says nothing."""
    mine, theirs = one.split("/")[::-1], other.split("/")[::-1]
    pairs = list(zip(mine, theirs, strict=False))
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), len(pairs))
    return same if same > 1 or (same == len(pairs) == 1 and not mine[0].isdigit()) else 0


def _may_have_died(runs: Runs) -> bool:
    """Whether a run that was alive has been silent for so long that its state must be looked at again."""
    for run in runs.runs.loc[runs.runs["state"] == "running", "run"]:
        last = max((changed(runs.path(run) / name) for name in FILES), default=0.0)
        if time.time() - last >= SIGN_OF_LIFE_S:
            return True
    return False


def changed(path: Path) -> float:
    """When a file was last changed, in seconds since 1970; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
