"""Single turns as today's models write them: tests/data/turns.txt says what each does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain.reading.reader import Act, Reader, read_outcome

LINES = (Path(__file__).parent.parent / "data" / "turns.txt").read_text(encoding="utf-8").splitlines()
TURNS = [tuple(line.split(" | ", 1)) for line in LINES if not line.startswith("#")]


def read(text: str) -> Act:
    reader = Reader(60.0)
    reader.add("seller", "The lamp is $60.")
    reader.add("buyer", "I can pay $45.")
    return reader.add("seller", text)


def does(act: Act) -> str:
    kinds = {"walk_away": "leave", "offer": f"{act.offer:g}" if act.offer is not None else "offer"}
    return kinds.get(act.kind, act.kind)


def test_nearly_every_turn_is_read_as_what_it_is() -> None:
    told = [(wanted, text, does(read(text))) for wanted, text in TURNS if wanted != "none"]
    wrong = [(wanted, got, text) for wanted, text, got in told if wanted != got]
    assert len(wrong) <= 0.02 * len(told), wrong


def test_no_turn_that_is_none_is_taken_for_an_acceptance() -> None:
    acts = {text: read(text) for wanted, text in TURNS if wanted != "accept"}
    assert [text for text, act in acts.items() if act.kind == "accept"] == []


def test_what_is_surely_no_acceptance_is_none() -> None:
    for wanted, text in TURNS:
        act = read(text)
        assert not (wanted == "accept" and act.sure and act.kind != "accept"), text
    for text in ("Hmm, let me think about that.", "No."):
        assert read(text).sure
        assert read(text).kind in ("other", "reject")
    assert not read("Einverstanden, abgemacht.").sure


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Thank you, but the lamp stays in the family.", "walk_away"),
        ("I have to let the lamp go to someone else.", "walk_away"),
        ("My family is well. I offer $320.", "offer"),
        ('{"role": "buyer", "thought": "ask for less", "text": "Okay, agreed.", "status": "accept"}', "accept"),
        ('{"role": "buyer", "text": "Let us say $310.", "status": "offer"}', "offer"),
        ('{"role": "seller", "text": "Okay, agreed.", "status": "accept"}', "other"),
    ],
)
def test_a_farewell_that_gives_the_thing_elsewhere_and_json_in_the_own_name_are_read(text: str, kind: str) -> None:
    reader = Reader()
    reader.add("seller", "I can let you have it for $350.")
    assert reader.add("buyer", text).kind == kind


@pytest.mark.parametrize("refusal", ["Be reasonable, the postage is on me as it is.", "I can't go lower.", "No."])
@pytest.mark.parametrize("yes", ["OK", "Fine.", "Okay, deal."])
def test_a_short_yes_to_a_refusal_takes_the_price_that_stands_again(refusal: str, yes: str) -> None:
    turns = [("seller", "$20 and I ship it."), ("buyer", "How about $16?"), ("seller", refusal), ("buyer", yes)]
    deal = read_outcome(turns, 20.0)
    assert (deal.state, deal.price, deal.sure) == ("deal", 20.0, False)


@pytest.mark.parametrize("end", ["Then we won't make a deal, sorry.", "No. Goodbye.", "I'm selling it to my cousin."])
def test_a_short_yes_to_the_end_of_the_talk_takes_nothing(end: str) -> None:
    turns = [("seller", "$20 and I ship it."), ("buyer", "How about $16?"), ("seller", end), ("buyer", "OK")]
    assert read_outcome(turns, 20.0).state == "no_deal"


def test_who_agrees_to_part_has_not_bought() -> None:
    said = [("seller", "I'm asking $300."), ("buyer", "I can do $250."), ("seller", "Then no deal. Let's call it off.")]
    for words in ("Agreed. Take care!", "Agreed.", "Ha, agreed. Good luck!"):
        assert read_outcome([*said, ("buyer", words)], 300).state == "no_deal", words
    for words in ("OK, OK, I'll take it.", "Agreed, I'll pay your price.", "Wait, it's a deal!"):
        assert read_outcome([*said, ("buyer", words)], 300).state == "deal", words
