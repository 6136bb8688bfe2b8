"""bargain: negotiation experiments with language models.

    from bargain import play, sweep

    run = play(["game=simple", "n_games=10"])
    run.by_round[0]["mean_price"], run.rounds, run.directory

play         plays a run, or goes on with it; a function or an engine object may play a seat
sweep        plays every combination of some choices
compose      the config for some overrides, checked
PlayedRun, PlayedSweep   what they return: a table and a picture in a notebook, and pandas frames
RunSummary   where a run lies and what it came to
Me, Turn     what a function that plays a seat is given
ConfigError  a config that cannot be played, in one line

What the runs say: `bargain.analysis`. In full: docs/python.md.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bargain.version import __version__

if sys.platform == "win32":
    raise SystemExit("bargain runs on Linux, macOS and, on Windows, in WSL (https://learn.microsoft.com/windows/wsl)")

if TYPE_CHECKING:
    from bargain.config.compose import compose
    from bargain.engines.python import Me
    from bargain.errors import ConfigError
    from bargain.notebook.playing import play, sweep
    from bargain.notebook.results import PlayedRun, PlayedSweep
    from bargain.records import Turn
    from bargain.results.summary import RunSummary

__all__ = ["ConfigError", "Me", "PlayedRun", "PlayedSweep", "RunSummary", "Turn", "__version__", "compose", "play",
           "sweep"]  # fmt: skip

_PLACES = {
    "ConfigError": "bargain.errors",
    "Me": "bargain.engines.python",
    "PlayedRun": "bargain.notebook.results",
    "PlayedSweep": "bargain.notebook.results",
    "RunSummary": "bargain.results.summary",
    "Turn": "bargain.records",
    "compose": "bargain.config.compose",
    "play": "bargain.notebook.playing",
    "sweep": "bargain.notebook.playing",
}


def __getattr__(name: str) -> Any:
    """Imports on first use: `import bargain.reading.reader` must not cost the import of Hydra."""
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'bargain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
