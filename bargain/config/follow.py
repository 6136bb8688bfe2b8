"""Which engine sits at each seat, and which seats follow others where the config names none.

The critic follows its learner's engine, the moderator the learner's rival. Settings of one's own go on top:
critic.engine.max_tokens=400 is the learner's engine with another limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.config.asked import moderator_asked
from bargain.config.identity import followed
from bargain.config.schema import EngineConfig, FeedbackConfig
from bargain.errors import ConfigError
from bargain.records import PLAYERS, Player, probe_seat


def follow(cfg: DictConfig) -> None:
    """Fills the seats that were not named: the critic follows its learner's engine, the moderator the rival's.

    With two learners each has its critic on its own engine, so `critic.engine` stays empty (settings of the critic's
    own can be made where both learners have the same engine); without one, nobody criticises and the moderator follows
    the buyer.
    """
    people = [role for role in PLAYERS if cfg[role].engine is not None and cfg[role].engine._target_ in _ONE_SEAT]
    for seat in ("moderator", "critic"):
        players = followed(seat, list(cfg.game.learners), people)
        if cfg[seat].engine is None and len(people) == 2 and seat == "moderator" and moderator_asked(cfg):
            raise ConfigError(
                f"moderator: both players are {_told(people, cfg)}, and neither should judge their talk; choose "
                "moderator=rules or an engine (engine@moderator.engine=gpt-4o)"
            )
        if cfg[seat].engine is None and len(players) == 1:
            cfg[seat].engine = cfg[players[0]].engine


def _told(players: list[Player], cfg: DictConfig) -> str:
    targets = {cfg[role].engine._target_ for role in players}
    return "people" if targets == {PERSON} else "functions" if PERSON not in targets else "a person and a function"


PERSON = "bargain.engines.human.HumanEngine"
_ONE_SEAT = (PERSON, "bargain.engines.python.PythonEngine")
"""A person, or a function of a Python session: whom no seat follows while there is another player to follow."""
_FOLLOWS = "the engine that is followed"
NOBODY = "nobody"
"""The target of the choice `none`, which is a value that a sweep can name: there null is none."""
_UNSAID = {"str": _FOLLOWS, "float": math.nan, "int": -1}
"""What stands, by its type, where a seat that follows has no setting of its own: null is one."""
_DEFAULTS = asdict(EngineConfig())


def fill_settings(plain: dict[Any, Any]) -> None:
    """Puts settings that were made at a seat which names no engine on top of the engine that it follows.

    Raises ConfigError where there is not one to follow.
    """
    for role in PLAYERS:
        for place in ("engine", "worded_by"):
            if ((plain.get(role) or {}).get(place) or {}).get("_target_") == NOBODY:
                plain[role][place] = None
    game = plain.get("game") or {}
    engines: dict[str, Any] = {role: (plain.get(role) or {}).get("engine") for role in PLAYERS}
    people = [
        role for role, engine in engines.items() if isinstance(engine, dict) and engine.get("_target_") in _ONE_SEAT
    ]
    for seat in ("moderator", "critic"):
        engine = (plain.get(seat) or {}).get("engine")
        own = _settings(engine) if isinstance(engine, dict) else None
        if own is None:
            continue
        players = followed(seat, list(game.get("learners") or []), people)
        alike = len(players) > 0 and all(engines[each] == engines[players[0]] for each in players)
        followed_engine = engines[players[0]] if alike else None
        if own and not isinstance(followed_engine, dict):
            raise ConfigError(
                f"{seat}.engine.{next(iter(own))}: no engine is chosen there, and there is not one to follow; "
                f"name it with engine@{seat}.engine=..."
            )
        plain[seat]["engine"] = _on_top(followed_engine, own) if own and isinstance(followed_engine, dict) else None


def _settings(engine: dict[str, Any]) -> dict[str, Any] | None:
    """The settings that were made without choosing an engine; None where one is chosen."""
    if engine.get("_target_") == _FOLLOWS:
        unsaid = follows()
        return {key: value for key, value in engine.items() if value != unsaid.get(key) and value == value}
    if engine.get("_target_", _DEFAULTS["_target_"]) == _DEFAULTS["_target_"] and not (
        engine.get("name") or engine.get("model")
    ):
        return {key: value for key, value in engine.items() if value != _DEFAULTS.get(key)}
    return None


def _on_top(engine: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A copy of the engine with these settings; of a mapping those that are named."""
    together = {
        key: engine[key] | value if isinstance(value, dict) and engine.get(key) else value for key, value in own.items()
    }
    return engine | together


def follows() -> dict[str, Any]:
    """An engine of which nothing is said yet: what the command line's settings of a seat that follows are put into."""
    types = {each.name: re.sub(r"Optional\[(\w+)\]", r"\1", str(each.type)) for each in fields(EngineConfig)}
    return {name: _UNSAID.get(kind, {}) for name, kind in types.items()} | {"name": "", "model": ""}


def with_followers(overrides: Sequence[str]) -> list[str]:
    """The command line's words, with an engine to hold them where settings are made at a seat that names none."""
    words = list(overrides)
    for seat in ("critic", "moderator"):
        settings = [each for each in words if each.lstrip("+").startswith(f"{seat}.engine.")]
        if settings and not any(each.lstrip("+").startswith(f"engine@{seat}.engine=") for each in words):
            words.insert(words.index(settings[0]), f"engine@{seat}.engine=follows")
    return words


def critic_seat(learner: str, source: FeedbackConfig) -> str:
    """The seat of the critic that this source of feedback asks: its own, where the source names an engine."""
    return f"{learner}_critic" if source.engine is None else f"{learner}_{source.name}_critic"


def words_seat(role: str) -> str:
    """The seat of the model that words what this player decides."""
    return f"{role}_words"


def setting(seat: str) -> str:
    """The config path of a seat's engine: seller.engine, seller.worded_by; both critics share critic.engine."""
    if seat.endswith("_words"):
        return f"{seat.removesuffix('_words')}.worded_by"
    return f"{'critic' if seat.endswith('_critic') else seat}.engine"


def engines_of(cfg: DictConfig) -> dict[str, Any]:
    """The engine config of every seat that has one: seller, buyer, moderator, seller_critic, buyer_critic.

    With feedback=human_live, in the run or in an arm, the person has a seat as well: seller_coach, buyer_coach; so
    has the critic of a feedback that names an engine: seller_NAME_critic; who words what a player decides:
    seller_words. A player that is probed has a second one, on its own engine: seller_probe.
    """
    seats: dict[str, Any] = {role: cfg[role].engine for role in PLAYERS}
    seats["moderator"] = cfg.moderator.engine
    seats |= {words_seat(role): cfg[role].worded_by for role in PLAYERS}
    sources = (cfg.feedback, *cfg.game.arms.values())
    for learner in cfg.game.learners:
        seats[f"{learner}_critic"] = cfg.critic.engine or cfg[learner].engine
        seats |= {critic_seat(learner, each): each.engine for each in sources if each.engine is not None}
        if any(each._target_.endswith(".HumanLive") for each in sources):
            seats[f"{learner}_coach"] = OmegaConf.structured(EngineConfig(PERSON, "human", "human", max_concurrency=1))
    if cfg.probe.name != "none":
        seats |= {probe_seat(role): cfg[role].engine for role in cfg.probe.who}
    return {seat: engine for seat, engine in seats.items() if engine is not None}
