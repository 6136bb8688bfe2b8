"""One client of an SDK per server, key and event loop, and how it is made to send many requests cheaply.

A client costs 45 ms and 0.8 MB, so all engines that talk to one server share it. The SDK's own `post` makes the first
request of an engine; the same request with other content is sent from then on (`Template`) by the HTTP client that the
SDK was given, with its transport, proxies and TLS: a third of the CPU. It knows no protocol and no engine.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import httpx2

from bargain.engines.base import Failure

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

MAX_REPLY_BYTES = 32 * 1024 * 1024
CONNECT_S = 10.0
"""Longest wait for a connection. Failing to connect is not_sent, so this is kept apart from the call's deadline."""

Identity = tuple[str, str, str]
_PER_REQUEST = ("content-length", "idempotency-key")


@dataclass(slots=True)
class Shared:
    """An SDK's client and the HTTP client that it sends with; `users` counts the engines that hold it."""

    sdk: AsyncOpenAI | AsyncAnthropic
    http: httpx2.AsyncClient
    users: int = 0


clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Identity, Shared]] = WeakKeyDictionary()
"""Those in use, by event loop and identity (SDK, server, key)."""


class Template:
    """A request as the SDK made it, to be sent again with other content."""

    __slots__ = ("_headers", "_url")

    def __init__(self, made: httpx2.Request) -> None:
        self._url = made.url
        kept = [(name, value) for name, value in made.headers.raw if name.decode().lower() not in _PER_REQUEST]
        self._headers = httpx2.Headers(kept)

    def request(self, content: bytes) -> httpx2.Request:
        """The same POST with this content, whose length the transport adds."""
        made = httpx2.Request("POST", self._url, headers=self._headers, stream=httpx2.ByteStream(content))
        made.read()
        return made


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
