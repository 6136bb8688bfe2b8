"""What each part of coaching does: the comparisons of arms that game=seller_critic_controls was made for.

The arms of such a game are a ladder (nothing, memory, a target, advice) and controls of its last step. Each part is one
comparison, fixed before the data: with ten arms there would be 45 of them, and most mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .comparisons import every_pair


class Part(NamedTuple):
    """One part of coaching: the arm without it, the arm with it, everything else alike."""

    name: str
    without: str
    having: str


PARTS = (
    Part("memory of the first round", "none", "history"),
    Part("a target", "history", "target"),
    Part("advice", "target", "advice"),
    Part("any sentence", "target", "constant"),
    Part("advice on one's own game", "shuffled", "advice"),
    Part("advice for one's own side", "other_role", "advice"),
    Part("advice from another", "self_critique", "advice"),
    Part("a critic on another engine", "advice", "other_critic"),
    Part("a model in place of rules", "rules", "advice"),
    Part("everything together", "none", "advice"),
)
ARMS = frozenset(arm for part in PARTS for arm in part[1:])


def parts_of(arms: Iterable[str]) -> list[Part]:
    """The parts that these arms tell apart; none where the arms are those of another kind of game."""
    found = set(arms)
    if not found <= ARMS or "history" not in found:
        return []
    return [part for part in PARTS if {part.without, part.having} <= found]


def pairs_of(arms: Sequence[str]) -> list[tuple[str, str]]:
    """Which arms are compared, as (a, b): the parts of coaching where the arms are made for that, else every pair."""
    return [part[1:] for part in parts_of(arms)] or every_pair(arms)
