"""The dashboard in headless Chromium, on a laptop's screen, in light and dark: loads, fits, and stays on this machine.

Screenshots are left in pytest's temporary directory (`--basetemp` says where), for somebody to look at.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests import dashboards
from tests.browser import chromium
from tests.commands import PATIENCE_S
from tests.dashboards import HOSTILE, VIEWS
from tests.run_maker import write_summary

pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else None
from playwright.sync_api import Locator, Page, Request, expect  # noqa: E402

expect.set_options(timeout=PATIENCE_S * 1000)
SCREEN = {"width": 1366, "height": 768}
MODES: dict[Literal["light", "dark"], re.Pattern[str]] = {
    "light": re.compile(r"rgb\(2\d\d(, 2\d\d){2}\)"),
    "dark": re.compile(r"rgb\(\d?\d(, \d?\d){2}\)"),
}
"""How the page's background looks."""
SHOWN = {
    "runs": '[data-testid="stDataFrame"] canvas',
    "compare": ".st-key-words-change",
    "game": "[class*=st-key-turn-buyer]",
    "live": '[data-testid="stMetric"]',
    "cost": '[data-testid="stDataFrame"] canvas',
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One page for all tests: a new one would fetch and compile Streamlit's scripts again, five seconds of CPU."""
    with chromium() as started:
        made = started.new_page(viewport=SCREEN, reduced_motion="reduce")
        made.set_default_timeout(PATIENCE_S * 1000)
        yield made


class Watched:
    """A page, with what went wrong in it and every address that it asked for in one test."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "http://127.0.0.1:")):
            self.asked.append(request.url)

    def open(self, address: str, shows: str) -> Page:
        """The page once it shows what it should and is no longer busy."""
        self.page.goto(address)
        return self.settled(shows)

    def settled(self, shows: str) -> Page:
        """The page that is open, once it shows this."""
        expect(self.page.locator(shows).first).to_be_visible()
        expect(self.page.locator('[data-testid="stStatusWidget"]')).to_have_count(0)
        expect(self.page.locator('[data-testid="stException"]')).to_have_count(0)
        return self.page


@pytest.fixture
def watched(page: Page) -> Iterator[Watched]:
    yield Watched(page)
    page.emulate_media(color_scheme="null")
    page.goto("about:blank")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep, two failed runs of hostile texts, and one that plays."""
    runs = tmp_path_factory.mktemp("runs")
    dashboards.sweep(runs / "sweep")
    dashboards.hostile(runs / "hostile")
    return dashboards.running(runs)


@pytest.fixture(scope="module")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one dashboard shows them all."""
    with dashboards.served(root, tmp_path_factory.mktemp("log") / "log") as found:
        yield found


def chosen(watched: Watched, view: str) -> Page:
    """The page once it shows this view, chosen at its top."""
    watched.page.get_by_role("radio", name=view, exact=True).click()
    watched.page.wait_for_url(f"**view={view}**" if view != "runs" else "**")
    return watched.settled(SHOWN[view])


def go_back(page: Page) -> None:
    """The browser's Back, once another document is there: loaded anew, or from the browser's cache."""
    page.evaluate("window.isTheOneBefore = true; history.back()")
    page.wait_for_function("!window.isTheOneBefore")


@pytest.mark.long
def test_each_choice_goes_to_the_address_and_is_one_step_back_also_from_nonsense(
    watched: Watched, address: str
) -> None:
    """A page that tidied the address by itself did so again whenever Back came to it: nobody got out."""
    page = watched.open(f"{address}?view=live", SHOWN["live"])
    page.goto(f"{address}?view=game&round=9&nonsense=1")
    steps = page.evaluate("history.length")
    expect(page.get_by_text("The address asks for what these runs do not have: round=9")).to_be_visible()
    page.get_by_role("radio", name="2", exact=True).click()
    page.wait_for_url("**?view=game&round=2")
    expect(page.get_by_text("Round 1: ")).to_have_count(0)
    page.get_by_role("radio", name="runs").click()
    page.wait_for_url("**:*/")
    assert page.evaluate("history.length") == steps + 2
    for there, shows in (("round=2", "game"), ("nonsense=1", "game"), ("view=live", "live")):
        go_back(page)
        page.wait_for_url(f"**{there}")
        expect(page.locator(SHOWN[shows]).first).to_be_visible()
        expect(page.get_by_text("Round 1: ")).to_have_count(int(there == "nonsense=1"))


def tick(page: Page, row: int, then: Locator) -> None:
    """Ticks a row, which enables a button. The table is a canvas, whose boxes are known by their place."""
    ticked = page.locator(f'{SHOWN["runs"]} [role=row][aria-rowindex="{row + 1}"][aria-selected=true]')
    for _ in range(5):
        table = page.locator(SHOWN["runs"]).first.bounding_box()
        assert table is not None
        if not ticked.count():  # a second click on a slow machine would untick it
            page.mouse.click(table["x"] + 16, table["y"] + 35 * row + 17)
        with contextlib.suppress(AssertionError):  # a canvas may not listen yet
            expect(ticked).to_have_count(1, timeout=10_000)
            break
    expect(then).to_be_enabled()


@pytest.mark.long
def test_two_ticked_runs_are_compared(watched: Watched, address: str) -> None:
    page = watched.open(f"{address}?state=finished", SHOWN["runs"])
    for row, then in ((1, "Look at its games"), (3, "Compare them")):
        tick(page, row, page.get_by_role("button", name=then))
    page.get_by_role("button", name="Compare them").click()
    page.wait_for_url("**view=compare**")
    expect(page.locator(".st-key-words-cells")).to_contain_text("gpt-b against gpt-a: ")
    assert page.url.count("only=") == 2


@pytest.mark.long
def test_every_view_fits_a_laptop_in_light_and_dark_and_hostile_texts_do_nothing_in_it(
    watched: Watched, address: str, tmp_path: Path
) -> None:
    page = watched.open(f"{address}?state=failed&state=running", SHOWN["runs"])
    for view in VIEWS:
        chosen(watched, view)
        for box in ("html", ".stMain", ".stMainBlockContainer"):
            widths = page.locator(box).first.evaluate("box => [box.scrollWidth, box.clientWidth]")
            assert widths[0] <= widths[1], (view, box, widths)
        assert page.evaluate("window.evil") is None
        assert page.locator(".katex, img[src*='192.0.2.1'], a[href^=javascript]").count() == 0
        if view == "game":
            for text in HOSTILE:
                expect(page.locator("[class*=st-key-turn-]", has_text=text).first).to_be_visible()
        page.screenshot(path=tmp_path / f"{view}.png")
    for mode, colour in MODES.items():
        page.emulate_media(color_scheme=mode)
        expect(page.locator(".stApp")).to_have_css("background-color", colour)
        page.screenshot(path=tmp_path / f"{VIEWS[-1]}-{mode}.png")
    assert not watched.wrong
    assert not watched.asked, "nothing is fetched from anywhere else"


@pytest.mark.long
def test_a_run_that_goes_on_is_seen_without_a_reload(watched: Watched, address: str, root: Path) -> None:
    page = watched.open(f"{address}?view=live", SHOWN["live"])
    expect(page.get_by_text("33 of 54").first).to_be_visible()
    write_summary(root / "0", state="running", finished=7, planned=12)
    expect(page.get_by_text("37 of 54").first).to_be_visible()
    write_summary(root / "0", state="finished", finished=12, planned=12)
    expect(page.get_by_text("Nothing plays here now")).to_be_visible()
