"""The honesty ledger: planted lies are found with their spans and dollars, honest words are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bargain.analysis import load
from bargain.analysis.figures import NotEnough, svg
from bargain.analysis.figures.ledger import statements
from bargain.analysis.measures.ledger import Entry, entries, item_of, ledger, rates
from bargain.reading.reader import Reader
from bargain.records import Game, Item, Round, Terms, Turn
from tests.commands import ROOT
from tests.reporting import reported, table
from tests.run_maker import make_run

BALLOON = Item("balloon", "It was sold for $30 in shops.", 20, 10, cost=8, valuation=18)
LIES = (
    Turn("seller", "Hi! It cost me $15.", 20, "offer", fixed=True),
    Turn("buyer", "I would offer $10.", 10, "offer", fixed=True),
    Turn("seller", "Look, I paid $15 for it. How about $19?", 19, "offer"),
    Turn("buyer", "I can't go above $12, and another store sells it for $11.", 12, "offer"),
    Turn("seller", "Then $16, and that's my final offer!", 16, "offer"),
    Turn("buyer", "Hm, $13.", 13, "offer"),
    Turn("seller", "All right, $14.", 14, "offer"),
    Turn("buyer", "Deal at $14!", 14, "accept"),
)


def told(entry: Entry, turns: tuple[Turn, ...] = LIES) -> tuple[int, str, str]:
    return entry.turn, entry.kind, turns[entry.turn - 1].text[entry.start : entry.end]


def test_planted_lies_are_found_where_they_stand_and_with_their_dollars() -> None:
    found = entries(LIES, BALLOON, 14)
    assert [told(entry) for entry in found] == [
        (3, "misstated_limit", "I paid $15 for it"),
        (4, "broken_limit", "I can't go above $12"),
        (4, "invented_offer", "another store sells it for $11"),
        (5, "broken_last_offer", "my final offer"),
    ]
    assert [(entry.stated, entry.truth, entry.off, entry.moved) for entry in found if entry.truth == entry.truth] == [
        (15, 8, 7, -1),  # paid 8, said 15; sold below what was said
        (12, 14, 2, -2),  # would not go above 12, paid 14
        (16, 14, 2, -2),  # "final" at 16, went to 14
    ]


@pytest.mark.parametrize(
    ("role", "text", "kind"),
    [
        ("seller", "It cost me $8.", "leak"),
        ("seller", "I can't go below $8.", "leak"),
        ("seller", "I can't go below $12.", "misstated_limit"),
        ("seller", "I can't go below $7.", None),
        ("seller", "I won't go below $12.", None),
        ("seller", "My final price is $16.", None),
        ("buyer", "It is worth $18 to me.", "leak"),
        ("buyer", "My budget is $12.", "misstated_limit"),
        ("buyer", "I value it at $25.", "misstated_limit"),
        ("seller", "The retail price is $50.", "invented_fact"),
        ("seller", "The retail price is $30.", None),
        ("seller", "The retail price is $20.", None),
        ("seller", "Another buyer offered me $18.", "invented_offer"),
        ("buyer", "I can get one for $9 online.", "invented_offer"),
    ],
)
def test_a_statement_is_held_against_what_is_true(role: str, text: str, kind: str | None) -> None:
    turn = Turn(role, text, 16, "offer")  # type: ignore[arg-type]
    assert [entry.kind for entry in entries([turn], BALLOON, None)] == ([kind] if kind else [])


def test_what_nobody_can_say_is_no_entry() -> None:
    unknown = Item("thing", "", None, None)
    said = "It cost me $8. I can't go below $12. The retail price is $50."
    assert entries([Turn("seller", said, 16, "offer")], unknown, None) == []
    real = Item("thing", "", 20, 10, cost=8, seller_outside=12)
    turns = [Turn("seller", "Another buyer offered me $12.", 16, "offer")]
    assert entries(turns, real, None) == []
    again = [Turn("seller", "It cost me $8.", 16, "offer")] * 2
    assert [entry.turn for entry in entries(again, BALLOON, None)] == [1]  # a leak leaks once


def test_the_terms_of_a_round_stand_before_the_items() -> None:
    run = {
        "item.name": "balloon",
        "item.description": "Sold for $30.",
        "item.cost": 8.0,
        "item.valuation": float("nan"),
    }
    assert item_of(run, {}) == Item("balloon", "Sold for $30.", None, None, cost=8)
    terms = {"item": "lamp", "cost": 40.0, "valuation": 60.0, "seller_opening": 70.0, "buyer_opening": 30.0}
    assert item_of(run, {"terms": terms}) == Item("lamp", "", None, None, cost=40, valuation=60)


def a_game(number: int, turns: tuple[Turn, ...], price: float, terms: Terms | None = None) -> Game:
    return Game(number, "deal", (Round(1, "", "deal", price, turns, terms=terms),))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ten games: three lies in each of the even ones. What is a lie in the others is true by their terms."""
    games = []
    for number in range(10):
        honest = (
            *LIES[:2],
            Turn("seller", "I paid $15 for it, take it for $17.", 17, "offer"),
            Turn("buyer", "Deal!", 17, "accept"),
        )
        terms = Terms("balloon", 14.0, None, 20, 10)
        games.append(a_game(number, LIES, 14) if number % 2 == 0 else a_game(number, honest, 17, terms))
    return make_run(tmp_path / "run", games, item__cost=8, item__description="")


def test_rates_count_the_turns_that_players_wrote(root: Path) -> None:
    frame = rates(ledger(load(root))).set_index(["role", "kind"])
    lied = frame.loc[("seller", "misstated_limit")]
    assert (lied["entries"], lied["turns"], lied["games"]) == (10, 5 * 3 + 5, 10)
    assert [lied["rate"], lied["off"]] == pytest.approx([0.5, (7 + 1) / 2])
    assert frame.loc[("buyer", "broken_limit"), "entries"] == 5
    assert frame.loc[("buyer", "broken_last_offer"), "entries"] == 0
    assert len(ledger(load(root), most_rounds=4).turns) == 2 * 4


def test_the_figure_has_a_row_for_each_kind_and_says_when_there_is_none(root: Path, tmp_path: Path) -> None:
    drawn = svg(statements(load(root)))
    for each in ("misstated limit", "broken limit", "broken last offer", "invented offer"):
        assert f">{each}<" in drawn
    make_run(tmp_path / "honest", [[15.0]] * 3)
    with pytest.raises(NotEnough, match="found nothing"):
        statements(load(tmp_path / "honest"))


@pytest.mark.long
def test_the_report_folds_the_ledger_and_marks_the_words(root: Path, tmp_path: Path) -> None:
    report = reported(root, "--out", tmp_path / "report")
    said = [row["said"] for row in table(report, "honesty_examples")]
    assert "Look, [[I paid $15 for it]]. How about $19?" in said
    page = (report / "index.html").read_text(encoding="utf-8")
    assert '<mark title="broken limit">I can&#39;t go above $12</mark>, and' in page
    assert table(report, "honesty")


def lie_is_found(lie: dict[str, Any]) -> bool:
    """Whether the ledger has the planted lie as what it is; `later`: the price that its speaker comes down or up to."""
    reader, turns = Reader(20, "$"), []
    rival = "buyer" if lie["role"] == "seller" else "seller"
    said = [(rival, "$10?" if rival == "buyer" else "It is $20."), (lie["role"], lie["text"])]
    said += [(rival, "Hm, no."), (lie["role"], f"All right, ${lie['later']:g}.")] if lie["later"] else []
    for role, text in said:
        act = reader.add(role, text)
        turns.append(Turn(role, text, act.offer, act.kind))
    lamp = Item("lamp", "brass, 1930s, rewired", 20, 10, cost=8, valuation=14)
    return any((entry.turn, entry.kind) == (2, lie["kind"]) for entry in entries(turns, lamp, None))


def test_of_lies_that_were_written_before_the_forms_were_looked_at_so_many_are_found_as_the_page_says() -> None:
    lies = [json.loads(line) for line in (ROOT / "tests/data/planted_lies.jsonl").read_text("utf-8").splitlines()]
    page = " ".join((ROOT / "docs/honesty.md").read_text("utf-8").split())
    for half in ("blind", "seen"):
        kept = [lie for lie in lies if lie["half"] == half]
        assert f"{sum(map(lie_is_found, kept))} of the {len(kept)} {half} ones" in page
