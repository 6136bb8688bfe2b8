"""A sweep is the set of its cells, each known by its config: never by its number, nor by the words of the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bargain.rundir.directory import write_json
from bargain.sweeps.comparing import compare
from tests.commands import bargain, bargain_here, environment
from tests.sweeping import only_sweep

SMALL = ("-m", "game=simple", "n_games=2", "tracking=none")


def games(sweep: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sweep.glob("*/games.jsonl")}


@pytest.mark.long
def test_the_same_cells_in_another_order_are_the_same_sweep_and_more_cells_an_extension(tmp_path: Path) -> None:
    first = bargain(*SMALL, "seed=1,2", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    sweep = only_sweep(tmp_path)
    before = games(sweep)
    for lost in ("sweep.json", "multirun.yaml"):
        (sweep / lost).unlink()

    turned = bargain(*SMALL, "seed=2,1", f"hydra.sweep.dir={sweep}", cwd=tmp_path)
    assert turned.returncode == 0, turned.stderr
    assert turned.stdout.count("already finished, nothing was called") == 2
    assert "Launching" not in turned.stdout
    assert games(sweep) == before

    other = bargain(*SMALL, "seed=2,3", f"hydra.sweep.dir={sweep}", cwd=tmp_path)
    assert other.returncode == 2
    assert "holds another sweep" in other.stderr
    assert games(sweep) == before

    (sweep / "sweep.json").unlink()
    (sweep / "multirun.yaml").unlink()
    more = bargain(f"resume={sweep}", "seed=1,2,3", cwd=tmp_path)
    assert more.returncode == 0, more.stderr
    assert more.stdout.count("already finished, nothing was called") == 2
    assert "Launching 1 jobs" in more.stdout
    grown = games(sweep)
    assert len(grown) == 3
    assert grown.items() > before.items()


@pytest.mark.long
def test_a_text_that_is_edited_between_two_cells_is_refused_and_never_two_texts_under_one_label(tmp_path: Path) -> None:
    own = tmp_path / "own" / "prompt" / "seller"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("defaults: [v1]\nversion: mine\nsystem: You sell. Be calm.\n")
    edit = f"""
import pathlib
def play(table):
    from bargain.games.simple import play
    mine = pathlib.Path({str(own / "mine.yaml")!r})
    mine.write_text(mine.read_text().replace("calm", "loud"))
    return play(table)
"""
    (tmp_path / "editing.py").write_text(edit)
    arguments = (
        "--config-dir",
        str(tmp_path / "own"),
        *SMALL,
        "prompt/seller=mine",
        "seed=1,2",
        "game._target_=editing.play",
        "allow_targets=[editing]",
    )
    done = bargain(*arguments, cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path)))
    assert done.returncode == 2, done.stderr
    assert "cell 1 is not what the sweep began with: a file that it names was edited meanwhile" in done.stderr
    assert "refused" in done.stdout
    assert len(games(only_sweep(tmp_path))) == 1


@pytest.mark.long
def test_no_cell_leaves_its_configs_in_memory_behind(tmp_path: Path) -> None:
    count = """
import gc
import omegaconf
def play(table):
    from bargain.games.simple import play
    gc.collect()
    configs = sum(isinstance(each, omegaconf.DictConfig) for each in gc.get_objects())
    if table.game == 0:
        with open("counts.txt", "a") as file:
            print(configs, file=file)
    return play(table)
"""
    (tmp_path / "counting.py").write_text(count)
    own = ("game._target_=counting.play", "allow_targets=[counting]", "seed=1,2")
    done = bargain(*SMALL, *own, cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path)))
    assert done.returncode == 0, done.stderr
    first, second = map(int, (tmp_path / "counts.txt").read_text().split())
    assert first == second > 100


@pytest.mark.long
def test_of_two_cells_that_extend_one_run_one_goes_on_with_it(tmp_path: Path) -> None:
    assert bargain(*SMALL, cwd=tmp_path).returncode == 0
    sweep = only_sweep(tmp_path)
    before = games(sweep)
    done = bargain(f"resume={sweep}", "n_games=3,4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(text.count(b"\n") for text in games(sweep).values()) == [3, 4]
    assert games(sweep)["0"].startswith(before["0"])


def test_a_sweep_with_a_cell_that_left_nothing_is_not_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(tmp_path / "sweep.json", {"state": "running", "identities": ["a", "b"]})
    (tmp_path / "0").mkdir()
    write_json(tmp_path / "0" / "cell.json", {"number": 0, "overrides": [], "exit_code": 0})
    write_json(tmp_path / "0" / "summary.json", {"state": "finished"})
    assert compare(tmp_path, 0) == 1
    assert "unfinished cells; go on with" in capsys.readouterr().err
    assert json.loads((tmp_path / "sweep.json").read_text())["state"] == "unfinished"


def test_a_sweeps_table_has_its_columns_in_the_order_of_the_command_and_the_baseline_at_its_foot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sellers = {"opponent-linear": ["seller"], "gpt-a": [], "gpt-b": []}
    write_json(tmp_path / "sweep.json", {"state": "running"})
    for number, (name, scripts) in enumerate(sellers.items()):
        (tmp_path / str(number)).mkdir()
        said = {"number": number, "overrides": [f"item.cost={number}", f"engine@seller.engine={name}"], "exit_code": 0}
        write_json(tmp_path / str(number) / "cell.json", said)
        write_json(tmp_path / str(number) / "summary.json", {"state": "finished", "simulated_seats": scripts})
    assert compare(tmp_path, 0) == 0
    shown = capsys.readouterr().out
    assert shown.index("item.cost") < shown.index("seller.engine")
    assert shown.index("gpt-a") < shown.index("gpt-b") < shown.index("opponent-linear")


@pytest.mark.long
def test_a_command_knows_nothing_of_the_sweep_that_its_process_played_before(tmp_path: Path) -> None:
    swept = bargain_here(*SMALL, "seed=1,2", "game.max_exchanges=3", cwd=tmp_path)
    assert swept.returncode == 0, swept.stderr
    refused = bargain_here("n_games=none", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    written = bargain_here("prompt.seller.system='${oc.env:HOME}'", "hydra.run.dir=here", cwd=tmp_path)
    assert (written.returncode, written.stdout) == (2, ""), "refused within Hydra's job"
    alone = bargain_here(*SMALL[1:], "seed=3", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert "seed=" not in alone.stdout
    assert str(only_sweep(tmp_path)) not in alone.stdout
