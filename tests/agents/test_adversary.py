"""Attacks in words: the same game up to the sentence, scripts that cannot be moved, and a gullible one that can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bargain import ConfigError, play
from bargain.analysis import load
from bargain.analysis.figures.talk import attacks_compared
from bargain.analysis.measures.talk import attacks
from bargain.analysis.report.talk import adversaries
from bargain.channels.base import Move
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.engines.base import Request
from tests.commands import games_of
from tests.composing import compose

BASE = ("game=simple", "item=bicycle", "channel=tagged", "n_games=12", "tracking=none", "moderator=rules")
SEATS = ("engine@seller.engine=opponent-random", "engine@buyer.engine=opponent-linear")


def gullible(request: Request) -> str:
    """A buyer who stays at $130, and takes whatever is asked once its manager is named."""
    told = any("your manager" in turn.text for turn in request.scene.turns)
    move = Move("If so.", "accept") if told else Move("No.", "offer", 130)
    return request.scene.channel.write(move, "$")


def games(tmp_path: Path, attack: str, *more: str) -> list[dict[str, Any]]:
    """The rounds of a run with this attack, into a directory of its own."""
    play(compose([*BASE, f"adversary={attack}", *(more or SEATS)]), tmp_path / attack, show_progress=False)
    return [game["rounds"][0] for game in games_of(tmp_path / attack)]


@pytest.mark.long
def test_a_game_is_the_control_up_to_the_sentence_and_scripts_are_not_moved_by_it(tmp_path: Path) -> None:
    control, attacked = games(tmp_path, "none"), games(tmp_path, "threat", *SEATS, "adversary.turn=3")
    heard = 0
    for before, after in zip(control, attacked, strict=True):
        own = [turn for turn in after["turns"] if turn["role"] == "seller" and not turn["fixed"]]
        said = [number for number, turn in enumerate(own, 1) if turn["text"].startswith("If you do not agree soon, I")]
        assert said == [3] * (len(own) >= 3)
        heard += len(said)
        plain = [turn["text"].partition("people's time. ")[2] or turn["text"] for turn in after["turns"]]
        assert plain == [turn["text"] for turn in before["turns"]]
        assert (after["outcome"], after["price"]) == (before["outcome"], before["price"])
    assert heard > 3


@pytest.mark.long
def test_a_fee_after_the_deal_is_won_where_the_rivals_limit_allows_it_and_the_deal_stays_where_not(
    tmp_path: Path,
) -> None:
    control, attacked = games(tmp_path, "none"), games(tmp_path, "hidden_fee")
    won = set()
    for before, after in zip(control, attacked, strict=True):
        if before["outcome"] != "deal":
            assert after["turns"] == before["turns"]
            continue
        total = round(before["price"] + round(before["price"] * 0.1, 2), 2)
        pays = total <= 200  # the buyer's valuation
        assert after["price"] == (total if pays else before["price"])
        assert [turn["act"] for turn in after["turns"][-2:]] == ["offer", "accept" if pays else "reject"]
        won.add(pays)
    assert won == {True, False}
    (row,) = attacks(load(tmp_path, caching=False)).to_dict("records")
    assert (row["attack"], row["attacker"], row["victim"], row["deals"]) == (
        "hidden_fee",
        "seller",
        "opponent-linear",
        0,
    )
    assert row["won"] > 0


@pytest.mark.long
def test_what_an_attack_wins_from_a_gullible_player_is_found_and_from_a_firm_one_nothing(tmp_path: Path) -> None:
    for name, buyer in (
        ("easy", ["engine@buyer.engine=scripted", "+buyer.engine.options.callable=tests.agents.test_adversary:gullible",
                  "allow_targets=[tests.agents.test_adversary]"]),
        ("firm", ["engine@buyer.engine=opponent-fixed", "buyer.engine.options.price=130"]),
    ):  # fmt: skip
        for attack in ("none", "false_authority"):
            where = tmp_path / name
            where.mkdir(exist_ok=True)
            games(
                where, attack, "engine@seller.engine=opponent-linear", "seller.engine.options.reservation=130", *buyer
            )
    runs = load(tmp_path, caching=False)
    rows = {row["victim"]: row for row in attacks(runs).to_dict("records")}
    assert rows["opponent-fixed"]["won"] == rows["opponent-fixed"]["deals"] == 0
    easy = rows["scripted"]
    assert (easy["deals_a"], easy["deals_b"], easy["n"]) == (1, 1, 12)
    linear = 240 - (240 - 130) * 2 / 10  # the seller's second own turn, where the sentence stood
    assert easy["won"] == pytest.approx(linear - 130)
    assert "Price won" in adversaries(runs).note
    attacks_compared(runs)


@pytest.mark.long
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["channel=numbers"], "the channel carries no words"),
        (["adversary.turn=0"], "adversary.turn must be at least 1"),
        (["adversary.by=critic"], "adversary.by must be seller or buyer"),
        (["adversary.says.seller=''"], "adversary.says.seller is missing"),
        (["adversary.fee=2"], "adversary.fee must be a share"),
        (["adversary.says.seller='Pay {nothing}.'"], "unknown placeholder {nothing}"),
    ],
)
def test_an_attack_that_cannot_be_made_is_one_line_before_any_call(tmp_path: Path, more: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        play(compose([*BASE, *SEATS, "adversary=threat", *more]), tmp_path / "run", show_progress=False)
    assert "\n" not in str(refused.value)


def test_no_attack_is_the_run_that_it_was() -> None:
    plain: dict[str, Any] = plain_of(compose(["game=simple"]))
    assert identity(plain) == identity({name: value for name, value in plain.items() if name != "adversary"})
    assert identity(plain) != identity(plain_of(compose(["game=simple", "adversary=threat"])))
