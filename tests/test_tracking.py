"""Tracking: what W&B shows of a run is read back from disk, and a run never notices when W&B is ill or away."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from bargain.config import locate
from bargain.records import Feedback, Game, Round, Turn
from bargain.rundir import write_json
from bargain.schema import TrackingConfig
from bargain.store import game_to_json
from bargain.tracking.base import RunInfo, run_info
from bargain.tracking.none import NoTracker
from bargain.tracking.shown import clean, rows, without_secrets
from bargain.tracking.wandb import WandbTracker

ROOT = Path(__file__).resolve().parent.parent
CONFIG: dict[str, Any] = {
    "seed": 7,
    "scoring": "strict",
    "game": {"name": "criticize_seller"},
    "item": {"name": "balloon"},
    "moderator": {"name": "yes_no", "engine": {"name": "gpt-3.5-turbo"}},
    "feedback": {"name": "ai"},
    "memory": {"name": "full"},
    "seller": {"engine": {"name": "claude-instant", "api_key_env": "MY_MODEL_KEY", "temperature": 0.5}},
    "buyer": {"engine": {"name": "gpt-3.5-turbo", "base_url": "https://me:PASSSENTINEL@models.test/v1"}},
    "critic": {"engine": {"name": "claude-instant", "options": {"authorization": "HEADERSENTINEL"}}},
    "prompt": {role: {"version": "v1"} for role in ("seller", "buyer", "critic", "moderator")},
    "tracking": {"project": "bargain", "mode": "offline", "tags": ["mine"]},
}
SUMMARY: dict[str, Any] = {
    "state": "finished",
    "simulated": True,
    "identity": "0123456789abcdef",
    "n_games": 3,
    "games": {"finished": 3, "error": 1, "planned": 3},
    "rounds": [
        {"round": 1, "arm": "", "games": 3, "deals": 3, "deal_rate": 1.0, "mean_price": 14.0, "price_low": 13.0}
        | {"price_high": 15.0, "mean_change": None, "outcomes": {"deal": 3}},
        {"round": 2, "arm": "", "games": 3, "deals": 2, "deal_rate": 2 / 3, "mean_price": 15.5, "price_low": 15.0}
        | {"price_high": 16.0, "mean_change": 1.5, "outcomes": {"deal": 2, "no_deal": 1}},
        {"round": 3, "arm": "human", "games": 3, "deals": 2, "deal_rate": 2 / 3, "mean_price": 16.5},
    ],
    "tokens": {"input": 1200, "output": 340},
    "cost_usd": 0.25,
    "calls": {"made": 42},
    "wall_s": 3.5,
}


def played(number: int, *, feedback: str = "Hold firm.") -> Game:
    turns = (
        Turn("seller", "I want $20.\nBuyer: I accept", 20.0),
        Turn("buyer", '=HYPERLINK("http://x.test") \x1b[31mred\x1b[0m\x07\u202e <script>', 10.0),
    )
    told = (Feedback("seller", "ai", f"{feedback} ({number})", f"Understood. ({number})"),)
    first = Round(1, "", "deal", 14.0 + number, turns, legacy_price=20.0)
    return Game(number, "deal", (first, Round(2, "", "deal", 15.5, turns, feedback=told)), simulated=True)


def make_run(path: Path, games: list[Game] | None = None) -> Path:
    """A finished run's directory as the runner leaves it, without W&B."""
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra" / "config.yaml").write_text(OmegaConf.to_yaml(CONFIG))
    games = [played(number) for number in range(3)] if games is None else games
    (path / "games.jsonl").write_text("".join(game_to_json(game) + "\n" for game in games))
    write_json(path / "summary.json", SUMMARY)
    return path


def unfinished(run_dir: Path) -> Path:
    (run_dir / "summary.json").unlink()
    return run_dir


def info_of(run_dir: Path) -> RunInfo:
    return run_info(run_dir, CONFIG, simulated=True)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "bargain.tracking")
    return lambda: [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


class ReadBack:
    """An offline run as `wandb leet inspect` reads it from disk."""

    def __init__(self, file: Path) -> None:
        command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()
        self.records = [json.loads(line) for line in lines]
        self.run: dict[str, Any] = next(self._of("run"))
        self.config = self.run["config"]["update"]
        self.history = [record["item"] for record in self._of("history")]
        self.artifacts = {artifact["name"]: artifact for artifact in self._of("artifact")}
        self.exit_codes = [record.get("exit_code", 0) for record in self._of("exit")]
        self.summary: dict[str, Any] = {}
        for record in self._of("summary"):
            self.summary.update(record["update"])

    def _of(self, kind: str) -> Iterator[dict[str, Any]]:
        return (record[kind] for record in self.records if record["type"] == kind)


def runs_of(run_dir: Path) -> list[Path]:
    return sorted(run_dir.glob("wandb/offline-run-*/run-*.wandb"))


def table_of(run_dir: Path) -> list[dict[str, Any]]:
    (file,) = run_dir.glob("wandb/offline-run-*/files/media/table/*.table.json")
    table = json.loads(file.read_text())
    return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def wandb_cores(parent: int) -> list[int]:
    """The wandb-core processes below this process, from /proc."""
    parents: dict[int, int] = {}
    cores = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if b"wandb-core" in (path / "cmdline").read_bytes():
                cores.append(int(path.name))
        except (OSError, ValueError):
            continue

    def below(pid: int) -> bool:
        return pid == parent or (pid in parents and below(parents[pid]))

    return [pid for pid in cores if below(pid)]


def eventually(true: Callable[[], Any], within_s: float = 10.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (value := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def test_an_offline_run_shows_every_price_every_feedback_and_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("MY_MODEL_KEY", "KEYSENTINEL")
    sweep = tmp_path / "2026-11-23" / "10-00-00-sweep"
    sweep.mkdir(parents=True)
    write_json(sweep / "sweep.json", {"state": "running"})
    run_dir = unfinished(make_run(sweep / "4"))
    tracker = WandbTracker(TrackingConfig(tags=["mine"]))
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

    written = b"".join(path.read_bytes() for path in (run_dir / "wandb").rglob("*") if path.is_file())
    for secret in ("KEYSENTINEL", "PASSSENTINEL", "HEADERSENTINEL"):
        assert secret.encode() not in written
    assert shown.run.get("host", "") != socket.gethostname()
    assert not list((tmp_path / "home").rglob("*")), "everything W&B writes lies in the run directory"


def test_a_service_that_is_killed_mid_run_costs_one_warning(tmp_path: Path, warnings: Callable[[], list[str]]) -> None:
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(TrackingConfig())
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    tracker.progress({"games_done": 1.0})
    (core,) = eventually(lambda: wandb_cores(os.getpid()))
    eventually(lambda: runs_of(run_dir))
    os.kill(core, signal.SIGKILL)
    for done in range(100):
        tracker.progress({"games_done": float(done)})
    started = time.monotonic()
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    assert time.monotonic() - started < 5
    (warning,) = warnings()
    assert warning.startswith("W&B: ")
    assert warning.endswith(f"bargain-track {run_dir}")


def test_a_service_that_stops_answering_is_given_up_in_time(tmp_path: Path, warnings: Callable[[], list[str]]) -> None:
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(TrackingConfig(), finish_s=2.0)
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    (core,) = eventually(lambda: wandb_cores(os.getpid()))
    eventually(lambda: runs_of(run_dir))
    os.kill(core, signal.SIGSTOP)
    try:
        started = time.monotonic()
        tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
        assert time.monotonic() - started < 4
    finally:
        os.kill(core, signal.SIGKILL)
    assert len(warnings()) == 1


def fake_wandb(tmp_path: Path, code: str) -> Path:
    """A directory with a package `wandb` of our own, to be put before the real one."""
    package = tmp_path / "fake" / "wandb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(code))
    return package.parent


PLAY = """
import json, logging, sys, time
from pathlib import Path
from bargain.schema import TrackingConfig
from bargain.tracking.base import RunInfo
from bargain.tracking.wandb import WandbTracker

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
run_dir = Path(sys.argv[1])
began = time.monotonic()
tracker = WandbTracker(TrackingConfig(), finish_s=2.0)
tracker.start(run_dir, {}, RunInfo("abc123", "a run", None, ("game=simple",), True))
for done in range(5000):
    tracker.progress({"games_done": float(done), "deal_rate": 0.5})
print("played", time.monotonic() - began, flush=True)
exec(sys.argv[2])
print("over", time.monotonic() - began, flush=True)
"""
FINISH = 'tracker.finish({"state": "finished"}, [run_dir / "games.jsonl"])'


def play_in_a_process(run_dir: Path, end: str, before: Path | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(each) for each in (before, ROOT) if each)
    return subprocess.run(
        [sys.executable, "-c", PLAY, str(run_dir), end],
        capture_output=True, text=True, timeout=30, env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ModuleNotFoundError(\"No module named 'wandb'\", name='wandb')", "not installed"),
        ("import time; time.sleep(60)", "did not finish within 2 s"),
        ("def Settings(**k): pass\ndef init(**k): raise RuntimeError('no\\nluck')", "RuntimeError: no luck"),
        ("def Settings(**k): pass\ndef init(**k): import time; time.sleep(60)", "did not finish within 2 s"),
        ("import os; os._exit(3)", "exit code 3"),
        ("print('chatter'); import sys; sys.exit(4)", "exit code 4"),
    ],
    ids=["not installed", "import hangs", "init raises", "init hangs", "import dies", "import exits"],
)
def test_a_run_without_a_working_wandb_ends_in_time_with_one_warning(tmp_path: Path, code: str, reason: str) -> None:
    run_dir = make_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    result = play_in_a_process(run_dir, FINISH, fake_wandb(tmp_path, code))
    assert result.returncode == 0
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("WARNING W&B: ")
    assert reason in warning
    times = {line.split()[0]: float(line.split()[1]) for line in result.stdout.splitlines()}
    assert times["played"] < 1.5, "telling never waits"
    assert times["over"] < 5
    assert {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()} == before


def test_online_without_a_key_neither_prompts_nor_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(TrackingConfig(mode="offline"))
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    started = time.monotonic()
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    assert time.monotonic() - started < 10
    (warning,) = warnings()
    assert "No API key" in warning


def test_wandb_mode_disabled_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    run_dir = make_run(tmp_path / "run")
    for tracker in (WandbTracker(TrackingConfig(mode="online")), NoTracker(TrackingConfig())):
        tracker.start(run_dir, CONFIG, info_of(run_dir))
        tracker.progress({"games_done": 1.0})
        tracker.finish(SUMMARY, [])
        tracker.fail("never")
    assert not (run_dir / "wandb").exists()


@pytest.mark.parametrize("end", ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "tracker.fail('Ctrl-C')"])
def test_a_run_that_is_killed_or_paused_leaves_a_closed_wandb_run_and_no_process(tmp_path: Path, end: str) -> None:
    run_dir = make_run(tmp_path / "run")
    write_json(run_dir / "summary.json", {"state": "paused", "n_games": 3})
    result = play_in_a_process(run_dir, end)
    if "fail" in end:
        times = {line.split()[0]: float(line.split()[1]) for line in result.stdout.splitlines()}
        assert times["over"] - times["played"] < 0.9, "Ctrl-C must not wait for W&B"
        assert result.stderr == ""

    def closed() -> ReadBack | None:
        for file in runs_of(run_dir):
            shown = ReadBack(file)
            return shown if shown.exit_codes else None
        return None

    shown = eventually(closed, 15)
    assert shown.exit_codes == [1]
    assert shown.summary["reason"] == ("Ctrl-C" if "fail" in end else "the run ended without a word")
    assert shown.summary["state"] == ("paused" if "fail" in end else "failed")
    marker = str(run_dir).encode()
    assert eventually(lambda: not any(marker in _environment(path) for path in Path("/proc").glob("[0-9]*")), 5)


def _environment(path: Path) -> bytes:
    try:
        return (path / "environ").read_bytes()
    except OSError:
        return b""


def track(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bargain.tracking.send", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, cwd=ROOT)


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
    assert f"run-{info_of(moved).id}.wandb" == files[0].name, "a moved directory keeps its W&B run"


def test_bargain_track_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    no_summary = unfinished(make_run(tmp_path / "no_summary"))
    broken = make_run(tmp_path / "broken")
    (broken / "games.jsonl").write_text(game_to_json(played(0)) + '\n{"game": 1}\n')
    no_games = make_run(tmp_path / "no_games")
    (no_games / "games.jsonl").unlink()
    result = track(empty, no_summary, broken, no_games, "--mode", "offline")
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 4
    for line, words in zip(
        lines, ("no run here", "summary.json", "games.jsonl, line 2", "no games.jsonl"), strict=True
    ):
        assert words in line
    result = track(make_run(tmp_path / "good"))
    assert result.returncode == 1
    assert "No API key" in result.stderr, "it sends online unless told otherwise, and never prompts"


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
    rules = run_info(Path("/x"), {**CONFIG, "moderator": {"name": "rules"}}, simulated=False)
    assert not any(tag.startswith("engine@moderator") or tag == "simulated" for tag in rules.tags)
    odd = run_info(Path("/x"), {"game": 3, "seller": None}, simulated=False, tags=["", "t" * 200])
    assert odd.tags == ("t" * 64,)


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
    assert clean("a\x1b]0;title\x07b\x1b[2Jc\x00\x9bd\ud800\te\r\nf") == "abcd\te\nf"
    assert clean("=1+1 €5 “ok” 你好") == "=1+1 €5 “ok” 你好"


def test_secrets_leave_the_config_and_names_of_variables_stay() -> None:
    config = {"url": "http://u:p@h/v1?x=a@b", "api_key_env": "K", "max_tokens": 5, "headers": [{"X_API_Key": "s"}]}
    assert without_secrets(config) == {
        "url": "http://h/v1?x=a@b", "api_key_env": "K", "max_tokens": 5, "headers": [{"X_API_Key": "hidden"}],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["wandb", "none"])
def test_every_tracking_choice_fits_the_schema_and_can_be_made(name: str) -> None:
    choice = OmegaConf.load(ROOT / "conf" / "tracking" / f"{name}.yaml")
    config = OmegaConf.merge(OmegaConf.structured(TrackingConfig), choice)
    assert config.name == name
    assert locate(config._target_)(config)
