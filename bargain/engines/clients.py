"""The HTTP client that every engine with a server sends with, and how engines share one.

It is aiohttp, with two doors. `send` is the interface of httpx2, which is what the SDKs take for an HTTP client: they
make the request, it sends it and reads the answer whole. The clients that they ship do the same at 0.15 to 0.3 ms more
CPU a call, for redirects, cookies, streams and a second parsing of every URL, none of which a call needs. `exchange` is
the same without httpx2's objects, which cost another 0.05 ms. A client costs 45 ms with its SDK, so all engines that
talk to one server with one key share it.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass, proxy_bypass_environment  # type: ignore[attr-defined]
from weakref import WeakKeyDictionary, WeakSet

import aiohttp
import httpx2

from bargain.engines.base import Failure, Raw

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

MAX_REPLY_BYTES = 32 * 1024 * 1024
CONNECT_S = 10.0
"""Longest wait for a connection. Failing to connect is not_sent, so this is kept apart from the call's deadline."""
IDLE_S = 4.0
"""A connection is used again within so many seconds: below the usual patience of servers, since a POST on a connection
that is just being closed may be billed."""

Identity = tuple[str, str, str]
Post = Callable[[str, bytes], Awaitable[Raw]]
"""Sends this content to this URL and returns the answer, whatever its status."""
Headers = list[tuple[str, str]]


_reused: ContextVar[bool] = ContextVar("reused", default=False)
"""Whether the connection of this task's request had carried another one before."""
_wants_fresh: ContextVar[bool] = ContextVar("wants_fresh", default=False)
"""Whether this task's request died on a used connection: the next, which is its retry, gets one of its own."""


class Stale(httpx2.TransportError):
    """A used connection was closed before one byte of an answer had come: most likely the server had given it up."""


class _Connector(aiohttp.TCPConnector):
    """Notes whether a connection was used before."""

    def __init__(self, is_secure: bool, **options: Any) -> None:
        super().__init__(limit=0, ssl=tls() if is_secure else True, **options)
        self._known: WeakSet[Any] = WeakSet()

    async def connect(self, *args: Any, **options: Any) -> Any:
        connection = await super().connect(*args, **options)
        _reused.set(connection.protocol in self._known)
        self._known.add(connection.protocol)
        return connection


class HttpClient(httpx2.AsyncClient):
    """Connections to one server, for one event loop. Made while it runs.

    No limit on their number (the limiter's business), no redirects, no cookies, no reply over MAX_REPLY_BYTES, and the
    proxies of the environment. The deadline of a call is its engine's.
    """

    def __init__(self, url: str) -> None:
        super().__init__(transport=httpx2.AsyncBaseTransport(), trust_env=False)  # `send` is ours: nothing uses it
        self._proxy = proxy_of(url)
        self._is_secure = is_secure(url)
        self._session = _session(is_secure=self._is_secure, keepalive_timeout=IDLE_S)
        self._unpooled: aiohttp.ClientSession | None = None

    def build_request(self, method: str, url: Any, *, content: Any = None, headers: Any = None, **_: Any) -> Any:
        """The request with these headers and this content. The SDKs have put everything else into them."""
        made = httpx2.Request(method, url, headers=headers, stream=httpx2.ByteStream(content))
        made.read()
        return made

    async def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
        """The answer, read whole. Raises httpx2.TransportError from whatever went wrong, Failure if it is too large."""
        sent = request.headers.multi_items()
        answer, content = await self._ask(request.method, str(request.url), sent, request.content)
        return httpx2.Response(answer.status, headers=answer.raw_headers, content=content, request=request)

    async def exchange(self, url: str, content: bytes, headers: Headers) -> Raw:
        """The answer to a POST. Raises as `send`, and httpx2.InvalidURL."""
        answer, body = await self._ask("POST", _parsed(url), headers, content)
        if answer.headers.get("Content-Encoding"):
            body = httpx2.Response(answer.status, headers=answer.raw_headers, content=body).content
        return Raw(answer.status, body, _lower(answer.raw_headers))

    async def _ask(
        self, method: str, url: str, headers: Headers, content: bytes
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        session, answer = self._session, None
        if _wants_fresh.get():
            _wants_fresh.set(False)
            session = self._unpooled = self._unpooled or _session(is_secure=self._is_secure, force_close=True)
        _reused.set(False)
        try:
            async with session.request(
                method, url, headers=headers, data=content, allow_redirects=False, proxy=self._proxy
            ) as answer:
                return answer, await _read(answer)
        except (aiohttp.ClientError, OSError) as error:
            if answer is None and _reused.get() and isinstance(error, aiohttp.ClientConnectionError):
                _wants_fresh.set(True)
                raise Stale(type(error).__name__) from error
            raise httpx2.TransportError(type(error).__name__) from error

    async def aclose(self) -> None:
        """Closes the connections."""
        for session in (self._session, self._unpooled):
            if session is not None:
                await session.close()


def _session(**options: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=_Connector(**options),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        auto_decompress=False,
    )


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > MAX_REPLY_BYTES:
            raise Failure("maybe_billed", f"the answer is larger than {MAX_REPLY_BYTES >> 20} MB; it was not read")
        chunks.append(chunk)
    return b"".join(chunks)


@functools.lru_cache(64)
def _parsed(url: str) -> str:
    return str(httpx2.URL(url))


def _lower(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


@functools.cache
def tls() -> ssl.SSLContext:
    """How servers prove who they are. Reading the certificates takes 40 ms: once, before the event loop runs.

    Raises ValueError where the environment names certificates that cannot be read.
    """
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        named = [f"{name}={value}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if (value := os.environ.get(name))]
        reason = error.strerror or "no certificates in it"
        raise ValueError(f"{' and '.join(named)} cannot be read ({reason}); correct it or unset it") from None


def proxy_of(url: str) -> str | None:
    """The environment's proxy for this URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, not where NO_PROXY names the host).

    NO_PROXY may have its hosts in lines. Raises ValueError for a proxy that is none of HTTP, which is all we speak.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    hosts = ",".join(re.split(r"[\s,]+", proxies.get("no", "").strip()))
    if proxy_bypass_environment(parts.netloc, proxies | {"no": hosts}) if hosts else proxy_bypass(parts.netloc):
        return None
    proxy = (proxies.get(parts.scheme) or proxies.get("all") or "").strip()
    if not proxy:
        return None
    scheme, mark, _ = proxy.rpartition("://")
    if mark and scheme.lower() not in ("http", "https"):
        raise ValueError(f"the environment's proxy is {scheme}://..., and only http:// proxies can be used")
    return proxy if mark else f"http://{proxy}"


def is_secure(url: str) -> bool:
    """Whether calls to this URL need TLS, for the server or for the proxy before it. ValueError: see proxy_of."""
    return "https" in (urlsplit(url).scheme, urlsplit(proxy_of(url) or "").scheme)


def proxy_name(url: str) -> str:
    """The proxy in front of this URL as people know it, "" without one: never its user and password."""
    return (proxy_of(url) or "").rpartition("@")[2].rpartition("//")[2].strip("/")


_OPTIONS: Any = {"headers": {}, "max_retries": 0, "timeout": None, "follow_redirects": False}
"""Said with every call, though the client knows them: the SDKs copy each default that is not named, at 5 us apiece."""


def through(sdk: AsyncOpenAI | AsyncAnthropic, http: HttpClient) -> Post:
    """Sends the first request by the SDK's own `post`, and what follows with the headers that the SDK gave to that one.

    They are the same for every call: the key, the SDK's version, the engine's own. With `post` for each, a whole run
    takes 2.0 to 2.2 times the CPU of the SDK's leanest use, not 1.3 to 1.5 (docs/performance.md).
    """
    headers: Headers = []

    async def post(url: str, content: bytes) -> Raw:
        if headers:
            return await http.exchange(url, content, headers)
        try:
            response = await sdk.post(url, content=content, cast_to=httpx2.Response, options=_OPTIONS)
        except Exception as error:  # the SDK raises a status of 400 and more: its error has the response
            answered = getattr(error, "response", None)
            if not isinstance(answered, httpx2.Response):
                raise
            response = answered
        else:
            sent = response.request.headers.multi_items()
            headers[:] = [(name, value) for name, value in sent if name.lower() != "content-length"]
        return Raw(response.status_code, response.content, _lower(response.headers.raw))

    return post


@dataclass(slots=True)
class _Shared:
    """A client and what sends by it; `users` counts the engines that hold it."""

    http: HttpClient
    post: Post
    users: int = 0


clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Identity, _Shared]] = WeakKeyDictionary()
"""Those in use, by event loop and identity (protocol, server, key)."""


class Lease:
    """One engine's part in the client of its server, on whatever event loop is running.

    poster: makes of a new client what sends by it. Engines of one identity may use each other's.
    """

    def __init__(self, identity: Identity, url: str, poster: Callable[[HttpClient], Post]) -> None:
        self._identity = identity
        self._url = url
        self._poster = poster
        self._held: tuple[asyncio.AbstractEventLoop, _Shared] | None = None

    @property
    def post(self) -> Post:
        """What sends on the running loop."""
        loop = asyncio.get_running_loop()
        if self._held is None or self._held[0] is not loop:
            shared = clients.setdefault(loop, {})
            if self._identity not in shared:
                http = HttpClient(self._url)
                shared[self._identity] = _Shared(http, self._poster(http))
            shared[self._identity].users += 1
            self._held = (loop, shared[self._identity])
        return self._held[1].post

    async def give_back(self) -> None:
        """The last engine that does so closes the client's connections. Safe to call twice."""
        if self._held is None:
            return
        (loop, shared), self._held = self._held, None
        shared.users -= 1
        if shared.users == 0 and loop is asyncio.get_running_loop():
            del clients[loop][self._identity]
            await shared.http.aclose()
