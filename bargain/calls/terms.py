"""On what terms each seat's engine is called: at what price, how fast, how long, and how much one call may cost.

Everything that can be refused before the first call is refused here, in one line: an unknown price under a cost cap,
an unlimited output under any cap. It makes no calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from omegaconf import OmegaConf

from bargain.calls.limiter import Limiter
from bargain.calls.pricing import FREE, TokenPrice, price_of, prompt_bound, prompt_estimate
from bargain.config.follow import setting
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.base import Engine, Failure, Raw, Request, Scene
from bargain.engines.shared import count
from bargain.errors import RunStopped
from bargain.journal.format import Packed
from bargain.records import Item, Message, Place, Reply, Usage

ASSUMED_OUTPUT = 16_384
"""Output tokens reserved on record where nothing limits them. No cap is ever held against it: caps need a limit."""

GRACE_S = 5.0
"""An engine keeps its own timeout_s; so much later, at most half of it, the policy gives up one that does not."""


ABSURD_TOKENS = 1_000_000
"""A usage beyond this, and beyond ABSURD_WINDOWS times the engine's context window and the reply's bytes, is believed
of no reply. The most that a provider's reply can have today, hidden reasoning included, is some 128,000."""
ABSURD_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """One call's worst case, None where the price is unknown, and its likely size for the rate limit.

    prompt, output: its tokens by side, before what is added for what was Seen.
    """

    usd: float | None
    tokens: int
    likely_tokens: int
    prompt: int = 0
    output: int = 0


@dataclass(slots=True)
class Seen:
    """What an engine's replies have taken beyond their reservations: a hidden system prompt, hidden reasoning."""

    prompt: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class SeatTerms:
    """How one seat's engine is called."""

    seat: str
    engine: Engine
    config: EngineConfig
    price: TokenPrice | None
    limiter: Limiter
    seen: Seen

    @property
    def title(self) -> str:
        """As messages name it."""
        return f"engine {self.engine.name} ({self.seat})"

    @property
    def deadline_s(self) -> float:
        """When the policy stops waiting for one attempt."""
        timeout_s = self.config.timeout_s
        return timeout_s + min(GRACE_S, timeout_s / 2) if 0 < timeout_s < math.inf else math.inf

    def bounds(self, body: Mapping[str, Any], packed: Packed) -> Bounds:
        """What this body can cost at most. Seats that cost nothing reserve nothing."""
        if self.price is FREE:
            return Bounds(0.0, 0, 0)
        prompt, output = prompt_bound(packed), self.engine.output_limit(body) or ASSUMED_OUTPUT
        most_in, most_out = prompt + self.seen.prompt, output + self.seen.output
        usd = None if self.price is None else self.price.worst_usd(most_in, most_out)
        return Bounds(usd, most_in + most_out, prompt_estimate(packed) + min(output, 1024), prompt, output)

    def read(self, raw: Raw) -> tuple[Reply | Failure, str]:
        """What the engine reads in an answer, and what is absurd about the usage that it names, "" if nothing is.

        No side of a usage is negative and no part larger than the whole; an absurd usage is none.
        """
        try:
            reply = self.engine.read(raw)
        except Failure as failure:
            return failure, ""
        except Exception as error:  # an answer that the engine did not foresee costs its game, not the run
            return Failure("maybe_billed", f"{self.title}: the answer cannot be read ({type(error).__name__})"), ""
        usage = sound_usage(reply.usage)
        most = max(ABSURD_TOKENS, ABSURD_WINDOWS * (self.config.context_window or 0)) + len(raw.body)
        tokens = max(usage.input_tokens, usage.output_tokens)
        absurd = f"a reply of {len(raw.body):,} bytes is said to have taken {tokens:,} tokens" if tokens > most else ""
        usage = Usage(calls=usage.calls) if absurd else usage
        return (reply if usage == reply.usage else replace(reply, usage=usage)), absurd

    def cost_usd(self, outcome: Reply | Failure) -> float | None:
        """What a reply cost, None where its price or the tokens of a side are unknown."""
        if not isinstance(outcome, Reply) or self.price is None:
            return None
        known = min(outcome.usage.input_tokens, outcome.usage.output_tokens) > 0 or self.price.worst_usd(1, 1) == 0
        return self.price.cost_usd(outcome.usage) if known else None

    def spent(self, reply: Reply, bounds: Bounds) -> tuple[float | None, int]:
        """What a reply counts against the budget, in USD and tokens: a side that is not told counts as reserved.

        What it took beyond its reservation raises those of the engine's next calls.
        """
        usage, seen = reply.usage, self.seen
        if self.price is FREE:
            return 0.0, usage.input_tokens + usage.output_tokens
        seen.prompt = max(seen.prompt, usage.input_tokens - bounds.prompt)
        seen.output = max(seen.output, usage.output_tokens - bounds.output)
        tokens_in = usage.input_tokens or bounds.prompt + seen.prompt
        tokens_out = usage.output_tokens or bounds.output + seen.output
        if self.price is None:
            return None, tokens_in + tokens_out
        if usage.input_tokens:
            usd = self.price.cost_usd(replace(usage, output_tokens=tokens_out))
        else:
            usd = self.price.worst_usd(tokens_in, tokens_out)
        return usd, tokens_in + tokens_out


def sound_usage(usage: Usage) -> Usage:
    """The usage with whole counts from 0 on, in which no part has more tokens than its whole."""
    prompt, output = count(usage.input_tokens), count(usage.output_tokens)
    cached = min(count(usage.cached_tokens), prompt)
    written = min(count(usage.cache_write_tokens), prompt - cached)
    return Usage(prompt, output, cached, written, usage.calls, min(count(usage.reasoning_tokens), output))


def terms_by_seat(
    engines: Mapping[str, Engine],
    configs: Mapping[str, EngineConfig],
    limits: LimitsConfig,
    cells_at_once: int = 1,
) -> dict[str, SeatTerms]:
    """The terms of every seat; those whose engines have equal keys share one limiter, under the strictest limits.

    cells_at_once: so many runs share these limits, in processes that do not see each other; each has an equal part.
    Raises RunStopped for what no cap could hold against and what cannot be divided, ValueError for half a price.
    """
    configs = {seat: _as_object(config) for seat, config in configs.items()}
    groups: dict[str, list[EngineConfig]] = {}
    for seat, engine in engines.items():
        groups.setdefault(engine.key, []).append(configs[seat])
    limiters = {key: _limiter(group, limits, cells_at_once) for key, group in groups.items()}
    seen: dict[tuple[str, str], Seen] = {}
    agreed = {}
    for seat, engine in engines.items():
        overrun = seen.setdefault((engine.key, engine.model), Seen())
        terms = SeatTerms(seat, engine, configs[seat], price_of(configs[seat], engine), limiters[engine.key], overrun)
        _check_caps(terms, limits)
        _check_division(terms, cells_at_once)
        agreed[seat] = terms
    return agreed


def _as_object(config: EngineConfig) -> EngineConfig:
    """The dataclass itself: a node of OmegaConf takes 20 times as long to say a value, and every call asks for some."""
    return OmegaConf.to_object(config) if OmegaConf.is_config(config) else config  # type: ignore[return-value]


def _limiter(group: list[EngineConfig], limits: LimitsConfig, parts: int) -> Limiter:
    requests = [each.requests_per_minute for each in group if each.requests_per_minute is not None]
    tokens = [each.tokens_per_minute for each in group if each.tokens_per_minute is not None]
    return Limiter(
        max_concurrency=max(1, min(each.max_concurrency for each in group) // parts),
        requests_per_minute=min(requests) / parts if requests else None,
        tokens_per_minute=min(tokens) / parts if tokens else None,
        max_wait_s=limits.max_wait_s,
        timeout_s=min(each.timeout_s for each in group),
        start=max(1, min(each.start_concurrency for each in group) // parts),
    )


def _check_caps(terms: SeatTerms, limits: LimitsConfig) -> None:
    caps = [name for name in ("max_cost_usd", "sweep_max_cost_usd", "max_tokens") if getattr(limits, name) is not None]
    if terms.price is FREE or not caps:
        return
    where = setting(terms.seat)
    if caps[0] != "max_tokens" and terms.price is None:
        raise RunStopped(
            f"{terms.title}: the price of model {terms.engine.model!r} is unknown, so {caps[0]} cannot be kept; "
            f"set {where}.input_usd_per_million and {where}.output_usd_per_million (0 for a server of your own)"
        )
    if terms.engine.output_limit(terms.engine.body(_probe(terms.seat))) is None:
        raise RunStopped(
            f"{terms.title}: its replies may be of any length, so limits.{caps[0]} cannot be kept; "
            f"set {where}.max_tokens (400 is plenty for a turn)"
        )


def _check_division(terms: SeatTerms, cells_at_once: int) -> None:
    most = terms.config.max_concurrency
    if not terms.engine.free and most < cells_at_once:
        raise RunStopped(
            f"{terms.title}: max_concurrency {most} cannot be divided among {cells_at_once} cells "
            f"that play at once; let at most {most} play at once (docs/clusters.md says how)"
        )


def _probe(seat: str) -> Request:
    """A request that is never sent, to see what limits a body sets."""
    scene = Scene("speak", seat, Item("", "", None, None))
    return Request(Place(0, "", 1, 1, seat), (Message("system", "-"), Message("user", "-")), scene)
