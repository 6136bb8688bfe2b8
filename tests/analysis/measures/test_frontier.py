"""Effort and money: known efforts at known prices show their known frontier, and a sweep's cap holds over them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from bargain.analysis import load
from bargain.analysis.figures import svg
from bargain.analysis.figures.frontier import efficient_frontier
from bargain.analysis.measures.frontier import efficient, frontier
from bargain.analysis.report.frontier import money
from tests.commands import bargain, environment
from tests.negotiator import Chat
from tests.run_maker import make_run
from tests.servers import Answer, Server

ASKS = {"none": 130, "low": 150, "medium": 140, "high": 165}
THINKS = {"none": 0, "low": 40, "medium": 200, "high": 900}
"""What a seller of each effort asks and thinks: medium costs more than low and gets less."""
IN_USD, OUT_USD = 2.0, 10.0


class Thinkers:
    """A server whose sellers think as long as they are asked to, and its own account of what each effort cost."""

    def __init__(self) -> None:
        self.usd: dict[str, float] = defaultdict(float)
        self.server = Server(self.reply)

    def reply(self, chat: Chat) -> Answer:
        effort = self.server.calls[chat.call].json.get("reasoning_effort")
        game = sum(chat.key.encode()) % 5
        text = "Deal, I accept." if effort is None else f"I can do ${ASKS[effort] + game - 2}."
        tokens_in, thought = sum(len(said) for _, said in chat.messages) // 4, THINKS.get(effort, 0)
        usage = {"prompt_tokens": tokens_in, "completion_tokens": 20 + thought}
        usage |= {"completion_tokens_details": {"reasoning_tokens": thought}}
        self.usd[effort or "buyer"] += (tokens_in * IN_USD + (20 + thought) * OUT_USD) / 1e6
        return Answer(text, usage=usage)


@pytest.mark.long
def test_the_cap_of_a_sweep_holds_over_efforts_whose_costs_vary_and_their_frontier_is_the_known_one(
    tmp_path: Path,
) -> None:
    thinkers = Thinkers()
    with thinkers.server as server:
        seats = [
            f"{seat}.engine.{setting}"
            for seat in ("seller", "buyer")
            for setting in (
                f"base_url={server.openai}",
                "max_tokens=1000",
                f"input_usd_per_million={IN_USD}",
                f"output_usd_per_million={OUT_USD}",
            )
        ]
        engines = ["engine@seller.engine=gpt-4o-mini", "engine@buyer.engine=gpt-4o-mini"]
        words = ["-m", "experiment=why/effort", "channel=free_text", "moderator=rules", "n_games=8", "tracking=none"]
        cap, env = 0.08, environment(OPENAI_API_KEY="sk-test")
        paused = bargain(*words, *engines, *seats, f"limits.sweep_max_cost_usd={cap}", cwd=tmp_path, env=env)
        assert paused.returncode == 3, paused.stderr
        assert 0.6 * cap < sum(thinkers.usd.values()) <= cap
        (sweep,) = tmp_path.glob("outputs/*/*-sweep")
        done = bargain(f"resume={sweep}", "limits.sweep_max_cost_usd=5", cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
    runs = load(sweep, caching=False)
    found = frontier(runs).set_index("effort")
    assert list(found.index) == ["none", "low", "medium", "high"]
    assert (found["usd"] * 8).to_dict() == pytest.approx({effort: thinkers.usd[effort] for effort in ASKS})
    cost = runs.runs["item.cost"].iloc[0]
    assert (found["surplus"] - [ASKS[effort] - cost for effort in found.index]).abs().max() < 2
    assert found["efficient"].to_dict() == {"none": True, "low": True, "medium": False, "high": True}
    assert (found["sure"] == found["efficient"]).all()
    assert (found["thought"] >= [THINKS[effort] for effort in found.index]).all()
    assert (found["seconds"] > 0).all()
    low, none = found.loc["low"], found.loc["none"]
    assert low["further_usd"] == pytest.approx((low["usd"] - none["usd"]) / (low["surplus"] - none["surplus"]))
    assert low["per_usd_low"] < low["per_usd"] == low["surplus"] / low["usd"] < low["per_usd_high"]
    assert [cells[1].text for cells in money(runs).rows()] == ["none", "low", "medium", "high"]
    efficient_frontier(runs)


def test_equal_costs_and_hostile_names_are_drawn(tmp_path: Path) -> None:
    for name in ("a\nb<script>", "x" * 300):
        make_run(tmp_path / str(len(name)), [[15.0]] * 3, seller__engine__name=name)
    assert "<script>" not in svg(efficient_frontier(load(tmp_path, caching=False)))


def test_no_choice_is_efficient_that_another_beats_and_equals_stand_side_by_side() -> None:
    costs, gains = np.array([1.0, 1.0, 2.0, 3.0, np.nan]), np.array([5.0, 5.0, 5.0, 6.0, 9.0])
    assert efficient(costs, gains).tolist() == [True, True, False, True, False]


def test_runs_in_which_no_one_players_effort_differs_or_nothing_has_a_price_have_no_frontier(tmp_path: Path) -> None:
    prices = [[15.0 + at % 3] for at in range(9)]
    for name, more in (("a", {}), ("b", {"seed": 1})):
        make_run(tmp_path / name, prices, **more)
    assert not len(frontier(load(tmp_path, caching=False)))
    make_run(tmp_path / "c", prices, seller__engine__reasoning="high", buyer__engine__reasoning="high")
    assert not len(frontier(load(tmp_path, caching=False)))
