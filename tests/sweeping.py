"""Sweeps for the tests and benchmarks of launchers: their cells, whose process plays them, what they leave."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from bargain.errors import JournalError
from bargain.journal.journal import FILE_NAME
from bargain.journal.reader import JournalReader
from bargain.rundir.record import read_record
from tests.commands import summary_of, wait_for
from tests.servers import Server


def cells_on(server: Server, *more: str, max_concurrency: int = 8) -> list[str]:
    """Overrides of a sweep whose players ask a server on loopback; the moderator goes by the rules."""
    return [
        "-m",
        "game=simple",
        "game.n_rounds=2",
        "moderator=rules",
        "tracking=none",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.max_concurrency={max_concurrency}" for seat in ("seller", "buyer")),
        *more,
    ]


def only_sweep(root: Path) -> Path:
    """The one sweep directory under root/outputs."""
    (path,) = root.glob("outputs/*/*-sweep")
    return path


def games_by_cell(sweep: Path) -> dict[int, bytes]:
    """Every cell's games.jsonl, byte for byte."""
    return {int(path.parent.name): path.read_bytes() for path in sweep.glob("*/games.jsonl")}


def states(sweep: Path) -> list[str]:
    """The state of every cell that has a summary, in order."""
    cells = sorted((path.parent for path in sweep.glob("*/summary.json")), key=lambda each: int(each.name))
    return [str(summary_of(cell)["state"]) for cell in cells]


def wait_until_finished(cell: Path) -> None:
    """Waits until a cell needs no more: its journal says so last, after its games and its summary."""

    def is_finished() -> bool:
        record = read_record(cell)
        return record is not None and record.state == "finished"

    wait_for(is_finished, f"{cell} is finished")


def player_of(cell: Path) -> int | None:
    """The process that plays a cell now, None when nobody does."""
    try:
        pid = int(json.loads((cell / "journal.lock").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None
    return pid if os.path.exists(f"/proc/{pid}") else None


def wait_until_played(root: Path, cell: int, replies: int) -> int:
    """Waits until this cell of the sweep under root has so many replies on record and goes on; returns its process."""

    def player() -> int | None:
        with contextlib.suppress(ValueError, JournalError):
            directory = only_sweep(root) / str(cell)
            with JournalReader(directory / FILE_NAME) as journal:
                return player_of(directory) if journal.totals().replies >= replies else None
        return None

    pid = wait_for(player, f"cell {cell} plays")
    assert pid is not None
    return pid
