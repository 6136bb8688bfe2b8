"""How many seconds a stop takes: from Ctrl-C until the process is gone, and from a finished game until W&B is given up.

    python benchmarks/stopping.py             5 stops each
    python benchmarks/stopping.py --small     what CI runs: one each

What is stopped: a run with 64 calls in flight that take 150 ms, without and with W&B; one whose provider hangs; one on
the embedded negotiators; one amid its imports. A tracker is told 5,000 things by a run that W&B does not listen to, is
interrupted, and is finished while W&B hangs. The tests (test_stopping.py, test_tracking_away.py) show that nothing
waits for what hangs, whatever the machine does; how long it takes is said here.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measured import BIN, on_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the loopback server of the tests

from bargain.tracking.base import RunInfo
from bargain.tracking.wandb import WandbConfig, WandbTracker
from tests.commands import AN_HOUR_S, PATIENCE_S, environment, wait_for
from tests.negotiator import haggle
from tests.servers import Fault, Server

WITHIN_S = 1.0
GIVEN_UP_S = 1.0
"""After how many seconds the benchmark's tracker gives W&B up; a run's own does after 20."""
HANGS = f"import time; time.sleep({AN_HOUR_S})"


def stopped(arguments: list[str], when: Callable[[Path], object]) -> float:
    """Starts `bargain`, sends Ctrl-C when it is time; seconds until it is gone."""
    with tempfile.TemporaryDirectory() as cwd:
        process = subprocess.Popen(
            [str(BIN / "bargain"), *arguments],
            cwd=cwd,
            env=environment(OPENAI_API_KEY="none"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: when(Path(cwd)) or process.poll() is not None, "it is time to stop")
        started = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        took_s = time.perf_counter() - started
    if process.returncode != 130:
        raise RuntimeError(f"bargain {' '.join(arguments)} ended with {process.returncode}")
    return took_s


def playing(tracking: str, *, hangs_from: int | None = None) -> float:
    """64 games on a server that takes 150 ms, or that hangs from a call on."""

    def fault(call: object) -> Fault | None:
        return Fault(kind="hang", seconds=AN_HOUR_S) if hangs_from is not None and server.count > hangs_from else None

    with Server(haggle, latency_s=0.15, fault=fault, record=False) as server:
        arguments = ["game=criticize_seller", "n_games=64", f"tracking={tracking}", *on_server(server.url)]
        return stopped(arguments, lambda cwd: server.count >= 200)


def embedded() -> float:
    """A million games on the embedded negotiators."""
    arguments = ["n_games=1000000", "tracking=none"]
    return stopped(arguments, lambda cwd: any(each.stat().st_size for each in cwd.glob("outputs/*/*/games.jsonl")))


def starting() -> float:
    """A run that has just placed itself and imports what it needs."""
    with Server(haggle, record=False) as server:
        arguments = ["n_games=2000", "tracking=none", *on_server(server.url)]
        return stopped(arguments, lambda cwd: (cwd / "outputs").exists())


def tracker(folder: Path) -> WandbTracker:
    """A tracker whose W&B hangs, started."""
    made = WandbTracker(WandbConfig(), finish_s=GIVEN_UP_S)
    made.start(folder, {}, RunInfo("abc123", "a run", None, ("game=simple",), True))
    return made


def timed(what: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def told() -> float:
    """5,000 times progress."""
    with tempfile.TemporaryDirectory() as folder:
        hung = tracker(Path(folder))
        took_s = timed(lambda: [hung.progress({"games_done": float(done)}) for done in range(5_000)])
        hung.finish({"state": "finished"}, [])
        return took_s


def failed() -> float:
    """An interrupted run. Its W&B process ends by itself, within its own limits."""
    with tempfile.TemporaryDirectory() as folder:
        hung = tracker(Path(folder))
        return timed(lambda: hung.fail("Ctrl-C"))


def finished() -> float:
    """A finished run, beyond the time after which it gives W&B up."""
    with tempfile.TemporaryDirectory() as folder:
        hung = tracker(Path(folder))
        return timed(lambda: hung.finish({"state": "finished"}, [])) - GIVEN_UP_S


def main() -> int:
    """Measures in turns, prints medians, and judges: 1 when one takes over a second. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="one stop each, for CI")
    small = parser.parse_args().small
    measures = {
        "Ctrl-C, 64 calls in flight": lambda: playing("none"),
        "Ctrl-C, the same with W&B": lambda: playing("wandb"),
        "Ctrl-C, a provider that hangs": lambda: playing("none", hangs_from=140),
        "Ctrl-C, embedded negotiators": embedded,
        "Ctrl-C, amid the imports": starting,
        "W&B hangs: told 5,000 things": told,
        "W&B hangs: interrupted": failed,
        "W&B hangs: given up, beyond its time": finished,
    }
    seconds: dict[str, list[float]] = {name: [] for name in measures}
    with tempfile.TemporaryDirectory() as fake:
        (Path(fake) / "wandb.py").write_text(HANGS)
        for _ in range(1 if small else 5):
            for name, measure in measures.items():
                sys.path[:0] = [fake] if name.startswith("W&B") else []
                seconds[name].append(measure())
                sys.path[:] = [each for each in sys.path if each != fake]
    for name, taken in seconds.items():
        print(f"{name:<38}{statistics.median(taken):6.2f} s (most {max(taken):.2f})")
    good = all(statistics.median(taken) < WITHIN_S for taken in seconds.values())
    return 0 if good or small else 1


if __name__ == "__main__":
    os.environ.pop("WANDB_MODE", None)
    sys.exit(main())
