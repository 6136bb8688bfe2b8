"""Text completions: models that go on writing a text, with the chat written out as a dialogue template.

The templates are those that such models were used with in 2023, or the user's own. For `hashes`, a seller's prompt is

    You are selling a balloon ...
    ##
    Buyer: Hello, how much is the balloon?
    ##
    Seller:

and the reply ends where the model writes the next "##".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bargain.config.schema import EngineConfig
from bargain.engines.base import Raw, Request
from bargain.engines.openai import OpenAIEngine
from bargain.engines.shared import sound
from bargain.records import Reply


@dataclass(frozen=True, slots=True)
class Template:
    """How a chat becomes a text.

    system, user, assistant: what one such message becomes; {text} is its words, {me} and {other} are the speakers'
    names (Seller and Buyer; for the moderator and the critic, their role and User). cue: what the model goes on from.
    stop: where the reply ends.
    """

    system: str = "{text}"
    user: str = ""
    assistant: str = ""
    cue: str = ""
    stop: tuple[str, ...] = ()


TEMPLATES = {
    "human_assistant": Template(
        "{text}", "\n\nHuman: {text}", "\n\nAssistant: {text}", "\n\nAssistant:", ("\n\nHuman:", "\n\nAssistant:")
    ),
    "hashes": Template("{text}\n##\n", "{other}: {text}\n##\n", "{me}: {text}\n##\n", "{me}:", ("##",)),
    "user_assistant": Template(
        "{text}\n\n", "[User]: {text}\n", "[Assistant]: {text}\n", "[Assistant]:", ("[User]", "[Assistant]")
    ),
}


class CompletionsEngine(OpenAIEngine):
    """The text completions engine: OpenAI's /completions and its like.

    options.template: human_assistant (default), hashes or user_assistant; options.system, user, assistant, cue and stop
    replace parts of it. Raises ValueError for a template that would lose words. A player's words cannot forge a turn:
    the template's own marks are broken up inside them.
    """

    path = "/completions"
    dialogue_field = "prompt"
    limit_field = "max_tokens"
    default_max_tokens = 400  # the servers' own default is 16
    has_roles = False
    known_options = frozenset({"template"} | {field.name for field in fields(Template)})
    reserved = OpenAIEngine.reserved | {"prompt"}

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        super().__init__(config, seat, seed)
        name = str(self.options.get("template", "human_assistant"))
        if name not in TEMPLATES:
            raise ValueError(f"{self.where}: options.template must be one of {', '.join(TEMPLATES)}, got {name!r}")
        own = {
            part: value for part, value in self.options.items() if part not in ("template", "query", "reasoning_marks")
        }
        if "stop" in own:
            own["stop"] = (own["stop"],) if isinstance(own["stop"], str) else tuple(own["stop"] or ())
        self.template = replace(TEMPLATES[name], **own)
        for part in ("system", "user", "assistant"):
            if "{text}" not in getattr(self.template, part):
                raise ValueError(f"{self.where}: options.{part} must contain {{text}}, the words of the message")

    def body(self, request: Request) -> dict[str, Any]:
        """The JSON of one completion request."""
        template = self.template
        me, other = _names(request.scene.role)
        marks = [_fill(mark, me, other).strip() for mark in (*template.stop, *_openers(template))]
        prompt = []
        for message in request.messages:
            text = message.text
            if message.role != "system":
                for mark in marks:
                    text = text.replace(mark, f"{mark[0]} {mark[1:]}") if len(mark) > 1 else text
            prompt.append(_fill(getattr(template, message.role), me, other, text))
        prompt.append(_fill(template.cue, me, other))
        body: dict[str, Any] = {"model": self.model, "prompt": "".join(prompt)}
        if template.stop:
            body["stop"] = [_fill(stop, me, other) for stop in template.stop]
        return body | self.fields(request)

    def read(self, raw: Raw) -> Reply:
        """The completion, stripped, and cut at the first stop that a server let through."""
        data = self.parsed(raw)
        choice = self.choice(data)
        text = choice.get("text")
        if not isinstance(text, str):
            raise self.unreadable("a completion without text")
        for stop in self.template.stop:
            if "{" not in stop:
                text = text.partition(stop)[0]
        return self.ended(data, choice, sound(text).strip(), raw)


def _names(role: str) -> tuple[str, str]:
    return {"seller": ("Seller", "Buyer"), "buyer": ("Buyer", "Seller")}.get(role, (role.capitalize(), "User"))


def _openers(template: Template) -> tuple[str, ...]:
    """What stands in front of the words in a user's and an assistant's turn."""
    return tuple(part.partition("{text}")[0] for part in (template.user, template.assistant))


def _fill(part: str, me: str, other: str, text: str = "") -> str:
    values: Mapping[str, str] = {"text": text, "me": me, "other": other}
    return re.sub(r"\{(text|me|other)\}", lambda match: values[match.group(1)], part)
