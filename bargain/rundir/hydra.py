"""`.hydra/`, where every tool that knows Hydra looks for what was played; made from the journal, deletable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from bargain.rundir.directory import write_whole


def write_hydra(directory: Path, texts: Mapping[str, str]) -> None:
    """config.yaml, overrides.yaml and hydra.yaml from the texts of a journal, where they are not what lies there."""
    said = json.loads(texts.get("overrides", "[]"))
    files = {
        "config.yaml": texts.get("config", ""),
        "overrides.yaml": "".join(f"- {json.dumps(each, ensure_ascii=False)}\n" for each in said) or "[]\n",
        "hydra.yaml": texts.get("hydra", ""),
    }
    folder = directory / ".hydra"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        file = folder / name
        if text and not (file.is_file() and not file.is_symlink() and file.read_bytes() == text.encode()):
            write_whole(file, text)
