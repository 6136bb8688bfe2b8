"""How long the players of a run were waited for, by its journal: what thinking takes, whatever else plays at once."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from bargain.rundir.plain import check_journal
from bargain.rundir.record import JOURNAL

_MAX_STEPS = 500_000_000
"""Of SQLite's machine, for one file."""


def waited_s(directory: Path) -> dict[str, float]:
    """Seconds from sending to the reply, summed over all attempts, by role.

    {} where no call is on record (free engines), and for a journal that cannot be read so.
    """
    path = directory / JOURNAL
    with contextlib.suppress(OSError, sqlite3.Error):
        if not path.exists() or check_journal(path):
            return {}
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA busy_timeout = 500")
            connection.set_progress_handler(lambda: 1, _MAX_STEPS)
            rows = connection.execute(
                "SELECT a.role, SUM(r.seconds) FROM result r JOIN attempt a ON a.id = r.attempt GROUP BY a.role"
            )
            return {str(role): float(seconds) for role, seconds in rows}
        finally:
            connection.close()
    return {}
