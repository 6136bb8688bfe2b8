"""estimate=true and the table before a sweep: what will be played, called and paid, before the first call."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import play
from bargain.sweeps.estimate import estimate, swept
from tests.commands import bargain
from tests.composing import compose

CONFIGS = [
    ["game=simple"],
    ["game=criticize_seller", "game.n_rounds=4"],
    ["game=criticize_both", "game.n_rounds=3", "moderator.start=always"],
    ["game=seller_compare_feedback"],
    ["game=criticize_buyer", "game.n_rounds=3", "moderator=rules", "memory=feedback_only"],
    ["game=criticize_seller", "game.n_rounds=3", "feedback.acknowledge=ask", "game.seller_opens=free"],
    ["game=criticize_seller", "game.n_rounds=3", "feedback=shuffled"],
    ["game=criticize_seller", "game.n_rounds=3", "feedback=self_critique"],
]
ONE_EXCHANGE = ["game.max_exchanges=1", "game.seller_opens=free", "game.buyer_opens=free"]


@pytest.mark.long
@pytest.mark.parametrize("overrides", CONFIGS, ids=lambda each: "+".join(each))
def test_the_estimate_is_near_what_a_run_uses_and_the_worst_case_above_it(overrides: list[str], tmp_path: Path) -> None:
    cfg = compose([*overrides, "n_games=20", "tracking=none"])
    guess = estimate(cfg)
    data = play(cfg, tmp_path, show_progress=False).data
    used = {"calls": data["calls"]["live"], "input": data["tokens"]["input"], "output": data["tokens"]["output"]}
    expected, worst = guess.total(guess.expected), guess.total(guess.worst)
    assert guess.games == 20
    assert guess.rounds == sum(row["games"] for row in data["rounds"])
    assert 0.7 < used["calls"] / expected.calls < 1.4
    assert 0.4 < used["input"] / expected.input < 1.6
    for what, amount in used.items():
        assert amount <= getattr(worst, what), what


@pytest.mark.parametrize(("protocol", "calls"), [("ultimatum", 30), ("sealed_bid", 20)])
def test_a_protocol_says_itself_how_many_turns_and_verdicts_it_takes(protocol: str, calls: int, tmp_path: Path) -> None:
    cfg = compose(["game=simple", f"protocol={protocol}", *ONE_EXCHANGE, "moderator=yes_no", "n_games=10"])
    guess = estimate(cfg)
    assert guess.total(guess.expected).calls == calls
    assert play(cfg, tmp_path, show_progress=False).data["calls"]["live"] == calls


def test_estimate_true_prints_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = bargain("estimate=true", "engine@seller.engine=gpt-4o", "n_games=200", cwd=tmp_path)  # no key is needed
    assert done.returncode == 0, done.stderr
    assert "tokens in" in done.stdout
    assert "$" in done.stdout
    assert not list(tmp_path.iterdir())


def test_an_unknown_price_is_said_and_not_guessed(tmp_path: Path) -> None:
    done = bargain("estimate=true", "engine@seller.engine=gpt-4o", "seller.engine.model=nobody-knows-it", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no price is known for gpt-4o" in done.stdout
    assert "unknown" in done.stdout


@pytest.mark.long
def test_estimate_true_on_a_sweep_of_an_experiment_shows_every_cell_and_their_sum(tmp_path: Path) -> None:
    done = bargain("-m", "experiment=paper/fig5", "estimate=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in ("gpt-3.5-turbo", "claude-instant", "claude-v1.3", "gpt-4", "all"))
    assert "4 cells" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_choice_on_the_command_line_replaces_the_experiments_sweep() -> None:
    assert len(swept(["experiment=paper/fig5"])) == 4
    assert len(swept(["experiment=paper/fig5", "engine@seller.engine=gpt-4"])) == 1
    assert len(swept(["experiment=paper/fig5", "seed=1,2"])) == 8


def test_what_cannot_be_played_is_refused_by_the_estimate_too(tmp_path: Path) -> None:
    done = bargain("-m", "estimate=true", "game.n_rounds=2,99", cwd=tmp_path)
    assert done.returncode == 2
    assert "game.n_rounds must be 1 to 50" in done.stderr
