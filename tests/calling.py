"""How tests of the journal and the call policy make calls: an engine in memory, whose every send can be scripted.

engine = Memory(lambda request, number: answer("fine"))
with playing(tmp_path, engine) as caller:
    reply = asyncio.run(ask(caller, place(turn=4)))
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bargain.calls.caller import Caller
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Scene
from bargain.journal.journal import FILE_NAME, Journal, JournalReader
from bargain.records import Item, Message, Place, Reply, Usage

SCENE = Scene("speak", "seller", Item("balloon", "", 20.0, 10.0))
USAGE = Usage(200, 40, calls=1)


def answer(text: str, *, usage: Usage | None = USAGE, status: int = 200, **headers: str) -> Raw:
    """What Memory's server answers; usage None: without it. Header names have their hyphens as underscores."""
    tokens = None if usage is None else [usage.input_tokens, usage.output_tokens, usage.cached_tokens]
    body = json.dumps({"text": text, "tokens": tokens}).encode()
    return Raw(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


Script = Callable[[Request, int], Raw | Exception | Awaitable[Raw]]


def echo(request: Request, number: int) -> Raw:
    """A reply that depends on the place and the last words alone."""
    return answer(f"{request.place.game}/{request.place.turn}: {request.messages[-1].text[:20]}")


def never(request: Request, number: int) -> Raw:
    """A server that must not be asked."""
    raise AssertionError(f"{request.place} was sent")


class Memory(Engine):
    """An engine whose server is a function of the request and of how often its place was asked (from 1)."""

    simulated = False
    free = False

    def __init__(self, say: Script = echo, *, key: str = "memory", max_tokens: int | None = 100) -> None:
        self.name = "memory"
        self.model = "gpt-4o"
        self.key = key
        self.say = say
        self.max_tokens = max_tokens
        self.sent: list[Place] = []
        self.now = self.most = 0

    def body(self, request: Request) -> dict[str, Any]:
        messages = [{"role": each.role, "content": each.text} for each in request.messages]
        limit = {} if self.max_tokens is None else {"max_tokens": self.max_tokens}
        return {"model": self.model, "messages": messages, "temperature": 1.0, **limit}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        self.sent.append(request.place)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            said = self.say(request, self.sent.count(request.place))
            if isinstance(said, Exception):
                raise said
            return said if isinstance(said, Raw) else await said
        finally:
            self.now -= 1

    def read(self, raw: Raw) -> Reply:
        if raw.status == 429:
            raise Failure("not_sent", "429, rate limit reached", float(raw.headers.get("retry-after", 0)) or None)
        if raw.status >= 500:
            raise Failure("maybe_billed", f"{raw.status}, the server failed")
        if raw.status >= 400:
            raise Failure("fatal" if raw.status == 401 else "rejected", f"{raw.status}, refused")
        try:
            data = json.loads(raw.body)
        except ValueError:
            raise Failure("maybe_billed", "the answer cannot be read") from None
        tokens = data["tokens"]
        usage = Usage(calls=1) if tokens is None else Usage(*tokens, calls=1)
        return Reply(data["text"], usage, self.model)

    async def close(self) -> None:
        pass


def place(turn: int = 3, game: int = 0, role: str = "seller", **fields: Any) -> Place:
    """A place in round 1."""
    return replace(Place(game, "", 1, turn, role), **fields)


def config(**fields: Any) -> EngineConfig:
    """gpt-4o at $2 and $8 a million tokens."""
    known: dict[str, Any] = {"name": "memory", "model": "gpt-4o", "timeout_s": 30.0, "max_concurrency": 256}
    prices = {"input_usd_per_million": 2.0, "output_usd_per_million": 8.0}
    return EngineConfig(_target_="bargain.engines.openai.OpenAIEngine", **(known | prices | fields))


def limits(**fields: Any) -> LimitsConfig:
    """The default limits with short waits."""
    return LimitsConfig(**({"max_wait_s": 0.02} | fields))


@contextmanager
def playing(
    directory: Path, engine: Engine, *, mode: Any = "live", settings: EngineConfig | None = None, **fields: Any
) -> Iterator[Caller]:
    """A caller with this engine in the seller's and the buyer's seat; `fields` are those of the limits."""
    retry_failed = fields.pop("retry_failed", False)
    journal = Journal.open(directory) if mode == "live" else JournalReader(directory / FILE_NAME)
    try:
        seats = {"seller": engine, "buyer": engine}
        configs = dict.fromkeys(seats, settings or config())
        yield Caller(journal, seats, configs, limits(**fields), mode, retry_failed=retry_failed)
    finally:
        journal.close()


def words(where: Place, said: Sequence[str] = ("How much?",)) -> tuple[Message, ...]:
    """A system message and the words of the other side."""
    return (Message("system", f"You are the {where.role}."), *(Message("user", text) for text in said))


async def ask(caller: Caller, where: Place, *said: str) -> Reply:
    """One call."""
    return await caller.ask(where, words(where, said or ("How much?",)), SCENE)


async def ask_all(caller: Caller, places: Sequence[Place]) -> list[Reply | BaseException]:
    """All at once; exceptions are returned."""
    return await asyncio.gather(*(ask(caller, each) for each in places), return_exceptions=True)


def reader(directory: Path) -> JournalReader:
    """The journal of a run directory, read-only."""
    return JournalReader(directory / FILE_NAME)
