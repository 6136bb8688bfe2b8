"""The command `bargain-export DIR... --to FORMAT`: runs in the format of another tool, from their directories alone.

    bargain-export outputs/2026-11-26/02-17-55-sweep --to hf
    bargain-export outputs/2026-11-26/02-17-55-sweep --to chat --out data/chat

A folder appears whole or not at all. Its default place, DIR/export/FORMAT, is made anew each time; another place must
not be there. What each format holds: docs/export.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bargain.errors import JournalError
from bargain.terminal import prepare
from bargain.text import one_line

from ..data.asked import Refused, cannot_write, loaded
from ..data.run_facts import shown
from ..data.runs import Runs

FORMATS = {
    "parquet": "the frames and the calls as Parquet files",
    "hf": "the same as a Hugging Face dataset with its card",
    "chat": "messages and reward per player as JSON lines, and preference pairs",
    "inspect": "one .eval log per run for Inspect AI (pip install 'bargain-experiments[inspect]')",
}
"""Each is a module of this folder with `write(runs, place)`, which may raise ValueError with what is missing."""


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(prepare("bargain-export")))


def run(arguments: Sequence[str]) -> int:
    """Exports, says where it lies, and returns the exit code. Errors are one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        runs = _load(options.directory)
        place = _place(options.directory, options.to, options.out)
        _write(runs, place, options.to)
    except (Refused, JournalError) as refused:
        print(f"bargain-export: {refused}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"bargain-export: {cannot_write(error)}", file=sys.stderr)
        return 2
    unfinished = int((runs.runs["state"] != "finished").sum())
    if unfinished:
        print(
            f"bargain-export: {unfinished} of {len(runs)} runs are not finished: their finished games are there",
            file=sys.stderr,
        )
    print(f"bargain-export: {shown(place)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bargain-export",
        description="Writes runs and sweeps in the format of another tool. Formats: "
        + "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
        + ".",
        epilog="It only reads the runs, finished or not, and sends nothing anywhere. See docs/export.md.",
    )
    parser.add_argument("directory", nargs="+", metavar="DIR", help="run directories, sweeps, folders or globs of them")
    parser.add_argument("--to", required=True, choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument(
        "--out", metavar="PLACE", help="a folder that is not there yet; default: DIR/export/FORMAT, made anew"
    )
    return parser


def _load(directories: Sequence[str]) -> Runs:
    runs = loaded(directories)
    if not runs.runs["finished"].sum():
        named = one_line(", ".join(directories))
        raise Refused(f"no game in {named} is finished yet; let it play on, or name another directory")
    return runs


def _place(directories: Sequence[str], to: str, out: str | None) -> Path:
    if out is not None:
        place = Path(out).expanduser()
        if os.path.lexists(place):
            raise Refused(f"{shown(place)} is there already; name a place that is not")
        return place
    only = Path(directories[0]).expanduser()
    return (only if len(directories) == 1 and only.is_dir() else Path()) / "export" / to


def _write(runs: Runs, place: Path, to: str) -> None:
    """The folder, made beside its place under another name and moved there when it is whole."""
    above = place.parent
    if above.is_symlink() and above.name == "export":  # a run directory may be a stranger's: no writing through links
        above.unlink()
    above.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=above))
    try:
        made = part / "made"
        made.mkdir()
        try:
            import_module(f".{to}", __package__).write(runs, made)
        except ValueError as error:
            raise Refused(str(error)) from None
        except ModuleNotFoundError as error:
            package = str(error.name).partition(".")[0].replace("_", "-")
            raise Refused(f"--to {to} needs {package}: pip install 'bargain-experiments[{to}]'") from None
        if os.path.lexists(place):
            place.rename(part / "before")
        made.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if not any(above.iterdir()):
            above.rmdir()
