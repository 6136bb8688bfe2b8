"""Which amount of an utterance is the price that its speaker stands at: a scored choice.

Every number that could be money is a candidate. Features of its surroundings (the words before and behind it, its place
in the utterance, the prices already on the table) are weighed by a logistic regression whose weights stand in
`offers.yaml`, trained by scripts/train_reader.py; nothing but a sum is needed here. Discounts, halves and the middle
between two prices are worked out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path

from bargain.reading import patterns
from bargain.reading.money import Amount, same, word_set
from bargain.records import HALF_A_CENT


@dataclass(slots=True)
class Standing:
    """The prices on the table when an utterance is heard. mine and theirs: the last ones of speaker and rival.

    fresh: the rival's last utterance put (or left) its price there, so that a bare "ok" can mean it. asked: it asked
    for a yes to that price ("would you take 40?"). conditional: it agreed under a condition. counting: it asked for a
    number that is no price ("how many?"). newest: the rival's price is the last one named. refused: the rival has just
    turned mine down, so that theirs stands again. questioned: the rival's last utterance asks something else. agreed:
    the price of a deal already made. known: prices that were certainly prices, to judge whether a bare number is one.
    """

    mine: float | None = None
    theirs: float | None = None
    listed: float | None = None
    fresh: bool = True
    asked: bool = False
    conditional: bool = False
    counting: bool = False
    newest: bool = False
    refused: bool = False
    questioned: bool = False
    agreed: float | None = None
    known: tuple[float, ...] = ()


@dataclass(slots=True)
class Amounts:
    """The amounts of an utterance, its plain words, and where the amounts stand in them as #."""

    amounts: tuple[Amount, ...]
    words: list[str]
    places: list[int]


@dataclass(slots=True)
class Candidate:
    """A number that may be the offer: its value, which one it is, and how likely it is the offer."""

    value: float
    index: int
    chance: float
    explicit: bool
    limit: bool = False


_WORDS_BEFORE, _WORDS_AFTER = 5, 4
_STOPS = frozenset(".?!;\n")
_BREAKS = _STOPS | frozenset([",", "(", ")", "but", "however", "so", "while", "since", "because", "although"])
_CUES = {
    word: tuple(f"{place} {word}" for place in ("before", "after", "just before", "just after"))
    for word in word_set("""
    about above accept add agree all altogether another around back last word ask at below between both bought
    brought budget buy call come consider cost could deposit difference discount do down each elsewhere extra fee
    final find firm for from gap get give go good have high how i if instead is it left let like loss low make
    maximum me meet minimum my need not of off offer other paid pay per plus price produce profit propose raise
    reject save say sell settle short someone spend still take than that the to together too total up usual want
    was were what with work worth would you your # / -
    """)
}
"""The plain words that are features, and their names; other words belong to the goods and the story."""
_BOUNDS = word_set("below above less past beyond further least minimum")
_OWN = word_set("price offer list ask usual budget")
_ASKED, _THIRD = word_set("offer pay charge"), word_set("he she who someone")
_LINKS = word_set("is are would sound be seem still remain")
_VERDICTS = word_set("high low bad too")
_UNITS = word_set(
    "year years yr yrs month months week weeks wk day days hour hours hrs minute minutes min mins second seconds "
    "mile miles km gb tb mb inch inches gallon gallons cm mm ft feet foot lb lbs oz kg mph cc hp watt watts volt "
    "volts v speed speeds bed bedroom bedrooms bath baths br door doors cylinder cylinders gear gears piece "
    "pieces item items unit units people person persons guys time times star stars block blocks owner owners "
    "player players seat seats am pm o'clock ish st nd rd th x percent one ones in generation gen sq square acres "
    "megapixels mp cycles"
)
_NOT_PLURAL = word_set(
    "is as this plus was thanks has does its yes less us bucks others dollars always these because includes cash"
)
_NAMED = word_set(
    "model size version iphone ipad galaxy pixel xbox playstation ps windows room apt apartment route highway "
    "exit quit grade level step gen generation mark type class page picture photo since year in rtx gtx # / phase "
    "option"
)
_CLOCK = word_set("at around by after before until from today tomorrow tonight come here there free home available")
_HOURS = word_set(
    "by until today tomorrow tonight here there free home available pick open meet weekend weekdays monday tuesday "
    "wednesday thursday friday saturday sunday"
)
_TIES = word_set("and or to till until - ,")


@lru_cache(maxsize=3)
def weights(name: str) -> dict[str, float]:
    """The weights of a file beside this one, read once."""
    found: dict[str, float] = {}
    for line in (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(": ")
            found[name.strip('"')] = float(value)
    return found


def candidates(told: Amounts, role: str, table: Standing, moods: tuple[str, ...]) -> list[tuple[int, float, list[str]]]:
    """Every number of an utterance that could be its offer: which one, its value, its features."""
    found, words = told.amounts, told.words
    values, peers, likely = [], [], []
    gap = _gap(table)
    for index, amount in enumerate(found):
        value, at = amount.value, told.places[index]
        if not (amount.explicit and amount.also is None) and _free(at, words, value):
            value = readings(amount, table)[0]
        values.append(value)
        if value <= 0 or _is_told(words, at):
            continue
        if gap and table.mine is not None and same(value, gap):
            if words[max(0, at - 1)] not in ("missing", "extra"):
                continue  # "the remaining $20"
            value = values[-1] = table.mine  # "find the missing $12 and it is yours"
        elif words[at + 1 : at + 2] in (["was"], ["were"]) and table.mine is not None and same(value, table.mine):
            continue  # "sixty was cheeky of me"
        if not amount.explicit and not _sized(amount, value, table):
            continue
        agreed = table.agreed
        if agreed is not None and (value < 0.5 * agreed or (not amount.explicit and value > 1.6 * agreed)):
            continue
        peers.append(index)
        if amount.explicit or _free(at, words, value):
            likely.append(index)
    return [(index, values[index], _features(index, likely, told, values, role, table, moods)) for index in peers]


def priced(index: int, told: Amounts, table: Standing) -> bool | None:
    """Whether an amount has the size of the prices here; None if it counts something else ("3 months")."""
    amount, agreed = told.amounts[index], table.agreed
    if _is_told(told.words, told.places[index]):
        return None
    if not amount.explicit and not _free(told.places[index], told.words, amount.value):
        return None
    value = readings(amount, table)[0]
    return amount.explicit or (_sized(amount, value, table) and (agreed is None or 0.5 <= value / agreed <= 1.6))


def _far(value: float, table: Standing) -> bool:
    return bool(table.known) and not 0.3 * min(table.known) <= value <= 3 * max(table.known)


def _verdict(after: list[str]) -> bool:
    """Whether the words behind an amount find it too high or too low."""
    beyond = any(
        word in ("above", "below") and following in ("my", "what", "the", "cost", "budget", "")
        for word, following in zip(after, [*after[1:], ""], strict=True)
    )
    return beyond or not _VERDICTS.isdisjoint(after)


def _gap(table: Standing) -> float:
    """How far the two are apart, 0 where that is no small part of their prices."""
    gap = abs((table.mine or 0.0) - (table.theirs or 0.0))
    return gap if gap < 0.35 * min(table.mine or 0.0, table.theirs or 0.0) else 0.0


def _is_told(words: list[str], at: int) -> bool:
    """Whether the words around an amount say that it is no price of the speaker's here."""
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    if before in ("by", "not", "liked", "preferred") and words[max(0, at - 2)] != "why":
        return True  # "raised by $5", "not $500"
    if before in ("than", "of") and not {"rather", "instead"}.isdisjoint(words[max(0, at - 6) : at]):
        return True  # "$60 rather than $70"
    if after == "now" and "rest" in words[at : at + 6]:
        return True  # "$20 now and the rest when I collect it"
    if (
        after == "from"
        and words[at + 2 : at + 3] in (["the"], ["another"])
        and "".join(words[at + 3 : at + 4]) not in _OWN
    ):
        return True  # "I have $390 from the man at the market"
    if after == "of" and words[at + 2 : at + 3] in (["them"], ["this"]):
        return True  # "there's 6 of them"
    verb, one = words[max(0, at - 3) : at - 1] if at > 2 else ("", "")
    if verb in ("found", "saw", "seen") and one in ("one", "other"):
        return True  # "found one for $260"
    if (one, before) == ("offer", "of") and not {"had", "another"}.isdisjoint(words[max(0, at - 6) : at - 2]):
        return True  # "I've had an offer of $240"
    if before == "for" and "deposit" in words[max(0, at - 3) : at]:
        return True  # "they put a deposit down for $6,500"
    if before in _ASKED and not _THIRD.isdisjoint(words[max(0, at - 4) : at - 1]):
        return True  # "he offered $145"
    return after in ("%", "percent")


def _free(at: int, words: list[str], value: float) -> bool:
    """Whether a bare number is neither counted ("5 miles"), nor a name ("size 42"), nor a time ("at 6")."""
    after = words[at + 1] if at + 1 < len(words) else ""
    before, first = words[at - 1] if at > 0 else "", at
    while first > 1 and words[first - 2] == "#" and words[first - 1] in _TIES:
        first -= 2
    hours = before in _CLOCK or words[max(0, first - 1)] in ("at", "by")  # "at 5 or 6", "free between 10 and 2"
    if first < at or before == "between" or after == "-":
        hours = hours or not _HOURS.isdisjoint(words[max(0, first - 7) : first])
    counted = after in _UNITS or (after.endswith("s") and after not in _NOT_PLURAL)
    if (before == "the" and words[max(0, at - 2)] not in ("pay", "do", "take", "accept", "for")) or (
        1900 <= value <= 2100 and before in ("from", "since", "in", "is")
    ):
        return False
    if after in ("or", "x", "-") and words[at + 2 : at + 3] == ["#"] and (words[at + 3 : at + 4] or [""])[0] in _UNITS:
        return False  # "110 or 220 volts"
    if "/" in (before, after) and not (value >= 100 and after == "/"):
        return False
    return not counted and before not in _NAMED and not (hours and value <= 24)


def _features(
    index: int,
    likely: list[int],
    told: Amounts,
    values: list[float],
    role: str,
    table: Standing,
    moods: tuple[str, ...],
) -> list[str]:
    """What speaks for and against an amount being the offer, by name; a weight has the same name."""
    amount, value = told.amounts[index], values[index]
    before, after, end = _beside(index, likely, told)
    names = ["bias", "explicit" if amount.explicit else "bare"]
    names += [_CUES[word][0] for word in dict.fromkeys(before) if word in _CUES]
    names += [_CUES[word][1] for word in dict.fromkeys(after) if word in _CUES]
    if before and before[-1] in _CUES:
        names.append(_CUES[before[-1]][2])
    if after:
        if after[0] in _CUES:
            names.append(_CUES[after[0]][3])
        if "worth" in before and after[:2] == ["to", "me"]:
            names.append("worth to me")
        if after[0] in _LINKS and _verdict(after):
            names.append("judged")
    near = told.words[max(0, told.places[index] - 8) : told.places[index]]
    if "(" in near and ")" not in near[near.index("(") :]:
        names.append("in brackets")
    for word in told.words[end : end + 30]:
        if word in _STOPS:
            if word == "?":
                names.append("asked")
            break
    rank = "unlikely"
    if index in likely:
        rank = "only" if len(likely) == 1 else "last" if index == likely[-1] else "middle"
        rank = "first" if rank == "middle" and index == likely[0] else rank
    names.append(rank)
    if table.mine is None and table.theirs is None:
        names += ["opening", f"{rank}, opening"]
    if len(likely) > 1 and len({told.amounts[other].bold for other in likely}) > 1:
        names.append("bold" if amount.bold else "beside bold")
    if not before and not after:
        names.append("alone")
    for name, price in (("theirs", table.theirs), ("mine", table.mine), ("listed", table.listed)):
        if price is not None and same(price, value):
            names += [f"is {name}", *(f"is {name}, {mood}" for mood in moods)]
    place = _place(value, [values[other] for other in likely], role, table)
    if place:
        names.append(place)
    if likely not in ([], [index]) and value < 0.35 * max([values[other] for other in likely]):
        names.append("dwarfed")
    return names if amount.explicit else names + _bare(amount, value, before, after, table)


def _beside(index: int, likely: list[int], told: Amounts) -> tuple[list[str], list[str], int]:
    """The words before and behind an amount that can be about it, and the place behind the latter."""
    words, at = told.words, told.places[index]
    before, after = words[max(0, at - _WORDS_BEFORE) : at], words[at + 1 : at + 1 + _WORDS_AFTER]
    while not _BREAKS.isdisjoint(before):
        del before[0]
    while not _BREAKS.isdisjoint(after):
        del after[-1]
    if after[:2] == ["not", "with"] and after[2:3] in (["it"], ["the"], ["them"]):
        after = after[2:]  # "$345 without it"
    end = at + 1 + len(after)
    if "#" in before or "#" in after:  # other amounts, not "one unit for $45"
        prices = {told.places[other] for other in likely}
        before = [word for number, word in enumerate(before, at - len(before)) if word != "#" or number in prices]
        after = [word for number, word in enumerate(after, at + 1) if word != "#" or number in prices]
    return before, after, end


def _place(value: float, likely: list[float], role: str, table: Standing) -> str:
    """Where an amount lies among the prices on the table; "" where nothing is to say."""
    if _far(value, table):
        return "far, as all" if all(_far(other, table) for other in likely) else "far"
    side = 1 if role == "seller" else -1  # dearer is better for the seller
    if table.theirs is not None and side * (table.theirs - value) > HALF_A_CENT:
        return "worse than theirs"
    if table.mine is None:
        return ""
    if side * (value - table.mine) > HALF_A_CENT:
        return "above what I asked"
    return "between" if table.theirs is not None and value not in (table.mine, table.theirs) else ""


def _bare(amount: Amount, value: float, before: list[str], after: list[str], table: Standing) -> list[str]:
    """Of an amount without a currency."""
    names = ["bare new"]
    if table.known:
        ratio = value / max(1e-9, min(table.known, key=lambda price: abs(price - value)))
        names = ["bare near" if 0.6 <= ratio <= 1.5 else "bare off" if 0.25 <= ratio <= 3 else "bare far"]
    if value <= 12:
        names.append("bare small")
    if 1900 <= value <= 2100 and not amount.worded:
        names.append("bare year")
    if after and after[0].isalpha() and after[0] not in _CUES:
        names.append("bare followed")
    if before and before[-1].isalpha() and before[-1] not in _CUES:
        names.append("bare preceded")
    if table.counting:
        names.append("bare counted")
    if amount.worded:
        names.append("bare worded")
    return names


def readings(amount: Amount, table: Standing) -> list[float]:
    """The values that a number may mean: itself, or thousands and hundreds beside a price in thousands."""
    if amount.explicit and amount.also is None:
        return [amount.value]
    values = [amount.value] if amount.also is None else [amount.value, amount.also]
    size = table.listed or max(table.known, default=0.0)
    if size >= 1000 and not amount.explicit:
        small = [value for value in values if value < 100]
        values = [
            big for value in small for big in (value * 1000, value * 100) if 0.3 * size <= big <= 1.5 * size
        ] + values
    if len(values) > 1 and table.known:
        near = [value for value in values if any(0.3 <= value / price <= 3 for price in table.known)]
        return near or values
    return values


def score(names: list[str]) -> float:
    """The probability that an amount with these features is the offer."""
    total = sum(map(weights("offers").get, names, repeat(0.0)))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _sized(amount: Amount, value: float, table: Standing) -> bool:
    """Whether a bare number has the size of the prices here."""
    near = table.known or [price for price in (table.mine, table.theirs, table.listed) if price is not None]
    if amount.worded and amount.value <= 12 and not any(0.5 * price <= amount.value <= 2 * price for price in near):
        return False  # "I could sell you six"
    if 1900 <= value <= 2100 and not any(0.6 <= value / price <= 1.6 for price in near if price):
        return False  # a year
    return not near or any(0.2 * price <= value <= 4 * price for price in near)


def _range(low: int, high: int, words: list[str]) -> bool:
    """Whether two amounts are the ends of a range."""
    joined = words[low + 1 : high]
    return joined in (["-"], ["or"]) or (
        joined in (["and"], ["to"]) and words[low - 1 : low] in (["between"], ["about"])
    )


CHOSEN = 0.3
"""The chance from which an amount is taken for the offer; between DOUBTFUL and it the price is not known."""
DOUBTFUL = 0.2
SURE = 0.8


def _is_past(before: list[str]) -> bool:
    """Whether these words say that a price is no longer meant: "my budget was", "I was hoping for"."""
    said = " ".join(before).rpartition("but ")[2].split()
    return "hope" in said or "had" in said or ("was" in said and "like" not in said)


def choose(
    told: Amounts, role: str, table: Standing, moods: tuple[str, ...], beside: float | None = None
) -> Candidate | None:
    """The amount that is most likely the offer, None if none is likely; beside: a price that it is not."""
    found, words, places = told.amounts, told.words, told.places
    if not found:
        return None
    weighed = candidates(told, role, table, moods)
    refused, accepts = "refuses" in moods, "agrees" in moods  # "$12 is too low", "I was hoping for $12, but I accept"
    scored = [
        (score(names), index, value)
        for index, value, names in weighed
        if not (refused and "judged" in names) and (beside is None or not same(value, beside))
        if not (accepts and _is_past(words[max(0, places[index] - 6) : places[index]]))
    ]
    if not scored:
        return None
    chance, index, value = max(scored)
    for low, high in ((index - 1, index), (index, index + 1)):  # "between 50 and 60", "50-60"
        if low >= 0 and high < len(places) and _range(places[low], places[high], words):
            ends = [end for _, other, end in scored if other in (low, high)]
            value, chance = (max(ends) if role == "buyer" else min(ends)), min(chance, 0.6)
    before = words[max(0, places[index] - 8) : places[index]]
    bound = "you" not in before and not _BOUNDS.isdisjoint(before)
    limit = bound and patterns.LIMIT(f" {' '.join(before)} ") is not None
    rival = max((other for other, _, each in scored if each != value), default=0.0)
    if chance >= DOUBTFUL and found[index].explicit and rival < chance / 5:
        chance = max(chance, CHOSEN)  # what else could be meant?
    best = Candidate(value, index, chance, found[index].explicit, limit)
    if table.agreed is not None and not best.explicit and best.chance < SURE:
        return None
    if best.chance < (DOUBTFUL if best.explicit else CHOSEN):
        return None
    return best


def worked_out(text: str, values: list[float], role: str, table: Standing, able: int, *, refuses: bool) -> float | None:
    """A price that is told by arithmetic: "10% off", "knock off 5", "half price", "the middle", "add 5"."""
    ask = table.mine if role == "seller" else table.theirs
    bid = table.theirs if role == "seller" else table.mine
    ask = ask if ask is not None else table.listed
    match = patterns.OFF(text, able)
    if match is not None and match["to"] is None and ask is not None and not refuses:
        index = text[: match.end()].count("#") - 1
        if index < 0 or index >= len(values):
            return None
        part = values[index]
        percent = match["percent"] or match["also"]
        if percent:
            return round(ask * (1 - part / 100), 2) if part < 100 else None
        return round(ask - part, 2) if part < ask else None
    if ask is not None and not refuses and patterns.HALF(text, able):
        return round((table.listed or ask) / 2, 2)
    if ask is not None and bid is not None and not values and not refuses and patterns.MIDDLE(text, able):
        return round((ask + bid) / 2, 2)
    match = patterns.ADD(text, able)
    if match is not None and bid is not None:
        return round(bid + values[text[: match.end()].count("#") - 1], 2)
    return None
