"""Why a reply cannot be used, and what would help: whoever asked asks again, and says this when nothing came of it."""

from __future__ import annotations

from bargain.records import Reply

_TAIL = 3000
"""So many last characters are looked at."""
_LONGEST = 201
"""The longest words whose repetition is looked for, in characters; as long at most is what may follow them."""


def loops(text: str) -> bool:
    """Whether the same words stand at its end at least five times, with at most 200 characters behind them.

    "no, no, no, no, no, no" and "I can do $15. " over and over; not "very, very good". Each length of the words is
    tried once, from the end: the work is in proportion to the text, whatever a model repeats.
    """
    text = text[-_TAIL:]
    return any(_repeats(text, length) for length in range(1, min(_LONGEST, len(text) // 5) + 1))


def _repeats(text: str, length: int) -> bool:
    """Whether words of this length do."""
    end = len(text)
    for start in range(len(text) - length - 1, -1, -1):
        if text[start] != text[start + length]:
            end = start + length
            if len(text) - end > _LONGEST - 1:
                return False
            continue
        times = (end - start) // length
        if times >= 5 and len(text) - start - times * length < _LONGEST and not text[start].isspace():
            return True
    return False


def unusable(reply: Reply, text: str, seat: str) -> str:
    """What is wrong with a reply of which `text` is to be used, "" for nothing. seat: whose settings help."""
    if reply.finish == "refusal":
        return "was refused by the model or its content filter"
    if reply.finish == "length":
        if loops(reply.text):
            return "was cut because the model repeats itself (more tokens would not help; another temperature may)"
        if not text:
            more = f"raise {seat}.engine.max_tokens, or reason less"
            return f"was cut by the token limit before a word was said: all was reasoning ({more})"
        return "was cut by the token limit (raise max_tokens of the engine)"
    return "" if text else "came back empty"
