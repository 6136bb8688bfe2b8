"""A failure is not a result: a run whose games all fail says so, stops early, and is played again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain.records import Game, Round
from bargain.results.failing import FirstGames
from tests.commands import bargain_here, environment, only_run, summary_of
from tests.negotiator import haggle
from tests.reporting import reported, table
from tests.run_maker import a_game, make_run
from tests.servers import Answer, Fault, Server

ENV = environment(OPENAI_API_KEY="sk-test")
REFUSAL = b'{"error": {"message": "This prompt cannot be answered here"}}'


def experiment(server: Server, *more: str) -> list[str]:
    return [
        *("game=simple", "moderator=rules", "n_games=60", "tracking=none", "limits.max_concurrent_games=8"),
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        *more,
    ]


@pytest.mark.long
def test_a_run_whose_first_games_all_fail_alike_stops_with_the_reason_and_is_played_again(tmp_path: Path) -> None:
    with Server(haggle, fault=lambda call: Fault(400, body=REFUSAL)) as server:
        failed = bargain_here(*experiment(server), cwd=tmp_path, env=ENV)
        assert failed.returncode == 1
        assert 5 <= server.count < 40
        run = only_run(tmp_path)
        assert summary_of(run)["state"] == "failed"
        line = next(each for each in failed.stderr.splitlines() if "so the run stops" in each)
        assert "This prompt cannot be answered here" in line
        assert f"go on with: bargain resume={run}" in line
        assert failed.stderr.count("This prompt cannot") == 2, "once when it happens, once at the end"
        assert "0.0 [" not in failed.stdout
        server.fault = None
        done = bargain_here(*experiment(server), cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    games = summary_of(run)["games"]
    assert (games["finished"], games["error"]) == (60, 0)


@pytest.mark.long
def test_so_does_one_whose_replies_are_all_refused_and_fewer_games_than_that_are_not_finished_either(
    tmp_path: Path,
) -> None:
    with Server(lambda chat: Answer("", finish="refusal")) as server:
        arguments = experiment(server, "n_games=3")
        failed = bargain_here(*arguments, cwd=tmp_path, env=ENV)
        again = bargain_here(f"resume={only_run(tmp_path)}", cwd=tmp_path, env=ENV)
        assert server.count == 9, "what was bought is not bought again"
        server.reply = haggle
        done = bargain_here(*failed.stderr.rpartition("bargain ")[2].split()[:2], cwd=tmp_path, env=ENV)
    assert (failed.returncode, again.returncode, done.returncode) == (1, 1, 0), done.stderr
    assert "every game failed: " in failed.stderr
    assert "refused" in failed.stderr
    assert summary_of(only_run(tmp_path))["games"]["error"] == 0


def failing(number: int, why: str = "the server refuses 'this'") -> Game:
    return Game(number, "error", (Round(1, "", "error", None, (), reason=why),), why)


@pytest.mark.parametrize(
    ("games", "in_vain"),
    [
        ([failing(at, f"engine e (seller): 400, no 'top_p' with {at}") for at in range(5)], True),
        ([failing(at) for at in (4, 2, 0, 1, 3, 7)], True),
        ([failing(at) for at in range(10, 30)], False),  # those that fail end first: the first games still play
        ([failing(at) for at in range(4)], False),
        ([*(failing(at) for at in range(4)), failing(4, "no answer")], False),
        ([a_game(9, [15.0]), *(failing(at) for at in range(8))], False),
    ],
)
def test_a_run_stops_only_when_the_games_that_began_first_have_failed_for_one_reason(
    games: list[Game], in_vain: bool
) -> None:
    first = FirstGames(100)
    for game in games:
        first.add(game, recalled=False)
    assert first.in_vain() == in_vain


def test_games_that_an_earlier_start_lost_say_nothing_of_this_one() -> None:
    first = FirstGames(100)
    for number in range(20):
        first.add(failing(number), recalled=True)
    assert not first.in_vain()
    for number in range(20, 25):
        first.add(failing(number), recalled=False)
    assert first.in_vain()


@pytest.mark.long
def test_tables_count_failed_games_give_both_deal_rates_and_leave_what_only_failed_blank(tmp_path: Path) -> None:
    some = [*(a_game(at, [15.0, None]) for at in range(6)), *(failing(at) for at in range(6, 10))]
    make_run(tmp_path / "some", some, seller__engine__name="some")
    make_run(tmp_path / "all", [failing(at) for at in range(5)], seller__engine__name="all")
    report = reported(tmp_path)
    rows = {(row["run"].rpartition("/")[2], row["round"]): row for row in table(report, "rounds")}
    first = rows["some", "1"]
    assert (first["error"], float(first["deal_rate"]), float(first["deal_rate_without_failed"])) == ("4", 0.6, 1.0)
    assert (rows["all", "1"]["deal_rate"], rows["all", "1"]["seller_surplus"]) == ("", "")
    (said,) = [row["sentence"] for row in table(report, "tests") if row["question"] == "deals"]
    assert "(100.0% to 0.0%; 4 failed games left out, as no deals 60.0% to 0.0%)" in said
