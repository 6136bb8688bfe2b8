"""bargain-report --judged: deal rates corrected for the errors that bargain-judge found, in the report's own table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from analysis.report.command import run
from tests.run_maker import make_run

CONFUSION = {
    "deal": {"deal": 90, "ongoing": 10, "no_deal": 0, "error": 5},
    "ongoing": {"deal": 5, "ongoing": 40, "no_deal": 5, "error": 0},
    "no_deal": {"deal": 0, "ongoing": 0, "no_deal": 50, "error": 1},
}


def judged(path: Path, **more: object) -> str:
    data = {"moderators": {"yes_no": {"confusion": CONFUSION}}, "engines": {"yes_no": "gpt-4o"}, "rounds": {}, **more}
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_deal_rates_are_corrected_by_the_confusion_matrix_of_a_bench(tmp_path: Path) -> None:
    prices = [[15.0, 16.0]] * 60 + [[15.0, None]] * 40
    make_run(tmp_path / "runs" / "a", prices, moderator__name="yes_no")
    make_run(tmp_path / "runs" / "b", [[14.0, 16.5]] * 12, moderator__name="structured")
    assert run([str(tmp_path / "runs"), "--judged", judged(tmp_path / "judge.json")]) == 0
    table = tmp_path / "runs" / "report" / "tables" / "corrected.csv"
    told = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    rows = {(row["number"], row["round"]): row for row in told}
    second = rows["1", "2"]
    assert float(second["value"]) == 0.6
    assert float(second["corrected"]) == pytest.approx((0.6 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert float(second["corrected_low"]) < 0.6 < float(second["corrected_high"])
    assert (second["of_deals"], second["of_others"]) == ("90 of 100", "95 of 100")
    assert second["note"].startswith("judged with gpt-4o, played with ")
    assert rows["2", "1"]["corrected"] == ""
    assert rows["2", "1"]["note"] == "structured is not in this bench"
    assert "Rogan" in (tmp_path / "runs" / "report" / "index.html").read_text(encoding="utf-8")


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
