"""conf/ as users get it: every YAML composes, and the wheel carries every one of them."""

from __future__ import annotations

import itertools
import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from bargain import ConfigError, __version__, compose, play
from tests.commands import environment, python

ROOT = Path(__file__).parent.parent.parent
CONF = ROOT / "conf"
AWAY = """
import sys
sys.meta_path[:] = [each for each in sys.meta_path if not getattr(each, "__module__", "").startswith("__editable__")]
for name in [name for name in sys.modules if name.startswith("__editable__")]:
    del sys.modules[name]
"""
"""Forgets the editable install that the tests run in."""
FILE = "==== SYSTEM ====\nPlay.\n==== USER ====\nBegin.\n"
"""A 2023 prompt file in short; a player's ends with its opening."""


ELSEWHERE = ("engine", "game", "moderator")
"""Groups whose every choice is composed below."""


def choices() -> list[list[str]]:
    """Every choice of the other groups: the first of each group together, the second of each, and so on."""
    groups: dict[str, list[str]] = {}
    for path in sorted(CONF.rglob("*.yaml")):
        group, name = path.relative_to(CONF).parent.as_posix(), path.stem
        if group in (".", "experiment", *ELSEWHERE) or group.startswith(("experiment/", "hydra/")):
            continue  # launchers are composed, and played on, in test_launchers.py
        groups.setdefault(group, []).append(f"{group}={name}")
    groups["probe"].reverse()  # so that a second issue stands beside probe=none and protocol=negotiation
    return [[each for each in row if each] for row in itertools.zip_longest(*groups.values())]


@pytest.mark.long
@pytest.mark.parametrize("chosen", choices(), ids=" ".join)
def test_every_choice_composes(chosen: list[str], tmp_path: Path) -> None:
    overrides = [*chosen]
    for choice in chosen:
        group, _, name = choice.partition("=")
        if name == "file":
            player = group in ("prompt/seller", "prompt/buyer")
            file = tmp_path / group.replace("/", "-")
            file.write_text(FILE + ("==== ASSISTANT ====\nHello.\n" if player else ""))
            overrides.append(f"{group.replace('/', '.')}.path={file}")
        if choice == "scenario=catalogue":
            (tmp_path / "items.csv").write_text("title,list price,cost,valuation\nbike,240,120,200\n")
            overrides += [f"scenario.path={tmp_path / 'items.csv'}", "n_games=1"]
        if choice == "second_issue=delivery":
            overrides.append("channel=tagged")
    cfg = compose(overrides)
    for group in (choice.partition("=")[0] for choice in chosen):
        assert group.startswith("prompt") or cfg[group].name


SEATS = ("seller", "buyer", "critic", "moderator")
ENGINES = sorted(path.stem for path in (CONF / "engine").glob("*.yaml"))


@pytest.mark.long
@pytest.mark.parametrize("names", [ENGINES[at : at + 4] for at in range(0, len(ENGINES), 4)], ids=" ".join)
def test_every_engine_composes_beside_others(names: list[str]) -> None:
    seated = dict(zip(SEATS, names, strict=False))
    cfg = compose([f"engine@{seat}.engine={name}" for seat, name in seated.items()])
    assert {seat: cfg[seat].engine.name for seat in seated} == seated


GAMES = sorted(path.stem for path in (CONF / "game").glob("*.yaml"))


MODERATORS = sorted(path.stem for path in (CONF / "moderator").glob("*.yaml"))


@pytest.mark.long
@pytest.mark.parametrize(("game", "moderator"), zip(GAMES, MODERATORS * len(GAMES), strict=False))
def test_every_game_plays_and_so_does_every_moderator(
    game: str, moderator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = play(compose([f"game={game}", f"moderator={moderator}", "n_games=2", "tracking=none"]))
    assert summary.state == "finished"
    assert all(row["games"] == 2 for row in summary.by_round)


def test_an_unknown_model_under_a_cost_limit_is_refused_before_the_first_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    overrides = ["engine@seller.engine=gpt-4o", "seller.engine.model=nobodys-model", "seller.engine.max_tokens=100"]
    with pytest.raises(ConfigError, match="nobodys-model"):
        play(compose([*overrides, "limits.max_cost_usd=1", "tracking=none"]))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what is built (building leaves files behind), beside a folder with an analysis/ of the user's own."""
    tree = tmp_path / "tree"
    for name in ("analysis", "bargain", "conf", "experiments"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("LICENSE", "README.md", "pyproject.toml", "setup.cfg"):
        shutil.copy(ROOT / name, tree)
    (tmp_path / "own" / "analysis").mkdir(parents=True)
    (tmp_path / "own" / "analysis" / "__init__.py").write_text("MINE = True\n")
    return tree


def built(tree: Path, hook: str) -> zipfile.ZipFile:
    """What pip unpacks: the wheel that a hook of the project's build backend makes (PEP 517, PEP 660)."""
    backend = tomllib.loads((tree / "pyproject.toml").read_text())["build-system"]["build-backend"]
    code = f"import {backend} as backend; print(backend.{hook}({str(tree.parent)!r}))"
    *_, name = python(code, cwd=tree, env=environment()).stdout.split()
    return zipfile.ZipFile(tree.parent / name)


def told(code: str, where: Path) -> list[str]:
    """What Python prints in a directory that has an analysis/ of its own, without the checkout that is being tested."""
    path = os.environ.copy()
    path.pop("PYTHONPATH", None)
    done = python(f"{AWAY}{code}\nimport analysis; print(analysis.MINE)", cwd=where, env=path)
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


@pytest.mark.long
def test_the_wheel_holds_every_yaml_of_conf_and_plays_and_reports_without_the_checkout(
    tree: Path, tmp_path: Path
) -> None:
    with built(tree, "build_wheel") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert "bargain/py.typed" in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"bargain", f"bargain_experiments-{__version__}.dist-info"}, "analysis is everybody's name"
    files = [
        path.relative_to(ROOT).as_posix() for top in ("analysis", "bargain") for path in (ROOT / top).rglob("*.py")
    ]
    assert {f"bargain/{file}" if file.startswith("analysis/") else file for file in files} <= set(names)
    packed = {name.removeprefix("bargain/conf/") for name in names if name.startswith("bargain/conf/")}
    here = {
        path.relative_to(CONF).as_posix()
        for path in [*CONF.glob("*.yaml"), *CONF.glob("*/*.yaml"), *CONF.glob("*/*/*.yaml"), *CONF.glob("*/*/*/*.yaml")]
    }
    here |= {f"experiment/{path.relative_to(ROOT / 'experiments')}" for path in (ROOT / "experiments").rglob("*.yaml")}
    assert {name for name in packed if name.endswith(".yaml")} == here
    code = f"""
sys.path.insert(0, {str(tmp_path / "site")!r})
from bargain.main import run
from bargain.analysis import figures
from bargain.analysis.report import command
print(run(["n_games=2", "tracking=none"]), run(["init", "mine"]), run(["experiment=fig5"]))
print(run("--config-dir mine/conf experiment=pilot n_games=1 tracking=none resume=never".split()))
figures.FIGURES = figures.FIGURES[:2]
print(command.run(["outputs", "--reference", "fu2023"]), command.__file__)
"""
    lines = told(code, tmp_path / "own")
    site = tmp_path / "site" / "bargain" / "analysis" / "report" / "command.py"
    assert {"0 0 2", "0", f"0 {site}", "True"} <= set(lines)
    assert any("did you mean paper/fig5?" in line for line in lines)
    assert (tmp_path / "own" / "outputs" / "report" / "index.html").is_file()


@pytest.mark.long
def test_an_editable_install_has_the_one_name_too(tree: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with built(tree, "build_editable") as archive:
        archive.extractall(site)
    code = f"""
import site
sys.path.insert(0, {str(site)!r})  # before the finder of the same name that the tests' own environment has
site.addsitedir({str(site)!r})
from bargain.analysis import load, text
print(text.__file__)
"""
    assert told(code, tmp_path / "own") == [str(tree / "analysis" / "text.py"), "True"]
