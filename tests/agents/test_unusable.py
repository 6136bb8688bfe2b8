"""What is told when a reply stays unusable: which it was, whose engine, and what would help."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.agents.unusable import loops, unusable
from bargain.records import Reply, Usage
from bargain.runs.runner import play
from tests.commands import games_of
from tests.composing import compose
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


AS_A_PATTERN = re.compile(r"(?s)(\S.{0,200}?)\1{4,}.{0,200}\Z")
"""What a loop is. As a pattern it takes a minute for 2,700 times "a" with other words behind."""


@given(
    st.text("ab \n", max_size=20),
    st.text("ab c", min_size=1, max_size=6),
    st.integers(0, 8),
    st.integers(0, 8) | st.integers(196, 205),
)
def test_a_loop_is_the_same_words_five_times_at_the_end(before: str, words: str, times: int, after: int) -> None:
    text = before + words * times + (string.ascii_uppercase * 8)[:after]
    assert loops(text) == bool(AS_A_PATTERN.search(text))


@pytest.mark.parametrize("words", ["a", "ab", "great ", " ", "1 ", "I hear you, but the balloon is fine. "])
def test_a_loop_that_ended_long_ago_is_none_and_is_found_to_be_none_at_once(words: str) -> None:
    tail = "".join(f"{number} other words " for number in range(30))
    assert not loops((words * 3000)[: 3000 - len(tail)] + tail)


@pytest.mark.long
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
