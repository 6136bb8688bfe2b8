"""Fills the caches of many runs at once, on every core, before they are read.

    python -P -m bargain.analysis.data.fill_cache < PATHS        each ended by a zero byte; what a worker does

Workers are interpreters of their own: processes that multiprocessing spawns run the caller's script again, and those it
forks would inherit the threads of a dashboard. -P keeps what lies in the working directory from being imported. A cache
that does not come about is made, or done without, by whoever reads the run next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bargain import version

from .directories import CACHED_ROUNDS, read_run

WORTH_IT = 100
"""Runs without a cache (40 ms each for 200 games of 5 rounds) from which on it pays to start interpreters."""


def fill_caches(paths: Sequence[Path]) -> None:
    """Makes the caches that are missing, if there are many and cores to make them on."""
    missing = [path for path in paths if not (path / CACHED_ROUNDS).is_file() and os.access(path, os.W_OK)]
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(missing) < WORTH_IT or workers < 2:
        return
    with ThreadPoolExecutor(workers) as threads:
        for _ in threads.map(_fill, [missing[number::workers] for number in range(workers)]):
            pass


def _fill(paths: Sequence[Path]) -> None:
    """One worker, until it is done. What a worker that died leaves undone is read by the caller."""
    here = str(Path(version.__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    subprocess.run(
        [sys.executable, "-P", "-m", "bargain.analysis.data.fill_cache"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([here, known] if known else [here])},
        input=b"".join(os.fsencode(path.absolute()) + b"\0" for path in paths),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def main() -> None:
    """Fills the caches of the directories named on standard input."""
    for name in sys.stdin.buffer.read().split(b"\0"):
        if name:
            read_run(Path(os.fsdecode(name)))


if __name__ == "__main__":
    main()
