"""What the words of an utterance weigh, where the rules alone are not sure.

Rules know how one accepts and how one takes leave, but the ways to be warm without accepting, and to go without saying
"no deal", have no end. So the plain words and the pairs of neighbours are added up too: an acceptance stands only if
its words do not speak against it, and words that speak for a farewell end the talk. The weights are those of a logistic
regression, written by scripts/train_words.py; only a sum is needed here.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import Literal

from bargain.reading.money import same
from bargain.reading.proposals import Amounts, Standing, weights

AGAINST = -4.0
"""An acceptance in words that could mean something else is none below this weight (log odds, as all here)."""
DOUBTED = -1.0
"""Nobody is sure of one below this."""
STAYING = -3.5
"""What sounds like a farewell is none below this."""
PARTING = -1.0
"""From here on an utterance could be a farewell, so that nobody is sure that it is none."""
FAREWELL = 0.5
"""From here on it is one, unless a condition or a wish for time is heard in it."""
SURELY = 3.0
"""From here on it is one all the same."""


Words = str | tuple[str, str]


def features(told: Amounts, role: str, table: Standing) -> set[Words]:
    """The plain words of an utterance and the pairs of neighbours, with its beginning ^ and its end $; an amount is #,
    #theirs if it is the rival's price and #mine if it is the speaker's own."""
    words = told.words.copy()
    theirs = table.theirs if table.theirs is not None or role == "seller" else table.listed
    for amount, place in zip(told.amounts, told.places, strict=True):
        if theirs is not None and same(amount.value, theirs):
            words[place] = "#theirs"
        elif table.mine is not None and same(amount.value, table.mine):
            words[place] = "#mine"
    return {*words, *zip(["^", *words], [*words, "$"], strict=True)}


@lru_cache(maxsize=2)
def _known(act: str) -> tuple[int, dict[Words, int]]:
    """What is always added for an act, and the weights of words and pairs, all in hundredths."""
    found = {name: round(100 * weight) for name, weight in weights(act).items()}
    always, pairs = found.pop("(always)"), {name: name.split(" ") for name in found}
    return always, {(pair[0], pair[1]) if len(pair) == 2 else name: found[name] for name, pair in pairs.items()}


def weigh(said: set[Words], act: Literal["accepts", "leaves"]) -> float:
    """How much the features of an utterance speak for the act (log odds); the same in whatever order they are added."""
    always, known = _known(act)
    return (always + sum(map(known.get, said, repeat(0)))) / 100
