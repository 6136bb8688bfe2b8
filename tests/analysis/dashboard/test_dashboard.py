"""What the dashboard shows, view by view, through Streamlit's own test driver; the browser is in the next file."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bargain.analysis import load
from bargain.analysis.measures import comparisons
from bargain.analysis.measures.abilities import abilities, family
from bargain.analysis.measures.cell_names import named
from bargain.analysis.measures.claims import tests as claims
from bargain.analysis.measures.family import told_family
from bargain.analysis.measures.metrics import METRICS, NAMES
from tests import dashboards
from tests.dashboards import HOSTILE, VIEWS, interpreted, opened, texts
from tests.run_maker import make_run, write_summary


def one_game(root: Path) -> Path:
    make_run(root / "0", [[14.0, 15.0]])
    return root


def zero_runs(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    return root


def no_game_yet(root: Path) -> Path:
    make_run(root / "0", [], state="running", n_games=4)
    return root


KINDS: tuple[Callable[[Path], Path], ...] = (  # a sweep: in the browser; one that plays: below
    dashboards.failed,
    dashboards.arms,
    one_game,
    no_game_yet,
    zero_runs,
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four finished cells, to be looked at only."""
    return dashboards.sweep(tmp_path_factory.mktemp("swept") / "outputs" / "day")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dashboards.hostile(tmp_path_factory.mktemp("hostile"))


@pytest.mark.long
@pytest.mark.parametrize("make", KINDS)
def test_every_view_shows_every_kind_of_directory(make: Callable[[Path], Path], tmp_path: Path) -> None:
    where = make(tmp_path)
    for view in VIEWS:
        page = opened(where, view=view)
        assert not page.exception, (view, page.exception)
        assert page.query_params.get("view", "runs") == view
    if make is zero_runs:
        assert "no runs here yet" in page.info[0].value


def test_the_table_of_runs_says_their_states_problems_and_that_they_are_simulated(tmp_path: Path) -> None:
    dashboards.failed(tmp_path)
    dashboards.running(tmp_path / "more")
    page = opened(tmp_path)
    table = page.dataframe[0].value
    shown = [name for name in table if name != "label" and not name.startswith("choice ")]
    assert shown[:7] == ["state", "done", "finished", "deals", "price", "cost_usd", "when"], "after what varies"
    assert table["deals"].notna().all()
    assert table["price"].between(10, 20).all()
    assert sorted(state for (state,) in table["state"]) == ["failed", "paused", "running"]
    assert "simulated" not in table, "a column that says the same of every run is not worth its place"
    assert "no space left on device" in " ".join(table["problem"])
    assert "cut" in page.dataframe[1].value["problem"].iloc[0], "the damaged line is named below"
    assert "3 runs: " in texts(page)
    assert "7 of 36 games" in texts(page)
    assert any("simulated" in each.value for each in page.markdown), "the badge at the top"


def test_any_column_of_the_config_filters_every_view_and_stands_in_the_address(swept: Path) -> None:
    page = opened(swept)
    page.multiselect(key="in:seller.engine.name").set_value(["gpt-b"]).run()
    assert len(page.dataframe[0].value) == 2
    assert page.query_params == {"seller.engine.name": "gpt-b"}
    page.multiselect(key="in:by").set_value(["item.name"]).run()
    page.multiselect(key="in:item.name").set_value(["balloon"]).run()
    assert page.query_params == {"seller.engine.name": "gpt-b", "by": "item.name", "item.name": "balloon"}
    again = opened(swept, view="cost", **page.query_params)
    assert len(again.dataframe[1].value) == 2, "the same filter in another view, from the address alone"
    nothing = opened(swept, **{"seller.engine.name": "gpt-b", "state": "failed"})
    assert len(nothing.dataframe[0].value) == 2, "a value that no run has is no filter"
    assert "asks for what these runs do not have: state=failed" in texts(nothing), "and that is said"
    alike = opened(swept, **{"item.name": "balloon"})
    assert alike.multiselect(key="in:item.name").value == ["balloon"], "offered because the address asks for it"


@pytest.mark.long
def test_an_address_opens_the_very_round_it_was_copied_from(swept: Path) -> None:
    page = opened(swept, view="game")
    runs = page.selectbox(key="in:run").options
    assert len(runs) == 4
    run = load(swept).runs["run"][2]
    page.selectbox(key="in:run").set_value(run).run()
    page.selectbox(key="in:game").set_value("4").run()
    page.button_group(key="in:round").set_value("2").run()
    assert page.query_params == {"view": "game", "run": run, "game": "4", "round": "2"}
    again = opened(swept, **page.query_params)
    assert texts(again) == texts(page)
    assert "Round 2: deal at $17.50" in texts(again)
    assert "Round 1" not in texts(again)


def test_an_address_with_nonsense_opens_the_view_as_if_it_were_not_there(swept: Path) -> None:
    page = opened(swept, view="game", run="nowhere", game="99", round="7", nonsense="1", games="odd")
    assert not page.exception
    usual = texts(opened(swept, view="game"))
    vain = "The address asks for what these runs do not have: run=nowhere, games=odd, game=99, round=7"
    assert texts(page) == f"{vain}\n{usual}"
    assert texts(page.run()) == usual, "said once"
    page.button_group(key="in:view").set_value("cost").run()
    assert page.query_params == {"view": "cost"}


@pytest.mark.long
def test_an_address_from_another_working_directory_means_the_same_run(swept: Path) -> None:
    run = load(swept).runs["run"][2]
    page = opened(swept, view="game", run="/home/somebody/outputs/day/2")
    assert page.selectbox(key="in:run").value == run
    assert "asks for" not in texts(page)
    page = opened(swept, view="compare", only=["../outputs/day/0", "day/2", "3"])
    assert page.multiselect(key="in:only").value == [load(swept).runs["run"][at] for at in (0, 2)]
    assert texts(page).startswith("The address asks for what these runs do not have: only=3\n"), "any sweep has a 3"


def test_a_view_that_is_come_back_to_is_as_it_was_left(swept: Path) -> None:
    page = opened(swept, view="game", game="3")
    page.button_group(key="in:view").set_value("cost").run()
    assert page.query_params == {"view": "cost"}
    page.button_group(key="in:view").set_value("game").run()
    assert page.query_params == {"view": "game", "game": "3"}
    assert page.selectbox(key="in:game").value == "3"


def test_a_game_is_shown_turn_by_turn_with_offers_feedback_and_the_next_one(swept: Path) -> None:
    page = opened(swept, view="game")
    told = texts(page)
    order = ["Round 1: deal at $14", "I say $20.00.", "1 seller · offers $20 · set opening", "4 buyer · accepts $14"]
    order += ["moderator: deal at $14", "Round 2", "ai feedback to the seller, before this round", "Ask for more."]
    order += ["seller answers: I will.", "moderator: deal at $15.50"]
    places = [told.index(each) for each in order]
    assert places == sorted(places)
    assert len(page.get("vega_lite_chart")) == 2, "a price trace for each round"
    (way,) = [each.value for each in page.code if each.value.startswith("bargain branch=")]
    assert "game=0 round=2 turn=" in way
    page.button(key="step next").click().run()
    assert page.query_params["game"] == "1"
    page.selectbox(key="in:games").set_value("no_deal").run()
    assert page.selectbox(key="in:game").options == ["2: $13 → no deal"]


def test_what_the_code_holds_against_moderator_and_players_stands_beside_it(hostile: Path) -> None:
    page = opened(hostile, view="game", games="disagreements", round="1")
    assert f"the code disagrees ({HOSTILE[0]}); it stands: ongoing" in texts(page)
    assert f"⚠ buyer: moves back ({HOSTILE[1]})" in texts(page)
    assert page.dataframe[0].value["said"][0] == "\n".join(HOSTILE), "the moderator's words are there in full"


@pytest.mark.long
@pytest.mark.parametrize("view", VIEWS)
def test_hostile_texts_are_shown_as_they_are_and_interpreted_nowhere(view: str, hostile: Path) -> None:
    page = opened(hostile, view=view)
    assert not page.exception
    marks = ("window.evil", "192.0.2.1", "$x^2$", "javascript:", ":red[", "$10")
    assert not [mark for mark in marks if mark in interpreted(page)]
    if view == "game":
        assert all(text in texts(page) for text in HOSTILE)


@pytest.mark.long
def test_cells_are_compared_with_the_numbers_of_the_analysis_in_words(swept: Path) -> None:
    page = opened(swept, view="compare", **{"game.name": "criticize_seller"})
    runs = load(swept).where(learner="seller")
    paired = comparisons.change(runs, "price", by=["seller_engine"])
    line = next(line for line in texts(page).splitlines() if line.startswith("gpt-a: "))
    row = paired.iloc[0]
    assert f"+${row.difference:.2f}, from " in line
    assert line.endswith("too few games for an interval")
    assert "n=5 pairs, paired t, exploratory: p" in line
    assert "Holm" not in line, "the report's family is the only one that claims something"
    between = comparisons.cells(runs.only_rounds(runs.rounds["round"] == 2), "price", "seller_engine")
    line = next(line for line in texts(page).splitlines() if line.startswith("gpt-b against gpt-a: "))
    assert f"+${between.difference[0]:.2f}, from " in line
    assert "n=5 pairs" in line, "the embedded negotiators of both cells had the same seeds"
    assert page.dataframe[0].value["cell"].tolist() == ["gpt-a", "gpt-b"]


@pytest.mark.long
def test_a_factorial_is_told_by_its_main_effects_first_in_the_words_and_numbers_of_the_report(tmp_path: Path) -> None:
    rng = random.Random(7)
    for engine, more in (("gpt-a", 0.0), ("gpt-b", 1.0)):
        for memory in ("full", "none"):
            games = [[14 + rng.random(), 14 + rng.random() + more] for _ in range(12)]
            make_run(tmp_path / "runs" / f"{engine}-{memory}", games, seller__engine__name=engine, memory__name=memory)
    asked, runs = ("seller.engine.name", "memory.name"), load(tmp_path / "runs")
    judged = family(abilities(runs))
    sentences = claims(runs, named(runs), judged, [asked])
    page = opened(tmp_path / "runs", view="compare", interaction=" by ".join(asked))
    told = texts(page).splitlines()
    effects = sentences[sentences["question"] == "factors"]
    assert len(effects) == 6
    assert [line for line in told if line in set(effects["sentence"])] == effects["sentence"].tolist()
    assert effects["sentence"].str.contains("Holm").any()
    assert page.dataframe[0].value["choice"].unique().tolist() == ["seller.engine.name", "memory.name"]
    assert [line for line in told if line.startswith("One family")] == [told_family(sentences, judged)]
    assert set(sentences["sentence"]) <= {line.partition(": ")[2] for line in told} | set(told), "every other one too"
    assert " by ".join(asked) in page.dataframe[1].value["choice"].tolist()


@pytest.mark.long
def test_those_who_coach_the_seller_and_the_buyer_are_never_thrown_together(swept: Path) -> None:
    page = opened(swept, view="compare", cells="seller.engine.name")
    named = [f"{engine}, {learner}" for engine in ("gpt-a", "gpt-b") for learner in ("seller", "buyer")]
    assert page.dataframe[0].value["cell"].tolist() == named


def test_arms_are_compared_by_their_shared_first_round(tmp_path: Path) -> None:
    dashboards.arms(tmp_path)
    page = opened(tmp_path, view="compare")
    found = comparisons.arms(load(tmp_path), "price")
    line = next(line for line in texts(page).splitlines() if "human against ai" in line)
    assert f"{abs(found.difference[0]):.2f} [" in line
    assert "paired t" in line


@pytest.mark.long
def test_a_metric_of_every_kind_can_be_compared_of_some_runs_without_the_others(swept: Path) -> None:
    address = {"view": "compare", "only": [load(swept).runs["run"][0], load(swept).runs["run"][2]]}
    page = opened(swept, **address)
    assert page.dataframe[0].value["cell"].tolist() == ["gpt-a", "gpt-b"], "without the others"
    assert tuple(page.selectbox(key="in:metric").options) == NAMES
    kinds = {(each.kind, each.role != "", each.per is None, each.unit == "currency"): each.name for each in METRICS}
    for metric in ("price", *kinds.values()):
        page.selectbox(key="in:metric").set_value(metric).run()
        assert not page.exception, metric
        assert page.query_params == address | ({"metric": metric} if metric != "price" else {})


@pytest.mark.long
def test_a_running_run_is_watched_without_leaving_a_trace(tmp_path: Path) -> None:
    dashboards.running(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    page = opened(tmp_path, view="live")
    row = page.dataframe[0].value.iloc[0]
    assert (row["state"], row["games"], row["rounds"], row["rate"]) == (["running"], "3 of 12", 3, 5.0)
    assert {each.label: each.value for each in page.metric}["cost so far"] == "$0.50"
    for view in VIEWS:
        page = opened(tmp_path, view=view)
        assert not page.exception, (view, page.exception)
        assert page.query_params.get("view", "runs") == view
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_the_cells_of_a_sweep_that_have_not_begun_are_counted(tmp_path: Path) -> None:
    dashboards.running(tmp_path)
    (tmp_path / "sweep.json").write_text('{"state": "running", "cells": 6}', encoding="utf-8")
    page = opened(tmp_path, view="live")
    assert {each.label: each.value for each in page.metric}["cells finished"] == "0 of 6"


def test_cost_is_told_by_role_and_engine_and_an_unknown_one_is_not_nothing(tmp_path: Path) -> None:
    dashboards.sweep(tmp_path)
    page = opened(tmp_path, view="cost")
    assert {each.label: each.value for each in page.metric}["cost"] == "$2.00"
    by_role = page.dataframe[0].value.set_index("role")["cost_usd"]
    assert by_role["seller"] == pytest.approx(0.8)
    assert by_role["critic"] == pytest.approx(0.4)
    page.button_group(key="in:group").set_value("engine").run()
    assert page.query_params == {"view": "cost", "group": "engine"}
    write_summary(tmp_path / "0", state="finished", finished=6, planned=6, cost_usd=None, cost_usd_by_seat=None)
    page = opened(tmp_path, view="cost")
    assert {each.label: each.value for each in page.metric}["runs of unknown cost"] == "1"
    assert page.dataframe[0].value["cost_usd"].isna().all(), "a sum with an unknown part is unknown"


def test_what_changes_on_disk_is_there_at_the_next_look(tmp_path: Path) -> None:
    run = make_run(tmp_path / "0", [[14.0, 15.0]], n_games=2)
    page = opened(tmp_path)
    assert page.dataframe[0].value["finished"].tolist() == [1]
    text = (run / "games.jsonl").read_text(encoding="utf-8")
    (run / "games.jsonl").write_text(text + text.replace('{"game":0', '{"game":1'), encoding="utf-8")
    assert page.run().dataframe[0].value["finished"].tolist() == [2]
    make_run(tmp_path / "1", [[14.0, 15.0]])
    assert len(page.run().dataframe[0].value) == 2
    os.rename(tmp_path / "1", tmp_path.parent / f"{tmp_path.name}-gone")
    assert len(page.run().dataframe[0].value) == 1
