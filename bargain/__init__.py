"""bargain: negotiation experiments with language models.

    from bargain import compose, play

    summary = play(compose(["game=simple", "n_games=10"]))
    summary.rounds[0]["mean_price"], summary.directory

compose      the config for some overrides, checked; raises ConfigError
play         plays its run, or goes on with it, and returns a RunSummary
RunSummary   where the run lies and what it came to
ConfigError  a config that cannot be played, in one line
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from bargain.version import __version__

if sys.platform == "win32":
    raise SystemExit("bargain runs on Linux, macOS and, on Windows, in WSL (https://learn.microsoft.com/windows/wsl)")

if TYPE_CHECKING:
    from bargain.config.compose import compose
    from bargain.errors import ConfigError
    from bargain.runs.runner import RunSummary, play

__all__ = ["ConfigError", "RunSummary", "__version__", "compose", "play"]


def __getattr__(name: str) -> Any:
    """Imports on first use: `import bargain.reading.reader` must not cost the import of Hydra."""
    if name == "ConfigError":
        from bargain.errors import ConfigError

        return ConfigError
    if name == "compose":
        from bargain.config.compose import compose

        return compose
    if name in ("play", "RunSummary"):
        from bargain.runs import runner

        return getattr(runner, name)
    raise AttributeError(f"module 'bargain' has no attribute {name!r}")
