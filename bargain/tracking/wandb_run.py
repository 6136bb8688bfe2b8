"""The W&B run itself, in its own process: the only file that imports `wandb`.

Reads one JSON message per line on stdin (`start`, then `progress` ..., then `finish` or `fail`) and answers on stdout.
What it shows:

- `by_round/*` over the axis `round`: mean_price, price_low, price_high, mean_change, deal_rate, games, deals ...
- `progress/*` over the axis `games_done`, while the run goes on
- `dialogues`: one table, one row per round of every game (shown.COLUMNS)
- an artifact with games.jsonl and whatever else belongs to the run
- the composed config, tags, the sweep as group; and summary.json, flat, in the run's summary

Every step has a time limit after which the process is killed by its own alarm: it never outlives the run for long.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from bargain.rundir.games import read_games
from bargain.secrets import hidden
from bargain.text import one_line, without_controls
from bargain.tracking.shown import COLUMNS, curves, flat, rows

START_S = 45
INIT_S = 20
STEP_S = 30
MAX_ROWS = 20_000
"""Rows of the table (about 5 s); the artifact has all games, and `dialogues_complete` says whether the table has."""


def main() -> int:
    """Follows the messages until `finish`, `fail` or the end of stdin. Returns the process's exit code."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        if hasattr(signal, "SIGTERM"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a scheduler's; the run tells us when it ends

        def answer(kind: str, content: Any) -> None:
            try:
                answers.write(json.dumps({kind: content}) + "\n")
                answers.flush()
            except OSError:
                return  # the run is gone; what it told us is still shown

        try:
            _follow(sys.stdin, answer)
        except Exception as error:
            answer("problem", _one_line(error))
            _limit(STEP_S)  # for wandb's exit hooks
            return 1
    return 0


def _follow(lines: Iterable[str], answer: Any) -> None:
    run: Any = None
    finish_s = 0.0
    for line in lines:
        message = json.loads(line)
        what = message["do"]
        _limit({"start": START_S, "finish": finish_s}.get(what, STEP_S))
        if what == "start":
            finish_s = message["finish_s"]
            run = _start(message)
            answer("started", {"url": run.url if message["mode"] not in ("offline", "dryrun") else None})
        elif what == "progress":
            values = {f"progress/{name}": value for name, value in message["metrics"].items() if name != "games_done"}
            run.log({"games_done": message["metrics"].get("games_done", 0), **values})
        elif what == "finish":
            where = {"url": run.url, "dir": run.settings.sync_dir}
            problems = _show(run, message["summary"], [Path(path) for path in message["files"]])
            run.finish(exit_code=0)
            if problems:
                raise problems[0]
            answer("done", where)
            return
        else:
            _stop(run, message["summary"], message["reason"])
            answer("done", {})
            return
        _limit(0)
    if run is not None:
        _limit(STEP_S)
        _stop(run, {}, "the run ended without a word")


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


def _stop(run: Any, summary: dict[str, Any], reason: str) -> None:
    run.summary.update({"state": "failed", **flat(summary), "reason": without_controls(reason)})
    run.finish(exit_code=1)


def _limit(seconds: float) -> None:
    """Kills this process after so many seconds, however deep it hangs; 0 lifts the limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _one_line(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "wandb":
        return "the package wandb is not installed (pip install wandb)"
    return one_line(str(hidden(f"{type(error).__name__}: {error}")))
