"""Players whose beliefs are known show the known error, Brier score and calibration, wherever these are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import compose, play
from bargain.analysis import load, metrics
from bargain.analysis.figures.base import NotEnough, svg
from bargain.analysis.figures.beliefs import beliefs_drawn
from bargain.analysis.measures.beliefs import beliefs, by_turn, calibration, scores
from bargain.analysis.report.beliefs import believed
from bargain.engines.base import Request
from bargain.engines.simulated import SimulatedEngine
from bargain.records import Reply, Usage

HERE = "tests.analysis.measures.test_beliefs"
BASE = ("game=simple", "moderator=rules", "tracking=none", "n_games=10", f"allow_targets=[{HERE}]",
        *(f"{seat}.engine._target_={HERE}.Believer" for seat in ("seller", "buyer")))  # fmt: skip


class Believer(SimulatedEngine):
    """Plays as it does. Of a buyer who pays $16 it is right in 7 games of 10 and says 70%; it thinks that a seller
    whose cost is $8 has $11, and says 80%."""

    def answer(self, request: Request) -> Reply:
        if request.scene.task != "believe":
            return super().answer(request)
        of_buyer = "LIMIT: $16.40, CONFIDENCE: 70%" if request.place.game % 10 < 7 else "LIMIT: $10, CONFIDENCE: 70%"
        text = of_buyer if request.scene.role == "seller" else "LIMIT: $11, CONFIDENCE: 80%"
        return Reply(text, Usage(100, 10, calls=1), self.model, simulated=True)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("beliefs") / "run"
    play(compose([*BASE, "item.valuation=16", "probe=limit", "probe.after=[2,3]"]), directory, show_progress=False)
    return directory


def test_a_calibrated_player_and_one_that_is_too_sure_have_the_scores_that_are_known_of_them(probed: Path) -> None:
    said = beliefs(load(probed, caching=False))
    buyer, seller = scores(said).to_dict("records")
    counts = ("player", "asked", "unusable", "judged", "games")
    assert [seller[name] for name in counts] == ["simulated (seller)", 20, 0, 20, 10]
    assert [buyer[name] for name in counts] == ["simulated (buyer)", 20, 0, 20, 10]
    known = {"distance": 0.7 * 0.4 + 0.3 * 6, "error": 0.7 * 0.4 - 0.3 * 6, "near": 0.7, "confidence": 0.7, "over": 0.0,
             "brier": 0.7 * 0.3**2 + 0.3 * 0.7**2, "constant": 0.21}  # fmt: skip
    assert {name: seller[name] for name in known} == pytest.approx(known)
    assert seller["brier_low"] < 0.21 < seller["brier_high"]
    known = {"distance": 3.0, "error": 3.0, "near": 0.0, "confidence": 0.8, "over": 0.8, "brier": 0.64, "constant": 0.0}
    assert {name: buyer[name] for name in known} == pytest.approx(known)
    (sure, earned) = calibration(said).to_dict("records")
    assert (sure["n"], sure["confidence"], sure["near"]) == (20, pytest.approx(0.8), 0)
    assert (earned["confidence"], earned["near"]) == (pytest.approx(0.7), pytest.approx(0.7))
    assert earned["near_low"] < 0.7 < earned["near_high"]
    turns = by_turn(said)
    assert list(turns["turn"]) == [2, 3, 2, 3]
    assert list(turns["n"]) == [10] * 4


def test_the_same_numbers_are_metrics_a_row_of_the_report_and_a_figure(probed: Path) -> None:
    runs = load(probed, caching=False)
    table = metrics.table(runs, ["belief_error", "belief_brier"], by=["round"]).set_index(["metric", "role"])["value"]
    assert table["belief_error", "buyer"] == pytest.approx(3.0)
    assert table["belief_error", "seller"] == pytest.approx(2.08)
    assert table["belief_brier", "seller"] == pytest.approx(0.21)
    assert table["belief_brier", "buyer"] == pytest.approx(0.64)
    rows = [[cell.text for cell in row] for row in believed(runs).rows()]
    assert rows[0][:7] == ["simulated (buyer)", "20", "0", "20", "+$3.00", "$3.00", "0.0%"]
    drawn = svg(beliefs_drawn(runs))
    assert "how often the belief was near" in drawn
    assert "Simulated negotiators, not language models" in drawn


def test_damaged_lines_are_left_out_and_a_rival_without_a_limit_is_blank_in_every_place(
    probed: Path, tmp_path: Path
) -> None:
    config = compose([*BASE, "n_games=2", "probe=limit", "probe.after=[2]", "probe.who=[seller]"])
    blank = play(config, tmp_path / "run", show_progress=False).directory
    runs = load(blank, caching=False)
    (row,) = scores(beliefs(runs)).to_dict("records")
    assert (row["asked"], row["unusable"], row["judged"]) == (2, 0, 0)
    assert believed(runs).note.endswith("2 answers are about rivals without a limit: there is no truth to hold them "
                                        "against.")  # fmt: skip
    assert not len(metrics.table(runs, ["belief_error"], by=["round"]))
    with pytest.raises(NotEnough, match="nobody was asked"):
        beliefs_drawn(runs)
    lines = (probed / "probes.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = {'"limit":11.0': '"limit":"11"', '"turn":2': '"turn":-1', '"confidence":0.8': '"confidence":8',
             '"true":8.0': '"true":NaN', '"role":"buyer"': '"role":"critic"'}  # fmt: skip
    bad = ["{", "[]", "null", *(lines[0].replace(old, new) for old, new in wrong.items())]
    assert len(set(bad) - set(lines)) == len(bad)
    (blank / "probes.jsonl").write_text("\n".join([*bad, *lines[:2]]) + "\n", encoding="utf-8")
    assert len(beliefs(load(blank, caching=False))) == 2
