"""Every game is played for the item of the config, as it stands there."""

from __future__ import annotations

from dataclasses import asdict

from bargain.config.schema import GameConfig, ItemConfig, ScenarioConfig
from bargain.games.scenarios.base import Case, Scenario
from bargain.records import Item


class Fixed(Scenario):
    """The same for all games."""

    def __init__(self, config: ScenarioConfig, item: Item, seed: int) -> None:
        pass

    @staticmethod
    def problem(config: ScenarioConfig, item: ItemConfig, game: GameConfig, n_games: int) -> str:
        """It has no settings."""
        for name, unset in asdict(ScenarioConfig()).items():
            if name not in ("_target_", "name") and getattr(config, name) != unset:
                return f"scenario.{name} is only read by another scenario, such as scenario=drawn"
        return ""

    def of(self, game: int) -> Case | None:
        """None."""
        return None
