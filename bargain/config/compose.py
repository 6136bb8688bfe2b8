"""Composes the whole config: typed by the schema, its seats filled in, checked; and says where its run lies.

    cfg = compose(["game=criticize_seller", "n_games=200"])     # a DictConfig, typed by schema.Config

Whatever is wrong is a ConfigError: one line that says what, where and what would be right. `hydra.run.dir` and
`hydra.sweep.dir` are resolved here. It starts nothing and asks nobody.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.check import check
from bargain.config.explain import explain, unknown_keys
from bargain.config.files import config_dir, guard, literal_secret, load_yaml, task_overrides, trust
from bargain.config.follow import fill_settings, follow, follows, with_followers
from bargain.config.identity import identity, sweep_identity
from bargain.config.schema import Config
from bargain.config.targets import renamed
from bargain.config.tracking import type_tracking
from bargain.errors import ConfigError
from bargain.fu2023.prompts import read_prompt
from bargain.records import Item
from bargain.rundir.directory import choose
from bargain.secrets import found
from bargain.text import UNSEEN
from bargain.version import __version__

_CHOSEN: dict[tuple[str, str], str] = {}
"""Directories that this process has chosen, by what they are for: Hydra resolves a path several times."""


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
    register_with_hydra()
    trust(overrides)
    if GlobalHydra.instance().is_initialized():
        return checked(hydra_compose("config", with_followers(overrides)))
    try:
        with initialize_config_dir(str(config_dir()), version_base="1.3", job_name="bargain"):
            return checked(hydra_compose("config", with_followers(overrides)))
    except ConfigError:
        raise
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error, overrides)) from error


def checked(cfg: DictConfig) -> DictConfig:
    """The config merged into its schema, with the seats that follow others filled in, and checked."""
    typed = typed_config(cfg)
    _read_prompt_files(typed)
    follow(typed)
    check(typed)
    try:
        type_tracking(typed)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    return typed


def typed_config(cfg: DictConfig) -> DictConfig:
    """The config as the schema types it, without Hydra's own node. Raises ConfigError naming the wrong key."""
    try:
        plain = OmegaConf.to_container(cfg, resolve=True)
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
    try:
        merged = OmegaConf.merge(_schema(), plain)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    assert isinstance(merged, DictConfig)
    return merged


@functools.cache
def _schema() -> DictConfig:
    """The schema as a config, made once: merging leaves it as it is."""
    schema: DictConfig = OmegaConf.structured(Config)
    return schema


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string in plain data, keys included, with its place."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield path or "the config", str(key)
        yield from _texts(each, f"{path}.{key}" if path else str(key))
    if isinstance(value, str):
        yield path, value


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


def _run_dir(base: str, now: str, *, _root_: DictConfig, _parent_: DictConfig) -> str:
    _only_for_hydra(_parent_)
    if ("run", now) not in _CHOSEN:
        config = OmegaConf.masked_copy(_root_, [str(key) for key in _root_ if key != "hydra"])
        typed = checked(config)
        plain: dict[str, Any] = OmegaConf.to_container(typed)  # type: ignore[assignment]
        _CHOSEN["run", now] = str(
            choose(
                Path(base),
                identity(plain),
                typed.game.name,
                typed.resume,
                retry_failed=typed.retry_failed,
                identity_of=recorded_identity,
            )
        )
    return _CHOSEN["run", now]


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


def recorded_identity(directory: Path, state: dict[str, Any]) -> object:
    """The identity of the run in a directory, as this version counts it, whatever version wrote its summary."""
    if state.get("version") == __version__ or not state:
        return state.get("identity")
    try:
        return identity(plain_of(checked(load_yaml(directory / ".hydra" / "config.yaml"))))
    except ConfigError:
        return state.get("identity")


def plain_of(cfg: DictConfig) -> dict[str, Any]:
    """A config as plain data."""
    plain = OmegaConf.to_container(cfg)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def register_with_hydra() -> None:
    """Makes the schema and the resolvers that conf/config.yaml uses known to Hydra; safe to call twice.

    The second argument of a resolver is Hydra's `now`, which is the same for all resolutions of one command.
    """
    resolvers: dict[str, Callable[..., str]] = {"bargain_run_dir": _run_dir, "bargain_sweep_dir": _sweep_dir}
    for name, resolver in resolvers.items():
        if not OmegaConf.has_resolver(name):
            OmegaConf.register_new_resolver(name, resolver)
    guard()
    if "bargain_schema.yaml" not in ConfigStore.instance().repo:
        schema = OmegaConf.structured(Config)
        OmegaConf.set_struct(schema.tracking, False)  # its tracker says which keys there are
        ConfigStore.instance().store("bargain_schema", schema)
        ConfigStore.instance().store("follows", follows(), group="engine")
