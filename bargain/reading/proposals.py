"""Which prices an utterance proposes: of the numbers that could be money, those that its speaker offers or asks.

Not quantities, times, other people's prices, add-ons, discounts, or prices refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bargain.reading import patterns as wording
from bargain.reading.money import AMOUNTS_AT_MOST, Amount, amounts

NEAR = 160
"""Characters before and after an amount that can say what it is."""


@dataclass(frozen=True, slots=True)
class Table:
    """The prices on the table when an utterance is heard. mine and theirs: the last ones of speaker and rival.

    fresh: the rival's last utterance put (or left) its price there, so that a bare "ok" can mean it. asked: it asked
    for a yes to that price ("would you take 40?"). conditional: it agreed under a condition. counting: it asked for a
    number that is no price ("how many?"). newest: the rival's price is the last one named. questioned: the rival's last
    utterance asks something else. agreed: the price of a deal already made. known: prices that were certainly prices,
    to judge whether a bare number is one.
    """

    mine: float | None = None
    theirs: float | None = None
    listed: float | None = None
    fresh: bool = True
    asked: bool = False
    conditional: bool = False
    counting: bool = False
    newest: bool = False
    questioned: bool = False
    agreed: float | None = None
    known: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """A proposed price, the clause it stands in, and whether that clause is a question."""

    value: float
    clause: int
    asked: bool
    sure: bool = True


class Proposals:
    """The proposed `prices` of one utterance, in order.

    limit: the last one is only "I can't go below it". named: an amount with its currency was heard, proposed or not.
    probe: a price that is only asked about ("is 50 your lowest?").
    """

    def __init__(self, role: str, table: Table, currency: str) -> None:
        self.role = role
        self.table = table
        self.currency = currency
        self.prices: list[Price] = []
        self.limit = False
        self.named = False
        self.probe: float | None = None
        self._weighed = 0

    def hear(self, clause: str, asked: bool, clause_number: int) -> None:
        """Takes the next clause in; `asked`: it is a question."""
        named = amounts(clause, self.currency)[: AMOUNTS_AT_MOST - self._weighed]
        self._weighed += len(named)
        self.named = self.named or any(amount.explicit for amount in named)
        found = len(self.prices)
        joined: float | None = None
        for number, amount in enumerate(named):
            before, after = clause[max(0, amount.start - NEAR) : amount.start], clause[amount.end : amount.end + NEAR]
            price, sure = self._price(amount, before, after, asked)
            gap = clause[amount.end : named[number + 1].start] if number + 1 < len(named) else ""
            if wording.RANGE.match(gap) and (gap.strip() != "and" or "between" in before.lower()):
                joined = price  # the next number closes a range
                continue
            if joined is not None and price is not None:
                price = min(joined, price) if self.role == "seller" else max(joined, price)
            joined = None
            if price is not None:
                self.prices.append(Price(price, clause_number, asked, sure))
        if len(self.prices) > found:
            return
        base = self._asking()
        percent = wording.PERCENT_OFF.search(clause)
        if base is None or wording.NEGATED.search(clause):
            return
        if percent:
            self._propose(base * (1 - int(percent[1] or percent[2]) / 100), clause_number, asked)
        elif wording.HALF.search(clause):
            self._propose((self.table.listed or base) / 2, clause_number, asked)
        elif not named and wording.SPLIT.search(clause) and (other := self._bid()) is not None:
            self._propose((base + other) / 2, clause_number, asked)

    def _propose(self, price: float, clause_number: int, asked: bool) -> None:
        self.prices.append(Price(round(price, 2), clause_number, asked))
        self.limit = False

    def _asking(self) -> float | None:
        """The seller's price, the listed one if the seller has named none."""
        named = self.table.mine if self.role == "seller" else self.table.theirs
        return named if named is not None else self.table.listed

    def _bid(self) -> float | None:
        return self.table.mine if self.role == "buyer" else self.table.theirs

    def _price(self, amount: Amount, before: str, after: str, asked: bool) -> tuple[float | None, bool]:
        """The price that a number proposes, None if it proposes none, and whether it certainly is money."""
        if wording.PERCENT.match(after):
            return None, False
        if wording.OFF_AFTER.match(after) or (wording.OFF_BEFORE.search(before) and not re.search(r"\bto\s*$", before)):
            return self._reduced(amount, before), True
        if wording.AND_YOURS.search(after) and (wording.ADD_BEFORE.search(before) or wording.MORE_AFTER.match(after)):
            return self._raised(amount), True
        if (
            amount.value <= 0
            or wording.ADD_ON_AFTER.match(after)
            or wording.ADD_ON_BEFORE.search(before)
            or wording.MORE_AFTER.match(after)
        ):
            return None, False
        value, sure = self._sized(amount, before, after)
        if value is None or self._is_reference(before, after):
            return None, False
        negated = wording.NEGATED.search(before) is not None and not (asked and wording.ASKED_AGAINST.match(before))
        if (negated and wording.LIMIT.search(before)) or wording.AT_LEAST.search(before):
            self.limit = True
            return value, sure
        if negated or (wording.TURNED_DOWN_AFTER.match(after) and not asked):
            return None, False
        if asked and wording.PROBE.search(f"{before} {after}"):
            self.probe = value
            return None, False
        self.limit = False
        return value, sure

    def _reduced(self, amount: Amount, before: str) -> float | None:
        """ "10 off" as a price."""
        base = self._asking()
        if base is None or amount.value >= base or wording.NEGATED.search(before):
            return None
        if re.search(r"\b(?:is|was|were|that'?s|it'?s|already|saves?|got|would be)(?: \w+)?\s*$", before):
            return None
        self.limit = False
        return round(base - amount.value, 2)

    def _raised(self, amount: Amount) -> float | None:
        """ "add 10 and it's yours" as a price."""
        base = self._bid()
        self.limit = False
        return None if base is None else round(base + amount.value, 2)

    def _is_reference(self, before: str, after: str) -> bool:
        if wording.REFERENCE_BEFORE.search(before):
            return wording.PLAIN_ACCEPT.search(before) is None  # "I accept your offer of $17"
        if wording.REFERENCE_AFTER.match(after) or wording.SEVERAL_BEFORE.search(before):
            return True
        around = wording.REFERENCE_CLAUSE.search(f"{before} {after}")
        return around is not None and not wording.PROPOSES.search(
            before[around.end() :] if around.end() < len(before) else before
        )

    def _sized(self, amount: Amount, before: str, after: str) -> tuple[float | None, bool]:
        """The number as a price of the size that prices have here, None if it is no money; and whether it surely is."""
        known = self.table.known
        low, high = (min(known), max(known)) if known else (0.0, float("inf"))
        if amount.explicit:
            dear = self.table.listed is not None and amount.value > 2.5 * max(high, self.table.listed)
            return (None, False) if amount.value < 0.045 * low or dear else (amount.value, True)
        if (
            after[:1].isalpha()
            or wording.UNIT_AFTER.match(after)
            or wording.NAME_BEFORE.search(before)
            or re.search(r"\d\s?[-:]$", before)
        ):
            return None, False
        alone = not before.strip(" ,~-") and (not after.strip(" .!?:)-") or after.lstrip().startswith(","))
        cue = alone or wording.CUE_BEFORE.search(before) is not None or wording.CUE_AFTER.match(after) is not None
        cue = (cue and not self.table.counting) or (amount.worded and amount.value >= 100)
        strong = alone or wording.STRONG_CUE.search(before) is not None
        clock = amount.value <= 12 and wording.CLOCK_BEFORE.search(before) is not None
        coming = clock or (
            amount.value <= 24 and wording.CLOCK_BEFORE.search(before) and wording.COMING.search(before + after)
        )
        for value in self._readings(amount):
            if not known:
                if value < 5 and not alone:
                    continue
                if coming or not cue or (1900 <= value <= 2100 and not amount.worded):
                    continue
                return value, strong or amount.value >= 100
            if not (0.1 if strong else 0.25 if cue else 0.3) * low <= value <= (3 if cue else 2) * high:
                continue
            if value > amount.value and (not cue or amount.worded):
                continue
            near = 0.6 * low <= value <= 1.5 * high
            if (coming and (value != amount.value or not near)) or (
                wording.COUNTED.match(after) and not (near and cue and value == amount.value)
            ):
                continue
            if (self.table.counting or wording.ARTICLE.search(before)) and not (
                near and any(abs(value - price) < 0.005 for price in known)
            ):
                continue
            if self.table.agreed and not (cue and 0.6 * self.table.agreed <= value <= 1.6 * self.table.agreed):
                continue
            if amount.worded and (value == 1 or (value <= 10 and not near)):
                continue
            return value, cue
        return None, False

    def _readings(self, amount: Amount) -> list[float]:
        """The values that a bare number may mean: itself, or thousands and hundreds beside a price in thousands."""
        size = self.table.listed or max(self.table.known, default=0.0)
        values = [amount.value] if amount.also is None else [amount.value, amount.also]
        if size >= 1000 and amount.value < 100:
            scaled = [amount.value * 1000, amount.value * 100]
            values = [value for value in scaled if 0.3 * size <= value <= 1.5 * size] + values
        return values
