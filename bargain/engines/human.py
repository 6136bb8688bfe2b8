"""A person at the terminal plays a role: sees what is new, types one line.

What is shown is made from the scene alone, so that a resumed run shows the same again, and it is what the journal
records as sent. One person answers one question at a time, however many games are played.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import threading
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Scene
from bargain.engines.shared import known
from bargain.records import Item, Reply, Turn, Usage
from bargain.text import counted, money, printable

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

_MODERATOR = {
    "yes_no": "Have they reached a deal? Answer Yes or No.",
    "reason_first": "Have they reached a deal? Give your reason, then: Answer: Yes (or No).",
    "structured": 'As JSON: {"state": "ongoing" or "deal" or "no_deal", "price": 14.5, "by": "buyer", "quote": ""}',
}


class HumanEngine(Engine):
    """Asks on standard output, reads a line of standard input. Takes no options."""

    simulated = False
    unbilled = True
    believes = False
    key = "human"

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name = config.name or "human"
        self.model = config.model or "human"
        self.where = f"engine {self.name} ({seat})"
        known(config, set(), self.where)

    def body(self, request: Request) -> dict[str, Any]:
        """What is shown to the person."""
        place = request.place
        head = f"--- game {place.game}{f', {place.arm}' if place.arm else ''}, round {place.round} ---"
        return {"shown": "\n".join([head, *_shown(request.scene)])}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """Shows the body and waits for a line that says something. Raises Failure (fatal) at the end of the input."""
        async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            print(f"\n{body['shown']}", flush=True)
            line: str | None = ""
            while line == "":
                print(f"{request.scene.role}> ", end="", flush=True)
                line = await _next_line()
                line = _indented(line).strip() if line is not None else None
        if line is None:
            raise Failure(
                "fatal", f"{self.where}: nobody is there to answer (end of input); the same command goes on from here"
            )
        scene = request.scene
        said = scene.channel.typed(line, scene.item.currency) if scene.task == "speak" else line
        return Raw(200, said.encode())

    def read(self, raw: Raw) -> Reply:
        """The line."""
        return Reply(raw.body.decode(), Usage(calls=1), self.model)


def _shown(scene: Scene) -> Iterator[str]:
    """The lines that put the question: the person's own facts the first time, then whatever was said since."""
    item = scene.item
    if scene.task == "judge":
        yield f"You are the moderator of a talk over one {_indented(item.name)}."
        yield from _dialogue(scene.turns)
        yield _MODERATOR.get(scene.answer, f"Give your verdict ({scene.answer}).")
    elif scene.task == "advise":
        yield f"You coach the {scene.learner}. This talk over one {_indented(item.name)} is over:"
        yield from _dialogue(scene.turns)
        yield f"It ended with {_result(scene)}. What should the {scene.learner} do better? (one line)"
    elif scene.task == "acknowledge":
        yield f"You are the {scene.role}. The talk ended with {_result(scene)}."
        yield from (f"Advice: {_indented(text)}" for text in scene.feedback[-1:] if text)
        yield "What will you do differently?"
    else:
        last = max((number for number, turn in enumerate(scene.turns, 1) if turn.role == scene.role), default=0)
        if not any(turn.role == scene.role and not turn.fixed for turn in scene.turns):
            yield from _facts(scene)
            last = 0
        yield from _dialogue(scene.turns[last:])
        hint = scene.channel.texts.get("hint")
        yield f"What do you say? ({scene.exchanges_left} exchanges left)" + (f" {hint}" if hint else "")


def _facts(scene: Scene) -> Iterator[str]:
    item = scene.item
    yield f"You are the {scene.role} of one {_indented(item.name)}. {_indented(item.description)}".strip()
    opening = item.seller_opening if scene.role == "seller" else item.buyer_opening
    if opening is not None:
        yield f"Your first offer is {_money(item, opening)}."
    if scene.role == "seller" and item.cost is not None:
        yield f"It cost you {_money(item, item.cost)}: your secret."
    if scene.role == "buyer" and item.valuation is not None:
        yield f"It is worth {_money(item, item.valuation)} to you: your secret."
    if item.seller_outside is not None:
        yield f"Without a deal somebody else pays you {_money(item, item.seller_outside)}: your secret."
    if item.buyer_outside is not None:
        yield f"Without a deal you get the same elsewhere for {_money(item, item.buyer_outside)}: your secret."
    if item.second is not None:
        second = item.second
        weight = (second.seller_weight if scene.role == "seller" else second.buyer_weight) or 0.0
        name, options = second.name.replace("_", " "), counted(second.unit, *second.options)
        yield f"Every offer names the {name} too, one of {options}."
        told = f"costs you {_money(item, -weight)}" if weight < 0 else f"is worth {_money(item, weight)} to you"
        yield f"{counted(second.unit, 1)} more {told}: your secret."
    if scene.feedback:
        yield f"The last talk ended with {_result(scene)}."
        yield f"Advice: {_indented(scene.feedback[-1])}"


def _dialogue(turns: tuple[Turn, ...]) -> Iterator[str]:
    for turn in turns:
        yield f"  {turn.role}: {_indented(turn.text)}"


def _result(scene: Scene) -> str:
    return "no deal" if scene.previous_price is None else f"a deal at {_money(scene.item, scene.previous_price)}"


def _money(item: Item, price: float) -> str:
    # without thousands, as it always was: what a person was shown is on record, and a run goes on by it
    return money(price, item.currency).replace(",", "")


def _indented(text: str) -> str:
    """The text without anything that could steer a terminal; its further lines stand in from the first."""
    return "\n    ".join(printable(line, "") for line in text.replace("\t", " ").splitlines())


async def _next_line() -> str | None:
    """The next line of standard input, None at its end. The loop goes on meanwhile; cancelling ends the wait."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str | None] = loop.create_future()
    given_up = threading.Event()

    def deliver(line: str | None) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        line = _stdin.line(given_up)
        if not given_up.is_set():
            loop.call_soon_threadsafe(deliver, line)

    threading.Thread(target=read, name="the person's next line", daemon=True).start()
    try:
        return await answer
    finally:
        given_up.set()


class _Stdin:
    """Lines of standard input, read so that waiting can be given up: a thread stuck in a read would outlive Ctrl-C."""

    def __init__(self) -> None:
        self._buffer = b""
        self._ended = False

    def line(self, given_up: threading.Event) -> str | None:
        """The next line, None at the end of the input or when given up."""
        try:
            number = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):  # no file behind it, as in a notebook
            return None if sys.stdin is None else sys.stdin.readline() or None
        while b"\n" not in self._buffer and not self._ended:
            if given_up.is_set():
                return None
            if select.select([number], [], [], 0.1)[0]:
                read = os.read(number, 65536)
                self._ended = not read
                self._buffer += read
        line, newline, self._buffer = self._buffer.partition(b"\n")
        return line.decode(sys.stdin.encoding or "utf-8", "replace") if line or newline else None


_stdin = _Stdin()
