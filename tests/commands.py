"""Runs the installed commands as a user would: in a directory of their own, with a clean environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def environment(**extra: str) -> dict[str, str]:
    """The process environment without keys and W&B settings, plus `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_API_KEY") and not name.startswith(("WANDB_", "HYDRA_", "COLUMNS"))
    }
    return {**kept, "COLUMNS": "140", **extra}


def bargain(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, command: str = "bargain", stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs an installed command to its end; two minutes at most."""
    return subprocess.run(
        [str(BIN / command), *arguments],
        cwd=cwd,
        env=env or environment(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def only_run(root: Path) -> Path:
    """The one run directory under root/outputs."""
    (summary,) = root.glob("outputs/*/*/summary.json")
    return summary.parent


def games_of(directory: Path) -> list[dict[str, Any]]:
    """The games of a run directory, as plain data."""
    return [json.loads(line) for line in (directory / "games.jsonl").read_text(encoding="utf-8").splitlines()]


def summary_of(directory: Path) -> dict[str, Any]:
    """A run's summary.json."""
    data: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    return data
