"""`bargain init DIR`: a small project of one's own, with what is edited first: a prompt, an experiment, a README.

What it writes is a working example of docs/own-project.md; it overwrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bargain.errors import ConfigError
from bargain.text import on_screen

FILES = {
    "README.md": """\
# Negotiations of our own

    bargain --config-dir conf experiment=pilot                      # one run, no key needed
    bargain --config-dir conf -m experiment=pilot estimate=true     # what the sweep will play and cost
    bargain --config-dir conf -m experiment=pilot                   # the sweep
    bargain-report outputs/DATE/TIME-sweep

`conf/` has our prompts, items, engines and experiments, one YAML each, in folders as in bargain's own `conf/`
(`bargain --config-dir conf --help` lists both). Code of ours is a module beside this file, allowed by name:
`allow_targets=[my_module]`. Keys stand in `.env` (OPENAI_API_KEY=...), which is read and never recorded.
""",
    ".gitignore": ".env\noutputs/\n",
    "conf/prompt/seller/ours.yaml": """\
# bargain's first version with an opening of our own; {item} and {seller_opening} are filled in.
defaults: [v1, _self_]
version: ours
texts:
  opening: This {item} is one of the last. I would like {seller_opening} for it.
""",
    "conf/experiment/pilot.yaml": """\
# @package _global_
# bargain --config-dir conf -m experiment=pilot
# Does a seller with our opening get a better price?
defaults:
  - override /game: criticize_seller
  - override /prompt/seller: ours

n_games: 10
hydra:
  sweeper:
    params:
      prompt/seller: v1,ours
""",
}


def init(arguments: Sequence[str]) -> str:
    """Writes the project; returns what to do next. Raises ConfigError for a directory that has one of its files."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise ConfigError("bargain init DIR makes a small project of your own in that directory; name one directory")
    folder = Path(arguments[0])
    taken = [folder / name for name in FILES if (folder / name).exists()]
    if taken:
        raise ConfigError(f"{taken[0]} is there already, and nothing is overwritten; name a new directory")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return on_screen(f"made {folder}; now: cd {folder} && bargain --config-dir conf experiment=pilot")
