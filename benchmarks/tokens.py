"""Tokens per game with the gate before the moderator, and how much of the prompts a provider's prefix cache can serve.

    python benchmarks/tokens.py             40 games, and 1, 5 and 20 rounds (a minute)
    python benchmarks/tokens.py --small     what CI runs

Real calls to a negotiator on loopback (its words are always plain) and the embedded negotiators, whose words are not;
requests are read back from the journals. The floor of the first table is the
same run with nobody asked (moderator=rules). In the second, a message counts as served when a request sent before began
with the same messages up to it; the floor of what must be paid is every message once, wherever it stands in a prompt.
Both are counted in UTF-8 bytes (about four a token). `1024+` is what OpenAI
serves: from 1,024 tokens on, in steps of 128.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measured import Done, bargain, on_server, serving

from bargain.reading.reader import Reader

DATA = Path(__file__).parent.parent / "tests" / "data"
EMBEDDED = ["engine@moderator.engine=simulated", "++moderator.engine.options.moderator_error=0"]
MODERATORS = {
    "always asked": ["moderator=yes_no", "moderator.start=always"],
    "as by default": ["moderator=yes_no"],
    "asked as in 2023": ["moderator=yes_no", "moderator.start=no_number", "moderator.no_deal_threshold=10"],
    "always, gate=rules": ["moderator=yes_no", "moderator.start=always", "moderator.gate=rules"],
    "nobody asked": ["moderator=rules"],
}


def results(done: Done) -> list[Any]:
    """Outcome and price of every round."""
    lines = (done.directory / "games.jsonl").read_text().splitlines()
    return [(each["outcome"], each["price"]) for line in lines for each in json.loads(line)["rounds"]]


def gate(who: str, engines: list[str], n_games: int) -> bool:
    """Prints calls and tokens per game by moderator; returns whether the gate has changed no result."""
    came: dict[str, list[Any]] = {}
    rows: dict[str, tuple[float, float, float]] = {}
    for name, chosen in MODERATORS.items():
        with tempfile.TemporaryDirectory() as scratch:
            settings = [f"n_games={n_games}", "game.n_rounds=5", "tracking=none", *chosen, *engines]
            done = bargain(settings, Path(scratch))
            tokens = done.summary["tokens"]
            asked = sum(
                use["calls"]
                for line in (done.directory / "games.jsonl").read_text().splitlines()
                for each in json.loads(line)["rounds"]
                for role, use in each["usage"].items()
                if role == "moderator"
            )
            rows[name] = (asked / n_games, tokens["input"] / n_games, tokens["output"] / n_games)
            came[name] = results(done)
    floor = sum(rows["nobody asked"][1:])
    print(f"{who}, a game of 5 rounds")
    print(f"  {'moderator':<20}{'asked':>8}{'input tokens':>15}{'output':>9}{'x nobody asked':>17}")
    for name, (asked, given, said) in rows.items():
        print(f"  {name:<20}{asked:>8.1f}{given:>15,.0f}{said:>9,.0f}{(given + said) / floor:>17.2f}")
    same = came["always, gate=rules"] == came["always asked"]
    print(f"  with the gate, outcomes and prices of all {len(came['always asked'])} rounds are ", end="")
    print("the same" if same else "NOT THE SAME")
    return same


STILL_WRONG = {"endings_games": 4, "endings_partings": 2, "endings_tricky": 4, "endings_varied": 2}
"""Of how many endings of a set the rules are sure and wrong; of every other set on none."""


def labelled() -> bool:
    """Prints what the gate does on the labelled endings; returns whether it is wrong on no more than STILL_WRONG."""
    sure = total = 0
    wrong: Counter[str] = Counter()
    for path in sorted(DATA.glob("endings_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            dialogue = json.loads(line)
            reader = Reader(dialogue["list_price"], dialogue["currency"])
            for role, text in dialogue["turns"]:
                reader.add(role, text)
            total += 1
            sure += reader.outcome().sure
            wrong[path.stem] += reader.outcome().sure and reader.outcome().state != dialogue["state"]
    print(f"labelled endings: {total}; the rules are sure of {sure}, and wrong on {wrong.total()} of these; ", end="")
    print(f"the model is asked on the other {total - sure}")
    return all(count <= STILL_WRONG.get(name, 0) for name, count in wrong.items())


def requests(journal: Path) -> Iterator[tuple[int, str, list[tuple[bytes, str]]]]:
    """(game, seat, prompt) in the order of sending. A prompt is (hash of all messages up to this one, its text)."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as opened:
        rows = opened.execute("SELECT hash, parent, role, content FROM message").fetchall()
        messages = {tip: (parent, f"{role}:{text}") for tip, parent, role, text in rows}
        for game, seat, tip in opened.execute("SELECT game, role, tip FROM attempt ORDER BY id").fetchall():
            path = []
            while tip in messages:
                path.append((tip, messages[tip][1]))
                tip = messages[tip][0]
            yield game, seat, path[::-1]


def served(journal: Path) -> dict[str, dict[str, float]]:
    """By seat, the share of all prompt bytes that was sent before: see the columns of `prefixes`."""
    known: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for game, seat, prompt in requests(journal):
        row = sums[seat]
        for column, scope in (("own game", (seat, game)), ("any game", (seat, -1))):
            common = sum(len(text.encode()) for tip, text in prompt if tip in known[scope])
            row[column] += common
            if scope[1] < 0 and common >= 4 * 1024:
                row["1024+"] += common // (4 * 128) * 4 * 128
            known[scope].update(tip for tip, _ in prompt)
        row["all"] += sum(len(text.encode()) for _, text in prompt)
        row["most"] += sum(len(text.encode()) for _, text in prompt if text in texts[seat])
        texts[seat].update(text for _, text in prompt)
    return sums


def prefixes(url: str, n_games: int, rounds: Sequence[int]) -> None:
    """Prints the shares by seat and number of rounds."""
    print("share of prompt bytes sent before   rounds   KB/game   own game   any game   at most   1024+")
    for n_rounds in rounds:
        with tempfile.TemporaryDirectory() as scratch:
            settings = [f"n_games={n_games}", f"game.n_rounds={n_rounds}", "tracking=none", *on_server(url)]
            done = bargain(settings, Path(scratch))
            for seat, row in sorted(served(done.directory / "journal.sqlite").items()):
                name = {"seller": "seller (learner)", "buyer": "buyer (rival)"}.get(seat, seat)
                shares = "".join(
                    f"{row[each] / row['all']:>10.0%}" for each in ("own game", "any game", "most", "1024+")
                )
                print(f"  {name:<34}{n_rounds:>6}{row['all'] / n_games / 1000:>10.1f}{shares}")


def main() -> int:
    """Plays and prints; 1 when a gate changed a result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few games, for CI")
    small = parser.parse_args().small
    with serving() as url:
        same = gate("embedded negotiators, tokens estimated", EMBEDDED, 4 if small else 200)
        if not small:
            same = gate("negotiator on loopback, real calls", on_server(url), 40) and same
        right = labelled()
        prefixes(url, 2 if small else 8, (2,) if small else (1, 5, 20))
    return 0 if same and right else 1


if __name__ == "__main__":
    sys.exit(main())
