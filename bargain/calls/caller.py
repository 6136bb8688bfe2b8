"""The one policy that turns an Ask into a recorded reply: every paid call of a run goes through `Caller.ask`.

    look the place up -> reserve the worst case -> wait for the limiter -> commit the intent -> send
    -> commit what came back, as it came -> read it -> settle -> return, or try again

It is the only layer that retries. `not_sent` is tried again up to limits.max_tries attempts, `maybe_billed` up to
limits.max_maybe_billed of them; `rejected` fails the call, `fatal` stops the run. Every wait is bounded: an attempt by
its timeout, a pause by limits.max_wait_s, their number by max_tries. A reply that reached us is committed even when the
caller is cancelled meanwhile; a call that is cancelled after it was sent stays on record as an open intent.

It knows places, engines and the journal, and nothing of games: agents get `ask` and see no more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import anyio

from bargain.calls.attempts import Attempts, Stats, cost_of, note, read_answer
from bargain.calls.budget import Budget
from bargain.calls.limiter import Limiter
from bargain.calls.seats import Seat, build_seats
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.base import Engine, Failure, FailureKind, Raw, Request, Scene
from bargain.errors import BudgetReached, CallFailed, JournalError, JournalMismatch, NotRecorded, RunStopped
from bargain.journal.format import Packed, describe_difference, name_of
from bargain.journal.journal import Journal, JournalReader
from bargain.journal.queries import Recorded, Totals
from bargain.records import Message, Place, Reply, Usage

__all__ = ["BudgetReached", "CallFailed", "Caller", "JournalError", "NotRecorded", "RunStopped", "Stats"]

log = logging.getLogger("bargain.calls.caller")

FIRST_BACKOFF_S = 0.5
UNSEEN_BACKOFF_S = 4.0
"""The longest first wait after a refusal, and after an attempt that may have been billed."""
TELL_S = 5.0
"""After so long an outage the user is told what is being waited for."""
FIRST_OUTAGE_S = 60.0
"""How long an outage may last that was there from the start: rather a wrong address, or a server not started."""
DRAIN_S = 10.0
"""When the run must stop: how long the calls in flight may take to come home. They are paid for."""
YIELD_EVERY_S = 0.005


class Caller:
    """Makes the calls of one run, on one event loop.

    journal: where they are recorded; a JournalReader does for mode="replay", None only if every engine is free.
    retry_failed: ask again, rather than fail again, where a call is recorded as failed for good.
    cells_at_once: so many runs share the engines' rates and concurrency; this one keeps to its part.
    Raises RunStopped, before any call, when a cap of `limits` could not be kept.
    """

    def __init__(
        self,
        journal: Journal | JournalReader | None,
        engines: Mapping[str, Engine],
        configs: Mapping[str, EngineConfig],
        limits: LimitsConfig,
        mode: Literal["live", "replay"] = "live",
        *,
        retry_failed: bool = False,
        cells_at_once: int = 1,
    ) -> None:
        paid = [name for name, engine in engines.items() if not engine.free]
        if paid and not isinstance(journal, Journal) and (mode == "live" or journal is None):
            raise ValueError(f"the {paid[0]}'s engine is not free, so its calls need a journal to be recorded in")
        self._source = journal
        self._limits = limits
        self._retry_failed = retry_failed
        limits_here, parts = (limits, cells_at_once) if mode == "live" else (LimitsConfig(), 1)
        self._seats = build_seats(engines, configs, limits_here, parts)
        self._attempts: Attempts | None = None
        self._random = random.Random()  # its own: no game's generator is touched
        self._asking: set[Place] = set()
        self._told: set[Limiter] = set()
        self._stopped = ""
        self._draining = False
        self._yielded = time.perf_counter()
        self._counts = Stats()
        if isinstance(journal, Journal) and mode == "live":
            self._counts.open_intents = journal.opened.open_intents
            budget = self._budget_so_far(journal.opened)
            self._attempts = Attempts(journal, budget, self._counts, self._may_go_on)
            self._note_prices(journal)

    async def ask(self, place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        """The reply to these messages at this place: the recorded one if there is one, else a new one.

        Raises CallFailed (this game's error), RunStopped, BudgetReached, JournalMismatch, NotRecorded, JournalFull.
        """
        seat = self._seats.get(place.role)
        if seat is None:
            raise RunStopped(f"nobody sits at {place.role!r}; there are {', '.join(sorted(self._seats))}")
        request = Request(place, tuple(messages), scene)
        if seat.engine.free:
            return await self._ask_free(seat, request)
        if place in self._asking:
            raise RunStopped(f"{name_of(place)} is asked twice at the same time; every call needs a place of its own")
        self._asking.add(place)
        try:
            return await self._ask_recorded(seat, request)
        finally:
            self._asking.discard(place)

    def stats(self) -> Stats:
        """How things stand now."""
        now = self._counts
        limiters = {id(seat.limiter): seat.limiter for seat in self._seats.values()}.values()
        now.waiting = sum(limiter.waiting for limiter in limiters)
        now.rate_limit_cuts = sum(limiter.cuts for limiter in limiters)
        now.usage = sum(now.by_seat.values(), Usage())
        if self._attempts is not None:
            now.spent_usd = self._attempts.budget.spent_usd
            now.spent_tokens = self._attempts.budget.spent_tokens
        return replace(now, by_seat=dict(now.by_seat))

    async def drain(self, timeout_s: float) -> int:
        """Starts no call any more (who asks, waits) and gives those in flight time to come home.

        Returns how many did not: cancelled now, they are open intents on record.
        """
        self._draining = True
        await self._others_come_home(timeout_s)
        return self._counts.in_flight

    def close(self) -> None:
        """Writes what is left and closes the journal; the engines are their owner's. Safe to call twice."""
        if self._source is not None:
            self._source.close()

    # -- one call ------------------------------------------------------------------------------------------------------

    async def _ask_free(self, seat: Seat, request: Request) -> Reply:
        """A call that costs nothing and can be made again: no journal, no limits."""
        try:
            if seat.answer is not None:
                reply = seat.answer(request)
            else:
                reply = seat.engine.read(await seat.engine.send(seat.engine.body(request), request))
        except Failure as failure:
            raise CallFailed(str(failure)) from failure
        self._counts.count(seat, reply.usage, 0.0)
        self._counts.live += 1
        now = time.perf_counter()
        if now - self._yielded > YIELD_EVERY_S:  # nothing here waits, and Ctrl-C and the progress line want their turn
            self._yielded = now
            await asyncio.sleep(0)
        return reply

    async def _ask_recorded(self, seat: Seat, request: Request) -> Reply:
        body = seat.engine.body(request)
        assert self._source is not None
        packed = self._source.pack(body)
        found = await self._source.find(request.place)
        if found is not None:
            if (found.tip, found.parameters) != (packed.tip, packed.parameters):
                recorded = await self._source.body_of(found.tip, found.parameters)
                raise JournalMismatch(
                    f"{self._source.path}: {name_of(request.place)} was played with another request "
                    f"({describe_difference(recorded, body)}); use the config it was played with, or resume=never"
                )
            reply = self._recorded_reply(seat, found)
            if reply is not None:
                self._counts.from_journal += 1
                return reply
            if found.gave_up is not None and not self._retry_failed:
                self._counts.failed += 1
                raise CallFailed(found.gave_up)
            self._counts.reissued += any(stored.kind == "open" for stored in found.attempts)
        if self._attempts is None:
            raise NotRecorded(
                f"mode=replay: {self._source.path} holds no reply for {name_of(request.place)}; play it live first"
            )
        before = len(found.attempts) if found else 0
        return await self._ask_live(self._attempts, seat, request, body, packed, before)

    def _recorded_reply(self, seat: Seat, found: Recorded) -> Reply | None:
        """The reply among the attempts, None if there is none. An answer that nobody has read yet is read now."""
        for stored in found.attempts:
            if stored.body is None or stored.kind not in ("reply", "unread"):
                continue
            read = read_answer(seat, Raw(stored.status, stored.body))
            cost = stored.cost_usd if stored.kind == "reply" else cost_of(seat, read)
            if stored.kind == "unread" and self._attempts is not None:
                note(self._attempts.journal, stored.id, read, cost, stored.reserved_usd, stored.reserved_tokens)
            if isinstance(read, Reply):
                self._counts.count(seat, read.usage, cost)
                return read
            if stored.kind == "reply":
                raise JournalMismatch(f"a recorded reply can no longer be read: {read}")
        return None

    async def _ask_live(
        self, attempts: Attempts, seat: Seat, request: Request, body: dict[str, Any], packed: Packed, before: int
    ) -> Reply:
        unseen = 0
        for tried in range(1, self._limits.max_tries + 1):
            outcome, id = await attempts.make(seat, request, body, packed, before + tried)
            if isinstance(outcome, Reply):
                self._counts.live += 1
                return outcome
            kind = outcome.kind
            if kind == "fatal":
                await self._stop(str(outcome))
            if kind == "maybe_billed":
                unseen += 1
                self._counts.maybe_billed += 1
            if kind != "rejected":
                await self._bear(seat, str(outcome))
            if kind == "rejected" or tried == self._limits.max_tries or unseen >= self._limits.max_maybe_billed:
                break
            self._counts.retries += 1
            await self._back_off(kind, outcome.retry_after_s, tried)
        message = str(outcome) if kind == "rejected" else f"{outcome}; given up after attempt {before + tried}"
        await attempts.journal.give_up(id, message)
        self._counts.failed += 1
        raise CallFailed(message)

    async def _bear(self, seat: Seat, message: str) -> None:
        """An outage is told once and borne for a while; then the run stops, since going on would only lose games."""
        down_s = seat.limiter.down_s
        if down_s > TELL_S and seat.limiter not in self._told:
            self._told.add(seat.limiter)
            log.warning("%s; waiting for it, and trying again now and then", message)
        elif down_s == 0.0:
            self._told.discard(seat.limiter)
        patience_s = self._limits.max_outage_s
        if not seat.limiter.has_succeeded:
            patience_s = min(patience_s, FIRST_OUTAGE_S)
        if down_s > patience_s:
            await self._stop(f"{message}; nothing has worked for {down_s:.0f} s; start the same command again to go on")

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

    # -- the run -------------------------------------------------------------------------------------------------------

    async def _may_go_on(self) -> None:
        if self._stopped:
            raise RunStopped(self._stopped)
        if self._draining:
            await asyncio.get_running_loop().create_future()  # until the runner cancels

    async def _stop(self, reason: str) -> None:
        """No further call is made; those in flight, which are paid for, may come home first."""
        self._stopped = self._stopped or reason
        await self._others_come_home(DRAIN_S)
        raise RunStopped(self._stopped)

    async def _others_come_home(self, timeout_s: float) -> None:
        if self._attempts is not None:
            with anyio.move_on_after(timeout_s):
                await self._attempts.none_in_flight.wait()

    def _budget_so_far(self, so_far: Totals) -> Budget:
        """What was spent before counts; tokens whose price was unknown then, at the dearest price of now."""
        prices = [seat.price for seat in self._seats.values() if seat.price is not None]
        dearest = max((max(price.worst_usd(1, 0), price.worst_usd(0, 1)) for price in prices), default=0.0)
        return Budget(
            self._limits.max_cost_usd,
            self._limits.max_tokens,
            spent_usd=so_far.spent_usd + so_far.unpriced_tokens * dearest,
            spent_tokens=so_far.spent_tokens,
        )

    def _note_prices(self, journal: Journal) -> None:
        prices = {name: seat.price.as_text() if seat.price else None for name, seat in sorted(self._seats.items())}
        text = json.dumps(prices, sort_keys=True)
        if journal.meta.get("prices") != text:
            journal.note_meta("prices", text)
