"""Why a reply cannot be used, and what would help: whoever asked asks again, and says this when nothing came of it."""

from __future__ import annotations

import re

from bargain.records import Reply

_LOOP = re.compile(r"(?s)(\S.{0,200}?)\1{4,}.{0,200}\Z")
"""The same words at least five times, at the end. "no, no, no, no, no, no" and "I can do $15. " over and over; not
"very, very good"."""
_TAIL = 3000
"""So many last characters are looked at."""


def unusable(reply: Reply, text: str, seat: str) -> str:
    """What is wrong with a reply of which `text` is to be used, "" for nothing. seat: whose settings help."""
    if reply.finish == "refusal":
        return "was refused by the model or its content filter"
    if reply.finish == "length":
        if _LOOP.search(reply.text[-_TAIL:]):
            return "was cut because the model repeats itself (more tokens would not help; another temperature may)"
        if not text:
            more = f"raise {seat}.engine.max_tokens, or reason less"
            return f"was cut by the token limit before a word was said: all was reasoning ({more})"
        return "was cut by the token limit (raise max_tokens of the engine)"
    return "" if text else "came back empty"
