"""Scenarios: private values drawn per game, who is told what of them, and what rational players make of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bargain import play
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.errors import ConfigError
from tests.commands import games_of
from tests.composing import compose

AMAZON = [
    {"title": "A lamp", "features": "brass", "description": "", "list_price": "$196.64", "highest_price": "$1,210.50",
     "lowest_price": "$100", "category": "home"},
    {"title": "Scissors", "features": "", "description": "sharp {ones}", "list_price": "$9.99", "highest_price": "$8",
     "lowest_price": "$4.5", "category": "other"},
]  # fmt: skip
CRAIGSLIST = [
    {"items": {"Title": ["Old sofa"], "Description": ["soft"], "Price": [80.0]}, "agent_info": {"Target": [1]}}
]
PLAIN = [{"Name": "bike", "Listing Price": 240, "Seller Cost": 120, "Budget": 200}]
DRAWN = ["game=simple", "scenario=drawn", "item=bicycle", "moderator=rules", "tracking=none"]


def played(where: Path, *overrides: str) -> list[dict[str, Any]]:
    """The first rounds of a run."""
    summary = play(compose([*DRAWN, *overrides]), where, show_progress=False)
    assert summary.state == "finished", summary.problem
    return [game["rounds"][0] for game in games_of(where)]


def limits(played_round: dict[str, Any]) -> tuple[float, float]:
    terms = played_round["terms"]
    outside = terms["seller_outside"], terms["buyer_outside"]
    cost = max(terms["cost"], terms["cost"] if outside[0] is None else outside[0])
    return cost, min(terms["valuation"], terms["valuation"] if outside[1] is None else outside[1])


@pytest.mark.long
@pytest.mark.parametrize("engine", ["simulated", "opponent-boulware", "opponent-conceder", "opponent-bayesian"])
def test_rational_players_never_agree_beyond_a_limit_and_never_where_no_price_suits_both(
    engine: str, tmp_path: Path
) -> None:
    rounds = played(
        tmp_path,
        f"engine@seller.engine={engine}",
        f"engine@buyer.engine={engine}",
        "n_games=40",
        "scenario.seller_outside={distribution: normal, mean: 150, sd: 30, low: 60, high: 260}",
    )
    some, none = [], []
    for each in rounds:
        cost, valuation = limits(each)
        (some if cost <= valuation else none).append(each["outcome"] == "deal")
        assert each["price"] is None or cost <= each["price"] <= valuation
        assert not {"below_cost", "above_valuation"} & {violation["kind"] for violation in each["violations"]}
    assert len(some) > 10
    assert len(none) > 10
    assert sum(some) >= 0.5 * len(some)


@pytest.mark.long
def test_games_of_one_seed_are_the_same_whoever_plays_and_whatever_else_is_drawn(tmp_path: Path) -> None:
    rounds = [
        played(tmp_path / "a", "n_games=8"),
        played(tmp_path / "b", "n_games=8", "engine@seller.engine=opponent-linear"),
        played(tmp_path / "c", "n_games=8", "scenario.buyer_outside={distribution: list, one_of: [170, 230]}"),
        played(tmp_path / "d", "n_games=8", "seed=1"),
    ]
    values = [[(each["terms"]["cost"], each["terms"]["valuation"]) for each in run] for run in rounds]
    assert values[0] == values[1] == values[2] != values[3]
    assert len(set(values[0])) == 8
    assert {each["terms"]["buyer_outside"] for each in rounds[2]} == {170.0, 230.0}


HEARD: dict[tuple[int, str], tuple[str, int]] = {}


def listen(request: Any) -> str:
    """A player that never agrees; it notes its system prompt, and how many exchanges it thinks are left at first."""
    first = (request.messages[0].text, request.scene.exchanges_left)
    HEARD.setdefault((request.place.game, request.place.role), first)
    return "I have to think about it."


def heard(where: Path, *overrides: str) -> list[tuple[dict[str, Any], str, str]]:
    """Of each game its terms and what the seller and the buyer were told before it."""
    HEARD.clear()
    for seat in ("seller", "buyer"):
        overrides += (f"engine@{seat}.engine=scripted",)
        overrides += (f"+{seat}.engine.options.callable=tests.games.test_scenarios:listen",)
    rounds = played(where, "allow_targets=[tests.games.test_scenarios]", "n_games=3", *overrides)
    return [(each["terms"], HEARD[game, "seller"][0], HEARD[game, "buyer"][0]) for game, each in enumerate(rounds)]


def shown(price: float) -> str:
    return f"${price:.2f}".removesuffix(".00")


@pytest.mark.long
@pytest.mark.parametrize("seller_knows", ["none", "own", "rival_range", "rival_value", "both"])
def test_each_player_is_told_what_its_regime_says_and_nothing_else(seller_knows: str, tmp_path: Path) -> None:
    for terms, seller, buyer in heard(tmp_path, f"scenario.seller_knows={seller_knows}", "scenario.valuation.low=150"):
        cost, valuation = shown(terms["cost"]), shown(terms["valuation"])
        assert valuation in buyer
        assert cost not in buyer
        assert (cost in seller) == (seller_knows in ("own", "rival_range", "both"))
        assert (valuation in seller) == (seller_knows in ("rival_value", "both"))
        assert ("somewhere between $150 and $240" in seller) == (seller_knows == "rival_range")
        assert "elsewhere" not in buyer + seller


def test_an_outside_option_and_a_deadline_are_told_to_those_who_have_or_know_them(tmp_path: Path) -> None:
    for terms, seller, buyer in heard(
        tmp_path,
        "scenario.buyer_outside={distribution: uniform, low: 91, high: 95}",
        "scenario.deadline={distribution: list, one_of: [2, 3]}",
        "scenario.deadline_known_by=buyer",
        "scenario.buyer_discount=0.9",
        "game.max_exchanges=6",
    ):
        assert f"elsewhere for {shown(terms['buyer_outside'])}" in buyer
        assert f"over for good after {terms['deadline']} exchanges" in buyer
        assert "90% of your gain" in buyer
        assert not any(word in seller for word in ("elsewhere", "for good", "your gain"))
    assert {left for (_, role), (_, left) in HEARD.items() if role == "seller"} == {6}
    assert {left for (_, role), (_, left) in HEARD.items() if role == "buyer"} <= {2, 3}
    rounds = [game["rounds"][0] for game in games_of(tmp_path)]
    assert [len(each["turns"]) for each in rounds] == [2 + 2 * each["terms"]["deadline"] for each in rounds]


@pytest.mark.long
@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["scenario=drawn", "scenario.cost.distribution=beta"],
            "cost.distribution must be uniform, normal or list",
        ),
        (["scenario=drawn", "scenario.cost.low=30"], "scenario.cost.low 30 is above scenario.cost.high 20"),
        (["scenario=drawn", "scenario.cost.one_of=[1]"], "one_of is not read by scenario.cost.distribution"),
        (["scenario=drawn", "scenario.cost={distribution: list}"], "scenario.cost.one_of must hold a number"),
        (
            ["scenario=drawn", "scenario.deadline={distribution: list, one_of: [2, 40]}"],
            "from 1 to game.max_exchanges",
        ),
        (
            ["scenario=drawn", "scenario.valuation.distribution=''", "scenario.seller_knows=both"],
            "needs a limit to tell",
        ),
        (["scenario=drawn", "scenario.buyer_knows=all"], "scenario.buyer_knows must be none or own or"),
        (["scenario=drawn", "scenario.seller_discount=0"], "scenario.seller_discount must be"),
        (["scenario.seller_knows=both"], "scenario.seller_knows is only read by another scenario"),
        (["item=bicycle", "item.cost=210"], "item.cost 210 is above item.valuation 200"),
    ],
)
def test_an_impossible_scenario_is_refused_in_one_line(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compose(overrides)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_text_of_the_scenario_with_an_unknown_placeholder_is_refused_before_any_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"scenario.texts.buyer: unknown placeholder \{secret\}"):
        play(compose([*DRAWN, "scenario.texts.buyer='{secret}'"]), tmp_path, show_progress=False)


def catalogue(path: Path, rows: list[dict[str, Any]]) -> list[str]:
    """A file of these rows by its ending, and the overrides that play it."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(path)
    else:
        whole = "\n".join(map(json.dumps, rows)) if path.suffix == ".jsonl" else json.dumps(rows)
        path.write_text(whole, encoding="utf-8")
    return ["scenario=catalogue", f"scenario.path={path}", f"n_games={len(rows)}"]


LAMP = [("A lamp", 1210.5, 100.0, 968.4), ("Scissors", 9.99, 4.5, 7.99)]
SOFA, BIKE = ("Old sofa", 80.0, None, 64.0), ("bike", 240.0, 120.0, 200.0)


@pytest.mark.long
@pytest.mark.parametrize(
    ("ending", "rows", "terms"),
    [
        ("json", AMAZON, LAMP),
        ("jsonl", CRAIGSLIST, [SOFA]),
        ("parquet", CRAIGSLIST, [SOFA]),
        ("csv", [{"Title": "Old sofa", "Description": "soft", "Price": "80"}], [SOFA]),
        ("csv", PLAIN, [BIKE]),
    ],
)
def test_game_i_plays_row_i_of_a_catalogue_in_any_layout(
    ending: str, rows: list[dict[str, Any]], terms: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    found = played(tmp_path / "run", *catalogue(tmp_path / f"items.{ending}", rows))
    assert terms == [
        tuple(each["terms"][name] for name in ("item", "seller_opening", "cost", "valuation")) for each in found
    ]
    assert terms[0][0] in found[0]["turns"][0]["text"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([PLAIN[0], {"Name": "no price"}], [], "row 2: it has no list price"),
        ([{**PLAIN[0], "Seller Cost": "about ten"}], [], "row 1: its cost 'about ten' is no price above 0"),
        ([{"Listing Price": 3}], [], "row 1: it has no title"),
        (PLAIN, ["n_games=2"], "has 1 rows and n_games=2 asks for as many; set n_games=1"),
        (PLAIN, ["scenario.cost.distribution=uniform"], "scenario.cost is the file's affair"),
        (PLAIN, ["scenario.path=nowhere.csv"], "scenario.path: cannot read"),
        (PLAIN, ["+scenario.columns.price=x"], "scenario.columns has 'price'"),
        (CRAIGSLIST, ["scenario.buyer_knows=both"], "row 1: scenario.buyer_knows=both has no limit to tell"),
    ],
)
def test_a_bad_row_is_one_line_with_its_number_before_any_call(
    rows: list[dict[str, Any]], more: list[str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        compose([*DRAWN, *catalogue(tmp_path / "items.json", rows), *more])
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_run_goes_on_with_the_same_catalogue_only_wherever_that_lies(tmp_path: Path) -> None:
    overrides = [*DRAWN, *catalogue(tmp_path / "items.json", PLAIN)]
    begun = compose(overrides)
    moved = compose([*DRAWN, *catalogue(tmp_path / "moved.json", PLAIN)])
    assert identity(plain_of(begun)) == identity(plain_of(moved))
    catalogue(tmp_path / "items.json", [{**PLAIN[0], "Budget": 150}])
    assert identity(plain_of(begun)) != identity(plain_of(compose(overrides)))
    with pytest.raises(ConfigError, match=r"items.json has changed since the run was begun"):
        play(begun, tmp_path / "run", show_progress=False)


def test_a_scenario_of_ones_own_is_part_of_what_is_played_whatever_it_is_called() -> None:
    plain = plain_of(compose(["game=simple"]))
    own = plain | {"scenario": plain["scenario"] | {"_target_": "mine.Own"}}
    other = plain | {"scenario": own["scenario"] | {"seller_knows": "both"}}
    assert len({identity(each) for each in (plain, own, other)}) == 3
