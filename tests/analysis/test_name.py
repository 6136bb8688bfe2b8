"""The name bargain.analysis in a checkout; from a wheel and an editable install: tests/config/test_conf.py."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

import bargain.analysis
from tests.commands import ROOT


def test_a_module_of_analysis_has_one_name_and_one_copy() -> None:
    paths = [path for path in (ROOT / "analysis").rglob("*.py") if path.name not in ("start.py", "__init__.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    for name in names:
        import_module(f"bargain.{name}")
    files = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
    assert len(paths) > 50
    assert all(files.count(str(path)) == 1 for path in paths)
    assert sys.modules["bargain.analysis"] is bargain.analysis
    assert [name for name in sys.modules if name.split(".")[0] == "analysis"] == []


def test_the_folders_own_name_is_refused_with_the_right_one() -> None:
    with pytest.raises(ImportError, match=r"^`analysis` is `bargain\.analysis`: from bargain\.analysis import load$"):
        import_module("analysis")
