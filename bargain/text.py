"""Texts from outside made safe for where they are put: a terminal, a JSON line, a spreadsheet, a chat template.

Model text is data everywhere. Money is written here as well, so that a price looks the same wherever it stands.

    on_screen("\\x1b[2J$12?\\nDeal")     -> " [2J$12?\\nDeal"
    one_line("a\\nlong story", 6)       -> "a lon…"
    to_json({"says": "<|im_end|>"})    -> {"says": "\\u003c|im_end|>"}, the same data
    cell("=HYPERLINK(...)")            -> "'=HYPERLINK(...)"
    name_of("You are patient.\\nYou wait.") -> "text 56c1e6"
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_UNSEEN_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_OPENS_ROLE = re.compile(r"<|\[(?=/?INST\])")
_MARK = re.compile(
    r"<(?=\|[^|>\s]{1,40}\|>|/?s>|</?SYS>>|(start|end)_of_turn>|/?(im_start|im_end|eot_id)>)|\[(?=/?INST\])"
)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal or a page may act upon; newlines and tabs are fine."""
_TERMINAL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)")  # colours, cursor, titles
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""


def printable(line: str, instead: str = " ") -> str:
    """The line with a blank, or `instead`, for whatever could steer a terminal or turn its direction."""
    return "".join(char if char.isprintable() else instead for char in line)


def on_screen(text: str) -> str:
    """The text with a blank for whatever could steer a terminal or turn its direction; its lines stay."""
    return "\n".join(map(printable, text.split("\n")))


def one_line(text: str, most: int = 300) -> str:
    """The text on one line, without control characters, cut to `most` characters."""
    clean = " ".join(printable(text).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def name_of(value: object, most: int = 40) -> str:
    """What a config's value is called in a table, a legend or a title: itself, if it is a line of `most` characters.

    A longer path or model keeps its ends; a text of several lines or words never is a name: it is called by its digest,
    so that equal texts have one name wherever they are met, and different ones two.
    """
    text = str(value)
    if len(text) <= most and not _BREAKS.search(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{text[:10]}…{text[-16:]} ({digest})" if _NO_TEXT.fullmatch(text) else f"text {digest}"


_BREAKS = re.compile("[\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029]")
_NO_TEXT = re.compile("[!-~]{1,200}")


def without_controls(text: str) -> str:
    """The text without control sequences, direction overrides and lone surrogates; newlines and tabs stay."""
    plain = _TERMINAL.sub("", text).replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return UNSEEN.sub("", plain)


def to_json(data: Any, *, indent: int | None = None, chat: bool = False) -> str:
    """The data as JSON in UTF-8, with what changes a text unseen written as \\u escapes.

    chat: it becomes part of a prompt; marks by which servers tell roles apart (<|im_end|>, [INST]) are escaped as well.
    """
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    if chat:
        text = _OPENS_ROLE.sub(_escaped, text)
    return _UNSEEN_IN_JSON.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def shortened(value: Any, most: int, *, plain: bool = False) -> str:
    """The value as JSON, cut to `most` characters. plain: in ASCII, so that letters that only look alike differ."""
    text = json.dumps(value) if plain else to_json(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def without_marks(text: str) -> str:
    """A chat message in which no server finds the marks of its chat template: a blank breaks them up."""
    return _MARK.sub(lambda found: f"{found[0]} ", text) if "<" in text or "[" in text else text


def cell(value: object) -> object:
    """A cell of a CSV file that no spreadsheet takes for a formula and no terminal for a command."""
    if not isinstance(value, str):
        return value
    return f"{chr(39) if is_formula(value) else ''}{on_screen(value)}"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet takes a cell with this text for a formula, if no apostrophe stands before it."""
    return text.lstrip(" ").startswith(FORMULA)


def money(price: float, currency: str, *, cents: bool = False) -> str:
    """A price as people write it: $20, $14.50, 1,200 EUR (a currency of letters goes behind the number).

    cents: whole numbers have them too: $20.00.
    """
    number = f"{price:,.0f}" if not cents and price == int(price) else f"{price:,.2f}"
    return f"{number} {currency}" if currency.isalpha() else f"{currency}{number}"


def counted(unit: str, *numbers: float) -> str:
    """So many of a unit, which is named in the plural: 5 days, 1 day, 2.5 hours; several: 1, 3, 7 days."""
    shown = ", ".join(f"{number:.2f}".rstrip("0").rstrip(".") for number in numbers)
    return f"{shown} {unit.removesuffix('s') if numbers == (1,) else unit}"
