"""The budget, in virtual time: never exceeded, never leaking."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bargain.calls.budget import Budget, Hold
from bargain.errors import BudgetReached
from tests import virtual


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(0, 40), st.floats(0, 2), st.floats(0, 4), st.booleans()),
        min_size=1,
        max_size=60,
    ),
    st.integers(20, 400),
)
@settings(max_examples=100)
def test_a_budget_is_never_exceeded_and_never_leaks_under_any_interleaving(
    plans: list[tuple[int, int, float, float, bool]], cap: int
) -> None:
    async def play() -> None:
        budget = Budget(max_cost_usd=cap / 1000, max_tokens=cap)
        spent = 0

        async def client(worst: int, actual: int, work_s: float) -> None:
            nonlocal spent
            hold: Hold = await budget.reserve(worst / 1000, worst)
            assert budget.spent_usd + budget.held_usd <= cap / 1000 + 1e-9
            cost: int | None = None
            try:
                await asyncio.sleep(work_s)
                cost = min(actual, worst)
            finally:
                spent += worst if cost is None else cost
                hold.settle(None if cost is None else cost / 1000, cost)

        tasks = []
        for worst, actual, work_s, cancel_after_s, is_cancelled in plans:
            tasks.append(asyncio.create_task(client(worst, actual, work_s)))
            if is_cancelled:
                asyncio.get_running_loop().call_later(cancel_after_s, tasks[-1].cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert spent <= cap
        assert budget.spent_tokens == spent
        assert budget.spent_usd == pytest.approx(spent / 1000)
        assert budget.held_usd == 0
        assert all(each is None or isinstance(each, BudgetReached | asyncio.CancelledError) for each in outcomes)

    virtual.run(play())


def test_who_does_not_fit_waits_for_calls_in_flight_and_is_refused_when_there_are_none() -> None:
    async def play() -> float:
        budget = Budget(max_cost_usd=1.0)
        first = await budget.reserve(0.8, 10)
        waiting = asyncio.create_task(budget.reserve(0.5, 10))
        await asyncio.sleep(5)
        assert not waiting.done()
        first.settle(0.1, 10)
        second = await waiting
        asyncio.get_running_loop().call_later(3, second.settle, 0.5, 10)
        with pytest.raises(BudgetReached, match=r"limits.max_cost_usd=1 is reached: \$0.6000 spent"):
            await budget.reserve(0.5, 10)
        return asyncio.get_running_loop().time()

    assert virtual.run(play()) == pytest.approx(8.0)
