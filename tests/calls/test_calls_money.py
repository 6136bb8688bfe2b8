"""The call policy and money: the bill never passes the cap, and what cannot be kept is refused."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from pathlib import Path

import pytest

from bargain.config.schema import EngineConfig
from bargain.engines.base import Raw, Request
from bargain.errors import BudgetReached, RunStopped
from bargain.records import Reply, Usage
from tests.calling import Memory, answer, ask, ask_all, config, place, playing, reader


def test_the_bill_never_passes_the_cap_with_256_calls_in_flight_and_a_higher_cap_goes_on(tmp_path: Path) -> None:
    bill = Counter[str]()
    crowded = asyncio.Event()  # no call is answered before so many are in flight

    async def costly(request: Request) -> Raw:
        if engine.now > 50:
            crowded.set()
        await crowded.wait()
        await asyncio.sleep(random.Random(request.place.game).uniform(0, 0.03))
        used = Usage(random.Random(request.place.game).randint(1, 40), 100, calls=1)
        bill["micro"] += used.input_tokens * 2 + used.output_tokens * 8
        return answer("yes", usage=used)

    places = [place(game=game) for game in range(600)]
    engine = Memory(lambda request, _: costly(request))
    with playing(tmp_path, engine, settings=config(start_concurrency=256), max_cost_usd=0.2) as caller:
        outcomes = asyncio.run(ask_all(caller, places))
    paid = len(engine.sent)
    assert 0.15e6 < bill["micro"] <= 0.2e6
    assert any(isinstance(each, BudgetReached) for each in outcomes)
    assert "limits.max_cost_usd=0.2 is reached" in str(next(e for e in outcomes if isinstance(e, BudgetReached)))
    with playing(tmp_path, engine, max_cost_usd=2.0) as caller:
        assert all(isinstance(each, Reply) for each in asyncio.run(ask_all(caller, places)))
        assert caller.stats().from_journal == paid
    assert sorted(engine.sent) == places


def test_the_token_cap_holds_as_well(tmp_path: Path) -> None:
    engine = Memory(lambda *_: answer("yes", usage=Usage(60, 100, calls=1)))
    with playing(tmp_path, engine, max_tokens=5000) as caller:
        outcomes = asyncio.run(ask_all(caller, [place(game=game) for game in range(100)]))
        assert caller.stats().spent_tokens <= 5000
    assert 25 <= sum(isinstance(each, Reply) for each in outcomes) <= 31
    assert "limits.max_tokens=5000 is reached" in str(next(e for e in outcomes if isinstance(e, BudgetReached)))


def test_a_reply_without_its_tokens_counts_at_its_reservation(tmp_path: Path) -> None:
    with playing(tmp_path, Memory(lambda *_: answer("yes", usage=None)), max_cost_usd=1.0) as caller:
        asyncio.run(ask(caller, place()))
        stats = caller.stats()
    assert (stats.cost_usd, stats.uncosted) == (0.0, 1)
    assert stats.spent_usd > 100 * 8e-6
    with reader(tmp_path) as journal:
        assert journal.totals().spent_usd == pytest.approx(stats.spent_usd)


@pytest.mark.parametrize("usage", [Usage(0, 40), Usage(200, 0), Usage(-5, 40), Usage(200, math.nan)])  # type: ignore[arg-type]
def test_a_side_of_the_usage_that_is_not_told_counts_at_its_reservation(tmp_path: Path, usage: Usage) -> None:
    whole = Memory(lambda *_: answer("yes", usage=usage))
    with playing(tmp_path, whole, max_cost_usd=1.0) as caller:
        asyncio.run(ask(caller, place()))
        stats = caller.stats()
    with reader(tmp_path) as journal:
        (attempt,) = journal.attempts()
    assert stats.uncosted == 1
    told_usd = (200 * 2 + 0 if usage.input_tokens == 200 else 40 * 8) / 1e6
    reserved_usd = (100 * 8 if usage.input_tokens == 200 else (attempt.reserved_tokens - 100) * 2) / 1e6
    assert stats.spent_usd == pytest.approx(told_usd + reserved_usd)
    assert attempt.spent_usd == pytest.approx(stats.spent_usd)


def test_cached_tokens_are_never_more_than_the_prompts(tmp_path: Path) -> None:
    engine = Memory(lambda *_: answer("yes", usage=Usage(100, 10, cached_tokens=10_000)))
    with playing(tmp_path, engine, settings=config(cached_usd_per_million=1.0)) as caller:
        reply = asyncio.run(ask(caller, place()))
        assert caller.stats().cost_usd == pytest.approx((100 * 1 + 10 * 8) / 1e6)
    assert reply.usage.cached_tokens == 100


def test_output_beyond_what_was_reserved_raises_the_reservations_of_the_next_calls_also_in_a_resumed_run(
    tmp_path: Path,
) -> None:
    engine = Memory(lambda *_: answer("yes", usage=Usage(60, 5_100)))  # 5,000 tokens of hidden reasoning
    places = [place(game=game) for game in range(100)]
    with playing(tmp_path, engine, max_cost_usd=1.0) as caller:
        asyncio.run(ask(caller, places[0]))
        asyncio.run(ask(caller, places[1]))
    with playing(tmp_path, engine, max_cost_usd=1.0) as caller:
        outcomes = asyncio.run(ask_all(caller, places))
        assert caller.stats().spent_usd <= 1.0
    assert sum(isinstance(each, Reply) for each in outcomes) in range(20, 25)
    with reader(tmp_path) as journal:
        first, *others = [attempt.reserved_usd or 0.0 for attempt in journal.attempts()]
    assert all(each == pytest.approx(first + 5_000 * 8e-6) for each in others)


def test_an_absurd_usage_stops_the_run_in_one_line_and_is_not_booked(tmp_path: Path) -> None:
    engine = Memory(lambda *_: answer("yes", usage=Usage(200, 10**11)))
    with playing(tmp_path, engine) as caller:
        with pytest.raises(RunStopped, match="is said to have taken 100,000,000,000 tokens") as told:
            asyncio.run(ask(caller, place()))
        assert caller.stats().spent_usd < 0.01
        assert caller.stats().usage.output_tokens == 0
    assert "\n" not in str(told.value)
    with playing(tmp_path, engine) as caller:
        assert asyncio.run(ask(caller, place())).text == "yes", "it is on record and not bought again"
    assert len(engine.sent) == 1


@pytest.mark.parametrize(
    ("settings", "engine", "says"),
    [
        (EngineConfig(model="llama3", base_url="http://localhost:1/v1"), Memory(), "the price of model"),
        (config(), Memory(max_tokens=None), "set seller.engine.max_tokens"),
    ],
)
def test_a_cap_that_cannot_be_kept_is_refused_before_the_first_call(
    tmp_path: Path, settings: EngineConfig, engine: Memory, says: str
) -> None:
    settings._target_ = "bargain.engines.openai.OpenAIEngine"
    with pytest.raises(RunStopped, match=says) as told, playing(tmp_path, engine, settings=settings, max_cost_usd=1.0):
        pass
    assert "\n" not in str(told.value)


def test_the_prices_used_are_in_the_journal(tmp_path: Path) -> None:
    with playing(tmp_path, Memory()):
        pass
    with reader(tmp_path) as journal:
        assert '"input": 2.0, "output": 8.0' in journal.meta["prices"]
        assert '"source": "config"' in journal.meta["prices"]
