"""How well `bargain.reading` reads the labelled endings of tests/data: accuracy and confusion, for state and for price.

python benchmarks/endings.py            tables
python benchmarks/endings.py --wrong    and every dialogue that is read wrongly
python benchmarks/endings.py FILE ...   other labelled dialogues
python benchmarks/endings.py --loops    the slowest repetition loops of the words in the patterns
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bargain.fu2023.legacy import legacy_price
from bargain.intervals import wilson
from bargain.reading import acts, money, proposals
from bargain.reading import patterns as wording
from bargain.reading import reader as prices
from bargain.reading.reader import Outcome, Reader, read_outcome

DATA = Path(__file__).parent.parent / "tests" / "data"
STATES = ("deal", "ongoing", "no_deal")


def labelled(paths: list[Path]) -> list[dict[str, Any]]:
    """The dialogues of the files, one JSON object a line."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def read(dialogue: dict[str, Any]) -> Outcome:
    """What the rules find in a labelled dialogue."""
    turns = [(role, text) for role, text in dialogue["turns"]]
    return read_outcome(turns, dialogue.get("list_price"), dialogue.get("currency", "$"))


def same(one: float | None, other: float | None) -> bool:
    """Prices to the cent; None is a price of its own."""
    return one is other if one is None or other is None else abs(one - other) < 0.005


def price_class(wanted: float | None, got: float | None) -> str:
    """Where a price lands in the confusion table."""
    if got is None:
        return "none"
    return "right price" if same(wanted, got) else "another price"


def last_number(dialogue: dict[str, Any]) -> float | None:
    """The baseline: the last number of the dialogue, whatever it is."""
    from bargain.reading.reader import amounts

    found = [amount.value for _, text in dialogue["turns"] for amount in amounts(text)]
    return found[-1] if found else None


def report(name: str, dialogues: list[dict[str, Any]]) -> None:
    """Prints accuracy and confusion for one batch."""
    start = time.perf_counter()
    outcomes = [read(dialogue) for dialogue in dialogues]
    spent = time.perf_counter() - start
    turns = sum(len(dialogue["turns"]) for dialogue in dialogues)
    pairs = list(zip(dialogues, outcomes, strict=True))
    print(f"\n{name}: {len(dialogues)} dialogues, {spent / turns * 1e6:.0f} us a turn")
    rows = [
        ("state", sum(d["state"] == o.state for d, o in pairs), len(pairs)),
        ("agreed price", sum(same(d["price"], o.price) for d, o in pairs), len(pairs)),
        ("state and price", sum(d["state"] == o.state and same(d["price"], o.price) for d, o in pairs), len(pairs)),
        ("standing price", sum(same(d["standing_price"], o.standing_price) for d, o in pairs), len(pairs)),
    ]
    closed = [(d, o) for d, o in pairs if d["state"] != "no_deal"]
    rows += [
        (
            "standing price, not no_deal",
            sum(same(d["standing_price"], o.standing_price) for d, o in closed),
            len(closed),
        ),
        (
            "  2023 rule",
            sum(same(d["standing_price"], legacy_price([tuple(t) for t in d["turns"]])) for d, _ in closed),
            len(closed),
        ),
        ("  last number", sum(same(d["standing_price"], last_number(d)) for d, _ in closed), len(closed)),
    ]
    for what, right, count in rows:
        low, high = wilson(right, count)
        print(f"  {what:<28} {right:>4} of {count:<4} {100 * right / count:5.1f}% [{100 * low:.1f}, {100 * high:.1f}]")
    states = Counter((d["state"], o.state) for d, o in pairs)
    print("  label \\ read   " + "".join(f"{state:>9}" for state in STATES))
    for wanted in STATES:
        print(f"  {wanted:<14} " + "".join(f"{states[wanted, got]:>9}" for got in STATES))
    prices = Counter(
        (d["standing_price"] is not None, price_class(d["standing_price"], o.standing_price)) for d, o in pairs
    )
    classes = ("right price", "another price", "none")
    print("  standing price" + "".join(f"{each:>15}" for each in classes))
    for there, label in ((True, "a price"), (False, "no price")):
        print(f"  {label:<14}" + "".join(f"{prices[there, each]:>15}" for each in classes))


def show_wrong(dialogues: list[dict[str, Any]]) -> None:
    """Prints each dialogue that is read wrongly, with what was wanted and what was read."""
    for dialogue in dialogues:
        outcome = read(dialogue)
        state = dialogue["state"] == outcome.state and same(dialogue["price"], outcome.price)
        if state and same(dialogue["standing_price"], outcome.standing_price):
            continue
        print(f"\n{dialogue['id']}  list price {dialogue.get('list_price')}")
        for number, (role, text) in enumerate(dialogue["turns"]):
            print(f"  {number} {role:<6} {text}")
        print(f"  wanted {dialogue['state']} {dialogue['price']} standing {dialogue['standing_price']}")
        print(f"  read   {outcome.state} {outcome.price} standing {outcome.standing_price}")


def vocabulary() -> list[str]:
    """Every word and mark in the reader's patterns, and the figures, signs and marks that their classes stand for."""
    sources = [
        value.pattern
        for module in (acts, money, prices, proposals, wording)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ]
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
    return sorted(words.union(more))


def loops(length: int = 20_000) -> list[tuple[float, str, str, str]]:
    """(seconds, word, separator, tail) of each word repeated to `length` characters, slowest first."""
    taken = []
    for number, word in enumerate(vocabulary()):
        separator, tail = ("", " ", ", ")[number % 3], ("x", "$15")[number % 2]
        text = ((word + separator) * length)[:length] + tail
        reader = Reader(20.0)
        reader.add("seller", "$18")
        start = time.process_time()
        reader.add("buyer", text)
        taken.append((time.process_time() - start, word, separator, tail))
    return sorted(taken, reverse=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--wrong", action="store_true", help="show every dialogue that is read wrongly")
    parser.add_argument("--split", default="", help="only this split: dev or held_out")
    parser.add_argument("--loops", action="store_true", help="the slowest repetition loops")
    options = parser.parse_args()
    if options.loops:
        taken = loops()
        print(f"{len(taken)} loops of 20,000 characters, {sum(seconds for seconds, *_ in taken):.1f} s in all:")
        for seconds, *loop in taken[:10]:
            print(f"  {seconds * 1000:6.1f} ms  {loop}")
        return
    paths = options.files or sorted(DATA.glob("endings_*.jsonl"))
    dialogues = [each for each in labelled(paths) if options.split in ("", each.get("split", ""))]
    for style in sorted({each.get("style", "") for each in dialogues}):
        for split in sorted({each.get("split", "") for each in dialogues}):
            batch = [each for each in dialogues if (each.get("style", ""), each.get("split", "")) == (style, split)]
            if batch:
                report(f"{style} {split}".strip() or "all", batch)
    if options.wrong:
        show_wrong(dialogues)


if __name__ == "__main__":
    main()
