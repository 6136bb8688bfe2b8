"""`load` shows every run and every planned round, whatever state the run directories are in."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bargain.analysis import load
from bargain.analysis.data import fill_cache
from bargain.analysis.data.cache import key_of
from bargain.analysis.data.columns import FEEDBACK_COLUMNS, ROUND_COLUMNS, RUN_COLUMNS, TURN_COLUMNS, Column
from bargain.analysis.data.games import Plan, read_feedback, read_games, read_turns
from bargain.records import Game, Round, Violation
from tests.run_maker import a_game, a_round, an_arms_game, dialogue, make_run, write_summary


def age(directory: Path, seconds: float = 3600) -> None:
    """Makes every file of a run as old as if nothing had happened for this long."""
    then = time.time() - seconds
    for path in [directory, *directory.rglob("*")]:
        os.utime(path, (then, then))


def names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]


def test_a_run_is_one_row_with_every_choice_and_a_row_per_round(tmp_path: Path) -> None:
    make_run(tmp_path / "a", [[15.0, 16.0], [14.0, None]], seed=7)
    runs = load(tmp_path)
    row = runs.runs.iloc[0]
    assert (row["state"], row["planned"], row["finished"], row["problem"]) == ("finished", 2, 2, "")
    assert (row["seed"], row["seller.engine.name"], row["game.n_rounds"], row["item.cost"]) == (7, "simulated", 2, 8)
    assert (row["learner"], row["learner_engine"], row["rival_engine"]) == ("seller", "simulated", "simulated")
    assert row["simulated"]
    assert (row["cost_usd"], row["cost_usd_seller"], row["cost_usd_critic"]) == (0.5, 0.2, pytest.approx(0.1))
    assert row["wall_s"] == 2.5
    assert (row["input_tokens"], row["output_tokens"], row["cached_tokens"], row["calls"]) == (2600, 260, 400, 28)
    assert runs.rounds["price"].tolist()[:3] == [15.0, 16.0, 14.0]
    assert runs.rounds["outcome"].tolist() == ["deal", "deal", "deal", "no_deal"]
    assert runs.rounds["feedback_source"].tolist() == ["", "ai", "", "ai"]


def test_the_frames_have_the_documented_columns(tmp_path: Path) -> None:
    runs = load(make_run(tmp_path / "a", [[15.0, 16.0]]))
    assert list(runs.rounds.columns) == ["run", *names(ROUND_COLUMNS)]
    assert list(runs.turns.columns) == ["run", *names(TURN_COLUMNS)]
    assert list(runs.feedback.columns) == ["run", *names(FEEDBACK_COLUMNS)]
    assert list(runs.runs.columns)[: len(RUN_COLUMNS)] == names(RUN_COLUMNS)


def test_an_empty_place_gives_empty_frames_with_the_same_columns(tmp_path: Path) -> None:
    empty, full = load(tmp_path), load(make_run(tmp_path / "a", [[15.0, 16.0]]))
    assert len(empty) == 0
    assert list(empty.rounds.columns) == list(full.rounds.columns)
    assert list(empty.turns.columns) == list(full.turns.columns)
    assert empty.rounds.dtypes.astype(str).tolist() == full.rounds.dtypes.astype(str).tolist()


def test_a_path_a_glob_and_a_list_find_the_same_runs(tmp_path: Path) -> None:
    sweep = tmp_path / "outputs" / "sweep"
    for cell in range(11):
        make_run(sweep / str(cell), [[15.0, 16.0]], seed=cell)
    (sweep / "multirun.yaml").write_text("{}")
    (sweep / "3" / "wandb" / "games.jsonl").parent.mkdir()
    found = load(tmp_path / "outputs")
    assert found.runs["cell"].tolist() == list(range(11))
    assert found.runs["sweep"].nunique() == 1
    for where in (f"{tmp_path}/outputs/**", f"{tmp_path}/*/sweep/*/", [sweep / str(cell) for cell in range(11)]):
        assert load(where).runs["run"].tolist() == found.runs["run"].tolist()
    assert load(f"{tmp_path}/outputs/**/games.jsonl").runs["run"].tolist() == found.runs["run"].tolist()


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing matches"):
        load(tmp_path / "outputz" / "**")


def test_rounds_that_were_never_played_stay_in_the_denominator(tmp_path: Path) -> None:
    failed = Game(1, "error", (a_round(1, 15.0), Round(2, "", "error", None, (), reason="gave up")), "gave up")
    at_once = Game(2, "error", (), "no route")
    make_run(tmp_path / "a", [a_game(0, [None]), failed, at_once], n_games=3, game__n_rounds=3)
    rounds = load(tmp_path).rounds
    by_game = [group["outcome"].tolist() for _, group in rounds.groupby("game")]
    assert by_game == [["no_deal", "not_played", "not_played"], ["deal", "error", "error"], ["error"] * 3]
    assert rounds["price"].notna().sum() == 1
    assert rounds[rounds["outcome"] == "not_played"]["reason"].unique().tolist() == ["the game ended in round 1"]


def test_every_arm_has_the_shared_round_and_its_own(tmp_path: Path) -> None:
    games = [an_arms_game(0, 15.0, {"ai": [16.0], "human": [17.0]}), an_arms_game(1, None, {})]
    runs = load(make_run(tmp_path / "a", games, game__arms={"ai": {"name": "ai"}, "human": {"name": "human"}},
                         game__n_rounds=2))  # fmt: skip
    shown = runs.rounds[["game", "arm", "round", "shared", "repeat", "price"]].fillna(0).to_numpy().tolist()
    assert shown == [
        [0, "ai", 1, True, False, 15.0],
        [0, "ai", 2, False, False, 16.0],
        [0, "human", 1, True, True, 15.0],
        [0, "human", 2, False, False, 17.0],
        [1, "ai", 1, True, False, 0],
        [1, "ai", 2, False, False, 0],
        [1, "human", 1, True, True, 0],
        [1, "human", 2, False, False, 0],
    ]
    assert runs.rounds["outcome"].tolist()[5] == "not_played"
    assert runs.runs["calls"].item() == 7 * 4  # the shared rounds were paid once


def test_what_a_player_did_in_a_round_is_measured(tmp_path: Path) -> None:
    turns = dialogue((20, 20, 18, 17), (10, 12))
    wrong = (Violation(3, "seller", "moves_back", ""), Violation(5, "seller", "moves_back", ""))
    played = Round(1, "", "deal", 17.0, turns, (), (*wrong, Violation(4, "buyer", "out_of_range", "")))
    row = load(make_run(tmp_path / "a", [Game(0, "deal", (played,))])).rounds.iloc[0]
    seller = [row[f"seller_{name}"] for name in ("turns", "offers", "first_offer", "first_own_offer", "last_offer")]
    assert seller == [3, 4, 20, 20, 17]
    assert [row[f"seller_{name}"] for name in ("concession", "first_concession", "first_concession_turn")] == [3, 2, 5]
    buyer = [row[f"buyer_{name}"] for name in ("turns", "offers", "concession", "first_concession", "words")]
    assert buyer == [2, 2, 2, 2, 4]  # the acceptance is a turn, and no offer
    assert (row["violations"], row["seller_violations"]) == ("buyer:out_of_range=1 seller:moves_back=2", 2)
    assert row["dialogue_chars"] == sum(len(turn.text) for turn in turns)


@pytest.mark.parametrize("state", ["finished", "paused", "failed"])
def test_a_run_is_in_the_state_that_it_recorded(tmp_path: Path, state: str) -> None:
    make_run(tmp_path / "a", [[15.0, 16.0]], state=state, n_games=1)
    assert load(tmp_path).runs["state"].tolist() == [state]


def test_a_run_that_shows_signs_of_life_is_running_and_one_that_does_not_has_crashed(tmp_path: Path) -> None:
    for name, state in (("fresh", "running"), ("old", "running"), ("dead", None)):
        make_run(tmp_path / name, [[15.0, 16.0]], state=state, n_games=5)
    (tmp_path / "bare" / ".hydra").mkdir(parents=True)
    (tmp_path / "bare" / ".hydra" / "config.yaml").write_text("n_games: 3\n")
    for name in ("old", "dead", "bare"):
        age(tmp_path / name)
    runs = load(tmp_path).runs.set_index(load(tmp_path).runs["run"].str.rsplit("/", n=1).str[-1])
    assert runs["state"].to_dict() == {"bare": "empty", "dead": "crashed", "fresh": "running", "old": "crashed"}
    assert runs["planned"].to_dict() == {"bare": 3, "dead": 5, "fresh": 5, "old": 5}
    assert "bargain resume" in runs.loc["dead", "problem"]
    assert not (tmp_path / "fresh" / ".cache").exists()


def test_damaged_lines_are_reported_and_the_other_games_are_there(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0], [14.0, 15.0], [13.0, 14.0]])
    lines = (run / "games.jsonl").read_bytes().splitlines(keepends=True)
    broken = lines[1].replace(b'"outcome":"deal"', b'"outcome":"moon"')
    wrong = [
        b"{half a line\n",
        lines[0],
        broken,
        lines[0],
        b'{"game":9,"rounds":[{"round":1}]}\n',
        b"\xff\xfe\n",
        lines[2][:40],
    ]
    (run / "games.jsonl").write_bytes(b"".join(wrong))
    runs = load(run)
    assert runs.rounds["game"].unique().tolist() == [0]
    assert runs.problems["line"].tolist() == [1, 3, 4, 5, 6, 7]
    assert "cut" in runs.problems["problem"].iloc[-1]
    assert "twice" in " ".join(runs.problems["problem"])
    assert (runs.runs["damaged"].item(), runs.runs["finished"].item()) == (6, 1)
    assert "6 damaged lines" in runs.runs["problem"].item()
    assert "counts 3 games, games.jsonl holds 1" in runs.runs["problem"].item()
    assert runs.turns["game"].unique().tolist() == [0]


def test_a_run_without_a_readable_config_or_summary_is_there_and_says_so(tmp_path: Path) -> None:
    for name, config in (("none", None), ("junk", b"{a: [b"), ("list", b"- a\n"), ("binary", b"\x00\xff")):
        run = make_run(tmp_path / name, [[15.0, 16.0]])
        (run / ".hydra" / "config.yaml").unlink()
        if config is not None:
            (run / ".hydra" / "config.yaml").write_bytes(config)
        (run / "summary.json").write_bytes(b'{"state": "fini')
        age(run)
    runs = load(tmp_path)
    assert len(runs.rounds) == 8
    assert runs.runs["state"].tolist() == ["crashed"] * 4
    assert all(".hydra/config.yaml" in problem and "summary.json" in problem for problem in runs.runs["problem"])


def test_a_copy_is_kept_and_gives_the_same_frames(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0], [14.0, None]])
    first = load(run)
    first_turns = first.turns
    copies = sorted(path.name for path in (run / ".cache").iterdir())
    assert copies == ["rounds.arrow", "turns.arrow"]
    second = load(run)
    pd.testing.assert_frame_equal(first.rounds, second.rounds)
    pd.testing.assert_frame_equal(first.runs, second.runs)
    pd.testing.assert_frame_equal(first_turns, second.turns)
    pd.testing.assert_frame_equal(load(run, caching=False).rounds, second.rounds)


def test_a_copy_is_made_again_when_the_games_change_or_it_is_damaged(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0]])
    load(run)
    file = run / "games.jsonl"
    file.write_bytes(file.read_bytes() + file.read_bytes().replace(b'{"game":0', b'{"game":1'))
    assert load(run).rounds["game"].unique().tolist() == [0, 1]
    (run / ".cache" / "rounds.arrow").write_bytes(b"ARROW1 nothing")
    assert load(run).rounds["game"].unique().tolist() == [0, 1]


def test_a_copy_of_other_columns_or_of_other_code_is_not_read(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0]])
    games = run / "games.jsonl"
    price = next(column for column in ROUND_COLUMNS if column.name == "price")
    others = [
        price._replace(name="cost"),
        price._replace(kind=pa.float32()),
        price._replace(compute=lambda played: 1.0),  # a function of this file
    ]
    keys = [key_of((column,), games) for column in (price, *others)]
    assert len(set(keys)) == 4
    assert key_of((price._replace(meaning="in other words"),), games) == keys[0]


def test_a_round_that_was_not_played_has_a_value_of_the_right_type_in_every_column(tmp_path: Path) -> None:
    rounds = load(make_run(tmp_path / "a", [[None]], game__n_rounds=2)).rounds
    last = rounds.iloc[1]
    assert (last["outcome"], last["n_turns"], last["seller_words"], last["violations"]) == ("not_played", 0, 0, "")
    assert last[["price", "seller_concession"]].isna().all()


def test_many_runs_are_read_by_workers_that_import_nothing_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run(tmp_path / "runs" / str(at), [[15.0, 16.0]]) for at in range(4)]
    (tmp_path / "yaml.py").write_text("raise SystemExit('taken from the working directory')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fill_cache, "WORTH_IT", 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    fill_cache.fill_caches(runs)
    assert all((run / ".cache" / "rounds.arrow").is_file() for run in runs)


def test_a_directory_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0]])
    (run / ".cache").write_text("in the way")
    runs = load(run)
    assert (len(runs.rounds), len(runs.turns)) == (2, 8)


def test_turns_and_feedback_are_as_played(tmp_path: Path) -> None:
    runs = load(make_run(tmp_path / "a", [[15.0, 16.0]]))
    first = runs.turns[runs.turns["round"] == 1]
    assert first["role"].tolist() == ["seller", "buyer", "seller", "buyer"]
    assert first["offer"].tolist() == [20, 10, 15, 15]
    assert first["fixed"].tolist() == [True, True, False, False]
    assert first["text"].iloc[-1] == "It is a deal then."
    assert runs.feedback[["round", "learner", "source", "text"]].to_numpy().tolist() == [
        [2, "seller", "ai", "Ask for more."]
    ]


def test_one_game_can_be_read_whole(tmp_path: Path) -> None:
    runs = load(make_run(tmp_path / "a", [[15.0, 16.0], [14.0, None]]))
    name = runs.runs["run"].item()
    game = runs.game(name, 1)
    assert [played["price"] for played in game["rounds"]] == [14.0, None]
    assert json.loads((runs.path(name) / "games.jsonl").read_text().splitlines()[1]) == game
    with pytest.raises(KeyError, match="no game 7"):
        runs.game(name, 7)


def test_runs_can_be_chosen_by_any_column(tmp_path: Path) -> None:
    for seed, n_rounds in ((0, 2), (1, 2), (2, 3)):
        make_run(tmp_path / str(seed), [[15.0] * n_rounds], seed=seed)
    runs = load(tmp_path)
    assert runs.where(game__n_rounds=2).runs["seed"].tolist() == [0, 1]
    chosen = runs.where(runs.runs["seed"] > 0, state="finished")
    assert chosen.rounds["run"].cat.categories.tolist() == chosen.runs["run"].tolist()
    assert (len(chosen.rounds), len(chosen.turns)) == (5, 20)
    with pytest.raises(KeyError, match="no column 'colour'"):
        runs.where(colour="blue")


def test_what_a_sweep_ablates_names_its_cells(tmp_path: Path) -> None:
    for number, (engine, n_rounds) in enumerate((("gpt-4", 2), ("gpt-4", 5), ("claude", 2), ("claude", 2))):
        choices = {"seller__engine__name": engine, "seller__engine__model": f"{engine}-0613"}
        make_run(tmp_path / str(number), [[15.0] * n_rounds], limits__max_tokens=number, **choices)
    runs = load(tmp_path)
    assert runs.varying() == ["game.n_rounds", "seller.engine.name", "seller.engine.model"]
    labels = runs.labels().tolist()
    assert labels[:3] == ["seller gpt-4, n_rounds=2", "seller gpt-4, n_rounds=5", "seller claude, n_rounds=2"]
    assert labels[3].startswith("seller claude, n_rounds=2 (")


def test_a_moderator_is_a_choice_that_a_sweep_can_ablate(tmp_path: Path) -> None:
    for number, name in enumerate(("rules", "yes_no")):
        make_run(tmp_path / str(number), [[15.0]], moderator__name=name, mode=("live", "record")[number])
    runs = load(tmp_path)
    assert (runs.varying(), runs.labels().tolist()) == (["moderator.name"], ["rules", "yes_no"])


def test_a_critic_without_an_engine_has_its_learners_and_a_moderator_the_rivals(tmp_path: Path) -> None:
    judge = {"moderator___target_": "bargain.agents.moderator.Model", "moderator__name": "yes_no"}
    make_run(tmp_path / "a", [[15.0, 16.0]], seller__engine__name="s", buyer__engine__name="b", **judge)
    row = load(tmp_path).runs.iloc[0]
    assert (row["critic_engine"], row["moderator_engine"]) == ("s", "b")


def test_a_summary_that_knows_no_cost_leaves_it_unknown(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", [[15.0, 16.0]])
    write_summary(run, state="finished", finished=1, planned=1, cost_usd=None, cost_usd_by_seat=None)
    assert load(run).runs["cost_usd"].isna().all()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(
        st.sampled_from(["game", "rounds", "round", "arm", "outcome", "turns", "price", "usage"]), each, max_size=6),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(JSON.map(lambda each: json.dumps(each).encode() + b"\n") | st.binary(max_size=20), max_size=4))
def test_nothing_in_a_file_can_stop_the_reader(lines: list[bytes]) -> None:
    found = read_games(lines, Plan(3, 2))
    assert read_turns(lines).num_rows == read_feedback(lines).num_rows == 0
    assert found.rounds.num_rows == 2 * found.finished
    assert found.finished + len(found.problems) == len(lines)
