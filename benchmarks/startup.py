"""How long a command takes to say something and to make its first call, beside the imports that it cannot do without.

    python benchmarks/startup.py             7 starts each, taken in turns
    python benchmarks/startup.py --small     what CI runs: one start each, openai only

The floors are `import hydra` for --help and `import openai` (or anthropic) on top of it for the first call, each in an
interpreter of its own. The first call is timed by the server: from the start of the process until its request arrives.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from measured import BIN, bargain, on_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for the loopback server of the tests

from tests.servers import Call, Server

HELP_S, CALL_S = 1.0, 2.5


def of(*command: str) -> float:
    """Seconds until this command has ended well."""
    with tempfile.TemporaryDirectory() as cwd:
        started = time.perf_counter()
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=60)
        return time.perf_counter() - started


def importing(*modules: str) -> float:
    """Seconds of an interpreter that imports these and ends."""
    return of(sys.executable, "-c", f"import {', '.join(modules)}")


def first_call(engine: str) -> float:
    """Seconds from the start of `bargain` until its first request arrives at the server."""
    arrived: list[float] = []
    first = threading.Lock()

    def note(call: Call) -> None:
        with first:
            arrived.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as cwd, Server(fault=note, record=False) as server:
        started = time.perf_counter()
        bargain(["n_games=1", "game=simple", *on_server(server.url, engine=engine)], Path(cwd))
        return arrived[0] - started


def main() -> int:
    """Measures in turns, prints medians, and judges: 1 when a target is missed. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few starts, for CI")
    small = parser.parse_args().small
    measures = {
        "import hydra": lambda: importing("hydra"),
        "bargain --help": lambda: of(str(BIN / "bargain"), "--help"),
        "import hydra, openai": lambda: importing("hydra", "openai"),
        "first call, openai": lambda: first_call("gpt-4o-mini"),
        "import hydra, anthropic": lambda: importing("hydra", "anthropic"),
        "first call, anthropic": lambda: first_call("claude-haiku-4-5"),
    }
    if small:
        measures = {name: each for name, each in measures.items() if "anthropic" not in name}
    seconds: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(1 if small else 7):
        for name, measure in measures.items():
            seconds[name].append(measure())
    median = {name: statistics.median(each) for name, each in seconds.items()}
    names = list(median)
    for floor, name in zip(names[::2], names[1::2], strict=True):
        print(f"{name}: {median[name]:.2f} s (best {min(seconds[name]):.2f}), ", end="")
        print(f"{median[name] / median[floor]:.2f} x `{floor}` {median[floor]:.2f} s")
    good = median["bargain --help"] < HELP_S and median["first call, openai"] < CALL_S
    return 0 if good or small else 1


if __name__ == "__main__":
    sys.exit(main())
