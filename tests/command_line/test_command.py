"""The main job, end to end, through the installed command: real SDKs, real servers on loopback, files read back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bargain import compose, play
from tests.commands import (
    AN_HOUR_S,
    BIN,
    PATIENCE_S,
    Started,
    bargain,
    bargain_here,
    environment,
    games_of,
    only_run,
    summary_of,
    wait_for,
)
from tests.servers import Fault, Server

KEYS = {"OPENAI_API_KEY": "sk-sentinel-openai", "ANTHROPIC_API_KEY": "sk-sentinel-anthropic"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def quickstart(server: Server, *more: str) -> list[str]:
    """The 2023 quickstart, small, against a server on loopback."""
    return [
        "game=criticize_seller",
        "engine@seller.engine=claude-instant",
        "engine@buyer.engine=gpt-3.5-turbo",
        f"seller.engine.base_url={server.anthropic}",
        f"buyer.engine.base_url={server.openai}",
        "game.n_rounds=3",
        "game.max_exchanges=10",
        *more,
    ]


def on_one_server(server: Server, *more: str) -> list[str]:
    """The same, but nobody needs the second SDK, whose import takes a second."""
    others = ("engine@seller.engine", "seller.engine.base_url")
    kept = [each for each in quickstart(server, *more) if each.partition("=")[0] not in others]
    return ["engine@seller.engine=gpt-3.5-turbo", f"seller.engine.base_url={server.openai}", *kept]


@pytest.mark.long
def test_the_2023_quickstart_plays_on_both_protocols_shows_up_in_wandb_and_writes_no_key(
    server: Server, tmp_path: Path
) -> None:
    done = bargain(*quickstart(server, "n_games=3"), cwd=tmp_path, env=environment(**KEYS))
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    games, summary = games_of(run), summary_of(run)
    assert [game["game"] for game in games] == list(range(3))
    assert [row["games"] for row in summary["rounds"]] == [3, 3, 3]
    assert summary["simulated"] is False
    assert summary["cost_usd"] > 0
    assert f"run directory: {run}" in done.stdout
    models = {(call.path, call.json["model"]) for call in server.calls}
    assert models == {("/v1/messages", "claude-instant-v1.0"), ("/v1/chat/completions", "gpt-3.5-turbo")}

    read = subprocess.run(
        [str(BIN / "wandb"), "leet", "inspect", "--json", str(next((run / "wandb").glob("offline-run-*")))],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    ).stdout
    for row in summary["rounds"]:
        assert str(row["mean_price"])[:7] in read
    table = "".join(path.read_text() for path in run.glob("wandb/*/files/media/table/**/*.json"))
    for game in games:
        for played in game["rounds"]:
            for feedback in played["feedback"]:
                assert json.dumps(feedback["text"])[1:-1][:60] in table
                assert feedback["acknowledgement"][:40] in table
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"sk-sentinel" not in path.read_bytes(), path


@pytest.mark.long
def test_two_runs_with_one_seed_are_equal_byte_for_byte(tmp_path: Path) -> None:
    arguments = ["n_games=10", "tracking=none"]
    assert bargain(*arguments, cwd=tmp_path).returncode == 0
    texts = [(only_run(tmp_path) / "games.jsonl").read_bytes()]
    for seed in (0, 1):  # in this process, whose hashes have another seed
        play(compose([*arguments, f"seed={seed}"]), tmp_path / str(seed), show_progress=False)
        texts.append((tmp_path / str(seed) / "games.jsonl").read_bytes())
    assert texts[0] == texts[1] != texts[2]


def kill_when(process: Started, server: Server, calls: int, how: int) -> None:
    wait_for(lambda: server.count >= calls or process.returncode is not None, f"{calls} calls were made")
    process.send_signal(how)


STOPPED = ("n_games=4", "tracking=none", "limits.max_concurrent_games=4")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    """The games of the run that the next test stops, and how many calls they take."""
    root = tmp_path_factory.mktemp("whole")
    with Server() as server:
        done = bargain_here(*on_one_server(server, *STOPPED), cwd=root, env=environment(**KEYS))
        assert done.returncode == 0, done.stderr
        return (only_run(root) / "games.jsonl").read_bytes(), server.count


@pytest.mark.long
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_run_goes_on_with_the_same_command_and_buys_no_reply_twice(
    how: int, code: int, undisturbed: tuple[bytes, int], tmp_path: Path
) -> None:
    games, needed = undisturbed
    with Server(latency_s=0.05) as server:
        arguments = on_one_server(server, *STOPPED)
        env = environment(**KEYS)
        process = Started(arguments, tmp_path, env)
        kill_when(process, server, 40, how)
        _, said = process.communicate()
        assert process.returncode == code, said
        if how != signal.SIGKILL:
            assert f"bargain resume={only_run(tmp_path)}" in said
        done = bargain_here(*arguments, cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        assert "goes on with" in done.stdout
        assert (only_run(tmp_path) / "games.jsonl").read_bytes() == games
        assert needed <= server.count <= needed + 4, "at most the calls in flight are bought again"


@pytest.mark.long
def test_a_finished_run_calls_nobody_again_and_its_replay_needs_no_key_and_no_network_and_proves_itself(
    tmp_path: Path,
) -> None:
    with Server() as server:
        done = bargain(*on_one_server(server, "n_games=2", "tracking=none"), cwd=tmp_path, env=environment(**KEYS))
        assert done.returncode == 0, done.stderr
        run, calls = only_run(tmp_path), server.count
        again = bargain_here(f"resume={run}", cwd=tmp_path, env=environment(**KEYS))
        assert again.returncode == 0, again.stderr
        assert "already finished" in again.stdout
        assert server.count == calls
    replay = bargain_here(f"resume={run}", "mode=replay", cwd=tmp_path, env=environment())
    assert replay.returncode == 0, replay.stderr
    assert "byte for byte" in replay.stdout


def test_a_wrong_key_stops_the_run_at_once_with_one_line(tmp_path: Path) -> None:
    body = json.dumps({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}).encode()
    with Server(fault=lambda call: Fault(401, {"content-type": "application/json"}, body)) as server:
        done = bargain(
            *on_one_server(server, "n_games=50", "tracking=none", "limits.max_concurrent_games=4"),
            cwd=tmp_path,
            env=environment(**KEYS),
        )
    assert done.returncode == 1
    assert server.count <= 8
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "401" in done.stderr or "key" in done.stderr


@pytest.mark.long
def test_a_second_process_on_a_run_directory_is_told_who_holds_it(tmp_path: Path) -> None:
    with Server(fault=lambda call: Fault(kind="hang", seconds=AN_HOUR_S)) as server:
        arguments = on_one_server(server, "n_games=40", "tracking=none", "limits.max_concurrent_games=2")
        env = environment(**KEYS)
        first = Started(arguments, tmp_path, env)
        try:
            wait_for(lambda: server.count, "the first one plays")
            second = bargain(*arguments, cwd=tmp_path, env=env)
        finally:
            first.send_signal(signal.SIGINT)
            first.communicate()
    assert second.returncode == 2
    assert str(first.pid) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


@pytest.mark.long
def test_a_sweep_compares_its_cells_in_one_table_and_a_failed_cell_does_not_stop_the_others(tmp_path: Path) -> None:
    done = bargain_here("-m", "item.buyer_opening=30,10", "n_games=2", "tracking=none", cwd=tmp_path)
    assert done.returncode == 2
    assert "item.buyer_opening 30 is above" in done.stderr
    table = done.stdout[done.stdout.rindex("item.buyer_op") :]
    for words in (" 30 ", " 10 ", "refused", "finished"):
        assert words in table
    assert len(list(tmp_path.glob("outputs/*/*-sweep/*/games.jsonl"))) == 1


@pytest.mark.long
def test_an_interrupted_sweep_goes_on_with_the_same_command_and_plays_only_what_is_unfinished(tmp_path: Path) -> None:
    with Server(latency_s=0.05) as server:
        arguments = ["-m", *on_one_server(server, "n_games=2", "seed=1,2", "tracking=none")]
        env = environment(**KEYS)
        process = Started(arguments, tmp_path, env)
        kill_when(process, server, 60, signal.SIGINT)
        _, said = process.communicate()
        assert process.returncode == 130, said
        (sweep,) = tmp_path.glob("outputs/*/*-sweep")
        assert f"bargain resume={sweep}" in said
        first = bargain_here(*arguments, cwd=tmp_path, env=env)
        assert first.returncode == 0, first.stderr
        assert len(list(tmp_path.glob("outputs/*/*-sweep"))) == 1
        assert "already finished, nothing was called" in first.stdout
        assert [summary_of(sweep / str(cell))["state"] for cell in range(2)] == ["finished"] * 2


def test_python_m_works_from_an_uninstalled_checkout_in_any_directory(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [str(BIN / "python"), "-m", "bargain", "n_games=2", "tracking=none"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(root)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert os.path.isdir(only_run(tmp_path) / ".hydra")


def test_a_notebook_plays_inside_its_running_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def cell() -> str:
        summary = play(compose(["game=simple", "n_games=10", "tracking=none"]), show_progress=False)
        assert summary.by_round[0]["games"] == 10
        return summary.state

    assert asyncio.run(cell()) == "finished"


def test_a_live_person_can_play_at_the_terminal(tmp_path: Path) -> None:
    done = bargain(
        "game=simple",
        "engine@seller.engine=human",
        "moderator=rules",
        "n_games=1",
        "tracking=none",
        cwd=tmp_path,
        stdin="I could do $15.\nFine, I'll take that.\nDeal!\n" * 4,
    )
    assert done.returncode == 0, done.stderr
    (game,) = games_of(only_run(tmp_path))
    assert game["rounds"][0]["turns"][2]["text"] == "I could do $15."
