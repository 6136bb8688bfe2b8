"""What trackers have in common whose service lives in a process of its own: they tell it of the run, and wait so long.

A tracker of this kind says how its process is started and what a problem means (wandb.py, mlflow.py); what the process
does with the messages is child.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bargain.records import Game
from bargain.rundir.directory import read_state
from bargain.tracking.process import TrackerProcess
from bargain.tracking.shown import numbers


class ToldTracker:
    """A tracker whose `start` sets `_run_dir` and, if there is anything to show, `_process`. See base.Tracker."""

    def __init__(self, finish_s: float) -> None:
        """finish_s: seconds that a finished run waits for the service."""
        self._finish_s = finish_s
        self._process: TrackerProcess | None = None
        self._run_dir = Path()

    def progress(self, metrics: dict[str, float]) -> None:
        """Draws these values over `games_done`."""
        if self._process is not None:
            self._process.tell({"do": "progress", "metrics": numbers(metrics)})

    def game(self, game: Game) -> None:
        """Nothing: the dialogues are read from games.jsonl at the end, so that they do not pile up in memory."""

    def finish(self, summary: dict[str, Any], files: Sequence[Path]) -> None:
        """Shows rounds, dialogues, files and summary, and waits up to finish_s seconds until they are there."""
        self._end(finish_message(summary, files), self._finish_s, give_up=True)

    def _failed(self, reason: str, wait_s: float) -> None:
        """Marks the run as failed with what summary.json says by now, and waits so long; the process ends alone."""
        if self._process is not None:
            message = {"do": "fail", "reason": reason, "summary": read_state(self._run_dir)}
            self._end(message, wait_s, give_up=False)

    def _end(self, message: dict[str, Any], wait_s: float, *, give_up: bool) -> None:
        if self._process is not None:
            self._process.tell(message)
            self._process.wait(wait_s, give_up=give_up)
            self._process = None


def finish_message(summary: dict[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """The message that shows a finished run and ends it there."""
    return {"do": "finish", "summary": summary, "files": [str(path.resolve()) for path in files]}
