"""Known opponents among models are the baseline: at the foot, out of the tests, and beside every other cell."""

from __future__ import annotations

import json
import shlex
import sqlite3
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bargain import compose
from bargain.analysis import load
from bargain.analysis.measures.baseline import beside, is_baseline, seat_of
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.claims import tests as claims
from bargain.analysis.report.answer import unsure
from bargain.analysis.report.baseline import adding
from tests.reporting import reported, table
from tests.run_maker import make_run

MODEL, KNOWN = "bargain.engines.openai.OpenAIEngine", "bargain.engines.opponents.OpponentEngine"
OVER = {"opponent-boulware": 0.0, "gpt-a": 1.0, "gpt-b": -2.0}
"""Dollars that each seller gets over the known opponent."""


def seated(role: str, name: str) -> dict[str, Any]:
    target = KNOWN if name.startswith("opponent-") else MODEL
    return {f"{role}__engine__name": name, f"{role}__engine___target_": target}


def cells(root: Path, *more: dict[str, Any], learners: tuple[str, ...] = ()) -> Path:
    """Three sellers against two buyers, the known opponent first: 10 games of one round."""
    for number, (buyer, seller) in enumerate(product(("gpt-c", "gpt-d"), OVER)):
        games = [[14.0 + OVER[seller] + at % 4 / 4 + number // 3] for at in range(10)]
        choices = seated("seller", seller) | seated("buyer", buyer) | {"game__name": "simple"}
        make_run(root / str(number), games, game__learners=list(learners), moderator__name="rules", **choices)
    return root


@pytest.mark.long
def test_known_opponents_stand_at_the_foot_and_beside_every_other_cell_and_in_no_test(tmp_path: Path) -> None:
    report = reported(cells(tmp_path))
    for name in ("cells", "rounds"):
        known = [row["baseline"] == "True" for row in table(report, name)]
        assert known == [False] * 4 + [True] * 2, "they come first in the directories"
    rows = table(report, "baseline")
    assert {row["number"] for row in rows} == {"2", "3", "5", "6"}
    for row in rows:
        over = OVER["gpt-a" if row["number"] in "25" else "gpt-b"]
        assert float(row["price_difference"]) == pytest.approx(over)
        assert float(row["price_low"]) < over < float(row["price_high"])
    assert not any("opponent" in row["a_is"] + row["b_is"] for row in table(report, "tests"))
    (effect,) = [
        row for row in table(report, "factors") if (row["choice"], row["outcome"]) == ("seller.engine.name", "price")
    ]
    assert float(effect["difference"]) == pytest.approx(-3), "between the models, as if nobody else had played"
    page = (report / "index.html").read_text(encoding="utf-8")
    first = page[: page.index("</header>")]
    assert "Baseline: opponent-boulware as the seller (cells 1, 4)" in first
    assert first.count("against opponent-boulware") == 4
    assert "known opponent</t" in page[page.index('id="cells"') :]
    assert "No formula plays" not in page


@pytest.mark.parametrize(
    ("sellers", "buyers", "learners", "seat"),
    [
        (("gpt-a", "opponent-fixed"), ("gpt-c",), (), "seller"),
        (("gpt-a", "opponent-fixed"), ("opponent-linear",), (), "seller"),
        (("gpt-a",), ("gpt-c", "opponent-fixed"), ("seller",), ""),  # a rival is no baseline
        (("gpt-a",), ("gpt-c", "opponent-fixed"), ("buyer",), "buyer"),
        (("gpt-a", "opponent-fixed"), ("gpt-c", "opponent-fixed"), (), ""),  # a tournament
        (("opponent-linear", "opponent-fixed"), ("opponent-linear",), (), ""),  # no model
    ],
)
def test_the_baseline_sits_where_the_others_have_a_model(
    tmp_path: Path, sellers: tuple[str, ...], buyers: tuple[str, ...], learners: tuple[str, ...], seat: str
) -> None:
    for number, (seller, buyer) in enumerate(product(sellers, buyers)):
        choices = seated("seller", seller) | seated("buyer", buyer) | {"game__learners": list(learners)}
        make_run(tmp_path / str(number), [[15.0, 16.0]], **choices)
    runs = load(tmp_path)
    assert seat_of(runs) == seat
    known = runs.runs[f"{seat}_engine"].str.startswith("opponent") if seat else runs.runs["run"] == ""
    assert list(is_baseline(runs)) == list(known)


def test_an_opponent_without_advice_stands_beside_the_same_models_with_each_kind_of_it(tmp_path: Path) -> None:
    for number, (seller, feedback) in enumerate([("gpt-a", "ai"), ("gpt-a", "constant"), ("opponent-fixed", "none")]):
        games = [[15.0 + at % 3, 16.0 + number + at % 3] for at in range(10)]
        choices = seated("seller", seller) | seated("buyer", "gpt-c") | {"feedback__name": feedback}
        make_run(tmp_path / str(number), games, **choices)
    found = beside(load(tmp_path))
    price = found[found["outcome"] == "price"]
    assert list(price["difference"]) == [-2.0, -1.0], "of the last round"


def with_command(directory: Path, **texts: list[str]) -> None:
    """Gives a run the journal's words of how it was started."""
    with sqlite3.connect(directory / "journal.sqlite") as connection:
        connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT)")
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)", [(name, json.dumps(said)) for name, said in texts.items()]
        )


@pytest.mark.long
@pytest.mark.parametrize(
    ("learner", "said", "adds"),
    [
        ("seller", ["engine@seller.engine=gpt-4o", "seller.engine.temperature=1", "feedback=ai", "n_games=5"],
         "bargain n_games=5 engine@seller.engine=opponent-boulware feedback=none"),
        ("buyer", ["game=criticize_buyer", "engine@buyer.engine=gpt-4o"],
         "bargain game=criticize_buyer engine@buyer.engine=opponent-boulware feedback=none"),
    ],
)  # fmt: skip
def test_where_none_plays_the_report_has_the_command_that_adds_one_and_it_can_be_played(
    tmp_path: Path, learner: str, said: list[str], adds: str
) -> None:
    choices = seated("seller", "gpt-4o") | seated("buyer", "gpt-4o") | {"game__learners": [learner]}
    with_command(make_run(tmp_path / "a", [[15.0, 16.0]], **choices), overrides=said)
    assert adding(load(tmp_path)) == adds
    assert compose(shlex.split(adds)[1:])[learner].engine.name == "opponent-boulware"
    runs = load(tmp_path)
    told = unsure(runs, claims(runs, named(runs), [], []))
    assert f"No formula plays beside the models: {adds} adds one." in told


def test_a_sweep_gets_the_command_of_a_sweep_and_formulas_alone_get_none(tmp_path: Path) -> None:
    choices = seated("seller", "gpt-a") | seated("buyer", "gpt-c") | {"game__learners": []}
    sweep = ["experiment=why/channels", "hydra.sweep.dir=x", "engine@seller.engine=gpt-a,gpt-b"]
    with_command(make_run(tmp_path / "a" / "0", [[15.0]], **choices), overrides=["seed=1"], sweep=sweep)
    adds = "bargain -m experiment=why/channels engine@seller.engine=opponent-boulware"
    assert adding(load(tmp_path / "a")) == adds
    make_run(tmp_path / "a" / "1", [[15.0]], **(choices | seated("seller", "opponent-linear")))
    assert adding(load(tmp_path / "a")) == "", "one plays"
    with_command(make_run(tmp_path / "b", [[15.0]]), overrides=[])
    assert adding(load(tmp_path / "b")) == "", "nobody but formulas plays"
