"""Rate, concurrency and pauses, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bargain.calls.limiter import Limiter
from bargain.engines.failures import retry_after_s
from tests import virtual

# -- rate --------------------------------------------------------------------------------------------------------------


class Server:
    """Enforces a number of requests per window and a concurrency, and answers after a latency."""

    def __init__(self, per_minute: int = 10**9, *, concurrency: int = 10**9, window_s: float = 60.0) -> None:
        self.allowed = per_minute * window_s / 60
        self.concurrency = concurrency
        self.window_s = window_s
        self.times: deque[float] = deque()
        self.inside = self.served = self.refused = self.most = 0

    async def answer(self, latency_s: float) -> bool:
        now = asyncio.get_running_loop().time()
        while self.times and self.times[0] <= now - self.window_s:
            self.times.popleft()
        if len(self.times) >= self.allowed or self.inside >= self.concurrency:
            self.refused += 1
            await asyncio.sleep(latency_s / 10)
            return False
        self.times.append(now)
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(latency_s)
        self.inside -= 1
        self.served += 1
        return True


async def clients(
    limiter: Limiter, server: Server, seconds: float, *, count: int = 256, latency_s: float = 1.0
) -> None:
    """So many callers, one call after another each, for so long."""
    end = asyncio.get_running_loop().time() + seconds

    async def client(number: int) -> None:
        while asyncio.get_running_loop().time() < end:
            slot = await limiter.enter()
            try:
                if await server.answer(latency_s * (0.5 + number % 7 / 7)):
                    slot.succeeded()
                else:
                    slot.refused()
            finally:
                slot.leave()

    await asyncio.gather(*(client(number) for number in range(count)))


@pytest.mark.parametrize("window_s", [60.0, 10.0, 1.0], ids=["per minute", "per 10 s", "per second"])
def test_600_requests_a_minute_are_used_to_90_percent_with_fewer_than_2_percent_refused(window_s: float) -> None:
    server = Server(600, window_s=window_s)
    virtual.run(clients(Limiter(max_concurrency=256, requests_per_minute=600), server, 300))
    assert server.served >= 0.9 * 600 * 5
    assert server.refused < 0.02 * (server.served + server.refused)


class Bucket:
    """A provider's token bucket: `per_s` requests a second, a second's worth at once."""

    def __init__(self, per_s: float) -> None:
        self.per_s = self.level = per_s
        self.at = 0.0
        self.served = self.refused = 0

    def allows(self) -> bool:
        now = asyncio.get_running_loop().time()
        self.level = min(self.per_s, self.level + (now - self.at) * self.per_s)
        self.at = now
        allowed = self.level >= 1
        self.level -= allowed
        self.served += allowed
        self.refused += not allowed
        return allowed


@pytest.mark.parametrize("hint_s", [None, 0.1, 1.0], ids=["without Retry-After", "exact", "whole seconds"])
@pytest.mark.parametrize("latency_s", [0.05, 1.0])
def test_a_rate_that_nobody_configured_is_learnt_from_few_refusals(latency_s: float, hint_s: float | None) -> None:
    limiter, bucket = Limiter(max_concurrency=256), Bucket(10)

    async def client() -> None:
        while True:
            slot = await limiter.enter()
            try:
                if bucket.allows():
                    await asyncio.sleep(latency_s)
                    slot.succeeded()
                else:
                    slot.refused(hint_s)
            finally:
                slot.leave()

    async def play() -> None:
        tasks = [asyncio.create_task(client()) for _ in range(200)]
        await asyncio.sleep(120)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    virtual.run(play())
    assert bucket.served >= 0.9 * 10 * 120
    assert bucket.refused < 0.02 * (bucket.served + bucket.refused)


def test_refusals_that_have_nothing_to_do_with_the_rate_do_not_slow_a_run_down_for_long() -> None:
    limiter, dice = Limiter(max_concurrency=64), random.Random(1)
    served = 0

    async def client() -> None:
        nonlocal served
        while asyncio.get_running_loop().time() < 120:
            slot = await limiter.enter()
            await asyncio.sleep(0.5)
            if dice.random() < 0.02:
                slot.refused()
            else:
                served += 1
                slot.succeeded()
            slot.leave()

    async def play() -> None:
        await asyncio.gather(*(client() for _ in range(64)))

    virtual.run(play())
    assert served > 0.15 * 64 * 2 * 120


@pytest.mark.parametrize("seed", [1, 2])
def test_refusals_that_come_by_chance_do_not_hold_a_run_at_a_call_a_second(seed: int) -> None:
    limiter, dice = Limiter(max_concurrency=256), random.Random(seed)
    late = 0

    async def client() -> None:
        nonlocal late
        while (now := asyncio.get_running_loop().time()) < 600:
            slot = await limiter.enter()
            if dice.random() < 0.06:
                await asyncio.sleep(0.2)
                slot.refused()
            else:
                await asyncio.sleep(dice.uniform(1.0, 3.0))
                slot.succeeded()
                late += now > 300
            slot.leave()

    async def play() -> None:
        await asyncio.gather(*(client() for _ in range(256)))

    virtual.run(play())
    assert late > 2 * 300


def test_requests_go_out_evenly_and_never_in_a_burst() -> None:
    server = Server(window_s=1.0)
    gaps: list[int] = []

    async def watch() -> None:
        task = asyncio.create_task(clients(Limiter(max_concurrency=256, requests_per_minute=600), server, 30))
        for _ in range(300):
            await asyncio.sleep(0.1)
            gaps.append(sum(1 for each in server.times if each > asyncio.get_running_loop().time() - 0.1))
        await task

    virtual.run(watch())
    assert max(gaps) <= 4


def test_tokens_a_minute_are_kept_and_corrected_by_what_the_provider_counted() -> None:
    async def use(expected: int, counted: int) -> float:
        limiter = Limiter(max_concurrency=8, tokens_per_minute=60_000)
        for _ in range(120):
            slot = await limiter.enter(expected)
            slot.succeeded(counted)
            slot.leave()
        return asyncio.get_running_loop().time()

    # 120 calls of 1000 tokens at 1000 tokens a second take two minutes, whatever was expected of them.
    assert virtual.run(use(1000, 1000)) == pytest.approx(120 / 0.98, rel=0.03)
    assert virtual.run(use(4000, 1000)) == pytest.approx(120 / 0.98, rel=0.05)
    assert virtual.run(use(250, 1000)) == pytest.approx(120 / 0.98, rel=0.03)


def test_a_rate_that_is_not_above_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limiter(max_concurrency=1, requests_per_minute=0)


# -- concurrency -------------------------------------------------------------------------------------------------------


def test_concurrency_starts_small_and_doubles_to_the_maximum_while_all_goes_well() -> None:
    seen = []

    async def watch() -> None:
        limiter, server = Limiter(max_concurrency=256), Server()
        task = asyncio.create_task(clients(limiter, server, 12, latency_s=1.0))
        for _ in range(8):
            seen.append(limiter.concurrency)
            await asyncio.sleep(1.1)
        assert server.most == 256
        await task

    virtual.run(watch())
    assert seen[0] == 16
    assert 24 <= seen[1] <= 64
    assert seen[-1] == 256


def test_one_cut_per_episode_however_many_calls_are_refused_in_it() -> None:
    async def episode() -> tuple[int, int, int]:
        limiter = Limiter(max_concurrency=64, start=64)
        slots = [await limiter.enter() for _ in range(64)]
        before = limiter.concurrency
        for slot in slots:
            slot.refused()
            slot.leave()
        return before, limiter.concurrency, limiter.cuts

    assert virtual.run(episode()) == (64, 44, 1)


def test_late_successes_of_calls_sent_before_the_cut_do_not_raise_the_concurrency() -> None:
    async def late() -> tuple[int, int]:
        limiter = Limiter(max_concurrency=64, start=32)
        slots = [await limiter.enter() for _ in range(32)]
        slots[0].refused()
        slots[0].leave()
        after_cut = limiter.concurrency
        for slot in slots[1:]:
            slot.succeeded()
            slot.leave()
        return after_cut, limiter.concurrency

    after_cut, later = virtual.run(late())
    assert after_cut == later == 22


def test_the_concurrency_that_a_server_bears_is_found_with_few_refusals() -> None:
    limiter, server = Limiter(max_concurrency=256), Server(concurrency=40)
    virtual.run(clients(limiter, server, 120, latency_s=1.0))
    assert server.refused < 0.08 * server.served
    assert server.served > 0.7 * 40 * 120


def test_a_server_that_is_away_for_a_minute_sees_few_requests_and_is_used_fully_soon_after() -> None:
    async def outage() -> tuple[int, int, float]:
        limiter, server = Limiter(max_concurrency=64), Server()
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(clients(limiter, server, 200, count=64))
        await asyncio.sleep(30)
        server.concurrency, before = 0, server.refused
        await asyncio.sleep(60)
        during = server.refused - before
        server.concurrency, away = 10**9, loop.time()
        while server.inside < 64:  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.1)
        back = loop.time() - away
        await task
        return before, during, back

    before, during, back = virtual.run(outage())
    assert before == 0
    assert during < 64 + 64 + 12  # who was in flight, one more round, then single calls further and further apart
    assert back < 30 + 30  # the longest pause, then doubling, and the last few by and by


@pytest.mark.parametrize("start", [4, 16])
def test_a_server_with_two_slots_loses_no_call_to_the_timeout_twice(start: int) -> None:
    """Every call takes 30 s of the two slots; 200 callers with 120 s of patience."""
    limiter = Limiter(max_concurrency=256, timeout_s=120.0, start=start)
    lost = timeouts = 0

    async def play() -> None:
        slots = asyncio.Semaphore(2)

        async def attempt() -> bool:
            with await limiter.enter() as slot:
                try:
                    async with asyncio.timeout(120), slots:
                        await asyncio.sleep(30)
                    slot.succeeded()
                except TimeoutError:
                    slot.failed()
                    return False
                return True

        async def client() -> None:
            nonlocal lost, timeouts
            for _ in range(3):
                if not await attempt():
                    timeouts += 1
                    lost += not await attempt()

        await asyncio.gather(*(client() for _ in range(200)))

    virtual.run(play())
    assert lost == 0
    assert timeouts <= (0 if start == 4 else 30)


def test_a_slow_server_with_room_for_all_is_used_fully() -> None:
    limiter, server = Limiter(max_concurrency=256, timeout_s=120.0), Server()
    virtual.run(clients(limiter, server, 2400, latency_s=40.0))
    assert server.most > 128


# -- pauses ------------------------------------------------------------------------------------------------------------


def test_a_retry_after_holds_everybody_back_for_exactly_as_long() -> None:
    async def hold_back() -> list[float]:
        limiter = Limiter(max_concurrency=64, max_wait_s=60)
        slot = await limiter.enter()
        slot.refused(7.0)
        slot.leave()
        entered = []

        async def client() -> None:
            mine = await limiter.enter()
            entered.append(asyncio.get_running_loop().time())
            mine.succeeded()
            mine.leave()

        await asyncio.gather(*(client() for _ in range(20)))
        return entered

    entered = virtual.run(hold_back())
    assert min(entered) == pytest.approx(7.0)
    assert max(entered) == pytest.approx(7.0)


def test_an_absurd_retry_after_is_cut_to_the_longest_wait() -> None:
    async def wait() -> float:
        limiter = Limiter(max_concurrency=4, max_wait_s=30)
        slot = await limiter.enter()
        slot.refused(86_400.0)
        slot.leave()
        (await limiter.enter()).leave()
        return asyncio.get_running_loop().time()

    assert virtual.run(wait()) == pytest.approx(30.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s"},
        {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-11-23T09:00:12Z"}
        | {"date": "Mon, 23 Nov 2026 09:00:00 GMT"},
    ],
    ids=["openai", "anthropic"],
)
def test_a_provider_that_says_its_bucket_is_empty_is_left_alone_until_it_is_full(headers: dict[str, str]) -> None:
    assert retry_after_s(headers) == pytest.approx(12.0)

    async def wait(remaining: str) -> float:
        limiter = Limiter(max_concurrency=4)
        slot = await limiter.enter()
        slot.succeeded(10, {name: remaining if "remaining" in name else value for name, value in headers.items()})
        slot.leave()
        (await limiter.enter()).leave()
        return asyncio.get_running_loop().time()

    assert virtual.run(wait("0")) == pytest.approx(12.0)
    assert virtual.run(wait("3")) == 0.0


# -- cancellation ------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), st.sampled_from("srx")), min_size=1, max_size=60))
@settings(max_examples=60)
def test_cancelled_callers_leave_no_slot_taken(plans: list[tuple[float, float, str]]) -> None:
    async def play() -> None:
        limiter = Limiter(max_concurrency=3, requests_per_minute=1200, max_wait_s=0.5)

        async def client(work_s: float, how: str) -> None:
            slot = await limiter.enter(10)
            try:
                await asyncio.sleep(work_s)
                if how == "s":
                    slot.succeeded(5)
                elif how == "r":
                    slot.refused(0.2)
            finally:
                slot.leave()

        tasks = []
        for number, (work_s, cancel_after_s, how) in enumerate(plans):
            task = asyncio.create_task(client(work_s, how))
            tasks.append(task)
            if number % 2:
                asyncio.get_running_loop().call_later(cancel_after_s, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (limiter.in_flight, limiter.waiting) == (0, 0)
        (await limiter.enter()).leave()

    virtual.run(play())
