"""Builds what a run needs from its config: item, prompts, engines by seat, the seats of a game, the way to make calls.

The only room that turns config into objects; everything it builds is plain and knows no config afterwards. Whatever is
wrong is a ConfigError before the first call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bargain.agents.adversary import Adversary
from bargain.agents.critic import Critic
from bargain.agents.feedback import FeedbackSource
from bargain.agents.player import Memory, Negotiator
from bargain.agents.probe import Prober
from bargain.agents.prompts import Prompt, fill
from bargain.agents.wording import Wording
from bargain.calls.caller import Caller
from bargain.channels.base import Channel, Move
from bargain.config.asked import critic_asked, moderator_asked
from bargain.config.compose import plain_of, typed_config
from bargain.config.files import read_yaml
from bargain.config.follow import engines_of, words_seat
from bargain.config.identity import GROWS, other_changes
from bargain.config.schema import FeedbackConfig, PromptConfig
from bargain.config.second_issue import second_issue_of
from bargain.config.targets import locate
from bargain.engines.base import Engine
from bargain.engines.python import TARGET as PYTHON
from bargain.engines.python import Say, given_engine
from bargain.errors import ConfigError, JournalError, RunStopped
from bargain.games.rounds.base import Moderator, RoundProtocol, RoundRules
from bargain.games.scenarios.base import Case, Scenario
from bargain.games.table import Cast, Seats, Table
from bargain.journal.journal import Journal
from bargain.journal.reader import JournalReader
from bargain.records import PLAYERS, Item, Player, Terms, limit_of, opening_of, private_to, rival_of
from bargain.text import counted, money

SHOWN = 8
"""Differences that a refusal names."""
EVERY_GAME_FAILED = "every_game_failed"
"""Of a journal's meta: why a run stopped that could come to nothing. Resumed, it makes the failed calls again."""


def build_item(cfg: DictConfig) -> Item:
    """The item of the config, with the second issue where there is one."""
    return Item(**{str(key): value for key, value in cfg.item.items()}, second=second_issue_of(cfg.second_issue))


def build_engines(cfg: DictConfig, given: Mapping[str, Say | Engine] | None = None) -> dict[str, Engine]:
    """The engine of every seat that is asked: seller, buyer, moderator, seller_critic, seller_coach ...

    given: functions and engine objects of a Python session by seat (seller, buyer, critic, moderator).
    """
    given = given or {}
    asked = set(engines_of(cfg))
    if not moderator_asked(cfg):
        asked.discard("moderator")
    if not locate(cfg.channel._target_, list(cfg.allow_targets)).talks:
        asked -= set(map(words_seat, PLAYERS))
    if not any(critic_asked(cfg, source) for source in (cfg.feedback, *cfg.game.arms.values())):
        asked -= {"seller_critic", "buyer_critic"}
    engines: dict[str, Engine] = {}
    for seat, config in engines_of(cfg).items():
        if seat in asked:
            target = locate(config._target_, list(cfg.allow_targets))
            place = "critic" if seat.endswith("_critic") else seat
            if place in given and config == cfg[place].engine:
                engines[seat] = given_engine(given[place], config, seat, cfg.seed)
                continue
            if given and config._target_ == PYTHON:
                raise ConfigError(
                    f"{place}: it would be {config.name} itself; choose one with engine@{place}.engine=..."
                )
            if cfg.mode == "replay":  # nobody is called, so nobody needs a key
                config = OmegaConf.merge(config, {"api_key_env": None, "base_url_env": None})
                config.headers_env = {}
                config.base_url = config.base_url and config.base_url.replace("YOUR-", "your-")
            engines[seat] = _refusing(f"engine {config.name or config.model} ({seat})", target, config, seat, cfg.seed)
    return engines


def build_game(cfg: DictConfig) -> Callable[[Table], Awaitable[None]]:
    """The game type's `play`."""
    game: Callable[[Table], Awaitable[None]] = locate(cfg.game._target_, list(cfg.allow_targets))
    return game


def build_protocol(cfg: DictConfig) -> type[RoundProtocol]:
    """How one round is played."""
    protocol: type[RoundProtocol] = locate(cfg.protocol._target_, list(cfg.allow_targets))
    return protocol


def build_seats(cfg: DictConfig) -> Seats:
    """Everything that is the same for all games of the run. Every prompt is filled once, so a bad one is refused."""
    return Seats(
        seed=cfg.seed,
        cast=_casting(cfg),
        protocol=build_protocol(cfg),
        n_rounds=cfg.game.n_rounds,
        learners=tuple(cfg.game.learners),
        stop_after_no_deal=cfg.game.after_no_deal == "stop",
        feedback=_feedback(cfg, cfg.feedback),
        ask_acknowledgement=cfg.feedback.acknowledge == "ask",
        arms={name: (source, cfg.game.arms[name].acknowledge == "ask") for name, source in _arms(cfg).items()},
        prober=None if cfg.probe.name == "none" else _refusing("probe.texts", Prober, cfg.probe, build_item(cfg)),
    )


def build_channel(cfg: DictConfig) -> Channel:
    """How the players may speak."""
    target, second = locate(cfg.channel._target_, list(cfg.allow_targets)), second_issue_of(cfg.second_issue)
    channel: Channel = target(dict(cfg.channel.texts), *([second] if second else []))
    return channel


def build_scenario(cfg: DictConfig) -> Scenario:
    """What each game is played for."""
    target = locate(cfg.scenario._target_, list(cfg.allow_targets))
    scenario: Scenario = _refusing("scenario", target, cfg.scenario, build_item(cfg), cfg.seed)
    return scenario


def _casting(cfg: DictConfig) -> Callable[[int], Cast]:
    """Who plays a game, by its number. The first one's prompts are filled at once, so a bad one is refused."""
    scenario = build_scenario(cfg)
    prompts = {role: build_prompt(cfg.prompt[role], role) for role in (*PLAYERS, "critic", "moderator", "words")}
    rules, protocol = _rules(cfg), build_protocol(cfg)
    parts = {role: cfg.protocol.texts.get(protocol.part(role, rules)) for role in PLAYERS}
    first = scenario.of(0)
    of_first = _cast(cfg, prompts, rules, parts, scenario, first)

    def cast(game: int) -> Cast:
        case = scenario.of(game) if first and game else None
        return _cast(cfg, prompts, rules, parts, scenario, case) if case else of_first

    return cast


def _cast(
    cfg: DictConfig,
    prompts: Mapping[str, Prompt],
    rules: RoundRules,
    parts: Mapping[Player, str | None],
    scenario: Scenario,
    case: Case | None,
) -> Cast:
    """One game's. parts: what the protocol tells each player."""
    item = build_item(cfg) if case is None else case.item
    knows = {role: seen_by(role, item, cfg) for role in PLAYERS}
    ends = rules.max_exchanges if case is None or case.deadline is None else case.deadline
    told = {
        role: [
            parts[role],
            cfg.scenario.texts.get(role) and _told(cfg, role, item, scenario, ends),
            rules.channel.texts.get("told"),
            _told_of_second(cfg, role, private_to(item, role), rules.channel),
        ]
        for role in PLAYERS
    }
    return Cast(
        item=item,
        rules=replace(rules, max_exchanges=ends),
        players=_pairs(cfg, knows, prompts, told, ends, rules.channel),
        moderator=build_moderator(cfg, prompts["moderator"], item),
        critics={
            learner: _refusing("prompt/critic", _critic, learner, prompts["critic"], knows[learner], cfg)
            for learner in PLAYERS
        },
        terms=None if case is None else _terms(cfg, case),
    )


def _terms(cfg: DictConfig, case: Case) -> Terms:
    """What the game's rounds record."""
    prices = {name: getattr(case.item, name) for name in Terms.__dataclass_fields__ if hasattr(case.item, name)}
    of_time = {name: cfg.scenario[name] for name in ("seller_discount", "buyer_discount")}
    return Terms(item=case.item.name, deadline=case.deadline, **prices, **of_time)


def seen_by(role: Player, item: Item, cfg: DictConfig) -> Item:
    """The item as far as the player knows its own limit; nobody's `private_to` yet."""
    if cfg.scenario[f"{role}_knows"] in ("none", "rival_value"):
        return replace(item, cost=None) if role == "seller" else replace(item, valuation=None)
    return item


def _told(cfg: DictConfig, role: Player, item: Item, scenario: Scenario, ends: int) -> str:
    """What a player is told of the scenario: each line only where it has something to say."""
    config, rival = cfg.scenario, rival_of(role)
    knows, discount = config[f"{role}_knows"], config[f"{role}_discount"]
    low, high = (scenario.range_of(rival) if knows == "rival_range" else None) or (None, None)
    outside = item.seller_outside if role == "seller" else item.buyer_outside
    prices = {
        "outside": outside,
        "rival_low": low,
        "rival_high": high,
        "rival_value": limit_of(item, rival) if knows in ("rival_value", "both") else None,
    }
    has_deadline = bool(config.deadline.distribution) and config.deadline_known_by in ("both", role)
    facts = {name: None if price is None else money(price, item.currency) for name, price in prices.items()} | {
        "deadline": str(ends) if has_deadline else None,
        "kept": f"{discount:.0%}" if discount < 1 else None,
    }
    text: str = _refusing("scenario.texts", fill, config.texts[role], facts, f"scenario.texts.{role}")
    return text


def _told_of_second(cfg: DictConfig, role: Player, item: Item, channel: Channel) -> str:
    """What a player is told of the second issue, as far as it may know: lines without a value are left out."""
    second, (price, option) = item.second, opening_of(item, role)
    if second is None:
        return ""
    facts: dict[str, str | None] = {
        "issue": second.name.replace("_", " "),
        "options": counted(second.unit, *second.options),
        "a_unit": counted(second.unit, 1),
        "example": channel.write(Move("..." if channel.talks else "", "offer", price or 100.0, option), item.currency),
    }
    weights = {"seller": second.seller_weight, "buyer": second.buyer_weight}
    for whose, weight in (("", weights[role]), ("rival_", weights[rival_of(role)])):
        facts[f"{whose}gain"] = money(weight, item.currency) if weight and weight > 0 else None
        facts[f"{whose}loss"] = money(-weight, item.currency) if weight and weight < 0 else None
        facts[f"{whose}nothing"] = "nothing" if weight == 0 else None
    text: str = _refusing("second_issue.texts", fill, cfg.second_issue.texts[role], facts, f"second_issue.texts.{role}")
    return text


def _rules(cfg: DictConfig) -> RoundRules:
    channel = build_channel(cfg)
    rules = RoundRules(
        channel=channel,
        max_exchanges=cfg.game.max_exchanges,
        who_is_first=cfg.game.who_is_first.value,
        free_openings=frozenset(role for role in PLAYERS if cfg.game[f"{role}_opens"] == "free"),
        moderator_start=cfg.moderator.start,
        no_deal_threshold=cfg.moderator.no_deal_threshold,
        gate=cfg.moderator.gate == "rules",
    )
    if channel.decides:  # where the acts decide there is nothing to moderate
        rules = replace(rules, moderator_start="no_offer", no_deal_threshold=0, gate=True)
    return rules


def _pairs(
    cfg: DictConfig,
    items: Mapping[Player, Item],
    prompts: Mapping[str, Prompt],
    told: Mapping[Player, list[str | None]],
    ends: int,
    channel: Channel,
) -> Callable[[], dict[Player, Negotiator]]:
    """What makes a fresh pair of players. told: what protocol, scenario and channel tell each. ends: the last one."""
    memory = Memory(
        rounds=cfg.memory.rounds if cfg.memory.name == "last_k" else 0,
        dialogues=cfg.memory.name != "feedback_only",
        nothing=cfg.memory.name == "none",
    )

    def player(role: Player) -> Negotiator:
        engine = cfg[role].engine
        expects = ends if cfg.scenario.deadline_known_by in ("both", role) else cfg.game.max_exchanges
        attack = cfg.adversary
        attacks = attack.name != "none" and attack.by == role
        script = {"sentence": attack.says.get(role), "turn": attack.turn, "fee": attack.fee} if attacks else {}
        made: Callable[..., Negotiator] = partial(Adversary, **script) if attacks else Negotiator
        words: dict[str, Any] = {}
        if cfg[role].worded_by is not None and channel.talks:
            wording = partial(Wording, persona=cfg[role].persona, max_exchanges=expects, max_asks=cfg.limits.max_asks)
            words["worded"] = _refusing("prompt/words", wording, role, prompts["words"], items[role]).over
        negotiator = made(
            role,
            prompts[role],
            items[role],
            max_exchanges=expects,
            memory=memory,
            max_asks=cfg.limits.max_asks,
            context_window=engine.context_window,
            max_reply_tokens=engine.max_tokens or 0,
            told=[text for text in (*told[role], cfg[role].persona) if text],
            exchanges_more=expects - ends,
            channel=channel,
            **words,
        )
        if cfg.game[f"{role}_opens"] == "fixed":
            negotiator.opening()
        return negotiator

    fresh = {role: _refusing(f"prompt/{role}", player, role) for role in PLAYERS}
    return lambda: {role: negotiator.fork() for role, negotiator in fresh.items()}


def build_moderator(cfg: DictConfig, prompt: Prompt, item: Item) -> Moderator:
    """The moderator of the config: constructed as `Target(name, prompt, item, window=..., max_asks=...)`."""
    target = locate(cfg.moderator._target_, list(cfg.allow_targets))
    moderator: Moderator = _refusing(
        "moderator", target, cfg.moderator.name, prompt, item, window=cfg.moderator.window, max_asks=cfg.limits.max_asks
    )
    return moderator


def build_prompt(config: PromptConfig, role: str) -> Prompt:
    """The prompt version of a role."""
    return Prompt(
        f"{role} {config.version}",
        config.system,
        tuple({str(key): str(value) for key, value in each.items()} for each in config.few_shot),
        {str(key): str(value) for key, value in config.texts.items()},
    )


def _critic(learner: Player, prompt: Prompt, item: Item, cfg: DictConfig) -> Critic:
    return Critic(learner, prompt, item, max_exchanges=cfg.game.max_exchanges, max_asks=cfg.limits.max_asks)


def _feedback(cfg: DictConfig, config: FeedbackConfig) -> FeedbackSource:
    source: FeedbackSource = _refusing(
        f"feedback {config.name}", locate(config._target_, list(cfg.allow_targets)), config
    )
    return source


def _arms(cfg: DictConfig) -> dict[str, FeedbackSource]:
    return {str(name): _feedback(cfg, config) for name, config in cfg.game.arms.items()}


def _refusing(where: str, build: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """build(...), with its ValueError told as the config's."""
    try:
        return build(*args, **kwargs)
    except ConfigError:
        raise
    except (ValueError, TypeError) as error:
        text = str(error)
        raise ConfigError(text if text.startswith(where.split()[0]) else f"{where}: {text}") from error


@contextlib.contextmanager
def open_caller(
    cfg: DictConfig,
    plain: dict[str, Any],
    directory: Path,
    engines: Mapping[str, Engine],
    cells_at_once: int,
    words: Mapping[str, str],
) -> Iterator[Caller]:
    """The way to make the calls of a run, on its directory's journal; a second process is told who holds it.

    plain: the config as plain data. words: what a new journal says of itself beside the config, by name; of an old one
    `state` and, if the run is extended, `identity` are brought up to date, and the limits of the config.
    Raises ConfigError for a journal that cannot be used or had another config, and for limits that cannot be kept.
    """
    text = OmegaConf.to_yaml(cfg)
    with open_journal(directory, {**words, "config": text}, cfg.mode) as journal:
        begun_with = journal.meta["config"]
        if begun_with != text:
            _check_config(journal, plain, directory)
        retry_failed = cfg.mode == "live" and (cfg.retry_failed or bool(journal.meta.get(EVERY_GAME_FAILED)))
        with calling(journal, engines, cfg, retry_failed=retry_failed, cells_at_once=cells_at_once) as caller:
            if cfg.mode == "live":
                going_on = text if begun_with == text else _going_on(begun_with, cfg)
                caller.note(config=going_on, state="running", identity=words["identity"], bargain=words["bargain"])
            yield caller


def _going_on(recorded: str, cfg: DictConfig) -> str:
    """The recorded config with what holds from now on: limits, more games, more rounds."""
    kept = read_yaml(recorded, "journal.sqlite")
    before = OmegaConf.to_yaml(kept)
    for key in ("limits", *GROWS):
        OmegaConf.update(kept, key, OmegaConf.select(cfg, key), merge=False)
    return recorded if OmegaConf.to_yaml(kept) == before else OmegaConf.to_yaml(kept)


@contextlib.contextmanager
def open_journal(directory: Path, meta: dict[str, str], mode: str) -> Iterator[Journal | JournalReader]:
    """The directory's journal, only to be read in a replay. Raises ConfigError for one that cannot be used."""
    try:
        replays = mode == "replay"
        journal = JournalReader(directory / "journal.sqlite") if replays else Journal.open(directory, meta)
    except JournalError as error:
        raise ConfigError(str(error)) from error
    try:
        yield journal
    finally:
        journal.close()


@contextlib.contextmanager
def calling(
    journal: Journal | JournalReader | None, engines: Mapping[str, Engine], cfg: DictConfig, **options: Any
) -> Iterator[Caller]:
    """A Caller on a journal, closed at the end; None does where every engine is free.

    Raises ConfigError for limits that cannot be kept.
    """
    try:
        caller = Caller(journal, engines, engines_of(cfg), cfg.limits, cfg.mode, **options)
    except RunStopped as error:
        raise ConfigError(str(error)) from error
    try:
        yield caller
    finally:
        caller.close()


def _check_config(journal: Journal | JournalReader, plain: dict[str, Any], directory: Path) -> None:
    """A journal belongs to the config that it was begun with, whatever .hydra/ says by now."""
    begun_with = typed_config(read_yaml(journal.meta["config"], f"{directory}/journal.sqlite"))
    changed = other_changes(plain_of(begun_with), plain)
    if changed:
        more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise ConfigError(
            f"{directory} was begun with another config: {'; '.join(changed[:SHOWN])}{more}; "
            "set that back, or play in another directory"
        )
