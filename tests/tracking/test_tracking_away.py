"""W&B away, ill or slow: the run is complete, is told nothing but one warning, and ends without waiting for it.

How many seconds that takes is measured by benchmarks/stopping.py. Here what hangs does so for an hour.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bargain.rundir.directory import write_json
from bargain.rundir.record import read_record
from bargain.tracking.wandb import WandbConfig, WandbTracker
from tests.commands import AN_HOUR_S, BIN, PATIENCE_S, bargain, environment, only_run, python, summary_of, wait_for
from tests.tracked_run import (
    CONFIG,
    ROOT,
    SUMMARY,
    ReadBack,
    info_of,
    make_run,
    runs_of,
    wandb_cores,
)  # fmt: skip
from tests.wandb_server import WandbServer


def test_a_service_that_is_killed_mid_run_costs_one_warning(tmp_path: Path, warnings: Callable[[], list[str]]) -> None:
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(WandbConfig(), finish_s=AN_HOUR_S)
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    tracker.progress({"games_done": 1.0})
    (core,) = wait_for(lambda: wandb_cores(os.getpid()), "W&B's service starts")
    wait_for(lambda: runs_of(run_dir), "the W&B run begins")
    os.kill(core, signal.SIGKILL)
    for done in range(100):
        tracker.progress({"games_done": float(done)})
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    (warning,) = warnings()
    assert warning.startswith("W&B: ")
    assert warning.endswith(f"bargain-track {run_dir}")


def test_a_service_that_stops_answering_is_given_up_in_time(tmp_path: Path, warnings: Callable[[], list[str]]) -> None:
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(WandbConfig(), finish_s=2.0)
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    (core,) = wait_for(lambda: wandb_cores(os.getpid()), "W&B's service starts")
    wait_for(lambda: runs_of(run_dir), "the W&B run begins")
    os.kill(core, signal.SIGSTOP)
    try:
        tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    finally:
        os.kill(core, signal.SIGKILL)
    (warning,) = warnings()
    assert "did not finish within 2 s" in warning


def fake_wandb(tmp_path: Path, code: str) -> Path:
    """A directory with a package `wandb` of our own, to be put before the real one."""
    package = tmp_path / "fake" / "wandb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(code))
    return package.parent


PLAY = """
import json, logging, sys
from pathlib import Path
from bargain.tracking.base import RunInfo
from bargain.tracking.wandb import WandbConfig, WandbTracker

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
run_dir = Path(sys.argv[1])
tracker = WandbTracker(WandbConfig(), finish_s=float(sys.argv[3]))
tracker.start(run_dir, {}, RunInfo("abc123", "a run", None, ("game=simple",), True))
for done in range(5000):
    tracker.progress({"games_done": float(done), "deal_rate": 0.5})
print("played", flush=True)
exec(sys.argv[2])
print("over", flush=True)
"""
FINISH = 'tracker.finish({"state": "finished"}, [run_dir / "games.jsonl"])'
HANGS = f"import time; time.sleep({AN_HOUR_S})"
INIT = "def Settings(**k): pass\ndef init(**k): "


def play_in_a_process(
    run_dir: Path, end: str, before: Path | None = None, finish_s: float = AN_HOUR_S
) -> subprocess.CompletedProcess[str]:
    """A tracked run that ends so. It tells so much that it would never end if telling waited for who does not read."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(each) for each in (before, ROOT) if each)}
    return subprocess.run(
        [sys.executable, "-c", PLAY, str(run_dir), end, str(finish_s)],
        capture_output=True, text=True, timeout=PATIENCE_S, env=env, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ModuleNotFoundError(\"No module named 'wandb'\", name='wandb')", "not installed"),
        (HANGS, "did not finish within 2 s"),
        (INIT + "raise RuntimeError('no\\nluck')", "RuntimeError: no luck"),
        (INIT + HANGS, "did not finish within 2 s"),
        ("import os; os._exit(3)", "exit code 3"),
        ("print('chatter'); import sys; sys.exit(4)", "exit code 4"),
    ],
    ids=["not installed", "import hangs", "init raises", "init hangs", "import dies", "import exits"],
)
def test_a_run_without_a_working_wandb_ends_in_time_with_one_warning(tmp_path: Path, code: str, reason: str) -> None:
    run_dir = make_run(tmp_path / "run")
    before = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    patience_s = 2.0 if HANGS in code else AN_HOUR_S
    result = play_in_a_process(run_dir, FINISH, fake_wandb(tmp_path, code), patience_s)
    assert result.returncode == 0
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("WARNING W&B: ")
    assert reason in warning
    assert result.stdout.split() == ["played", "over"]
    assert {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("code", [HANGS, INIT + HANGS], ids=["import hangs", "init hangs"])
def test_an_interrupted_run_waits_for_no_wandb_that_hangs_and_says_nothing_of_it(tmp_path: Path, code: str) -> None:
    result = play_in_a_process(make_run(tmp_path / "run"), "tracker.fail('Ctrl-C')", fake_wandb(tmp_path, code))
    assert (result.returncode, result.stdout.split(), result.stderr) == (0, ["played", "over"], "")


def test_online_without_a_key_neither_prompts_nor_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(WandbConfig(mode="offline"), finish_s=AN_HOUR_S)
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    (warning,) = warnings()
    assert "No API key" in warning


def test_a_settings_file_in_the_working_directory_does_not_say_to_whom_the_key_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WandbServer() as ours, WandbServer() as strangers:
        for folder, server in ((tmp_path / "user", ours), (tmp_path / "here" / "wandb", strangers)):
            folder.mkdir(parents=True)
            (folder / "settings").write_text(f"[default]\nbase_url = {server.url}\n")
        monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "user"))
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        monkeypatch.chdir(tmp_path / "here")
        tracker = WandbTracker(WandbConfig(mode="online"), finish_s=AN_HOUR_S)
        run_dir = make_run(tmp_path / "run")
        tracker.start(run_dir, CONFIG, info_of(run_dir))
        tracker.finish(SUMMARY, [])
    assert ours.exit_codes == [0]
    assert not strangers.asked


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as running:
        monkeypatch.setenv("WANDB_BASE_URL", running.url)
        monkeypatch.setenv("WANDB_API_KEY", "keysentinel" * 4)
        yield running


def test_an_online_run_arrives_at_the_server_and_says_where(
    tmp_path: Path, server: WandbServer, caplog: pytest.LogCaptureFixture, warnings: Callable[[], list[str]]
) -> None:
    run_dir = make_run(tmp_path / "run")
    info = info_of(run_dir)
    tracker = WandbTracker(WandbConfig(mode="online"), finish_s=AN_HOUR_S)
    tracker.start(run_dir, CONFIG, info)
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    assert warnings() == []
    assert f"W&B: {server.url}/me/bargain/runs/{info.id}" in caplog.messages
    assert [item["by_round/mean_price"] for item in server.history if "by_round/mean_price" in item] == [14.0, 15.5]
    (table,) = (body for path, body in server.uploads.items() if path.endswith(".table.json"))
    assert all(f"Hold firm. ({game})".encode() in table for game in range(3))
    assert set(server.artifacts) == {f"run-{info.id}-dialogues", f"run-{info.id}-transcript"}
    assert server.exit_codes == [0]
    written = b"".join(path.read_bytes() for path in (run_dir / "wandb").rglob("*") if path.is_file())
    assert b"keysentinel" not in written


@pytest.mark.long
def test_a_server_that_falls_silent_costs_one_warning(
    tmp_path: Path, server: WandbServer, caplog: pytest.LogCaptureFixture, warnings: Callable[[], list[str]]
) -> None:
    run_dir = make_run(tmp_path / "run")
    tracker = WandbTracker(WandbConfig(mode="online"), finish_s=4.0)
    tracker.start(run_dir, CONFIG, info_of(run_dir))
    wait_for(lambda: caplog.messages, "it has started")
    server.silent = True
    tracker.finish(SUMMARY, [run_dir / "games.jsonl"])
    assert len(warnings()) == 1


KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
PAUSED = f"import bargain.tracking.wandb as ours; ours.FAIL_S = {AN_HOUR_S}; tracker.fail('Ctrl-C')"
"""A busy machine may take longer to hand the reason over than a run that is interrupted waits."""


@pytest.mark.long
@pytest.mark.parametrize("end", [KILLED, PAUSED], ids=["killed", "paused"])
def test_a_run_that_is_killed_or_paused_leaves_a_closed_wandb_run_and_no_process(tmp_path: Path, end: str) -> None:
    run_dir = make_run(tmp_path / "run")
    write_json(run_dir / "summary.json", {"state": "paused", "n_games": 3})
    result = play_in_a_process(run_dir, end)
    if end == PAUSED:
        assert result.stderr == ""

    marker = str(run_dir).encode()
    wait_for(
        lambda: not any(marker in _environment(path) for path in Path("/proc").glob("[0-9]*")), "its processes end"
    )
    (file,) = runs_of(run_dir)
    shown = ReadBack(file)
    assert shown.exit_codes == [1]
    assert shown.summary["reason"] == ("Ctrl-C" if end == PAUSED else "the run ended without a word")
    assert shown.summary["state"] == ("paused" if end == PAUSED else "failed")


def _environment(path: Path) -> bytes:
    try:
        return (path / "environ").read_bytes()
    except OSError:
        return b""


PATIENT = """
from bargain.tracking.wandb import WandbTracker

class Patient(WandbTracker):
    def __init__(self, config):
        super().__init__(config, finish_s=FINISH_S)
"""
DIES = """
import os
def Settings(**settings): pass
class init:
    url = None
    def __init__(self, **settings): pass
    def define_metric(self, *names, **settings): pass
    def log(self, values): os._exit(7)
"""
AWAY = {
    "not installed": ("raise ModuleNotFoundError(\"No module named 'wandb'\", name='wandb')", "is not installed"),
    "dies mid-run": (DIES, "exit code 7"),
}


@pytest.fixture(scope="module")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The games of the same run with tracking=none."""
    folder = tmp_path_factory.mktemp("untracked")
    assert bargain("game=simple", "n_games=4", "tracking=none", cwd=folder).returncode == 0
    return (only_run(folder) / "games.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.parametrize(("code", "reason"), AWAY.values(), ids=AWAY.keys())
def test_the_command_ends_as_if_wandb_had_never_been_meant_and_bargain_track_sends_it_later(
    tmp_path: Path, untracked: bytes, code: str, reason: str
) -> None:
    fake = fake_wandb(tmp_path, code)
    (fake / "patient.py").write_text(PATIENT.replace("FINISH_S", str(AN_HOUR_S)))
    env = environment(PYTHONPATH=str(fake), HOME=str(tmp_path / "home"))
    game = ["game=simple", "n_games=4"]
    done = bargain(*game, "tracking._target_=patient.Patient", "allow_targets=[patient]", cwd=tmp_path, env=env)
    assert done.returncode == 0
    run = only_run(tmp_path)
    (warning,) = done.stderr.splitlines()
    assert warning.startswith("bargain: W&B: ")
    assert reason in warning
    assert warning.endswith(f"send it later with: bargain-track {run}")
    assert summary_of(run)["state"] == "finished"
    assert (run / "games.jsonl").read_bytes() == untracked
    if "installed" in reason:
        sent = bargain(str(run), "--mode", "offline", cwd=tmp_path, command="bargain-track")
        assert sent.returncode == 0, sent.stderr
        (file,) = runs_of(run)
        assert ReadBack(file).exit_codes == [0]


def test_under_a_sweeps_agent_a_run_is_the_agents_own_online_and_with_its_parameters(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    parameters = tmp_path / "wandb" / "sweep-s1" / "config-r7.yaml"
    parameters.parent.mkdir(parents=True)
    parameters.write_text("item.cost:\n  value: 7\n")
    monkeypatch.chdir(tmp_path)
    given = {"SWEEP_ID": "s1", "RUN_ID": "r7", "SWEEP_PARAM_PATH": "wandb/sweep-s1/config-r7.yaml", "PROJECT": "p"}
    for name, value in given.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    tracker = WandbTracker(WandbConfig(), finish_s=AN_HOUR_S)
    tracker.start(make_run(tmp_path / "run"), CONFIG, info_of(tmp_path / "run"))
    tracker.finish({**SUMMARY, "objective": 4.5}, [])
    assert warnings() == []
    begun = server.runs[0]
    assert (begun["sweep"], begun["name"], begun["project"]) == ("s1", "r7", "p")
    assert '"item.cost":{"value":7}' in begun["config"].replace(" ", "")
    assert server.summary["objective"] == 4.5
    assert server.exit_codes == [0]


AGENT = """
import wandb
from wandb.wandb_agent import Agent
Agent.POLL_INTERVAL = 0.2  # not 5 s
wandb.agent("me/bargain/s1", count=1)
"""


@pytest.mark.long
def test_wandbs_own_agent_has_bargain_play_what_its_server_chooses_and_hear_its_objective(
    tmp_path: Path, server: WandbServer
) -> None:
    server.sweep = 'program: bargain\ncommand: [bargain, "${args_no_hyphens}", n_games=2]\n'
    chosen = {"item.cost": {"value": 7}, "engine@buyer.engine": {"value": "simulated-firm"}}
    server.commands = [{"type": "run", "program": "bargain", "run_id": "r7", "args": chosen}]
    known = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": os.environ["WANDB_API_KEY"]}
    env = environment(**known, PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    python(AGENT, cwd=tmp_path, env=env)
    run = only_run(tmp_path)
    recorded = read_record(run)
    assert recorded is not None
    assert ("cost: 7" in recorded.config, "name: simulated-firm" in recorded.config) == (True, True)
    begun = server.runs[0]
    assert (begun["sweep"], begun["name"], begun["project"]) == ("s1", "r7", "bargain")
    assert '"item.cost":{"value":7}' in begun["config"].replace(" ", "")
    assert server.summary["objective"] == summary_of(run)["rounds"][-1]["mean_price"] - 7
    assert server.exit_codes == [0]
