"""What lies between an engine and its server: certificates, proxies, connections that died, a process that was away."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bargain.engines.anthropic import AnthropicEngine
from bargain.engines.base import Engine, Failure, Raw
from bargain.engines.clients import MAX_REPLY_BYTES, tls
from bargain.engines.completions import CompletionsEngine
from bargain.engines.openai import OpenAIEngine
from tests.asking import KEY, KEY_ENV, ask, config, request
from tests.commands import wait_for
from tests.servers import Call, Fault, Server


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(KEY_ENV, KEY)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    tls.cache_clear()
    yield
    tls.cache_clear()


def engine(base_url: str, **fields: object) -> OpenAIEngine:
    return OpenAIEngine(config(base_url=base_url, **fields), "seller", 0)


def fails(base_url: str) -> Failure:
    with pytest.raises(Failure, match=r"^engine test \(seller\): [^\n]*\Z") as caught:
        ask(engine(base_url))
    return caught.value


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_https_to_a_server_without_it_stops_the_run_at_once() -> None:
    with Server() as server:
        failure = fails(server.openai.replace("http:", "https:"))
    assert failure.kind == "fatal"
    assert "no TLS connection came about" in str(failure)
    assert "https:// only where the server speaks it" in str(failure)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_that_nobody_signed_stops_the_run_and_ssl_cert_file_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(f"{made} {names}", shell=True, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(lambda chat: "Deal.", tls=context) as server:
        url = server.openai.replace("http:", "https:")
        failure = fails(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        tls.cache_clear()
        assert ask(engine(url)).text == "Deal."
    assert failure.kind == "fatal"
    assert "its certificate was refused (self" in str(failure)
    assert "SSL_CERT_FILE" in str(failure)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_ssl_cert_file_that_cannot_be_read_is_one_line_before_any_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "certificates.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ValueError, match=r"^engine test \(seller\): SSL_CERT_FILE=\S+ cannot be read \([^\n]+\Z"):
        engine("https://127.0.0.1:9/v1")
    assert engine("http://127.0.0.1:9/v1").url, "which needs no certificate"
    monkeypatch.setenv("http_proxy", "https://127.0.0.1:8")
    with pytest.raises(ValueError, match="SSL_CERT_FILE"):
        engine("http://models.example/v1")


# -- proxies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv(f"{scheme}_proxy", f"http://me:hunter22@{proxy}")
        failure = fails(f"{scheme}://models.example/v1")
    assert failure.kind == "not_sent"
    assert f"through the proxy {proxy} of the environment" in str(failure)
    assert "hunter22" not in str(failure)


def test_a_proxy_that_refuses_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as proxy:  # to which CONNECT is no path
        monkeypatch.setenv("https_proxy", proxy.url)
        failure = fails("https://models.example/v1")
    assert failure.kind == "fatal"
    assert f"the proxy 127.0.0.1:{proxy.port} of the environment (404, it refuses)" in str(failure)


def test_a_proxy_of_another_kind_is_one_line_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(ValueError, match=r"the environment's proxy is socks5://..., and only http:// proxies"):
        engine("https://models.example/v1")


@pytest.mark.parametrize("hosts", ["internal.example\n127.0.0.1\n", "internal.example, 127.0.0.1", "127.0.0.1"])
def test_no_proxy_may_have_its_hosts_in_lines(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9\n")
    monkeypatch.setenv("no_proxy", hosts)
    with Server(lambda chat: "Deal.") as server:
        assert ask(engine(server.openai)).text == "Deal."


# -- connections -------------------------------------------------------------------------------------------------------


def test_only_a_used_connection_that_died_without_a_byte_is_stale_and_the_next_try_has_one_of_its_own() -> None:
    async def play() -> list[object]:
        seller = engine(server.openai)

        async def attempt() -> object:
            try:
                return (await seller.send(seller.body(request()), request())).status
            except Failure as failure:
                return failure.again

        try:
            return [await attempt() for _ in range(5)]
        finally:
            await seller.close()

    with Server(fault=lambda call: Fault(kind="reset") if call.before else None) as server:
        assert asyncio.run(play()) == [200, True, 200, 200, True]
        assert [call.before for call in server.calls] == [0, 1, 0, 0, 1]
    with Server(fault=lambda call: Fault(kind="cut" if call.before else "reset") if call.index else None) as server:
        assert asyncio.run(play()) == [200, False, False, False, False]


# -- a process that was away -------------------------------------------------------------------------------------------


class StoppedClock(asyncio.SelectorEventLoop):
    """A loop in whose process hours can pass at once."""

    away_s = 0.0

    def time(self) -> float:
        return super().time() + self.away_s


@pytest.mark.parametrize("answered", [True, False])
def test_after_a_stop_longer_than_the_timeout_an_answer_that_waits_is_read(answered: bool) -> None:
    held_up, may_answer = threading.Event(), threading.Event()

    async def held(call: Call) -> None:
        held_up.set()
        await asyncio.to_thread(may_answer.wait)

    async def play() -> Raw:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StoppedClock)
        seller = engine(server.openai, timeout_s=60.0 if answered else 1.0)
        try:
            sending = asyncio.create_task(seller.send(seller.body(request()), request()))
            await asyncio.to_thread(held_up.wait)
            if answered:
                may_answer.set()
                wait_for(lambda: server.completed, "the answer is in the socket while the process is stopped")
            loop.away_s = 3600.0
            return await sending
        finally:
            may_answer.set()
            await seller.close()

    with Server(latency_s=held) as server, asyncio.Runner(loop_factory=StoppedClock) as runner:
        if answered:
            assert runner.run(play()).status == 200
        else:
            with pytest.raises(Failure, match=r"no answer from 127.0.0.1:[0-9]+ within 1 s"):
                runner.run(play())


# -- an engine's first call goes through its SDK, those after it do not ------------------------------------------------

ENGINES = (OpenAIEngine, AnthropicEngine, CompletionsEngine)
GOOD = {
    OpenAIEngine: {"choices": [{"message": {"content": "Deal."}, "finish_reason": "stop"}]},
    AnthropicEngine: {"content": [{"type": "text", "text": "Deal."}], "stop_reason": "end_turn"},
    CompletionsEngine: {"choices": [{"text": "Deal.", "finish_reason": "stop"}]},
}


def twice(kind: type[Engine], server: Server, fault: Fault | None) -> tuple[str, str]:
    """What a call comes to that is its engine's first, and one that is its second."""

    async def call(engine: Engine) -> str:
        try:
            raw = await engine.send(engine.body(request()), request())
            headers = {name: value for name, value in raw.headers.items() if name != "date"}
            return f"{raw.status} {headers} {engine.read(raw)}"
        except Failure as failure:
            return f"{failure.kind} {failure} {failure.retry_after_s} {failure.again}"

    async def calls(*faults: Fault | None) -> str:
        base_url = server.anthropic if kind is AnthropicEngine else server.openai
        engine = kind(config(base_url=base_url), "seller", 0)  # type: ignore[call-arg]
        try:
            for each in faults:
                server.fault = lambda _, each=each: each  # type: ignore[misc]
                told = await call(engine)
        finally:
            await engine.close()
        return told

    return asyncio.run(calls(fault)), asyncio.run(calls(None, fault))


FAULTS = {
    "nothing": None,
    "429": Fault(429, {"Retry-After": "7", "X-Two": "a", "content-type": "application/json"}, b'{"error": {}}'),
    "a redirect": Fault(307, {"Location": "http://127.0.0.1:9/"}, b""),
    "204": Fault(204),
    "500 in Latin-1": Fault(500, {"X-Where": "Orl\xe9ans"}, b"Orl\xe9ans"),
    "empty": Fault(200),
    "cut": Fault(kind="cut", body=b"x" * 10_000),
    "too large": Fault(200, body=b"x" * (MAX_REPLY_BYTES + 1)),
    "an unknown encoding": Fault(200, {"Content-Encoding": "of-its-own"}, b"{}"),
    "no gzip": Fault(200, {"Content-Encoding": "gzip"}, b"{}"),
}


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("fault", FAULTS)
def test_an_engines_first_call_and_those_after_it_mean_the_same(kind: type[Engine], fault: str) -> None:
    with Server(lambda chat: "Deal.") as server:
        first, second = twice(kind, server, FAULTS[fault])
    assert second == first


@pytest.mark.parametrize("kind", ENGINES)
def test_an_answer_that_is_packed_though_nobody_asked_for_it_is_read(kind: type[Engine]) -> None:
    packed = Fault(200, {"Content-Encoding": "gzip"}, gzip.compress(json.dumps(GOOD[kind]).encode()))
    with Server() as server:
        first, second = twice(kind, server, packed)
        assert {call.headers["accept-encoding"] for call in server.calls} == {"identity"}
    assert "Deal." in first
    assert second == first


@pytest.mark.parametrize("kind", ENGINES)
def test_every_call_of_an_engine_has_the_same_headers(kind: type[Engine]) -> None:
    with Server(lambda chat: "Deal.") as server:
        twice(kind, server, None)
        sent = [call.headers for call in server.calls]
    assert sent[0]["user-agent"]
    assert sent[1] == sent[0]
    assert sent[2] == sent[0]
