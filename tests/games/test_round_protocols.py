"""How one round is played is a choice beside the game type; a protocol of one's own is one file and one YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bargain import ConfigError, Me, Turn, play
from bargain.analysis import load
from bargain.analysis.measures import theory
from tests.commands import bargain, environment, games_of, only_run
from tests.composing import compose
from tests.servers import Server

SMALL = ["n_games=60", "tracking=none", "moderator=rules"]


def played_by(directory: Path, *overrides: str) -> list[dict[str, Any]]:
    """The games of a run."""
    assert play(compose([*SMALL, *overrides]), directory, show_progress=False).state == "finished"
    return games_of(directory)


def on_server(server: Server) -> list[str]:
    """Overrides: one game, whose players are models at a server on loopback."""
    seats = ("seller", "buyer")
    urls = [f"{seat}.engine.base_url={server.openai}" for seat in seats]
    return ["game=simple", "n_games=1", *(f"engine@{seat}.engine=gpt-4o-mini" for seat in seats), *urls]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k-never-checked")


def test_an_ultimatum_is_one_proposal_and_one_answer(tmp_path: Path) -> None:
    games = played_by(tmp_path, "game=simple", "protocol=ultimatum")
    outcomes = {game["outcome"] for game in games}
    assert outcomes == {"deal", "no_deal"}
    for game in games:
        (played,) = game["rounds"]
        first, second = played["turns"]
        assert (first["role"], first["act"], second["role"]) == ("seller", "offer", "buyer")
        assert not first["fixed"]
        if played["outcome"] == "deal":
            assert second["act"] == "accept"
            assert played["price"] == first["offer"]
        else:
            assert played["reason"] == "the buyer did not accept"


def test_the_buyer_may_propose(tmp_path: Path) -> None:
    for game in played_by(tmp_path, "game=simple", "protocol=ultimatum", "game.who_is_first=buyer", "n_games=4"):
        assert [turn["role"] for turn in game["rounds"][0]["turns"]] == ["buyer", "seller"]


def test_a_coached_proposer_asks_for_more_and_is_refused_more_often(tmp_path: Path) -> None:
    games = played_by(tmp_path, "game=criticize_seller", "game.n_rounds=3", "protocol=ultimatum")
    proposals = [[played["turns"][0]["offer"] for played in game["rounds"]] for game in games]
    assert all(first <= second <= third for first, second, third in proposals)
    deals = [sum(game["rounds"][number]["outcome"] == "deal" for game in games) for number in range(3)]
    assert deals[0] > deals[1] > deals[2]


def test_models_are_told_which_part_they_play(tmp_path: Path) -> None:
    with Server() as server:
        played_by(tmp_path, "protocol=ultimatum", *on_server(server))
        seller, buyer = (call.chat.system for call in server.calls)
    assert "You make one proposal" in seller
    assert "Accept it or refuse it" not in seller
    assert "Accept it or refuse it" in buyer


def equilibrium(turns: tuple[Turn, ...], me: Me) -> str:
    """The linear equilibrium of Chatterjee & Samuelson (1983) where both limits are uniform from 90 to 240."""
    assert turns == (), "nobody hears the other"
    limit = (me.limit or 0.0) / 150 - 0.6
    share = 2 * limit / 3 + (1 / 4 if me.role == "seller" else 1 / 12)
    return f"My price is ${90 + 150 * share:.2f}."


@pytest.mark.long
def test_sealed_bids_trade_in_the_middle_just_where_the_equilibrium_says(tmp_path: Path) -> None:
    words = ["game=simple", "protocol=sealed_bid", "scenario=drawn", "item=bicycle", "game.who_is_first=buyer"]
    done = play([*words, *SMALL], tmp_path / "run", seller=equilibrium, buyer=equilibrium, show_progress=False)
    assert done.state == "finished"
    sure = 0
    for game in games_of(tmp_path / "run"):
        (played,) = game["rounds"]
        bid, ask = (turn["offer"] for turn in played["turns"])
        cost, valuation = played["terms"]["cost"], played["terms"]["valuation"]
        assert bid == pytest.approx(90 + 150 * (2 * (valuation - 90) / 450 + 1 / 12), abs=0.01)
        if abs(valuation - cost - 37.5) > 0.05:
            sure += 1
            assert (played["outcome"] == "deal") == (valuation - cost > 37.5)
        if played["outcome"] == "deal":
            assert played["price"] == pytest.approx((ask + bid) / 2)
        kinds = {each["kind"] for each in played.get("violations", [])}
        assert kinds <= {"below_cost", "above_valuation"}, "of bids that cannot win, and of nothing that was not heard"
        assert not kinds or played["outcome"] == "no_deal"
    assert sure > 50
    says = theory.predictions(load(tmp_path / "run")).set_index("theory")["value"]
    assert says["Chatterjee & Samuelson (1983)"] == pytest.approx(37.5)


def test_a_sealed_bid_is_in_no_request_of_the_rival_and_takes_no_second_issue(tmp_path: Path) -> None:
    with Server() as server:
        (game,) = played_by(tmp_path, "protocol=sealed_bid", *on_server(server))
        asked = [call.chat for call in server.calls]
    (played,) = game["rounds"]
    assert [turn["role"] for turn in played["turns"]] == ["seller", "buyer"]
    assert len(asked) == 2
    first = played["turns"][0]["text"]
    assert first not in str(asked[1])
    assert "neither hears the other's" in asked[1].system
    with pytest.raises(ConfigError, match=r"protocol=sealed_bid trades at a price alone"):
        compose(["protocol=sealed_bid", "second_issue=delivery", "channel=tagged", "moderator=rules"])


def test_a_protocol_says_itself_what_it_cannot_play() -> None:
    with pytest.raises(ConfigError, match=r"protocol ultimatum: needs game.max_exchanges=1"):
        compose(["protocol=ultimatum", "game.max_exchanges=3"])
    with pytest.raises(ConfigError, match=r"protocol sealed_bid: needs game.max_exchanges=1"):
        compose(["protocol=sealed_bid", "game.max_exchanges=3"])


SILENT = '''
from bargain.games.rounds.base import Ending, RoundProtocol


class PostedPrice(RoundProtocol):
    """The seller's opening is the price; the buyer takes it or leaves it."""

    async def play_out(self):
        self.open_with_words_of_prompt("seller")
        await self.speak("buyer", may=("accept", "reject"))
        verdict = await self.verdict()
        return self.deal(verdict) if verdict.stands == "deal" else Ending("no_deal", "left")
'''


UNCOACHED = '''
async def play(table):
    """The last planned round only."""
    await table.play(1)
'''


def test_a_protocol_and_a_game_type_of_ones_own_are_one_file_and_one_yaml_each_and_need_no_learner(
    tmp_path: Path,
) -> None:
    for group in ("protocol", "game"):
        (tmp_path / "mine" / group).mkdir(parents=True)
    (tmp_path / "shop.py").write_text(SILENT)
    (tmp_path / "mine" / "protocol" / "posted.yaml").write_text("_target_: shop.PostedPrice\nname: posted\n")
    (tmp_path / "once.py").write_text(UNCOACHED)
    (tmp_path / "mine" / "game" / "once.yaml").write_text(
        "defaults: [simple, _self_]\n_target_: once.play\nname: once\n"
    )
    words = ["--config-dir", "mine", "allow_targets=[shop,once]", "game=once", "protocol=posted", *SMALL]
    done = bargain(*words, cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path)))
    assert done.returncode == 0, done.stderr
    for game in games_of(only_run(tmp_path)):
        (played,) = game["rounds"]
        assert [turn["role"] for turn in played["turns"]] == ["seller", "buyer"]


def test_a_persona_is_told_to_its_player_alone_and_refused_for_the_critic(tmp_path: Path) -> None:
    with Server() as server:
        played_by(tmp_path, *on_server(server), "seller.persona='You are patient with every {item}.'")
        told = ["You are patient with every balloon." in call.chat.system for call in server.calls]
    assert told == [number % 2 == 0 for number in range(len(told))]
    with pytest.raises(ConfigError, match="persona"):
        compose(["+critic.persona=warm"])
