"""The line of a run that plays: right at a call in ten seconds as at a thousand a second, and in 80 columns."""

from __future__ import annotations

import pytest

from bargain.calls.stats import Stats
from bargain.records import Game, Item, Round
from bargain.results.progress import RunProgress, duration
from bargain.results.summary import metrics
from bargain.results.tables import render, rounds_table, sweep_table, sweep_tables
from bargain.results.tally import Tally

BALLOON = Item("balloon", "red", 20, 10, cost=8)


def deal(number: int, price: float | None = 15.0) -> Round:
    return Round(number, "", "deal" if price else "no_deal", price, ())


def line_of(text: str) -> list[str]:
    return text.split("  ")


def test_rounds_of_games_that_still_play_are_counted_priced_and_tell_the_time_left() -> None:
    tally = Tally(BALLOON)
    progress = RunProgress(4, 5, tally, "cell 5 of 12")
    assert line_of(progress.line(Stats(in_flight=4), 0.0)) == [
        "cell 5 of 12", "games 0/4", "rounds 0/20", "$0.00", "0 calls (0/min, 4 in flight)",
    ]  # fmt: skip
    for price in (14.0, 16.0, None, 15.0):
        tally.saw(deal(1, price))
    text = progress.line(Stats(live=40, in_flight=4, cost_usd=1.2), 400.0)
    assert line_of(text) == [
        "cell 5 of 12", "games 0/4", "rounds 4/20", "27 min left", "deals 75%", "$15", "$1.20",
        "40 calls (6/min, 4 in flight)",
    ]  # fmt: skip
    tally.saw(deal(2, 17.5))
    later = progress.line(Stats(live=200_000, cost_usd=1.2), 200.0)
    assert "$15→$17.50" in later[:80]
    assert later.endswith("200,000 calls (1,000/s)")


def test_a_game_that_stops_early_leaves_nothing_to_wait_for_and_what_is_on_record_costs_no_time() -> None:
    tally = Tally(BALLOON)
    progress = RunProgress(2, 5, tally)
    for number in (1, 2, 3, 4):  # recalled from the journal, before the first live call
        tally.saw(deal(number))
    assert "left" not in progress.line(Stats(from_journal=40), 1.0)
    assert "left" not in progress.line(Stats(from_journal=40, in_flight=1), 2.0)
    tally.saw(deal(5))
    tally.add(Game(0, "deal", tuple(deal(number) for number in range(1, 6)), "", False))
    assert "50 s left" in progress.line(Stats(from_journal=40, live=9), 12.0)
    stopped = deal(1, None)
    tally.saw(stopped)
    tally.add(Game(1, "no_deal", (stopped,), "", False))
    assert "left" not in progress.line(Stats(live=19), 20.0)


@pytest.mark.parametrize(("seconds", "said"), [(40, "40 s"), (700, "12 min"), (12_600, "3.5 h")])
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_tracker_hears_of_each_round_before_any_game_is_over() -> None:
    tally = Tally(BALLOON)
    for price in (14.0, 16.0, None):
        tally.saw(deal(1, price))
    summary = {"games": {"finished": 0, "error": 0}, "cost_usd": 0.5, "calls": {"live": 30}, "wall_s": 10.0}
    told = metrics({**summary, "objective": None, "rounds": []}, tally)
    assert told["round_1/mean_price"] == 15.0
    assert told["round_1/deal_rate"] == pytest.approx(2 / 3)
    assert told["rounds_done"] == 3


def test_a_sweeps_table_breaks_no_word_and_loses_no_column_in_80_columns() -> None:
    row = {"arm": "", "games": 100, "deals": 95, "deal_rate": 0.95, "deal_rate_low": 0.888, "deal_rate_high": 0.978}
    row |= {"mean_price": 14.67, "price_low": 14.47, "price_high": 14.87}
    summary = {"state": "finished", "simulated": True, "rounds": [{**row, "round": number} for number in (1, 2)]}
    names = ("simulated-eager", "claude-sonnet-5-5")
    cells = [({"engine@seller.engine": name, "memory.rounds": "2"}, summary) for name in names]
    text = render(sweep_table(cells, 80), 80)
    assert max(map(len, text.splitlines())) <= 80
    for words in (*names, "seller.engine", "memory.rounds", "rate,", "price", " simulated\n", "last", "$14.67"):
        assert words in text
    assert text.count("14.87]") == 4


def test_in_a_file_a_sweeps_cell_is_one_line_however_much_it_says() -> None:
    row = {"arm": "", "games": 100, "deals": 95, "deal_rate": 0.95, "deal_rate_low": 0.888, "deal_rate_high": 0.978}
    row |= {"mean_price": 14.67, "price_low": 14.47, "price_high": 14.87}
    summary = {"state": "finished", "simulated": True, "rounds": [{**row, "round": number} for number in (1, 2)]}
    keys = ("game.who_is_first", "memory.rounds", "engine@seller.engine", "engine@buyer.engine")
    cells = [(dict.fromkeys(keys, f"claude-sonnet-5-{number}"), summary) for number in range(3)]
    lines = [line for line in render(sweep_table(cells)).splitlines() if line and "─" not in line]
    assert len(lines) == 1 + len(cells)
    assert all(line.count("14.87]") == 2 for line in lines[1:])


@pytest.mark.parametrize("arm", ["", "human"])
@pytest.mark.parametrize("failed", [0, 3])
def test_three_long_choices_stand_beside_no_number_where_a_line_has_80_columns(arm: str, failed: int) -> None:
    row = {"arm": arm, "games": 100, "failed": failed, "deals": 95, "mean_price": 14.67, "price_low": 14.47}
    row |= {"deal_rate": 0.95, "deal_rate_low": 0.888, "deal_rate_high": 0.978, "price_high": 14.87}
    row |= {"deal_rate_without_failed": 0.95, "deal_rate_without_failed_low": 0.888} if failed else {}
    row |= {"deal_rate_without_failed_high": 0.978} if failed else {}
    summary = {"state": "finished", "rounds": [{**row, "round": number} for number in (1, 2)]}
    summary |= {"games": {"error": failed}}
    keys = ("engine@seller.engine", "engine@buyer.engine", "memory")
    names = [("claude-sonnet-5-5", "gpt-5.4-mini", "feedback_only"), ("mistral-medium-3-5", "gpt-6.1-terra", "full")]
    cells = [(dict(zip(keys, each, strict=True)), summary) for each in names]
    tables = sweep_tables(cells, 80)
    text = "\n".join(render(table, 80) for table in tables)
    assert max(map(len, text.splitlines())) <= 80
    assert len(tables) == 2
    for words in (
        *names[0],
        *names[1],
        "seller.engine",
        "buyer.engine",
        "95.0",
        "[88.8, 97.8]",
        "$14.67",
        "[14.47, 14.87]",
    ):
        assert words in text
    assert [table.row_count for table in sweep_tables(cells, 400)] == [2], "one table where there is room"


def test_a_runs_table_breaks_no_interval_where_a_line_has_80_columns() -> None:
    row = {"arm": "", "games": 100, "deals": 95, "deal_rate": 0.95, "deal_rate_low": 0.888, "deal_rate_high": 0.978}
    row |= {"mean_price": 14.67, "price_low": 14.47, "price_high": 14.87, "mean_change": 0.5, "change_low": 0.25}
    row |= {"change_high": 0.75, "pairs": 93}
    summary = {"rounds": [{**row, "round": number} for number in (1, 2)]}
    text = render(rounds_table(summary, 80), 80)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("95.0", "[88.8, 97.8]", "$14.67", "[14.47, 14.87]", "+0.50  n=93", "[0.25, 0.75]"):
        assert words in text
    assert "95.0 [88.8, 97.8]" in render(rounds_table(summary, 120), 120), "beside the value where there is room"
