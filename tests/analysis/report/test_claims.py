"""What a report claims is what its runs bear out: currencies, one family, no failure of a provider as a finding."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis import load
from analysis.measures.abilities import abilities
from analysis.report import cells
from analysis.report.tests import tests as claims
from tests.run_maker import make_run

PAID = {f"{role}__engine___target_": "bargain.engines.openai.OpenAIEngine" for role in ("seller", "buyer")}
EUROS = {"item__name": "bicycle", "item__currency": "EUR"}


def claimed(where: Path) -> pd.DataFrame:
    """The tests of the report on everything under a directory."""
    runs = load(where)
    return claims(runs, cells.named(runs))


def test_a_difference_between_cells_is_told_in_their_own_currency(tmp_path: Path) -> None:
    for number, (memory, item) in enumerate([("full", {}), ("none", {}), ("full", EUROS), ("none", EUROS)]):
        up = 1.0 if memory == "none" else 0.0
        games = [[14.0 + at % 3, 14.5 + at % 3 + up + at % 2 / 4] for at in range(12)]
        make_run(tmp_path / str(number), games, memory__name=memory, **PAID, **item)
    found = claimed(tmp_path).query("question == 'cells' and choice == 'memory.name'")
    told = dict(zip(found["numbers"], found["sentence"], strict=True))
    assert "$" in told["2 against 1"]
    assert "EUR" not in told["2 against 1"]
    assert "EUR" in told["4 against 3"]
    assert "$" not in told["4 against 3"]
    items = claimed(tmp_path).query("question == 'cells' and choice == 'item.name'")
    assert set(items["metric"]) == {"price_share"}
    assert not items["sentence"].str.contains("EUR|[$]").any()


def test_prices_in_two_currencies_are_pooled_as_shares_only(tmp_path: Path) -> None:
    names = {"seller__engine__name": "trader", "buyer__engine__name": "rival"}
    for name, currency in (("a", "$"), ("b", "EUR")):
        games = [[14.0 + at % 3, 15.0 + at % 3 + at % 2 / 4 + len(currency)] for at in range(25)]
        make_run(tmp_path / name, games, item__currency=currency, **names)
    row = abilities(load(tmp_path)).set_index("engine").loc["trader"]
    assert row["unit"] == "share of the openings' span"
    assert row["gain_n"] == 50
    assert pd.isna(row["surplus_change"])
