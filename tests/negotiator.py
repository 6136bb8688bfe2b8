"""A small deterministic negotiator for the loopback servers: enough to carry a whole experiment of real HTTP calls.

It reads nothing but the chat that was sent, as a model would, and finds its role in the first message. Players concede
half the gap towards each other, less for every piece of feedback they have heard, and accept once they are within a
dollar. The moderator answers in the format it is asked for, the critic gives three suggestions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Chat:
    """A request of any protocol as (role, text) pairs; the roles are system, user and assistant.

    A text completion has one user message, its prompt. `call` counts the server's requests from 0. `key` is the
    request's prompt_cache_key, one for each seat and game, "" without it.
    """

    protocol: str
    model: str
    messages: tuple[tuple[str, str], ...]
    call: int = 0
    key: str = ""

    @property
    def system(self) -> str:
        return "\n\n".join(text for role, text in self.messages if role == "system")

    @property
    def last(self) -> str:
        return self.messages[-1][1] if self.messages else ""


_PRICE = re.compile(r"[$€£]\s?(\d+(?:\.\d+)?)")
_ACCEPTED = re.compile(r"I accept|we have a deal|it is settled", re.IGNORECASE)
_ROLE = re.compile(
    r"(?P<moderator>watch a negotiation|moderator|reached a deal)|(?P<critic>you coach|critic)"
    r"|(?P<seller>you are selling|the seller)|(?P<buyer>you want to buy|the buyer)",
    re.IGNORECASE,
)


def negotiate(chat: Chat) -> str:
    """The negotiator's reply to a chat: equal chats get equal replies."""
    head = chat.system or (chat.messages[0][1] if chat.messages else "")
    found = _ROLE.search(head)
    role = found.lastgroup if found else "buyer"
    if role == "moderator":
        return judge(chat.last)
    if role == "critic":
        return advise(head)
    return bargain_on(chat, "seller" if role == "seller" else "buyer")


def haggle(chat: Chat) -> str:
    """`negotiate` with every price a few cents off by a hash of the chat and its key.

    Equal chats still get equal replies, but games differ, so that a reply at the wrong place would show.
    """
    text = negotiate(chat)
    dice = Random(f"{chat.key} {chat.messages}")
    if not text.startswith("I can come"):
        return text
    return _PRICE.sub(lambda found: _money(float(found.group(1)) + dice.randint(-20, 20) / 100), text)


def advise(head: str) -> str:
    """Three suggestions for the player that the head says is coached."""
    higher = "higher" in head
    first, second = ("high", "down") if higher else ("low", "up")
    return (
        f"1. Stay {first} for longer before you move.\n"
        f"2. Come {second} in smaller steps, and ask for something in return each time.\n"
        "3. Name a reason for your price before you name the price."
    )


def judge(question: str) -> str:
    """Yes or No, a reason and an answer, or JSON, whichever the question asks for."""
    says = [
        (str(line["speaker"]), str(line["says"]))
        for line in map(_json_object, question.splitlines())
        if line is not None and "speaker" in line and "says" in line
    ] or [("buyer", line) for line in question.splitlines() if _ACCEPTED.search(line)]
    accepted = next(((who, text) for who, text in reversed(says) if _ACCEPTED.search(text)), None)
    if '"state"' in question:
        if accepted is None:
            return json.dumps({"state": "ongoing", "price": None, "by": None, "quote": ""})
        prices = _PRICE.findall(accepted[1])
        price = float(prices[-1]) if prices else None
        return json.dumps({"state": "deal", "price": price, "by": accepted[0], "quote": accepted[1]})
    answer = "Yes" if accepted else "No"
    if re.search(r"reason", question, re.IGNORECASE):
        reason = f"The {accepted[0]} has accepted." if accepted else "Nobody has accepted a price."
        return f"{reason}\nAnswer: {answer}"
    return answer


def bargain_on(chat: Chat, role: str) -> str:
    """A player's next words."""
    told = [text for who, text in chat.messages if who == "user" and "talk is over" in text]
    if "talk is over" in chat.last and "Before you start" in chat.last:
        return "I will move in smaller steps and hold my price for longer."
    heard = chat.last.rpartition("The talk is over")[2] if "talk is over" in chat.last else chat.last
    if _ACCEPTED.search(heard):
        return "Thank you, it was a pleasure."
    opening = next(iter(_prices(chat.system)), 20.0 if role == "seller" else 10.0)
    own = next(
        (price for who, text in reversed(chat.messages) if who == "assistant" for price in _prices(text)), opening
    )
    offered = next(iter(reversed(_prices(heard))), None)
    if offered is None:
        return f"My price is {_money(own)}."
    gap = own - offered if role == "seller" else offered - own
    if gap <= 1.0:
        return f"All right, I accept {_money(offered)}."
    step = gap / 2 / (1 + len(told))
    price = round(own - step if role == "seller" else own + step, 2)
    return f"I can come {'down' if role == 'seller' else 'up'} to {_money(price)}."


def _money(price: float) -> str:
    return f"${price:.2f}".removesuffix(".00")


def _prices(text: str) -> list[float]:
    return [float(amount) for amount in _PRICE.findall(text)]


def _json_object(line: str) -> dict[str, object] | None:
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
