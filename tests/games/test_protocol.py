"""What each game type and each option of the protocol promises, in the files of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bargain import play
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.servers import Server

SMALL = ["n_games=4", "tracking=none"]


def played(root: Path, *overrides: str) -> list[dict[str, Any]]:
    assert play(compose([*SMALL, *overrides]), root, show_progress=False).state == "finished"
    return games_of(root)


@pytest.mark.long
@pytest.mark.parametrize("learner", ["seller", "buyer"])
def test_arms_branch_from_one_first_round_which_is_played_and_paid_once(
    learner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with Server() as server:
        urls = [f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")]
        engines = [f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")]
        games = played(tmp_path, f"game={learner}_compare_feedback", *engines, *urls, "moderator=rules")
        used = sum(usage["calls"] for game in games for each in game["rounds"] for usage in each["usage"].values())
        assert len(server.calls) == used
    for game in games:
        assert [(each["arm"], each["round"]) for each in game["rounds"]] == [
            ("", 1), ("ai", 2), ("human", 2), ("constant", 2), ("none", 2),
        ]  # fmt: skip
        *coached, control = game["rounds"][1:]
        told = [each["feedback"][0] for each in coached]
        assert control["feedback"] == []
        assert {each["learner"] for each in told} == {learner}
        assert [each["source"] for each in told] == ["ai", "human", "constant"]


def test_with_both_criticised_each_side_has_its_own_critic(tmp_path: Path) -> None:
    games = played(tmp_path, "game=criticize_both", "game.n_rounds=3")
    for each in games[0]["rounds"][1:]:
        assert [told["learner"] for told in each["feedback"]] == ["seller", "buyer"]
        assert each["feedback"][0]["text"] != each["feedback"][1]["text"]


def test_the_rival_forgets_and_the_learner_remembers(tmp_path: Path) -> None:
    games = played(tmp_path, "game=criticize_seller", "game.n_rounds=4", "moderator=rules")
    first, last = games[0]["rounds"][0]["usage"], games[0]["rounds"][3]["usage"]
    per_call = [
        {role: used[role]["input_tokens"] / used[role]["calls"] for role in ("seller", "buyer")}
        for used in (first, last)
    ]
    assert per_call[1]["seller"] > 2 * per_call[0]["seller"]
    assert per_call[1]["buyer"] < 1.5 * per_call[0]["buyer"]


def test_the_buyer_may_speak_first_and_openings_may_be_free(tmp_path: Path) -> None:
    games = played(
        tmp_path, "game=simple", "game.who_is_first=buyer", "game.buyer_opens=free", "game.seller_opens=fixed"
    )
    turns = games[0]["rounds"][0]["turns"]
    assert [turn["role"] for turn in turns[:2]] == ["buyer", "seller"]
    assert [turn["fixed"] for turn in turns[:2]] == [False, True]


def test_the_exchanges_run_out(tmp_path: Path) -> None:
    games = played(tmp_path, "game=simple", "game.max_exchanges=1")
    assert all(len(game["rounds"][0]["turns"]) <= 4 for game in games)
    assert any(game["rounds"][0]["reason"] in ("out of exchanges", "both stayed firm") for game in games)


def test_the_moderator_looks_from_turn_k_on_about_so_many_turns(tmp_path: Path) -> None:
    games = played(
        tmp_path, "game=simple", "moderator.start=turn_5", "moderator.window=2", "moderator.no_deal_threshold=0"
    )
    turns = [verdict["turn"] for game in games for verdict in game["rounds"][0]["verdicts"]]
    assert min(turns) == 5


def test_a_game_that_stops_after_no_deal_stays_in_every_denominator(tmp_path: Path) -> None:
    played(tmp_path, "n_games=30", "game.n_rounds=4", "game.after_no_deal=stop")
    rows = summary_of(tmp_path)["rounds"]
    assert [row["games"] for row in rows] == [30] * 4
    assert rows[-1]["not_played"] > 0
