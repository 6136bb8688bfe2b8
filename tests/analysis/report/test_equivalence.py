"""bargain-report --margin: a difference that is too small to matter, and intervals that hold all at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bargain.analysis import load, stats
from bargain.analysis.report.command import run
from bargain.analysis.report.content import Content, content
from bargain.analysis.report.equivalence import equivalence
from tests.run_maker import Prices, make_run

PAID = {f"{role}__engine___target_": "bargain.engines.openai.OpenAIEngine" for role in ("seller", "buyer")}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cells whose gains are alike but for noise; a twentieth of the deals is lost in both."""
    root, rng = tmp_path_factory.mktemp("alike"), np.random.default_rng(1)
    for memory in ("full", "none"):
        games: Prices = [
            [float(price), None if at % 20 == 0 else float(price + gain)]
            for at, (price, gain) in enumerate(zip(rng.normal(15, 1, 80), rng.normal(0.6, 0.4, 80), strict=True))
        ]
        make_run(root / memory, games, memory__name=memory, **PAID)
    return root


@pytest.fixture(scope="module")
def said(root: Path) -> Content:
    """What a report says where margins of the price and the deal rate are named."""
    return content(load(root), ["x"], "x", None, margins={"price": 0.5, "deal_rate": 0.03})


@pytest.mark.long
def test_a_difference_within_the_margin_is_claimed_and_no_other(root: Path, said: Content) -> None:
    runs = load(root)
    frame = next(each for each in said.folded if each.name == "equivalence").frame
    row = frame[(frame["question"] == "cells") & (frame["outcome"] == "price")].iloc[0]
    sides = [
        part.pivot_table(index="game", columns="round", values="price").pipe(lambda wide: (wide[2] - wide[1]).dropna())
        for _, part in runs.rounds.groupby("run", observed=True)
    ]
    wanted = stats.equivalent(sides[0], sides[1], 0.5)
    assert [row["p"], row["low"], row["high"]] == pytest.approx([wanted.p, wanted.low, wanted.high])
    assert "no difference in the gain of more than $0.50 in round 2" in row["sentence"]
    assert row["p_holm"] < 0.001
    gained = frame[(frame["question"] == "price")].iloc[0]  # $0.60 is more than the margin
    assert "a change of the price of more than $0.50 is not ruled out from round 1 to round 2" in gained["sentence"]
    deals = frame[(frame["question"] == "cells") & (frame["outcome"] == "deal_rate")].iloc[0]
    assert "of more than 3 points is not ruled out" in deals["sentence"]
    assert not frame["outcome"].eq("surplus").any()
    tested = frame[frame["p"].notna()]
    assert [*tested["p_holm"]] == pytest.approx([*stats.holm([*tested["p"]])])
    assert not len(equivalence(said.tests.frame, {}).frame), "without a margin there is no such table"


@pytest.mark.long
def test_the_intervals_of_a_family_hold_all_at_once(said: Content) -> None:
    table = next(each for each in said.folded if each.name == "simultaneous")
    tests = int(said.primary.split("one family of ")[1].split()[0])
    assert f"all {tests} of the family" in table.note
    row = table.frame[(table.frame["question"] == "price")].iloc[0]
    half = scipy_stats.t.ppf(1 - 0.025 / tests, row["n"] - 1) * (
        row["difference"] / scipy_stats.t.isf(row["p"] / 2, row["n"] - 1)
    )
    assert [row["all_low"], row["all_high"]] == pytest.approx([row["difference"] - half, row["difference"] + half])
    shown = table.frame[table.frame["low"].notna()]
    assert len(shown) > 5
    assert table.frame.loc[table.frame["low"].isna(), "all_low"].isna().all()  # too few games for either
    assert (shown["all_high"] - shown["all_low"] > shown["high"] - shown["low"]).all()
    assert len(table.data if table.data is not None else []) == len(said.tests.frame["p_holm"].dropna())


def test_all_of_twenty_intervals_hold_in_most_studies() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(50):
        found = [stats.paired_means(np.zeros(20), rng.normal(0.3, 1, 20)) for _ in range(10)]
        found += [stats.two_rates(int(rng.binomial(60, 0.8)), 60, int(rng.binomial(60, 0.8)), 60) for _ in range(10)]
        limits = [stats.at_once(each.centre, each.error, each.freedom, 20) for each in found]
        truth = [0.3] * 10 + [0.0] * 10
        held.append(all(low < value < high for (low, high), value in zip(limits, truth, strict=True)))
    assert np.mean(held) >= 0.91


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        ("luck=1", "outcomes are price, deal_rate, surplus"),
        ("price", "the margin of price must be a number above 0"),
        ("price=-1", "above 0"),
        ("deal_rate=5", "a share below 1 (0.05) or percent (5%)"),
    ],
)
def test_what_is_no_margin_is_one_line(margin: str, words: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(root), "--margin", margin]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.strip().splitlines()) == 1
