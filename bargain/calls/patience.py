"""When a run stops waiting for a server, since going on would only lose game after game.

It looks at outages and lost calls and says why to stop, "" to go on; who asks does the stopping.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from datetime import timedelta

from bargain.calls.limiter import Limiter
from bargain.config.schema import LimitsConfig
from bargain.engines.base import Failure

log = logging.getLogger("bargain.calls")

TELL_S = 5.0
"""After so long an outage the user is told what is being waited for."""
NONSENSE_S = 366 * 86400.0
"""No provider means a wait of so long: it counts as if it had named none."""
FIRST_OUTAGE_S = 60.0
"""How long an outage may last that was there from the start: rather a wrong address, or a server not started."""
MANY_LOST, LATELY = 6, 20
"""So many of the last calls lost: a server that goes up and down would lose game after game."""


class Patience:
    """One run's, on one event loop."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._lately: deque[bool] = deque(maxlen=LATELY)
        """Whether each of the last calls came to a reply."""
        self._told: dict[Limiter, float] = {}
        """Since when each outage has been going on that is told, or will be if it lasts."""

    def answered(self) -> None:
        """A call came to a reply."""
        self._lately.append(True)

    def ends_at(self, failure: Failure) -> str:
        """What no second try can mend, or a provider that asks for a longer wait than the run has patience for."""
        if failure.kind == "fatal":
            return str(failure)
        wait_s, most_s = failure.retry_after_s or 0.0, self._limits.max_wait_s
        if failure.kind != "not_sent" or not most_s < wait_s < NONSENSE_S:
            return ""
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + wait_s))
        again = f"it works again in {timedelta(seconds=round(wait_s))} h ({when})"
        return f"{failure}; {again}, and limits.max_wait_s is {most_s:g}; start it again then"

    def bear(self, limiter: Limiter, message: str) -> str:
        """An outage is told once and borne for a while."""
        down_s, since = limiter.down_s, limiter.down_since
        if since is not None and self._told.get(limiter) != since:
            self._told[limiter] = since
            asyncio.get_running_loop().call_later(max(0.0, TELL_S - down_s), _tell, limiter, since, message)
        patience_s = self._limits.max_outage_s
        if not limiter.has_succeeded:
            patience_s = min(patience_s, FIRST_OUTAGE_S)
        if down_s <= patience_s:
            return ""
        return f"{message}; nothing has worked for {down_s:.0f} s; start the same command again to go on"

    def lose(self, message: str) -> str:
        """A call is given up. One now and then is borne, not one after another while the server answers others."""
        self._lately.append(False)
        lost = self._lately.count(False)
        if lost < MANY_LOST:
            return ""
        return (
            f"{message}; {lost} of the last {len(self._lately)} calls were lost so: start the same command again "
            "with retry_failed=true when the server is well, or with a higher limits.max_maybe_billed"
        )


def _tell(limiter: Limiter, since: float, message: str) -> None:
    """Says what is waited for, if it still is."""
    if limiter.down_since == since:
        log.warning("%s; waiting for it, and trying again now and then", message)
