"""Known opponents: their prices are those of the published formulas, and what they say is read as what they meant."""

from __future__ import annotations

import asyncio
import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bargain import ConfigError, play
from bargain.agents.moderator import Rules
from bargain.agents.player import Negotiator
from bargain.agents.prompts import Prompt
from bargain.config.schema import EngineConfig
from bargain.engines.base import Request, Scene
from bargain.engines.opponents import OpponentEngine
from bargain.engines.shared import plain
from bargain.engines.tactics import concession
from bargain.games.rounds.base import RoundProtocol, RoundRules
from bargain.games.rounds.negotiation import Negotiation
from bargain.games.rounds.ultimatum import Ultimatum
from bargain.records import Item, Message, Place, Player, Reply, Round
from tests.composing import compose

NAMES = ("fixed", "boulware", "linear", "conceder", "tit_for_tat", "random", "bayesian")
BIKE = Item("bicycle", "", 240, 90, cost=120, valuation=200)
EVEN = Item("bicycle", "", 200, 120, cost=120, valuation=200)
"""Both open at the other's limit."""
PROMPTS: dict[Player, Prompt] = {
    "seller": Prompt("seller", "", (), {"kickoff": "Hello.", "opening": "The price is {seller_opening}."}),
    "buyer": Prompt("buyer", "", (), {"kickoff": "Hello.", "opening": "Would you take {buyer_opening}?"}),
}


@functools.cache
def presets() -> dict[str, dict[str, Any]]:
    """The options of each preset, as it composes."""
    seats = ("seller", "buyer", "critic", "moderator")
    found: dict[str, dict[str, Any]] = {}
    for names in (NAMES[:4], NAMES[4:]):
        seated = dict(zip(seats, names, strict=False))
        cfg = compose([f"engine@{seat}.engine=opponent-{name}" for seat, name in seated.items()])
        found |= {name: plain(cfg[seat].engine.options) for seat, name in seated.items()}
    return found


def preset(name: str) -> dict[str, Any]:
    return presets()[name]


def opponent(seat: str, options: Mapping[str, Any], seed: int = 0) -> OpponentEngine:
    return OpponentEngine(EngineConfig(name="opponent-x", options=dict(options)), seat, seed)


def duel(
    seller: Mapping[str, Any],
    buyer: Mapping[str, Any],
    item: Item = BIKE,
    *,
    exchanges: int = 10,
    first: Player = "seller",
    seed: int = 0,
    protocol: type[RoundProtocol] = Negotiation,
    free: bool = False,
) -> Round:
    """One round between two opponents with these options, judged by the rules."""
    engines = {"seller": opponent("seller", seller, seed), "buyer": opponent("buyer", buyer, seed)}

    async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        return engines[place.role].answer(Request(place, tuple(messages), scene))

    players = {role: Negotiator(role, PROMPTS[role], item, max_exchanges=exchanges) for role in PROMPTS}
    openings = frozenset[Player](PROMPTS if free else ())
    rules = RoundRules(max_exchanges=exchanges, who_is_first=first, moderator_start="always", free_openings=openings)
    moderator = Rules("rules", PROMPTS["seller"], item)
    return asyncio.run(protocol(ask, Place(0, "", 1, 0, ""), rules, item, players, moderator).play())


def time(beta: float, **more: Any) -> dict[str, Any]:
    return {"tactic": "time", "beta": beta, **more}


@pytest.mark.parametrize(
    ("beta", "k", "form", "shares"),
    [
        (0.2, 0, "polynomial", [0, 0.00032, 0.03125, 0.32768, 1]),
        (1, 0, "polynomial", [0, 0.2, 0.5, 0.8, 1]),
        (5, 0, "polynomial", [0, 0.724780, 0.870551, 0.956352, 1]),
        (0.2, 0.1, "exponential", [0.1, None, 0.134725, None, 1]),
        (1, 0.1, "exponential", [0.1, None, 0.316228, None, 1]),
        (5, 0.1, "exponential", [0.1, None, 0.930572, None, 1]),
    ],
)
def test_the_share_given_away_is_that_of_faratin_sierra_and_jennings(
    beta: float, k: float, form: str, shares: list[float | None]
) -> None:
    for t, share in zip((0, 2, 5, 8, 10), shares, strict=True):
        assert share is None or concession(t, 10, beta, k, form) == pytest.approx(share, abs=1e-6)


def first_meeting(ask: Any, bid: Any, exchanges: int) -> float | None:
    """Where a falling ask meets a rising bid, by turns from t = 1, the seller first: the price of the deal."""
    for t in range(1, exchanges + 1):
        if bid(t - 1) >= ask(t):
            return float(bid(t - 1))
        if ask(t) <= bid(t):
            return float(ask(t))
    return None


@pytest.mark.parametrize(("seller", "buyer"), [(5, 0.2), (0.2, 5), (1, 5), (0.5, 1), (1, 0.3)])
def test_time_dependent_players_agree_at_the_price_of_the_formulas(seller: float, buyer: float) -> None:
    price = first_meeting(
        lambda t: 240 - 120 * (t / 10) ** (1 / seller), lambda t: 90 + 110 * (t / 10) ** (1 / buyer), 10
    )
    assert price is not None
    assert duel(time(seller), time(buyer)).price == pytest.approx(price, abs=0.01)


@pytest.mark.parametrize(("beta", "exchanges"), [(1, 10), (5, 32)])
def test_two_equal_players_split_at_the_midpoint_where_their_curves_meet_in_a_turn(beta: float, exchanges: int) -> None:
    assert duel(time(beta), time(beta), EVEN, exchanges=exchanges).price == 160


def test_a_firmer_player_wins_price_and_loses_deals() -> None:
    limits = range(125, 300, 10)

    def against_hurried_buyers(beta: float) -> dict[int, float | None]:
        hurried = time(1, deadline=7)
        return {limit: duel(time(beta), hurried, replace(BIKE, valuation=limit)).price for limit in limits}

    soft, even, firm = map(against_hurried_buyers, (5, 1, 0.2))
    deals = [{limit: price for limit, price in prices.items() if price} for prices in (soft, even, firm)]
    assert len(deals[0]) > len(deals[1]) > len(deals[2]) > 0
    for softer, firmer in itertools.pairwise(deals):
        assert all(firmer[limit] > softer[limit] for limit in firmer)


def test_tit_for_tat_gives_by_the_part_that_its_rival_gave() -> None:
    offers = [turn.offer for turn in duel({"tactic": "tit_for_tat"}, time(1)).turns]
    asked, bid = offers[::2], offers[1::2]
    assert bid[:4] == [90, 101, 112, 123]
    assert asked[:2] == [240, 240]  # one offer is no move yet
    assert asked[2] == pytest.approx(240 * 90 / 101, abs=0.01)
    assert asked[3] == pytest.approx(240 * 90 / 101 * 101 / 112, abs=0.02)
    late = [turn.offer for turn in duel({"tactic": "tit_for_tat", "lag": 2}, time(1)).turns][::2]
    assert late[:3] == [240, 240, 240]
    assert late[3] == pytest.approx(240 * 90 / 101, abs=0.01)


def test_two_who_wait_for_each_other_never_move() -> None:
    played = duel(preset("tit_for_tat"), preset("tit_for_tat"))
    assert {turn.offer for turn in played.turns} == {240, 90}
    assert (played.outcome, played.reason) == ("no_deal", "both stayed firm")


@pytest.mark.parametrize("beta", [0.2, 1, 5])
def test_the_learner_takes_most_of_the_surplus_from_whoever_concedes_over_time(beta: float) -> None:
    for limit in (150, 175, 200, 225):
        price = duel({"tactic": "bayesian"}, time(beta), replace(BIKE, valuation=limit)).price
        assert price is not None
        assert 0.7 * (limit - 120) < price - 120 <= limit - 120


def test_rational_players_agree_within_both_limits() -> None:
    deals = 0
    for seller, buyer in itertools.product(NAMES, repeat=2):
        played = duel(preset(seller), preset(buyer), exchanges=5)
        assert played.outcome in ("deal", "no_deal")
        assert played.price is None or 120 <= played.price <= 200
        faults = {fault.kind for fault in played.violations}
        assert faults.isdisjoint({"below_cost", "above_valuation", "out_of_range", "offers_worse_than_offered"})
        deals += played.outcome == "deal"
    assert deals > 30


def test_where_there_is_no_room_nobody_agrees() -> None:
    narrow = replace(BIKE, cost=170, valuation=169.99)
    for seller, buyer in zip(NAMES, [*NAMES[1:], NAMES[0]], strict=True):
        assert duel(preset(seller), preset(buyer), narrow).outcome == "no_deal"
        assert duel(preset(buyer), preset(seller), narrow).outcome == "no_deal"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_is_the_same_round(name: str) -> None:
    options, other = preset(name), preset("linear")
    assert duel(options, other, seed=1) == duel(options, other, seed=1)
    assert (duel(options, other, seed=1) == duel(options, other, seed=2)) == (name != "random")


@pytest.mark.parametrize(("role", "price", "worse"), [("seller", 150, 140), ("buyer", 150, 160)])
def test_a_named_price_is_kept_to_the_end(role: Player, price: float, worse: float) -> None:
    stubborn = {"tactic": "fixed", "price": price}
    sides = {"seller": time(1), "buyer": time(1), role: stubborn}
    played = duel(sides["seller"], sides["buyer"])
    assert {turn.offer for turn in played.turns if turn.role == role and not turn.fixed} == {price}
    assert played.price == price
    sides = {
        "seller": {"tactic": "fixed", "price": worse},
        "buyer": {"tactic": "fixed", "price": worse},
        role: stubborn,
    }
    assert duel(sides["seller"], sides["buyer"]).price is None


def test_nobody_who_is_told_a_limit_passes_it_whatever_its_options_say() -> None:
    played = duel({"tactic": "fixed", "price": 100}, time(1))
    assert {turn.offer for turn in played.turns if turn.role == "seller" and not turn.fixed} <= {120}
    assert duel({"tactic": "fixed", "price": 100, "reservation": 100}, time(1)).price == 100


def test_who_is_told_no_limit_goes_as_far_as_its_rivals_opening() -> None:
    balloon = Item("balloon", "", 20, 10, cost=8)
    assert duel({"tactic": "fixed", "price": 20}, time(1), balloon).price == 20
    assert duel({"tactic": "fixed", "price": 21}, time(1), balloon).price is None


def test_who_opens_freely_begins_with_its_aspiration_and_after_its_deadline_it_leaves() -> None:
    played = duel(time(1, deadline=3), {"tactic": "fixed", "price": 100}, replace(BIKE, cost=150), free=True)
    assert [turn.offer for turn in played.turns if turn.role == "seller" and turn.act == "offer"] == [
        240,
        210,
        180,
        150,
    ]
    assert (played.outcome, played.reason) == ("walk_away", "the seller walked away")


def test_a_lone_proposal_is_taken_within_the_limit_and_refused_beyond_it() -> None:
    def propose(beta: float, limit: float) -> Round:
        item = replace(BIKE, valuation=limit)
        return duel(time(beta), time(1), item, exchanges=1, protocol=Ultimatum, free=True)

    assert propose(1, 180).price == 180  # the middle of its time, as it has one turn
    refused = propose(1, 179)
    assert (refused.outcome, refused.turns[-1].act) == ("no_deal", "reject")
    assert propose(5, 179).outcome == "deal"


PRICES = st.integers(100, 10_000_000).map(lambda cents: cents / 100)
OPTIONS = st.one_of(
    st.sampled_from(NAMES).map(preset),
    st.builds(time, st.floats(0.05, 20), deadline=st.integers(1, 12)),
    st.builds(time, st.floats(0.05, 20), form=st.just("exponential"), k=st.floats(0.01, 1)),
)


def meant(text: str, heard: float | None) -> tuple[str, float | None]:
    """The act and the price that a sentence of a known opponent stands for; heard: its rival's last price."""
    if text.startswith("My "):
        number = re.search(r"\d[\d,]*(\.\d+)?", text)
        assert number is not None
        return "offer", float(number[0].replace(",", ""))
    if text.startswith("Deal."):
        return "accept", heard
    return ("reject" if text.startswith("No") else "walk_away"), None


@settings(max_examples=40)
@given(
    prices=st.tuples(PRICES, PRICES, PRICES, PRICES),
    seller=OPTIONS,
    buyer=OPTIONS,
    currency=st.sampled_from(["$", "€", "£", "EUR"]),
    first=st.sampled_from(["seller", "buyer"]),
    seed=st.integers(0, 99),
    lone=st.booleans(),
)
def test_every_sentence_is_read_as_it_was_meant(
    prices: tuple[float, ...],
    seller: dict[str, Any],
    buyer: dict[str, Any],
    currency: str,
    first: Player,
    seed: int,
    lone: bool,
) -> None:
    low, high = sorted(prices[:2])
    assume(low < high)
    item = Item("lamp", "", high, low, min(prices[2], high), max(prices[3], low), currency)
    how: dict[str, Any] = {"exchanges": 1, "protocol": Ultimatum} if lone else {}
    played = duel(seller, buyer, item, first=first, seed=seed, free=lone, **how)
    heard: dict[str, float | None] = {"seller": None, "buyer": None}
    for turn in played.turns:
        if turn.fixed:
            heard[turn.role] = turn.offer
            continue
        act, price = meant(turn.text, heard["buyer" if turn.role == "seller" else "seller"])
        assert turn.act == act, turn
        assert act in ("walk_away", "reject") or turn.offer == price, turn
        heard[turn.role] = turn.offer or heard[turn.role]
    ended = played.turns[-1].act
    assert (played.outcome == "deal") == (ended == "accept")
    assert (played.outcome == "walk_away") == (ended == "walk_away")
    assert played.price == (played.turns[-1].offer if ended == "accept" else None)


@pytest.mark.parametrize(
    ("seat", "options", "says"),
    [
        ("seller", {}, "options.tactic must be one of fixed, time, tit_for_tat, random, bayesian, got None"),
        ("seller", {"tactic": "tough"}, "got 'tough'"),
        ("seller", {"tactic": ["time"]}, "got ['time']"),
        ("seller", {"tactic": "random", "beta": 1}, "unknown option options.beta; it knows aspiration, deadline, res"),
        ("seller", time(0), "options.beta must be a number above 0, got 0"),
        ("seller", time(1, form="square"), "options.form must be polynomial or exponential, got 'square'"),
        ("seller", time(1, k=1.5), "options.k must be a number from 0 to 1, got 1.5"),
        ("seller", time(1, form="exponential", k=0), "options.k must be above 0 with options.form=exponential"),
        ("buyer", time(1, deadline=2.5), "options.deadline must be a whole number of at least 1, got 2.5"),
        (
            "buyer",
            {"tactic": "bayesian", "noise": float("nan")},
            "options.noise must be a number of at least 0.001, got nan",
        ),
        ("buyer", {"tactic": "fixed", "price": "$5"}, "options.price must be a price from 0 to 1e12, got '$5'"),
        ("buyer", {"tactic": "fixed", "price": 10**400}, "options.price must be a price from 0 to 1e12, got 1000"),
        ("buyer", time(1, reservation=9, aspiration=10), "options.aspiration 10 is above options.reservation 9"),
        ("seller", time(1, reservation=11, aspiration=10), "options.aspiration 10 is below options.reservation 11"),
        ("moderator", time(1), "only sells or buys; choose moderator=rules or another engine@moderator.engine"),
        ("seller_critic", time(1), "only sells or buys; choose feedback=none or another engine@critic.engine"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(seat: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as refused:
        opponent(seat, options)
    assert str(refused.value).startswith(f"engine opponent-x ({seat}): ")
    assert "\n" not in str(refused.value)


def test_the_experiment_plays_small_without_a_key_and_says_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell = ["engine@seller.engine=opponent-conceder", "engine@buyer.engine=opponent-boulware", "tracking=none"]
    summary = play(compose(["experiment=why/opponents", *cell, "n_games=3"]), show_progress=False)
    assert summary.data["simulated"] is True
    assert summary.by_round[0]["mean_price"] == duel(preset("conceder"), preset("boulware")).price
    with pytest.raises(ConfigError, match=r"engine opponent-boulware \(buyer\): options.beta must be"):
        play(compose(["experiment=why/opponents", *cell, "buyer.engine.options.beta=soon"]), show_progress=False)
