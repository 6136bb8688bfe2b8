"""A wire protocol that bargain has never heard of: one class and one YAML in a directory of the user's own."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bargain.engines.openai import OpenAIEngine
from bargain.journal.format import Packer, describe_difference, join, split
from bargain.journal.reader import JournalReader
from tests.asking import KEY, KEY_ENV, ask, config
from tests.commands import bargain, environment, only_run, summary_of
from tests.negotiator import Chat, negotiate
from tests.servers import Server

ENGINE = '''
from bargain.engines.http import HttpEngine
from bargain.engines.shared import count, sound
from bargain.records import Reply, Usage

SPEAKER = {"system": "rules", "assistant": "you", "user": "them"}

class TalkEngine(HttpEngine):
    """Turns of words: {"turns": [{"by": "them", "words": ["How much?"]}], "longest": 60}."""

    path = "/v2/talk"
    provider = "mistral"
    dialogue_field = "turns"
    limit_field = "longest"

    def key_headers(self):
        return {"X-Talk-Key": self.api_key}

    def body(self, request):
        turns = [{"by": SPEAKER[each.role], "words": [each.text]} for each in request.messages]
        return {"model": self.model, "turns": turns, **self.sampling, **self.extra}

    def read(self, raw):
        data = self.parsed(raw)
        if "said" not in data:
            raise self.unreadable("JSON without words")
        tokens_in, tokens_out = map(count, data["tokens"])
        return Reply(sound(data["said"]), Usage(tokens_in, tokens_out, calls=1), self.model)
'''
PRESET = """
_target_: own_protocol.TalkEngine
name: talk
model: mistral-large-latest
api_key_env: TALK_SECRET
max_tokens: 60
"""
SECRET = "talk-sentinel-9"


class TalkServer(ThreadingHTTPServer):
    """Speaks the protocol, and remembers what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.tokens = 0

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        roles = {"rules": "system", "you": "assistant", "them": "user"}
        chat = Chat("chat", body["model"], tuple((roles[turn["by"]], turn["words"][0]) for turn in body["turns"]))
        said = negotiate(chat)
        tokens = [sum(len(text) for _, text in chat.messages) // 4, len(said) // 4]
        self.bodies.append(body)
        self.tokens += sum(tokens)
        return {"said": said, "tokens": tokens}


class Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        assert isinstance(server, TalkServer)
        server.keys.add(self.headers["X-Talk-Key"])
        data = json.dumps(server.answer(body)).encode()
        self.send_response(200 if self.path == "/v2/talk" else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[TalkServer]:
    with TalkServer() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def play(tmp_path: Path, server: TalkServer) -> Any:
    """Runs the command with the user's engine at the server."""
    (tmp_path / "mine" / "engine").mkdir(parents=True)
    (tmp_path / "mine" / "engine" / "talk.yaml").write_text(PRESET)
    (tmp_path / "own_protocol.py").write_text(ENGINE)
    env = environment(PYTHONPATH=str(tmp_path), TALK_SECRET=SECRET)
    url = f"http://127.0.0.1:{server.server_port}"
    seats = [f"{key}.engine{rest}" for seat in ("seller", "buyer")
             for key, rest in ((f"engine@{seat}", "=talk"), (seat, f".base_url={url}"))]  # fmt: skip
    experiment = ["game=criticize_seller", "game.n_rounds=4", "moderator=rules", "n_games=3", "tracking=none", *seats]

    def run(*more: str) -> Any:
        whole = [] if any(each.startswith("resume=") for each in more) else ["--config-dir", "mine", *experiment]
        return bargain(*whole, "allow_targets=[own_protocol]", *more, cwd=tmp_path, env=env)

    return run


def as_text(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


@pytest.mark.long
def test_a_run_over_a_protocol_of_ones_own_reserves_pauses_resumes_replays_and_stores_each_message_once(
    tmp_path: Path, server: TalkServer, play: Any
) -> None:
    cap = 10_000
    paused = play(f"limits.max_tokens={cap}", "limits.max_cost_usd=5")
    assert paused.returncode == 3, paused.stderr
    assert f"limits.max_tokens={cap} is reached" in paused.stderr
    assert cap / 2 < server.tokens <= cap, "what it reserved was enough, and not far too much"
    run = only_run(tmp_path)
    done = play(f"resume={run}", "limits.max_tokens=null")
    assert done.returncode == 0, done.stderr
    assert server.keys == {SECRET}
    assert {body["longest"] for body in server.bodies} == {60}
    summary = summary_of(run)
    assert summary["calls"]["live"] + summary["calls"]["from_journal"] == len(server.bodies), "nothing was bought twice"
    with JournalReader(run / "journal.sqlite") as journal:
        journal.verify()
        prices = json.loads(journal.meta["prices"])
        sent = [journal.request(attempt.id) for attempt in journal.attempts()]
    assert prices["seller"]["source"] == "genai-prices mistral/mistral-large"
    usd = sum(attempt_usd for attempt_usd in summary["cost_usd_by_seat"].values())
    assert usd == pytest.approx(summary["cost_usd"])
    assert usd > 0
    assert sorted(map(as_text, sent)) == sorted(map(as_text, server.bodies)), "the journal says what was sent"
    with sqlite3.connect(run / "journal.sqlite") as journal:
        messages = journal.execute("SELECT count(*) FROM message").fetchone()[0]
        parameters = journal.execute("SELECT count(*), max(length(body)), max(field) FROM parameters").fetchone()
    turns = sum(len(body["turns"]) for body in server.bodies)
    assert messages < 3 * len(server.bodies) < turns / 3, "a call adds its new messages, not its history"
    assert parameters[0] <= 3
    assert parameters[1] < 100
    assert parameters[2] == "turns"

    games = (run / "games.jsonl").read_bytes()
    calls = len(server.bodies)
    replayed = play(f"resume={run}", "mode=replay")
    assert replayed.returncode == 0, replayed.stderr
    assert "games.jsonl is the same, byte for byte" in replayed.stdout
    assert (run / "games.jsonl").read_bytes() == games
    assert len(server.bodies) == calls
    assert not any(SECRET.encode() in path.read_bytes() for path in run.rglob("*") if path.is_file())


def test_a_cap_needs_the_output_limit_of_the_protocol(tmp_path: Path, server: TalkServer, play: Any) -> None:
    refused = play("limits.max_tokens=1000", "seller.engine.max_tokens=null")
    assert refused.returncode == 2
    (line,) = refused.stderr.strip().splitlines()
    assert "engine talk (seller" in line
    assert "its replies may be of any length, so limits.max_tokens cannot be kept" in line
    assert server.bodies == []


@pytest.mark.parametrize(
    ("body", "field", "written"),
    [
        ({"turns": [{"by": "you", "words": ["a"]}, {"role": "user", "content": "b"}], "n": 1}, "turns", "turns"),
        ({"story": "a\nb\n\nc", "n": 1}, "story", "text:story"),
        ({"prompt": "a\nb"}, "prompt", "prompt"),
        ({"prompt": "a\nb", "turns": []}, "", "prompt"),
        ({"messages": [{"role": "user", "content": "b"}]}, "", "messages"),
        ({"story": 5}, "story", ""),
        ({"story": "half \ud83d"}, "story", ""),
    ],
)
def test_a_dialogue_field_of_any_name_is_taken_apart_and_put_together(
    body: dict[str, Any], field: str, written: str
) -> None:
    name, parts = split(body, field)
    packed = Packer().pack(body, field)
    assert (name, packed.field) == (written, written)
    assert join(packed.field, packed.rest, parts) == body


def test_a_difference_in_such_a_dialogue_is_told_by_its_message() -> None:
    said = {"turns": ["It is $20.", "$10?"], "n": 1}
    assert describe_difference(said, {**said, "n": 2}, "turns") == "n was 1, is 2"
    other = {**said, "turns": ["It is $20.", "$12?"]}
    assert describe_difference(said, other, "turns") == r'message 2 was "\"$10?\"", is "\"$12?\""'


def test_calls_go_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setenv("no_proxy", "")
    with Server(lambda chat: "Deal.") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        engine = OpenAIEngine(config(base_url="http://models.example/v1"), "seller", 0)
        assert ask(engine).text == "Deal."
        assert proxy.calls[0].headers["host"] == "models.example"
