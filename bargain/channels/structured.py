"""By the provider's structured output or tool call: {"message": "I like it.", "act": "offer", "price": 14}.

The other side hears the message with the act on its last line, as in `tagged`; the player's own turns stand in its
context as the JSON that it gave. An engine that cannot be asked for JSON is asked in words, and checked the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from bargain.channels.base import ACTS, Channel, Move, Unusable, act_of
from bargain.channels.tagged import Tagged
from bargain.reading.money import amounts
from bargain.records import SecondIssue
from bargain.text import to_json


def _json(move: Move, second: str | None) -> str:
    """second: the name of the second issue, None without one."""
    data = {"message": move.words, "act": move.act, "price": move.price}
    return to_json(data if second is None else data | {second: move.second})


@lru_cache(maxsize=4096)  # a player's own turns are written again at every turn
def _own(text: str, currency: str, second: SecondIssue | None) -> str:
    words, _, line = text.rpartition("\n")
    move = act_of(line, currency, second=second)
    return text if move is None else _json(replace(move, words=words), None if second is None else second.name)


class Structured(Channel):
    """One JSON object a turn."""

    two_issues = True

    def shape(self, may: tuple[str, ...]) -> dict[str, Any]:
        """The schema: OpenAI's strict mode wants every property required. A second issue is a property of its name."""
        properties: dict[str, Any] = {
            "message": {"type": "string", "description": "what you say aloud"},
            "act": {"type": "string", "enum": list(may)},
            "price": {"type": ["number", "null"], "description": "of an offer; null otherwise"},
        }
        if self.second is not None:
            told = f"{self.second.unit}, one of the options, of an offer; null otherwise"
            properties[self.second.name] = {"type": ["number", "null"], "description": told}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def parse(self, reply: str, currency: str) -> Move:
        """The move in the JSON, which may stand within other text (a fence, say)."""
        try:
            data: Any = json.loads(reply[reply.find("{") : reply.rfind("}") + 1])
        except (ValueError, RecursionError):
            data = None
        act = data.get("act") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(act, str) or act not in ACTS:
            raise Unusable("off_channel", f"is no JSON object whose act is one of {', '.join(ACTS)}")
        message, price = data.get("message") or "", data.get("price")
        if isinstance(price, str) and len(found := amounts(price, currency)) == 1:
            price = found[0].value
        option = None if self.second is None else data.get(self.second.name)
        if isinstance(option, str) and (match := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[a-z]*\s*", option)):
            option = float(match[1])
        kinds: dict[str, Any] = {each: each for each in ACTS}
        words = message.strip() if isinstance(message, str) else ""
        return Move(words, kinds[act], _number(price), _number(option))

    def write(self, move: Move, currency: str) -> str:
        """The JSON."""
        return _json(move, None if self.second is None else self.second.name)

    def own(self, text: str, currency: str) -> str:
        """The JSON again."""
        return _own(text, currency, self.second)

    def typed(self, line: str, currency: str) -> str:
        """A person ends the line with the act, as in `tagged`."""
        try:
            return self.write(Tagged(self.texts, self.second).parse(line, currency), currency)
        except Unusable:
            return line


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
