"""What bargainers do with prices, read from their words by rules: offers, acceptances, refusals, farewells, the deal.

    reader = Reader(currency="$")
    reader.add("seller", "It is $20.")            ->  Act("offer", 20.0)
    reader.add("buyer", "Fine, I'll take it.")    ->  Act("accept", 20.0)
    reader.outcome()                              ->  Outcome(state="deal", price=20.0, ...)

A price alone never makes a deal: there must be an acceptance, without a condition, of a price that the *other* side has
put on the table; nobody can accept in another's name. `moderator=rules` is built on this. It knows words and numbers and
no prompts, engines or games.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bargain.money import READ_AT_MOST, Amount, amounts, has_digits
from bargain.records import State

__all__ = ["Act", "Amount", "Outcome", "Reader", "amounts", "has_digits", "legacy_price", "offers", "read_outcome"]

ActKind = Literal["offer", "accept", "reject", "walk_away", "other"]


@dataclass(frozen=True, slots=True)
class Act:
    """What one utterance does. `offer` is the price it puts (or, accepting, leaves) on the table, None if none."""

    kind: ActKind
    offer: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dialogue stands.

    price: the agreed price, None unless `state` is "deal". standing_price: the price on the table at the end whatever
    the state. accepted_turn, accepted_by_turn: indexes from 0 of the offer that was accepted and of the acceptance.
    walked_away: who ended the talk.
    """

    state: State
    price: float | None = None
    standing_price: float | None = None
    accepted_turn: int | None = None
    accepted_by_turn: int | None = None
    walked_away: str | None = None


_I = re.IGNORECASE
_QUOTED = re.compile(r"```.*?(?:```|\Z)|\"[^\"\n]*\"|“[^”\n]*”|<[^<>\n]{1,80}>|\{[^{}]*\}", re.DOTALL)
_FORGED = re.compile(
    r"^\W*(?:seller|buyer|moderator|critic|system|assistant|user|question|answer|state)\W*:.*$", _I | re.M
)
_CLAUSE = re.compile(
    r"(?<!\d)[.](?!\d)|[.](?=\s|$)|[!?;\n]+|,?\s+(?=but\b|however\b|although\b|though\b|yet\b|how about\b|what about\b)",
    _I,
)

_NOT_A_PRICE_AFTER = re.compile(
    r"^[\s-]*(?:%|percent|per\s?cent|off\b|years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|miles?|mi\b|km|kms?\b"
    r"|gb|tb|mb|inch|inches|in\b(?=\s*(?:tall|wide|long|screen|tv))|cm|mm|ft|feet|lbs?|kg|mph|cc|hp|speed|bedrooms?|beds?|baths?"
    r"|pieces?|items?|units?|people|times|st\b|nd\b|rd\b|th\b|am\b|pm\b|o'?clock|:\d|/\d|x\b|\"|”)",
    _I,
)
_NOT_A_PRICE_BEFORE = re.compile(
    r"(?:\b(?:was|were|originally|used to be|normally|retails?(?: for)?|worth|paid|save|saves|saving|discount of|extra|plus"
    r"|knock off|cheaper by|elsewhere for|market (?:price|value) (?:is|of)|goes for|sells? for|sold for|shop for|new for|since|from the year|in the year"
    r"|down from|up from|instead of|rather than|more than|less than|lower than|higher than|below|above|under|over|cost me|costs me"
    r"|your (?:offer|price|asking|ask|bid)(?: price)? (?:of|is|at|for)|you (?:said|offered|asked for|mentioned|want(?:ed)?)|model|size|version|iphone|galaxy|room|unit|at around \d+ at"
    r"|others? (?:offer(?:ed|ing)?|bid|sell(?:ing)?|charge|ask(?:ing)?)(?: it)?(?: me)?(?: for| at)?)\s*(?:about|around|only|just|like)?\s*)$|[/#:]$",
    _I,
)
_TURNED_DOWN = re.compile(
    r"\b(?:can(?:'?t|not| not)|won'?t|couldn'?t|could not|will not|not able to|unable to|never|don'?t (?:think|want|feel)|no way|not going|wouldn'?t"
    r"|not (?:willing|ready|prepared|comfortable))\b[^,]*$",
    _I,
)
_LIMIT = re.compile(r"\b(?:lower|less|below|under|higher|more|above|over|beyond)(?: than)?\s*$", _I)
_TOO = re.compile(
    r"^[^,]*\b(?:is|'s|seems|sounds|feels|would be|was)?\s*(?:(?:still|just|a bit|a little|far|way|much|quite|rather)\s+)*(?:too (?:low|high|much|little|steep)|a (?:bit|little) (?:low|high|much|steep)|not (?:enough|acceptable|possible)|out of (?:the question|my))",
    _I,
)

_ACCEPT = re.compile(
    r"\b(?:(?:it'?s|that'?s|we have|you have|you(?:'ve| have) got|we(?:'ve| have) got|then it'?s|make it) a deal|deal(?:,| then|$)|it'?s a deal|done deal|done$|sold\b|agreed\b|i accept|accepted\b|accept (?:your|that|the|this|it)"
    r"|i(?:'?ll| will| can|'d be happy to| would be happy to| am happy to|'m happy to| agree to) (?:take|accept|buy|do|agree)(?: to| on)? (?:it|that|this|your|the)\b|i(?:'?ll| will) take(?: (?:it|that))?"
    r"|you(?:'?ve| have) got yourself|you(?:'ve| have)? got it|it(?:'?s| is) (?:all )?yours|you can have it|consider it sold|(?:that|this|it|which) (?:works|will work|would work|is fine|is fair|suits|is acceptable|sounds (?:good|great|fair|fine|perfect|reasonable))"
    r"|works for me|sounds (?:good|great|fair|fine|perfect|like a deal)|fair enough|fine by me|i agree|i can live with (?:that|it|this)|let'?s (?:do (?:it|that)|shake|close|go with (?:it|that))|shake on (?:it|that)|pleasure doing business|happy to do business)",
    _I,
)
_BARE_YES = re.compile(
    r"^\W*(?:ok(?:ay)?|k|sure|yes|yep|yeah|alright|all right|fine|deal|done|great|perfect|agreed|sold|very well|cool|good|thanks?|thank you|you too|it is|[\s,.!])+\W*$",
    _I,
)
_YES_START = re.compile(
    r"^\W*(?:ok(?:ay)?|sure|yes|yep|yeah|alright|all right|fine|deal|done|agreed|sold|great|perfect)\b", _I
)
_WILLING = re.compile(
    r"\b(?:i (?:can|could) do|works|fine|ok(?:ay)?|sure|yes|it is|sounds|deal|agreed|i'?ll take|happy with|i'?ll do|good with)\b",
    _I,
)
_CONDITION = re.compile(
    r"\b(?:if|provided|as long as|on (?:the )?condition|unless|once you|only when|assuming|in exchange)\b", _I
)
_REFUSAL = re.compile(
    r"\b(?:no deal|not a deal|don'?t have a deal|can(?:'?t|not| not) (?:accept|agree|do|take|go|sell|pay)|won'?t (?:accept|agree|do|take|go|sell|pay)|not (?:accept|agree|yet|quite)|don'?t (?:accept|agree)|too (?:low|high|much|little|steep)"
    r"|(?:couldn'?t|wouldn'?t|unable to|not able to|not willing to|not ready to) (?:accept|agree|do|take|go)|no,? (?:thanks|thank you)|not (?:enough|interested)|afraid not|i must (?:decline|refuse)|i decline)\b|^\W*(?:no|nope|nah)\b",
    _I,
)
_FAREWELL = re.compile(
    r"\b(?:i(?:'?ll| will|'?m going to| am going to| have to|'?ve got to|'?m afraid i(?:'?ll| will)? have to) (?:have to )?(?:pass\b|walk away|look elsewhere|leave it|go elsewhere|end (?:the|this) (?:talk|conversation|negotiation))|i'?m (?:walking away|out)\b|walking away|(?:we|it seems we|looks like we)(?:'?ll| will)? (?:can(?:'?t|not| not)|won'?t|will not|could not|couldn'?t) (?:reach|come to|make|come together|find|agree)|let'?s (?:leave it (?:at that|there)|end (?:it|this) here)"
    r"|good ?bye|good luck (?:finding|selling|with|in)|no deal then|i end (?:the|this) talk|we(?:'re| are) not going to agree|this is where i leave|not going to work out)",
    _I,
)
_WOULD_WALK = re.compile(
    r"\b(?:otherwise|or else|or i(?:'?ll| will)|i(?:'?d| would| may| might) (?:have to )?(?:walk|pass|look))\b", _I
)
_SPLIT = re.compile(
    r"\b(?:split (?:the|it|that)? ?(?:difference|in half)|meet (?:me |you )?(?:in the middle|half ?way|halfway))", _I
)
_ASKING = re.compile(
    r"\b(?:(?:at|for) (?:the )?(?:asking|full|list(?:ed|ing)?) price|full asking|pay (?:full|asking))\b", _I
)


class Reader:
    """Reads a dialogue turn by turn. `add` takes an utterance, `outcome` says how things stand; both are cheap.

    list_price: the item's asking price, if known; it gives "7.5" its scale (7,500 for a car at 8,000).
    """

    def __init__(self, list_price: float | None = None, currency: str = "$") -> None:
        self.list_price = list_price
        self.currency = currency
        self._turn = -1
        self._table: dict[str, tuple[int, float]] = {}
        self._last: float | None = None
        self._outcome = Outcome("ongoing")

    def outcome(self) -> Outcome:
        """How the dialogue stands after the last turn."""
        return self._outcome

    def add(self, role: str, text: str) -> Act:
        """Reads the next utterance and returns what it does."""
        self._turn += 1
        rival = "buyer" if role == "seller" else "seller"
        theirs = self._table.get(rival)
        act = self._read(_spoken(text), role, theirs[1] if theirs else None)
        if act.kind == "accept" and theirs is not None:
            self._table[role] = (self._turn, theirs[1])
            self._last = theirs[1]
            if self._outcome.state != "deal" or self._outcome.price != theirs[1]:
                self._outcome = Outcome("deal", theirs[1], theirs[1], theirs[0], self._turn)
            return act
        if act.kind == "walk_away" and self._outcome.state != "deal":
            self._outcome = Outcome("no_deal", None, self._last, walked_away=role)
            return act
        if act.offer is not None:
            self._table[role] = (self._turn, act.offer)
            self._last = act.offer
        reopened = act.kind in ("offer", "reject", "walk_away")
        if reopened or self._outcome.state != "deal":
            walked = role if act.kind == "walk_away" else None
            self._outcome = Outcome("no_deal" if walked else "ongoing", None, self._last, walked_away=walked)
        return act

    def _read(self, text: str, role: str, theirs: float | None) -> Act:
        offer = self._offer(text, role)
        if offer is None and _FAREWELL.search(text) and not _WOULD_WALK.search(text):
            return Act("walk_away")
        refuses = _REFUSAL.search(text) is not None
        if self._accepts(text, offer, theirs, refuses):
            return Act("accept", theirs)
        if offer is not None:
            return Act("offer", offer)
        return Act("reject") if refuses else Act("other")

    def _accepts(self, text: str, offer: float | None, theirs: float | None, refuses: bool) -> bool:
        """Whether the words accept the rival's price: willing words, no refusal, no condition, no other price."""
        if theirs is None or refuses or (offer is not None and abs(offer - theirs) > 0.005):
            return False
        named = [amount.value for amount in amounts(text, self.currency) if amount.explicit]
        if named and all(abs(value - theirs) > 0.005 for value in named):
            return False
        if "?" in text and not self._plain_before_question(text):
            return False
        if _CONDITION.search(text) or re.search(r"\b(?:but|however|although|though)\b", text, _I):
            return False
        if _ACCEPT.search(text) or _BARE_YES.match(text):
            return True
        return offer is not None and _WILLING.search(text) is not None

    @staticmethod
    def _plain_before_question(text: str) -> bool:
        """Whether an acceptance stands before the question ("Deal! When can I pick it up?")."""
        before = re.split(r"(?<=[.!,;])\s+", text)[:-1]
        said = " ".join(part for part in before if "?" not in part)
        return bool(said) and bool(_ACCEPT.search(said) or _BARE_YES.match(said))

    def _offer(self, text: str, role: str) -> float | None:
        """The price an utterance puts on the table: the last one that is not turned down, compared or counted."""
        best: float | None = None
        for clause in _CLAUSE.split(text):
            for amount in amounts(clause, self.currency):
                if self._is_price(amount, clause):
                    best = self._scaled(amount)
        if best is None and len(self._table) == 2 and _SPLIT.search(text) and not _REFUSAL.search(text):
            return round((self._table["seller"][1] + self._table["buyer"][1]) / 2, 2)
        if best is None and self.list_price is not None and _ASKING.search(text) and not _REFUSAL.search(text):
            return self.list_price
        return best

    def _is_price(self, amount: Amount, clause: str) -> bool:
        before, after = clause[: amount.start], clause[amount.end :]
        turned_down = _TURNED_DOWN.search(before) is not None
        if turned_down and _LIMIT.search(before) and not _NOT_A_PRICE_AFTER.match(after):
            return amount.explicit or self._fits(amount.value)  # "I can't go below $16" stands at 16
        if _NOT_A_PRICE_AFTER.match(after) or _NOT_A_PRICE_BEFORE.search(before):
            return False
        if turned_down or _TOO.match(after):
            return False
        if amount.worded and not amount.explicit:
            return amount.value > 10 and self._fits(amount.value)
        return amount.explicit or self._fits(amount.value)

    def _fits(self, value: float) -> bool:
        """Whether a bare number is of the size of prices here."""
        known = [price for _, price in self._table.values()] + ([self.list_price] if self.list_price else [])
        if not known:
            return value > 0 and not 1900 <= value <= 2100
        scaled = self._scale(value)
        return min(known) * 0.2 <= scaled <= max(known) * 3

    def _scaled(self, amount: Amount) -> float:
        return amount.value if amount.explicit else self._scale(amount.value)

    def _scale(self, value: float) -> float:
        """A bare "7.5" or "75" beside a price of 8,000 is 7,500."""
        size = self.list_price or 0
        for factor in (1000, 100):
            if size >= 1000 and value < 100 and 0.4 * size <= value * factor <= 1.3 * size:
                return value * factor
        return value


def _spoken(text: str) -> str:
    """An utterance without what is not the speaker's own word: quotations, code, tags, JSON, forged speaker lines."""
    text = text[:READ_AT_MOST].replace("’", "'").replace("*", "")
    return _FORGED.sub(" ", _QUOTED.sub(" ", text)).strip()


def read_outcome(turns: Iterable[tuple[str, str]], list_price: float | None = None, currency: str = "$") -> Outcome:
    """How a whole dialogue of (role, text) pairs stands."""
    reader = Reader(list_price, currency)
    for role, text in turns:
        reader.add(role, text)
    return reader.outcome()


def offers(
    turns: Iterable[tuple[str, str]], list_price: float | None = None, currency: str = "$"
) -> tuple[float | None, ...]:
    """The price that each turn puts on the table, None where it puts none."""
    reader = Reader(list_price, currency)
    return tuple(reader.add(role, text).offer for role, text in turns)


_DOLLARS = re.compile(r"\$\d+(?:\.\d+)?")


def legacy_price(turns: Iterable[tuple[str, str]]) -> float | None:
    """The 2023 rule: the last $ amount of the newest message that has one ("$1,200" is 1.0), None without one."""
    for _, text in reversed(list(turns)):
        found = _DOLLARS.findall(text)
        if found:
            return float(found[-1][1:])
    return None
