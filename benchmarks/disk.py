"""A disk of its own that can lose its power: an ext4 file system in an image that is copied while it is used.

    with Disk(folder) as disk:
        ...                        work goes on in disk.top
        disk.snapshot(copy)        what the disk holds at this moment, as if the power had failed
    with mounted(copy, top):
        ...                        ext4 has replayed its own journal

The image lies on a second file system, which is frozen for a copy: a write of the first has then reached the image
whole or not at all, in ext4's own order, and a sync that is under way waits. What was synced before is in the copy,
what was only written may be. Needs root, loop devices and mkfs.ext4.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

FREEZE, THAW = 0xC0045877, 0xC0045878
"""The ioctls FIFREEZE and FITHAW."""
BLOCK = 4096
HARSH = "commit=1,noauto_da_alloc"
"""ext4 commits names every second and does not hurry the data of renamed files to the disk: more that can be lost."""


class NoDisk(Exception):
    """What is missing, in a line."""


@contextlib.contextmanager
def mounted(image: Path, top: Path, options: str = "defaults") -> Iterator[None]:
    """The image's file system at `top`. Raises NoDisk where that cannot be had."""
    top.mkdir(exist_ok=True)
    _run("mount", "-o", f"loop,noatime,{options}", str(image), str(top))
    try:
        yield
    finally:
        if subprocess.run(["umount", str(top)], check=False).returncode:  # somebody is in it
            subprocess.run(["umount", "--lazy", str(top)], check=False)


class Disk:
    """The disk in an image of 64 MB, below `folder`; `top` is where its file system is mounted."""

    def __init__(self, folder: Path) -> None:
        self.top = folder / "disk"
        self._outer = folder / "outer"
        self._image = self._outer / "image"
        self._folder = folder
        self._mounts = contextlib.ExitStack()

    def __enter__(self) -> Disk:
        if os.geteuid() != 0 or not Path("/dev/loop-control").exists() or shutil.which("mkfs.ext4") is None:
            raise NoDisk("needs root, loop devices and mkfs.ext4: it mounts a disk of its own")
        with self._mounts:
            self._mounts.enter_context(mounted(_formatted(self._folder / "outer.image", 96), self._outer))
            self._mounts.enter_context(mounted(_formatted(self._image, 64), self.top, HARSH))
            self._mounts = self._mounts.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._mounts.close()

    def snapshot(self, copy: Path) -> int:
        """Copies what the disk holds at one moment; how often its cache had been flushed by then."""
        with self._frozen():
            _run("cp", "--sparse=always", str(self._image), str(copy))
            return self._flushes()

    def torn_snapshot(self, copy: Path, dice: random.Random) -> bool:
        """As `snapshot`, but of the blocks that came between two moments each is there or not, by chance.

        A disk is free in this as long as its cache is not flushed. False, and no copy, where it was, or nothing came.
        """
        before, later = copy.with_suffix(".before"), copy.with_suffix(".later")
        try:
            if self.snapshot(before) != self.snapshot(later):
                return False
            old, new = before.read_bytes(), later.read_bytes()
            places = [at for at in range(0, len(new), BLOCK) if old[at : at + BLOCK] != new[at : at + BLOCK]]
            with before.open("r+b") as file:
                for at in places:
                    if dice.random() < 0.5:
                        file.seek(at)
                        file.write(new[at : at + BLOCK])
            if places:
                before.rename(copy)
            return bool(places)
        finally:
            for each in (before, later):
                each.unlink(missing_ok=True)

    def _flushes(self) -> int:
        device = os.stat(self.top).st_dev
        numbers = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text().split()
        return int(numbers[15])

    @contextlib.contextmanager
    def _frozen(self) -> Iterator[None]:
        handle = os.open(self._outer, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, FREEZE, 0)
            try:
                yield
            finally:
                fcntl.ioctl(handle, THAW, 0)
        finally:
            os.close(handle)


def _formatted(image: Path, megabytes: int) -> Path:
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    _run("mkfs.ext4", "-q", "-F", str(image))
    return image


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDisk(f"{command[0]}: {done.stderr.strip() or done.returncode}")
