"""The event loop that a run is played on: one that is never away from its deadlines for long.

A timeout can only mean what it says if the loop looks at the clock often, whatever comes in at once. Three things keep
it away: hundreds of answers in a turn, full garbage collections, and work of ours (journal/writer.py, WAKE_AT_ONCE).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import anyio

from bargain.terminal import uninterrupted

READY_AT_ONCE = 8
RARELY = (5_000, 4, 100)
"""Thresholds of the collector's generations: the whole is walked once in some 40,000 calls, 30 ms at a time."""


class _FewAtOnce(selectors.DefaultSelector):
    """Tells of a few ready sockets at a time; readiness lasts until it is used, so the others are told of next."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        return ready[:READY_AT_ONCE]


class _Loop(asyncio.SelectorEventLoop):
    """One that is half made or half closed when Ctrl-C comes prints a traceback when it is let go: it never is."""

    def close(self) -> None:
        with uninterrupted():
            super().close()


def _new_loop() -> _Loop:
    with uninterrupted():
        return _Loop(_FewAtOnce())


def collect_rarely() -> None:
    """Keeps the collector off what is there by now, for good: what a command does in its own process."""
    gc.freeze()
    gc.set_threshold(*RARELY)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a coroutine to its end on a loop of its own."""
    with _short_collections():
        anyio.run(main, backend_options={"loop_factory": _new_loop})


@contextlib.contextmanager
def _short_collections() -> Iterator[None]:
    """Keeps the collector off what is there by now, modules mostly: a full collection took 50 to 100 ms with them.

    What a run makes is in few cycles; reference counts free nearly all of it, so that collections may be rare.
    """
    if gc.get_threshold() == RARELY:  # collect_rarely did; to ask how much is frozen takes 30 ms, for it is counted
        yield
        return
    before = gc.get_threshold()
    collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def in_own_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a coroutine to its end, also where a loop is running already, as in a notebook: then in a thread.

    Ctrl-C there cancels the coroutine, waits for it and is raised again.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        run(main)
        return
    failures: list[BaseException] = []
    inside: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def noted() -> None:
        task = asyncio.current_task()
        assert task is not None
        inside.append((asyncio.get_running_loop(), task))
        await main()

    def in_thread() -> None:
        try:
            run(noted)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=in_thread, name="bargain")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for loop, task in inside:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failures:
        raise failures[0]
