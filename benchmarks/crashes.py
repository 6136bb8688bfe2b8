"""Kills the real command with SIGKILL at random moments, resumes it each time, and settles accounts with the server.

    python benchmarks/crashes.py                 100 kills or more over runs of 96 games, some 8 minutes
    python benchmarks/crashes.py --small         what CI runs: 2 kills of a short run
    python benchmarks/crashes.py --seed 7        other moments
    python benchmarks/crashes.py --calls         kills at chosen system calls instead (needs strace)
    python benchmarks/crashes.py --power         20 power losses instead (needs root; benchmarks/power.py)

Every run is the same config on two protocols against a server in this process that counts what it receives and answers
each chat by its content. A run is killed and resumed with the same command until it has had its share of kills, then it
plays to its end. Then must hold: games.jsonl is that of the undisturbed run, byte for byte; the journal holds one reply
for every call and no attempt after it; every request that the server saw beyond the undisturbed run's is explained by
an intent that the journal holds open. Prints the figures; exits with 1 and says where if anything does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the loopback servers of the tests

from bargain.journal.reader import JournalReader
from bargain.records import Place
from bargain.rundir.directory import read_state
from tests.negotiator import haggle
from tests.servers import Server

COMMAND = str(Path(sys.executable).parent / "bargain")
ROUNDS = 3
SUMMARIES = "outputs/*/*/summary.json"


@dataclass
class Accounts:
    """What all runs together came to."""

    kills: int = 0
    runs: int = 0
    in_flight: list[int] = field(default_factory=list)
    """Per kill: requests that the server was answering at that moment."""
    requests: int = 0
    replies: int = 0
    open_intents: int = 0
    extra: int = 0
    """Requests beyond one per recorded reply."""
    bought_again: int = 0
    """Of them, those that no open intent explains."""
    completed_unseen: int = 0
    """Answers that the server sent whole and no journal holds: they were in flight when the process died."""
    problems: list[str] = field(default_factory=list)


def arguments(server: Server, n_games: int) -> list[str]:
    """The run: both players, the critic and the moderator on two protocols."""
    return [
        COMMAND,
        "game=criticize_seller",
        "engine@seller.engine=claude-instant",
        "engine@buyer.engine=gpt-4o-mini",  # sends a prompt_cache_key, so that games differ
        f"seller.engine.base_url={server.anthropic}",
        f"buyer.engine.base_url={server.openai}",
        f"game.n_rounds={ROUNDS}",
        f"n_games={n_games}",
        "tracking=none",
    ]


def start(server: Server, n_games: int, where: Path) -> subprocess.Popen[bytes]:
    """The command, started in a directory of its own."""
    env = {**os.environ, "OPENAI_API_KEY": "sk-none", "ANTHROPIC_API_KEY": "sk-none"}
    return subprocess.Popen(
        arguments(server, n_games), cwd=where, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[bytes], where: Path) -> Path:
    """Waits for the command's end and returns its run directory."""
    _, said = process.communicate(timeout=300)
    if process.returncode != 0:
        raise SystemExit(f"the command failed with {process.returncode}: {said.decode()}")
    return run_in(where)


def run_in(where: Path) -> Path:
    """The one run under `where`: however often it was killed, it goes on in its directory."""
    (summary,) = where.glob(SUMMARIES)
    return summary.parent


def kill_somewhere(
    process: subprocess.Popen[bytes],
    server: Server,
    n_games: int,
    where: Path,
    dice: random.Random,
    accounts: Accounts,
    start_s: float,
) -> bool:
    """Kills the command that was just started at a random moment; False if the run came to its end before.

    start_s: one in five is killed within so many seconds, wherever it is by then.
    A command that is killed between its last file and its exit has finished: started again it would play another run.
    """
    so_far = server.count
    if dice.random() < 0.2:  # anywhere: imports, opening the journal, reading it back, play
        moment = time.monotonic() + dice.uniform(0.02 * start_s, start_s)
        wanted = sys.maxsize
    else:  # amid the play
        moment = time.monotonic() + 120
        wanted = so_far + dice.randint(1, 6 * n_games)
    while server.count < wanted and process.poll() is None and time.monotonic() < moment:
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.02))
    in_flight = server.in_flight
    finished = process.poll() is not None
    process.kill()
    _, said = process.communicate()
    if finished:
        if process.returncode != 0:
            accounts.problems.append(f"{where.name}: the command failed with {process.returncode}: {said.decode()}")
        return False
    accounts.kills += 1
    accounts.in_flight.append(in_flight)
    return not any(read_state(each.parent).get("state") == "finished" for each in where.glob(SUMMARIES))


def content_of(body: dict[str, Any]) -> str:
    """One text for equal requests."""
    return json.dumps(body, sort_keys=True)


def settle(server: Server, run: Path, wanted: bytes, accounts: Accounts) -> None:
    """Compares a finished run's files with the undisturbed run's and with what the server counted."""
    if (run / "games.jsonl").read_bytes() != wanted:
        accounts.problems.append(f"{run}: games.jsonl differs from the undisturbed run's")
    received = Counter(content_of(call.json) for call in server.calls)
    completed = Counter(content_of(server.calls[index].json) for index in server.completed)
    replies: Counter[str] = Counter()
    intents: Counter[str] = Counter()
    answered: set[Place] = set()
    with JournalReader(run / "journal.sqlite") as journal:
        journal.verify()
        for attempt in journal.attempts():
            if attempt.place in answered:
                accounts.problems.append(f"{run}: {attempt.place} was asked again after its reply")
                accounts.bought_again += 1
            content = content_of(journal.request(attempt.id))
            if attempt.kind == "reply":
                answered.add(attempt.place)
                replies[content] += 1
            elif attempt.kind == "open":
                intents[content] += 1
            else:
                accounts.problems.append(f"{run}: {attempt.place} failed ({attempt.kind}): {attempt.message}")
    if (replies - received) or (replies - completed):
        accounts.problems.append(f"{run}: the journal holds replies that the server did not send")
    unexplained = (received - replies - intents).total()
    if unexplained:
        accounts.problems.append(f"{run}: {unexplained} requests are explained by no reply and no open intent")
    accounts.runs += 1
    accounts.requests += received.total()
    accounts.replies += replies.total()
    accounts.open_intents += intents.total()
    accounts.extra += (received - replies).total()
    accounts.bought_again += unexplained
    accounts.completed_unseen += (completed - replies).total()


def harness(
    root: Path,
    *,
    kills: int,
    kills_a_run: int,
    n_games: int,
    seed: int,
    latency_s: float,
    start: Callable[[Server, int, Path], subprocess.Popen[bytes]] = start,
    start_s: float = 5.0,
) -> Accounts:
    """Plays the undisturbed run, then runs that are killed `kills_a_run` times each, until there are `kills`.

    start_s: see kill_somewhere; a command whose start is quick is over in a few seconds.
    """
    accounts = Accounts()
    dice = random.Random(seed)

    def latency(_: object) -> float:
        return dice.uniform(0.5, 1.5) * latency_s

    with Server(haggle, latency_s=latency) as calm, Server(haggle, latency_s=latency) as server:
        (root / "undisturbed").mkdir()
        undisturbed, wanted = start(calm, n_games, root / "undisturbed"), b""
        while accounts.kills < kills:
            where = root / f"run-{accounts.runs + 1}"
            where.mkdir()
            forget(server)
            before = accounts.kills
            alive = True
            while alive and accounts.kills < min(before + kills_a_run, kills):
                command = start(server, n_games, where)
                alive = kill_somewhere(command, server, n_games, where, dice, accounts, start_s)
            run = finish(start(server, n_games, where), where) if alive else run_in(where)
            wanted = wanted or (finish(undisturbed, root / "undisturbed") / "games.jsonl").read_bytes()
            settle(server, run, wanted, accounts)
            print(
                f"run {accounts.runs}: {accounts.kills - before} kills, {server.count} requests for {calm.count} calls",
                flush=True,
            )
            if not accounts.problems:
                shutil.rmtree(where)
    return accounts


AT_CALLS = tuple(
    (call, number)
    for call, numbers in (("mkdir", 4), ("rename", 8), ("fsync", 10), ("fdatasync", 8), ("unlink", 4))
    for number in range(1, numbers + 1)
)
"""The n-th use of a system call at which a free run is killed: those that make, name and secure files."""


def at_calls(root: Path, kills: Sequence[tuple[str, int]]) -> list[str]:
    """Kills a run of the embedded negotiators at each of these, starts the same command again; what does not hold.

    There must be one run directory in the end, with the games of the undisturbed run.
    """
    command = [COMMAND, "n_games=2", "game=simple", "tracking=none"]
    problems, wanted = [], b""
    for call, number in ((("none", 0)), *kills):
        where = root / f"{call}-{number}"
        where.mkdir()
        traced = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", f"trace={call}"]
        traced += ["-e", f"inject={call}:signal=KILL:when={number}"]
        killed = number and subprocess.run([*traced, *command], cwd=where, capture_output=True, check=False).returncode
        if killed in (0, -9, 137):
            if killed or not number:  # killed, or the undisturbed run: the same command again
                subprocess.run(command, cwd=where, capture_output=True, check=False)
        else:
            problems.append(f"{call} {number}: strace ended with {killed}")
        found = [each for each in where.glob("outputs/*/*") if each.is_dir()]
        games = b"".join((each / "games.jsonl").read_bytes() for each in found if (each / "games.jsonl").is_file())
        wanted = wanted or games
        if len(found) != 1 or games != wanted:
            problems.append(f"{call} {number}: {len(found)} run directories, or other games; see {where}")
    return problems


def forget(server: Server) -> None:
    """Sets the server's counts to zero, once it has noticed that its last client is gone."""
    while server.in_flight:
        time.sleep(0.01)
    server.calls, server.completed, server.count = [], [], 0


def main() -> int:
    """Runs the harness and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="2 kills of a run of 6 games")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", action="store_true", help="kill at chosen system calls, with strace")
    parser.add_argument("--power", action="store_true", help="lose the power instead, as root")
    parser.add_argument("--losses", type=int, default=20, help="of power")
    options = parser.parse_args()
    started = time.monotonic()
    root = Path(tempfile.mkdtemp(prefix="crashes-"))
    if options.calls:
        chosen = AT_CALLS[17:18] if options.small else AT_CALLS
        problems = at_calls(root, chosen)
        print(f"{len(chosen)} kills at system calls, one run directory and the undisturbed games after all but these:")
        print("\n".join(problems) or "none")
        return bool(problems)
    if options.power:
        from benchmarks.power import report_losses

        return report_losses(root, losses=options.losses, seed=options.seed)
    if options.small:
        sums = harness(root, kills=2, kills_a_run=2, n_games=6, seed=options.seed, latency_s=0.01)
    else:
        sums = harness(root, kills=options.kills, kills_a_run=9, n_games=96, seed=options.seed, latency_s=0.03)
    flights = sorted(sums.in_flight)
    print(
        f"{sums.kills} kills with SIGKILL over {sums.runs} runs in {time.monotonic() - started:.0f} s; "
        f"requests in flight at the kill: median {flights[len(flights) // 2]}, most {flights[-1]}\n"
        f"{sums.requests} requests, {sums.replies} replies on record, {sums.open_intents} open intents\n"
        f"{sums.extra} extra requests, all but {sums.bought_again} explained by an open intent; "
        f"{sums.completed_unseen} answers went out whole and never reached a journal\n"
        f"replies that reached us and were bought again: {sums.bought_again}"
    )
    for problem in sums.problems:
        print(f"DOES NOT HOLD: {problem}")
    if sums.problems:
        print(f"kept: {root}")
        return 1
    shutil.rmtree(root)
    print("every games.jsonl is the undisturbed run's, byte for byte")
    return 0


if __name__ == "__main__":
    sys.exit(main())
