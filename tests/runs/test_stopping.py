"""Stopping and going on: Ctrl-C, SIGTERM, errors that nobody foresaw, and failed games that are played again.

How many seconds a stop takes is measured by benchmarks/stopping.py. Here whatever must not be waited for takes an hour.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import (
    AN_HOUR_S,
    Started,
    bargain,
    bargain_here,
    environment,
    games_of,
    only_run,
    summary_of,
    wait_for,
)
from tests.journaling import kinds_in, kinds_so_far
from tests.negotiator import Chat, haggle
from tests.servers import Call, Fault, Server

ENV = environment(OPENAI_API_KEY="sk-test")
PATIENT = {"bargain.runs.watching.DRAIN_S": AN_HOUR_S}
"""A run that waits for the replies in flight as long as it takes, where they must be seen to come home."""


def experiment(server: Server, *more: str) -> list[str]:
    """A run on one protocol; games differ by their prompt_cache_key."""
    return [
        "game=criticize_seller",
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        "game.n_rounds=2",
        "moderator=rules",
        *more,
    ]


def start(arguments: list[str], cwd: Path, patches: dict[str, float] | None = None) -> Started:
    return Started(arguments, cwd, ENV, patches=patches)


def wait_for_calls(server: Server, calls: int, process: Started) -> None:
    wait_for(lambda: server.count >= calls or process.returncode is not None, f"{calls} calls were made")
    assert process.returncode is None, process.communicate()


def stop(process: Started, how: int = signal.SIGINT) -> str:
    """Sends the signal and waits for the end; the stderr."""
    process.send_signal(how)
    return process.communicate()[1]


def hangs_from(first: int) -> Callable[[Call], Fault | None]:
    """A provider that answers nothing from this call on, for an hour each."""
    return lambda call: Fault(kind="hang", seconds=AN_HOUR_S) if call.index >= first else None


@pytest.mark.long
@pytest.mark.parametrize(("how", "code", "tracking"), [(signal.SIGINT, 130, "none"), (signal.SIGTERM, 143, "wandb")])
def test_a_signal_pauses_the_run_and_keeps_the_replies_that_are_about_to_come(
    how: int, code: int, tracking: str, tmp_path: Path
) -> None:
    with Server(haggle, latency_s=0.15) as server:
        process = start(experiment(server, "n_games=32", f"tracking={tracking}"), tmp_path, PATIENT)
        wait_for_calls(server, 100, process)
        said = stop(process, how)

    assert process.returncode == code
    run = only_run(tmp_path)
    assert said.strip().splitlines()[-1].endswith(f"what was paid is kept, go on with: bargain resume={run}")
    assert "Traceback" not in said
    assert kinds_in(run) == ["reply"] * server.count
    assert summary_of(run)["state"] == "paused"


@pytest.mark.long
def test_a_signal_does_not_wait_for_a_provider_that_hangs_and_its_calls_are_on_record(tmp_path: Path) -> None:
    with Server(haggle, fault=hangs_from(40)) as server:
        arguments = experiment(server, "n_games=16", "tracking=none", "limits.max_concurrent_games=8")
        process = start(arguments, tmp_path)
        wait_for_calls(server, 48, process)  # every game that plays
        wait_for(lambda: kinds_so_far(tmp_path).count("reply") == 40, "the replies are on record")
        stop(process)

        run = only_run(tmp_path)
        kinds = kinds_in(run)
        assert kinds.count("reply") == 40
        assert kinds.count("open") == server.count - 40 == 8
        before = (run / "summary.json").read_bytes()
        replay = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())
        assert replay.returncode == 1
        assert "holds no reply for game" in replay.stderr
        assert (run / "summary.json").read_bytes() == before, "a replay that fails leaves the run as it was"
        server.fault = None
        done = bargain_here(*arguments, cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
        calls = summary_of(run)["calls"]
        assert calls["open_intents"] == calls["reissued"] == kinds.count("open")
        assert calls["from_journal"] == 40


@pytest.mark.long
@pytest.mark.parametrize("sign", ["outputs", "outputs/*/*/journal.lock", "outputs/*/*/journal.sqlite"])
def test_ctrl_c_before_the_first_reply_is_one_line_and_no_traceback(sign: str, tmp_path: Path) -> None:
    with Server(haggle, fault=hangs_from(0)) as server:
        process = start(experiment(server, "n_games=64", "tracking=none"), tmp_path)
        wait_for(lambda: any(tmp_path.glob(sign)), f"the command makes {sign}")
        said = stop(process)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_ctrl_c_that_somebodys_import_swallows_still_stops_the_run(tmp_path: Path) -> None:
    swallowing = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(10**9):
        pass
except:
    pass
from bargain.games.simple import play
"""
    (tmp_path / "swallowing.py").write_text(swallowing, encoding="utf-8")
    own = ["game=simple", "game._target_=swallowing.play", "allow_targets=[swallowing]"]
    done = bargain(*own, "n_games=1000", "tracking=none", cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path)))
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert len(games_of(only_run(tmp_path))) == 0


@pytest.mark.long
def test_a_finished_run_with_failed_games_plays_them_again_on_request_and_buys_nothing_else(tmp_path: Path) -> None:
    refusal = json.dumps({"error": {"message": "Sorry, not today."}}).encode()

    def refuse(call: Call) -> Fault | None:
        game = call.chat.key.rpartition("-")[2]
        late = sum(role == "assistant" for role, _ in call.chat.messages) > 2
        return Fault(400, {"content-type": "application/json"}, refusal) if game in ("2", "5") and late else None

    with Server(haggle) as server:
        arguments = experiment(server, "n_games=8", "tracking=none")
        (tmp_path / "calm").mkdir()
        assert bargain_here(*arguments, cwd=tmp_path / "calm", env=ENV).returncode == 0
        needed = server.count
        server.fault = refuse
        done = bargain_here(*arguments, cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
        run = only_run(tmp_path)
        failed = [game["game"] for game in games_of(run) if game["error"]]
        assert failed == [2, 5]
        before = server.count
        again = bargain_here(f"resume={run}", cwd=tmp_path, env=ENV)
        assert "already finished" in again.stdout
        assert server.count == before
        server.fault = None
        kept = summary_of(run)["calls"]["live"]
        retried = bargain_here(*arguments, "retry_failed=true", cwd=tmp_path, env=ENV)
        assert retried.returncode == 0, retried.stderr
        assert only_run(tmp_path) == run
        assert server.count - before == needed - kept
    assert (run / "games.jsonl").read_bytes() == (only_run(tmp_path / "calm") / "games.jsonl").read_bytes()
    assert summary_of(run)["games"]["error"] == 0
    replay = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())
    assert "byte for byte" in replay.stdout, replay.stderr


OWN_CODE = """
from collections import Counter
from pathlib import Path

async def play(table):
    if table.game == 3:
        raise ZeroDivisionError("a slip of the pen")
    await table.play(1)

class Tracker:
    def __init__(self, config):
        self.lines = open("told.txt", "a")
    def start(self, run_dir, config, info):
        self.tell("start")
    def progress(self, metrics): ...
    def game(self, game): ...
    def finish(self, summary, files):
        self.tell("finish")
    def fail(self, reason):
        self.tell("fail " + reason)
    def tell(self, line):
        self.lines.write(line + "\\n")
        self.lines.flush()
"""


def test_an_error_that_nobody_foresaw_is_told_to_the_tracker_and_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN_CODE)
    own = environment(OPENAI_API_KEY="sk-test", PYTHONPATH=".")
    arguments = ["game._target_=own.play", "tracking._target_=own.Tracker", "allow_targets=[own]"]
    with Server(haggle) as server:
        done = bargain(
            *experiment(server, *arguments, "n_games=6"),
            cwd=tmp_path,
            env=own,
        )

        assert done.returncode == 1
        assert (tmp_path / "told.txt").read_text().splitlines() == [
            "start",
            "fail ZeroDivisionError: a slip of the pen",
        ]
        run = only_run(tmp_path)
        assert summary_of(run)["state"] == "failed"
        assert "a slip of the pen" in summary_of(run)["problem"]
        paid = kinds_in(run).count("reply")
        (tmp_path / "own.py").write_text(OWN_CODE.replace("table.game == 3", "False"))
        again = bargain(
            f"resume={run}",
            "allow_targets=[own]",
            cwd=tmp_path,
            env=own,
        )
        assert again.returncode == 0, again.stderr
    assert summary_of(run)["calls"]["from_journal"] == paid
    assert len(games_of(run)) == 6


def test_ctrl_c_stops_the_embedded_negotiators_amid_a_million_games_too(tmp_path: Path) -> None:
    process = start(["n_games=1000000", "game.n_rounds=5", "tracking=none"], tmp_path)
    wait_for(lambda: any(each.stat().st_size for each in tmp_path.glob("outputs/*/*/games.jsonl")), "games are over")
    said = stop(process)
    assert process.returncode == 130, said
    run = only_run(tmp_path)
    assert summary_of(run)["games"]["finished"] == len(games_of(run)) > 0


@pytest.mark.long
def test_a_second_ctrl_c_ends_the_process_at_once(tmp_path: Path) -> None:
    with Server(haggle, fault=hangs_from(50)) as server:
        process = start(experiment(server, "n_games=16", "tracking=none"), tmp_path, PATIENT)
        wait_for_calls(server, 60, process)
        process.send_signal(signal.SIGINT)  # this one alone would wait for an hour and end with 130
        while process.returncode is None:  # signals that follow too closely are one
            process.send_signal(signal.SIGINT)
            process.join(1.0)
        process.communicate()
        assert process.returncode == -signal.SIGINT
        server.fault = None
        done = bargain_here(*experiment(server, "n_games=16", "tracking=none"), cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_a_changed_config_on_resume_is_refused_with_the_keys_that_differ_and_limits_may_change(tmp_path: Path) -> None:
    with Server(haggle, fault=hangs_from(60)) as server:
        there = ["hydra.run.dir=here", "n_games=16", "tracking=none"]
        process = start(experiment(server, *there), tmp_path)
        wait_for_calls(server, 70, process)
        stop(process)
        before, server.fault = server.count, None
        other = ["seed=3", "game.n_rounds=1", "seller.engine.temperature=0.5", "limits.max_tries=3"]
        refused = bargain_here(*experiment(server, *there, *other), cwd=tmp_path, env=ENV)
        assert refused.returncode == 2
        (line,) = refused.stderr.strip().splitlines()
        assert "seed was 0, is 3; game.n_rounds was 2, is 1; seller.engine.temperature was " in line
        assert "limits" not in line
        assert "prompt" not in line
        assert server.count == before
        slower = ["limits.max_tries=3", "seller.engine.max_concurrency=4", "buyer.engine.requests_per_minute=9000"]
        done = bargain_here(*experiment(server, *there, *slower), cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
        assert summary_of(tmp_path / "here")["calls"]["from_journal"] > 0
        refused = bargain_here("resume=here", "seller.engine.temperature=0.5", cwd=tmp_path, env=ENV)
        assert refused.returncode == 2
        assert "a resumed run keeps its config" in refused.stderr
        again = bargain_here("resume=here", "seller.engine.max_concurrency=2", cwd=tmp_path, env=ENV)
        assert again.returncode == 0, again.stderr


@pytest.mark.long
def test_limits_changed_on_resume_hold_from_then_on_so_that_a_replay_knows_them(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    def reply(chat: Chat) -> str:
        asked[f"{chat.key} {chat.messages}"] += 1
        return "" if chat.key.endswith("-3") and asked[f"{chat.key} {chat.messages}"] < 3 else haggle(chat)

    with Server(reply, fault=hangs_from(60)) as server:
        process = start(experiment(server, "n_games=16", "tracking=none", "limits.max_asks=2"), tmp_path)
        wait_for_calls(server, 70, process)
        stop(process)
        server.fault = None
        run = only_run(tmp_path)
        done = bargain_here(f"resume={run}", "limits.max_asks=4", cwd=tmp_path, env=ENV)
        assert done.returncode == 0, done.stderr
    assert summary_of(run)["games"]["error"] == 0
    replay = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())
    assert replay.returncode == 0, replay.stderr
    assert "byte for byte" in replay.stdout


@pytest.mark.long
@pytest.mark.parametrize("what", ["renamed", "removed", "held"])
def test_a_run_directory_that_is_taken_away_while_it_plays_is_one_line(what: str, tmp_path: Path) -> None:
    with Server(haggle, latency_s=0.02) as server:
        patches = {"bargain.journal.journal.BUSY_MS": 100}
        process = start(experiment(server, "n_games=5000", "tracking=none"), tmp_path, patches)
        wait_for_calls(server, 100, process)
        run = only_run(tmp_path)
        if what == "renamed":
            run.rename(tmp_path / "elsewhere")
        elif what == "removed":
            shutil.rmtree(run)
        browser = sqlite3.connect(run / "journal.sqlite", isolation_level=None) if what == "held" else None
        if browser is not None:
            browser.execute("BEGIN EXCLUSIVE")
        said = process.communicate()[1]
        if browser is not None:
            browser.close()

    assert process.returncode == 1
    last = said.strip().splitlines()[-1]
    assert "Traceback" not in said
    if what == "held":
        assert "is held by another program, a database browser perhaps; close it there" in last
    else:
        assert last.endswith(
            "was renamed or removed while it played; if it lies elsewhere now, go on with: bargain resume=THERE"
        )
        assert not run.exists()
    assert server.count < 5000
