"""What every scenario owes: for each game its item and its deadline, and what one player may be told of the other.

A scenario is a class, constructed as `Target(config: ScenarioConfig, item: Item, seed: int)`, and one YAML in
conf/scenario/. It draws from the seed and the game's number alone, so that cells of a sweep with one seed play the same
games, and it knows no player, no prompt and no round.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from bargain.config.schema import GameConfig, ItemConfig, ScenarioConfig
from bargain.records import Item, Player


@dataclass(frozen=True, slots=True)
class Case:
    """One game's item, with what is private to either side, and its last exchange (None: the run's)."""

    item: Item
    deadline: int | None = None


class Scenario(ABC):
    """Says what each game is played for."""

    @staticmethod
    def problem(config: ScenarioConfig, item: ItemConfig, game: GameConfig, n_games: int) -> str:
        """Why this cannot be played, "" if it can."""
        return ""

    @abstractmethod
    def of(self, game: int) -> Case | None:
        """What a game is played for; None where that is the same for all games, the item of the config."""

    def range_of(self, player: Player) -> tuple[float, float] | None:
        """Between which prices the player's limit lies in all games, None where nothing says it."""
        return None
