"""The Verifiers environment: pip install 'bargain-experiments[verifiers]' (docs/export.md).

    env = load_environment(["scenario=drawn", "engine@buyer.engine=opponent-boulware", "n_games=100"], seat="seller")

A task is a game of the config, by its number. An episode is that game; a trace is one round as the model saw it, from
its system prompt to its last words, with the reward `surplus` and the metrics `deal`, `turns` and `spoiled`. As long as
messages only grow, a round is one conversation; where they do not (the next round, words that are asked for again), a
new trace begins, and only the last of a round has a reward of its own.

A trainer finds an environment by the name of a module that can be imported; this is a whole one (my_env.py):

    from bargain.environments.verifiers import BargainEnv, BargainTaskset, InProcess
    __all__ = ["BargainEnv", "BargainTaskset", "InProcess"]

Written for verifiers 0.4 (`verifiers.v1`).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import httpx
import verifiers.v1 as vf
from pydantic import Field

from bargain.environments.episodes import Episodes
from bargain.errors import GaveUp
from bargain.records import Message, Place

__all__ = ["BargainEnv", "BargainTaskset", "InProcess", "load_environment"]

ID = "bargain"


class BargainConfig(vf.TasksetConfig):
    """overrides: the config, as on the command line. seat: whose words are the model's."""

    overrides: list[str] = Field(default_factory=list)
    seat: Literal["seller", "buyer"] = "seller"


class BargainData(vf.TaskData):
    """game: the number of the game in its config, which with the seed decides what it is played for."""

    game: int = 0


class BargainTask(vf.Task[BargainData, vf.State, vf.TaskConfig]):
    """One game."""


class BargainTaskset(vf.Taskset[BargainTask, BargainConfig]):
    """The games of a config, n_games of them."""

    def load(self) -> Iterator[BargainTask]:
        """The games in order."""
        with Episodes(self.config.overrides, self.config.seat) as episodes:
            games = len(episodes)
        for game in range(games):
            yield BargainTask(BargainData(name=f"game {game}", game=game), self.config.task)


class InProcess(vf.Harness[vf.HarnessConfig]):
    """Asks the model once per turn, from this process: a player needs no tools and no program."""

    APPENDS_SYSTEM_PROMPT = True
    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(
        self,
        ctx: vf.ModelContext,
        trace: vf.Trace,
        runtime: vf.Runtime,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: vf.TaskData,
    ) -> vf.ProgramResult:
        """One chat completion through the interception server, which records it in the trace."""
        system, prompt = self.resolve_prompt(data)
        said = prompt if isinstance(prompt, list) else [vf.UserMessage(content=prompt or "")]
        messages = [{"role": each.role, "content": each.content} for each in said]
        head = [{"role": "system", "content": system}] if system else []
        async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113 - the agent's own timeouts hold
            answer = await client.post(
                f"{endpoint.rstrip('/')}/chat/completions",
                json={"model": ctx.model, "messages": [*head, *messages]},
                headers={"Authorization": f"Bearer {secret}"},
            )
        failed = answer.status_code >= 400
        return vf.ProgramResult(exit_code=int(failed), stdout="", stderr=answer.text if failed else "")


class BargainEnvConfig(vf.EnvConfig):
    """player: the model that is trained."""

    player: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())


class BargainEnv(vf.Env[BargainEnvConfig]):
    """Plays one game an episode."""

    taskset: BargainTaskset

    async def start(self) -> None:
        """Makes the other seats, on the loop that they are asked on."""
        self._episodes = Episodes(self.taskset.config.overrides, self.taskset.config.seat)

    async def stop(self) -> None:
        """Closes their connections and their journal."""
        if (episodes := getattr(self, "_episodes", None)) is not None:
            await episodes.close_engines()
            episodes.close()

    async def run(self, task: vf.Task, agents: vf.Agents) -> None:
        """The game, and the reward of each round. Raises RuntimeError where another seat failed."""
        player = _Player(agents.player, task)
        try:
            episode = await self._episodes.play(task.data.game, player.say)
        finally:
            await player.close()
        if episode.error:
            raise RuntimeError(f"another seat failed: {episode.error}")
        for played, reward in zip(episode.game.rounds, episode.rewards, strict=True):
            if trace := player.traces.get(played.round):
                trace.record_reward("surplus", reward, 1.0)
                trace.record_metric("deal", float(played.outcome == "deal"))
                trace.record_metric("turns", float(len(played.turns)))
                trace.record_metric("spoiled", float(played.outcome == "error"))
                trace.info["outcome"], trace.info["price"] = played.outcome, played.price


class _Player:
    """The seat's conversations. traces: the last one of each round, by its number."""

    def __init__(self, agent: Any, task: vf.Task) -> None:
        self._agent = agent
        self._task = task
        self._seen: tuple[Message, ...] = ()
        self._open = contextlib.AsyncExitStack()
        self._interaction: Any = None
        self.traces: dict[int, vf.Trace] = {}

    async def say(self, place: Place, messages: tuple[Message, ...]) -> str:
        """The model's words after these messages."""
        more, interaction = self._more(messages), self._interaction
        if interaction is None or more is None:
            await self.close()
            system = "\n\n".join(each.text for each in messages if each.role == "system")
            kinds: dict[str, Any] = {"user": vf.UserMessage, "assistant": vf.AssistantMessage}
            prompt = [kinds[each.role](content=each.text) for each in messages if each.role != "system"]
            opening = self._task.with_data(prompt=prompt, system_prompt=system)
            interaction = await self._open.enter_async_context(self._agent.interaction(opening))
            more, self._interaction = None, interaction
        segment = await interaction.turn(more)
        self.traces[place.round] = interaction.trace
        if segment.terminated:
            raise GaveUp(f"{place.role} (round {place.round}, turn {place.turn}): the trainer ended the conversation")
        self._seen = messages
        return str(segment.last_reply)

    def _more(self, messages: tuple[Message, ...]) -> str | None:
        """What is new to the model: the words after its last ones; None if it has seen something else."""
        before = len(self._seen)
        if messages[:before] != self._seen or [each.role for each in messages[before:]] != ["assistant", "user"]:
            return None
        return messages[-1].text

    async def close(self) -> None:
        """Ends the conversation that is open."""
        self._interaction, self._seen = None, ()
        await self._open.aclose()


def load_environment(overrides: Sequence[str] = (), seat: Literal["seller", "buyer"] = "seller", **player: Any) -> Any:
    """The environment of a config. overrides, seat: see BargainConfig; player: fields of vf.AgentConfig (max_turns=20).

    Raises ConfigError for a config that cannot be played or has no reward.
    """
    Episodes(overrides, seat).close()
    _register()
    taskset = BargainConfig(id=ID, overrides=list(overrides), seat=seat)
    agent = {"runtime": vf.SubprocessConfig(), **player}
    return BargainEnv(BargainEnvConfig(taskset=taskset, player=vf.AgentConfig(**agent)))


def _register() -> None:
    """Lets Verifiers find this module by the id `bargain` in this process: it looks among its own plugins first."""
    for kind in ("tasksets", "harnesses"):
        sys.modules.setdefault(f"verifiers.v1.{kind}.{ID}", sys.modules[__name__])
