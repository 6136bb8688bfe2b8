"""bargain from Python: docs/python.md is run as it stands, in a running event loop, as a notebook would."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import bargain.analysis
from bargain import ConfigError, Me, PlayedRun, PlayedSweep, Turn, compose, play, sweep
from bargain.engines.python import source_hash
from bargain.main import run as command
from tests.commands import ROOT, games_of

PAGE = ROOT / "docs" / "python.md"
ASKED = ("game=simple", "n_games=2", "tracking=none")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lowball(turns: Sequence[Turn], me: Me) -> str:
    """Offers a dollar above its opening, whatever it hears."""
    return f"I can pay ${(me.opening or 0) + 1:g}, round {me.round}."


async def cells() -> list[Any]:
    """What the page's blocks show, each a cell of one notebook."""
    names: dict[str, Any] = {}
    shown = []
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)):
        file = f"<cell {number}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)  # as IPython does
        tree = ast.parse(code)
        last = tree.body.pop()
        exec(compile(tree, file, "exec"), names)
        assert isinstance(last, ast.Expr), "a cell ends with what it shows"
        shown.append(eval(compile(ast.Expression(last.value), file, "eval"), names))
    return shown


@pytest.mark.long
def test_the_page_about_python_runs_in_a_running_loop_and_shows_tables_and_pictures() -> None:
    shown = asyncio.run(cells())
    (run,) = [each for each in shown if isinstance(each, PlayedRun)]
    (found,) = [each for each in shown if isinstance(each, PlayedSweep)]
    for each in (run, found):
        html = each._repr_html_()
        assert html.count("<table>") == 1
        assert html.count("<svg") == 1
        assert str(each.directory) in html
    assert "simulated-firm" in found._repr_html_()
    assert (found.state, found.problem, len(found.cells)) == ("finished", "", 2)
    assert len(found.runs) == 2
    assert len(found.rounds) == 2 * 2 * 20
    assert set(found.turns["run"]) == set(found.runs["run"])
    assert shown[-1] == "finished"


@pytest.mark.long
def test_a_function_at_a_seat_is_named_and_hashed_in_the_identity_and_replays_without_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = play(ASKED, here / "run", buyer=lowball)
    said = [turn["text"] for game in games_of(run.directory) for turn in game["rounds"][0]["turns"][3::2]]
    assert said
    assert set(said) == {"I can pay $11, round 1."}
    (row,) = run.runs.to_dict("records")
    assert row["buyer.engine.name"] == "lowball"
    assert row["buyer.engine.model"] == f"{__name__}.lowball"
    assert row["buyer.engine.options.sha256"] == source_hash(lowball)
    assert row["moderator.engine.name"] == "simulated", "it follows the player who is no function"
    assert command([f"resume={run.directory}", "mode=replay"]) == 0

    capsys.readouterr()
    assert command([f"resume={run.directory}", "n_games=3"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no command can play on; call the same play(..., buyer=...) again" in line
    more = compose([*ASKED, "n_games=3"])
    assert play(more, here / "run", buyer=lowball).state == "finished"
    assert more.buyer.engine.name == "simulated", "what was composed is left as it was"
    with pytest.raises(ConfigError, match=r"buyer\.engine\.options\.sha256"):
        play(more, here / "run", buyer=lambda turns, me: "$11")


def test_what_a_function_closes_over_is_part_of_its_hash() -> None:
    def asking(price: float) -> Any:
        return lambda turns, me: f"${price}"

    assert source_hash(asking(10)) == source_hash(asking(10))
    assert source_hash(asking(10)) != source_hash(asking(11))


@pytest.mark.long
def test_an_error_in_a_function_is_raised_and_on_record_and_a_seat_that_nobody_plays_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(turns: Sequence[Turn], me: Me) -> str:
        raise LookupError("no idea")

    cfg = compose(ASKED)
    with pytest.raises(LookupError, match="no idea"):
        play(cfg, here / "broken", seller=broken)
    (row,) = bargain.analysis.load(here / "broken").runs.to_dict("records")
    assert row["state"] == "failed"
    with pytest.raises(TypeError, match="must return its words, a str"):
        play(cfg, seller=lambda turns, me: 12)
    capsys.readouterr()
    with pytest.raises(ConfigError, match="both players are functions, and neither should judge"):
        play(ASKED, seller=lowball, buyer=lowball)
    with pytest.raises(ConfigError, match="choose one with engine@critic"):
        play(["moderator=rules", "tracking=none"], seller=lowball, buyer=lowball)
    assert command(["engine@buyer.engine=python", *ASKED]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "bargain: engine python (buyer): nobody sits there; in Python: play(..., buyer=my_function)"
    with pytest.raises(ConfigError, match=r"game\.arms\.ai\.engine\.temperature: no engine is chosen there"):
        sweep(["game=seller_compare_feedback", "game.arms.ai.engine.temperature=1", "tracking=none"])
    with pytest.raises(ConfigError, match="did you mean n_games"):
        sweep(["n_gams=1,2"])


@pytest.mark.parametrize("module", [bargain, bargain.analysis], ids=lambda module: module.__name__)
def test_everything_that_is_offered_says_what_it_is(module: Any) -> None:
    for name in sorted(set(module.__all__) - {"__version__"}):
        offered = getattr(module, name)
        assert inspect.getdoc(offered), name
        public = [each for each in vars(offered) if not each.startswith("_")] if inspect.isclass(offered) else []
        silent = [each for each in public if callable(getattr(offered, each)) and not getattr(offered, each).__doc__]
        assert silent == [], name
