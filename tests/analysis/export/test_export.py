"""bargain-export: what other tools find in its folders, made from run directories alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from bargain import play
from bargain.analysis import load
from bargain.analysis.export.command import FORMATS, run
from tests.commands import games_of
from tests.composing import compose
from tests.negotiator import Chat, negotiate
from tests.run_maker import make_run
from tests.servers import Server

OLD = Path(__file__).parent.parent.parent / "data" / "runs-0.1"
FRAMES = ("runs", "rounds", "turns", "feedback", "calls")


@pytest.fixture(scope="module")
def journalled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three games of two rounds whose calls are in its journal, made by version 0.1."""
    return Path(shutil.copytree(OLD / "whole", tmp_path_factory.mktemp("export") / "whole"))


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_parquet_holds_the_frames_and_every_attempt_of_the_journal(journalled: Path, tmp_path: Path) -> None:
    assert run([str(journalled), "--to", "parquet", "--out", str(tmp_path / "out")]) == 0
    read = {name: pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pandas() for name in FRAMES}
    runs = load(journalled)
    for name in ("rounds", "turns", "feedback"):
        assert list(read[name].columns) == list(getattr(runs, name).columns)
        assert len(read[name]) == len(getattr(runs, name))
    assert list(read["rounds"]["price"]) == list(runs.rounds["price"])
    assert read["runs"]["game.n_rounds"].item() == 2
    with sqlite3.connect(journalled / "journal.sqlite") as connection:
        (made,) = connection.execute("SELECT count(*) FROM attempt").fetchone()
    calls = read["calls"]
    assert (len(calls), set(calls["kind"]), set(calls["run"])) == (made, {"reply"}, set(read["runs"]["run"]))
    said = calls[calls["seat"].isin(["seller", "buyer"])]
    assert len(said) == int((~read["turns"]["fixed"]).sum())


def test_a_hugging_face_folder_says_in_its_card_what_its_files_hold(journalled: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    assert run([str(journalled), "--to", "hf", "--out", str(place)]) == 0
    card = (place / "README.md").read_text(encoding="utf-8")
    _, front, text = card.split("---\n", 2)
    data = yaml.safe_load(front)
    assert "# license: choose one" in front
    assert "license" not in data
    assert [each["config_name"] for each in data["configs"] if each.get("default")] == ["rounds"]
    assert {each["config_name"] for each in data["configs"]} == set(FRAMES)
    kinds = {"double": "float64"}
    for config, info in zip(data["configs"], data["dataset_info"], strict=True):
        schema = pq.read_schema(place / config["data_files"][0]["path"])
        told = {each["name"]: each["dtype"] for each in info["features"]}
        assert told == {field.name: kinds.get(str(field.type), str(field.type)) for field in schema}
    (config_file,) = (place / "config").iterdir()
    assert yaml.safe_load(config_file.read_text())["seller"]["engine"]["name"] == "gpt-3.5-turbo"
    assert "| `rounds` | 6 |" in text


def test_datasets_loads_the_folder(journalled: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    assert run([str(journalled), "--to", "hf", "--out", str(tmp_path / "out")]) == 0
    for name in FRAMES:
        loaded = datasets.load_dataset(str(tmp_path / "out"), name, cache_dir=str(tmp_path / "cache"))
        assert loaded["train"].num_rows == pq.read_metadata(tmp_path / "out" / "data" / f"{name}.parquet").num_rows


def test_chat_is_what_each_player_saw_and_said_with_what_it_earned(journalled: Path, tmp_path: Path) -> None:
    assert run([str(journalled), "--to", "chat", "--out", str(tmp_path / "out")]) == 0
    lines = lines_of(tmp_path / "out" / "conversations.jsonl")
    assert len(lines) == 3 * 2 * 2
    games = games_of(journalled)
    for line in lines:
        played = games[line["game"]]["rounds"][line["round"] - 1]
        own = [turn["text"] for turn in played["turns"] if turn["role"] == line["seat"] and not turn["fixed"]]
        messages = line["messages"]
        assert [each["content"] for each in messages if each.get("weight")] == own
        assert messages[0]["role"] == "system"
        assert messages[-1] == {"role": "assistant", "content": own[-1], "weight": 1}
        price = played["price"]
        earned = round(price - 8, 6) if line["seat"] == "seller" else None  # the buyer's valuation is not set
        assert (line["outcome"], line["price"], line["reward"]) == ("deal", price, earned)
    taught = next(line for line in lines if (line["round"], line["seat"]) == (2, "seller"))
    told = [each["content"] for each in taught["messages"] if each["role"] == "user"]
    assert any("patience" in each for each in told), "the feedback stands in the learner's context"


def stubborn(chat: Chat) -> str:
    """The seller of model `hard` asks for a dollar more than negotiate would, from its own first words on."""
    said = negotiate(chat)
    text = said if isinstance(said, str) else str(said.text)
    is_seller = "selling" in chat.messages[0][1]
    return "My price is $19." if chat.model == "hard" and is_seller and len(chat.messages) <= 4 else text


@pytest.mark.long
def test_pairs_differ_first_in_the_players_own_words_and_share_all_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-checked-1")
    with Server(stubborn) as server:
        for model in ("gpt-4o", "hard"):
            seats = [f"engine@{seat}.engine=gpt-4o" for seat in ("seller", "buyer")]
            seats += [f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")]
            small = ["game=simple", "game.n_rounds=1", "n_games=2", "moderator=rules", "tracking=none", "item=bicycle"]
            prices = [f"{seat}.engine.{side}_usd_per_million=0" for seat in ("seller", "buyer")
                      for side in ("input", "output")]  # fmt: skip
            config = compose([*seats, *small, *prices, f"seller.engine.model={model}"])
            assert play(config, tmp_path / "sweep" / model, show_progress=False).state == "finished"
    assert run([str(tmp_path / "sweep"), "--to", "chat", "--out", str(tmp_path / "out")]) == 0
    lines = lines_of(tmp_path / "out" / "conversations.jsonl")
    assert all(line["reward"] is not None for line in lines), "a bicycle has both reservation prices"
    by_place = {(line["run"], line["game"], line["seat"]): line for line in lines}
    pairs = lines_of(tmp_path / "out" / "pairs.jsonl")
    assert {pair["chosen_from"]["seat"] for pair in pairs} == {"seller"}, "the buyer's words only answered other words"
    for pair in pairs:
        assert pair["chosen_reward"] > pair["rejected_reward"]
        for name in ("chosen", "rejected"):
            whose = pair[f"{name}_from"]
            line = by_place[whose["run"], whose["game"], whose["seat"]]
            plain = [{"role": each["role"], "content": each["content"]} for each in line["messages"]]
            assert plain[: len(pair["prompt"]) + 1] == [*pair["prompt"], *pair[name]]
            assert line["reward"] == pair[f"{name}_reward"]
        assert pair["chosen"] != pair["rejected"]


@pytest.mark.long
def test_inspects_own_reader_opens_the_log(journalled: Path, tmp_path: Path) -> None:
    log = pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed (the extra inspect)")
    arms = Path(shutil.copytree(OLD / "arms", tmp_path / "runs" / "arms"))
    for name, made in (("whole", journalled), ("arms", arms)):  # through the journal, and of embedded negotiators
        assert run([str(made), "--to", "inspect", "--out", str(tmp_path / name)]) == 0
        (file,) = (tmp_path / name).iterdir()
        read = log.read_eval_log(str(file))
        runs = load(made)
        rounds = runs.rounds[~runs.rounds["repeat"]]
        assert (read.status, len(read.samples)) == ("success", len(rounds))
        means = {score.name: score.metrics["mean"].value for score in read.results.scores}
        assert means["price"] == pytest.approx(rounds["price"].mean())
        assert means["seller_surplus"] == pytest.approx((rounds["price"] - 8).mean())
        sample = read.samples[0]
        assert (sample.scores["deal"].value, sample.metadata["outcome"]) == (1.0, "deal")
        texts = [message.text for message in sample.messages if message.role == "assistant"]
        turns = runs.turns[(runs.turns["game"] == 0) & (runs.turns["round"] == 1) & (runs.turns["role"] == "seller")]
        assert texts == list(turns["text"])
        assert (sample.messages[0].role == "system") == (name == "whole")
        assert "n_rounds: 2" in read.eval.metadata["config"]


def test_what_cannot_be_exported_is_said_in_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    simulated = make_run(tmp_path / "simulated", [[15.0, 16.0]])
    (tmp_path / "begun").mkdir()
    make_run(tmp_path / "begun" / "0", [], state="running")
    (tmp_path / "taken").mkdir()
    damaged = Path(shutil.copytree(OLD / "whole", tmp_path / "damaged"))
    (damaged / "journal.sqlite").write_bytes(b"no journal at all" * 99)
    before = sorted(tmp_path.rglob("*"))
    for words, says in (
        (["nowhere", "--to", "chat"], "nothing matches 'nowhere'"),
        (["empty", "--to", "parquet"], "no runs in empty"),
        (["begun", "--to", "hf"], "no game in begun is finished yet"),
        ([str(simulated), "--to", "chat"], "embedded negotiators read no messages"),
        ([str(simulated), "--to", "parquet", "--out", "taken"], "taken is there already"),
        (["damaged", "--to", "chat"], "damaged"),
        ([str(simulated), "--to", "inspect"], "pip install 'bargain-experiments[inspect]'"),
    ):
        if "inspect" in words:
            for name in ("inspect_ai", "inspect_ai.log"):
                monkeypatch.setitem(sys.modules, name, None)
        assert run(words) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("bargain-export: ")
        assert told.err.count("\n") == 1
        assert says in told.err
    assert [path for path in sorted(tmp_path.rglob("*")) if ".cache" not in path.parts] == before


def test_exported_again_the_default_place_is_made_anew_and_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", [[15.0, 16.0]])
    (tmp_path / "elsewhere").mkdir()
    (made / "export").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        assert run([str(made), "--to", "parquet"]) == 0
        (made / "export" / "parquet" / "old.txt").touch()
    assert run([str(made), "--to", "parquet"]) == 0
    assert not list((tmp_path / "elsewhere").iterdir())
    assert sorted(path.name for path in (made / "export").rglob("*") if path.is_file()) == sorted(
        f"{name}.parquet" for name in FRAMES
    )


def exported(file: Path) -> str:
    """What an exported file says, uncompressed."""
    if file.suffix == ".parquet":
        return str(pd.DataFrame(pq.read_table(file).to_pandas()).to_csv())
    if file.suffix == ".eval":
        with zipfile.ZipFile(file) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())
    return file.read_text(encoding="utf-8")


KEY = "KEYSENTINEL/1234567"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose config, players and critic say a key that nobody knew for one when it was played."""

    def says_it(chat: Chat) -> str:
        said = negotiate(chat)
        return f"{said if isinstance(said, str) else said.text} {KEY} http://me:PASSSENTINEL@h/"

    with Server(says_it) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-never-checked-1")
        seats = [f"engine@{seat}.engine=gpt-4o" for seat in ("seller", "buyer", "critic")]
        seats += [f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer", "critic")]
        small = ["game=criticize_seller", "n_games=1", "moderator=rules", "tracking=none", f"seller.persona={KEY}"]
        run_dir = tmp_path_factory.mktemp("told") / "run"
        assert play(compose([*seats, *small]), run_dir, show_progress=False).state == "finished"
    return run_dir


@pytest.mark.long
@pytest.mark.parametrize("to", FORMATS)
def test_no_key_leaves_the_house(to: str, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if to == "inspect":
        pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed (the extra inspect)")
    monkeypatch.setenv("MY_OWN_KEY", KEY)
    assert KEY in (told / "games.jsonl").read_text(encoding="utf-8")
    assert run([str(told), "--to", to, "--out", str(tmp_path / "out")]) == 0
    texts = {file.name: exported(file) for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert [name for name, text in texts.items() if "SENTINEL" in text] == []
    assert "[secret]" in "".join(texts.values()), "what was said around it is there"
    if to == "chat":
        assert all(json.loads(line) for text in texts.values() for line in text.splitlines())
