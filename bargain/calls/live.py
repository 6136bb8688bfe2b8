"""Calls that are not on record yet: tried until there is a reply or no more hope, each attempt durable at every step.

    reserve the worst case -> wait for the limiter -> commit the intent -> send -> commit what came back, as it came
    -> read it -> settle -> return, or try again

It is the only layer that retries. `not_sent` is tried again up to limits.max_tries attempts, `maybe_billed` up to
limits.max_maybe_billed of them, not counting a first one that died on a used connection (as often as `not_sent` where
tokens cost nothing); `rejected` fails the call, `fatal` stops the run. Every wait is bounded: an attempt by its
timeout, a pause by limits.max_wait_s, their number by max_tries. A reply that reached us is committed even when the
caller is cancelled meanwhile; a call that is cancelled after it was sent stays on record as an open intent.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

import anyio

from bargain.calls.budget import Budget
from bargain.calls.cuts import Cuts
from bargain.calls.limiter import Slot
from bargain.calls.patience import Patience
from bargain.calls.pricing import prompt_estimate
from bargain.calls.stats import Stats
from bargain.calls.terms import Bounds, SeatTerms
from bargain.config.schema import LimitsConfig
from bargain.engines.base import Failure, FailureKind, Raw, Request
from bargain.errors import CallFailed, RunStopped
from bargain.journal.format import Packed
from bargain.journal.journal import Intent, Journal
from bargain.records import Reply

FIRST_BACKOFF_S = 0.5
UNSEEN_BACKOFF_S = 4.0
"""The longest first wait after a refusal, and after an attempt that may have been billed."""
DRAIN_S = 10.0
"""When the run must stop: how long the calls in flight may take to come home. They are paid for."""

Spent = tuple[float | None, int | None]
"""USD and tokens that an attempt cost; None: unknown, so what was reserved counts."""
NOTHING: Spent = (0.0, 0)
AS_RESERVED: Spent = (None, None)
_DID_NO_WORK = ("not_sent", "rejected", "fatal")


class LiveCalls:
    """Makes the calls of one run, on one event loop, recorded in one journal and counted against one budget."""

    def __init__(self, journal: Journal, limits: LimitsConfig, budget: Budget, stats: Stats) -> None:
        self.budget = budget
        self._journal = journal
        self._limits = limits
        self._stats = stats
        self._stopped = ""
        self._absurd = ""
        self._draining = False
        self._none_in_flight = asyncio.Event()
        self._none_in_flight.set()
        self._random = random.Random()  # its own: no game's generator is touched
        self._patience = Patience(limits)
        self._cuts = Cuts(stats)

    async def call(
        self, terms: SeatTerms, request: Request, body: dict[str, Any], packed: Packed, before: int
    ) -> Reply:
        """The reply to a request that was tried `before` times by now.

        Raises CallFailed, RunStopped, BudgetReached, JournalFull.
        """
        tried = unseen = extra = 0
        may_cost = terms.price is None or not terms.price.is_nothing
        while True:
            tried += 1
            outcome, attempt = await self._attempt(terms, request, body, packed, before + tried + extra)
            if isinstance(outcome, Reply):
                self._stats.live += 1
                self._patience.answered()
                await self._stop_if(self._absurd)
                return outcome
            kind = outcome.kind
            await self._stop_if(self._patience.ends_at(outcome))
            self._stats.maybe_billed += kind == "maybe_billed"
            if outcome.again and not extra:  # sent again at once, and it costs no try
                tried, extra = tried - 1, 1
                self._stats.retries += 1
                continue
            unseen += kind == "maybe_billed" and may_cost
            if kind != "rejected":
                await self._stop_if(self._patience.bear(terms.limiter, str(outcome)))
            if kind == "rejected" or tried == self._limits.max_tries or unseen >= self._limits.max_maybe_billed:
                break
            self._stats.retries += 1
            await self._back_off(kind, outcome.retry_after_s, tried)
        if kind != "rejected":
            await self._stop_if(self._patience.lose(str(outcome)))
        message = str(outcome) if kind == "rejected" else f"{outcome}; given up after attempt {before + tried + extra}"
        await self._journal.give_up(attempt, message)
        self._stats.failed += 1
        raise CallFailed(message)

    async def drain(self, timeout_s: float) -> int:
        """Starts no call any more (who asks, waits) and gives those in flight time to come home.

        Returns how many did not: cancelled now, they are open intents on record.
        """
        self._draining = True
        await self._others_come_home(timeout_s)
        return self._stats.in_flight

    # -- one attempt ---------------------------------------------------------------------------------------------------

    async def _attempt(
        self, terms: SeatTerms, request: Request, body: dict[str, Any], packed: Packed, number: int
    ) -> tuple[Reply | Failure, int]:
        """The reply, or how the attempt failed, and its id in the journal.

        Whatever happens, the reservation is settled and the limiter's slot given back. Raises RunStopped,
        BudgetReached, JournalFull.
        """
        bounds = terms.bounds(body, packed)
        hold = await self.budget.reserve(bounds.usd or 0.0, bounds.tokens)
        spent = NOTHING
        try:
            with await terms.limiter.enter(bounds.likely_tokens) as slot:
                await self._may_go_on()  # the run may have stopped while this call waited its turn
                intent = await self._intend(terms, request, packed, number, bounds)
                spent = AS_RESERVED  # for all we know, until an answer says more
                with self._in_flight():
                    answer = await self._send(terms, request, body, intent)
                    outcome, spent = self._take(terms, intent, answer, bounds, slot)
                    if isinstance(outcome, Reply):
                        self._cuts.look(terms.seat, terms.title, prompt_estimate(packed), outcome.usage.input_tokens)
                return outcome, intent.id
        finally:
            hold.settle(*spent)

    async def _intend(self, terms: SeatTerms, request: Request, packed: Packed, number: int, bounds: Bounds) -> Intent:
        """The intent, on disk. Nothing may have been sent before."""
        intent, written = self._journal.intend(
            request.place,
            packed,
            number=number,
            engine=terms.engine.name,
            model=terms.engine.model,
            reserved_usd=bounds.usd,
            reserved_tokens=bounds.tokens,
        )
        try:
            await written
        except asyncio.CancelledError:
            _unheard(self._journal.fail(intent, "not_sent", "cancelled before it was sent", seconds=0.0))
            raise
        return intent

    async def _send(self, terms: SeatTerms, request: Request, body: dict[str, Any], intent: Intent) -> Raw | Failure:
        """What came back, or why nothing did; it is on disk when this returns."""
        started = time.monotonic()
        answer: Raw | Failure
        try:
            if terms.engine.keeps_deadline:
                answer = await terms.engine.send(body, request)
            else:
                with anyio.fail_after(terms.deadline_s):
                    answer = await terms.engine.send(body, request)
        except Failure as failure:
            answer = failure
        except TimeoutError:
            answer = Failure("maybe_billed", f"{terms.title}: no answer within {terms.deadline_s:g} s")
        except Exception as unforeseen:  # costs its game, not the run; its text might hold an address or a key
            answer = Failure("maybe_billed", f"{terms.title}: the call broke off ({type(unforeseen).__name__})")
        # Handed to the writer in the same step: from here on no cancellation can lose it.
        seconds = time.monotonic() - started
        if isinstance(answer, Raw):
            await self._journal.answer(intent, status=answer.status, body=answer.body, seconds=seconds)
        else:
            await self._journal.fail(intent, answer.kind, str(answer), seconds=seconds)
        return answer

    def _take(
        self, terms: SeatTerms, intent: Intent, answer: Raw | Failure, bounds: Bounds, slot: Slot
    ) -> tuple[Reply | Failure, Spent]:
        """What an answer says and what it cost, told to the journal, the limiter and the counts."""
        if isinstance(answer, Failure):
            return answer, _spent_on(answer, slot)
        outcome, absurd = terms.read(answer)
        spent = note_reading(self._journal, terms, intent.id, outcome, bounds)
        if isinstance(outcome, Failure):
            return outcome, _spent_on(outcome, slot)
        if absurd:
            self._absurd = self._absurd or (
                f"{terms.title}: {absurd}; it counts as reserved, and the run stops before more is spent on such "
                "figures; ask the server's owner, or start the same command again to go on"
            )
        self._stats.count(terms.seat, outcome, terms.cost_usd(outcome), priced=terms.price is not None)
        tokens = outcome.usage.input_tokens + outcome.usage.output_tokens
        slot.succeeded(tokens or None, answer.headers)
        return outcome, spent

    @contextlib.contextmanager
    def _in_flight(self) -> Iterator[None]:
        self._stats.in_flight += 1
        self._none_in_flight.clear()
        try:
            yield
        finally:
            self._stats.in_flight -= 1
            if not self._stats.in_flight:
                self._none_in_flight.set()

    # -- between attempts ----------------------------------------------------------------------------------------------

    async def _back_off(self, kind: FailureKind, retry_after_s: float | None, tried: int) -> None:
        """What the provider asked for, and full jitter on top (Brooker 2015, AWS Architecture Blog).

        A wait that a refusal named is kept by the limiter, for everybody who shares the key.
        """
        longest_s = self._limits.max_wait_s
        if retry_after_s and kind == "not_sent":
            return
        few = kind == "maybe_billed"  # tries are few, so each gives the provider time
        most_s = min((UNSEEN_BACKOFF_S if few else FIRST_BACKOFF_S) * 2.0 ** (tried - 1), longest_s)
        jitter_s = self._random.uniform(most_s / 2 if few else 0.0, most_s)
        await asyncio.sleep(min((retry_after_s or 0.0) + jitter_s, longest_s))

    async def _may_go_on(self) -> None:
        if self._stopped:
            raise RunStopped(self._stopped)
        if self._draining:
            await asyncio.get_running_loop().create_future()  # until the runner cancels

    async def _stop_if(self, reason: str) -> None:
        """With a reason no further call is made; those in flight, which are paid for, may come home first."""
        if not reason:
            return
        self._stopped = self._stopped or reason
        await self._others_come_home(DRAIN_S)
        raise RunStopped(self._stopped)

    async def _others_come_home(self, timeout_s: float) -> None:
        with anyio.move_on_after(timeout_s):
            await self._none_in_flight.wait()


def note_reading(
    journal: Journal, terms: SeatTerms, attempt: int, outcome: Reply | Failure, bounds: Bounds
) -> tuple[float | None, int]:
    """Notes in the journal what was read in an answer, and what of it counts against the budget; returns the latter."""
    if isinstance(outcome, Reply):
        spent, cost_usd = terms.spent(outcome, bounds), terms.cost_usd(outcome)
        usd, tokens = spent
        journal.note_reading(
            attempt, "reply", usage=outcome.usage, cost_usd=cost_usd, spent_usd=usd, spent_tokens=tokens
        )
        return spent
    usd, tokens = (0.0, 0) if outcome.kind in _DID_NO_WORK else (bounds.usd, bounds.tokens)
    journal.note_reading(attempt, outcome.kind, str(outcome), spent_usd=usd, spent_tokens=tokens)
    return usd, tokens


def _spent_on(failure: Failure, slot: Slot) -> Spent:
    """What an attempt without a reply spent; the limiter is told how it ended."""
    if failure.kind not in _DID_NO_WORK:
        if not failure.again:
            slot.failed()
        return AS_RESERVED
    if failure.kind == "not_sent":
        slot.refused(failure.retry_after_s)
    return NOTHING


def _unheard(future: asyncio.Future[Any]) -> None:
    """Nobody waits for this future; its failure, if any, is told to others."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
