"""Who is asked is what the classes of a config say of themselves, whatever they and their presets are named."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bargain import play
from bargain.agents import feedback, moderator
from bargain.agents.feedback import controls, expert
from bargain.analysis import load
from bargain.analysis.report.corrected import nobody
from bargain.config.asked import moderator_asked
from bargain.config.compose import plain_of
from bargain.config.files import config_dir
from bargain.config.identity import WITHOUT_CRITIC, decides_alone, unused
from bargain.sweeps.estimate import estimate
from tests.composing import compose

HERE = f"allow_targets=[{__name__}]"
ONE_EXCHANGE = ["game.max_exchanges=1", "game.seller_opens=free", "game.buyer_opens=free"]


class Rules(moderator.Model):
    """Named as the moderator that asks nobody, and a model all the same."""


class Notary(moderator.Rules):
    """Asks nobody, by another name."""


class Constant(feedback.AI):
    """Named as the source that asks nobody, and a critic all the same."""


class Mute(feedback.Silence):
    """Asks nobody, by another name."""


def names(group: str) -> list[str]:
    return sorted(each.stem for each in (config_dir() / group).glob("*.yaml"))


def calls_of(*overrides: str) -> set[str]:
    return set(estimate(compose([HERE, "n_games=2", *overrides])).expected)


def test_a_moderator_of_ones_own_is_asked_if_its_class_asks() -> None:
    assert "moderator" in calls_of(f"moderator._target_={__name__}.Rules")
    assert "moderator" not in calls_of(f"moderator._target_={__name__}.Notary")


def test_a_moderator_that_asks_nobody_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for chosen in (
        [f"moderator._target_={__name__}.Notary"],
        ["moderator=yes_no", "protocol=sealed_bid", *ONE_EXCHANGE],
    ):
        cfg = compose([HERE, "game=simple", "n_games=2", *chosen, "engine@moderator.engine=gpt-4.1"])
        assert play(cfg, tmp_path / chosen[0], show_progress=False).state == "finished"


def test_a_source_of_ones_own_has_its_critic_if_its_class_asks_one() -> None:
    coached = ("game=criticize_seller", "feedback=ai")
    assert "seller_critic" in calls_of(*coached, f"feedback._target_={__name__}.Constant")
    assert "seller_critic" not in calls_of(*coached, f"feedback._target_={__name__}.Mute")


def test_the_critics_prompt_counts_for_a_source_of_ones_own_whatever_its_name() -> None:
    cfg = compose([HERE, "game=criticize_seller", f"feedback._target_={__name__}.Constant"])
    assert "prompt.critic" not in unused(plain_of(cfg))
    assert "prompt.critic" in unused(plain_of(compose(["game=criticize_seller", "feedback=constant"])))


def test_what_identities_know_of_our_sources_is_what_these_say() -> None:
    shipped = {
        each.__name__: each
        for room in (feedback, controls, expert)
        for each in vars(room).values()
        if isinstance(each, type) and hasattr(each, "give") and hasattr(each, "calls_critic")
    }
    silent = {name for name, each in shipped.items() if not each.calls_critic}
    assert silent - {"HumanLive"} == set(WITHOUT_CRITIC)  # the person at the terminal is shown the critic's prompt


def test_what_records_say_of_a_moderator_is_what_the_classes_say() -> None:
    for judge, channel, protocol in itertools.product(names("moderator"), names("channel"), names("protocol")):
        rules = ONE_EXCHANGE if protocol != "negotiation" else []
        cfg = compose([f"moderator={judge}", f"channel={channel}", f"protocol={protocol}", *rules])
        targets = (cfg[group]._target_ for group in ("moderator", "channel", "protocol"))
        assert (not decides_alone(*targets)) == moderator_asked(cfg), (judge, channel, protocol)


def test_tables_name_no_moderator_where_none_was_asked(tmp_path: Path) -> None:
    for number, chosen in enumerate((["channel=numbers"], ["protocol=sealed_bid", *ONE_EXCHANGE], ["moderator=rules"])):
        play(["game=simple", "moderator=yes_no", "n_games=2", *chosen], tmp_path / str(number), show_progress=False)
    runs = load(tmp_path).runs
    assert set(runs["moderator_engine"]) == {""}
    assert sorted(nobody(row) for row in runs.to_dict("records")) == [
        f"none needed: {what} decided, and no moderator was asked" for what in ("the acts", "the protocol", "the rules")
    ]
