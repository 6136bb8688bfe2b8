"""The Verifiers environment with its own client against a server on loopback. `make verifiers` has what it needs.

Verifiers insists on openai 2; everything else is tested with openai 3, the engines with both."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest

from bargain.environments import Episodes
from bargain.records import Message, Place
from tests.servers import Server

vf = pytest.importorskip("verifiers.v1", reason="verifiers is not installed (make verifiers)")
load_environment = importlib.import_module("bargain.environments").load_environment
GAME = ["scenario=drawn", "engine@buyer.engine=opponent-boulware", "n_games=2"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINED_KEY", "sk-never-checked-1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-checked-1")


def episodes_of(env: Any, server: Server, rollouts: int = 1) -> list[Any]:
    """Every task of the environment, played as often, as Verifiers' own runner does it."""

    async def main() -> list[Any]:
        client = vf.EvalClientConfig(base_url=server.openai, api_key_var="TRAINED_KEY")
        context = vf.ModelContext(model="trained-1", client=client)
        async with env.serving():
            slots = [slot for task in env.taskset for slot in env.slots(task, rollouts)]
            return list(await asyncio.gather(*(env.run_slot(slot, context) for slot in slots)))

    return asyncio.run(main())


def test_each_round_is_a_trace_whose_reward_is_the_surplus_of_the_same_game() -> None:
    with Server() as server:
        found = episodes_of(load_environment(GAME), server, rollouts=2)
        assert {call.json["model"] for call in server.calls} == {"trained-1"}
        assert len(found) == 4
        for game, episode in zip((0, 0, 1, 1), found, strict=True):
            assert (episode.ok, episode.errors) == (True, [])
            (trace,) = episode.traces
            said = iter(each.content for each in trace.branches[-1].messages if each.role == "assistant")
            next(said)  # the hard-coded opening

            async def say(place: Place, messages: tuple[Message, ...], said: Any = said) -> str:
                return str(next(said))

            with Episodes(GAME) as episodes:
                again = asyncio.run(episodes.play(game, say))
            assert trace.rewards["surplus"].score == pytest.approx(again.rewards[0])
            assert trace.info["price"] == again.game.rounds[0].price
            assert trace.metrics["deal"] == float(again.game.outcome == "deal")
            assert trace.metrics["spoiled"] == 0.0


def test_coached_rounds_are_traces_of_one_episode_and_the_rival_may_be_a_model() -> None:
    with Server() as server:
        model = ["item=bicycle", "engine@buyer.engine=gpt-4o", f"buyer.engine.base_url={server.openai}", "n_games=1"]
        coached = ["game=criticize_seller", "feedback=constant", "feedback.text=patience", "game.n_rounds=2"]
        (episode,) = episodes_of(load_environment([*model, *coached]), server)
        assert episode.errors == []
        first, second = episode.traces
        assert {call.json["model"] for call in server.calls} == {"trained-1", "gpt-4o"}
    assert len(first.branches[-1].messages) < len(second.branches[-1].messages)
    assert any("patience" in str(each.content) for each in second.branches[-1].messages)
    assert {"surplus"} == set(first.rewards) == set(second.rewards)


def test_a_module_of_ones_own_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_env.py").write_text(
        "from bargain.environments.verifiers import BargainEnv, BargainTaskset, InProcess\n"
        '__all__ = ["BargainEnv", "BargainTaskset", "InProcess"]\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    config = vf.resolve_env_config({"taskset": {"id": "my_env", "overrides": GAME, "seat": "seller"}})
    with Server() as server:
        found = episodes_of(vf.load_environment(config), server)
    assert [episode.ok for episode in found] == [True, True]
