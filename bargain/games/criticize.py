"""The paper's main game: a round, feedback for the learner, the next round with both in its context.

One function serves criticize_seller, criticize_buyer and criticize_both: they differ only in `game.learners`.
"""

from __future__ import annotations

from bargain.config.schema import GameConfig
from bargain.games.table import Table


def problem(game: GameConfig) -> str:
    """Why this is no game with a coach, "" if it is."""
    return "" if game.learners else "the learner is missing; set game.learners=[seller] or [buyer], or game=simple"


async def play(table: Table) -> None:
    """Round 1, then coaching and a further round until all are played or the game is over."""
    await table.play(1)
    for number in table.numbers[1:]:
        for learner in table.seats.learners:
            if table.over():
                return
            await table.coach(learner, number)
        if table.over():
            return
        await table.play(number)
