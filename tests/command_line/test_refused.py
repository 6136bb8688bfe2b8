"""What cannot be played is one line that names the fix, told before the first call; it leaves nothing on disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bargain.main import run
from tests.commands import BIN, PATIENCE_S, environment

REFUSED = {
    "a seat's engine": (["seller.engine=gpt-4o"], "an engine is chosen with engine@seller.engine=gpt-4o"),
    "everybody's engine": (["engine=gpt-4o"], "for every seat engines=gpt-4o"),
    "a seat": (["engine@seler.engine=gpt-4o"], "did you mean engine@seller.engine=gpt-4o?"),
    "nothing": (["item=null"], "item=null: no such choice; there are balloon, bicycle, diamond"),
    "nothing in a sweep": (
        ["-m", "item=balloon,null"],
        "item=null: no such choice; there are balloon, bicycle, diamond",
    ),
    "a group left out": (["~game"], "~game: it cannot be left out; set or choose something else with game=..."),
    "a group left out by its file": (["~memory=full"], "~memory: it cannot be left out; set or choose something else"),
    "a section left out": (["~limits"], "~limits: it cannot be left out; set or choose something else"),
    "a setting left out": (["~limits.max_tries"], "~limits.max_tries: it cannot be left out; set or choose something"),
    "none, where there is one": (["memory=null"], "memory=null: no such choice; did you mean none?"),
    "a number for a choice": (["item=5"], "item=5: no such choice; there are balloon, bicycle, diamond"),
    "a choice of one cell that is none": (["-m", "item=balloon,globe"], "item=globe: no such choice; there are"),
    "no prompt": (["prompt=null"], "prompt=null: whose prompt? prompt/seller=v1"),
    "no seat": (["seller=null"], "seller: it cannot be null"),
    "a setting of no engine": (
        ["game=seller_compare_feedback", "game.arms.ai.engine.temperature=1"],
        "game.arms.ai.engine.temperature: no engine is chosen there that it could be a setting of; choose it first: "
        "engine@game.arms.ai.engine=...",
    ),
    "a version": (["prompt/seller=v2"], "prompt/seller=v2: no such choice; there are file, v1"),
    "a study": (["experiment=fig5"], "did you mean paper/fig5?"),
    "a key": (["engine@seller.engine=gpt-4o"], "OPENAI_API_KEY is not set; export it or choose engine@seller"),
    "a key of one cell": (["-m", "engine@buyer.engine=simulated,gpt-4o"], "engine gpt-4o (buyer): OPENAI_API_KEY is"),
    "keys of two": (["-m", "experiment=paper/fig5"], "(seller): ANTHROPIC_API_KEY is not set"),
    "every cell": (["-m", "item.buyer_opening=30,40"], "item.buyer_opening 30 is above item.seller_opening 20"),
    "a key of no cell": (["-m", "n_gams=1,2"], "n_gams: no such key; did you mean n_games?"),
    "a person as judge": (
        ["engine@seller.engine=human", "engine@buyer.engine=human"],
        "moderator: both players are people, and neither should judge their talk; choose moderator=rules or an engine",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_one_line_with_the_fix_and_leaves_no_directory(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert run([*words, "tracking=none"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not list(tmp_path.iterdir())


LAMP = "name: lamp\nseller_opening: 90\nbuyer_opening: 20\n"

FILES = {
    "empty": ("item", " \n", "it is empty; write what it sets"),
    "a list": ("item", "- lamp\n", "it is a list; write what it sets"),
    "no YAML": ("item", "name: [lamp\n", "it cannot be read: expected ',' or ']'"),
    "indented by a tab": ("item", "name: lamp\n\tcost: 30\n", "YAML is indented by blanks in line 2"),
    "another encoding": ("item", "name: caf\N{LATIN SMALL LETTER E WITH ACUTE}\n", "byte 9 is not UTF-8"),
    "half a reference": ("item", "cost: ${\n", "it cannot be read: no viable alternative"),
    "its own parent": ("item", "defaults: [mine, _self_]\n", "its defaults list leads back to itself"),
    "no such parent": ("item", "defaults: [balloons]\n", "item=balloons: no such choice; did you mean balloon?"),
    "defaults that are no list": ("item", "defaults: balloon\n", "write it as  defaults: [name, _self_]"),
    "a key that is none": ("item", f"{LAMP}valuatoin: 70\n", "valuatoin: no such key; did you mean valuation?"),
    "another package": ("item", "# @package itme\nname: lamp\n", "itme: no such key; did you mean item?"),
    "a choice in an item": (
        "item",
        "defaults: [override /game: simple]\n",
        "an experiment's file has  - override /game",
    ),
    "a null": ("experiment", "# @package _global_\nitem: null\n", "item: it cannot be null"),
    "a name for a choice": ("experiment", "# @package _global_\ngame: simple\n", "list: - override /game: ..."),
    "a group of one's own": ("own", "n_games: 5\n", "lacks the first line  # @package _global_"),
}


@pytest.mark.long
@pytest.mark.parametrize(("group", "text", "said"), FILES.values(), ids=FILES.keys())
def test_a_file_of_ones_own_that_is_no_config_is_refused_in_one_line_that_names_it(
    group: str,
    text: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / group / "mine.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    assert run(["--config-dir", ".", f"{'+' * (group == 'own')}{group}=mine", "tracking=none"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bargain: {file}: ")
    assert said in line
    assert [path.name for path in tmp_path.iterdir()] == [group]


def test_nothing_for_a_group_of_ones_own_names_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.yaml").write_text("# @package _global_\nn_games: 5\n")
    monkeypatch.chdir(tmp_path)
    for words in (["own=null"], ["+own=null"], ["-m", "+own=mine,null"], ["+own=null", "estimate=true"]):
        assert run(["--config-dir", ".", *words, "tracking=none"]) == 2
        assert capsys.readouterr().err == "bargain: own=null: no such choice; there are mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_launcher_without_its_extra_names_it(tmp_path: Path) -> None:
    (tmp_path / "none" / "hydra_plugins").mkdir(parents=True)
    (tmp_path / "none" / "hydra_plugins" / "__init__.py").touch()  # it hides every plugin that is installed
    env = environment(PYTHONPATH=str(tmp_path / "none"))
    command = [str(BIN / "bargain"), "-m", "hydra/launcher=slurm", "seed=1,2"]  # a fork has the plugins already
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert done.stderr == "bargain: this launcher needs its extra: pip install 'bargain-experiments[slurm]'\n"
    assert [path.name for path in tmp_path.iterdir()] == ["none"]


@pytest.mark.parametrize("sweep", [[], ["-m", "seed=1,2"]], ids=["a run", "a sweep"])
def test_a_file_that_names_another_place_is_refused_before_any_directory_is_made(
    sweep: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    places = "hydra: {run: {dir: elsewhere}, sweep: {dir: elsewhere}}"
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text(f"# @package _global_\n{places}\n")
    monkeypatch.chdir(tmp_path)
    assert run([*sweep, "--config-dir", "conf", "experiment=mine", "tracking=none"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]
