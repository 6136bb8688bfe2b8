"""A config that cannot be played is refused before the first call: one line says what, where and what is right."""

from __future__ import annotations

import copy
import json
import math
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from bargain import ConfigError, compose
from bargain.config import schema
from bargain.config.compose import plain_of
from bargain.config.identity import changes, identity, sweep_identity
from bargain.config.ranges import RANGES, number_problems
from bargain.config.schema import Config, EngineConfig
from tests.commands import bargain

REFUSED = {
    "a misspelt key": (["game.n_roundz=3"], "game.n_roundz: no such key; did you mean game.n_rounds?"),
    "a misspelt top-level key": (["sedd=1"], "sedd: no such key; did you mean seed?"),
    "a misspelt key, forced in": (["+game.n_roundz=3"], "game.n_roundz: no such key; did you mean game.n_rounds?"),
    "a misspelt choice": (
        ["game=criticise_seller"],
        "game=criticise_seller: no such choice; did you mean criticize_seller",
    ),
    "a misspelt engine": (["engine@seller.engine=claude-instnt"], "did you mean claude-instant"),
    "a wrong type": (["n_games=many"], "n_games: "),
    "a fraction of a round": (["game.n_rounds=2.5"], "game.n_rounds: "),
    "a group that is none": (["gaem=simple"], "gaem"),
    "no games": (["n_games=0"], "n_games must be at least 1, got 0"),
    "no rounds": (["game.n_rounds=0"], "game.n_rounds must be 1 to 50, got 0"),
    "too many rounds": (["game.n_rounds=51"], "game.n_rounds must be 1 to 50, got 51"),
    "openings the wrong way round": (
        ["item.buyer_opening=30"],
        "item.buyer_opening 30 is above item.seller_opening 20; it must not be",
    ),
    "a cost above the opening": (["item.cost=25"], "item.cost 25 is above item.seller_opening 20"),
    "no zone of agreement": (["item.cost=15", "item.valuation=12"], "item.cost 15 is above item.valuation 12"),
    "a missing opening": (["item.seller_opening=null"], "item.seller_opening is not set, and the seller opens with it"),
    "a price that is none": (["item.seller_opening=inf"], "item.seller_opening must be at least 0 or null, got inf"),
    "a missing learner": (["game.learners=[]"], "the learner is missing"),
    "an unknown learner": (["game.learners=[moderator]"], "game.learners must name seller, buyer or both once"),
    "an unknown first speaker": (["game.who_is_first=critic"], "game.who_is_first must be seller or buyer"),
    "an unknown start of the moderator": (
        ["moderator.start=sometimes"],
        "moderator.start must be no_number, always or",
    ),
    "a memory of nothing": (["memory=last_k", "memory.rounds=0"], "memory.rounds must be at least 1"),
    "a constant without words": (["feedback=constant", "feedback.text="], "feedback.text is empty"),
    "a claim about nothing": (["analysis.primary=[]"], "analysis.primary must be a list of price, deal_rate, surplus"),
    "an outcome that there is not": (
        ["analysis.primary=[price,luck]"],
        "analysis.primary[1] must be price or deal_rate or surplus, got 'luck'",
    ),
    "a budget of nothing": (["limits.max_cost_usd=0"], "limits.max_cost_usd must be above 0 or null"),
    "a price that is no number": (
        ["seller.engine.input_usd_per_million=nan", "seller.engine.output_usd_per_million=1"],
        "seller.engine.input_usd_per_million must be at least 0 or null, got nan",
    ),
    "a wait without end": (["limits.max_wait_s=inf"], "limits.max_wait_s must be at least 0, got inf"),
    "a negative timeout": (["seller.engine.timeout_s=-3"], "seller.engine.timeout_s must be above 0, got -3"),
    "a rate that waits for years": (
        ["buyer.engine.requests_per_minute=1e-9"],
        "buyer.engine.requests_per_minute must be at least 0.01 or null, got 1e-09",
    ),
    "a number in quotes": (["limits.max_outage_s='nan'"], "limits.max_outage_s must be at least 0, got nan"),
    "no float in options": (
        [f"++seller.engine.options.firmness=1{'0' * 400}"],
        "seller.engine.options.firmness must be a finite number, got 1000",
    ),
    "no number in a body": (["+seller.engine.body.x=[1,nan]"], "seller.engine.body.x.1 must be a finite number"),
    "a limit that is true": (
        ["seller.engine.max_tokens=true"],
        "seller.engine.max_tokens: value 'True' of type 'bool'",
    ),
    "a body's limit that is true": (["+seller.engine.body.max_tokens=true"], "seller.engine.body.max_tokens must be"),
    "replies that nobody reads": (["+buyer.engine.body.best_of=4"], "buyer.engine.body.best_of asks for replies that"),
    "the same, deep down": (
        ["engine@critic.engine=gpt-4", "+critic.engine.body={generationConfig: {candidateCount: 8}}"],
        "critic.engine.body.generationConfig.candidateCount asks for replies",
    ),
    "a dearer tier under a cap": (
        ["+seller.engine.body.service_tier=priority", "limits.max_cost_usd=1"],
        "seller.engine.body.service_tier may cost more than the price table says",
    ),
    "half a price": (["seller.engine.input_usd_per_million=1"], "set input_usd_per_million and output_usd_per_million"),
    "a foreign target": (["game._target_=os.system"], "os.system is not part of bargain; if you trust it, add"),
    "a target that is no path": (["feedback._target_='x y'"], "is not a dotted path"),
    "an unknown placeholder": (
        ["prompt.seller.system='Sell it for {prize}'"],
        "unknown placeholder {prize}; known are",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("overrides", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_config_is_one_line_that_says_what_is_wrong(
    overrides: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bargain import play

    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refusal:
        play(compose([*overrides, "tracking=none"]))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.rglob("*.sqlite"))


def refused(arguments: list[str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    done = bargain(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["game.n_roundz=3"], "bargain: game.n_roundz: no such key; did you mean game.n_rounds?"),
        (["engine@seller.engine=gpt-3.5-turbo"], "OPENAI_API_KEY is not set"),
    ],
)
def test_the_command_refuses_in_one_line_and_leaves_nothing_behind(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    assert words in refused(arguments, tmp_path).stderr
    assert not list(tmp_path.rglob("journal.sqlite"))


@pytest.mark.long
def test_a_seat_that_follows_another_can_be_changed_in_place(tmp_path: Path) -> None:
    seats = ["game=criticize_seller", "engine@seller.engine=gpt-4o-mini", "engine@buyer.engine=claude-instant"]
    seats += ["seller.engine.options.prompt_cache=false", "seller.engine.temperature=1", "+seller.engine.body.seed=1"]
    own = ["critic.engine.max_tokens=400", "critic.engine.temperature=null", "+critic.engine.body.user=me"]
    own += ["moderator.engine.timeout_s=5"]
    cfg = compose([*seats, *own])
    followed = {**cfg.seller.engine, "max_tokens": 400, "temperature": None, "body": {"seed": 1, "user": "me"}}
    assert cfg.critic.engine == followed
    assert cfg.moderator.engine == {**cfg.buyer.engine, "timeout_s": 5.0}
    (tmp_path / "experiment").mkdir()
    content = "# @package _global_\ncritic:\n  engine:\n    max_tokens: 400\n"
    (tmp_path / "experiment" / "own.yaml").write_text(content)
    simulated = compose([f"hydra.searchpath=[{tmp_path}]", "experiment=own", *seats])
    assert (simulated.critic.engine.name, simulated.critic.engine.max_tokens) == ("gpt-4o-mini", 400)
    with pytest.raises(ConfigError, match=r"critic.engine.max_tokens: no engine is chosen there.*engine@critic.engine"):
        compose(["game=criticize_both", "engine@seller.engine=gpt-4o-mini", "critic.engine.max_tokens=400"])
    both = compose(
        [*seats[1:2], "engine@buyer.engine=gpt-4o-mini", "game=criticize_both", "critic.engine.max_tokens=400"]
    )
    assert both.critic.engine == {**both.seller.engine, "max_tokens": 400}
    assert compose([*seats, "engine@critic.engine=gpt-4", *own]).critic.engine.name == "gpt-4"


def test_the_critic_follows_its_learner_and_the_moderator_the_rival() -> None:
    cfg = compose(["game=criticize_seller", "engine@seller.engine=claude-instant", "engine@buyer.engine=gpt-3.5-turbo"])
    assert cfg.critic.engine.name == "claude-instant"
    assert cfg.moderator.engine.name == "gpt-3.5-turbo"
    cfg = compose(["game=criticize_buyer", "engine@seller.engine=claude-instant", "engine@buyer.engine=gpt-3.5-turbo"])
    assert cfg.critic.engine.name == "gpt-3.5-turbo"
    assert cfg.moderator.engine.name == "claude-instant"


def test_a_seat_that_is_named_follows_nobody() -> None:
    cfg = compose(["game=criticize_buyer", "engine@buyer.engine=human", "engine@seller.engine=claude-instant"])
    assert {cfg.critic.engine.name, cfg.moderator.engine.name} == {"claude-instant"}, "one seat is enough for a person"
    cfg = compose(["engine@critic.engine=gpt-4", "engine@moderator.engine=gpt-3.5-turbo"])
    assert (cfg.critic.engine.name, cfg.moderator.engine.name) == ("gpt-4", "gpt-3.5-turbo")


def test_every_number_of_the_schema_has_a_range_and_none_holds_what_is_no_number() -> None:
    plain = OmegaConf.to_container(OmegaConf.structured(Config))
    assert isinstance(plain, dict)
    plain["seller"]["engine"], plain["moderator"]["engine"] = asdict(EngineConfig()), asdict(EngineConfig())
    numbers = [path for path, value in _leaves(plain) if type(value) in (int, float)]
    assert len(numbers) > 15
    for value in (math.nan, math.inf, -math.inf, 1e300, True):
        for path in numbers:
            changed = copy.deepcopy(plain)
            section = changed
            for key in path[:-1]:
                section = section[key]
            section[path[-1]] = value
            (problem,) = number_problems(changed)
            assert problem.startswith(f"{'.'.join(path)} must be ")
    names = {
        f"{kind.__name__}.{each.name}" for kind in vars(schema).values() if is_dataclass(kind) for each in fields(kind)
    }
    assert set(RANGES) <= names


def test_every_choice_of_the_schema_is_refused_by_its_names_and_is_plain_text_on_record() -> None:
    plain = OmegaConf.to_container(OmegaConf.structured(Config))
    assert isinstance(plain, dict)
    choices = {".".join(path): type(value) for path, value in _leaves(plain) if isinstance(value, Enum)}
    assert len(choices) > 10
    for path, choice in choices.items():
        with pytest.raises(ConfigError, match=re.escape(f"{path} must be {' or '.join(choice)}, got 'perhaps'")):
            compose([f"{path}=perhaps"])
    recorded = plain_of(compose(["game.who_is_first=buyer"]))
    assert {type(value) for _, value in _leaves(recorded)} <= {str, int, float, bool, list, type(None)}
    as_it_is = OmegaConf.to_container(compose(["game.who_is_first=buyer"]))  # what a class of one's own may write down
    for text in (yaml.safe_dump(as_it_is), yaml.dump(as_it_is), json.dumps(as_it_is)):
        assert yaml.safe_load(text) == recorded


@pytest.mark.parametrize("value", ["1.5", "1", "true", "'a b'"])
def test_a_choice_is_refused_by_its_names_whatever_is_in_its_place(value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"game\.after_no_deal must be continue or stop, got "):
        compose([f"game.after_no_deal={value}"])
    file = tmp_path / "game" / "mine.yaml"
    file.parent.mkdir()
    file.write_text(f"defaults: [simple]\nafter_no_deal: {value}\n")
    with pytest.raises(ConfigError, match=f"{file}: game.after_no_deal must be continue or stop, got "):
        compose([f"hydra.searchpath=[file://{tmp_path}]", "game=mine"])


def _leaves(data: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def test_what_is_declared_primary_decides_no_game() -> None:
    declared = compose(["analysis.primary=[surplus]"])
    assert plain_of(compose([]))["analysis"] == {"primary": ["price", "deal_rate", "surplus"]}
    assert identity(plain_of(declared)) == identity(plain_of(compose([])))
    assert sweep_identity(["n_games=4", "analysis.primary=[surplus]"]) == sweep_identity(["n_games=4"])


def test_reasoning_left_unsaid_leaves_a_runs_identity_as_it_was_before_there_was_the_setting() -> None:
    plain = plain_of(compose(["engine@seller.engine=gpt-4o-mini"]))
    before = plain | {"seller": {**plain["seller"], "engine": dict(plain["seller"]["engine"])}}
    del before["seller"]["engine"]["reasoning"], before["seller"]["engine"]["start_concurrency"]
    assert identity(before) == identity(plain)
    assert changes(before, plain) == []
    low = plain_of(compose(["engine@seller.engine=gpt-4o-mini", "seller.engine.reasoning=low"]))
    assert identity(low) != identity(plain)
    assert (
        compose(["engine@seller.engine=gpt-4o-mini", "seller.engine.reasoning=2048"]).seller.engine.reasoning == "2048"
    )
