"""Chat completions of OpenAI and of every server that speaks its protocol, through the openai SDK.

Presets differ only in base_url, the key's variable and the options. What is sent: model, messages and the options that
are not null, the output limit under `max_tokens_field`, then the fields of `body`.

    POST {base_url}/chat/completions {"model": "gpt-4", "messages": [{"role": "system", "content": "You ..."}, ...]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from bargain.engines.base import Raw, Request
from bargain.engines.clients import HttpClient, Post, through
from bargain.engines.http import HttpEngine
from bargain.engines.reasoning import said_and_finish, text_of
from bargain.engines.shared import count, sound
from bargain.records import Reply, Usage


class OpenAIEngine(HttpEngine):
    """The chat completions engine.

    options.prompt_cache: send a prompt_cache_key, the same for all calls of one seat in one game, so that OpenAI routes
    them to the machine that has their prefix cached (servers other than OpenAI's may refuse the field).
    """

    protocol = "openai"
    provider = "openai"
    default_url = "https://api.openai.com/v1"
    url_env = "OPENAI_BASE_URL"
    path = "/chat/completions"
    dialogue_field = "messages"
    known_options = frozenset({"prompt_cache"})
    reserved = HttpEngine.reserved | {"messages"}

    def load(self) -> None:
        """Imports the SDK, with the parts that it imports at its first call otherwise."""
        import openai.lib._client_auth
        import openai.resources  # noqa: F401

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
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        return {"model": self.model, "messages": messages, **self.fields(request)}

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
        data = self.parsed(raw)
        choice = self.choice(data)
        message = choice.get("message")
        if not isinstance(message, Mapping):
            raise self.unreadable("a chat completion without a message")
        text = text_of(message.get("content"))
        refusal = message.get("refusal")
        finish = finish_of(choice.get("finish_reason"))
        if isinstance(refusal, str) and refusal:
            text, finish = text or refusal, "refusal"
        return self.reply(data, text, finish)

    def choice(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The first choice. Raises Failure when there is none."""
        choices = data.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            raise self.unreadable("JSON without choices")
        return choices[0]

    def reply(self, data: Mapping[str, Any], text: str, finish: Literal["stop", "length", "refusal"]) -> Reply:
        """The Reply, with the usage and the model that the answer names."""
        model = data.get("model")
        said, finish = said_and_finish(sound(text), finish, self.reasoning_marks)
        return Reply(said, usage_of(data), model if isinstance(model, str) and model else self.model, finish)


def finish_of(reason: object) -> Literal["stop", "length", "refusal"]:
    """A finish_reason in our three words."""
    name = str(reason or "").lower()
    if name in ("length", "max_tokens", "model_length"):
        return "length"
    return "refusal" if name in ("content_filter", "safety", "refusal") else "stop"


def usage_of(data: Mapping[str, Any]) -> Usage:
    """The tokens of one call; zeros with calls=1 when the server reports none.

    Cached tokens are OpenAI's prompt_tokens_details.cached_tokens or DeepSeek's prompt_cache_hit_tokens. Gemini and xAI
    leave the reasoning out of completion_tokens and bill it: whatever total_tokens has beyond the prompt is output.
    """
    usage = data.get("usage")
    if not isinstance(usage, Mapping):
        return Usage(calls=1)
    details = usage.get("prompt_tokens_details")
    if not isinstance(details, Mapping):
        details = {}
    prompt = count(usage.get("prompt_tokens"))
    cached = count(details.get("cached_tokens")) or count(usage.get("prompt_cache_hit_tokens"))
    written = count(details.get("cache_write_tokens"))
    output = max(count(usage.get("completion_tokens")), count(usage.get("total_tokens")) - prompt)
    return Usage(prompt, output, min(cached, prompt), min(written, prompt), calls=1)
