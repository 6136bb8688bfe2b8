"""Each pattern of the reader catches its two examples and not the third."""

from __future__ import annotations

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
