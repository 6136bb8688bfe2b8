"""Composes the whole config: typed by the schema, its files read, its seats filled in, checked.

    cfg = compose(["game=criticize_seller", "n_games=200"])     # a DictConfig, typed by schema.Config

Whatever is wrong is a ConfigError: one line that says what, where and what would be right. It starts nothing and asks
nobody.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.arguments import one_run
from bargain.config.check import check
from bargain.config.explain import explain, unknown_keys
from bargain.config.files import config_dir, guard, literal_secret, trust
from bargain.config.follow import NOBODY, fill_settings, follow, follows, with_followers
from bargain.config.hydra_node import check_composed
from bargain.config.named import read_files
from bargain.config.ranges import number_problems
from bargain.config.schema import Config, EngineConfig
from bargain.config.shortcuts import take_shortcuts
from bargain.config.slips import SEATS
from bargain.config.targets import renamed
from bargain.config.tracking import type_tracking
from bargain.errors import ConfigError
from bargain.secrets import found
from bargain.text import UNSEEN


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """The composed config for these overrides, as on the command line, typed and checked.

        cfg = compose(["game=criticize_seller", "engine@seller.engine=gpt-4o", "n_games=50"])
        cfg.game.n_rounds                                   # 2
        play(cfg)

    Returns the whole config as an OmegaConf DictConfig; its fields are those of `bargain.config.schema.Config`. Nothing
    is played and no key is needed yet. Raises ConfigError, one line that says what is wrong, where, and what would be
    right: an unknown key or choice, a wrong type, a combination that makes no sense. Works in a notebook and inside a
    running Hydra job alike.
    """
    return checked(composed(overrides))


def composed(overrides: Sequence[str]) -> DictConfig:
    """What Hydra puts together for these overrides, not yet checked. Raises ConfigError where it cannot."""
    register_with_hydra()
    trust(overrides)
    overrides = one_run([*_searched, *overrides])
    try:
        if GlobalHydra.instance().is_initialized():
            return hydra_compose("config", with_followers(overrides))
        with initialize_config_dir(str(config_dir()), version_base="1.3", job_name="bargain"):
            return hydra_compose("config", with_followers(overrides))
    except ConfigError:
        raise
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error, overrides)) from error


_searched: list[str] = []
"""The search path of the command that is at work: what it composes has it as well."""


@contextlib.contextmanager
def searching(overrides: Sequence[str]) -> Iterator[None]:
    """Meanwhile everything is composed with the search path that these overrides name."""
    _searched[:] = [each for each in overrides if each.startswith("hydra.searchpath=")]
    try:
        yield
    finally:
        _searched.clear()


def checked(cfg: DictConfig) -> DictConfig:
    """The config merged into its schema, with the seats that follow others filled in, and checked."""
    typed = typed_config(cfg)
    read_files(typed)
    follow(typed)
    check(typed)
    try:
        type_tracking(typed)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    _checked_last.appendleft((typed, _content(cfg), _content(typed)))
    return typed


_checked_last: deque[tuple[DictConfig, str, str]] = deque(maxlen=2)
"""What `checked` made last, and what it and its source hold: one command asks for the same again and again, and the two
cells of a branch take turns."""


def checked_before(cfg: DictConfig) -> DictConfig:
    """As `checked`, for who will not change it: the same object as the last time, where the config holds the same."""
    content = _content(cfg)
    for last, *known in _checked_last:
        if content in known and _content(last) == known[1]:
            return last
    return checked(cfg)


def _content(cfg: DictConfig) -> str:
    plain = OmegaConf.to_container(cfg, enum_to_str=True)
    assert isinstance(plain, dict)
    return repr({key: value for key, value in plain.items() if key != "hydra"})


def typed_config(cfg: DictConfig) -> DictConfig:
    """The config as the schema types it, without Hydra's own node. Raises ConfigError naming the wrong key."""
    try:
        plain = OmegaConf.to_container(cfg, resolve=True, enum_to_str=True)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    assert isinstance(plain, dict)
    plain.pop("hydra", None)
    renamed(plain)
    fill_settings(plain)
    for path, text in _texts(plain, ""):
        if UNSEEN.search(text):
            raise ConfigError(f"{path} holds control characters or direction overrides, which no config needs")
    secret = found(plain)
    if secret is not None:
        raise ConfigError(literal_secret(secret))
    for path, name, known in unknown_keys(plain, Config, ""):
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {path}{near[0]}?" if near else f"it has {', '.join(known)}"
        raise ConfigError(f"{path}{name}: no such key; {hint}")
    for problem in number_problems(plain):  # before booleans become 1, and NaN "could not be converted"
        raise ConfigError(problem)
    try:
        players = {seat: plain[seat] for seat in SEATS if isinstance(plain.get(seat), dict)}
        seated = [seat for seat, player in players.items() if isinstance(player.get("engine"), dict)]
        base, defaults = _base(pickle.dumps(plain.get("prompt")), *seated)
        merged = OmegaConf.unsafe_merge(pickle.loads(base), _beside(plain, defaults))  # noqa: S301 - our own
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    assert isinstance(merged, DictConfig)
    return merged


@functools.lru_cache(maxsize=64)
def _base(prompt: bytes, *seated: str) -> tuple[bytes, dict[str, Any]]:
    """The schema as a config, with these prompts (pickled) and with an engine at these seats, which are four
    fifths of what a config says beside it: made once and pickled (read again it is a new one, in a tenth of the time of
    a copy), and what it holds."""
    base = OmegaConf.structured(Config)
    for seat in seated:
        base[seat].engine = EngineConfig()
    said = pickle.loads(prompt)  # noqa: S301 - our own
    if isinstance(said, dict):
        base = OmegaConf.unsafe_merge(base, {"prompt": _beside(said, plain_of(base.prompt))})
    return pickle.dumps(base), plain_of(base)


def _beside(said: dict[Any, Any], defaults: dict[Any, Any]) -> dict[Any, Any]:
    """What a config says otherwise than its defaults: all that merging it into them has to do."""
    found: dict[Any, Any] = {}
    for key, value in said.items():
        default = defaults.get(key, _beside)  # a function is nobody's value
        if isinstance(value, dict) and isinstance(default, dict):
            value = _beside(value, default)
            if not value:
                continue
        elif type(value) is type(default) and value == default and not (value and isinstance(value, list)):
            continue
        found[key] = value
    return found


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string in plain data, keys included, with its place."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield path or "the config", str(key)
        yield from _texts(each, f"{path}.{key}" if path else str(key))
    if isinstance(value, str):
        yield path, value


def plain_of(cfg: DictConfig) -> dict[str, Any]:
    """A config as plain data; a choice is its name."""
    plain = OmegaConf.to_container(cfg, enum_to_str=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def register_with_hydra() -> None:
    """Makes the schema known to Hydra, and has every file that it reads checked; safe to call twice."""
    guard()
    check_composed()
    take_shortcuts()
    ConfigStore.instance().repo["hydra"]["sweeper"].pop("optuna.yaml", None)  # the plugin's: conf/hydra/ has ours
    if "bargain_schema.yaml" not in ConfigStore.instance().repo:
        schema = OmegaConf.structured(Config)
        OmegaConf.set_struct(schema.tracking, False)  # its tracker says which keys there are
        ConfigStore.instance().store("bargain_schema", schema, provider="bargain")
        ConfigStore.instance().store("follows", follows(), group="engine", provider="bargain")
        ConfigStore.instance().store("none", {"_target_": NOBODY}, group="engine", provider="bargain")
