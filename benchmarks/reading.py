"""How long 1,000 runs x 200 games x 5 rounds take to become the table of rounds, and in how much memory.

    python benchmarks/reading.py             made first, by copying one simulated run (2.3 GB)
    python benchmarks/reading.py --small     what CI runs: 10 runs

Each reading is a process of its own: the first has no columnar copies, the second has them, the third is what the
dashboard does when it opens. The floor of the first is parsing every line of games.jsonl as JSON, on one core and
without making anything of it (measured on one run).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import HERE

from bargain import compose, play

LOAD = "from bargain.analysis.data.runs import load; runs = load({0!r}); print(len(runs), len(runs.rounds))"
OPEN = "from bargain.analysis.dashboard.data import load_chosen; print(len(load_chosen([{0!r}]).labels))"
FIRST_S, PEAK_MIB = 30.0, 2048.0


def make(where: Path, count: int) -> Path:
    """So many run directories that differ by their seed in the config."""
    first = where / "0"
    play(compose(["n_games=200", "game.n_rounds=5", "tracking=none"]), first, show_progress=False)
    (first / ".hydra").mkdir(exist_ok=True)
    config = subprocess.run(
        [sys.executable, "-m", "bargain", "n_games=200", "game.n_rounds=5", "tracking=none", "--cfg", "job"],
        cwd=where, env={**os.environ, "PYTHONPATH": str(HERE.parent)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for number in range(count):
        path = where / str(number)
        (path / ".hydra").mkdir(parents=True, exist_ok=True)
        (path / ".hydra" / "config.yaml").write_text(config.replace("seed: 0\n", f"seed: {number}\n", 1))
        for name in ("games.jsonl", "summary.json") if number else ():
            shutil.copyfile(first / name, path / name)
    return where


def reading(code: str, where: Path) -> tuple[float, float, str]:
    """Seconds and peak MiB of a process that runs this code, and what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(str(where))],
        cwd=where, env={**os.environ, "PYTHONPATH": str(HERE.parent)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read().strip()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, used.ru_maxrss / 1024, said


def parsing_s(where: Path, count: int) -> float:
    """Seconds that reading and parsing JSON would take for all runs, from one of them."""
    path = where / "0" / "games.jsonl"
    started = time.perf_counter()
    with path.open("rb") as lines:
        for line in lines:
            json.loads(line)
    return (time.perf_counter() - started) * count


def main() -> int:
    """Makes, reads, prints and judges: 1 when the first reading takes over 30 s or 2 GB. --small only shows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="10 runs, for CI")
    small = parser.parse_args().small
    count = 10 if small else 1000
    with tempfile.TemporaryDirectory(prefix="bargain-analysis-") as scratch:
        where = make(Path(scratch), count)
        size = sum(path.stat().st_size for path in where.glob("*/games.jsonl")) / 2**20
        print(f"{count:,} runs x 200 games x 5 rounds, {size:,.0f} MiB of games.jsonl")
        floor = parsing_s(where, count)
        first_s, peak, said = reading(LOAD, where)
        print(f"  first reading: {first_s:6.1f} s, {peak:5.0f} MiB ({said} runs and rounds)", end="")
        print(f", {first_s / floor:.2f} x parsing the JSON on one core ({floor:.1f} s)")
        later_s, later_peak, _ = reading(LOAD, where)
        print(f"  cached:        {later_s:6.1f} s, {later_peak:5.0f} MiB")
        opened_s, opened_peak, _ = reading(OPEN, where)
        print(f"  dashboard:     {opened_s:6.1f} s, {opened_peak:5.0f} MiB until its data are there")
    return 0 if small or (first_s < FIRST_S and peak < PEAK_MIB) else 1


if __name__ == "__main__":
    sys.exit(main())
