"""How close a run comes to its floor, which is the critical path of its longest game: its calls times the latency.

    python benchmarks/throughput.py             200 games x 5 rounds at 1 s latency, then 50 ms latency (two minutes)
    python benchmarks/throughput.py --small     what CI runs

The real `bargain` command, on one core, plays against a server on loopback in a process on another core. Printed are
wall time over critical path, calls/s, CPU, and how long the event loop was kept from its work: a tracker (the public
way into a run) lets a task wake every 5 ms and notes how late it woke, and how much CPU the process used meanwhile. A
late waking without CPU is the machine's doing, one with CPU is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from measured import CORES, Done, bargain, on_server, serving

from bargain.config.schema import TrackingConfig
from bargain.records import Game

EVERY_S = 0.005
PROBE = ["tracking._target_=throughput.Probe", "allow_targets=[throughput]"]


class Probe:
    """A tracker that measures the run's event loop and writes probe.json into the run directory."""

    tasks: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, config: TrackingConfig) -> None:
        self.late: list[tuple[float, float]] = []

    def start(self, run_dir: Path, config: dict[str, Any], info: object) -> None:
        """Remembers where to write."""
        self.path = run_dir / "probe.json"

    def progress(self, metrics: dict[str, float]) -> None:
        """Called first as the loop starts: from then on the probe runs on it."""
        if not self.tasks:
            self.tasks.add(asyncio.get_running_loop().create_task(self._watch()))

    async def _watch(self) -> None:
        while True:
            before, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(EVERY_S)
            late_s = time.perf_counter() - before - EVERY_S
            if late_s > EVERY_S:
                self.late.append((late_s, time.process_time() - cpu))

    def game(self, game: Game) -> None:
        """Nothing."""

    def finish(self, summary: dict[str, Any], files: Sequence[Path]) -> None:
        """Writes every late waking: seconds, and CPU seconds of the process meanwhile."""
        self.path.write_text(json.dumps(self.late))

    def fail(self, reason: str) -> None:
        """Nothing."""


def show_loop(done: Done) -> None:
    """Prints how long the loop was kept from its work."""
    late = json.loads((done.directory / "probe.json").read_text())
    longest = max((each for each, _ in late), default=0.0)
    own = max((min(each, cpu) for each, cpu in late), default=0.0)
    over = sum(min(each, cpu) > 0.05 for each, cpu in late)
    print(f"  event loop: at most {1000 * own:.0f} ms blocked by itself ({over} times over 50 ms), ", end="")
    print(f"{1000 * longest:.0f} ms with what the machine took")


def at_latency(latency_s: float, n_games: int, n_rounds: int, *more: str) -> Done:
    """Plays so many games against a server that takes so long for each answer, and prints how it went."""
    settings = [f"n_games={n_games}", f"game.n_rounds={n_rounds}", *PROBE, *more]
    with tempfile.TemporaryDirectory() as scratch, serving(latency_s) as url:
        done = bargain([*settings, *on_server(url)], Path(scratch), core=CORES[0])
        critical_s = max(done.calls_by_game) * latency_s
        print(f"{n_games} games x {n_rounds} rounds at {latency_s:g} s latency: {done.calls:,} calls, ", end="")
        print(f"{done.summary['calls']['retries']} retries")
        print(f"  wall {done.wall_s:.1f} s / critical path {critical_s:.1f} s = {done.wall_s / critical_s:.3f}")
        rate, busy = done.calls / done.summary["wall_s"], 1000 * done.cpu_s / done.calls
        print(f"  {rate:.0f} calls/s, {busy:.2f} ms CPU a call all told, {done.peak_mib:.0f} MiB")
        show_loop(done)
    return done


def main() -> int:
    """Plays, prints and judges: 1 when a target is missed. --small judges nothing but that it works."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    if parser.parse_args().small:
        at_latency(0.1, 16, 2)
        return 0
    slow = at_latency(1.0, 200, 5)
    at_latency(0.05, 256, 5)
    return 0 if slow.wall_s <= 1.15 * max(slow.calls_by_game) else 1


if __name__ == "__main__":
    sys.exit(main())
