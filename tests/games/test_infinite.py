"""The infinite game: fifty rounds over a diamond, with the context kept within the engine's window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bargain import play
from tests.commands import games_of
from tests.composing import compose

LONG = ["game=criticize_seller", "item=diamond", "game.n_rounds=50", "n_games=2", "tracking=none"]


def tokens_per_call(games: list[dict[str, Any]]) -> list[float]:
    """Mean prompt tokens of the learner's calls, by round."""
    found = []
    for number in range(1, 51):
        played = [each for game in games for each in game["rounds"] if each["round"] == number]
        used = [each["usage"]["seller"] for each in played if "seller" in each["usage"]]
        found.append(sum(each["input_tokens"] for each in used) / sum(each["calls"] for each in used))
    return found


def played(directory: Path, *more: str) -> list[dict[str, Any]]:
    summary = play(compose([*LONG, *more]), directory, show_progress=False)
    assert summary.state == "finished"
    return [json.loads(line) for line in (directory / "games.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.long
@pytest.mark.parametrize("memory", ["last_k", "none"])
def test_fifty_rounds_cost_no_more_a_call_at_the_end_than_at_the_beginning(memory: str, tmp_path: Path) -> None:
    tokens = tokens_per_call(played(tmp_path, f"memory={memory}"))
    assert max(tokens[10:]) < 1.5 * max(tokens[2:10])


@pytest.mark.long
def test_full_memory_grows_with_the_rounds_and_feedback_only_grows_less(tmp_path: Path) -> None:
    full = tokens_per_call(played(tmp_path / "full", "memory=full"))
    feedback = tokens_per_call(played(tmp_path / "feedback", "memory=feedback_only"))
    assert full[-1] > 5 * full[0]
    assert feedback[-1] < 0.7 * full[-1]


def test_a_context_that_overflows_is_that_games_error_in_words_and_no_crash(tmp_path: Path) -> None:
    small = "seller.engine.context_window=2000"
    done = play(compose([*LONG, "memory=full", small, "seller.engine.max_tokens=100"]), tmp_path, show_progress=False)
    assert done.exit_code == 1
    assert "every game failed: seller: the context of about" in done.problem
    games = games_of(tmp_path)
    assert {game["outcome"] for game in games} == {"error"}
    assert all("does not fit the engine's window of 2,000" in game["error"] for game in games)
    assert all("memory=last_k" in game["error"] for game in games)
    assert all(1 < len(game["rounds"]) < 50 for game in games)
    assert "2 games failed" in str(done)


def test_the_same_window_holds_fifty_rounds_with_a_shorter_memory(tmp_path: Path) -> None:
    games = played(tmp_path, "memory=last_k", "memory.rounds=2", "seller.engine.context_window=4000")
    assert all(len(game["rounds"]) == 50 and game["outcome"] != "error" for game in games)
