"""What bargainers do with prices, read from their words by rules: offers, acceptances, refusals, farewells, the deal.

    reader = Reader(currency="$")
    reader.add("seller", "It is $20.")            ->  Act("offer", 20.0)
    reader.add("buyer", "Fine, I'll take it.")    ->  Act("accept", 20.0)
    reader.outcome()                              ->  Outcome(state="deal", price=20.0, ...)

There must be an acceptance, without a condition, of a price that the *other* side has put on the table; nobody can
accept in another's name. The rival's price alone, said back, is an acceptance; with a refusal, a judgement or another
price it is none. `moderator=rules` is built on this. What one utterance says is read in `acts.py`; here is what it does
to the table. The rules read English.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bargain.reading.acts import Said, read
from bargain.reading.money import MOST, Amount, amounts, has_digits, same
from bargain.reading.proposals import SURE, Standing
from bargain.reading.weighing import AGAINST, DOUBTED, FAREWELL, PARTING, STAYING
from bargain.records import State, rival_of

__all__ = ["Act", "Amount", "Outcome", "Reader", "amounts", "has_digits", "offers", "read_outcome", "same"]

ActKind = Literal["offer", "accept", "reject", "walk_away", "other"]


@dataclass(frozen=True, slots=True)
class Act:
    """What one utterance does. `offer` is the price it puts (or, accepting, leaves) on the table, None if none.

    sure: the words can hardly be read otherwise. An `offer`, `reject` or `other` that is sure is surely no acceptance:
    no word of it could be one, and it is English. unread: it names money that was not understood, so that the price on
    the table is not known until somebody names one; an acceptance of it has no price and makes no deal. second: the
    option of a second issue that goes with the price; words alone are never read for one.
    """

    kind: ActKind
    offer: float | None = None
    sure: bool = False
    unread: bool = False
    second: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dialogue stands.

    price: the agreed price, None unless `state` is "deal". standing_price: the price on the table at the end whatever
    the state. accepted_turn, accepted_by_turn: indexes from 0 of the offer that was accepted and of the acceptance.
    walked_away: who ended the talk. sure: the act that brought this about is sure, and before an ongoing state no turn
    could have been an acceptance that was not read as one. price_unknown: the newest offer
    holds money that was not understood; no older price is booked in its place.
    """

    state: State
    price: float | None = None
    standing_price: float | None = None
    accepted_turn: int | None = None
    accepted_by_turn: int | None = None
    walked_away: str | None = None
    sure: bool = False
    price_unknown: bool = False


LISTED = -1
"""The turn of an offer that stands in the listing and was made in no turn."""


class Reader:
    """Reads a dialogue turn by turn. `add` takes an utterance, `outcome` says how things stand; both are cheap.

    list_price: the item's asking price, if known: the seller's price until the seller names one, and the scale of a
    bare number ("7.5" for a car at 8,000 is 7,500).
    """

    def __init__(self, list_price: float | None = None, currency: str = "$") -> None:
        self.list_price = list_price if list_price is not None and 0 < list_price < MOST else None
        self.currency = currency
        self._turn = -1
        self._table: dict[str, tuple[int, float]] = {}
        self._made: dict[str, list[tuple[int, float]]] = {"seller": [], "buyer": []}
        self._last: float | None = None
        self._fresh: str | None = None
        self._said = Said()
        self._speaker: str | None = None
        self._known = [self.list_price] if self.list_price else []
        self._turned_down = False
        self._unread: str | None = None
        self._vague = {"seller": False, "buyer": False}
        self._doubt = False
        self._outcome = Outcome("ongoing")

    def outcome(self) -> Outcome:
        """How the dialogue stands after the last turn."""
        return self._outcome

    def add(self, role: str, text: str) -> Act:
        """Reads the next utterance and returns what it does."""
        self._turn += 1
        rival = rival_of(role)
        said = read(text, role, self._seen_by(role, rival), self.currency)
        act, accepted = self._act(said, role, rival)
        self._said = said
        if act.kind == "accept" and accepted is not None:
            return self._accept(role, accepted, act)
        if act.offer is not None:
            self._put(role, act.offer, said)
        elif act.kind == "reject":
            self._turn_down(role)
        self._doubt = self._doubt or (said.yields and act.kind == "other")
        if act.unread:
            self._unread = role
        elif act.offer is not None or (act.kind == "reject" and self._unread == rival):
            self._unread = None
        if act.offer is not None or self._speaker != role:
            self._fresh = role if act.offer is not None else None
        self._speaker = role
        self._turned_down = said.refuses or act.kind == "walk_away"
        if self._outcome.state == "deal" and act.kind == "other":
            return act
        walked = role if act.kind == "walk_away" else self._still_gone(act)
        if walked:  # what the buyer could still come back to
            self._last = self._table["seller"][1] if "seller" in self._table else self.list_price or self._last
        brief = act.kind in ("reject", "other") and len(text.split()) <= 6  # "Then no." may end it
        self._outcome = Outcome(
            "no_deal" if walked else "ongoing",
            standing_price=self._last,
            walked_away=walked,
            sure=act.sure and not brief and (walked == role or not self._doubt),
            price_unknown=self._unread is not None,
        )
        return act

    def _seen_by(self, role: str, rival: str) -> Standing:
        mine, theirs = self._table.get(role), self._table.get(rival)
        heard = self._fresh == rival
        table = Standing(mine[1] if mine else None, theirs[1] if theirs else None, self.list_price, heard)
        table.asked = heard and self._said.asks
        table.conditional = heard and self._said.conditional
        table.counting = self._said.counts
        table.questioned = self._said.questions
        table.newest = theirs is not None and self._last is not None and same(theirs[1], self._last)
        table.refused = table.newest and self._said.refuses and not (self._said.leaves or self._said.goodbye)
        table.agreed = self._outcome.price
        table.known = tuple(self._known[-8:])
        return table

    def _turn_down(self, role: str) -> None:
        """A refusal without a price takes the rival's offer off the table: the speaker's own stands again."""
        own = self._table.get(role)
        if own is not None:
            self._last = own[1]
        elif role == "seller" and self.list_price:
            self._last = self.list_price

    def _put(self, role: str, price: float, said: Said) -> None:
        if said.explicit or said.chance > 0.7:
            self._known.append(price)
        self._vague[role] = said.chance < SURE and not said.agrees
        self._table[role] = (self._turn, price)
        self._made[role].append((self._turn, price))
        self._last = price

    def _still_gone(self, act: Act) -> str | None:
        """Who had walked away and is not called back by this utterance."""
        return self._outcome.walked_away if act.kind in ("other", "reject") else None

    def _accept(self, role: str, accepted: tuple[int, float], act: Act) -> Act:
        turn, price = accepted
        self._speaker = role
        self._turned_down = False
        self._table[role] = (self._turn, price)
        self._last = price
        self._fresh = role
        self._unread = None
        self._doubt = False
        if self._outcome.state != "deal" or self._outcome.price != price:
            self._outcome = Outcome("deal", price, price, None if turn == LISTED else turn, self._turn, sure=act.sure)
        return act

    def _act(self, said: Said, role: str, rival: str) -> tuple[Act, tuple[int, float] | None]:
        """The act of an utterance and, for an acceptance, the (turn, price) that it accepts."""
        theirs, own, offer = self._on_table(rival, said), self._table.get(role), said.price
        agreed = self._outcome.price if self._outcome.state == "deal" else None
        stays = offer is not None and own is not None and same(own[1], offer)
        moves = offer is not None and not stays and not said.limit and (theirs is None or not same(offer, theirs[1]))
        if self._goes(said, moves=moves, agreed=agreed is not None):
            if agreed is not None and not said.undoes:
                return Act("other"), None
            sure = said.none and said.leaves and not said.questions
            return Act("walk_away", offer if stays else None, sure=sure), None
        if self._said.probe is not None and offer is None and said.agrees:
            return Act("offer", self._said.probe), None
        accepted = self._accepted(said, role, theirs)
        if accepted is not None:
            act = self._acceptance(said, role, rival, accepted, agreed)
            if act is not None:
                return act, accepted if act.kind == "accept" else None
        listed = self.list_price if said.lists and role == "seller" and agreed is None else None
        return _answer(said, theirs, listed, agreed, stays=stays), None

    def _goes(self, said: Said, *, moves: bool, agreed: bool) -> bool:
        """Whether the speaker ends the talk, by words alone. moves: a new price is said."""
        turned_down = said.goodbye and not agreed and self._turned_down and said.price is None
        parts = said.parts and not said.agrees and not said.waits
        remains = said.price is not None and said.leaving < STAYING  # "I can do $60, I don't really need it"
        return (said.leaves or parts or turned_down) and (not moves or said.ends) and not said.plainly and not remains

    def _acceptance(
        self, said: Said, role: str, rival: str, accepted: tuple[int, float], agreed: float | None
    ) -> Act | None:
        """What words of acceptance come to; None: not enough speaks for one."""
        turn, price = accepted
        if said.price is None and (self._unread == rival or said.garbled):
            return Act("other", unread=True)
        mild = said.price is None and (said.parts or not (said.plainly and said.takes))
        if mild and self._outcome.walked_away == rival:
            return Act("other")  # a kind word to one who has left
        if agreed is not None and price != agreed:
            return Act("other")  # "my limit was $900 anyway"
        own = self._table.get(role)
        own_since = own is not None and own[0] > turn  # it was turned down, and nothing was offered since
        vague = self._vague[rival] and said.price is None  # which of its amounts was the price?
        mixed = said.questions or said.waits or own_since or vague
        sure = said.plainly and not mixed and said.accepting >= DOUBTED and said.leaving < PARTING
        if (said.plainly or said.accepting >= AGAINST) and (agreed is not None or said.leaving < FAREWELL):
            return Act("accept", price, sure)
        return None

    def _on_table(self, rival: str, said: Said) -> tuple[int, float] | None:
        """The rival's price; the listed one while the seller has named none, or when it is named in words."""
        found = self._table.get(rival)
        if rival == "seller" and self.list_price and (found is None or (said.lists and said.agrees)):
            return (LISTED, self.list_price)
        return found

    def _accepted(self, said: Said, role: str, theirs: tuple[int, float] | None) -> tuple[int, float] | None:
        """What the utterance accepts: the rival's price by words without another price, or by naming it."""
        offer = said.price
        if theirs is None or (said.refuses and not said.agrees):
            return None
        if offer is None:
            newest = self._last is not None and same(self._last, theirs[1])
            heard = self._fresh is not None and self._fresh != role
            if said.plainly or (said.agrees and (said.lists or (heard and theirs[0] != LISTED))):
                return theirs
            arranged = said.closes and not said.conditional and theirs[0] != LISTED
            return theirs if arranged and (heard or (newest and (said.agrees or role == "seller"))) else None
        if said.limit or said.conditional or (said.waits and not said.plainly):
            return None
        if said.same or same(offer, theirs[1]):
            return None if not (said.same or said.agrees) or (theirs[0] == LISTED and not said.agrees) else theirs
        if not said.agrees:
            return None
        return _older(self._made[rival_of(role)], rival_of(role), offer, theirs[1])


def _older(made: Sequence[tuple[int, float]], rival: str, offer: float, newest: float) -> tuple[int, float] | None:
    """An earlier offer of those the rival made that is named again and is no worse for the rival than the newest."""
    for turn, price in reversed(made):
        if same(price, offer) and (price >= newest if rival == "seller" else price <= newest):
            return turn, price
    return None


def _answer(
    said: Said, theirs: tuple[int, float] | None, listed: float | None, agreed: float | None, *, stays: bool
) -> Act:
    """What an utterance does that neither ends the talk in so many words nor accepts.

    theirs: the rival's (turn, price). listed: the price it names in words as the listed one. agreed: the price of a
    deal that stands. stays: it names the speaker's own price again.
    """
    offer = said.price
    if agreed is None and said.leaving >= FAREWELL:
        return Act("walk_away", offer if stays else None)
    if said.conditional and offer is None and theirs is not None and not said.refuses and agreed is None:
        return Act("offer", theirs[1])
    offer = listed if offer is None else offer
    if offer is None:
        if agreed is not None and said.undoes:
            return Act("walk_away", sure=said.none)
        neither = said.none and said.leaving < PARTING
        if said.refuses and agreed is None:
            return Act("reject", sure=neither)
        return Act("other", sure=neither and not said.unread, unread=said.unread and agreed is None)
    if agreed is not None and same(offer, agreed):
        return Act("other")
    differs = theirs is None or not same(offer, theirs[1])
    asked_back = (said.asks and not said.confirms and not stays) or said.waits
    if not differs and theirs is not None and theirs[0] != LISTED and asked_back:
        return Act("other")  # the rival's price, asked back
    plain = said.agrees or said.conditional
    return Act("offer", offer, said.explicit and said.chance > 0.8 and differs and not plain)


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
