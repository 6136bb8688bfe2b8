"""The W&B run itself, in its own process (child.py): the only file that imports `wandb`. What it shows:

- `by_round/*` over the axis `round`: mean_price, price_low, price_high, mean_change, deal_rate, games, deals ...
- `progress/*` over the axis `games_done`, while the run goes on
- `dialogues`: one table, one row per round of every game (shown.COLUMNS)
- an artifact with games.jsonl and whatever else belongs to the run
- the composed config, tags, the sweep as group; and summary.json, flat, in the run's summary
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any

from bargain.rundir.games import read_games
from bargain.text import without_controls
from bargain.tracking.child import follow
from bargain.tracking.shown import COLUMNS, curves, flat, rows

START_S = 45
INIT_S = 20
MAX_ROWS = 20_000
"""Rows of the table (about 5 s); the artifact has all games, and `dialogues_complete` says whether the table has."""


def main() -> int:
    """Shows the run that it is told of. Returns the process's exit code."""
    return follow(_WandbRun, "wandb", "wandb", START_S)


class _WandbRun:
    """One W&B run. See child.Shown."""

    def __init__(self, message: dict[str, Any]) -> None:
        self._run = _start(message)
        self.where = {"url": self._run.url if message["mode"] not in ("offline", "dryrun") else None}
        self.done: dict[str, Any] = {}

    def progress(self, metrics: dict[str, float]) -> None:
        """Draws these values over `games_done`."""
        values = {f"progress/{name}": value for name, value in metrics.items() if name != "games_done"}
        self._run.log({"games_done": metrics.get("games_done", 0), **values})

    def finish(self, summary: dict[str, Any], files: list[Path]) -> list[Exception]:
        """Shows the small and sure parts first."""
        self.done = {"url": self._run.url, "dir": self._run.settings.sync_dir}
        problems = _show(self._run, summary, files)
        self._run.finish(exit_code=0)
        return problems

    def fail(self, summary: dict[str, Any], reason: str) -> None:
        """Ends it with exit code 1."""
        self._run.summary.update({"state": "failed", **flat(summary), "reason": without_controls(reason)})
        self._run.finish(exit_code=1)


def _start(message: dict[str, Any]) -> Any:
    """wandb.init with everything off that tells of the machine, the code, the command line or the console."""
    os.chdir("/")  # a wandb/settings in the working directory would say to whom the key is sent
    import wandb

    settings = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        disable_job_creation=True,
        finish_timeout=max(1.0, message["finish_s"] - 2),  # before our own limits: what is written stays readable
        finish_timeout_raises=True,
        init_timeout=INIT_S,
        label_disable=True,
        host="",
        quiet=True,
        save_code=False,
        silent=True,
        symlink=False,
        use_dot_wandb=False,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
        x_service_wait=INIT_S,
        x_transaction_log_flush_interval=2,
    )
    run = wandb.init(
        dir=message["run_dir"],
        mode=message["mode"],
        project=message["project"],
        entity=message["entity"],
        id=message["id"],
        resume="allow" if message["resume"] else None,
        name=without_controls(message["name"]),
        group=message["group"],
        job_type="simulated" if message["simulated"] else "negotiation",
        tags=message["tags"],
        config=message["config"],
        settings=settings,
    )
    run.define_metric("games_done", hidden=True)
    run.define_metric("progress/*", step_metric="games_done")
    run.define_metric("round", hidden=True)
    run.define_metric("by_round/*", step_metric="round")
    return run


def _show(run: Any, summary: dict[str, Any], files: list[Path]) -> list[Exception]:
    """Shows the finished run, the small and sure parts first. What cannot be shown is returned and holds up nothing."""

    def rounds() -> None:
        for number, values in curves(summary):
            run.log({"round": number, **values})

    problems = []
    for show in (
        rounds,
        lambda: run.summary.update(flat(summary)),
        lambda: _show_dialogues(run, files),
        lambda: _show_files(run, files, bool(summary.get("simulated"))),
    ):
        try:
            show()
        except Exception as error:
            problems.append(error)
    return problems


def _show_dialogues(run: Any, files: list[Path]) -> None:
    import wandb

    for path in files:
        if path.suffix == ".jsonl":
            told = rows(read_games(path))
            table = wandb.Table(columns=list(COLUMNS), dtype=list(COLUMNS.values()))
            for row in islice(told, MAX_ROWS):
                table.add_data(*row)
            run.log({"dialogues": table})
            run.summary["dialogues_complete"] = next(told, None) is None


def _show_files(run: Any, files: list[Path], simulated: bool) -> None:
    import wandb

    artifact = wandb.Artifact(f"run-{run.id}-transcript", "transcript", metadata={"simulated": simulated})
    for path in files:
        artifact.add_file(str(path), policy="immutable", skip_cache=True)
    run.log_artifact(artifact)
