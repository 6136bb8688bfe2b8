"""The labelled endings of tests/data are read as well as docs/prices.md says; see benchmarks/endings.py."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.reading.reader import Outcome, read_outcome

DATA = Path(__file__).parent.parent / "data"
FILES = sorted(DATA.glob("endings_*.jsonl"))
AT_LEAST = {
    "human": {"state": 0.85, "standing_price": 0.93},
    "model": {"state": 0.97, "standing_price": 0.95},
    "2026": {"state": 1.0, "standing_price": 1.0},
    "long": {"state": 0.96, "standing_price": 0.95},
    "wordings": {"state": 0.94, "standing_price": 0.95},
    "plain": {"state": 0.97, "standing_price": 0.97},
    "games": {"state": 0.89, "standing_price": 0.92},
    "people": {"state": 0.88, "standing_price": 0.93},
    "prose": {"state": 0.94, "standing_price": 0.96},
    "tricky": {"state": 0.83, "standing_price": 0.89},
    "arena": {"state": 0.99, "standing_price": 0.98},
    "mixed": {"state": 0.98, "standing_price": 0.98},
    "varied": {"state": 0.95, "standing_price": 0.9},
    "talks": {"state": 0.94, "standing_price": 0.9},
    "near": {"state": 0.94, "standing_price": 0.9},
    "haggling": {"state": 0.97, "standing_price": 0.95},
    "partings": {"state": 0.945, "standing_price": 0.94},
}


def dialogues(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) < 0.005


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_labels_are_whole(path: Path) -> None:
    for each in dialogues(path):
        assert each["state"] in ("deal", "no_deal", "ongoing"), each["id"]
        assert (each["price"] is not None) == (each["state"] == "deal"), each["id"]
        assert each["state"] != "deal" or same(each["price"], each["standing_price"]), each["id"]
        assert {role for role, _ in each["turns"]} <= {"seller", "buyer"}, each["id"]


@functools.cache
def read(path: Path) -> list[tuple[dict[str, Any], Outcome]]:
    """Each dialogue of a file with what the rules make of it."""
    return [(each, read_outcome(each["turns"], each["list_price"], each["currency"])) for each in dialogues(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_endings_are_read_as_well_as_promised(path: Path) -> None:
    batch = read(path)
    right = {
        "state": sum(each["state"] == outcome.state for each, outcome in batch),
        "standing_price": sum(same(each["standing_price"], outcome.standing_price) for each, outcome in batch),
    }
    for what, least in AT_LEAST[batch[0][0]["style"]].items():
        assert right[what] / len(batch) >= least, f"{path.stem}: {what} {right[what]} of {len(batch)}"


def test_what_the_rules_are_sure_of_is_right_on_the_labelled_endings() -> None:
    batch = [pair for path in FILES for pair in read(path)]
    sure = [(each, outcome) for each, outcome in batch if outcome.sure]
    wrong = [each["id"] for each, outcome in sure if each["state"] != outcome.state]
    assert len(sure) >= 0.2 * len(batch)
    assert len(wrong) <= 0.02 * len(sure), f"{len(wrong)} of {len(sure)}: {wrong}"


TURNS = st.lists(st.tuples(st.sampled_from(["seller", "buyer"]), st.text(max_size=200)), max_size=8)


@given(TURNS, st.none() | st.floats(0.5, 1e6))
def test_any_text_is_read_without_an_error_and_consistently(
    turns: list[tuple[str, str]], list_price: float | None
) -> None:
    outcome = read_outcome(turns, list_price)
    assert (outcome.price is not None) == (outcome.state == "deal")
    assert outcome.state != "deal" or outcome.price == outcome.standing_price
    assert outcome.state != "no_deal" or outcome.walked_away in ("seller", "buyer")
