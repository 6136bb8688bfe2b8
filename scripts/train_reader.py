"""Trains the weights of bargain/reading/offers.yaml: which amount of an utterance is its offer.

    python scripts/train_reader.py ../shared/dialogues/arena_2023.jsonl tests/data/offers.jsonl tests/data/prose.txt

Needs scikit-learn, which bargain itself does not. A line of a .jsonl file is a dialogue {"turns", "offers"} with the
price that each turn stands at (null: none; "?": not known), or names a dialogue of an endings file beside it; prices on
the table are taken from the labels. A line of a .txt file is a single turn with its table.

The data: 617 games of GPT-3.5, GPT-4 and Claude 2 (NegotiationArena, with the offers of the game's own protocol; not in
the repository), our labelled endings (the offers as the rules of November 2025 read them where these got the ending
right; of `long` and `wordings` as they are labelled), and prose of our own that is full of costs, budgets and list
prices. All pairs of models with --held-out in their name are scored and not trained on.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from bargain.reading import patterns
from bargain.reading.acts import parsed
from bargain.reading.money import same
from bargain.reading.proposals import Standing, candidates

WEIGHTS = Path(__file__).parent.parent / "bargain" / "reading" / "offers.yaml"
Turn = list[tuple[list[str], bool]]


def turns_of(dialogue: dict[str, Any]) -> Iterator[Turn]:
    """Per turn with a usable label, the features of each amount and whether it is the offer."""
    mine: dict[str, float | None] = {"seller": None, "buyer": None}
    listed, currency = dialogue.get("list_price"), dialogue.get("currency", "$")
    known = [listed] if listed else []
    accepts = dialogue.get("acts") or [""] * len(dialogue["turns"])
    counting = False
    for (role, text), offer, act in zip(dialogue["turns"], dialogue["offers"], accepts, strict=True):
        rival = "buyer" if role == "seller" else "seller"
        wanted = mine[rival] if act == "ACCEPT" else offer
        told = parsed(text, role, currency)
        table = Standing(mine[role], mine[rival], listed, counting=counting, known=tuple(known))
        if wanted != "?" and not (act == "REJECT" and mine[role] is not None):
            rows: Turn = [
                (names, wanted is not None and same(value, wanted))
                for _, value, names in candidates(told, role, table, told.does.moods)
            ]
            if rows and (wanted is None or act == "ACCEPT" or any(right for _, right in rows)):
                yield rows
        if isinstance(offer, int | float) and not isinstance(offer, bool):
            mine[role] = offer
            known.append(offer)
        counting = bool(told.sentences) and patterns.COUNTS(told.sentences[-1].text) is not None


def prose(line: str) -> dict[str, Any]:
    """A line of prose.txt as a dialogue: what the two said before, then the utterance."""
    head, _, text = line.partition(" | ")
    role, *prices = head.split()
    mine, theirs, offer = (None if price == "-" else float(price) for price in prices)
    rival = "buyer" if role == "seller" else "seller"
    before = [(role, "", mine), (rival, "", theirs)]
    turns = [turn for turn in before if turn[2] is not None] + [(role, text, offer)]
    return {"turns": [turn[:2] for turn in turns], "offers": [turn[2] for turn in turns], "weight": 4}


def dialogue_of(line: str, path: Path) -> dict[str, Any]:
    """A line of a file as a labelled dialogue."""
    if path.suffix == ".txt":
        return prose(line)
    found: dict[str, Any] = json.loads(line)
    if "file" in found:
        lines = (path.parent / found["file"]).read_text(encoding="utf-8").splitlines()
        (dialogue,) = [other for other in map(json.loads, lines) if other["id"] == found["id"]]
        found = dialogue | found | {"weight": 4}
    return found


def learned(
    rows: Sequence[tuple[Collection[str], bool]], penalty: float, least: int, *, constant: bool
) -> dict[str, float]:
    """The weights of a logistic regression with an L1 penalty: those of features that are seen often enough and weigh
    anything, in hundredths; with a constant also that, as CONSTANT."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counts = Counter(name for names, _ in rows for name in names)
    column = {name: place for place, name in enumerate(sorted(name for name, n in counts.items() if n >= least))}
    cells = [(row, column[name]) for row, (names, _) in enumerate(rows) for name in set(names) if name in column]
    shape = (len(rows), len(column))
    matrix = csr_matrix(([1.0] * len(cells), tuple(zip(*cells, strict=True))), shape=shape)
    model = LogisticRegression(
        l1_ratio=1.0,
        C=penalty,
        solver="liblinear",
        fit_intercept=constant,
        intercept_scaling=10,
        max_iter=2000,
        random_state=1,
    )
    model.fit(matrix, [right for _, right in rows])
    found = {CONSTANT: round(float(model.intercept_[0]), 2)} if constant else {}
    found |= {name: round(float(weight), 2) for name, weight in zip(column, model.coef_[0], strict=True)}
    return {name: weight for name, weight in found.items() if abs(weight) >= 0.05 or name == CONSTANT}


CONSTANT = "(always)"
"""The name of what is always added; no plain word is written so."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--held-out", default="claude-2.1", help="pairs with this in their name are not trained on")
    parser.add_argument(
        "--all", action="store_true", help="train on the held-out pairs as well, for the file that ships"
    )
    parser.add_argument("--penalty", type=float, default=0.2, help="inverse strength of the L1 penalty")
    parser.add_argument("--least", type=int, default=10, help="a feature seen less often is not used")
    options = parser.parse_args()
    train: list[Turn] = []
    held_out: list[Turn] = []
    for path in options.files:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            dialogue = dialogue_of(line, path)
            apart = options.held_out and options.held_out in dialogue.get("pair", "")
            if apart:
                held_out += turns_of(dialogue)
            if not apart or options.all:
                train += list(turns_of(dialogue)) * int(dialogue.get("weight", 1))
    flat = [row for rows in train for row in rows]
    found = learned(flat, options.penalty, options.least, constant=False)

    def right(turns: list[Turn]) -> str:
        several = [rows for rows in turns if len(rows) > 1]
        hits = []
        for rows in several:
            scores = [sum(found.get(name, 0.0) for name in set(names)) for names, _ in rows]
            best = max(range(len(rows)), key=lambda index: (scores[index], index))
            hits.append(rows[best][1] if any(right for _, right in rows) else scores[best] < 0)
        return f"{sum(hits)} of {len(several)} turns with several amounts"

    print(f"{len(found)} weights; trained on {right(train)}; held out {right(held_out)}")
    lines = [
        f'"{name}": {weight}'
        for name, weight in sorted(found.items(), key=lambda item: (item[0].split(" ")[0], -item[1]))
    ]
    WEIGHTS.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")


HEAD = """\
# How much each feature of an amount speaks for its being the offer (log odds); written by scripts/train_reader.py.
# "before x": the plain word x stands among the five words before it; "just before x": directly before it."""


if __name__ == "__main__":
    main()
