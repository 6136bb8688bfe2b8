"""One attempt at one call: from its reservation to its settlement, with everything on record in between.

Whatever happens, the reservation is settled and the limiter's slot given back. It does not retry; `calls` does. It
knows one seat and one request at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio

from bargain.calls.budget import Budget
from bargain.calls.limiter import Slot
from bargain.calls.seats import Seat
from bargain.engines.base import Failure, Raw, Request
from bargain.journal.format import Packed
from bargain.journal.journal import Intent, Journal
from bargain.records import Reply, Usage

_DID_NO_WORK = ("not_sent", "rejected", "fatal")


@dataclass(slots=True)
class Stats:
    """How things stand. `live` replies were got by this process, `from_journal` were on record.

    cost_usd is what the replies cost, None where a price is unknown (cost_by_seat: each seat's part); `uncosted`
    replies came without their tokens and are not in it. spent_usd is the worst case: it also counts those, and what may
    have been billed unseen, in this process and before: open intents (found on opening; `reissued` since) and
    maybe_billed attempts.
    """

    live: int = 0
    from_journal: int = 0
    retries: int = 0
    failed: int = 0
    maybe_billed: int = 0
    open_intents: int = 0
    reissued: int = 0
    in_flight: int = 0
    waiting: int = 0
    rate_limit_cuts: int = 0
    usage: Usage = field(default_factory=Usage)
    by_seat: dict[str, Usage] = field(default_factory=dict)
    cost_usd: float | None = 0.0
    cost_by_seat: dict[str, float | None] = field(default_factory=dict)
    uncosted: int = 0
    spent_usd: float = 0.0
    spent_tokens: int = 0

    def count(self, seat: Seat, usage: Usage, cost_usd: float | None) -> None:
        """Adds one reply."""
        self.by_seat[seat.name] = self.by_seat.get(seat.name, Usage()) + usage
        so_far = self.cost_by_seat.get(seat.name, 0.0)
        self.cost_by_seat[seat.name] = None if seat.price is None or so_far is None else so_far + (cost_usd or 0.0)
        if seat.price is None or self.cost_usd is None:
            self.cost_usd = None
        elif cost_usd is None:
            self.uncosted += 1
        else:
            self.cost_usd += cost_usd


class Attempts:
    """Makes attempts that are recorded in one journal and count against one budget."""

    def __init__(
        self, journal: Journal, budget: Budget, stats: Stats, may_go_on: Callable[[], Awaitable[None]]
    ) -> None:
        self.journal = journal
        self.budget = budget
        self._may_go_on = may_go_on
        self.none_in_flight = asyncio.Event()
        self.none_in_flight.set()
        self._stats = stats

    async def make(
        self, seat: Seat, request: Request, body: dict[str, Any], packed: Packed, number: int
    ) -> tuple[Reply | Failure, int]:
        """The reply, or how the attempt failed, and its id in the journal. Raises BudgetReached, JournalFull."""
        bounds = seat.bounds(body, packed)
        hold = await self.budget.reserve(bounds.usd or 0.0, bounds.tokens)
        slot: Slot | None = None
        # Until something is sent nothing can have been spent.
        spent: tuple[float | None, int | None] = (0.0, 0)
        sent = False
        try:
            slot = await seat.limiter.enter(bounds.likely_tokens)
            await self._may_go_on()  # the run may have stopped while this call waited its turn
            intent, written = self.journal.intend(
                request.place,
                packed,
                number=number,
                engine=seat.engine.name,
                model=seat.engine.model,
                reserved_usd=bounds.usd,
                reserved_tokens=bounds.tokens,
            )
            try:
                await written
            except asyncio.CancelledError:
                _unheard(self.journal.fail(intent, "not_sent", "cancelled before it was sent", seconds=0.0))
                raise
            spent = (None, None)
            sent = True
            self._stats.in_flight += 1
            self.none_in_flight.clear()
            answer = await self._send(seat, request, body, intent)
            cost: float | None = None
            outcome: Reply | Failure
            if isinstance(answer, Raw):
                outcome = read_answer(seat, answer)
                cost = cost_of(seat, outcome)
                note(self.journal, intent.id, outcome, cost, bounds.usd, bounds.tokens)
            else:
                outcome = answer
            if isinstance(outcome, Reply):
                tokens = tokens_of(outcome)
                self._stats.count(seat, outcome.usage, cost)
                slot.succeeded(tokens or None, answer.headers if isinstance(answer, Raw) else None)
                if tokens or cost is not None:
                    spent = (cost, tokens)
            elif outcome.kind in _DID_NO_WORK:
                spent = (0.0, 0)
                if outcome.kind == "not_sent":
                    slot.refused(outcome.retry_after_s)
            else:
                slot.failed()
            return outcome, intent.id
        finally:
            hold.settle(*spent)
            if slot is not None:
                slot.leave()
            self._stats.in_flight -= sent
            if not self._stats.in_flight:
                self.none_in_flight.set()

    async def _send(self, seat: Seat, request: Request, body: dict[str, Any], intent: Intent) -> Raw | Failure:
        """What came back, or why nothing did; it is on disk when this returns."""
        started = time.monotonic()
        answer: Raw | Failure
        try:
            if seat.engine.keeps_deadline:
                answer = await seat.engine.send(body, request)
            else:
                with anyio.fail_after(seat.deadline_s):
                    answer = await seat.engine.send(body, request)
        except Failure as failure:
            answer = failure
        except TimeoutError:
            answer = Failure("maybe_billed", f"{seat.title}: no answer within {seat.deadline_s:g} s")
        except Exception as unforeseen:  # costs its game, not the run; its text might hold an address or a key
            answer = Failure("maybe_billed", f"{seat.title}: the call broke off ({type(unforeseen).__name__})")
        # Handed to the writer in the same step: from here on no cancellation can lose it.
        seconds = time.monotonic() - started
        if isinstance(answer, Raw):
            await self.journal.answer(intent, status=answer.status, body=answer.body, seconds=seconds)
        else:
            await self.journal.fail(intent, answer.kind, str(answer), seconds=seconds)
        return answer


def read_answer(seat: Seat, raw: Raw) -> Reply | Failure:
    """What the engine reads in an answer."""
    try:
        return seat.engine.read(raw)
    except Failure as failure:
        return failure
    except Exception as error:  # an answer that the engine did not foresee costs its game, not the run
        return Failure("maybe_billed", f"{seat.title}: the answer cannot be read ({type(error).__name__})")


def cost_of(seat: Seat, outcome: Reply | Failure) -> float | None:
    """What a reply cost, None where its price or its tokens are unknown."""
    if not isinstance(outcome, Reply) or seat.price is None:
        return None
    known = tokens_of(outcome) > 0 or seat.price.worst_usd(1, 1) == 0
    return seat.price.cost_usd(outcome.usage) if known else None


def tokens_of(reply: Reply) -> int:
    """Input and output tokens together, 0 where the provider did not say."""
    return reply.usage.input_tokens + reply.usage.output_tokens


def note(
    journal: Journal,
    attempt: int,
    outcome: Reply | Failure,
    cost_usd: float | None,
    reserved_usd: float | None,
    reserved_tokens: int,
) -> None:
    """Notes what was read in an answer, and what of it counts against the budget."""
    if isinstance(outcome, Reply):
        tokens = tokens_of(outcome)
        journal.note_reading(
            attempt,
            "reply",
            usage=outcome.usage,
            cost_usd=cost_usd,
            spent_usd=cost_usd if tokens or cost_usd is not None else reserved_usd,
            spent_tokens=tokens or (0 if cost_usd is not None else reserved_tokens),
        )
    elif outcome.kind in _DID_NO_WORK:
        journal.note_reading(attempt, outcome.kind, str(outcome))
    else:
        journal.note_reading(attempt, outcome.kind, str(outcome), spent_usd=reserved_usd, spent_tokens=reserved_tokens)


def _unheard(future: asyncio.Future[Any]) -> None:
    """Nobody waits for this future; its failure, if any, is told to others."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
