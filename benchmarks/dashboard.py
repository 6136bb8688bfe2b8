"""How long `bargain-dashboard` takes to open on 100 runs: from the start of the command to the first table in Chromium.

    python benchmarks/dashboard.py             100 small simulated runs (made first, about a minute), 5 openings
    python benchmarks/dashboard.py --small     what CI runs: 10 runs, 2 openings, however long they take
    python benchmarks/dashboard.py DIR         runs that are there already

Each opening is a new process of the command and a new page of a browser that already runs; the first has no cached
copies of the games (.cache/), the others have. Every view is then opened once by its address in the same session.
Needs chromium (Debian package) and playwright. It ends with status 1 when the median of the later openings is over 3 s.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

BIN = Path(sys.executable).parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
TABLE = '[data-testid="stDataFrame"] canvas'
READY = {
    "runs": TABLE,
    "compare": ".st-key-words-change",
    "game": "[class*=st-key-turn-]",
    "live": TABLE,
    "cost": TABLE,
}
LIMIT_S = 3.0
PORT = 8731


def main() -> int:
    """Prints one line per opening and per view; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--small", action="store_true", help="10 runs, 2 openings")
    options = parser.parse_args()
    if options.small and not Path(CHROMIUM).exists():
        print("not measured: there is no chromium (scripts/install-debian-packages)")
        return 0
    runs, openings = (10, 2) if options.small else (100, 5)
    with tempfile.TemporaryDirectory(prefix="bargain-dashboard-") as scratch, sync_playwright() as playwright:
        where = options.directory or make_runs(Path(scratch), runs)
        for cached in where.rglob(".cache"):
            shutil.rmtree(cached)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        times = []
        for number in range(openings):
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            server, seconds = opened(page, where)
            try:
                times.append(seconds)
                print(f"opening {number + 1}: first table after {seconds:.2f} s", flush=True)
                if number == openings - 1:
                    views(page)
            finally:
                server.terminate()
                server.wait(20)
                page.close()
        browser.close()
    later = statistics.median(times[1:])
    print(f"{runs if options.directory is None else where} runs: first {times[0]:.2f} s, later {later:.2f} s (median)")
    return 0 if later <= LIMIT_S or options.small else 1


def make_runs(where: Path, count: int) -> Path:
    """Small simulated runs that differ by seed, as a sweep leaves them."""
    choices = [f"seed=range(0,{count})", "n_games=3", "game=criticize_seller", "game.n_rounds=2", "tracking=none"]
    subprocess.run([str(BIN / "bargain"), "-m", *choices], cwd=where, check=True, capture_output=True, timeout=600)
    return where / "outputs"


def opened(page: Page, where: Path) -> tuple[subprocess.Popen[str], float]:
    """The command's process, and the seconds from its start until the page shows a table."""
    command = [str(BIN / "bargain-dashboard"), str(where), "--no-browser", "--port", str(PORT)]
    started = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split()[1]
    page.goto(address)
    page.wait_for_selector(TABLE, timeout=60_000)
    return server, time.perf_counter() - started


def views(page: Page) -> None:
    """Opens every view by its address, twice: the first time it is worked out, then it is remembered."""
    base = page.url.partition("?")[0]
    for view, shows in READY.items():
        seconds = []
        for _ in range(2):
            started = time.perf_counter()
            page.goto(f"{base}?view={view}")
            page.wait_for_selector(shows, timeout=60_000)
            seconds.append(time.perf_counter() - started)
        print(f"  {view}: {seconds[0]:.2f} s, then {seconds[1]:.2f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
