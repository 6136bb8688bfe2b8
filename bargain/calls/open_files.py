"""A call in flight is an open connection, and a process may open only so many (ulimit -n, often 1,024).

The limit is raised as far as the system lets us; where that is not far enough, fewer calls go out at once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection

from bargain.calls.limiter import Limiter

log = logging.getLogger("bargain.calls")

SPARE = 64
"""Files for all that is no connection and opened later: journal, games, the tracker."""


def keep_within(limiters: Collection[Limiter]) -> None:
    """Lowers the concurrency of these limiters together to what the process may open, and says so."""
    wanted = sum(limiter.max_concurrency for limiter in limiters)
    most = _connections(wanted)
    if most is None or wanted <= most:
        return
    for limiter in limiters:
        limiter.keep_to(max(1, limiter.max_concurrency * most // wanted))
    say = "at most %d calls are in flight, not %d: the process may open no more files; raise it with ulimit -n"
    log.warning(say, most, wanted)


def _connections(wanted: int) -> int | None:
    """How many connections the process may open beside what is open, at least so many if the limit can be raised.

    None where the system has no such limit (Windows).
    """
    try:
        import resource
    except ImportError:
        return None
    try:
        others = len(os.listdir("/dev/fd")) + SPARE
    except OSError:
        others = 2 * SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    needed = wanted + others
    if soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
        except (ValueError, OSError):  # macOS has a further limit of its own
            pass
    return max(1, soft - others)
