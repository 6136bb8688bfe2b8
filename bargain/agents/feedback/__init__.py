"""Where the learner's feedback comes from: one small class per source.

A source is constructed as `Target(config: FeedbackConfig)` and returns the words for one learner after one round:
a text, "" for "do better than that" without advice, or None for silence. It knows neither the game type nor what the
learner will make of it. Your own source is such a class and one YAML in conf/feedback/.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Protocol

from bargain.agents.critic import Critic
from bargain.agents.player import Negotiator
from bargain.config.follow import critic_seat
from bargain.config.named import read_pool
from bargain.config.schema import FeedbackConfig
from bargain.engines.base import Ask
from bargain.records import Place, Player, Round

POOL = Path(__file__).with_name("human_feedback.yaml")


@dataclass(frozen=True, slots=True)
class Coaching:
    """What a source may use: whom it coaches, the rounds so far (at least one), a critic, and a seeded generator.

    player: the learner itself. rivals_critic: the critic that would coach the rival. another: plays the last round once
    more with fresh players, on no record but the journal's; it raises GaveUp when a call failed for good.
    """

    ask: Ask
    place: Place
    learner: Player
    rounds: Sequence[Round]
    critic: Critic
    rng: Random
    player: Negotiator
    rivals_critic: Critic
    another: Callable[[], Awaitable[Round]]


class FeedbackSource(Protocol):
    """name: what tables call it. calls_critic: whether the critic's seat needs an engine.

    A class may also say plays_another (it plays one more round each time) and asks_learner (its words are the
    learner's): estimates count these.
    """

    name: str
    calls_critic: bool

    async def give(self, coaching: Coaching) -> str | None:
        """The feedback on the last of the rounds."""
        ...


class AI:
    """The critic's advice; with the critic's seat on the `human` engine, a person's at the terminal.

    With an engine of its own (feedback.engine) the critic has a seat of its own: seller_NAME_critic.
    """

    calls_critic = True

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name
        self.config = config

    async def give(self, coaching: Coaching) -> str | None:
        return await self.advice(coaching, coaching.critic, coaching.rounds)

    async def advice(self, coaching: Coaching, critic: Critic, rounds: Sequence[Round]) -> str:
        """What this critic says about these rounds, asked at this source's seat."""
        place = replace(coaching.place, role=critic_seat(coaching.learner, self.config))
        return await critic.advise(coaching.ask, place, rounds)


class HumanLive:
    """The person at the terminal is the coach: sees the round, types the advice. What was typed is in the journal."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        place = replace(coaching.place, role=f"{coaching.learner}_coach")
        return await coaching.critic.advise(coaching.ask, place, coaching.rounds)


class Human:
    """A suggestion that people wrote, drawn from a pool: a YAML with a list of texts for seller and for buyer."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name
        self.pool = config.suggestions or read_pool(POOL)

    async def give(self, coaching: Coaching) -> str | None:
        return coaching.rng.choice(self.pool[coaching.learner]).strip()


class Constant:
    """The same sentence after every round: tells advice from merely being told something."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name
        if not config.text.strip():
            raise ValueError("feedback.text is empty; feedback=constant needs a sentence, or choose feedback=none")
        self.text = config.text.strip()

    async def give(self, coaching: Coaching) -> str | None:
        return self.text


class TargetOnly:
    """No advice, only the aim: a better price than last time."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        return ""


class Silence:
    """Nothing is said: the learner has its memory and no coach."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        return None
