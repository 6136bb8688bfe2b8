"""What may stand under `hydra` in a composed config, and who may say so: a list, checked before Hydra makes anything.

Hydra makes callbacks, a launcher, a sweeper and log handlers from what stands there. Files may say what bargain's own
config says, one of its launchers, `hydra.mode` and a sweep's parameters. The rest is the command line's to say.
Checked is what all files together come to, whatever header, package or defaults list brought it there, before the
command line's values are set.
"""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra._internal import hydra as hydra_application
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.explain import no_such_choice, not_left_out
from bargain.config.files import FileConfigSource, config_dir, load_yaml, place_of
from bargain.errors import ConfigError
from bargain.text import one_line

_GROUPS = ("output", "help", "hydra_help", "env", "hydra_logging", "job_logging")
_CHOICES = {
    "hydra/config",
    *(f"hydra/{group}/default" for group in _GROUPS),
    "hydra/job_logging/none",
    "hydra/sweeper/basic",
    "hydra/launcher/basic",
    "hydra/launcher/submitit_slurm",
}
"""Files of Hydra and of its plugins that any file may choose, beside those of conf/hydra/."""
_NOBODYS = re.compile(r"hydra|allow_targets")
"""What the parameters of a sweep in a file may not reach: in a cell they count as the command line's."""


def check_composed() -> None:
    """From now on everything that Hydra composes is checked. Repeatable."""
    hydra_application.ConfigLoaderImpl = CheckedLoader  # type: ignore[attr-defined]


_expected: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
"""By the files that are bargain's and Hydra's, what they come to: they do not change while a process lives."""
_Head = tuple[tuple[Any, ...], ...]
_KEPT_AT_MOST = 200
"""So many of `_merged` are kept, 40 KB each."""
_seen: set[_Head] = set()
"""How lists of files began that were composed, as far as they are bargain's and Hydra's: with one, with two, and on."""
_merged: dict[_Head, bytes] = {}
"""What those come to that two lists began with, pickled: the cells of a sweep differ in a file or two of thirty."""


class CheckedLoader(ConfigLoaderImpl):
    """Hydra's loader. Raises ConfigError, one line, for what a file has no business to say under `hydra`."""

    named: tuple[str, ...] = ()
    """Files of Hydra's groups that the command line chooses: hydra/launcher/mine."""
    is_bare = False
    """Whether there is no config but Hydra's own, as for --hydra-help."""
    asked_for_mode: tuple[str | None, list[str], DictConfig] | None = None
    """What was composed last for no more than its mode: of which config, with which overrides."""
    is_composing = False
    """Whether a config is being put together: nothing may be made for it yet."""

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """As Hydra's; what Hydra and OmegaConf tell by an assertion or a bare ValueError is one line, too.

        Hydra composes to learn `hydra.mode` and then composes the same once more: it is given what it had.
        """
        self.is_bare = config_name is None
        chosen = (each.lstrip("+").partition("=") for each in overrides)
        self.named = tuple(f"{group}/{choice}" for group, _, choice in chosen if group.startswith("hydra/"))
        known, self.asked_for_mode = self.asked_for_mode, None
        if known and (known[0], [*known[1], f"hydra.mode={run_mode.name}"]) == (config_name, overrides):
            parsed = OverridesParser.create().parse_overrides(overrides)
            self.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
            self._apply_overrides_to_config(parsed[-1:], known[2])
            known[2].hydra.overrides.hydra.append(overrides[-1])
            return known[2]
        cfg = self._loaded(config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        if not validate_sweep_overrides and "???" not in cfg.hydra.runtime.choices.values():
            self.asked_for_mode = (config_name, list(overrides), cfg)
        return cfg

    def _loaded(self, config_name: str | None, overrides: list[str], *how: Any) -> DictConfig:
        try:
            return super().load_configuration(config_name, overrides, *how)
        except AssertionError as error:
            keys = [key for key, _, _ in (each.partition("=") for each in overrides) if ".engine." in key]
            if "Unexpected type for root" not in str(error) or not keys:
                raise
            key = next((each for each in keys if each.startswith("game.arms.")), keys[0])
            place = key.partition(".engine.")[0]
            raise ConfigError(
                f"{key}: no engine is chosen there that it could be a setting of; choose it first: "
                f"engine@{place}.engine=..."
            ) from error
        except RecursionError as error:  # the file that was read last closes the circle
            raise ConfigError(f"{FileConfigSource.last}: its defaults list leads back to itself") from error
        except ValueError as error:
            if isinstance(error, ConfigError | OmegaConfBaseException):
                raise
            problem = one_line(str(error), 300)
            raise ConfigError(f"{FileConfigSource.last}: {problem}; write it as  defaults: [name, _self_]") from error

    def _parse_overrides_and_create_caching_repo(self, config_name: str | None, overrides: list[str]) -> Any:
        """As Hydra's; of a group only a file can be chosen, and nothing is left to the schema's defaults."""
        parsed, repo = super()._parse_overrides_and_create_caching_repo(config_name, overrides)
        for each in parsed:
            chosen = each.value()
            if each.is_delete() and not re.search(r"\.|^hydra/", each.key_or_group):
                raise ConfigError(not_left_out(each.input_line or each.key_or_group))
            if each.is_sweep_override() or each.is_delete() or isinstance(chosen, str | list | dict):
                continue
            if repo.group_exists(each.key_or_group):
                value = each.get_value_string()
                raise ConfigError(no_such_choice(f"{each.key_or_group}/{value}", overrides))
        return parsed, repo

    def _process_config_searchpath(self, config_name: str | None, parsed_overrides: Any, repo: Any) -> None:
        """As Hydra's, which imports the packages of the path at once."""
        primary = repo.load_config(config_name) if config_name else None
        if primary and _is_foreign(primary) and OmegaConf.select(primary.config, "hydra.searchpath") is not None:
            raise _refusal(_file(config_name or "", repo), "hydra.searchpath")
        super()._process_config_searchpath(config_name, parsed_overrides, repo)

    def _compose_config_from_defaults_list(self, defaults: Any, repo: Any) -> DictConfig:
        """OmegaConf looks at what a reference comes to when something is merged over it, before it is checked."""
        CheckedLoader.is_composing = True
        try:
            return self._checked(defaults, repo)
        finally:
            CheckedLoader.is_composing = False

    def _checked(self, defaults: Any, repo: Any) -> DictConfig:
        composed = self._composed(defaults, repo)
        trusted = [each for each in defaults if self._is_trusted(each, repo)]
        names = tuple((each.config_path, each.package) for each in trusted)
        expected = _expected.get(names)
        if expected is None:
            ours = super()._compose_config_from_defaults_list(trusted, repo)
            if ("config", "") not in names and not self.is_bare:
                own = load_yaml(config_dir() / "config.yaml")
                ours.merge_with({key: own[key] for key in ("hydra", "allow_targets")})
            expected = _said(ours)
            if not any(_is_foreign(repo.load_config(each.config_path)) for each in trusted):
                _expected[names] = expected
        differences = list(_differences(_said(composed), expected))
        for each, keys in itertools.product(reversed(defaults), differences):
            if each not in trusted and self._says(each, keys, repo):
                raise _refusal(_file(each.config_path, repo), ".".join(keys))
        if differences:  # by what is missing
            raise _refusal("the config", ".".join(differences[0]))
        return composed

    def _composed(self, defaults: Any, repo: Any) -> DictConfig:
        """As Hydra's; it goes on from what the first files came to before."""
        compose = super()._compose_config_from_defaults_list
        if len(_merged) > _KEPT_AT_MOST:
            _merged.clear()
            _seen.clear()
        names = itertools.takewhile(bool, (_name(each, repo) for each in defaults))
        heads = list(itertools.accumulate(((name,) for name in names), initial=()))[:0:-1]
        made: _Head = next((head for head in heads if head in _merged), ())
        known: _Head = next((head for head in heads if head in _seen), ())
        _seen.update(heads)
        begun: list[Any] = [_kept(_merged[made])] if made else []
        if known != made:
            _merged[known] = pickle.dumps(compose([*begun, *defaults[len(made) : len(known)]], repo))
            begun = [_kept(_merged[known])]
        return compose([*begun, *defaults[len(known) :]], repo)

    def _load_single_config(self, default: Any, repo: Any) -> ConfigResult:
        """As Hydra's; what several files came to before is there already."""
        return default if isinstance(default, ConfigResult) else super()._load_single_config(default, repo)

    def _is_trusted(self, default: Any, repo: Any) -> bool:
        """Whether a piece of the config may stand under `hydra`: bargain's own, or what the command line names."""
        path = default.config_path.removesuffix(".yaml")
        group = path.rpartition("/")[0]
        if path == "config" or group.split("/")[0] != "hydra":
            return path == "config" and not default.package and not _is_foreign(repo.load_config(path))
        if default.package != group.removesuffix("/output").replace("/", "."):
            return False
        if _is_foreign(repo.load_config(path)):  # and in nobody's place
            return path in self.named and not repo.get_schema_source().is_config(path)
        own = (config_dir() / f"{path}.yaml").is_file()
        return own or path in self.named or path in _CHOICES

    def _says(self, default: Any, keys: Sequence[str], repo: Any) -> bool:
        node: Any = OmegaConf.to_container(self._load_single_config(default, repo).config, resolve=False)
        for part in keys:
            node = node.get(part) if isinstance(node, dict) else None
        return node is not None


def _kept(merged: bytes) -> ConfigResult:
    return ConfigResult("bargain", "", pickle.loads(merged), {})  # noqa: S301 - our own


def _name(default: Any, repo: Any) -> tuple[Any, ...]:
    """Which piece of a config a file of bargain's or Hydra's is, and when it was changed; () for another's, and where
    somebody has stored the like with Hydra, which may be another thing the next time."""
    result = repo.load_config(default.config_path)
    if result is None or _is_foreign(result) or result.provider == "schema":
        return ()
    is_file = result.path.startswith("file://")
    if is_file and repo.get_schema_source().is_config(default.config_path):
        return ()
    file = place_of(Path(result.path.removeprefix("file://")), f"{default.config_path.removesuffix('.yaml')}.yaml")
    return result.path, default.config_path, default.package, default.primary, is_file and file.stat().st_mtime_ns


def _file(path: str, repo: Any) -> str:
    """How a file is named to who wrote it."""
    folder: str = repo.load_config(path).path
    name = f"{path.removesuffix('.yaml')}.yaml"
    return f"{folder.removeprefix('file://')}/{name}" if folder.startswith("file://") else name


def _is_foreign(result: ConfigResult) -> bool:
    """Whether a file is neither bargain's nor of Hydra's or a plugin's package."""
    if result.provider.startswith("hydra.searchpath"):
        return True
    return bool(result.path.startswith("file:") and result.path != f"file://{config_dir()}")


def _said(cfg: DictConfig) -> dict[str, Any]:
    """What a config says under `hydra` and of allowed targets, references as they are written."""
    plain: Any = OmegaConf.to_container(cfg, resolve=False)
    return {"hydra": plain.get("hydra"), "allow_targets": plain.get("allow_targets")}


def _differences(said: Any, expected: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a config says anything else than is expected and than any file may say, as keys from the top."""
    if at == ("hydra", "mode") or said == expected:
        return
    if at == ("hydra", "sweeper", "params") and isinstance(said, dict):
        yield from ((*at, str(key)) for key in said if _NOBODYS.search(str(key)))
        return
    if not (isinstance(said, dict) and isinstance(expected, dict)):
        yield at
        return
    for key in [*said, *(key for key in expected if key not in said)]:
        yield from _differences(said.get(key), expected.get(key), (*at, str(key)))


def _refusal(file: str, key: str) -> ConfigError:
    problem = f"{file}: a file may not set {key}; if you trust it, say so on the command line"
    return ConfigError(one_line(problem, len(problem)))
