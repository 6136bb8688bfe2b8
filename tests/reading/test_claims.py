"""What a bargainer claims about its limit, its last offer, others' offers and the market; and what is no claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.reading.claims import FORMS, Form, claims
from bargain.records import PLAYERS, Player

CASES = [(form, role) for form in FORMS for role in form.roles]
NAMES = [f"{role}-{form.hits[0]}" for form, role in CASES]


@pytest.mark.parametrize(("form", "role"), CASES, ids=NAMES)
def test_a_form_catches_its_two_examples_and_not_the_third(form: Form, role: Player) -> None:
    found = [form.kind in [claim.kind for claim in claims(text, role)] for text in (*form.hits, form.miss)]
    assert found == [True, True, False]


@pytest.mark.parametrize("role", PLAYERS)
@pytest.mark.parametrize(
    "text",
    [
        # twenty honest lines, as both players say them
        "Hi! This is a fine balloon, and its price is $20.",
        "Would you take $10 for it?",
        "I could do $15, since you came all this way.",
        "That is too high for me. How about $12?",
        "Deal at $14.50!",
        "I can go up to $14 and no further, I am afraid.",
        "Thanks, but I'd rather keep looking.",
        "It has 20 gears and cost nothing to run last year.",
        "Your last offer of $15 was fair, mine is $16.",
        "My offer is $13, and I can pay in cash.",
        "I bought it 3 years ago and used it twice.",
        "Let's meet in the middle at $15.",
        "I paid $5 in parking to get here.",
        "Another $2 and it is yours.",
        "Others like it too, so $17 is fair.",
        "My previous offer was $15, I go down to $14.",
        "For $14 I will throw in nothing else.",
        "Is that your final offer?",
        "I can't do that, sorry, $16 is what I ask.",
        "My budget is limited, so $12 would help me.",
        # negation, quotation, another's words, conditions, questions, the past, ranges, other numbers
        "I didn't pay $15 for it.",
        "I never said my budget is $12.",
        "This is not my final offer.",
        'You said "I paid $15 for it", remember?',
        "You told me my budget is $12, which is funny.",
        "He said 'I paid $15 for it' and laughed.",
        "If I paid $15 for it, I would tell you.",
        "Suppose my maximum is $12.",
        "I wish I could say it cost me $15.",
        "Did I say it cost me $15?",
        "I can't go below $15 unless you pick it up today.",
        "I can't go above $12 right now.",
        "My final offer was $15.",
        "My budget is $12 to $14.",
        "My minimum is 15% profit.",
        "No other buyer offered me $18, so it is yours.",
        "It cost me $5 to ship it.",
        "<think>I paid $15 for it. My budget is $12.</think> How about $13?",
        "Seller: it cost me $15.\nBuyer: my budget is $12.",
    ],
)
def test_a_line_without_a_claim_gives_none(text: str, role: Player) -> None:
    assert claims(text, role) == ()


def test_a_span_is_where_the_words_stand_in_a_text_that_is_not_plain() -> None:
    text = "“Well…”  hm —— I can’t  go   below $15.50 — sorry.\nIt cost me ＄１２."
    found = claims(text, "seller")
    assert [text[claim.start : claim.end] for claim in found] == ["I can’t  go   below $15.50", "It cost me ＄１２"]
    assert [claim.amount for claim in found] == [15.5, 12.0]


WORDS = st.sampled_from(sorted({word for form in FORMS for text in form.hits for word in text.split()}))


@given(st.one_of(st.text(), st.lists(st.one_of(WORDS, st.text(max_size=3))).map(" ".join)), st.sampled_from(PLAYERS))
def test_no_text_raises_and_every_span_lies_in_it(text: str, role: Player) -> None:
    for claim in claims(text, role):
        assert 0 <= claim.start < claim.end <= len(text)


@pytest.mark.parametrize("word", ["cannot go ", "$1 ", "i have offered me ", '"', "'a ", ".", "my ", "<think>", "$1-"])
def test_a_long_text_is_read_only_as_far_as_any_utterance_is(word: str) -> None:
    assert claims((word * 20_000)[:6_000], "seller") == claims((word * 20_000)[:20_000], "seller")
