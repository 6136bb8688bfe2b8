"""Sweeps whose cells play at the same time: on one machine (joblib), on Slurm and on Ray."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bargain import ConfigError
from bargain.runs.runner import play
from tests.clusters import Slurm, missing_for_slurm, one_node_slurm, two_ray_nodes
from tests.commands import AN_HOUR_S, Started, bargain, environment, summary_of, wait_for
from tests.composing import compose
from tests.negotiator import haggle
from tests.servers import Call, Fault, Server
from tests.sweeping import (
    cells_on,
    games_by_cell,
    only_sweep,
    player_of,
    states,
    wait_until_finished,
    wait_until_played,
)

ENV = environment(OPENAI_API_KEY="sk-test")
JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
UNDER_WAY = 10
"""Replies that a cell has on record when something happens to it: a fifth of what it takes."""
CELLS = ("seed=1,2,3", "n_games=3")
TWO = ("seed=1,2", "n_games=3")


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """The games of CELLS, each cell played as a run of its own."""
    root = tmp_path_factory.mktemp("one_by_one")
    with Server(haggle) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", ENV["OPENAI_API_KEY"])
        cfg = compose(cells_on(server, "n_games=3")[1:])
        for cell in range(3):
            cfg.seed = cell + 1
            play(cfg, root / str(cell), show_progress=False)
    games = games_by_cell(root)
    assert len(set(games.values())) == 3
    return games


@pytest.mark.long
def test_cells_at_once_divide_the_limits_of_their_engines_never_multiply_them_and_one_without_a_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[float] = []
    per_s = 20
    with Server(latency_s=lambda _: times.append(time.monotonic()) or 0.1) as server:
        limits = [f"{seat}.engine.requests_per_minute={per_s * 60}" for seat in ("seller", "buyer")]
        arguments = cells_on(server, "n_games=5", *limits)
        done = bargain(*arguments, *JOBLIB, "seed=1,2", cwd=tmp_path, env=ENV)
        assert server.most_in_flight <= 8
        monkeypatch.setenv("OPENAI_API_KEY", ENV["OPENAI_API_KEY"])
        narrow = compose([*arguments[1:], "seller.engine.max_concurrency=1"])
        with pytest.raises(ConfigError, match="max_concurrency 1 cannot be divided among 2 cells"):
            play(narrow, tmp_path / "narrow", cells_at_once=2)
    assert done.returncode == 0, done.stderr
    sweep = only_sweep(tmp_path)
    assert states(sweep) == ["finished", "finished"]
    assert len(times) > 4 * per_s
    # Twice the rate would take half the time, and a busy machine only takes longer; test_limits.py counts each call.
    assert max(times) - min(times) > 0.75 * len(times) / per_s
    for log in sweep.glob("*/bargain.log"):
        assert "2 cells play at once: this one keeps to 1/2 of each engine's rates and concurrency" in log.read_text()


@pytest.mark.long
def test_a_pool_whose_process_is_killed_starts_again_and_when_terminated_leaves_no_process_and_goes_on_elsewhere(
    one_by_one: dict[int, bytes], tmp_path: Path
) -> None:
    calls: Counter[str] = Counter()
    held = {"1", "2"}

    def hangs(call: Call) -> Fault | None:
        """Each cell, known by its seed, gets what puts it under way and nothing more, as long as it is held."""
        seed = call.chat.key.split("-")[1]
        calls[seed] += 1
        return Fault(kind="hang", seconds=AN_HOUR_S) if seed in held and calls[seed] > UNDER_WAY else None

    with Server(haggle, fault=hangs) as server:
        arguments = cells_on(server, *TWO)
        process = Started([*arguments, *JOBLIB], tmp_path, ENV)
        first = [wait_until_played(tmp_path, cell, UNDER_WAY) for cell in (0, 1)]
        held.remove("1")
        os.kill(first[0], signal.SIGKILL)

        def another() -> int | None:
            player = wait_until_played(tmp_path, 1, UNDER_WAY)
            return player if player not in first else None

        player = wait_for(another, "the other cell goes on")
        sweep = only_sweep(tmp_path)
        wait_until_finished(sweep / "0")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
        assert process.returncode == 143, err
        assert "the process of a cell died; the unfinished cells are started again" in err
        assert f"bargain resume={sweep}" in out + err
        wait_for(lambda: not os.path.exists(f"/proc/{player}"), "the process of the pool ends")
        assert [player_of(sweep / str(cell)) for cell in (0, 1)] == [None, None]
        held.clear()
        again = bargain(*arguments, cwd=tmp_path, env=ENV)  # one after the other
        assert again.returncode == 0, again.stderr
    assert again.stdout.count("already finished, nothing was called") == 1
    assert games_by_cell(sweep) == {cell: one_by_one[cell] for cell in (0, 1)}


@pytest.fixture
def slurm_env(tmp_path: Path) -> Iterator[dict[str, str]]:
    missing = missing_for_slurm()
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have Slurm: {missing}")
    if missing:
        pytest.skip(missing)
    with one_node_slurm(tmp_path / "slurm", cpus=3) as variables:
        yield {**ENV, **variables}


@pytest.mark.long
def test_on_slurm_killed_and_preempted_cells_are_requeued_and_end_like_undisturbed_runs(
    slurm_env: dict[str, str], one_by_one: dict[int, bytes], tmp_path: Path
) -> None:
    slurm = Slurm(slurm_env)
    with Server(haggle, latency_s=0.2) as server:
        process = Started(cells_on(server, *CELLS, "hydra/launcher=slurm"), tmp_path, slurm_env)
        killed = wait_until_played(tmp_path, 0, UNDER_WAY)
        os.kill(killed, signal.SIGKILL)
        wait_until_played(tmp_path, 1, UNDER_WAY)
        slurm.scontrol("requeue", slurm.job_of(1))  # as a preemption does: SIGTERM first
        wait_for(lambda: slurm.field(slurm.job_of(0), "JobState") == "FAILED", "Slurm sees the killed job")
        slurm.scontrol("requeue", slurm.job_of(0))
        _, err = process.communicate()
    assert process.returncode == 0, err
    assert [slurm.field(slurm.job_of(cell), "Restarts") for cell in (0, 1, 2)] == ["1", "1", "0"]
    sweep = only_sweep(tmp_path)
    assert games_by_cell(sweep) == one_by_one
    assert [summary_of(sweep / str(cell))["calls"]["from_journal"] > 0 for cell in (0, 1, 2)] == [True, True, False]
    assert "terminated; what was paid is kept" in (sweep / "1" / "bargain.log").read_text()


@pytest.mark.long
def test_on_two_ray_nodes_a_killed_cell_is_played_on_elsewhere_and_ends_like_undisturbed_runs(
    one_by_one: dict[int, bytes], tmp_path: Path
) -> None:
    with two_ray_nodes(1, ENV) as nodes, Server(haggle, latency_s=0.1) as server:
        arguments = cells_on(server, *TWO, "hydra/launcher=ray")
        process = Started(arguments, tmp_path, {**ENV, "RAY_ADDRESS": nodes.address})
        os.kill(wait_until_played(tmp_path, 0, UNDER_WAY), signal.SIGKILL)
        _, err = process.communicate()
    assert process.returncode == 0, err
    sweep = only_sweep(tmp_path)
    assert games_by_cell(sweep) == {cell: one_by_one[cell] for cell in (0, 1)}
    assert summary_of(sweep / "0")["calls"]["from_journal"] > 0
    assert "2 cells play at once" in (sweep / "0" / "bargain.log").read_text()
