"""--to parquet: the frames of `analysis.load`, and the calls of the journals, as one Parquet file each.

    runs.parquet rounds.parquet turns.parquet feedback.parquet calls.parquet

A row says whose it is in the column `run`. Columns: docs/metrics.md, and `analysis.data.calls` for the calls.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bargain.secrets import blotted, hidden

from ..data.calls import read_calls
from ..data.runs import Runs


def write(runs: Runs, place: Path) -> None:
    """Writes the files into `place`."""
    for name, table in tables(runs).items():
        pq.write_table(table, place / f"{name}.parquet")


def tables(runs: Runs) -> dict[str, pa.Table]:
    """The frames by name, in plain column types: no dictionaries, no column without a type."""
    calls = [read_calls(runs.path(run)) for run in runs.runs["run"]]
    named = [
        table.add_column(0, "run", pa.array([run] * len(table), pa.string()))
        for run, table in zip(runs.runs["run"], calls, strict=True)
    ]
    return {
        "runs": _plain(pa.Table.from_pandas(_one_type_each(runs.runs), preserve_index=False)),
        "rounds": _plain(pa.Table.from_pandas(_blotted(runs.rounds), preserve_index=False)),
        "turns": _plain(pa.Table.from_pandas(_blotted(runs.turns), preserve_index=False)),
        "feedback": _plain(pa.Table.from_pandas(_blotted(runs.feedback), preserve_index=False)),
        "calls": _plain(pa.concat_tables(named)),
    }


def _one_type_each(frame: pd.DataFrame) -> pd.DataFrame:
    """The runs without a secret in their choices; a choice that is a number here and a word there is a text."""
    made = frame.copy()
    for name in made:
        values = made[name]
        if not pd.api.types.is_numeric_dtype(values):
            clean = values.map(lambda value: blotted(hidden(value)) if isinstance(value, str) else value)
            kinds = {type(value) for value in clean.dropna()}
            made[name] = clean if len(kinds) < 2 or kinds == {int, float} else clean.map(str, na_action="ignore")
    return made


def _blotted(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without a secret in what was said; a column at once: each search is for every secret that is set."""
    made = frame.copy(deep=False)
    for name in made.select_dtypes(["object", "string"]):
        texts = made[name][made[name].notna()]
        if len(texts) and all(isinstance(text, str) for text in texts):
            made.loc[texts.index, name] = blotted(_BETWEEN.join(texts)).split(_BETWEEN)
    return made


_BETWEEN = "\n\0\n"
"""No text has a NUL, and no secret goes over a line's end."""


def _plain(table: pa.Table) -> pa.Table:
    fields = []
    for field in table.schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_null(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    return table.cast(pa.schema(fields))
