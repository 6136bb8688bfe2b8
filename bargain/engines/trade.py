"""Offers on two issues, for players without a model: which option a price goes with.

A player reckons in one number, the price alone (records.price_alone): what it would ask if the second issue were at 0.
All pairs of price and option with the same price alone are worth the same to it; a rule picks one of them:

    ends      the two ends of the options in turn, its own better one first; whoever knows the rival's weight names the
              one at which both together have most
    rival     the option that the rival named last
    own       its own best option
    middle    the middle option: it bargains over the price only

With linear weights both together have most at an end, so `ends` offers the rival the better one every other time at no
cost to itself: equivalent offers (Leonardelli et al. 2019), one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bargain.engines.base import Scene
from bargain.records import Item, SecondIssue, Turn, middle_of, opening_of, price_alone, rival_of
from bargain.text import counted, money

RULES = ("ends", "rival", "own", "middle")
LEAST = 0.01
"""No price is lower."""


def alone(item: Item, role: str, turn: Turn) -> float | None:
    """What the offer of a turn is worth to this player, as a price alone; None without an offer."""
    return None if turn.offer is None else price_alone(item, role, turn.offer, turn.second)


def opening_alone(item: Item, role: str, whose: str) -> float | None:
    """What the opening of `whose` is worth to this player, as a price alone; None without one."""
    price, option = opening_of(item, whose)
    return None if price is None else price_alone(item, role, price, option)


def offer_at(price: float, scene: Scene, rule: str) -> tuple[float, float | None]:
    """The price, in whole cents to the player's own side, and the option of an offer worth `price` alone to it."""
    second = scene.item.second
    if second is None:
        return price, None
    sign = 1 if scene.role == "seller" else -1
    zero = price_alone(scene.item, scene.role, 0.0, 1.0)
    wanted = _wanted(second, scene, rule)
    for option in wanted:
        found = sign * math.ceil(sign * (price - zero * option) * 100 - 1e-6) / 100
        if found >= LEAST:
            return found, option
    return LEAST, wanted[1]


def shown(price: float, option: float | None, scene: Scene) -> str:
    """The offer in words: $14, or $14 with 5 days."""
    told = money(price, scene.item.currency)
    second = scene.item.second
    return told if second is None or option is None else f"{told} with {counted(second.unit, option)}"


def last_told(scene: Scene, role: str) -> str:
    """The newest offer of this player, in words; "" without one."""
    made = [(turn.offer, turn.second) for turn in scene.turns if turn.role == role and turn.offer is not None]
    return shown(*made[-1], scene) if made else ""


def _wanted(second: SecondIssue, scene: Scene, rule: str) -> Sequence[float]:
    """The options by preference: that of the rule, and after it those that take a higher price."""
    own, rival = second.seller_weight or 0.0, second.buyer_weight
    if scene.role == "buyer":
        own, rival = second.buyer_weight or 0.0, second.seller_weight
    ordered = sorted(second.options, reverse=own > 0)  # the best for this player first
    best = ordered[0] if own else opening_of(scene.item, scene.role)[1] or 0.0
    if rule == "ends" and rival is not None:
        first = max(second.options, key=lambda option: ((own + rival) * option, own * option))
    elif rule == "ends":
        made = sum(turn.role == scene.role and turn.offer is not None for turn in scene.turns)
        first = max(second.options, key=lambda option: abs(option - best)) if made % 2 else best
    elif rule == "rival":
        theirs = [turn.second for turn in scene.turns if turn.role == rival_of(scene.role) and turn.second is not None]
        first = theirs[-1] if theirs else best
    elif rule == "middle":
        first = middle_of(second.options)
    else:
        first = best
    return [first, *(ordered if scene.role == "buyer" else reversed(ordered))]
