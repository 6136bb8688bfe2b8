"""bargain branch=DIR: the past is not paid again, another way has its known effect, and a place must be there."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import scipy.stats

from bargain import play
from bargain.analysis.data.runs import load
from bargain.analysis.figures import NotEnough, svg
from bargain.analysis.figures.branches import futures_compared
from bargain.analysis.measures.branches import branches
from bargain.intervals import apart, wilson
from bargain.main import run
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.servers import Answer, Chat, Server

HOME = ("tracking=none", "moderator=rules")
SCRIPTS = ("engine@seller.engine=opponent-conceder", "engine@buyer.engine=opponent-linear", "item=bicycle")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Finished runs, by what plays: scripts, the same in few turns, or the embedded negotiators."""
    top = tmp_path_factory.mktemp("finished")
    scripts, embedded = (compose([*HOME, *more, "game=simple", "n_games=2"]) for more in (SCRIPTS, ()))
    short = copy.deepcopy(scripts)
    short.game.max_exchanges = 4
    for name, cfg in {"scripts": scripts, "short": short, "embedded": embedded}.items():
        assert play(cfg, top / name, show_progress=False).state == "finished"
    return {each.name: each for each in top.iterdir()}


@pytest.fixture
def scripts(finished: dict[str, Path]) -> Path:
    """A copy of what scripts played, `source`."""
    return Path(shutil.copytree(finished["scripts"], "source"))


@pytest.fixture
def short(finished: dict[str, Path]) -> Path:
    """A copy of what scripts played in few turns, `source`."""
    return Path(shutil.copytree(finished["short"], "source"))


@pytest.fixture
def embedded(finished: dict[str, Path]) -> Path:
    """A copy of what the embedded negotiators played, `source`."""
    return Path(shutil.copytree(finished["embedded"], "source"))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "never sent further")


def played(name: str, *overrides: str) -> Path:
    """A finished run."""
    directory = Path(name)
    assert play(compose([*HOME, *overrides]), directory, show_progress=False).state == "finished"
    return directory


def branched(*arguments: str) -> Path:
    """The directory of the branch that these arguments make."""
    assert run([*arguments, "tracking=none"]) == 0
    return max(Path("outputs").glob("*/*-branch*"), key=lambda path: path.stat().st_ctime_ns)


def texts(game: dict[str, Any], number: int) -> list[str]:
    (found,) = [each for each in game["rounds"] if each["round"] == number]
    return [turn["text"] for turn in found["turns"]]


def prices(cell: Path) -> list[float | None]:
    return [game["rounds"][0]["price"] for game in games_of(cell)]


def asks(server: Server) -> list[str]:
    return ["game=criticize_seller", "n_games=3", "game.max_exchanges=4"] + [
        each
        for seat in ("seller", "buyer")
        for each in (f"engine@{seat}.engine=gpt-4o-mini", f"{seat}.engine.base_url={server.openai}")
    ]


@pytest.mark.long
def test_the_past_is_heard_word_for_word_and_not_paid_again() -> None:
    with Server() as server:
        source = played("source", *asks(server))
        old, paid = games_of(source)[1], len(server.calls)
        found = branched(f"branch={source}", "game=1", "round=2", "turn=5", "n=3", "say=My last word is $18.50.")
        cells = [found / f"r2-t5-{name}" for name in ("untouched", "changed")]
        made = sum(summary_of(cell)["calls"]["live"] for cell in cells)
        assert len(server.calls) - paid == made < 6 * 8
        for cell in cells:
            for game in games_of(cell):
                assert texts(game, 1) == texts(old, 1)
                assert texts(game, 2)[:4] == texts(old, 2)[:4]
                assert game["rounds"][1]["feedback"] == old["rounds"][1]["feedback"]
        for game in games_of(cells[1]):
            assert texts(game, 2)[4] == "My last word is $18.50."
        heard = [call.json["messages"][-1]["content"] for call in server.calls[paid:]]
        assert heard.count("My last word is $18.50.") >= 3  # by the buyer, in each future
        # it is a run as any other: replayed without a server's word, with the directory that it left gone
        shutil.rmtree(source)
        before, calls = (cells[1] / "games.jsonl").read_bytes(), len(server.calls)
        assert run([f"resume={cells[1]}", "mode=replay"]) == 0
        assert (cells[1] / "games.jsonl").read_bytes() == before
        assert len(server.calls) == calls


@pytest.mark.long
def test_an_estimate_says_plan_and_cost_without_a_key_and_begins_nothing(
    scripts: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    place = (f"branch={scripts}", "game=0", "turn=3", "n=20", "tracking=none")
    assert run([*place, "engine@seller.engine=gpt-4o", "estimate=true"]) == 0
    plan, *table = (line.strip() for line in capsys.readouterr().out.splitlines())
    assert plan.startswith("2 x 20 futures;")
    costs = {line.split()[0]: line.split()[-2:] for line in table if line.startswith("r1-t3-")}
    assert costs["r1-t3-untouched"] == ["$0", "$0"]
    expected, worst = (float(each.removeprefix("$")) for each in costs["r1-t3-changed"])
    assert 0 < expected < worst
    assert not Path("outputs").exists()


@pytest.mark.long
def test_a_branch_that_was_cut_goes_on_where_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        source = played("source", *asks(server))
        words = [f"branch={source}", "game=0", "round=1", "turn=3", "n=3", "tracking=none"]
        paid = len(server.calls)
        assert run([*words, "limits.max_tokens=4000"]) == 3
        assert "go on with a higher cap" in capsys.readouterr().out
        (found,) = Path("outputs").glob("*/*-branch")
        assert run([f"resume={found}", "limits.max_tokens=100000000"]) == 0
        (cell,) = found.glob("*/games.jsonl")
        once = len(server.calls) - paid
        assert once == len(
            {(call.json["prompt_cache_key"], str(call.json["messages"])) for call in server.calls[paid:]}
        )
        assert [game["outcome"] for game in games_of(cell.parent)].count("error") == 0
        assert run([f"resume={found}"]) == 0
        assert len(server.calls) == paid + once
        assert run([f"resume={found}", "item.cost=3"]) == 2


@pytest.mark.long
def test_a_firm_player_in_a_conceders_place_gets_the_known_price_with_its_interval(
    scripts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = games_of(scripts)[0]["rounds"][0]
    at = next(number for number, turn in enumerate(old["turns"], 1) if turn["role"] == "seller" and not turn["fixed"])
    firm = ("engine@seller.engine=opponent-fixed", "seller.engine.options.price=150")
    found = branched(f"branch={scripts}", "game=0", f"turn={at}", "n=8", *firm)
    assert prices(found / f"r1-t{at}-untouched") == [old["price"]] * 8  # scripts play as they did
    assert prices(found / f"r1-t{at}-changed") == [150.0] * 8
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[:2] == ["1", str(at)]]
    gap = 150 - old["price"]
    assert gap > 0
    assert "100 → 100" in row
    assert f"${old['price']:.2f} → $150" in row
    assert f"{gap:+.2f}" in row


@pytest.mark.long
def test_the_interval_is_that_of_paired_futures_and_of_rates_newcombes(
    embedded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = branched(f"branch={embedded}", "game=0", "turn=3", "n=12", "engine@seller.engine=simulated-firm")
    before, after = (prices(found / f"r1-t3-{name}") for name in ("untouched", "changed"))
    gaps = [b - a for a, b in zip(before, after, strict=True) if a is not None and b is not None]
    low, high = scipy.stats.ttest_1samp(gaps, 0).confidence_interval()
    assert f"{sum(gaps) / len(gaps):+.2f} [{low:.2f}, {high:.2f}]" in capsys.readouterr().out
    (row,) = branches(load(str(found))).to_dict("records")  # the report's
    assert (row["price_low"], row["price_high"], row["price_n"]) == pytest.approx((low, high, len(gaps)))
    assert (row["role"], row["turn"], row["changed"]) == ("seller", 3, "engine@seller.engine=simulated-firm")
    assert row["surplus_n"] == row["futures"] == 12
    # Newcombe 1998, table II, method 10
    low, high = apart(48 / 80, wilson(48, 80), 56 / 70, wilson(56, 70))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.long
def test_futures_of_the_embedded_negotiators_differ_and_come_again_the_same() -> None:
    source = played("source", "n_games=4", "game.n_rounds=2")
    words = (f"branch={source}", "game=2", "round=2", "n=6", "resume=never")
    first, second = branched(*words), branched(*words)
    cells = [each / "r2-t0-untouched" / "games.jsonl" for each in (first, second)]
    assert cells[0].read_bytes() == cells[1].read_bytes()
    assert len({json.dumps(game["rounds"][1]["turns"]) for game in games_of(cells[0].parent)}) > 3
    # the future with the number of the game is that game: the same draws
    old, again = (games_of(each)[2] for each in (source, cells[0].parent))
    assert [each["turns"] for each in old["rounds"]] == [each["turns"] for each in again["rounds"]]


@pytest.mark.long
def test_other_coaching_is_heard_from_that_round_on_and_the_coaching_before_it_stays() -> None:
    source = played("source", "n_games=3", "game.n_rounds=3", "feedback=human")
    found = branched(
        f"branch={source}", "game=2", "round=3", "n=2", "feedback=constant", "feedback.text=Wait, then wait."
    )
    old = games_of(source)[2]["rounds"]
    for game in games_of(found / "r3-t0-changed"):
        assert game["rounds"][1]["feedback"] == old[1]["feedback"]
        assert [each["text"] for each in game["rounds"][2]["feedback"]] == ["Wait, then wait."]
    assert games_of(found / "r3-t0-untouched")[0]["rounds"][1]["feedback"] == old[1]["feedback"]


@pytest.mark.long
def test_all_turns_of_the_player_that_changes_are_a_table(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = games_of(short)[0]["rounds"][0]["turns"]
    own = [number for number, turn in enumerate(turns, 1) if turn["role"] == "seller" and not turn["fixed"]]
    assert len(own) > 1
    found = branched(f"branch={short}", "game=0", "turn=all", "n=1", "engine@seller.engine=opponent-boulware")
    assert {cell.name for cell in found.glob("r1-*")} == {
        f"r1-t{at}-{name}" for at in own for name in ("untouched", "changed")
    }
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["1"]]
    assert [int(row[1]) for row in rows] == own
    drawn = svg(futures_compared(load(found)))
    assert re.findall(r">round 1, turn (\d+)<", drawn)[: len(own)] == [str(at) for at in own]
    assert "seller=opponent-boulware" in drawn
    with pytest.raises(NotEnough, match="no branches"):
        futures_compared(load(short))


@pytest.mark.long
def test_an_arm_is_left_by_its_name_and_no_other_arm_is_played() -> None:
    source = played("source", "game=seller_compare_feedback", "n_games=2")
    arm = next(each["arm"] for each in games_of(source)[1]["rounds"] if each["arm"])
    found = branched(f"branch={source}", "game=1", f"arm={arm}", "round=2", "turn=3", "n=2", "say=It is yours for $19.")
    for game in games_of(found / f"{arm}-r2-t3-changed"):
        assert {each["arm"] for each in game["rounds"]} == {"", arm}
        assert game["rounds"][1]["turns"][2]["text"] == "It is yours for $19."


@pytest.mark.long
def test_a_branch_can_be_left_again_for_a_place_of_ones_own(embedded: Path) -> None:
    first = branched(f"branch={embedded}", "game=1", "turn=3", "n=2", "say=How about $18?")
    cell = first / "r1-t3-changed"
    second = Path("another/place")
    branched(f"branch={cell}", "game=0", "turn=4", "n=2", "say=Then $12 it is.", f"hydra.run.dir={second}")
    for game in games_of(second / "r1-t4-changed"):
        assert texts(game, 1)[:4] == [*texts(games_of(embedded)[1], 1)[:2], "How about $18?", "Then $12 it is."]


@pytest.mark.long
def test_what_is_not_there_and_what_would_alter_the_past_is_one_line_before_any_call(
    embedded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = embedded
    turns = len(games_of(source)[1]["rounds"][0]["turns"])
    here = f"branch={source}"
    refused = {
        (here, "game=2"): "game=2: source has games 0 to 1",
        (here, "turn=3"): "game: is missing",
        (here, "game=one"): "game: one is no whole number",
        (here, "game=1", "n=0"): "n=0: at least one future",
        (here, "game=1", "round=2"): "round=2: game 1 played round 1",
        (here, "game=1", "arm=blunt"): "arm=blunt: game 1 has no arms",
        (here, "game=1", "turn=1"): f"with {turns} turns, these can be played another way: 3 to {turns}",
        (here, "game=1", f"turn={turns + 1}"): "can be played another way",
        (here, "game=1", "say=Hello"): "turn=0: ",
        (here, "game=1", "turn=3", "say= "): "these words are no turn of channel=free_text",
        (here, "game=1", "turn=3", "item.seller_opening=25"): "item.seller_opening=25 would alter what was said",
        (here, "game=1", "turn=3", "sayy=Hello"): "sayy: no such key",
        (here, "game=1", "turn=3", "engine@seller.engine=gpt-4o", "engine@buyer.engine=gpt-4o"): "nothing would say so",
        ("branch=nowhere", "game=1"): "branch=nowhere: no run lies there",
        (here, "game=1", "turn=3", "-m"): "leave -m out",
        (here, "game=1", "turn=3", "say=Hm.", "hydra/launcher=joblib"): "hydra/launcher=joblib: futures are played one",
        (here, "game=1", "turn=3", "say=Hm.", f"hydra.run.dir={source}"): "source holds something else",
    }
    for arguments, told in refused.items():
        capsys.readouterr()
        assert run([*arguments, "tracking=none"]) == 2, arguments
        shown = capsys.readouterr()
        assert told in shown.err
        assert shown.err.count("\n") == 1
    assert not Path("outputs").exists()


def test_a_game_that_failed_or_is_not_whole_on_record_cannot_be_left(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(chat: Chat) -> Answer:
        return Answer("", "content_filter") if chat.call < 3 else Answer("I can do $15.")

    with Server(answer) as server:
        words = [*asks(server), "game=simple", "n_games=2", "limits.max_concurrent_games=1", "game.max_exchanges=1"]
        source = played("source", *words)
        assert games_of(source)[0]["outcome"] == "error"
        paid = len(server.calls)
        assert run([f"branch={source}", "game=0"]) == 2
        assert "game=0: it failed (" in capsys.readouterr().err
        journal = source / "journal.sqlite"
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
        assert run([f"branch={source}", "game=1"]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert len(server.calls) == paid
