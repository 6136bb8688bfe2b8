"""What the engines behind an HTTP server share: keys, one client per server, one attempt with a true deadline.

The SDK's client does the sending (its transport, proxies, TLS, auth and version headers), but its request transform and
its response models are passed by: we hand it the finished JSON and take the raw answer, at a fifth of the CPU. It never
retries; `limits` does. This file knows no protocol: bodies and replies are the subclasses' business.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import logging
import os
import re
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import aiohttp
import httpx2

from bargain.engines.base import Engine, Failure, Raw, Request
from bargain.engines.failures import failure, failure_in_reply, one_line
from bargain.engines.shared import known, plain, setting
from bargain.schema import EngineConfig

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

MAX_REPLY_BYTES = 32 * 1024 * 1024
CONNECT_S = 10.0
"""Longest wait for a connection. Failing to connect is not_sent, so this is kept apart from the call's deadline."""

_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


@dataclass(slots=True)
class _Shared:
    client: AsyncOpenAI | AsyncAnthropic
    users: int = 0


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str, str], _Shared]] = WeakKeyDictionary()


class HttpEngine(Engine):
    """Base of the engines that call a server. A subclass says what is sent, where, and how the answer reads.

    `options` that every one of them knows: query, a mapping of URL parameters (Azure's api-version).
    Raises ValueError on construction for a missing model, an unset key variable, a bad base_url, an unknown option.
    """

    sdk: ClassVar[str]
    default_url: ClassVar[str]
    url_env: ClassVar[str]
    """The variable in which the SDK's users keep another base URL; read when base_url is null."""
    path: ClassVar[str]
    limit_field: ClassVar[str] = ""
    """What the protocol calls the output limit; "" where servers differ: config.max_tokens_field then says it."""
    default_max_tokens: ClassVar[int | None] = None
    known_options: ClassVar[frozenset[str]] = frozenset()
    reserved: ClassVar[frozenset[str]] = frozenset({"model", "stream", "n"})
    """Body fields that config.body may not set, because reading the reply depends on them."""

    simulated = False
    free = False
    keeps_deadline = True

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name = config.name or config.model
        self.model = config.model
        self.seat = seat
        self.seed = seed
        self.key_env = config.api_key_env
        self.where = f"engine {self.name or self.sdk} ({seat})"
        self.options = known(config, self.known_options | {"query"}, self.where)
        self.extra = plain(config.body)
        self.sampling = {
            name: value
            for name, value in (
                (self.limit_field or config.max_tokens_field, config.max_tokens or self.default_max_tokens),
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
        self._take_url(config.base_url or os.environ.get(self.url_env) or self.default_url)
        self._take_key(config.api_key_env)
        self.key = f"{self.sdk}|{self.url}|{config.api_key_env or ''}"
        self._timeout_s = config.timeout_s
        self._lease: tuple[asyncio.AbstractEventLoop, _Shared] | None = None
        # A line per call with its whole URL is neither wanted in the run's log nor safe there.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        transport()
        self._load()

    def _take_url(self, url: str) -> None:
        """Splits user:password@ and ?parameters off the base URL: no URL that may be shown contains a secret."""
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # [ without ], a port that is no number
            good = False
        if not good:
            shown = url.rpartition("@")[2].partition("?")[0]
            raise ValueError(f"{self.where}: base_url must be http(s)://host/..., got {shown!r}")
        if "YOUR-" in url:
            raise ValueError(f"{self.where}: base_url is still a placeholder; set {setting(self.seat)}.base_url=...")
        userinfo, _, host = parts.netloc.rpartition("@")
        self.host = host
        self.url = urlunsplit((parts.scheme, host, parts.path, "", ""))
        query = self.options.get("query") or {}
        if not isinstance(query, dict):
            raise ValueError(f"{self.where}: options.query must be a mapping of URL parameters, got {query!r}")
        parameters = dict(parse_qsl(parts.query)) | query
        self._request_options: dict[str, object] = {"params": parameters} if parameters else {}
        self._basic = ""
        if userinfo:
            self._basic = base64.b64encode(unquote(userinfo).encode()).decode()
        self._secrets = [unquote(userinfo), unquote(userinfo).rpartition(":")[2], self._basic] if userinfo else []
        self._secrets += [str(value) for name, value in parameters.items() if re.search("key|token|sig", name.lower())]

    def _take_key(self, variable: str | None) -> None:
        key = os.environ.get(variable, "").strip() if variable else "none"
        if not key:
            raise ValueError(
                f"{self.where}: {variable} is not set; export it or choose engine@{setting(self.seat)}=simulated"
            )
        if not (key.isascii() and key.isprintable()):
            raise ValueError(f"{self.where}: {variable} holds characters that no key has; export it again")
        self._api_key = key
        if variable:
            self._secrets.append(key)
        variants = [form for each in self._secrets for form in (each, quote(each, safe=""))]
        self._secret_bytes = sorted({each.encode() for each in variants if len(each) > 3}, key=len, reverse=True)

    @abstractmethod
    def _load(self) -> None:
        """Imports the SDK (a second or two): here, before the event loop runs, and only if this engine is used."""

    @abstractmethod
    def _connect(self, headers: dict[str, str]) -> AsyncOpenAI | AsyncAnthropic:
        """A client of the SDK for self.url and self._api_key that never retries, with `headers` on every call."""

    def _client(self) -> AsyncOpenAI | AsyncAnthropic:
        """The client that this engine shares with its like on the running event loop."""
        loop = asyncio.get_running_loop()
        if self._lease is None or self._lease[0] is not loop:
            shared = _clients.setdefault(loop, {})
            identity = (self.sdk, f"{self._basic}@{self.url}", self._api_key)
            if identity not in shared:
                # identity: replies are small, and a compressed bomb need not be unpacked
                headers = {"Accept-Encoding": "identity"}
                if self._basic:
                    headers["Authorization"] = f"Basic {self._basic}"
                shared[identity] = _Shared(self._connect(headers))
            shared[identity].users += 1
            self._lease = (loop, shared[identity])
        return self._lease[1].client

    async def close(self) -> None:
        """Gives the shared client back; the last engine that does so closes its connections. Safe to call twice."""
        if self._lease is None:
            return
        (loop, mine), self._lease = self._lease, None
        mine.users -= 1
        if mine.users == 0 and loop is asyncio.get_running_loop():
            shared = _clients[loop]
            for identity in [each for each, kept in shared.items() if kept is mine]:
                del shared[identity]
            await mine.client.close()

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """One attempt: whatever HTTP status came back, with any echo of a secret blotted out of its body.

        Raises Failure: not_sent if no connection came about, maybe_billed if the answer never came, was cut off or too
        large, or `timeout_s` passed since the start (a trickle of bytes does not extend it).
        """
        data = _AS_JSON(body).encode("utf-8", "replace")
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout_s):  # a quarter of the CPU of anyio's
                response = await client.post(
                    self.path, cast_to=httpx2.Response, content=data, options=cast(Any, self._request_options)
                )
        except TimeoutError:
            raise Failure(
                "maybe_billed", f"{self.where}: no answer from {self.host} within {self._timeout_s:g} s"
            ) from None
        except Exception as error:
            # Errors of the SDK with a response are error statuses. `from None`: a traceback shows no header or URL.
            answered = getattr(error, "response", None)
            if not isinstance(answered, httpx2.Response):
                raise self._unanswered(error) from None
            response = answered
        content = response.content
        for secret in self._secret_bytes:
            if secret in content:
                content = content.replace(secret, b"[secret]")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        return Raw(response.status_code, content, headers)

    def _unanswered(self, error: BaseException) -> BaseException:
        """What a network error means: not_sent if it broke off before the request went out, else maybe_billed."""
        chain: list[BaseException] = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
            chain.append(cause)
        large = next((each for each in chain if isinstance(each, Failure)), None)
        if large is not None:
            return Failure(large.kind, f"{self.where}: {large}")
        inner = next((each for each in chain if isinstance(each, aiohttp.ClientError | OSError)), None)
        if inner is None and not any(isinstance(each, httpx2.HTTPError) for each in chain):
            return error
        broken = getattr(inner, "os_error", inner)
        number = getattr(broken, "errno", None) or 0  # asyncio's own strerror only repeats the address
        reason = os.strerror(number) if number > 0 else getattr(broken, "strerror", None) or type(inner).__name__
        if any(isinstance(each, aiohttp.InvalidURL) for each in chain):
            return Failure("fatal", f"{self.where}: base_url {self.url!r} is not a valid address")
        if any(isinstance(each, _NOTHING_SENT) for each in chain):
            text = f"cannot connect to {self.host} ({one_line(str(reason))}); is the server up and base_url right?"
            return Failure("not_sent", f"{self.where}: {text}")
        text = f"the connection to {self.host} broke before the answer was complete ({one_line(str(reason))})"
        return Failure("maybe_billed", f"{self.where}: {text}")

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
        if isinstance(data.get("error"), dict | str):
            raise failure_in_reply(data, raw, self.where, self.key_env)
        return data

    def unreadable(self, what: str) -> Failure:
        """A 200 that is no reply: it was probably billed all the same."""
        return Failure("maybe_billed", f"{self.where}: the answer of {self.host} cannot be read, it is {what}")


class _Capped(httpx2.AsyncByteStream):
    """A response body that breaks off past MAX_REPLY_BYTES."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                raise Failure("maybe_billed", f"the answer is larger than {MAX_REPLY_BYTES >> 20} MB; it was not read")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _cap(response: httpx2.Response) -> None:
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) <= MAX_REPLY_BYTES:
        return  # the transport reads no more than was announced
    response.stream = _Capped(cast(httpx2.AsyncByteStream, response.stream))


@functools.cache
def transport() -> dict[str, Any]:
    """How the SDKs' DefaultAioHttpClient is built. The deadline of a call is its engine's, not the transport's.

    The certificates are read once (40 ms): at the first call of this function, which is before the event loop runs.
    """
    return {
        # max_connections=0: no limit of its own (None would mean aiohttp's 100); concurrency is the limiter's business.
        # keepalive_expiry below the usual idle times of servers: a POST on a connection just closed may be billed.
        "limits": httpx2.Limits(max_connections=0, max_keepalive_connections=None, keepalive_expiry=4.0),
        "timeout": httpx2.Timeout(None, connect=CONNECT_S),
        "follow_redirects": False,
        "event_hooks": {"response": [_cap]},
        "verify": httpx2.create_ssl_context(),
    }
