"""benchmarks/audit.py finds a report's numbers right, recomputed from games.jsonl alone, and each altered one wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from benchmarks import audit
from tests.commands import bargain
from tests.reporting import reported

ALTERED = {
    "rounds": "price_high",
    "cells": "deal_rate_low",
    "selection": "bound_low",
    "factor_means": "low",
    "tests": "p_holm",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A buyer who learns in two arms against two sellers, with and without memory, enough games for the bootstrap, and
    the report."""
    root = tmp_path_factory.mktemp("audited")
    small = ["n_games=42", "game.n_rounds=2", "item.valuation=18", "tracking=none", "hydra.sweep.dir=runs"]
    two = ["game=buyer_compare_feedback", "~game.arms.human", "~game.arms.constant", "memory=full,none"]
    sellers = ["engine@seller.engine=simulated,simulated-firm", "engine@moderator.engine=simulated"]
    assert bargain("-m", *two, *sellers, *small, cwd=root).returncode == 0
    reported(root / "runs", "--interaction", "seller.engine.name:memory.name")
    return root


def differing(root: Path) -> list[str]:
    """What the audit says."""
    found, left = audit.audited(root / "runs" / "report", Path())
    kinds = {"summary.json", "sentences", *(f"{name}.csv" for name in ALTERED)}
    assert kinds == set(found.compared)
    assert min(found.compared.values()) >= 8
    assert left == 0, "every test is recomputed"
    return found.differing


@pytest.mark.long
def test_every_number_that_is_altered_in_its_sixth_digit_is_found_and_no_other(root: Path) -> None:
    """All others are what pandas and scipy make of the games."""
    tables = root / "runs" / "report" / "tables"
    for name, column in ALTERED.items():
        rows = list(csv.DictReader(io.StringIO((tables / f"{name}.csv").read_text(encoding="utf-8"))))
        row = [each for each in rows if each[column]][-1]
        row[column] = repr(float(row[column]) - 1e-6)
        if name == "tests":
            between = next(each for each in rows if each["question"] == "cells" and each["p"])
            between["difference"] = repr(float(between["difference"]) - 1e-6)
            effect = next(each for each in rows if each["question"] == "interactions" and each["low"])
            effect["low"] = repr(float(effect["low"]) - 1e-6)
            claim = next(each for each in rows if each["p_holm"] and float(each["p_holm"]) < 0.05)
            claim["sentence"] = claim["sentence"].replace(", n=", " and n=", 1)
        with (tables / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerows(rows)
    summary = root / "runs" / "0" / "summary.json"
    told = json.loads(summary.read_text(encoding="utf-8"))
    told["rounds"][1]["change_high"] += 1e-6
    summary.write_text(json.dumps(told), encoding="utf-8")
    found = differing(root)
    for where, what in [("runs/0/summary.json", "change_high"), *((f"{name}.csv", ALTERED[name]) for name in ALTERED)]:
        assert any(where in line and what in line for line in found), where
    assert any("is not on the page" in line for line in found)
    assert any("cells 2 against 1" in line and "difference" in line for line in found)
    assert any("cells 1–4" in line and "low" in line for line in found)
    assert len(found) == len(ALTERED) + 4
