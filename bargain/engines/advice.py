"""What a simulated learner makes of the feedback that it remembers: one number, how much firmer it has become.

It reads words, not meaning: how many kinds of concrete bargaining advice a text holds, and whether it asks to give in.
It knows nothing of prices or of the talk. Empty encouragement moves a learner little, concrete advice much, and every
further text less than the one before.

    >>> firmness(("Hold firm, come down in small steps, and be ready to walk away.",), 0.35)
    0.32...
"""

from __future__ import annotations

import re
from functools import lru_cache

_KINDS = tuple(
    re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for words in (
        # hold a price
        r"firm|hold (?:on|out|your|the|to)|stick to|stand by|stay (?:at|with|on|near)|keep to|repeat your|budge"
        r"|first sign|do not (?:move|come down|go up)|resist|insist",
        # anchor and aim
        r"anchor|(?:start|aim|open|begin) (?:higher|lower|high|low)|ambitious|target|decide on the price"
        r"|starting point|first number|treat .{1,40} as (?:a |the |your )?(?:floor|ceiling)",
        # concede slowly
        r"slow|(?:small|smaller|tiny|half|big) (?:steps?|moves?|concessions?)|fifty cents|concede|concession|one step",
        # be able to leave
        r"walk away|leave\b|alternative|other (?:buyers|sellers|offers)|others (?:are|ask)|no hurry|in no rush|limit\b"
        r"|end the talk",
        # give reasons
        r"justif|value|quality|reason|worth|benefit|praise|explain|compare|how they came to",
        # let the other side move
        r"wait|patien|silence|let the (?:buyer|seller)|ask the (?:buyer|seller)|only after|counter|one more offer"
        r"|twice in a row",
    )
)
_GIVE_IN = re.compile(
    r"\b(?:be (?:more )?(?:flexible|generous|accommodating)|compromise|split the difference|meet (?:them |him |her )?"
    r"(?:half ?way|in the middle)|(?:accept|agree|close) (?:sooner|earlier|faster|quickly|less|a (?:lower|higher) (?:price|offer))"
    r"|concede (?:more|faster|sooner)|(?:bigger|larger) (?:steps|concessions))",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:never|not|n't|avoid|instead of|before|rather than|without|stop)\b|n't\b", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?;\n]+")

NOTHING_CONCRETE = 0.12
"""What a text without any concrete advice gives, as a share of what the best advice gives."""


@lru_cache(maxsize=4096)
def weight(text: str) -> float:
    """How strongly one feedback text moves a learner: 0.12 to 1 towards firmness; below 0 if it asks to give in."""
    firm: set[int] = set()
    soft = 0
    for sentence in _SENTENCES.split(text):
        given_in = _GIVE_IN.search(sentence)
        if given_in is not None and _DENIED.search(sentence[: given_in.start()]) is None:
            soft += 1
        else:
            firm.update(number for number, kind in enumerate(_KINDS) if kind.search(sentence))
    concrete = 1.0 - 0.45 ** len(firm)
    if soft:
        return concrete - 1.0 + 0.45 ** (2 * soft) - 0.4
    return NOTHING_CONCRETE + (1.0 - NOTHING_CONCRETE) * concrete


def firmness(feedback: tuple[str, ...], learning: float) -> float:
    """How firm the remembered texts have made a learner, from -1 to 1; 0 without any.

    Each text closes a share (`learning` times its weight) of what is left to full firmness: diminishing returns. One
    that asks to give in opens as much.
    """
    firm = 0.0
    for text in feedback:
        gain = learning * weight(text)
        firm = firm + gain * (1.0 - firm) if gain > 0.0 else firm + gain * (1.0 + firm)
    return firm
