"""Sweeps for the tests and benchmarks of launchers: their cells, whose process plays them, what they leave."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.commands import summary_of
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


def player_of(cell: Path) -> int | None:
    """The process that plays a cell now, None when nobody does."""
    try:
        pid = int(json.loads((cell / "journal.lock").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None
    return pid if os.path.exists(f"/proc/{pid}") else None


def wait_for(what: Callable[[], object], timeout_s: float, why: str) -> None:
    """Waits until `what` is true; AssertionError after timeout_s."""
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, f"waited {timeout_s:g} s in vain: {why}"
        time.sleep(0.02)


def wait_until_played(root: Path, cell: int, calls: Callable[[], int], enough: int) -> int:
    """Waits until this cell of the sweep under root is being played and `calls` were answered; returns its process."""
    found: list[int] = []

    def is_played() -> bool:
        with contextlib.suppress(ValueError):
            pid = player_of(only_sweep(root) / str(cell))
            if pid is not None and calls() >= enough:
                found.append(pid)
        return bool(found)

    wait_for(is_played, 60, f"cell {cell} plays")
    return found[0]


def busiest(times: Sequence[float], window_s: float) -> int:
    """The most events within any window of this length."""
    ordered, start, most = sorted(times), 0, 0
    for end, when in enumerate(ordered):
        while ordered[start] <= when - window_s:
            start += 1
        most = max(most, end - start + 1)
    return most
