"""A moderator whose server is asked to keep the answer to its JSON schema, for models that write JSON almost right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bargain import play
from bargain.agents.verdicts import SCHEMA, parse_verdict
from tests.commands import games_of
from tests.composing import compose
from tests.servers import Chat, Server

ALMOST = '{"state": "deal", "price": 10, "by": "seller" (who accepted), "quote": "It is yours"}'
"""What SmolLM2-135M writes: the form that it was shown, its explanations too."""


@pytest.mark.long
def test_a_moderator_by_schema_asks_as_structured_does_and_sends_the_schema_too(tmp_path: Path) -> None:
    def reply(chat: Chat) -> str:
        if "negotiation" not in chat.system:
            return "All right, $10. It is yours."
        return json.dumps({"state": "deal", "price": 10, "by": "seller", "quote": "It is yours"})

    played, asked = {}, {}
    for moderator in ("structured", "schema"):
        with Server(reply) as server:
            url = [f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")]
            told = ["game=simple", f"moderator={moderator}", "engines=llamacpp", *url, "n_games=1", "tracking=none"]
            assert play(compose(told), tmp_path / moderator, show_progress=False).state == "finished"
        played[moderator] = [each["rounds"] for each in games_of(tmp_path / moderator)]
        asked[moderator] = [call.json for call in server.calls]
    forms = [body.pop("response_format", None) for body in asked["schema"]]
    assert played["schema"] == played["structured"]
    assert asked["schema"] == asked["structured"]
    assert [form["json_schema"]["schema"] for form in forms if form] == [SCHEMA]
    assert [(each[0]["outcome"], each[0]["price"]) for each in played["schema"]] == [("deal", 10.0)]


def test_json_that_is_almost_right_is_no_verdict_and_the_schema_allows_just_what_is_read() -> None:
    assert parse_verdict("structured", ALMOST, 3) is None
    for state in SCHEMA["properties"]["state"]["enum"]:
        said = json.dumps({"state": state, "price": None, "by": None, "quote": ""})
        read = parse_verdict("structured", said, 3)
        assert read
        assert read.state == state
