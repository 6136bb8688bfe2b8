"""The moderator: decides when there is a deal.

`Rules` reads the dialogue with `bargain.reading.reader` and asks nobody. `Model` asks an engine, in one of three
answer formats, and has every verdict checked against the dialogue (`verdicts.py`); both are on record. A moderator
starts afresh each round and never sees a private price. The rules read English; `Model` with `structured` answers
judges a talk in any language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bargain.agents.prompts import Prompt, dialogue_data, item_facts
from bargain.agents.verdicts import SCHEMA, checked, parse_verdict
from bargain.engines.base import Ask, Scene
from bargain.errors import GaveUp
from bargain.reading.reader import Act, Outcome, has_digits, same
from bargain.records import Item, Message, Place, Turn, Verdict, private_to


class Rules:
    """The moderator without a model: the state that `bargain.reading.reader.read_outcome` finds."""

    asks = False

    def __init__(self, kind: str, prompt: Prompt, item: Item, *, window: int = 0, max_asks: int = 1) -> None:
        self.kind = kind

    async def judge(self, ask: Ask, place: Place, turns: Sequence[Turn], read: Outcome) -> Verdict:
        """The verdict after the last turn; `read` is the outcome as the rules read the whole round."""
        return Verdict(len(turns), read.state, read.price, stands=read.state)


class Model:
    """An engine as moderator. `kind` is the answer format: yes_no, reason_first or structured."""

    asks = True
    answer = ""
    """The format of its answers where that is not the name of the choice."""
    form: dict[str, Any] | None = None
    """The JSON schema that its server is asked to keep it to."""

    def __init__(self, kind: str, prompt: Prompt, item: Item, *, window: int = 4, max_asks: int = 3) -> None:
        self.kind = kind = self.answer or kind
        self.window = window
        self.max_asks = max_asks
        self.item = private_to(item, "moderator")
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
        scene = Scene("judge", "moderator", self.item, tuple(turns), answer=self.kind, form=self.form)
        text = ""
        for again in range(self.max_asks):
            reply = await ask(replace(place, again=again) if again else place, messages, scene)
            text = reply.text.strip()
            verdict = parse_verdict(self.kind, text, len(turns))
            if verdict is not None:
                return checked(verdict, turns, read, self.item.currency)
        raise GaveUp(
            f"moderator (round {place.round}, turn {place.turn}): no verdict in the {self.kind} format, "
            f"{self.max_asks} times; last: {text[:80]!r}"
        )


class Schema(Model):
    """`Model` with structured answers whose form the server holds, for models too small to write JSON unaided."""

    answer = "structured"
    form = SCHEMA


def steps_in(start: str, turns: Sequence[Turn], last: Act) -> bool:
    """Whether the moderator looks at the dialogue as it stands.

    start: `always`; `no_offer`: after every turn but a plain counter-offer; `no_number`: once one of the two newest
    messages carries no digit (Fu et al. 2023, the released code); `turn_K`: from turn K on. With the last two the
    caller keeps it looking from then on. last: what the last turn does.
    """
    if start == "always":
        return True
    if start == "no_offer":
        return not _counters(turns, last)
    if start == "no_number":
        return any(not has_digits(turn.text) for turn in turns[-2:])
    return len(turns) >= int(start.removeprefix("turn_"))


def _counters(turns: Sequence[Turn], last: Act) -> bool:
    """Whether the last turn is surely an offer, at another price than the rival's."""
    if last.kind != "offer" or not last.sure or last.offer is None:
        return False
    theirs = [turn.offer for turn in turns if turn.role != turns[-1].role and turn.offer is not None]
    return not theirs or not same(theirs[-1], last.offer)
