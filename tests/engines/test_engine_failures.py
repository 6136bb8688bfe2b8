"""Every way a call can fail, against a real server: what it means for the run, and that no message tells a secret."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from bargain.engines.anthropic import AnthropicEngine
from bargain.engines.base import Engine, Failure
from bargain.engines.completions import CompletionsEngine
from bargain.engines.openai import OpenAIEngine
from bargain.secrets import blotted
from tests.asking import KEY, KEY_ENV, ask, config, send
from tests.commands import AN_HOUR_S
from tests.servers import Answer, Fault, Server

Make = Callable[..., Engine]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(params=["openai", "anthropic", "completions"])
def make(request: pytest.FixtureRequest, server: Server) -> Make:
    """Builds an engine of each kind at the server."""
    server.fault = None

    def built(**fields: object) -> Engine:
        if request.param == "anthropic":
            return AnthropicEngine(config(**({"base_url": server.anthropic} | fields)), "seller", 0)
        kind = OpenAIEngine if request.param == "openai" else CompletionsEngine
        return kind(config(**({"base_url": server.openai} | fields)), "seller", 0)

    return built


def fails(engine: Engine) -> Failure:
    with pytest.raises(Failure) as caught:
        ask(engine)
    message = str(caught.value)
    assert message.startswith("engine test (seller): ")
    assert "\n" not in message
    assert KEY not in message
    return caught.value


def error(message: str, code: str | None = None, **fields: object) -> bytes:
    return json.dumps({"error": {"message": message, "type": "some_error", "code": code, **fields}}).encode()


STATUSES = [
    (400, error("bad"), "rejected", "400"),
    (400, error("too long", "context_length_exceeded"), "rejected", "context window"),
    (400, error("prompt is too long: 210000 tokens > 200000 maximum"), "rejected", "memory=last_k"),
    (400, b'{"object":"error","message":"maximum context length is 4096 tokens","code":400}', "rejected", "context"),
    (400, error("the request exceeds the available context size"), "rejected", "context window"),
    (400, error("no seed here", "unsupported_value"), "fatal", "correct its options"),
    (400, error("no temperature here", "unsupported_value"), "fatal", "set the engine's temperature=null"),
    (400, error("temperature: Extra inputs are not permitted"), "fatal", "set the engine's temperature=null"),
    (400, error("`temperature` and `top_p` cannot both be specified"), "fatal", "temperature=null (or top_p)"),
    (400, error("Unsupported parameter: 'max_tokens'"), "fatal", "max_tokens_field=max_completion_tokens"),
    (400, error("max_tokens must be at least 1, got -50"), "rejected", "refuses this request"),
    (400, error("reasoning_effort: not supported"), "fatal", "reasoning=null"),
    (400, error("Your credit balance is too low to access the API"), "fatal", "credit balance"),
    (400, b'[{"error":{"code":400,"message":"API key not valid."}}]', "fatal", "API key not valid"),
    (401, error("Incorrect API key provided: sk-se***Qx"), "fatal", f"the key in {KEY_ENV} was refused"),
    (402, error("Insufficient Balance"), "fatal", "no quota or credit"),
    (403, error("not in your country"), "fatal", "not in your country"),
    (403, error("your input was flagged"), "rejected", "flagged"),
    (404, error("The model `m-1` does not exist", "model_not_found"), "fatal", "check model and base_url"),
    (404, b"<html><h1>Not Found</h1></html>", "fatal", "Not Found"),
    (405, b"", "fatal", "check model and base_url"),
    (408, b"", "maybe_billed", "408"),
    (413, error("request too large"), "rejected", "413"),
    (422, b'{"detail":[{"msg":"Field required"}]}', "rejected", "Field required"),
    (429, error("slow down"), "not_sent", "rate limit"),
    (429, error("add credits at platform/account/billing to go faster"), "not_sent", "rate limit"),
    (429, error("You exceeded your current quota", "insufficient_quota"), "fatal", "no quota or credit"),
    (500, error("oops"), "maybe_billed", "500"),
    (502, b"<html>bad gateway</html>", "maybe_billed", "bad gateway"),
    (503, b"", "not_sent", "503"),
    (504, b"", "maybe_billed", "504"),
    (529, b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "not_sent", "Overloaded"),
    (301, b"", "fatal", "correct base_url"),
]


@pytest.mark.long
@pytest.mark.parametrize(("status", "body", "kind", "says"), STATUSES)
def test_each_error_status_means_one_kind_of_failure(
    make: Make, server: Server, status: int, body: bytes, kind: str, says: str
) -> None:
    engine = make()
    server.fault = lambda call: Fault(status, {"location": f"http://u:{KEY}@127.0.0.1:9/"}, body)
    failure = fails(engine)
    assert failure.kind == kind
    assert says in str(failure)


UNREADABLE = [
    (b"<html>Service temporarily unavailable</html>", "not JSON"),
    (b'{"choices": "caf\xe9"}', "invalid UTF-8"),
    (b"", "empty"),
    (b"[1, 2]", "no object"),
    (b"{}", "without c"),
    (b'{"choices": [], "content": null}', "without c"),
    (b'{"choices": [{"index": 0}], "content": 5}', "without"),
    (b"[" * 100_000, "not JSON"),
    (b'{"error": {"message": "upstream died"}}', "upstream died"),
]


@pytest.mark.long
@pytest.mark.parametrize(("body", "says"), UNREADABLE)
def test_a_200_that_is_no_reply_may_have_been_billed(make: Make, server: Server, body: bytes, says: str) -> None:
    engine = make()
    server.fault = lambda call: Fault(200, {}, body)
    failure = fails(engine)
    assert failure.kind == "maybe_billed"
    assert says in str(failure)


@pytest.mark.long
@pytest.mark.parametrize(
    "reason",
    ["error", "insufficient_system_resource", "RECITATION", "OTHER", "abort", "pause_turn", "tool_calls", "from 2029"],
)
def test_half_a_reply_is_a_failure_and_no_words(make: Make, server: Server, reason: str) -> None:
    engine = make()
    server.fault = None
    server.reply = lambda chat: Answer("Great, I'll tak", reason)
    failure = fails(engine)
    assert (failure.kind, failure.half and failure.half.text) == ("maybe_billed", "Great, I'll tak")
    assert f"broke off ({reason!r}" in str(failure)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [(None, "stop"), ("", "stop"), ("EOS", "stop"), ("MAX_TOKENS", "length"), ("content_filter: SPII", "refusal")],
)
def test_a_whole_reply_is_one_in_every_servers_words(
    make: Make, server: Server, reason: str | None, finish: str
) -> None:
    engine = make()
    for error in ({}, "", None, {"code": None, "message": ""}):
        server.reply = lambda chat, error=error: Answer("Deal at $15.", reason, more={"error": error})
        assert (ask(engine).text, ask(engine).finish) == ("Deal at $15.", finish)


def test_an_error_inside_a_choice_counts_by_its_own_code(server: Server) -> None:
    engine = OpenAIEngine(config(base_url=server.openai), "seller", 0)
    server.fault = None
    for code, kind in ((502, "maybe_billed"), (429, "not_sent"), (402, "fatal")):
        error = {"code": code, "message": "upstream died"}
        server.reply = lambda chat, error=error: Answer("Great, I'll tak", "error", choice={"error": error})
        failure = fails(engine)
        assert failure.kind == kind
        assert "upstream died" in str(failure)


def test_an_error_inside_a_200_counts_by_its_own_code(make: Make, server: Server) -> None:
    engine = make()
    server.fault = lambda call: Fault(200, {"retry-after": "3"}, b'{"error": {"code": 429, "message": "slow down"}}')
    failure = fails(engine)
    assert (failure.kind, failure.retry_after_s) == ("not_sent", 3.0)


RESETS = [
    ({"retry-after": "7"}, 7.0),
    ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
    ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30.0),
    ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0.0),
    ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30.5s"}, 90.5),
    (
        {
            "x-ratelimit-remaining-requests": "10",
            "x-ratelimit-reset-requests": "9m0s",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "120ms",
        },
        0.12,
    ),
    (
        {
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": "2026-11-23T10:00:12Z",
            "date": "Mon, 23 Nov 2026 10:00:00 GMT",
        },
        12.0,
    ),
    ({"x-ratelimit-reset": "1795428060000", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 60.0),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "nan"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "wait_s"), RESETS)
def test_the_wait_that_the_provider_asks_for_is_read(
    server: Server, headers: dict[str, str], wait_s: float | None
) -> None:
    engine = OpenAIEngine(config(base_url=server.openai), "seller", 0)
    server.fault = lambda call: Fault(429, headers, b"{}")
    assert fails(engine).retry_after_s == (None if wait_s is None else pytest.approx(wait_s))


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_broken_connection_may_have_been_billed(make: Make, server: Server, kind: str) -> None:
    engine = make()
    server.fault = lambda call: Fault(kind=kind)  # type: ignore[arg-type]
    failure = fails(engine)
    assert failure.kind == "maybe_billed"
    assert "broke before the answer was complete" in str(failure)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "seconds"), [("hang", AN_HOUR_S), ("trickle", 0.1)])
def test_the_timeout_is_a_deadline_for_the_whole_call(make: Make, server: Server, kind: str, seconds: float) -> None:
    engine = make(timeout_s=1.0)
    server.fault = lambda call: Fault(kind=kind, seconds=seconds)  # type: ignore[arg-type]
    failure = fails(engine)
    assert failure.kind == "maybe_billed"
    assert "within 1 s" in str(failure)


def test_nothing_was_sent_where_no_connection_came_about(make: Make, server: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failure = fails(make(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert failure.kind == "not_sent"
    assert "Connection refused" in str(failure)


def test_a_reply_of_6_mb_is_read_and_one_of_33_mb_is_not(make: Make, server: Server) -> None:
    def huge(megabytes: int) -> Fault:
        text = "x" * (megabytes << 20)
        choice = {"message": {"content": text}, "text": text}
        return Fault(body=json.dumps({"choices": [choice], "content": [{"type": "text", "text": text}]}).encode())

    server.fault = lambda call: huge(2)  # three times the text
    assert len(ask(make()).text) == 2 << 20
    server.fault = lambda call: huge(11)
    failure = fails(make())
    assert failure.kind == "maybe_billed"
    assert "larger than 32 MB" in str(failure)


def test_each_attempt_is_one_request_and_the_engine_never_retries(make: Make, server: Server) -> None:
    for status in (408, 409, 429, 500, 503):
        engine = make()
        before = server.count
        server.fault = lambda call, status=status: Fault(status, {"retry-after": "0", "x-should-retry": "true"})
        fails(engine)
        assert server.count == before + 1


def test_secrets_that_a_server_echoes_are_blotted_out(make: Make, server: Server) -> None:
    user = "alice:pass/word-9"
    basic = base64.b64encode(user.encode()).decode()
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    try:
        engine = make(base_url=server.openai.replace("http://", f"http://{quote(user, safe=':')}@"))
        assert engine.key.split("|")[1] in (server.openai, server.anthropic)
        server.fault = lambda call: Fault(
            400, {}, error(f"{KEY} {quote(KEY, safe='')} {user} {basic} {call.headers['authorization']}")
        )
        raw = send(engine)
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
    assert server.calls[-1].headers["authorization"] == f"Basic {basic}"
    with pytest.raises(Failure) as caught:
        engine.read(raw)
    for told in (raw.body.decode(), str(caught.value), *logged):
        for secret in (KEY, quote(KEY, safe=""), user, "pass/word-9", quote("pass/word-9", safe=""), basic):
            assert secret not in told


def test_a_secret_is_blotted_out_however_it_is_written(make: Make, server: Server) -> None:
    bearer = [base64.b64encode(f"{before} {KEY}\n".encode()).decode() for before in ("Bearer", "is it", "key:")]
    written = [
        re.sub("%..", lambda each: each[0].lower(), quote(KEY, safe="")),
        json.dumps(KEY).replace("/", "\\\\/"),
        "".join(f"\\u{ord(each):04x}" for each in KEY),
        KEY.replace("+", "\\u002B").replace("/", "%2f"),
        *bearer,
        *(each.replace("+", "-").replace("/", "_") for each in bearer),
    ]
    engine = make()
    server.fault = lambda call: Fault(400, {}, "\n".join(written).encode())
    told = send(engine).body.decode()
    for line, secret in zip(told.splitlines(), written, strict=True):
        assert "[secret]" in line
        assert blotted(secret) == line
        assert len(line) < 26, "nothing but what stands around it is left"


def test_a_failure_shows_no_headers_in_its_traceback(make: Make, server: Server) -> None:
    engine = make()
    server.fault = lambda call: Fault(kind="reset")
    with pytest.raises(Failure) as caught:
        ask(engine)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
