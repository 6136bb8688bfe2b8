"""Loopback servers that speak the OpenAI and Anthropic protocols, for tests, fault tests and benchmarks.

    with Server() as server:                                   # a negotiator answers, see tests/negotiator.py
        ... base_url=server.openai, base_url=server.anthropic ...
        assert server.calls[0].json["model"] == "gpt-4"

    Server(lambda chat: "Deal at $15!")                        # any function of the chat
    Server(latency_s=0.05)                                     # also a function of the call
    Server(fault=lambda call: Fault(429, {"retry-after": "1"}) if call.index % 5 == 0 else None)

It runs in a thread with an event loop of its own. `python -m tests.servers --latency 0.05` runs one as a process for
benchmarks: it prints its URL on a line and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self
from weakref import WeakKeyDictionary

from aiohttp import web

from tests.negotiator import Chat, haggle, negotiate


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server replies. `finish` is stop, length or refusal, in the protocol's words, or sent as it is; `usage`
    None leaves the usage out; `more` is merged into the reply's top level, `message` into its message and `choice` into
    its choice (OpenAI only)."""

    text: str | None
    finish: str | None = "stop"
    usage: Mapping[str, Any] | None = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call instead of an answer.

    reply: `status`, `headers` and `body` as they are; hang: nothing for `seconds`, then the connection is dropped;
    trickle: a good answer (or `body`), one byte every `seconds`; cut: half of it, then a drop; reset: a drop at once
    (TCP RST), before anything is read by the negotiator.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: Literal["reply", "hang", "trickle", "cut", "reset"] = "reply"
    seconds: float = 3600.0


@dataclass(frozen=True)
class Call:
    """One request as the server saw it. `headers` are lower-case; `before`: how many came on its connection before."""

    index: int
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    before: int = 0

    @cached_property
    def json(self) -> dict[str, Any]:
        data = json.loads(self.body)
        assert isinstance(data, dict)
        return data

    @cached_property
    def chat(self) -> Chat:
        """The request as a Chat, whatever its protocol."""
        data = self.json
        protocol = _PATHS[self.path]
        said: list[tuple[str, str]] = []
        if protocol == "completions":
            said.append(("user", str(data["prompt"])))
        elif protocol == "messages" and data.get("system"):
            said.append(("system", _text(data["system"])))
        said += [(str(each["role"]), _text(each["content"])) for each in data.get("messages", ())]
        key = str(data.get("prompt_cache_key", ""))
        return Chat(protocol, str(data.get("model", "")), tuple(said), self.index, key)


_PATHS = {"/v1/chat/completions": "chat", "/v1/completions": "completions", "/v1/messages": "messages"}

ReplyFunction = Callable[[Chat], "str | Answer"]


class Server:
    """A server on 127.0.0.1, at a free port unless one is given.

    calls: every request, in order of arrival (empty with record=False); count: how many there were; completed: the
    indexes of the calls whose answer (no fault) went out whole; in_flight and most_in_flight: calls being answered.
    `reply`, `fault` and `latency_s` may be exchanged while it runs. `latency_s` may also return what is to be awaited.
    """

    def __init__(
        self,
        reply: ReplyFunction = negotiate,
        *,
        latency_s: float | Callable[[Call], float | Awaitable[None]] = 0.0,
        fault: Callable[[Call], Fault | None] | None = None,
        record: bool = True,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.reply = reply
        self.latency_s = latency_s
        self.fault = fault
        self.record = record
        self.port = port
        self.tls = tls
        self.calls: list[Call] = []
        self.count = 0
        self.completed: list[int] = []
        self._asked: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self.in_flight = 0
        self.most_in_flight = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loopback server", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai(self) -> str:
        """The base_url for engines of the openai SDK (chat and completions)."""
        return f"{self.url}/v1"

    @property
    def anthropic(self) -> str:
        """The base_url for engines of the anthropic SDK."""
        return self.url

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError("the loopback server did not start within a minute")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # handler_cancellation: a hanging call ends with its client
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024, ssl_context=self.tls)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        before = self._asked.get(request.transport, 0)
        self._asked[request.transport] = before + 1
        call = Call(self.count, request.path, request.query_string, headers, body, before)
        self.count += 1
        if self.record:
            self.calls.append(call)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(request, call)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        fault = self.fault(call) if self.fault else None
        if fault and fault.kind == "reset":
            return _drop(request)
        wait_s = self.latency_s(call) if callable(self.latency_s) else self.latency_s
        if isinstance(wait_s, Awaitable):
            await wait_s
        elif wait_s > 0:
            await asyncio.sleep(wait_s)
        if fault and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return _drop(request)
        if fault and fault.kind == "reply":
            return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
        if call.path not in _PATHS or request.method != "POST":
            return web.json_response({"error": {"message": f"no such path: {call.path}"}}, status=404)
        good = fault.body if fault and fault.body else self._good(call)
        if fault:
            return await _broken(request, fault, good)
        response = web.Response(body=good, content_type="application/json")
        await response.prepare(request)
        await response.write_eof()
        self.completed.append(call.index)
        return response

    def _good(self, call: Call) -> bytes:
        replied = self.reply(call.chat)
        answer = replied if isinstance(replied, Answer) else Answer(replied)
        write = {"chat": _chat_reply, "completions": _completions_reply, "messages": _messages_reply}[
            call.chat.protocol
        ]
        tokens_in = sum(len(text) for _, text in call.chat.messages) // 4 + 1
        tokens_out = len(answer.text or "") // 4 + 1
        data = {**write(call, answer, tokens_in, tokens_out), **answer.more}
        if answer.usage is None:
            del data["usage"]
        else:
            data["usage"] |= answer.usage
        return json.dumps(data).encode()


def _chat_reply(call: Call, answer: Answer, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    finish = "content_filter" if answer.finish == "refusal" else answer.finish
    message = {"role": "assistant", "content": answer.text, **answer.message}
    return {
        "id": f"chatcmpl-{call.index}",
        "object": "chat.completion",
        "created": 0,
        "model": call.json["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, **answer.choice}],
        "usage": _openai_usage(tokens_in, tokens_out),
    }


def _completions_reply(call: Call, answer: Answer, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    finish = "content_filter" if answer.finish == "refusal" else answer.finish
    return {
        "id": f"cmpl-{call.index}",
        "object": "text_completion",
        "created": 0,
        "model": call.json["model"],
        "choices": [{"index": 0, "text": answer.text, "logprobs": None, "finish_reason": finish, **answer.choice}],
        "usage": _openai_usage(tokens_in, tokens_out),
    }


def _messages_reply(call: Call, answer: Answer, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    stop = {"stop": "end_turn", "length": "max_tokens"}.get(answer.finish or "", answer.finish)
    return {
        "id": f"msg_{call.index}",
        "type": "message",
        "role": "assistant",
        "model": call.json["model"],
        "content": [] if answer.text is None else [{"type": "text", "text": answer.text}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
    }


def _openai_usage(tokens_in: int, tokens_out: int) -> dict[str, Any]:
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


async def _broken(request: web.Request, fault: Fault, good: bytes) -> web.StreamResponse:
    """A good answer that trickles, or stops half way."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(good))})
    await response.prepare(request)
    if fault.kind == "cut":
        await response.write(good[: len(good) // 2])
        await asyncio.sleep(0.01)  # lets the half out before the reset
        return _drop(request)
    for byte in good:
        await response.write(bytes([byte]))
        await asyncio.sleep(fault.seconds)
    await response.write_eof()
    return response


def _drop(request: web.Request) -> web.Response:
    """Drops the connection with a TCP reset."""
    transport = request.transport
    if transport is not None:
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


def _text(content: Any) -> str:
    """The text of a message content: a string or a list of text blocks."""
    return content if isinstance(content, str) else "\n\n".join(str(block["text"]) for block in content)


def main() -> None:
    parser = argparse.ArgumentParser(description="A loopback server that speaks the OpenAI and Anthropic protocols.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--haggle", action="store_true", help="prices a few cents off: no two games alike")
    options = parser.parse_args()
    reply = haggle if options.haggle else negotiate
    with Server(reply, latency_s=options.latency, record=False, port=options.port) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
