"""What mkdocs is told of this repository (`make docs`): pages that lie elsewhere, and where bargain.analysis lies.

Links are written for GitHub, where docs/python.md is read as well; on the way to the site they are turned.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "experiments/README.md": "experiments.md"}
"""Pages outside docs/ by their names on the site."""
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)")
_TREE = tempfile.TemporaryDirectory(prefix="bargain-docs-")
"""Removed when the process ends."""
NAMED = re.compile(r"^(?=[a-z]\w*(, \w+)*: )", re.MULTILINE)
"""Where a line of a docstring begins to say what a parameter or a field is."""


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Docstrings are read from the tree that a wheel has: analysis/ lies in bargain/."""
    shutil.copytree(ROOT / "bargain", Path(_TREE.name) / "bargain", dirs_exist_ok=True)
    shutil.copytree(ROOT / "analysis", Path(_TREE.name) / "bargain" / "analysis", dirs_exist_ok=True)
    handlers: dict[str, Any] = config.plugins["mkdocstrings"].config["handlers"]
    handlers["python"]["paths"] = [_TREE.name]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that lie outside docs/."""
    for source, name in ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=_turned(text, ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turns the links of the pages in docs/."""
    return markdown if page.file.generated_by else _turned(markdown, ROOT / "docs" / page.file.src_uri)


def _turned(text: str, page: Path) -> str:
    """A page's links as the site has them: all pages lie in one folder."""

    def turned(link: re.Match[str]) -> str:
        target = (page.parent / link[1]).resolve().relative_to(ROOT).as_posix()
        return f"]({ELSEWHERE.get(target, target.removeprefix('docs/'))}{link[2] or ''})"

    return LINK.sub(turned, text)


class Lists(griffe.Extension):
    """Paragraphs of docstrings that say what parameters are, one after another, are lists on the site."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Puts the marks of a list before them."""
        if obj.docstring is not None:
            parts = obj.docstring.value.split("\n\n")
            obj.docstring.value = "\n\n".join(NAMED.sub("- ", part) if NAMED.match(part) else part for part in parts)
