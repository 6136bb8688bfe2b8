"""The call policy: what is on record when, what is tried again, what is never paid twice, what stops."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bargain.calls import Caller
from bargain.engines.base import Failure, Raw, Request
from bargain.errors import BudgetReached, CallFailed, JournalMismatch, NotRecorded, RunStopped
from bargain.journal import Journal
from bargain.records import Reply, Usage
from bargain.schema import EngineConfig
from tests.calling import SCENE, Memory, answer, ask, ask_all, config, echo, limits, place, playing, reader, words

NOT_SENT = Failure("not_sent", "cannot connect")
LOST = Failure("maybe_billed", "the connection broke")


def never(request: Request, number: int) -> Raw:
    raise AssertionError(f"{request.place} was sent")


# -- order on disk -----------------------------------------------------------------------------------------------------


def test_the_intent_is_on_disk_before_the_request_is_sent(tmp_path: Path) -> None:
    seen = []

    def say(request: Request, number: int) -> Raw:
        with reader(tmp_path) as journal:
            seen.extend((each.kind, each.place) for each in journal.attempts())
        return echo(request, number)

    with playing(tmp_path, Memory(say)) as caller:
        asyncio.run(ask(caller, place()))
    assert seen == [("open", place())]


def test_the_raw_answer_is_on_disk_before_the_engine_reads_it(tmp_path: Path) -> None:
    seen = []

    class Looking(Memory):
        def read(self, raw: Raw) -> Reply:
            with reader(tmp_path) as journal:
                seen.append((journal.raw(1), next(journal.attempts()).kind))
            return super().read(raw)

    with playing(tmp_path, Looking()) as caller:
        asyncio.run(ask(caller, place()))
    assert seen == [((200, echo(Request(place(), words(place()), SCENE), 1).body), "unread")]


def test_error_answers_are_recorded_with_their_bodies(tmp_path: Path) -> None:
    engine = Memory(lambda request, number: Raw(429, b"<html>\xff slow down") if number == 1 else echo(request, 2))
    with playing(tmp_path, engine) as caller:
        asyncio.run(ask(caller, place()))
    with reader(tmp_path) as journal:
        first, second = journal.attempts()
        assert (first.kind, first.status, first.message) == ("not_sent", 429, "429, rate limit reached")
        assert journal.raw(first.id) == (429, b"<html>\xff slow down")
        assert (second.kind, second.number, second.cost_usd) == ("reply", 2, pytest.approx(200 * 2e-6 + 40 * 8e-6))


# -- resume and replay -------------------------------------------------------------------------------------------------


def test_a_recorded_reply_is_served_without_a_call_and_costs_what_it_cost(tmp_path: Path) -> None:
    with playing(tmp_path, Memory()) as caller:
        first = asyncio.run(ask(caller, place()))
        cost = caller.stats().cost_usd
    with playing(tmp_path, Memory(never)) as caller:
        assert asyncio.run(ask(caller, place())) == first
        stats = caller.stats()
    assert (stats.from_journal, stats.live, stats.cost_usd) == (1, 0, cost)
    assert stats.by_seat == {"seller": first.usage}


def test_equal_requests_at_different_places_are_different_calls(tmp_path: Path) -> None:
    draws = iter("abc")
    engine = Memory(lambda request, number: answer(next(draws)))
    places = [place(3), place(5), place(3, again=1)]

    async def one_by_one() -> list[str]:
        return [(await ask(caller, each)).text for each in places]

    with playing(tmp_path, engine) as caller:
        assert asyncio.run(one_by_one()) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"said": "Now what?"}, 'message 2 (user) was "How much?", is "Now what?"'),
        ({"temperature": 0.5}, "temperature was 1.0, is 0.5"),
        ({"more": True}, "2 messages were sent, now 3"),
    ],
)
def test_another_request_at_a_recorded_place_is_neither_reused_nor_paid(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    class Changed(Memory):
        def body(self, request: Request) -> dict[str, object]:
            return super().body(request) | {key: change[key] for key in change if key == "temperature"}

    with playing(tmp_path, Memory()) as caller:
        asyncio.run(ask(caller, place(turn=7, game=4)))
    said = ["How much?", "Well?"] if change.get("more") else [str(change.get("said", "How much?"))]
    with playing(tmp_path, Changed(never)) as caller, pytest.raises(JournalMismatch) as told:
        asyncio.run(ask(caller, place(turn=7, game=4), *said))
    assert "game 4, round 1, turn 7, seller" in str(told.value)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_replay_needs_no_network_and_names_the_place_of_a_missing_reply(tmp_path: Path) -> None:
    with playing(tmp_path, Memory()) as caller:
        first = asyncio.run(ask(caller, place()))
    with playing(tmp_path, Memory(never), mode="replay") as caller:
        assert asyncio.run(ask(caller, place())) == first
        with pytest.raises(NotRecorded, match="game 9, round 1, turn 3, seller"):
            asyncio.run(ask(caller, place(game=9)))


def test_a_call_that_failed_for_good_fails_with_the_same_words_on_resume_and_replay(tmp_path: Path) -> None:
    told = []
    engine = Memory(lambda request, number: Failure("rejected", "400, the prompt is too long"))
    for mode, used in (("live", engine), ("live", Memory(never)), ("replay", Memory(never))):
        with playing(tmp_path, used, mode=mode) as caller, pytest.raises(CallFailed) as error:
            asyncio.run(ask(caller, place()))
        told.append(str(error.value))
    assert told == ["400, the prompt is too long"] * 3
    assert len(engine.sent) == 1


def test_what_failed_for_good_can_be_asked_again_on_request(tmp_path: Path) -> None:
    with playing(tmp_path, Memory(lambda *_: NOT_SENT), max_tries=2) as caller, pytest.raises(CallFailed):
        asyncio.run(ask(caller, place()))
    with playing(tmp_path, Memory(), retry_failed=True) as caller:
        reply = asyncio.run(ask(caller, place()))
    with playing(tmp_path, Memory(never), mode="replay") as caller:
        assert asyncio.run(ask(caller, place())) == reply


def test_an_answer_that_nobody_had_read_yet_is_read_on_resume_and_not_bought_again(tmp_path: Path) -> None:
    request = Request(place(), words(place()), SCENE)

    async def crash_before_reading() -> None:
        with Journal.open(tmp_path) as journal:
            packed = journal.pack(Memory().body(request))
            intent, written = journal.intend(
                place(), packed, number=1, engine="memory", model="gpt-4o", reserved_usd=0.5, reserved_tokens=999
            )
            await written
            await journal.answer(intent, status=200, body=answer("paid for").body, seconds=0.1)

    asyncio.run(crash_before_reading())
    with reader(tmp_path) as journal:
        assert (journal.totals().unread, journal.totals().spent_usd) == (1, 0.5)
    with playing(tmp_path, Memory(never)) as caller:
        assert asyncio.run(ask(caller, place())).text == "paid for"
    with reader(tmp_path) as journal:
        sums = journal.totals()
    assert (sums.unread, sums.replies, sums.spent_usd) == (0, 1, pytest.approx(200 * 2e-6 + 40 * 8e-6))


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
        await asyncio.sleep(60)
        raise AssertionError

    def say(request: Request, number: int) -> object:
        return (
            hang() if request.place.game == 0 else KeyError("secret") if request.place.game == 1 else echo(request, 1)
        )

    engine = Memory(say)  # type: ignore[arg-type]
    started = time.monotonic()
    with playing(tmp_path, engine, settings=config(timeout_s=0.1), max_maybe_billed=1) as caller:
        hung, broken, fine = asyncio.run(ask_all(caller, [place(game=game) for game in range(3)]))
    assert time.monotonic() - started < 5
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


# -- cancellation ------------------------------------------------------------------------------------------------------


def test_a_call_cancelled_after_it_was_sent_is_an_open_intent_that_is_reissued_and_reported(tmp_path: Path) -> None:
    async def hang() -> Raw:
        sent.set()
        await asyncio.sleep(60)
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
        await asyncio.sleep(60)
        raise AssertionError

    async def cancel_after(caller: Caller, steps: int) -> None:
        task = asyncio.create_task(ask(caller, place(game=steps)))
        for _ in range(steps):
            await asyncio.sleep(0 if steps < 20 else 0.0003)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def cancel_at_every_step(caller: Caller) -> None:
        for steps in range(60):
            await cancel_after(caller, steps)

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
        left = await caller.drain(5.0)
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


# -- money -------------------------------------------------------------------------------------------------------------


def test_the_bill_never_passes_the_cap_with_256_calls_in_flight_and_a_higher_cap_goes_on(tmp_path: Path) -> None:
    bill = Counter[str]()

    async def costly(request: Request) -> Raw:
        await asyncio.sleep(random.Random(request.place.game).uniform(0, 0.01))
        used = Usage(random.Random(request.place.game).randint(1, 40), 100, calls=1)
        bill["micro"] += used.input_tokens * 2 + used.output_tokens * 8
        return answer("yes", usage=used)

    places = [place(game=game) for game in range(600)]
    engine = Memory(lambda request, _: costly(request))
    with playing(tmp_path, engine, max_cost_usd=0.2) as caller:
        outcomes = asyncio.run(ask_all(caller, places))
    paid = len(engine.sent)
    assert engine.most > 50
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


# -- free engines ------------------------------------------------------------------------------------------------------


def test_free_engines_need_no_journal_and_leave_the_loop_its_turns() -> None:
    class Free(Memory):
        free = True

        def answer(self, request: Request) -> Reply:
            time.sleep(0.0005)
            return Reply("yes", Usage(calls=1), "free", simulated=True)

    async def play() -> int:
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticker = asyncio.create_task(tick())
        for turn in range(100):
            await ask(caller, place(turn))
        ticker.cancel()
        return turns

    caller = Caller(None, {"seller": Free(never)}, {"seller": EngineConfig()}, limits())
    assert asyncio.run(play()) >= 5
    assert caller.stats().live == 100
    caller.close()


def test_a_paid_engine_without_a_journal_is_refused() -> None:
    with pytest.raises(ValueError, match="need a journal"):
        Caller(None, {"seller": Memory()}, {"seller": config()}, limits())


# -- many at once ------------------------------------------------------------------------------------------------------


def test_with_every_fifth_call_failing_all_games_end_and_good_replies_are_those_without_faults(tmp_path: Path) -> None:
    kinds = [
        NOT_SENT, LOST, Raw(429, b""), Raw(429, b"", {"retry-after": "99999"}), Raw(500, b"<html>"),
        Raw(200, b"\xff\xfe"), Raw(200, b""), OSError("gone"), Raw(200, b"[]"),
    ]  # fmt: skip

    def say(request: Request, number: int) -> Raw | Exception:
        dice = random.Random(f"{request.place.game} {request.place.turn} {number}")
        return dice.choice(kinds) if dice.random() < 0.2 else echo(request, number)

    async def game(caller: Caller, number: int) -> list[str]:
        said: list[str] = []
        try:
            for turn in range(1, 11):
                said.append((await ask(caller, place(turn, number), *said, "and?")).text)
        except CallFailed:
            said.append("error")
        return said

    async def play(caller: Caller) -> list[list[str]]:
        return await asyncio.gather(*(game(caller, number) for number in range(64)))

    faultless, faulty = tmp_path / "a", tmp_path / "b"
    faultless.mkdir()
    faulty.mkdir()
    with playing(faultless, Memory()) as caller:
        wanted = asyncio.run(play(caller))
    with playing(faulty, Memory(say), max_wait_s=0.01) as caller:
        got = asyncio.run(play(caller))
        stats = caller.stats()
        assert (stats.in_flight, stats.waiting) == (0, 0)
    with playing(faulty, Memory(never), mode="replay") as caller:
        assert asyncio.run(play(caller)) == got
    whole = [index for index, said in enumerate(got) if "error" not in said]
    assert len(whole) > 40
    assert [got[index] for index in whole] == [wanted[index] for index in whole]


CHILD = """
import asyncio, os, sys
from pathlib import Path
from tests.calling import Memory, ask, echo, place, playing

async def slowly(request):
    os.write(log, f"sent {request.place.game} {request.place.turn}\\n".encode())
    await asyncio.sleep(0.002 + request.place.game % 7 / 1000)
    return echo(request, 1)

async def game(caller, number):
    said = []
    for turn in range(1, 21):
        said.append((await ask(caller, place(turn, number), *said, "and?")).text)
    return said

async def main():
    with playing(Path(sys.argv[1]), Memory(lambda request, _: slowly(request))) as caller:
        print(await asyncio.gather(*(game(caller, number) for number in range(64))))

log = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
asyncio.run(main())
"""


def test_five_kills_lose_only_open_intents_and_buy_no_reply_twice(tmp_path: Path) -> None:
    log = tmp_path / "sent.log"
    log.touch()
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(log)]
    root = str(Path(__file__).parent.parent)
    dice = random.Random(1)
    for kill in range(5):
        child = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
        until = (kill + 1) * 64 * 20 / 7
        end = time.monotonic() + 30
        while log.read_bytes().count(b"\n") < until and child.poll() is None and time.monotonic() < end:
            time.sleep(dice.uniform(0.001, 0.01))
        child.send_signal(signal.SIGKILL)
        child.wait()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)

    sent = Counter(tuple(line.split()[1:]) for line in log.read_text().splitlines())
    with reader(tmp_path) as journal:
        journal.verify()
        attempts = list(journal.attempts())
    replies = Counter((str(each.place.game), str(each.place.turn)) for each in attempts if each.kind == "reply")
    intents = Counter((str(each.place.game), str(each.place.turn)) for each in attempts if each.kind == "open")
    assert set(replies.values()) == {1}
    assert len(replies) == 64 * 20
    # An intent may have been killed before it was sent, so it explains at most one more call each.
    assert all(count <= 1 + intents[where] for where, count in sent.items())
    assert intents.total() > 0

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    again = [*command[:3], str(undisturbed), os.devnull]
    assert subprocess.run(again, cwd=root, capture_output=True, text=True, timeout=60, check=True).stdout == done.stdout
