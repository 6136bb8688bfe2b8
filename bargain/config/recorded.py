"""The config that a run directory was begun with, as this version reads it; and where a new run lies.

A run is found again by its identity: the same command goes on with the newest unfinished run of exactly its config.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bargain.config.compose import checked, plain_of
from bargain.config.files import load_yaml, read_yaml
from bargain.config.identity import changes, identity
from bargain.errors import ConfigError
from bargain.rundir.directory import Mark, choose, newest_first, read_state
from bargain.rundir.record import Record, holds_games, read_record
from bargain.text import on_screen
from bargain.version import __version__

NEAR = 3
"""Differences up to which an unfinished run may be the one that was meant."""


def recorded_config(directory: Path) -> DictConfig:
    """The config of a run as it was played: its journal's, before the first reply that of .hydra/.

    Raises ConfigError for a directory without one.
    """
    record = read_record(directory)
    config = directory / ".hydra" / "config.yaml"
    if record is not None and record.config:
        played = read_yaml(record.config, f"{directory}/journal.sqlite")
        if not record.state:  # 0.1 wrote limits that were changed on resume into .hydra/ alone
            with contextlib.suppress(ConfigError):
                played.limits = load_yaml(config).get("limits") or played.limits
        return played
    if record is None and not config.is_file():
        raise ConfigError(f"resume: {directory} holds no run (no journal.sqlite); name a run or sweep directory")
    return load_yaml(config)


def recorded_identity(record: Record) -> str:
    """The identity of a run as this version counts it, whatever version wrote it; "" where it cannot be told."""
    if record.texts.get("bargain") == __version__ and record.texts.get("identity"):
        return record.texts["identity"]
    try:
        return identity(plain_of(checked(recorded_config(record.directory))))
    except ConfigError:
        return ""


def state_of(record: Record) -> str:
    """How a run stands: what its journal says, for one of 0.1 what its summary says."""
    return record.state or str(read_state(record.directory).get("state", ""))


def has_failed_games(directory: Path) -> bool:
    """Whether a run's summary counts games that ended in an error."""
    games = read_state(directory).get("games")
    return isinstance(games, dict) and bool(games.get("error"))


def is_finished(record: Record, wanted: str, *, retry_failed: bool) -> bool:
    """Whether exactly the run of this identity is finished there, its games and its summary at hand.

    retry_failed: with failed games it is not.
    """
    if recorded_identity(record) != wanted or state_of(record) != "finished":
        return False
    summary = read_state(record.directory)
    sound = summary.get("state") == "finished" and summary.get("identity") and holds_games(record.directory)
    return bool(sound) and not (retry_failed and has_failed_games(record.directory))


def choose_run(root: Path, cfg: DictConfig) -> Path:
    """The directory for a checked config: the newest unfinished run of exactly it, or a new one; see `resume`.

    retry_failed: a finished run with failed games counts as unfinished. Says on the terminal, before anything is bought
    again, which finished run is the same and which unfinished one nearly is.
    """
    plain = plain_of(cfg)
    wanted = identity(plain)
    twin: list[Path] = []

    def goes_on(path: Path) -> bool:
        record = read_record(path)
        if record is None:  # killed before its journal was there
            state = read_state(path)
            return state.get("identity") == wanted and state.get("state") == "running" and not holds_games(path)
        if recorded_identity(record) != wanted:
            return False
        unfinished = state_of(record) != "finished" or (cfg.retry_failed and has_failed_games(path))
        if not unfinished:
            twin.append(path)
        return unfinished

    chosen = choose(root, cfg.game.name, cfg.resume, Mark(wanted), goes_on)
    if cfg.resume != "never" and read_record(chosen) is None:
        _tell_of_others(root, plain, twin)
    return chosen


def _tell_of_others(root: Path, plain: dict[str, Any], twins: list[Path]) -> None:
    if twins:
        cost = read_state(twins[0]).get("cost_usd")
        paid = f", which cost ${cost:,.2f}" if isinstance(cost, int | float) and cost else ""
        twin = on_screen(str(twins[0]))
        print(f"the same was played in {twin}{paid}; it is played again (bargain resume={twin} shows it)")
        return
    for path in newest_first(root):
        record = read_record(path)
        if record is None or not record.config or state_of(record) == "finished":
            continue
        try:
            differing = changes(plain_of(checked(recorded_config(path))), plain)
        except ConfigError:
            continue
        if 0 < len(differing) <= NEAR:
            near = on_screen(str(path))
            print(
                f"a new run; {near} is unfinished and nearly the same ({on_screen('; '.join(differing))}): "
                f"bargain resume={near} goes on with it"
            )
        return
