"""Run directories made by version 0.1 load, replay and go on: tests/data/runs-0.1, made before the rooms moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bargain.analysis import load
from tests.commands import bargain_here, environment, games_of, summary_of
from tests.servers import Server

RUNS = Path(__file__).parent.parent / "data" / "runs-0.1"
PAID = [
    "engine@seller.engine=gpt-3.5-turbo",
    "engine@buyer.engine=gpt-3.5-turbo",
    "seller.engine.base_url=null",
    "buyer.engine.base_url=null",
    "seller.engine.base_url_env=OLD_SERVER",
    "buyer.engine.base_url_env=OLD_SERVER",
    "n_games=3",
    "game.n_rounds=2",
    "game.max_exchanges=5",
    "tracking=none",
    "feedback=constant",
    "feedback.text=patience",
    "limits.max_concurrent_games=1",
    "moderator.start=no_number",
    "moderator.no_deal_threshold=10",
]
"""What `whole` and `paused` were begun with; `paused` had a cap that it reached in its second game.

The two settings of the moderator were the defaults then."""


def copied(name: str, where: Path) -> Path:
    return Path(shutil.copytree(RUNS / name, where))


@pytest.mark.long
@pytest.mark.parametrize("name", ["finished", "whole", "arms"])
def test_a_run_of_before_replays_byte_for_byte(name: str, tmp_path: Path) -> None:
    run = copied(name, tmp_path / name)
    done = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    assert "byte for byte" in done.stdout
    assert (run / "games.jsonl").read_bytes() == (RUNS / name / "games.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.parametrize("how", ["resume", "same command"])
def test_a_paused_run_of_before_goes_on_and_buys_nothing_again(how: str, tmp_path: Path) -> None:
    run = copied("paused", tmp_path / "outputs" / "2026-11-26" / "10-00-00-criticize_seller")
    with Server() as server:
        words = [f"resume={run}", "limits.max_cost_usd=1"] if how == "resume" else [*PAID, "limits.max_cost_usd=1"]
        env = environment(OPENAI_API_KEY="sk-never-checked-1", OLD_SERVER=server.openai)
        done = bargain_here(*words, cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        assert f"goes on with {run}" in done.stdout
        calls = summary_of(run)["calls"]
        assert calls["from_journal"] == 27
        assert calls["live"] == len(server.calls) == 48 - 27
    assert (run / "games.jsonl").read_bytes() == (RUNS / "whole" / "games.jsonl").read_bytes()


def test_a_finished_run_of_before_is_known_as_finished(tmp_path: Path) -> None:
    run = copied("finished", tmp_path / "finished")
    done = bargain_here(f"resume={run}", cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    assert "already finished, nothing was called" in done.stdout


def test_runs_of_before_load_as_frames() -> None:
    runs = load(RUNS, caching=False)
    assert dict(zip(runs.runs["run"].str.rpartition("/")[2], runs.runs["state"], strict=True)) == {
        "arms": "finished", "finished": "finished", "paused": "paused", "whole": "finished",
    }  # fmt: skip
    assert (
        len(runs.rounds[runs.rounds["outcome"] != "not_played"])
        == sum(len(game["rounds"]) for name in ("finished", "whole", "paused") for game in games_of(RUNS / name))
        + 2 * 2 * load(RUNS / "arms", caching=False).rounds["arm"].nunique()
    )
