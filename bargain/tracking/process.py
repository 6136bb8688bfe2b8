"""The process that talks to a tracking service, seen from the run: started, told things, given up after a time.

W&B and MLflow live in a child process of ours because nothing about a run may depend on them: whatever hangs, dies or
prints there cannot reach the run, its event loop, its signal handlers or its exit. Messages are lines of JSON: to the
child `start`, `progress`, `finish`, `fail` (see child.py), back `started`, `problem`, `done`. Telling never blocks and
never raises. A child whose parent dies ends its run there by itself, and no child outlives its own time limits.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

_BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); sys.argv[0] = 'bargain';"
    "from importlib import import_module; sys.exit(import_module(sys.argv.pop()).main())"
)
_WAITING = 100  # messages; progress beyond that is dropped, for a child that does not read yet, or no longer


class TrackerProcess:
    """One child for one run. `problem` is "" until something went wrong; `on_problem` is told once, in a thread."""

    def __init__(
        self,
        module: str,
        start: dict[str, Any],
        environment: dict[str, str],
        on_started: Callable[[dict[str, Any]], None],
        on_problem: Callable[[str], None],
    ) -> None:
        """module: what the child runs, its `main`. start: the first message. environment: the child's."""
        self.problem = ""
        self.done: dict[str, Any] | None = None
        self._on_started = on_started
        self._on_problem = on_problem
        self._told: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        try:
            child = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-c", _BEGIN, module, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal is the run's, not the child's
            )
        except (OSError, ValueError) as error:
            self._fail(f"its process cannot be started: {error}")
            self._ended.set()
            return
        self._child = child
        assert child.stdin is not None
        assert child.stdout is not None
        writing = (child.stdin, json.dumps(start, default=str) + "\n")
        threading.Thread(target=self._write, args=writing, name="bargain-tracking-write", daemon=True).start()
        threading.Thread(
            target=self._read, args=(child, child.stdout), name="bargain-tracking-read", daemon=True
        ).start()

    def tell(self, message: dict[str, Any]) -> None:
        """Hands a message over and returns at once. When the child is slow to read, `progress` gives way."""
        if self._ended.is_set():
            return
        try:
            self._told.put_nowait(json.dumps(message, default=str) + "\n")
        except queue.Full:
            if message["do"] != "progress":
                self._push(json.dumps(message, default=str) + "\n")

    def wait(self, timeout_s: float, *, give_up: bool) -> None:
        """Says that nothing more comes and waits for the child's end. With `give_up` it is killed after the time."""
        self._push(None)
        if self._ended.wait(timeout_s) or not give_up or self._child is None:
            return
        self._fail(f"it did not finish within {timeout_s:g} s")
        self._child.kill()
        self._ended.wait(1)

    def _push(self, line: str | None) -> None:
        """Puts the last words in the queue, at the cost of the oldest progress in it."""
        while True:
            try:
                return self._told.put_nowait(line)
            except queue.Full:
                with suppress(queue.Empty):
                    self._told.get_nowait()

    def _write(self, stdin: IO[str], start: str) -> None:
        line: str | None = start
        with suppress(OSError, ValueError):  # the child is gone; _read says why
            while line is not None:
                stdin.write(line)
                stdin.flush()
                line = self._told.get()
        with suppress(OSError):
            stdin.close()

    def _read(self, child: subprocess.Popen[str], stdout: IO[str]) -> None:
        with stdout:
            try:
                for line in stdout:
                    self._heard(json.loads(line))
            except (OSError, ValueError) as error:
                self._fail(f"its process cannot be understood: {error}")
        code = child.wait()
        if self.done is None:
            slow = code == -getattr(signal, "SIGALRM", 0)
            self._fail("it did not answer in time" if slow else f"its process ended with exit code {code}")
        self._ended.set()
        with suppress(queue.Full):
            self._told.put_nowait(None)  # lets _write go

    def _heard(self, message: dict[str, Any]) -> None:
        if "problem" in message:
            self._fail(str(message["problem"]))
        elif "done" in message:
            self.done = message["done"]
        else:
            self._on_started(message["started"])

    def _fail(self, problem: str) -> None:
        with self._lock:
            first, self.problem = not self.problem, self.problem or problem
        if first:
            self._on_problem(problem)
