"""The one policy that turns an Ask into a recorded reply: every call of a run goes through `Caller.ask`.

    a free engine answers at once; a reply on record is served from the journal; any other call is made (live.py)

It knows places, engines and the journal, and nothing of games: agents get `ask` and see no more.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from bargain.calls.budget import Budget
from bargain.calls.live import LiveCalls, note_reading
from bargain.calls.open_files import keep_within
from bargain.calls.pricing import FREE
from bargain.calls.purse import NANO, Purse
from bargain.calls.stats import Stats
from bargain.calls.terms import SeatTerms, terms_by_seat
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Scene
from bargain.errors import CallFailed, JournalMismatch, NotRecorded, RunStopped
from bargain.journal.format import Packed, describe_difference, name_of
from bargain.journal.journal import Journal, JournalReader
from bargain.journal.queries import Recorded
from bargain.records import Message, Place, Reply, Usage
from bargain.rundir.sweep import sweep_of

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
        self._journal = journal
        self._retry_failed = retry_failed
        limits_here, parts = (limits, cells_at_once) if mode == "live" else (LimitsConfig(), 1)
        self._terms = terms_by_seat(engines, configs, limits_here, parts)
        self._asking: set[Place] = set()
        self._called: set[int] = set()
        self._recalled: set[int] = set()
        self._yielded = time.perf_counter()
        self._stats = Stats()
        self._live: LiveCalls | None = None
        if isinstance(journal, Journal) and mode == "live":
            self._stats.open_intents = journal.opened.open_intents
            self._live = LiveCalls(journal, limits, _budget(limits, self._terms, journal), self._stats)
            _note_prices(journal, self._terms)
            keep_within({each.limiter for each in self._terms.values() if not each.engine.free})

    async def ask(self, place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        """The reply to these messages at this place: the recorded one if there is one, else a new one.

        Raises CallFailed (this game's error), RunStopped, BudgetReached, JournalMismatch, NotRecorded, JournalFull.
        """
        terms = self._terms.get(place.role)
        if terms is None:
            raise RunStopped(f"nobody sits at {place.role!r}; there are {', '.join(sorted(self._terms))}")
        request = Request(place, tuple(messages), scene)
        if terms.engine.free:
            return await self._ask_free(terms, request)
        if place in self._asking:
            raise RunStopped(f"{name_of(place)} is asked twice at the same time; every call needs a place of its own")
        self._asking.add(place)
        try:
            return await self._ask_recorded(terms, request)
        finally:
            self._asking.discard(place)

    def stats(self) -> Stats:
        """How things stand now."""
        now = self._stats
        limiters = {id(terms.limiter): terms.limiter for terms in self._terms.values()}.values()
        now.waiting = sum(limiter.waiting for limiter in limiters)
        now.rate_limit_cuts = sum(limiter.cuts for limiter in limiters)
        now.usage = sum(now.by_seat.values(), Usage())
        if self._live is not None:
            now.spent_usd = self._live.budget.spent_usd
            now.spent_tokens = self._live.budget.spent_tokens
        return replace(now, by_seat=dict(now.by_seat))

    async def drain(self, timeout_s: float) -> int:
        """Starts no call any more (who asks, waits) and gives those in flight time to come home.

        Returns how many did not: cancelled now, they are open intents on record.
        """
        return await self._live.drain(timeout_s) if self._live is not None else 0

    def recalled(self, game: int) -> bool:
        """Whether all that a finished game asked was on record, something at least. Forgets the game."""
        recalled = game in self._recalled and game not in self._called
        self._called.discard(game)
        self._recalled.discard(game)
        return recalled

    @property
    def texts(self) -> Mapping[str, str]:
        """What the journal says of itself, by name; {} without one."""
        return self._journal.meta if self._journal is not None else {}

    def note(self, **texts: str) -> None:
        """Puts texts into the journal, where they are not what it says already."""
        if isinstance(self._journal, Journal):
            for name, text in texts.items():
                if self._journal.meta.get(name) != text:
                    self._journal.note_meta(name, text)

    def close(self) -> None:
        """Writes what is left and closes the journal; the engines are their owner's. Safe to call twice."""
        if self._live is not None:
            self._live.budget.close()
        if self._journal is not None:
            self._journal.close()

    async def _ask_free(self, terms: SeatTerms, request: Request) -> Reply:
        """A call that costs nothing and can be made again: no journal, no limits."""
        engine = terms.engine
        try:
            reply = engine.answer(request)
            if reply is None:
                reply = engine.read(await engine.send(engine.body(request), request))
        except Failure as failure:
            raise CallFailed(str(failure)) from failure
        self._stats.count(terms.seat, reply, 0.0, priced=True)
        self._stats.live += 1
        now = time.perf_counter()
        if now - self._yielded > YIELD_EVERY_S:  # nothing here waits, and Ctrl-C and the progress line want their turn
            self._yielded = now
            await asyncio.sleep(0)
        return reply

    async def _ask_recorded(self, terms: SeatTerms, request: Request) -> Reply:
        """A call that is recorded: as it was, where it was made before, else made now."""
        assert self._journal is not None
        body = terms.engine.body(request)
        packed = self._journal.pack(body, terms.engine.dialogue_field)
        recorded = await self._journal.find(request.place)
        if recorded is not None:
            self._recalled.add(request.place.game)
            await self._check_same(terms, request, body, packed, recorded)
            reply = self._recorded_reply(terms, recorded, body, packed)
            if reply is not None:
                self._stats.from_journal += 1
                return reply
            if recorded.gave_up is not None and not self._retry_failed:
                self._stats.failed += 1
                raise CallFailed(recorded.gave_up)
            self._stats.reissued += any(stored.kind == "open" for stored in recorded.attempts)
        if self._live is None:
            raise NotRecorded(
                f"mode=replay: {self._journal.path} holds no reply for {name_of(request.place)}; play it live first"
            )
        self._called.add(request.place.game)
        return await self._live.call(terms, request, body, packed, len(recorded.attempts) if recorded else 0)

    async def _check_same(
        self, terms: SeatTerms, request: Request, body: dict[str, Any], packed: Packed, recorded: Recorded
    ) -> None:
        """A reply to another request is neither reused nor paid for again. Raises JournalMismatch."""
        if (recorded.tip, recorded.parameters) == (packed.tip, packed.parameters):
            return
        assert self._journal is not None
        sent = await self._journal.body_of(recorded.tip, recorded.parameters)
        raise JournalMismatch(
            f"{self._journal.path}: {name_of(request.place)} was played with another request "
            f"({describe_difference(sent, body, terms.engine.dialogue_field)}); "
            "use the config it was played with, or resume=never"
        )

    def _recorded_reply(
        self, terms: SeatTerms, recorded: Recorded, body: dict[str, Any], packed: Packed
    ) -> Reply | None:
        """The reply among the attempts, None if there is none. An answer that nobody has read yet is read now."""
        for stored in recorded.attempts:
            if stored.body is None or stored.kind not in ("reply", "unread"):
                continue
            outcome, _ = terms.read(Raw(stored.status, stored.body))
            if isinstance(outcome, Failure) and outcome.half is not None and stored.kind == "reply":
                outcome = outcome.half  # it was played
            cost_usd = stored.cost_usd if stored.kind == "reply" else terms.cost_usd(outcome)
            if stored.kind == "unread" and isinstance(self._journal, Journal):
                note_reading(self._journal, terms, stored.id, outcome, terms.bounds(body, packed))
            elif isinstance(outcome, Reply) and self._live is not None:
                terms.spent(outcome, terms.bounds(body, packed))  # what replies took beyond what was reserved is known
            if isinstance(outcome, Reply):
                self._stats.count(terms.seat, outcome, cost_usd, priced=terms.price is not None)
                return outcome
            if stored.kind == "reply":
                raise CallFailed(f"a recorded reply can no longer be read: {outcome}")  # its game's error, no more
        return None


def _budget(limits: LimitsConfig, terms: Mapping[str, SeatTerms], journal: Journal) -> Budget:
    """What was spent before counts; tokens whose price was unknown then, at the dearest price of now."""
    so_far, directory = journal.opened, journal.path.parent
    prices = [each.price for each in terms.values() if each.price is not None]
    dearest = max((max(price.worst_usd(1, 0), price.worst_usd(0, 1)) for price in prices), default=0.0)
    spent_usd = so_far.spent_usd + so_far.unpriced_tokens * dearest
    shared, purse = limits.sweep_max_cost_usd, None
    if shared is not None and any(each.price is not FREE for each in terms.values()):
        purse = Purse(directory, shared, math.ceil(spent_usd * NANO))
    return Budget(
        limits.max_cost_usd,
        limits.max_tokens,
        spent_usd=spent_usd,
        spent_tokens=so_far.spent_tokens,
        purse=purse,
        whose=" by this cell of the sweep" if sweep_of(directory) else "",
    )


def _note_prices(journal: Journal, terms: Mapping[str, SeatTerms]) -> None:
    prices = {seat: each.price.as_text() if each.price else None for seat, each in sorted(terms.items())}
    text = json.dumps(prices, sort_keys=True)
    if journal.meta.get("prices") != text:
        journal.note_meta("prices", text)
