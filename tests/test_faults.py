"""Faults of providers, through the real command and the real SDKs: every game ends, and no price is a wrong one."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.commands import bargain, environment, games_of, only_run, summary_of
from tests.negotiator import Chat, haggle
from tests.servers import Answer, Call, Fault, Server

ENV = environment(OPENAI_API_KEY="sk-test", ANTHROPIC_API_KEY="sk-test")
LONG = "I would like to tell you a story about this balloon. " * 100_000  # 5 MB
HTML = {"content-type": "text/html"}
FAULTS: tuple[Fault | Answer, ...] = (
    Fault(429),
    Fault(429, {"retry-after": "0.05"}),
    Fault(429, {"retry-after": "86400"}),
    Fault(429, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    *(Fault(status, body=b"upstream trouble") for status in (500, 502, 503, 504, 529)),
    Fault(kind="reset"),
    Fault(kind="cut"),
    Fault(kind="hang"),
    Fault(kind="trickle", seconds=0.05),
    Fault(200, HTML, b"<html><body>We are back soon</body></html>"),
    Fault(200, {"content-type": "application/json"}, b'{"choices": "\xff\xfe'),
    Answer(""),
    Answer("I could perhaps", finish="length"),
    Answer("I cannot help with that.", finish="refusal"),
    Answer("My price is $11.", usage=None),
    Answer(LONG),
)


def experiment(server: Server, *more: str) -> list[str]:
    """Both players and the critic on two protocols; games differ by their prompt_cache_key."""
    return [
        "game=criticize_seller",
        "engine@seller.engine=claude-instant",
        "engine@buyer.engine=gpt-4o-mini",
        f"seller.engine.base_url={server.anthropic}",
        f"buyer.engine.base_url={server.openai}",
        "game.n_rounds=2",
        "tracking=none",
        "limits.max_wait_s=0.2",
        "seller.engine.timeout_s=1",
        "buyer.engine.timeout_s=1",
        *more,
    ]


class Mishaps:
    """Gives a fifth of all calls a fault, by a dice that knows the request and how often it came; the rest is fine."""

    def __init__(self) -> None:
        self.seen: Counter[bytes] = Counter()
        self.given: Counter[str] = Counter()
        self.answers: dict[int, Answer] = {}

    def fault(self, call: Call) -> Fault | None:
        self.seen[call.body] += 1
        dice = random.Random(f"{call.body!r} {self.seen[call.body]}")
        if dice.random() >= 0.2:
            return None
        chosen = dice.choice(FAULTS)
        self.given[str(chosen)[:80]] += 1
        if isinstance(chosen, Fault):
            return chosen
        self.answers[call.index] = chosen
        return None

    def reply(self, chat: Chat) -> str | Answer:
        answer = self.answers.pop(chat.call, None)
        if answer is None:
            return haggle(chat)
        return Answer(haggle(chat), usage=None) if answer.usage is None else answer


def essence(game: dict[str, Any]) -> list[Any]:
    """What was said and agreed in a game, without its tokens."""
    return [(played["outcome"], played["price"], played["turns"], played["feedback"]) for played in game["rounds"]]


def test_with_a_fifth_of_the_calls_failing_every_game_ends_and_prices_are_those_without_faults(tmp_path: Path) -> None:
    mishaps = Mishaps()
    results: list[list[dict[str, Any]]] = []
    for name, server in (("calm", Server(haggle)), ("stormy", Server(mishaps.reply, fault=mishaps.fault))):
        (tmp_path / name).mkdir()
        with server:
            started = time.monotonic()
            done = bargain(*experiment(server, "n_games=40"), cwd=tmp_path / name, env=ENV)
            assert time.monotonic() - started < 60
        assert done.returncode == 0, done.stderr
        results.append(games_of(only_run(tmp_path / name)))
    calm, stormy = results
    assert [game["game"] for game in stormy] == list(range(40))
    whole = [number for number in range(40) if not stormy[number]["error"]]
    assert len(whole) >= 20
    assert [essence(stormy[number]) for number in whole] == [essence(calm[number]) for number in whole]
    assert len({str(essence(game)) for game in calm}) == 40, "games differ, so a mix-up would show"
    for game in stormy:
        if game["error"]:
            assert game["outcome"] == "error"
            assert game["rounds"][-1]["price"] is None
    assert len(mishaps.given) == len(FAULTS)
    calls = summary_of(only_run(tmp_path / "stormy"))["calls"]
    assert 0 < calls["maybe_billed"] < server.count * 0.2
    print(mishaps.given, calls, server.count, len(whole))
