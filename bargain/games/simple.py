"""Rounds without a coach: both players start afresh each time (the paper's initial games)."""

from __future__ import annotations

from bargain.games.table import Table


async def play(table: Table) -> None:
    """Plays every round; none knows of another."""
    for number in table.numbers:
        await table.play(number)
        if table.over():
            return
