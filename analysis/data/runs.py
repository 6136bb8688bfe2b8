"""Run directories as pandas frames: the one door of `analysis` to what `bargain` left on disk.

    from bargain.analysis import load
    runs = load("outputs/**")          # a path, a glob, or several
    runs.runs                          # one row per run, with every config choice as a column
    runs.rounds                        # one row per planned round of every finished game
    runs.turns                         # one row per utterance, read when first touched
    runs.where(learner="seller").rounds

Unfinished, failed, crashed and damaged runs are there and say so in `state`, `problem` and `runs.problems`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bargain.config.identity import may_change
from bargain.records import PLAYERS
from bargain.rundir.plain import lines_of

from ..text import choice
from . import cache
from .columns import FEEDBACK_COLUMNS, ROUND_COLUMNS, RUN_COLUMNS, TURN_COLUMNS, schema_of
from .directories import find_runs, read_run
from .fill_cache import fill_caches
from .games import Problem, read_feedback, read_turns
from .once import once
from .prompts import marked
from .round_facts import SEATS

SEATED = [[seat] for seat in SEATS]
OWN_RUN_COLUMNS = tuple(column.name for column in RUN_COLUMNS)


class Runs:
    """Runs as pandas frames; `load` makes them.

    runs: one row per run, its state and costs first, then every choice of its config by its dotted name. A prompt that
    was changed and kept its version has a mark behind it: v1*.
    rounds: one row per planned round of every finished game; `run` is a categorical over `runs["run"]`.
    turns, feedback: one row per utterance or feedback, read from disk when first touched.
    problems: what is wrong with files of these runs: run, line (0 = the whole file), problem.

    Every column with its unit and meaning: docs/metrics.md, or columns.py. Prices are in the currency of the item.
    """

    def __init__(
        self, runs: pd.DataFrame, rounds: pd.DataFrame, problems: pd.DataFrame, paths: dict[str, Path]
    ) -> None:
        self.runs = runs
        self.rounds = rounds
        self.problems = problems
        self._paths = paths

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.runs["state"].value_counts().items())
        return f"Runs({len(self)} runs: {states or 'none'}; {len(self.rounds):,} rounds)"

    @cached_property
    def turns(self) -> pd.DataFrame:
        """One row per utterance, as played: TURN_COLUMNS after `run`. Holds every text: choose runs first if many."""
        return self._lazy("turns", TURN_COLUMNS, read_turns)

    @cached_property
    def feedback(self) -> pd.DataFrame:
        """One row per feedback heard: FEEDBACK_COLUMNS after `run`."""
        return self._lazy("feedback", FEEDBACK_COLUMNS, read_feedback)

    def where(self, condition: pd.Series | None = None, **choices: Any) -> Runs:
        """The runs that a boolean series over `runs` and all choices select: `where(learner="seller")`.

        A choice is a column of `runs` with one value or a list of them; a dot in its name is written `__`
        (`game__n_rounds=5`). Raises KeyError for a column that is not there.
        """
        chosen = pd.Series(True, index=self.runs.index) if condition is None else condition.astype(bool)
        for name, value in choices.items():
            column = name if name in self.runs else name.replace("__", ".")
            if column not in self.runs:
                raise KeyError(f"where: runs have no column {column!r}; see runs.runs.columns")
            values = value if isinstance(value, list | tuple | set) else [value]
            chosen &= self.runs[column].isin(list(values))
        return self._only(self.runs[chosen])

    def _only(self, chosen: pd.DataFrame) -> Runs:
        names = list(chosen["run"])
        rounds = self.rounds[self.rounds["run"].isin(names)].reset_index(drop=True)
        rounds["run"] = rounds["run"].cat.set_categories(names)
        problems = self.problems[self.problems["run"].isin(names)].reset_index(drop=True)
        return Runs(chosen.reset_index(drop=True), rounds, problems, {name: self._paths[name] for name in names})

    def only_rounds(self, kept: pd.Series) -> Runs:
        """The same runs with only these rounds; `kept` is a boolean series over `rounds`."""
        return Runs(self.runs, self.rounds[kept].reset_index(drop=True), self.problems, self._paths)

    @once
    def varying(self) -> list[str]:
        """The config columns in which the runs differ: what a sweep ablates.

        What may change on resume is left out: limits, tracking, how fast an engine is asked.
        """
        return [
            str(name)
            for name in self.runs.columns
            if name not in OWN_RUN_COLUMNS and not may_change(str(name)) and self.runs[name].nunique(dropna=False) > 1
        ]

    def labels(self) -> pd.Series:
        """A short name per run, from the choices in which the runs differ, indexed by run; never two the same.

        Names come first and numbers after them, so that a name that is cut off still says who played. Texts are
        called by bargain.text.name_of, and engines that follow another seat's are left out.
        """
        deciding = self.deciding()
        seats = self.followers([name for name in deciding if name.endswith(".engine.name")])
        chosen = [name for name in deciding if name not in seats]
        chosen.sort(key=lambda column: not column.endswith((".name", ".version")))
        texts: list[str] = []
        for _, row in self.runs.iterrows():
            text = ", ".join(said(name, row[name]) for name in chosen if not pd.isna(row[name])) or str(row["run"])
            texts.append(text if text not in texts else f"{text} ({row['run']})")
        return pd.Series(texts, index=pd.Index(self.runs["run"]), name="label", dtype="str")

    @once
    def deciding(self) -> list[str]:
        """Of the columns that vary, those that no other explains: a preset's name stands for what the preset sets."""
        varying = self.varying()
        presets = [column for column in varying if column.endswith((".name", ".version", ".path"))]
        unexplained = []
        for column in varying:
            above = [name for name in presets if name != column and column.startswith(name.rpartition(".")[0] + ".")]
            if column in presets:  # a file's path stands for its texts, never for the version
                above = [name for name in above if not name.endswith(".path")]
            if not any(
                (self.runs.groupby(name, dropna=False)[column].nunique(dropna=False) <= 1).all() for name in above
            ):
                unexplained.append(column)
        return unexplained

    def followers(self, among: Sequence[str]) -> dict[str, str]:
        """Of these choices those that another decides, and which: a critic on its learner's engine changes with it. Of
        two that decide each other the player's decides."""
        texts = self.runs[list(among)].map(choice)
        names = sorted(among, key=lambda name: (-texts[name].nunique(), not name.startswith(PLAYERS)))
        found: dict[str, str] = {}
        for at, name in enumerate(names):  # who decides has more levels
            deciding = (other for other in names[:at] if texts.groupby(other)[name].nunique().max() == 1)
            leader = next((other for other in deciding if other not in found), None)
            if leader is not None:
                found[name] = leader
        return found

    def game(self, run: str, game: int) -> dict[str, Any]:
        """One game as it stands in games.jsonl (see bargain.records.Game), dialogue, feedback and verdicts included.

        Raises KeyError when the run has no such game.
        """
        for line in lines_of(self._path(run) / "games.jsonl"):
            if line.startswith(b'{"game":%d,' % game):
                data: dict[str, Any] = json.loads(line)
                return data
        raise KeyError(f"{run} has no game {game}")

    def _path(self, run: str) -> Path:
        if run not in self._paths:
            raise KeyError(f"no run {run!r} among the {len(self)} loaded; see runs.runs['run']")
        return self._paths[run]

    def path(self, run: str) -> Path:
        """The directory of a run. Raises KeyError for a run that is not loaded."""
        return self._path(run)

    def _lazy(self, name: str, columns: Sequence[Any], read: Callable[[Iterable[bytes]], pa.Table]) -> pd.DataFrame:
        tables = []
        for run, state in zip(self.runs["run"], self.runs["state"], strict=True):
            games, copy = self._path(run) / "games.jsonl", self._path(run) / ".cache" / f"{name}.arrow"
            key = cache.key_of(columns, games)
            known = cache.read(copy, key)
            if known is None and games.is_file():
                with contextlib.suppress(OSError):
                    known = read(lines_of(games)), {}
                if known is not None and state != "running":
                    cache.write(copy, key, *known)
            tables.append(known[0] if known else schema_of(columns).empty_table())
        return _frame(tables, list(self.runs["run"]), schema_of(columns))


def load(where: str | Path | Iterable[str | Path], *, caching: bool = True) -> Runs:
    """Every run at or below a path, a glob, or several of them.

    Raises FileNotFoundError when a path or pattern matches nothing; a place without runs gives empty frames. The games
    of a run that has ended are kept beside them as .cache/rounds.arrow (derived, deletable); caching=False neither
    reads nor writes such copies.
    """
    rows, tables, problems, paths = [], [], [], {}
    directories = find_runs(where)
    if caching:
        fill_caches(directories)
    for path in directories:
        files = read_run(path, caching=caching)
        run = files.row["run"]
        rows.append({**files.row, **{name: value for name, value in files.config.items() if name not in files.row}})
        tables.append(files.rounds)
        problems += [(run, *problem) for problem in files.problems]
        paths[run] = path
    rounds = _frame(tables, list(paths), schema_of(ROUND_COLUMNS))
    return Runs(_runs_frame(rows), rounds, pd.DataFrame(problems, columns=["run", *Problem._fields]), paths)


def said(column: str, value: Any) -> str:
    """A choice in a few words: `seller gpt-4`, `criticize_buyer`, `n_rounds=5`, `prompt seller v1*`."""
    value = choice(value)
    *above, last = column.split(".")
    if last == "name":
        told = f"{above[0]} {value}" if above else value
        return told if above[-1:] == ["engine"] or above[:1] in (["memory"], ["feedback"]) else value
    if last == "version":
        return f"{' '.join(above)} {value}"
    return f"{above[0]} {last}={value}" if above[:1] in SEATED else f"{last}={value}"


def _runs_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    own = pd.DataFrame({name: pd.Series(frame.get(name, []), dtype=_dtype(kind)) for name, kind, *_ in RUN_COLUMNS})
    choices = [name for name in frame.columns if name not in OWN_RUN_COLUMNS]
    return _labelled(own.join(marked(frame[choices].infer_objects())) if choices else own)


def _dtype(kind: pa.DataType) -> str:
    return {"string": "str", "bool": "bool", "int64": "int64"}.get(str(kind), "float64")


def _frame(tables: list[pa.Table], names: list[str], schema: pa.Schema) -> pd.DataFrame:
    """The tables below each other, after a categorical column `run` that says whose rows they are."""
    whole = pa.concat_tables(tables) if tables else schema.empty_table()
    codes = np.repeat(np.arange(len(tables), dtype=np.int32), [table.num_rows for table in tables])
    tables.clear()
    frame: pd.DataFrame = whole.unify_dictionaries().to_pandas(split_blocks=True, self_destruct=True)
    frame.insert(0, "run", pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))))
    return _labelled(frame)


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """With plain labels of columns: pandas looks up, adds and chooses columns by Arrow's at half the speed."""
    return frame.set_axis(frame.columns.astype(object), axis=1)
