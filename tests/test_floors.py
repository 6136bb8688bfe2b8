"""The house has floors (DESIGN.md, "The house"): a room imports only what lies below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = [
    {"version", "records", "secrets", "harmless"},
    {"schema", "prices", "money", "acts", "wording", "proposals"},
    {"prompts", "prompts_2023", "logs_2023", "legacy", "violations", "store"},
    {"engines"},
    {"agents"},
    {"feedback"},
    {"negotiation"},
    {"games"},
    {
        "rundir",
        "errors",
        "run_lock",
        "journal_format",
        "journal_check",
        "journal_queries",
        "journal_reader",
        "journal_writer",
        "journal",
    },
    {"pricing", "budget", "limits", "pace", "seats", "attempts", "calls"},
    {"config", "config_files", "config_changes", "targets", "summary", "event_loop"},
    {"tables", "progress", "judging"},
    {"tracking"},
    {"build"},
    {"hosting", "run_summary", "opening"},
    {"launching", "resuming", "usage"},
    {"runner", "sweep"},
    {"main", "judge", "imports", "estimate"},
    {"__init__", "__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def imports_of(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports at its top level (imports inside functions are lazy doors)."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "bargain").parts[0].removesuffix(".py")


SOURCES = sorted((ROOT / "bargain").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    assert room in LEVEL, f"{room} has no floor: give it one in this test and in docs/design.md"
    for module in imports_of(path):
        if module.startswith("bargain."):
            other = module.split(".")[1]
            assert other == room or LEVEL[other] <= LEVEL[room], f"{path.name} on floor {LEVEL[room]} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_bargain_never_imports_analysis(path: Path) -> None:
    assert not [each for each in imports_of(path) if each.split(".")[0] == "analysis"]


@pytest.mark.parametrize("path", sorted((ROOT / "analysis").rglob("*.py")), ids=lambda path: path.name)
def test_analysis_imports_nothing_of_bargain_but_records_and_prices(path: Path) -> None:
    ours = {each for each in imports_of(path) if each.split(".")[0] == "bargain"}
    assert ours <= {"bargain.records", "bargain.prices"}
