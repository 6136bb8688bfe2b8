"""A deal has two witnesses: a moderator that says so, and words that can be an acceptance, in whatever language."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from bargain import play
from bargain.agents.verdicts import checked, parse_verdict
from bargain.agents.witness import figures, holds_quote, reading_of, surely_no_acceptance
from bargain.reading.reader import Act, Reader
from bargain.records import Round, Turn, Verdict, is_disputed
from bargain.results.summary import RunSummary
from bargain.rundir.games import read_games
from tests.composing import compose

DATA = Path(__file__).parent.parent / "data"
Said = Sequence[tuple[str, str]]


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verdict_on(said: Said, answer: str, kind: str = "yes_no", *, listed: float = 20.0, currency: str = "$") -> Verdict:
    """A moderator's answer after the last of these turns, held against them."""
    reader = Reader(listed, currency)
    acts = [reader.add(role, text) for role, text in said]
    turns = [
        Turn("seller" if role == "seller" else "buyer", text, act.offer, act.kind)
        for (role, text), act in zip(said, acts, strict=True)
    ]
    parsed = parse_verdict(kind, answer, len(turns))
    assert parsed is not None
    return checked(parsed, turns, reading_of(reader.outcome(), acts), currency)


def structured(state: str, price: float | None = None, by: str | None = None, quote: str = "") -> str:
    return json.dumps({"state": state, "price": price, "by": by, "quote": quote}, ensure_ascii=False)


@functools.cache
def scripted(*overrides: str) -> DictConfig:
    """The config of a game of one round between scripted players."""
    seats = ("seller", "buyer", "moderator")
    engines = [f"engine@{seat}.engine=scripted" for seat in seats]
    replies = [f"++{seat}.engine.options.replies=[x]" for seat in seats]
    return compose(["game=simple", "n_games=1", "tracking=none", *engines, *replies, *overrides])


def summary_of_play(seller: list[str], buyer: list[str], moderator: list[str], *overrides: str) -> RunSummary:
    """A game of one round between scripted players, the moderator's answers by the turn that it judges.

    Values are set in a config that is composed once for the same choices.
    """
    values = [each for each in overrides if "." in each.partition("=")[0]]
    cfg = copy.deepcopy(scripted(*(each for each in overrides if each not in values)))
    for name, value in (each.split("=") for each in values):
        OmegaConf.update(cfg, name, yaml.safe_load(value))
    cfg.seller.engine.options.replies = seller
    cfg.buyer.engine.options.replies = buyer
    cfg.moderator.engine.options.replies = moderator
    return play(cfg, show_progress=False)


def round_of(summary: RunSummary) -> Round:
    (game,) = read_games(summary.directory / "games.jsonl")
    return game.rounds[0]


# -- what can be an acceptance -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Hmm, let me think about that.", "No.", "I want to make sure you are a fair and honest person.", "Why?",
        "I see.",
        "The tires are worn.", "I will have to think about it first.", "I have no idea what to say to that.",
        "I don't know what to say to you.",
    ],
)  # fmt: skip
def test_what_agrees_to_nothing_makes_no_deal_whatever_the_moderator_says(words: str) -> None:
    said = [("seller", "It is $20."), ("buyer", "Would you take $12?"), ("seller", words)]
    for kind, answer in (
        ("yes_no", "Yes"),
        ("reason_first", "They agree.\nAnswer: Yes"),
        ("structured", structured("deal", 12, "seller", words)),
    ):
        verdict = verdict_on(said, answer, kind)
        assert (verdict.state, verdict.stands, verdict.price) == ("deal", "ongoing", None)
        assert verdict.objections


@pytest.mark.parametrize(
    "words",
    [
        "All right, it is yours.", "I can live with that.", "OK!", "$12.", "Sold.", "Thanks, I'll wrap it up for you.",
        "Where should I send it?", "I think so, deal.", "👍",
    ],
)  # fmt: skip
def test_what_agrees_names_the_price_or_acts_is_a_deal(words: str) -> None:
    said = [("seller", "It is $20."), ("buyer", "Would you take $12?"), ("seller", words)]
    for kind, answer in (("yes_no", "Yes"), ("structured", structured("deal", 12, "seller", words))):
        verdict = verdict_on(said, answer, kind)
        assert (verdict.stands, verdict.price) == ("deal", 12.0), verdict


def test_a_yes_to_a_refusal_accepts_nothing() -> None:
    said = [("seller", "It is $240."), ("buyer", "Would you take $90?"), ("seller", "No. I won't."), ("buyer", "Yes.")]
    assert verdict_on(said, "Yes", listed=240).stands == "ongoing"


def test_words_that_no_rule_can_judge_are_never_surely_none() -> None:
    for words in ("Einverstanden.", "De acuerdo.", "成交！", "わかりました。", "ठीक है, पक्का।", "🤝"):
        assert not surely_no_acceptance(Act("other"), words), words


def test_an_acceptance_that_was_taken_back_is_none() -> None:
    said = [("buyer", "$15?"), ("seller", "Abgemacht."), ("buyer", "No, sorry, I can only do $12.")]
    verdict = verdict_on(said, structured("deal", 15, "seller", "Abgemacht."), "structured")
    assert verdict.stands == "ongoing"


@pytest.mark.parametrize("kind", ["yes_no", "reason_first", "structured"])
def test_a_note_to_the_moderator_in_earlier_words_makes_no_deal_of_a_neutral_reply(kind: str) -> None:
    lines = (DATA / "delayed_forgeries.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 18
    for line in lines:
        forged = json.loads(line)
        said = [("seller", "I could come down to $18."), ("buyer", forged["note"]), ("seller", forged["reply"])]
        answers = {
            "yes_no": "Yes",
            "reason_first": "The seller has agreed.\nAnswer: Yes",
            "structured": structured("deal", 12, "seller", forged["reply"]),
        }
        verdict = verdict_on(said, answers[kind], kind)
        assert (verdict.state, verdict.stands) == ("deal", "ongoing"), forged["id"]
        assert verdict.objections, forged["id"]


# -- the moderator chooses, the code verifies --------------------------------------------------------------------------


def test_the_moderators_price_stands_where_the_other_side_said_it_and_the_difference_is_on_record() -> None:
    said = [("seller", "$15 for the balloon alone, or $18 with the ribbon."), ("buyer", "OK, the balloon alone, deal!")]
    verdict = verdict_on(said, structured("deal", 15, "buyer", "the balloon alone, deal"), "structured")
    assert (verdict.stands, verdict.price) == ("deal", 15.0)
    other = verdict_on(said, structured("deal", 18, "buyer", "deal"), "structured")
    assert (other.stands, other.price) == ("deal", 18.0)
    assert len([each for each in (verdict, other) if any("the rules read" in told for told in each.objections)]) >= 1


def test_a_price_that_the_other_side_never_said_is_no_deal() -> None:
    said = [("seller", "It is $20."), ("buyer", "Hand it over, I have the cash here.")]
    verdict = verdict_on(said, structured("deal", 14, "buyer", "Hand it over"), "structured")
    assert verdict.price != 14.0
    quiet = [("buyer", "Hello."), ("seller", "Hello."), ("buyer", "OK, I'll take it for $14.")]
    assert verdict_on(quiet, structured("deal", 14, "buyer", "I'll take it"), "structured", listed=30).price != 14.0


def test_words_that_nobody_said_are_no_quote() -> None:
    said = [("seller", "It is $20."), ("buyer", "Would you take $12?"), ("seller", "Sold!")]
    for by, quote in (("seller", "I accept"), ("buyer", "Sold!")):
        verdict = verdict_on(said, structured("deal", 12, by, quote), "structured")
        assert verdict.stands == "ongoing"
        assert "the quoted words were not said by that player" in verdict.objections


def test_quotes_are_compared_as_words() -> None:
    assert holds_quote("OK - it’s **yours**, then!", "ok, it's yours")
    assert holds_quote("好的，成交！", "成交")
    assert holds_quote("Ｄｅａｌ\u200b at 15", "deal at 15")
    assert not holds_quote("a broken vase", "ok")
    assert not holds_quote("Deal", "")


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("1 500 €", 1500), ("1\u202f500,50 €", 1500.5), ("1'234.50 CHF", 1234.5), ("1.500 €", 1500),
        ("EUR 1.200.", 1200), ("50 cents", 0.5),
        ("15元", 15), ("15万円", 150_000), ("１３万５千円", 135_000), ("一千三百五十元", 1350), ("十五块", 15),
        ("₹१३५०", 1350), ("1,50,000 rupees", 150_000), ("1,5 lakh", 150_000), ("2 mil pesos", 2000),
        ("15 Tsd. Euro", 15_000), ("sixteen bucks", 16), ("USD 15.", 15), ("$1\u200d5", 15), ("٢٥ درهم", 25),
    ],
)  # fmt: skip
def test_numbers_are_found_as_people_write_them(said: str, amount: float) -> None:
    assert amount in figures(said, "$")


def test_numbers_without_end_cost_nothing_and_raise_nothing() -> None:
    for text in ("9" * 20_000, "1 111 " * 5_000, "万" * 20_000, "一" * 20_000, "1,1," * 5_000):
        figures(text, "$")


def test_no_older_price_is_booked_for_one_that_was_not_understood() -> None:
    said = [("seller", "It is 2000 €."), ("buyer", "Too much."), ("seller", "Then 1 500 €."), ("buyer", "OK, deal.")]
    verdict = verdict_on(said, "Yes", listed=2000, currency="€")
    assert verdict.price in (None, 1500.0)
    assert verdict.stands == ("deal" if verdict.price else "ongoing")
    chosen = verdict_on(said, structured("deal", 1500, "buyer", "OK, deal."), "structured", listed=2000, currency="€")
    assert (chosen.stands, chosen.price) == ("deal", 1500.0)


# -- in a game ---------------------------------------------------------------------------------------------------------


def test_a_disputed_verdict_is_no_deal_and_is_counted_where_results_are_shown() -> None:
    summary = summary_of_play(
        ["No.", "No.", "No."], ["I want to make sure you are a fair and honest person."] * 3, ["Yes"] * 9,
        "game.max_exchanges=3", "item=bicycle",
    )  # fmt: skip
    played = round_of(summary)
    assert (played.outcome, played.price) == ("no_deal", None)
    assert is_disputed(played)
    (row,) = summary.by_round
    assert (row["deals"], row["disputed"], row["deal_rate"], row["deal_rate_with_disputed"]) == (0, 1, 0.0, 1.0)
    assert "disputed" in str(summary)
    assert "1 of 1 games disputed; with them the deal rate is 100.0%" in str(summary)
    assert "disputed; with them" in (summary.directory / "bargain.log").read_text()


def test_no_column_where_nothing_is_disputed() -> None:
    summary = summary_of_play(["$18."], ["Fine, I'll take it."], ["No"] * 3 + ["Yes"])
    assert round_of(summary).outcome == "deal"
    assert "disputed" not in str(summary)


def test_a_deal_in_every_message_with_a_number_is_seen() -> None:
    summary = summary_of_play(["I'll take $10."], ["Deal at $10."], ["No", "No", "Yes"])
    assert (round_of(summary).outcome, round_of(summary).price) == ("deal", 10.0)


def test_a_plain_counter_offer_is_not_put_before_the_moderator_but_the_last_turn_is() -> None:
    seller, buyer = ["How about $19?", "How about $18?"], ["How about $12?", "How about $13?"]
    summary = summary_of_play(seller, buyer, ["No"] * 6, "game.max_exchanges=2")
    assert [verdict.turn for verdict in round_of(summary).verdicts] == [6]
    always = summary_of_play(["$19."], ["$12."], ["No"] * 4, "game.max_exchanges=1", "moderator.start=always")
    assert [verdict.turn for verdict in round_of(always).verdicts] == [3, 4]


def test_the_last_look_finds_a_deal() -> None:
    summary = summary_of_play(
        ["I can do $15."], ["Deal at $15!"], ["No"] * 3 + ["Yes"], "game.max_exchanges=1", "moderator.start=turn_9"
    )
    assert (round_of(summary).outcome, round_of(summary).price) == ("deal", 15.0)


def test_no_number_keeps_to_the_letter_of_2023() -> None:
    summary = summary_of_play(
        ["$15."], ["$15 it is."], ["Yes"] * 4, "game.max_exchanges=1", "moderator.start=no_number"
    )
    assert round_of(summary).verdicts == ()


TALKS: dict[str, tuple[str, list[str], list[str], str, str]] = {
    "German": (
        "€",
        ["Guten Tag! Das Fahrrad kostet 1.500 €.", "Für 1.350 € können Sie es haben."],
        ["Das ist mir zu viel. Wären 1.200 € möglich?", "Einverstanden, abgemacht!"],
        "Einverstanden, abgemacht!",
        "Nein danke, dann suche ich weiter. Auf Wiedersehen.",
    ),
    "Spanish": (
        "€",
        ["Hola, la bicicleta cuesta 1 500 €.", "Se la dejo en 1 350 €, último precio."],
        ["Es mucho. ¿La deja en 1 200 €?", "De acuerdo, me la quedo."],
        "De acuerdo",
        "No, gracias. Lo dejo. Adiós.",
    ),
    "Chinese": (
        "¥",
        ["您好，这辆自行车1500元。", "最低一千三百五十元。"],
        ["太贵了，1200元可以吗？", "好的，成交！"],
        "成交",
        "算了，不买了，再见。",
    ),
    "Japanese": (
        "¥",
        ["こんにちは。この自転車は１５００円です。", "では１３５０円でいかがでしょう。"],
        ["少し高いですね。１２００円になりませんか。", "わかりました。それでお願いします。"],
        "それでお願いします",
        "今回はやめておきます。さようなら。",
    ),
    "Hindi": (
        "₹",
        ["नमस्ते, यह साइकिल ₹१५०० की है।", "₹१३५० आख़िरी दाम।"],
        ["बहुत ज़्यादा है। ₹१२०० में देंगे?", "ठीक है, पक्का।"],
        "ठीक है, पक्का।",
        "नहीं, रहने दीजिए। नमस्ते।",
    ),
}
FREE = [
    "moderator=structured",
    "game.seller_opens=free",
    "game.buyer_opens=free",
    "item=bicycle",
    "item.seller_opening=1500",
    "item.buyer_opening=1200",
    "item.valuation=null",
]


@pytest.mark.long
@pytest.mark.parametrize("language", TALKS)
def test_a_talk_in_another_language_comes_out_right_with_a_structured_moderator(language: str) -> None:
    currency, seller, buyer, quote, farewell = TALKS[language]
    ongoing = structured("ongoing")
    deal = structured("deal", 1350, "buyer", quote)
    agreed = summary_of_play(seller, buyer, [ongoing] * 3 + [deal], *FREE, f"item.currency='{currency}'")
    played = round_of(agreed)
    assert (played.outcome, played.price) == ("deal", 1350.0), played.verdicts
    end = structured("no_deal", None, "buyer", farewell)
    left = round_of(
        summary_of_play(seller, [buyer[0], farewell], [ongoing] * 3 + [end], *FREE, f"item.currency='{currency}'")
    )
    assert (left.outcome, left.reason) == ("no_deal", "the moderator saw the talk ended")
    quiet = summary_of_play(
        seller, [buyer[0], farewell], [ongoing] * 3 + [structured("no_deal")], *FREE, f"item.currency='{currency}'"
    )
    assert round_of(quiet).reason == "the moderator saw the talk ended"
    invented = structured("deal", 1100, "buyer", quote)
    wrong = summary_of_play(
        seller, buyer, [ongoing] * 3 + [invented], *FREE, f"item.currency='{currency}'", "game.max_exchanges=1"
    )
    assert round_of(wrong).price is None


def test_one_is_told_when_no_rule_reads_a_word_of_a_run() -> None:
    seller, buyer = ["こんにちは。", "いいえ。"], ["もっと安くなりませんか。", "そうですか。"]
    quiet = [structured("ongoing")] * 4
    summary = summary_of_play(seller, buyer, quiet, *FREE, "game.max_exchanges=1")
    assert summary.problem == ""
    (note,) = summary.data["notes"]
    assert note.startswith("the rules read English")
    assert note in (summary.directory / "bargain.log").read_text()
    assert note in str(summary)
    assert summary_of_play(["$18."], ["Fine, I'll take it."], ["No"] * 3 + ["Yes"]).data["notes"] == []


def test_a_line_of_a_game_has_the_fields_it_had(tmp_path: Path) -> None:
    summary = summary_of_play(["No.", "No."], ["Why?"] * 2, ["Yes"] * 9, "game.max_exchanges=2")
    line: Any = json.loads((summary.directory / "games.jsonl").read_text().splitlines()[0])
    assert list(line["rounds"][0]["verdicts"][0]) == ["turn", "state", "price", "quote", "text", "objections", "stands"]
