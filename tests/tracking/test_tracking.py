"""What W&B shows of a run is what the run's files say; it is read back from disk."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bargain.config.schema import TrackingConfig
from bargain.config.targets import locate
from bargain.errors import ConfigError
from bargain.records import Feedback, Game, Round
from bargain.rundir.directory import write_json
from bargain.rundir.games import game_to_json
from bargain.secrets import hidden
from bargain.text import shortened, without_controls
from bargain.tracking.base import run_info
from bargain.tracking.none import NoTracker
from bargain.tracking.shown import rows
from bargain.tracking.wandb import WandbConfig, WandbTracker, chosen_mode, recorded_id, start_message
from tests.commands import bargain, environment, only_run
from tests.composing import compose
from tests.tracked_run import (
    CONFIG,
    ROOT,
    SUMMARY,
    ReadBack,
    info_of,
    make_run,
    played,
    runs_of,
    table_of,
    unfinished,
)  # fmt: skip


@pytest.mark.long
def test_an_offline_run_shows_every_price_every_feedback_and_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("MY_MODEL_KEY", "KEYSENTINEL")
    sweep = tmp_path / "2026-11-23" / "10-00-00-sweep"
    sweep.mkdir(parents=True)
    write_json(sweep / "sweep.json", {"state": "running"})
    run_dir = unfinished(make_run(sweep / "4"))
    tracker = WandbTracker(WandbConfig(tags=["mine"]))
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    for done in (1.0, 3.0):
        tracker.progress({"games_done": done, "deal_rate": 0.5, "mean_price_round_1": float("nan"), "cost_usd": done})
    tracker.game(played(0))
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    assert warnings() == []

    (file,) = runs_of(run_dir)
    shown = ReadBack(file)
    by_round = [item for item in shown.history if "round" in item]
    assert [item["round"] for item in by_round] == [1, 2, 3]
    assert [item.get("by_round/mean_price") for item in by_round] == [14.0, 15.5, None]
    assert (by_round[1]["by_round/price_low"], by_round[1]["by_round/price_high"]) == (15.0, 16.0)
    assert by_round[1]["by_round/mean_change"] == 1.5
    assert [item.get("by_round/deal_rate") for item in by_round[:2]] == [1, pytest.approx(2 / 3)]
    assert (by_round[1]["by_round/games"], by_round[1]["by_round/deals"]) == (3, 2)
    assert by_round[2]["by_round/human/mean_price"] == 16.5
    axes = {record["metric"].get("glob_name"): record["metric"].get("step_metric") for record in shown.records
            if record["type"] == "metric"}  # fmt: skip
    assert (axes["by_round/*"], axes["progress/*"]) == ("round", "games_done")
    live = [item for item in shown.history if "progress/deal_rate" in item]
    assert [(item["games_done"], item["progress/cost_usd"]) for item in live] == [(1, 1), (3, 3)]
    assert "progress/mean_price_round_1" not in live[0]

    table = table_of(run_dir)
    assert [(row["game"], row["round"], row["price"]) for row in table] == [
        (0, 1, 14.0), (0, 2, 15.5), (1, 1, 15.0), (1, 2, 15.5), (2, 1, 16.0), (2, 2, 15.5),
    ]  # fmt: skip
    assert [row["feedback"] for row in table if row["round"] == 2] == [f"Hold firm. ({game})" for game in range(3)]
    assert [row["acknowledgement"] for row in table][1] == "Understood. (0)"
    assert table[0]["dialogue"] == (
        'Seller: I want $20.\n    Buyer: I accept\nBuyer: =HYPERLINK("http://x.test") red <script>'
    )
    assert (table[0]["legacy_price"], table[0]["n_turns"], table[0]["simulated"]) == (20.0, 2, True)
    assert sum("dialogues.path" in item for item in shown.history) == 1

    transcript = shown.artifacts[f"run-{info_of(run_dir).id}-transcript"]
    assert [entry["path"] for entry in transcript["manifest"]["contents"]] == ["games.jsonl"]
    assert (shown.run["run_group"], shown.run["run_id"]) == ("2026-11-23/10-00-00-sweep", info_of(run_dir).id)
    assert {"game=criticize_seller", "engine@seller=claude-instant", "prompt/critic=v1", "mine", "simulated"} <= set(
        shown.run["tags"]
    )
    assert shown.config["seller"]["engine"]["temperature"] == 0.5
    for name, value in {"state": "finished", "cost_usd": 0.25, "tokens/input": 1200, "games/error": 1}.items():
        assert shown.summary[name] == value
    assert (shown.summary["round_2/mean_price"], shown.summary["round_3/human/deals"]) == (15.5, 2)
    assert shown.exit_codes == [0]
    assert shown.run["resume"] is True, "a resumed run goes on under its id"

    written = b"".join(path.read_bytes() for path in (run_dir / "wandb").rglob("*") if path.is_file())
    for secret in ("KEYSENTINEL", "PASSSENTINEL", "HEADERSENTINEL"):
        assert secret.encode() not in written
    assert shown.run.get("host", "") != socket.gethostname()
    assert not list((tmp_path / "home").rglob("*")), "everything W&B writes lies in the run directory"


def test_wandb_mode_disabled_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    run_dir = make_run(tmp_path / "run")
    for tracker in (WandbTracker(WandbConfig(mode="online")), NoTracker(TrackingConfig())):
        tracker.start(run_dir, CONFIG, info_of(run_dir))
        tracker.progress({"games_done": 1.0})
        tracker.finish(SUMMARY, [])
        tracker.fail("never")
    assert not (run_dir / "wandb").exists()


def test_wandbs_own_variables_win_over_our_defaults_and_not_over_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = make_run(tmp_path / "run")

    def shown(**said: Any) -> tuple[Any, ...]:
        tracking = compose(["tracking=wandb", *(f"tracking.{key}={value}" for key, value in said.items())]).tracking
        mode = chosen_mode(tracking.mode)
        options = {"mode": mode, "resume": False, "finish_s": 1.0}
        message = start_message(run_dir, CONFIG, info_of(run_dir), tracking, **options)
        return tuple(message[name] for name in ("mode", "project", "entity", "group", "name", "tags"))

    ours = shown()
    assert ours[:4] == ("offline", "bargain", None, info_of(run_dir).group)
    for name in ("PROJECT", "ENTITY", "RUN_GROUP", "NAME", "DISABLED"):
        monkeypatch.setenv(f"WANDB_{name}", "true" if name == "DISABLED" else f"my-{name.lower()}")
    monkeypatch.setenv("WANDB_TAGS", "pilot, second")
    theirs = ("disabled", "my-project", "my-entity", "my-run_group", "my-name", ["pilot", "second", "simulated"])
    assert shown() == theirs
    told = shown(project="p", entity="e", group="g", mode="offline", tags="[t]")
    assert told == ("offline", "p", "e", "g", "my-name", ["pilot", "second", "simulated", "t"])


def track(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return bargain(*map(str, arguments), cwd=ROOT, command="bargain-track")


@pytest.mark.long
def test_bargain_track_sends_a_sweeps_runs_again_under_the_same_ids(tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    run_dir = make_run(sweep / "0")
    (sweep / ".hydra").mkdir()
    for _ in range(2):
        result = track(sweep, "--mode", "offline", "--project", "later")
        assert (result.returncode, result.stderr) == (0, "")
    assert str(run_dir / "wandb") in result.stdout
    files = runs_of(run_dir)
    assert len(files) == 2
    assert len({file.name for file in files}) == 1
    shown = ReadBack(files[-1])
    assert shown.run["project"] == "later"
    assert "resume" not in shown.run, "sent again it replaces the run instead of adding to it"
    assert [item["by_round/mean_price"] for item in shown.history if "by_round/mean_price" in item] == [14.0, 15.5]
    assert shown.config["game"]["name"] == "criticize_seller"
    moved = sweep.rename(tmp_path / "elsewhere") / "0"
    assert f"run-{recorded_id(moved)}.wandb" == files[0].name, "a moved directory keeps its W&B run"


def test_bargain_track_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    no_summary = unfinished(make_run(tmp_path / "no_summary"))
    broken = make_run(tmp_path / "broken")
    (broken / "games.jsonl").write_text(game_to_json(played(0)) + '\n{"game": 1}\n')
    no_games = make_run(tmp_path / "no_games")
    (no_games / "games.jsonl").unlink()
    going_on = make_run(tmp_path / "going_on")
    write_json(going_on / "summary.json", {**SUMMARY, "state": "running"})
    result = track(empty, no_summary, broken, no_games, going_on, "--mode", "offline")
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    reasons = ("no run here", "summary.json", "games.jsonl, line 2", "no games.jsonl", "going on or was killed")
    for line, words in zip(lines, reasons, strict=True):
        assert words in line
    result = track(make_run(tmp_path / "good"))
    assert result.returncode == 1
    assert "No API key" in result.stderr, "it sends online unless told otherwise, and never prompts"


def test_bargain_track_tells_of_a_strangers_run_without_steering_the_terminal(tmp_path: Path) -> None:
    run_dir = make_run(tmp_path / "a\x1b[2J")
    (run_dir / ".hydra" / "config.yaml").write_text("name: [lamp \u202e\n", encoding="utf-8")
    result = track(run_dir, "--mode", "offline")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "config.yaml cannot be read" in line
    assert line.isprintable()


def test_a_resumed_run_keeps_its_id_and_other_runs_have_others(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "10-00-00-x", tmp_path / "a" / "10-00-01-x"
    assert info_of(first) == info_of(first)
    assert info_of(first).id != info_of(second).id
    assert info_of(first).id != run_info(first, {**CONFIG, "seed": 8}, simulated=True).id
    changed = {**CONFIG, "limits": {"max_cost_usd": 9}, "tracking": {}}
    assert run_info(first, changed, simulated=True).id == info_of(first).id


def test_run_info_names_the_choices_and_survives_any_config() -> None:
    info = info_of(Path("/x/2026-11-23/10-00-00-criticize_seller"))
    assert info.name == "criticize_seller: claude-instant sells to gpt-3.5-turbo, 10-00-00-criticize_seller"
    assert info.group is None
    assert info.tags[-1] == "simulated"
    assert {"moderator=yes_no", "engine@moderator=gpt-3.5-turbo", "feedback=ai", "prompt/buyer=v1"} <= set(info.tags)
    judge = {"_target_": "bargain.agents.moderator.Rules", "name": "rules"}
    rules = run_info(Path("/x"), {**CONFIG, "moderator": judge}, simulated=False)
    assert not any(tag.startswith("engine@moderator") or tag == "simulated" for tag in rules.tags)
    odd = run_info(Path("/x"), {"game": 3, "seller": None}, simulated=False, tags=["", "t" * 200])
    told = start_message(Path("/x"), {}, odd, WandbConfig(tags=["mine"]), mode="offline", resume=False, finish_s=1.0)
    assert told["tags"] == ["t" * 64, "mine"]


def test_a_failed_game_has_a_row_that_says_why() -> None:
    failed = Game(5, "error", (Round(1, "", "deal", 12.0, ()),), error="gave up\x00 after 8 tries")
    table = list(rows([failed]))
    assert [(row[0], row[2], row[3], row[10]) for row in table] == [
        (5, 1, "deal", ""),
        (5, None, "error", "gave up after 8 tries"),
    ]


def test_two_learners_feedback_is_told_apart() -> None:
    told = (Feedback("seller", "ai", "Up.\nMore."), Feedback("buyer", "human", "Down."))
    (row,) = rows([Game(0, "deal", (Round(2, "", "deal", 12.0, (), feedback=told),))])
    assert row[8] == "Seller: Up.\n    More.\nBuyer: Down."


def test_texts_lose_control_sequences_and_nothing_else() -> None:
    assert without_controls("a\x1b]0;title\x07b\x1b[2Jc\x00\x9bd\ud800\te\r\nf") == "abcd\te\nf"
    assert without_controls("=1+1 €5 “ok” 你好") == "=1+1 €5 “ok” 你好"


def test_a_value_in_a_message_is_short_and_hides_nothing() -> None:
    assert shortened({"é": [1, None]}, 40) == '{"é": [1, null]}'
    assert shortened("é", 40, plain=True) == '"\\u00e9"'
    assert shortened("\x1b\u202e", 40) == '"\\u001b\\u202e"'
    assert shortened("x" * 50, 10) == '"xxxxxx...'


def test_secrets_leave_the_config_and_names_of_variables_stay() -> None:
    config = {"url": "http://u:p@h/v1?x=a@b", "api_key_env": "K", "max_tokens": 5, "headers": [{"X_API_Key": "s"}]}
    assert hidden(config) == {
        "url": "http://h/v1?x=a@b", "api_key_env": "K", "max_tokens": 5, "headers": [{"X_API_Key": "hidden"}],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["wandb", "none"])
def test_every_tracking_choice_is_typed_by_its_tracker_and_can_be_made(name: str) -> None:
    config = compose([f"tracking={name}", "tracking.tags=[1]"]).tracking
    assert (config.name, list(config.tags)) == (name, ["1"])
    assert locate(config._target_)(config)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("tracking.projct=x", "tracking.projct: no such key; did you mean tracking.project?"),
        ("tracking.mode=away", "tracking.mode must be offline or online or disabled, got 'away'"),
        ("tracking.project=[1]", "Cannot convert 'ListConfig' to string: '[1]' full_key: tracking.project"),
    ],
)
def test_a_wrong_key_of_the_tracker_is_refused_in_one_line(override: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([override])
    assert str(caught.value) == says


OWN = """
import json
from dataclasses import dataclass
from bargain.config.schema import TrackingConfig

@dataclass
class NotebookConfig(TrackingConfig):
    page: str = ""
    every: int = 1

    def __post_init__(self):
        if self.every < 1:
            raise ValueError(f"tracking.every must be at least 1, got {self.every}")

class Notebook:
    options = NotebookConfig

    def __init__(self, config):
        self.config, self.seen = config, []

    def start(self, run_dir, config, info):
        self.file = run_dir / self.config.page
        self.seen.append(["start", info.id, config["tracking"]["every"], list(info.tags)[-2:]])

    def progress(self, metrics):
        pass

    def game(self, game):
        self.seen.append(["game", game.game, self.config.every])

    def finish(self, summary, files):
        self.file.write_text(json.dumps([*self.seen, ["finish", summary["state"], [each.name for each in files]]]))

    def fail(self, reason):
        pass
"""


def test_a_tracker_of_ones_own_is_one_class_and_one_yaml(tmp_path: Path) -> None:
    (tmp_path / "mine" / "tracking").mkdir(parents=True)
    (tmp_path / "mine" / "tracking" / "notebook.yaml").write_text(
        "_target_: own_tracker.Notebook\nname: notebook\npage: page.json\nevery: 2\n"
    )
    (tmp_path / "own_tracker.py").write_text(OWN)
    env = environment(PYTHONPATH=str(tmp_path))
    run = ["--config-dir", "mine", "game=simple", "n_games=2", "tracking=notebook", "allow_targets=[own_tracker]"]
    for override, says in (("tracking.every=0", "tracking.every must be at least 1, got 0"),
                           ("tracking.pge=x", "tracking.pge: no such key; did you mean tracking.page?")):  # fmt: skip
        refused = bargain(*run, override, cwd=tmp_path, env=env)
        assert (refused.returncode, refused.stderr.strip()) == (2, f"bargain: {says}")
    done = bargain(*run, "tracking.every=3", "tracking.tags=[mine]", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    seen = json.loads((only_run(tmp_path) / "page.json").read_text())
    assert [each[0] for each in seen] == ["start", "game", "game", "finish"]
    assert seen[0][2:] == [3, ["mine", "simulated"]]
    assert seen[1] == ["game", 0, 3]
    assert seen[-1] == ["finish", "finished", ["games.jsonl", "summary.json"]]
    sent = track(only_run(tmp_path))
    assert sent.returncode == 1
    assert "its tracker is own_tracker.Notebook, to which nothing can be sent later" in sent.stderr
    assert not (only_run(tmp_path) / "wandb").exists()


def test_a_cells_name_says_what_varies_and_its_config_the_command_and_the_commit(tmp_path: Path) -> None:
    sweep = tmp_path / "1-sweep"
    sweep.mkdir()
    write_json(sweep / "sweep.json", {"state": "running"})
    texts = {
        "overrides": json.dumps(["engine@seller.engine=gpt-4o", "seed=1", "n_games=9"]),
        "sweep": json.dumps(["engine@seller.engine=gpt-4o,o3", "seed=1,2", "n_games=9"]),
        "git": "0123abc+",
    }
    info = run_info(sweep / "0", CONFIG, simulated=False, texts=texts)
    assert info.name == "seller=gpt-4o, seed=1, 1-sweep/0"
    message = start_message(sweep / "0", CONFIG, info, WandbConfig(), mode="offline", resume=False, finish_s=1.0)
    assert message["config"]["command"] == "bargain -m engine@seller.engine=gpt-4o,o3 seed=1,2 n_games=9"
    assert message["config"]["commit"] == "0123abc+"
