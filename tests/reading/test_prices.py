"""Prices and outcomes in free text, by rules: what is an offer, an acceptance, a refusal, a farewell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.fu2023.legacy import legacy_price
from bargain.reading.reader import Reader, amounts, offers, read_outcome
from tests.commands import PATIENCE_S

ASKED = ("seller", "Hi! This is a fine balloon, and its price is $20.")
BID = ("buyer", "Would you take $10?")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$16", 16),
        ("16$", 16),
        ("$1,200", 1200),
        ("1.2k", 1200),
        ("16 dollars", 16),
        ("sixteen bucks", 16),
        ("16.50", 16.5),
        ("$ 16", 16),
        ("16 USD", 16),
        ("€16", 16),
        ("1.200,50 €", 1200.5),
        ("$7.200 620", 7200620),
        ("£16", 16),
        ("$14.50!", 14.5),
        ("a buck fifty", 1.5),
        ("$١٢٫٥٠", 12.5),
    ],
)
def test_money_is_read_as_people_write_it(text: str, value: float) -> None:
    assert [amount.value for amount in amounts(text)] == [value]


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("I can't do $12, but $14 works.", 14),
        ("$12 is too low.", None),
        ("Your offer of $12 is kind, but I need $15.", 15),
        ("It was $25, now it is $18.", 18),
        ("I could give you 10% off.", 18),
        ("I can't go below $16.", 16),
        ("Deal, if you make it $13.", 13),
        ("How about $15 instead?", 15),
        ("I would be happy to sell it at $17.50.", 17.5),
    ],
)
def test_an_offer_is_told_from_other_numbers(text: str, offer: float | None) -> None:
    assert offers([ASKED, BID, ("seller", text)])[-1] == offer


@pytest.mark.parametrize(
    ("words", "price"),
    [
        ("Deal!", 10),
        ("Deal! $10 it is.", 10),
        ("Okay, sounds good.", 10),
        ("All right, I accept your offer of $10. Thank you!", 10),
        ("You've got yourself a deal at $10.", 10),
        ("You have got yourself a deal.", 10),
        ("Sold! When can you pick it up?", 10),
        ("ok", 10),
        ("I can't accept that.", None),
        ("Do we have a deal?", None),
        ("I appreciate your offer.", None),
        ("Okay, but how about $12?", None),
        ("I'll take it at $10 if you pay for the delivery.", None),
        ("Deal at $15.", None),
        ("No deal.", None),
        ("I'll have to pass. Goodbye.", None),
        ("buyer: I accept $20", None),
        ('{"state": "deal", "price": 10}', None),
        ("question: is there a deal? answer: Yes", None),
        ("", None),
    ],
)
def test_only_a_plain_acceptance_of_the_rivals_price_makes_a_deal(words: str, price: float | None) -> None:
    read = read_outcome([ASKED, BID, ("seller", words)])
    assert (read.state == "deal", read.price) == (price is not None, price)
    if price is not None:
        assert (read.accepted_turn, read.accepted_by_turn) == (1, 2)


def test_a_price_that_cannot_be_read_is_not_known_and_nothing_is_accepted_in_its_place() -> None:
    read = read_outcome([ASKED, BID, ("seller", "I can do $1O.")])
    assert (read.state, read.price, read.price_unknown) == ("ongoing", None, True)


def test_one_price_or_another_is_a_guess_and_never_sure() -> None:
    reader = Reader(20.0)
    reader.add("seller", "It is $20.")
    act = reader.add("buyer", "$12 or $13")
    assert (act.kind, act.sure) == ("offer", False)


@pytest.mark.parametrize("words", ["So be it.", "Be my guest.", "My heart leaps!", "Cue the violins."])
def test_few_words_without_a_clear_no_are_never_surely_no_acceptance(words: str) -> None:
    reader = Reader(20.0)
    reader.add(*ASKED)
    reader.add(*BID)
    act = reader.add("seller", words)
    assert act.kind == "accept" or not act.sure


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("My purse and I will be on our way.", "no_deal"),
        ("We cannot come to terms. I must reject your $10 and end the talks here.", "no_deal"),
        ("Raise it by $4 and it's yours.", "ongoing"),
        ("Good, and is it new?", "ongoing"),
        ("I accept. The box cost me $2, by the way.", "deal"),
        ("Go on then.", "deal"),
        ("So be it.", "deal"),
        ("I'll get back to you.", "ongoing"),
    ],
)
def test_endings_in_figures_of_speech(words: str, state: str) -> None:
    assert read_outcome([ASKED, BID, ("seller", words)]).state == state


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("I propose $60. I hope we can conclude our negotiation.", "ongoing"),
        ("My final price is $60. Let's conclude this negotiation successfully.", "ongoing"),
        ("I can do $60. Let's settle this negotiation now.", "ongoing"),
        ("I can offer $60. I look forward to concluding our negotiation.", "ongoing"),
        ("$60 and we can stop haggling.", "ongoing"),
        ("I'm offering $60. Let's put an end to this bargaining and make a deal.", "ongoing"),
        ("I can offer $60. It is above my cost and leaves us both with some room.", "ongoing"),
        ("$50 is too low. I must conclude our negotiation here.", "no_deal"),
        ("You are at $50, below my costs. I am going to have to reject and end negotiations at this time.", "no_deal"),
        ("I can't sell below $60. I'll end our negotiation here.", "no_deal"),
        (
            "$50 wouldn't clear my loan of $60, so I can't sell it. Let's leave it at that, and I wish you success.",
            "no_deal",
        ),
        ("Sorry, I just agreed to sell it to somebody else who paid $62.", "no_deal"),
        (
            "As $50 is far from my limit, the company hereby withdraws its offer and will not pursue this any further.",
            "no_deal",
        ),
        ("Sorry, I'd get more than that from the shop in town.", "ongoing"),
        ("Thank you for moving on the price. I'll have an answer by Friday.\n\nBest regards,\nA. Seller", "ongoing"),
        ("That suits me well. Bring the $50 on Friday, and I promise to leave your parcel on the porch.", "deal"),
        ("Of course, dear! $50 for you.", "deal"),
    ],
)
def test_ends_of_a_talk_are_told_from_what_only_sounds_like_them(words: str, state: str) -> None:
    talk = [("seller", "I propose $62."), ("buyer", "I can go up to $50."), ("seller", words)]
    assert read_outcome(talk).state == state


def test_thanks_after_a_deal_leave_it_standing_and_a_new_offer_reopens_it() -> None:
    agreed = [ASKED, BID, ("seller", "Deal!")]
    assert read_outcome([*agreed, ("buyer", "Thank you, see you tomorrow at the market.")]).price == 10
    assert read_outcome([*agreed, ("buyer", "Hold on, I can only pay $8.")]).state == "ongoing"


def test_the_2023_rule_is_kept_as_it_was() -> None:
    assert legacy_price([("seller", "$20 or $18"), ("buyer", "ok")]) == 18
    assert legacy_price([("seller", "only $1,200")]) == 1
    assert legacy_price([("seller", "16 dollars")]) is None


turns_of_any_text = st.lists(st.tuples(st.sampled_from(["seller", "buyer"]), st.text(max_size=200)), max_size=12)


@given(turns_of_any_text)
def test_any_text_is_read_and_a_deal_has_two_sides(turns: list[tuple[str, str]]) -> None:
    read = read_outcome(turns)
    if read.state == "deal":
        assert read.accepted_turn is not None
        assert read.accepted_by_turn is not None
        assert read.accepted_turn < read.accepted_by_turn
        assert turns[read.accepted_turn][0] != turns[read.accepted_by_turn][0]


@given(st.lists(st.text(max_size=100), max_size=8))
def test_one_speaker_never_makes_a_deal(texts: list[str]) -> None:
    assert read_outcome([("seller", text) for text in texts]).state != "deal"


def test_five_megabytes_are_read_without_end_in_sight_being_waited_for() -> None:
    reader = Reader()
    reader.add("seller", "$20 " + "a" * 5_000_000)
    assert reader.add("buyer", "1," * 2_500_000).kind in ("offer", "other")


ROOT = Path(__file__).parent.parent.parent


@pytest.mark.long
def test_no_repetition_loop_hangs_the_reader() -> None:
    """A quadratic pattern would take hours for all of them, an exponential one for ever; they take seconds."""
    command = [sys.executable, "benchmarks/endings.py", "--loops"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "great " * 40 + "x",
        "👍" * 40 + " $15",
        "hundred " * 200,
        "thousand " * 200,
        "eight " * 3000,
        "9" * 400 + " dollars",
        "1" * 400 + ".5",
        "1 " * 10_000,
        "$1 to " * 4000,
    ],
    ids=lambda text: text[:6],
)
def test_what_cannot_be_digested_costs_a_turns_reading_and_never_the_run(text: str) -> None:
    reader = Reader(20.0)
    reader.add("seller", "$18")
    reader.add("buyer", text)
    assert reader.add("buyer", "I accept your offer of $18.").kind == "accept"
