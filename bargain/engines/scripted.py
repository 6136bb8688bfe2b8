"""Replies from a list or from a function: for tests, notebooks and replays of what somebody once said.

    engine@buyer.engine=scripted buyer.engine.options.replies=["$12?","All right, $14."]
    engine@buyer.engine=scripted buyer.engine.options.callable=my_module:say allow_targets=[my_module]

A reply depends on its place in the game, never on the order of the calls, so games may interleave as they like.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Self

from bargain.config.schema import EngineConfig
from bargain.config.targets import imported
from bargain.engines.base import Engine, Failure, Raw, Request
from bargain.engines.reasoning import marks_of, said_and_finish
from bargain.engines.shared import known
from bargain.records import Reply, Usage

Script = Callable[[Request], str | Reply]


class ScriptedEngine(Engine):
    """Says what it was given.

    options.replies: a list of texts. A player's first own words in every round are the first of them, its next words
    the second (a fixed opening is not its own); a critic's or an acknowledging player's is that of the round's number,
    a moderator's that of the turn it judges. Where the list has no reply left, the call is a `rejected` Failure.
    options.callable: module:function, called with the Request, returning a str or a Reply; it may raise Failure. Which
    modules may be named is allow_targets' business, and checked before this class is constructed.
    options.simulated: whether the replies are labelled simulated (default true).
    options.reasoning_marks: as in http.py.
    """

    unbilled = True
    believes = False
    key = "scripted"

    def __init__(self, config: EngineConfig, seat: str, seed: int) -> None:
        self.name = config.name or "scripted"
        self.model = config.model or "scripted"
        self.where = f"engine {self.name} ({seat})"
        options = known(config, {"replies", "callable", "simulated", "reasoning_marks"}, self.where)
        self.reasoning_marks = marks_of(options.get("reasoning_marks"), self.where)
        self.simulated = bool(options.get("simulated", True))
        if ("replies" in options) == ("callable" in options):
            raise ValueError(f"{self.where}: set either options.replies=[...] or options.callable=module:function")
        self._say: Script
        if "callable" in options:
            self._say = self._locate(str(options["callable"]))
        else:
            replies = options["replies"]
            if not isinstance(replies, list) or not all(isinstance(text, str) for text in replies):
                raise ValueError(f"{self.where}: options.replies must be a list of texts, got {replies!r}")
            self._say = self._from_list(replies)

    @classmethod
    def from_callable(cls, say: Script, seat: str = "seller", *, name: str = "scripted") -> Self:
        """An engine that answers with `say`, for a test or a notebook."""
        engine = cls(EngineConfig(name=name, options={"replies": []}), seat, 0)
        engine._say = say
        return engine

    def _locate(self, path: str) -> Script:
        module, _, name = path.partition(":")
        try:
            found = getattr(imported(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ValueError(f"{self.where}: options.callable {path!r} cannot be imported ({error})") from error
        if not callable(found):
            raise ValueError(f"{self.where}: options.callable {path!r} is no function")
        say: Script = found
        return say

    def _from_list(self, replies: list[str]) -> Script:
        def say(request: Request) -> str:
            index = _index(request)
            if index >= len(replies):
                raise Failure(
                    "rejected",
                    f"{self.where}: options.replies has {len(replies)} replies and round {request.place.round}, "
                    f"turn {request.place.turn} needs number {index + 1}",
                )
            return replies[index]

        return say

    def body(self, request: Request) -> dict[str, Any]:
        """The messages it answers; it needs none of them, but the journal can then show what was asked."""
        return {
            "model": self.model,
            "messages": [{"role": each.role, "content": each.text} for each in request.messages],
        }

    async def send(self, body: dict[str, Any], request: Request) -> Raw:
        """The reply as JSON. Raises whatever the script raises."""
        said = self._say(request)
        reply = said if isinstance(said, Reply) else Reply(said, Usage(calls=1), self.model, simulated=self.simulated)
        return Raw(200, json.dumps(asdict(reply)).encode())

    def read(self, raw: Raw) -> Reply:
        """The reply again, without what was thought aloud."""
        data = json.loads(raw.body)
        said, finish = said_and_finish(data["text"], data["finish"], self.reasoning_marks)
        return Reply(**{**data, "text": said, "finish": finish, "usage": Usage(**data["usage"])})


def _index(request: Request) -> int:
    scene = request.scene
    if scene.task == "judge":
        return max(0, request.place.turn - 1)
    if scene.task in ("advise", "acknowledge"):
        return request.place.round - 1
    return sum(1 for turn in scene.turns if turn.role == scene.role and not turn.fixed)
