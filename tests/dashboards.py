"""The dashboard as the tests drive it: Streamlit's AppTest on the page, and run directories worth looking at.

page = opened(tmp_path, view="game", game="1")        # as if ?view=game&game=1 had been opened
assert not page.exception
"""

from __future__ import annotations

import functools
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from bargain.records import Feedback, Game, Round, Turn, Verdict, Violation
from tests.commands import BIN, PATIENCE_S, environment
from tests.run_maker import USAGE, an_arms_game, make_run, write_summary

manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
"""Reads the metadata of every installed package, in each run of a page: more than half of what a page costs."""
config.set_option("browser.gatherUsageStats", False)  # as the command has it
VIEWS = ("runs", "compare", "game", "live", "cost")
PRICES = [[14.0, 15.5], [14.5, 16.0], [13.0, None], [15.0, 15.5], [14.0, 16.5], [13.5, 15.0]]
HOSTILE = (
    "<script>window.evil = 1</script>",
    "<img src='http://192.0.2.1/x.png' onerror='window.evil = 1'>",
    "![a picture](http://192.0.2.1/y.png)",
    "[a link](javascript:window.evil=1)",
    "I paid $10 for it, $x^2$ and $12 at most",
    ":red[coloured] **bold** # heading :smile:",
)


def _page(*where: str) -> None:
    from bargain.analysis.dashboard.page import show

    show(list(where))


def opened(*where: Path, **address: str | list[str]) -> AppTest:
    """The page on these directories, opened with this address."""
    page = AppTest.from_function(_page, args=tuple(map(str, where)), default_timeout=PATIENCE_S)
    for key, value in address.items():
        page.query_params[key] = value
    return page.run()


def texts(page: AppTest) -> str:
    """Everything that st.text shows, in the order of the page."""
    return "\n".join(str(each.value) for each in page.text)


def interpreted(page: AppTest) -> str:
    """Everything that the page hands to something that reads markdown or HTML."""
    kinds = ("markdown", "heading", "html", "alert", "latex", "json")
    found = [each.value for each in [*page.markdown, *page.caption, *page.info, *page.warning, *page.error]]
    found += [each.proto.body for kind in kinds for each in page.get(kind) if hasattr(each.proto, "body")]
    return "\n".join(map(str, found))


def sweep(root: Path) -> Path:
    """Four finished cells: two sellers, two learners."""
    for number, (engine, learner) in enumerate((e, who) for e in ("gpt-a", "gpt-b") for who in ("seller", "buyer")):
        shift = number / 2
        prices = [[price and price + shift for price in game] for game in PRICES]
        choices = {"seller__engine__name": engine, "game__name": f"criticize_{learner}", "game__learners": [learner]}
        make_run(root / str(number), prices, **choices)
    return root


def running(root: Path) -> Path:
    """One cell that plays: three of twelve games, no end on record."""
    run = make_run(root / "0", PRICES[:3], state=None, n_games=12)
    rows = [{"round": 1, "arm": "", "games": 3, "deals": 3, "deal_rate": 1.0, "mean_price": 13.8, "not_played": 0}]
    calls = {"live": 40}
    write_summary(run, state="running", finished=3, planned=12, rounds=rows, calls=calls, wall_s=8.0)
    return root


def failed(root: Path) -> Path:
    """One cell that failed with a reason, and one that crashed with a damaged file."""
    run = make_run(root / "0", PRICES[:2], state=None, n_games=12)
    write_summary(run, state="failed", finished=2, planned=12, problem="OSError: no space left on device")
    other = make_run(root / "1", PRICES[:2], state="paused", n_games=12)
    with (other / "games.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"game": 2, "rou')
    return root


def arms(root: Path) -> Path:
    """A compare game: two sources of feedback after a shared first round."""
    games = [an_arms_game(at, 14.0, {"ai": [15.0 + at / 4], "human": [14.5 + at / 8]}) for at in range(8)]
    make_run(root / "0", games, game__name="seller_compare_feedback", game__arms={"ai": {}, "human": {}})
    return root


def hostile_game(number: int = 0) -> Game:
    """A game in which everybody says what a browser might take for something else."""
    turns = [Turn("seller" if at % 2 == 0 else "buyer", text, 12.0 + at, "offer") for at, text in enumerate(HOSTILE)]
    said = "\n".join(HOSTILE)
    verdict = Verdict(len(turns), "deal", 15.0, HOSTILE[2], said, (HOSTILE[0],), "ongoing")
    wrong = Violation(2, "buyer", "moves_back", HOSTILE[1])
    heard = Feedback("seller", HOSTILE[3], said, HOSTILE[4])
    first = Round(1, "", "deal", 15.0, tuple(turns), (verdict,), (wrong,), (), "", 15.0, USAGE)
    ends, price = ("deal", 16.0 + number) if number else ("walk_away", None)
    second = Round(2, "", ends, price, tuple(turns), (verdict,), (wrong,), (heard,), HOSTILE[4], None, USAGE)
    return Game(number, ends, (first, second), error=HOSTILE[1], simulated=False)


def hostile(root: Path) -> Path:
    """Two runs whose every text is hostile: dialogues, feedback, verdicts, and the names in the config."""
    games = [hostile_game(at) for at in range(3)]
    for number in (0, 1):
        name = HOSTILE[number]
        run = make_run(root / str(number), games, seller__engine__name=name, item__currency="$x^2$")
        write_summary(run, state="failed", finished=3, planned=9, problem=HOSTILE[4], simulated=False)
    return root


@contextmanager
def served(where: Path, log: Path) -> Iterator[str]:
    """The address of a real `bargain-dashboard` on these runs, as a process of its own; `log` takes what it says."""
    command = [str(BIN / "bargain-dashboard"), str(where), "--no-browser"]
    with log.open("w", encoding="utf-8") as file:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True, env=environment())
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line.startswith("bargain-dashboard: http://127.0.0.1:"), line + log.read_text(encoding="utf-8")
            yield line.split()[1]
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0, "Ctrl-C is how it is meant to end"
