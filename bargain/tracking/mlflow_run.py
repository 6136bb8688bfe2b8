"""The MLflow run itself, in its own process (child.py): the only file that imports `mlflow`. What it shows:

- the metrics `by_round/*` with the round as their step: mean_price, price_low, price_high, deal_rate ...
- the metrics `progress/*` with the finished games as their step, while the run goes on
- every number of summary.json as a metric, its words as tags
- the composed config as parameters, by dotted names; what a run is called, its sweep, command and commit as tags
- the artifacts games.jsonl, summary.json, and dialogues.json: a table, one row per round of every game (shown.COLUMNS)

A run is found again by its tag `bargain.id`: resumed it goes on, finished and played again it is replaced.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bargain.rundir.games import read_games
from bargain.text import without_controls
from bargain.tracking.child import follow
from bargain.tracking.shown import COLUMNS, curves, flat, rows

START_S = 300
"""A cold import and a new SQLite store take 10 s on a quiet machine."""
MAX_ROWS = 20_000
MAX_PARAMETER, MAX_TAG, BATCH = 6000, 5000, 100
"""Characters of a parameter and of a tag, and how many of them MLflow takes at once."""


def main() -> int:
    """Shows the run that it is told of. Returns the process's exit code."""
    return follow(_MlflowRun, "mlflow", "'bargain-experiments[mlflow]'", START_S)


class _MlflowRun:
    """One MLflow run. See child.Shown."""

    def __init__(self, message: dict[str, Any]) -> None:
        os.chdir("/")
        from mlflow import MlflowClient

        uri = message["uri"]
        self._client = MlflowClient(tracking_uri=uri)
        experiment = self._experiment(message["experiment"], uri)
        found = self._client.search_runs([experiment], f"tags.`bargain.id` = '{message['id']}'")
        going_on = found[0].info.run_id if found and message["resume"] else None
        for run in () if going_on else found:
            self._client.delete_run(run.info.run_id)
        name = without_controls(message["name"])
        self._id = going_on or self._client.create_run(experiment, run_name=name).info.run_id
        self._client.update_run(self._id, "RUNNING")
        labels = {tag.partition("=")[0]: tag.partition("=")[2] or "true" for tag in message["tags"]}
        told = {f"bargain.{key}": message[key] for key in ("id", "group", "command", "commit", "run_dir")}
        self._tag({**labels, **{key: value for key, value in told.items() if value}})
        self._parameters(message["config"])
        self.where = {"url": uri if uri.startswith("http") else None}
        self.done = {"url": self.where["url"], "dir": uri}

    def _experiment(self, name: str, uri: str) -> str:
        """The experiment's id; it is made if there is none, a local one with its artifacts beside the store."""
        from mlflow.exceptions import MlflowException

        file = uri.removeprefix("sqlite:///")
        beside = Path(file).with_name("mlartifacts") / name if file != uri else None
        if (known := self._client.get_experiment_by_name(name)) is None:
            try:
                return str(self._client.create_experiment(name, artifact_location=beside and beside.as_uri()))
            except MlflowException:  # another cell of the sweep was faster
                known = self._client.get_experiment_by_name(name)
                if known is None:
                    raise
        return str(known.experiment_id)

    def progress(self, metrics: dict[str, float]) -> None:
        """Draws these values over the finished games."""
        values = {f"progress/{name}": value for name, value in metrics.items() if name != "games_done"}
        self._draw(values, int(metrics.get("games_done", 0)))

    def finish(self, summary: dict[str, Any], files: list[Path]) -> list[Exception]:
        """Shows the small and sure parts first."""

        def rounds() -> None:
            for number, values in curves(summary):
                self._draw(values, number)

        problems = []
        for show in (rounds, lambda: self._sum_up(summary), lambda: self._keep(files)):
            try:
                show()
            except Exception as error:
                problems.append(error)
        self._client.set_terminated(self._id, "FINISHED")
        return problems

    def fail(self, summary: dict[str, Any], reason: str) -> None:
        """Ends it as FAILED, with the reason as a tag."""
        self._sum_up({**summary, "state": "failed"})
        self._tag({"reason": reason})
        self._client.set_terminated(self._id, "FAILED")

    def _draw(self, values: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(_name(name), float(value), now, step) for name, value in values.items()]
        for part in _batches(metrics):
            self._client.log_batch(self._id, metrics=part)

    def _sum_up(self, summary: dict[str, Any]) -> None:
        values = flat(summary)
        numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
        self._draw({name: float(value) for name, value in numbers.items()}, 0)
        self._tag({name: value for name, value in values.items() if isinstance(value, str) and value})

    def _tag(self, values: dict[str, Any]) -> None:
        from mlflow.entities import RunTag

        tags = [RunTag(_name(name), without_controls(str(value))[:MAX_TAG]) for name, value in values.items()]
        for part in _batches(tags):
            self._client.log_batch(self._id, tags=part)

    def _parameters(self, config: dict[str, Any]) -> None:
        """Those that the run does not have: a parameter of MLflow never changes, and a resumed run may."""
        from mlflow.entities import Param

        known = self._client.get_run(self._id).data.params
        values = {_name(name): str(value)[:MAX_PARAMETER] for name, value in _flat(config, "")}
        for part in _batches([Param(name, value) for name, value in values.items() if name not in known]):
            self._client.log_batch(self._id, params=part)

    def _keep(self, files: list[Path]) -> None:
        for path in files:
            self._client.log_artifact(self._id, str(path))
            if path.suffix == ".jsonl":
                told = list(islice(rows(read_games(path)), MAX_ROWS + 1))
                columns = {name: [row[at] for row in told[:MAX_ROWS]] for at, name in enumerate(COLUMNS)}
                self._client.log_table(self._id, columns, "dialogues.json")
                self._tag({"dialogues_complete": len(told) <= MAX_ROWS})


def _flat(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, dict) and each:
            yield from _flat(each, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", each


def _name(text: str) -> str:
    """What MLflow takes as a name: letters, digits and _-. /, no @ and no =."""
    plain = "".join(char if char.isalnum() or char in "_-. /" else "." for char in text)
    return plain[:250]


def _batches(entries: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(entries), BATCH):
        yield entries[start : start + BATCH]
