"""Money in free text: every number that could be a price, as people write it.

    amounts("was $20, now 1.2k or sixteen bucks")  ->  20 (explicit), 1200, 16 (explicit)

It knows numbers and currencies and nothing of bargaining: what a price *does* in a dialogue is `acts.py`'s and
`prices.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

READ_AT_MOST = 8_000
"""Characters of an utterance that are read: the first half of them and the last; no bargaining turn is longer."""
MOST = 1e12
"""What is no price any more: a number from there on is digits."""
AMOUNTS_AT_MOST = 60
"""Amounts of an utterance that are weighed; nobody names more prices in one breath."""

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
_MULTIPLES = {"hundred": 100, "hundo": 100, "thousand": 1000, "grand": 1000}
_WORD = "|".join([*_UNITS, *_MULTIPLES])
_SIGN = r"US\$|[$€£¥]"
_NAME = r"dollars?|dollers?|bucks?|usd|euros?|eur|pounds?|quid|gbp|cents?"

_FIGURE = re.compile(
    rf"(?P<sign>(?:{_SIGN})\s?)?"
    r"(?<![\w.,])(?P<number>\d{1,3}(?:[,.]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,3}(?=\s?k\b))?(?:[.,]\d{1,2}(?!\d))?|\.\d{1,2}(?!\d))"
    rf"(?P<multiple>\s?k\b|\s(?:hundred|thousand|grand)\b)?(?P<after>\s?(?:{_SIGN})(?!\s?\d)|[\s-]?(?:{_NAME})\b)?"
    r"(?:\s+and\s+(?P<cents>\d{1,2})\s+cents?\b)?",
    re.IGNORECASE,
)
_WORDS = re.compile(
    rf"\b(?:an?\s+)?(?:{_WORD})(?:(?:[\s-]|\s+and\s+(?:a\s+)?)(?:{_WORD}))*\b(?P<after>[\s-]+(?:{_NAME})\b)?",
    re.IGNORECASE,
)
_ALL_WORDS = frozenset([*_UNITS, *_MULTIPLES])
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text. `explicit`: it carries a currency ("5k" may be miles); `worded`: it is spelled out; start and end are its span.

    also: another reading of the same words ("four fifty" is 450 and 4.50), None if there is one reading.
    """

    value: float
    start: int
    end: int
    explicit: bool
    worded: bool = False
    also: float | None = None


@lru_cache(maxsize=1024)  # embedded negotiators say the same again and again
def amounts(text: str, currency: str = "$") -> tuple[Amount, ...]:
    """Every money-like number of a text, in its order."""
    text = shortened(text)
    found = [_figure_amount(match, currency) for match in _FIGURE.finditer(text)]
    if not _ALL_WORDS.isdisjoint(_TOKEN.findall(text.lower())):  # a quarter of the time of a search for them
        for match in _WORDS.finditer(text):
            after = (match["after"] or "").strip(" -").lower()
            words, also = _words(match.group().removesuffix(match["after"] or ""))
            if any(each.start < match.end() and match.start() < each.end for each in found):
                continue
            if after.startswith("cent"):
                words, also = words / 100, None
            found.append(Amount(words, match.start(), match.end(), bool(after), worded=True, also=also))
        found.sort(key=lambda amount: amount.start)
    return tuple(each for each in found if each.value < MOST)


def shortened(text: str) -> str:
    """The text itself, or the first and the last half of what is read of a long one."""
    half = READ_AT_MOST // 2
    return text if len(text) <= READ_AT_MOST else f"{text[:half]}\n{text[-half:]}"


def has_digits(text: str) -> bool:
    """Whether a message carries a number by the 2023 rule: any digit."""
    return any(map(str.isdigit, text))


def _figure_amount(match: re.Match[str], currency: str) -> Amount:
    after = (match["after"] or "").strip(" -").lower()
    multiple = (match["multiple"] or "").strip().lower()
    if multiple == "k":
        value = float(match["number"].replace(",", ".")) * 1000 if _one_mark(match["number"]) else 1000.0
    else:
        value = _figure(match["number"], "." if currency in ("$", "£") else None) * _MULTIPLES.get(multiple, 1)
    if after.startswith("cent"):
        value /= 100
    if match["cents"]:
        value += int(match["cents"]) / 100
    return Amount(value, match.start(), match.end(), bool(match["sign"] or after))


def _one_mark(number: str) -> bool:
    return number.count(".") + number.count(",") <= 1


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


def _words(text: str) -> tuple[float, float | None]:
    """Spelled-out numbers: "a hundred and twenty" -> 120; "four fifty" -> 450, or 4.50."""
    words = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in ("a", "an", "and")][:12]
    split = _two_parts(words)
    if split is not None:
        first, second = split
        return float(first * 100 + second), first + second / 100
    total = current = 0
    for word in words:
        if word in _UNITS:
            current += _UNITS[word]
        elif _MULTIPLES[word] == 100:
            current = min(max(current, 1) * 100, int(MOST))
        else:
            total, current = total + max(current, 1) * 1000, 0
    return float(total + current), None


def _two_parts(words: list[str]) -> tuple[int, int] | None:
    """ "two twenty five" as 2 and 25; "sixty five" is one number and has no parts."""
    if any(word in _MULTIPLES for word in words) or len(words) < 2:
        return None
    first, rest = _UNITS[words[0]], [_UNITS[word] for word in words[1:]]
    if first >= 20 and len(rest) == 1 and rest[0] < 10:
        return None
    if first >= 20 and len(rest) == 2 and rest[0] < 10:
        return first + rest[0], rest[1]
    second = sum(rest)
    return (first, second) if rest[0] >= 10 and second < 100 and first > 0 else None
