"""The second witness of a deal: what the words of a turn can bear, whatever a moderator says about them.

    holds_quote("OK - it's **yours**!", "it’s yours")           ->  True
    figures("1 500 €, oder 15万円")                             ->  {1500.0, 15.0, 150000.0}
    surely_no_acceptance(Act("other"), "Let me think.")        ->  True
    surely_no_acceptance(Act("other"), "Einverstanden.")       ->  False: no rule can judge it

Quotes and numbers are compared in any language. Whether words could be an acceptance is asked of the rules
(`Act.sure`), which read English; a turn in other words is never surely none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from bargain.reading.acts import own_words
from bargain.reading.reader import Act, ActKind, Outcome, amounts, same
from bargain.records import Turn


@dataclass(frozen=True, slots=True)
class Reading(Outcome):
    """How the rules read a dialogue: how it stands, and what each of its turns does."""

    acts: tuple[Act, ...] = ()


def reading_of(outcome: Outcome, acts: Sequence[Act]) -> Reading:
    """The two together."""
    return Reading(*(*(getattr(outcome, name) for name in _OUTCOME), tuple(acts)))


_OUTCOME = tuple(field.name for field in fields(Outcome))


def acts_of(turns: Sequence[Turn], read: Outcome) -> Sequence[Act]:
    """What each turn does; where only the record is left, nothing of it is sure."""
    acts = read.acts if isinstance(read, Reading) else ()
    return acts if len(acts) == len(turns) else [_recorded(turn) for turn in turns]


def _recorded(turn: Turn) -> Act:
    kinds: tuple[ActKind, ...] = ("offer", "accept", "reject", "walk_away")
    return Act(next((kind for kind in kinds if kind == turn.act), "other"), turn.offer)


# -- quotes ------------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"\w+")


@lru_cache(maxsize=256)
def _plain(text: str) -> str:
    """A text as words in one form: no case, marks, invisible characters or variants of width and digits."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return " ".join(_WORD.findall(text.replace("_", " ").replace("'", "").replace("’", "")))


def holds_quote(text: str, quote: str) -> bool:
    """Whether the quoted words are in the text, whatever became of case, marks and spaces."""
    wanted, said = _plain(quote), _plain(text)
    if not wanted:  # a thumb, a check mark
        return bool(quote.strip()) and quote.strip() in text
    return f" {wanted} " in f" {said} " if wanted.isascii() else wanted in said


# -- numbers -----------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,2}(?:,\d\d)+,\d{3}(?!\d)|\d+(?:[.,]\d+)?")
_MARK = re.compile(r"[ .,']")
_TIMES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "mil": 1e3, "tausend": 1e3, "tsd": 1e3, "mille": 1e3, "हजार": 1e3,
    "हज़ार": 1e3, "hundred": 1e2, "hundert": 1e2, "सौ": 1e2, "lakh": 1e5, "लाख": 1e5, "百": 1e2, "千": 1e3,
    "万": 1e4, "萬": 1e4, "cents": 0.01, "cent": 0.01, "¢": 0.01,
}  # fmt: skip
_MULTIPLE = re.compile(r"\s?(" + "|".join(unicodedata.normalize("NFKC", word) for word in _TIMES) + r")(?![a-zа-я])")
_VALUES = {unicodedata.normalize("NFKC", word): value for word, value in _TIMES.items()}
_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MIXED = re.compile(r"(\d+(?:\.\d+)?)\s?[万萬]\s?(\d+)\s?(千?)")
_HAN = re.compile(r"[〇零一二两兩三四五六七八九十百千万萬]+")
_READ_AT_MOST = 6_000


@lru_cache(maxsize=256)
def figures(text: str, currency: str = "$") -> frozenset[float]:
    """Every number that a text says, in every way its digits may be meant: "1.200" is 1200 and 1.2.

    Any digits of Unicode, separators of any country, 万, lakh, mil and k, Chinese and Japanese numerals, English words.
    """
    if len(text) > _READ_AT_MOST:
        text = f"{text[: _READ_AT_MOST // 2]}\n{text[-_READ_AT_MOST // 2 :]}"
    found = {amount.value for amount in amounts(text, currency) if amount.worded}
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("٬", ",").replace("٫", ".")
    text = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in text
        if unicodedata.category(sign) != "Cf"
    )
    for match in _NUMBER.finditer(text):
        values = _values(match.group())
        times = _MULTIPLE.match(text, match.end())
        found |= values | ({value * _VALUES[times[1]] for value in values} if times else set())
    for match in _MIXED.finditer(text):  # 13万5千
        found.add(float(match[1]) * 1e4 + float(match[2]) * (1e3 if match[3] else 1))
    found |= {_han(match.group()) for match in _HAN.finditer(text)}
    return frozenset(found)


def _values(number: str) -> set[float]:
    """What a row of digits and separators may mean."""
    marks = _MARK.findall(number)
    whole = float(_MARK.sub("", number))
    if not marks:
        return {whole}
    *_, last = _MARK.split(number)
    decimal = float(f"{_MARK.sub('', number[: -len(last) - 1])}.{last}")
    if len(last) != 3:
        return {decimal}
    return {whole, decimal} if len(marks) == 1 and marks[0] in ".," else {whole}


def _han(numeral: str) -> float:
    """A Chinese or Japanese numeral: 一百二十 is 120, 十五 is 15, 三万五千 is 35,000; 一五〇 is 150."""
    total = section = digit = 0
    if not any(sign in _UNITS or sign in "万萬" for sign in numeral):
        return float("".join(str(_DIGITS[sign]) for sign in numeral[:15]))
    for sign in numeral[:15]:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _UNITS:
            section, digit = section + max(digit, 1) * _UNITS[sign], 0
        else:
            total, section, digit = (total + section + digit) * 10_000, 0, 0
    return float(total + section + digit)


def says(text: str, price: float, currency: str) -> bool:
    """Whether the text says this number."""
    return any(same(value, price) for value in figures(text, currency))


# -- acceptance --------------------------------------------------------------------------------------------------------

_EVERYDAY = """
the i you it is that this for of to and my your we not have can could would do don't but with are on at if about think
want need just more than what how there they his her its were will am i'm it's i'll i'd you're let let's me really
very good great price offer sorry thanks thank well yes no okay ok here take why buy sell when where who a an in be
been being has had did does should shall may might must us them then now so too also only other some any all nothing
something anything interesting hello hi hmm see hear know say said talk tell understand make give get go come wait
later tomorrow today please perhaps maybe still because from by or as out up down back again won't can't that's
there's what's doesn't didn't isn't wouldn't couldn't into over much many little nice sir madam friend
"""
_ENGLISH = frozenset(_EVERYDAY.split())
_NOT = re.compile(r"(?:\b(?:not|no|never|cannot|without|nor|if|unless|rather|to)|n't)(?:\W+\w+){0,2}\W*$")
_STARTS = (
    "yes|yeah|yep|yup|ok|okay|sure|alright|all right|fine|great|good|perfect|excellent|wonderful|absolutely|certainly"
    "|definitely|of course|gladly|right|cool|awesome|fantastic|thanks|thank you|lovely|brilliant|very well|agreed"
)
_AGREES = re.compile(
    rf"(?:^|[.!?,;:\n]\s*)(?:{_STARTS})\b"
    r"|\b(?:accept\w*|agreed|agreement|deal|sold|done|settled?|confirm\w*|congratulations|handshake|shake|yours|enjoy)\b"
    r"|\b(?:i|we) agree\b|\b(?:i|we)(?:'ll|'d| will| would| can| could)? (?:gladly |happily |just )?"
    r"(?:take|buy|pay|do|sell|give|go (?:with|for)|send|ship|deliver|wrap|bring|pick|transfer|get|meet|live)\b"
    r"|\byou (?:can|may) (?:have|take|pick)\b|\b(?:take|have) (?:it|this|that)\b|\bworks\b|\bwork for (?:me|us)\b"
    r"|\b(?:fair enough|sounds|suits?)\b|\blet'?s (?:do|go|settle|close|finali[sz]e|make it|say)\b"
    r"|\b(?:that|it|this|which|price|offer)(?:'s| is| seems| looks| would be) (?:\w+ )?"
    r"(?:fair|fine|good|great|perfect|reasonable|acceptable|okay|ok|all right|alright|right)\b"
    r"|\b(?:happy|glad|pleased|pleasure|content)\b|\b(?:my|your) address\b|\bwhen can i\b"
    r"|\bwhere (?:can|do|should) (?:i|we)\b"
    r"|\bpick (?:it|this|that) up\b|\b(?:cash|payment|wrapping|hands? over|here (?:is|are|'s) (?:the|my|your))\b"
    r"|\bsee you (?:at|on|then|there|tomorrow)\b|\b(?:so be it|be my guest|go (?:on|ahead)|i'm in|you win)\b"
)
_PLAINLY = re.compile(r"\b(?:i|we) accept\b|\bdeal\b|\bsold\b|\bi'?ll take it\b")
_PONDERS = re.compile(
    r"\b(?:let me (?:think|see|sleep)|think (?:about|it over)|(?:have to|need to|must|will|i'll|to) (?:think|consider)"
    r"|get back to you|sleep on|need (?:some|more|a little) time|not sure)\b"
)
"""What may agree and what only ponders: examples are in tests/agents/test_two_witnesses.py."""


@lru_cache(maxsize=1024)
def english(text: str) -> bool:
    """Whether the words are such as the rules read: at least three in ten are everyday English."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower().replace("’", "'"))
    return bool(words) and sum(word in _ENGLISH for word in words) >= 0.3 * len(words)


def _may_agree(words: str) -> bool:
    """Whether anything in the words could be an acceptance, or an act that follows one."""
    if _ponders(words):
        return False
    return any(not _NOT.search(words[max(0, match.start() - 40) : match.start()]) for match in _AGREES.finditer(words))


def _ponders(words: str) -> bool:
    return _PONDERS.search(words) is not None and _PLAINLY.search(words) is None


def surely_no_acceptance(act: Act, text: str) -> bool:
    """Whether a turn surely does not accept: no word of it could be an acceptance, and the rules can read its words.

    What the reader is sure of counts; where it does not say, English words none of which can agree are sure enough.
    Whether a price is the one on the table is judged elsewhere.
    """
    if act.kind == "accept":  # "I will have to think about it" begins like "I will"
        return not act.sure and _ponders(own_words(text))
    if act.sure and act.kind != "offer":
        return True
    own = own_words(text)
    if act.kind in ("reject", "walk_away"):
        return not _may_agree(own)
    return act.kind == "other" and english(own) and not _may_agree(own)


def bare_yes(text: str) -> bool:
    """Whether a turn is nothing but a short yes, which accepts only what was just put to it."""
    return re.fullmatch(r"\W*(?:yes|yeah|yep|ok|okay|sure|fine|right|great)(?:\W+\w+)?\W*", text.lower()) is not None
