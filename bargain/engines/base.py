"""The seam between the game and whatever answers: the Engine class, and how a call can fail.

An engine turns a `Request` into raw bytes and raw bytes into a `Reply`. It makes one attempt, says plainly how that
failed, and reads replies without a network, so that a stored body can be read again years later. The journal, retries
and budgets are not its business; it only says which fields of its body they need. Adding an engine is one class like
this (over HTTP: a subclass of http.HttpEngine) and one YAML in conf/engine/.

    class Echo(Engine):
        def body(self, request): return {"say": request.messages[-1].text}
        async def send(self, body, request): return Raw(200, body["say"].encode())
        def read(self, raw): return Reply(raw.body.decode(), Usage(calls=1), "echo")
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bargain.channels.base import Channel
from bargain.channels.free_text import FREE_TEXT
from bargain.records import MAX_EXCHANGES, Item, Message, Place, Player, Reply, Turn

ALL_ACTS = ("offer", "accept", "reject", "walk_away")


Task = Literal["speak", "advise", "judge", "acknowledge", "believe"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the game knows when it asks, for engines that are not language models (simulated, human, scripted).

    `task` says what is wanted: a player's next words, a critic's advice, a verdict, a player's word on the feedback, or
    what it believes of its rival's limit (off the record: agents/probe.py).
    `item` holds only the reservation price that the asked role may know. `turns` are this round's, oldest first.
    `feedback` is every feedback text the asked player still remembers, oldest first. `answer` names the format a
    moderator must answer in (its kind). `exchanges_left` counts the exchanges still to be played, this one included.
    `may` names the acts that the round's protocol lets the player do now, `channel` how a player may say them;
    `form` is the JSON schema of a moderator's answer.
    """

    task: Task
    role: str
    item: Item
    turns: tuple[Turn, ...] = ()
    learner: Player | None = None
    feedback: tuple[str, ...] = ()
    previous_price: float | None = None
    max_exchanges: int = MAX_EXCHANGES
    exchanges_left: int = MAX_EXCHANGES
    answer: str = ""
    may: tuple[str, ...] = ALL_ACTS
    channel: Channel = FREE_TEXT
    form: dict[str, Any] | None = None

    @property
    def shape(self) -> dict[str, Any] | None:
        """The JSON schema that the reply must have, None for words."""
        return self.channel.shape(self.may) if self.task == "speak" else self.form


@dataclass(frozen=True, slots=True)
class Request:
    """One call: its place, the chat messages, and the scene behind them."""

    place: Place
    messages: tuple[Message, ...]
    scene: Scene


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back, untouched. `headers` are lower-case, used for rate limits and Retry-After, never stored."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


FailureKind = Literal["not_sent", "maybe_billed", "rejected", "fatal"]


class Failure(Exception):
    """A call that gave no reply.

    kind: `not_sent` - the provider did no work (refused connection, 429, 503, 529): retry freely;
    `maybe_billed` - it may have (timeout, dropped connection, 500, 502, 504, an unreadable 200): retry, capped;
    `rejected` - this request will never work (400, context overflow): the game's error, no retry;
    `fatal` - no request will work (wrong key, unknown model, exhausted quota): the run stops.
    half: what a reply says that did not come to a good end. Version 0.1 played it: its runs are replayed with it.
    again: the next attempt will be made otherwise, so this one does not count as a try: on a fresh connection, where a
    used one was closed before one byte of an answer; without the system role, where the server has none.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        retry_after_s: float | None = None,
        *,
        half: Reply | None = None,
        again: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.retry_after_s = retry_after_s
        self.half = half
        self.again = again


class Engine(ABC):
    """One way to get a reply. Constructed once per seat as `target(config: EngineConfig, seat: str, seed: int)`.

    name: the preset's name, for people. model: what the provider calls it. simulated: its words are nobody's.
    free: it costs nothing and can be recomputed from the seed, so its calls need no journal.
    unbilled: its calls are recorded, and nobody sends a bill for them.
    believes: it can be asked what it thinks of its rival (probe=limit); a script, a function and a person cannot.
    keeps_deadline: its `send` ends within the config's timeout_s by itself.
    key: engines with equal keys share one client, one rate limit and one concurrency (provider, base URL, key name).
    provider: who sells the models, as genai-prices names it; "" where only the base URL tells.
    dialogue_field: the field of the body that grows with the dialogue, a list of messages or a text; the journal then
    stores each message once. "" looks for `messages` and `prompt`.
    limit_fields: the fields of the body that may limit the output, in tokens.
    """

    name: str
    model: str
    key: str
    simulated: bool = False
    free: bool = False
    unbilled: bool = False
    believes: bool = True
    keeps_deadline: bool = False
    provider: str = ""
    dialogue_field: str = ""
    limit_fields: tuple[str, ...] = ("max_completion_tokens", "max_tokens", "max_output_tokens")

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """Exactly what is sent, as JSON data, without any secret. Equal requests give equal bodies."""

    @abstractmethod
    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """Makes one attempt and returns whatever HTTP status came back. Raises Failure when none did."""

    @abstractmethod
    def read(self, raw: Raw) -> Reply:
        """The reply in a raw answer. Raises Failure for an error status or a body that is not a reply. No network."""

    def answer(self, request: Request) -> Reply | None:
        """The reply without a body and without waiting, from a free engine that can; None: send the body instead."""
        return None

    def output_limit(self, body: Mapping[str, Any]) -> int | None:
        """The most output tokens that the body allows, which a budget reserves; None where it sets no limit."""
        limits = [body[name] for name in self.limit_fields if isinstance(body.get(name), int)]
        return max(limits) * (body["n"] if isinstance(body.get("n"), int) else 1) if limits else None

    async def close(self) -> None:  # noqa: B027 (most have nothing to close)
        """Closes connections; safe to call twice."""


Ask = Callable[[Place, Sequence[Message], Scene], Awaitable[Reply]]
"""How agents get a reply: the runner hands them this and keeps the journal, the limits and the engines to itself."""
