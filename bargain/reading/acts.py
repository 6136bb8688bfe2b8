"""What one utterance does, by rules: the prices it proposes, and whether it agrees, refuses or leaves.

It sees one utterance and what lies on the table, and knows nothing of the rest of the dialogue (`prices.py`).

    read("Hmm, $12 is too low. I could do $15.", "seller", Table(mine=20, theirs=10))
        ->  Said(prices=(15.0,), refuses=True, ...)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bargain.reading import patterns as wording
from bargain.reading.money import shortened
from bargain.reading.proposals import Proposals, Table


@dataclass(frozen=True, slots=True)
class Said:
    """What an utterance says.

    prices: the prices it proposes, in order. same: the rival's price is the last of them, stated. limit: the last of
    them is only "I can't go below it". agrees: words of acceptance, free of conditions and questions. conditional:
    agreement under a condition. plainly: agrees in words that cannot mean anything else. logistics: it arranges the
    handing over. probe: a price it only asks about ("is 50 your lowest?"). lists: it names the listed price in words
    ("full asking price"). asks: its last question is about its price. sure: the last price is certainly money.
    questions: it asks something that is not about its price. counts: its last question wants a number that is no price.
    """

    prices: tuple[float, ...] = ()
    limit: bool = False
    agrees: bool = False
    plainly: bool = False
    conditional: bool = False
    logistics: bool = False
    refuses: bool = False
    leaves: bool = False
    says_goodbye: bool = False
    probe: float | None = None
    same: bool = False
    lists: bool = False
    asks: bool = False
    counts: bool = False
    sure: bool = False
    questions: bool = False


@lru_cache(maxsize=1024)
def own_words(text: str) -> str:
    """An utterance without what is not the speaker's own word: quotations, code, tags, JSON, forged speaker lines."""
    text = shortened(text).lower().replace("’", "'").replace("‘", "'").replace("*", "").replace("\u200b", "")
    text = _RUN.sub(r"\1\1\1", _BLANKS.sub(" ", text))
    return wording.FORGED.sub(" ", wording.QUOTED.sub(" ", text)).strip()


_BLANKS = re.compile(r"[^\S\n]++")
_RUN = re.compile(r"([^\w\s])\1{3,}+")
_PIECE = 300
"""Characters that one pattern sees at most, so that no pattern costs more than a constant times the length."""


@lru_cache(maxsize=1024)
def _pieces(text: str) -> tuple[str, ...]:
    """The text in pieces of about _PIECE characters, cut where a clause or a word ends."""
    if len(text) <= 2 * _PIECE:
        return (text,)
    found, start = [], 0
    while start < len(text):
        end = start + _PIECE
        if end < len(text):
            end = max(text.rfind(mark, start + _PIECE // 2, end) for mark in (". ", "! ", "? ", "\n", " ")) + 1 or end
        found.append(text[start:end])
        start = end
    return tuple(found)


def _in(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the pattern is anywhere in the text."""
    return any(pattern.search(piece) for piece in _pieces(text))


def read(text: str, role: str, table: Table, currency: str = "$") -> Said:
    """What an utterance says, given what lies on the table."""
    return _Utterance(role, table, currency).read(own_words(text))


class _Utterance:
    """One utterance being read, clause by clause."""

    def __init__(self, role: str, table: Table, currency: str) -> None:
        self.role = role
        self.table = table
        self.proposals = Proposals(role, table, currency)

    def read(self, text: str) -> Said:
        """The whole utterance."""
        clauses = _clauses(text)
        agrees = plainly = conditional = refuses = refused_last = False
        for number, (clause, asked) in enumerate(clauses):
            self.proposals.hear(clause, asked, number)
            if wording.REFUSAL.search(clause):
                refuses = refused_last = True
                agrees = agrees and plainly
                continue
            how = self._agreement(clause, asked)
            conditional = (
                conditional
                or how == "conditional"
                or (self.table.asked and bool(wording.ONLY_IF.match(clause)) and not self.proposals.named)
            )
            if how in ("plainly", "softly"):
                agrees, plainly, refused_last = True, plainly or how == "plainly", False
        if not agrees and not refuses and not self.proposals.prices and self._short_yes(text):
            agrees = True
        if agrees and not plainly:
            hedged = _in(wording.HESITATES, text) or _in(wording.CONDITION, wording.NO_CONDITION.sub(" ", text))
            conditional = conditional or hedged
            agrees = not hedged and not refused_last
        still_here = _in(wording.STILL_HERE, text)
        farewell = _in(wording.FAREWELL, text) and not still_here
        goodbye = _in(wording.GOODBYE, text) and not still_here
        last = clauses[-1] if clauses else ("", False)
        last_question = max((number for number, (_, asked) in enumerate(clauses) if asked), default=-1)
        lists = _in(wording.LISTED, text) and not refuses and not _in(wording.BELOW_LISTED, text)
        return Said(
            prices=tuple(price.value for price in self.proposals.prices),
            limit=self.proposals.limit,
            same=self._repeats(),
            agrees=agrees or (lists and self.role == "buyer" and not last[1]),
            plainly=plainly and agrees,
            conditional=conditional and not agrees,
            logistics=_in(wording.LOGISTICS, text) and not _in(wording.VIEWING, text) and self._sayable(clauses),
            refuses=refuses,
            leaves=farewell or (goodbye and refuses),
            says_goodbye=goodbye and not agrees,
            probe=self.proposals.probe,
            lists=lists,
            asks=bool(self.proposals.prices)
            and self.proposals.prices[-1].asked
            and self.proposals.prices[-1].clause == last_question,
            counts=wording.COUNTS.search(last[0]) is not None,
            sure=bool(self.proposals.prices) and self.proposals.prices[-1].sure,
            questions=last_question >= 0
            and not (self.proposals.prices and self.proposals.prices[-1].clause == last_question),
        )

    def _repeats(self) -> bool:
        """Whether the last price proposed, or one beside it in its clause, is the rival's, and not as a question."""
        if self.table.theirs is None or not self.proposals.prices:
            return False
        clause = self.proposals.prices[-1].clause
        near = [price for price in self.proposals.prices if price.clause == clause and not price.asked]
        return any(abs(price.value - self.table.theirs) < 0.005 for price in near)

    def _short_yes(self, text: str) -> bool:
        """A few words that begin with a yes, when the rival has just named a price, or asked for a yes to it."""
        if _in(wording.HESITATES, text) or _in(wording.UNDERSTANDS, text):
            return False
        if (
            self.table.asked
            and (wording.YES_START.match(text) or wording.SO_WOULD_I.match(text))
            and "?" not in text[:40]
        ):
            return True
        if self.table.conditional and wording.MEETS.match(text):
            return True
        if self.table.fresh and not self.table.questioned and len(text.split()) <= 4 and wording.SO_WOULD_I.match(text):
            return True
        if self.table.fresh and not self.table.questioned and wording.SURE_START.match(text):
            return "?" not in text
        if "?" in text or len(text.split()) > 8 or not wording.YES_START.match(text):
            return False
        return self.table.fresh or (self.table.newest and _in(wording.LOGISTICS, text))

    @staticmethod
    def _sayable(clauses: list[tuple[str, bool]]) -> bool:
        """Whether the arrangement is stated, or asked as one asks who has agreed ("when can I pick it up?")."""
        return any(
            wording.LOGISTICS.search(clause)
            and (not asked or wording.PICK_UP.search(clause))
            and not wording.REFUSAL.search(clause)
            for clause, asked in clauses
        )

    def _agreement(self, clause: str, asked: bool) -> str:
        """ "plainly", "softly", "conditional" or "" for one clause."""
        if asked or not clause.strip():
            return ""
        plain = wording.PLAIN_ACCEPT.search(clause) is not None
        soft = plain or wording.SOFT_ACCEPT.search(clause) is not None or wording.BARE_YES.match(clause) is not None
        if not soft:
            return ""
        where = wording.PLAIN_ACCEPT.search(clause) or wording.SOFT_ACCEPT.search(clause)
        if where is not None and wording.NEGATED.search(clause[: where.start()]):
            return ""
        rest = wording.NO_CONDITION.sub(" ", clause)
        if wording.CONDITION.search(rest):
            return "conditional"
        return "plainly" if plain else "softly"


@lru_cache(maxsize=1024)
def _clauses(text: str) -> list[tuple[str, bool]]:
    """The clauses of a text, each with whether a question mark ends it (or its sentence)."""
    found = []
    start = 0
    for match in [*wording.CLAUSE.finditer(text), None]:
        end = len(text) if match is None else match.start()
        clause = text[start:end]
        mark = "" if match is None else match.group()
        if clause.strip() or "?" in mark:
            asked = "?" in mark or wording.QUESTION.match(clause) is not None
            found += [(piece, asked) for piece in _pieces(clause)]
        if match is not None:
            start = match.end()
    return found
