"""What a run came to: counts, deal rates, prices and changes per round, kept while games finish and told at the end.

Every finished game is in every denominator: a round that was not played counts as no deal, one that a failed call cost
as well. Where calls failed, the deal rate without those games stands beside it; a round that failed in every game has
no rate at all: a failure is not a result. Prices are means over the deals, with a 95% t interval; deal rates have a 95%
Wilson interval; the change is paired by game, over the games with a deal in both rounds. Games are not kept, only their
prices: memory does not grow with the dialogues.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bargain.agents.witness import english
from bargain.intervals import mean, t_interval, wilson
from bargain.records import PLAYERS, Belief, Game, Item, Player, Round, is_disputed, lacks_price, limit_of, surplus_of

Key = tuple[str, int]
"""(arm, round); the arm is "" before a game branches."""


@dataclass(slots=True)
class _Column:
    """Prices of one round over all games, NaN where there was no deal; `position` in the array is the game's."""

    prices: array[float] = field(default_factory=lambda: array("d"))
    legacy: array[float] = field(default_factory=lambda: array("d"))
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    verdicts: int = 0
    objections: int = 0
    disputed: int = 0
    price_unknown: int = 0
    surplus: dict[Player, array[float]] = field(default_factory=lambda: {role: array("d") for role in PLAYERS})
    """Of each player in each game that played the round, NaN where it has no limit to count from."""


@dataclass(slots=True)
class SoFar:
    """The rounds of one arm and number that are over, those of games that still play included."""

    rounds: int = 0
    deals: int = 0
    prices: float = 0.0

    @property
    def mean_price(self) -> float | None:
        """The mean over the deals; None without one."""
        return self.prices / self.deals if self.deals else None


class Words:
    """What the rules made of the players' own turns: whether they can read them at all."""

    def __init__(self) -> None:
        self.turns = self.offers = self.answers = self.english = 0

    def add(self, played: Round) -> None:
        """Counts the turns of a round, without the hard-coded openings."""
        for turn in played.turns:
            if not turn.fixed:
                self.turns += 1
                self.offers += turn.act == "offer"
                self.answers += turn.act in ("accept", "reject", "walk_away")
                self.english += english(turn.text)

    def unread(self) -> bool:
        """Whether no rule fired in any turn: nothing recognised, or numbers only, in words that are not English."""
        return self.turns > 0 and not self.answers and (not self.offers or self.english < 0.5 * self.turns)


class Tally:
    """Counts finished games. `rounds()` may be asked at any time; intervals cost a scipy import, so only at the end."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.finished = 0
        self.errors = 0
        self.columns: dict[Key, _Column] = {}
        self._failed: Counter[Key] = Counter()
        """Games by the round in which they failed; their later rounds are lost with it."""
        self.so_far: dict[Key, SoFar] = {}
        self.rounds_of_finished = 0
        self.tokens: Counter[str] = Counter()
        self.words = Words()
        self.probes: Counter[str] = Counter()
        """Of what players were asked off the record: probes, how many came to nothing, calls, tokens."""

    def saw(self, played: Round) -> None:
        """Counts a round that is over, for those who look on; its game may still play."""
        column = self.so_far.setdefault((played.arm, played.round), SoFar())
        column.rounds += 1
        column.deals += played.price is not None
        column.prices += played.price or 0.0

    def add(self, game: Game) -> None:
        """Counts one game."""
        self.rounds_of_finished += len(game.rounds)
        for played in game.rounds:
            column = self.columns.setdefault((played.arm, played.round), _Column())
            self._fill(column)
            column.prices.append(math.nan if played.price is None else played.price)
            column.legacy.append(math.nan if played.legacy_price is None else played.legacy_price)
            self._count(column, played)
            self._failed[played.arm, played.round] += played.outcome == "error"
        self.finished += 1
        self.errors += game.outcome == "error"
        for column in self.columns.values():
            self._fill(column)

    def probed(self, beliefs: Sequence[Belief]) -> None:
        """Counts what the players of a game said that they believe."""
        for belief in beliefs:
            self.probes["asked"] += 1
            self.probes["unusable"] += bool(belief.problem)
            self.probes["calls"] += belief.usage.calls
            self.probes["input"] += belief.usage.input_tokens
            self.probes["output"] += belief.usage.output_tokens

    def _fill(self, column: _Column) -> None:
        """Brings a column up to the games so far: whoever did not play the round had no deal in it."""
        for prices in (column.prices, column.legacy):
            prices.extend([math.nan] * (self.finished - len(prices)))

    def _count(self, column: _Column, played: Round) -> None:
        column.outcomes[played.outcome] += 1
        column.violations.update(each.kind for each in played.violations)
        column.verdicts += len(played.verdicts)
        column.objections += sum(bool(each.objections) for each in played.verdicts)
        column.disputed += is_disputed(played)
        column.price_unknown += lacks_price(played)
        self.words.add(played)
        for role in PLAYERS:
            gain = surplus_of(played, role, limit_of(played.terms or self.item, role), self.item)
            column.surplus[role].append(math.nan if gain is None else gain)
        for _, usage in played.usage:
            self.tokens["input"] += usage.input_tokens
            self.tokens["output"] += usage.output_tokens
            self.tokens["cached"] += usage.cached_tokens

    def rounds(self, *, intervals: bool) -> list[dict[str, Any]]:
        """One row per arm and round, in order. Without `intervals` the bounds are None."""
        return [self._row(key, column, intervals) for key, column in sorted(self.columns.items())]

    def _row(self, key: Key, column: _Column, intervals: bool) -> dict[str, Any]:
        arm, number = key
        prices = [price for price in column.prices if not math.isnan(price)]
        before = self.columns.get((arm, number - 1)) or self.columns.get(("", number - 1))
        pairs = zip(column.prices, before.prices, strict=False) if before else ()
        both = [(now, old) for now, old in pairs if not math.isnan(now - old)]
        changes = [now - old for now, old in both]
        size = max(map(max, both), default=0.0) if intervals else 0.0
        legacy = self._legacy_survivors(key)
        low, high = t_interval(prices) if intervals else (None, None)
        change_low, change_high = t_interval(changes, size=size) if intervals else (None, None)
        failed = sum(games for (arms, at), games in self._failed.items() if arms in ("", arm) and at <= number)
        whole = self.finished - failed
        rate_low, rate_high = wilson(len(prices), self.finished) if intervals and whole else (None, None)
        whole_low, whole_high = wilson(len(prices), whole) if intervals else (None, None)
        return {
            "round": number,
            "arm": arm,
            "games": self.finished,
            "failed": failed,
            "deals": len(prices),
            "deal_rate": len(prices) / self.finished if whole else None,
            "deal_rate_low": rate_low,
            "deal_rate_high": rate_high,
            "deal_rate_without_failed": len(prices) / whole if whole else None,
            "deal_rate_without_failed_low": whole_low,
            "deal_rate_without_failed_high": whole_high,
            "mean_price": mean(prices),
            "price_low": low,
            "price_high": high,
            "mean_change": mean(changes),
            "change_low": change_low,
            "change_high": change_high,
            "pairs": len(changes),
            "mean_surplus_seller": self._surplus(column, "seller") if whole else None,
            "mean_surplus_buyer": self._surplus(column, "buyer") if whole else None,
            "legacy_games": len(legacy),
            "legacy_mean_price": mean(legacy),
            "outcomes": dict(sorted(column.outcomes.items())),
            "not_played": self.finished - sum(column.outcomes.values()),
            "violations": dict(sorted(column.violations.items())),
            "verdicts": column.verdicts,
            "objections": column.objections,
            "disputed": column.disputed,
            "price_unknown": column.price_unknown,
            "deal_rate_with_disputed": (len(prices) + column.disputed) / self.finished if whole else None,
        }

    def _surplus(self, column: _Column, role: Player) -> float | None:
        """Mean over all games, no deal counted as 0; None where a game has no limit to count from."""
        total = math.fsum(column.surplus[role])
        return None if math.isnan(total) else total / self.finished

    def _legacy_survivors(self, key: Key) -> list[float]:
        """The round's 2023 prices in the games of which every round up to this one counted (2023: survivors only)."""
        arm, number = key
        chain = [self.columns.get((arm, each)) or self.columns.get(("", each)) for each in range(1, number + 1)]
        series = [column.legacy for column in chain if column is not None]
        return [row[-1] for row in zip(*series, strict=False) if not any(math.isnan(price) for price in row)]
