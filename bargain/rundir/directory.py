"""Run directories: where a run lies, whether it is finished, and which one the same command goes on with.

`hydra.run.dir` and `hydra.sweep.dir` are resolved here. The newest run of exactly this config under outputs/ is taken
again when it is unfinished; otherwise a new directory is made. Whether a run is finished stands in its summary.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.errors import ConfigError
from bargain.text import to_json

FREE_TO_CHANGE = ("limits", "tracking", "resume", "mode", "retry_failed", "estimate")
"""Top-level keys that may differ on resume: they do not decide what is played."""
PACE = ("max_concurrency", "requests_per_minute", "tokens_per_minute", "timeout_s")
"""Of an engine's settings those that say how fast it is asked: they may differ as well."""


def may_change(key: str) -> bool:
    """Whether a dotted key of the config may differ on resume: limits, tracking, seller.engine.requests_per_minute."""
    parts = key.split(".")
    return parts[0] in FREE_TO_CHANGE or (parts[-2:-1] == ["engine"] and parts[-1] in PACE)


def identity(config: dict[str, Any]) -> str:
    """A short hash of what decides the games: the composed config without what may change."""
    return hashlib.sha256(json.dumps(_deciding(config), sort_keys=True).encode()).hexdigest()[:16]


def _deciding(config: dict[str, Any], path: str = "") -> dict[str, Any]:
    return {
        name: _deciding(value, f"{path}{name}.") if isinstance(value, dict) else value
        for name, value in config.items()
        if not may_change(f"{path}{name}")
    }


def read_state(directory: Path, name: str = "summary.json") -> dict[str, Any]:
    """What the directory's summary (or sweep) file says, {} when there is none or it is half written."""
    try:
        data = json.loads((directory / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Writes the file whole or not at all: a reader never sees half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(to_json(data, indent=2) + "\n", encoding="utf-8")
    os.replace(part, path)


def has_failed_games(state: dict[str, Any]) -> bool:
    """Whether a summary counts games that ended in an error."""
    games = state.get("games")
    return isinstance(games, dict) and bool(games.get("error"))


def find_unfinished(root: Path, wanted: str, name: str = "summary.json", *, retry_failed: bool = False) -> Path | None:
    """The newest directory with this identity under root, if it is unfinished; None when finished or unknown.

    retry_failed: a finished run with failed games counts as unfinished.
    """
    for path in sorted(root.glob(f"*/*/{name}"), key=lambda each: each.parent.as_posix(), reverse=True):
        state = read_state(path.parent, name)
        if state.get("identity") == wanted:
            unfinished = state.get("state") != "finished" or (retry_failed and has_failed_games(state))
            return path.parent if unfinished else None
    return None


def new_directory(root: Path, label: str) -> Path:
    """A path root/date/time-label that nobody has; the directory is made, so that two runs never share one.

    Of the label only what is sure in a file name is kept: a game's name comes from a config.
    """
    label = re.sub(r"[^A-Za-z0-9_-]+", "-", label)[:60].strip("-") or "run"
    stamp = time.strftime("%Y-%m-%d/%H-%M-%S")
    for number in range(1, 1000):
        path = root / f"{stamp}-{label}{'' if number == 1 else f'-{number}'}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path.resolve()
    raise OSError(f"no free directory name under {root / stamp}")


def choose(
    root: Path, wanted: str, label: str, resume: str, name: str = "summary.json", *, retry_failed: bool = False
) -> Path:
    """The directory to play in: the unfinished one of this identity unless resume is `never`, else a new one."""
    found = None if resume == "never" else find_unfinished(root, wanted, name, retry_failed=retry_failed)
    return found.resolve() if found else new_directory(root, label)


def sweep_identity(overrides: Iterable[str]) -> str:
    """The identity of a sweep: its overrides, without those that may change on resume."""
    kept = sorted(each for each in overrides if not may_change(each.lstrip("+~").split("=")[0]))
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


_CHOSEN: dict[tuple[str, str], str] = {}
"""Directories that this process has chosen, by what they are for: Hydra resolves a path several times."""


def _run_dir(base: str, now: str, *, _root_: DictConfig, _parent_: DictConfig) -> str:
    from bargain.config.compose import checked

    _only_for_hydra(_parent_)
    if ("run", now) not in _CHOSEN:
        config = OmegaConf.masked_copy(_root_, [str(key) for key in _root_ if key != "hydra"])
        typed = checked(config)
        plain: dict[str, Any] = OmegaConf.to_container(typed)  # type: ignore[assignment]
        _CHOSEN["run", now] = str(
            choose(Path(base), identity(plain), typed.game.name, typed.resume, retry_failed=typed.retry_failed)
        )
    return _CHOSEN["run", now]


def task_overrides(config: DictConfig) -> list[str]:
    """The overrides of a composed config as they were written: a reference in one of them is not followed."""
    return as_written(config.hydra.overrides.task)


def as_written(overrides: Any) -> list[str]:
    """A list of overrides of a config or of a file, its references not followed."""
    plain = OmegaConf.to_container(overrides, resolve=False) if OmegaConf.is_list(overrides) else None
    return [str(each) for each in plain] if isinstance(plain, list) else []


def _only_for_hydra(parent: DictConfig) -> None:
    """These resolvers make directories, so no other key of a config may call them."""
    key = str(parent._get_full_key(None))
    if key not in ("hydra.run", "hydra.sweep"):
        raise ConfigError(f"{key or 'the config'}: only hydra.run.dir and hydra.sweep.dir may choose a directory")


def _sweep_dir(base: str, now: str, *, _root_: DictConfig, _parent_: DictConfig) -> str:
    _only_for_hydra(_parent_)
    overrides = task_overrides(_root_)
    if ("sweep", now) not in _CHOSEN:
        resume = "never" if "resume=never" in overrides else "auto"
        _CHOSEN["sweep", now] = str(choose(Path(base), sweep_identity(overrides), "sweep", resume, "sweep.json"))
    return _CHOSEN["sweep", now]


def register() -> None:
    """Registers the two resolvers with OmegaConf; safe to call twice.

    Their second argument is Hydra's `now`, which is the same for all resolutions of one command.
    """
    resolvers: dict[str, Callable[..., str]] = {"bargain_run_dir": _run_dir, "bargain_sweep_dir": _sweep_dir}
    for name, resolver in resolvers.items():
        if not OmegaConf.has_resolver(name):
            OmegaConf.register_new_resolver(name, resolver)
