"""What `bargain --help` says: the template of conf/config.yaml with every group and its choices.

Hydra would print much the same, and composes the config and copies every file's content for it, which takes it more
than a second. This reads the names of the files only; it knows no config.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import yaml

from bargain.config.files import place_of

WIDTH = 120
_INDENT = "    "


def help_text(folders: Sequence[Path]) -> str:
    """The help, from the configuration directories: bargain's own, and those that the command line adds."""
    own = yaml.safe_load((folders[0] / "config.yaml").read_text(encoding="utf-8"))
    template: str = own["hydra"]["help"]["template"]
    return template.replace("$APP_CONFIG_GROUPS", "\n".join(_groups(folders, "")))


def _groups(folders: Sequence[Path], name: str) -> list[str]:
    """A line (wrapped) per group at or below this one, in order of their names."""
    places = [place for each in folders if (place := place_of(each, name)).is_dir()]
    choices = sorted({path.stem for each in places for path in each.glob("*.yaml")})
    said = f"{name}: {', '.join(choices)}"
    lines = [textwrap.fill(said, WIDTH, subsequent_indent=_INDENT, break_on_hyphens=False)] if name and choices else []
    inside = {path.name for each in places for path in each.iterdir() if path.is_dir()}
    if not name:
        inside = (inside | {"experiment"}) - {"hydra", "__pycache__"}
    for each in sorted(inside):
        lines += _groups(folders, f"{name}/{each}" if name else each)
    return lines
