"""What every tracking process does: it follows the run's messages, under a time limit each, and says how it went.

Reads one JSON message per line on stdin (`start`, then `progress` ..., then `finish` or `fail`) and answers on stdout.
What is shown, and where, is a Shown: wandb_run.py, mlflow_run.py. Every step has a time limit after which the process
is killed by its own alarm: it never outlives the run for long.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from bargain.secrets import hidden
from bargain.text import one_line

STEP_S = 30.0


class Shown(Protocol):
    """One run in a tracking service, which is there when this is made from the message `start`.

    where: what the run is told of it (`url`: None if nobody else can see it). done: what it is told at the end.
    """

    where: dict[str, Any]
    done: dict[str, Any]

    def progress(self, metrics: dict[str, float]) -> None:
        """How far the run is, `games_done` among the metrics."""
        ...

    def finish(self, summary: dict[str, Any], files: list[Path]) -> list[Exception]:
        """Shows the finished run and ends it there. What could not be shown is returned and holds up nothing."""
        ...

    def fail(self, summary: dict[str, Any], reason: str) -> None:
        """Marks it as failed."""
        ...


def follow(begin: Callable[[dict[str, Any]], Shown], package: str, install: str, start_s: float) -> int:
    """Follows the messages until `finish`, `fail` or the end of stdin. Returns the process's exit code.

    package: what `begin` imports, and install: what to say to pip where it is missing. start_s: how long it may take.
    """
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
            _follow(sys.stdin, begin, answer, start_s)
        except Exception as error:
            answer("problem", _told(error, package, install))
            limit(STEP_S)  # for a client's exit hooks
            return 1
    return 0


def _follow(
    lines: Iterable[str],
    begin: Callable[[dict[str, Any]], Shown],
    answer: Callable[[str, Any], None],
    start_s: float,
) -> None:
    shown: Shown | None = None
    finish_s = 0.0
    for line in lines:
        message = json.loads(line)
        what = message["do"]
        limit({"start": start_s, "finish": finish_s}.get(what, STEP_S))
        if what == "start":
            finish_s = message["finish_s"]
            shown = begin(message)
            answer("started", shown.where)
        elif shown is None:
            continue
        elif what == "progress":
            shown.progress(message["metrics"])
        elif what == "finish":
            problems = shown.finish(message["summary"], [Path(path) for path in message["files"]])
            if problems:
                raise problems[0]
            answer("done", shown.done)
            return
        else:
            shown.fail(message["summary"], message["reason"])
            answer("done", {})
            return
        limit(0)
    if shown is not None:
        limit(STEP_S)
        shown.fail({}, "the run ended without a word")


def limit(seconds: float) -> None:
    """Kills this process after so many seconds, however deep it hangs; 0 lifts the limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _told(error: Exception, package: str, install: str) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        return f"the package {package} is not installed (pip install {install})"
    return one_line(str(hidden(f"{type(error).__name__}: {error}")))
