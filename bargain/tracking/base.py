"""The seam between a run and wherever its results are shown: the Tracker protocol, and what a run is called there.

A tracker is told; it never answers, never raises into the run and never makes it wait. It knows nothing of engines,
journals or prices: it shows what `games.jsonl` and `summary.json` say. Another place to show results is one class
like `none.NoTracker` and one YAML in conf/tracking/.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from bargain.config.identity import decides_alone, identity
from bargain.records import Game
from bargain.rundir.directory import read_state
from bargain.rundir.record import listed
from bargain.rundir.sweep import CELL, SWEEP, choices_of, sweep_of


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run is called where it is shown.

    id: stable over resumes. name: what a cell of a sweep has of its own, or who plays. group: the sweep's name, None
    outside a sweep. tags: the chosen config options (`game=simple`), and `simulated` if any engine is. command: what
    played it; commit: the working directory's. Both are "" where the journal does not say.
    """

    id: str
    name: str
    group: str | None
    tags: tuple[str, ...]
    simulated: bool
    command: str = ""
    commit: str = ""


class Tracker(Protocol):
    """Shows one run. Constructed as `target(config)`; start comes first, then finish or fail, once.

    config: the `tracking` part of the config. A tracker with options of its own declares them as a class attribute,
    `options`, a dataclass that extends TrackingConfig; names, types and values are then checked before the run starts.
    """

    def start(self, run_dir: Path, config: dict[str, Any], info: RunInfo) -> None:
        """The run begins, or goes on. config: the composed config as plain data."""
        ...

    def progress(self, metrics: dict[str, float]) -> None:
        """How far it is. `games_done` is the axis of all other values; at most every few seconds."""
        ...

    def game(self, game: Game) -> None:
        """One game has finished. Games come in their order; a tracker may leave them to games.jsonl instead."""
        ...

    def finish(self, summary: dict[str, Any], files: Sequence[Path]) -> None:
        """The run is over. summary: as in summary.json; files: what to keep with it, the games' .jsonl among them."""
        ...

    def fail(self, reason: str) -> None:
        """The run paused, was interrupted or failed; it may go on later under the same id."""
        ...


def run_info(
    run_dir: Path,
    config: dict[str, Any],
    *,
    simulated: bool,
    config_identity: str | None = None,
    tags: Sequence[str] = (),
    texts: Mapping[str, str] = MappingProxyType({}),
) -> RunInfo:
    """The RunInfo of a run directory and its composed config.

    config_identity: the config's identity when it is known (summary.json says it). tags: further ones. texts: the
    journal's, which say how the run was started.
    The id is derived from the config's identity and the last parts of the path, date and time among them.
    """
    path = run_dir.resolve()
    sweep = sweep_of(path)
    group = "/".join(sweep.parts[-2:]) if sweep else None
    place = "/".join(path.parts[-3:])
    digest = hashlib.sha256(f"{config_identity or identity(config)} {place}".encode()).hexdigest()[:12]
    options = _options(config)
    chosen = [f"{name}={value}" for name, value in options.items() if value]
    further = [str(tag) for tag in tags if str(tag)]
    seats = [options[name] for name in ("game", "engine@seller", "engine@buyer")]
    label = f"{seats[0]}: {seats[1]} sells to {seats[2]}, " if all(seats) else ""
    place_in_sweep = "/".join(path.parts[len(sweep.parts) - 1 :]) if sweep else path.name
    own, whole = listed(texts, "overrides"), listed(texts, "sweep")
    started = ["-m", *whole] if "sweep" in texts else own
    of_journal = choices_of([each for each in own if each not in whole and "sweep" in texts])
    told = [f"{key.removeprefix('engine@').replace('.engine', '')}={value}" for key, value in of_journal.items()]
    varied = (_varied(path, sweep) if sweep else "") or ", ".join(told)
    return RunInfo(
        id=digest,
        name=f"{varied}, {place_in_sweep}" if varied else f"{label}{place_in_sweep}",
        group=group,
        tags=tuple(dict.fromkeys([*chosen, *further, *(["simulated"] if simulated else [])])),
        simulated=simulated,
        command=shlex.join(["bargain", *started]) if "overrides" in texts else "",
        commit=texts.get("git", ""),
    )


def _varied(cell: Path, sweep: Path) -> str:
    """The choices that the cells of a sweep differ in, as this one has them: seller.engine gpt-4, memory none."""
    of_all = choices_of(map(str, read_state(sweep, SWEEP).get("overrides") or []))
    own = choices_of(map(str, read_state(cell, CELL).get("overrides") or []))
    return ", ".join(f"{key.rpartition('@')[2]} {value}" for key, value in own.items() if of_all.get(key) != value)


def _options(config: dict[str, Any]) -> dict[str, str]:
    """The choices that tell runs apart, by the name they have on the command line; "" where there is none."""

    def at(path: str) -> str:
        value: Any = config
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    groups = {name: at(f"{name}.name") for name in ("game", "item", "moderator", "feedback", "memory")}
    engines = {f"engine@{seat}": at(f"{seat}.engine.name") or at(f"{seat}.engine.model") for seat in _SEATS}
    engines |= {f"engine@{role}.worded_by": at(f"{role}.worded_by.name") for role in ("seller", "buyer")}
    if decides_alone(*(at(f"{group}._target_") for group in ("moderator", "channel", "protocol"))):
        del engines["engine@moderator"]  # nobody is asked
    prompts = {f"prompt/{role}": at(f"prompt.{role}.version") for role in _SEATS}
    return {**groups, **engines, **prompts, "scoring": at("scoring")}


_SEATS = ("seller", "buyer", "critic", "moderator")
