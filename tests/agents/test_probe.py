"""Beliefs asked off the record: the games are those without, byte for byte; nothing is heard, nothing paid twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bargain
from bargain import ConfigError, play
from bargain.agents.probe import read_belief
from bargain.config.compose import plain_of
from bargain.config.identity import identity
from bargain.main import run
from bargain.runs.runner import RunSummary
from bargain.sweeps.estimate import estimate
from tests.commands import summary_of
from tests.composing import compose
from tests.negotiator import Chat, haggle
from tests.servers import Answer, Call, Fault, Server

BASE = ("game=criticize_seller", "game.n_rounds=2", "feedback=constant", "feedback.text=Aim higher.", "n_games=2",
        "moderator=rules", "tracking=none", "item.valuation=16")  # fmt: skip
ASIDE = "Off the record"


def paid(server: Server, *more: str) -> list[str]:
    """A run whose players ask a server on loopback."""
    return [
        *BASE,
        *(f"engine@{seat}.engine=gpt-4o-mini" for seat in ("seller", "buyer")),
        *(f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")),
        *more,
    ]


def is_aside(chat: Chat) -> bool:
    """Whether a player is asked off the record, perhaps once more."""
    return any(ASIDE in text for _, text in chat.messages)


def answers(chat: Chat) -> str | Answer:
    """The game goes on as it does. Beside it the seller says $14, 80%, the buyer $8.50, 60%, and some say no number
    once, or twice, or are refused by a filter."""
    if not is_aside(chat):
        return haggle(chat)
    question, length = chat.messages[-1][1], len(chat.messages)
    if "Still off the record" in question:
        return {6: "Hard to say.", 16: Answer("I cannot.", "content_filter")}.get(length, "LIMIT: 9, CONFIDENCE: 50%")
    if "highest price that the buyer" in question:
        return Answer("I cannot.", "content_filter") if length == 14 else "LIMIT: 14, CONFIDENCE: 80%"
    return "Hard to say." if length in (4, 8) else "Well. Limit: $8.50; confidence: 0.6"


def refuses(call: Call) -> Fault | None:
    """One question beside the game never works."""
    bad = is_aside(call.chat) and len(call.chat.messages) == 18
    return Fault(400, body=b'{"error": {"message": "no such question"}}') if bad else None


def beliefs_of(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "probes.jsonl").read_text(encoding="utf-8").splitlines()]


def played(config: list[str], directory: Path) -> RunSummary:
    return play(compose(config), directory, show_progress=False)


@pytest.mark.long
def test_the_games_are_byte_for_byte_the_same_with_and_without_probes_and_their_cost_is_counted_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    with Server(answers, fault=refuses) as server:
        plain = played(paid(server), tmp_path / "plain")
        of_games = server.count
        probed = played(paid(server, "probe=limit"), tmp_path / "probed")
        in_all = server.count
        asides = [call for call in server.calls[of_games:] if is_aside(call.chat)]
        assert (probed.directory / "games.jsonl").read_bytes() == (plain.directory / "games.jsonl").read_bytes()
        assert not (plain.directory / "probes.jsonl").exists()
        sent = sorted(call.body for call in server.calls[of_games:] if not is_aside(call.chat))
        assert sent == sorted(call.body for call in server.calls[:of_games])  # nobody hears what was asked or said
        assert all(probed.data[name] == plain.data[name] for name in ("tokens", "rounds"))
        assert probed.data["cost_usd"] == pytest.approx(plain.data["cost_usd"])
        beliefs = beliefs_of(probed.directory)
        problems = {each["problem"].partition(" by the model")[0] for each in beliefs if each["limit"] is None}
        (failed,) = problems - {"names no limit", "was refused"}
        assert "no such question" in failed
        assert {each["limit"] for each in beliefs} == {None, 14, 8.5, 9}
        told = probed.data["probes"]
        assert told["asked"] == len(beliefs)
        assert told["unusable"] == sum(each["limit"] is None for each in beliefs) > 0
        assert len(asides) == told["calls"] + sum(each["problem"] == failed for each in beliefs)
        assert told["cost_usd"] > 0
        said = (probed.directory / "probes.jsonl").read_bytes()
        for mode in ("replay", "live"):  # a replay proves the beliefs too; what was refused is not asked again
            (probed.directory / "summary.json").unlink()
            assert run([f"resume={probed.directory}", f"mode={mode}"]) == 0
            assert server.count == in_all
        assert (probed.directory / "probes.jsonl").read_bytes() == said
        (probed.directory / "probes.jsonl").write_bytes(said.replace(b"8.5", b"9.5", 1))
        assert run([f"resume={probed.directory}", "mode=replay"]) == 1
        assert summary_of(probed.directory)["state"] == "finished"


@pytest.mark.long
def test_a_cap_holds_for_probes_too_and_a_paused_run_goes_on_without_asking_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    with Server(answers) as server:
        whole = played(paid(server, "probe=limit", "probe.after=[3,4]"), tmp_path / "whole")
        once, spent = server.count, whole.data["cost_usd"] + whole.data["probes"]["cost_usd"]
        config = paid(server, "probe=limit", "probe.after=[3,4]", "limits.max_concurrent_games=2")
        paused = played([*config, f"limits.max_cost_usd={spent * 0.8:.8f}"], tmp_path / "paused")
        assert paused.data["ended"] == "budget"
        assert paused.data["cost_usd"] + paused.data["probes"]["cost_usd"] <= spent * 0.8
        assert run([f"resume={paused.directory}", "limits.max_cost_usd=1"]) == 0
        assert server.count == 2 * once
        for name in ("games.jsonl", "probes.jsonl"):
            assert (paused.directory / name).read_bytes() == (whole.directory / name).read_bytes(), name


def test_a_player_is_asked_with_its_own_memory_in_each_arm_after_the_chosen_turns(tmp_path: Path) -> None:
    config = ["game=seller_compare_feedback", "n_games=3", "game.n_rounds=2", "moderator=rules", "tracking=none",
              "scenario=drawn"]  # fmt: skip
    probed = played([*config, "probe=limit", "probe.after=[2,5]", "probe.who=[buyer]"], tmp_path / "probed")
    plain = played(config, tmp_path / "plain")
    games = (probed.directory / "games.jsonl").read_bytes()
    assert games == (plain.directory / "games.jsonl").read_bytes()
    wanted = [
        (game["game"], each["arm"], each["round"], turn, "buyer", each["terms"]["cost"])
        for game in map(json.loads, games.splitlines())
        for each in sorted(game["rounds"], key=lambda each: (each["round"], each["arm"]))
        for turn in (2, 5)
        if turn <= len(each["turns"])
    ]
    beliefs = beliefs_of(probed.directory)
    names = ("game", "arm", "round", "turn", "role", "true")
    assert [tuple(each[name] for name in names) for each in beliefs] == wanted
    assert {arm for _, arm, *_ in wanted} == {"", "ai", "constant", "human", "none"}
    prompts = {(each["round"], each["turn"]): each["usage"]["input_tokens"] for each in beliefs}
    assert prompts[1, 5] > prompts[1, 2]


def test_of_a_rival_without_a_limit_the_belief_is_kept_and_the_truth_is_blank(tmp_path: Path) -> None:
    config = ["game=simple", "n_games=1", "moderator=rules", "tracking=none", "probe=limit", "probe.after=[2]"]
    buyer, seller = beliefs_of(played(config, tmp_path / "run").directory)
    assert (buyer["role"], buyer["true"], seller["role"], seller["true"]) == ("buyer", 8, "seller", None)
    assert seller["limit"] > 0
    assert seller["problem"] == ""


REFUSED = {
    "engine@buyer.engine=opponent-linear": "the buyer's engine opponent-linear is a script, a function or a person",
    "engine@buyer.engine=human": "choose probe=limit probe.who=[seller]",
    "engine@seller.engine=scripted +seller.engine.options.replies=[a] probe.who=[seller]": "choose probe=none",
    "probe.after=[0]": "probe.after must be every or a list of turns from 1",
    "probe.after=sometimes": "probe.after must be every or a list of turns from 1",
    "probe.who=[critic]": "probe.who must name seller, buyer or both once",
    "probe.within=0": "probe.within must be",
    "probe.texts.again=''": "probe.texts.again is missing",
    "second_issue=delivery item=bicycle channel=structured": "with a second issue no one price is a limit",
    "item.buyer_opening=null game.buyer_opens=free": "set both",
}


@pytest.mark.long
@pytest.mark.parametrize("overrides", REFUSED)
def test_what_cannot_be_asked_is_refused_in_one_line_before_any_call(overrides: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compose(["game=simple", "moderator=rules", "probe=limit", *overrides.split()])
    assert REFUSED[overrides] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_function_of_a_python_session_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the seller's engine python is a script, a function or a person"):
        bargain.play(
            ["game=simple", "moderator=rules", "probe=limit"], tmp_path / "run", seller=lambda turns, me: "$15?"
        )


def test_a_question_with_an_unknown_placeholder_is_refused_before_any_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"probe.texts.seller: unknown placeholder \{rival\}"):
        played([*BASE, "probe=limit", "probe.texts.seller='What does {rival} want?'"], tmp_path / "run")
    assert not (tmp_path / "run").exists()


READ = {
    "LIMIT: 17, CONFIDENCE: 60%": (17.0, 0.6),
    "**Limit:** $1,450.50\n**Confidence:** 55 percent": (1450.5, 0.55),
    "limit: 9 USD; confidence: 0.25": (9.0, 0.25),
    "The line is LIMIT: <number>, CONFIDENCE: <number>%. So LIMIT: 12, CONFIDENCE: 100%": (12.0, 1.0),
    "LIMIT: 12, CONFIDENCE: 1%": (12.0, 0.01),
    "LIMIT: 14-16, CONFIDENCE: 70%": "names no limit",
    "LIMIT: between $14 and $16, CONFIDENCE: 70%": "names no limit",
    "limit: 1.5k, confidence: 70%": "names no limit",
    "About $15, and I am 60% sure.": "names no limit",
    "LIMIT: $15. I am rather sure.": "names no confidence",
    "LIMIT: 15, CONFIDENCE: 170%": "names a confidence above 100%",
    "": "names no limit",
}


@pytest.mark.parametrize("text", READ)
def test_an_answer_is_read_where_it_names_one_price_and_one_confidence(text: str) -> None:
    assert read_belief(text) == READ[text]


def test_a_run_without_probes_is_the_run_that_it_was_before_there_were_any_and_one_with_probes_another() -> None:
    plain = plain_of(compose(["game=simple"]))
    before = {name: value for name, value in plain.items() if name != "probe"}
    assert identity(plain) == identity(before)
    assert identity(plain_of(compose(["game=simple", "probe=limit"]))) != identity(plain)


def test_an_estimate_counts_the_questions() -> None:
    config = ["game=simple", "n_games=10", "moderator=rules", "engines=gpt-4o"]
    plain, probed = (estimate(compose([*config, *more])) for more in ([], ["probe=limit", "probe.after=[2,4,99]"]))
    assert probed.expected["seller_probe"].calls == probed.expected["buyer_probe"].calls == 20
    assert probed.worst["seller_probe"].calls == 2 * 20
    assert (probed.cost_usd or 0) > (plain.cost_usd or 0) > 0
