"""What a bargainer claims as a fact or a promise: what it paid, how far it can go, its last offer, what others pay.

    claims("I paid $15 for it, so I can't go below $14.", "seller")
        ->  paid 15.0 (0 to 17), limit 14.0 (22 to 42)

It sees one utterance and knows nothing of what is true (analysis/measures/ledger.py). English only, and precision
first: a form that could mean something else is not read, nor is what stands in quotation marks or in another's name,
under a condition, in a question, in the past, or denied. So what is found was said; much that was said is not found.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bargain.reading import patterns
from bargain.reading.money import READ_AT_MOST, Amount, amounts, normal
from bargain.records import PLAYERS, Player

Kind = Literal["paid", "worth", "limit", "vow", "final", "outside", "fact"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim and where it stands: text[start:end].

    kind: `paid`, what the item cost the seller; `worth`, what it is worth to the buyer; `limit`, how far the speaker
    can go; `vow`, how far it will; `final`, that its offer is the last (amount None: it is the offer of the turn);
    `outside`, what somebody else offers; `fact`, what the item costs on the market.
    """

    kind: Kind
    amount: float | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Form:
    """One way to claim something, two sentences that it catches and one that it must not.

    In the pattern every price is a row of #, the claimed one the group n, m or k; the claim is the whole match. words: it
    is in no sentence without one of these, which spares most of the searching.
    """

    kind: Kind
    roles: tuple[Player, ...]
    words: tuple[str, ...]
    search: re.Pattern[str]
    hits: tuple[str, str]
    miss: str


_PARTS = {
    "N": r"(?P<n>#+)",
    "I": r"\b(?:i|we)",
    "ADV": r"(?: (?:really|just|simply|absolutely|honestly|only|actually|originally|already|possibly|currently|myself))?",
    "THING": r"(?:it|this|that|them|(?:the|my|this|that|your) (?!shipping|delivery|material|part|repair|last|other|previous|same)[a-z]+(?: (?!alone)[a-z]+)?)",
    "CANT": r"(?: really| simply| just| absolutely| honestly)?(?: can't| cannot| can not| couldn't| am unable to|'m unable to| am not able to|'m not able to)",
    "WONT": r"(?: really| simply| just| absolutely)?(?: won't| will not|'ll not)(?: ever)?",
    "SELL": r"(?: possibly| really| afford to| accept| sell| take| let| go| part with| do| offer| it| this| go| for| at| any| anything| a price| an offer){0,6}",
    "BUY": r"(?: possibly| really| go| pay| offer| spend| do| afford| bid| it| this| for| at| any| anything| a price| to){0,6}",
    "BELOW": r"(?: below| under| less than| lower than)",
    "ABOVE": r"(?: above| over| beyond| more than| higher than)",
    "IS": r"(?: is| of|:)",
    "CAN": r" (?:that )?(?:i|we)(?: can|'m able to| am able to)(?: possibly| really| afford to)? (?:go|pay|offer|do|afford|spend|accept|sell|take|give)(?: (?:it|this|you|for|to|down|up|at|in|with))*",
    "ABLE": r" (?:can|could)(?: easily| just| also| always)?",
    "OTHER": r"(?:another|a different|some other|a second|one other|somebody|someone)(?: else)?(?: (?:interested|potential|serious|local|prospective|possible))?(?: (?:buyer|person|customer|collector|party|guy|bidder|client|dealer|friend))?",
    "SHOP": r"(?:elsewhere|online|on amazon|on ebay|(?:at|from|in) (?:another|a different|some other) (?:seller|store|shop|vendor|dealer|place|website)|from (?:someone|somebody) else|next door|(?:down|across) the (?:street|road))",
    "SAME": r"(?:it|one|this|that|the same|the same thing|another one|another|(?:a|the same|a similar|the exact same) [a-z]+|similar [a-z]+)",
    "OFFER": r"(?:offer|price|bid|proposal|counteroffer|counter-offer|counter offer|counter)",
    "OF_IT": r"(?:(?= ?[.,;!:)]|$)| (?:for (?:it|this|that|(?:the|this) (?!shipping|delivery|material|part|repair|frame|postage|tax|fee|last|other|first)[a-z]+)|to (?:get|buy|acquire|obtain|produce|make|manufacture|craft|create|build) (?:it|this|that|the [a-z]+|one)|to (?:produce|make|manufacture|acquire))\b|(?= (?:and|so|but|when|originally|myself|from|which|last|a few|just)\b))",
}  # fmt: skip


def _form(kind: Kind, roles: str, words: str, regex: str, *examples: str) -> Form:
    for name, part in _PARTS.items():
        regex = regex.replace(f"{{{name}}}", part)
    first, second, miss = examples
    who = PLAYERS if roles == "both" else tuple(role for role in PLAYERS if role == roles)
    needed = tuple(word.replace("_", " ") for word in words.split())
    return Form(kind, who, needed, re.compile(regex), (first, second), miss)


FORMS = (
    _form("paid", "seller", "paid spent",
          r"{I}(?:'ve| have)?{ADV} (?:paid|spent){ADV} (?:exactly )?{N}{OF_IT}",
          "I paid $15 for it.", "We actually paid $40 to get this lamp, so be fair.", "I paid $15 for the shipping."),
    _form("paid", "seller", "cost",
          r"(?:\b{THING}|\bwhich){ADV} cost{ADV} (?:me|us){ADV} (?:exactly )?{N}{OF_IT}",
          "It cost me $40 to produce.", "The lamp cost us $12, you know.", "It cost me $5 to ship it."),
    _form("paid", "seller", "cost purchase_price",
          r"\b(?:my|our|the)(?: own| total| actual| original)? (?:production cost|purchase price|cost price|cost of production|cost to produce (?:it|this)|cost)s?(?: for {THING})?(?: is| was| are| were| of) (?:exactly )?{N}",
          "That barely covers my production cost of $40.", "My cost is $12.", "My cost is above $12."),
    _form("paid", "seller", "bought purchased acquired got",
          r"{I}{ADV} (?:bought|purchased|got|acquired) {THING}{ADV} for (?:exactly )?{N}{OF_IT}",
          "I bought it for $15.", "I purchased the balloon for $9 last year.", "I bought it for about $15."),
    _form("worth", "buyer", "worth",
          r"\b{THING}(?: is|'s){ADV} worth (?:exactly )?{N} to (?:me|us)\b",
          "It is worth $18 to me.", "The lamp's only worth $30 to us.", "It is worth more than $18 to me."),
    _form("worth", "buyer", "valu",
          r"{I}{ADV} value {THING} at (?:exactly )?{N}|\b(?:my|our)(?: own| private| personal)? valuation(?: of {THING})?{IS} (?:exactly )?(?P<m>#+)",
          "I value it at $18.", "My valuation is $60.", "I value it at less than $18."),
    _form("limit", "seller", "can't cannot can_not couldn't able",
          r"{I}{CANT}{SELL}{BELOW} {N}",
          "I can't go below $15.", "I'm unable to accept anything less than $15.", "I won't go below $15."),
    _form("limit", "buyer", "can't cannot can_not couldn't able",
          r"{I}{CANT}(?:{BUY}{ABOVE}| exceed) {N}",
          "I can't go above $12.", "We cannot pay more than $12 for it.", "I can go above $12."),
    _form("vow", "seller", "won't will_not 'll_not",
          r"{I}{WONT}{SELL}{BELOW} {N}",
          "I won't go below $15.", "I will not sell it for less than $15.", "I won't pay more than $15."),
    _form("vow", "buyer", "won't will_not 'll_not",
          r"{I}{WONT}(?:{BUY}{ABOVE}| exceed) {N}",
          "I won't pay more than $12.", "I will not go over $12.", "I won't sell below $12."),
    _form("limit", "seller", "minimum lowest floor bottom_line reservation break-even limit",
          r"\b(?:my|our)(?: absolute| very| true)? (?:minimum|lowest|floor|bottom line|reservation price|break-even point|break-even price|limit)(?: price| acceptable price| possible price)?(?: for {THING})?{IS} {N}",
          "My absolute minimum is $15.", "My bottom line is $15, sorry.", "My lowest offer so far was $15."),
    _form("limit", "buyer", "max limit budget ceiling reservation",
          r"\b(?:my|our)(?: absolute| very| true| total| entire)? (?:maximum|max|limit|budget|ceiling|reservation price|max budget|maximum budget|spending limit|budget limit)(?: price| willingness to pay)?(?: for {THING})?{IS} {N}",
          "My maximum is $12.", "That is just over my budget of $60.", "My budget is below $12."),
    _form("limit", "seller", "lowest least minimum bottom_line",
          r"\bthe (?:absolute |very )?(?:lowest|least|minimum){CAN} is {N}|(?P<m>#+) is(?: really)? (?:the|my) (?:absolute |very )?(?:lowest|minimum|bottom line|least)(?:{CAN}|(?= ?[.,;!)]| ?$))",
          "The lowest I can go is $15.", "$15 is the lowest I can accept.", "$15 is the lowest of your prices."),
    _form("limit", "buyer", "most highest max limit budget all_i all_we",
          r"\bthe (?:absolute |very )?(?:most|highest|maximum|max){CAN} is {N}|(?P<m>#+) is(?: really)? (?:the|my) (?:absolute |very )?(?:most|highest|maximum|max|limit|budget)(?:{CAN}|(?= ?[.,;!)]| ?$))|\ball (?:i|we) have is (?P<k>#+)",
          "The most I can pay is $12.", "$12 is my absolute maximum.", "$12 is the most you have offered."),
    _form("limit", "buyer", "only_have only_afford",
          r"{I} (?:can only afford|only have) {N}(?= ?[.,;!)]| ?$| (?:to spend|for this|for it|in my|with me|on me|so|and|but)\b)",
          "I can only afford $12.", "I only have $12 with me.", "I only have $12 left to pay of it."),
    _form("final", "both", "final",
          r"\b(?:my|our)(?: absolute| very| last and| best and)? final(?: and best| and firm)? {OFFER}\b(?! (?:was|were|had|before|last|yet|of the day))",
          "My final offer is $15.", "$15 is my final and best offer.", "My final offer was $15."),
    _form("final", "both", "last",
          r"(?:\b(?:this|that|it)|(?<!#)#+)(?: is|'s)(?: really| truly)? (?:my|our)(?: absolute| very)? last {OFFER}\b(?! (?:was|before|time|yet|week|year))",
          "$15, and that's my last offer.", "$15 is our very last price.", "You had my last offer of $15."),
    _form("outside", "seller", "another else someone somebody a_different some_other a_second one_other",
          r"\b{OTHER}(?: who| that)?(?:'s| has| is| was| would| just| already){0,3} (?:offered|offering|offers|willing to pay|ready to pay|prepared to pay|bid|bidding|pay)(?: me| us)? (?:up to )?{N}",
          "Another buyer offered me $18.", "Somebody else is willing to pay $18.", "Another offered me more than $18."),
    _form("outside", "seller", "another better higher competing outside offered",
          r"{I}(?:'ve| have| had| got)(?: already| just)?(?: got| received| had)? (?:another|a better|a higher|a competing|an outside)(?: standing| firm)? offer (?:of|for|at) {N}|{I}(?: was| got|'ve been| have been)(?: already| just)? offered (?P<m>#+)(?: (?:yesterday|today|this morning|last week)|(?: for it)? (?:by|from) (?:another|someone|somebody|a friend|a collector|a dealer))",
          "I have another offer of $18.", "I was offered $18 by someone else.", "I was offered $18 by you."),
    _form("outside", "buyer", "elsewhere online amazon ebay another different some_other else next_door the_street the_road",
          r"{I}(?:{ABLE} (?:get|buy|find|purchase)|(?:'ve| have)?(?: just| also| already)? (?:found|seen)) {SAME} for(?: only| just)? {N} {SHOP}",
          "I can get the same lamp for $12 elsewhere.", "I could buy one for just $12 online.", "I can get it for $12 here."),
    _form("outside", "buyer", "online elsewhere amazon ebay another different some_other else next_door the_street the_road",
          r"{I}(?:{ABLE} (?:get|buy|find|purchase)|(?:'ve| have)?(?: just| also| already)? (?:found|seen)) {SAME} {SHOP} for(?: only| just)? {N}",
          "I found one online for $12.", "I can buy a similar lamp at another store for $12.", "I can buy it from you for $12."),
    _form("outside", "buyer", "another different some_other",
          r"\b(?:another|a different|some other) (?:seller|store|shop|vendor|dealer|website)(?: is| has| just| already| down the street| nearby| online){0,3} (?:offers?|offered|offering|sells?|selling|has|charges)(?: me)?(?: it| them| one| the same| the same [a-z]+| a similar [a-z]+| this)?(?: for| at)?(?: only| just)? {N}",
          "Another seller offered me $12.", "Another store sells the same lamp for $12.", "Another store sells it for less than $12."),
    _form("fact", "both", "retail market list sticker msrp apprais store shop",
          r"\b(?:retail|market|list|sticker|msrp|manufacturer's suggested retail|appraised|store|shop)(?: price| value)(?: for {THING}| of {THING})?(?: is| of|:|'s)(?: currently| actually| exactly)? {N}",
          "The retail price is $50.", "It has a market value of $35, at least.", "The market price is lower than $50."),
    _form("fact", "both", "retail sell go apprais",
          r"\b(?:it|this|they|these|those|(?:similar|comparable|other|new) [a-z]+)(?: usually| normally| typically| generally| always| currently| regularly)? (?:retails?|sells?|goes|is selling|are selling|was appraised|has been appraised)(?: new| online| on amazon| on ebay| in stores| elsewhere)? (?:for|at) {N}",
          "It usually retails for $50.", "Similar balloons sell for $12.", "It sells for less than $50."),
)  # fmt: skip

_QUOTED = re.compile(r"[\"“”„«»][^\"“”„«»\n]*[\"“”„«»]|(?<!\w)['‘][^'‘’\n]{3,200}['’](?!\w)")
_HIDDEN = tuple(
    re.compile(each.search.pattern, re.IGNORECASE) for each in (patterns.THOUGHT, patterns.ASIDE, patterns.FORGED)
)
_ENDS = re.compile(r"(?<![.!?])[.!?]++(?=\s|$)|\n")
_LONGEST = 600
"""Characters of a sentence that are read."""
_UNIT = re.compile(r"\s?(?:[.,;:!?)]|$|(?:for|to|and|but|so|from|when|is|elsewhere|online|as)\b)")
"""What may follow a number that has no currency."""
_RANGE = re.compile(r"\s?(?:-|to|or|and|plus|/)\s?#|\s?(?:%|percent|each|per\b|apiece|more\b|less\b|off\b|profit|loss)")
"""What makes a number something else than the price."""
_SUPPOSED = re.compile(
    r"\b(?:if|unless|suppose|supposing|imagine|assuming|hypothetically|whether|pretend|let's say|lets say|wish|as though|"
    r"were to|would have|could have|might have|had i|perhaps|maybe|instead of|rather than|until|before|when)\b"
)
_OTHERS = re.compile(
    r"\b(?:you|he|she|they|people|some|seller|buyer|others|nobody|everyone)(?:'ve|'d| have| had| just| also| already| keep)? "
    r"(?:said|say|says|saying|told|tell|tells|claim|claims|claimed|mention|mentioned|stated|state|think|thought|believe|assume|"
    r"assumed|want|expect|know|heard|hear)\b"
)
_DENIED = re.compile(
    r"\b(?:not|never|no|nobody|none|without|neither|nor|hardly|lie|false|untrue|wrong|joking|kidding|almost|nearly|close to|near|"
    r"doubt|more than|less than)\b|n't\b"
)
_CLAUSE = re.compile(r"[,;:~]| but | - ")
_FOR_NOW = re.compile(
    r"\b(?:if|unless|without|for now|right now|yet|at this (?:point|time|stage|moment)|at the moment|today|provided|until)\b"
)


@lru_cache(maxsize=4096)  # embedded negotiators say the same again and again
def claims(text: str, role: Player, currency: str = "$") -> tuple[Claim, ...]:
    """What an utterance of this player claims, in order. Spans are places in `text`."""
    text = text[:READ_AT_MOST]
    found: list[Claim] = []
    heard = _own(text)
    start = 0
    for end in [*(match.end() for match in _ENDS.finditer(heard)), len(heard)]:
        sentence = heard[start : min(end, start + _LONGEST)]
        if sentence.strip() and "?" not in sentence[-3:]:
            found += _read(sentence, start, role, currency)
        start = end
    return tuple(sorted(found, key=lambda claim: (claim.start, claim.end)))


def _own(text: str) -> str:
    """The text with ~ for every character that is quoted, thought, or said in another's name."""
    bare = text.strip()
    quoted = len(_QUOTED.findall(text)) == 1 and bare[:1] in '"“' and bare[-1:] in '"”'
    for hidden in _HIDDEN if quoted else (*_HIDDEN, _QUOTED):
        text = hidden.sub(lambda match: "~" * len(match.group()), text)
    return text


def _read(sentence: str, at: int, role: Player, currency: str) -> list[Claim]:
    line = normal(sentence)
    forms = [form for form in FORMS if role in form.roles and any(word in line for word in form.words)]
    if not forms:
        return []
    prices: dict[int, Amount] = {}
    for amount in amounts(sentence, currency):
        if amount.also is None and (amount.explicit or (not amount.worded and _UNIT.match(line, amount.end))):
            prices[amount.start] = amount
            line = line[: amount.start] + "#" * (amount.end - amount.start) + line[amount.end :]
    found: list[Claim] = []
    for form in forms:
        if not prices and form.kind != "final":
            continue
        for match in form.search.finditer(line):
            said = next((name for name, run in match.groupdict().items() if run), None)
            if (said is None) != (form.kind == "final") or not _meant(line, match, form.kind, said):
                continue
            price = prices[match.start(said)].value if said else None
            if form.kind == "final" and len(prices) > 1:
                continue  # which of them is the last offer?
            start, end = _span(sentence, *match.span())
            found.append(Claim(form.kind, price, at + start, at + end))
    return found


def _span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span in a text of a span in `normal(text)`, which may be longer or shorter."""

    def read(place: int) -> int:
        return len(normal(text[:place]))

    places = range(len(text))
    return bisect_right(places, start, key=read) - 1, bisect_left(places, end, key=read)


def _meant(line: str, match: re.Match[str], kind: Kind, said: str | None) -> bool:
    """Whether what was matched is claimed: by the speaker, without a condition, undenied, as one price."""
    before, after = line[: match.start()], line[match.end() :]
    clause = _CLAUSE.split(before)[-1]
    if said is not None and _RANGE.match(line, match.end(said)):
        return False
    if kind in ("limit", "vow", "final") and _FOR_NOW.search(after):
        return False
    return not (_SUPPOSED.search(before) or _OTHERS.search(before) or _DENIED.search(clause))
