"""What a call costs in CPU, all told, beside the leanest use of the same SDK, in one run.

    python benchmarks/calls.py             both SDKs, 10 and 120 messages, then a whole run with 256 games in flight
    python benchmarks/calls.py --small     what CI runs

lean: `client.post(path, body=..., cast_to=<raw>)` on the aiohttp transport and json.loads. stock: the SDK's documented
call. ours: `Caller.ask` - body, journal, limits, reading. run: a whole `play` - game logic, prompts and files as well -
divided by its calls; its prompts have `messages` messages on average. The client is one process, the server another.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
from echo_server import running

from bargain import compose, play
from bargain.calls.caller import Caller
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.anthropic import AnthropicEngine
from bargain.engines.base import Scene
from bargain.engines.openai import OpenAIEngine
from bargain.journal.journal import Journal
from bargain.records import Item, Message, Place

IN_FLIGHT = 256
TEXT = "I understand, but it is a fine balloon and I put care into it. I could do $17 for you, and not a cent less."


def cpu_s() -> float:
    """CPU seconds of this process and its threads so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def dialogue(messages: int) -> list[Message]:
    """A system message and a dialogue: so many messages in all."""
    roles = ("user", "assistant")
    return [Message("system", TEXT)] + [Message(roles[n % 2], f"{TEXT} {n}") for n in range(messages - 1)]


async def spread(count: int, call: Callable[[int], Awaitable[Any]]) -> float:
    """CPU seconds of `count` calls, IN_FLIGHT at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await call(number)

    gc.collect()
    before = cpu_s()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return cpu_s() - before


async def lean(kind: str, url: str, count: int, messages: list[Message]) -> float:
    """The leanest use of the SDK."""
    plain = [{"role": each.role, "content": each.text} for each in messages]
    if kind == "openai":
        import openai

        client: Any = openai.AsyncOpenAI(
            api_key="x",
            base_url=f"{url}/v1",
            max_retries=0,
            timeout=600.0,
            http_client=openai.DefaultAioHttpClient(timeout=600.0),
        )
        path, body = "/chat/completions", {"model": "m", "messages": plain}
    else:
        import anthropic

        client = anthropic.AsyncAnthropic(
            api_key="x",
            base_url=url,
            max_retries=0,
            timeout=600.0,
            http_client=anthropic.DefaultAioHttpClient(timeout=600.0),
        )
        path, body = "/v1/messages", {"model": "m", "max_tokens": 100, "messages": plain[1:]}

    async def call(number: int) -> None:
        answer = await client.post(path, body=body, cast_to=httpx2.Response)
        json.loads(answer.content)

    await spread(IN_FLIGHT, call)
    used = await spread(count, call)
    await client.close()
    return used / count


async def stock(kind: str, url: str, count: int, messages: list[Message]) -> float:
    """The SDK's documented call with its default transport."""
    plain: Any = [{"role": each.role, "content": each.text} for each in messages]
    if kind == "openai":
        import openai

        client: Any = openai.AsyncOpenAI(api_key="x", base_url=f"{url}/v1", max_retries=0, timeout=600.0)

        async def call(number: int) -> None:
            await client.chat.completions.create(model="m", messages=plain)
    else:
        import anthropic

        client = anthropic.AsyncAnthropic(api_key="x", base_url=url, max_retries=0, timeout=600.0)

        async def call(number: int) -> None:
            await client.messages.create(model="m", max_tokens=100, messages=plain[1:])

    await spread(IN_FLIGHT, call)
    used = await spread(count, call)
    await client.close()
    return used / count


async def ours(kind: str, url: str, count: int, messages: list[Message]) -> float:
    """`Caller.ask`, journal and all."""
    base_url = f"{url}/v1" if kind == "openai" else url
    config = EngineConfig(
        name=kind, model="gpt-4o" if kind == "openai" else "claude-sonnet-5-5", base_url=base_url, api_key_env="KEY",
        max_tokens=100, max_concurrency=IN_FLIGHT,
    )  # fmt: skip
    engine = (OpenAIEngine if kind == "openai" else AnthropicEngine)(config, "seller", 0)
    scene = Scene("speak", "seller", Item("balloon", "", 20.0, 10.0))
    with tempfile.TemporaryDirectory() as directory:
        caller = Caller(Journal.open(Path(directory), {}), {"seller": engine}, {"seller": config}, LimitsConfig())

        async def call(number: int) -> None:
            await caller.ask(Place(number, "", 1, 1, "seller"), messages, scene)

        async def warm_up(number: int) -> None:
            await caller.ask(Place(number, "", 2, 1, "seller"), messages, scene)

        await spread(2 * IN_FLIGHT, warm_up)
        used = await spread(count, call)
        await engine.close()
        caller.close()
    return used / count


def whole_run(kind: str, url: str, n_games: int) -> float:
    """CPU seconds a call of a whole run."""
    engine = "gpt-4o" if kind == "openai" else "claude-sonnet-5-5"
    base_url = f"{url}/v1" if kind == "openai" else url
    seats = [
        f"{key}.engine{rest}"
        for seat in ("seller", "buyer")
        for key, rest in ((f"engine@{seat}", f"={engine}"), (seat, f".base_url={base_url}"))
    ]
    settings = ("api_key_env=KEY", "max_concurrency=256")
    seats += [f"{seat}.engine.{setting}" for seat in ("seller", "buyer") for setting in settings]
    cfg = compose(["game=simple", "moderator=rules", "tracking=none", f"n_games={n_games}", *seats])
    with tempfile.TemporaryDirectory() as directory:
        before = cpu_s()
        summary = play(cfg, directory, show_progress=False)
        used = cpu_s() - before
    assert summary.state == "finished", summary.problem
    calls: int = summary.data["calls"]["live"]
    return used / calls


def by_turns(measures: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """CPU ms a call of each, measured in turn, so that a machine that gets slower gets slower for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            taken[name].append(1000 * measure())
    return taken


def over(taken: list[float], floor: list[float]) -> float:
    """The median ratio of those measured beside each other."""
    return statistics.median(a / b for a, b in zip(taken, floor, strict=True))


def show(kind: str, url: str, *, small: bool) -> None:
    """Measures one SDK and prints."""
    count, repeats, n_games = (300, 1, 16) if small else (1024, 7, 120)
    print(f"\n{kind}, {IN_FLIGHT} in flight, CPU ms a call (medians of {repeats} taken in turn)", flush=True)
    cost = {}
    for messages in (10, 120):
        said, few = dialogue(messages), count if messages == 10 else count // 4
        measures = {
            "lean": lambda said=said, few=few: asyncio.run(lean(kind, url, few, said)),
            "ours": lambda said=said, few=few: asyncio.run(ours(kind, url, few, said)),
            "stock": lambda said=said, few=few: asyncio.run(stock(kind, url, few // 4, said)),
        }
        taken = by_turns(measures, repeats)
        cost[messages] = statistics.median(taken["ours"])
        shown = "  ".join(f"{name} {statistics.median(each):5.2f}" for name, each in taken.items())
        print(f"  {messages:>3} messages: {shown}   ours/lean {over(taken['ours'], taken['lean']):.2f}", flush=True)
    print(f"  growth from 10 to 120 messages: ours x{cost[120] / cost[10]:.2f}")
    floor = {"lean": lambda: asyncio.run(lean(kind, url, count, dialogue(10)))}
    taken = by_turns({**floor, "run": lambda: whole_run(kind, url, n_games)}, repeats)
    per_call, ratio = statistics.median(taken["run"]), over(taken["run"], taken["lean"])
    print(f"  whole run: {per_call:.2f} ms a call, {ratio:.2f} x lean (prompts of 12 messages on average)", flush=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few calls, for CI")
    small = parser.parse_args().small
    os.environ["KEY"] = "benchmark"
    with running() as url:
        for kind in ("openai",) if small else ("openai", "anthropic"):
            show(kind, url, small=small)


if __name__ == "__main__":
    main()
