"""Plays one sweep of 12 cells serially, in a pool, on a one-node Slurm and on two Ray nodes, and kills cells meanwhile.

    python benchmarks/clusters.py                    all four, some 4 minutes; Slurm needs root and Debian's slurm-wlm
    python benchmarks/clusters.py joblib ray         some of them (the serial sweep is always played)

The cells are 2 games x 2 buyers (a model behind a server on loopback, the embedded negotiator) x 3 opening offers; the
seller is always the model. In the pool one cell's process gets SIGKILL; on Slurm one gets SIGKILL and is requeued, one
is requeued as by a preemption; on Ray one gets SIGKILL and then the second node is lost with all that plays on it.
Then must hold: the command exits with 0, every cell's games.jsonl is that of the serial sweep, byte for byte, and
the server has counted no more calls than the serial sweep's and those whose intents the journals hold open.
Prints the figures; exits with 1 and says where if anything does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the loopback servers of the tests

from tests.clusters import RayNodes, Slurm, missing_for_slurm, one_node_slurm, two_ray_nodes
from tests.commands import BIN, environment, summary_of, wait_for
from tests.negotiator import haggle
from tests.servers import Server
from tests.sweeping import games_by_cell, only_sweep, wait_until_played

LATENCY_S = 0.1
ENV = environment(OPENAI_API_KEY="sk-test")
PLACES = 4
"""Cells at once, wherever they play."""
UNDER_WAY = 60
"""Replies that a cell has on record when something happens to it: a fifth of its share."""


@dataclass
class Played:
    """One sweep as it came out."""

    name: str
    wall_s: float
    calls: int
    most_in_flight: int
    games: dict[int, bytes]
    from_journal: int
    reissued: int
    exit_code: int
    said: str


def arguments(server: Server) -> list[str]:
    """The sweep. 32 calls in flight at most, however many cells share them."""
    seats = ("seller", "buyer")
    return [
        "-m",
        "game=simple,criticize_seller",
        "engine@buyer.engine=gpt-4o-mini,simulated",
        "item.buyer_opening=8,9,10",
        "engine@seller.engine=gpt-4o-mini",
        "game.n_rounds=2",
        "n_games=20",
        "moderator=rules",
        "tracking=none",
        *(f"{seat}.engine.base_url={server.openai}" for seat in seats),
        *(f"{seat}.engine.max_concurrency=32" for seat in seats),
    ]


def play(name: str, more: list[str], env: dict[str, str], meanwhile: Callable[[Path], None]) -> Played:
    """Plays the sweep in a directory of its own while `meanwhile` does its mischief."""
    with tempfile.TemporaryDirectory(prefix=f"clusters-{name}-") as text, Server(haggle, latency_s=LATENCY_S) as server:
        root = Path(text)
        started = time.monotonic()
        process = subprocess.Popen(
            [str(BIN / "bargain"), *arguments(server), *more],
            cwd=root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        meanwhile(root)
        said, _ = process.communicate(timeout=600)
        wall_s = time.monotonic() - started
        sweep = only_sweep(root)
        calls = [summary_of(path.parent)["calls"] for path in sweep.glob("*/summary.json")]
        return Played(
            name,
            wall_s,
            server.count,
            server.most_in_flight,
            games_by_cell(sweep),
            sum(each["from_journal"] for each in calls),
            sum(each["reissued"] for each in calls),
            process.returncode,
            said,
        )


def kill(root: Path, cell: int) -> None:
    """SIGKILL for the process that plays this cell, once it is under way."""
    os.kill(wait_until_played(root, cell, UNDER_WAY), signal.SIGKILL)


def pool() -> Played:
    """hydra/launcher=joblib."""
    more = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={PLACES}"]
    return play("joblib", more, ENV, lambda root: kill(root, 0))


def slurm() -> Played:
    """hydra/launcher=slurm."""
    with tempfile.TemporaryDirectory(prefix="one-node-slurm-") as text, one_node_slurm(Path(text), PLACES) as variables:
        jobs = Slurm(variables)

        def mischief(root: Path) -> None:
            kill(root, 0)
            wait_until_played(root, 1, UNDER_WAY)
            jobs.scontrol("requeue", jobs.job_of(1))
            wait_for(lambda: jobs.field(jobs.job_of(0), "JobState") == "FAILED", "Slurm sees the killed job")
            jobs.scontrol("requeue", jobs.job_of(0))

        more = ["hydra/launcher=slurm", f"hydra.launcher.array_parallelism={PLACES}"]
        return play("slurm", more, {**ENV, **variables}, mischief)


def ray() -> Played:
    """hydra/launcher=ray."""
    with two_ray_nodes(PLACES // 2, ENV) as nodes:
        return play("ray", ["hydra/launcher=ray"], {**ENV, "RAY_ADDRESS": nodes.address}, _losing(nodes))


def _losing(nodes: RayNodes) -> Callable[[Path], None]:
    def mischief(root: Path) -> None:
        kill(root, 0)
        wait_until_played(root, 2, UNDER_WAY)
        nodes.lose_one()

    return mischief


def problems(made: Played, wanted: Played) -> Iterator[str]:
    """What does not hold."""
    if made.exit_code != 0:
        yield f"{made.name}: exit code {made.exit_code}\n{made.said}"
    for cell, games in wanted.games.items():
        if made.games.get(cell) != games:
            yield f"{made.name}: cell {cell} has other games than the serial sweep"
    if made.calls - wanted.calls > made.reissued:
        yield f"{made.name}: {made.calls - wanted.calls} calls more than the serial sweep, {made.reissued} on record"
    if made.most_in_flight > 32:
        yield f"{made.name}: {made.most_in_flight} calls in flight, where 32 may be"


def main() -> int:
    """Plays, compares, prints; the exit code."""
    launchers = {"joblib": pool, "slurm": slurm, "ray": ray}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("launchers", nargs="*", help=f"of {', '.join(launchers)}; all by default")
    chosen = parser.parse_args().launchers or list(launchers)
    if unknown := set(chosen) - set(launchers):
        parser.error(f"no such launcher: {', '.join(sorted(unknown))}")
    if "slurm" in chosen and missing_for_slurm():
        parser.error(f"slurm: {missing_for_slurm()}")
    serial = play("serial", [], ENV, lambda root: None)
    print("launcher  wall_s   calls  from journal  issued again  most in flight  cells equal to the serial sweep")
    found = list(problems(serial, serial))
    for played in chain([serial], (launchers[name]() for name in chosen)):
        equal = sum(played.games.get(cell) == games for cell, games in serial.games.items())
        print(
            f"{played.name:8} {played.wall_s:7.1f} {played.calls:7} {played.from_journal:13} {played.reissued:13} "
            f"{played.most_in_flight:15}  {equal} of {len(serial.games)}",
            flush=True,
        )
        found += problems(played, serial) if played is not serial else ()
    distinct = len(set(serial.games.values()))
    if (len(serial.games), distinct) != (12, 12):
        found.append(f"the serial sweep has {len(serial.games)} cells, {distinct} of them different; 12 were wanted")
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
