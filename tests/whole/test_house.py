"""The house (docs/architecture.md): a folder imports only folders above it in this list, and packages of setup.cfg."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
GROUND = ("records", "errors", "text", "intervals", "secrets", "terminal", "version", "conf")
BARGAIN = (
    *(GROUND,),
    ("fu2023",),
    ("rundir",),
    ("reading",),
    ("channels",),
    ("config",),
    ("journal",),
    ("engines", "tracking"),
    ("agents",),
    ("calls",),
    ("games",),
    ("results",),
    ("runs",),
    ("environments",),
    ("sweeps",),
    ("commands",),
    ("main",),
    ("notebook",),
    ("__init__", "__main__"),
    ("analysis",),
)
ANALYSIS = (
    ("text",),
    ("data",),
    ("stats",),
    ("measures",),
    ("figures",),
    ("report", "dashboard", "export", "wandb_workspace"),
    ("__init__",),
)
OF_BARGAIN = (
    "bargain.records",
    "bargain.text",
    "bargain.intervals",
    "bargain.terminal",
    "bargain.reading",
    "bargain.channels",
    "bargain.config.identity",
    "bargain.journal.reader",
    "bargain.rundir",
    "bargain.secrets",
    "bargain.errors",
    "bargain.version",
)
"""What analysis may import of bargain: words, intervals, terminal, version, what decides a run, its journal to read."""

DOOR = ROOT / "bargain" / "analysis" / "__init__.py"
"""Where a checkout has bargain.analysis: it makes the folder analysis/ that module."""
SOURCES = [path for top in ("bargain", "analysis") for path in sorted((ROOT / top).rglob("*.py")) if path != DOOR]


def imports(path: Path) -> Iterator[str]:
    """Dotted names of what a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            beside = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join((*beside, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def height(rooms: tuple[tuple[str, ...], ...], room: str) -> int:
    found = [number for number, names in enumerate(rooms) if room in names]
    assert found, f"{room} has no place in the house: give it one here and in docs/architecture.md"
    return found[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_imports_only_folders_above_it(path: Path) -> None:
    top, *rest = path.relative_to(ROOT).with_suffix("").parts
    rooms = BARGAIN if top == "bargain" else ANALYSIS
    for name in imports(path):
        package, *inside = name.split(".")
        if package not in ("bargain", "analysis"):
            continue
        if top == "bargain":
            is_analysis = f"{name}.".startswith(("analysis.", "bargain.analysis."))
            assert not is_analysis or rest[0] == "notebook", f"{path.name} imports {name}"
            if is_analysis:
                continue
        elif package == "bargain":
            assert name.startswith(OF_BARGAIN), f"{path.name} imports {name}"
            continue
        here, there = rest[0], inside[0] if inside else "__init__"
        if here == there:
            continue
        above, below = height(rooms, there), height(rooms, here)
        assert above < below or (here in GROUND and there in GROUND), f"{here} imports {name}"


def test_every_package_that_is_imported_is_required_or_in_an_extra() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    asked = {name: value for name, value in setup["options.extras_require"].items() if name not in ("dev", "docs")}
    lines = "\n".join([setup["options"]["install_requires"], *asked.values()]).split()
    named = {normal(re.split(r"[^\w.-]", line)[0]) for line in lines}
    ours = {*sys.stdlib_module_names, "bargain", "analysis"}
    packages = {name.partition(".")[0] for path in SOURCES for name in imports(path)} - ours
    sold = packages_distributions()  # of what is not installed the name is that of its import
    missing = {each for each in packages if named.isdisjoint(map(normal, sold.get(each, [each])))}
    assert missing == set(), "name them in setup.cfg"


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def test_the_house_has_no_circle_and_at_most_nine_floors() -> None:
    above: dict[str, set[str]] = {}
    for path in SOURCES:
        top, room, *_ = path.relative_to(ROOT).with_suffix("").parts
        if top == "bargain" and room not in ("__init__", "__main__"):
            here = "ground" if room in GROUND else room
            inside = [name.split(".")[1] for name in imports(path) if name.startswith("bargain.")]
            above.setdefault(here, set()).update({"ground" if name in GROUND else name for name in inside} - {here})

    def floor(room: str, below: tuple[str, ...] = ()) -> int:
        assert room not in below, f"a circle: {' -> '.join((*below, room))}"
        return 1 + max((floor(each, (*below, room)) for each in above[room] if each in above), default=0)

    assert max(map(floor, above)) <= 9


@pytest.mark.parametrize("tree", ["bargain", "analysis"])
def test_no_two_classes_of_a_tree_have_one_name(tree: str) -> None:
    named: dict[str, list[str]] = {}
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == tree:
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    named.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in named.items() if len(places) > 1} == {}
