"""Figures: every one is drawn from small runs and its points are the numbers of `metrics` and `comparisons`."""

from __future__ import annotations

import random
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bargain import play
from bargain.analysis import load
from bargain.analysis.data.runs import Runs
from bargain.analysis.figures import FIGURES, Figure, NotEnough, reference_figures, save, svg
from bargain.analysis.figures.base import shown
from bargain.analysis.figures.colours import DASHES, GROUPS, PALETTE, SHAPES, arm_look, lightness, look
from bargain.analysis.measures.comparisons import change
from bargain.analysis.measures.metrics import METRICS, table
from tests.composing import compose
from tests.run_maker import an_arms_game, make_run

BY_NAME = {figure.name: figure for figure in FIGURES}
ENGINES = ("gpt-4", "claude-v1.3", "my-own")


def prices(seed: int, games: int, rounds: int, mean: float = 14.0) -> list[list[float | None]]:
    """Some prices, the later the higher; one in ten rounds has no deal."""
    rng = random.Random(seed)
    return [
        [round(mean + 0.4 * at + rng.gauss(0, 1), 1) if rng.random() < 0.9 else None for at in range(rounds)]
        for _ in range(games)
    ]


def run(directory: Path, games: Any, engine: str, learner: str = "seller", rival: str = "", **more: Any) -> None:
    other = "buyer" if learner == "seller" else "seller"
    chosen = {f"{learner}__engine__name": engine, f"{learner}__engine__model": engine}
    chosen |= {f"{other}__engine__name": rival, f"{other}__engine__model": rival} if rival else {}
    make_run(directory, games, game__name=f"criticize_{learner}", game__learners=[learner], **chosen, **more)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Three engines as learning sellers against three buyers, three rounds; and one as the learning buyer."""
    top = tmp_path_factory.mktemp("sweep")
    for at, engine in enumerate(ENGINES):
        for also, rival in enumerate(ENGINES):
            run(top / f"{at}{also}", prices(3 * at + also, 24, 3, 14 + at / 2), engine, "seller", rival)
    run(top / "buyer", prices(20, 24, 3), "gpt-4", "buyer", "my-own")
    return load(top)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Private values drawn for each game."""
    top = tmp_path_factory.mktemp("drawn")
    play(compose(["game=simple", "scenario=drawn", "n_games=12", "tracking=none"]), top, show_progress=False)
    return load(top)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    top = tmp_path_factory.mktemp("arms")
    rng = random.Random(1)
    games = [
        an_arms_game(at, 14 + rng.random(), {"ai": [15 + rng.random()], "human": [14.5 + rng.random()]})
        for at in range(12)
    ]
    run(top / "0", games, "gpt-4", game__arms={"ai": {"name": "ai"}, "human": {"name": "human"}})
    return load(top)


def rows(chart: Any) -> pd.DataFrame:
    """Every row of data that a chart holds."""
    datasets = chart.to_dict(validate=False)["datasets"]
    return pd.concat([pd.DataFrame(each) for each in datasets.values()], ignore_index=True)


def in_order(values: Any) -> list[float]:
    return sorted(np.round([float(each) for each in values], 4))


def named(name: str) -> Figure:
    return BY_NAME[name]


def test_price_and_deal_rate_by_round_are_the_table_with_its_intervals(runs: Runs) -> None:
    for name, metric in (("price_by_round", "price"), ("deal_rate_by_round", "deal_rate")):
        expected = table(runs, [metric], ["learner", "learner_engine", "rival_engine", "arm", "round"])
        drawn = rows(named(name).draw(runs))
        for column in ("value", "low", "high"):
            assert in_order(drawn[column]) == pytest.approx(in_order(expected[column]), abs=1e-3), (name, column)


def test_a_metric_whose_entry_says_so_is_a_figure_with_its_words() -> None:
    drawn = [metric.drawn for metric in METRICS if metric.drawn]
    assert {(each.name, each.title, each.caption) for each in drawn} <= set(map(_words, FIGURES))


def _words(figure: Figure) -> tuple[str, str, str]:
    return figure.name, figure.title, figure.caption


def test_the_learners_response_length_is_the_tables(runs: Runs) -> None:
    expected = table(runs, ["response_words"], ["learner", "learner_engine", "rival_engine", "round"])
    expected = expected[expected["role"] == expected["learner"]]
    drawn = rows(named("response_length").draw(runs))
    assert in_order(drawn["value"]) == pytest.approx(in_order(expected["value"]), abs=1e-3)


def test_the_tradeoff_joins_price_and_deal_rate_of_the_same_round(runs: Runs) -> None:
    sellers = runs.where(learner="seller", rival_engine="gpt-4")
    keys = ["learner_engine", "round"]
    both = table(sellers, ["price"], keys).merge(table(sellers, ["deal_rate"], keys), on=keys)
    drawn = rows(named("tradeoff").draw(sellers)).sort_values(["series", "round"])
    assert list(drawn["value"]) == pytest.approx(list(both.sort_values(keys)["value_x"]), abs=1e-3)
    assert list(drawn["value_rate"]) == pytest.approx(list(both.sort_values(keys)["value_y"]), abs=1e-3)
    assert list(drawn["end"]) == ["first", "", "last"] * 3


def test_gains_are_the_paired_changes_to_the_last_round(runs: Runs) -> None:
    expected = change(runs, "price", role="learner")
    expected = expected[expected["round"] == 3]
    drawn = rows(named("gains").draw(runs))
    assert in_order(drawn["difference"]) == pytest.approx(in_order(expected["difference"]), abs=1e-3)
    assert sorted(drawn["label"]) == sorted(f"n={n}" for n in expected["n"])


def test_before_and_after_count_every_pair_once_on_both_sides(runs: Runs) -> None:
    drawn = rows(named("before_after").draw(runs))
    bars, means = drawn[drawn["count"].notna()], drawn[drawn["mean"].notna()]
    pairs = change(runs, "price").query("round == 2")
    for when, mean in (("round 1", "a"), ("round 2", "b")):
        assert bars[bars["when"] == when]["count"].sum() == pairs["n"].sum()
        assert in_order(means[means["when"] == when]["mean"]) == pytest.approx(in_order(pairs[mean]), abs=1e-3)
    assert bars.groupby(["panel", "when"])["share"].sum().to_numpy() == pytest.approx(1, abs=1e-4)


def test_distributions_count_every_deal_and_show_the_tables_means(runs: Runs) -> None:
    drawn = rows(named("distributions").draw(runs))
    expected = table(runs, ["price"], ["run", "round"])
    assert drawn["count"].sum() == (runs.rounds["outcome"] == "deal").sum() == expected["n"].sum()
    assert in_order(drawn["value"].dropna()) == pytest.approx(in_order(expected["value"]), abs=1e-3)


def test_the_map_of_pairs_shows_first_rounds_of_every_pair(runs: Runs) -> None:
    sellers = runs.where(learner="seller")
    first = sellers.only_rounds(sellers.rounds["round"] == 1)
    expected = table(first, ["price", "deal_rate"], ["seller_engine", "buyer_engine"])
    drawn = rows(named("pairs").draw(sellers))
    assert in_order(drawn["value"]) == pytest.approx(in_order(expected["value"]), abs=1e-3)
    price = expected[expected["metric"] == "price"]["value"].iloc[0]
    assert f"{price:.2f}" in set(drawn["text"])


def test_arms_share_their_first_point(arms: Runs) -> None:
    drawn = rows(named("arms").draw(arms))
    expected = table(arms, ["price"], ["arm", "round"])
    assert in_order(drawn["value"]) == pytest.approx(in_order(expected["value"]), abs=1e-3)
    assert set(drawn["series"]) == {"AI feedback", "human feedback"}
    assert drawn[drawn["round"] == 1]["value"].nunique() == 1


def test_cost_is_money_where_a_run_cost_some(runs: Runs) -> None:
    drawn = rows(named("cost").draw(runs))
    assert set(drawn["cost"]) == {round(0.5 / 24, 7)}
    free = runs.where()
    free.runs["cost_usd"] = 0.0
    assert rows(named("cost").draw(free))["cost"].min() > 100


@pytest.mark.long
def test_the_papers_numbers_stand_beside_ones_own(runs: Runs) -> None:
    found = {figure.name: figure for figure in reference_figures({"my-own": "gpt-3.5-turbo"})}
    drawn = rows(found["paper_fig5"].draw(runs))
    panels = {panel.replace("\n", " ") for panel in drawn["panel"]}
    assert {"gpt-4 seller learns", "my-own beside gpt-3.5-turbo seller learns"} <= panels
    assert (drawn["who"].value_counts() == len(drawn) / 2).all()
    assert svg(found["paper_fig6"].draw(runs)).count("Fu et al. (2023)") == 1
    with pytest.raises(NotEnough, match="aliases"):
        reference_figures()[0].draw(runs.where(learner_engine="my-own"))


DRAWN_THERE = {"crossplay", "talk", "attacks", "beliefs", "frontier", "two_issues", "honesty", "branches"}
"""Figures that the tests of their measures draw (test_crossplay, test_talk, test_beliefs, ...)."""
OF_A_KIND = {"arms", "pairs", "effects", "estimates", "price_in_zone"} | DRAWN_THERE
"""Figures that need games of a kind."""


def fit_for_a_page(chart: Any) -> str:
    """A figure as SVG, which says that negotiators were simulated."""
    chart.to_dict()  # raises where it is not what Vega-Lite's schema says
    text = svg(chart)
    assert "Simulated negotiators" in text
    assert not re.search(r'\bid="|url\(|href|<script', text), "two figures in one page would disturb each other"
    assert "NaN" not in text
    return text


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(OF_A_KIND - DRAWN_THERE))
def test_every_figure_of_a_kind_is_drawn_and_fit_for_a_page(name: str, runs: Runs, arms: Runs, drawn: Runs) -> None:
    two = runs.where(learner="seller", seller_engine=ENGINES[:2], buyer_engine=ENGINES[:2])
    fit_for_a_page(named(name).draw({"arms": arms, "price_in_zone": drawn}.get(name, two)))


def test_files_are_what_their_endings_say_and_pictures_are_equal_when_written_again(runs: Runs, tmp_path: Path) -> None:
    chart = named("price_by_round").draw(runs.where(rival_engine="gpt-4"))
    paths = save(chart, tmp_path / "one.figure")
    assert [path.name for path in paths] == ["one.figure.svg", "one.figure.png", "one.figure.pdf"]
    begins = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert all(path.read_bytes().startswith(begins[path.suffix]) for path in paths)
    again = save(chart, tmp_path / "again")
    for first, second in zip(paths[:2], again[:2], strict=True):  # the objects of a PDF come in any order
        assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ValueError, match="no format 'gif'; there are svg, png, pdf"):
        save(chart, tmp_path / "one", ("gif",))


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    run(tmp_path / "one", [[15.0]] * 3, "gpt-4")
    run(tmp_path / "none", [[None, None]] * 3, "gpt-4")
    one, none = load(tmp_path / "one"), load(tmp_path / "none")
    empty = one.only_rounds(one.rounds["round"] == 9)
    reasons = {
        ("price_by_round", "one"): "one round only",
        ("price_by_round", "none"): "no deal in any round",
        ("tradeoff", "none"): "no deal in any round",
        ("gains", "one"): "no game of a single learner has a deal in round 1 and in a later round",
        ("before_after", "one"): "one round only: no before and after",
        ("before_after", "none"): "no game has a deal in both of its first two rounds",
        ("distributions", "none"): "no deal in any round",
        ("arms", "none"): "no run has feedback arms",
        ("pairs", "none"): "fewer than two engines as the seller, or as the buyer",
        ("cost", "none"): "no game of a single learner has a deal in round 1 and in a later round",
    }
    for (name, which), reason in reasons.items():
        with pytest.raises(NotEnough, match=reason):
            named(name).draw(one if which == "one" else none)
    for figure in FIGURES:
        with pytest.raises(NotEnough):
            figure.draw(empty)


def test_engines_that_are_not_crossed_make_no_map(runs: Runs) -> None:
    kept = runs.runs["seller_engine"].eq("gpt-4") | runs.runs["buyer_engine"].eq("gpt-4")
    with pytest.raises(NotEnough, match="engines are not crossed: 5 of 9 pairs"):
        named("pairs").draw(runs.where(kept))


HOSTILE = (
    "<script>alert(1)</script>",
    "a $x$ & b",
    "two\nlines",
    "x" * 200,
    "x" * 199 + "y",
    "datum.series",
    "\u202evil",
)


@pytest.mark.long
def test_every_other_figure_is_drawn_for_many_engines_and_no_name_breaks_it_or_gets_into_its_markup(
    tmp_path: Path,
) -> None:
    for at, name in enumerate((*HOSTILE, "gpt-4")):
        run(tmp_path / str(at), [[14.0, 15.0], [15.0, 16.5], [14.5, 15.0]], name)
    hostile = load(tmp_path)
    for figure in FIGURES:
        if figure.name in OF_A_KIND:
            continue
        chart = figure.draw(hostile)
        assert len(rows(chart)) >= 8, figure.name
        if figure.name == "price_by_round":
            assert rows(chart)["panel"].nunique() == 8
        text = fit_for_a_page(chart)
        assert "&lt;script&gt;" in text
        assert "two lines" in text
        assert "x" * 31 not in text


@pytest.mark.long
def test_a_single_game_of_many_rounds_is_still_drawn(tmp_path: Path) -> None:
    run(tmp_path, [[12 + 0.1 * at for at in range(50)]], "gpt-4")
    long = load(tmp_path)
    for figure in FIGURES:
        if figure.name not in OF_A_KIND:
            chart = figure.draw(long)
            assert len(svg(chart)) > 2000, figure.name
            if figure.name == "price_by_round":
                assert rows(chart)["low"].isna().all()


def test_shown_names_are_short_single_lines_and_all_different() -> None:
    texts = list(shown([*HOSTILE, "", " ", "two lines"]).values())
    assert len(set(texts)) == len(texts)
    assert all(each.isprintable() and each and len(each) <= 40 for each in texts)
    assert shown(["gpt-4"]) == {"gpt-4": "gpt-4"}


def test_an_engine_looks_the_same_whoever_else_is_shown() -> None:
    assert look("gpt-4") == (PALETTE[3], DASHES[3], SHAPES[3])
    assert look("my-own-engine") == look("my-own-engine") == ("#DAB201", (1, 0), "square")
    assert look("gpt-4-32k").colour == look("gpt-4").colour
    assert look("gpt-4.1").colour != look("gpt-4").colour
    assert look("claude-instant") == look("claude-instant-v1.0")
    known = [name for group in GROUPS for name in group]
    assert len({look(name) for name in known}) == len(known)
    assert all(len(group) <= len(PALETTE) for group in GROUPS)
    assert len({arm_look(arm) for arm in ("ai", "human", "constant", "none")}) == 4


@pytest.mark.parametrize(("first", "lighter", "apart"), [(6, 7.0, 20.0), (12, 3.0, 10.0)])
def test_the_palette_is_told_apart_in_grey_and_by_the_colour_blind(first: int, lighter: float, apart: float) -> None:
    colours = PALETTE[:first]
    assert all(36 <= lightness(each) <= 78 for each in colours)
    assert all(abs(lightness(a) - lightness(b)) >= lighter for a, b in combinations(colours, 2))
    for seen in (np.eye(3), DEUTERANOPIA, PROTANOPIA):
        labs = [lab(seen @ linear(each)) for each in colours]
        assert all(np.linalg.norm(a - b) >= apart for a, b in combinations(labs, 2))


DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.long
def test_prices_of_items_of_different_size_share_an_axis_only_as_shares(tmp_path: Path) -> None:
    dear = {"item__name": "diamond", "item__seller_opening": 2000, "item__buyer_opening": 500}
    for at, (scale, item) in enumerate(((1.0, {}), (150.0, dear))):
        games = [[price and 500 * (scale > 1) + scale * (price - 10 * (scale > 1)) for price in game]
                 for game in prices(1, 24, 2)]  # fmt: skip
        run(tmp_path / str(at), games, "gpt-4", **item)
    several = load(tmp_path)
    for figure in ("price_by_round", "tradeoff", "gains", "before_after", "distributions"):
        drawn = svg(BY_NAME[figure].draw(several))
        labels = [float(text) for text in re.findall(r">(\d[\d,.]*)</t", drawn.replace(",", ""))]
        assert max(labels) < 30, (figure, labels)
        assert "span)" in drawn, figure


@pytest.mark.long
def test_a_factorial_is_facets_that_fit_a_page(tmp_path: Path) -> None:
    for at in range(24):
        choices = {"memory__name": f"m{at % 4}", "feedback__name": f"f{at // 4 % 3}", "scoring": f"s{at // 12}"}
        run(tmp_path / str(at), prices(at, 4, 2), "gpt-4", **choices)
    factorial = load(tmp_path)
    for figure in ("price_by_round", "deal_rate_by_round", "tradeoff", "distributions"):
        size = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"', svg(BY_NAME[figure].draw(factorial)))
        assert size
        assert float(size[1]) < 800, figure
        assert float(size[2]) < 1130, f"{figure}: as wide, an A4 page is {800 * 297 / 210:.0f} high"


def test_a_text_of_a_figure_is_as_wide_in_any_font(runs: Runs) -> None:
    drawn = svg(named("gains").draw(runs))
    lines = re.findall(r'textLength="([\d.]+)" lengthAdjust="spacingAndGlyphs">([^<]+)<', drawn)
    assert float({text: wide for wide, text in lines}["gpt-4"]) == pytest.approx(11 * 2.279, abs=0.01)
    assert len(lines) == len(re.findall(r"<(?:text|tspan)[^>]*>[^<\s]", drawn))
