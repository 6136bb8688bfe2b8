"""What a call costs, and the worst case of a prompt."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bargain.calls.pricing import FREE, Rates, TokenPrice, prompt_bound
from bargain.calls.pricing import price_of as price_of_engine
from bargain.config.schema import EngineConfig
from bargain.config.targets import locate
from bargain.journal.format import Packer
from bargain.records import Usage
from tests.commands import PATIENCE_S


def engine(target: str = "openai.OpenAIEngine", **fields: object) -> EngineConfig:
    return EngineConfig(_target_=f"bargain.engines.{target}", **fields)  # type: ignore[arg-type]


def price_of(config: EngineConfig) -> TokenPrice | None:
    return price_of_engine(config, locate(config._target_))


def test_cached_and_written_tokens_have_their_own_price() -> None:
    price = TokenPrice((Rates(0, 3.0, 15.0, 0.3, 3.75),), "test")
    usage = Usage(input_tokens=1000, output_tokens=100, cached_tokens=600, cache_write_tokens=300)
    assert price.cost_usd(usage) == pytest.approx((100 * 3 + 600 * 0.3 + 300 * 3.75 + 100 * 15) / 1e6)
    assert price.worst_usd(1000, 100) == pytest.approx((1000 * 3.75 + 100 * 15) / 1e6)


def test_a_long_prompt_costs_its_tier() -> None:
    price = price_of(engine("anthropic.AnthropicEngine", model="claude-sonnet-4-5"))
    assert price is not None
    assert price.cost_usd(Usage(200_000, 0)) == pytest.approx(0.6)
    assert price.cost_usd(Usage(200_001, 0)) == pytest.approx(1.2, rel=1e-4)
    assert price.worst_usd(200_001, 10) > 1.2


def test_prices_of_the_config_go_before_the_table() -> None:
    price = price_of(engine(model="gpt-4o", input_usd_per_million=1.0, output_usd_per_million=2.0))
    assert price is not None
    assert (price.source, price.cost_usd(Usage(10**6, 10**6))) == ("config", 3.0)
    cached = price_of(engine(model="gpt-4o", cached_usd_per_million=0.5))
    assert cached is not None
    assert cached.cost_usd(Usage(10**6, 0, 10**6)) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="set input_usd_per_million and output_usd_per_million together"):
        price_of(engine(model="gpt-4o", input_usd_per_million=1.0))


@pytest.mark.parametrize(
    ("settings_", "usd"),
    [
        ({"model": "gpt-4o"}, 2.5),
        ({"model": "gpt-4o", "base_url": "http://127.0.0.1:8000/v1"}, 2.5),
        ({"model": "llama3", "base_url": "http://localhost:11434/v1"}, None),
        ({"model": "deepseek-chat", "base_url": "http://10.0.0.7/v1"}, None),
        ({"model": "mistral-large-latest", "base_url": "https://api.mistral.ai/v1"}, 2.0),
        ({"model": "gpt-4o", "base_url": "https://api.mistral.ai/v1"}, None),
        ({"model": "openai/gpt-4o", "base_url": "https://user:pass@openrouter.ai/api/v1"}, 2.5),
        ({"model": "no-such-model"}, None),
    ],
)
def test_the_price_is_that_of_the_server_that_is_asked(settings_: dict[str, str], usd: float | None) -> None:
    price = price_of(engine(**settings_))
    assert (None if price is None else price.rates[0].input) == usd


@pytest.mark.parametrize("target", ["simulated.SimulatedEngine", "scripted.ScriptedEngine", "human.HumanEngine"])
def test_engines_without_a_provider_cost_nothing(target: str) -> None:
    assert price_of(engine(target, model="gpt-4o")) is FREE


def test_looking_a_price_up_never_touches_the_network() -> None:
    code = """if True:
        import sys, threading
        network = ("socket.connect", "socket.getaddrinfo")
        sys.addaudithook(lambda event, args: sys.exit(event) if event in network else None)
        from bargain.calls.pricing import price_of
        from bargain.config.schema import EngineConfig
        from bargain.engines.openai import OpenAIEngine
        assert price_of(EngineConfig(model="gpt-4o"), OpenAIEngine).source == "genai-prices openai/gpt-4o"
        assert price_of(EngineConfig(model="unheard-of"), OpenAIEngine) is None
        assert threading.active_count() == 1
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_the_bound_of_a_prompt_is_at_least_one_token_a_byte(texts: list[str]) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": text} for text in texts]}
    assert prompt_bound(Packer().pack(body)) >= sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
