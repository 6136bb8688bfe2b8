"""One shared first round, then one arm per kind of feedback (seller_compare_feedback, buyer_compare_feedback).

The first round is played and paid once; each arm starts from the learner's memory of it, so arms are compared in pairs
with the same past.
"""

from __future__ import annotations

import anyio

from bargain.agents.feedback import FeedbackSource
from bargain.config.schema import GameConfig
from bargain.games.table import Table


def problem(game: GameConfig) -> str:
    """Why this is no game with arms, "" if it is."""
    if not game.arms or game.n_rounds < 2:
        return f"needs game.arms and at least 2 rounds, got {len(game.arms)} and {game.n_rounds}"
    return "" if len(game.learners) == 1 else f"arms need exactly one learner, got {list(game.learners)}"


async def play(table: Table) -> None:
    """The shared round 1, then every arm's rounds side by side, recorded arm after arm."""
    await table.play(1)
    if table.over():
        return
    arms = {name: table.branch(name) for name in table.seats.arms}
    async with anyio.create_task_group() as group:
        for name, (source, ask) in table.seats.arms.items():
            group.start_soon(_play_arm, arms[name], source, ask)
    table.join(list(arms.values()))


async def _play_arm(arm: Table, source: FeedbackSource, ask: bool) -> None:
    for number in arm.numbers[1:]:
        if arm.over():
            return
        for learner in arm.seats.learners:
            await arm.coach(learner, number, source, ask)
        if arm.over():
            return
        await arm.play(number)
