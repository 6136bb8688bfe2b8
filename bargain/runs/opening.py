"""Opens the way to make a run's calls: its journal, and that journal's word that the config is still the one it had.

It knows journals and configs, and nothing of games.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.calls.caller import Caller
from bargain.config.compose import engines_of, typed_config
from bargain.config.files import read_yaml
from bargain.config.identity import changes
from bargain.engines.base import Engine
from bargain.errors import ConfigError, JournalError, RunStopped
from bargain.journal.journal import Journal
from bargain.journal.reader import JournalReader
from bargain.version import __version__

SHOWN = 8
"""Differences that a refusal names."""


@contextlib.contextmanager
def open_caller(
    cfg: DictConfig, plain: dict[str, Any], directory: Path, engines: Mapping[str, Engine], cells_at_once: int
) -> Iterator[Caller]:
    """The way to make calls, on the directory's journal; a second process is told who holds it.

    plain: the config as plain data. Raises ConfigError for a journal that cannot be used or had another config, and for
    limits that cannot be kept.
    """
    try:
        text = OmegaConf.to_yaml(cfg)
        if cfg.mode == "replay":
            journal: Journal | JournalReader = JournalReader(directory / "journal.sqlite")
        else:
            journal = Journal.open(directory, {"config": text, "bargain": __version__})
    except JournalError as error:
        raise ConfigError(str(error)) from error
    try:
        if journal.meta["config"] != text:
            _check_config(journal, plain, directory)
        retry_failed = cfg.retry_failed and cfg.mode == "live"
        caller = Caller(
            journal,
            engines,
            engines_of(cfg),
            cfg.limits,
            cfg.mode,
            retry_failed=retry_failed,
            cells_at_once=cells_at_once,
        )
    except (RunStopped, ConfigError) as error:
        journal.close()
        raise ConfigError(str(error)) from error
    try:
        yield caller
    finally:
        caller.close()


def _check_config(journal: Journal | JournalReader, plain: dict[str, Any], directory: Path) -> None:
    """A journal belongs to the config that it was begun with, whatever .hydra/ says by now."""
    begun_with = typed_config(read_yaml(journal.meta["config"], f"{directory}/journal.sqlite"))
    recorded: dict[str, Any] = OmegaConf.to_container(begun_with)  # type: ignore[assignment]
    changed = changes(recorded, plain)
    if changed:
        more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise ConfigError(
            f"{directory} was begun with another config: {'; '.join(changed[:SHOWN])}{more}; "
            "set that back, or play in another directory"
        )
