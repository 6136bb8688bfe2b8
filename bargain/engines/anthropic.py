"""Claude through the messages API and the anthropic SDK.

The system prompt is a field of its own; the roles alternate, and the user is first. Two cache breakpoints keep the bill
down: at the end of the system prompt and at the last message but one, so that what a call has in common with the one
before is read from the cache. Nothing in front of a breakpoint changes from call to call.

    POST {base_url}/v1/messages {"model": "claude-...", "max_tokens": 1024, "system": [...], "messages": [...]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bargain.config.schema import EngineConfig
from bargain.engines.base import Raw, Request
from bargain.engines.clients import HttpClient, Post, through
from bargain.engines.effort import anthropic_fields
from bargain.engines.endings import ending
from bargain.engines.reasoning import said_and_finish, text_of
from bargain.engines.shaped import NAME, ShapedEngine
from bargain.engines.shared import FIRST_WORDS, count, part, sound
from bargain.records import Reply, Usage

_BREAKPOINT = {"cache_control": {"type": "ephemeral"}}


class AnthropicEngine(ShapedEngine):
    """The messages engine.

    options.cache: set the cache breakpoints (default true). options.structured: see shaped.py.
    max_tokens is required by the API: null sends 1024.
    Temperature and top_p are sent only if they are set; the models of 2026 refuse them.
    """

    protocol = "anthropic"
    provider = "anthropic"
    default_url = "https://api.anthropic.com"
    url_env = "ANTHROPIC_BASE_URL"
    path = "/v1/messages"
    dialogue_field = "messages"
    limit_field = "max_tokens"
    default_max_tokens = 1024
    known_options = frozenset({"cache", "structured"})
    shape_fields = ("output_config", "tools", "tool_choice")
    reserved = ShapedEngine.reserved | {"messages", "system"}

    def load(self) -> None:
        """Imports the SDK, with the parts that it imports at its first call otherwise."""
        import anthropic.resources.messages  # noqa: F401

        self._cache = bool(self.options.get("cache", True))

    def base_url(self, url: str) -> str:
        """Without the /v1 that the other SDK wants: here the path has the version."""
        return url.rstrip("/").removesuffix("/v1")

    def reasoning_fields(self, config: EngineConfig) -> dict[str, Any]:
        """Thinking, and how much of it."""
        return anthropic_fields(str(config.reasoning), config.max_tokens or self.default_max_tokens)

    def poster(self, http: HttpClient, headers: dict[str, str]) -> Post:
        """Sends through the SDK."""
        from anthropic import AsyncAnthropic

        sdk = AsyncAnthropic(api_key=self.api_key, base_url=self.url, default_headers=headers, http_client=http)
        return through(sdk, http)

    def body(self, request: Request) -> dict[str, Any]:
        """The JSON of one messages request. Blank messages, which the API refuses, are left out."""
        said = [message for message in request.messages if message.text.strip()]
        start = next((index for index, message in enumerate(said) if message.role != "system"), len(said))
        system = [_block(message.text) for message in said[:start]]
        messages: list[dict[str, Any]] = []
        for message in said[start:]:
            # A system message in the dialogue stays in its place, so that what lies before it stays cached.
            role = "assistant" if message.role == "assistant" else "user"
            if messages and messages[-1]["role"] == role:
                messages[-1]["content"] = [*_blocks(messages[-1]["content"]), _block(message.text)]
            else:  # a text alone is the shorter form of one block, for the wire and the journal
                messages.append({"role": role, "content": message.text})
        if not messages or messages[0]["role"] == "assistant":
            messages.insert(0, {"role": "user", "content": FIRST_WORDS})
        if self._cache and system:
            system[-1] |= _BREAKPOINT
        if self._cache and len(messages) > 1:
            messages[-2]["content"] = _blocks(messages[-2]["content"])
            messages[-2]["content"][-1] |= _BREAKPOINT
        head = {"model": self.model, **self.sampling}
        shape = self.shape(request)
        return {**head, **({"system": system} if system else {}), "messages": messages, **self.extra, **shape}

    def ask_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Structured output, beside whatever else the config says of the output (its effort)."""
        return {
            "output_config": {**part(self.extra, "output_config"), "format": {"type": "json_schema", "schema": schema}}
        }

    def ask_tool(self, schema: dict[str, Any]) -> dict[str, Any]:
        """One forced tool."""
        tool = {"name": NAME, "description": "Your turn in the talk.", "input_schema": schema}
        return {"tools": [tool], "tool_choice": {"type": "tool", "name": NAME}}

    def in_words(self, body: dict[str, Any]) -> dict[str, Any]:
        """Without asking for a shape; what else the config says of the output stays."""
        kept = part(self.extra, "output_config")
        return super().in_words(body) | ({"output_config": kept} if kept else {})

    def read(self, raw: Raw) -> Reply:
        """The text blocks of a message. Raises Failure as HttpEngine.parsed, and when there is no content."""
        data = self.parsed(raw)
        content = data.get("content")
        if not isinstance(content, list):
            raise self.unreadable("JSON without content")
        text = text_of([block for block in content if isinstance(block, Mapping) and block.get("type") == "text"])
        model = data.get("model")
        named = model if isinstance(model, str) and model else self.model
        reason = data.get("stop_reason")
        called = [
            each["input"] for each in content if isinstance(each, Mapping) and isinstance(each.get("input"), Mapping)
        ]
        if self.way == "tool" and called:
            text, reason = json.dumps(called[0]), "end_turn"
        said, finish = said_and_finish(sound(text), ending(reason) or "stop", self.reasoning_marks)
        return self.whole(Reply(said, _usage(data.get("usage")), named, finish), reason)


def _block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_block(content)] if isinstance(content, str) else content


def _usage(usage: object) -> Usage:
    """The tokens of one call. The API counts cached tokens apart from input_tokens; ours has all of the prompt."""
    if not isinstance(usage, Mapping):
        return Usage(calls=1)
    cached = count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    prompt = count(usage.get("input_tokens")) + cached + written
    output = count(usage.get("output_tokens"))
    thought = count(part(usage, "output_tokens_details").get("thinking_tokens"))
    return Usage(prompt, output, cached, written, 1, min(thought, output))
