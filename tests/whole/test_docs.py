"""The tables of the docs are those of the code; `python docs/tables.py` writes them again."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
MADE = runpy.run_path(str(DOCS / "tables.py"))


@pytest.mark.parametrize("name", MADE["PAGES"])
def test_the_tables_of_a_page_are_those_of_the_code(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert MADE["written"](page) == page, "run python docs/tables.py"


def test_every_table_stands_on_a_page() -> None:
    pages = "".join((DOCS / name).read_text(encoding="utf-8") for name in MADE["PAGES"])
    assert [name for name, table in MADE["TABLES"].items() if table not in pages] == []
