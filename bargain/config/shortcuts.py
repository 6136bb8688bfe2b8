"""Work that Hydra and OmegaConf do for every config and that comes to nothing: half of what a compose takes.

For each file Hydra makes a config of all choices, which only references in a defaults list (`item: ${game}`) are looked
up in; it copies the store of structured configs, which gives out copies anyway; and it parses its own files again.
OmegaConf tells every node of a config after every merge, level by level, who its parent is, copies the few facts
about a node as if it knew nothing of them, asks each node on its way to plain data whether it is missing or refers to
another, and writes YAML letter by letter in Python though libyaml is there. Some ten thousand times it asks what is a
node, missing or a dataclass, and imports the answer's names anew. Hydra reads the number of its own version anew five
hundred times, and OmegaConf the same references again.
"""

from __future__ import annotations

import copy
import functools
import pickle
import re
import sys
from abc import ABCMeta
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any

import hydra.version
import omegaconf._utils
import omegaconf.base
import omegaconf.grammar_parser
import yaml
from hydra._internal import defaults_list as hydra_defaults
from hydra._internal.core_plugins import importlib_resources_config_source as hydra_packages
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.config_store import ConfigStore
from hydra.core.default_element import InputDefault
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf, SCMode
from omegaconf._utils import _is_interpolation_string, get_omega_conf_dumper
from omegaconf.base import Box, Container, Metadata, Node
from omegaconf.basecontainer import BaseContainer

_is_structured_of = omegaconf._utils.is_structured_config
_is_none_of = omegaconf._utils._is_none
_choices_by_name = hydra_defaults._create_interpolation_map
_asked_for_all = BaseContainer._to_content
_written_in_python = OmegaConf.to_yaml
_version = functools.cache(hydra.version._get_version)
_parsed = functools.lru_cache(maxsize=256)(omegaconf.grammar_parser.parse)
"""What OmegaConf reads in a text with references: a tree that nobody changes."""


def take_shortcuts() -> None:
    """From now on they do none of it. Repeatable; Hydra's plugins are there."""
    hydra_defaults._create_interpolation_map = _choices_where_asked_for
    ConfigStore.__deepcopy__ = _itself  # type: ignore[attr-defined]
    SourcesRegistry.instance().types["pkg"] = ImportlibResourcesConfigSource
    Box._re_parent = _with_parents  # type: ignore[method-assign]
    Metadata.__deepcopy__ = _copied  # type: ignore[attr-defined]
    BaseContainer._to_content = staticmethod(_plain)  # type: ignore[method-assign, assignment]
    for question in (_is_missing_value, _is_none, _is_interpolation, is_structured_config):
        _replace(question)
    Container._invalidate_flags_cache = _forget_flags  # type: ignore[method-assign]
    if type(Node) is not _Kind:
        for kind in _kinds(Node):
            kind.__class__ = _Kind
    hydra.version._get_version = _version
    omegaconf.base.parse = omegaconf._utils.parse = _parsed  # type: ignore[attr-defined]
    if yaml.__with_libyaml__:
        OmegaConf.to_yaml = staticmethod(_written)  # type: ignore[method-assign]


def _choices_where_asked_for(overrides: Any, defaults_list: list[InputDefault], self_added: bool) -> DictConfig:
    if any(default.is_interpolation() for default in defaults_list):
        return _choices_by_name(overrides, defaults_list, self_added)
    return OmegaConf.create()


def _itself(store: ConfigStore, memo: dict[int, Any]) -> ConfigStore:
    return store


_own: dict[str, bytes] = {}
"""Hydra's own files: they do not change while a process lives."""


class ImportlibResourcesConfigSource(hydra_packages.ImportlibResourcesConfigSource):
    """Hydra's source of files in packages; its own are read once.

    It has the name of Hydra's: a cell's process gets the sources of the sweep's, and refuses one of another name.
    """

    def load_config(self, config_path: str) -> ConfigResult:
        """As Hydra's."""
        if self.path != "hydra.conf":
            return super().load_config(config_path)
        if config_path not in _own:
            _own[config_path] = pickle.dumps(super().load_config(config_path))
        loaded: ConfigResult = pickle.loads(_own[config_path])  # noqa: S301 - our own
        return loaded


def _with_parents(self: Box) -> None:
    content = self.__dict__["_content"]
    children = content.values() if isinstance(content, dict) else content if isinstance(content, list) else [content]
    for child in children:
        if isinstance(child, Node):
            if child.__dict__["_parent"] is not self:
                child._set_parent(self)
            if isinstance(child, Box):
                child._re_parent()


def _copied(self: Metadata, memo: dict[int, Any]) -> Metadata:
    copied = object.__new__(type(self))
    copied.__dict__.update(self.__dict__)
    copied.flags = None if self.flags is None else dict(self.flags)
    known = self.resolver_cache
    copied.resolver_cache = copy.deepcopy(known, memo) if known else defaultdict(dict)
    return copied


def _plain(conf: Container, resolve: bool, throw_on_missing: bool, enum_to_str: bool = False, **how: Any) -> Any:
    """The same plain data; OmegaConf's own way for more than that, and where a reference is, or a key is an enum."""
    content = conf._value()
    wants_more = throw_on_missing or how.get("structured_config_mode", SCMode.DICT) is not SCMode.DICT
    if wants_more or not isinstance(content, dict | list):
        return _asked_for_all(conf, resolve, throw_on_missing, enum_to_str, **how)
    nodes = content.values() if isinstance(content, dict) else content
    values = [node._value() for node in nodes]
    wants_more = isinstance(content, dict) and any(isinstance(key, Enum) for key in content)
    for value in values:
        wants_more = wants_more or isinstance(value, Node) or (resolve and isinstance(value, str) and "${" in value)
    if wants_more:
        return _asked_for_all(conf, resolve, throw_on_missing, enum_to_str)
    plain = [
        _plain(node, resolve, throw_on_missing, enum_to_str)
        if isinstance(node, Container)
        else (value.name if enum_to_str and isinstance(value, Enum) else value)
        for node, value in zip(nodes, values, strict=True)
    ]
    return dict(zip(content, plain, strict=True)) if isinstance(content, dict) else plain


class _Kind(ABCMeta):
    """Of nodes: nothing is ever registered as one, so that who is one need not be looked up."""

    __instancecheck__ = type.__instancecheck__


def _kinds(kind: type) -> Iterator[type]:
    yield kind
    each: type
    for each in kind.__subclasses__():
        yield from _kinds(each)


def _replace(function: Any) -> None:
    """Puts it in the place of OmegaConf's function of this name, wherever that was imported."""
    theirs = getattr(omegaconf._utils, function.__name__)
    if theirs is function:
        return
    for name, module in list(sys.modules.items()):
        if name.startswith("omegaconf") and getattr(module, function.__name__, None) is theirs:
            setattr(module, function.__name__, function)


def _is_missing_value(value: Any) -> bool:
    if isinstance(value, Node):
        value = value._value()
    return isinstance(value, str) and value == "???"


def _is_none(value: Any, resolve: bool = False, throw_on_resolution_failure: bool = True) -> bool:
    if isinstance(value, Node):
        return _is_none_of(value, resolve, throw_on_resolution_failure) if resolve else value._is_none()
    return value is None


def _is_interpolation(v: Any, strict_interpolation_validation: bool = False) -> bool:
    if isinstance(v, Node):
        v = v._value()
    return isinstance(v, str) and "${" in v and _is_interpolation_string(v, strict_interpolation_validation)


_PLAIN = {str, int, float, bool, type(None), dict, list, tuple}
_is_structured_class = functools.lru_cache(maxsize=1024)(_is_structured_of)


def is_structured_config(obj: Any) -> bool:
    """As OmegaConf's."""
    if type(obj) in _PLAIN or isinstance(obj, Node):
        return False
    return _is_structured_class(obj) if isinstance(obj, type) else _is_structured_of(obj)


def _forget_flags(self: Container) -> None:
    if self.__dict__["_flags_cache"] is not None:
        self.__dict__["_flags_cache"] = None
        content = self.__dict__["_content"]
        for node in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
            node._invalidate_flags_cache()


_OTHERWISE = re.compile(r"(?m)\\|^[ -]*(?:\? |'':)|^.{100}")
"""What libyaml may write in other bytes: escapes, which it folds elsewhere, and keys that are empty or very long."""


def _written(cfg: Any, *, resolve: bool = False, sort_keys: bool = False) -> str:
    """The same bytes: Python's where libyaml may write otherwise."""
    if not OmegaConf.is_config(cfg):
        return _written_in_python(cfg, resolve=resolve, sort_keys=sort_keys)
    plain = OmegaConf.to_container(cfg, resolve=resolve, enum_to_str=True)
    style: dict[str, Any] = {"default_flow_style": False, "allow_unicode": True, "sort_keys": sort_keys}
    text: str = yaml.dump(plain, Dumper=_dumper(), **style)
    return _written_in_python(cfg, resolve=resolve, sort_keys=sort_keys) if _OTHERWISE.search(text) else text


@functools.cache
def _dumper() -> Any:
    """Libyaml's, which puts strings in quotes as OmegaConf's does."""
    dumper: Any = type("Dumper", (yaml.CDumper,), {})
    dumper.add_representer(str, get_omega_conf_dumper().str_representer)
    return dumper
