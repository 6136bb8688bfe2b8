"""Labelled dialogues and what moderators make of them: reading the file, asking, counting.

    {"turns": [["seller", "It is $20."], ["buyer", "$15?"], ["seller", "Deal!"]], "state": "deal", "price": 15}

A moderator is asked exactly as in a game: after the last turn, about the same window, with the same check by code. Both
its own verdict and the checked one are kept, so that one sees what the check changes. The rounds of a run are labelled
dialogues too: their labels are the outcomes that the run recorded. It knows no command line.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from bargain.agents.witness import Reading, reading_of
from bargain.config.recorded import recorded_config
from bargain.engines.base import Ask
from bargain.errors import GaveUp
from bargain.intervals import mean, wilson
from bargain.reading.reader import Outcome, Reader, same
from bargain.records import PLAYERS, Item, Place, Turn, Verdict, private_to
from bargain.rundir.games import read_games
from bargain.text import cell

STATES = ("deal", "ongoing", "no_deal")


class BadLine(ValueError):
    """A line of the labelled file that cannot be used; the message names file and line."""


class Judge(Protocol):
    """A moderator."""

    async def judge(self, ask: Ask, place: Place, turns: tuple[Turn, ...], read: Outcome) -> Verdict:
        """The verdict, checked against the dialogue."""
        ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled dialogue. price: the agreed price, None unless the state is deal (or it was not labelled).

    group: the round of a run that it was, as its table names it: "2", or "2 ai" in an arm; "" for a labelled file.
    """

    id: str
    turns: tuple[tuple[str, str], ...]
    state: str
    price: float | None
    list_price: float | None = None
    currency: str = "$"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one moderator said of one dialogue. own: its own state, before the check. error: why there is no verdict."""

    dialogue: Labelled
    moderator: str
    own: str = ""
    state: str = ""
    price: float | None = None
    objections: tuple[str, ...] = ()
    error: str = ""

    @property
    def disputed(self) -> bool:
        """Whether its deal did not stand; `state` is then what a game would go on with."""
        return self.own == "deal" and self.state != "deal"

    @property
    def right(self) -> bool:
        """Whether the state, and for a deal the price, is as labelled."""
        return self.state == self.dialogue.state and self.right_price

    @property
    def right_price(self) -> bool:
        """Whether the price is as labelled; a deal labelled without a price has no wrong one."""
        wanted = self.dialogue.price
        if wanted is None:
            return self.price is None or self.dialogue.state == "deal"
        return self.price is not None and same(wanted, self.price)


def read_labelled(path: Path) -> list[Labelled]:
    """The dialogues of a JSONL file. Raises BadLine for the first line that cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadLine(f"{path} cannot be read ({error}); name a JSONL file of labelled dialogues") from error
    found = [_labelled(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadLine(f"{path} holds no dialogue")
    return [replace(each, id=each.id or str(number)) for number, each in enumerate(found, 1)]


RECORDED = {"deal": "deal", "walk_away": "no_deal", "no_deal": "ongoing"}
"""How a recorded outcome reads as a state: a round that ran out of turns was still going on."""


def read_rounds(directory: Path) -> list[Labelled]:
    """The rounds of a run, labelled with what the run recorded; those that a failed call ended are left out.

    Raises BadLine for a directory without games, ConfigError for one whose config cannot be read.
    """
    item = recorded_config(directory).item
    try:
        rounds = [(game.game, played) for game in read_games(directory / "games.jsonl") for played in game.rounds]
    except (OSError, ValueError) as error:
        raise BadLine(f"{directory}/games.jsonl cannot be read ({error})") from error
    found = [
        Labelled(
            f"game {number}, round {played.round}{f' {played.arm}' if played.arm else ''}",
            tuple((turn.role, turn.text) for turn in played.turns),
            RECORDED[played.outcome],
            played.price,
            (played.terms or item).seller_opening,
            item.currency,
            f"{played.round} {played.arm}".strip(),
        )
        for number, played in rounds
        if played.outcome in RECORDED and played.turns
    ]
    if not found:
        raise BadLine(f"{directory} holds no round to judge")
    return found


def rescored(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """By round of a run: deals and their mean price as recorded, and as this moderator has it; calls that failed apart.

    games counts the rounds that it has a verdict on, and only they count on either side.
    """
    groups = dict.fromkeys(each.dialogue.group for each in judged)
    found = {}
    for group in groups:
        known = [each for each in judged if each.dialogue.group == group and not each.error]
        was = [each.dialogue.price for each in known if each.dialogue.state == "deal"]
        now = [each.price for each in known if each.state == "deal"]
        prices = [[price for price in side if price is not None] for side in (was, now)]
        found[group] = {
            "games": len(known),
            "errors": sum(bool(each.error) for each in judged if each.dialogue.group == group),
            "recorded": {"deals": len(was), "mean_price": mean(prices[0])},
            "judged": {"deals": len(now), "mean_price": mean(prices[1])},
        }
    return found


def _labelled(line: str, where: str) -> Labelled:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"{where}: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise BadLine(f'{where}: must be an object {{"turns": ..., "state": ...}}, got {line[:60]}')
    turns: Any = data.get("turns")
    good = isinstance(turns, list) and turns and all(isinstance(turn, list) and len(turn) == 2 for turn in turns)
    if not good or not all(isinstance(text, str) for turn in turns for text in turn):
        raise BadLine(f'{where}: turns must be a list of ["seller" or "buyer", text] pairs')
    for role, _ in turns:
        if role not in PLAYERS:
            raise BadLine(f"{where}: a turn is by seller or buyer, got {role!r}")
    if data.get("state") not in STATES:
        raise BadLine(f"{where}: state must be {', '.join(STATES)}, got {data.get('state')!r}")
    numbers = {}
    for name in ("price", "list_price"):
        value = data.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadLine(f"{where}: {name} must be a number or null, got {value!r}")
        numbers[name] = None if value is None else float(value)
    return Labelled(
        str(data.get("id", "")),
        tuple((role, text) for role, text in turns),
        data["state"],
        numbers["price"],
        numbers["list_price"],
        str(data.get("currency", "$")),
    )


def as_turns(dialogue: Labelled) -> tuple[tuple[Turn, ...], Reading]:
    """The dialogue as the game records it, and how the rules read it."""
    reader = Reader(dialogue.list_price, dialogue.currency)
    turns, acts = [], []
    for role, text in dialogue.turns:
        act = reader.add(role, text)
        acts.append(act)
        turns.append(Turn("seller" if role == "seller" else "buyer", text, act.offer, act.kind))
    return tuple(turns), reading_of(reader.outcome(), acts)


async def judge_one(judge: Judge, name: str, ask: Ask, number: int, dialogue: Labelled) -> Judged:
    """What a moderator says of a dialogue. A call that failed for good is its error."""
    turns, read = as_turns(dialogue)
    try:
        verdict = await judge.judge(ask, Place(number, name, 1, len(turns), "moderator"), turns, read)
    except GaveUp as error:
        return Judged(dialogue, name, error=str(error))
    return Judged(dialogue, name, verdict.state, verdict.stands, verdict.price, verdict.objections)


def item_of(item: Item, dialogue: Labelled) -> Item:
    """The item as a moderator of this dialogue sees it: its currency, and no private price."""
    return replace(private_to(item, "moderator"), currency=dialogue.currency)


def scores(judged: Sequence[Judged]) -> dict[str, Any]:
    """Counts of one moderator: right of all with Wilson's 95% interval, per state precision and recall, confusion.

    A dialogue without a verdict (an error) stays in every denominator and is never right.
    """
    total = len(judged)

    def rate(hits: int, of: int) -> dict[str, Any]:
        low, high = wilson(hits, of)
        return {"right": hits, "of": of, "rate": hits / of if of else None, "low": low, "high": high}

    def confusion(pick: str) -> dict[str, dict[str, int]]:
        return {
            wanted: {
                got: sum(each.dialogue.state == wanted and (getattr(each, pick) or "error") == got for each in judged)
                for got in (*STATES, "error")
            }
            for wanted in STATES
        }

    def per_state(state: str) -> dict[str, Any]:
        hits = sum(each.state == state == each.dialogue.state for each in judged)
        said = sum(each.state == state for each in judged)
        labelled = sum(each.dialogue.state == state for each in judged)
        return {"precision": rate(hits, said), "recall": rate(hits, labelled)}

    return {
        "dialogues": total,
        "errors": sum(bool(each.error) for each in judged),
        "disputed": {
            wanted: sum(each.disputed and each.dialogue.state == wanted for each in judged) for wanted in STATES
        },
        "disagreements": sum(bool(each.objections) for each in judged),
        "state": rate(sum(each.state == each.dialogue.state for each in judged), total),
        "state_own": rate(sum(each.own == each.dialogue.state for each in judged), total),
        "price": rate(sum(each.right_price and not each.error for each in judged), total),
        "state_and_price": rate(sum(each.right for each in judged), total),
        "per_state": {state: per_state(state) for state in STATES},
        "confusion": confusion("state"),
        "confusion_own": confusion("own"),
    }


COLUMNS = (
    "id",
    "moderator",
    "wanted",
    "wanted_price",
    "own",
    "checked",
    "price",
    "right",
    "disputed",
    "objections",
    "error",
    "last",
)


def write_csv(path: Path, judged: Iterable[Judged]) -> None:
    """One row per dialogue and moderator. A text that a spreadsheet would run as a formula gets an apostrophe."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in judged:
            wanted = each.dialogue
            role, text = wanted.turns[-1]
            row = (
                wanted.id, each.moderator, wanted.state, wanted.price, each.own, each.state, each.price, each.right,
                each.disputed, "; ".join(each.objections), each.error, f"{role}: {text}",
            )  # fmt: skip
            writer.writerow([cell(value) for value in row])
