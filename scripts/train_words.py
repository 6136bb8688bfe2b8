"""Trains bargain/reading/accepts.yaml and leaves.yaml: how much the words of an utterance speak for either act.

    cd tests/data; python ../../scripts/train_words.py ARENA words.txt offers.jsonl endings_*.jsonl

where ARENA is the arena_2023.jsonl that train_reader.py tells of. Needs scikit-learn, which bargain itself does not.
A line of a .jsonl file is a labelled dialogue {"turns", "offers", "state", "price"} as benchmarks/endings.py takes
them, or names one as in train_reader.py; others are passed over. The turn that accepts is the last with the agreed
price, if the rival has named it before, or else the one behind it; the last turn of a dialogue without a deal takes
leave, but for the arena of 2023, whose refusals end the game by rule. Every turn before does neither; one that may be
either is left out. A line of a .txt file is a single turn with its table.

Each file is left out once and weighed by what the others teach, before all of them train what is written.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train_reader import CONSTANT, dialogue_of, learned

from bargain.reading.acts import parsed
from bargain.reading.money import same
from bargain.reading.proposals import Standing
from bargain.reading.weighing import AGAINST, FAREWELL, Words, features

READING = Path(__file__).parent.parent / "bargain" / "reading"
ACTS = {"accepts": AGAINST, "leaves": FAREWELL}
Row = tuple[set[str], bool]


def names_of(said: set[Words]) -> set[str]:
    """Features as they are written in the files."""
    return {each if isinstance(each, str) else " ".join(each) for each in said}


def accepting(dialogue: dict[str, Any]) -> int | None:
    """The turn that accepts, None if the labels do not tell."""
    turns, offers, price = dialogue["turns"], dialogue["offers"], dialogue["price"]
    bear = [n for n, offer in enumerate(offers) if isinstance(offer, int | float) and same(offer, price)]
    if not bear:
        return None
    (role, _), newest = turns[bear[-1]], bear[-1]
    named = any(turns[number][0] != role for number in bear)
    if named or (role == "buyer" and dialogue.get("list_price") == price):
        return newest
    return newest + 1 if newest + 1 < len(turns) and turns[newest + 1][0] != role else None


def rows_of(dialogue: dict[str, Any], act: str) -> Iterator[Row]:
    """The features of each turn with a usable label, and whether it does the act."""
    turns, offers, last = dialogue["turns"], dialogue["offers"], len(dialogue["turns"]) - 1
    table = {"seller": None, "buyer": None}
    state = dialogue["state"]
    accepted = accepting(dialogue) if state == "deal" else None
    for number, ((role, text), offer) in enumerate(zip(turns, offers, strict=True)):
        done = number == accepted if act == "accepts" else state == "no_deal" and number == last
        if act == "accepts":
            late = state == "deal" and number >= (last - 1 if accepted is None else accepted)
        else:
            late = state == "no_deal" and number >= last - 1
        unknown = (late and not done) or (done and act == "leaves" and "acts" in dialogue)
        if number and not unknown:
            rival = "buyer" if role == "seller" else "seller"
            seen = Standing(table[role], table[rival], dialogue.get("list_price"))
            yield names_of(features(parsed(text, role, dialogue.get("currency", "$")), role, seen)), done
        if isinstance(offer, int | float):
            table[role] = offer


def row_of(line: str, act: str) -> Row:
    """A line of words.txt: the speaker, its own last price, the rival's, the act, and the utterance."""
    head, _, text = line.partition(" | ")
    role, *prices, done = head.split()
    mine, theirs = (None if price == "-" else float(price) for price in prices)
    return names_of(features(parsed(text, role, "$"), role, Standing(mine, theirs))), done == act


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--penalty", type=float, default=0.4, help="inverse strength of the L1 penalty")
    parser.add_argument("--least", type=int, default=4, help="words seen less often are not used")
    parser.add_argument("--no-check", action="store_true", help="do not leave each file out once")
    options = parser.parse_args()

    def trained(rows: list[Row]) -> dict[str, float]:
        return learned(rows, options.penalty, options.least, constant=True)

    for act, cut in ACTS.items():
        seen: set[Any] = set()
        sets: dict[str, list[Row]] = {}
        for path in options.files:
            sets[path.name] = []
            for line in path.read_text(encoding="utf-8").splitlines():
                if path.suffix == ".txt":
                    sets[path.name] += [] if line.startswith("#") else [row_of(line, act)]
                    continue
                dialogue = dialogue_of(line, path)
                name = (dialogue.get("file", path.name), dialogue.get("id", line))
                if {"offers", "state"} <= dialogue.keys() and name not in seen:
                    seen.add(name)
                    sets[path.name] += rows_of(dialogue, act)
        sums = Counter[str]()
        for name in [] if options.no_check else sets:
            weights = trained([row for other, rows in sets.items() if other != name for row in rows])
            for names, done in sets[name]:
                above = weights[CONSTANT] + sum(weights.get(each, 0.0) for each in names) >= cut
                sums["of" if done else "others"] += 1
                sums["found" if done else "wrongly"] += above
        if sums:
            print(
                f"{act}: {sums['found']} of {sums['of']} above {cut} when their file was left out, "
                f"and {sums['wrongly']} of {sums['others']} other turns"
            )
        weights = trained([row for rows in sets.values() for row in rows])
        order = sorted(weights.items(), key=lambda item: (item[0] != CONSTANT, -item[1], item[0]))
        lines = [HEAD.format(act=act, constant=CONSTANT), *[f'"{name}": {weight}' for name, weight in order], ""]
        (READING / f"{act}.yaml").write_text("\n".join(lines), encoding="utf-8")
        print(f"{act}: {len(weights)} weights")


HEAD = """\
# How much each plain word of an utterance, and each pair of neighbours, speaks for this act: {act} (log odds).
# Written by scripts/train_words.py. "{constant}" is added to each sum; ^ and $ are its beginning and end."""


if __name__ == "__main__":
    main()
