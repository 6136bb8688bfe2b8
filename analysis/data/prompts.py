"""Prompts that were changed and kept their version: what they are called, and in which lines they differ.

A version stands for its texts. Where runs that are read together have other texts under one version, the first of them
keeps the name and the others are v1*, v1** and so on, in the order of the runs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from bargain.text import name_of

from ..text import choice, visible

_FILES = ("path", "feedback_path")
"""What names the texts of a prompt that is read from files, beside its version."""


def marked(choices: pd.DataFrame) -> pd.DataFrame:
    """The config's choices with a mark behind each version whose texts are not the first that it was met with."""
    changed: dict[str, Sequence[str]] = {}
    for column in map(str, choices):
        if column.startswith("prompt.") and column.endswith(".version"):
            texts = choices[_texts(choices, column)].astype(object)
            files = choices[_files(choices, column)].astype(object)
            names: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
            marks: list[str] = []
            for version, file, row in zip(choices[column], files.to_numpy(), texts.to_numpy(), strict=True):
                known = names.setdefault((str(version), *map(str, file)), [])
                these = tuple(map(str, row))
                if these not in known:
                    known.append(these)
                marks.append(str(version) if known.index(these) == 0 else f"{version}{_mark(known.index(these))}")
            changed[column] = marks
    return choices.assign(**changed) if changed else choices


def _mark(number: int) -> str:
    return "*" * number if number <= 3 else f"*{number}"


def _texts(choices: pd.DataFrame, version: str) -> list[str]:
    above = version.removesuffix("version")
    names = (version, above + "sha256", *(above + name for name in _FILES))
    return [str(name) for name in choices if str(name).startswith(above) and name not in names]


def _files(choices: pd.DataFrame, version: str) -> list[str]:
    return [name for each in _FILES if (name := version.removesuffix("version") + each) in choices]


class Changed(NamedTuple):
    """A text that is shown by its name, and how it differs from another: lines of a unified diff."""

    choice: str
    name: str
    other: str
    lines: list[str]


def changes(runs: pd.DataFrame, deciding: Sequence[str]) -> Iterator[Changed]:
    """What the names of texts stand for among these choices: each changed prompt against the first of its version, and
    each other text against the first value of its choice, or whole where that is empty."""
    for column in deciding:
        if column.startswith("prompt.") and column.endswith(".version"):
            yield from _prompts(runs, column)
        else:
            values = [each for each in runs[column].unique() if isinstance(each, str)]
            texts = [each for each in values if name_of(each) != each]
            for text in texts:
                first = values[0] if values[0] != text else ""
                other = choice(first) if first else ""
                yield Changed(column, choice(text), other, _lines(first, text, other, choice(text)))


def _prompts(runs: pd.DataFrame, column: str) -> Iterator[Changed]:
    first = runs.drop_duplicates(column)
    rows = {str(name): row for name, row in zip(first[column], first.to_dict("records"), strict=True)}
    for name, row in rows.items():
        other = name.partition("*")[0]
        if other != name and other in rows:
            lines = []
            for text in _texts(runs, column):
                lines += _lines(rows[other][text], row[text], f"{other} {text}", f"{name} {text}")
            yield Changed(column, name, other, lines)


def _lines(before: object, after: object, named: str, then: str) -> list[str]:
    old, new = (visible("" if side is None or side != side else side).splitlines() for side in (before, after))
    return list(difflib.unified_diff(old, new, named, then, lineterm=""))
