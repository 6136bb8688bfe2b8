"""What the simulated negotiators, critic and moderator say: parts that are put together anew for every utterance.

Only wording: which price is named, and whether to accept or to leave, is decided in `simulated.py`. Every offer carries
its price with the currency and no other number; acceptances carry none, refusals and farewells cannot be taken for one.
"""

from __future__ import annotations

import json
from random import Random

from bargain.engines.base import Scene
from bargain.records import Turn, rival_of
from bargain.text import money

_HEARD = {
    "seller": (
        "I hear you.", "I see where you are coming from.", "That is a fair point.", "Hmm, that is on the low side.",
        "You drive a hard bargain.", "I understand that you have a budget.", "Let me think.", "That would not leave me much.",
        "I would like you to have it.", "You have a good eye.",
    ),
    "buyer": (
        "I hear you.", "It is a nice one, I admit.", "Hmm, that is still more than I planned.", "I can see why you ask that.",
        "I do like it.", "That is a stretch for me.", "Let me see.", "You are not making it easy for me.",
        "I appreciate that you moved.", "My purse is not that deep today.",
    ),
}  # fmt: skip
_WHY = {
    "seller": (
        "This {item} is in excellent shape", "It is one of the best I have had", "Good ones like this {item} are hard to find",
        "I put a lot of care into my things", "It will give you a lot of joy", "I have little room to move",
        "There is honest work in this {item}",
    ),
    "buyer": (
        "I have seen similar ones around", "It is a simple {item} after all", "I have to watch what I spend",
        "I pay right away", "I would take the {item} with me now", "I am not in a hurry", "I need to keep something for later",
    ),
}  # fmt: skip
_NAME = {
    "seller": (
        "I could let it go for {price}.", "How about {price}?", "{price}, and it is yours.", "I can come down to {price}.",
        "Would {price} suit you?", "For you I could make it {price}.", "I would be willing to sell at {price}.",
        "Let us say {price}.",
    ),
    "buyer": (
        "I could offer {price}.", "How about {price}?", "Would you take {price}?", "I can go up to {price}.",
        "Would {price} work for you?", "I would be willing to pay {price}.", "Let us say {price}.", "I can give you {price}.",
    ),
}  # fmt: skip
_STAY = {
    "seller": (
        "I am staying at {price}.",
        "My price is still {price}.",
        "It remains {price} for now.",
        "{price} stands.",
    ),
    "buyer": (
        "I am staying at {price}.",
        "My offer is still {price}.",
        "I will keep to {price} for now.",
        "{price} stands.",
    ),
}
_LAST = {
    "seller": ("{price} is my last word.", "My final price is {price}.", "The best I can do is {price}."),
    "buyer": ("{price} is my last word.", "My final offer is {price}.", "The most I can pay is {price}."),
}
_ACCEPT = {
    "seller": (
        "Deal, it is yours.", "All right, you have a deal.", "Fine, that works for me. It is yours.", "Agreed. Enjoy your {item}!",
        "Sold! Enjoy the {item}.", "Okay, that works for me.", "You have got yourself a deal.",
    ),
    "buyer": (
        "Deal, I'll take it.", "All right, I'll take it.", "Fine, that works for me.", "Agreed. I'll take the {item}.",
        "Okay, it's a deal.", "That sounds fair, I'll take it.", "You have a deal.",
    ),
}  # fmt: skip
_LEAVE = (
    "Then we will not come together, I am afraid. Goodbye.", "I'll have to pass. Goodbye.",
    "I am sorry, I'll have to look elsewhere. Goodbye.", "We can't agree on this, so I'll leave it. Goodbye.",
)  # fmt: skip
_CLOSE = ("Thank you, it was a pleasure.", "Great, thanks! Have a nice day.", "Wonderful, thank you.")


def offer(scene: Scene, rng: Random, mood: Random, price: str, *, opening: bool, last: bool) -> str:
    """An offer of a price in one to three short sentences; `mood` is the player's manner for the whole game."""
    talkative = mood.random()
    own = [turn.offer for turn in scene.turns if turn.role == scene.role and turn.offer is not None]
    stays = bool(own) and money(own[-1], scene.item.currency) == price
    forms = _LAST if last else _STAY if stays else _NAME
    parts = []
    if not opening or rng.random() < 0.5:
        parts += [rng.choice(_HEARD[scene.role])] if rng.random() < 0.35 + 0.5 * talkative else []
    if rng.random() < 0.25 + 0.5 * talkative:
        parts.append(rng.choice(_WHY[scene.role]).format(item=scene.item.name) + ".")
    parts.append(rng.choice(forms[scene.role]).format(price=price))
    return " ".join(parts)


def acceptance(scene: Scene, rng: Random, price: str) -> str:
    """An acceptance of the rival's price, mostly without a number."""
    words = rng.choice(_ACCEPT[scene.role]).format(item=scene.item.name)
    return f"{words} {price} it is." if rng.random() < 0.15 else words


def farewell(scene: Scene, rng: Random) -> str:
    """The end of the talk without a deal."""
    return rng.choice(_LEAVE)


def closing(scene: Scene, rng: Random) -> str:
    """A last word after the rival has accepted."""
    return rng.choice(_CLOSE)


_TIPS = {
    "seller": (
        "Hold firm for longer at {opening}: let the buyer move first before you come down.",
        "Make smaller steps. You gave away much in one move; come down slowly and only in return for a better offer.",
        "Anchor the talk by naming what makes the {item} worth its price before you name a number.",
        "Set a limit before you begin, and be ready to walk away when the buyer does not reach it.",
        "Give a reason with every price, so that a concession looks like the last one.",
        "Be patient. When the buyer says that it is too much, wait and ask what they would pay.",
    ),
    "buyer": (
        "Hold firm for longer at {opening}: let the seller move first before you raise your offer.",
        "Make smaller steps. You gave away much in one move; raise slowly and only in return for a lower price.",
        "Anchor the talk by naming what makes the {item} worth less to you before you name a number.",
        "Set a limit before you begin, and be ready to walk away when the seller does not reach it.",
        "Give a reason with every offer, so that a raise looks like the last one.",
        "Be patient. When the seller says that it is a bargain, wait and ask how far they would go.",
    ),
}


def advice(scene: Scene, rng: Random) -> str:
    """Three numbered suggestions for the learner, the first about what happened in the round."""
    learner = scene.learner or "seller"
    item = scene.item
    opening = item.seller_opening if learner == "seller" else item.buyer_opening
    first = "your first price" if opening is None else money(opening, item.currency)
    if scene.previous_price is None:
        fact = f"There was no deal. Hold your line, but keep the {rival_of(learner)} talking with one small step."
    else:
        side = "more" if learner == "seller" else "less"
        reached = money(scene.previous_price, item.currency)
        fact = f"You ended at {reached}. Aim for {side}: do not accept that soon, and hold out one exchange longer."
    tips = [fact, *(tip.format(opening=first, item=item.name) for tip in rng.sample(_TIPS[learner], 2))]
    return "\n".join(f"{number}. {tip}" for number, tip in enumerate(tips, start=1))


def acknowledgement(scene: Scene, rng: Random) -> str:
    """A short promise to use the advice."""
    aim = "more" if scene.role == "seller" else "less"
    target = "" if scene.previous_price is None else f" than {money(scene.previous_price, scene.item.currency)}"
    start = rng.choice(("Thank you.", "Understood.", "That helps."))
    how = rng.choice(("I will move more slowly", "I will hold firm for longer", "I will give reasons and take my time"))
    return f"{start} {how} and aim for {aim}{target}."


def verdict(kind: str, last: Turn, *, deal: bool, gone: bool, price: float | None) -> str:
    """The moderator's answer in the format that `kind` names."""
    if kind == "structured":
        state = "deal" if deal else "no_deal" if gone else "ongoing"
        by, quote = (last.role, last.text) if deal or gone else (None, "")
        return json.dumps({"state": state, "price": price if deal else None, "by": by, "quote": quote})
    word = "Yes" if deal else "No"
    if kind == "reason_first":
        reason = f"The {last.role} has accepted the other's price." if deal else "Nobody has accepted a price yet."
        return f"{reason}\nAnswer: {word}"
    return word
