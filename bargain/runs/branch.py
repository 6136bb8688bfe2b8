"""A run that leaves another run's game: what was said until then is on record, and every game goes on from there.

    bargain branch=outputs/2026-11-26/10-00-00-game game=17 round=2 turn=5 n=20 say="I can go no lower than $17."

Game i of such a run is the i-th future of that one game. Until the place it hears the old replies, which nobody is
asked for again; from there on its own engines answer, at places of its own (game i), so that futures differ by the draw
of a model, or by the seed of the embedded negotiators. The past stands in the journal as the text `branch`, the place
in the config, so the run resumes and replays as any other, with or without the directory that it left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from omegaconf import DictConfig, OmegaConf

from bargain.agents.feedback import FeedbackSource
from bargain.agents.wording import VERBATIM
from bargain.config.schema import BranchConfig, FeedbackConfig
from bargain.config.targets import locate
from bargain.engines.base import Scene
from bargain.errors import ConfigError
from bargain.games.table import Table
from bargain.records import Message, Place, Reply, Usage

PAST = "branch"
"""The name of the past among the texts of a journal."""
BEFORE_COACHING = -2
"""A turn before those at which a learner is coached, -1 and 0."""
ANOTHER = "/another"
"""How the arm of such a game ends (games/table.py)."""
Key = tuple[str, int, int, str, int]
"""A place without its game: arm, round, turn, role, again."""
Play = Callable[[Table], Awaitable[None]]


def call_of(place: Place) -> Key:
    """Where in a game a call is made."""
    return (place.arm, place.round, place.turn, place.role, place.again)


def moment(key: Key) -> tuple[int, int]:
    """When in its arm a call is made. A game that is played for its advice belongs to the coaching after its round."""
    return (key[1] + 1, BEFORE_COACHING) if key[0].endswith(ANOTHER) else (key[1], key[2])


@dataclass(frozen=True, slots=True)
class Past:
    """What was said in a game until a place, and how its learners were coached until then.

    replies: text, finish and model by key; what is said at the place in somebody's stead is one of them. feedback: the
    sources by arm, each with whether the learner answered it.
    """

    seed: int
    replies: Mapping[Key, Sequence[str]]
    feedback: Mapping[str, tuple[FeedbackSource, bool]]

    @classmethod
    def read(cls, cfg: DictConfig, text: str) -> Self:
        """The past in a journal's text. Raises ConfigError where it is not that of the config."""
        if sha256(text) != cfg.branch.sha256:
            raise ConfigError("branch: nothing on record says what was said until then; bargain branch=DIR begins one")
        data = json.loads(text)
        return cls(
            data["seed"],
            {(arm, number, turn, role, again): rest for arm, number, turn, role, again, *rest in data["replies"]},
            {name: _source(cfg, each) for name, each in data["feedback"].items()},
        )


def past_until(cfg: DictConfig, branch: BranchConfig, replies: Mapping[Key, Sequence[str]], speaker: str = "") -> str:
    """The past of a game of this config, of which these are all replies, until the branch: for the journal.

    speaker: who says what the branch has to say.
    """
    kept = {
        key: reply
        for key, reply in replies.items()
        if key[0].removesuffix(ANOTHER) in ("", branch.arm) and moment(key) < start_of(branch)
    }
    if branch.say is not None:
        kept[branch.arm, branch.round, branch.turn, speaker, 0] = [branch.say, "stop", VERBATIM]
    sources = {"": cfg.feedback, **cfg.game.arms}
    feedback = {name: OmegaConf.to_container(each) for name, each in sources.items()}
    listed = [[*key, *reply] for key, reply in sorted(kept.items())]
    return json.dumps({"seed": cfg.seed, "replies": listed, "feedback": feedback}, sort_keys=True)


def start_of(branch: BranchConfig) -> tuple[int, int]:
    """The first moment that is played anew."""
    return branch.round, branch.turn or BEFORE_COACHING


def sha256(text: str) -> str:
    """What a config says of a past."""
    return hashlib.sha256(text.encode()).hexdigest()


def branched(play: Play, cfg: DictConfig, texts: Mapping[str, str]) -> Play:
    """The game type, played from the branch of this config on; as it is, where there is none.

    texts: what the journal says of itself, or will. Raises ConfigError where the past is not among them.
    """
    branch = BranchConfig(**cfg.branch)
    if branch == BranchConfig():
        return play
    past = Past.read(cfg, texts.get(PAST, ""))

    async def played(table: Table) -> None:
        await play(_Left.of(table, past, branch))

    return played


class _Left(Table):
    """A table at which the past is heard again, and from the branch on something else."""

    past: Past
    branched: BranchConfig

    @classmethod
    def of(cls, table: Table, past: Past, branch: BranchConfig) -> Self:
        """The table of a future: it keeps its number, and has the players and terms of the game that it left."""
        cast, live, future = table.seats.cast(branch.game), table._ask, table.game

        async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
            known = past.replies.get(call_of(place))
            if known is not None:  # paid for where it was said
                text, finish, model = known
                return Reply(text, Usage(), model, finish)  # type: ignore[arg-type]
            return await live(replace(place, game=future), messages, scene)

        arms = {name: each for name, each in table.seats.arms.items() if branch.arm in ("", name)}
        left = cls.__new__(cls)
        left.__dict__.update(
            table.__dict__,
            seats=replace(table.seats, arms=arms),
            cast=cast,
            players=cast.players(),
            _ask=ask,
            past=past,
            branched=branch,
        )
        return left

    async def coach(
        self, learner: Any, number: int, source: FeedbackSource | None = None, ask: bool | None = None
    ) -> None:
        """Until the branch the learner is coached as it was: by that source, with the draws of that game."""
        if (number, 0) >= start_of(self.branched):
            await super().coach(learner, number, source, ask)
            return
        seats, future = self.seats, self.game
        self.seats, self.game = replace(seats, seed=self.past.seed), self.branched.game
        await super().coach(learner, number, *self.past.feedback[self.arm])
        self.seats, self.game = seats, future


def _source(cfg: DictConfig, config: dict[str, Any]) -> tuple[FeedbackSource, bool]:
    typed = OmegaConf.merge(OmegaConf.structured(FeedbackConfig), config)
    return locate(typed._target_, list(cfg.allow_targets))(typed), typed.acknowledge == "ask"
