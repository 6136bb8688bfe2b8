"""What a model thinks aloud reaches nobody, neither rival nor moderator nor learner; the journal keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bargain import play
from bargain.engines.reasoning import MARKS, spoken, text_of
from bargain.errors import ConfigError
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.negotiator import Chat, negotiate
from tests.servers import Answer, Server

SECRET = "My cost is $8.37 and I would go that low"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<think>It costs me $8.</think>\n\nI could do $18.", "I could do $18."),
        ("It costs me $8. </think> I could do $18.", "I could do $18."),
        ("<THINK>hm</THINK>I could do $18.<think>Good.</think>", "I could do $18."),
        ("<think>a <think>b</think> c</think>I could do $18.", "I could do $18."),
        ("[THINK]hm[/THINK]I could do $18.", "I could do $18."),
        ("<reasoning>hm</reasoning> I could do $18.", "I could do $18."),
        (
            "<|channel|>analysis<|message|>It costs $8.<|end|>"
            "<|start|>assistant<|channel|>final<|message|>$18.<|return|>",
            "$18.",
        ),
        ("<|start|>assistant<|channel|>final <|constrain|>json<|message|>{}<|end|>", "{}"),
        ("analysisIt costs me $8. Go.assistantfinalI could do $18.", "I could do $18."),
        ("I think $18 is fair.", "I think $18 is fair."),
        ("Analysis shows that $18 is fair.", "Analysis shows that $18 is fair."),
        ("  spaces stay where nothing is cut ", "  spaces stay where nothing is cut "),
    ],
)
def test_speech_begins_after_the_thought(written: str, said: str) -> None:
    assert spoken(written) == (said, False)


@pytest.mark.parametrize(
    "written",
    [
        "<think>It costs me $8, so",
        "<|channel|>analysis<|message|>It costs me $8",
        "[THINK]hm",
        "<thinking>a</think></thinking><think>",
    ],
)
def test_a_thought_without_an_end_is_no_speech(written: str) -> None:
    assert spoken(written) == ("", True)


def test_any_mark_that_is_said_without_end_is_cut() -> None:
    """What grew with the square of the length would not come to an end before the suite's timeout."""
    for mark in {mark for pair in MARKS for mark in pair} | {"<|channel|>", "<|channel|>final", "analysis", "<"}:
        text, _ = spoken(mark * (400_000 // len(mark)))
        assert len(text) <= 400_000, mark


def test_parts_of_a_content_that_are_thoughts_are_left_out() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "It costs me $8."}]},
        {"type": "reasoning", "text": "It costs me $8."},
        {"type": "reasoning_content", "text": "It costs me $8."},
        {"type": "redacted_thinking", "text": "x"},
        {"type": "text", "text": "I could "},
        "do $18.",
    ]
    assert text_of(parts) == "I could do $18."


def aloud(written: Callable[[str], str]) -> Callable[[Chat], str]:
    return lambda chat: written(str(negotiate(chat)))


STYLES: dict[str, Callable[[str], str]] = {
    "think": lambda text: f"<think>{SECRET}.</think>\n\n{text}",
    "lone close": lambda text: f"{SECRET}. Yes, a deal? No.\n</think>\n\n{text}",
    "harmony": lambda text: (
        f"<|channel|>analysis<|message|>{SECRET}. Yes.<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{text}<|return|>"
    ),
    "inner marks": lambda text: f"((hm)){SECRET}. Yes((/hm)){text}",
}


def played(
    tmp_path: Path, reply: Callable[[Chat], Any], *more: str, preset: str = "gpt-4o", code: int = 0
) -> tuple[list[Any], str]:
    """The games of a small coached run whose every seat is one model, and all that was ever sent to it."""
    with Server(reply) as server:
        url = server.anthropic if preset.startswith("claude") else server.openai
        words = ["game=criticize_seller", "game.n_rounds=2", "n_games=2", "tracking=none", *more]
        for seat in ("seller", "buyer", "critic", "moderator"):
            words += [f"engine@{seat}.engine={preset}", f"{seat}.engine.base_url={url}"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", "k-1")
            patch.setenv("ANTHROPIC_API_KEY", "k-2")
            assert play(compose(words), tmp_path, show_progress=False).exit_code == code
        return games_of(tmp_path), "\n".join(call.body.decode() for call in server.calls)


def outcomes(run: list[Any]) -> list[Any]:
    return [
        (
            played["outcome"],
            played["price"],
            [[told["text"] for told in played[kind]] for kind in ("turns", "feedback")],
        )
        for game in run
        for played in game["rounds"]
    ]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What a model plays that does not think aloud."""
    games, _ = played(tmp_path_factory.mktemp("plain"), negotiate)
    return outcomes(games)


@pytest.mark.long
@pytest.mark.parametrize(
    ("style", "moderator"),
    [("think", "yes_no"), ("lone close", "reason_first"), ("harmony", "structured"), ("inner marks", "yes_no")],
)
def test_a_model_that_thinks_aloud_plays_as_one_that_does_not(
    style: str, moderator: str, plain: list[Any], tmp_path: Path
) -> None:
    marks = [
        f'++{seat}.engine.options.reasoning_marks=[["((hm))","((/hm))"]]'
        for seat in ("seller", "buyer", "critic", "moderator")
    ]
    games, sent = played(tmp_path, aloud(STYLES[style]), f"moderator={moderator}", *marks)
    assert outcomes(games) == plain
    assert all(game["outcome"] == "deal" for game in games)
    assert "8.37" not in sent
    assert "8.37" not in json.dumps(games)


@pytest.mark.long
def test_anthropics_thinking_blocks_are_no_speech(tmp_path: Path) -> None:
    def thinks(chat: Chat) -> Answer:
        text = str(negotiate(chat))
        blocks = [{"type": "thinking", "thinking": SECRET, "signature": "x"}, {"type": "text", "text": text}]
        return Answer(text, more={"content": blocks})

    games, sent = played(tmp_path, thinks, preset="claude-sonnet-5-5")
    assert all(game["outcome"] == "deal" for game in games)
    assert "8.37" not in sent


def test_openai_reasoning_parts_are_no_speech(tmp_path: Path) -> None:
    def thinks(chat: Chat) -> Answer:
        parts = [{"type": "reasoning", "text": SECRET}, {"type": "text", "text": str(negotiate(chat))}]
        return Answer("", message={"content": parts, "reasoning_content": SECRET})

    games, sent = played(tmp_path, thinks)
    assert all(game["outcome"] == "deal" for game in games)
    assert "8.37" not in sent


def test_an_unfinished_thought_is_asked_for_again(tmp_path: Path) -> None:
    asked: dict[str, int] = {}

    def breaks_off(chat: Chat) -> str:
        key = json.dumps(chat.messages)
        asked[key] = asked.get(key, 0) + 1
        return f"<think>{SECRET}, so" if asked[key] == 1 else str(negotiate(chat))

    games, sent = played(tmp_path, breaks_off, "n_games=1")
    assert [game["outcome"] for game in games] == ["deal"]
    assert "8.37" not in sent
    assert summary_of(tmp_path)["games"]["error"] == 0
    assert b"8.37" in (tmp_path / "journal.sqlite").read_bytes() or summary_of(tmp_path)["calls"]["live"] > 12


def test_a_model_that_only_thinks_ends_its_game_with_the_reason(tmp_path: Path) -> None:
    games, _ = played(tmp_path, lambda chat: f"<think>{SECRET}", "n_games=1", code=1)
    assert games[0]["outcome"] == "error"
    assert "was cut by the token limit" in games[0]["error"]


def test_marks_that_are_no_pairs_are_refused() -> None:
    from bargain.runs.build import build_engines

    cfg = compose(["engine@seller.engine=scripted", '++seller.engine.options={replies: [a], reasoning_marks: ["<x>"]}'])
    with pytest.raises(ConfigError, match=r"options.reasoning_marks must be a list of \[opening, closing\] marks"):
        build_engines(cfg)
