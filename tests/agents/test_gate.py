"""moderator.gate=rules asks the moderator's engine only where the rules are unsure, and changes no verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bargain.errors import ConfigError
from bargain.reading.reader import Reader
from bargain.runs.runner import play
from tests.composing import compose

DATA = Path(__file__).parent.parent / "data"


def test_no_forgery_is_ever_sure() -> None:
    for line in (DATA / "forgeries.jsonl").read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        reader = Reader(20.0)
        acts = [reader.add(role, text) for role, text in dialogue["turns"]]
        assert acts[-1].kind != "accept", dialogue["id"]


@pytest.mark.long
def test_the_gate_saves_moderator_calls_and_changes_no_price(tmp_path: Path) -> None:
    config = ["n_games=40", "game.n_rounds=2", "tracking=none", "moderator=yes_no", "moderator.start=always"]
    exact = ["engine@moderator.engine=simulated", "++moderator.engine.options.moderator_error=0"]
    always = play(compose([*config, *exact]), tmp_path / "always", show_progress=False)
    gated = play(compose([*config, *exact, "moderator.gate=rules"]), tmp_path / "gated", show_progress=False)

    def prices(directory: Path) -> list[tuple[str, float | None]]:
        games = [json.loads(line) for line in (directory / "games.jsonl").read_text().splitlines()]
        return [(played["outcome"], played["price"]) for game in games for played in game["rounds"]]

    assert prices(tmp_path / "always") == prices(tmp_path / "gated")
    assert gated.data["calls"]["live"] < 0.8 * always.data["calls"]["live"]
    assert gated.data["tokens"]["input"] < 0.8 * always.data["tokens"]["input"]


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"moderator\.gate must be none or rules"):
        compose(["moderator.gate=sometimes"])
