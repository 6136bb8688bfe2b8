"""Two issues: typed channels carry the second, scripts trade it, the deal is on record, and bad ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bargain import play
from bargain.channels.base import Allowed, Channel, Move, Unusable
from bargain.channels.numbers import Numbers
from bargain.channels.structured import Structured
from bargain.channels.tagged import Tagged
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.config.second_issue import second_issue_of
from bargain.engines.base import ALL_ACTS
from bargain.errors import ConfigError
from bargain.reading.violations import find_violations
from bargain.records import Item, SecondIssue, Turn, price_alone, private_to
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.negotiator import Chat
from tests.servers import Answer, Server

ISSUE = SecondIssue("delivery", "days", (1.0, 3.0, 7.0, 14.0), 3.0, -6.0, 14.0, 1.0)
TABLE = Allowed("$", ALL_ACTS, live=150.0, live_second=3.0)
TWO = ["game=simple", "item=bicycle", "second_issue=delivery", "channel=tagged", "tracking=none"]
TYPED = ("tagged", "structured", "numbers")


def seats(seller: str, buyer: str) -> list[str]:
    return [f"engine@seller.engine={seller}", f"engine@buyer.engine={buyer}"]


def deals(directory: Path, *overrides: str) -> list[tuple[float, float]]:
    play(compose([*TWO, "n_games=10", *overrides]), directory, show_progress=False)
    rounds = [game["rounds"][0] for game in games_of(directory)]
    return [(each["price"], each["second"]) for each in rounds if each["outcome"] == "deal"]


@pytest.mark.parametrize(
    ("channel", "reply", "turn"),
    [
        (Tagged, "Soon, please.\nOFFER $140, 3 days", "Soon, please.\nOFFER $140, 3 days"),
        (Tagged, "OFFER 140 with delivery in 1 day.", "OFFER $140, 1 day"),
        (Tagged, "I can wait. OFFER $140 and 14 days of delivery", "I can wait.\nOFFER $140, 14 days"),
        (Tagged, "**Offer: 7 days, $140**", "OFFER $140, 7 days"),
        (Tagged, "Fine.\nACCEPT $150, 3 days", "Fine.\nACCEPT"),
        (Tagged, "Fine.\nACCEPT", "Fine.\nACCEPT"),
        (Tagged, "OFFER $140", "off_channel"),
        (Tagged, "OFFER $140, 3", "off_channel"),
        (Tagged, "OFFER $140, 5 days", "off_channel"),
        (Tagged, "OFFER $140, 3 weeks", "off_channel"),
        (Tagged, "OFFER $140, 3 days or 7 days", "off_channel"),
        (Tagged, "OFFER 3 days", "off_channel"),
        (Tagged, "ACCEPT $150, 1 day", "no_live_offer"),
        (Tagged, "ACCEPT $140, 3 days", "no_live_offer"),
        (Numbers, "$140, 3 days", "$140, 3 days"),
        (Numbers, "140 / 1 day", "$140, 1 day"),
        (Numbers, "$140", "off_channel"),
        (Structured, '{"message": "So?", "act": "offer", "price": 140, "delivery": 3}', "So?\nOFFER $140, 3 days"),
        (Structured, '{"message": "", "act": "offer", "price": "$140", "delivery": "7 days"}', "OFFER $140, 7 days"),
        (Structured, '{"message": "", "act": "offer", "price": 140, "delivery": null}', "off_channel"),
        (Structured, '{"message": "", "act": "offer", "price": 140, "delivery": true}', "off_channel"),
        (Structured, '{"message": "", "act": "accept", "price": 150, "delivery": 14}', "no_live_offer"),
    ],
)
def test_an_offer_names_both_in_every_typed_channel_or_is_asked_for_again(
    channel: type[Channel], reply: str, turn: str
) -> None:
    said = channel({}, ISSUE)
    if turn in ("off_channel", "no_live_offer"):
        with pytest.raises(Unusable) as refused:
            said.turn(reply, TABLE)
        assert refused.value.kind == turn
        return
    made = said.turn(reply, TABLE)
    assert made == turn
    assert said.turn(said.own(made, "$"), TABLE) == made, "a player's own context holds what it could have replied"
    reader = said.reader(None, "$")
    move = said.parse(reply, "$")
    if move.act == "offer":
        assert (reader.add("seller", made).second, reader.add("buyer", "ACCEPT").second) == (move.second, move.second)
        assert said.turn(said.write(Move("", "offer", 140.0, move.second), "$"), TABLE).endswith(
            turn.rpartition("\n")[2]
        )


@pytest.mark.long
def test_the_same_scripts_reach_the_same_deals_in_every_typed_channel(tmp_path: Path) -> None:
    for buyer in ("simulated", "opponent-random"):
        reached = [
            deals(tmp_path / buyer / channel, f"channel={channel}", *seats("simulated", buyer)) for channel in TYPED
        ]
        assert len(reached[0]) > 5
        assert reached[0] == reached[1] == reached[2]
        for channel in TYPED:
            games = games_of(tmp_path / buyer / channel)
            assert not any(kind in json.dumps(games) for kind in ("off_channel", "no_live_offer", "below_cost"))
            assert not any("above_valuation" in json.dumps(game) for game in games)


@pytest.mark.long
def test_known_players_show_the_known_effect_of_trading_one_issue_for_the_other(tmp_path: Path) -> None:
    """Whoever names both ends in turn, or knows the rival's weight, ends at the shortest time, where both have most."""
    both = deals(tmp_path / "trade", *seats("opponent-linear", "opponent-linear"))
    price_only = deals(tmp_path / "price", *seats("opponent-price_only", "opponent-price_only"))
    known = ["second_issue.known_by=both", *seats("opponent-boulware", "opponent-conceder")]
    assert {second for _, second in both} == {1.0}
    assert {second for _, second in price_only} == {7.0}, "the middle option"
    assert {second for _, second in deals(tmp_path / "known", *known)} == {1.0}
    gains = {}
    for name in ("trade", "price", "known"):
        (row,) = summary_of(tmp_path / name)["rounds"]
        gains[name] = (row["mean_surplus_seller"], row["mean_surplus_buyer"])
    assert sum(gains["trade"]) == pytest.approx(sum(gains["known"])) == pytest.approx(200 - 120 + (3 - 6) * 1)
    assert sum(gains["price"]) == pytest.approx(200 - 120 + (3 - 6) * 7)
    (price, second), *_ = price_only
    assert gains["price"] == pytest.approx((price - 120 + 3 * second, 200 - price - 6 * second))


@pytest.mark.long
@pytest.mark.parametrize("trade", ["ends", "rival", "own", "middle"])
def test_no_rule_takes_a_script_beyond_its_limit(tmp_path: Path, trade: str) -> None:
    more = [f"+{role}.engine.options.trade={trade}" for role in ("seller", "buyer")]
    weights = ["second_issue.seller_weight=-20", "second_issue.buyer_weight=15"]
    for name, each in (("as it is", []), ("turned", weights)):
        made = deals(tmp_path / name, *more, *each, *seats("opponent-random", "opponent-conceder"))
        seller, buyer = (-20, 15) if each else (3, -6)
        assert made or each
        assert all(price > 0 for price, _ in made)
        assert all(price - 120 + seller * second >= -0.005 <= 200 - price + buyer * second for price, second in made)


@pytest.mark.long
def test_a_deal_holds_its_second_issue_and_a_game_of_one_issue_no_word_of_it(tmp_path: Path) -> None:
    deals(tmp_path / "two")
    play(compose(["game=simple", "channel=tagged", "tracking=none"]), tmp_path / "one", show_progress=False)
    assert "second" not in (tmp_path / "one" / "games.jsonl").read_text()
    for game in games_of(tmp_path / "two"):
        (played,) = game["rounds"]
        last = played["turns"][-1]
        assert [turn["second"] for turn in played["turns"][:2]] == [14.0, 1.0], "each opens with its best option"
        if played["outcome"] == "deal":
            assert (played["price"], played["second"]) == (last["offer"], last["second"])
        else:
            assert "second" not in played
    one: dict[str, Any] = plain_of(compose(["game=simple", "channel=tagged"]))
    before = {name: value for name, value in one.items() if name != "second_issue"}
    assert identity(one) == identity(before) != identity(plain_of(compose(TWO)))


def test_each_is_told_its_own_weight_alone_and_a_server_is_asked_for_one_more_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(chat: Chat) -> Answer:
        sells = "you are selling" in chat.system.lower()
        offer = {"message": "Soon.", "act": "offer", "price": 150, "delivery": 3}
        return Answer(json.dumps(offer if sells else {"message": "Yes.", "act": "accept", "price": 150, "delivery": 3}))

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Server(reply) as server:
        both = [f"{role}.engine.base_url={server.openai}" for role in ("seller", "buyer")]
        cfg = compose([*TWO, "channel=structured", "n_games=2", *seats("gpt-4o-mini", "gpt-4o-mini"), *both])
        assert play(cfg, tmp_path, show_progress=False).state == "finished"
    assert {(game["rounds"][0]["price"], game["rounds"][0]["second"]) for game in games_of(tmp_path)} == {(150.0, 3.0)}
    told = {}
    for call in server.calls:
        system = call.json["messages"][0]["content"]
        told["selling" if "you are selling" in system.lower() else "buying"] = system
        schema = call.json["response_format"]["json_schema"]["schema"]
        assert schema["required"] == ["message", "act", "price", "delivery"] == list(schema["properties"])
    assert "1 day more is worth $3 to you" in told["selling"]
    assert "1 day more costs you $6" in told["buying"]
    assert "$6" not in told["selling"]
    assert "$3" not in told["buying"]
    assert '{"message":"...","act":"offer","price":240.0,"delivery":14.0}' in told["selling"].replace(" ", "")
    first = (tmp_path / "games.jsonl").read_bytes()
    monkeypatch.delenv("OPENAI_API_KEY")
    cfg.mode = "replay"
    assert play(cfg, tmp_path, show_progress=False).state == "finished"
    assert (tmp_path / "games.jsonl").read_bytes() == first


def test_a_rivals_weight_is_known_to_whom_it_is_said_to_be() -> None:
    for known_by in ("none", "seller", "buyer", "both"):
        cfg = compose([*TWO, f"second_issue.known_by={known_by}"])
        item = Item("bicycle", "", 240.0, 90.0, second=second_issue_of(cfg.second_issue))
        for role in ("seller", "buyer"):
            second = private_to(item, role).second
            assert second is not None
            own, rival = (second.seller_weight, second.buyer_weight)[:: 1 if role == "seller" else -1]
            assert own == {"seller": 3.0, "buyer": -6.0}[role]
            assert (rival is not None) == (known_by in (role, "both"))


def test_what_is_worse_for_a_player_is_judged_by_both_issues() -> None:
    item = Item("bicycle", "", 240.0, 90.0, cost=120.0, valuation=200.0, second=ISSUE)
    assert (price_alone(item, "seller", 100, 14), price_alone(item, "buyer", 100, 14)) == (142, 184)
    turns = [
        Turn("seller", "", 100.0, "offer", second=14.0),  # as good as $142 at 0 days
        Turn("buyer", "", 190.0, "offer", second=1.0),
        Turn("seller", "", 140.0, "offer", second=1.0),  # a higher price, and as good as $143: it moves back
        Turn("buyer", "", 150.0, "offer", second=14.0),  # as bad as $234: beyond its limit
    ]
    found = [(each.turn, each.role, each.kind) for each in find_violations(turns, item, None, None)]
    assert (3, "seller", "moves_back") in found
    assert (4, "buyer", "above_valuation") in found
    assert not any(kind == "out_of_range" or (turn, kind) == (1, "below_cost") for turn, _, kind in found)


REFUSED = {
    "a weight is missing": (["second_issue.buyer_weight=null"], "second_issue.buyer_weight is not set"),
    "no option": (["second_issue.options=[]"], "second_issue.options must be two different numbers or more, got []"),
    "one option twice": (["second_issue.options=[3,3]"], "second_issue.options must be two different numbers"),
    "an option below 0": (["second_issue.options=[-1,3]"], "second_issue.options must lie from 0"),
    "an unknown unit": (["second_issue.unit=furlongs"], "second_issue.unit must be one of minutes, hours, days"),
    "a third issue": (["second_issue.name=delivery and warranty"], "for one issue beside the price and no third one"),
    "an opening that is no option": (["second_issue.seller_opening=5"], "must be one of the options"),
    "a weight that is none": (["second_issue.seller_weight=nan"], "second_issue.seller_weight must be"),
    "nobody knows": (["second_issue.known_by=me"], "second_issue.known_by must be none or seller or buyer or both"),
    "free talk": (["channel=free_text"], "choose channel=tagged, structured or numbers"),
    "a fee after the deal": (["adversary=hidden_fee"], "adversary=hidden_fee asks for a share of the price"),
    "a weight of nothing": (["second_issue=none", "second_issue.seller_weight=3"], "choose one: second_issue=delivery"),
    "a rule that does not exist": (
        [*seats("opponent-linear", "simulated"), "+seller.engine.options.trade=all"],
        "options.trade must be one of ends, rival, own, middle",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("overrides", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_played_is_refused_in_one_line_before_any_call(
    overrides: list[str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refusal:
        play(compose([*TWO, *overrides]), tmp_path, show_progress=False)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.rglob("*.sqlite"))
