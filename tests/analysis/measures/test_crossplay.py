"""Cross-play: what was put into each seat is found in dollars, and scripts stand on the side that theory says."""

from __future__ import annotations

import copy
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from bargain import compose, play
from bargain.analysis import load
from bargain.analysis.figures import NotEnough
from bargain.analysis.figures.pairs import surplus_of_pairs
from bargain.analysis.measures.crossplay import effects, games_to_rank, grid_of, seats, wins
from bargain.analysis.report.crossplay import crossplay
from tests.commands import bargain
from tests.reporting import reported
from tests.run_maker import Prices, make_run
from tests.sweeping import games_by_cell, only_sweep

SELLERS = {"a": 2.0, "b": 1.0, "script": -1.0, "late": -2.0}
"""Dollars that each adds to its own surplus as the seller."""
BUYERS = {"a": 1.0, "b": -1.0, "script": 0.5, "late": -0.5}
FIRST = 0.6
"""What the first word adds to the surplus of who has it."""
TARGETS = {
    name: f"bargain.engines.{'opponents.Opponent' if name == 'script' else 'openai.OpenAI'}Engine" for name in SELLERS
}


def cell(place: Path, seller: str, buyer: str, games: Prices, **more: object) -> None:
    engines = {}
    for role, name in (("seller", seller), ("buyer", buyer)):
        engines |= {f"{role}__engine__name": name, f"{role}__engine___target_": TARGETS.get(name, "x.OpenAIEngine")}
    more = {"item__cost": 8, "item__valuation": 22, "game__learners": [], "game__name": "simple", **engines, **more}
    make_run(place, games, **more)


@pytest.fixture(scope="module")
def tournament(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four engines in both seats; the one that came late has its cells in a sweep of its own."""
    root, rng = tmp_path_factory.mktemp("tournament"), np.random.default_rng(5)
    for number, (seller, buyer, first) in enumerate(product(SELLERS, BUYERS, ("seller", "buyer"))):
        middle = 15 + SELLERS[seller] - BUYERS[buyer] + (FIRST if first == "seller" else -FIRST) / 2
        prices: Prices = [[float(middle + noise)] for noise in rng.normal(0, 0.8, 10)]
        sweep = "new" if "late" in (seller, buyer) else "old"
        cell(root / sweep / str(number), seller, buyer, prices, game__who_is_first=first)
    return root


def test_what_each_engine_adds_in_each_seat_is_found_in_dollars(tournament: Path) -> None:
    grid = grid_of(load(tournament))
    assert grid is not None
    found = effects(grid).set_index("engine")
    held = 0
    for name in SELLERS:
        truths = {"as_seller": SELLERS[name], "as_buyer": BUYERS[name], "both": (SELLERS[name] + BUYERS[name]) / 2}
        for column, truth in truths.items():
            assert found.loc[name, column] == pytest.approx(truth, abs=0.3)
            held += found.loc[name, f"{column}_low"] < truth < found.loc[name, f"{column}_high"]
    assert held >= 10  # of twelve that hold 95% each
    assert [*found.index] == ["a", "b", "script", "late"]  # 1.5, 0.0, -0.25, -1.25
    assert grid.best == "script"
    assert found.loc["a", "against"] == pytest.approx(1.75, abs=0.3)
    assert found.loc["a", "against_low"] > 1
    of_seats = seats(grid).set_index("role")
    assert of_seats.loc["seller", "mean"] == pytest.approx(7, abs=0.2)
    assert of_seats["first"].tolist() == pytest.approx([FIRST, FIRST], abs=0.2)
    needed = games_to_rank(grid).set_index("engine")
    assert needed.loc["a", "next"] == "b"
    assert needed.loc["a", "games_a_cell"] < needed.loc["b", "games_a_cell"]  # 1.50 apart, and 0.25


def test_no_deal_is_a_surplus_of_0_and_what_is_no_grid_has_no_effects(tmp_path: Path) -> None:
    prices: dict[tuple[str, str], Prices] = {
        ("a", "a"): [[15.0], [17.0]],
        ("a", "b"): [[18.0], [None]],
        ("b", "a"): [[12.0], [12.0]],
        ("b", "b"): [[15.0], [13.0]],
    }
    for (seller, buyer), games in prices.items():
        cell(tmp_path / f"{seller}{buyer}", seller, buyer, games)
    runs = load(tmp_path)
    grid = grid_of(runs)
    assert grid is not None
    found = effects(grid).set_index("engine")
    assert found.loc["a", "as_seller"] == pytest.approx(((8 + 5) - (4 + 6)) / 4)
    assert found.loc["a", "as_buyer"] == pytest.approx(((6 + 10) - (2 + 8)) / 4)
    assert found.loc["a", "deal_rate"] == pytest.approx(5 / 6)
    assert wins(grid)[1] == "4 clusters for 2 coefficients are too few"
    assert grid_of(runs.where(seller__engine__name="a")) is None
    with pytest.raises(NotEnough, match="no grid"):
        surplus_of_pairs(runs.where(seller__engine__name="a"))


@pytest.mark.long
def test_boulware_beats_conceder_in_either_seat_and_endless_odds_are_said_in_words(tmp_path: Path) -> None:
    names = ("opponent-boulware", "opponent-conceder")
    cfg = compose(["experiment=why/crossplay", *map("engine@{}.engine={}".format, ("seller", "buyer"), names),
                   "n_games=1", "tracking=none"])  # fmt: skip
    engines = dict(zip(names, copy.deepcopy((cfg.seller.engine, cfg.buyer.engine)), strict=True))
    for seller, buyer in product(names, names):
        cfg.seller.engine, cfg.buyer.engine = engines[seller], engines[buyer]
        play(cfg, tmp_path / f"{seller}-{buyer}", show_progress=False)
    runs = load(tmp_path)
    grid = grid_of(runs)
    assert grid is not None
    found = effects(grid).set_index("engine")
    assert (found.loc["opponent-boulware", ["as_seller", "as_buyer"]] > 10).all()
    assert grid.best == "opponent-boulware"
    won, why = wins(grid)
    assert won.set_index("engine")["won"].to_dict() == {"opponent-boulware": 1.0, "opponent-conceder": 0.0}
    assert won["log_odds"].isna().all()
    assert why
    assert f"none here: {why}" in crossplay(runs).note


@pytest.mark.long
def test_a_report_on_two_sweeps_is_one_tournament_with_its_table_and_its_map(tournament: Path, tmp_path: Path) -> None:
    for seller, buyer in product(("a", "script"), repeat=2):  # who came second has its cells in a sweep of its own
        games: Prices = [[15 + SELLERS[seller] - BUYERS[buyer] + at % 3] for at in range(3)]
        cell(tmp_path / ("old" if seller == buyer == "a" else "new") / f"{seller}-{buyer}", seller, buyer, games)
    place = reported(tmp_path / "old", tmp_path / "new", "--out", tmp_path / "page", figures=("crossplay",))
    lines = (place / "tables" / "crossplay.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["engine", "a", "script"]
    told = crossplay(load([tournament / "old", tournament / "new"])).csv().splitlines()
    assert [line.split(",")[0] for line in told] == ["engine", *SELLERS]
    html = (place / "index.html").read_text(encoding="utf-8")
    assert 'id="crossplay"><h2>Cross-play' in html
    assert 'id="figure-crossplay"' in html
    assert "script (script)" in html
    assert grid_of(load(tournament / "new")) is not None  # its own cells tell the engines apart, but not itself met


@pytest.mark.long
def test_who_joins_a_tournament_plays_only_its_own_games(tmp_path: Path) -> None:
    seller, buyer = "engine@seller.engine=opponent-boulware", "engine@buyer.engine=opponent-boulware,opponent-conceder"
    small = ("n_games=1", "tracking=none", "game.who_is_first=seller")
    begun = bargain("-m", "experiment=why/crossplay", seller, buyer, *small, cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    sweep = only_sweep(tmp_path)
    before = games_by_cell(sweep)
    assert len(before) == 2
    joined = bargain(f"resume={sweep}", f"{seller},opponent-conceder", buyer, cwd=tmp_path)
    assert joined.returncode == 0, joined.stderr
    assert joined.stdout.count("already finished, nothing was called") == 2
    assert all((sweep / str(number) / "games.jsonl").read_bytes() == games for number, games in before.items())
    grid = grid_of(load(sweep))
    assert grid is not None
    assert len(grid.cells) == 4
