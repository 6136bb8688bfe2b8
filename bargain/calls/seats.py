"""What the call policy knows of each seat: its engine, its price, its limiter, the bounds of one call.

Everything that can be refused before the first call is refused here, in one line: an unknown price under a cost cap,
an unlimited output under any cap. It makes no calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf

from bargain.calls.limiter import START, Limiter
from bargain.calls.pricing import FREE, TokenPrice, output_bound, price_of, prompt_bound, prompt_estimate
from bargain.config.schema import EngineConfig, LimitsConfig
from bargain.engines.base import Engine, Request, Scene
from bargain.errors import RunStopped
from bargain.journal.format import Packed
from bargain.records import Item, Message, Place, Reply

ASSUMED_OUTPUT = 16_384
"""Output tokens reserved on record where nothing limits them. No cap is ever held against it: caps need a limit."""

GRACE_S = 5.0
"""An engine keeps its own timeout_s; so much later, at most half of it, the policy gives up one that does not."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """One call's worst case, None where the price is unknown, and its likely size for the rate limit."""

    usd: float | None
    tokens: int
    likely_tokens: int


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat as the policy sees it."""

    name: str
    engine: Engine
    config: EngineConfig
    price: TokenPrice | None
    limiter: Limiter
    answer: Callable[[Request], Reply] | None
    """The synchronous short cut of a free engine."""

    @property
    def title(self) -> str:
        """As messages name it."""
        return f"engine {self.engine.name} ({self.name})"

    @property
    def deadline_s(self) -> float:
        """When the policy stops waiting for one attempt."""
        timeout_s = self.config.timeout_s
        return timeout_s + min(GRACE_S, timeout_s / 2) if 0 < timeout_s < math.inf else math.inf

    def bounds(self, body: Mapping[str, Any], packed: Packed) -> Bounds:
        """What this body can cost at most. Seats that cost nothing reserve nothing."""
        if self.price is FREE:
            return Bounds(0.0, 0, 0)
        prompt = prompt_bound(packed)
        output = output_bound(body, self.config) or ASSUMED_OUTPUT
        usd = None if self.price is None else self.price.worst_usd(prompt, output)
        return Bounds(usd, prompt + output, prompt_estimate(packed) + min(output, 1024))


def build_seats(
    engines: Mapping[str, Engine],
    configs: Mapping[str, EngineConfig],
    limits: LimitsConfig,
    cells_at_once: int = 1,
) -> dict[str, Seat]:
    """The seats; those whose engines have equal keys share one limiter, under the strictest of their limits.

    cells_at_once: so many runs share these limits, in processes that do not see each other; each has an equal part.
    Raises RunStopped for what no cap could hold against and what cannot be divided, ValueError for half a price.
    """
    configs = {name: _as_object(config) for name, config in configs.items()}
    groups: dict[str, list[EngineConfig]] = {}
    for name, engine in engines.items():
        groups.setdefault(engine.key, []).append(configs[name])
    limiters = {key: _limiter(group, limits, cells_at_once) for key, group in groups.items()}
    seats = {}
    for name, engine in engines.items():
        config = configs[name]
        price = FREE if engine.free else price_of(config)
        answer = getattr(engine, "answer", None) if engine.free else None
        seat = Seat(name, engine, config, price, limiters[engine.key], answer)
        _check_caps(seat, limits)
        if not engine.free and config.max_concurrency < cells_at_once:
            raise RunStopped(
                f"{seat.title}: max_concurrency {config.max_concurrency} cannot be divided among {cells_at_once} cells "
                f"that play at once; let at most {config.max_concurrency} play at once (docs/clusters.md says how)"
            )
        seats[name] = seat
    return seats


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
        start=max(1, START // parts),
    )


def _check_caps(seat: Seat, limits: LimitsConfig) -> None:
    if seat.price is FREE or (limits.max_cost_usd is None and limits.max_tokens is None):
        return
    where = f"{'critic' if seat.name.endswith('_critic') else seat.name}.engine"
    if limits.max_cost_usd is not None and seat.price is None:
        raise RunStopped(
            f"{seat.title}: the price of model {seat.engine.model!r} is unknown, so max_cost_usd cannot be kept; "
            f"set {where}.input_usd_per_million and {where}.output_usd_per_million (0 for a server of your own)"
        )
    if output_bound(seat.engine.body(_probe(seat.name)), seat.config) is None:
        cap = "max_cost_usd" if limits.max_cost_usd is not None else "max_tokens"
        raise RunStopped(
            f"{seat.title}: its replies may be of any length, so limits.{cap} cannot be kept; "
            f"set {where}.max_tokens (400 is plenty for a turn)"
        )


def _probe(seat: str) -> Request:
    """A request that is never sent, to see what limits a body sets."""
    scene = Scene("speak", seat, Item("", "", None, None))
    return Request(Place(0, "", 1, 1, seat), (Message("system", "-"), Message("user", "-")), scene)
