"""Where the learner's feedback comes from: one small class per source.

A source is constructed as `Target(config: FeedbackConfig)` and returns the words for one learner after one round:
a text, "" for "do better than that" without advice, or None for silence. It knows neither the game type nor what the
learner will make of it. Your own source is such a class and one YAML in conf/feedback/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Protocol

from bargain.agents.critic import Critic
from bargain.config.named import read_pool
from bargain.config.schema import FeedbackConfig
from bargain.engines.base import Ask
from bargain.records import Place, Player, Round

POOL = Path(__file__).with_name("human_feedback.yaml")


@dataclass(frozen=True, slots=True)
class Coaching:
    """What a source may use: whom it coaches, the rounds so far (at least one), a critic, and a seeded generator."""

    ask: Ask
    place: Place
    learner: Player
    rounds: Sequence[Round]
    critic: Critic
    rng: Random


class FeedbackSource(Protocol):
    """name: what tables call it. calls_critic: whether the critic's seat needs an engine."""

    name: str
    calls_critic: bool

    async def give(self, coaching: Coaching) -> str | None:
        """The feedback on the last of the rounds."""
        ...


class AI:
    """The critic's advice; with the critic's seat on the `human` engine, a person's at the terminal."""

    calls_critic = True

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        return await coaching.critic.advise(coaching.ask, coaching.place, coaching.rounds)


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
