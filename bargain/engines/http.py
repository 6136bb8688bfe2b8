"""What the engines behind an HTTP server share: keys, one client per server, one attempt with a true deadline.

The SDK's client does the sending (its transport, proxies, TLS, auth and version headers), but its request transform and
its response models are passed by: we hand it the finished JSON and take the raw answer, at a tenth of the CPU. It never
retries; `calls` does. This file knows no protocol: bodies and replies are the subclasses' business.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import re
from abc import abstractmethod
from typing import Any, ClassVar, cast
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import aiohttp
import httpx2

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine, Failure, Raw, Request
from bargain.engines.clients import Shared, Template, clients, transport
from bargain.engines.failures import failure, failure_in_reply
from bargain.engines.reasoning import marks_of
from bargain.engines.shared import known, plain, setting
from bargain.secrets import forms, os_secrets
from bargain.text import one_line

_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


class HttpEngine(Engine):
    """Base of the engines that call a server. A subclass says what is sent, where, and how the answer reads.

    `options` that every one of them knows: query, a mapping of URL parameters (Azure's api-version); reasoning_marks,
    a list of [opening, closing] marks around what the model thinks aloud, beside the usual ones (reasoning.py).
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
        self.options = known(config, self.known_options | {"query", "reasoning_marks"}, self.where)
        self.reasoning_marks = marks_of(self.options.get("reasoning_marks"), self.where)
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
        self._take_url(self._variable(config.base_url_env) or config.base_url or self._default_url())
        self._headers = {name: self._variable(variable) for name, variable in plain(config.headers_env).items()}
        self._take_key(config.api_key_env)
        self.key = f"{self.sdk}|{self.url}|{config.api_key_env or ''}"
        self._timeout_s = config.timeout_s
        self._lease: tuple[asyncio.AbstractEventLoop, Shared] | None = None
        self._template: Template | None = None
        # A line per call with its whole URL is neither wanted in the run's log nor safe there.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        transport()
        self._load()

    def _default_url(self) -> str:
        return os.environ.get(self.url_env) or self.default_url

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
        self._api_key = self._variable(variable) or "none"
        self._secrets += [*self._headers.values(), *([self._api_key] if variable else [])]
        variants = [form for each in [*self._secrets, *os_secrets()] for form in forms(each)]
        self._secret_bytes = sorted({each.encode() for each in variants if len(each) > 3}, key=len, reverse=True)

    @abstractmethod
    def _load(self) -> None:
        """Imports the SDK (a second or two): here, before the event loop runs, and only if this engine is used."""

    @abstractmethod
    def _connect(self, headers: dict[str, str]) -> Shared:
        """A client of the SDK for self.url and self._api_key that never retries, with `headers` on every call."""

    def _shared(self) -> Shared:
        """The client that this engine shares with its like on the running event loop."""
        loop = asyncio.get_running_loop()
        if self._lease is None or self._lease[0] is not loop:
            shared = clients.setdefault(loop, {})
            identity = (self.sdk, f"{self._basic}@{self.url} {self._headers}", self._api_key)
            if identity not in shared:
                # identity: replies are small, and a compressed bomb need not be unpacked
                headers = {"Accept-Encoding": "identity"} | self._headers
                if self._basic:
                    headers["Authorization"] = f"Basic {self._basic}"
                shared[identity] = self._connect(headers)
            shared[identity].users += 1
            self._lease, self._template = (loop, shared[identity]), None
        return self._lease[1]

    async def close(self) -> None:
        """Gives the shared client back; the last engine that does so closes its connections. Safe to call twice."""
        if self._lease is None:
            return
        (loop, mine), self._lease = self._lease, None
        mine.users -= 1
        if mine.users == 0 and loop is asyncio.get_running_loop():
            shared = clients[loop]
            for identity in [each for each, kept in shared.items() if kept is mine]:
                del shared[identity]
            await mine.sdk.close()

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """One attempt: whatever HTTP status came back, with any echo of a secret blotted out of its body.

        Raises Failure: not_sent if no connection came about, maybe_billed if the answer never came, was cut off or too
        large, or `timeout_s` passed since the start (a trickle of bytes does not extend it).
        """
        data = _AS_JSON(body).encode("utf-8", "replace")
        shared = self._shared()
        try:
            async with asyncio.timeout(self._timeout_s):  # a quarter of the CPU of anyio's
                if self._template is not None:
                    response = await shared.http.send(self._template.request(data))
                else:
                    response = await shared.sdk.post(
                        self.path, cast_to=httpx2.Response, content=data, options=cast(Any, self._request_options)
                    )
                    self._template = Template(response.request)
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
