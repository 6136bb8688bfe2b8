"""Money in free text: every number that could be a price, as people write it.

    amounts("was $20, now 1.2k or sixteen bucks")  ->  20 (explicit), 1200, 16 (explicit)

It knows numbers and currencies and nothing of bargaining: what a price *does* in a dialogue is `prices.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

READ_AT_MOST = 20_000
"""Characters of an utterance that are read; no bargaining turn is longer."""

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_UNITS = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_WORD = "|".join([*_UNITS, "hundred", "thousand", "grand"])
_SIGN = r"[$€£¥]|US\$"
_NAME = r"dollars?|bucks?|usd|euros?|eur|pounds?|quid|gbp|cents?"

_FIGURE = re.compile(
    rf"(?P<sign>(?:{_SIGN})\s?)?"
    r"(?<![\w.,])(?P<number>\d{1,3}(?:[,.]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2}(?!\d))?|\.\d{1,2}(?!\d))"
    rf"(?P<k>\s?k\b)?(?P<after>\s?(?:{_SIGN})|\s?(?:{_NAME})\b)?",
    re.IGNORECASE,
)
_WORDS = re.compile(
    rf"\b(?:a\s+)?(?:{_WORD})(?:(?:[\s-]|\s+and\s+)(?:{_WORD}))*\b(?P<after>\s+(?:{_NAME})\b)?", re.IGNORECASE
)
_ANY_WORD = re.compile(rf"\b(?:{_WORD})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text. `explicit`: it carries a currency; `worded`: it is spelled out; start and end are its span."""

    value: float
    start: int
    end: int
    explicit: bool
    worded: bool = False


def amounts(text: str, currency: str = "$") -> tuple[Amount, ...]:
    """Every money-like number of a text, in its order. Only the first READ_AT_MOST characters are read."""
    text = text[:READ_AT_MOST]
    found = []
    for match in _FIGURE.finditer(text):
        after = (match["after"] or "").strip().lower()
        value = _figure(match["number"], "." if currency in ("$", "£") else None)
        if after.startswith("cent"):
            value /= 100
        if match["k"]:
            value *= 1000
        explicit = bool(match["sign"] or after or match["k"])
        found.append(Amount(value, match.start(), match.end(), explicit))
    if _ANY_WORD.search(text):
        for match in _WORDS.finditer(text):
            words = _words(match.group().removesuffix(match["after"] or ""))
            if words is not None:
                found.append(Amount(words, match.start(), match.end(), bool(match["after"]), worded=True))
        found.sort(key=lambda amount: amount.start)
    return tuple(found)


def has_digits(text: str) -> bool:
    """Whether a message carries a number by the 2023 rule: any digit."""
    return any(map(str.isdigit, text))


def _figure(number: str, decimal: str | None) -> float:
    """1,200.50 and 1.200,50 alike: the last separator is decimal when it is followed by one or two digits."""
    whole, mark, rest = _last_separator(number)
    if mark and len(rest) != 3:
        return float(f"{re.sub('[.,]', '', whole) or '0'}.{rest}")
    if mark == decimal and whole and len(re.findall("[.,]", number)) == 1 and len(rest) == 3 and whole == "0":
        return float(f"{whole}.{rest}")
    return float(re.sub("[.,]", "", number))


def _last_separator(number: str) -> tuple[str, str, str]:
    at = max(number.rfind("."), number.rfind(","))
    return (number, "", "") if at < 0 else (number[:at], number[at], number[at + 1 :])


def _words(text: str) -> float | None:
    """Spelled-out numbers: "a hundred and twenty" -> 120, "sixteen" -> 16."""
    total = current = 0
    seen = False
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in _UNITS:
            current += _UNITS[word]
            seen = True
        elif word == "hundred":
            current = max(current, 1) * 100
            seen = True
        elif word in ("thousand", "grand"):
            total, current = total + max(current, 1) * 1000, 0
            seen = True
    return float(total + current) if seen else None
