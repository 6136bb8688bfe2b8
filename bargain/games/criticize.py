"""The paper's main game: a round, feedback for the learner, the next round with both in its context.

One function serves criticize_seller, criticize_buyer and criticize_both: they differ only in `game.learners`.
"""

from __future__ import annotations

from bargain.games.table import Table


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
