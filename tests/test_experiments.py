"""Every experiment of the repository composes as its file says, and plays, small, on the embedded negotiators."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import compose, play

ROOT = Path(__file__).parent.parent / "experiments"
NAMES = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_plays_small(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seats = [f"engine@{seat}.engine=simulated" for seat in ("seller", "buyer", "critic", "moderator")]
    summary = play(compose([f"experiment={name}", *seats, "n_games=3", "tracking=none"]), show_progress=False)
    assert summary.state == "finished"
    assert summary.data["games"]["finished"] == 3


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_opens_with_its_command(name: str) -> None:
    lines = (ROOT / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert f"experiment={name}" in lines[1]
