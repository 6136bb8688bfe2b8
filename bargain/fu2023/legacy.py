"""The measurement rules of the 2023 code, exactly, on our records: so that old and new numbers can be compared.

They differ from ours on purpose: "yes" anywhere in the moderator's words is a deal; its price is the last $ amount
that anybody wrote; a price counts only strictly between the two openings; a game ends at its first failed round, and a
mean is over the games of which every round counted. Source: the public repository of Fu et al. 2023 (run.py, agent.py,
utils.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bargain.records import Item, Round


def legacy_round_price(played: Round, item: Item) -> float | None:
    """The price the 2023 rules give a round, None where they find none or it is out of range."""
    end = len(played.turns) if not played.verdicts and played.outcome == "deal" else None
    for verdict in played.verdicts:
        said_yes = "yes" in verdict.text.lower() if verdict.text else verdict.state == "deal"
        if said_yes:
            end = verdict.turn
            break
    if end is None:
        return None
    price = legacy_price([(turn.role, turn.text) for turn in played.turns[:end]])
    low = item.buyer_opening if item.buyer_opening is not None else item.cost
    high = item.seller_opening
    if price is None or (low is not None and price <= low) or (high is not None and price >= high):
        return None
    return price


_DOLLARS = re.compile(r"\$\d+(?:\.\d+)?")


def legacy_price(turns: Iterable[tuple[str, str]]) -> float | None:
    """The 2023 rule: the last $ amount of the newest message that has one ("$1,200" is 1.0), None without one."""
    for _, text in reversed(list(turns)):
        found = _DOLLARS.findall(text)
        if found:
            return float(found[-1][1:])
    return None
