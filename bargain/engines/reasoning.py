"""What a model thinks aloud is not what it says: reasoning is cut before anybody hears it.

    spoken("<think>My cost is $8.</think>I could do $18.")   ->  Spoken("I could do $18.", unfinished=False)
    spoken("My cost is $8. </think> I could do $18.")        ->  Spoken("I could do $18.", unfinished=False)
    spoken("<think>My cost is $8, so")                       ->  Spoken("", unfinished=True)

The journal keeps the raw body, so nothing is lost. An unfinished thought is a reply that was cut: the engines give it
the finish "length", and whoever asked asks again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from bargain.engines.endings import Finish

Marks = tuple[tuple[str, str], ...]
"""Pairs of what opens and what closes a thought."""

MARKS: Marks = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
)
_THOUGHT_PARTS = ("reasoning", "thinking", "thought", "analysis")
"""How the types of content parts begin that hold thoughts ("thinking", "reasoning_content", "redacted_thinking")."""

_CHANNEL = re.compile(r"<\|channel\|>(?P<name>[^<]*)(?:<\|[a-z]+\|>[^<]*)??<\|message\|>")
_TURN_MARK = re.compile(r"<\|(?:start|end|return|call)\|>")
_WITHOUT_MARKS = re.compile(r"\Aanalysis(?=\W|[A-Z]).*\bassistantfinal|\Aanalysis(?=[A-Z]).*assistantfinal", re.DOTALL)
"""A harmony reply whose special tokens the server dropped: "analysisWe need to answer.assistantfinalI can do $15."."""


class Spoken(NamedTuple):
    """The words that are meant for the listener. unfinished: the reply ends inside a thought."""

    text: str
    unfinished: bool = False


def marks_of(value: object, where: str) -> Marks:
    """options.reasoning_marks as pairs, beside the usual ones. Raises ValueError for what is no list of pairs."""
    if value is None:
        return ()
    pairs: list[Any] = value if isinstance(value, list) else [value]
    if not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(mark, str) and mark.strip() for mark in pair)
        for pair in pairs
    ):
        raise ValueError(
            f"{where}: options.reasoning_marks must be a list of [opening, closing] marks, "
            f'as in [["<inner>", "</inner>"]], got {value!r}'
        )
    return tuple((str(opening), str(closing)) for opening, closing in pairs)


def spoken(text: str, marks: Marks = ()) -> Spoken:
    """The text without its thoughts. A closing mark alone ends a thought that began with the reply."""
    said, unfinished = _final_channel(text)
    pattern, closings = _pattern(marks)
    kept: list[str] = []
    start = depth = 0
    cut = False
    for match in pattern.finditer(said):
        cut = True
        if match.group().lower() not in closings:
            if not depth:
                kept.append(said[start : match.start()])
            depth += 1
        elif depth:
            depth -= 1
        else:
            kept = []
        start = match.end()
    if not cut and said is text:
        return Spoken(text)
    if not depth:
        kept.append(said[start:])
    return Spoken("".join(kept).strip(), unfinished or depth > 0)


@lru_cache(maxsize=16)
def _pattern(marks: Marks) -> tuple[re.Pattern[str], frozenset[str]]:
    """Any opening or closing mark, the longest first, and the closing ones in lower case."""
    pairs = (*marks, *MARKS)
    every = sorted({mark for pair in pairs for mark in pair}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, every)), re.IGNORECASE)
    return pattern, frozenset(closing.lower() for _, closing in pairs)


def _final_channel(text: str) -> Spoken:
    """The final channel of a harmony reply (gpt-oss); the text as it is when it has no channels."""
    if "<|channel|>" not in text:
        bare = _WITHOUT_MARKS.match(text)
        return Spoken(text[bare.end() :]) if bare else Spoken(text)
    final: list[str] = []
    channels = list(_CHANNEL.finditer(text))
    for number, channel in enumerate(channels):
        if channel["name"].strip().lower().startswith("final"):
            end = channels[number + 1].start() if number + 1 < len(channels) else len(text)
            final.append(_TURN_MARK.split(text[channel.end() : end])[0])
    return Spoken("".join(final), unfinished=not final)


def said_and_finish(text: str, finish: Finish, marks: Marks) -> tuple[str, Finish]:
    """What a Reply says and how it ended: an unfinished thought is a reply cut by the token limit."""
    said, unfinished = spoken(text, marks)
    return said, "length" if unfinished and finish == "stop" else finish


def text_of(content: object) -> str:
    """The spoken words of a message content: a string, null, or a list of parts of which only spoken text counts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(text for part in content if isinstance(text := _spoken_part(part), str))


def _spoken_part(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    kind = str(part.get("type", "")).lower().removeprefix("redacted_")
    return None if kind.startswith(_THOUGHT_PARTS) else part.get("text")
