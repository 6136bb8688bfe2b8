"""Which engine sits at each seat, and which seats follow others where the config names none.

The critic follows its learner's engine, the moderator the learner's rival.
"""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.config.identity import followed
from bargain.config.schema import EngineConfig
from bargain.records import PLAYERS


def follow(cfg: DictConfig) -> None:
    """Fills the seats that were not named: the critic follows its learner's engine, the moderator the rival's.

    With two learners each has its critic on its own engine, so `critic.engine` stays empty; without one, nobody
    criticises and the moderator follows the buyer.
    """
    for seat in ("moderator", "critic"):
        players = followed(seat, list(cfg.game.learners))
        if cfg[seat].engine is None and len(players) == 1:
            cfg[seat].engine = cfg[players[0]].engine


def engines_of(cfg: DictConfig) -> dict[str, Any]:
    """The engine config of every seat that has one: seller, buyer, moderator, seller_critic, buyer_critic.

    With feedback=human_live, in the run or in an arm, the person has a seat as well: seller_coach, buyer_coach.
    """
    seats: dict[str, Any] = {role: cfg[role].engine for role in PLAYERS}
    seats["moderator"] = cfg.moderator.engine
    for learner in cfg.game.learners:
        seats[f"{learner}_critic"] = cfg.critic.engine or cfg[learner].engine
        if any(each._target_.endswith(".HumanLive") for each in (cfg.feedback, *cfg.game.arms.values())):
            seats[f"{learner}_coach"] = OmegaConf.structured(
                EngineConfig("bargain.engines.human.HumanEngine", "human", "human", max_concurrency=1)
            )
    return {seat: engine for seat, engine in seats.items() if engine is not None}
