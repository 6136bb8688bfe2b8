"""Where no rule is sure the words are weighed: what they speak against is none, what they speak for is one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bargain.reading import Reader
from bargain.reading.acts import parsed
from bargain.reading.patterns import plain
from bargain.reading.proposals import Standing, weights
from bargain.reading.weighing import features, weigh

SAID = [("seller", "I'm asking $300."), ("buyer", "Would you take $250?"), ("seller", "I can do $280.")]


def state_after(words: str, role: str = "buyer") -> str:
    reader = Reader(300, "$")
    for who, text in [*SAID, *([("buyer", "I can go to $260.")] if role == "seller" else []), (role, words)]:
        reader.add(who, text)
    return reader.outcome().state


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("buyer", "My landlord says no pets, so that's that. Sorry to have kept you!"),
        (
            "buyer",
            "We've decided to rent one for the summer instead, so there's no need to hold it for me. Enjoy the season!",
        ),
        ("buyer", "I'm going to sit this one out. I hope it finds a good home!"),
        ("buyer", "A similar one at $240 is just an hour away, so I'm taking that. Thanks for your time."),
        ("seller", "Then it stays with us. All the best to you both!"),
        ("seller", "Somebody else was quicker, it's gone. Sorry!"),
        ("seller", "I've had an offer at the full price and decided to go with that. All the best in your search."),
    ],
)
def test_a_farewell_in_words_that_no_list_holds_ends_the_talk(role: str, words: str) -> None:
    assert state_after(words, role) == "no_deal"


@pytest.mark.parametrize(
    "words",
    [
        "Otherwise I'd have to bow out here. Thank you for being so patient.",
        "If you can't do better, I'll have to bow out here.",
        "I can do $265, and I don't really need the lens.",
        "No. I won't.",
        "I reject your offer.",
        "I must decline your offer. Thank you.",
    ],
)
def test_a_threat_a_bare_refusal_and_an_offer_without_extras_end_nothing(words: str) -> None:
    assert state_after(words) == "ongoing"


@pytest.mark.parametrize(
    "words",
    [
        "$280, hmm. It's tempting, and I like the color.",
        "$280 sounds about right for the age, honestly. My wife is at work until six.",
        "I'm done arguing. I'll go ahead and order the new one. I hope yours finds a good home!",
    ],
)
def test_warm_words_that_speak_against_an_acceptance_are_no_deal(words: str) -> None:
    assert state_after(words) != "deal"


def test_a_refusal_that_could_be_a_farewell_is_not_sure_to_be_none() -> None:
    reader = Reader(300, "$")
    for who, text in SAID:
        reader.add(who, text)
    told = parsed("If you can't do better, I'll have to bow out here.", "buyer", "$")
    assert weigh(features(told, "buyer", Standing(250, 280)), "leaves") > -1
    assert not reader.add("buyer", "If you can't do better, I'll have to bow out here.").sure


def test_an_amount_counts_as_whose_price_it_is() -> None:
    told = parsed("Your $280 is above my $250, and $15 more for the bag.", "buyer", "$")
    found = features(told, "buyer", Standing(250, 280))
    assert {"#theirs", ("your", "#theirs"), "#mine", "#"} <= found
    assert "#theirs" in features(parsed("$300.", "buyer", "$"), "buyer", Standing(None, None, 300)), "the listed price"
    assert "#theirs" not in features(parsed("$300.", "seller", "$"), "seller", Standing(None, None, 300))


@pytest.mark.parametrize("act", ["accepts", "leaves"])
def test_every_weight_can_count(act: str) -> None:
    known = weights(act)
    assert "(always)" in known
    kept = {"#theirs", "#mine", "#", "^", "$", "(always)"}
    for words in known:
        parts = words.split(" ")
        assert len(parts) <= 2
        for part in parts:
            if part not in kept and part.isalpha():
                assert part in plain(part).split(), f"{part!r} is not a plain word, and no utterance has it"


def test_a_sum_is_exact_in_whatever_order_a_process_adds_it_up() -> None:
    lines = (Path(__file__).parents[1] / "data" / "words.txt").read_text(encoding="utf-8").splitlines()
    for line in lines[2:]:
        said = features(parsed(line.partition(" | ")[2], "buyer", "$"), "buyer", Standing(250, 280))
        names = [each if isinstance(each, str) else " ".join(each) for each in said]
        exact = sum((Decimal(str(weights("leaves").get(name, 0.0))) for name in ["(always)", *names]), Decimal(0))
        assert weigh(said, "leaves") == float(exact), line


@pytest.mark.parametrize(
    "words",
    [
        "Das ist mir zu teuer. Ich biete 250 Euro, mehr habe ich nicht.",
        "Je vous propose 250 euros, c'est tout ce que je peux faire.",
        "No puedo pagar tanto, pero le ofrezco 250.",
        "我只能出250元。",
        "250円でお願いします。",
        "मैं 250 रुपये दे सकता हूँ।",
        "Zzyx qwrt plmb, vrrt. Hjkl!",
    ],
)
def test_words_that_it_does_not_know_weigh_nothing(words: str) -> None:
    said = features(parsed(words, "buyer", "$"), "buyer", Standing(250, 280))
    assert weigh(said, "leaves") < -1
    assert state_after(words) == "ongoing"
