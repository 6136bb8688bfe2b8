"""A channel: what a player may reply, and what of it becomes a turn.

    tagged = Tagged({})
    tagged.turn("I like it.\n**Offer: 14**", Allowed("$", ("offer", "accept"), live=16.0))   ->  "I like it.\nOFFER $14"
    tagged.turn("Fine.\nACCEPT $12", ...)                                 raises Unusable("no_live_offer", ...)

The turn's text carries its act on its last line, so whoever has the text has the act: the rival, the critic, the
record, a reader of games.jsonl. A channel knows no engine; engines that are no language models (simulated, known
opponents) say their moves by `write`, so that they play every channel, one's own included.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from bargain.reading.money import MOST, amounts
from bargain.reading.reader import Act, ActKind, Outcome, same
from bargain.records import HALF_A_CENT, SecondIssue, rival_of
from bargain.text import counted, money

ACTS: dict[ActKind, str] = {"offer": "OFFER", "accept": "ACCEPT", "reject": "REJECT", "walk_away": "WALK AWAY"}
_LINE = re.compile(r"(?:act(?:ion)?\s*:\s*)?(offer|accept|reject|walk[ _-]?away)\b\s*:?(.*)", re.IGNORECASE)
"""An action line: "OFFER $14", "Action: walk away"; not "I offer $14" (an act stands first)."""
_DRESS = " \t*_`[]()<>\"'"
"""What models put around an action line."""


class Unusable(ValueError):
    """A reply that is no turn of this channel, and why, as the end of "the utterance ...".

    kind: as the violations of the round name it: off_channel or no_live_offer.
    """

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Move:
    """What a player does: its words, its act, the price of an offer (or the one that an acceptance names).

    second: the option of the second issue that stands beside the price, where there is one.
    """

    words: str
    act: ActKind
    price: float | None = None
    second: float | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be done now: the currency, the acts that the protocol allows, the rival's standing offer.

    live_second: the option of the second issue in that offer.
    """

    currency: str
    may: tuple[str, ...]
    live: float | None = None
    live_second: float | None = None


class TurnReader(Protocol):
    """Reads a dialogue turn by turn, as bargain.reading.reader.Reader does."""

    def add(self, role: str, text: str) -> Act:
        """What the next turn does."""
        ...

    def outcome(self) -> Outcome:
        """How the dialogue stands."""
        ...


class Channel(ABC):
    """Base of the channels. `texts` are those of its YAML: what is told to the players, by name.

    decides: the acts decide, and no moderator is asked. talks: a turn may hold words beside its act. two_issues:
    `parse` finds a second issue beside the price; `second` is that issue, None where there is none.
    """

    decides = True
    talks = True
    two_issues = False

    def __init__(self, texts: Mapping[str, str], second: SecondIssue | None = None) -> None:
        self.texts = dict(texts)
        self.second = second

    @abstractmethod
    def parse(self, reply: str, currency: str) -> Move:
        """The move in a reply. Raises Unusable for a reply that has none."""

    def write(self, move: Move, currency: str) -> str:
        """What a player replies who makes this move."""
        return self.said(move, currency)

    def said(self, move: Move, currency: str) -> str:
        """The turn of a move: its words, and the act on the last line."""
        line = ACTS[move.act]
        if move.act == "offer" and move.price is not None:
            line += f" {self.offered(move.price, move.second, currency)}"
        return f"{move.words}\n{line}".strip()

    def offered(self, price: float, second: float | None, currency: str) -> str:
        """What an offer puts on the table: $14, or with a second issue $14, 5 days."""
        shown = money(price, currency)
        return shown if self.second is None or second is None else f"{shown}, {counted(self.second.unit, second)}"

    def own(self, text: str, currency: str) -> str:
        """A turn as it stands in the context of the player who said it: as it replied."""
        return text

    def shape(self, may: tuple[str, ...]) -> dict[str, Any] | None:
        """The JSON schema that the reply must have, for engines that can ask for one; None: a text."""
        return None

    def typed(self, line: str, currency: str) -> str:
        """The reply of a person who typed this line."""
        return line

    def opening(self, words: str, price: float | None, currency: str, second: float | None = None) -> str:
        """The turn of hard-coded first words, which offer the price (and the option of a second issue)."""
        return self.said(Move(words, "offer", price, second), currency)

    def turn(self, reply: str, table: Allowed) -> str:
        """The turn that this reply makes. Raises Unusable."""
        move = self.parse(reply, table.currency)
        if move.act not in table.may:
            allowed = ", ".join(name for act, name in ACTS.items() if act in table.may)
            raise Unusable("off_channel", f"has the act {ACTS[move.act]}, and only {allowed} may be done now")
        if move.act == "offer" and (move.price is None or not HALF_A_CENT <= move.price < MOST):
            raise Unusable("off_channel", "makes an offer without one price above 0")
        if move.act == "accept" and table.live is None:
            raise Unusable("no_live_offer", "accepts, and the other side has offered nothing")
        if move.act == "accept" and move.price is not None and not same(move.price, table.live or 0.0):
            shown, live = (money(price, table.currency) for price in (move.price, table.live or 0.0))
            raise Unusable("no_live_offer", f"accepts {shown}, and the other side's offer is {live}")
        if self.second is not None:
            self._check_second(move, self.second, table.live_second)
        return self.said(move, table.currency)

    @staticmethod
    def _check_second(move: Move, second: SecondIssue, live: float | None) -> None:
        """Raises Unusable for an offer without one of the options, and for an acceptance that names another one."""
        if move.act == "offer" and move.second not in second.options:
            said = f"no {second.unit}" if move.second is None else counted(second.unit, move.second)
            may = f"an offer names a price and one of {counted(second.unit, *second.options)}"
            raise Unusable("off_channel", f"makes an offer with {said} of {second.name.replace('_', ' ')}; {may}")
        if move.act == "accept" and move.second is not None and live is not None and move.second != live:
            said, stands = counted(second.unit, move.second), counted(second.unit, live)
            raise Unusable("no_live_offer", f"accepts {said}, and the other side's offer is {stands}")

    def reader(self, list_price: float | None, currency: str) -> TurnReader:
        """What reads the turns of a round."""
        return ActReader(currency, self.second)


class ActReader:
    """Reads turns by their last lines. An acceptance takes the rival's newest offer; every reading is sure."""

    def __init__(self, currency: str, second: SecondIssue | None = None) -> None:
        self._currency = currency
        self._issue = second
        self._turn = -1
        self._offers: dict[str, tuple[int, float, float | None]] = {}
        self._outcome = Outcome("ongoing", sure=True)

    def outcome(self) -> Outcome:
        """How the dialogue stands after the last turn."""
        return self._outcome

    def add(self, role: str, text: str) -> Act:
        """What the next turn does."""
        self._turn += 1
        move = act_of(text.rpartition("\n")[2], self._currency, second=self._issue)
        kind: Any = move.act if move else "other"
        price, second = (move.price, move.second) if move else (None, None)
        if kind == "accept":
            found, price, second = self._offers[rival_of(role)]
            self._outcome = Outcome("deal", price, price, found, self._turn, sure=True)
        elif kind == "offer" and price is not None:
            self._offers[role] = (self._turn, price, second)
            self._outcome = Outcome("ongoing", standing_price=price, sure=True)
        elif kind == "walk_away":
            self._outcome = Outcome("no_deal", walked_away=role, sure=True)
        return Act(kind, price, sure=True, second=second)


@lru_cache(maxsize=4096)  # the lines of scripts are few, and a player's own are read again at every turn
def act_of(line: str, currency: str, *, alone: bool = True, second: SecondIssue | None = None) -> Move | None:
    """The move of an action line, None for any other line. alone: a price without a word is an offer.

    second: the issue of which an option may stand beside the price.
    """
    plain = line.strip(_DRESS).rstrip(".!").strip(_DRESS)
    match = _LINE.fullmatch(plain)
    named, rest = (match[1], match[2].strip(_DRESS)) if match else ("offer", plain)
    option = None
    if second is not None:
        options = list(option_pattern(second.name, second.unit).finditer(rest))
        if len(options) > 1:
            return None
        for each in options:
            option, rest = float(each[1]), f"{rest[: each.start()]} {rest[each.end() :]}".strip(_DRESS)
    found = amounts(rest, currency) if any(map(str.isdigit, rest)) else ()
    around = rest
    for amount in reversed(found):
        around = around[: amount.start] + around[amount.end :]
    more = any(char.isalpha() or char == "-" for char in around.replace(currency, ""))
    if len(found) > 1 or more or (not match and not (found and alone)):
        return None
    acts: dict[str, ActKind] = {"offer": "offer", "accept": "accept", "reject": "reject"}
    act = acts.get(named.lower(), "walk_away")
    if act not in ("offer", "accept"):
        return Move("", act)
    return Move("", act, found[0].value if found else None, option)


@lru_cache(maxsize=64)
def option_pattern(name: str, unit: str) -> re.Pattern[str]:
    """Finds an option of a second issue: ", 5 days", "and delivery in 5 days", "with 1 day of delivery"; not "5"."""
    named = re.escape(name.replace("_", " ")).replace(r"\ ", "[ _]")
    return re.compile(
        rf"[\s,;/&+]*\b(?:(?:and|with|in|at|for|within)\s+)?(?:{named}\s*(?::|=|of|in|within|after)?\s*)?"
        rf"(\d+(?:\.\d+)?)[\s-]*(?:{unit}|{unit.removesuffix('s')})\b(?:\s+(?:of\s+)?{named}\b)?",
        re.IGNORECASE,
    )
