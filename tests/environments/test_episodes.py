"""Games with one seat in a trainer's hands: the same games as a run's, and what each round is worth."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from bargain import ConfigError, environments, play
from bargain.environments import Episodes
from bargain.records import Message, Place
from bargain.rundir.games import read_games
from tests.composing import compose
from tests.servers import Fault, Server

GAME = ["scenario=drawn", "engine@buyer.engine=opponent-boulware", "n_games=4", "seed=5"]
COACHED = [*GAME, "game=criticize_seller", "feedback=constant", "feedback.text=patience"]


def test_with_the_words_of_a_recorded_seller_each_game_is_the_recorded_one(tmp_path: Path) -> None:
    recorded = compose([*COACHED, "moderator=rules", "engine@seller.engine=opponent-linear", "tracking=none"])
    assert play(recorded, tmp_path, show_progress=False).state == "finished"
    games = list(read_games(tmp_path / "games.jsonl"))
    heard: list[tuple[Message, ...]] = []

    async def main(episodes: Episodes) -> None:
        for game in games:

            async def say(place: Place, messages: tuple[Message, ...]) -> str:
                heard.append(messages)
                return games[place.game].rounds[place.round - 1].turns[place.turn - 1].text

            episode = await episodes.play(game.game, say)
            assert episode.error == ""
            for round_, reward, again in zip(game.rounds, episode.rewards, episode.game.rounds, strict=True):
                assert (again.turns, again.outcome, again.price, again.terms) == (
                    round_.turns, round_.outcome, round_.price, round_.terms,
                )  # fmt: skip
                assert round_.terms is not None
                assert round_.terms.cost is not None
                passed = round_.terms.seller_discount ** (max(len(round_.turns) - 3, 0) / 2)
                gain = 0.0 if round_.price is None else (round_.price - round_.terms.cost) * passed
                assert reward == pytest.approx(gain)

    with Episodes(COACHED, seat="seller") as episodes:
        assert len(episodes) == 4
        asyncio.run(main(episodes))
    assert heard[0][0].role == "system"
    assert any("assistant" in [each.role for each in messages] for messages in heard)


def test_a_seat_without_usable_words_earns_nothing_and_says_so() -> None:
    async def say(place: Place, messages: tuple[Message, ...]) -> str:
        return ""

    with Episodes(GAME) as episodes:
        episode = asyncio.run(episodes.play(0, say))
    assert (episode.game.outcome, episode.rewards, episode.error) == ("error", (0.0,), "")


def test_the_other_seat_may_be_a_model_and_its_failure_is_not_the_trained_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-checked-1")

    async def say(place: Place, messages: tuple[Message, ...]) -> str:
        return "My price is $300."

    async def main(episodes: Episodes) -> list[tuple[str, str]]:
        episodes_played = [await episodes.play(0, say) for _ in range(2)]
        await episodes.close_engines()
        return [(each.game.outcome, each.error) for each in episodes_played]

    with Server() as server:
        model = ["item=bicycle", "engine@buyer.engine=gpt-4o", "limits.max_maybe_billed=1",
                 f"buyer.engine.base_url={server.openai}", "game.max_exchanges=4"]  # fmt: skip
        with Episodes(model) as episodes:
            told = asyncio.run(main(episodes))
        assert told[0][0] != "error"
        asked = len(server.calls)
        assert told[0] == told[1]
        assert asked % 2 == 0, "the same game played again is asked again"
        server.fault = lambda call: Fault(400)
        with Episodes(model) as episodes:
            ((outcome, error), _) = asyncio.run(main(episodes))
        assert outcome == "error"
        assert error


@pytest.mark.parametrize(
    ("overrides", "seat", "says"),
    [
        ([], "buyer", "set item.valuation"),
        (["engine@seller.engine=gpt-4o"], "seller", "the seller is the model that is trained"),
        (["game=seller_compare_feedback"], "seller", "choose another"),
        (["n_game=3"], "seller", "n_game"),
    ],
)
def test_what_has_no_reward_or_cannot_be_played_is_refused(overrides: list[str], seat: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Episodes(overrides, seat)  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_verifiers_its_environment_names_the_extra() -> None:
    if importlib.util.find_spec("verifiers"):
        assert environments.load_environment.__module__ == "bargain.environments.verifiers"
        return
    with pytest.raises(ImportError, match=r"pip install 'bargain-experiments\[verifiers\]'"):
        environments.load_environment  # noqa: B018 - what an import of it does
