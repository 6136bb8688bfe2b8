"""What talk changes: planted differences of deals, price and spread are found, and scripts show none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bargain import compose, play
from bargain.analysis import load
from bargain.analysis.figures.talk import channels_compared
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.talk import talk
from bargain.analysis.report.corrected import Bench, corrected
from bargain.analysis.report.talk import channels
from bargain.analysis.stats.spread import paired_spreads
from tests.run_maker import make_run

FREE = {"name": "free_text", "_target_": "bargain.channels.free_text.FreeText", "texts": {}}
NUMBERS = {"name": "numbers", "_target_": "bargain.channels.numbers.Numbers", "texts": {}}


def test_more_deals_at_the_same_price_with_half_the_spread_are_found_game_by_game(tmp_path: Path) -> None:
    scenario = np.random.default_rng(0).normal(0, 1, 200)
    bare = [[15 + 1.2 * each] if game % 5 else [None] for game, each in enumerate(scenario)]
    free = [[15 + 0.6 * each] if game % 20 else [None] for game, each in enumerate(scenario)]
    make_run(tmp_path / "free", free, channel=FREE, moderator__name="yes_no")
    make_run(tmp_path / "bare", bare, channel=NUMBERS, moderator__name="yes_no")
    runs = load(tmp_path, caching=False)
    (row,) = talk(runs).to_dict("records")
    assert (row["channel"], row["against"], row["n"], row["pairs"]) == ("free_text", "numbers", 200, 160)
    assert (row["deals_a"], row["deals_b"]) == (0.8, 0.95)
    assert row["deals_low"] > 0
    assert row["price_low"] < 0 < row["price_high"]
    assert abs(row["spread"] - 0.5) < 1e-6
    assert row["spread_high"] < 1
    table = channels(runs)
    assert "free_text against numbers: deals +15.0 points [" in table.note
    assert "Heddaya" in table.note
    channels_compared(runs)
    told = corrected(runs, named(runs), {"yes_no": Bench("", (95, 100), (99, 100))})
    notes = dict(
        zip(told.frame["cell"].astype(str).str.contains("numbers"), told.frame["note"].astype(str), strict=True)
    )
    assert "none needed: the acts decided" in notes[True]
    assert "the rules decided" in notes[False]


def test_scripts_show_that_talk_changes_nothing_and_one_channel_shows_nothing(tmp_path: Path) -> None:
    for channel in ("numbers", "tagged"):
        told = ["game=simple", "item=bicycle", "moderator=rules", f"channel={channel}", "tracking=none", "n_games=12"]
        play(compose([*told, "engines=simulated-firm"]), tmp_path / channel, show_progress=False)
    (row,) = talk(load(tmp_path, caching=False)).to_dict("records")
    assert (row["deals"], row["price"], row["spread"]) == (0, 0, 1)
    assert not len(talk(load(tmp_path / "tagged", caching=False)))


def test_a_run_of_before_was_played_in_free_text(tmp_path: Path) -> None:
    make_run(tmp_path / "new", [[15.0], [16.0]], channel=FREE)
    old = make_run(tmp_path / "old", [[15.0], [16.0]], seed=1)
    config = old / ".hydra" / "config.yaml"
    kept = [line for line in config.read_text().splitlines() if "channel" not in line and "free_text" not in line]
    config.write_text("\n".join(line for line in kept if not line.startswith("  texts")) + "\n")
    runs = load(tmp_path, caching=False)
    assert list(runs.runs["channel.name"]) == ["free_text"] * 2
    assert runs.deciding() == ["seed"]


def test_the_interval_of_the_ratio_of_spreads_holds_the_true_one_in_95_of_100(tmp_path: Path) -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        first = rng.normal(0, 2, 25)
        found = paired_spreads(first, 0.5 * first + rng.normal(0, 1, 25))
        held += found.low < 2**0.5 / 2 < found.high
    assert 366 <= held <= 394  # 380 are expected, and 14 are three standard errors
    assert np.isnan(paired_spreads([1.0] * 9, range(9)).low)
    assert np.isnan(paired_spreads([1.0, 2.0], [1.0, 3.0]).p)
