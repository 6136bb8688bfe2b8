"""What is left out of Hydra's and OmegaConf's work changes no config, no type and no message."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.core.config_store import ConfigStore
from hypothesis import assume, example, given
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf, SCMode
from omegaconf._utils import get_omega_conf_dumper, is_structured_config
from omegaconf.base import Container, Node
from omegaconf.errors import InterpolationKeyError, MissingMandatoryValue

from bargain import ConfigError, compose
from bargain.config import compose as compose_module
from bargain.config import files, hydra_node
from bargain.config.arguments import in_quotes
from bargain.config.compose import register_with_hydra
from bargain.config.files import config_dir
from tests.commands import environment, python


class Colour(Enum):
    RED = 1


@dataclass
class Holds:
    """Whatever a node can be: a value, an enum, one of two types, what is missing, a reference, a mapping."""

    name: str = "a"
    colour: Colour = Colour.RED
    either: int | str = 2
    unsaid: str = "???"
    copy: str = "${name}"
    more: dict[Any, Any] = field(default_factory=dict)


ASKED = [
    [],
    ["game=criticize_both", "engine@seller.engine=gpt-4o", "engine@critic.engine=simulated"],
    ["experiment=paper/fig5", "item=diamond", "item.cost=null", "prompt.seller.texts.kickoff=Hello?"],
    ["game.n_rounds=many"],
    ["itme=balloon"],
]


def told(overrides: list[str]) -> Any:
    """Every node of a config, with its type and its flags, or what is said instead."""
    try:
        return json.loads(json.dumps(nodes(compose(overrides), "")))
    except ConfigError as error:
        return str(error)


def nodes(node: Node, path: str) -> list[Any]:
    """Of a node and all below it: where it is, what it is declared as, its flags, and its value."""
    content, facts = node.__dict__.get("_content", node.__dict__.get("_val")), node._metadata
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for _, each in inner:
        assert each._get_parent() is node, path
    value = "" if inner else repr(content)
    told = [path, type(node).__name__, str(facts.type_hint), str(facts.object_type), facts.flags, value]
    return [told, *(fact for key, each in inner for fact in nodes(each, f"{path}.{key}"))]


def test_configs_are_composed_as_hydra_and_omegaconf_do_it_by_themselves(tmp_path: Path) -> None:
    code = (
        "import json, sys\nimport bargain.config.compose\nbargain.config.compose.take_shortcuts = lambda: None\n"
        "from tests.config.test_shortcuts import ASKED, told\nprint(json.dumps([told(each) for each in ASKED]))"
    )
    assert [told(each) for each in ASKED] == json.loads(python(code, cwd=tmp_path, env=environment()).stdout)


@pytest.mark.parametrize("kept", [200, 1])
def test_configs_that_begin_with_the_same_files_are_what_they_were_when_these_were_first_merged(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hydra_node, "_KEPT_AT_MOST", kept)
    first = [told(each) for each in ASKED]
    assert [told(each) for each in [*ASKED[::-1], *ASKED]] == [*first[::-1], *first]


def test_a_file_of_the_installation_that_was_edited_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(config_dir(), tmp_path / "conf"))
    for module in (compose_module, files, hydra_node):
        monkeypatch.setattr(module, "config_dir", lambda: own)
    item = own / "item" / "balloon.yaml"
    assert [compose(["tracking=none"]).item.cost for _ in range(3)] == [8.0] * 3
    item.write_text(item.read_text().replace("cost: 8", "cost: 7"))
    assert compose(["tracking=none"]).item.cost == 7.0


def test_what_somebody_stores_with_hydra_anew_is_composed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    register_with_hydra()
    store = ConfigStore.instance()
    monkeypatch.setitem(store.repo, "item", {})  # gone with the test
    for cost in (5.0, 5.0, 6.0):
        store.store("mine", {"name": "vase", "cost": cost, "seller_opening": 20, "buyer_opening": 10}, group="item")
        assert compose(["item=mine", "tracking=none"]).item.cost == cost
    assert [compose(["tracking=none"]).item.cost for _ in range(3)] == [8.0] * 3
    store.store("balloon", {"weight": 5}, group="item")  # Hydra merges a file into what is stored under its name
    refused = pytest.raises(ConfigError, match="'weight' not in 'ItemConfig'")
    with pytest.warns(UserWarning, match="item/balloon"), refused:
        compose(["tracking=none"])


def test_what_is_a_node_or_a_dataclass_is_what_it_was() -> None:
    register_with_hydra()
    cfg = OmegaConf.structured(Holds)
    assert [isinstance(cfg, kind) for kind in (DictConfig, Container, Node, dict)] == [True, True, True, False]
    assert not isinstance({}, Node)
    asked = [Holds, Holds(), cfg, dict, dict[str, int], "a", None, Any, Colour, Colour.RED]
    assert [is_structured_config(each) for each in asked] == [True, True, *[False] * 8]


def test_a_reference_in_a_defaults_list_finds_the_choice_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "own" / "seed").mkdir(parents=True)
    named = "# @package _global_\ndefaults: [{seed: '${own}'}, _self_]\nn_games: 3\n"
    (tmp_path / "own" / "mine.yaml").write_text(named)
    (tmp_path / "own" / "seed" / "mine.yaml").write_text("# @package _global_\nseed: 7\n")
    cfg = compose([f"hydra.searchpath=[{in_quotes(str(tmp_path))}]", "+own=mine"])
    assert (cfg.n_games, cfg.seed) == (3, 7)


def test_what_is_done_to_one_config_is_in_no_other() -> None:
    first = compose(["tracking=none"])
    kept = first.copy()
    first.item.cost = 3
    first.seller.engine.model = "other"
    assert compose(["tracking=none"]) == kept


def test_plain_data_of_a_config_is_what_omegaconf_makes_of_it() -> None:
    register_with_hydra()
    cfg = OmegaConf.structured(Holds)
    cfg.more = {"to": "${name}", 3: ["${more.to}", None, "???"], Colour.RED: Colour.RED, "nobody": None}
    for resolve, enum_to_str in product((False, True), repeat=2):
        how = {"resolve": resolve, "enum_to_str": enum_to_str}
        told, red = ("a" if resolve else "${name}"), ("RED" if enum_to_str else Colour.RED)
        again = told if resolve else "${more.to}"
        assert OmegaConf.to_container(cfg, **how) == {
            "name": "a", "colour": red, "either": 2, "unsaid": "???", "copy": told if resolve else "${name}",
            "more": {"to": told, 3: [again, None, "???"], red: red, "nobody": None},
        }  # fmt: skip
    assert isinstance(OmegaConf.to_container(cfg.more, structured_config_mode=SCMode.DICT_CONFIG), dict)
    with pytest.raises(MissingMandatoryValue, match="unsaid"):
        OmegaConf.to_container(cfg, throw_on_missing=True)
    cfg.copy = "${nowhere}"
    with pytest.raises(InterpolationKeyError, match="copy"):
        OmegaConf.to_container(cfg, resolve=True)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=8), st.text()
)
@example("an emoji 🎈, a next line \x85 and a backslash \\N", "yes")
@example(["0x1f", "null", "1e3", " - a: b #", "x" * 90 + " y" * 40], "a: b")
@example(["a? ", "? b", "\n- ? c"], "")
@example("\ud7ff" + "a long key " * 12 + "\x00 #", "a long key " * 12)
def test_whatever_a_config_holds_is_written_byte_for_byte_as_omegaconf_does(value: Any, key: str) -> None:
    register_with_hydra()
    assume("${" not in f"{key}{value}")
    cfg = OmegaConf.create({"key": value, "more": {key: [value]}, "text": "${key}"})
    usual = yaml.dump(
        OmegaConf.to_container(cfg), Dumper=get_omega_conf_dumper(), default_flow_style=False, allow_unicode=True,
        sort_keys=False,
    )  # fmt: skip
    assert OmegaConf.to_yaml(cfg) == usual
