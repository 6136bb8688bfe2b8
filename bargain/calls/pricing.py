"""What a call costs: prices per million tokens by model, the cost of a usage, and the worst case of a request.

Prices come from the config where it names them, else from the table that ships with genai-prices (it is never updated
over the network here), by the base URL or by the provider that the engine names.

    price = price_of(config, engine)    # None: unknown
    price.cost_usd(Usage(input_tokens=400, output_tokens=30, cached_tokens=256))
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine
from bargain.journal.format import Packed
from bargain.records import Usage

TOKENS_PER_MESSAGE = 16
TOKENS_PER_REQUEST = 64
"""Allowance for what the chat template of a model puts round a message and round a request."""

CACHE_WRITE_FACTOR = {"anthropic": 1.25}
"""By provider: what a token written to the 5-minute cache costs in input prices (Anthropic's price list); else 1."""


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens, for requests of more than `above` input tokens."""

    above: int
    input: float
    output: float
    cached: float
    cache_write: float


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """Rates by size of the request, smallest first, and where they come from."""

    rates: tuple[Rates, ...]
    source: str

    def rates_for(self, input_tokens: int) -> Rates:
        """The rates of a request with so many input tokens: those of the highest threshold it exceeds."""
        return next((each for each in reversed(self.rates) if input_tokens > each.above), self.rates[0])

    def cost_usd(self, usage: Usage) -> float:
        """The cost of one call. Cached and cache-written tokens are parts of the input, each at its own rate."""
        rates = self.rates_for(usage.input_tokens)
        cached = min(usage.cached_tokens, usage.input_tokens)
        written = min(usage.cache_write_tokens, usage.input_tokens - cached)
        plain = usage.input_tokens - cached - written
        micro = plain * rates.input + cached * rates.cached + written * rates.cache_write
        return (micro + usage.output_tokens * rates.output) / 1e6

    def worst_usd(self, input_tokens: int, output_tokens: int) -> float:
        """The most that so many tokens can cost."""
        rates = [self.rates[0], *(each for each in self.rates[1:] if input_tokens > each.above)]
        dearest_input = max(max(each.input, each.cache_write, each.cached) for each in rates)
        return (input_tokens * dearest_input + output_tokens * max(each.output for each in rates)) / 1e6

    @property
    def is_nothing(self) -> bool:
        """Whether no request costs anything, whatever its size."""
        return self.worst_usd(2**60, 2**60) == 0.0

    def as_text(self) -> dict[str, Any]:
        """As the journal's meta keeps it."""
        names = ("above", "input", "output", "cached", "cache_write")
        return {"source": self.source, "rates": [{name: getattr(each, name) for name in names} for each in self.rates]}


FREE = TokenPrice((Rates(0, 0.0, 0.0, 0.0, 0.0),), "costs nothing")


def price_of(config: EngineConfig, engine: Engine | type[Engine]) -> TokenPrice | None:
    """The price of a seat's tokens, None when it is unknown. Raises ValueError when only one of the two is named.

    engine: the seat's engine or its class, which says whether anybody is paid, and who.
    """
    if engine.free:
        return FREE
    given, wanted = config.input_usd_per_million, config.output_usd_per_million
    write_factor = CACHE_WRITE_FACTOR.get(engine.provider, 1.0)
    if (given is None) != (wanted is None):
        name = config.name or config.model
        raise ValueError(f"engine {name}: set input_usd_per_million and output_usd_per_million together, or neither")
    if given is not None and wanted is not None:
        cached = given if config.cached_usd_per_million is None else config.cached_usd_per_million
        return TokenPrice((Rates(0, given, wanted, cached, given * write_factor),), "config")
    if engine.unbilled:
        return FREE
    price = _look_up(config.model, config.base_url or "", engine.provider)
    if price is not None and config.cached_usd_per_million is not None:
        rates = tuple(replace(each, cached=config.cached_usd_per_million) for each in price.rates)
        return TokenPrice(rates, f"{price.source}, cached: config")
    return price


def prompt_bound(packed: Packed) -> int:
    """An upper bound of a request's prompt tokens.

    A tokenizer with byte fallback makes at most one token of a byte, so it is the UTF-8 bytes of everything that is
    sent, and an allowance for the chat template. Real prompts have about a quarter of it.
    """
    return packed.size + TOKENS_PER_MESSAGE * len(packed.path) + TOKENS_PER_REQUEST


def prompt_estimate(packed: Packed) -> int:
    """About how many prompt tokens a request has, as providers estimate it for rate limits: four bytes each."""
    return packed.size // 4 + TOKENS_PER_MESSAGE // 4 * len(packed.path)


@lru_cache(maxsize=256)
def _look_up(model: str, base_url: str, provider: str) -> TokenPrice | None:
    """The table's price. A URL the table knows decides; a server of one's own has a price only if it serves a model
    by exactly the name that the owner of its protocol sells it under."""
    if not model:
        return None
    from genai_prices.data_snapshot import get_snapshot

    table = get_snapshot()
    tries: list[tuple[str | None, str | None]] = []
    if base_url and not _is_local(base_url):
        tries.append((None, _without_userinfo(base_url)))
    if provider:
        tries.append((provider, None))
    if not base_url and not provider:
        tries.append((None, None))
    for provider_id, url in tries:
        try:
            owner, found = table.find_provider_model(model, None, provider_id, url)
        except LookupError:
            if url is not None and _is_known_url(url):
                return None  # the server is known and does not sell the model: another's price would be a guess
            continue
        now = datetime.now(tz=UTC)
        # Some prices depend on the hour: the dearest of the day is the one to plan with.
        by_hour = [_rates(found.get_prices(now.replace(hour=hour))) for hour in range(24)]
        known = [each for each in by_hour if each is not None]
        if known:
            return TokenPrice(
                max(known, key=lambda each: each[0].input + each[0].output), f"genai-prices {owner.id}/{found.id}"
            )
    return None


def _is_known_url(url: str) -> bool:
    from genai_prices.data_snapshot import get_snapshot

    try:
        get_snapshot().find_provider(None, None, url)
    except LookupError:
        return False
    return True


def _rates(price: Any) -> tuple[Rates, ...] | None:
    """The rates of a genai_prices ModelPrice, None when it has no token prices."""
    columns = [price.input_mtok, price.output_mtok, price.cache_read_mtok, price.cache_write_mtok]
    if columns[0] is None or columns[1] is None:
        return None
    starts = sorted({0, *(tier.start for column in columns for tier in getattr(column, "tiers", ()))})

    def at(column: Any, start: int) -> float | None:
        if column is None:
            return None
        value = getattr(column, "base", column)
        for tier in getattr(column, "tiers", ()):
            value = tier.price if tier.start <= start else value
        return float(value)

    rates = []
    for start in starts:
        given, wanted, cached, write = (at(column, start) for column in columns)
        assert given is not None
        assert wanted is not None
        rates.append(
            Rates(start, given, wanted, given if cached is None else cached, given if write is None else write)
        )
    return tuple(rates)


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_local(url: str) -> bool:
    """Whether the server is on this machine or in a private network."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".localhost")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local
