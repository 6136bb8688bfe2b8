"""What a config file may say: it may come from a stranger, the command line is yours.

A file chooses and sets what is played. It cannot say what code is run beside bargain's (`allow_targets`, anything of
Hydra's but a sweep's parameters), read the environment (`oc.env`) or hold a secret: all of that is refused when the
file is read, before Hydra composes, configures or writes anything. This room knows Hydra's sources and resolvers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.core_plugins import file_config_source
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.identity import key_of
from bargain.errors import ConfigError
from bargain.rundir.bombs import refuse_bombs
from bargain.secrets import found, looks_secret

_named: set[str] = set()
"""Files of Hydra's own groups that the command line has named (hydra/launcher/mine), which are therefore trusted."""


def config_dir() -> Path:
    """Absolute path of conf/: the packaged one, or the checkout's when bargain is not installed."""
    package = Path(__file__).parents[1]
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / "config.yaml").is_file():
            return candidate.resolve()
    raise ConfigError(f"no conf/ beside {package}: reinstall bargain")


def guard() -> None:
    """From now on every config file that Hydra reads is checked. Repeatable."""
    Plugins.instance()  # registers Hydra's own sources, which does not replace one that is there
    SourcesRegistry.instance().types["file"] = FileConfigSource
    OmegaConf.register_new_resolver("oc.env", _environment, replace=True)


class FileConfigSource(file_config_source.FileConfigSource):
    """Hydra's source of files, with a check of each."""

    def load_config(self, config_path: str) -> ConfigResult:
        """The file's content. Raises ConfigError, one line that names the file, for what no file may say."""
        file = Path(os.path.realpath(Path(self.path) / self._normalize_file_name(config_path)))
        try:
            if file.is_file():
                refuse_bombs(file.read_bytes(), str(file))
            result = super().load_config(config_path)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(f"{file}: {_yaml_problem(error)}") from None
        content = OmegaConf.to_container(result.config, resolve=False)
        for problem in _problems(config_path.removesuffix(".yaml"), content, result.header, config_dir()):
            raise ConfigError(f"{file}: {problem}")
        return result


def load_yaml(file: Path) -> DictConfig:
    """A config that was written down (.hydra/config.yaml). Raises ConfigError for a file that is none."""
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: {_yaml_problem(error)}") from None
    return read_yaml(text, str(file))


def read_yaml(text: bytes | str, where: str) -> DictConfig:
    """A config that was written down, as `where` says. Raises ConfigError for a text that is none."""
    data = text.encode() if isinstance(text, str) else text
    try:
        refuse_bombs(data, where)
        loaded = OmegaConf.create(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OmegaConfBaseException) as error:
        raise ConfigError(f"{where}: {_yaml_problem(error)}") from None
    if not isinstance(loaded, DictConfig):
        raise ConfigError(f"{where}: it holds no config")
    return loaded


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f" in line {mark.line + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or getattr(error, "strerror", None) or type(error).__name__
    return f"it cannot be read: {what}{line}"


def _problems(name: str, content: Any, header: Mapping[str, str | None], ours: Path) -> Iterator[str]:
    where = found(content)
    if where is not None:
        yield literal_secret(where)
    group, _, choice = name.rpartition("/")
    own = name == "config" or (ours / f"{name}.yaml").is_file()
    if name in _named or (own and (group == "hydra/launcher" or name == "config")):
        return
    if group.split("/")[0] == "hydra" or _root_of(header.get("package") or "") in ("hydra", "allow_targets"):
        yield f"a file may not configure Hydra; if you trust it, name it on the command line ({group}={choice})"
    if not isinstance(content, dict):
        return
    if content.get("allow_targets"):
        allowed = ",".join(map(str, _as_list(content["allow_targets"])))
        yield f"a file may not allow targets; if you trust it, say so on the command line: allow_targets=[{allowed}]"
    yield from _hydra_problems(content.get("hydra"))
    launchers = {path.stem for path in (ours / "hydra" / "launcher").glob("*.yaml")} | {"basic"}
    for each in _as_list(content.get("defaults")):
        for key, value in each.items() if isinstance(each, dict) else [(str(each), None)]:
            target = re.sub(r"^(override|optional)\s+", "", str(key)).lstrip("/")
            if target == "hydra/launcher" and value in launchers:
                continue
            places = [_root_of(part) for part in re.split("[@:]", target)[1:]]
            if target.startswith("hydra") or not {"hydra", "allow_targets"}.isdisjoint(places):
                yield f"a file may not choose {target}; if you trust it, say so on the command line"


def _root_of(package: str) -> str:
    """The top-level key that a package leads to: hydra for hydra.callbacks.x and for _global_.hydra.callbacks.x."""
    return next((part for part in package.split(".") if part and part != "_global_"), "")


def _hydra_problems(hydra: Any) -> Iterator[str]:
    """Of Hydra's own settings a file may only have the parameters of a sweep, and only over what is played."""
    params: Any = None
    if hydra is not None:
        rest = dict(hydra) if isinstance(hydra, dict) else {"": hydra}
        sweeper = rest.pop("sweeper", None) or {}
        rest.pop("mode", None)
        params = sweeper.pop("params", None) if isinstance(sweeper, dict) else None
        others = [*(f"hydra.{key}" for key in rest), *(f"hydra.sweeper.{key}" for key in sweeper)]
        if others:
            yield f"a file may not set {others[0]}; if you trust it, say so on the command line"
    for key in params if isinstance(params, dict) else ():
        name = str(key).lstrip("+~")
        if name.startswith(("hydra", "allow_targets")) or "@hydra" in name:
            yield f"a file may not sweep over {name}; if you trust it, say so on the command line"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def literal_secret(where: str) -> str:
    """The refusal of a secret that stands in a config, by its place."""
    instead = "name its environment variable instead: api_key_env, base_url_env or headers_env={header: VARIABLE}"
    return f"{where} holds a secret, and a config is written down; {instead}"


def trust(arguments: Sequence[str]) -> None:
    """Takes the command line for the user's own word. Raises ConfigError for a secret in it, without repeating it."""
    for each in arguments:
        key, _, value = each.partition("=")
        name = key.lstrip("+~")
        if re.fullmatch(r"hydra/[\w/]+", name):
            _named.update(f"{name}/{choice}" for choice in value.split(","))
        if looks_secret(key):
            raise ConfigError(literal_secret("the command line"))
        where = name if looks_secret(value) else None
        if value.lstrip().startswith(("{", "[")):
            where = where or _found_inside(each)
        elif value not in ("null", "''", '""'):
            where = where or found({name: value})
        if where:
            raise ConfigError(literal_secret(where))


def _found_inside(override: str) -> str | None:
    try:
        parsed = OverridesParser.create().parse_override(override)
        return found({parsed.key_or_group: parsed.value()})
    except (HydraException, ValueError, AttributeError):
        return None  # Hydra will say what is wrong with it


def allows_targets(overrides: Iterable[str]) -> bool:
    """Whether these overrides themselves say which targets are allowed."""
    return any(key_of(each).split(".")[0] == "allow_targets" for each in overrides)


def _environment(name: str, default: Any = None, *, _parent_: Any = None) -> Any:
    """`oc.env` in a config that is played is refused: it would be written down. Hydra's own settings may read it."""
    path = _parent_._get_full_key(None) if _parent_ is not None else ""
    value = os.environ.get(name, default)
    secret = found({name: value}) or looks_secret(str(value)) or re.search(r"(?i)key|token|secret|pass", name)
    if path.split(".")[0] != "hydra" or secret:
        raise ConfigError(
            f"{path or 'the config'} reads the environment variable {name}, and a config is written down; write its "
            "value, or for an engine name the variable: api_key_env, base_url_env, headers_env"
        )
    return value


def task_overrides(config: DictConfig) -> list[str]:
    """The overrides of a composed config as they were written: a reference in one of them is not followed."""
    return as_written(config.hydra.overrides.task)


def as_written(overrides: Any) -> list[str]:
    """A list of overrides of a config or of a file, its references not followed."""
    plain = OmegaConf.to_container(overrides, resolve=False) if OmegaConf.is_list(overrides) else None
    return [str(each) for each in plain] if isinstance(plain, list) else []
