"""The moderator: decides when there is a deal.

`Rules` reads the dialogue with `bargain.reading.reader` and asks nobody. `Model` asks an engine, in one of three answer
formats, and has every verdict checked against the dialogue by code: the quoted words exist, the price was on the table
from the other side, the acceptance follows it. A verdict that fails the check does not stand; it is recorded with its
objections. A moderator starts afresh each round and never sees a private price.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from bargain.agents.prompts import Prompt, dialogue_data, item_facts
from bargain.engines.base import Ask, Scene
from bargain.errors import GaveUp
from bargain.reading.acts import own_words
from bargain.reading.reader import Outcome, has_digits, same
from bargain.records import Item, Message, Place, State, Turn, Verdict, rival_of


class Rules:
    """The moderator without a model: the state that `bargain.reading.reader.read_outcome` finds."""

    def __init__(self, kind: str, prompt: Prompt, item: Item, *, window: int = 0, max_asks: int = 1) -> None:
        self.kind = kind

    async def judge(self, ask: Ask, place: Place, turns: Sequence[Turn], read: Outcome) -> Verdict:
        """The verdict after the last turn; `read` is the outcome as the rules read the whole round."""
        return Verdict(len(turns), read.state, read.price, stands=read.state)


class Model:
    """An engine as moderator. `kind` is the answer format: yes_no, reason_first or structured."""

    def __init__(self, kind: str, prompt: Prompt, item: Item, *, window: int = 4, max_asks: int = 3) -> None:
        self.kind = kind
        self.window = window
        self.max_asks = max_asks
        self.item = replace(item, cost=None, valuation=None)
        facts = item_facts(self.item, 0)
        self._head = [Message("system", prompt.fill("system", facts))]
        for number, example in enumerate(prompt.few_shot, start=1):
            if kind not in example:
                raise ValueError(f"prompt {prompt.version} (moderator): example {number} has no answer for {kind}")
            shown = example["dialogue"].strip().replace("{currency}", item.currency)
            self._head += [Message("user", self._put(shown, prompt.fill(kind, facts)))]
            self._head += [Message("assistant", example[kind])]
        self._question = prompt.fill(kind, facts)
        self._preamble = prompt.texts.get("preamble")
        """The instruction of a 2023 prompt file, whose examples are plain lines: the dialogue is shown as they are."""

    @staticmethod
    def _put(dialogue: str, question: str) -> str:
        return f"{dialogue}\n\n{question}"

    async def judge(self, ask: Ask, place: Place, turns: Sequence[Turn], read: Outcome) -> Verdict:
        """The engine's verdict after the last turn, checked. Raises GaveUp when no readable one came in `max_asks`."""
        seen = turns[-self.window :] if self.window else turns
        if self._preamble is None:
            asked = self._put(dialogue_data(seen), self._question)
        else:
            said = "\n".join(f"{turn.role}: {turn.text}" for turn in seen)
            asked = f"{self._preamble}\n\n{said}\n{self._question}"
        messages = (*self._head, Message("user", asked))
        scene = Scene("judge", "moderator", self.item, tuple(turns), answer=self.kind)
        text = ""
        for again in range(self.max_asks):
            reply = await ask(replace(place, again=again) if again else place, messages, scene)
            text = reply.text.strip()
            verdict = parse_verdict(self.kind, text, len(turns))
            if verdict is not None:
                return checked(verdict, turns, read)
        raise GaveUp(
            f"moderator (round {place.round}, turn {place.turn}): no verdict in the {self.kind} format, "
            f"{self.max_asks} times; last: {text[:80]!r}"
        )


_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
_ANSWER = re.compile(r"answer(?:\W+is)?\W*(yes|no)\b", re.IGNORECASE)


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
    if state not in ("deal", "no_deal", "ongoing"):
        return None
    number = float(price) if isinstance(price, int | float) and not isinstance(price, bool) else None
    by = data.get("by")
    said_by = by if by in ("seller", "buyer") else ""
    return Verdict(turn, state, number, f"{said_by}: {quote}" if quote else "", text)


def checked(verdict: Verdict, turns: Sequence[Turn], read: Outcome) -> Verdict:
    """The verdict with what the dialogue says against it. A deal with an objection does not stand.

    The price is never the moderator's own: it is the one that the code finds on the table from the other side.
    """
    if verdict.state != "deal":
        objections = ("the rules read a deal here",) if read.state == "deal" else ()
        stands: State = verdict.state
        if verdict.state == "no_deal" and read.walked_away is None:
            objections, stands = ("nobody has ended the talk",), "ongoing"
        return replace(verdict, price=None, objections=objections, stands=stands)
    accepter, quote = _accepter(verdict, turns)
    objections_found = []
    if accepter is None:
        objections_found.append("the quoted words were not said by that player")
    price = None if accepter is None else offer_before(accepter, turns, read)
    if accepter is not None and price is None:
        objections_found.append("no price was on the table from the other side")
    if accepter is not None and read.state != "deal" and _contradicts(turns[accepter], price):
        objections_found.append(f"turn {accepter + 1} is {_act_words(turns[accepter])}, not an acceptance")
    if accepter is not None and not any(map(str.isalpha, own_words(turns[accepter].text))):
        objections_found.append(f"turn {accepter + 1} holds nothing but words put into others' mouths")
    if read.state == "no_deal":
        objections_found.append("the talk was ended without a deal")
    if verdict.price is not None and price is not None and not same(verdict.price, price):
        objections_found.append(f"the price on the table was {price:g}, not {verdict.price:g}")
    if read.state == "ongoing" and not objections_found:
        objections_found_note = ("the rules read no deal here",)
        return replace(verdict, price=price, objections=objections_found_note, stands="deal")
    fatal = [each for each in objections_found if not each.startswith("the price on the table")]
    agreed = read.price if read.state == "deal" else price
    return replace(
        verdict,
        price=None if fatal else agreed,
        quote=quote,
        objections=tuple(objections_found),
        stands="ongoing" if fatal else "deal",
    )


def _accepter(verdict: Verdict, turns: Sequence[Turn]) -> tuple[int | None, str]:
    """Index of the turn that accepts: the quoted one, else the last; None when the quote was never said."""
    if not verdict.quote:
        return len(turns) - 1, ""
    said_by, _, quote = verdict.quote.partition(": ")
    wanted = _squeezed(quote)
    for index in range(len(turns) - 1, -1, -1):
        if said_by in ("", turns[index].role) and wanted and wanted in _squeezed(turns[index].text):
            return index, verdict.quote
    return None, verdict.quote


def offer_before(accepter: int, turns: Sequence[Turn], read: Outcome) -> float | None:
    """The rival's newest offer before the accepting turn, None when there is none."""
    if read.state == "deal" and read.accepted_by_turn == accepter:
        return read.price
    rival = rival_of(turns[accepter].role)
    for turn in reversed(turns[:accepter]):
        if turn.role == rival and turn.offer is not None:
            return turn.offer
    return None


def _contradicts(turn: Turn, price: float | None) -> bool:
    """Whether the turn plainly does something else than accept that price."""
    if turn.act in ("reject", "walk_away"):
        return True
    return turn.act == "offer" and turn.offer is not None and turn.offer != price


def _act_words(turn: Turn) -> str:
    return {"offer": "an offer", "reject": "a refusal", "walk_away": "a farewell"}.get(turn.act, "no acceptance")


def _squeezed(text: str) -> str:
    return " ".join(text.lower().split())


def steps_in(start: str, turns: Sequence[Turn]) -> bool:
    """Whether the moderator looks at the dialogue as it stands.

    start: `always`; `no_number`: once one of the two newest messages carries no digit (Fu et al. 2023, the released
    code) - the caller keeps it looking from then on; `turn_K`: from turn K on.
    """
    if start == "always":
        return True
    if start == "no_number":
        return any(not has_digits(turn.text) for turn in turns[-2:])
    return len(turns) >= int(start.removeprefix("turn_"))
