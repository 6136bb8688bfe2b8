"""A function of a Python session plays a seat: it hears the turns of the round and returns what it says.

    def half_way(turns, me):
        return f"${(me.limit + turns[-1].offer) / 2:.2f}?" if turns and turns[-1].offer else f"${me.opening:g}"

    play(["game=simple"], seller=half_way)

The config names the function and a hash of its source, so another function makes another run. No command can call it:
what was played is replayed and read from the journal, an unfinished run goes on by the same call of `play`.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Task
from bargain.engines.shared import known
from bargain.records import PLAYERS, Item, Message, Reply, Turn, Usage, limit_of

TARGET = "bargain.engines.python.PythonEngine"


@dataclass(frozen=True, slots=True)
class Me:
    """What a function that plays a seat knows beside the turns of the round.

    task: what is wanted: "speak"; "advise" of a critic, "judge" of a moderator, "acknowledge" of a coached player.
    item: as far as this seat knows it; limit: its own reservation price and opening: its own first offer, both in the
    item's currency, None where nothing sets them. feedback: what it was told before, oldest first. previous_price: of
    the round before, None without a deal. exchanges_left: this one included. messages: what a language model would be
    sent here. rng: seeded by seed, game, round and turn; draw from it, and the run can be played again.
    """

    role: str
    task: Task
    item: Item
    limit: float | None
    opening: float | None
    game: int
    arm: str
    round: int
    exchanges_left: int
    feedback: tuple[str, ...] = ()
    previous_price: float | None = None
    messages: tuple[Message, ...] = field(default=(), repr=False)
    rng: random.Random = field(default_factory=random.Random, repr=False, compare=False)


Say = Callable[[tuple[Turn, ...], Me], str | Awaitable[str]]
"""A function that plays a seat: the turns of the round so far, oldest first, and what the seat knows -> its words."""


class PythonEngine(Engine):
    """Says what a function says. `given` makes one; from a config alone it only reads what is on record.

    A function is never called twice at the same time, and not on the event loop, so it may take its time; a coroutine
    function is awaited. An exception in it stops the run, and `play` raises it.
    options.function: its qualified name; options.sha256: of its source and of the values it closes over, 16 digits;
    options.simulated: whether its words are labelled simulated, which holds for a function unless its attribute
    `simulated` is False.
    """

    unbilled = True
    keeps_deadline = True

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name, self.model = config.name or "python", config.model or "python"
        self.where = f"engine {self.name} ({seat})"
        self.key = f"python {seat}"
        options = known(config, {"function", "sha256", "simulated"}, self.where)
        self.simulated = bool(options.get("simulated", True))
        self.say: Say | None = None
        self.broke: Exception | None = None
        self._seat, self._seed = seat, seed
        self._one_at_a_time: anyio.CapacityLimiter | None = None

    def body(self, request: Request) -> dict[str, Any]:
        """The messages that a language model would be sent; the journal shows with them what was asked."""
        return {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.text} for message in request.messages],
        }

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """What the function says. Raises Failure (fatal) for an exception in it, and where no function is at hand."""
        if self.say is None:
            raise Failure("fatal", f"{self.where}: {only_from_python(self.model, self._seat)}")
        scene = request.scene
        try:
            words = await self._said(self.say, scene.turns, self._me(request))
            if not isinstance(words, str):
                raise TypeError(f"{self.model} returned {words!r}; it must return its words, a str")
        except Exception as error:
            self.broke = error
            raise Failure("fatal", f"{self.where}: {type(error).__name__}: {error}") from error
        return Raw(200, (scene.channel.typed(words, scene.item.currency) if scene.task == "speak" else words).encode())

    def read(self, raw: Raw) -> Reply:
        """The words."""
        return Reply(raw.body.decode(), Usage(calls=1), self.model, simulated=self.simulated)

    async def _said(self, say: Say, turns: tuple[Turn, ...], me: Me) -> Any:
        if inspect.iscoroutinefunction(say):
            return await say(turns, me)
        if self._one_at_a_time is None:
            self._one_at_a_time = anyio.CapacityLimiter(1)
        words = await anyio.to_thread.run_sync(say, turns, me, limiter=self._one_at_a_time)
        return await words if inspect.isawaitable(words) else words

    def _me(self, request: Request) -> Me:
        place, scene = request.place, request.scene
        item = scene.item
        player = next((role for role in PLAYERS if role == scene.role), None)
        opening = {"seller": item.seller_opening, "buyer": item.buyer_opening}.get(scene.role)
        return Me(
            scene.role,
            scene.task,
            item,
            limit_of(item, player) if player else None,
            opening,
            place.game,
            place.arm,
            place.round,
            scene.exchanges_left,
            scene.feedback,
            scene.previous_price,
            request.messages,
            random.Random(f"{self._seed} {place}"),
        )


def only_from_python(model: str, seat: str) -> str:
    """Why no command plays on here."""
    return f"{model} is of a Python session, so no command can play on; call the same play(..., {seat}=...) again"


def config_of(given: Say | Engine) -> dict[str, Any]:
    """What the config says of a function or an engine object: name, model and options of its seat's engine."""
    if isinstance(given, Engine):
        of = type(given)
        options = {"function": f"{of.__module__}.{of.__qualname__}", "sha256": source_hash(of)}
        return {"name": given.name, "model": given.model, "options": {**options, "simulated": given.simulated}}
    if not callable(given):
        raise TypeError(f"a seat is played by a function (turns, me) -> str or by an engine, not by {given!r}")
    name = getattr(_inner(given), "__qualname__", type(given).__qualname__)
    function = f"{getattr(_inner(given), '__module__', type(given).__module__)}.{name}"
    options = {"function": function, "sha256": source_hash(given)}
    simulated = bool(getattr(given, "simulated", True))
    return {"name": name.rpartition(".")[2], "model": function, "options": {**options, "simulated": simulated}}


def source_hash(given: Any) -> str:
    """16 digits of a SHA-256 over the source of a function or class, its defaults and the values it closes over.

    Where there is no source the byte code stands for it; of values only those count whose text says what they are.
    """
    return hashlib.sha256("\n".join(_parts(given)).encode()).hexdigest()[:16]


def _inner(given: Any) -> Any:
    return _inner(given.func) if isinstance(given, functools.partial) else given


def _parts(given: Any) -> Iterator[str]:
    if isinstance(given, functools.partial):
        yield from (_text(value) for value in (given.args, given.keywords))
        yield from _parts(given.func)
        return
    code = getattr(given, "__code__", None)
    try:
        yield inspect.getsource(given if code or isinstance(given, type) else type(given))
    except (OSError, TypeError):
        yield f"{code.co_code!r} {code.co_consts!r}" if code else type(given).__qualname__
    if inspect.isfunction(given):
        closed = inspect.getclosurevars(given).nonlocals
        yield from (_text(value) for value in (given.__defaults__, given.__kwdefaults__, closed))
    elif not code and not isinstance(given, type) and hasattr(given, "__dict__"):
        yield _text(vars(given))


def _text(value: Any) -> str:
    """A value by its JSON; a function in it by its hash, whatever else by its type."""
    return json.dumps(value, default=lambda each: source_hash(each) if callable(each) else type(each).__qualname__)


def given_engine(given: Say | Engine, config: EngineConfig, seat: str, seed: int) -> Engine:
    """The engine of a seat: the object itself, or one that calls the function."""
    if isinstance(given, Engine):
        return given
    engine = PythonEngine(config, seat, seed)
    engine.say = given
    return engine
