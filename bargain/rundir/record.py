"""What a run directory is by its journal's own words: config, identity, state. The files beside it are derived.

summary.json and .hydra/ may be gone, half written or another run's; what the journal says holds. It is read from the
table of texts that stands first in the file, without opening the journal: nothing is written, nobody is waited for, and
what a stranger's file holds besides cannot act.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bargain.rundir.plain import check_journal

JOURNAL = "journal.sqlite"
GAMES = "games.jsonl"
PROBES = "probes.jsonl"
ENDS = ("finished", "paused", "failed")
"""What `state` says of a run that came to an end."""
_MAX_TEXT = 4_000_000
_MAX_TEXTS = 64
_MAX_STEPS = 10_000_000
"""Of SQLite's machine, for one file: what more takes is no table of texts."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal of a run directory says of itself, by name.

    config: the config as played, as YAML. state: running, or one of ENDS; "" in runs of 0.1. identity: what decides its
    games (config/identity.py), as the version `bargain` counted it. overrides: JSON, as said on the command line.
    """

    directory: Path
    texts: Mapping[str, str]

    @property
    def config(self) -> str:
        """The config as played; "" where the journal has none (bargain-judge's)."""
        return self.texts.get("config", "")

    @property
    def state(self) -> str:
        """running, finished, paused, failed; "" where it is not said."""
        return self.texts.get("state", "")


def listed(texts: Mapping[str, str], name: str) -> list[str]:
    """The list of overrides that a journal has under this name (overrides, sweep); [] where it has none."""
    try:
        said = json.loads(texts.get(name, "[]"))
    except ValueError:
        return []
    return [str(each) for each in said] if isinstance(said, list) else []


def read_record(directory: Path) -> Record | None:
    """What lies in a directory; None without a journal that can be read, or with one that is no plain file."""
    path = directory / JOURNAL
    with contextlib.suppress(OSError, sqlite3.Error):
        if not path.exists() or check_journal(path):
            return None
        # Opened as what it is, a file at rest, nothing is left beside it; while it is written a log lies there.
        ways = ["mode=ro&immutable=1", "mode=ro"]
        if any(path.with_name(f"{path.name}{end}").exists() for end in ("-wal", "-journal")):
            ways.reverse()
        try:
            return Record(directory, _texts(path, ways[0]))
        except sqlite3.Error:
            return Record(directory, _texts(path, ways[1]))
    return None


def _texts(path: Path, options: str) -> dict[str, str]:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA busy_timeout = 500")
        connection.set_progress_handler(lambda: 1, _MAX_STEPS)
        if connection.execute("SELECT type FROM sqlite_master WHERE name = 'meta'").fetchone() != ("table",):
            raise sqlite3.DatabaseError("no table of texts")
        rows = connection.execute(
            "SELECT name, value FROM meta WHERE typeof(name) = 'text' AND typeof(value) = 'text' "
            "AND length(name) < 100 AND length(value) < ? LIMIT ?",
            (_MAX_TEXT, _MAX_TEXTS),
        )
        return dict(rows.fetchall())
    finally:
        connection.close()


def holds_games(directory: Path) -> bool:
    """Whether games lie there: of an imported run, or of one whose journal is gone."""
    with contextlib.suppress(OSError):
        return (directory / GAMES).stat().st_size > 0
    return False
