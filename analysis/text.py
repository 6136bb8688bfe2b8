"""Texts and numbers as people read them: what cannot be seen is shown, CSV stays data, prices and p values are written.

    visible("\u202e$5")                -> "‹U+202E›$5"
    number(14.512, "currency", "$")    -> "$14.51"
    sentence(row, "currency", "$")     -> "+$1.05 [0.82, 1.28], from $14.00 to $15.05, n=200 pairs, ..."

Jinja2 escapes for HTML, report/latex.py for LaTeX.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bargain.text import is_formula, name_of
from bargain.text import money as price_text

_UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control, bidi, zero-width, variation and tag characters, and lone surrogates: they change a text unseen."""
_SEEN = "(?<=[\u2190-\U0001faff])(?:\ufe0f|\u200d(?=[\u2190-\U0001faff]))"
"""Of these, the two that hold an emoji together."""
_EITHER = re.compile(f"({_SEEN})|{_UNSEEN}")
PAIRED = ("paired t", "McNemar mid-p", "sign")


def visible(text: object) -> str:
    """The text with every character that cannot be seen written as ‹U+202E›; line ends and tabs stay."""
    return _EITHER.sub(_shown, str(text).replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    return match[0] if match[1] else f"‹U+{ord(match[0]):04X}›"


def one_line(text: object, longest: int = 0) -> str:
    """The same on one line, cut at `longest` characters (0: never) with an ellipsis.

    bargain.text.one_line blanks what this one shows, and takes emoji apart.
    """
    line = " ".join(visible(text).split())
    return line if not longest or len(line) <= longest else line[: longest - 1].rstrip() + "…"


def choice(value: object) -> str:
    """One choice by its name (bargain.text.name_of): `not set`, `empty`, or the value; 5.0 is 5."""
    if value is None or value != value:
        return "not set"
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    return name_of(value) if str(value) else "empty"


def key_in_words(key: object) -> str:
    """What a config key is called: `seller.engine.name` is seller engine, `game.who_is_first` game who is first."""
    return str(key).removesuffix(".name").removesuffix(".version").replace(".", " ").replace("_", " ")


def joined(words: Sequence[str]) -> str:
    """price, deal rate and surplus."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV: whole numbers as such, others as short as they come back, texts guarded, missing ones empty."""
    cells = frame.astype(object).map(_cell).rename(columns=_guarded)
    text: str = cells.to_csv(index=False, lineterminator="\n")
    return text


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, float):
        return float(value)
    return value if isinstance(value, bool | int) else _guarded(value)


def _guarded(value: object) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before what could begin a formula."""
    text = visible(value)
    return f"'{text}" if is_formula(text) else text


def money(value: float | None, currency: str = "$") -> str:
    """A price: $16.50, $16; "no price" for a missing one."""
    return "no price" if value is None or not math.isfinite(value) else price_text(value, currency)


def number(value: float, unit: str, currency: str = "$", *, signed: bool = False) -> str:
    """A metric's value with its unit: $14.51, 64.0%, 31.2 characters per turn."""
    if math.isnan(value):
        return "unknown"
    sign = "+" if signed and value >= 0 else ""
    if unit == "currency":
        return f"{'-' if value < 0 else sign}{price_text(abs(value), currency, cents=True)}"
    if unit == "rate":
        return f"{sign}{100 * value:.1f}" + (" points" if signed else "%")
    plain = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
    return f"{sign}{plain} {unit}" if unit not in ("share", "") else f"{sign}{plain}"


def interval(low: float, high: float, unit: str) -> str:
    """A 95% interval without its unit: [14.22, 14.80]; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    scale, digits = (100, 1) if unit == "rate" else (1, 2)
    if max(abs(low), abs(high)) >= 1000:
        digits = 0
    return f"[{low * scale:,.{digits}f}, {high * scale:,.{digits}f}]"


def probability(p: float, digits: int | None = None) -> str:
    """p<0.001, p=0.031, p=0.24, or no test. digits: how many, by default 3 below 0.1 and 2 above."""
    if math.isnan(p):
        return "no test"
    return "p<0.001" if p < 0.001 else f"p={p:.{digits or (3 if p < 0.1 else 2)}f}"


def usd(value: float) -> str:
    """Dollars with as many digits as small sums need: $12.40, $0.0031."""
    if math.isnan(value):
        return "unknown"
    if value and abs(value) < 0.1:
        return f"${value:.2g}" if abs(value) >= 1e-4 else f"${value:.1e}"
    return f"${value:,.2f}"


def sentence(row: Any, unit: str, currency: str = "$") -> str:
    """A row of `measures.comparisons` as a sentence without its subject, that claims nothing."""
    plain = unit if unit in ("currency", "rate") else ""
    change = number(row.difference, unit, currency, signed=True)
    parts = [
        f"{change} {interval(row.low, row.high, unit)}".strip(),
        f"from {number(row.a, plain, currency)} to {number(row.b, plain, currency)}",
        f"n={int(row.n)}" + (" pairs" if row.test in PAIRED else ""),
    ]
    if not math.isnan(row.p):
        parts += [row.test, f"exploratory: {probability(row.p)}, not corrected"]
    if not math.isnan(row.effect):
        parts.append(f"{row.effect_name}={row.effect:.2f}")
    if row.note:
        parts.append(str(row.note))
    return ", ".join(parts)
