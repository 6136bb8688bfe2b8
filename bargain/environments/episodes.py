"""One seat of a game handed to a function: what a trainer plays, against what any config puts in the other seat.

    with Episodes(["scenario=drawn", "engine@buyer.engine=opponent-boulware"], seat="seller") as episodes:
        episode = await episodes.play(7, say)          # game 7 of that config and its seed
        episode.rewards                                # one surplus per round, 0 without a deal

`say` gets the messages that an engine would get, and returns the words. What the other seats say is as in a run of the
same config: embedded negotiators and known opponents draw by seed and game, so a game is the same for equal words;
models are asked through the caller, with its retries, rates and limits, and every call is recorded in a journal of this
process (in a temporary directory, gone at the end). It knows no trainer.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Self

from bargain.config.compose import compose
from bargain.engines.base import Scene
from bargain.errors import ConfigError
from bargain.records import PLAYERS, Game, Message, Place, Player, Reply, Usage, limit_of, surplus_of
from bargain.runs.build import build_engines, build_game, build_seats, calling, open_journal
from bargain.runs.runner import play_game

Say = Callable[[Place, tuple[Message, ...]], Awaitable[str]]
"""The words of the trained seat for the messages before it. It may raise errors.GaveUp, which ends the round."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One finished game. rewards: the seat's surplus of each round, in the item's currency.

    A round that the seat itself spoiled (no usable words) has the reward of no deal, 0. error: "" unless another seat
    failed, say a server that was away: such an episode says nothing of the model.
    """

    game: Game
    rewards: tuple[float, ...]
    error: str


class Episodes:
    """The games of one config, each as often as it is wanted and many at once, on one event loop."""

    def __init__(self, overrides: Sequence[str] = (), seat: Literal["seller", "buyer"] = "seller") -> None:
        """overrides: as on the command line; where they name no game, one round is played, and no moderator, the rules.

        Raises ConfigError for what cannot be played, or has no reward.
        """
        if seat not in PLAYERS:
            raise ConfigError(f"seat must be seller or buyer, got {seat!r}")
        if taken := next((each for each in overrides if each.startswith((f"engine@{seat}.", f"{seat}.engine"))), None):
            raise ConfigError(f"{taken}: the {seat} is the model that is trained; set seat, or leave this out")
        self.seat: Player = seat
        named = {each.partition("=")[0] for each in overrides}
        game = [] if "game" in named else ["game=simple", "game.n_rounds=1"]
        judge = [] if "moderator" in named else ["moderator=rules"]
        self.cfg = compose([*game, *judge, *overrides, f"engine@{seat}.engine=simulated"])
        if self.cfg.game.arms:
            raise ConfigError(
                f"game={self.cfg.game.name} plays arms side by side; an episode is one game: choose another"
            )
        self._seats = build_seats(self.cfg)
        self._game = build_game(self.cfg)
        if self._limit(0) is None:
            private = "cost" if seat == "seller" else "valuation"
            raise ConfigError(
                f"the reward is the {seat}'s surplus, and its reservation price is not set: set item.{private}=..., "
                "or choose item=bicycle or scenario=drawn"
            )
        self._engines = {role: engine for role, engine in build_engines(self.cfg).items() if role != seat}
        self._numbers = count()
        self._open = contextlib.ExitStack()
        journal = None
        if not all(engine.free for engine in self._engines.values()):
            folder = self._open.enter_context(TemporaryDirectory(prefix="bargain-episodes-"))
            journal = self._open.enter_context(open_journal(Path(folder), {}, "live"))
        self._caller = self._open.enter_context(calling(journal, self._engines, self.cfg))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many games the config has."""
        return int(self.cfg.n_games)

    async def play(self, game: int, say: Say) -> Episode:
        """Plays game number `game` of the config with `say` in the seat."""
        number = next(self._numbers)

        async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
            if place.role == self.seat:
                return Reply(await say(place, tuple(messages)), Usage(calls=1), "trained")
            if not self._engines[place.role].free:  # the same game is played again with other words
                place = replace(place, game=number)
            return await self._caller.ask(place, messages, scene)

        played = await play_game(game, self._seats, self._game, ask, simulated=True)
        spoiled = played.error.startswith(f"{self.seat} (")
        limit, item = self._limit(game), self._seats.cast(game).item
        gains = [surplus_of(each, self.seat, limit, item) for each in played.rounds]
        rewards = tuple(math.nan if gain is None else gain for gain in gains)
        return Episode(played, rewards, "" if spoiled else played.error)

    async def close_engines(self) -> None:
        """Closes the connections of the other seats; on the loop that they were used on."""
        for engine in self._engines.values():
            await engine.close()

    def close(self) -> None:
        """Closes the journal and removes it; safe to call twice."""
        self._open.close()

    def _limit(self, game: int) -> float | None:
        cast = self._seats.cast(game)
        limit = limit_of(cast.terms or cast.item, self.seat)
        return None if limit is None or math.isnan(limit) else limit
