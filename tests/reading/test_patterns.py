"""Each pattern of the reader catches its two examples and not the third."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from re import _constants as made  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from bargain.reading import patterns
from bargain.reading.acts import parsed
from bargain.reading.patterns import Pattern, Phrases

PATTERNS = {name: value for name, value in vars(patterns).items() if isinstance(value, Pattern | Phrases)}


def catches(pattern: Pattern | Phrases, text: str) -> bool:
    if not pattern.plain:
        return pattern(text) is not None
    told = parsed(text, "", "$")
    line = f" {' '.join(told.words).rstrip('.?! ')} "
    return any(pattern(clause, patterns.possible(clause)) is not None for clause in [line, *clauses_of(text)])


def clauses_of(text: str) -> list[str]:
    return [clause.text for sentence in parsed(text, "", "$").sentences for clause in sentence.clauses]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, value in PATTERNS.items() for text in value.hits])
def test_a_pattern_catches_its_examples(name: str, text: str) -> None:
    assert catches(PATTERNS[name], text)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_leaves_the_rest_alone(name: str) -> None:
    assert not catches(PATTERNS[name], PATTERNS[name].miss)


def alternatives(regex: re.Pattern[str]) -> Iterator[list[Any]]:
    """A parsed pattern once for each of its alternatives, those of its first group of them."""
    parts = list(parser.parse(regex.pattern))
    for place, (kind, what) in enumerate(parts):
        inner = list(what[3]) if kind is made.SUBPATTERN else [(kind, what)]
        if len(inner) == 1 and inner[0][0] is made.BRANCH:
            yield from ([*parts[:place], *branch, *parts[place + 1 :]] for branch in inner[0][1][1])
            return
    yield parts


def words_of(parts: Any, chance: random.Random) -> str:
    """Words that a parsed pattern may match; what it only looks ahead or back at is left out."""
    said = ""
    for kind, what in parts:
        if kind is made.LITERAL:
            said += chr(what)
        elif kind is made.ANY or kind is made.NOT_LITERAL:
            said += " x "
        elif kind is made.IN:
            letters = [chr(each) for name, each in what if name is made.LITERAL]
            said += chance.choice(letters) if letters and what[0][0] is not made.NEGATE else "x"
        elif kind is made.BRANCH:
            said += words_of(chance.choice(what[1]), chance)
        elif kind is made.SUBPATTERN:
            said += words_of(what[3], chance)
        elif kind is made.ATOMIC_GROUP:
            said += words_of(what, chance)
        elif kind in (made.MAX_REPEAT, made.MIN_REPEAT, made.POSSESSIVE_REPEAT):
            least, _, again = what
            open_end = len(again) == 1 and again[0][0] is made.IN
            times = least if open_end else chance.randint(least, least + 1)
            said += "".join([words_of(again, chance) for _ in range(times)])
    return said


@pytest.mark.parametrize(
    "name", [name for name, value in PATTERNS.items() if isinstance(value, Pattern) and value.plain]
)
def test_the_words_that_a_pattern_is_searched_for_by_hide_none_of_its_matches(name: str) -> None:
    pattern, chance = PATTERNS[name], random.Random(name)
    assert isinstance(pattern, Pattern)
    tried, hidden = 0, []
    for regex in filter(None, (pattern.search, pattern.head)):
        for parts in alternatives(regex):
            for _ in range(200):
                line = patterns.plain(words_of(parts, chance).replace(",", " , "))
                if regex.search(line) is not None:
                    tried += 1
                    hidden += [line] if not patterns.possible(line) & pattern.bit else []
    assert tried > 20, "the words made from the pattern are none that it matches"
    assert hidden == []
