"""The deadline of a call, which a process that was stopped (Ctrl-Z, a laptop's sleep) does not hold against the server.

While we were away the answer may have come: it waits in the socket. A timer that rings late says that nobody looked at
the socket either, so it rings once more, a little later.

    async with Deadline(120.0):
        ...                         # TimeoutError after 120 s
"""

from __future__ import annotations

import asyncio
from types import TracebackType

LATE_S = 0.1
"""A timer that rings so late was not waited for: the loop, or the whole process, was away."""
GRACE_S = 5.0
"""So long an answer that has come by then may take to be read."""


class Deadline:
    """asyncio.timeout, that gives what waits to be read a chance. It costs as much."""

    __slots__ = ("_due", "_grace_s", "_seconds", "_timeout", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._grace_s = min(GRACE_S, seconds)

    async def __aenter__(self) -> None:
        self._timeout = asyncio.timeout(None)
        await self._timeout.__aenter__()
        self._ring_in(self._seconds)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._timeout.__aexit__(kind, error, traceback)

    def _ring_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + seconds
        self._timer = loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._due > LATE_S:
            self._ring_in(self._grace_s)
        else:
            self._timeout.reschedule(now)
