"""Controls of coaching: each takes one thing away from a critic's advice, or puts something simpler in its place.

Feedback, memory and target come together in the experiment of 2023. These sources tell them apart, as arms of a game
whose first round is shared: see docs/critic.md and experiments/why/critic.yaml.
"""

from __future__ import annotations

from dataclasses import replace

from bargain.agents.feedback import AI, Coaching
from bargain.agents.player import Memory
from bargain.config.schema import FeedbackConfig


class Fresh:
    """Nothing is said and nothing remembered: the learner plays its next round as if it were its first."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        coaching.player.memory = Memory(nothing=True)
        return None


class Shuffled(AI):
    """The critic's advice on another game: one that is played for this, by fresh players with the same engines."""

    plays_another = True

    async def give(self, coaching: Coaching) -> str | None:
        return await self.advice(coaching, coaching.critic, [await coaching.another()])


class OtherRole(AI):
    """The critic's advice on this game, meant for the rival: told to the learner in its place."""

    async def give(self, coaching: Coaching) -> str | None:
        return await self.advice(coaching, coaching.rivals_critic, coaching.rounds)


class SelfCritique:
    """The learner's own thoughts on the round, in its own context, on its own engine. `text` asks for them."""

    calls_critic = False
    asks_learner = True

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name
        if not config.text.strip():
            raise ValueError("feedback.text is empty; it is the question that the learner answers")
        self.question = config.text.strip()

    async def give(self, coaching: Coaching) -> str | None:
        place = replace(coaching.place, role=coaching.learner, turn=-1)  # 0 is its acknowledgement
        return await coaching.player.reflect(coaching.ask, place, coaching.rounds[-1], self.question)
