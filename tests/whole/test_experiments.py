"""Every experiment composes as its file says, each choice, and plays small on the embedded negotiators."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig

from bargain import compose, play
from bargain.sweeps.estimate import swept

ROOT = Path(__file__).parent.parent.parent / "experiments"
NAMES = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.yaml"))


def cells_of(name: str) -> list[list[str]]:
    """The overrides of each cell that `bargain -m experiment=name` plays."""
    data = yaml.safe_load((ROOT / f"{name}.yaml").read_text(encoding="utf-8"))
    params = data.get("hydra", {}).get("sweeper", {}).get("params", {})
    choices = [[f"{key}={choice.strip()}" for choice in str(values).split(",")] for key, values in params.items()]
    return [list(cell) for cell in itertools.product(*choices)]


SEATS = ("seller", "buyer", "critic", "moderator")
ENGINE = re.compile(rf"engine@({'|'.join(SEATS)})\.engine=([\w.-]+)")


def ends(name: str) -> list[list[str]]:
    """The first cell of an experiment, and the last where more than its engines differ. What stands between them is
    composed with other things, by test_conf.py."""
    first, *_, last = [*cells_of(name), *cells_of(name)]
    return [first, last] if {*first, *last} - {*filter(ENGINE.fullmatch, (*first, *last)), *first} else [first]


@pytest.fixture(scope="module")
def embedded() -> DictConfig:
    """The embedded negotiators, at every seat."""
    return compose(["engines=simulated", "tracking=none"])


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_composes_as_written_with_choices_that_are_there_and_plays_small(
    name: str, embedded: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(key, "never sent")
    for choice in itertools.chain(*cells_of(name)):
        group, _, value = choice.partition("=")
        if (folder := ROOT.parent / "conf" / group.partition("@")[0]).is_dir():
            assert (folder / f"{value}.yaml").is_file()
    for cell in reversed(ends(name)):
        cfg = compose([f"experiment={name}", *cell])
        for seat, engine_name in (each.groups() for each in map(ENGINE.fullmatch, cell) if each):
            assert cfg[seat].engine.name == engine_name
        for seat in SEATS:
            cfg[seat].engine = embedded[seat].engine
    cfg.tracking, cfg.n_games, cfg.game.n_rounds = embedded.tracking, 1, min(5, cfg.game.n_rounds)
    summary = play(cfg, tmp_path, show_progress=False)
    assert summary.state == "finished"
    assert summary.data["games"]["finished"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_opens_with_its_command_and_its_question(name: str) -> None:
    lines = (ROOT / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert f"experiment={name}" in lines[1]
    assert lines[1].startswith("# bargain -m" if cells_of(name) != [[]] else "# bargain experiment")
    assert sum(line.startswith("# ") for line in lines[:6]) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_stands_in_the_table_of_studies(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


PAGE = (ROOT.parent / "docs" / "experiments.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].rpartition("=")[2]: cells
    for line in PAGE.splitlines()
    if line.startswith("| `bargain ") and (cells := [each.strip(" `") for each in line.strip("|").split("|")])
}


def test_the_page_of_experiments_has_each_with_its_own_command_design_and_cost() -> None:
    assert sorted(set(NAMES) - set(ROWS)) == [], "these want a row in docs/experiments.md"
    assert sorted(set(ROWS) - set(NAMES)) == [], "of these rows there is no experiment"
    for name, (command, question, design, cells, shipped, one_engine) in ROWS.items():
        own = (ROOT / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[1]
        assert own == f"# {command}", "the command that composes as written, above"
        assert "?" in question
        assert design
        assert int(cells) == len(cells_of(name)), name
        for cost in (shipped, one_engine):
            assert re.match(r"\$\d|unknown", cost), name


@pytest.mark.long
@pytest.mark.parametrize("command", [line for line in PAGE.splitlines() if line.startswith("bargain ")])
def test_a_command_of_the_page_of_experiments_with_engines_of_ones_own_composes(command: str) -> None:
    _, sweep, *overrides = shlex.split(command)
    assert sweep == "-m"
    cells = swept([each for each in overrides if each != "estimate=true"])
    assert len(cells) > 1
    compose(cells[0])
