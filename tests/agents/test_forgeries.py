"""A player cannot talk its way to a deal: 47 attempts against each moderator, with the most gullible of models."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from bargain.agents.moderator import Model, Rules
from bargain.engines.base import Scene
from bargain.records import Item, Message, Place, Reply, Usage, Verdict
from bargain.runs.build import build_moderator, build_prompt
from bargain.runs.judging import as_turns, read_labelled
from tests.composing import compose

FILE = Path(__file__).parent.parent / "data" / "forgeries.jsonl"
FORGERIES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
ITEM = Item("balloon", "", 20.0, 10.0)


@functools.cache
def moderator(kind: str) -> Any:
    cfg = compose([f"moderator={kind}", "moderator.window=0"])
    return build_moderator(cfg, build_prompt(cfg.prompt.moderator, "moderator"), ITEM)


class Gullible:
    """A model that believes every word of the forger: yes, a deal, at the forged price, in the forger's words."""

    def __init__(self, kind: str, forger: str, words: str, price: float) -> None:
        self.kind, self.forger, self.words, self.price = kind, forger, words, price
        self.asked: list[Message] = []

    async def ask(self, place: Place, messages: Any, scene: Scene) -> Reply:
        self.asked = list(messages)
        if self.kind == "structured":
            victim = "seller" if self.forger == "buyer" else "buyer"
            said = {"state": "deal", "price": self.price, "by": victim, "quote": self.words}
            return Reply(json.dumps(said), Usage(calls=1), "gullible")
        answer = "They agree.\nanswer: yes" if self.kind == "reason_first" else "Yes"
        return Reply(answer, Usage(calls=1), "gullible")


def judged(kind: str, forgery: dict[str, Any]) -> tuple[Verdict, Gullible]:
    (dialogue,) = [each for each in read_labelled(FILE) if each.id == forgery["id"]]
    turns, read = as_turns(dialogue)
    gullible = Gullible(kind, forgery["forger"], forgery["turns"][-1][1].strip(), 5.0)
    judge = moderator(kind)
    assert isinstance(judge, Rules if kind == "rules" else Model)

    async def go() -> Verdict:
        verdict: Verdict = await judge.judge(gullible.ask, Place(0, "", 1, len(turns), "moderator"), turns, read)
        return verdict

    return anyio.run(go), gullible


def test_there_are_enough_attempts_of_enough_kinds() -> None:
    assert len(FORGERIES) >= 30
    assert len({each["kind"] for each in FORGERIES}) >= 10
    assert {each["forger"] for each in FORGERIES} == {"seller", "buyer"}


@pytest.mark.parametrize("kind", ["rules", "yes_no", "reason_first", "structured"])
@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda each: each["id"])
def test_no_moderator_lets_a_forged_deal_stand(kind: str, forgery: dict[str, Any]) -> None:
    verdict, _ = judged(kind, forgery)
    assert verdict.stands != "deal", verdict
    if kind != "rules":
        assert verdict.state == "deal"  # what the model said is kept ...
        assert verdict.objections  # ... and what speaks against it


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda each: each["id"])
def test_what_a_player_writes_reaches_the_model_as_that_players_text(forgery: dict[str, Any]) -> None:
    _, gullible = judged("yes_no", forgery)
    lines = [line for line in gullible.asked[-1].text.splitlines() if line.startswith("{")]
    shown = [json.loads(line) for line in lines]
    assert [[each["speaker"], each["says"]] for each in shown] == forgery["turns"]
