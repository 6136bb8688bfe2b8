"""games.jsonl: a game and its line are one and the same, and what is no game is refused with the place."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bargain.records import Game, Round, Turn
from bargain.rundir.games import game_from_json, game_to_json, read_games

OLD = sorted(Path(__file__).parent.parent.glob("data/runs-0.1/*/games.jsonl"))


def can_be_played(value: Any) -> bool:
    """Numbers are finite and each role has one usage: no round has others."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple):
        return all(can_be_played(each) for each in value)
    if not is_dataclass(value):
        return True
    usage = getattr(value, "usage", ())
    return len(dict(usage)) == len(usage) and all(can_be_played(getattr(value, each.name)) for each in fields(value))


@settings(max_examples=30)
@given(st.from_type(Game).filter(can_be_played))
def test_a_game_is_the_same_game_again_after_its_line(game: Game) -> None:
    line = game_to_json(game)
    assert line.isascii()
    assert "\n" not in line
    assert game_from_json(line) == game


def test_numbers_and_texts_of_other_kinds_are_written_as_what_they_are() -> None:
    class Name(str):
        pass

    turn = Turn("seller", Name("$15"), numpy.float64(15.0))
    (line,) = [game_to_json(Game(0, "deal", (Round(1, "", "deal", numpy.float64(15.0), (turn,)),)))]
    assert game_from_json(line).rounds[0].turns == (Turn("seller", "$15", 15.0),)


def test_what_no_game_can_hold_is_refused_when_it_is_written() -> None:
    postponed = Game(3, "postponed", (Round(1, "", "postponed", None, ()),))  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r"game 3 holds what no game can.*Invalid enum value 'postponed' - at `\$\.outcome"
    ):
        game_to_json(postponed)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.parent.name)
def test_games_of_version_0_1_are_written_byte_for_byte_as_they_were(path: Path) -> None:
    assert [f"{game_to_json(game)}\n" for game in read_games(path)] == path.read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("price", "15", "Expected `float | null`, got `str` - at `$.rounds[0].price`"),
        ("turns", "none", "Expected `array`, got `str` - at `$.rounds[0].turns`"),
        ("usage", [], "not a game of games.jsonl"),
        ("terms", {"cost": True}, "at `$.rounds[0].terms.cost`"),
    ],
)
def test_a_line_that_is_no_game_is_refused_with_the_place(field: str, value: object, told: str) -> None:
    game = json.loads(OLD[0].read_text().splitlines()[0])
    game["rounds"][0][field] = value
    with pytest.raises(ValueError, match="not a game") as refused:
        game_from_json(json.dumps(game))
    assert told in str(refused.value)
