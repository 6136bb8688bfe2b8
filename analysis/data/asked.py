"""The runs that a command was asked for, and how a command that reads them says in one line why it did nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bargain.text import one_line

from .run_facts import shown
from .runs import Runs, load


class Refused(Exception):
    """Why nothing was done, in one line."""


def loaded(directories: Sequence[str]) -> Runs:
    """Their runs. Raises Refused where there are none."""
    try:
        runs = load(directories)
    except OSError as error:
        raise not_found(error) from None
    if not len(runs):
        raise no_runs(directories)
    return runs


def not_found(error: OSError) -> Refused:
    """Of a path or pattern that matches nothing."""
    return Refused(str(error).removeprefix("load: "))


def no_runs(directories: Sequence[str]) -> Refused:
    """Of places without a run."""
    named = ", ".join(directories)
    return Refused(
        f"no runs in {one_line(named, len(named))}; a run directory holds games.jsonl or .hydra/config.yaml: "
        "start one with bargain, or name another directory"
    )


def cannot_write(error: OSError) -> Refused:
    """Of a place where a result was to lie."""
    where = f" {shown(Path(str(error.filename)))}" if error.filename else ""
    return Refused(f"cannot write{where} ({error.strerror}); name another place with --out")
