"""Who is asked in the games of a config, as the classes that it names say of themselves.

A moderator or a source of feedback that does not say is asked: an engine may then be there that is not needed, and an
estimate is too high rather than too low.
"""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig

from bargain.config.schema import FeedbackConfig
from bargain.config.targets import locate


def moderator_asked(cfg: DictConfig) -> bool:
    """Whether a moderator's engine is asked: not by rules, where the acts decide, or where the protocol needs none."""
    return (
        bool(getattr(_located(cfg, cfg.moderator), "asks", True))
        and bool(getattr(_located(cfg, cfg.protocol), "asks_moderator", True))
        and not getattr(_located(cfg, cfg.channel), "decides", False)
    )


def critic_asked(cfg: DictConfig, source: FeedbackConfig) -> bool:
    """Whether this source of feedback asks a critic."""
    return bool(getattr(_located(cfg, source), "calls_critic", True))


def another_played(cfg: DictConfig, source: FeedbackConfig) -> bool:
    """Whether this source plays another round for its feedback."""
    return bool(getattr(_located(cfg, source), "plays_another", False))


def learner_asked(cfg: DictConfig, source: FeedbackConfig) -> bool:
    """Whether this source asks the learner for its feedback."""
    return bool(getattr(_located(cfg, source), "asks_learner", False))


def _located(cfg: DictConfig, part: Any) -> Any:
    return locate(part._target_, list(cfg.allow_targets))
