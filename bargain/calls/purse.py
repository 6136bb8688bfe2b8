"""What the cells of a sweep may spend together, on one machine or on many that share its directory.

A cell spends only what it has drawn from the cap, some hundredths at a time, and gives back what is left when it ends.
How much each has drawn stands in one file of the sweep's directory, changed under a lock of its own, so the sum never
passes the cap, whatever dies: what a dead cell had drawn stays drawn until it is resumed. Amounts are in nano-USD.

    budget.json: {"drawn_nano_usd": {"0": 1200000000, "1": 800000000}}
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bargain.errors import JournalError, JournalLocked, RunStopped
from bargain.journal.journal import FILE_NAME, JournalReader
from bargain.rundir.directory import write_json
from bargain.rundir.plain import NotPlain, read_plain
from bargain.rundir.sweep import BUDGET, runs_below, sweep_of

NANO = 1_000_000_000
LOCK_NAME = "budget.lock"
BLOCKS = 256
"""Into so many parts a cap is divided, so that a cell seldom has to ask."""
ASK_AGAIN_S = 1.0


class Purse:
    """One cell's part of the sweep's cap. A run on its own is a sweep of one cell.

    spent: what the cell has spent by its journal, nano-USD. Raises RunStopped when the file cannot be used, or when
    another cell has spent what no price is known for.
    """

    def __init__(self, directory: Path, max_cost_usd: float, spent: int) -> None:
        directory = directory.resolve()
        self.max_cost_usd = max_cost_usd
        self.sweep = sweep_of(directory) or directory
        self.drawn = self.of_all = 0
        """What this cell has drawn, and all cells together when the file was last read."""
        self._cell = directory.relative_to(self.sweep).as_posix()
        self._max = math.floor(max_cost_usd * NANO)
        self._refused_until = 0.0
        with self._locked() as drawn:
            for path in runs_below(self.sweep):
                cell = path.relative_to(self.sweep).as_posix()
                if cell not in drawn and cell != self._cell:
                    with contextlib.suppress(JournalLocked):  # it plays, and enters here before its first call
                        drawn[cell] = _spent_by(path / FILE_NAME)
            self.drawn = drawn[self._cell] = max(spent, drawn.get(self._cell, 0))

    def covers(self, total: int, *, anew: bool) -> bool:
        """Whether the cell may have spent and reserved so much; draws what it needs for that, if it is there.

        anew: ask even if there was too little a moment ago.
        """
        if total <= self.drawn:
            return True
        if not anew and time.monotonic() < self._refused_until:
            return False
        with self._locked() as drawn:
            left = self._max - sum(drawn.values())
            if total - self.drawn > left:
                self._refused_until = time.monotonic() + ASK_AGAIN_S
                return False
            self.drawn += min(max(total - self.drawn, self._max // BLOCKS), left)
            drawn[self._cell] = self.drawn
        return True

    def book(self, total: int) -> None:
        """Puts on record that the cell has spent and reserved so much, be it more than it had drawn or less."""
        with self._locked() as drawn:
            self.drawn = drawn[self._cell] = total

    @contextlib.contextmanager
    def _locked(self) -> Iterator[dict[str, int]]:
        """What each cell has drawn, for nobody else meanwhile; on disk, if it was changed, when the block ends."""
        lock = os.open(self.sweep / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            drawn = self._read()
            before = dict(drawn)
            yield drawn
            if drawn != before:
                write_json(self.sweep / BUDGET, {"drawn_nano_usd": drawn})
            self.of_all = sum(drawn.values())
        finally:
            os.close(lock)

    def _read(self) -> dict[str, int]:
        path = self.sweep / BUDGET
        try:
            data = json.loads(read_plain(path))["drawn_nano_usd"]
            return {str(cell): max(0, int(nano)) for cell, nano in data.items()}
        except FileNotFoundError:
            return {}
        except (NotPlain, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise RunStopped(
                f"{path} cannot be read, so limits.sweep_max_cost_usd cannot be kept; "
                "remove it while no cell plays, and it is made again from the cells' journals"
            ) from None


def _spent_by(journal: Path) -> int:
    """What a cell that is not entered has spent by its journal, worst cases included."""
    try:
        with JournalReader(journal) as reader:
            totals = reader.totals()
    except JournalLocked:
        raise
    except JournalError as error:
        raise RunStopped(f"limits.sweep_max_cost_usd cannot be kept: {error}") from None
    if totals.unpriced_tokens:
        raise RunStopped(
            f"{journal.parent} has replies whose price is not known, so limits.sweep_max_cost_usd cannot be kept"
        )
    return math.ceil(totals.spent_usd * NANO)
