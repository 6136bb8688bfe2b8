"""The files that a config names: their texts become part of it, once, so that a run is its config and nothing else.

A changed file is a changed config; a recorded config is played with the texts that were read when it was begun,
whatever the files hold by now and whether they are still there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml
from omegaconf import DictConfig

from bargain.errors import ConfigError
from bargain.fu2023.prompts import read_prompt
from bargain.records import PLAYERS, Item


def read_files(cfg: DictConfig) -> None:
    """Puts the texts of 2023 prompt files and of pools of feedback into the config, where they do not stand yet.

    Of a catalogue, which may be large, the config holds the hash: a run with one needs the file as long as it plays.

    Raises ConfigError for a file that cannot be read or holds something else.
    """
    for role in ("seller", "buyer", "critic", "moderator"):
        _read_prompt(cfg, role)
    if cfg.scenario.path and cfg.scenario.sha256 is None:
        path = Path(cfg.scenario.path).resolve()
        try:
            cfg.scenario.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ConfigError(f"scenario.path: cannot read {path}: {error.strerror}") from error
        cfg.scenario.path = str(path)
    for feedback in (cfg.feedback, *cfg.game.arms.values()):
        if feedback.pool and not feedback.suggestions:
            feedback.suggestions = read_pool(Path(feedback.pool))


def _read_prompt(cfg: DictConfig, role: str) -> None:
    prompt = cfg.prompt[role]
    if prompt.version != "file":
        if prompt.path is not None or prompt.feedback_path is not None:
            raise ConfigError(f"prompt.{role}.path is only read by prompt/{role}=file, not by {prompt.version!r}")
        return
    if prompt.path is None:
        raise ConfigError(f"prompt/{role}=file needs prompt.{role}.path=.../{role}.txt")
    if prompt.sha256 is not None:
        return
    item = Item(**{str(key): value for key, value in cfg.item.items()})
    files = [Path(each) for each in (prompt.path, prompt.feedback_path) if each]
    try:
        texts = read_prompt(role, files[0], item, files[1] if len(files) > 1 else None)
        prompt.sha256 = hashlib.sha256(b"\0".join(each.read_bytes() for each in files)).hexdigest()
    except (OSError, ValueError) as error:
        raise ConfigError(f"prompt/{role}: {error}") from error
    prompt.system, prompt.few_shot = texts.system, texts.few_shot
    prompt.texts = {**prompt.texts, **texts.texts}


def read_pool(path: Path) -> dict[str, list[str]]:
    """The suggestions of a pool by player. Raises ConfigError, one line, for a file that holds none."""
    try:
        pool = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"feedback.pool: cannot read {path}: {error}") from error
    if not isinstance(pool, dict) or not all(
        isinstance(pool.get(role), list) and pool[role] and all(isinstance(text, str) for text in pool[role])
        for role in PLAYERS
    ):
        raise ConfigError(f"feedback.pool: {path} must hold a list of texts under seller and one under buyer")
    return {role: list(pool[role]) for role in PLAYERS}
