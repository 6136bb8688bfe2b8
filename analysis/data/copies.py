"""Columnar copies of many runs at once, made by a process per core before they are read.

    python -m analysis.data.copies < PATHS        each ended by a zero byte; what a worker does

It knows when that is worth it, and nothing of what a copy holds (directories.py, cache.py). A copy that does not come
about is made, or done without, by whoever reads the run next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.data.directories import COPY, read_run

WORTH_IT = 100
"""Runs without a copy (40 ms each for 200 games of 5 rounds) from which on it pays to start interpreters."""


def make_copies(paths: Sequence[Path]) -> None:
    """Makes the copies that are missing, if there are many and cores to make them on."""
    missing = [path for path in paths if not (path / COPY).is_file() and os.access(path, os.W_OK)]
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(missing) < WORTH_IT or workers < 2:
        return
    here = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, known] if known else [here])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "analysis.data.copies"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(workers)
    ]  # fmt: skip
    for number, process in enumerate(processes):
        assert process.stdin is not None
        try:
            process.stdin.write(b"".join(os.fsencode(path.absolute()) + b"\0" for path in missing[number::workers]))
            process.stdin.close()
        except OSError:  # the worker is gone; what it leaves is read by the caller
            continue
    for process in processes:
        process.wait()


def main() -> None:
    """Makes the copies of the directories named on standard input."""
    for name in sys.stdin.buffer.read().split(b"\0"):
        if name:
            read_run(Path(os.fsdecode(name)))


if __name__ == "__main__":
    main()
