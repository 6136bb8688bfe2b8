"""Engines without a server: replies from a script, and a person at the terminal (a real process with a real stdin)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import replace
from typing import Any

import pytest

from bargain.engines.base import Failure, Scene
from bargain.engines.human import HumanEngine
from bargain.engines.scripted import ScriptedEngine
from bargain.records import Reply, Turn, Usage
from tests.asking import ITEM, TURNS, ask, config, request
from tests.commands import PATIENCE_S


def scene(*texts: str, **fields: Any) -> Scene:
    """A seller's scene after the two openings and these further words, the seller's first."""
    said = tuple(Turn("seller" if number % 2 == 0 else "buyer", text) for number, text in enumerate(texts))
    return replace(Scene("speak", "seller", ITEM, (*TURNS, *said)), **fields)


def test_scripted_replies_go_by_place_and_not_by_order() -> None:
    engine = ScriptedEngine(config(options={"replies": ["$18.", "$16."]}), "seller", 0)
    second = request(scene=scene("$18.", "$11."))
    assert ask(engine, second).text == "$16."
    first = ask(engine)
    assert (first.text, first.simulated, ask(engine).text) == ("$18.", True, "$18.")
    with pytest.raises(Failure, match=r"has 2 replies and round 1, turn 7 needs number 3") as caught:
        ask(engine, request(scene=scene("$18.", "$11.", "$16.", "$12."), turn=7))
    assert caught.value.kind == "rejected"


def test_scripted_critics_go_by_round_and_moderators_by_turn() -> None:
    engine = ScriptedEngine(config(options={"replies": ["one", "two", "three"]}), "seller_critic", 0)
    assert ask(engine, request(scene=scene(task="advise"), round=2)).text == "two"
    assert ask(engine, request(scene=scene(task="judge"), turn=3)).text == "three"


def test_a_scripted_callable_hears_the_request() -> None:
    engine = ScriptedEngine.from_callable(lambda asked: f"You said: {asked.messages[-1].text}")
    assert ask(engine).text == "You said: Would you take $10?"
    whole = Reply("No.", Usage(5, 1, calls=1), "mine", "length")
    assert ask(ScriptedEngine.from_callable(lambda asked: whole)) == whole
    named = ScriptedEngine(
        config(options={"callable": "tests.engines.test_other_engines:last_words", "simulated": False}), "buyer", 0
    )
    assert ask(named) == Reply("WOULD YOU TAKE $10?", Usage(calls=1), "m-1")


def last_words(asked: Any) -> str:
    return str(asked.messages[-1].text.upper())


PERSON = """
    import asyncio
    from dataclasses import replace
    from bargain.engines.base import Failure
    from bargain.engines.human import HumanEngine
    from bargain.records import Turn
    from tests.asking import config, request
    from tests.engines.test_other_engines import scene

    async def play():
        engine = HumanEngine(config(model="", api_key_env=None), "seller", 0)
        later = request(scene=scene("$18.", "My \\x1b[2J\\u202e last: $12."), turn=5)
        asked = [request(), later, request(scene=scene(task="judge", role="moderator", answer="yes_no"))]
        said = await asyncio.gather(*(engine.send(engine.body(each), each) for each in asked))
        print("SAID", [engine.read(each).text for each in said])
        try:
            await engine.send(engine.body(later), later)
        except Failure as failure:
            print("FAILED", failure.kind, failure)

    asyncio.run(play())
"""


def test_a_person_sees_what_is_new_and_answers_in_lines() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PERSON)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as person:
        shown, _ = person.communicate("I could do $19.\n\n  \n$17, \x1b[Alast word.\nNo", timeout=PATIENCE_S)
    assert "SAID ['I could do $19.', '$17, [Alast word.', 'No']" in shown
    first, second, third = shown.split("--- game 3, round 1 ---")[1:4]
    assert "It cost you $8: your secret." in first
    assert "buyer: Would you take $10?" in first
    assert "seller> " in first
    assert "secret" not in second
    assert "$10" not in second
    assert "buyer: My [2J last: $12." in second
    assert "secret" not in third
    assert "Have they reached a deal? Answer Yes or No." in third
    assert "\x1b" not in shown
    assert "FAILED fatal engine test (seller): nobody is there to answer (end of input)" in shown


@pytest.mark.parametrize(
    ("currency", "cost", "says"),
    [
        ("$", 8, "$8"),
        ("EUR", 14.5, "14.50 EUR"),
        ("€", 1200, "€1200"),
    ],
)
def test_a_person_sees_a_currency_of_letters_behind_its_price_and_no_thousands_apart(
    currency: str, cost: float, says: str
) -> None:
    item = replace(ITEM, currency=currency, cost=cost)
    engine = HumanEngine(config(model="", api_key_env=None), "seller", 0)
    shown = engine.body(request(scene=Scene("speak", "seller", item, ())))["shown"]
    assert f"It cost you {says}: your secret." in shown


def test_a_person_sees_no_control_characters_and_the_lines_of_a_text() -> None:
    engine = HumanEngine(config(model="", api_key_env=None), "seller", 0)
    shown = engine.body(request(scene=scene("$18.", "No.\x1b[2J\u202e\r\n\tMine:\x07 $12.")))["shown"]
    assert "  buyer: No.[2J\n     Mine: $12.\n" in shown


def test_waiting_for_a_person_can_be_given_up_at_once() -> None:
    program = PERSON.replace("asyncio.run(play())", "asyncio.run(asyncio.wait_for(play(), 0.3))")
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as person:
        assert person.stderr is not None
        assert person.wait(timeout=PATIENCE_S) == 1  # though its input is still open
        assert "TimeoutError" in person.stderr.read()
