"""The acts decide, scripts bargain alike in every channel, and what is no turn is asked for again and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bargain import play
from bargain.channels.base import Allowed, Channel, Move, Unusable
from bargain.channels.numbers import Numbers
from bargain.channels.structured import Structured
from bargain.channels.tagged import Tagged
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.engines.base import ALL_ACTS
from tests.commands import games_of
from tests.composing import compose
from tests.negotiator import Chat
from tests.servers import Answer, Call, Fault, Server

CHANNELS = ("free_text", "tagged", "structured", "numbers")
TABLE = Allowed("$", ALL_ACTS, live=16.0)


@pytest.mark.parametrize(
    ("channel", "reply", "turn"),
    [
        (Tagged, "I like it.\n**Offer: 14**", "I like it.\nOFFER $14"),
        (Tagged, "It is nice, OFFER $8 was a joke.\nAction: offer 14.5 dollars", None),
        (Tagged, "I like it. OFFER $1,400", "I like it.\nOFFER $1,400"),
        (Tagged, "Fine. ACCEPT $16.", "Fine.\nACCEPT"),
        (Tagged, "Let me think\n[WALK AWAY]!", "Let me think\nWALK AWAY"),
        (Tagged, "REJECT\nOFFER 14", "REJECT\nOFFER $14"),
        (Tagged, "I can only say what I said. I accept", "off_channel"),
        (Tagged, "I offer $14", "off_channel"),
        (Tagged, "Fine,\n14", "off_channel"),
        (Tagged, "OFFER 14 or 15", "off_channel"),
        (Tagged, "OFFER", "off_channel"),
        (Tagged, "Fine.\nACCEPT $12", "no_live_offer"),
        (Numbers, "14.5", "$14.50"),
        (Numbers, "**$14.**", "$14"),
        (Numbers, "accept", "ACCEPT"),
        (Numbers, "how about 14", "off_channel"),
        (Numbers, "-14", "off_channel"),
        (Numbers, "0", "off_channel"),
        (Structured, '```json\n{"message": "So?", "act": "offer", "price": "$14"}\n```', "So?\nOFFER $14"),
        (Structured, '{"act": "accept", "price": 16}', "ACCEPT"),
        (Structured, '{"message": "", "act": "accept", "price": 15}', "no_live_offer"),
        (Structured, '{"message": "I accept", "act": "yes", "price": 16}', "off_channel"),
        (Structured, "OFFER $14", "off_channel"),
    ],
)
def test_a_reply_is_the_move_that_it_names_or_none(channel: type[Channel], reply: str, turn: str | None) -> None:
    said = Tagged({}) if channel is Tagged else channel({})
    if turn in ("off_channel", "no_live_offer"):
        with pytest.raises(Unusable) as refused:
            said.turn(reply, TABLE)
        assert refused.value.kind == turn
    else:
        made = said.turn(reply, TABLE)
        assert made == turn or (turn is None and made.endswith("\nOFFER $14.50"))
        assert said.turn(said.own(made, "$"), TABLE) == made, "a player's own context holds what it could have replied"


@pytest.mark.parametrize("channel", [Tagged, Structured, Numbers])
def test_what_a_script_or_a_person_says_is_understood_and_only_allowed_acts_are_heard(channel: type[Channel]) -> None:
    said = channel({})
    for move in (Move("Hm.", "offer", 14.5), Move("Yes.", "accept"), Move("No.", "reject"), Move("Bye.", "walk_away")):
        assert said.turn(said.write(move, "$"), TABLE) == said.said(move, "$")
    assert said.turn(said.typed("$14" if channel is Numbers else "Well. OFFER $14", "$"), TABLE).endswith("$14")
    with pytest.raises(Unusable, match="only OFFER may be done now"):
        said.turn(said.write(Move("Yes.", "accept"), "$"), Allowed("$", ("offer",), 16.0))
    with pytest.raises(Unusable, match="has offered nothing"):
        said.turn(said.write(Move("Yes.", "accept"), "$"), Allowed("$", ALL_ACTS))


@pytest.mark.long
@pytest.mark.parametrize("engines", ["simulated", "opponents"])
def test_the_same_scripts_reach_the_same_prices_in_every_channel(tmp_path: Path, engines: str) -> None:
    seats = ["engines=simulated-firm"]
    if engines == "opponents":
        seats = ["engine@seller.engine=opponent-boulware", "engine@buyer.engine=opponent-random"]
    reached, texts = {}, {}
    for channel in CHANNELS:
        cfg = compose(["game=simple", "item=bicycle", "moderator=rules", f"channel={channel}", "tracking=none", *seats])
        play(cfg, tmp_path / channel, show_progress=False)
        rounds = [game["rounds"][0] for game in games_of(tmp_path / channel)]
        reached[channel] = [
            (each["outcome"], each["price"], [turn["offer"] for turn in each["turns"]]) for each in rounds
        ]
        texts[channel] = [turn["text"] for each in rounds for turn in each["turns"]]
        assert not any(kind in str(rounds) for kind in ("off_channel", "no_live_offer"))
    assert len({outcome for outcome, *_ in reached["free_text"]}) > 1, "some of them fail"
    assert all(made == reached["free_text"] for made in reached.values())
    assert all(text[0] == "$" or text in ("ACCEPT", "WALK AWAY") for text in texts["numbers"])
    assert all(text.rpartition("\n")[2].split()[0] in ("OFFER", "ACCEPT", "WALK") for text in texts["tagged"])
    assert texts["tagged"] == texts["structured"] != texts["free_text"]


@pytest.mark.long
@pytest.mark.parametrize("channel", CHANNELS[1:])
def test_the_ultimatum_is_played_in_every_channel_and_needs_no_moderator(tmp_path: Path, channel: str) -> None:
    seats = ["engine@seller.engine=opponent-random", "engine@buyer.engine=opponent-linear"]
    told = [*seats, "protocol=ultimatum", "game=simple", "item=bicycle", f"channel={channel}", "tracking=none"]
    play(compose([*told, "moderator=structured"]), tmp_path, show_progress=False)  # an opponent could not moderate
    games = games_of(tmp_path)
    assert {game["outcome"] for game in games} == {"deal", "no_deal"}
    for game in games:
        (played,) = game["rounds"]
        end = "accept" if game["outcome"] == "deal" else "reject"
        assert [turn["act"] for turn in played["turns"]] == ["offer", end]
        assert [verdict["text"] for verdict in played["verdicts"]] == ["by the acts"]


def test_free_talk_is_the_run_that_it_was_and_no_moderator_makes_another_run_of_acts() -> None:
    plain: dict[str, Any] = plain_of(compose(["game=simple"]))
    before = {name: value for name, value in plain.items() if name != "channel"}
    assert identity(plain) == identity(before)
    numbers = [
        identity(plain_of(compose(["game=simple", "channel=numbers", f"moderator={each}"])))
        for each in ("rules", "yes_no")
    ]
    assert len({identity(plain), *numbers}) == 2


def answering(chat: Chat) -> dict[str, Any]:
    """The buyer first accepts what nobody offered, then takes $18; the seller comes down to $18."""
    seller = "you are selling" in chat.system.lower()
    if seller:
        return {"message": "For you, $18.", "act": "offer", "price": 18}
    if "answer again" in chat.last.lower():
        return {"message": "Good.", "act": "accept", "price": None}
    return {"message": "Deal at $12!", "act": "accept", "price": 12}


def shaped(seat: str, server: Server, *more: str) -> list[str]:
    """An engine of each SDK, for a seat of its own."""
    preset, url = {"seller": ("gpt-4o-mini", server.openai), "buyer": ("claude-sonnet-5-5", server.anthropic)}[seat]
    own = [f"engine@{seat}.engine={preset}", f"{seat}.engine.base_url={url}"]
    return [*own, *(f"+{seat}.engine.options.{each}" for each in more)]


@pytest.mark.long
@pytest.mark.parametrize("way", ["schema", "tool", "text", "refused"])
def test_both_sdks_ask_for_the_shape_and_an_accept_of_nothing_is_asked_again_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def reply(chat: Chat) -> Answer:
        said = answering(chat)
        if way != "tool":
            return Answer(json.dumps(said))
        if chat.protocol == "messages":
            block = {"type": "tool_use", "id": "t1", "name": "turn", "input": said}
            return Answer("", "tool_use", more={"content": [block]})
        call = {"id": "c1", "type": "function", "function": {"name": "turn", "arguments": json.dumps(said)}}
        return Answer(None, "tool_calls", message={"tool_calls": [call]})

    def refusal(call: Call) -> Fault | None:
        shapes = "response_format" in call.json, "format" in call.json.get("output_config", {})
        named = ["response_format"] * shapes[0] + ["output_config.format"] * shapes[1]
        says = (
            f"Invalid parameter: '{named.pop()}' of type 'json_schema' is not supported with this model."
            if named
            else ""
        )
        return Fault(400, body=json.dumps({"error": {"message": says}}).encode()) if says and way == "refused" else None

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    option = [] if way in ("schema", "refused") else [f"structured={way}"]
    with Server(reply, fault=refusal) as server:
        seats = [*shaped("seller", server, *option), *shaped("buyer", server, *option)]
        told = ["game=simple", "item=bicycle", "channel=structured", "n_games=2", "tracking=none", *seats]
        cfg = compose([*told, "engine@moderator.engine=gpt-4o", "limits.max_concurrent_games=1"])
        cfg.moderator.engine.api_key_env = "NOBODY_HAS_THIS"
        assert play(cfg, tmp_path, show_progress=False).state == "finished"
    for game in games_of(tmp_path):
        (played,) = game["rounds"]
        assert (played["outcome"], played["price"]) == ("deal", 18.0)
        assert [turn["text"] for turn in played["turns"][-2:]] == ["For you, $18.\nOFFER $18", "Good.\nACCEPT"]
        (counted,) = [each for each in played["violations"] if each["kind"] == "no_live_offer"]
        assert (counted["turn"], counted["role"]) == (4, "buyer")
    by_seat = {path: [call.json for call in server.calls if path in call.path] for path in ("chat", "messages")}
    assert [len(calls) for calls in by_seat.values()] == [2 + (way == "refused"), 4 + (way == "refused")]
    sent = by_seat["chat"][0], by_seat["messages"][0]
    schema = Structured({}).shape(ALL_ACTS)
    if way == "tool":
        assert sent[0]["tools"][0]["function"]["parameters"] == sent[1]["tools"][0]["input_schema"] == schema
        assert sent[0]["tool_choice"]["function"]["name"] == sent[1]["tool_choice"]["name"] == "turn"
    elif way != "text":
        assert sent[0]["response_format"]["json_schema"]["schema"] == schema
        form = {"type": "json_schema", "schema": schema}
        assert sent[1]["output_config"] == {"effort": "low", "format": form}, "the preset's own words stay"
    if way in ("text", "refused"):
        asked = [call for calls in by_seat.values() for call in calls[way == "refused" :]]
        assert not any({"response_format", "tools"} & call.keys() for call in asked)
        assert [call.get("output_config") for call in asked if "system" in call] == [{"effort": "low"}] * 4
    assert "accepts $12, and the other side's offer is $18" in json.dumps(by_seat["messages"][-1])
    assert "no_live_offer" not in json.dumps(by_seat["chat"]), "the rival never hears of it"
    for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(key)
    cfg.mode = "replay"
    assert play(cfg, tmp_path, show_progress=False).state == "finished"


def test_a_player_who_never_finds_the_channel_ends_the_game_as_an_error_that_says_so(tmp_path: Path) -> None:
    told = ["game=simple", "channel=numbers", "engine@buyer.engine=scripted", "n_games=1", "tracking=none"]
    cfg = compose([*told, "+buyer.engine.options.replies=[How about 12?]"])
    play(cfg, tmp_path, show_progress=False)
    (game,) = games_of(tmp_path)
    assert "the utterance is not one price alone, ACCEPT, REJECT or WALK AWAY, 3 times" in game["error"]
    assert [each["kind"] for each in game["rounds"][0]["violations"]] == ["off_channel"] * 3
