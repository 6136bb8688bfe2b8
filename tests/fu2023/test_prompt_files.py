"""The prompt files of GPT-Bargaining can be played with: prompt/seller=file prompt.seller.path=.../seller.txt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bargain import play
from bargain.errors import ConfigError
from tests.commands import games_of
from tests.composing import compose
from tests.negotiator import Chat
from tests.servers import Server

SELLER = """==== SYSTEM ====
You are the seller in a game.
==== USER ====
You own a balloon that cost you $COST_PRICE and you ask $SELLER_INIT_PRICE first. Ready?
==== ASSISTANT ====
I am ready.
==== USER ====
What does the balloon cost?
==== ASSISTANT ====
A fine ITEM_NAME for $SELLER_INIT_PRICE"""
BUYER = """==== SYSTEM ====
You are the buyer in a game.
==== USER ====
Buy the balloon cheaply. Begin.
==== ASSISTANT ====
What does it cost?
==== USER ====
A fine balloon for $SELLER_INIT_PRICE
==== ASSISTANT ====
Would $BUYER_INIT_PRICE do?"""
MODERATOR = """==== SYSTEM ====
You watch a game.
==== USER ====
Say whether there is a deal, as here:

seller: $15 is the least.
buyer: Hm.
answer: The buyer has not agreed. The answer is No."""
CRITIC = """==== SYSTEM ====
You are a coach.
==== USER ====
Read the talk and advise the seller."""
FEEDBACK = """==== USER ====
The coach says:

SELLER_CRITIC_FEEDBACK

Now sell the ITEM_NAME for more than $PREVIOUS_PRICE.
==== ASSISTANT ====
I will ask for more than $PREVIOUS_PRICE.
==== USER ====
What does the %s cost?
==== ASSISTANT ====
A fine ITEM_NAME for $SELLER_INIT_PRICE"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "lib_prompt"
    folder.mkdir()
    texts = {"seller": SELLER, "buyer": BUYER, "moderator": MODERATOR, "critic": CRITIC, "feedback": FEEDBACK}
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def choices(folder: Path) -> list[str]:
    roles = [f"prompt/{role}=file" for role in ("seller", "buyer", "critic", "moderator")]
    paths = [f"prompt.{role}.path={folder / f'{role}.txt'}" for role in ("seller", "buyer", "critic", "moderator")]
    return [*roles, *paths, f"prompt.seller.feedback_path={folder / 'feedback.txt'}", "moderator=reason_first"]


def replies(chat: Chat) -> str:
    system, last = chat.messages[0][1], chat.messages[-1][1]
    if "watch" in system:
        agreed = "I take it" in last.rpartition("seller: ")[2]
        return f"They have {'' if agreed else 'not '}agreed. The answer is {'Yes' if agreed else 'No'}."
    if "coach" in system:
        return "Stay firm."
    return "I can do $16." if "seller" in system else "I take it."


def test_the_files_are_played_word_for_word_on_a_real_server(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with Server(replies) as server:
        seats = [f"engine@{seat}.engine=gpt-3.5-turbo" for seat in ("seller", "buyer")]
        urls = [f"{seat}.engine.base_url={server.openai}" for seat in ("seller", "buyer")]
        words = ["game=criticize_seller", "game.n_rounds=2", "n_games=1", "tracking=none", "moderator.start=no_number"]
        cfg = compose([*words, *seats, *urls, *choices(files)])
        assert play(cfg, tmp_path / "run", show_progress=False).state == "finished"
        chats = [call.chat.messages for call in server.calls]
    seller, buyer = chats[0], chats[1]
    assert seller == (
        ("system", "You are the seller in a game."),
        ("user", "You own a balloon that cost you $8 and you ask $20 first. Ready?"),
        ("assistant", "I am ready."),
        ("user", "What does the balloon cost?"),
        ("assistant", "A fine balloon for $20"),
        ("user", "Would $10 do?"),
    )
    assert buyer[:5] == (
        ("system", "You are the buyer in a game."),
        ("user", "Buy the balloon cheaply. Begin."),
        ("assistant", "What does it cost?"),
        ("user", "A fine balloon for $20"),
        ("assistant", "Would $10 do?"),
    )
    moderator = next(chat for chat in chats if chat[0][1] == "You watch a game.")
    assert moderator[1][1].startswith("Say whether there is a deal, as here:")
    assert "seller: I can do $16.\nbuyer: I take it.\nquestion:" in moderator[1][1]
    second = next(chat for chat in chats if any("The coach says:" in text for _, text in chat))
    told = next(text for _, text in second if "The coach says:" in text)
    assert "The coach says:\n\nStay firm.\n\nNow sell the balloon for more than $16." in told
    assert ("assistant", "I will ask for more than $16.") in second
    (game,) = games_of(tmp_path / "run")
    assert [played["price"] for played in game["rounds"]] == [16, 16]


def test_all_four_files_play_on_the_embedded_negotiators(files: Path, tmp_path: Path) -> None:
    cfg = compose(["n_games=3", "tracking=none", *choices(files)])
    assert play(cfg, tmp_path / "run", show_progress=False).state == "finished"
    assert games_of(tmp_path / "run")[0]["rounds"][0]["turns"][0]["text"] == "A fine balloon for $20"


def test_a_changed_file_is_a_changed_config(files: Path) -> None:
    before = compose(["game=simple", *choices(files)])
    (files / "seller.txt").write_text(SELLER.replace("Ready?", "Are you?"), encoding="utf-8")
    after = compose(["game=simple", *choices(files)])
    assert json.dumps(str(before.prompt.seller)) != json.dumps(str(after.prompt.seller))


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"seller.txt:1: no ==== SYSTEM ===="),
        ("==== SYSTEM ====\nHi.\n==== CRITIC ====\nHo.", r"seller.txt:3: a block is SYSTEM, USER or ASSISTANT"),
        (SELLER.replace("$COST_PRICE", "$COST_OF_ALL"), r"seller.txt:4: unknown placeholder COST_OF_ALL"),
        ("==== USER ====\nHi.", r"seller.txt:1: a prompt file begins with ==== SYSTEM ===="),
        (SELLER.rpartition("==== ASSISTANT")[0], r"seller.txt:7: a seller's file ends with"),
        (SELLER.replace("I am ready.", " "), r"seller.txt:5: the ASSISTANT block is empty"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(files: Path, text: str, message: str) -> None:
    (files / "seller.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        compose(["game=simple", *choices(files)])


def test_a_missing_file_or_path_is_one_line(files: Path) -> None:
    with pytest.raises(ConfigError, match=r"prompt/seller=file needs prompt\.seller\.path"):
        compose(["prompt/seller=file"])
    with pytest.raises(ConfigError, match="cannot be read"):
        compose(["prompt/seller=file", f"prompt.seller.path={files / 'nothing.txt'}"])
    with pytest.raises(ConfigError, match="only read by prompt/seller=file"):
        compose([f"prompt.seller.path={files / 'seller.txt'}"])
    with pytest.raises(ConfigError, match="COST_PRICE is asked for, but the item has none"):
        compose(["prompt/seller=file", f"prompt.seller.path={files / 'seller.txt'}", "item.cost=null"])
