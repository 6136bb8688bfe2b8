"""The loopback servers themselves: their negotiator carries an experiment, and their book-keeping is right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bargain.agents.critic import Critic
from bargain.agents.player import Negotiator
from bargain.agents.prompts import Prompt, dialogue_data
from bargain.engines.base import Engine, Failure, Request, Scene
from bargain.engines.openai import OpenAIEngine
from bargain.records import Item, Message, Place, Player, Reply, Round, Turn, Usage
from tests.asking import config
from tests.commands import PATIENCE_S
from tests.negotiator import Chat, negotiate
from tests.servers import Fault, Server

ITEM = Item("balloon", "A red one.", 20.0, 10.0, cost=8.0)
PROMPTS = Path(__file__).parents[2] / "conf" / "prompt"


def prompt(role: str) -> Prompt:
    data: dict[str, Any] = yaml.safe_load((PROMPTS / role / "v1.yaml").read_text(encoding="utf-8"))
    return Prompt("v1", data["system"], tuple(data.get("few_shot", ())), data["texts"])


async def say(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
    said = tuple((message.role, message.text) for message in messages)
    return Reply(negotiate(Chat("chat", "m", said)), Usage(), "m")


def play(seller: Negotiator) -> tuple[Turn, ...]:
    """One round on the negotiator, as the agents' prompts put it, until somebody accepts."""
    players: dict[Player, Negotiator] = {"seller": seller, "buyer": Negotiator("buyer", prompt("buyer"), ITEM)}
    turns = [Turn(role, players[role].opening(), fixed=True) for role in ("seller", "buyer")]
    for number in range(3, 21):
        role: Player = "seller" if number % 2 else "buyer"
        text = asyncio.run(players[role].speak(say, Place(0, "", 1, number, role), tuple(turns), 5))
        turns.append(Turn(role, text))
        if "I accept" in text:
            break
    return tuple(turns)


def test_players_concede_until_a_deal_and_feedback_moves_the_price() -> None:
    seller = Negotiator("seller", prompt("seller"), ITEM)
    first = play(seller)
    assert [turn.text for turn in first[2:]] == [
        "I can come down to $15.",
        "I can come up to $12.50.",
        "I can come down to $13.75.",
        "I can come up to $13.12.",
        "All right, I accept $13.12.",
    ]
    played = Round(1, "", "deal", 13.12, first)
    critic = Critic("seller", prompt("critic"), ITEM)
    feedback = asyncio.run(critic.advise(say, Place(0, "", 1, 0, "seller_critic"), [played]))
    assert feedback.startswith("1. Stay high for longer")
    answered = asyncio.run(seller.hear(say, Place(0, "", 1, 0, "seller"), played, feedback, answer=True))
    assert answered == "I will move in smaller steps and hold my price for longer."
    second = play(seller)
    assert second[2].text == "I can come down to $17.50."
    assert second[-1].text == "All right, I accept $15.68."


@pytest.mark.parametrize(
    ("kind", "deal", "ongoing"),
    [
        ("yes_no", "Yes", "No"),
        ("reason_first", "The seller has accepted.\nAnswer: Yes", "Nobody has accepted a price.\nAnswer: No"),
        (
            "structured",
            '{"state": "deal", "price": 13.0, "by": "seller", "quote": "All right, I accept $13."}',
            '{"state": "ongoing", "price": null, "by": null, "quote": ""}',
        ),
    ],
)
def test_the_moderator_answers_in_the_format_it_is_asked_for(kind: str, deal: str, ongoing: str) -> None:
    asks = prompt("moderator")
    turns = (Turn("buyer", "I can come up to $13."), Turn("seller", "All right, I accept $13."))

    def verdict(seen: Sequence[Turn]) -> str:
        question = f"{dialogue_data(seen)}\n\n{asks.texts[kind]}"
        return negotiate(Chat("chat", "m", (("system", asks.system), ("user", question))))

    assert verdict(turns) == deal
    assert verdict(turns[:1]) == ongoing


def engine_at(server: Server) -> Engine:
    return OpenAIEngine(config(base_url=server.openai, api_key_env=None, timeout_s=PATIENCE_S), "seller", 0)


def ask_many(engine: Engine, asked: Sequence[Request]) -> list[str]:
    """What comes of each call, made all at once: its text, or the kind of its failure."""

    async def one(request: Request) -> str:
        try:
            return engine.read(await engine.send(engine.body(request), request)).text
        except Failure as failure:
            return failure.kind

    async def every() -> list[str]:
        try:
            return await asyncio.gather(*(one(each) for each in asked))
        finally:
            await engine.close()

    return asyncio.run(every())


def test_calls_faults_and_latency_are_on_the_books() -> None:
    requests = [
        Request(Place(game, "", 1, 3, "seller"), (Message("user", f"$1{game}?"),), Scene("speak", "seller", ITEM))
        for game in range(10)
    ]
    with Server(lambda chat: "No.", latency_s=0.5) as server:
        server.fault = lambda call: Fault(503) if call.json["messages"][0]["content"] in ("$11?", "$15?") else None
        ended = ask_many(engine_at(server), requests)
    assert ended == ["No.", "not_sent", "No.", "No.", "No.", "not_sent", "No.", "No.", "No.", "No."]
    assert server.count == len(server.calls) == 10
    assert len(server.completed) == 8
    assert server.most_in_flight > 1
    assert server.in_flight == 0
