"""One process per run directory: a lock that dies with its owner, and what kind of filesystem the directory is on.

It knows files and nothing of journals. The lock is flock(2) on `journal.lock`, whose text names the holder:

    {"pid": 4711, "host": "node07", "since": "2026-11-23 09:15:02"}
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import socket
import time
from pathlib import Path

from filelock import FileLock, Timeout

from bargain.errors import JournalDamaged, JournalFull, JournalLocked
from bargain.rundir.plain import is_plain, read_plain

LOCK_NAME = "journal.lock"
MAX_HOLDER = 1000
"""Bytes of the holder's name."""

NETWORK_FILESYSTEMS = frozenset(
    """9p acfs afs beegfs ceph cifs coda drvfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs panfs prl_fs
    pvfs2 smb3 smbfs vboxsf virtiofs wekafs""".split()  # noqa: SIM905
)
"""Types in /proc/mounts whose shared memory or locks SQLite's WAL cannot rely on; every fuse.* is one as well."""

_NO_LOCKS_HERE = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


def filesystem_of(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the filesystem that holds path, by the longest mount point; "" where there is no mount table."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    wanted = path.resolve()
    best, kind = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) >= 3:
            point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[1]))
            # >=: of two mounts on one point the later one is seen.
            if (wanted == point or point in wanted.parents) and len(point.parts) >= best:
                best, kind = len(point.parts), fields[2]
    return kind


def is_network(filesystem: str) -> bool:
    """Whether a filesystem of this type may be shared between machines."""
    return filesystem in NETWORK_FILESYSTEMS or filesystem.startswith("fuse.")


class RunLock:
    """Held from construction until `release` or the death of the process.

    Raises JournalLocked naming the holder, JournalFull when the directory cannot be written, JournalDamaged for a lock
    that is no plain file. `held` is False only where the filesystem has no such locks at all; SQLite's own exclusive
    lock must then do.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / LOCK_NAME
        self._lock = FileLock(
            self.path, timeout=0, thread_local=False, fallback_to_soft=False, on_acquired=_name_holder
        )
        try:
            os.stat(directory)  # FileLock would make it
            if not is_plain(self.path):
                raise JournalDamaged(f"{self.path} is no plain file; this is no run directory of bargain's")
            self._lock.acquire()
        except Timeout:
            holder = _holder(self.path)
            raise JournalLocked(f"{directory} is being played by {holder}; wait for it or stop it") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise JournalFull(f"{directory}: the run directory cannot be written ({error.strerror})") from None

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._lock.is_locked

    def release(self) -> None:
        """Removes the file and lets the lock go; safe to call twice."""
        if self.held:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            self._lock.release()


def is_held(directory: Path) -> bool:
    """Whether a process holds the lock of a directory now."""
    try:
        descriptor = os.open(directory / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _NO_LOCKS_HERE
    finally:
        os.close(descriptor)
    return False


def _name_holder(descriptor: int) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since})
    with contextlib.suppress(OSError):  # a full disk costs the text, not the lock
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(read_plain(path, MAX_HOLDER))
        return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
