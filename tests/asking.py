"""How tests of engines ask: a request, an engine with a key in its environment, one call in a fresh event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine, Raw, Request, Scene
from bargain.records import Item, Message, Place, Reply, Turn

KEY_ENV = "BARGAIN_TEST_KEY"
KEY = "sk-sentinel/7+Zk=Qx"
ITEM = Item("balloon", "A red balloon.", 20.0, 10.0, cost=8.0)
CHAT = (
    Message("system", "You are selling a balloon. Your first asking price is $20."),
    Message("user", "Hello, how much is it?"),
    Message("assistant", "It is $20."),
    Message("user", "Would you take $10?"),
)
TURNS = (Turn("seller", "It is $20.", 20.0, fixed=True), Turn("buyer", "Would you take $10?", 10.0, fixed=True))


def request(messages: Sequence[Message] = CHAT, scene: Scene | None = None, **place: Any) -> Request:
    """A seller's request in game 3, round 1, turn 3, unless told otherwise."""
    where: dict[str, Any] = {"game": 3, "arm": "", "round": 1, "turn": 3, "role": "seller"} | place
    return Request(Place(**where), tuple(messages), scene or Scene("speak", "seller", ITEM, TURNS))


def config(**fields: Any) -> EngineConfig:
    """An engine config with the test key's variable."""
    known: dict[str, Any] = {"name": "test", "model": "m-1", "api_key_env": KEY_ENV, "timeout_s": 20.0}
    return EngineConfig(**(known | fields))


def send(engine: Engine, asked: Request | None = None) -> Raw:
    """One attempt, and the engine closed. Raises its Failure."""

    async def attempt() -> Raw:
        try:
            return await engine.send(engine.body(asked or request()), asked or request())
        finally:
            await engine.close()

    return asyncio.run(attempt())


def ask(engine: Engine, asked: Request | None = None) -> Reply:
    """One attempt, read."""
    return engine.read(send(engine, asked))
