"""Where a run is carried out: an event loop of its own, its log file, and what errors of task groups say.

It knows nothing of games, calls or files other than the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from bargain.engines.failures import one_line as printable
from bargain.runs import loop as event_loop
from bargain.secrets import blotted
from bargain.text import on_screen

log = logging.getLogger("bargain")


def first_of(error: BaseException) -> BaseException:
    """The exception itself, or the first one of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def one_line(error: BaseException) -> str:
    """The words of an exception, or of the first one of a group, on one line that any terminal and file can take."""
    error = first_of(error)
    return blotted(printable(str(error), 2000)) or type(error).__name__


def in_own_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a coroutine to its end, also where a loop is running already, as in a notebook: then in a thread.

    Ctrl-C there cancels the coroutine, waits for it and is raised again.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        event_loop.run(main)
        return
    failures: list[BaseException] = []
    inside: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def noted() -> None:
        task = asyncio.current_task()
        assert task is not None
        inside.append((asyncio.get_running_loop(), task))
        await main()

    def run() -> None:
        try:
            event_loop.run(noted)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="bargain")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for loop, task in inside:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failures:
        raise failures[0]


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def disk_problem(error: BaseException) -> str:
    """A file that cannot be written, told in one line with what to do; "" for any other error."""
    error = first_of(error)
    while type(error).__module__.split(".")[0] in ("omegaconf", "hydra") and (error.__cause__ or error.__context__):
        error = error.__cause__ or error.__context__ or error
    if not isinstance(error, OSError) or error.errno not in _DISK or isinstance(error, ConnectionError):
        return ""
    remedy = (
        "choose a directory that can be written"
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
        else "make room"
    )
    where = on_screen(str(error.filename)) if error.filename else "the run's directory"
    return f"{where}: {error.strerror}; {remedy} and start the same command again"


class _LogFile(logging.FileHandler):
    """bargain.log. What does not fit on the disk is not worth a traceback: the run says what is wrong."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing."""

    def close(self) -> None:
        """Closes the file; a full disk refuses what is left."""
        with contextlib.suppress(OSError):
            super().close()


class _SafeLines(logging.Formatter):
    """Log lines without secrets and without control characters; a traceback keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        return safe_lines(super().format(record))


def safe_lines(text: str) -> str:
    """The text without secrets, control sequences and direction overrides; its lines and their indents stay."""
    return on_screen(blotted(text))


def show_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints a traceback as Python would, safely."""
    print(safe_lines("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """What happened, in the run directory; warnings also go to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _LogFile(path, encoding="utf-8")
    file.setFormatter(_SafeLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    screen = logging.StreamHandler()
    screen.setFormatter(_SafeLines("bargain: %(message)s"))
    screen.setLevel(logging.WARNING)
    before = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    for handler in (file, screen):
        log.addHandler(handler)
    try:
        yield
    finally:
        log.setLevel(before[0])
        log.propagate = before[1]
        for handler in (file, screen):
            log.removeHandler(handler)
            handler.close()
