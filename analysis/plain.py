"""Texts from outside made harmless for what they are put into: what a reader cannot see is shown, CSV stays data.

It knows characters and nothing of pages or tables; Jinja2 escapes for HTML, `latex.py` for LaTeX.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pandas as pd

_UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control, bidi, zero-width, variation and tag characters, and lone surrogates: they change a text unseen."""
_SEEN = "(?<=[\u2190-\U0001faff])(?:\ufe0f|\u200d(?=[\u2190-\U0001faff]))"
"""Of these, the two that hold an emoji together."""
_EITHER = re.compile(f"({_SEEN})|{_UNSEEN}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def visible(text: object) -> str:
    """The text with every character that cannot be seen written as ‹U+202E›; line ends and tabs stay."""
    return _EITHER.sub(_shown, str(text).replace("\r\n", "\n"))


def _shown(found: re.Match[str]) -> str:
    return found[0] if found[1] else f"‹U+{ord(found[0]):04X}›"


def one_line(text: object, longest: int = 0) -> str:
    """The same on one line, cut at `longest` characters (0: never) with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if not longest or len(line) <= longest else line[: longest - 1].rstrip() + "…"


def choice(value: object) -> str:
    """One choice as a text: `not set`, `empty`, or the value; 5.0 is 5."""
    if value is None or value != value:
        return "not set"
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    return str(value) if str(value) else "empty"


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV: whole numbers as such, others as short as they come back, texts guarded, missing ones empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_guarded(name) for name in frame.columns])
    for row in frame.astype(object).itertuples(index=False, name=None):
        writer.writerow([_cell(value) for value in row])
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _guarded(value)
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return value if isinstance(value, bool | int) else _guarded(value)


def _guarded(value: object) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before what could begin a formula."""
    text = visible(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
