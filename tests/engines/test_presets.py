"""Every engine preset composes, and a server sees exactly the request that this table says."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine
from tests.asking import CHAT, KEY, ask
from tests.engines.test_engines import PROMPTS
from tests.servers import Server

PRESETS = Path(__file__).parents[2] / "conf" / "engine"


class Sent(NamedTuple):
    """What a preset sends: by which protocol, to whom, for which model, with which key and which further fields."""

    protocol: str
    base_url: str | None
    key_env: str | None
    model: str
    fields: dict[str, Any]


def chat(model: str, key: str | None = "OPENAI_API_KEY", url: str | None = None, **fields: Any) -> Sent:
    return Sent("chat", url, key, model, fields)


def reasoning(model: str) -> Sent:
    return chat(model, max_completion_tokens=4096, prompt_cache_key="bargain-7-seller-3", reasoning_effort="low")


def plain_openai(model: str) -> Sent:
    return chat(model, max_completion_tokens=1024, prompt_cache_key="bargain-7-seller-3")


def claude(model: str) -> Sent:
    return Sent("messages", None, "ANTHROPIC_API_KEY", model, {"max_tokens": 1024})


def uncached_claude(model: str) -> Sent:
    return claude(model)._replace(protocol="messages without cache")


def thinking_claude(model: str) -> Sent:
    fields = {"max_tokens": 4096, "output_config": {"effort": "low"}}
    return Sent("messages", None, "ANTHROPIC_API_KEY", model, fields)


def completion(model: str, key: str, template: str, limit: int, url: str | None = None) -> Sent:
    return Sent(template, url, key, model, {"stop": PROMPTS[template][1], "max_tokens": limit})


GEMINI = ("GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai")
MISTRAL = ("MISTRAL_API_KEY", "https://api.mistral.ai/v1")
DEEPSEEK = ("DEEPSEEK_API_KEY", "https://api.deepseek.com")
NO_THINKING: dict[str, Any] = {"max_tokens": 1024, "thinking": {"type": "disabled"}}
OPENROUTER = ("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1")
ANY = "named-by-the-user"

TABLE: dict[str, Sent] = {
    # the models of the 2023 paper
    "gpt-4": chat("gpt-4", max_completion_tokens=1024),
    "gpt-3.5-turbo": chat("gpt-3.5-turbo", max_completion_tokens=1024),
    "text-davinci-003": completion("text-davinci-003", "OPENAI_API_KEY", "human_assistant", 400),
    "claude-2023": uncached_claude(ANY),
    "claude-v1.0": uncached_claude("claude-v1.0"),
    "claude-v1.3": uncached_claude("claude-v1.3"),
    "claude-v1.3-100k": uncached_claude("claude-v1.3-100k"),
    "claude-instant": uncached_claude("claude-instant-v1.0"),
    "claude-instant-100k": uncached_claude("claude-instant-v1.1-100k"),
    "command-xlarge": completion("command-xlarge", "COHERE_API_KEY", "hashes", 200, "https://YOUR-SERVER/v1"),
    "j2-jumbo-instruct": completion(
        "j2-jumbo-instruct", "AI21_API_KEY", "user_assistant", 200, "https://YOUR-SERVER/v1"
    ),
    # those of today
    "openai": chat(ANY, max_completion_tokens=1024),
    "openai-reasoning": reasoning(ANY),
    "gpt-6.1-sol": reasoning("gpt-6.1-sol"),
    "gpt-6.1-terra": reasoning("gpt-6.1-terra"),
    "gpt-6-luna": reasoning("gpt-6-luna"),
    "gpt-5.5": reasoning("gpt-5.5"),
    "gpt-5.4-mini": reasoning("gpt-5.4-mini"),
    "gpt-4.1": plain_openai("gpt-4.1"),
    "gpt-4.1-mini": plain_openai("gpt-4.1-mini"),
    "gpt-4o": plain_openai("gpt-4o"),
    "gpt-4o-mini": plain_openai("gpt-4o-mini"),
    "anthropic": claude(ANY),
    "claude-thinking": thinking_claude(ANY),
    "claude-opus-5-5": thinking_claude("claude-opus-5-5"),
    "claude-sonnet-5-5": thinking_claude("claude-sonnet-5-5"),
    "claude-haiku-5-5": thinking_claude("claude-haiku-5-5"),
    "claude-haiku-4-5": claude("claude-haiku-4-5"),
    "gemini": chat(ANY, *GEMINI, max_tokens=4096, reasoning_effort="low"),
    "gemini-4-argon": chat("gemini-4-argon", *GEMINI, max_tokens=4096, reasoning_effort="low"),
    "gemini-3.8-flash": chat("gemini-3.8-flash", *GEMINI, max_tokens=4096, reasoning_effort="low"),
    "mistral": chat(ANY, *MISTRAL, max_tokens=1024),
    "mistral-large-4": chat("mistral-large-4", *MISTRAL, max_tokens=1024),
    "mistral-medium-3-5": chat("mistral-medium-3-5", *MISTRAL, max_tokens=1024),
    "mistral-small-2603": chat("mistral-small-2603", *MISTRAL, max_tokens=1024),
    "deepseek": chat(ANY, *DEEPSEEK, **NO_THINKING),
    "deepseek-v4-pro": chat("deepseek-v4-pro", *DEEPSEEK, **NO_THINKING),
    "deepseek-v4-flash": chat("deepseek-v4-flash", *DEEPSEEK, **NO_THINKING),
    "command-a": chat("command-a-03-2025", "COHERE_API_KEY", "https://api.cohere.ai/compatibility/v1", max_tokens=1024),
    "jamba-large": chat("jamba-large", "AI21_API_KEY", "https://api.ai21.com/studio/v1", max_tokens=1024),
    "azure": chat(
        ANY, "AZURE_OPENAI_API_KEY", "https://YOUR-RESOURCE.openai.azure.com/openai/v1", max_completion_tokens=1024
    ),
    "openrouter": chat(ANY, *OPENROUTER, max_tokens=1024),
    "llama-3.3-70b": chat("meta-llama/llama-3.3-70b-instruct", *OPENROUTER, max_tokens=1024),
    # any server, and those on this machine
    "compatible": chat(ANY, None, "https://YOUR-SERVER/v1", max_tokens=1024),
    "completions": completion(ANY, "OPENAI_API_KEY", "human_assistant", 400),
    "vllm": chat(ANY, None, "http://localhost:8000/v1", max_tokens=256),
    "ollama": chat(ANY, None, "http://localhost:11434/v1", max_tokens=256),
    "llamacpp": chat("local", None, "http://localhost:8080/v1", max_tokens=256),
    "lmstudio": chat(ANY, None, "http://localhost:1234/v1", max_tokens=256),
}
NO_SERVER = {"human", "scripted", "simulated"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(lambda chat: "Deal at $15.") as running:
        yield running


def composed(name: str, **more: Any) -> EngineConfig:
    """The preset as an engine, typed as in a run."""
    typed = OmegaConf.merge(OmegaConf.structured(EngineConfig), _presets()[name], more)
    return typed  # type: ignore[return-value]


@functools.cache
def _presets() -> dict[str, Any]:
    """Every preset, all put together at once."""
    names = sorted(path.stem for path in PRESETS.glob("*.yaml"))
    with initialize_config_dir(config_dir=str(PRESETS.parent), version_base="1.3"):
        whole = compose(overrides=[f"+engine@number_{at}={name}" for at, name in enumerate(names)])
    return {name: whole[f"number_{at}"] for at, name in enumerate(names)}


def built(config: EngineConfig) -> Engine:
    module, _, name = config._target_.rpartition(".")
    engine: Engine = getattr(import_module(module), name)(config, "seller", 7)
    return engine


def body_of(sent: Sent) -> dict[str, Any]:
    """The JSON that a server must see for the test chat."""
    if sent.protocol in PROMPTS:
        return {"model": sent.model, "prompt": PROMPTS[sent.protocol][0], **sent.fields}
    if sent.protocol == "chat":
        messages = [{"role": each.role, "content": each.text} for each in CHAT]
        return {"model": sent.model, "messages": messages, **sent.fields}
    marks: list[dict[str, Any]] = [{}, {}, {}, {}]
    if sent.protocol == "messages":
        marks[0] = marks[2] = {"cache_control": {"type": "ephemeral"}}
    blocks = [[{"type": "text", "text": each.text, **mark}] for each, mark in zip(CHAT, marks, strict=True)]
    turns = [
        {"role": each.role, "content": block if mark else each.text}
        for each, block, mark in zip(CHAT[1:], blocks[1:], marks[1:], strict=True)
    ]
    limit = sent.fields["max_tokens"]
    rest = {name: value for name, value in sent.fields.items() if name != "max_tokens"}
    return {"model": sent.model, "max_tokens": limit, "system": blocks[0], "messages": turns, **rest}


def test_every_row_of_the_table_has_its_preset() -> None:
    presets = {path.stem for path in PRESETS.glob("*.yaml")}
    assert TABLE.keys() | NO_SERVER <= presets, "a row without its preset"


@pytest.mark.long
@pytest.mark.parametrize("name", TABLE)
def test_a_server_sees_exactly_what_the_preset_says(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = TABLE[name]
    config = composed(name)
    assert (config.name, config.base_url, config.api_key_env) == (name, sent.base_url, sent.key_env)
    if sent.model == ANY:
        assert config.model == ""
        config.model = ANY
    assert config.temperature is None
    if sent.key_env:
        monkeypatch.setenv(sent.key_env, KEY)
    config.base_url = server.openai
    assert ask(built(config)).text == "Deal at $15."
    seen = server.calls[-1]
    assert seen.body == json.dumps(body_of(sent), separators=(",", ":")).encode()
    assert seen.headers["authorization"] == f"Bearer {KEY if sent.key_env else 'none'}"
    paths = {"chat": "/v1/chat/completions"} | dict.fromkeys(PROMPTS, "/v1/completions")
    assert seen.path == paths.get(sent.protocol, "/v1/messages")


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_a_preset_opens_by_saying_what_it_is(name: str) -> None:
    first, *rest = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    assert not rest[0].startswith("#")
    key_env = TABLE[name].key_env if name in TABLE else composed(name).api_key_env  # in the table: as seen above
    assert key_env is None or f"Key: {key_env}." in first


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(name for name, sent in TABLE.items() if sent.key_env))
def test_a_missing_key_is_named_before_any_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key_env = TABLE[name].key_env
    assert key_env
    monkeypatch.delenv(key_env, raising=False)
    config = composed(name)
    config.model, config.base_url = "m", "https://models.example/v1"
    with pytest.raises(ValueError, match=f"{key_env} is not set; export it or choose engine@seller.engine=simulated"):
        built(config)


def test_presets_for_people_and_scripts_build_without_a_key() -> None:
    assert built(composed("human")).key == "human"
    engine = built(composed("scripted", options={"replies": ["Deal at $15."]}))
    assert ask(engine).text == "Deal at $15."
