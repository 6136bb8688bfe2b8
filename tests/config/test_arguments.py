"""The command line as people write it is what Hydra reads, or one line that says how to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bargain import ConfigError, compose
from bargain.config.arguments import understood
from tests.commands import bargain, environment, only_run, summary_of

READ = {
    "-m after overrides": (["seed=1", "-m", "n_games=1,2"], ["-m", "seed=1", "n_games=1,2"]),
    "options amid overrides": (["seed=1", "--config-dir", "mine", "n_games=2"], ["--config-dir", "mine", "seed=1",
                                                                                 "n_games=2"]),
    "a text with a comma": (["feedback.text=Be firm, but polite."], ["feedback.text='Be firm, but polite.'"]),
    "a text with an apostrophe": (["seller.persona=It's $5: take it!"], [r"seller.persona='It\'s $5: take it!'"]),
    "a currency": (["item.currency=€"], ["item.currency='€'"]),
    "an IPv6 address": (["seller.engine.base_url=http://[::1]:80/v1"], ["seller.engine.base_url='http://[::1]:80/v1'"]),
    "quotes of its own": (["feedback.text='a, b'", 'item.name="x"'], ["feedback.text='a, b'", 'item.name="x"']),
    "a list": (["game.learners=[seller,buyer]"], ["game.learners=[seller,buyer]"]),
    "a glob": (["-m", "engine@seller.engine=glob(sim*)"], ["-m", "engine@seller.engine=glob(sim*)"]),
    "an engine for every seat": (["engines=scripted", "seed=1"], ["engine@seller.engine=scripted",
        "engine@buyer.engine=scripted", "engine@moderator.engine=follows", "engine@critic.engine=follows", "seed=1"]),
    "settings of a seat": (["seller.engine.model=gpt-4o", "seller.engine={model: m}"],
                           ["seller.engine.model=gpt-4o", "seller.engine={model: m}"]),
    "a sweep's parameters": (["-m", "hydra.sweeper.params.seed=1,2"], ["-m", "seed=1,2"]),
    "all of them": (["-m", "hydra.sweeper.params={seed: '1,2', n_games: 3}"], ["-m", "seed=1,2", "n_games=3"]),
}  # fmt: skip
REFUSED = {
    "several values": (["seed=0,1"], "seed=0,1 has several values, and one run is played: for a run of each add -m "
                       "(bargain -m seed=0,1), for a list seed=[0,1]"),
    "several choices": (["engine@seller.engine=glob(sim*)"], "add -m (bargain -m engine@seller.engine=glob(sim*))"),
    "several words": (["item.name=a,b"], "for one text \"item.name='a,b'\""),
    "a text or a sweep of two": (["-m", "feedback.text=Be firm, but polite."], "feedback.text: one text or several?"),
    "odd texts in a sweep": (["-m", "item.currency=€,$"], "item.currency: one text or several?"),
    "half a list": (["game.learners=[seller"], "its brackets or quotes cannot be read as a whole"),
    "parameters of no sweep": (["hydra.sweeper.params.seed=1,2"], "only a sweep has parameters; add -m"),
    "no option": (["--frobnicate"], "--frobnicate: no such option"),
    "a seat's engine": (["seller.engine=gpt-4o"], "an engine is chosen with engine@seller.engine=gpt-4o"),
    "an engine of nobody": (["engine=gpt-4o"], "engine=gpt-4o: whose engine? engine@seller.engine=gpt-4o"),
    "no seat": (["engine@seler.engine=gpt-4o"], "did you mean engine@seller.engine=gpt-4o?"),
    "a prompt of nobody": (["prompt=v2"], "prompt=v2: whose prompt? prompt/seller=v2"),
    "a plus": (["+experiment=paper/fig5"], "without the plus: experiment=paper/fig5"),
    "several engines for every seat": (["-m", "engines=a,b"], "engines=a,b: name one engine, for every seat"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "read"), READ.values(), ids=READ.keys())
def test_what_can_be_read_in_one_way_is_read(given: list[str], read: list[str]) -> None:
    assert understood(given) == read


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_is_one_line(given: list[str], words: str) -> None:
    with pytest.raises(ConfigError) as told:
        understood(given)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_an_experiment_is_found_by_its_last_name_and_by_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "one.yaml").write_text("n_games: 3\n", encoding="utf-8")
    (tmp_path / "experiment" / "two.yaml").write_text("defaults:\n  - override /game: simple\n", encoding="utf-8")
    for name in ("one", "two"):
        with pytest.raises(ConfigError, match=rf"{name}.yaml: its file lacks the first line  # @package _global_"):
            compose([f"hydra.searchpath=[{tmp_path}]", f"experiment={name}"])
    for name in ("fig5", "paper/fig"):
        with pytest.raises(ConfigError, match=rf"experiment={name}: no such choice; did you mean paper/fig5"):
            compose([f"experiment={name}"])


@pytest.mark.parametrize("text", ["Be firm, but polite.", "It's \\'5\\' €", "a\\", "(no) {x} = y; z #1"])
def test_a_text_arrives_as_it_was_written(text: str) -> None:
    assert compose([f"seller.persona={text}"]).seller.persona == text


def test_a_terminal_that_cannot_show_a_character_gets_another_and_texts_come_through(tmp_path: Path) -> None:
    arguments = ["item.currency=€", "feedback=constant", "feedback.text=Be firm, but polite.", "tracking=none"]
    env = environment(PYTHONIOENCODING="ascii")
    done = bargain("n_games=1", *arguments, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert summary_of(only_run(tmp_path))["currency"] == "€"


def test_a_sweeper_that_is_not_there_is_one_line_with_the_fix(tmp_path: Path) -> None:
    done = bargain("-m", "seed=1,2", "hydra/sweeper=nevergrad", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "hydra/sweeper=nevergrad: this sweeper is not installed; without one give the values" in done.stderr
