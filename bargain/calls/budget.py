"""What a run may spend: reservations of the worst case, so that the bill cannot pass the cap whatever is in flight.

It knows sums and nothing of calls or prices. A reservation is taken before anything is sent and settled with what was
spent; who does not fit waits for others to settle, in order, and is refused once nothing is in flight any more.

    budget = Budget(max_cost_usd=5.0)
    hold = await budget.reserve(0.02, 900)      # raises BudgetReached
    hold.settle(0.004, 512)
"""

from __future__ import annotations

import asyncio
import math
from collections import deque

from bargain.calls.purse import NANO, Purse
from bargain.errors import BudgetReached


class Hold:
    """A reservation. Whoever has it must settle it, once; further calls do nothing."""

    __slots__ = ("_budget", "_nano", "_open", "_tokens")

    def __init__(self, budget: Budget, nano: int, tokens: int) -> None:
        self._budget = budget
        self._nano = nano
        self._tokens = tokens
        self._open = True

    def settle(self, cost_usd: float | None = None, tokens: int | None = None) -> None:
        """Replaces the reservation by what was spent; what is None counts as reserved."""
        if self._open:
            self._open = False
            nano = self._nano if cost_usd is None else _nano(cost_usd)
            self._budget._settle(self._nano, self._tokens, nano, self._tokens if tokens is None else tokens)


class Budget:
    """Caps in USD and tokens, None = none, and what is spent and held of them. Money is counted in whole nano-USD.

    purse: what is left of a cap that others share. whose: words that say so where the caps are one cell's.
    """

    def __init__(
        self,
        max_cost_usd: float | None = None,
        max_tokens: int | None = None,
        *,
        spent_usd: float = 0.0,
        spent_tokens: int = 0,
        purse: Purse | None = None,
        whose: str = "",
    ) -> None:
        self.max_cost_usd = max_cost_usd
        self.max_tokens = max_tokens
        self._purse = purse
        self._whose = whose
        self._max_nano = None if max_cost_usd is None else math.floor(max_cost_usd * NANO)
        self._spent_nano = _nano(spent_usd)
        self._spent_tokens = spent_tokens
        self._held_nano = 0
        self._held_tokens = 0
        self._holds = 0
        self._waiting: deque[tuple[int, int, asyncio.Future[Hold]]] = deque()
        self._reached: BudgetReached | None = None

    @property
    def spent_usd(self) -> float:
        """What is settled, worst cases included."""
        return self._spent_nano / NANO

    @property
    def spent_tokens(self) -> int:
        """Tokens settled, worst cases included."""
        return self._spent_tokens

    @property
    def held_usd(self) -> float:
        """What is reserved for calls in flight."""
        return self._held_nano / NANO

    async def reserve(self, usd: float, tokens: int) -> Hold:
        """A reservation of the worst case. Waits while calls in flight may leave something; raises BudgetReached."""
        nano = _nano(usd)
        if self._reached is None and not self._waiting and self._fits(nano, tokens):
            return self._hold(nano, tokens)
        future: asyncio.Future[Hold] = asyncio.get_running_loop().create_future()
        self._waiting.append((nano, tokens, future))
        self._admit()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().settle(0.0, 0)  # admitted and cancelled in the same moment: nothing was spent
            self._admit()
            raise

    def _settle(self, held_nano: int, held_tokens: int, nano: int, tokens: int) -> None:
        self._held_nano -= held_nano
        self._held_tokens -= held_tokens
        self._holds -= 1
        self._spent_nano += nano
        self._spent_tokens += tokens
        if self._purse is not None and self._spent_nano + self._held_nano > self._purse.drawn:
            self._purse.book(self._spent_nano + self._held_nano)  # more than was reserved
        self._admit()

    def close(self) -> None:
        """Gives back what was drawn of a shared cap and not spent."""
        if self._purse is not None and self._purse.drawn != self._spent_nano + self._held_nano:
            self._purse.book(self._spent_nano + self._held_nano)

    def _fits(self, nano: int, tokens: int) -> bool:
        total = self._spent_nano + self._held_nano + nano
        if self.max_tokens is not None and self._spent_tokens + self._held_tokens + tokens > self.max_tokens:
            return False
        if self._max_nano is not None and total > self._max_nano:
            return False
        return self._purse is None or not nano or self._purse.covers(total, anew=not self._holds)

    def _hold(self, nano: int, tokens: int) -> Hold:
        self._held_nano += nano
        self._held_tokens += tokens
        self._holds += 1
        return Hold(self, nano, tokens)

    def _admit(self) -> None:
        """Lets in who fits, first come first served; with nothing in flight nobody's wait can end well any more."""
        while self._waiting:
            nano, tokens, future = self._waiting[0]
            if future.done():
                self._waiting.popleft()
            elif self._reached is None and self._fits(nano, tokens):
                self._waiting.popleft()
                future.set_result(self._hold(nano, tokens))
            elif self._holds == 0 or self._reached is not None:
                self._waiting.popleft()
                self._reached = self._reached or self._why(nano, tokens)
                future.set_exception(BudgetReached(str(self._reached), self._reached.higher))
            else:
                return

    def _why(self, nano: int, tokens: int) -> BudgetReached:
        if self._max_nano is not None and self._spent_nano + nano > self._max_nano:
            name, cap = "limits.max_cost_usd", self.max_cost_usd or 0.0
            spent, wanted = f"${self.spent_usd:.4f}", f"cost ${nano / NANO:.4f}"
        elif self.max_tokens is not None and self._spent_tokens + tokens > self.max_tokens:
            name, cap = "limits.max_tokens", self.max_tokens
            spent, wanted = f"{self._spent_tokens} tokens", f"take {tokens}"
        else:
            assert self._purse is not None
            cap, spent, wanted = (
                self._purse.max_cost_usd,
                f"${self._purse.of_all / NANO:.4f}",
                f"cost ${nano / NANO:.4f}",
            )
            return BudgetReached(
                f"limits.sweep_max_cost_usd={cap:.10g} is reached: the cells of {self._purse.sweep} have {spent} spent "
                f"or reserved, and the next call may {wanted}",
                higher=f"limits.sweep_max_cost_usd={max(2 * cap, 1e-4):.10g}",
            )
        return BudgetReached(
            f"{name}={cap:.10g} is reached{self._whose}: {spent} spent or possibly billed, and the next call may "
            f"{wanted}",
            higher=f"{name}={max(2 * cap, 1e-4):.10g}",
        )


def _nano(usd: float) -> int:
    return math.ceil(usd * NANO - 1e-6)
