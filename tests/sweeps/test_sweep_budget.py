"""limits.sweep_max_cost_usd: what the cells of a sweep may spend together, held against the server's own bill."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from pathlib import Path

import pytest

from bargain.calls.purse import NANO, Purse
from bargain.errors import RunStopped
from tests.calling import Memory, answer, ask_all, place, playing
from tests.calls.test_budget_command import ENV, Bill, experiment
from tests.commands import bargain, summary_of
from tests.servers import Server


@pytest.mark.long
def test_the_cells_of_a_sweep_never_pass_its_cap_together_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    bill, cap = Bill(), 0.06
    with Server(bill.reply) as server:
        arguments = ["-m", "seed=0,1", *experiment(server, "n_games=10"), "limits.max_cost_usd=1"]
        paused = bargain(*arguments, f"limits.sweep_max_cost_usd={cap}", cwd=tmp_path, env=ENV)
        assert paused.returncode == 3, paused.stderr
        assert 0.9 * cap < bill.usd <= cap
        assert "limits.max_cost_usd=1 is each cell's: 2 cells may spend $2.00" in " ".join(paused.stdout.split())
        assert "limits.sweep_max_cost_usd=0.06 is the whole sweep's" in " ".join(paused.stdout.split())
        assert "limits.sweep_max_cost_usd=0.06 is reached: the cells of" in paused.stderr
        (sweep,) = tmp_path.glob("outputs/*/*-sweep")
        (sweep / "budget.json").unlink()  # it is made again from the journals
        done = bargain(f"resume={sweep}", "limits.sweep_max_cost_usd=5", cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
    costs = [summary_of(sweep / str(cell))["cost_usd"] for cell in range(2)]
    assert sum(costs) == pytest.approx(bill.usd), "no reply was bought twice"
    drawn = json.loads((sweep / "budget.json").read_text())["drawn_nano_usd"]
    assert sum(drawn.values()) == pytest.approx(bill.usd * NANO)


def test_cells_that_draw_at_the_same_moment_never_draw_more_than_there_is(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").touch()
    cells = [tmp_path / str(number) for number in range(6)]
    spent: list[int] = []

    def play(cell: Path) -> None:
        dice, purse, total = random.Random(cell.name), Purse(cell, 0.01, 0), 0
        while purse.covers(total + (wanted := dice.randint(1, 300_000)), anew=True):
            total += wanted
        purse.book(total)
        spent.append(total)

    threads = [threading.Thread(target=play, args=(cell,)) for cell in cells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.8 * 0.01 * NANO < sum(spent) <= 0.01 * NANO


def test_what_a_cell_took_beyond_its_reservation_is_missing_to_the_others(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").touch()
    first = Purse(tmp_path / "0", 1.0, 0)
    first.book(NANO * 3 // 2)
    assert not Purse(tmp_path / "1", 1.0, 0).covers(1, anew=True)
    (tmp_path / "budget.json").write_text("half")
    with pytest.raises(RunStopped, match=r"budget\.json cannot be read"):
        Purse(tmp_path / "1", 1.0, 0)


def test_of_a_run_on_its_own_it_is_a_cap_like_any(tmp_path: Path) -> None:
    engine = Memory(lambda *_: answer("yes"))
    with playing(tmp_path, engine, sweep_max_cost_usd=0.02) as caller:
        asyncio.run(ask_all(caller, [place(game=game) for game in range(100)]))
        assert 0.015 < caller.stats().spent_usd <= 0.02
    assert len(engine.sent) < 100
