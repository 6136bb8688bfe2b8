"""A run directory may be a stranger's: it is read, and neither its links, its pipes nor its journal do anything.

What is no price in it is a named problem of that run.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bargain import compose, play
from bargain.analysis import load
from bargain.main import run
from tests.reporting import reported


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    directory = tmp_path_factory.mktemp("sound") / "run"
    cfg = compose(["n_games=3", "game.n_rounds=2", "tracking=none"])
    return play(cfg, directory, show_progress=False).directory


@pytest.fixture
def given(sound: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(sound, tmp_path / "given"))


FILES = ("games.jsonl", "replay.jsonl", "bargain.log", "summary.json", "summary.json.part", ".hydra/config.yaml")
FILES += ("report/index.html", "report/tables/cells.csv", ".cache/rounds.arrow")
FOLDERS = ((".hydra", "report", ".cache"), ("report/tables", "report/figures"))


def play_on(directory: Path) -> None:
    """What is played of a directory of another's; a refusal is fine."""
    for command in ([f"resume={directory}", "mode=replay"], [f"resume={directory}", "n_games=4"]):
        run(command)


def use_it(directory: Path) -> None:
    """Everything that is done with it."""
    play_on(directory)
    reported(directory, figures=("price_by_round",))
    load(directory)


@pytest.mark.long
@pytest.mark.parametrize(("names", "use"), [(FILES, use_it), (("journal.lock",), play_on)], ids=["files", "lock"])
def test_nothing_is_written_through_a_link(
    names: tuple[str, ...], use: Callable[[Path], None], given: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "profile"
    victim.write_text("export PATH\n")
    for name in names:
        link = given / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(victim)
    use(given)
    assert victim.read_text() == "export PATH\n"


@pytest.mark.long
@pytest.mark.parametrize("names", FOLDERS, ids=["above", "below"])
def test_nothing_is_written_through_a_link_to_a_folder(names: tuple[str, ...], given: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in names:
        link = given / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_dir():
            shutil.rmtree(link)
        link.symlink_to(home)
    use_it(given)
    assert not list(home.iterdir())


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["journal.lock", "journal.sqlite", "journal.sqlite-wal", "games.jsonl", "summary.json"]
)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_nothing_waits_for_a_pipe_or_reads_a_device(name: str, make: Callable[[Path], None], given: Path) -> None:
    (given / name).unlink(missing_ok=True)
    make(given / name)
    assert load(given, caching=False).runs["problem"].notna().all()
    run([f"resume={given}", "n_games=4"])


def damaged_journal(statement: str) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        connection = sqlite3.connect(directory / "journal.sqlite")
        with connection:
            connection.execute(statement)
        connection.close()

    return damage


@pytest.mark.long
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON attempt BEGIN DELETE FROM meta; END",
        "CREATE VIEW v AS SELECT * FROM meta",
        "CREATE TABLE more (x DEFAULT (hex(zeroblob(1000000000))))",
        "CREATE INDEX slow ON meta (length(value))",
    ],
)
def test_a_journal_with_what_bargain_did_not_put_there_is_refused_in_one_line(
    statement: str, given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged_journal(statement)(given)
    assert run([f"resume={given}", "mode=replay"]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "holds what bargain did not put there (CREATE" in line


def with_round(**values: object) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        lines = (directory / "games.jsonl").read_text().splitlines()
        game = json.loads(lines[1])
        game["rounds"][0].update(values)
        lines[1] = json.dumps(game)
        (directory / "games.jsonl").write_text("\n".join(lines) + "\n")

    return damage


def as_line(text: str) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        lines = (directory / "games.jsonl").read_text().splitlines()
        lines[1] = text
        (directory / "games.jsonl").write_text("\n".join(lines) + "\n")

    return damage


def configured(text: str) -> Callable[[Path], None]:
    def damage(directory: Path) -> None:
        (directory / "journal.sqlite").unlink()
        (directory / ".hydra" / "config.yaml").write_text(text)

    return damage


BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        with_round(price="15"),
        with_round(price=1e308),
        with_round(price=float("nan")),
        with_round(price=float("-inf")),
        with_round(price=True),
        with_round(round=10**9),
        with_round(round=-1),
        with_round(turns="none"),
        with_round(usage=[1]),
        as_line("[" * 100_000),
        as_line('{"game": 1' + "0" * 5000 + ', "rounds": []}'),
        configured("game: {n_rounds: 1000000000}\nn_games: 1000000000\n"),
        configured(BOMB),
        configured("a: &a\n  b: *a\n"),
        configured("[" * 100_000),
        configured("- just\n- a list\n"),
    ],
)
def test_what_is_no_number_or_no_config_is_a_named_problem_of_that_run_and_not_the_end_of_the_report(
    damage: Callable[[Path], None], given: Path, sound: Path, tmp_path: Path
) -> None:
    damage(given)
    runs = load([given, sound], caching=False)
    assert len(runs) == 2
    problems = dict(zip(runs.runs["run"], runs.runs["problem"], strict=True))
    assert sum(bool(problem) for problem in problems.values()) == 1
    assert runs.rounds["price"].dropna().between(0, 1e6).all()
    assert len(runs.rounds) <= 20
