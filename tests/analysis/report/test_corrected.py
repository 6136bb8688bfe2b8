"""bargain-report --judged: deal rates corrected for the errors that bargain-judge found, in the report's own table."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bargain.analysis import load
from bargain.analysis.measures.cell_names import named
from bargain.analysis.report.command import run
from bargain.analysis.report.corrected import corrected, read_bench
from bargain.analysis.stats.misjudged import false_share, price_bounds, rate_bounds
from bargain.records import Game
from tests.reporting import reported
from tests.run_maker import a_game, make_run

CONFUSION = {
    "deal": {"deal": 90, "ongoing": 10, "no_deal": 0, "error": 5},
    "ongoing": {"deal": 5, "ongoing": 40, "no_deal": 5, "error": 0},
    "no_deal": {"deal": 0, "ongoing": 0, "no_deal": 50, "error": 1},
}


MODEL = {"moderator___target_": "bargain.agents.moderator.Model"}


def judged(path: Path, **more: object) -> str:
    data = {"moderators": {"yes_no": {"confusion": CONFUSION}}, "engines": {"yes_no": "gpt-4o"}, "rounds": {}, **more}
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


@pytest.mark.long
def test_deal_rates_are_corrected_by_the_confusion_matrix_of_a_bench(tmp_path: Path) -> None:
    prices = [[15.0, 16.0]] * 60 + [[15.0, None]] * 40
    make_run(tmp_path / "runs" / "a", prices, moderator__name="yes_no", **MODEL)
    make_run(tmp_path / "runs" / "b", [[14.0, 16.5]] * 12, moderator__name="structured", **MODEL)
    make_run(tmp_path / "runs" / "c", [[14.0, 16.5]] * 12)
    acts = {"channel__name": "tagged", "channel___target_": "bargain.channels.tagged.Tagged"}
    make_run(tmp_path / "runs" / "d", [[14.0, 16.5]] * 12, moderator__name="yes_no", **MODEL, **acts)
    runs, bench = load(tmp_path / "runs"), judged(tmp_path / "judge.json")
    told = corrected(runs, named(runs), read_bench(Path(bench))).csv()
    rows = {(row["number"], row["round"]): row for row in csv.DictReader(told.splitlines())}
    second = rows["1", "2"]
    assert float(second["value"]) == 0.6
    assert float(second["corrected"]) == pytest.approx((0.6 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert float(second["corrected_low"]) < 0.6 < float(second["corrected_high"])
    assert (second["of_deals"], second["of_others"]) == ("90 of 100", "95 of 100")
    assert second["note"].startswith("judged with gpt-4o, played with ")
    assert rows["2", "1"]["corrected"] == ""
    assert rows["2", "1"]["note"] == "structured is not in this bench"
    assert (rows["3", "1"]["corrected"], rows["4", "1"]["corrected"]) == ("", "")
    assert rows["3", "1"]["note"] == "none needed: the rules decided, and no moderator was asked"
    assert rows["4", "1"]["note"] == "none needed: the acts decided, and no moderator was asked"
    assert float(second["corrected_price_low"]) == pytest.approx(0.9 * 16 + 0.1 * 10)  # all told deals are at $16
    assert float(second["corrected_price_high"]) == pytest.approx(0.9 * 16 + 0.1 * 20)
    page = reported(tmp_path / "runs" / "b", "--judged", bench)
    assert "structured is not in this bench" in (page / "tables" / "corrected.csv").read_text(encoding="utf-8")
    assert "Rogan" in (page / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read (No such file"),
        ("[1, 2]", "it is no judge.json"),
        ('{"moderators": {}}', "it has no moderator"),
        ('{"moderators": {}, "rounds": {"rules": {}}}', "its labels are what a run recorded"),
    ],
)
def test_what_is_no_bench_of_labelled_dialogues_is_one_line(
    text: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "run", [[15.0, 16.0]])
    if text is not None:
        (tmp_path / "judge.json").write_text(text, encoding="utf-8")
    assert run([str(tmp_path / "run"), "--judged", str(tmp_path / "judge.json")]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.strip().splitlines()) == 1


def test_rates_and_prices_are_bounded_where_nobody_knows_the_errors(tmp_path: Path) -> None:
    """Bounds by the share of wrong verdicts that a user names nest, and those by disputed games count them."""
    games: list[Game] = [a_game(at, [15.0 + at % 3, 16.0 if at < 40 else None]) for at in range(60)]
    for at in (3, 50, 51):  # the code disagrees with a deal, and with two games that have none
        doubtful = replace(games[at].rounds[1].verdicts[-1], objections=("no acceptance",))
        second = replace(games[at].rounds[1], verdicts=(doubtful,))
        games[at] = replace(games[at], rounds=(games[at].rounds[0], second))
    make_run(tmp_path / "a", games, moderator__name="yes_no", **MODEL)
    runs = load(tmp_path)
    made = corrected(runs, named(runs), {}, [0.02, 0.05]).frame.set_index("round").loc[2]
    assert [made["disputed_bound_low"], made["disputed_bound_high"]] == pytest.approx([39 / 60, 42 / 60])
    assert made["errors_5_bound_low"] < made["errors_2_bound_low"] < 40 / 60
    assert 40 / 60 < made["errors_2_bound_high"] < made["errors_5_bound_high"]
    assert made["errors_5_price_low"] < made["errors_2_price_low"] < 16.0 < made["errors_2_price_high"]
    assert corrected(runs, named(runs), {}).frame["disputed_told"].notna().sum() == 1
    make_run(tmp_path / "calm", [[15.0, 16.0]] * 5, moderator__name="yes_no", **MODEL)
    calm = load(tmp_path / "calm")
    assert not len(corrected(calm, named(calm), {}).frame)
    assert len(corrected(calm, named(calm), {}, [0.05]).frame) == 2


def test_the_bounds_hold_the_truth_whatever_errs_within_them() -> None:
    """A sixth of the studies each: who errs how often, and whether false and missed deals are cheap or dear."""
    rng = np.random.default_rng(5)
    for at in range(60):
        most, true = 0.08, rng.random(400) < rng.uniform(0.2, 0.9)
        missed, spared = rng.uniform(0, most), rng.uniform(0, most)
        price = rng.normal(15, 1.5, 400).clip(10, 20)
        slope = (price - 15) * (at % 3 - 1) * 2  # errors fall on cheap deals, on any, on dear ones
        wrong = np.where(true, missed, spared) > rng.random(400)
        price = np.where(wrong, np.clip(price + slope, 10, 20), price)
        said = true ^ wrong
        share = max((true & wrong).sum() / true.sum(), (~true & wrong).sum() / (~true).sum())
        bounds = rate_bounds(int(said.sum()), 400, share)
        assert bounds.bound_low - 1e-9 <= true.mean() <= bounds.bound_high + 1e-9
        low, high = price_bounds(price[said], false_share(said.mean(), share), share, 10, 20)
        assert low - 1e-9 <= price[true].mean() <= high + 1e-9
    assert np.isnan(price_bounds([15.0], 1.0, 0.1, 10, 20)).all()


@pytest.mark.parametrize("rate", ["most", "0", "60%"])
def test_what_is_no_share_of_errors_is_one_line(rate: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path / "run", [[15.0, 16.0]])
    assert run([str(tmp_path / "run"), "--errors", rate]) == 2
    assert "name how many verdicts may be wrong" in capsys.readouterr().err
