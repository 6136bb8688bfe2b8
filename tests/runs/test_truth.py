"""The journal is the whole truth of a run: what lies beside it may be gone, half written, edited or another run's."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bargain import compose, play
from bargain.analysis import load
from bargain.main import run
from bargain.rundir.record import read_record
from tests.commands import bargain, bargain_here, environment, games_of, only_run
from tests.negotiator import haggle
from tests.servers import Server

ENV = environment(OPENAI_API_KEY="sk-test")
NO_KEY = ["seller.engine.base_url=null", "seller.engine.api_key_env=NOT_SET"]


def paid(server: Server, *more: str) -> list[str]:
    """A run whose players ask a server on loopback; the moderator goes by the rules."""
    return [
        "game=simple",
        "moderator=rules",
        "tracking=none",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        *more,
    ]


def files_of(directory: Path) -> dict[str, bytes]:
    """Every file below a directory with its content."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)


def emptied(name: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_bytes(b"")


def halved(name: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_bytes((directory / name).read_bytes()[:57])


def another_runs(directory: Path) -> None:
    """What Hydra of 0.1 left there when a second command was refused, and a summary that belongs to it."""
    config = directory / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("gpt-4o-mini", "gpt-4"))
    summary = json.loads((directory / "summary.json").read_text())
    (directory / "summary.json").write_text(json.dumps({**summary, "identity": "0" * 16, "state": "finished"}))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "summary gone": lambda directory: (directory / "summary.json").unlink(),
    "summary empty": emptied("summary.json"),
    "summary half": halved("summary.json"),
    "config gone": lambda directory: shutil.rmtree(directory / ".hydra"),
    "config empty": emptied(".hydra/config.yaml"),
    "config half": halved(".hydra/config.yaml"),
    "another run's": another_runs,
    "games gone": lambda directory: (directory / "games.jsonl").unlink(),
    "games empty": emptied("games.jsonl"),
    "moved": lambda directory: None,
}


@pytest.mark.long
@pytest.mark.usefixtures("keys")
def test_whatever_became_of_the_files_beside_it_a_run_is_resumed_and_labelled_by_its_journal(tmp_path: Path) -> None:
    with Server(haggle) as server:
        whole = play(compose(paid(server, "n_games=3")), tmp_path / "whole", show_progress=False).directory
        games, config = (whole / "games.jsonl").read_bytes(), (whole / ".hydra" / "config.yaml").read_bytes()
        calls = server.count
        for number, (what, damage) in enumerate(DAMAGE.items()):
            damaged = tmp_path / "elsewhere" / str(number)
            shutil.copytree(whole, damaged)
            damage(damaged)
            runs = load(damaged, caching=False).runs
            assert list(runs["seller.engine.name"]) == ["gpt-4o-mini"], what
            assert list(runs["state"]) == ["finished"], what
            mode = "live" if number % 2 else "replay"
            assert run([f"resume={damaged}", f"mode={mode}"]) == 0, what
            assert (damaged / "games.jsonl").read_bytes() == games, what
            if mode == "replay" or what.startswith(("summary", "games")):
                assert (damaged / ".hydra" / "config.yaml").read_bytes() == config, what
        assert server.count == calls


@pytest.mark.long
def test_a_refused_command_changes_nothing_on_disk(tmp_path: Path) -> None:
    with Server(haggle) as server:
        here = tmp_path / "here"
        first = bargain_here(*paid(server, "n_games=2", f"hydra.run.dir={here}"), cwd=tmp_path, env=ENV)
        assert first.returncode == 0, first.stderr
        before, calls = files_of(here), server.count
        for other in (
            ["seed=7"],
            ["n_games=1"],
            ["engine@buyer.engine=simulated"],
            NO_KEY,
        ):
            refused = bargain_here(*paid(server, "n_games=2", f"hydra.run.dir={here}", *other), cwd=tmp_path, env=ENV)
            assert refused.returncode == 2, other
            assert len(refused.stderr.strip().splitlines()) == 1
            assert files_of(here) == before, other
        new = bargain_here(*paid(server, *NO_KEY), cwd=tmp_path, env=ENV)
        assert new.returncode == 2
        assert not list(tmp_path.glob("outputs/*/*"))
        assert server.count == calls
    assert bargain_here(f"resume={here}", cwd=tmp_path, env=ENV).returncode == 0


@pytest.mark.long
@pytest.mark.usefixtures("keys")
def test_more_games_and_more_rounds_go_on_with_what_is_paid(tmp_path: Path) -> None:
    with Server(haggle) as server:
        game = ("game=criticize_seller", "feedback=constant", "feedback.text=Aim higher.")
        play(compose(paid(server, *game, "n_games=4", "game.n_rounds=3")), tmp_path / "at_once", show_progress=False)
        at_once, before = server.count, server.count
        small = play(
            compose(paid(server, *game, "n_games=2", "game.n_rounds=2")), tmp_path / "small", show_progress=False
        )
        assert run([f"resume={small.directory}", "n_games=4"]) == 0
        assert run([f"resume={small.directory}", "game.n_rounds=3"]) == 0
        assert server.count - before == at_once
        assert games_of(small.directory) == games_of(tmp_path / "at_once")
        assert run([f"resume={small.directory}", "n_games=3"]) == 2
        assert server.count - before == at_once
        assert list(load(small.directory).runs["n_games"]) == [4]


@pytest.mark.usefixtures("keys")
def test_games_without_the_journal_they_came_from_are_never_played_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = play(compose(["n_games=2", "tracking=none"]), tmp_path / "run", show_progress=False).directory
    (done / "journal.sqlite").unlink()
    before = files_of(done)
    assert run([f"resume={done}"]) == 2
    assert "holds games and no journal.sqlite that they came from" in capsys.readouterr().err
    assert files_of(done) == before


def test_texts_of_files_are_part_of_the_run_and_may_change_or_go_afterwards(tmp_path: Path) -> None:
    pool = tmp_path / "pool.yaml"
    pool.write_text("seller: [Ask for more., Be patient.]\nbuyer: [Offer less.]\n")
    game = ["game=criticize_seller", "feedback=human", f"feedback.pool={pool}", "n_games=3", "tracking=none"]
    done = play(compose(game), tmp_path / "run", show_progress=False).directory
    games = (done / "games.jsonl").read_bytes()
    assert b"Be patient." in games or b"Ask for more." in games
    recorded = read_record(done)
    assert recorded is not None
    assert "Be patient." in recorded.config
    pool.unlink()
    (done / "games.jsonl").unlink()
    assert run([f"resume={done}"]) == 0
    assert (done / "games.jsonl").read_bytes() == games


def test_the_journal_says_what_the_result_depends_on(tmp_path: Path) -> None:
    with Server(haggle) as server:
        done = bargain(*paid(server, "n_games=1"), cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
    record = read_record(only_run(tmp_path))
    assert record is not None
    said: dict[str, Any] = dict(record.texts)
    assert json.loads(said["servers"]) == {"buyer": server.openai, "seller": server.openai}
    assert json.loads(said["packages"]).keys() >= {"python", "openai", "hydra-core", "omegaconf"}
    assert json.loads(said["models"]).keys() == {"buyer", "seller"}
    assert "n_games=1" in json.loads(said["overrides"])
    assert said["git"] == ""  # no repository there
    assert said["state"] == "finished"
    assert said["identity"]
    assert "hydra:" not in said["config"]


def test_an_unfinished_run_is_found_whatever_clocks_said_when_others_were_begun(tmp_path: Path) -> None:
    root = tmp_path / "outputs"
    arguments = ["n_games=2", "tracking=none", "game=simple"]
    assert bargain_here(*arguments, cwd=tmp_path).returncode == 0
    first = only_run(tmp_path)
    unfinished = root / "2001-01-01" / "00-00-00-simple"  # begun later, by a clock that was set back
    shutil.copytree(first, unfinished)
    connection = sqlite3.connect(unfinished / "journal.sqlite")
    from bargain.journal.format import checksum

    with connection:
        row = ("state", "running")
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (*row, checksum("meta", row)))
    connection.close()
    went_on = bargain_here(*arguments, cwd=tmp_path)
    assert went_on.returncode == 0, went_on.stderr
    assert f"goes on with {unfinished.resolve()}" in went_on.stdout
    assert len(list(root.glob("*/*"))) == 2


@pytest.mark.long
def test_before_anything_is_bought_again_the_command_says_where_the_same_or_nearly_the_same_lies(
    tmp_path: Path,
) -> None:
    arguments = ["n_games=2", "tracking=none", "game=simple"]
    assert bargain_here(*arguments, cwd=tmp_path).returncode == 0
    first = only_run(tmp_path).relative_to(tmp_path)
    again = bargain_here(*arguments, cwd=tmp_path)
    assert f"the same was played in {first}" in again.stdout
    os.remove(tmp_path / first / "summary.json")
    connection = sqlite3.connect(tmp_path / first / "journal.sqlite")
    with connection:
        connection.execute("DELETE FROM meta WHERE name = 'state'")
    connection.close()
    near = bargain_here(*arguments, "item.cost=9", cwd=tmp_path)
    assert near.returncode == 0
    assert f"{first} is unfinished and nearly the same (item.cost was" in near.stdout
