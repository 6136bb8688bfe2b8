"""A known opponent in a model's words plays as without them, whatever the model says, and the model learns no limit."""

from __future__ import annotations

import asyncio
import copy
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bargain import ConfigError, play
from bargain.agents.prompts import Prompt
from bargain.agents.wording import Wording
from bargain.channels.free_text import FREE_TEXT
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.engines.base import Scene
from bargain.records import Item, Message, Place, Reply, Turn, Usage
from bargain.runs.build import build_engines, build_prompt
from bargain.sweeps.estimate import estimate
from tests.commands import games_of, summary_of
from tests.composing import compose
from tests.negotiator import Chat
from tests.servers import Answer, Server

ITEM = Item("bicycle", "a scratch on its frame", 240, 90, cost=123.45, valuation=201.55)
TALK = (("seller", "Hello! The bicycle is $240."), ("buyer", "Would you take $90?"))
PLAYED = [
    "game=simple",
    "moderator=rules",
    "item=bicycle",
    "item.cost=123.45",
    "item.valuation=201.55",
    "tracking=none",
    "engine@seller.engine=opponent-linear",
    "engine@buyer.engine=opponent-boulware",
]
WORDED = ["engine@seller.worded_by=gpt-4o-mini", "engine@buyer.worded_by=claude-haiku-5-5"]


def kind(chat: Chat) -> str:
    """Which act the instruction of a request names."""
    for act, sign in (("accept", "it is a deal"), ("walk_away", "you are leaving"), ("reject", "you do not accept")):
        if sign in chat.messages[1][1]:
            return act
    return "offer"


def price(chat: Chat) -> str:
    """The price that a request says is to be named."""
    found = re.findall(r"\$\d[\d,]*(?:\.\d+)?", chat.messages[1][1].rpartition("\n\n")[2])
    return found[0] if found else ""


def fluent(chat: Chat) -> str:
    """A model that does as it is told."""
    return {
        "offer": f"I hear you, but I am at {price(chat)} for this one.",
        "accept": f"Sounds good. {price(chat)} it is, we have a deal.",
        "reject": "I am sorry, I cannot accept that.",
        "walk_away": "I do not think that we can agree, so I am leaving. Goodbye!",
    }[kind(chat)]


def another_price(chat: Chat) -> str:
    return "I could do $150.50." if kind(chat) == "offer" else "Fine, then $151.50."


def another_act(chat: Chat) -> str:
    return {"offer": "Deal, I accept your price!", "accept": "No, I cannot do that."}.get(kind(chat), "It is a deal.")


def empty(chat: Chat) -> str:
    return ""


def cut(chat: Chat) -> Answer:
    return Answer(f"I am at {price(chat)} and", "length")


def second_time(chat: Chat) -> str:
    """Wrong at first, and right once it is told why."""
    return fluent(chat) if len(chat.messages) > 2 else another_price(chat)


def by_turns(chat: Chat) -> str | Answer:
    return (fluent, another_price, second_time, empty, another_act, cut)[chat.call % 6](chat)


def at(server: Server, role: str, protocol: str) -> str:
    return f"{role}.worded_by.base_url={getattr(server, protocol)}"


def moves(directory: Path) -> list[Any]:
    """What was played: everything but the words, and how they came."""
    return [
        (each["outcome"], each["price"], [(t["role"], t["offer"], t["act"], t["fixed"]) for t in each["turns"]])
        for game in games_of(directory)
        for each in game["rounds"]
    ]


def kinds(directory: Path) -> set[str]:
    return {v["kind"] for game in games_of(directory) for each in game["rounds"] for v in each["violations"]}


@pytest.mark.long
@pytest.mark.parametrize("channel", ["free_text", "structured"])
def test_deals_and_prices_are_those_of_the_unworded_players_whatever_the_model_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    told = [*PLAYED, f"channel={channel}", "n_games=1"]
    play(compose(told), tmp_path / "plain", show_progress=False)
    with Server(by_turns) as server:
        cfg = compose([*told, *WORDED, at(server, "seller", "openai"), at(server, "buyer", "anthropic")])
        assert play(cfg, tmp_path / "worded", show_progress=False).state == "finished"
        sent = [call.body.decode() for call in server.calls]
        paths = {call.path for call in server.calls}
    assert moves(tmp_path / "worded") == moves(tmp_path / "plain")
    assert paths == {"/v1/chat/completions", "/v1/messages"}, "each with its own provider"
    (game,) = games_of(tmp_path / "worded")
    words = [turn["text"] for turn in game["rounds"][0]["turns"] if not turn["fixed"]]
    assert any("I hear you, but I am at" in text for text in words), "the model's words are said"
    assert any(re.match(r"My (price|offer) is", text) for text in words), "or the plain sentence"
    assert not any("$150.50" in text or "$151.50" in text for text in words)
    assert kinds(tmp_path / "worded") >= {"misworded", "unworded"}
    assert "123.45" not in "".join(sent)
    assert "201.55" not in "".join(sent), "neither limit, nor whose it is"
    assert not any(word in text for text in sent for word in ("response_format", "output_config.format"))


@pytest.mark.long
def test_every_wording_is_a_call_on_record_that_a_resume_does_not_make_again_and_a_replay_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    told = [*PLAYED, WORDED[0], "seller.worded_by.input_usd_per_million=1", "seller.worded_by.output_usd_per_million=1"]
    with Server(second_time) as server:
        told.append(at(server, "seller", "openai"))
        play(compose([*told, "n_games=1"]), tmp_path, show_progress=False)
        first = len(server.calls)
        play(compose([*told, "n_games=2"]), tmp_path, show_progress=False)
        calls = len(server.calls)
        assert 0 < first < calls == 2 * first, "the first game's words were not asked for again"
    summary = summary_of(tmp_path)
    assert set(summary["cost_usd_by_seat"]) >= {"seller_words"}
    assert summary["cost_usd"] == summary["cost_usd_by_seat"]["seller_words"] > 0
    own = [turn for turn in games_of(tmp_path)[0]["rounds"][0]["turns"] if turn["role"] == "seller"][1:]
    assert games_of(tmp_path)[0]["rounds"][0]["usage"]["seller_words"]["calls"] == first == 2 * len(own)
    played = (tmp_path / "games.jsonl").read_bytes()
    monkeypatch.delenv("OPENAI_API_KEY")
    play(compose([*told, "n_games=2", "mode=replay"]), tmp_path, show_progress=False)
    assert (tmp_path / "games.jsonl").read_bytes() == played


@pytest.mark.parametrize(
    ("model", "asked", "found"),
    [
        (another_price, 3, ["misworded"] * 3 + ["unworded"]),
        (another_act, 3, ["misworded"] * 3 + ["unworded"]),
        (empty, 3, ["unworded"]),
        (cut, 3, ["unworded"]),
        (second_time, 2, ["misworded"]),
        (fluent, 1, []),
    ],
)
@pytest.mark.parametrize("act", ["offer", "accept", "reject", "walk_away"])
def test_words_that_say_something_else_are_asked_for_again_with_the_reason_and_then_given_up(
    act: str, model: Any, asked: int, found: list[str]
) -> None:
    plain = {
        "offer": "My price is $184.20.",
        "accept": "Deal. I accept $90.",
        "reject": "No, I do not accept that.",
        "walk_away": "We cannot agree. I am leaving. Goodbye.",
    }[act]
    said, sent, refused = put(plain, model)
    assert [kind for kind, _ in refused] == found
    assert len(sent) == asked
    assert said == plain if "unworded" in found else said != plain
    assert all(len(messages) == (4 if "misworded" in found else 2) for messages in sent[1:])
    if sent[1:] and "misworded" in found:
        assert sent[1][-1].text.startswith("Your words ")


@functools.cache
def prompt() -> Prompt:
    return build_prompt(compose([]).prompt.words, "words")


def put(
    plain: str, model: Any, talk: Sequence[tuple[str, str]] = TALK, engine: str = "opponent"
) -> tuple[str, list[Any], list[Any]]:
    """What is said of a plain sentence as the seller's next, the requests that were made, and what was refused."""
    sent: list[tuple[Message, ...]] = []
    refused: list[tuple[str, str]] = []

    async def ask(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
        if place.role == "seller":
            return Reply(plain, Usage(), engine)
        assert (place.role, place.again, scene.shape) == ("seller_words", len(sent), None)
        sent.append(tuple(messages))
        answer = model(Chat("chat", "m", tuple((each.role, each.text) for each in messages), len(sent)))
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        return Reply(answer.text or "", Usage(), "m", finish="length" if answer.finish == "length" else "stop")

    reader = FREE_TEXT.reader(240, "$")
    acts = [(role, text, reader.add(role, text)) for role, text in talk]
    turns = tuple(Turn(role, text, act.offer, act.kind) for role, text, act in acts)  # type: ignore[arg-type]
    wording = Wording("seller", prompt(), ITEM, max_exchanges=10, max_asks=3, persona="You are warm. {cost}")
    over = wording.over(ask, lambda kind, words: refused.append((kind, words)))
    said = asyncio.run(over(Place(0, "", 1, 3, "seller"), (), Scene("speak", "seller", ITEM, turns)))
    return said.text, sent, refused


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("That is too low for me. My offer is $184.20, and that is fair for this bicycle.", ""),
        ("How about $184.20?", ""),
        ("Let us say $184.", "name $184, which"),
        ("I would take $184.20, or $180 in cash.", "name $180, which"),
        ("It is from 2019. My offer is $184.20.", "name $2,019, which"),
        ("Fine, deal at $184.20.", "not plainly an offer"),
        ("I cannot go that low.", "understood as a refusal, not as an offer"),
        ("My offer is $184.20. " * 2000, "too long"),
    ],
)
def test_words_stand_if_the_rules_read_the_act_and_the_price_in_them_and_no_other(words: str, why: str) -> None:
    said, sent, refused = put("My price is $184.20.", lambda chat: words)
    assert (said == words) == (why == "") == (not refused)
    assert why in sent[-1][-1].text
    assert "a scratch on its frame" in sent[0][0].text, "what everybody may know is told"
    assert sent[0][0].text.endswith("a name in front."), "a line of a persona that holds a limit is left out"


def test_what_a_branch_has_a_player_say_is_said_as_it_stands() -> None:
    assert put("My price is $184.20.", fluent, engine="say") == ("My price is $184.20.", [], [])


def test_thanks_after_the_deal_are_not_worded() -> None:
    said, sent, refused = put("Thank you.", fluent, (*TALK, ("seller", "$120."), ("buyer", "Deal, I accept $120.")))
    assert (said, sent, refused) == ("Thank you.", [], [])


@pytest.mark.long
def test_where_there_are_no_words_nobody_is_asked_for_any(tmp_path: Path) -> None:
    told = [*PLAYED, "channel=numbers", "n_games=1"]
    cfg = compose([*told, *WORDED])  # no key is set
    assert set(build_engines(cfg)) == {"seller", "buyer"}
    assert estimate(cfg).cost_usd == 0
    assert (estimate(compose([*PLAYED, *WORDED])).cost_usd or 0) > 0
    play(cfg, tmp_path / "worded", show_progress=False)
    play(compose(told), tmp_path / "plain", show_progress=False)
    assert games_of(tmp_path / "worded") == games_of(tmp_path / "plain")


@pytest.mark.long
@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("engine@seller.engine=gpt-4o", "seller.worded_by: gpt-4o finds its own words"),
        ("engine@seller.worded_by=opponent-linear", "seller.worded_by: opponent-linear words nothing for others"),
        ("engine@seller.worded_by=human", "seller.worded_by: human words nothing for others"),
        ("seller.worded_by=gpt-4o", "an engine is chosen with engine@seller.worded_by=gpt-4o"),
        ("~prompt.words.texts.again", "has no text 'again'"),
    ],
)
def test_what_cannot_be_worded_is_refused_in_one_line(override: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        play([*PLAYED, *WORDED, override], tmp_path, show_progress=False)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_who_words_them_is_part_of_the_run_and_its_prompt_only_where_somebody_does() -> None:
    plain, worded = (plain_of(compose(told)) for told in (PLAYED, [*PLAYED, *WORDED]))

    def changed(config: dict[str, Any], role: str, key: str, value: Any) -> str:
        other = copy.deepcopy(config)
        other["prompt" if role == "words" else role][role if role == "words" else "worded_by"][key] = value
        return identity(other)

    assert identity(plain) != identity(worded)
    assert plain_of(compose([*PLAYED, "engine@seller.worded_by=none"])) == plain, (
        "none is a value that a sweep can name"
    )
    assert changed(plain, "words", "system", "Speak.") == identity(plain)
    assert changed(worded, "words", "system", "Speak.") != identity(worded)
    assert changed(worded, "seller", "model", "gpt-5") != identity(worded)
    assert changed(worded, "seller", "requests_per_minute", 60) == identity(worded)
    of_before = copy.deepcopy(plain)
    for role in ("seller", "buyer"):
        del of_before[role]["worded_by"]
    del of_before["prompt"]["words"]
    assert identity(of_before) == identity(plain), "runs of before are those that they were"
