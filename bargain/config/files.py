"""What a config file may say: it may come from a stranger, the command line is yours.

A file chooses and sets what is played. It cannot unfold into gigabytes, read the environment (`oc.env`) or hold a
secret: that is refused when the file is read, before Hydra composes, configures or writes anything. What files may say
to Hydra is hydra_node.py's. This room knows Hydra's sources and resolvers.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.core_plugins import file_config_source
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.object_type import ObjectType
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


def config_dir() -> Path:
    """Absolute path of conf/: the packaged one, or the checkout's when bargain is not installed."""
    package = Path(__file__).parents[1]
    for candidate in (package / "conf", package.parent / "conf"):
        if (candidate / "config.yaml").is_file():
            return candidate.resolve()
    raise ConfigError(f"no conf/ beside {package}: reinstall bargain")


def place_of(folder: Path, name: str) -> Path:
    """Where a group or a file lies that a config directory has under this name, whether or not it is there.

    bargain's own experiments lie beside conf/ in a checkout, and in it where bargain is installed from a wheel.
    """
    group, _, rest = name.partition("/")
    if group == "experiment" and folder == config_dir() and not (folder / group).is_dir():
        return folder.parent / "experiments" / rest
    return Path(os.path.realpath(folder / name))


def config_dirs(arguments: Iterable[str]) -> list[Path]:
    """bargain's own config directory and those that the command line adds: hydra.searchpath=['/my/conf']."""
    found = [config_dir()]
    for each in arguments:
        key, _, value = each.partition("=")
        if key.lstrip("+") == "hydra.searchpath":
            with contextlib.suppress(HydraException, ValueError):
                said: Any = OverridesParser.create().parse_override(f"searchpath={value}").value()
                paths = map(str, said if isinstance(said, list) else ())
                found += [Path(path.removeprefix("file://")) for path in paths if "pkg://" not in path]
    return found


def guard() -> None:
    """From now on every config file that Hydra reads is checked. Repeatable."""
    Plugins.instance()  # registers Hydra's own sources, which does not replace one that is there
    SourcesRegistry.instance().types["file"] = FileConfigSource
    OmegaConf.register_new_resolver("oc.env", _environment, replace=True)


_loaded: dict[tuple[str, str, str], tuple[bytes, bytes]] = {}
"""By who asks for which file, its text when it was read last and what it came to: made again in a tenth of the time."""


class FileConfigSource(file_config_source.FileConfigSource):
    """Hydra's source of files, with a check of each; it relies on no link."""

    last = ""
    """The file that was read last: what Hydra refuses without naming a file."""

    def load_config(self, config_path: str) -> ConfigResult:
        """The file's content. Raises ConfigError, one line that names the file, for what no file may say."""
        file = place_of(Path(self.path), self._normalize_file_name(config_path))
        FileConfigSource.last = str(file)
        text = file.read_bytes() if file.is_file() else b""
        place = (self.provider, self.path, str(file))
        if place in _loaded and _loaded[place][0] == text:
            loaded: ConfigResult = pickle.loads(_loaded[place][1])  # noqa: S301 - our own
            return loaded
        try:
            refuse_bombs(text, str(file))
            if file.is_file() and not text.strip():
                raise ConfigError(f"{file}: it is empty; write what it sets, one  name: value  a line")
            result = file_config_source.FileConfigSource(self.provider, str(file.parent)).load_config(file.name)
            result.path = f"file://{self.path}"
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OmegaConfBaseException) as error:
            raise ConfigError(f"{file}: {_yaml_problem(error)}") from None
        if not isinstance(result.config, DictConfig):
            raise ConfigError(f"{file}: it is a list; write what it sets, one  name: value  a line")
        where = found(OmegaConf.to_container(result.config, resolve=False))
        if where is not None:
            raise ConfigError(f"{file}: {literal_secret(where)}")
        _loaded[place] = (text, pickle.dumps(result))
        return result

    def is_group(self, config_path: str) -> bool:
        """Whether it is a directory."""
        return place_of(Path(self.path), config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Whether it is a file."""
        return place_of(Path(self.path), self._normalize_file_name(config_path)).is_file()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The names in a directory, sorted."""
        names = {path.name for path in place_of(Path(self.path), config_path).iterdir()}
        files: list[str] = []
        for name in sorted(names | ({"experiment"} if not config_path and self.is_group("experiment") else set())):
            self._list_add_result(files, os.path.join(config_path, name), name, results_filter)
        return sorted(set(files))


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
        loaded = pickle.loads(_parsed(data))  # noqa: S301 - our own
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OmegaConfBaseException) as error:
        raise ConfigError(f"{where}: {_yaml_problem(error)}") from None
    if not isinstance(loaded, DictConfig):
        raise ConfigError(f"{where}: it holds no config")
    return loaded


@functools.lru_cache(maxsize=4)
def _parsed(text: bytes) -> bytes:
    """A YAML text as a pickled config: a resume reads what its journal holds twice, and parsing takes 40 ms."""
    return pickle.dumps(OmegaConf.create(text.decode("utf-8")))


def _yaml_problem(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it cannot be read: byte {error.start} is not UTF-8; save it as UTF-8"
    mark = getattr(error, "problem_mark", None)
    line = f" in line {mark.line + 1}" if mark is not None else ""
    said = (getattr(error, name, None) for name in ("problem", "strerror", "reason"))
    what = next(filter(None, said), f"{error}".partition("\n")[0] or type(error).__name__)
    if "character '\\t'" in what:
        what += "; YAML is indented by blanks"
    return f"it cannot be read: {what}{line}"


def literal_secret(where: str) -> str:
    """The refusal of a secret that stands in a config, by its place."""
    instead = "name its environment variable instead: api_key_env, base_url_env or headers_env={header: VARIABLE}"
    return f"{where} holds a secret, and a config is written down; {instead}"


def trust(arguments: Sequence[str]) -> None:
    """Takes the command line for the user's own word. Raises ConfigError for a secret in it, without repeating it."""
    for each in arguments:
        key, _, value = each.partition("=")
        name = key.lstrip("+~")
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
