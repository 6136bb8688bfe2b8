"""`.hydra/`, where every tool that knows Hydra looks for what was played; made from the journal, deletable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from bargain.rundir.directory import write_whole
from bargain.rundir.plain import read_plain


def write_hydra(directory: Path, texts: Mapping[str, str]) -> None:
    """config.yaml, overrides.yaml and hydra.yaml from the texts of a journal, where they are not what lies there."""
    said = json.loads(texts.get("overrides", "[]"))
    files = {
        "config.yaml": texts.get("config", ""),
        "overrides.yaml": "".join(f"- {json.dumps(each, ensure_ascii=False)}\n" for each in said) or "[]\n",
        "hydra.yaml": texts.get("hydra", ""),
    }
    folder = directory / ".hydra"
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        if text and _now(folder / name) != text.encode():
            write_whole(folder / name, text)


def _now(file: Path) -> bytes:
    try:
        return read_plain(file)
    except OSError:
        return b""
