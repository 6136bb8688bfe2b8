"""The lock of a run directory: one holder at a time, whoever else tries and however often it is let go."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from bargain.errors import JournalLocked
from bargain.journal.lock import RunLock, is_held

TIMES = 200


def take_turns(directory: Path) -> int:
    """Takes the lock and lets it go again and again; how often somebody else was inside meanwhile."""
    inside, met, taken = directory.parent / "inside", 0, 0
    while taken < TIMES:
        try:
            lock = RunLock(directory)
        except JournalLocked:
            continue
        try:
            os.mkdir(inside)
            os.rmdir(inside)
        except OSError:
            met += 1
        lock.release()
        taken += 1
    return met


def test_of_many_processes_that_take_the_lock_and_let_it_go_only_one_holds_it(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    directory.mkdir()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(take_turns, [directory] * 3, chunksize=1) == [0, 0, 0]
    assert not is_held(directory)
    assert not list(directory.iterdir())


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
