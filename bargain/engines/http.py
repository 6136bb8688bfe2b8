"""What the engines behind an HTTP server share: keys, one client per server, one attempt with a true deadline.

A subclass says what is sent, where, and how the answer reads; nothing else is needed for a protocol without an SDK:

    class Echo(HttpEngine):
        default_url, path, provider, dialogue_field = "https://echo.example", "/say", "echo", "said"
        def body(self, request): return {"model": self.model, "said": [each.text for each in request.messages]}
        def read(self, raw): return Reply(self.parsed(raw)["text"], Usage(calls=1), self.model)

With an SDK (openai.py, anthropic.py) the first request goes through its `post`, which takes finished JSON and gives the
raw answer (its request transform and its response models cost ten times the CPU); those after it have the headers of
the first (clients.through). Nothing here retries; `calls` does.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from bargain.config.follow import setting
from bargain.config.schema import EngineConfig
from bargain.engines.address import read_address
from bargain.engines.base import Engine, Failure, Raw, Request
from bargain.engines.clients import HttpClient, Lease, Post, is_secure, tls
from bargain.engines.deadline import Deadline
from bargain.engines.endings import ending
from bargain.engines.failures import failure, failure_in_reply
from bargain.engines.reasoning import marks_of
from bargain.engines.shared import known, plain
from bargain.engines.unanswered import unanswered
from bargain.records import Reply
from bargain.secrets import Blot
from bargain.text import one_line
from bargain.version import __version__


class HttpEngine(Engine):
    """Base of the engines that call a server.

    `options` that every one of them knows: query, a mapping of URL parameters (Azure's api-version); reasoning_marks,
    a list of [opening, closing] marks around what the model thinks aloud, beside the usual ones (reasoning.py).
    Raises ValueError on construction for a missing model, an unset key variable, a bad base_url, an unknown option.
    """

    protocol: ClassVar[str] = ""
    """Engines of one protocol share clients and limits; "" = the class's own name."""
    default_url: ClassVar[str] = ""
    url_env: ClassVar[str] = ""
    """The variable in which the provider's users keep another base URL; read when base_url is null."""
    path: ClassVar[str]
    limit_field: ClassVar[str] = ""
    """What the protocol calls the output limit; "" where servers differ: config.max_tokens_field then says it."""
    default_max_tokens: ClassVar[int | None] = None
    known_options: ClassVar[frozenset[str]] = frozenset()
    reserved: ClassVar[frozenset[str]] = frozenset({"model", "stream", "n"})
    """Body fields that config.body may not set, because reading the reply depends on them."""

    keeps_deadline = True

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        protocol = self.protocol or type(self).__name__
        self.name = config.name or config.model
        self.model = config.model
        self.seat = seat
        self.seed = seed
        self.key_env = config.api_key_env
        self.where = f"engine {self.name or protocol} ({seat})"
        self.options = known(config, self.known_options | {"query", "reasoning_marks"}, self.where)
        self.reasoning_marks = marks_of(self.options.get("reasoning_marks"), self.where)
        self.extra = plain(config.body)
        limit_field = self.limit_field or config.max_tokens_field
        self.limit_fields = (limit_field, *Engine.limit_fields)
        self.sampling = {
            name: value
            for name, value in (
                (limit_field, config.max_tokens or self.default_max_tokens),
                ("temperature", config.temperature),
                ("top_p", config.top_p),
            )
            if value is not None
        }
        taken = sorted(self.reserved & self.extra.keys())
        if taken:
            raise ValueError(f"{self.where}: body.{taken[0]} is set by the engine itself; take it out of body")
        if not self.model:
            raise ValueError(f"{self.where}: no model is named; set {setting(seat)}.model=...")
        url = self._variable(config.base_url_env) or config.base_url or os.environ.get(self.url_env) or self.default_url
        self._take_address(url)
        self._headers = {name: self._variable(variable) for name, variable in plain(config.headers_env).items()}
        self._take_key(config.api_key_env)
        self.key = f"{protocol}|{self.url}|{config.api_key_env or ''}"
        identity = (protocol, f"{self._address.basic}@{self.url} {self._headers}", self.api_key)
        self._lease = Lease(identity, self.url, self._poster)
        self._timeout_s = config.timeout_s
        try:
            if is_secure(self.url):
                tls()
        except ValueError as error:
            raise ValueError(f"{self.where}: {error}") from None
        if config.reasoning is not None:
            try:
                self.extra |= self.reasoning_fields(config)
            except ValueError as error:
                raise ValueError(f"{self.where}: {error}") from None
        self.load()

    # -- what a protocol may say otherwise -----------------------------------------------------------------------------

    def base_url(self, url: str) -> str:
        """The base URL as it is meant, when users write it in more than one way."""
        return url

    def reasoning_fields(self, config: EngineConfig) -> dict[str, Any]:
        """The body's fields for config.reasoning. Raises ValueError where there are none."""
        raise ValueError(f"reasoning={config.reasoning}: this engine has no such setting; leave it null")

    def load(self) -> None:
        """Imports what takes a second or two: here, before the event loop runs, and only if this engine is used."""

    def key_headers(self) -> dict[str, str]:
        """The headers that carry self.api_key, for a protocol without an SDK."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.key_env else {}

    def poster(self, http: HttpClient, headers: dict[str, str]) -> Post:
        """What sends a POST by this client, with the key, and with `headers` on every call. It never retries."""
        whole = {"Content-Type": "application/json", "User-Agent": f"bargain/{__version__}"}
        sent = list((whole | self.key_headers() | headers).items())

        async def post(url: str, content: bytes) -> Raw:
            return await http.exchange(url, content, sent)

        return post

    # -- the key and the address ---------------------------------------------------------------------------------------

    def _variable(self, name: str | None) -> str:
        """What an environment variable holds, "" for None. Raises ValueError if it is not set or holds no key."""
        value = os.environ.get(name, "").strip() if name else ""
        if name and not value:
            raise ValueError(
                f"{self.where}: {name} is not set; export it or choose engine@{setting(self.seat)}=simulated"
            )
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{self.where}: {name} holds characters that no key has; export it again")
        return value

    def _take_address(self, url: str) -> None:
        query = self.options.get("query") or {}
        if not isinstance(query, dict):
            raise ValueError(f"{self.where}: options.query must be a mapping of URL parameters, got {query!r}")
        try:
            address = read_address(url, query)
        except ValueError as error:
            raise ValueError(f"{self.where}: {error}") from None
        if "YOUR-" in url:
            raise ValueError(f"{self.where}: base_url is still a placeholder; set {setting(self.seat)}.base_url=...")
        self._address = replace(address, url=self.base_url(address.url))
        self.url, self.host = self._address.url, self._address.host
        self._target = self._address.at(self.path)

    def _take_key(self, variable: str | None) -> None:
        if variable and not os.environ.get(variable, "").strip() and self._address.is_here:
            variable = self.key_env = None  # a server on this machine asks for none
        self.api_key = self._variable(variable) or "none"
        self._blot = Blot([*self._address.secrets, *self._headers.values(), *([self.api_key] if variable else [])])

    # -- one attempt ---------------------------------------------------------------------------------------------------

    def _poster(self, http: HttpClient) -> Post:
        # identity: replies are small, and a compressed bomb need not be unpacked
        headers = {"Accept-Encoding": "identity"} | self._headers
        if self._address.basic:
            headers["Authorization"] = f"Basic {self._address.basic}"
        return self.poster(http, headers)

    async def close(self) -> None:
        """Gives the shared client back; the last engine that does so closes its connections. Safe to call twice."""
        await self._lease.give_back()

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """One attempt: whatever HTTP status came back, with any echo of a secret blotted out of its body.

        Raises Failure: not_sent if no connection came about, maybe_billed if the answer never came, was cut off or too
        large, or `timeout_s` passed since the start (a trickle of bytes does not extend it).
        """
        data = _as_json(body)
        post = self._lease.post
        try:
            async with Deadline(self._timeout_s):
                raw = await post(self._target, data)
        except TimeoutError:
            advice = f"a slow server needs a higher {setting(self.seat)}.timeout_s or a lower max_concurrency"
            raise Failure(
                "maybe_billed",
                f"{self.where}: no answer from {self.host} within {self._timeout_s:g} s; {advice}, "
                "and retry_failed=true makes the calls again that failed",
            ) from None
        except Exception as error:  # `from None`: a traceback shows no header or URL
            raise unanswered(error, self.where, self.url, self.host) from None
        return Raw(raw.status, self._blot(raw.body), raw.headers)

    def parsed(self, raw: Raw) -> dict[str, Any]:
        """The JSON object of a good answer. Raises Failure for an error status or anything else."""
        if not 200 <= raw.status < 300:
            raise failure(raw, self.where, self.key_env)
        try:
            data = json.loads(raw.body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            start = one_line(raw.body[:200].decode("utf-8", "replace"), 80)
            why = "invalid UTF-8" if isinstance(error, UnicodeDecodeError) else "not JSON"
            raise self.unreadable(f"{why}: {start!r}" if start else "empty") from None
        if not isinstance(data, dict):
            raise self.unreadable(f"JSON, but no object: {one_line(str(data), 80)}")
        failed = failure_in_reply(data.get("error"), raw, self.where, self.key_env)
        if failed is not None:
            raise failed
        return data

    def whole(self, reply: Reply, reason: object, error: Failure | None = None) -> Reply:
        """The reply. Raises Failure for an error beside its words, and for a `reason` that is no good ending."""
        if error is None and ending(reason) is None:
            what = f"the reply of {self.host} broke off ({one_line(str(reason), 40)!r} is no good ending)"
            error = Failure("maybe_billed", f"{self.where}: {what}")
        if error is None:
            return reply
        raise Failure(error.kind, str(error), error.retry_after_s, half=reply)

    def unreadable(self, what: str) -> Failure:
        """A 200 that is no reply: it was probably billed all the same."""
        return Failure("maybe_billed", f"{self.where}: the answer of {self.host} cannot be read, it is {what}")


def _as_json(body: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (UnicodeEncodeError, TypeError):  # half a surrogate pair, or a number of numpy's, of somebody's own
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
