"""Faults of providers, through the real command and the real SDKs: every game ends, and no price is a wrong one."""

from __future__ import annotations

import json
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig

from bargain.config.compose import compose
from bargain.runs.runner import play
from tests.commands import Started, bargain, bargain_here, environment, games_of, only_run, summary_of, wait_for
from tests.journaling import kinds_so_far
from tests.negotiator import Chat, haggle
from tests.servers import Answer, Call, Fault, Server

ENV = environment(OPENAI_API_KEY="sk-test", ANTHROPIC_API_KEY="sk-test")
LONG = "I would like to tell you a story about this balloon. " * 100_000  # 5 MB
SALT = 0
"""Chosen so that every fault occurs and some games fail."""
NO_PACE = {"bargain.calls.pace.MANY": 1_000_000}
"""No rate is learnt from refusals that come at random: how slow that made the run would depend on the machine."""
HTML = {"content-type": "text/html"}
FAULTS: tuple[Fault | Answer, ...] = (
    Fault(429),
    Fault(429, {"retry-after": "0.05"}),
    Fault(429, {"retry-after": "86400000"}),
    Fault(429, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    *(Fault(status, body=b"upstream trouble") for status in (500, 502, 503, 504, 529)),
    Fault(kind="reset"),
    Fault(kind="cut"),
    Fault(kind="hang"),
    Fault(kind="trickle", seconds=1.0),
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
        "seller.engine.timeout_s=3",
        "buyer.engine.timeout_s=3",
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
        dice = random.Random(f"{SALT} {call.chat.key} {call.chat.messages} {self.seen[call.body]}")
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


@pytest.mark.long
def test_with_a_fifth_of_the_calls_failing_every_game_ends_and_prices_are_those_without_faults(tmp_path: Path) -> None:
    mishaps = Mishaps()
    results: list[list[dict[str, Any]]] = []
    for name, server in (("calm", Server(haggle)), ("stormy", Server(mishaps.reply, fault=mishaps.fault))):
        (tmp_path / name).mkdir()
        with server:
            done = bargain(*experiment(server, "n_games=40"), cwd=tmp_path / name, env=ENV, patches=NO_PACE)
        assert done.returncode == 0, done.stderr
        results.append(games_of(only_run(tmp_path / name)))
    calm, stormy = results
    assert [game["game"] for game in stormy] == list(range(40))
    whole = [number for number in range(40) if not stormy[number]["error"]]
    assert 20 <= len(whole) < 40
    assert [essence(stormy[number]) for number in whole] == [essence(calm[number]) for number in whole]
    assert len({str(essence(game)) for game in calm}) == 40, "games differ, so a mix-up would show"
    for game in stormy:
        if game["error"]:
            assert game["outcome"] == "error"
            assert game["rounds"][-1]["price"] is None
    assert len(mishaps.given) == len(FAULTS)
    calls = summary_of(only_run(tmp_path / "stormy"))["calls"]
    assert 0 < calls["failed"] <= 40 - len(whole), "the others are utterances that stayed unusable"
    assert 0 < calls["maybe_billed"] < server.count * 0.2

    run = only_run(tmp_path / "stormy")
    games, before = (run / "games.jsonl").read_bytes(), summary_of(run)
    replay = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())  # no key, no server
    assert replay.returncode == 0, replay.stderr
    after = summary_of(run)
    assert (run / "games.jsonl").read_bytes() == games
    assert [after[name] for name in ("rounds", "games", "tokens")] == [before[n] for n in ("rounds", "games", "tokens")]
    assert after["cost_usd"] == pytest.approx(before["cost_usd"])
    assert after["calls"]["live"] == 0


def openai_only(server: Server | str, *more: str) -> list[str]:
    """A run on one protocol, whose every request says which game it is from."""
    url = server if isinstance(server, str) else server.openai
    return [
        "game=simple",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(
            f"{seat}.engine.{each}"
            for seat in ("seller", "buyer")
            for each in (f"base_url={url}", "max_concurrency=64")
        ),
        "moderator=rules",
        "tracking=none",
        *more,
    ]


def game_of(call: Call) -> int:
    return int(call.chat.key.rpartition("-")[2])


def error_body(message: str, code: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": code, "code": code}}).encode()


def test_utterances_that_stay_empty_cut_or_refused_are_that_games_error_and_maybe_billed_retries_are_capped(
    tmp_path: Path,
) -> None:
    """Game 1 gets empty replies, 2 cut ones, 3 refusals, 4 gateway errors after the work; each from its third turn."""
    spoilt = {1: Answer(" \n"), 2: Answer("I could", finish="length"), 3: Answer("I cannot.", finish="refusal")}
    games: dict[int, int] = {}
    asked: Counter[int] = Counter()

    def late(call: Call) -> bool:
        return sum(role == "assistant" for role, _ in call.chat.messages) > 1

    def fault(call: Call) -> Fault | None:
        games[call.index] = game_of(call) if late(call) else 0
        asked[games[call.index]] += 1
        return Fault(502, body=b"bad gateway") if games[call.index] == 4 else None

    with Server(lambda chat: spoilt.get(games[chat.call]) or haggle(chat), fault=fault) as server:
        done = bargain_here(*openai_only(server, "n_games=8", "limits.max_wait_s=0.1"), cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    errors = {game["game"]: game["error"] for game in games_of(run) if game["error"]}
    assert sorted(errors) == [1, 2, 3, 4]
    assert "came back empty, 3 times" in errors[1]
    assert "was cut by the token limit" in errors[2]
    assert "was refused by the model or its content filter, 3 times" in errors[3]
    assert "502" in errors[4]
    assert "given up after attempt 2" in errors[4]
    assert [game["rounds"][0]["price"] for game in games_of(run)[1:5]] == [None] * 4
    assert [asked[number] for number in (1, 2, 3, 4)] == [3, 3, 3, 2]
    summary = summary_of(run)
    assert summary["games"] == {"planned": 8, "finished": 8, "error": 4}
    assert (summary["calls"]["maybe_billed"], summary["calls"]["failed"]) == (2, 1)


@pytest.mark.long
def test_a_rate_limit_episode_costs_one_cut_and_no_storm(tmp_path: Path) -> None:
    """From its 200th call on the server refuses for a second, however many ask; it says how long to wait."""
    refused: list[float] = []
    until = [0.0]

    def limit(call: Call) -> Fault | None:
        now = time.monotonic()
        if call.index == 200:
            until[0] = now + 1.0
        if now < until[0]:
            refused.append(now)
            return Fault(429, {"retry-after": "1"}, error_body("slow down", "rate_limit_exceeded"))
        return None

    with Server(haggle, fault=limit, latency_s=0.02) as server:
        done = bargain(*openai_only(server, "n_games=64"), cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    summary = summary_of(only_run(tmp_path))
    assert summary["games"]["error"] == 0
    assert summary["calls"]["rate_limit_cuts"] == 1
    assert 0 < len(refused) <= 64, "only what was in flight when it began"
    assert summary["calls"]["retries"] == len(refused)


@pytest.mark.long
def test_a_server_that_says_nothing_but_429_for_a_while_sees_few_calls(tmp_path: Path) -> None:
    refused: list[int] = []
    until = [0.0]

    def limit(call: Call) -> Fault | None:
        now = time.monotonic()
        if call.index == 200:
            until[0] = now + 2.0
        if now < until[0]:
            refused.append(call.index)
            return Fault(429)
        return None

    with Server(haggle, fault=limit, latency_s=0.02) as server:
        done = bargain(*openai_only(server, "n_games=64"), cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    summary = summary_of(only_run(tmp_path))
    assert summary["games"]["error"] == 0
    assert summary["calls"]["rate_limit_cuts"] <= 5
    assert len(refused) <= 64 + 45 + 10, "what was in flight, what was let in after the first cut, then single calls"


def test_refused_connections_are_waited_out(tmp_path: Path) -> None:
    with socket.socket() as taken:  # refuses, since it does not listen
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        process = Started(openai_only(f"http://127.0.0.1:{port}/v1", "n_games=16"), tmp_path, ENV)
        wait_for(lambda: kinds_so_far(tmp_path).count("not_sent") >= 16, "the first calls were refused")
    with Server(haggle, port=port):
        _, said = process.communicate()
    assert process.returncode == 0, said
    calls = summary_of(only_run(tmp_path))["calls"]
    assert (calls["failed"], calls["maybe_billed"]) == (0, 0)
    assert calls["retries"] > 0


HOPELESS: dict[str, Callable[[], Fault]] = {
    "OPENAI_API_KEY was refused": lambda: Fault(401, body=error_body("Incorrect API key", "invalid_api_key")),
    "there is no such model": lambda: Fault(404, body=error_body("The model does not exist", "model_not_found")),
    "no quota or credit left": lambda: Fault(429, body=error_body("You exceeded your quota", "insufficient_quota")),
}


@pytest.mark.long
@pytest.mark.parametrize("says", HOPELESS)
def test_what_no_retry_can_mend_stops_the_run_at_once_with_one_line(says: str, tmp_path: Path) -> None:
    with Server(fault=lambda call: HOPELESS[says](), latency_s=0.05) as server:
        done = bargain_here(*openai_only(server, "n_games=20"), cwd=tmp_path, env=ENV)
        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert says in line
        assert 1 <= server.count <= 16, "only the calls that were in flight with the first one"
        server.latency_s = 0.0
        assert summary_of(only_run(tmp_path))["state"] == "failed"
        if "credit" in says:
            server.fault = None
            topped_up = bargain_here(*openai_only(server, "n_games=20"), cwd=tmp_path, env=ENV)
            assert topped_up.returncode == 0, topped_up.stderr
            assert summary_of(only_run(tmp_path))["games"] == {"planned": 20, "finished": 20, "error": 0}


@pytest.mark.long
def test_a_server_that_is_not_there_stops_the_run_with_one_line_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        done = bargain_here(*openai_only(url, "n_games=200", "limits.max_outage_s=2"), cwd=tmp_path, env=ENV)
    assert done.returncode == 1
    *before, line = done.stderr.strip().splitlines()
    assert [each.rpartition("; ")[2] for each in before] in ([], ["waiting for it, and trying again now and then"])
    assert f"cannot connect to {url[7:-3]} (Connection refused); is the server up and base_url right?" in line
    assert "start the same command again to go on" in line
    assert summary_of(only_run(tmp_path))["games"]["error"] == 0


@pytest.mark.long
def test_an_outage_amid_the_run_stops_it_before_it_loses_game_after_game(tmp_path: Path) -> None:
    with Server(haggle, fault=lambda call: Fault(502) if call.index >= 100 else None) as server:
        arguments = openai_only(server, "n_games=40", "limits.max_outage_s=2")
        stopped = bargain_here(*arguments, cwd=tmp_path, env=ENV)
        assert stopped.returncode == 1, stopped.stderr
        assert "502, the server failed" in stopped.stderr
        assert "nothing has worked for" in stopped.stderr
        assert server.count < 100 + 40 + 40, "what was in flight, and few after"
        run = only_run(tmp_path)
        lost = summary_of(run)["games"]["error"]
        assert lost < 10
        server.fault = None
        done = bargain_here(*arguments, "retry_failed=true", cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
        assert summary_of(run)["games"] == {"planned": 40, "finished": 40, "error": 0}


def test_a_server_that_resets_connections_that_were_used_before_costs_no_game_and_each_extra_send_is_counted(
    tmp_path: Path,
) -> None:
    with Server(haggle, fault=lambda call: Fault(kind="reset") if call.before else None) as server:
        done = bargain_here(*openai_only(server, "n_games=16", "limits.max_maybe_billed=1"), cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    summary = summary_of(only_run(tmp_path))
    assert summary["games"]["error"] == 0
    assert 0 < summary["calls"]["maybe_billed"] == server.count - summary["calls"]["live"]
    assert len(kinds_so_far(tmp_path)) == server.count, "each has its intent on record"


@pytest.fixture(scope="module")
def composed() -> DictConfig:
    """Four games on one protocol, for a server that is named later."""
    return compose([*openai_only("http://127.0.0.1:9/v1", "n_games=4"), "limits.max_tries=1"])


@pytest.mark.long
@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "System role not supported"),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (500, "Jinja Exception: System role not supported"),
    ],
)
def test_a_model_without_a_system_role_plays_all_its_games_and_the_run_is_replayed(
    composed: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, says: str
) -> None:
    def refusal(call: Call) -> Fault | None:
        roles = [each["role"] for each in call.json["messages"]]
        return Fault(status, body=error_body(says, "")) if "system" in roles else None

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Server(haggle, fault=refusal) as server:
        cfg = composed.copy()
        cfg.seller.engine.base_url = cfg.buyer.engine.base_url = server.openai
        summary = play(cfg, tmp_path, show_progress=False).data
    assert summary["games"]["error"] == 0
    assert summary["calls"]["retries"] == server.count - summary["calls"]["live"] <= 8, "those that went out at first"
    assert "the system role is refused; its text goes into the first" in (tmp_path / "bargain.log").read_text()
    monkeypatch.delenv("OPENAI_API_KEY")
    cfg.mode = "replay"
    assert play(cfg, tmp_path, show_progress=False).state == "finished"
