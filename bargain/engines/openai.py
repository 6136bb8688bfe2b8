"""Chat completions of OpenAI and of every server that speaks its protocol, through the openai SDK.

Presets differ only in base_url, the key's variable and the options. What is sent: model, messages and the options that
are not null, the output limit under `max_tokens_field`, then the fields of `body`.

    POST {base_url}/chat/completions {"model": "gpt-4", "messages": [{"role": "system", "content": "You ..."}, ...]}
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from bargain.config.schema import EngineConfig
from bargain.engines.base import Failure, Raw, Request
from bargain.engines.clients import HttpClient, Post, through
from bargain.engines.effort import chat_fields
from bargain.engines.endings import Finish, ending
from bargain.engines.failures import failure, failure_in_reply, has_no_system_role
from bargain.engines.reasoning import said_and_finish, text_of
from bargain.engines.shaped import NAME, ShapedEngine
from bargain.engines.shared import FIRST_WORDS, count, part, sound
from bargain.records import Reply, Usage

log = logging.getLogger("bargain.engines")


class OpenAIEngine(ShapedEngine):
    """The chat completions engine.

    options.prompt_cache: send a prompt_cache_key, the same for all calls of one seat in one game, so that OpenAI routes
    them to the machine that has their prefix cached (servers other than OpenAI's may refuse the field).
    options.system: the role of the system text, system (default) or developer; user: it stands at the head of the first
    user message, and user and assistant take turns, for models whose template knows no other roles. Where a server
    refuses the system role, that is done by itself; the journal then has the refusal, and the request as it was meant.
    options.structured: see shaped.py.
    """

    protocol = "openai"
    provider = "openai"
    default_url = "https://api.openai.com/v1"
    url_env = "OPENAI_BASE_URL"
    path = "/chat/completions"
    dialogue_field = "messages"
    known_options = frozenset({"prompt_cache", "system", "structured"})
    shape_fields = ("response_format", "tools", "tool_choice")
    has_roles: ClassVar[bool] = True
    reserved = ShapedEngine.reserved | {"messages"}

    def load(self) -> None:
        """Imports the SDK, with the parts that it imports at its first call otherwise."""
        import openai.resources

        with contextlib.suppress(ImportError):  # openai 2 has none
            import openai.lib._client_auth  # noqa: F401

        role = self.options.get("system", "system")
        if self.has_roles and role not in ("system", "user", "developer"):
            raise ValueError(f"{self.where}: options.system must be system, user or developer, got {role!r}")
        self._without_system = False

    def reasoning_fields(self, config: EngineConfig) -> dict[str, Any]:
        """By the server's host, since each has its own."""
        if not self.has_roles:
            return super().reasoning_fields(config)
        return chat_fields(str(config.reasoning), self._address.hostname)

    def poster(self, http: HttpClient, headers: dict[str, str]) -> Post:
        """Sends through the SDK."""
        from openai import AsyncOpenAI, Omit

        if not self.host.endswith("api.openai.com"):
            # The SDK would send OPENAI_ORG_ID and OPENAI_PROJECT_ID to any server.
            headers |= {"OpenAI-Organization": cast(str, Omit()), "OpenAI-Project": cast(str, Omit())}
        sdk = AsyncOpenAI(api_key=self.api_key, base_url=self.url, default_headers=headers, http_client=http)
        return through(sdk, http)

    def body(self, request: Request) -> dict[str, Any]:
        """The JSON of one chat completion request."""
        system = self.options.get("system", "system")
        messages = [
            {"role": system if message.role == "system" else message.role, "content": message.text}
            for message in request.messages
        ]
        if system == "user":
            messages = in_turns(messages)
        return {"model": self.model, "messages": messages, **self.fields(request), **self.shape(request)}

    def ask_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Structured output."""
        form = {"name": NAME, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": form}}

    def ask_tool(self, schema: dict[str, Any]) -> dict[str, Any]:
        """One forced function."""
        tool = {"type": "function", "function": {"name": NAME, "parameters": schema}}
        return {"tools": [tool], "tool_choice": {"type": "function", "function": {"name": NAME}}}

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """One attempt, in turns of user and assistant alone once the server has refused the system role."""
        if self._without_system:
            body = {**body, "messages": in_turns(body["messages"])}
        raw = await super().send(body, request)
        if not self._without_system and self._may_do_without(raw):
            self._without_system = True
            log.warning("%s: the system role is refused; its text goes into the first user message", self.where)
        return raw

    def _may_do_without(self, raw: Raw) -> bool:
        return self.has_roles and self.options.get("system") is None and has_no_system_role(raw)

    def fields(self, request: Request) -> dict[str, Any]:
        """The body's further fields: the options that are set, then config.body."""
        if not self.options.get("prompt_cache"):
            return self.sampling | self.extra
        # With the game in it: OpenAI spills a key over to other machines past some 15 calls a minute.
        return {
            **self.sampling,
            "prompt_cache_key": f"bargain-{self.seed}-{self.seat}-{request.place.game}",
            **self.extra,
        }

    def read(self, raw: Raw) -> Reply:
        """The first choice of a chat completion. Raises Failure as HttpEngine.parsed, and when there is no choice."""
        if self._may_do_without(raw):
            raise Failure("rejected", str(failure(raw, self.where, self.key_env)), again=True)
        data = self.parsed(raw)
        choice = self.choice(data)
        message = choice.get("message")
        if not isinstance(message, Mapping):
            raise self.unreadable("a chat completion without a message")
        text = text_of(message.get("content"))
        called = _arguments(message.get("tool_calls")) if self.way == "tool" else ""
        if called:
            text, choice = called, {**choice, "finish_reason": "stop"}
        refusal = message.get("refusal")
        if isinstance(refusal, str) and refusal:
            return self.reply(data, text or refusal, "refusal")
        return self.ended(data, choice, text, raw)

    def choice(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The first choice. Raises Failure when there is none."""
        choices = data.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            raise self.unreadable("JSON without choices")
        return choices[0]

    def ended(self, data: Mapping[str, Any], choice: Mapping[str, Any], text: str, raw: Raw) -> Reply:
        """The Reply of this choice. Raises Failure for one that did not come to a good end."""
        reason = choice.get("finish_reason")
        error = failure_in_reply(choice.get("error"), raw, self.where, self.key_env)
        return self.whole(self.reply(data, text, ending(reason) or "stop"), reason, error)

    def reply(self, data: Mapping[str, Any], text: str, finish: Finish) -> Reply:
        """The Reply, with the usage and the model that the answer names."""
        model = data.get("model")
        said, finish = said_and_finish(sound(text), finish, self.reasoning_marks)
        return Reply(said, usage_of(data), model if isinstance(model, str) and model else self.model, finish)


def _arguments(calls: object) -> str:
    """The arguments of the first tool call, "" without one."""
    first = calls[0] if isinstance(calls, list) and calls and isinstance(calls[0], Mapping) else {}
    arguments = part(first, "function").get("arguments")
    return arguments if isinstance(arguments, str) else ""


def in_turns(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chat in turns of user and assistant, the user first: what is neither is said by the user, before the rest."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message["role"] == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n\n{message['content']}"
        else:
            turns.append({"role": role, "content": message["content"]})
    return turns if not turns or turns[0]["role"] == "user" else [{"role": "user", "content": FIRST_WORDS}, *turns]


def usage_of(data: Mapping[str, Any]) -> Usage:
    """The tokens of one call; zeros with calls=1 when the server reports none.

    Cached tokens are OpenAI's prompt_tokens_details.cached_tokens or DeepSeek's prompt_cache_hit_tokens. Gemini and xAI
    leave the reasoning out of completion_tokens and bill it: whatever total_tokens has beyond the prompt is output, and
    what completion_tokens lacks of it is reasoning where completion_tokens_details.reasoning_tokens does not say.
    """
    usage = data.get("usage")
    if not isinstance(usage, Mapping):
        return Usage(calls=1)
    details, said = part(usage, "prompt_tokens_details"), part(usage, "completion_tokens_details")
    prompt = count(usage.get("prompt_tokens"))
    cached = count(details.get("cached_tokens")) or count(usage.get("prompt_cache_hit_tokens"))
    written = count(details.get("cache_write_tokens"))
    completion = count(usage.get("completion_tokens"))
    output = max(completion, count(usage.get("total_tokens")) - prompt)
    thought = count(said.get("reasoning_tokens")) or (output - completion if completion else 0)
    return Usage(prompt, output, min(cached, prompt), min(written, prompt), 1, min(thought, output))
