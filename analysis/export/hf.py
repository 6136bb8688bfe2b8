"""--to hf: a folder for the Hugging Face Hub, or for `datasets.load_dataset(folder, "rounds")`.

    README.md            the dataset card: configurations and features as YAML, what was played, one line per file
    data/NAME.parquet    the files of --to parquet, each a configuration with the one split `train`
    config/NAME.yaml     each run's config as played

The licence is the user's to choose: the card has a line for it. Nothing is uploaded.
Card: https://huggingface.co/docs/hub/datasets-manual-configuration
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from bargain.rundir.bombs import refuse_bombs
from bargain.rundir.record import listed, read_record
from bargain.secrets import blotted, hidden
from bargain.text import one_line
from bargain.version import __version__

from ..data.runs import Runs
from .parquet import tables

_ROWS = {
    "rounds": "planned round of every finished game: outcome, price, offers, tokens",
    "runs": "run: every choice of its config, what it cost",
    "turns": "utterance",
    "feedback": "feedback that a coached player heard",
    "calls": "attempt of a call: engine, tokens, cost, seconds, how it failed",
}
"""The configurations, the one that is loaded by default first, and what a row of each is."""


def write(runs: Runs, place: Path) -> None:
    """Writes the folder into `place`."""
    made = tables(runs)
    for folder in ("data", "config"):
        (place / folder).mkdir()
    for name in _ROWS:
        pq.write_table(made[name], place / "data" / f"{name}.parquet")
    for number, run in enumerate(runs.runs["run"]):
        record = read_record(runs.path(run))
        if record and record.config:
            (place / "config" / f"{file_name(run, number)}.yaml").write_text(safe(record.config), encoding="utf-8")
    (place / "README.md").write_text(card(runs, made), encoding="utf-8")


def file_name(run: str, number: int) -> str:
    """What a run's file is called, without its ending."""
    return re.sub(r"[^\w.-]+", "-", run).strip("-.")[-100:] or str(number)


def safe(config: str) -> str:
    """A config without what is named like a secret or looks like one; "" for a text that is no config."""
    try:
        refuse_bombs(config.encode(), "the config")
        plain = yaml.safe_load(config)
    except (ValueError, RecursionError, yaml.YAMLError):
        return ""
    return blotted(yaml.safe_dump(hidden(plain), sort_keys=False, allow_unicode=True))


def card(runs: Runs, made: dict[str, pa.Table]) -> str:
    """The dataset card."""
    simulated = bool(runs.runs["simulated"].any())
    front = {
        "pretty_name": "Negotiations played with bargain",
        "language": ["en"],
        "tags": ["negotiation", "bargaining", "multi-agent", *(["simulated"] if simulated else [])],
        "size_categories": [_size(len(made["rounds"]))],
        "configs": [
            {"config_name": name, "data_files": [{"split": "train", "path": f"data/{name}.parquet"}]}
            | ({"default": True} if name == "rounds" else {})
            for name in _ROWS
        ],
        "dataset_info": [{"config_name": name, "features": _features(made[name].schema)} for name in _ROWS],
    }
    lines = [
        "---",
        "# license: choose one, https://huggingface.co/docs/hub/repositories-licenses",
        yaml.safe_dump(front, sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "# Negotiations between a seller and a buyer",
        "",
        f"{len(runs)} run{'s' if len(runs) != 1 else ''} of [bargain](https://arxiv.org/abs/2305.10142) "
        f"{__version__}, {int(runs.runs['finished'].sum())} games.",
        *(["", "**Embedded negotiators took part: their numbers say nothing about language models.**"] * simulated),
        "",
        "| configuration | rows | a row is a |",
        "|---|---|---|",
        *(f"| `{name}` | {len(made[name])} | {what} |" for name, what in _ROWS.items()),
        "",
        "Prices are in the item's currency (`item.currency` of `runs`), durations in seconds; `run` joins the tables.",
        "",
        "## What was played",
        "",
        "| run | state | games | seller | buyer | command |",
        "|---|---|---|---|---|---|",
        *(_row(runs, row) for row in runs.runs.to_dict("records")),
        "",
        "The whole config of each run is in `config/`.",
    ]
    return "\n".join(lines) + "\n"


def _features(schema: pa.Schema) -> list[dict[str, str]]:
    kinds = {"double": "float64"}
    return [{"name": field.name, "dtype": kinds.get(str(field.type), str(field.type))} for field in schema]


def _size(rows: int) -> str:
    for most, name in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M")):
        if rows < most:
            return name
    return "1M<n<10M"


def _row(runs: Runs, row: Mapping[Any, Any]) -> str:
    record = read_record(runs.path(row["run"]))
    told = record is not None and "overrides" in record.texts
    command = " ".join(["bargain", *listed(record.texts, "overrides")]) if record and told else ""
    cells = (row["run"], row["state"], row["finished"], row["seller_engine"], row["buyer_engine"], command)
    return f"| {' | '.join(_cell(blotted(str(each))) for each in cells)} |"


def _cell(text: str) -> str:
    return re.sub(r"([|`<\[\]])", r"\\\1", one_line(text))
