"""What cannot be played is one line that names the fix, told before the first call; it leaves nothing on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain.main import run
from tests.commands import bargain, environment

REFUSED = {
    "a seat's engine": (["seller.engine=gpt-4o"], "an engine is chosen with engine@seller.engine=gpt-4o"),
    "everybody's engine": (["engine=gpt-4o"], "for every seat engines=gpt-4o"),
    "a seat": (["engine@seler.engine=gpt-4o"], "did you mean engine@seller.engine=gpt-4o?"),
    "nothing": (["item=null"], "item=null: no such choice; there are balloon, bicycle, diamond"),
    "nothing in a sweep": (
        ["-m", "item=balloon,null"],
        "item=null: no such choice; there are balloon, bicycle, diamond",
    ),
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


def test_a_launcher_without_its_extra_names_it(tmp_path: Path) -> None:
    (tmp_path / "none" / "hydra_plugins").mkdir(parents=True)
    (tmp_path / "none" / "hydra_plugins" / "__init__.py").touch()  # it hides every plugin that is installed
    env = environment(PYTHONPATH=str(tmp_path / "none"))
    done = bargain("-m", "hydra/launcher=slurm", "seed=1,2", cwd=tmp_path, env=env)
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
