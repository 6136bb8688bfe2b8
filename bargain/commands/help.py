"""What `bargain --help` says: the template of conf/config.yaml with every group and its choices.

Hydra would print much the same, and composes the config and copies every file's content for it, which takes it more
than a second. This reads the names of the files only; it knows no config.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import yaml

WIDTH = 120
_INDENT = "    "


def help_text(conf: Path) -> str:
    """The help, from the configuration directory."""
    template: str = yaml.safe_load((conf / "config.yaml").read_text(encoding="utf-8"))["hydra"]["help"]["template"]
    return template.replace("$APP_CONFIG_GROUPS", "\n".join(_groups(conf, "")))


def _groups(directory: Path, name: str) -> list[str]:
    """A line (wrapped) per group at or below this directory, in order of their names."""
    choices = sorted(each.stem for each in directory.glob("*.yaml"))
    said = f"{name}: {', '.join(choices)}"
    lines = [textwrap.fill(said, WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)] if name and choices else []
    for each in sorted(directory.iterdir()):
        if each.is_dir() and each.name not in ("hydra", "__pycache__"):
            lines += _groups(each, f"{name}/{each.name}" if name else each.name)
    return lines
