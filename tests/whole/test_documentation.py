"""The documents say what is there: folders, paths, modules and commands that they name exist, and examples work."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bargain import __version__, compose
from bargain.analysis import load
from bargain.analysis.figures.rounds import by_round
from bargain.analysis.measures import definitions, metrics
from bargain.sweeps.estimate import swept
from tests.commands import bargain
from tests.run_maker import a_game, make_run
from tests.whole.test_house import ANALYSIS, BARGAIN, height

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *("README.md", "CONTRIBUTING.md", "experiments/README.md"),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]
TOPS = "analysis|bargain|benchmarks|conf|docs|experiments|scripts|tests"
PATH = re.compile(rf"(?<![\w/.-])((?:\./)?(?:{TOPS}|\.ci|\.github)/[\w./*@-]*\w)")
MODULE = re.compile(r"(?<![\w/.-])((?:bargain|analysis)(?:\.[A-Za-z_]\w*)+)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
NO_MODULES = ("bargain.log", "analysis.primary")
"""What looks like modules: a file of a run directory, a key of the config."""
EXAMPLES = "\n## Adding"


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[str]:
    """The code blocks of a page."""
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def folders_of_tree() -> list[str]:
    """The folders that docs/architecture.md draws, as paths, in its order."""
    tree = next(blocks(text_of("docs/architecture.md")))
    stack: list[str] = []
    folders = []
    for indent, name in re.findall(r"^( {0,4})(\w+)/ ", tree, re.MULTILINE):
        stack = [*stack[: len(indent) // 2], name]
        folders.append("/".join(stack))
    return folders


def test_the_tree_of_the_architecture_is_the_tree_on_disk() -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for top in ("bargain", "analysis")
        for path in [ROOT / top, *(ROOT / top).rglob("*")]
        if path.is_dir() and not path.name.startswith(("__", ".")) and any(path.iterdir())
    }
    assert {folder for folder in folders_of_tree() if folder.startswith(("bargain", "analysis"))} == there


def test_the_tree_of_the_architecture_has_every_top_folder() -> None:
    command = [shutil.which("git") or "false", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no checkout of git's, which alone tells our folders from others that lie here")
    tops = {top for top, inside, _ in (path.partition("/") for path in listed.stdout.split("\n")) if inside}
    seen = sorted(top for top in tops if not top.startswith("."))
    assert sorted(folder for folder in folders_of_tree() if "/" not in folder) == seen == TOPS.split("|")


@pytest.mark.parametrize("top", ["bargain", "analysis"])
def test_the_tree_of_the_architecture_has_every_file_that_lies_in_no_folder(top: str) -> None:
    (part,) = re.findall(rf"^{top}/ .*\n(?: .*\n)+", next(blocks(text_of("docs/architecture.md"))), re.MULTILINE)
    named = set(re.findall(r"\w+\.(?:py|ipynb)\b", part))
    there = {path.name for path in (ROOT / top).iterdir() if path.is_file() and not path.name.startswith("__")}
    assert named == there - {"py.typed"}


@pytest.mark.parametrize(("top", "rooms"), [("bargain", BARGAIN), ("analysis", ANALYSIS)])
def test_the_tree_stands_in_the_order_of_imports(top: str, rooms: tuple[tuple[str, ...], ...]) -> None:
    code = {path.parent.name for path in (ROOT / top).glob("*/*.py")}
    order = [folder.split("/")[1] for folder in folders_of_tree() if folder.count("/") == 1 and folder.startswith(top)]
    heights = [height(rooms, folder) for folder in order if folder in code]
    assert heights == sorted(heights)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page: str) -> None:
    text = text_of(page)
    paths = {path for path in PATH.findall(text) if "..." not in path}
    assert sorted(path for path in paths if not list(ROOT.glob(path.rstrip(".")))) == []
    links = {link for link in LINK.findall(text) if not ((ROOT / page).parent / link).exists()}
    assert sorted(links) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_a_page_names_exists(page: str) -> None:
    names = {name for name in MODULE.findall(text_of(page)) if name not in NO_MODULES}
    assert sorted(name for name in names if not is_there(name)) == []


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError as error:
            if error.name and not name.startswith(error.name):  # it is there, and an extra that it imports is not
                return True
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_the_citation_names_the_version() -> None:
    assert f"\nversion: {__version__}\n" in text_of("CITATION.cff")
    assert text_of("CHANGELOG.md").split("\n## ")[1].startswith(__version__)


def test_the_gate_runs_every_benchmark_that_has_a_small_version() -> None:
    small = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if '"--small"' in path.read_text("utf-8")}
    (run,) = re.findall(r"^SMALL = (.*)$", text_of("Makefile"), re.MULTILINE)
    assert set(run.split()) == small
    assert "\nmake bench\n" in text_of(".ci/run")


def commands(text: str) -> list[str]:
    """Every `bargain ...` command of a page, in code blocks and in sentences, without those with placeholders."""
    lines = [line for block in blocks(text) for line in block.replace("\\\n", " ").split("\n")]
    shown = [line.split("  #")[0].strip() for line in lines] + re.findall(r"`(bargain [^`]*)`", text)
    found = {re.sub(r"\s+", " ", line) for line in shown if line.startswith("bargain ") and "=" in line}
    return sorted(line for line in found if not re.search(r"\.\.\.|\bDIR\b|\bNAME\b|resume=|--config-dir", line))


@pytest.mark.parametrize("command", commands(text_of("README.md")))
def test_every_command_of_the_readme_composes(command: str) -> None:
    arguments = [each for each in shlex.split(command)[1:] if each not in ("-m", "estimate=true")]
    if shlex.split(command)[1] != "-m":
        compose(arguments)
        return
    cells = swept(arguments)
    assert len(cells) > 1
    compose(cells[0])


def sections() -> dict[str, str]:
    """What CONTRIBUTING.md says of each thing that can be added, by its title."""
    _, _, adding = text_of("CONTRIBUTING.md").partition(EXAMPLES)
    return dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^###? |\Z)", adding, re.DOTALL | re.MULTILINE))


def examples() -> dict[str, str]:
    """Those that show files and commands."""
    return {title: text for title, text in sections().items() if "bargain --config-dir" in text}


def test_what_the_readme_says_can_be_added_has_its_section_and_what_takes_a_yaml_an_example() -> None:
    rows = re.findall(r"^\| (an? [^|]+) \| (1 [^|]+) \|$", text_of("README.md"), re.MULTILINE)
    things = {thing: files for names, files in rows for thing in re.sub(r" \(.*\)", "", names).split(", ")}
    titles = {title.partition(":")[0].lower(): title for title in sections()}
    assert sorted(things) == sorted(titles)
    assert {thing for thing, files in things.items() if "YAML" in files} == {
        thing for thing, title in titles.items() if title in examples()
    }


def test_the_metric_of_contributing_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = (text for title, text in sections().items() if title.startswith("A metric"))
    (metric,) = eval(f"({next(blocks(text))})", vars(definitions))
    monkeypatch.setattr(definitions, "METRICS", (*definitions.METRICS, metric))
    monkeypatch.setattr(metrics, "METRICS", definitions.METRICS)
    games = [a_game(number, prices) for number, prices in enumerate([(12.0, None), (None, 14.0), (13.0, None)])]
    runs = load(make_run(tmp_path / "run", games))
    assert list(metrics.table(runs, [metric.name])["value"]) == [1 / 3, 2 / 3]
    assert metric.drawn.axis in by_round(runs, metric.name).to_json()


@pytest.mark.long
@pytest.mark.parametrize("title", examples())
def test_every_example_of_contributing_works(title: str, tmp_path: Path) -> None:
    played = []
    for block in blocks(examples()[title]):
        named = re.search(r"^# (mine/\S+\.yaml|\w+\.py)$", block, re.MULTILINE)
        if named:
            path = tmp_path / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block, encoding="utf-8")
        played += [shlex.split(line)[1:] for line in block.split("\n") if line.startswith("bargain ")]
    assert played
    for arguments in played:
        done = bargain(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
