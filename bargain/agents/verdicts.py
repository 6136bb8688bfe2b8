"""A moderator's verdict: read from its answer, then held against the dialogue.

A deal has two witnesses. It stands when the moderator says so and the accepting turn can be an acceptance: it agrees,
names the price or acts; or the moderator quotes it and it is in words that the rules cannot judge. A turn that surely
is none of these makes the verdict *disputed*: it is on record with its objections, the talk goes on, and no deal is
booked.

The price is the moderator's own where it names one and the other side said it; else the one that the rules find on the
table, and none rather than an older one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bargain.agents.witness import (
    acts_of,
    bare_yes,
    english,
    holds_quote,
    says,
    surely_no_acceptance,
)
from bargain.reading.acts import own_words
from bargain.reading.reader import Act, Outcome, same
from bargain.records import PRICE_UNKNOWN, Player, Turn, Verdict, rival_of

_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
_ANSWER = re.compile(r"answer(?:\W+is)?\W*(yes|no)\b", re.IGNORECASE)

STATES = ("ongoing", "deal", "no_deal")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "state": {"type": "string", "enum": list(STATES)},
        "price": {"type": ["number", "null"]},
        "by": {"type": ["string", "null"], "enum": ["seller", "buyer", None]},
        "quote": {"type": "string"},
    },
    "required": ["state", "price", "by", "quote"],
    "additionalProperties": False,
}
"""Of a structured answer."""


def parse_verdict(kind: str, text: str, turn: int) -> Verdict | None:
    """A moderator's reply as an unchecked verdict, None when it is not in the format.

    yes_no: the first yes or no; reason_first: the one on the last line that gives an answer; structured: the JSON.
    """
    if kind == "structured":
        return _parse_structured(text, turn)
    if kind == "reason_first":
        answers = _ANSWER.findall(text) or _WORD.findall(text.split("\n")[-1])
    else:
        answers = _WORD.findall(text)[:1]
    if not answers:
        return None
    return Verdict(turn, "deal" if answers[-1].lower() == "yes" else "ongoing", text=text)


def _parse_structured(text: str, turn: int) -> Verdict | None:
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        data = json.loads(text[start : end + 1])
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    state, price, quote = data.get("state"), data.get("price"), data.get("quote")
    if state not in STATES:
        return None
    number = float(price) if isinstance(price, int | float) and not isinstance(price, bool) else None
    by = data.get("by")
    said_by = by if by in ("seller", "buyer") else ""
    return Verdict(turn, state, number, f"{said_by}: {quote}" if quote else "", text)


def checked(verdict: Verdict, turns: Sequence[Turn], read: Outcome, currency: str = "$") -> Verdict:
    """The verdict with what the dialogue says against it, and the state that the round goes on with."""
    dialogue = _Dialogue(turns, read, currency)
    if verdict.state == "deal":
        return dialogue.deal(verdict)
    if verdict.state == "no_deal" and read.walked_away is None:
        return dialogue.end(verdict)
    objections = ("the rules read a deal here",) if read.state == "deal" else ()
    return replace(verdict, price=None, objections=objections, stands=verdict.state)


def accepting_turn(verdict: Verdict, turns: Sequence[Turn]) -> int | None:
    """Index of the turn that accepts: the newest with the quoted words, else the last; None if they were never said."""
    if not verdict.quote:
        return len(turns) - 1
    said_by, _, quote = verdict.quote.partition(": ")
    for index in range(len(turns) - 1, -1, -1):
        if said_by in ("", turns[index].role) and holds_quote(turns[index].text, quote):
            return index
    return None


class _Dialogue:
    """The dialogue that a verdict is about, and how the rules read it."""

    def __init__(self, turns: Sequence[Turn], read: Outcome, currency: str) -> None:
        self.turns = turns
        self.read = read
        self.acts = acts_of(turns, read)
        self.currency = currency

    def end(self, verdict: Verdict) -> Verdict:
        """A no_deal that the rules do not see. It stands in words that they cannot judge, or quoted from the end."""
        turn = accepting_turn(verdict, self.turns)
        words = verdict.quote.partition(": ")[2] or self.turns[-1].text
        near = turn is not None and turn >= len(self.turns) - 2
        quoted = bool(verdict.quote) and len(words.split()) > 2  # "No." refuses a price, and ends nothing
        tells = quoted or (any(map(str.isalpha, words)) and not english(words))
        if turn is not None and near and tells and self.acts[turn].kind in ("other", "reject"):
            return replace(verdict, price=None, objections=("the rules read no farewell",), stands="no_deal")
        objections = ("nobody has ended the talk",)
        return replace(verdict, price=None, objections=objections, stands="ongoing")

    def deal(self, verdict: Verdict) -> Verdict:
        """A deal, with its price; it stands unless an objection is fatal."""
        accepter = accepting_turn(verdict, self.turns)
        price: float | None = None
        fatal, remarks = ["the quoted words were not said by that player"], list[str]()
        if accepter is not None:
            price, against, remarks = self._price(verdict, accepter)
            fatal = [*against, *self._against(accepter, price, quoted=bool(verdict.quote))]
        if self.read.state == "no_deal" and self.read.sure:
            fatal.append("the talk was ended without a deal")
        if not fatal and not remarks and self.read.state != "deal":
            remarks = ["the rules read no deal here"]
        return replace(
            verdict,
            price=None if fatal else price,
            objections=(*fatal, *remarks),
            stands="ongoing" if fatal else "deal",
        )

    # -- the price -----------------------------------------------------------------------------------------------------

    def _price(self, verdict: Verdict, accepter: int) -> tuple[float | None, list[str], list[str]]:
        """The price, what speaks against any, and what is only to be noted."""
        rival = rival_of(self.turns[accepter].role)
        read = self._price_read(accepter)
        if verdict.price is None:
            return self._none_rather_than_stale(accepter, read)
        if self._said_by(rival, verdict.price, accepter):
            differs = read is not None and not same(read, verdict.price)
            return verdict.price, [], [f"the rules read {read:g}, not {verdict.price:g}"] if differs else []
        if self.read.state == "deal" and read is not None:
            return read, [], [f"the price on the table was {read:g}, not {verdict.price:g}"]
        if read is None:
            return None, ["no price was on the table from the other side"], []
        return None, [f"the {rival} has not said {verdict.price:g}; the rules read {read:g}"], []

    def _price_read(self, accepter: int) -> float | None:
        """The agreed price as the rules read it, else the rival's newest offer before the accepting turn."""
        if self.read.state == "deal" and self.read.accepted_by_turn == accepter:
            return self.read.price
        rival = rival_of(self.turns[accepter].role)
        for turn in reversed(self.turns[:accepter]):
            if turn.role == rival and turn.offer is not None:
                return turn.offer
        return self.read.price

    def _none_rather_than_stale(self, accepter: int, read: float | None) -> tuple[float | None, list[str], list[str]]:
        """The rules' price, unless the rival has since named money that they did not understand."""
        if read is None:
            return None, ["no price was on the table from the other side"], []
        role = self.turns[accepter].role
        if not says(self.turns[accepter].text, read, self.currency):
            for index in range(accepter - 1, -1, -1):
                turn, act = self.turns[index], self.acts[index]
                if turn.role == role:
                    continue
                if act.unread:
                    return None, [f"{PRICE_UNKNOWN}: turn {index + 1} names money that was not understood"], []
                if act.offer is not None:
                    break
        return read, [], []

    def _said_by(self, rival: Player, price: float, accepter: int) -> bool:
        """Whether the rival put this price on the table, and no other surely since."""
        again = says(self.turns[accepter].text, price, self.currency)
        for index in range(accepter - 1, -1, -1):
            turn, act = self.turns[index], self.acts[index]
            if turn.role != rival:
                continue
            worked_out = act.offer is not None and same(act.offer, price)
            if worked_out or says(turn.text, price, self.currency):
                return True
            if act.offer is not None and act.sure and not again:
                return False
        return False

    # -- the acceptance ------------------------------------------------------------------------------------------------

    def _against(self, accepter: int, price: float | None, *, quoted: bool) -> list[str]:
        """Why the turn cannot be the acceptance, [] if it can."""
        turn, act, number = self.turns[accepter], self.acts[accepter], accepter + 1
        own = own_words(turn.text)
        found = []
        named = price is not None and says(own, price, self.currency)
        silent = not any(map(str.isalpha, own)) and not (named or act.kind == "accept")
        if silent and not (quoted and not any(map(str.isalpha, turn.text))):
            found.append(f"turn {number} holds nothing but words put into others' mouths")
        if act.kind == "accept" and surely_no_acceptance(act, turn.text):
            found.append(f"turn {number} is talk, not an acceptance")
        elif self.read.state != "deal":
            if act.kind == "offer" and act.offer is not None and self._counters(act, act.offer, price, named):
                found.append(f"turn {number} is an offer, not an acceptance")
            elif surely_no_acceptance(act, turn.text) and not (named and act.kind == "other" and not act.sure):
                found.append(f"turn {number} is {_WHAT.get(act.kind, 'talk')}, not an acceptance")
            elif bare_yes(own) and self._turned_down_before(accepter):
                found.append(f"turn {number} says yes to a refusal")
        for later in range(accepter + 1, len(self.turns)):
            if self.acts[later].kind in ("offer", "reject", "walk_away") and self._goes_on(later, price):
                found.append(f"turn {later + 1} goes on bargaining")
                break
        return found

    def _counters(self, act: Act, offer: float, price: float | None, named: bool) -> bool:
        """Whether the turn makes an offer of its own, rather than take the price."""
        return (price is None or not same(offer, price)) and (act.sure or not named)

    def _turned_down_before(self, accepter: int) -> bool:
        """Whether the turn before is a refusal that names no price."""
        before = self.acts[accepter - 1] if accepter else None
        return before is not None and before.kind == "reject" and before.offer is None

    def _goes_on(self, later: int, price: float | None) -> bool:
        act = self.acts[later]
        if act.kind == "offer":
            return act.sure and act.offer is not None and (price is None or not same(act.offer, price))
        return act.kind == "walk_away" or surely_no_acceptance(act, self.turns[later].text)


_WHAT = {"offer": "an offer", "reject": "a refusal", "walk_away": "a farewell", "other": "talk"}
