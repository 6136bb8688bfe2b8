"""How fast and how many at once: one limiter per engine key, shared by every seat that uses the key.

A limiter paces requests and tokens evenly (no bursts that a server would refuse), holds everybody back when the
provider asks for it, and finds the concurrency the provider bears: it starts small, doubles while all goes well, is
cut once per rate-limit episode, then grows slowly. It grows from what answers in good time: a server with two slots
takes 256 calls as well, and answers most of them after their timeout. An episode is counted in calls, not in time: a
refusal of a call that was sent before the last cut says nothing about the concurrency after it. It knows no engine,
journal or money.

    limiter = Limiter(max_concurrency=64, requests_per_minute=600)
    with await limiter.enter(tokens=900) as slot:
        ...
        slot.succeeded(tokens=512, headers=raw.headers)     # or slot.refused(retry_after_s), slot.failed()
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Mapping

from bargain.calls.pace import LearntPace, Pacer
from bargain.engines.failures import retry_after_s

START = 16
"""Calls in flight at first, at most."""
GROWTH = 3.0
"""What a success adds until the first refusal: a full round of them multiplies the concurrency by four."""
CUT = 0.7
SLOW = 8
VERY_SLOW = 4
QUEUED = 1.5
"""An answer that took more than an eighth of the timeout lets the concurrency grow slowly; one that also took so much
longer than the fastest has stood in a queue, and beyond a quarter of the timeout it lets nothing grow: twice as many in
flight take twice as long where the server has no more slots."""
TIMED_OUT = 0.5
"""What is kept of the concurrency when an answer did not come in time."""
REQUEST_SLACK_S = 0.02
TOKEN_SLACK_S = 1.0
"""How much late time may be caught up in a burst."""
FIRST_PAUSE_S = 0.25
LONGEST_GUESS_S = 30.0
"""The shortest and the longest pause for everybody when a provider refuses again and again and names no wait."""
OUT_OF_REACH = 4
"""After so many episodes without one success in between it is no rate that is enforced: what was learnt is void."""
OUTAGE = 8
"""So many calls in a row without an answer, and none with one, are an outage: they count like refusals from then on."""


class Slot:
    """Leave to send one request. Whoever has it must leave, once; the end of a `with` does. More calls do nothing."""

    __slots__ = ("_inside", "_limiter", "entered", "number", "tokens")

    def __init__(self, limiter: Limiter, number: int, tokens: int, entered: float) -> None:
        self._limiter = limiter
        self.entered = entered
        self._inside = True
        self.number = number
        self.tokens = tokens

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def succeeded(self, tokens: int | None = None, headers: Mapping[str, str] | None = None) -> None:
        """The provider did the work: how many tokens it counted, None if unknown, and the headers of its answer."""
        if self._inside:
            self._limiter._succeeded(self, tokens, headers)

    def refused(self, retry_after_s: float | None = None) -> None:
        """The provider did no work: too many requests, overloaded, or not there."""
        if self._inside:
            self._limiter._refused(self, retry_after_s)

    def failed(self) -> None:
        """No answer came, or none that can be read; the provider may have done the work."""
        if self._inside:
            self._limiter._failed(self)

    def leave(self) -> None:
        """Gives the place to the next one."""
        if self._inside:
            self._inside = False
            self._limiter._left()


class Limiter:
    """Rate, concurrency and pauses of one engine key. For one event loop. `cuts` counts rate-limit episodes.

    timeout_s: how long an answer may take; one that takes a good part of it comes from a server that has enough to do.
    """

    def __init__(
        self,
        *,
        max_concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        max_wait_s: float = 300.0,
        timeout_s: float = math.inf,
        start: int = START,
    ) -> None:
        self.in_flight = 0
        self.cuts = 0
        self._max_wait_s = max_wait_s
        self._timeout_s = timeout_s
        self._fastest_s = math.inf
        self._limit = float(start)
        self.keep_to(max_concurrency)
        self._requests = Pacer(requests_per_minute, REQUEST_SLACK_S)
        self._tokens = Pacer(tokens_per_minute, TOKEN_SLACK_S)
        self._learnt = LearntPace()
        self._pause_until = float("-inf")
        self._number = 0
        self._last_before_cut = 0
        self._streak = 0
        self._failures = 0
        self._down_since: float | None = None
        self.has_succeeded = False
        self._waiting: deque[tuple[int, asyncio.Future[Slot]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._random = random.Random()

    @property
    def concurrency(self) -> int:
        """How many may be in flight now: one while the provider refuses episode after episode."""
        return 1 if self._streak > 1 else max(1, int(self._limit))

    @property
    def waiting(self) -> int:
        """How many wait to be let in."""
        return sum(1 for _, future in self._waiting if not future.done())

    @property
    def down_since(self) -> float | None:
        """The moment, in the loop's time, since when the provider refuses, without one success; None: all goes well."""
        return self._down_since

    @property
    def down_s(self) -> float:
        """For how many seconds that has been going on."""
        return 0.0 if self._down_since is None else asyncio.get_running_loop().time() - self._down_since

    def keep_to(self, max_concurrency: int) -> None:
        """No more than so many in flight from now on. Meant for a limiter that nobody has entered yet."""
        self.max_concurrency = max_concurrency
        self._limit = min(self._limit, float(max_concurrency))
        self._threshold = float(max_concurrency)
        """Where doubling ends and slow growth begins."""
        self._step = max(1.0, max_concurrency / 32)

    async def enter(self, tokens: int = 0) -> Slot:
        """Waits for rate, concurrency and pauses, first come first served. `tokens`: the expected size of the call."""
        future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, future))
        self._admit()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                future.result().leave()  # let in and cancelled in the same moment
            raise

    def _admit(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            tokens, future = self._waiting[0]
            if future.done():
                self._waiting.popleft()
                continue
            if self.in_flight >= self.concurrency:
                return
            now = loop.time()
            when = max(self._pause_until, self._requests.ready_at(), self._tokens.ready_at(), self._learnt.ready_at())
            if when > now:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = loop.call_at(when, self._admit)
                return
            self._waiting.popleft()
            self._requests.take(1, now)
            self._tokens.take(tokens, now)
            self._learnt.take(now)
            self._number += 1
            self.in_flight += 1
            future.set_result(Slot(self, self._number, tokens, now))

    def _left(self) -> None:
        self.in_flight -= 1
        self._admit()

    def _succeeded(self, slot: Slot, tokens: int | None, headers: Mapping[str, str] | None) -> None:
        self._streak = self._failures = 0
        self._down_since = None
        self.has_succeeded = True
        if tokens is not None:
            self._tokens.correct(tokens - slot.tokens)
        now = asyncio.get_running_loop().time()
        if slot.number > self._last_before_cut:
            self._learnt.succeeded(now)
            self._fastest_s = min(self._fastest_s, now - slot.entered)
            if self.in_flight >= self.concurrency:
                self._limit = min(self._limit + self._growth(now - slot.entered), float(self.max_concurrency))
        if headers and _is_exhausted(headers):
            self._pause(retry_after_s(headers))

    def _growth(self, took_s: float) -> float:
        """What an answer after so many seconds adds to the concurrency."""
        if took_s * SLOW < self._timeout_s:
            return GROWTH if self._limit < self._threshold else self._step / self._limit
        if took_s <= QUEUED * self._fastest_s and self._limit < self._threshold:
            return 1 / SLOW
        return 1 / self._limit if took_s * VERY_SLOW < self._timeout_s else 0.0

    def _failed(self, slot: Slot) -> None:
        self._failures += 1
        if self._failures >= OUTAGE:
            self._refused(slot, None)
        elif (
            asyncio.get_running_loop().time() - slot.entered >= self._timeout_s and slot.number > self._last_before_cut
        ):
            self._last_before_cut = self._number
            self.cuts += 1
            self._threshold = self._limit = max(1.0, TIMED_OUT * min(self._limit, self.in_flight))

    def _refused(self, slot: Slot, wait_s: float | None) -> None:
        now = asyncio.get_running_loop().time()
        if self._down_since is None:
            self._down_since = now
        if slot.number <= self._last_before_cut:
            self._learnt.refused_again(now)
        else:
            self._last_before_cut = self._number
            self.cuts += 1
            self._streak += 1
            if self._streak == OUT_OF_REACH:
                self._learnt = LearntPace()
            if self._streak == 1:
                self._learnt.cut(now)
                self._threshold = self._limit = max(1.0, CUT * min(self._limit, self.in_flight))
            else:  # nothing succeeded since the last cut: single calls go out to see, and the way back up is fast
                self._limit = 1.0
            if not wait_s and self._streak > 1:
                # Episode after episode without one success and without a hint: everybody waits, longer each time.
                longest = min(LONGEST_GUESS_S, FIRST_PAUSE_S * 2.0 ** min(self._streak, 20))
                wait_s = longest * self._random.uniform(0.5, 1.0)
        self._tokens.correct(-slot.tokens)
        self._pause(wait_s)

    def _pause(self, wait_s: float | None) -> None:
        if wait_s is not None and wait_s > 0:
            until = asyncio.get_running_loop().time() + min(wait_s, self._max_wait_s)
            self._pause_until = max(self._pause_until, until)


_REMAINING = (
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-remaining",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-output-tokens-remaining",
)


def _is_exhausted(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that its bucket is now empty, so that the next call would be refused."""
    return any(headers.get(name, "").strip() in ("0", "0.0") for name in _REMAINING if name in headers)
