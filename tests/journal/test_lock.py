"""The lock of a run directory: one holder at a time, whoever else tries and however often it is let go."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bargain.journal.lock import RunLock, is_held
from tests.commands import PATIENCE_S, ROOT

TURNS = """
import os, pathlib, sys
from bargain.errors import JournalLocked
from bargain.journal.lock import RunLock
directory, met, taken = pathlib.Path(sys.argv[1]), 0, 0
while taken < 200:
    try:
        lock = RunLock(directory)
    except JournalLocked:
        continue
    try:
        os.mkdir(directory / "inside")
        os.rmdir(directory / "inside")
    except OSError:
        met += 1
    lock.release()
    taken += 1
print(met)
"""
"""Takes the lock and lets it go again and again; how often somebody else was inside meanwhile."""


def test_of_many_processes_that_take_the_lock_and_let_it_go_only_one_holds_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TURNS, str(tmp_path)]
    playing = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=PATIENCE_S)[0].strip() for process in playing] == ["0", "0", "0"]
    assert not is_held(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL])
def test_where_the_filesystem_has_no_locks_nothing_is_held_and_nothing_refused(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = RunLock(tmp_path)
    assert not lock.held
    lock.release()
    assert not is_held(tmp_path)
