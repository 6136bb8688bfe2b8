"""What several columns of a run have in common: its files as they were read, its seats and who follows whom.

`directories.py` reads the files, `columns.py` makes the columns of what is here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from bargain.config.identity import decided_by_seed, decides_alone, followed
from bargain.records import PLAYERS
from bargain.rundir.directory import read_state
from bargain.rundir.sweep import sweep_of

from ..text import joined
from .round_facts import NAN, SEATS


def shown(path: Path) -> str:
    """A path as the frames show it: relative to the working directory where it lies under it."""
    whole = Path(os.path.abspath(path))
    here = Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def positive(value: Any) -> int:
    """A count as a config has it; 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0


@dataclass(frozen=True)
class RunFacts:
    """One run: `summary` is its summary.json, `config` its choices by dotted names, `games` what was counted over them.

    Whatever is missing or damaged is an empty mapping.
    """

    path: Path
    state: str
    problem: str
    summary: dict[str, Any]
    config: dict[str, Any]
    games: dict[str, Any]

    @property
    def name(self) -> str:
        """The directory as the frames name it."""
        return shown(self.path)

    @cached_property
    def sweep(self) -> str:
        """The sweep's directory; "" for a single run."""
        above = sweep_of(self.path)
        return shown(above) if above else ""

    @property
    def cell(self) -> int:
        """The number of the cell in its sweep, as cell.json or the directory's name says; -1 for a single run."""
        if not self.sweep:
            return -1
        number = read_state(self.path, "cell.json").get("number")
        if isinstance(number, int):
            return number
        return int(self.path.name) if self.path.name.isdigit() else -1

    @property
    def simulated(self) -> bool:
        """As the summary says; without one as the games do; without any as the config's engines are called."""
        recorded = self.summary.get("simulated", self.games["simulated"])
        if recorded is None:
            return any(decided_by_seed(self.config.get(f"{seat}.engine._target_")) for seat in SEATS)
        return bool(recorded)

    @property
    def simulated_seats(self) -> str:
        """Which seats embedded negotiators have, as the summary says, else as the config's engines are called."""
        if not self.simulated:
            return ""
        recorded = self.summary.get("simulated_seats")
        if isinstance(recorded, list):
            seats = {str(seat).removeprefix("seller_").removeprefix("buyer_") for seat in recorded}
        else:
            targets = {seat: str(self.config.get(f"{seat}.engine._target_", "")) for seat in SEATS}
            seats = {seat for seat, target in targets.items() if decided_by_seed(target)}
        return ", ".join(seat for seat in SEATS if seat in seats and self.engine(seat))

    @property
    def planned(self) -> int:
        """Games that the config asks for; 0 if nothing says it."""
        return positive(self.config.get("n_games")) or positive(self.summary.get("n_games"))

    def number(self, key: str) -> float:
        """A number of the summary, NaN where it has none."""
        return _number(self.summary.get(key))

    def cost_of(self, seat: str) -> float:
        """What a seat cost in USD, NaN if unknown; the two critics of a game are one seat, so are its two probes; who
        words a player has the player's."""
        by_seat = self.summary.get("cost_usd_by_seat")
        costs = [
            cost
            for name, cost in (by_seat.items() if isinstance(by_seat, dict) else ())
            if (str(name).removesuffix("_words") == seat or (seat in ("critic", "probe") and str(name).endswith(seat)))
            and _is_number(cost)
        ]
        return sum(costs, 0.0) if costs else NAN

    @cached_property
    def learners(self) -> list[str]:
        """The players who are coached."""
        return [name for name in str(self.config.get("game.learners") or "").split(", ") if name in PLAYERS]

    @property
    def rival_engine(self) -> str:
        """The engine of the one player who is not coached; "" where both or none are."""
        rivals = [player for player in PLAYERS if player not in self.learners]
        return self.engine(rivals[0]) if len(rivals) == 1 else ""

    def engine(self, seat: str) -> str:
        """The name of a seat's engine: its own, or that of the player it follows; "" for a seat that nobody has."""
        if (seat == "critic" and not self.learners) or (seat == "moderator" and not self._asks_a_moderator):
            return ""
        own = self.config.get(f"{seat}.engine.name") or self.config.get(f"{seat}.engine.model")
        people = [player for player in PLAYERS if self.config.get(f"{player}.engine.name") == "human"]
        return str(own or self.engines(followed(seat, self.learners, people)))

    @property
    def _asks_a_moderator(self) -> bool:
        targets = [self.config.get(f"{group}._target_") for group in ("moderator", "channel", "protocol")]
        return bool(targets[0]) and not decides_alone(*targets)

    def engines(self, players: Iterable[str]) -> str:
        """The engines of these players, joined by + if they differ."""
        return "+".join(dict.fromkeys(self.engine(player) for player in players))


def who_is_simulated(runs: pd.DataFrame) -> str:
    """Where embedded negotiators play, in words: "" (nowhere), seller and critic, buyer in 3 of 6 runs, everybody."""
    played = runs["simulated"].astype(bool)
    if not played.any():
        return ""
    seats = runs["simulated_seats"].map(lambda text: set(text.split(", ")) - {""})
    engines = runs[[name for seat in SEATS if (name := f"{seat}_engine") in runs]].to_dict("records")
    taken = [{seat for seat in SEATS if row.get(f"{seat}_engine")} for row in engines]
    if played.all() and all(mine >= there for mine, there in zip(seats, taken, strict=True)):
        return "everybody"
    told = []
    for seat in SEATS:
        count = sum(seat in mine for mine in seats)
        there = sum(seat in some for some in taken)
        if count:
            told.append(seat if count == there else f"{seat} in {count} of {len(runs)} runs")
    unknown = int((played & ~seats.map(bool)).sum())
    told += [f"somebody in {unknown} of {len(runs)} runs"] if unknown else []
    return joined(told)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _number(value: Any) -> float:
    return float(value) if _is_number(value) else NAN
