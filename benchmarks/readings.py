"""Which turns the reader reads otherwise than at another revision: a rule that is too general shows here at once.

python benchmarks/readings.py                     beside HEAD: the endings_ sets and the arena of 2023
python benchmarks/readings.py --against HEAD~3 F  beside another revision, on labelled dialogues of your own
python benchmarks/readings.py --small             what CI runs: forty dialogues of each set, a few seconds

The revision is unpacked into a temporary directory and reads in a process of its own. Each turn is printed with its
text, and whether the dialogue was and is read as labelled. The unseen_ sets are left out, for nothing is tuned on them;
of one that is named only the sums are told.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from endings import ARENA, DATA, Dialogue, Reading, labelled, read

ROOT = Path(__file__).parent.parent
Turns = list[list[Any]]


def told(reading: Reading) -> Turns:
    """The act and the offer of each turn, and at the end the state, the price and whether all is as labelled."""
    outcome = reading.outcome
    right = reading.right if "state" in reading.dialogue else None
    return [*([act.kind, act.offer] for act in reading.acts), [outcome.state, outcome.price, right]]


def at_revision(revision: str, paths: list[Path], at_most: int | None) -> list[list[Turns]]:
    """What the reader of a revision makes of the dialogues of each file; the benchmark is today's."""
    with tempfile.TemporaryDirectory() as scratch:
        git = ["git", "-c", f"safe.directory={ROOT}"]  # whoever owns it: a container's root has it of another user
        archive = subprocess.run([*git, "archive", revision, "bargain"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as packed:
            packed.extractall(scratch, filter="data")
        command = [sys.executable, __file__, "--tell", *map(str, paths)]
        command += ["--first", str(at_most)] if at_most else []
        environment = {**os.environ, "PYTHONPATH": scratch}
        said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: list[list[Turns]] = json.loads(said)
    return found


def compare(dialogues: list[Dialogue], before: list[Turns], *, silent: bool) -> str:
    """Prints each turn that is read otherwise; returns the sums."""
    turns = differ = better = worse = 0
    for dialogue, old in zip(dialogues, before, strict=True):
        new = told(read(dialogue))
        turns += len(new) - 1
        changed = [number for number in range(len(new) - 1) if new[number] != old[number]]
        differ += len(changed)
        better += bool(new[-1][2]) and not old[-1][2]
        worse += bool(old[-1][2]) and not new[-1][2]
        if silent or new == old:
            continue
        mark = {True: "right", False: "WRONG", None: ""}
        print(f"\n{dialogue.get('id', '')}  labelled {dialogue.get('state')} {dialogue.get('price')}:", end=" ")
        print(*(f"{state} {price} {mark[right]}" for state, price, right in (old[-1], new[-1])), sep=" -> ")
        for number in changed:
            role, text = dialogue["turns"][number]
            print(f"  {number} {role:<6} {old[number]} -> {new[number]}  {text}")
    sums = f"{differ} of {turns} turns read otherwise"
    return f"{sums}; of {len(dialogues)} dialogues {better} are right now and were wrong, {worse} the other way round"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="labelled dialogues of your own, instead")
    parser.add_argument("--against", default="HEAD", metavar="REVISION", help="the other reader (default: %(default)s)")
    parser.add_argument("--small", action="store_const", const=40, dest="first", help="forty dialogues of each set")
    parser.add_argument("--first", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--tell", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    paths = options.files or sorted(DATA.glob("endings_*.jsonl"))
    paths += [] if options.files or not ARENA.exists() else [ARENA]
    paths = [path.resolve() for path in paths]
    sets = [labelled(path, options.first) for path in paths]
    if options.tell:
        json.dump([[told(read(dialogue)) for dialogue in dialogues] for dialogues in sets], sys.stdout)
        return
    before = at_revision(options.against, paths, options.first)
    sums = [
        f"{path.stem}: {compare(dialogues, old, silent=path.stem.startswith('unseen_'))}"
        for path, dialogues, old in zip(paths, sets, before, strict=True)
    ]
    print("", *sums, sep="\n")


if __name__ == "__main__":
    main()
