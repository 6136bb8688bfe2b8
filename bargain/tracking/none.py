"""tracking=none: results are in the run directory and shown nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bargain.config.schema import TrackingConfig
from bargain.records import Game
from bargain.tracking.base import RunInfo


class NoTracker:
    """Shows nothing, and takes the keys of whatever was chosen before it."""

    def __init__(self, config: TrackingConfig) -> None:
        del config

    def start(self, run_dir: Path, config: dict[str, Any], info: RunInfo) -> None:
        """Nothing."""

    def progress(self, metrics: dict[str, float]) -> None:
        """Nothing."""

    def game(self, game: Game) -> None:
        """Nothing."""

    def finish(self, summary: dict[str, Any], files: Sequence[Path]) -> None:
        """Nothing."""

    def fail(self, reason: str) -> None:
        """Nothing."""
