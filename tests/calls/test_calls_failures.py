"""The call policy under failures: what is tried again, what fails its game, what stops the run, what is cancelled."""

from __future__ import annotations

import asyncio
import random
import unittest.mock
from pathlib import Path

import pytest

from bargain.calls.caller import Caller
from bargain.engines.base import Failure, Raw, Request
from bargain.errors import CallFailed, RunStopped
from bargain.records import Reply
from tests.calling import Memory, answer, ask, ask_all, config, echo, never, place, playing, reader
from tests.commands import AN_HOUR_S, PATIENCE_S

NOT_SENT = Failure("not_sent", "cannot connect")
LOST = Failure("maybe_billed", "the connection broke")


# -- failures ----------------------------------------------------------------------------------------------------------


def test_what_was_not_sent_is_tried_again_until_the_tries_are_used_up(tmp_path: Path) -> None:
    engine = Memory(lambda *_: NOT_SENT)
    with playing(tmp_path, engine, max_tries=4) as caller:
        with pytest.raises(CallFailed, match="cannot connect; given up after attempt 4"):
            asyncio.run(ask(caller, place()))
        stats = caller.stats()
    assert len(engine.sent) == 4
    assert (stats.retries, stats.spent_usd, stats.failed) == (3, 0.0, 1)


def test_what_may_have_been_billed_is_tried_again_a_few_times_and_counts_at_its_reservation(tmp_path: Path) -> None:
    engine = Memory(lambda *_: LOST)
    with playing(tmp_path, engine, max_maybe_billed=2) as caller:
        with pytest.raises(CallFailed, match="the connection broke; given up after attempt 2"):
            asyncio.run(ask(caller, place()))
        spent = caller.stats().spent_usd
    assert len(engine.sent) == 2
    with reader(tmp_path) as journal:
        reserved = [each.reserved_usd for each in journal.attempts()]
        assert None not in reserved
        assert journal.totals().spent_usd == pytest.approx(spent) == pytest.approx(sum(each or 0 for each in reserved))
    with playing(tmp_path, Memory()) as caller:
        assert caller.stats().spent_usd == pytest.approx(spent)


def test_where_tokens_cost_nothing_a_broken_connection_is_tried_again_as_often_as_anything(tmp_path: Path) -> None:
    engine = Memory(lambda request, number: LOST if number < 6 else echo(request, number))
    free = config(input_usd_per_million=0.0, output_usd_per_million=0.0)
    with playing(tmp_path, engine, settings=free, max_maybe_billed=2) as caller:
        assert asyncio.run(ask(caller, place())).text == "0/3: How much?"
        assert (caller.stats().retries, caller.stats().failed) == (5, 0)


def test_a_refused_request_is_not_tried_again(tmp_path: Path) -> None:
    engine = Memory(lambda *_: Raw(400, b"no"))
    with playing(tmp_path, engine) as caller, pytest.raises(CallFailed, match="400, refused"):
        asyncio.run(ask(caller, place()))
    assert len(engine.sent) == 1


def test_a_wrong_key_stops_the_run_with_one_line_and_nothing_that_waits_is_sent(tmp_path: Path) -> None:
    engine = Memory(lambda *_: Raw(401, b"no"))
    with playing(tmp_path, engine, settings=config(max_concurrency=4)) as caller:
        outcomes = asyncio.run(ask_all(caller, [place(game=game) for game in range(200)]))
    assert {(type(each), str(each)) for each in outcomes} == {(RunStopped, "401, refused")}
    assert len(engine.sent) == 4


def test_a_run_that_stops_lets_the_paid_calls_in_flight_come_home(tmp_path: Path) -> None:
    async def slowly(request: Request) -> Raw:
        await asyncio.sleep(0.2)
        return echo(request, 1)

    engine = Memory(lambda request, _: Raw(401, b"") if request.place.game == 0 else slowly(request))
    with playing(tmp_path, engine) as caller:
        asyncio.run(ask_all(caller, [place(game=game) for game in range(8)]))
    with reader(tmp_path) as journal:
        assert (journal.totals().replies, journal.totals().open_intents) == (7, 0)


def test_an_engine_that_hangs_is_given_up_and_one_that_breaks_costs_its_game_alone(tmp_path: Path) -> None:
    async def hang() -> Raw:
        await asyncio.sleep(AN_HOUR_S)
        raise AssertionError

    def say(request: Request, number: int) -> object:
        return (
            hang() if request.place.game == 0 else KeyError("secret") if request.place.game == 1 else echo(request, 1)
        )

    engine = Memory(say)  # type: ignore[arg-type]
    with playing(tmp_path, engine, settings=config(timeout_s=2.0), max_maybe_billed=1) as caller:
        hung, broken, fine = asyncio.run(ask_all(caller, [place(game=game) for game in range(3)]))
    assert "no answer within" in str(hung)
    assert "the call broke off (KeyError)" in str(broken)
    assert "secret" not in str(broken)
    assert isinstance(fine, Reply)


def test_retries_leave_the_games_random_numbers_alone(tmp_path: Path) -> None:
    random.seed(7)
    before = random.getstate()
    engine = Memory(lambda request, number: NOT_SENT if number < 4 else echo(request, number))
    with playing(tmp_path, engine) as caller:
        asyncio.run(ask(caller, place()))
    assert random.getstate() == before


def test_a_wait_beyond_max_wait_s_stops_the_run_at_once_and_says_when_it_works_again(tmp_path: Path) -> None:
    engine = Memory(lambda *_: Raw(429, b"", {"retry-after": "5400"}))
    says = (
        r"rate limit reached; it works again in 1:30:00 h \(20..-..-.. ..:..\), and limits.max_wait_s is 300; start it"
    )
    with playing(tmp_path, engine, max_wait_s=300.0) as caller, pytest.raises(RunStopped, match=says):
        asyncio.run(ask(caller, place()))
    assert len(engine.sent) == 1


def test_what_is_waited_for_is_told_while_it_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def play(caller: Caller) -> None:
        told = asyncio.Event()
        caplog.handler.addFilter(lambda record: told.set() is None)
        calls = asyncio.create_task(ask_all(caller, [place(game=game) for game in range(4)]))
        await told.wait()
        assert not calls.done()
        calls.cancel()
        await asyncio.gather(calls, return_exceptions=True)

    engine = Memory(lambda *_: Raw(429, b"", {"retry-after": "200"}))
    with (
        playing(tmp_path, engine, max_wait_s=300.0) as caller,
        unittest.mock.patch("bargain.calls.patience.TELL_S", 0.05),
    ):
        asyncio.run(play(caller))
    assert caplog.messages == ["429, rate limit reached; waiting for it, and trying again now and then"]


def test_a_server_that_goes_up_and_down_stops_the_run_instead_of_losing_game_after_game(tmp_path: Path) -> None:
    engine = Memory(lambda request, _: echo(request, 1) if request.place.game % 2 else LOST)
    with playing(tmp_path, engine, max_maybe_billed=1, settings=config(max_concurrency=2)) as caller:
        outcomes = asyncio.run(ask_all(caller, [place(game=game) for game in range(60)]))
        lost = caller.stats().failed
    assert lost == 5
    stopped = [each for each in outcomes if isinstance(each, RunStopped)]
    assert len(stopped) > 40
    assert "6 of the last 11 calls were lost so" in str(stopped[0])
    assert "retry_failed=true" in str(stopped[0])


# -- cancellation ------------------------------------------------------------------------------------------------------


def test_a_call_cancelled_after_it_was_sent_is_an_open_intent_that_is_reissued_and_reported(tmp_path: Path) -> None:
    async def hang() -> Raw:
        sent.set()
        await asyncio.sleep(AN_HOUR_S)
        raise AssertionError

    async def cancelled(caller: Caller) -> None:
        task = asyncio.create_task(ask(caller, place()))
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    sent = asyncio.Event()
    with playing(tmp_path, Memory(lambda *_: hang())) as caller:
        asyncio.run(cancelled(caller))
        assert caller.stats().in_flight == 0
        spent = caller.stats().spent_usd
    assert spent > 0
    with playing(tmp_path, Memory()) as caller:
        assert (caller.stats().open_intents, caller.stats().spent_usd) == (1, pytest.approx(spent))
        asyncio.run(ask(caller, place()))
        assert (caller.stats().reissued, caller.stats().live) == (1, 1)


def test_a_call_cancelled_at_any_step_is_open_if_it_was_sent_and_costs_nothing_if_not(tmp_path: Path) -> None:
    async def hang() -> Raw:
        arrived.set()
        await asyncio.sleep(AN_HOUR_S)
        raise AssertionError

    async def cancel_after(caller: Caller, steps: int) -> None:
        arrived.clear()
        task = asyncio.create_task(ask(caller, place(game=steps)))
        for _ in range(steps):
            await asyncio.sleep(0 if steps < 20 else 0.0003)
        if steps == 59:  # this one is sent, however long its intent takes
            await arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def cancel_at_every_step(caller: Caller) -> None:
        for steps in range(60):
            await cancel_after(caller, steps)

    arrived = asyncio.Event()
    engine = Memory(lambda *_: hang())
    with playing(tmp_path, engine) as caller:
        asyncio.run(cancel_at_every_step(caller))
        assert caller.stats().in_flight == 0
        spent = caller.stats().spent_usd
    with reader(tmp_path) as journal:
        attempts = list(journal.attempts())
        assert journal.totals().spent_usd == pytest.approx(spent)
    assert {each.kind for each in attempts} == {"open", "not_sent"}
    assert [each.place for each in attempts if each.kind == "open"] == engine.sent


def test_a_reply_that_reached_us_is_committed_even_if_its_caller_is_cancelled_then(tmp_path: Path) -> None:
    async def cancelled_on_arrival(caller: Caller) -> None:
        async def deliver() -> Raw:
            # Cancels the caller, in whose task this runs, at the first moment after the answer was handed over.
            asyncio.get_running_loop().call_soon(task.cancel)
            return answer("arrived")

        engine.say = lambda *_: deliver()
        task = asyncio.create_task(ask(caller, place()))
        with pytest.raises(asyncio.CancelledError):
            await task

    engine = Memory()
    with playing(tmp_path, engine) as caller:
        asyncio.run(cancelled_on_arrival(caller))
    with playing(tmp_path, Memory(never)) as caller:
        assert asyncio.run(ask(caller, place())).text == "arrived"


def test_draining_starts_nothing_new_and_waits_for_what_is_in_flight(tmp_path: Path) -> None:
    async def slowly(request: Request) -> Raw:
        if len(engine.sent) == 4:
            four_sent.set()
        await asyncio.sleep(0.1)
        return echo(request, 1)

    async def stop_soon(caller: Caller) -> int:
        tasks = [asyncio.create_task(ask(caller, place(game=game))) for game in range(12)]
        await four_sent.wait()
        left = await caller.drain(PATIENCE_S)
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return left

    four_sent = asyncio.Event()
    engine = Memory(lambda request, _: slowly(request))
    with playing(tmp_path, engine, settings=config(max_concurrency=4)) as caller:
        assert asyncio.run(stop_soon(caller)) == 0
    with reader(tmp_path) as journal:
        assert (journal.totals().replies, journal.totals().open_intents) == (4, 0)
    assert len(engine.sent) == 4
