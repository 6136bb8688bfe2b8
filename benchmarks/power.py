"""Power losses: a run plays on a disk of its own, which is copied at random moments, and plays on from each copy.

    python benchmarks/crashes.py --power [--losses 20] [--seed 1]

For each copy must hold: every reply that could be read in the journal just before is on record; the same command
refuses nothing, goes on in the one run directory, asks for no reply that is on record, and ends with the undisturbed
run's games, byte for byte; the run replays, and `load` and bargain-report read it. Half of the copies are torn where
the disk would have been free to tear (benchmarks/disk.py).
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bargain.analysis import load
from bargain.analysis.report.command import run as report
from bargain.errors import JournalError
from bargain.journal.reader import JournalReader
from bargain.main import run as play_in_process
from bargain.rundir.directory import read_state, sync_directory
from benchmarks.crashes import content_of, finish, forget, start
from benchmarks.disk import Disk, NoDisk, mounted
from tests.negotiator import haggle
from tests.servers import Server

N_GAMES = 12
LATENCY_S = 0.03
A_RUN = 5
"""Losses of one run: at its directory's first moments, three amid the play, one at its end or after it."""


def report_losses(root: Path, *, losses: int, seed: int) -> int:
    """Prints the figures, and where something does not hold. The exit code: 2 where no disk can be had."""
    started = time.monotonic()
    end_on_sigterm()
    try:
        sums, problems = power(root, losses, random.Random(seed))
    except NoDisk as error:
        print(f"--power {error}")
        return 2
    print(
        f"{sums['losses']} power losses, {sums['torn']} of them torn, over {sums['runs']} runs of {N_GAMES} games in "
        f"{time.monotonic() - started:.0f} s\n"
        f"no run directory yet: {sums['none']}; summary.json lost, empty or half: {sums['summary.json']}; "
        f".hydra/config.yaml: {sums['config.yaml']}; finished: {sums['finished']}\n"
        f"{sums['replies']} replies on record, {sums['lost']} more lost, {sums['again']} bought again"
    )
    for problem in problems:
        print(f"DOES NOT HOLD: {problem}")
    if problems:
        print(f"kept: {root}")
        return 1
    shutil.rmtree(root)
    print("after each: one run directory, nothing refused, and the undisturbed run's games, byte for byte")
    return 0


def end_on_sigterm() -> None:
    """SIGTERM unmounts what is mounted, as Ctrl-C does. A run that was played in this process has let go of it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def power(root: Path, losses: int, dice: random.Random) -> tuple[Counter[str], list[str]]:
    """What was counted over so many losses, and what does not hold."""
    sums: Counter[str] = Counter()
    problems: list[str] = []
    with Disk(root) as disk, Server(haggle, latency_s=lambda _: dice.uniform(0.5, 1.5) * LATENCY_S) as server:
        (root / "undisturbed").mkdir()
        undisturbed = finish(start(server, N_GAMES, root / "undisturbed"), root / "undisturbed")
        wanted, calls = (undisturbed / "games.jsonl").read_bytes(), server.count
        while sums["losses"] < losses:
            sums["runs"] += 1
            where = disk.top / f"run-{sums['runs']}"
            where.mkdir()
            sync_directory(disk.top)  # the user made this one, long ago
            forget(server)
            moments = [0, *sorted(dice.sample(range(1, calls), A_RUN - 2)), calls]
            copies = list(losing_power(server, where, disk, root, dice, moments))
            for copy, durable in copies[: losses - sums["losses"]]:
                with mounted(copy, root / "after"):
                    sums.update(losses=1, torn=copy.suffix == ".torn")
                    problem = after_power(server, root / "after" / where.name, root, wanted, durable, sums)
                if problem:
                    problems.append(f"{copy}: {problem}")
                else:
                    copy.unlink()
            shutil.rmtree(where)
            print(f"run {sums['runs']}: {sums['losses']} losses, {sums['replies']} replies on record", flush=True)
    return sums, problems


def losing_power(
    server: Server, where: Path, disk: Disk, root: Path, dice: random.Random, moments: list[int]
) -> Iterator[tuple[Path, Counter[str]]]:
    """Plays a run; the disk as it was when so many requests had come, the first time when there was a directory.

    With it the answered requests that could be read just before.
    """
    with started(server, where) as process:
        for number, wanted in enumerate(moments):
            while process.poll() is None and (server.count < wanted or not any(where.iterdir())):
                time.sleep(0.001)
            time.sleep(dice.uniform(0, 0.5 if number in (0, len(moments) - 1) else 0.02))
            copy = root / f"{where.name}-{number}"
            torn = copy.with_suffix(".torn")
            durable = on_record(where)
            if dice.random() < 0.5 and any(disk.torn_snapshot(torn, dice) for _ in range(5)):
                yield torn, durable
            else:
                disk.snapshot(copy)
                yield copy, durable
        finish(process, where)


@contextlib.contextmanager
def started(server: Server, where: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, which does not outlive this: nobody could unmount its disk."""
    process = start(server, N_GAMES, where)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def after_power(
    server: Server, where: Path, root: Path, wanted: bytes, durable: Counter[str], sums: Counter[str]
) -> str:
    """Plays on after a power loss and settles accounts; what does not hold, "" if all does."""
    found = runs_in(where)
    sums["none"] += not found
    for run in found:
        config = run / ".hydra" / "config.yaml"
        sums["summary.json"] += not read_state(run)
        sums["config.yaml"] += not (config.is_file() and config.stat().st_size)
        load(run, caching=False)
    seen = root / "seen"  # a look at it leaves it as it is
    shutil.rmtree(seen, ignore_errors=True)
    recorded = on_record(Path(shutil.copytree(where, seen)))
    sums.update(replies=recorded.total(), lost=(durable - recorded).total())
    if durable - recorded:
        return f"{(durable - recorded).total()} replies that were on record are gone"
    forget(server)
    if any(read_state(run).get("state") == "finished" for run in found):
        sums["finished"] += 1  # the same command would play another run
    else:
        with started(server, where) as process:
            _, said = process.communicate(timeout=300)
        if process.returncode:
            return f"the command failed with {process.returncode}: {said.decode()}"
    found = runs_in(where)
    if len(found) != 1:
        return f"{len(found)} run directories"
    (run,) = found
    if not (run / "games.jsonl").is_file() or (run / "games.jsonl").read_bytes() != wanted:
        return "games.jsonl is not the undisturbed run's"
    new = on_record(where) - recorded
    received = Counter(content_of(call.json) for call in server.calls)
    sums["again"] += (received - new).total()
    if received != new:
        return f"{(received - new).total()} replies bought again, {(new - received).total()} from nowhere"
    with contextlib.redirect_stdout(io.StringIO()):
        if play_in_process([f"resume={run}", "mode=replay"]):
            return "it cannot be replayed"
        end_on_sigterm()
        if sums["losses"] == 1 and report([str(run)]):  # which takes longer than all the rest
            return "it cannot be reported"
    (problem,) = load(run, caching=False).runs["problem"]
    return f"it is read as: {problem}" if problem else ""


def runs_in(where: Path) -> list[Path]:
    """The run directories below a working directory."""
    return [each for each in where.glob("outputs/*/*") if each.is_dir()]


def on_record(where: Path) -> Counter[str]:
    """The requests of the runs below a working directory whose answers are on record, read or not yet."""
    answered: Counter[str] = Counter()
    for run in runs_in(where):
        with contextlib.suppress(JournalError), JournalReader(run / "journal.sqlite") as journal:  # or none yet
            ids = [each.id for each in journal.attempts() if each.kind in ("reply", "unread")]
            answered.update(content_of(journal.request(each)) for each in ids)
    return answered
