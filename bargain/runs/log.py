"""What a run tells: its log file, the terminal, a traceback; each without secrets and control characters."""

from __future__ import annotations

import contextlib
import logging
import stat
import sys
import traceback
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from bargain.secrets import blotted
from bargain.text import on_screen

log = logging.getLogger("bargain")


class _LogFile(logging.FileHandler):
    """bargain.log. What does not fit on the disk is not worth a traceback: the run says what is wrong."""

    def _open(self) -> TextIOWrapper:
        """The file to be appended to. What is a link or no plain file is replaced."""
        path = Path(self.baseFilename)
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(path.lstat().st_mode):
                path.unlink()
        return path.open("a", encoding="utf-8")

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


def tell(line: str, command: str = "bargain") -> None:
    """Says a line on stderr, in the command's name."""
    print(safe_lines(f"{command}: {line}"), file=sys.stderr, flush=True)


def show_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints a traceback as Python would, safely."""
    print(safe_lines("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """What happened, in the run directory; warnings also go to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _LogFile(path, encoding="utf-8", delay=True)  # a command that is refused leaves no file
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
