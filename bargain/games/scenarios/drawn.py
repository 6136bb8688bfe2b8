"""Private values of every game drawn from distributions: cost, valuation, outside options, deadline.

    cost: {distribution: uniform, low: 100, high: 180}          any price of the range, all alike
    cost: {distribution: normal, mean: 140, sd: 20, low: 100, high: 180}      truncated: drawn anew until it is within
    cost: {distribution: list, one_of: [120, 150]}              one of these, all alike

Each number has a generator of its own, from (seed, game, its name): an outside option more leaves the costs as they
were. Prices are whole cents. A player never opens beyond its own limit: where the item's opening is worse for it, it
opens with the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from bargain.config.schema import DistributionConfig, GameConfig, ItemConfig, ScenarioConfig
from bargain.games.scenarios.base import Case, Scenario
from bargain.records import PLAYERS, Item, Player, limit_of, rival_of

PRICES = ("cost", "valuation", "seller_outside", "buyer_outside")
OWN: dict[Player, tuple[str, str]] = {"seller": ("cost", "seller_outside"), "buyer": ("valuation", "buyer_outside")}
"""What makes up each player's limit."""
READ = {"uniform": ("low", "high"), "normal": ("low", "high", "mean", "sd"), "list": ("one_of",)}
"""The settings of each distribution."""


class Drawn(Scenario):
    """An item and a deadline for each game, from the seed."""

    def __init__(self, config: ScenarioConfig, item: Item, seed: int) -> None:
        self.config = config
        self.item = item
        self.seed = seed

    @staticmethod
    def problem(config: ScenarioConfig, item: ItemConfig, game: GameConfig, n_games: int) -> str:
        """The first setting that makes no sense, or of which somebody should be told and nothing is known."""
        return next(problems(config, item, game), "")

    def of(self, game: int) -> Case:
        """Draws the game's private values."""
        item, deadline = self.given(game), self._draw("deadline", game)
        drawn: Any = {name: self._draw(name, game) for name in PRICES if _is_drawn(self.config, name)}
        return Case(opening_within_limits(replace(item, **drawn)), None if deadline is None else round(deadline))

    def given(self, game: int) -> Item:
        """The game's item before anything is drawn."""
        return self.item

    def range_of(self, player: Player) -> tuple[float, float] | None:
        """Of what can be drawn, the least and the greatest limit."""
        bounds = [bounds for name in OWN[player] if (bounds := self._bounds(name)) is not None]
        better = max if player == "seller" else min
        return (better(low for low, _ in bounds), better(high for _, high in bounds)) if bounds else None

    def _bounds(self, name: str) -> tuple[float, float] | None:
        """The least and the greatest value; None where there is none."""
        distribution = getattr(self.config, name)
        if not distribution.distribution:
            own = getattr(self.item, name)
            return None if own is None else (own, own)
        if distribution.distribution == "list":
            return min(distribution.one_of), max(distribution.one_of)
        return _range(distribution, self.item)

    def _draw(self, name: str, game: int) -> float | None:
        if not _is_drawn(self.config, name):
            return None
        distribution = getattr(self.config, name)
        rng = Random(f"{self.seed}/{game}/scenario/{name}")
        if distribution.distribution == "list":
            return float(rng.choice(list(distribution.one_of)))
        low, high = _range(distribution, self.item)
        if distribution.distribution == "uniform":
            return round(rng.uniform(low, high), 2)
        mean = (low + high) / 2 if distribution.mean is None else distribution.mean
        sd = (high - low) / 4 if distribution.sd is None else distribution.sd
        for _ in range(1000):
            value = rng.gauss(mean, sd)
            if low <= value <= high:
                return round(value, 2)
        return low if mean < low else high if mean > high else round(mean, 2)


def opening_within_limits(item: Item) -> Item:
    """The item with openings that are not worse for a player than its own limit."""
    cost, valuation = limit_of(item, "seller"), limit_of(item, "buyer")
    asked, offered = item.seller_opening, item.buyer_opening
    return replace(
        item,
        seller_opening=asked if asked is None or cost is None else max(asked, cost),
        buyer_opening=offered if offered is None or valuation is None else min(offered, valuation),
    )


def _is_drawn(config: ScenarioConfig, name: str) -> bool:
    return bool(getattr(config, name).distribution)


def _range(distribution: DistributionConfig, item: Item | ItemConfig) -> tuple[float, float]:
    """Low and high, where they are not said the item's openings. Only asked where these are known."""
    low = item.buyer_opening if distribution.low is None else distribution.low
    high = item.seller_opening if distribution.high is None else distribution.high
    assert low is not None
    assert high is not None
    return low, high


def problems(config: ScenarioConfig, item: ItemConfig, game: GameConfig) -> Iterator[str]:
    """Whatever makes no sense."""
    for name in ("path", "cost_of_list", "valuation_of_list", "columns"):
        if getattr(config, name):
            yield f"scenario.{name} is only read by scenario=catalogue"
    yield from drawing_problems(config, item, game)


def drawing_problems(config: ScenarioConfig, item: ItemConfig, game: GameConfig) -> Iterator[str]:
    """What makes no sense in the distributions, and what nobody could be told."""
    for name in (*PRICES, "deadline"):
        yield from _of_distribution(f"scenario.{name}", getattr(config, name), item, game)
    for player in PLAYERS:
        yield from _knowledge_problems(player, config, item)


def _knowledge_problems(player: Player, config: ScenarioConfig, item: ItemConfig) -> Iterator[str]:
    """What this player should know of its rival's limit and nothing says."""
    knows = getattr(config, f"{player}_knows")
    own, outside = OWN[rival_of(player)]
    drawn = [name for name in (own, outside) if _is_drawn(config, name)]
    if knows == "rival_range" and not drawn:
        yield f"scenario.{player}_knows=rival_range needs scenario.{own} or scenario.{outside} to be drawn"
    if knows in ("rival_value", "both") and not drawn and getattr(item, own) is None:
        yield f"scenario.{player}_knows={knows} needs a limit to tell: draw scenario.{own} or set item.{own}"


def _of_distribution(where: str, each: DistributionConfig, item: ItemConfig, game: GameConfig) -> Iterator[str]:
    kind = each.distribution
    if kind and kind not in READ:
        yield f"{where}.distribution must be uniform, normal or list, got {kind!r}"
        return
    for name in ("low", "high", "mean", "sd", "one_of"):
        if getattr(each, name) not in (None, []) and name not in READ.get(kind, ()):
            yield f"{where}.{name} is not read by {where}.distribution={kind or repr('')}"
    if not kind:
        return
    if kind == "list":
        bounds = (min(each.one_of), max(each.one_of)) if each.one_of else None
        if bounds is None:
            yield f"{where}.one_of must hold a number, got none"
    else:
        openings = {"low": item.buyer_opening, "high": item.seller_opening}
        for name, opening in openings.items():
            if getattr(each, name) is None and (opening is None or where.endswith("deadline")):
                yield f"{where}.{name} must be set with {where}.distribution={kind}"
                return
        bounds = _range(each, item)
    if bounds and bounds[0] > bounds[1]:
        yield f"{where}.low {bounds[0]:g} is above {where}.high {bounds[1]:g}; it must not be"
    elif bounds and where.endswith("deadline") and not 1 <= round(bounds[0]) <= round(bounds[1]) <= game.max_exchanges:
        yield f"{where} must be from 1 to game.max_exchanges {game.max_exchanges}, got {bounds[0]:g} to {bounds[1]:g}"
    elif bounds and bounds[0] < 0:
        yield f"{where} must not be below 0, got {bounds[0]:g}"
