"""Money in free text: every number that could be a price, as people and models write it.

    amounts("was $20, now 1.2k or sixteen bucks")  ->  20 (explicit), 1200, 16 (explicit)

It knows numbers and currencies, not bargaining: which amount is the offer is chosen in `proposals.py`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from bargain.records import HALF_A_CENT


def word_set(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


READ_AT_MOST = 6_000
"""Characters of an utterance that are read: the first half of them and the last."""
AMOUNTS_AT_MOST = 40
"""Numbers of an utterance that are looked at, the first of them; nobody names more prices in one breath."""
MOST = 1e12
"""From here on a number is a row of digits and no price."""

_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: number for number, word in enumerate(_SMALL.split())}
_UNITS |= {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}
_MULTIPLES = {"hundred": 100, "hundo": 100, "thousand": 1000, "grand": 1000}
_SCALES = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "million": 1e6, "万": 1e4, "萬": 1e4, "lakh": 1e5}
_SIGN = r"(?:us|ca?|au?|hk|nt|r|s)?\$|[€£¥₹₩₽₺₴₫฿₪₱₦₿]"
_NAMES = word_set(
    "dollar dollars doller dollers buck bucks euro euros pound pounds quid yen yuan rmb rupee rupees rs franc francs krona "
    "kronor kroner crown crowns peso pesos zloty zlotys zł kr usd eur gbp chf jpy cny inr cad aud sek nok dkk pln zup 元 円 块 圆"
)
_NAME = rf"(?:us )?(?:{'|'.join(sorted(_NAMES, key=len, reverse=True))})(?! of\b)\.?(?<!s\.)"
_WORD = "|".join(sorted([*_UNITS, *_MULTIPLES], key=len, reverse=True))
_GROUPED = r"\d{1,3}(?:[.,' ]\d{3})++(?:[.,]\d{1,2})?(?!\d)|\d{1,2}(?:,\d\d){1,4},\d{3}(?!\d)"
_PLAIN = r"\d++(?:[.,]\d{1,4}(?!\d))?|[.]\d{1,2}(?!\d)"
_DIGIT = re.compile("[0-9]")
_NUMBER = re.compile(rf"{_GROUPED}|{_PLAIN}")
_USUAL = re.compile(
    r"(\d{1,9}+(?:\.\d{1,2}+(?!\d))?)(?:(?=[.,!?;:()*'\"](?!\d)|\Z)|\s(?:([^\W\d_]+)|(?=[.,!?;:()*'\"-])))"
)
"""The number of "$45" and "$45.50", and a word behind it: what models write nearly always, read at once."""
_AND_CENTS = r"(?:\s(?:and\s)?(?P<and>\d{1,2})\scents?\b)?"
_CHANGE = rf"(?:\s(?P<change>{_TENS.replace(' ', '|')})\b(?!\s?(?:{_NAME})))?"
"""A dollar fifty."""
_BEFORE = re.compile(rf"(?:{_SIGN})\s?$")
_NEXT = re.compile(r"[\s-]?([^\W\d_]+|[^\w\s.,!?;:()*'\"-])")
_SCALE = r"(?P<scale>\s?(?:k|m)\b|\s(?:hundred|thousand|grand|million|lakh)\b|\s?[万萬])?"


@lru_cache(maxsize=64)
def _patterns(currency: str) -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]:
    """What can stand behind a number, spelled-out numbers, and the names of currencies: the item's own is among them."""
    own = currency.lower().removesuffix("s")
    mark = f"{_SIGN}|{re.escape(own)}" if own and not own.isalpha() else _SIGN
    name = f"{_NAME}|{own}s?" if own.isalpha() else _NAME
    after = re.compile(
        rf"{_SCALE}(?P<name>\s?(?:{mark})(?!\s?\d)|[\s-]?(?:{name})(?![^\W\d_])|\s?[元円块])?(?P<cents>[\s-]cents?\b|\s?¢)?{_AND_CENTS}"
    )
    words = re.compile(
        rf"\b(?P<number>(?:an?\s)?(?:{_WORD})(?:(?:[\s-]|\sand\s(?:a\s)?)(?:{_WORD}))*+|a(?=\s(?:{name})\s(?:{_TENS.replace(' ', '|')})\b))\b"
        rf"(?P<after>[\s-](?:{name}|(?P<cents>cents?))\b(?:{_CHANGE}))?{_AND_CENTS}"
    )
    return after, words, _NAMES | {own, f"{own}s"}


class Amount(NamedTuple):
    """A number in a text. `explicit`: it carries a currency ("5k" may be miles); `worded`: it is spelled out; start and end are its span.

    also: another reading of the same words ("four fifty" is 450 and 4.50), None if there is one reading. bold: in asterisks.
    """

    value: float
    start: int
    end: int
    explicit: bool
    worded: bool = False
    also: float | None = None
    bold: bool = False


_TYPED = str.maketrans("’‘ʼ´`“”„«»–−‑٫٬\r\t", "'''''\"\"\"\"\"---.,\n ") | {ord("—"): " - "}
_HALVES = {"½": ".5", "¼": ".25", "¾": ".75"}
_FRACTIONS = re.compile(" ?[½¼¾]")
_BLANKS = re.compile(r"[^\S\n]{2,}+")
_RUNS = re.compile(r"([^a-z0-9_ \n])\1{3,}+(?<![\w\s])")


@lru_cache(maxsize=1024)  # embedded negotiators say the same again and again
def normal(text: str) -> str:
    """The text in lower case as it was meant: one kind of digit, quotation mark, dash and space, nothing invisible.

    Of a text longer than READ_AT_MOST the first and the last half of that are read.
    """
    half = READ_AT_MOST // 2
    if len(text) > READ_AT_MOST:
        text = f"{text[:half]}\n{text[-half:]}"
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _FRACTIONS.sub(lambda match: _HALVES[match.group().strip()], text))
        foreign = [sign for sign in set(text) if not sign.isascii()]
        digits = {ord(sign): str(unicodedata.decimal(sign)) for sign in foreign if sign.isdecimal()}
        unseen = [ord(sign) for sign in foreign if unicodedata.category(sign) in ("Cf", "Mn")]
        text = text.translate(_TYPED | digits | dict.fromkeys(unseen))
    text = text.lower().replace("\r", "\n").replace("\t", " ").replace("`", "'") if "```" not in text else text.lower()
    if "  " in text:
        text = _BLANKS.sub(" ", text)
    return text if _RUNS.search(text) is None else _RUNS.sub(r"\1\1\1", text)


@lru_cache(maxsize=1024)
def amounts(text: str, currency: str = "$") -> tuple[Amount, ...]:
    """Every number of a text that could be money, in order, placed in `normal(text)`."""
    return find(normal(text), currency)


def find(text: str, currency: str) -> tuple[Amount, ...]:
    """The same in a text that is normal already."""
    after, words, names = _patterns(currency)
    found: list[Amount] = []
    starred = "*" in text
    digit = _DIGIT.search(text)
    while digit is not None and len(found) < AMOUNTS_AT_MOST:
        at = digit.start()
        usual = _USUAL.match(text, at) if text[at - 1 : at] == "$" and (at == 1 or text[at - 2] in ' *("\n') else None
        if usual is not None and usual[2] not in names and usual[2] not in _FOLLOW:
            end = usual.end(1)
            bold = starred and ("*" in text[max(0, at - 3) : at] or "*" in text[end : end + 2])
            amount: Amount | None = Amount(float(usual[1]), at - 1, end, True, bold=bold)
        else:
            amount, end = _figure(text, at, after, names, decimal="." if currency in ("$", "£") else None)
        if amount is not None:
            found.append(amount)
        digit = _DIGIT.search(text, max(end, digit.end()))
    if not _SPELLED.isdisjoint(text.replace("-", " ").split()):
        found = _apart(found + [_spelled(match) for match in words.finditer(text) if match.group() != "one"])
    return tuple([amount for amount in found if amount.value < MOST][:AMOUNTS_AT_MOST])


def _apart(found: list[Amount]) -> list[Amount]:
    """The amounts in order, of overlapping ones the first."""
    apart: list[Amount] = []
    for amount in sorted(found, key=lambda amount: (amount.start, -amount.end)):
        if not apart or apart[-1].end <= amount.start:
            apart.append(amount)
    return apart


_SPELLED = frozenset(word + mark for word in [*_UNITS, *_MULTIPLES] for mark in ("", ".", ",", "!", "?"))


def has_digits(text: str) -> bool:
    """Whether a message carries a number by the 2023 rule: any digit."""
    return any(map(str.isdigit, text))


def same(one: float, other: float) -> bool:
    """Whether two prices are equal to the cent."""
    return abs(one - other) < HALF_A_CENT


UNREAD = re.compile(r"[$€£¥₹₩₽₺₴₫฿₪₱₦₿]\s?\d")
"""Money that `amounts` has not understood, in what it has left of a text."""
_COMMA = word_set("€ eur euro euros kr dkk nok sek zł zloty zlotys pln r$ ₺")
"""Currencies whose decimal mark is a comma: 1.200 of them are a thousand two hundred."""
_FOLLOW = frozenset([*_SCALES, "m", "cent", "cents", "us", "and", "usd", *"$€£¥₹₩₽₺₴₫฿₪₱₦₿¢元円块万萬"])


def _figure(
    text: str, start: int, after: re.Pattern[str], names: frozenset[str], decimal: str | None
) -> tuple[Amount | None, int]:
    """The amount whose first digit stands at `start`, None if it is none, and where to look on."""
    if start > 0 and text[start - 1] == "." and not text[max(0, start - 2) : start - 1].strip(" $€£("):
        start -= 1  # ".50", not "Hmm...150"
    match = _NUMBER.match(text, start)
    if match is None or (
        start > 0
        and (text[start - 1].isalnum() or text[start - 1] in "_.,")
        and text[max(0, start - 2) : start] != ".."
    ):
        return None, (match.end() if match else start + 1)
    number, end = match.group(), match.end()
    if text[end : end + 1] == ":" and text[end + 1 : end + 2].isdigit():
        return None, end + 3  # a time of day
    sign = _BEFORE.search(text[max(0, start - 5) : start])
    begins = start - (len(sign.group()) if sign else 0)
    if not sign and start > 1 and text[start - 1] == " ":
        word = text[max(0, start - 10) : start - 1].rpartition(" ")[2].lstrip("*(")
        begins -= len(word) + 1 if word.rstrip(".") in names else 0
    following = _NEXT.match(text, end)
    behind = (
        after.match(text, end) if following is not None and (following[1] in names or following[1] in _FOLLOW) else None
    )
    scale, name, cents, and_cents = behind.group("scale", "name", "cents", "and") if behind else (None,) * 4
    explicit = bool(begins < start or name or cents)
    if " " in number and not explicit and number.count(" ") == 1 and not scale:
        number = number.partition(" ")[0]  # "1 500" without a currency is two numbers
        end = start + len(number)
    elif behind is not None:
        end = behind.end()
    if text[end : end + 1].isalpha() and not cents:
        return None, end + 1  # "16gb", "$1e3"
    if len(number) > 30:
        return None, end
    if "." in number and (text[begins:start] + (name or "")).strip(" .") in _COMMA:
        decimal = None
    value = _value(number, decimal=decimal, grouped=not scale)
    also = value * 1000 if number[-4:-3] == "." and value < 100 else None
    value *= _SCALES.get((scale or "").strip(), 1e6 if scale else 1)
    if cents:
        value /= 100
    if and_cents:
        value += int(and_cents) / 100
    bold = "*" in text[max(0, begins - 2) : begins] or "*" in text[end : end + 2]
    return Amount(value, begins, end, explicit, also=also, bold=bold), end


def _value(number: str, decimal: str | None, grouped: bool) -> float:
    """1,200.50 and 1.200,50 and 1'200.50 alike: the last mark is decimal unless three digits follow it.

    grouped: three digits after the only mark are thousands ("1.200", but "1.125 k", "0.125" and "$13.125" are decimal).
    """
    if number.isdigit():
        return float(number)
    at = max(number.rfind("."), number.rfind(","))
    whole, rest = (number, "") if at < 0 else (number[:at], number[at + 1 :])
    marks = sum(number.count(mark) for mark in ".,' ")
    if rest.isdigit() and (
        len(rest) != 3
        or whole in ("", "0")
        or (marks == 1 and (not grouped or (number[at] == decimal and len(whole) < 3 and decimal == ".")))
    ):
        return float(f"{re.sub('[^0-9]', '', whole) or '0'}.{rest}")
    return float(re.sub(r"\D", "", number))


def _spelled(match: re.Match[str]) -> Amount:
    value, also = _words(match["number"])
    if match["cents"]:
        value, also = value / 100, None
    cents = int(match["and"] or 0) + _UNITS[match["change"] or "zero"]
    if cents:
        value, also = value + cents / 100, None
    return Amount(value, match.start(), match.end(), match["after"] is not None, worded=True, also=also)


def _words(text: str) -> tuple[float, float | None]:
    """Spelled-out numbers: "a hundred and twenty" -> 120; "four fifty" -> 450, or 4.50."""
    if text == "a":
        return 1.0, None
    words = [word for word in re.findall(r"[a-z]+", text) if word not in ("a", "an", "and")][:10]
    parts = _two_parts(words)
    if parts is not None:
        return float(parts[0] * 100 + parts[1]), parts[0] + parts[1] / 100
    total = current = 0
    for word in words:
        if word in _UNITS:
            current += _UNITS[word]
        elif _MULTIPLES[word] == 100:
            current = max(current, 1) * 100
        else:
            total, current = total + max(current, 1) * 1000, 0
    return float(total + current), None


def _two_parts(words: list[str]) -> tuple[int, int] | None:
    """ "two twenty five" as 2 and 25; "sixty five" is one number and has no parts."""
    if len(words) < 2 or any(word in _MULTIPLES for word in words):
        return None
    first, rest = _UNITS[words[0]], [_UNITS[word] for word in words[1:]]
    if first >= 20 and rest[0] < 10:
        return (first + rest[0], rest[1]) if len(rest) == 2 else None
    if first >= 10 and len(rest) == 1 and rest[0] < 10:
        return first, rest[0] * 10  # "sixteen-four": 16.40, or sixteen thousand four hundred
    second = sum(rest)
    return (first, second) if rest[0] >= 10 and second < 100 and first > 0 else None
