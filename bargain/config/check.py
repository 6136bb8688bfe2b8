"""Whether a config can be played: combinations that make no sense are told in one line, before the first call.

Types and names have been checked before (`compose.typed_config`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.config.asked import critic_asked
from bargain.config.follow import PERSON, engines_of, setting
from bargain.config.identity import TARGETS_SINCE
from bargain.config.ranges import bill_problems, number_problems
from bargain.config.schema import Outcome
from bargain.config.second_issue import second_issue_problems
from bargain.config.targets import locate, target_problem
from bargain.errors import ConfigError
from bargain.records import PLAYERS, rival_of


def check(cfg: DictConfig) -> None:
    """Raises ConfigError for a combination that makes no sense. Types and names have been checked before."""
    for problem in _problems(cfg):
        raise ConfigError(problem)


def _problems(cfg: DictConfig) -> Iterator[str]:
    game, item, moderator = cfg.game, cfg.item, cfg.moderator
    yield from number_problems(OmegaConf.to_container(cfg))
    unknown = [who for who in game.learners if who not in PLAYERS]
    if unknown or len(set(game.learners)) != len(game.learners):
        yield f"game.learners must name seller, buyer or both once, got {list(game.learners)}"
    yield from _price_problems(item, game, drawn=cfg.scenario._target_ != TARGETS_SINCE["scenario"])
    if not re.fullmatch(r"no_offer|always|no_number|turn_[1-9]\d*", moderator.start):
        yield f"moderator.start must be no_number, always or no_offer, or turn_K (turn_4), got {moderator.start!r}"
    if cfg.memory.name == "last_k" and cfg.memory.rounds < 1:
        yield f"memory.rounds must be at least 1 with memory=last_k, got {cfg.memory.rounds}"
    attack = cfg.adversary
    if attack.name != "none" and not attack.says.get(attack.by):
        yield f"adversary.says.{attack.by} is missing: the sentence that the {attack.by} says in the attack"
    if attack.turn < 1:
        yield f"adversary.turn must be at least 1, got {attack.turn}"
    if attack.fee is not None and not 0 < attack.fee < 1:
        yield f"adversary.fee must be a share of the price between 0 and 1, got {attack.fee:g}"
    yield from second_issue_problems(cfg)
    for seat in ("seller", "buyer"):
        if cfg[seat].engine is None:
            yield f"{seat}.engine is missing; choose one with engine@{seat}.engine=simulated"
    primary = [str(each) for each in cfg.analysis.primary]
    if not primary or len(set(primary)) < len(primary):
        yield f"analysis.primary must be a list of {', '.join(Outcome)}, each at most once, got {primary}"
    limits = cfg.limits
    capped = not (limits.max_cost_usd is limits.max_tokens is limits.sweep_max_cost_usd is None)
    for seat, engine in engines_of(cfg).items():
        if (engine.input_usd_per_million is None) != (engine.output_usd_per_million is None):
            where = f"engine {engine.name or engine.model} ({seat})"
            yield f"{where}: set input_usd_per_million and output_usd_per_million together"
        where = setting(seat)
        plain: Any = OmegaConf.to_container(engine) if OmegaConf.is_config(engine) else asdict(engine)
        yield from bill_problems(plain, where, capped=capped)
    for where, room, target in _targets(cfg):
        problem = target_problem(target, list(cfg.allow_targets), room)
        if problem:
            yield f"{where}: {problem}"
    yield from _probe_problems(cfg)
    yield from _wording_problems(cfg)
    yield from _own_problems(cfg)
    yield from _feedback_problems(cfg)


def _probe_problems(cfg: DictConfig) -> Iterator[str]:
    probe = cfg.probe
    if probe.name == "none":
        return
    if cfg.second_issue.name != "none":
        yield f"probe={probe.name}: with a second issue no one price is a limit; choose second_issue=none or probe=none"
    who, after = list(probe.who), probe.after
    if not who or len(set(who)) < len(who) or not set(who) <= set(PLAYERS):
        yield f"probe.who must name seller, buyer or both once, got {who}"
    turns = list(after) if OmegaConf.is_list(after) else []
    if after != "every" and not (turns and all(type(turn) is int and turn >= 1 for turn in turns)):
        yield f"probe.after must be every or a list of turns from 1, [2,4], got {turns or after!r}"
    for name in (*who, "again"):
        if not probe.texts.get(name):
            yield f"probe.texts.{name} is missing: {'the question' if name in PLAYERS else 'what asks once more'}"
    for role in who:
        engine = cfg[role].engine
        if not getattr(locate(engine._target_, list(cfg.allow_targets)), "believes", True):
            instead = "none" if len(who) == 1 else f"{probe.name} probe.who=[{rival_of(role)}]"
            yield (
                f"probe={probe.name}: the {role}'s engine {engine.name or engine.model} is a script, a function or a "
                f"person, and has no belief to be asked for; choose probe={instead}"
            )
    if cfg.scenario._target_ == TARGETS_SINCE["scenario"] and None in (cfg.item.seller_opening, cfg.item.buyer_opening):
        yield "probe.within is a share of the way between item.seller_opening and item.buyer_opening; set both"


def _own_problems(cfg: DictConfig) -> Iterator[str]:
    """What the game type and the round protocol themselves say against the config."""
    allowed = list(cfg.allow_targets)
    game_type = sys.modules[locate(cfg.game._target_, allowed).__module__]
    for name, problem in (
        (f"game {cfg.game.name}: ", getattr(game_type, "problem", None)),
        ("", getattr(locate(cfg.protocol._target_, allowed), "problem", None)),
    ):
        said = problem(cfg.game) if problem else ""
        if said:
            yield f"{name}{said}"
    told = getattr(locate(cfg.scenario._target_, allowed), "problem", None)
    said = told(cfg.scenario, cfg.item, cfg.game, cfg.n_games) if told else ""
    if said:
        yield f"scenario {cfg.scenario.name}: {said}"


def _wording_problems(cfg: DictConfig) -> Iterator[str]:
    """Only what is decided without a model can be worded, and only by a model."""
    for role in PLAYERS:
        engine, words = cfg[role].engine, cfg[role].worded_by
        if words is None:
            continue
        if not locate(engine._target_, list(cfg.allow_targets)).free:
            yield (
                f"{role}.worded_by: {engine.name} finds its own words; leave it out, or choose a player without a "
                f"model (engine@{role}.engine=opponent-boulware)"
            )
        if words._target_ == PERSON or locate(words._target_, list(cfg.allow_targets)).free:
            yield f"{role}.worded_by: {words.name} words nothing for others; choose a model (gpt-4o)"


def _feedback_problems(cfg: DictConfig) -> Iterator[str]:
    sources = {"feedback": cfg.feedback, **{f"game.arms.{name}": arm for name, arm in cfg.game.arms.items()}}
    critics: dict[str, str] = {}
    for where, source in sources.items():
        if source.engine is None:
            continue
        if not critic_asked(cfg, source):
            yield f"{where}.engine: feedback {source.name} asks no critic; leave it out"
        if source.name in critics:
            yield f"{where}.name: {critics[source.name]} has a critic of that name too; give this one another name"
        critics[source.name] = where


def _price_problems(item: Any, game: Any, *, drawn: bool) -> Iterator[str]:
    """drawn: cost and valuation are the scenario's affair."""
    prices = {name: item[name] for name in ("seller_opening", "buyer_opening", "cost", "valuation")}
    for role in PLAYERS:
        if game[f"{role}_opens"] == "fixed" and prices[f"{role}_opening"] is None:
            yield f"item.{role}_opening is not set, and the {role} opens with it; set it or game.{role}_opens=free"
    for low, high in (
        ("buyer_opening", "seller_opening"),
        ("cost", "seller_opening"),
        ("buyer_opening", "valuation"),
        ("cost", "valuation"),
    ):
        below, above = prices[low], prices[high]
        if drawn and (low, high) != ("buyer_opening", "seller_opening"):
            continue
        if below is not None and above is not None and below > above:
            yield f"item.{low} {below:g} is above item.{high} {above:g}; it must not be"


def _targets(cfg: DictConfig) -> Iterator[tuple[str, str, str]]:
    """Everything in the config that is imported, as (key, room of bargain, dotted path)."""
    for room in ("game", "protocol", "channel", "scenario", "moderator", "feedback", "tracking"):
        yield f"{room}._target_", room, cfg[room]._target_
    for name, arm in cfg.game.arms.items():
        yield f"game.arms.{name}._target_", "feedback", arm._target_
    for seat, engine in engines_of(cfg).items():
        yield f"{seat} engine._target_", "engine", engine._target_
        if "callable" in engine.options:
            yield f"{seat} engine.options.callable", "engine", str(engine.options["callable"]).replace(":", ".")
