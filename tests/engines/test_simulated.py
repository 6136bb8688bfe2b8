"""The embedded negotiators: a model of concession, the same for a seed, firmer after feedback, labelled simulated."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bargain import ConfigError, RunSummary, play
from bargain.records import Game
from bargain.rundir.games import read_games
from tests.composing import compose


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*overrides: str) -> RunSummary:
    return play(compose(["tracking=none", "resume=never", *overrides]), show_progress=False)


@pytest.mark.long
@pytest.mark.parametrize(("learner", "sign"), [("seller", 1), ("buyer", -1)])
def test_feedback_moves_prices_the_learners_way_and_makes_deals_rarer(learner: str, sign: int) -> None:
    rounds = run(f"game=criticize_{learner}", "n_games=80", "game.n_rounds=5", "moderator=yes_no").by_round
    assert sum(row["objections"] for row in rounds) == 0, "the model's moderator and the rules agree"
    prices = [sign * row["mean_price"] for row in rounds]
    rates = [row["deal_rate"] for row in rounds]
    noise = 0.1  # about the standard error of a mean over the games with a deal, which are others in every round
    assert all(later > earlier - noise for earlier, later in itertools.pairwise(prices))
    assert prices[-1] > prices[0] + 0.5
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.9
    assert rates[-1] < 0.7
    assert 14 < rounds[0]["mean_price"] < 16


@pytest.mark.long
def test_without_a_memory_feedback_changes_nothing() -> None:
    rounds = run("memory=none", "n_games=80", "game.n_rounds=2").by_round
    assert abs(rounds[1]["mean_change"]) < 0.05


@pytest.fixture(scope="module")
def bicycles(tmp_path_factory: pytest.TempPathFactory) -> list[Game]:
    cfg = compose(["item=bicycle", "moderator=rules", "n_games=50", "game.n_rounds=3", "tracking=none"])
    summary = play(cfg, tmp_path_factory.mktemp("bicycles"), show_progress=False)
    return list(read_games(summary.directory / "games.jsonl"))


@pytest.mark.long
def test_offers_only_move_towards_the_rival_and_never_cross_the_reservation_price(bicycles: list[Game]) -> None:
    for game in bicycles:
        assert game.simulated
        for played in game.rounds:
            sold = [turn.offer for turn in played.turns if turn.role == "seller" and turn.act == "offer"]
            bid = [turn.offer for turn in played.turns if turn.role == "buyer" and turn.act == "offer"]
            assert all(late <= early for early, late in itertools.pairwise(sold) if early and late)
            assert all(late >= early for early, late in itertools.pairwise(bid) if early and late)
            assert all(price >= 120 for price in sold if price)
            assert all(price <= 200 for price in bid if price)


@pytest.mark.long
def test_what_the_rules_read_is_what_the_negotiators_meant(bicycles: list[Game]) -> None:
    for game in bicycles:
        for played in game.rounds:
            assert played.outcome in ("deal", "walk_away")
            assert {turn.act for turn in played.turns} <= {"offer", "accept", "walk_away"}
            if played.outcome == "deal":
                offers = {turn.offer for turn in played.turns if turn.act == "offer"}
                assert played.price in offers


def test_a_moderator_that_errs_is_found_out() -> None:
    rows = run(
        "moderator=yes_no",
        "n_games=50",
        "engine@moderator.engine=simulated",
        "++moderator.engine.options.moderator_error=0.3",
    ).by_round
    assert sum(row["objections"] for row in rows) > 0


def test_everything_simulated_says_so() -> None:
    summary = run("n_games=2")
    assert summary.data["simulated"] is True
    assert "simulated" in str(summary)


def test_an_unknown_knob_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no option 'firmnes'; did you mean firmness\?"):
        run("++seller.engine.options.firmnes=1")
