"""What a run may spend, held against the bill that the server itself writes, with 64 calls in flight."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commands import bargain_here, environment, only_run, summary_of
from tests.negotiator import Chat, haggle
from tests.servers import Answer, Call, Server

ENV = environment(OPENAI_API_KEY="sk-test")
IN_USD, OUT_USD = 3.0, 9.0
"""Prices per million tokens of this file's model."""


class Bill:
    """A server's own account. Some replies are far longer than most, so that what is in flight cannot be foreseen."""

    def __init__(self) -> None:
        self.tokens_in = 0
        self.tokens_out = 0

    def reply(self, chat: Chat) -> Answer:
        dice = random.Random(f"{chat.key} {chat.messages}")
        tokens_in = sum(len(text) for _, text in chat.messages) // 4 + 1
        tokens_out = dice.choice((12, 15, 20, 190))
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        return Answer(haggle(chat), usage=usage)

    @property
    def usd(self) -> float:
        return (self.tokens_in * IN_USD + self.tokens_out * OUT_USD) / 1e6

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


def experiment(server: Server, *more: str) -> list[str]:
    """75 games of a model whose prices are given, up to 64 calls at once."""
    return [
        "game=simple",
        "game.n_rounds=1",
        "moderator=rules",
        "n_games=75",
        "tracking=none",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.max_tokens=200" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.max_concurrency=64" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.input_usd_per_million={IN_USD}" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.output_usd_per_million={OUT_USD}" for seat in ("seller", "buyer")),
        *more,
    ]


def in_a_crowd(server: Server, size: int) -> Callable[[Call], Awaitable[None]]:
    """Answers that wait until so many are in flight, or until no more come: the client waits for answers, too."""
    latest = [0.0]

    async def wait() -> None:
        latest[0] = time.monotonic()
        while server.most_in_flight < size and time.monotonic() < latest[0] + 1.0:  # noqa: ASYNC110 - two conditions
            await asyncio.sleep(0.02)

    return lambda _: wait()


def command_in(line: str) -> list[str]:
    """The arguments of the command that a message names."""
    return line.rpartition("bargain ")[2].split()


@pytest.mark.long
def test_the_bill_never_passes_max_cost_usd_and_a_higher_cap_goes_on_to_the_undisturbed_result(tmp_path: Path) -> None:
    whole, bill = Bill(), Bill()
    (tmp_path / "calm").mkdir()
    with Server(whole.reply) as server:
        done = bargain_here(*experiment(server, "game.n_rounds=2"), cwd=tmp_path / "calm", env=ENV)
    assert done.returncode == 0, done.stderr
    cap = round(whole.usd * 0.7, 3)
    with Server(bill.reply) as server:
        server.latency_s = in_a_crowd(server, 64)
        arguments = experiment(server, "game.n_rounds=2", f"limits.max_cost_usd={cap}")
        paused = bargain_here(*arguments, cwd=tmp_path, env=ENV)
        assert paused.returncode == 3, paused.stderr
        assert server.most_in_flight == 64
        assert 0.95 * cap < bill.usd <= cap
        run = only_run(tmp_path)
        line = paused.stderr.strip().splitlines()[-1]
        assert f"limits.max_cost_usd={cap} is reached" in line
        assert line.endswith(f"go on with a higher cap: bargain resume={run} limits.max_cost_usd={2 * cap:.10g}")
        assert summary_of(run)["state"] == "paused"
        server.latency_s = 0.0
        done = bargain_here(*command_in(line), cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
    assert (run / "games.jsonl").read_bytes() == (only_run(tmp_path / "calm") / "games.jsonl").read_bytes()
    assert (bill.usd, bill.tokens) == (pytest.approx(whole.usd), whole.tokens), "no reply was bought twice"
    assert summary_of(run)["cost_usd"] == pytest.approx(bill.usd)
    assert sum(summary_of(run)["cost_usd_by_seat"].values()) == pytest.approx(bill.usd)


def test_the_bill_never_passes_max_cost_usd_where_the_server_tells_of_one_side_only(tmp_path: Path) -> None:
    bill = Bill()

    def reply(chat: Chat) -> Answer:
        whole = bill.reply(chat)
        return replace(whole, usage={**(whole.usage or {}), "prompt_tokens": "many", "total_tokens": None})

    with Server(reply) as server:
        paused = bargain_here(*experiment(server, "n_games=40", "limits.max_cost_usd=0.05"), cwd=tmp_path, env=ENV)
    assert paused.returncode == 3, paused.stderr
    assert 0.001 < bill.usd <= 0.05
    assert "$0 and " in paused.stdout
    assert "replies whose tokens were not told" in paused.stdout


@pytest.mark.long
def test_the_bill_never_passes_max_tokens_and_a_cap_that_is_reached_stays_reached(tmp_path: Path) -> None:
    bill = Bill()
    with Server(bill.reply, latency_s=0.05) as server:
        arguments = experiment(server, "n_games=50", "limits.max_tokens=30000")
        for _ in range(2):
            paused = bargain_here(*arguments, cwd=tmp_path, env=ENV)
            assert paused.returncode == 3, paused.stderr
            assert "limits.max_tokens=30000 is reached" in paused.stderr
            assert 0.95 * 30_000 < bill.tokens <= 30_000
        done = bargain_here(*command_in(paused.stderr), "limits.max_tokens=null", cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
    assert summary_of(only_run(tmp_path))["state"] == "finished"


def test_a_cost_cap_with_an_unknown_price_refuses_to_start(tmp_path: Path) -> None:
    with Server(haggle) as server:
        done = bargain_here(
            *(each for each in experiment(server) if not each.startswith("seller.engine.input_usd")),
            "seller.engine.model=my-model",
            "seller.engine.output_usd_per_million=null",
            "limits.max_cost_usd=1",
            cwd=tmp_path,
            env=ENV,
        )
        assert server.count == 0
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "the price of model 'my-model' is unknown" in line
    assert "seller.engine.input_usd_per_million" in line
