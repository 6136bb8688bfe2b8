"""What several runs hold word for word is one observation: pooled it counts once, and a copied run is left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bargain.analysis import load
from bargain.analysis.measures.abilities import abilities
from bargain.analysis.measures.comparisons import arms, cells, change, selection_table
from bargain.analysis.measures.duplicates import without_copies
from bargain.analysis.measures.metrics import table
from bargain.records import Game, Round
from tests.run_maker import an_arms_game, make_run

GAMES = [[14 + at % 7 / 4, 15 + at % 5 / 2, 15 + at % 3] for at in range(30)]
ONE = {"seller__engine__name": "one", "buyer__engine__name": "other"}


def test_pooled_cells_that_hold_the_same_games_count_them_once(tmp_path: Path) -> None:
    for number, memory in enumerate(("full", "none", "last_k")):
        make_run(tmp_path / str(number), GAMES, memory__name=memory, **ONE)
    whole, single = load(tmp_path), load(tmp_path / "0")
    found, expected = (change(runs, "price", by=()).set_index("round") for runs in (whole, single))
    assert found["n"].tolist() == [30, 30]
    assert found["p"].to_dict() == pytest.approx(expected["p"].to_dict())
    rows = [abilities(runs).set_index("role").loc["seller"] for runs in (whole, single)]
    assert [(row["rounds"], row["gain_n"], row["slope_n"]) for row in rows] == [(30, 30, 30)] * 2
    assert table(whole, ["price", "deal_rate"], ["round"])["n"].unique().tolist() == [30]
    pairs = selection_table(whole, by=()).query("method == 'pairs'")
    assert pairs["n"].tolist() == [30, 30]
    assert change(whole, "price")["n"].tolist() == [30] * 6  # of every cell its own


def test_games_that_differ_later_are_two_games(tmp_path: Path) -> None:
    make_run(tmp_path / "a", GAMES, memory__name="full", **ONE)
    make_run(tmp_path / "b", [[first, second + 1, third] for first, second, third in GAMES], memory__name="none", **ONE)
    assert change(load(tmp_path), "price", by=())["n"].tolist() == [60, 60]
    first = table(load(tmp_path), ["price"], ["round"]).set_index("round")["n"].to_dict()
    assert first == {1: 30, 2: 60, 3: 60}


def test_the_arms_of_a_copied_game_are_one_pair(tmp_path: Path) -> None:
    games = [an_arms_game(at, 15.0, {"ai": [16.0 + at % 4], "human": [15.5]}) for at in range(12)]
    for name in ("full", "none"):
        make_run(tmp_path / name, games, memory__name=name)
    assert arms(load(tmp_path), by=())["n"].tolist() == [12]


def test_games_that_failed_before_a_word_are_no_copies_of_each_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        lost = [Game(at, "error", (Round(1, "", "error", None, ()),), "x") for at in range(5)]
        make_run(tmp_path / name, lost, **ONE)
    runs, copies = without_copies(load(tmp_path))
    assert (len(runs), copies) == (2, [])
    assert table(runs, ["error_rate"], ["round"])["n"].tolist() == [10]


def test_a_copy_of_a_sweep_is_left_out_and_named_and_changes_no_number(tmp_path: Path) -> None:
    for name, up in (("1", 0.0), ("2", 0.5)):
        games = [[first, second + up + at % 3 / 5] for at, (first, second, _) in enumerate(GAMES)]
        make_run(tmp_path / "sweep" / name, games, memory__name=name, **ONE)
    once = load(tmp_path)
    shutil.copytree(tmp_path / "sweep", tmp_path / "again")
    pooled = cells(load(tmp_path), "price", "memory.name", base=1)
    assert pooled["p"].tolist() == pytest.approx(cells(once, "price", "memory.name", base=1)["p"].tolist())
    runs, copies = without_copies(load(tmp_path))
    assert len(runs) == 2
    assert [each.split(" holds the games of ")[1].rpartition("/")[2] for each in copies] == ["1", "2"]
