"""Files of a run directory, which may be a stranger's: plain files of a stated size, never links, pipes or devices."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

MAX_STATE = 32 * 1024 * 1024
"""Bytes of a file that is read whole: summary.json, a config, what a cell or a sweep says of itself."""
MAX_GAMES = 16 * 1024 * 1024 * 1024
MAX_LINE = 256 * 1024 * 1024
"""Bytes of games.jsonl, and of one game in it."""


class NotPlain(OSError):
    """A file that is none: a link, a pipe, a device, or larger than a run writes. Its text says which."""


def open_plain(path: Path, most: int = MAX_STATE) -> BinaryIO:
    """The file, opened to be read. Raises NotPlain, and OSError as `open` does; it never waits for a writer."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise NotPlain(f"{path.name} is a link") from None
        raise error
    file = os.fdopen(descriptor, "rb")
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        file.close()
        raise NotPlain(f"{path.name} is no plain file")
    if found.st_size > most:
        file.close()
        raise NotPlain(f"{path.name} has {found.st_size:,} bytes, more than a run writes")
    return file


def read_plain(path: Path, most: int = MAX_STATE) -> bytes:
    """The whole file. Raises as `open_plain` does."""
    with open_plain(path, most) as file:
        return file.read()


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of games.jsonl. Raises as `open_plain` does, and NotPlain for a line that is no game by its length."""
    with open_plain(path, MAX_GAMES) as file:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise NotPlain(f"{path.name} has a line of more than {MAX_LINE:,} bytes")
            yield line


def write_anew(path: Path) -> TextIO:
    """A new file of this name, opened to be written; what stood there, a link too, is removed, not written through."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return path.open("x", encoding="utf-8", newline="\n")


def is_plain(path: Path) -> bool:
    """Whether what has this name is a plain file, or nothing has it."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True


def check_journal(path: Path) -> str:
    """What is wrong with a journal's files, in a few words: one of them is no plain file; "" if nothing is."""
    for name in (path.name, *(f"{path.name}{end}" for end in ("-wal", "-shm", "-journal", ".part"))):
        if not is_plain(path.with_name(name)):
            return f"{name} is no plain file"
    return ""
