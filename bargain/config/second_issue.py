"""A second issue beside the price: what of it can be played, and the record that the players get.

    second_issue=delivery channel=tagged           5 delivery times, a day more worth $4 to the seller, -$9 to the buyer

There is one such issue or none: utilities of three have no exact front here, and no channel a third field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

from omegaconf import DictConfig

from bargain.config.schema import SecondIssueConfig
from bargain.config.targets import locate
from bargain.records import PLAYERS, SecondIssue

UNITS = ("minutes", "hours", "days", "weeks", "months", "years", "miles", "pieces", "units", "points")
"""What options may count: code reads them in the players' acts, in the singular without the s."""
_MOST = 100_000
_TAKEN = ("message", "act", "price", "none")
"""Fields of channel=structured, which has another one of the issue's name."""


def second_issue_of(config: SecondIssueConfig) -> SecondIssue | None:
    """The second issue of a config that was checked, None where the price is all."""
    if config.name == "none":
        return None
    options = tuple(map(float, config.options))

    def opening(weight: float, said: float | None) -> float:
        return said if said is not None else max(options) if weight > 0 else min(options)

    seller, buyer = config.seller_weight or 0.0, config.buyer_weight or 0.0
    return SecondIssue(
        name=config.name,
        unit=config.unit,
        options=options,
        seller_weight=seller,
        buyer_weight=buyer,
        seller_opening=opening(seller, config.seller_opening),
        buyer_opening=opening(buyer, config.buyer_opening),
        known_by=config.known_by.value,
    )


def second_issue_problems(cfg: DictConfig) -> Iterator[str]:
    """Whatever of it makes no sense, or cannot be played in this channel."""
    config = cfg.second_issue
    if config.name == "none":
        for name, unset in asdict(SecondIssueConfig()).items():
            if config[name] != unset:
                yield f"second_issue.{name} is only read with a second issue; choose one: second_issue=delivery"
        return
    if not re.fullmatch(r"[a-z][a-z_]{0,30}", config.name) or config.name in _TAKEN:
        yield (
            "second_issue.name must be one word in small letters, for one issue beside the price and no third one, "
            f"got {config.name!r}"
        )
    if config.unit not in UNITS:
        yield f"second_issue.unit must be one of {', '.join(UNITS)}, got {config.unit!r}"
    options = list(config.options)
    if len(options) < 2 or len(set(options)) < len(options):
        yield f"second_issue.options must be two different numbers or more, got {options}"
    if any(not 0 <= each <= _MOST or round(each, 2) != each for each in options):
        yield f"second_issue.options must lie from 0 to {_MOST:,} and have two decimals at most, got {options}"
    for role in PLAYERS:
        if config[f"{role}_weight"] is None:
            yield f"second_issue.{role}_weight is not set: what a unit more is worth to the {role} (below 0: costs it)"
        opening = config[f"{role}_opening"]
        if opening is not None and opening not in options:
            yield f"second_issue.{role}_opening must be one of the options {options}, got {opening:g}"
    if not locate(cfg.channel._target_, list(cfg.allow_targets)).two_issues:
        yield (
            f"second_issue={config.name} cannot be read in channel={cfg.channel.name}: its offers name a price alone; "
            "choose channel=tagged, structured or numbers"
        )
    if not getattr(locate(cfg.protocol._target_, list(cfg.allow_targets)), "two_issues", True):
        yield f"second_issue={config.name}: protocol={cfg.protocol.name} trades at a price alone; take one of them out"
    if cfg.adversary.name != "none" and cfg.adversary.fee is not None:
        yield f"adversary={cfg.adversary.name} asks for a share of the price; take it or second_issue={config.name} out"
