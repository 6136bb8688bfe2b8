"""scoring=legacy measures by the rules of the 2023 code, on the same dialogues as ours; both stand in games.jsonl."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import play
from bargain.fu2023.legacy import legacy_price, legacy_round_price
from bargain.records import Item, Round, Turn, Verdict
from tests.commands import games_of, summary_of
from tests.composing import compose

ITEM = Item("balloon", "", 20.0, 10.0, 8.0)


def played(*said: str, verdict: str = "Yes") -> Round:
    """A round that begins with the seller, judged after its last turn."""
    turns = tuple(Turn("buyer" if number % 2 else "seller", text) for number, text in enumerate(said))
    return Round(1, "", "deal", None, turns, (Verdict(len(turns), "deal", text=verdict),))


@pytest.mark.parametrize(
    ("rule", "said", "verdict", "price"),
    [
        ("the last $ amount, whatever it means", ["It is $20.", "$15? You save $3."], "Yes", None),
        ("the last $ amount of the newest message that has one", ["I ask $16 or $17.", "ok"], "Yes", 17),
        ("a number without $ is none", ["I ask $16.", "15 then"], "Yes", 16),
        ("a comma ends the number", ["I ask $1,200.", "ok"], "Yes", None),
        ("cents count", ["I ask $16.50.", "ok"], "Yes", 16.5),
        ("'yes' anywhere in the verdict is a deal", ["I ask $16.", "no"], "No. Yesterday it was.", 16),
        ("without a yes there is no deal", ["I ask $16.", "ok"], "No", None),
        ("only prices strictly below the seller's opening count", ["I ask $20.", "ok"], "Yes", None),
        ("only prices strictly above the buyer's opening count", ["$10 it is.", "ok"], "Yes", None),
        ("a price below cost counts if it is above the buyer's opening", ["$10.50", "ok"], "Yes", 10.5),
    ],
)
def test_each_rule_of_2023_is_kept(rule: str, said: list[str], verdict: str, price: float | None) -> None:
    assert legacy_round_price(played(*said, verdict=verdict), ITEM) == price, rule


def test_the_first_yes_ends_the_round_and_later_words_do_not_count() -> None:
    turns = (Turn("seller", "I ask $16."), Turn("buyer", "ok"), Turn("seller", "Or $18."))
    verdicts = (Verdict(2, "ongoing", text="yes"), Verdict(3, "deal", text="Yes"))
    assert legacy_round_price(Round(1, "", "deal", None, turns, verdicts), ITEM) == 16


def test_both_rules_read_the_same_dialogue_and_differ_where_they_must() -> None:
    forged = [("seller", "It is $20."), ("buyer", "$12? It was $18 last week."), ("seller", "Deal.")]
    assert legacy_price(forged) == 18


def test_a_run_records_both_and_legacy_counts_survivors_only(tmp_path: Path) -> None:
    settings = ["n_games=60", "game.n_rounds=3", "game.after_no_deal=stop", "tracking=none"]
    done = play(compose([*settings, "scoring=legacy"]), tmp_path, show_progress=False)
    assert done.state == "finished"
    assert "2023 rules" in str(done)
    games = games_of(tmp_path)
    last = summary_of(tmp_path)["rounds"][-1]
    survivors = [
        game for game in games if len(game["rounds"]) == 3 and all(each["legacy_price"] for each in game["rounds"])
    ]
    assert last["legacy_games"] == len(survivors) < 60
    mean = sum(game["rounds"][2]["legacy_price"] for game in survivors) / len(survivors)
    assert last["legacy_mean_price"] == pytest.approx(mean)
    assert last["games"] == 60  # ours keeps everybody in the denominator
    assert all({"price", "legacy_price"} <= each.keys() for game in games for each in game["rounds"])
