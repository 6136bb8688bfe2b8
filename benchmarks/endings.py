"""How well `bargain.reading` reads labelled dialogues: state, price, standing price, offers, false deals, CPU a turn.

python benchmarks/endings.py                          every set: tests/data, and the arena of 2023 if it is there
python benchmarks/endings.py --small                  what CI runs: forty dialogues of each set
python benchmarks/endings.py --dialogues FILE.jsonl   your own, in bargain-judge's format
python benchmarks/endings.py --wrong                  and every dialogue that is read wrongly
python benchmarks/endings.py --loops                  the slowest repetition loops of the words in the patterns

Beside the reader stand the rule of 2023 (the last $ amount) and the last number of the dialogue. A false deal is a
dialogue that ends without a deal and is read as one. The `endings_` files are sets that the reader
was tuned on; of the arena it was trained on the pairs without Claude 2.1, and the others stand apart as "held out".
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bargain.fu2023.legacy import legacy_price
from bargain.intervals import wilson
from bargain.reading import acts, claims, money, patterns, proposals, reader
from bargain.reading.reader import Act, Outcome, Reader, amounts, same
from bargain.records import PLAYERS
from bargain.runs.judging import BadLine, read_labelled

ROOT = Path(__file__).parent.parent
ARENA = ROOT.parent / "shared" / "dialogues" / "arena_2023.jsonl"
DATA = ROOT / "tests" / "data"
"""unseen_*: written and labelled by somebody who had not seen the code; nothing is tuned on them."""
STATES = ("deal", "ongoing", "no_deal")
Dialogue = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What the reader makes of a labelled dialogue."""

    dialogue: Dialogue
    acts: list[Act]
    outcome: Outcome

    @property
    def right(self) -> bool:
        """Whether state and price are as labelled, and the standing price if it is labelled."""
        wanted = self.dialogue
        fits = wanted["state"] == self.outcome.state and equal(wanted.get("price"), self.outcome.price)
        return fits and equal(wanted.get("standing_price", self.outcome.standing_price), self.outcome.standing_price)


def equal(one: float | None, other: float | None) -> bool:
    """Prices to the cent; None is a price of its own."""
    return one is other if one is None or other is None else same(one, other)


def labelled(path: Path, at_most: int | None = None) -> list[Dialogue]:
    """The dialogues of a file, checked as bargain-judge checks them."""
    read_labelled(path)
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [json.loads(line) for line in lines[:at_most]]


def sets(at_most: int | None) -> dict[str, list[Dialogue]]:
    """Every set by its name."""
    found = {path.stem: labelled(path, at_most) for path in sorted(DATA.glob("endings_*.jsonl"))}
    found |= {path.stem: labelled(path, at_most) for path in sorted(DATA.glob("unseen_*.jsonl"))}
    if not ARENA.exists():
        print(f"arena_2023: skipped, {ARENA} is not there")
        return found
    arena = labelled(ARENA)
    for name, apart in (("arena_2023, trained on", False), ("arena_2023, held out", True)):
        found[name] = [game for game in arena if ("claude-2.1" in game["pair"]) == apart][:at_most]
    return found


def read(dialogue: Dialogue) -> Reading:
    """The dialogue, read."""
    seen = Reader(dialogue.get("list_price"), dialogue.get("currency", "$"))
    return Reading(dialogue, [seen.add(role, text) for role, text in dialogue["turns"]], seen.outcome())


def last_number(dialogue: Dialogue) -> float | None:
    """The baseline: the last number of the dialogue, whatever it is."""
    found = [amount.value for _, text in dialogue["turns"] for amount in amounts(text, dialogue.get("currency", "$"))]
    return found[-1] if found else None


def forget() -> None:
    """Empties the reader's caches, so that time is that of texts never seen before."""
    for remembered in (money.normal, money.amounts, acts.own_words, acts.parsed, acts.clause_of, acts.sentence_of):
        remembered.cache_clear()


def report(name: str, dialogues: list[Dialogue]) -> list[Reading]:
    """Prints the table of one set and returns what was read."""
    spent = []
    for _ in range(3):
        forget()
        start = time.process_time()
        readings = [read(dialogue) for dialogue in dialogues]
        spent.append(time.process_time() - start)
    turns = sum(len(dialogue["turns"]) for dialogue in dialogues)
    print(f"\n{name}: {len(dialogues)} dialogues, {min(spent) / turns * 1e6:.0f} us of CPU a turn")
    deals = [each for each in readings if each.dialogue["state"] == "deal" and each.dialogue.get("price") is not None]
    standing = [each for each in readings if "standing_price" in each.dialogue]
    priced = [each for each in standing if each.dialogue["state"] != "no_deal"]
    offers = [pair for each in readings for pair in offers_of(each)]
    others = [each for each in readings if each.dialogue["state"] != "deal"]
    rows = [
        ("deal or not", [(each.dialogue["state"] == "deal") == (each.outcome.state == "deal") for each in readings]),
        ("state", [each.dialogue["state"] == each.outcome.state for each in readings]),
        ("price of deals", [equal(each.dialogue["price"], each.outcome.price) for each in deals]),
        ("  2023 rule", [equal(each.dialogue["price"], legacy(each.dialogue)) for each in deals]),
        ("  last number", [equal(each.dialogue["price"], last_number(each.dialogue)) for each in deals]),
        ("standing price", [equal(each.dialogue["standing_price"], each.outcome.standing_price) for each in standing]),
        ("  but for no_deal", [equal(each.dialogue["standing_price"], each.outcome.standing_price) for each in priced]),
        ("  2023 rule", [equal(each.dialogue["standing_price"], legacy(each.dialogue)) for each in priced]),
        ("  last number", [equal(each.dialogue["standing_price"], last_number(each.dialogue)) for each in priced]),
        ("single offers", [equal(wanted, got) for wanted, got in offers]),
        ("false deals", [each.outcome.state == "deal" for each in others]),
    ]
    for what, hits in rows:
        if hits:
            low, high = wilson(sum(hits), len(hits), fewest=1)
            share = 100 * sum(hits) / len(hits)
            print(f"  {what:<18} {sum(hits):>5} of {len(hits):<5} {share:5.1f}% [{100 * low:.1f}, {100 * high:.1f}]")
    states = Counter((each.dialogue["state"], each.outcome.state) for each in readings)
    print("  label \\ read      " + "".join(f"{state:>9}" for state in STATES))
    for wanted in STATES:
        print(f"  {wanted:<17} " + "".join(f"{states[wanted, got]:>9}" for got in STATES))
    return readings


def legacy(dialogue: Dialogue) -> float | None:
    """The price by the rule of 2023."""
    return legacy_price([(role, text) for role, text in dialogue["turns"]])


def offers_of(reading: Reading) -> list[tuple[float, float | None]]:
    """(labelled, read) prices of the turns that are labelled as an offer."""
    labels = reading.dialogue.get("offers") or []
    kinds = reading.dialogue.get("acts") or ["offer"] * len(labels)
    return [
        (wanted, act.offer)
        for wanted, kind, act in zip(labels, kinds, reading.acts, strict=False)
        if wanted is not None and kind.lower() in ("offer", "proposal")
    ]


def show_wrong(readings: list[Reading]) -> None:
    """Prints each dialogue that is read wrongly, with what was wanted and what was read."""
    for each in readings:
        if each.right:
            continue
        wanted, got = each.dialogue, each.outcome
        print(f"\n{wanted.get('id', '')}  list price {wanted.get('list_price')}")
        for number, ((role, text), act) in enumerate(zip(wanted["turns"], each.acts, strict=True)):
            print(f"  {number} {role:<6} {act.kind:<9} {act.offer!s:<7} {text}")
        print(f"  wanted {wanted['state']} {wanted.get('price')} standing {wanted.get('standing_price')}")
        print(f"  read   {got.state} {got.price} standing {got.standing_price}")


def vocabulary() -> list[str]:
    """Every word and mark in the patterns, the figures, signs and marks that their classes stand for, and whole claims:
    the examples of the forms without their full stops, over and over in one sentence."""
    sources = [str(value) for value in vars(patterns).values() if isinstance(value, dict | str)]
    sources += [
        value.pattern
        for module in (acts, claims, money, proposals, reader)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ]
    sources += [form.search.pattern for form in claims.FORMS]
    for value in vars(patterns).values():
        if isinstance(value, patterns.Pattern):
            sources += [regex.pattern for regex in (value.search, value.head) if regex is not None]
        if isinstance(value, patterns.Phrases):
            sources += [*value.anywhere, *value.alone]
    words = {
        word
        for source in sources
        for word in re.findall(r"[a-z]+(?:'[a-z]+)?|[^\s\w]", re.sub(r"\\[bBwWdDsSAZ]", " ", source))
    }
    more = [
        "1",
        "1,",
        "1.",
        "$1",
        "1,000",
        ".1",
        "1/",
        "15",
        "1k",
        "1-",
        "👍",
        "👌",
        "```",
        "“",
        "١",
        "seller:",
        "a",
        "\n",
    ]
    claimed = [text.rstrip(".") for form in claims.FORMS for text in (*form.hits, form.miss)]
    return [*sorted(words.union(more)), *claimed]


def loops(length: int = 20_000) -> list[tuple[float, str, str, str, str]]:
    """(seconds, what reads it, words, separator, tail) of words repeated to `length` characters, slowest first."""
    taken = []
    for number, word in enumerate(vocabulary()):
        separator, tail = ("", " ", ", ")[number % 3], ("x", "$15")[number % 2]
        text = ((word + separator) * length)[:length] + tail
        seen = Reader(20.0)
        seen.add("seller", "$18")
        start = time.process_time()
        seen.add("buyer", text)
        taken.append((time.process_time() - start, "reader", word, separator, tail))
        for role in PLAYERS:
            start = time.process_time()
            claims.claims(text, role)
            taken.append((time.process_time() - start, f"claims, {role}", word, separator, tail))
    return sorted(taken, reverse=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", nargs="+", type=Path, help="labelled dialogues of your own, instead")
    parser.add_argument("--small", action="store_true", help="forty dialogues of each set")
    parser.add_argument("--wrong", action="store_true", help="show every dialogue that is read wrongly")
    parser.add_argument("--loops", action="store_true", help="the slowest repetition loops")
    options = parser.parse_args()
    if options.loops:
        taken = loops()
        print(f"{len(taken)} loops of 20,000 characters, {sum(seconds for seconds, *_ in taken):.1f} s in all:")
        for seconds, *loop in taken[:10]:
            print(f"  {seconds * 1000:6.1f} ms  {loop}")
        return
    at_most = 40 if options.small else None
    try:
        found = {path.name: labelled(path, at_most) for path in options.dialogues or []} or sets(at_most)
    except BadLine as error:
        sys.exit(f"benchmarks/endings.py: {error}")
    for name, dialogues in found.items():
        readings = report(name, dialogues)
        if options.wrong:
            show_wrong(readings)


if __name__ == "__main__":
    main()
