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

from bargain.errors import BudgetReached

_NANO = 1_000_000_000


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
    """Caps in USD and tokens, None = none, and what is spent and held of them. Money is counted in whole nano-USD."""

    def __init__(
        self,
        max_cost_usd: float | None = None,
        max_tokens: int | None = None,
        *,
        spent_usd: float = 0.0,
        spent_tokens: int = 0,
    ) -> None:
        self.max_cost_usd = max_cost_usd
        self.max_tokens = max_tokens
        self._max_nano = None if max_cost_usd is None else math.floor(max_cost_usd * _NANO)
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
        return self._spent_nano / _NANO

    @property
    def spent_tokens(self) -> int:
        """Tokens settled, worst cases included."""
        return self._spent_tokens

    @property
    def held_usd(self) -> float:
        """What is reserved for calls in flight."""
        return self._held_nano / _NANO

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
        self._admit()

    def _fits(self, nano: int, tokens: int) -> bool:
        money = self._max_nano is None or self._spent_nano + self._held_nano + nano <= self._max_nano
        return money and (self.max_tokens is None or self._spent_tokens + self._held_tokens + tokens <= self.max_tokens)

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
        if self.max_cost_usd is not None and not self._fits(nano, 0):
            name, cap = "limits.max_cost_usd", self.max_cost_usd
            spent, wanted = f"${self.spent_usd:.4f}", f"cost ${nano / _NANO:.4f}"
        else:
            name, cap = "limits.max_tokens", self.max_tokens or 0
            spent, wanted = f"{self._spent_tokens} tokens", f"take {tokens}"
        return BudgetReached(
            f"{name}={cap:.10g} is reached: {spent} spent or possibly billed, and the next call may {wanted}",
            higher=f"{name}={max(2 * cap, 1e-4):.10g}",
        )


def _nano(usd: float) -> int:
    return math.ceil(usd * _NANO - 1e-6)
