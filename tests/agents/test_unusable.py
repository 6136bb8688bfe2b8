"""What is told when a reply stays unusable: which it was, whose engine, and what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain.agents.unusable import unusable
from bargain.config.compose import compose
from bargain.records import Reply, Usage
from bargain.runs.runner import play
from tests.commands import games_of
from tests.negotiator import Chat, negotiate
from tests.servers import Answer, Server

LOOPS = [
    "I can do $15. " * 40,
    "Well, let me see: no, no, no, no, no, no, no",
    "ok" + "!" * 90,
    "\n\n$15\n\n$15" * 9 + "\n\n$",
]
NONE = [
    "That is very, very, very good, and I",
    "I can do $15. I could do $14. I would do $13. I might",
    "$15... well...",
]


@pytest.mark.parametrize("text", LOOPS)
def test_a_reply_that_was_cut_because_the_model_loops_is_told_as_a_loop(text: str) -> None:
    said = unusable(Reply(text, Usage(), "m", "length"), text, "seller")
    assert "repeats itself" in said
    assert "raise" not in said


@pytest.mark.parametrize("text", NONE)
def test_more_tokens_are_advised_where_they_help(text: str) -> None:
    assert "raise max_tokens" in unusable(Reply(text, Usage(), "m", "length"), text, "seller")
    assert unusable(Reply(text, Usage(), "m"), text, "seller") == ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("Be firm. " * 50, "length"), "was cut because the model repeats itself"),
        (
            Answer("<think>They want", "length"),
            "was cut by the token limit before a word was said: all was reasoning",
        ),
        (Answer("I cannot", "refusal"), "was refused by the model or its content filter"),
        (Answer(" "), "came back empty"),
    ],
)
def test_a_critic_that_says_nothing_usable_says_what_it_was_and_whose_engine_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, says: str
) -> None:
    def reply(chat: Chat) -> str | Answer:
        return answer if "advi" in str(chat.messages).lower() else negotiate(chat)

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Server(reply) as server:
        seller = ["engine@seller.engine=gpt-4o-mini", f"seller.engine.base_url={server.openai}"]
        cfg = compose(["game=criticize_seller", *seller, "moderator=rules", "tracking=none", "n_games=1"])
        play(cfg, tmp_path, show_progress=False)
    (game,) = games_of(tmp_path)
    assert f"the feedback of gpt-4o-mini {says}" in game["error"]
    assert "3 times; its engine is the seller's unless you name one" in game["error"]
