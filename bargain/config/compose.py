"""Composes and checks the whole config: whatever is wrong is one line that says what, where and what would be right.

    cfg = compose(["game=criticize_seller", "n_games=200"])     # a DictConfig, typed by schema.Config
    check(cfg)                                                  # raises ConfigError

It knows Hydra's compose and the schema; it starts nothing and asks nobody.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.files import config_dir, guard, literal_secret, trust
from bargain.config.schema import Config, EngineConfig
from bargain.config.targets import target_problem
from bargain.config.tracking import type_tracking
from bargain.errors import ConfigError as ConfigError
from bargain.fu2023.prompts import read_prompt
from bargain.records import PLAYERS, Item
from bargain.secrets import found

MAX_ROUNDS = 50
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal or a page may act upon; newlines and tabs are fine."""


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """The composed config for these overrides, as on the command line, checked. Raises ConfigError.

    Works in a notebook and inside a running Hydra job alike.
    """
    register_with_hydra()
    trust(overrides)
    if GlobalHydra.instance().is_initialized():
        return checked(hydra_compose("config", list(overrides)))
    try:
        with initialize_config_dir(str(config_dir()), version_base="1.3", job_name="bargain"):
            return checked(hydra_compose("config", list(overrides)))
    except ConfigError:
        raise
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(one_line(error, overrides)) from error


def checked(cfg: DictConfig) -> DictConfig:
    """The config merged into its schema, with the seats that follow others filled in, and checked."""
    typed = typed_config(cfg)
    follow(typed)
    check(typed)
    try:
        type_tracking(typed)
    except OmegaConfBaseException as error:
        raise ConfigError(one_line(error)) from error
    return typed


def typed_config(cfg: DictConfig) -> DictConfig:
    """The config as the schema types it, without Hydra's own node. Raises ConfigError naming the wrong key."""
    try:
        plain = OmegaConf.to_container(cfg, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(one_line(error)) from error
    assert isinstance(plain, dict)
    plain.pop("hydra", None)
    for path, text in _texts(plain, ""):
        if _UNSEEN.search(text):
            raise ConfigError(f"{path} holds control characters or direction overrides, which no config needs")
    secret = found(plain)
    if secret is not None:
        raise ConfigError(literal_secret(secret))
    for path, name, known in _unknown_keys(plain, Config, ""):
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {path}{near[0]}?" if near else f"it has {', '.join(known)}"
        raise ConfigError(f"{path}{name}: no such key; {hint}")
    try:
        merged = OmegaConf.merge(OmegaConf.structured(Config), plain)
    except OmegaConfBaseException as error:
        raise ConfigError(one_line(error)) from error
    assert isinstance(merged, DictConfig)
    return merged


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string in plain data, keys included, with its place."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield path or "the config", str(key)
        yield from _texts(each, f"{path}.{key}" if path else str(key))
    if isinstance(value, str):
        yield path, value


def follow(cfg: DictConfig) -> None:
    """Fills the seats that were not named: the critic follows its learner's engine, the moderator the rival's.

    With two learners each has its critic on its own engine, so `critic.engine` stays empty; without one, nobody
    criticises and the moderator follows the buyer.
    """
    _read_prompt_files(cfg)
    learners = list(cfg.game.learners)
    if cfg.moderator.engine is None:
        rival = "seller" if learners == ["buyer"] else "buyer"
        cfg.moderator.engine = cfg[rival].engine
    if cfg.critic.engine is None and len(learners) == 1:
        cfg.critic.engine = cfg[learners[0]].engine


def _read_prompt_files(cfg: DictConfig) -> None:
    """Puts the texts of 2023 prompt files into the config, so that a changed file is a changed config."""
    for role in ("seller", "buyer", "critic", "moderator"):
        prompt = cfg.prompt[role]
        if prompt.version != "file":
            if prompt.path is not None or prompt.feedback_path is not None:
                raise ConfigError(f"prompt.{role}.path is only read by prompt/{role}=file, not by {prompt.version!r}")
            continue
        if prompt.path is None:
            raise ConfigError(f"prompt/{role}=file needs prompt.{role}.path=.../{role}.txt")
        item = Item(**{str(key): value for key, value in cfg.item.items()})
        feedback = Path(prompt.feedback_path) if prompt.feedback_path else None
        try:
            texts = read_prompt(role, Path(prompt.path), item, feedback)
        except ValueError as error:
            raise ConfigError(f"prompt/{role}: {error}") from error
        prompt.system, prompt.few_shot = texts.system, texts.few_shot
        prompt.texts = {**prompt.texts, **texts.texts}


def check(cfg: DictConfig) -> None:
    """Raises ConfigError for a combination that makes no sense. Types and names have been checked before."""
    for problem in _problems(cfg):
        raise ConfigError(problem)


def _problems(cfg: DictConfig) -> Iterator[str]:
    game, item, moderator = cfg.game, cfg.item, cfg.moderator
    if cfg.n_games < 1:
        yield f"n_games must be at least 1, got {cfg.n_games}"
    if not 1 <= game.n_rounds <= MAX_ROUNDS:
        yield f"game.n_rounds must be 1 to {MAX_ROUNDS}, got {game.n_rounds}"
    if game.max_exchanges < 1:
        yield f"game.max_exchanges must be at least 1, got {game.max_exchanges}"
    yield from _choices(cfg)
    unknown = [who for who in game.learners if who not in PLAYERS]
    if unknown or len(set(game.learners)) != len(game.learners):
        yield f"game.learners must name seller, buyer or both once, got {list(game.learners)}"
    if not game.learners and not game._target_.endswith("simple.play"):
        yield f"game {game.name}: the learner is missing; set game.learners=[seller] or [buyer], or game=simple"
    if game.arms and len(game.learners) != 1:
        yield f"game {game.name}: arms need exactly one learner, got {list(game.learners)}"
    if "compare_feedback" in game._target_ and (not game.arms or game.n_rounds < 2):
        yield f"game {game.name}: needs game.arms and at least 2 rounds, got {len(game.arms)} and {game.n_rounds}"
    yield from _price_problems(item, game)
    if not re.fullmatch(r"no_number|always|turn_[1-9]\d*", moderator.start):
        yield f"moderator.start must be no_number, always or turn_K (turn_4), got {moderator.start!r}"
    if moderator.gate not in ("none", "rules"):
        yield f"moderator.gate must be none or rules, got {moderator.gate!r}"
    if moderator.window < 0 or moderator.no_deal_threshold < 0:
        yield "moderator.window and moderator.no_deal_threshold must be 0 (no limit) or more"
    if cfg.memory.name == "last_k" and cfg.memory.rounds < 1:
        yield f"memory.rounds must be at least 1 with memory=last_k, got {cfg.memory.rounds}"
    limits = cfg.limits
    for name in ("max_concurrent_games", "max_tries", "max_asks"):
        if limits[name] < 1:
            yield f"limits.{name} must be at least 1, got {limits[name]}"
    for name in ("max_cost_usd", "max_tokens"):
        if limits[name] is not None and limits[name] <= 0:
            yield f"limits.{name} must be above 0 or null, got {limits[name]}"
    for seat in ("seller", "buyer"):
        if cfg[seat].engine is None:
            yield f"{seat}.engine is missing; choose one with engine@{seat}.engine=simulated"
    for seat, engine in engines_of(cfg).items():
        yield from _engine_problems(seat, engine)
    for where, room, target in _targets(cfg):
        problem = target_problem(target, list(cfg.allow_targets), room)
        if problem:
            yield f"{where}: {problem}"


def _choices(cfg: DictConfig) -> Iterator[str]:
    for where, allowed in (
        ("scoring", ("strict", "legacy")),
        ("mode", ("live", "replay")),
        ("game.who_is_first", PLAYERS),
        ("game.seller_opens", ("fixed", "free")),
        ("game.buyer_opens", ("fixed", "free")),
        ("game.after_no_deal", ("continue", "stop")),
        ("memory.name", ("full", "last_k", "feedback_only", "none")),
        ("feedback.acknowledge", ("fixed", "ask")),
    ):
        value = OmegaConf.select(cfg, where)
        if value not in allowed:
            yield f"{where} must be {' or '.join(allowed)}, got {value!r}"


def _price_problems(item: Any, game: Any) -> Iterator[str]:
    prices = {name: item[name] for name in ("seller_opening", "buyer_opening", "cost", "valuation")}
    for name, price in prices.items():
        if price is not None and not (math.isfinite(price) and price >= 0):
            yield f"item.{name} must be a price of 0 or more, got {price}"
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
        if below is not None and above is not None and below > above:
            yield f"item.{low} {below:g} is above item.{high} {above:g}; it must not be"


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


def _engine_problems(seat: str, engine: EngineConfig) -> Iterator[str]:
    where = f"engine {engine.name or engine.model} ({seat})"
    for name in ("timeout_s", "max_concurrency"):
        if getattr(engine, name) <= 0:
            yield f"{where}: {name} must be above 0, got {getattr(engine, name)}"
    for name in ("requests_per_minute", "tokens_per_minute", "max_tokens", "context_window"):
        value = getattr(engine, name)
        if value is not None and value <= 0:
            yield f"{where}: {name} must be above 0 or null, got {value}"
    if engine.temperature is not None and not 0 <= engine.temperature <= 2:
        yield f"{where}: temperature must be 0 to 2 or null, got {engine.temperature}"
    if (engine.input_usd_per_million is None) != (engine.output_usd_per_million is None):
        yield f"{where}: set input_usd_per_million and output_usd_per_million together"


def _targets(cfg: DictConfig) -> Iterator[tuple[str, str, str]]:
    """Everything in the config that is imported, as (key, room of bargain, dotted path)."""
    for room in ("game", "moderator", "feedback", "tracking"):
        yield f"{room}._target_", room, cfg[room]._target_
    for name, arm in cfg.game.arms.items():
        yield f"game.arms.{name}._target_", "feedback", arm._target_
    for seat, engine in engines_of(cfg).items():
        yield f"{seat} engine._target_", "engine", engine._target_
        if "callable" in engine.options:
            yield f"{seat} engine.options.callable", "engine", str(engine.options["callable"]).replace(":", ".")


def _unknown_keys(data: dict[Any, Any], schema: Any, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """Every key that the schema does not have, as (path with a trailing dot, key, the known keys)."""
    known = {field.name: field for field in fields(schema)}
    for key, value in data.items():
        if key not in known:
            yield path, str(key), list(known)
            continue
        inner = _dataclass_of(str(known[key].type))
        if inner is not None and isinstance(value, dict):
            yield from _unknown_keys(value, inner, f"{path}{key}.")


def _dataclass_of(annotation: str) -> Any:
    from bargain.config import schema

    match = re.fullmatch(r"(?:Optional\[)?(\w+)\]?", annotation)
    found = getattr(schema, match.group(1), None) if match else None
    return found if is_dataclass(found) else None


def one_line(error: BaseException, overrides: Sequence[str] = ()) -> str:
    """A Hydra or OmegaConf error as one line with a suggestion."""
    text = str(error)
    causes = [str(cause) for cause in (error.__cause__, error.__context__) if cause is not None]
    told = re.search(r"ConfigError raised while resolving interpolation: (.*?)(?:\n|$)", text)
    if told:
        return told.group(1)
    missing = re.search(r"(?:Could not override '([^']+)'|Key '([^']+)' (?:is )?not in)", text)
    if missing and missing.group(1):
        path, _, name = missing.group(1).rpartition(".")
        return _no_such_key(f"{path}." if path else "", name)
    group = re.search(r"(?:Could not find|In .*: Could not load) '([^']+)'", text) or re.search(
        r"Could not override '([^']+)'\. No match", text
    )
    if group:
        return _no_such_choice(group.group(1), text)
    wrong = re.search(r"(Value '.*?' of type '.*?' could not be converted to \w+)", " ".join([text, *causes]))
    key = re.search(r"full_key: (\S+)", " ".join([text, *causes]))
    if wrong:
        return f"{key.group(1) if key else 'config'}: {wrong.group(1)[0].lower()}{wrong.group(1)[1:]}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2]) if lines else type(error).__name__


def _no_such_key(path: str, name: str) -> str:
    node: Any = Config
    for part in path.split("."):
        if part:
            field = {each.name: each for each in fields(node)}.get(part)
            node = _dataclass_of(str(field.type)) if field else None
            if node is None:
                return f"{path}{name}: not set by the preset; to add it write +{path}{name}=..."
    known = [each.name for each in fields(node)]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {path}{near[0]}?" if near else f"here are: {', '.join(known)}"
    return f"{path}{name}: no such key; {hint}"


def _no_such_choice(choice: str, text: str) -> str:
    group, _, name = choice.rpartition("/")
    folder = config_dir() / group
    known = sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []
    if not known:
        return f"{choice}: no such config group or file"
    near = difflib.get_close_matches(name, known, 3)
    return f"{group}={name}: no such choice; " + (
        f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    )


def register_with_hydra() -> None:
    """Makes the schema and the resolvers that conf/config.yaml uses known to Hydra; safe to call twice."""
    from bargain.rundir.directory import register

    register()
    guard()
    schema = OmegaConf.structured(Config)
    OmegaConf.set_struct(schema.tracking, False)  # its tracker says which keys there are
    ConfigStore.instance().store("bargain_schema", schema)
