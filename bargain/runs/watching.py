"""What is looked at while a run plays: signals that want it to stop, whether its directory is there, what is due."""

from __future__ import annotations

import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

from bargain.errors import RunStopped
from bargain.rundir.record import JOURNAL
from bargain.runs.ending import RunEnding

LOOK_EVERY_S = 0.5
"""How often it is seen to that the run directory is still there."""
DRAIN_S = 0.3
"""When the run is interrupted: how long the calls in flight, which are paid for, may take to come home."""


async def heed_signals(tasks: TaskGroup, ending: RunEnding, drain: Callable[[float], Awaitable[object]]) -> None:
    """Ctrl-C and SIGTERM (as Slurm sends it) pause the run: the calls in flight come home, then `tasks` are cancelled.

    A second one ends the process at once. Only a main thread has signals.
    """

    async def pause() -> None:
        await drain(DRAIN_S)
        tasks.cancel_scope.cancel()

    if threading.current_thread() is not threading.main_thread():
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            if not ending.is_good:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            ending.interrupted("interrupted" if number == signal.SIGINT else "terminated")
            tasks.start_soon(pause)


async def watch_directory(directory: Path) -> None:
    """Stops the run when its directory is renamed or removed: what is bought from now on may not be found again."""

    def look() -> None:
        if not (directory / JOURNAL).exists():
            raise RunStopped(
                f"{directory} was renamed or removed while it played; "
                "if it lies elsewhere now, go on with: bargain resume=THERE"
            )

    await every(LOOK_EVERY_S, look)


async def every(seconds: float, do: Callable[[], None]) -> None:
    """Does it now and again and again."""
    while True:
        do()
        await anyio.sleep(seconds)
