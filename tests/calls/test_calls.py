"""The call policy: what is on record when, what is tried again, what is never paid twice, what stops."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bargain.calls.caller import Caller
from bargain.config.schema import EngineConfig
from bargain.engines.base import Failure, Raw, Request
from bargain.errors import CallFailed, JournalMismatch, NotRecorded
from bargain.journal.journal import Journal
from bargain.records import Reply, Usage
from tests.calling import SCENE, Memory, answer, ask, config, echo, limits, never, place, playing, reader, words

NOT_SENT = Failure("not_sent", "cannot connect")


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


def test_half_a_reply_is_asked_for_again_a_few_times_but_what_was_played_stays_played(tmp_path: Path) -> None:
    class Strict(Memory):
        def read(self, raw: Raw) -> Reply:
            reply = super().read(raw)
            if reply.text.endswith("tak"):
                raise Failure("maybe_billed", "broke off", half=reply)
            return reply

    half = answer("Great, I'll tak")
    with playing(tmp_path, Memory(lambda *_: half)) as caller:  # as version 0.1 read it
        asyncio.run(ask(caller, place(turn=3)))
    engine = Strict(lambda request, number: half if number == 1 or request.place.turn == 5 else echo(request, 2))
    with playing(tmp_path, engine, mode="live") as caller:
        assert asyncio.run(ask(caller, place(turn=3))).text == "Great, I'll tak"
        assert asyncio.run(ask(caller, place(turn=4))).text == "0/4: How much?"
        with pytest.raises(CallFailed, match="broke off; given up after attempt 2"):
            asyncio.run(ask(caller, place(turn=5)))
        stats = caller.stats()
    assert [each.turn for each in engine.sent] == [4, 4, 5, 5]
    assert (stats.retries, stats.maybe_billed, stats.failed) == (2, 3, 1)
    with playing(tmp_path, Strict(never), mode="replay") as caller:
        assert asyncio.run(ask(caller, place(turn=3))).text == "Great, I'll tak"


def test_a_prompt_that_the_server_cut_without_a_word_is_told_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def say(request: Request, number: int) -> Raw:
        tokens = sum(len(each.text) for each in request.messages) // 5
        return answer("$15", usage=Usage(min(tokens, 4096) * window[request.place.role], 3, calls=1))

    window = {"seller": 1, "buyer": 0}  # the buyer's server counts nothing
    with playing(tmp_path, Memory(say)) as caller:
        for turn in range(1, 9):
            asyncio.run(ask(caller, place(turn=turn), "My price is $15. " * 300 * turn))
            asyncio.run(ask(caller, place(turn=turn, role="buyer"), "My price is $15. " * 300 * turn))
        assert caller.stats().contexts_cut == 2, "of 7,140 and 8,160 tokens"
    (line,) = caplog.messages
    assert "engine memory (seller): the server counted 4096 tokens of a prompt of about 71" in line
    assert "OLLAMA_CONTEXT_LENGTH" in line


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
