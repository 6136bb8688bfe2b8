"""Games as environments in which a model is trained: one seat is the model's, the reward is its surplus.

    from bargain.environments import load_environment            # for Verifiers: the extra verifiers
    from bargain.environments import Episodes                    # for any other trainer

episodes.py knows no trainer; verifiers.py is all that knows Verifiers, and imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bargain.environments.episodes import Episode, Episodes

if TYPE_CHECKING:
    from bargain.environments.verifiers import load_environment

__all__ = ["Episode", "Episodes", "load_environment"]


def __getattr__(name: str) -> Any:
    """Imports Verifiers on first use. Raises ImportError with what to install where it is missing."""
    if name == "load_environment":
        try:
            from bargain.environments.verifiers import load_environment
        except ModuleNotFoundError as error:
            if error.name not in ("verifiers", "verifiers.v1"):
                raise
            raise ImportError("verifiers is not installed: pip install 'bargain-experiments[verifiers]'") from None

        return load_environment
    raise AttributeError(f"module 'bargain.environments' has no attribute {name!r}")
