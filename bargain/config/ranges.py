"""Which numbers a config may hold: every int and float of the schema is finite and in its range, whoever reads it.

    limits.max_wait_s: "nan"            -> limits.max_wait_s must be at least 0, got nan
    seller.engine.max_tokens: true      -> seller.engine.max_tokens must be at least 1 or null, got True

A field that stands in no entry of RANGES is 0 or more. Where the schema says Any (an engine's body and options, a
tracker's keys) numbers only have to be finite, and nothing may stand there that multiplies a bill unseen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from bargain.config import schema
from bargain.text import one_line

MOST = 1e15
"""No number of a config is larger: it would overflow a clock, a column or a sum."""


class Range(NamedTuple):
    """From `low` to `high`, both included; above: `low` itself is not."""

    low: float = 0.0
    high: float = MOST
    above: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number is in the range; NaN is in none."""
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        if self.high < MOST:
            return f"{self.low:g} to {self.high:g}"
        if self.low <= -MOST:
            return "a finite number"
        return f"above {self.low:g}" if self.above else f"at least {self.low:g}"


ONE = Range(1)
ABOVE_ZERO = Range(0, above=True)
RANGES = {
    "Config.seed": Range(-MOST),
    "Config.n_games": ONE,
    "GameConfig.n_rounds": Range(1, 50),
    "GameConfig.max_exchanges": ONE,
    "ScenarioConfig.seller_discount": Range(0, 1, above=True),
    "ScenarioConfig.buyer_discount": Range(0, 1, above=True),
    "SecondIssueConfig.seller_weight": Range(-MOST),
    "SecondIssueConfig.buyer_weight": Range(-MOST),
    "EngineConfig.temperature": Range(0, 2),
    "EngineConfig.top_p": Range(0, 1),
    "EngineConfig.max_tokens": ONE,
    "EngineConfig.context_window": ONE,
    "EngineConfig.timeout_s": ABOVE_ZERO,
    "EngineConfig.max_concurrency": ONE,
    "EngineConfig.start_concurrency": ONE,
    "EngineConfig.requests_per_minute": Range(0.01),
    "EngineConfig.tokens_per_minute": ONE,
    "LimitsConfig.max_cost_usd": ABOVE_ZERO,
    "LimitsConfig.sweep_max_cost_usd": ABOVE_ZERO,
    "LimitsConfig.max_tokens": ABOVE_ZERO,
    "LimitsConfig.max_concurrent_games": ONE,
    "LimitsConfig.max_tries": ONE,
    "LimitsConfig.max_maybe_billed": ONE,
    "LimitsConfig.max_asks": ONE,
}
"""By class and field of schema.py, where it is not 0 or more."""

_NUMBER = re.compile(r"(Optional\[)?(int|float)\]?")
MULTIPLIERS = (
    *("n", "best_of", "num_return_sequences", "num_generations", "num_completions", "candidate_count"),
    *("candidatecount", "use_beam_search", "beam_width", "num_beams"),
)
"""Fields of a request that ask for more than one reply, in lower case: each is billed, one is read."""
DEARER = ("service_tier", "tools", "web_search_options", "plugins", "prediction", "models", "speed")
"""Fields of a request that may change what a token costs or bill something else than tokens: not under a cap."""
_NOT_DEARER = (None, "flex", "default", "standard", "standard_only", "batch")


def number_problems(config: Any, kind: Any = schema.Config, path: str = "") -> Iterator[str]:
    """What is wrong with the numbers of a config, in plain data or typed; one that is no number is another's affair."""
    for field in fields(kind):
        value, where = config.get(field.name), f"{path}{field.name}"
        number = _NUMBER.fullmatch(str(field.type))
        if number and isinstance(value, int | float):
            allowed = RANGES.get(f"{kind.__name__}.{field.name}", Range())
            if isinstance(value, bool) or not allowed.holds(value):
                yield f"{where} must be {allowed}{' or null' if number[1] else ''}, got {value}"
            continue
        inner = schema.section_of(str(field.type))
        if inner is not None and isinstance(value, Mapping):
            yield from number_problems(value, inner, f"{where}.")
        elif value is not None:
            yield from _not_finite(value, where)


def _not_finite(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:  # whole ones have no infinity
        yield f"{where} must be a finite number, got {one_line(str(value), 40)}"
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _not_finite(inner, f"{where}.{key}")


def bill_problems(engine: Mapping[str, Any], where: str, *, capped: bool) -> Iterator[str]:
    """What of an engine's body and options multiplies a bill. where: seller.engine; capped: whether a cap must hold."""
    for part in ("body", "options"):
        for key, value in _fields(engine.get(part) or {}, f"{where}.{part}"):
            name = key.rpartition(".")[2].lower()
            if name in MULTIPLIERS and (value is True or value not in (None, False, 1)):
                yield f"{key} asks for replies that are paid and not read; take it out"
            elif capped and part == "body" and name in DEARER and value not in _NOT_DEARER:
                yield f"{key} may cost more than the price table says, so no cap could be kept; take it or the cap out"
            elif (
                part == "body"
                and re.fullmatch(r"max_\w*tokens", name)
                and not (value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 1))
            ):
                yield f"{key} must be a whole number of at least 1, got {value!r}"


def _fields(data: Mapping[Any, Any], where: str) -> Iterator[tuple[str, Any]]:
    """Every key within, with its value."""
    for key, value in data.items():
        yield f"{where}.{key}", value
        if isinstance(value, Mapping):
            yield from _fields(value, f"{where}.{key}")
