"""What a command needs of its process before it says a word: standard streams, a working directory, calm at Ctrl-C.

A terminal that cannot show a character (LC_ALL=C, PYTHONIOENCODING=ascii) gets a question mark instead.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any


class _Pipe(io.FileIO):
    """A pipe whose reader may leave (`| head`): what is written from then on goes nowhere, and the run goes on."""

    def write(self, data: Any, /) -> int:
        """As a file's; the length of what nobody reads."""
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(data)


def screen_width() -> int | None:
    """Characters of a line where stdout is a terminal; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def prepare(command: str) -> list[str]:
    """Mends or refuses the process as it was started; returns the command's arguments. Exits with 1 in one line."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file that is opened would take its place, and what is printed with it
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
            if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
                buffer = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
                setattr(
                    sys, name, io.TextIOWrapper(buffer, stream.encoding, "replace", line_buffering=name == "stderr")
                )
    try:
        os.getcwd()
    except OSError:
        print(f"{command}: the working directory is gone; change to one that is there", file=sys.stderr)
        sys.exit(1)
    return [os.fsencode(each).decode("utf-8", "surrogateescape") for each in sys.argv[1:]]


def calm_interrupts() -> None:
    """From now on Ctrl-C ends the process in one line, until the command itself knows what it means."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("bargain: interrupted before anything began", file=sys.stderr, flush=True)
        else:
            before(kind, error, trace)

    sys.excepthook = hook
    signal.signal(signal.SIGINT, _note)


_interrupts: list[int] = []
"""Each Ctrl-C that came before a run could take it."""


def _note(number: int, frame: FrameType | None) -> None:
    _interrupts.append(number)
    signal.default_int_handler(number, frame)


def heed_interrupts() -> None:
    """Raises KeyboardInterrupt for a Ctrl-C that somebody's import swallowed. From now on Python's own handler acts."""
    if signal.getsignal(signal.SIGINT) is _note and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _interrupts:
        _interrupts.clear()
        raise KeyboardInterrupt


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Within it a signal that would raise, Ctrl-C or a sweep's SIGTERM, is only noted, and acts behind it.

    What is half made when one comes may complain of that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    acts = {number: handler for number, handler in handlers.items() if callable(handler)}
    came: list[int] = []
    for number in acts:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in acts.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
