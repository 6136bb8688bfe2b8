"""Prompt versions: what each role is told, with the item's facts filled in.

A version is a YAML in conf/prompt/<role>/. Its texts hold placeholders like {item} or {seller_opening}; a *line* whose
placeholder has no value (a seller without a cost, say) is left out, so that one version serves every item. Braces that
are not a known-looking name, as in JSON, stay as they are. Nothing here knows which engine will read the messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bargain.records import Item, Message, Player, Turn
from bargain.text import money, to_json, without_marks

_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")

Facts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One role's prompt version. `few_shot` are example exchanges, `texts` everything else by name."""

    version: str
    system: str
    few_shot: tuple[Mapping[str, str], ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    def fill(self, text: str, facts: Facts) -> str:
        """The named text with the facts filled in. Raises ValueError when the version has no such text."""
        if text == "system":
            return fill(self.system, facts, f"prompt {self.version}")
        if text not in self.texts:
            raise ValueError(f"prompt {self.version} has no text {text!r}; it has {', '.join(sorted(self.texts))}")
        return fill(self.texts[text], facts, f"prompt {self.version}, {text}")


def fill(template: str, facts: Facts, where: str) -> str:
    """The template with every {name} replaced. Lines with a name that has no value (None) are left out.

    Values are put in once and never scanned again: a brace in a model's words stays a brace. Raises ValueError for a
    name that does not exist, saying which do.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in facts:
            raise ValueError(f"{where}: unknown placeholder {{{name}}}; known are {', '.join(sorted(facts))}")
        return facts[name] or ""

    kept = []
    for line in template.strip("\n").split("\n"):
        names = _PLACEHOLDER.findall(line)
        if not any(name in facts and facts[name] is None for name in names):
            kept.append(_PLACEHOLDER.sub(value, line) if names else line)
    return "\n".join(kept).strip()


def item_facts(item: Item, max_exchanges: int) -> dict[str, str | None]:
    """Every placeholder that depends only on the item and the game. A price that is unset is None."""

    def price(value: float | None) -> str | None:
        return None if value is None else money(value, item.currency)

    return {
        "item": item.name,
        "description": item.description or None,
        "currency": item.currency,
        "seller_opening": price(item.seller_opening),
        "buyer_opening": price(item.buyer_opening),
        "cost": price(item.cost),
        "valuation": price(item.valuation),
        "max_exchanges": str(max_exchanges),
    }


def dialogue_data(turns: Sequence[Turn]) -> str:
    """A dialogue as JSON lines whose speakers the program sets.

    Whatever a player writes stays inside its own quoted string, so it cannot pass for another speaker or open a role.
    """
    return "\n".join(to_json({"speaker": turn.role, "says": turn.text}, chat=True) for turn in turns)


def merge(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The same messages with neighbours of one role joined: most servers want strictly alternating roles."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].text}\n\n{message.text}")
        else:
            merged.append(message)
    return tuple(merged)


def as_heard_by(player: Player, turns: Sequence[Turn], kickoff: str, own: Callable[[str], str] = str) -> list[Message]:
    """A round's turns as one player's chat: its own words are `assistant`, the rival's `user`.

    own: of the text of one of its turns, how it had replied. Where the player has to speak first, `kickoff` stands in
    for the words it answers to.
    """
    chat = [] if turns and turns[0].role != player else [Message("user", kickoff)]
    for turn in turns:
        mine = turn.role == player
        chat.append(Message("assistant", own(turn.text)) if mine else Message("user", without_marks(turn.text)))
    return chat
