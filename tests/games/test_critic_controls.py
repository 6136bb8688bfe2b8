"""Each arm of the critic controls takes one thing away, and the report finds the one that was planted."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from bargain import play
from bargain.analysis import load
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.claims import tests as claims
from bargain.analysis.stats.power import games_for_change
from bargain.engines.base import Request
from bargain.errors import ConfigError
from tests.composing import compose

HERE = "tests.games.test_critic_controls"
SEEN: list[Request] = []
ARMS = {
    "none", "history", "target", "constant", "advice", "shuffled", "other_role", "self_critique", "other_critic",
    "rules",
}  # fmt: skip


def say(request: Request) -> str:
    """A seller that asks a dollar more where it was advised on its own first price; a buyer that takes anything."""
    SEEN.append(request)
    place, scene = request.place, request.scene
    if scene.task == "advise":
        asked = [turn.text for turn in scene.turns if turn.role == "seller"][-1]
        return f"To the {scene.learner}: you said {asked}"
    if place.role == "buyer":
        return f"I accept your offer of ${scene.turns[-1].offer}."
    noise = Random(f"{place.game}/{place.arm}/{place.round}").gauss(0, 1)
    context = "\n".join(message.text for message in request.messages)
    advised = re.search(r"To the seller: you said (.*)", context)
    own_words = [message.text for message in request.messages if message.role == "assistant"]
    better = 1.0 if advised and any(advised.group(1) == each for each in own_words) else 0.0
    return f"I can sell it for ${150 + noise + better:.2f}."


def controls(*overrides: str) -> list[str]:
    seats = [
        word
        for seat in ("seller", "buyer", "critic")
        for word in (f"engine@{seat}.engine=scripted", f"+{seat}.engine.options.callable={HERE}:say")
    ]
    other = [
        "engine@game.arms.other_critic.engine=scripted",
        f"+game.arms.other_critic.engine.options.callable={HERE}:say",
    ]
    return [
        "experiment=why/critic", "tracking=none", "moderator=rules", *seats, *other, f"allow_targets=[{HERE}]",
        "game.max_exchanges=1", *overrides,
    ]  # fmt: skip


def test_each_arm_is_told_what_it_is_there_for_and_all_share_the_first_round(tmp_path: Path) -> None:
    SEEN.clear()
    summary = play(compose(controls("n_games=1")), tmp_path / "run", show_progress=False)
    assert summary.state == "finished"
    heard = {
        each.place.arm: "\n".join(message.text for message in each.messages)
        for each in SEEN
        if each.place.role == "seller" and each.place.round == 2 and each.scene.task == "speak"
    }
    assert set(heard) == ARMS
    first = next(each for each in SEEN if each.place.role == "seller")
    own = f"you said {say(first)}"
    assert [arm for arm, text in heard.items() if f"To the seller: {own}" in text] == [
        arm for arm in heard if arm in ("advice", "self_critique", "other_critic")
    ]
    assert f"To the buyer: {own}" in heard["other_role"]
    assert "To the seller: you said" in heard["shuffled"]
    assert "Your aim is a higher price" in heard["target"]
    assert "was sold for" not in heard["history"]
    assert say(first) in heard["history"]
    assert heard["none"] == "\n".join(message.text for message in first.messages)
    critics = {(each.place.arm, each.place.role) for each in SEEN if each.place.role.endswith("_critic")}
    assert critics == {
        ("advice", "seller_critic"), ("shuffled", "seller_critic"), ("other_role", "seller_critic"),
        ("other_critic", "seller_other_critic_critic"),
    }  # fmt: skip


@pytest.mark.long
def test_a_planted_dollar_is_found_at_the_planned_number_of_games_and_nothing_else_is(tmp_path: Path) -> None:
    rng = Random(1)
    pilot = [rng.gauss(0, 1) - rng.gauss(0, 1) for _ in range(50)]
    needed = games_for_change(pilot, 1.0, power=0.99, alpha=0.05 / 30).games  # 10 parts of 3 outcomes
    play(compose(controls(f"n_games={needed}")), tmp_path / "run", show_progress=False)
    runs = load(tmp_path / "run")
    found = claims(runs, named(runs), [], [])
    parts = found[(found["question"] == "parts") & (found["outcome"] == "price")].set_index("choice")
    assert len(parts) == 10
    sure = parts[parts["p_holm"] < 0.05]
    on_own_game = {"advice", "advice on one's own game", "advice for one's own side", "a model in place of rules"}
    assert set(sure.index) == {*on_own_game, "everything together"}
    for part in sure.to_dict("records"):
        assert part["low"] < 1.0 < part["high"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["+engine@game.arms.rules.engine=simulated"], "game.arms.rules.engine: feedback rules asks no critic"),
        (["game.arms.rules.acknowledge=perhaps"], "game.arms.rules.acknowledge must be fixed or ask"),
        (
            ["+engine@game.arms.advice.engine=simulated", "game.arms.advice.name=other_critic"],
            "has a critic of that name too",
        ),
        (["game.arms.self_critique.text=' '"], "feedback.text is empty"),
    ],
)
def test_arms_that_cannot_be_played_are_refused_in_one_line(overrides: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        play(compose(["experiment=why/critic", "tracking=none", *overrides]), tmp_path / "run", show_progress=False)
