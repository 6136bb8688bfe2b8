"""What one utterance does: the price it stands at, and whether it agrees, refuses or leaves.

It sees one utterance and what lies on the table, not the rest of the dialogue (`reader.py`).

    read("Hmm, $12 is too low. I could do $15.", "seller", Standing(mine=20, theirs=10))
        ->  Said(price=15.0, refuses=True, ...)
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bargain.reading import patterns
from bargain.reading.money import UNREAD, find, normal, same, word_set
from bargain.reading.proposals import CHOSEN, SURE, Amounts, Candidate, Standing, choose, priced, readings, worked_out
from bargain.reading.weighing import FAREWELL, PARTING, SURELY, features, weigh
from bargain.records import rival_of


@dataclass(slots=True)
class Said:
    """What an utterance says.

    price: the price it stands at, None if none. chance: how likely that is the offer. limit: it is only "I can't
    go below it". same: the rival's price is said, and nothing else is proposed. agrees: words of acceptance, free
    of conditions and questions; plainly: in words that cannot mean anything else. conditional: agreement under a
    condition. closes: it arranges the handing over. refuses: it turns something down or finds it too high or too
    low. leaves: it ends the talk; ends: with a refusal and behind the price; parts: in a figure of speech, or its
    last words are a farewell. goodbye: it takes leave. probe: a price it only asks about ("is 50 your lowest?").
    lists: it names the listed price in words. asks: its question is about its price; questions: it asks something
    else; counts: its last question wants a number that is no price. unread: it holds money that was not
    understood, garbled: digits that are no number ("$1O"). yields: a word of it could be agreement; none: it is
    surely no acceptance, in a language that the rules know;
    confirms: it begins with "so". undoes: it takes back what was agreed. takes: in words about the deal, not only
    "agreed". accepting, leaving: how much its words speak for an acceptance (0 where there is nothing of one) and for
    a farewell, in log odds.
    """

    price: float | None = None
    chance: float = 0.0
    explicit: bool = False
    limit: bool = False
    same: bool = False
    agrees: bool = False
    plainly: bool = False
    conditional: bool = False
    closes: bool = False
    refuses: bool = False
    leaves: bool = False
    ends: bool = False
    parts: bool = False
    goodbye: bool = False
    waits: bool = False
    probe: float | None = None
    lists: bool = False
    asks: bool = False
    questions: bool = False
    counts: bool = False
    unread: bool = False
    garbled: bool = False
    none: bool = False
    yields: bool = False
    confirms: bool = False
    undoes: bool = False
    takes: bool = False
    accepting: float = 0.0
    leaving: float = 0.0


@lru_cache(maxsize=1024)
def own_words(text: str, role: str = "") -> str:
    """An utterance, normal, without thoughts, quotations, tags and lines in another's name.

    Quotation marks round the whole utterance are taken off, and JSON that names an action or a price says so in words.
    """
    text = normal(text).strip()
    if "*" in text and (said := patterns.STAGE.search.sub(" ", text)).strip(" .!?\n"):
        text = said  # all of it may be in asterisks
    bare = text.strip(" *")
    if bare[:1] == bare[-1:] == '"' and bare.count('"') == 2:
        text = bare[1:-1]
    if "<" in text:
        text = patterns.THOUGHT.search.sub(" ", text)
        text = patterns.ROLES.search.sub(lambda match: match.group() if match[1] == role else " ", text)
    if "{" in text:
        text = patterns.OBJECT.search.sub(
            lambda match: _said_in_json(match, role), patterns.FENCE.search.sub(" ", text) if "json" in text else text
        )
    if "```" in text:
        text = re.sub(r"(?s)```.*?(?:```|\Z)", " ", text)
    if "<" in text:
        text = patterns.TAG.search.sub(lambda match: f" {_ACTIONS.get(match.group().strip('</> '), '')} ", text)
    if "[" in text:
        text = patterns.BRACKET.search.sub(lambda match: f" {_ACTIONS[match[1].replace(' ', '_')]} ", text)
    if ":" in text and patterns.SPOKEN(text) is not None:
        text = patterns.ASIDE.search.sub(" ", text)
    if "4 " in text:
        text = patterns.FOR.search.sub("for", text)
    if '"' in text:
        text = patterns.QUOTE.search.sub(_quoted, text)
    if role and text.lstrip(" *[").startswith(role) and not re.search(rf"(?m)^\W*{rival_of(role)}\W", text):
        text = re.sub(rf"^[ *\[]*{role}[ *\]]*[:\]][ *]*", "", text)
    if ":" in text:
        text = patterns.FORGED.search.sub(" ", text)
    if role and f"the {role}" in text:
        text = text.replace(f"the {role}", "i")
    if "\n" in text and patterns.LISTS(text) is not None:
        text = re.sub(r"(?m)^\s*\d{1,2}[.)] ", "", text)
    return re.sub(" {2,}", " ", text).strip() if "  " in text else text.strip()


def _quoted(match: re.Match[str]) -> str:
    """A number alone in quotation marks is still the speaker's."""
    inside = match.group()[1:-1]
    return f" {inside} " if len(inside) <= 12 and any(map(str.isdigit, inside)) else " "


_ACTIONS = {
    word: said
    for said, words in (
        ("i accept.", "accept accepted agree agreed"),
        ("deal.", "deal"),
        ("i reject your offer.", "reject rejected decline refuse"),
        ("i walk away.", "walk_away walkaway walk-away quit leave exit end terminate"),
    )
    for word in words.split()
}


_VERDICT, _NAME = word_set("state by quote verdict accepted_by"), ("role", "speaker", "from", "sender")


def _said_in_json(match: re.Match[str], role: str) -> str:
    """A JSON object in words: {"action": "offer", "price": 15} -> "i offer $15"; a verdict says nothing."""
    try:
        data: Any = json.loads(match.group())
    except (ValueError, RecursionError):
        return " "
    if not isinstance(data, dict) or not _VERDICT.isdisjoint(data) or any(data.get(key, role) != role for key in _NAME):
        return " "

    def values(keys: str) -> list[Any]:
        return [data[key] for key in keys.split() if key in data]

    said = [text for text in values("message msg text utterance say speech reply") if isinstance(text, str)]
    for price in values("price offer amount counter_offer counteroffer proposal"):
        if isinstance(price, int | float | str) and re.fullmatch(r"\$?[\d.,]+", str(price)):
            said.append(f"i offer ${str(price).lstrip('$')}.")
    for verb in values("action decision move status type act response answer choice"):
        said.append(_ACTIONS.get(str(verb).strip().replace(" ", "_"), ""))
    taken = [value for value in values("accept accepted agree deal") if isinstance(value, bool)]
    said += ["i accept." if taken[0] else "i do not accept."] if taken else []
    return " ".join([" ", *said, " "])


@dataclass(slots=True)
class Clause:
    """What a clause does by itself.

    able: the patterns that can be in it. amounts: the # in it. how: it agrees "plainly", "softly", "barely" or not
    (""). says: it does anything at all.
    """

    text: str
    able: int
    amounts: int
    how: str = ""
    closes: bool = False
    leaves: bool = False
    ends: bool = False
    goodbye: bool = False
    denies: bool = False
    refuses: bool = False
    says: bool = False


@lru_cache(maxsize=4096)  # clauses and sentences come back in other utterances
def clause_of(text: str) -> Clause:
    """A clause in plain words, judged once; not to be changed."""
    able, it_is = patterns.possible(text), text.endswith(" it is ")
    if not (able & _HEARD or it_is):
        return Clause(text, able, text.count("#"))
    how = _agreement(text, able) if able & _AGREE or it_is else ""
    if not how and able & patterns.YES.bit and patterns.YES(text):
        how = "barely"
    closes = patterns.CLOSES(text) if able & patterns.CLOSES.bit else None
    arranges = closes is not None and _own(text[: closes.start() + 1].replace(" please ", " "))
    leaves = ends = goodbye = denies = refuses = False
    if able & _GOES:
        leaves = _leaving(text, able)
        ends, goodbye = patterns.ENDS(text, able) is not None, patterns.GOODBYE(text, able) is not None
    if able & _NO:
        denies = (patterns.REFUSES(text, able) or patterns.JUDGES(text, able)) is not None
        refuses = denies or (patterns.SCORNS(text, able) or patterns.APPEALS(text, able)) is not None
    says = bool(how) or arranges or leaves or ends or goodbye or refuses
    return Clause(text, able, text.count("#"), how, arranges, leaves, ends, goodbye, denies, refuses, says)


@dataclass(slots=True)
class Sentence:
    """A sentence in plain words and what it does: its clauses, the patterns it can hold, the # in it.

    asks: it begins as a question. stays: it says under what condition the speaker would leave. says: it does anything
    at all.
    """

    text: str
    clauses: list[Clause]
    able: int
    amounts: int
    asks: bool
    stays: bool
    conditioned: bool
    waits: bool
    says: bool


@lru_cache(maxsize=4096)
def sentence_of(text: str) -> Sentence:
    """A sentence in plain words, judged once; not to be changed."""
    clauses, able, says = [], 1, False
    for part in patterns.CLAUSE.search.split(text):
        words = part.strip()
        if words:
            clause = clause_of(f" {words} ")
            clauses.append(clause)
            able |= clause.able
            says = says or clause.says
    wait = patterns.WAITS(text) if able & patterns.WAITS.bit else None
    waits = wait is not None and not any([c.how and c.text in text[wait.end() - 1 :] for c in clauses])
    asks = able & patterns.QUESTION.bit > 0 and patterns.QUESTION(text) is not None
    stays = conditioned = False
    if says:
        goes = any([clause.leaves or clause.ends or clause.goodbye for clause in clauses])
        stays = goes and patterns.STAYS(text, able) is not None
        agrees = any([clause.how or clause.closes for clause in clauses])
        conditioned = agrees and patterns.CONDITION(text, able) is not None
        says = able & _HEARD > 0 or text.endswith(" it is ")
    return Sentence(text, clauses, able, text.count("#"), asks, stays, conditioned, waits, waits or says)


@dataclass(slots=True)
class Parsed(Amounts):
    """An utterance in plain words: what it is read from.

    asked: which sentences ask. firsts: the # before each of them.
    """

    sentences: list[Sentence]
    asked: list[int]
    firsts: list[int]
    able: int
    unread: bool
    does: Heard

    @property
    def line(self) -> str:
        """Its sentences in one line."""
        return " . ".join([sentence.text for sentence in self.sentences])


@lru_cache(maxsize=1024)
def parsed(text: str, role: str, currency: str) -> Parsed:
    """An utterance taken apart: its amounts, its plain words, its sentences and what they do; not to be changed."""
    own = own_words(text, role)
    found = find(own, currency)
    pieces, start = [], 0
    for amount in found:
        pieces += [own[start : amount.start].replace("#", " "), " # "]
        start = amount.end
    rest = "".join([*pieces, own[start:].replace("#", " ")])
    line = patterns.plain(rest.replace("\n\n", " . "))
    words = line.split()
    places: list[int] = []
    for _ in found:
        places.append(words.index("#", places[-1] + 1 if places else 0))
    unread = ("$" in rest or not rest.isascii()) and UNREAD.search(rest) is not None
    told = Parsed(found, words, places, [], [], [], 1, unread, Heard())
    _take_apart(told, line)
    return told


_STOP = re.compile(r" ([.?!;:]|-(?:(?<! # -)|(?! # )))(?= )")
"""The end of a sentence in plain words; a dash between two amounts is none."""
_LONGEST = 80
"""Words of a sentence: no pattern sees more at once, so that reading takes time in proportion to the length."""


def _take_apart(told: Parsed, line: str) -> None:
    """Fills in the sentences of an utterance, whose plain words are this line, and what they do."""
    sentences, first = told.sentences, 0
    pieces = [*_STOP.split(line), "."]
    for piece, mark in zip(pieces[::2], pieces[1::2], strict=True):
        text = piece.rstrip()
        parts = [f"{text} "] if text else []
        if text.count(" ") > _LONGEST:
            words = text.split()
            parts = [f" {' '.join(words[start : start + _LONGEST])} " for start in range(0, len(words), _LONGEST)]
        if text == " why not":
            mark = "."
        if not parts and mark == "?" and sentences and told.asked[-1:] != [len(sentences) - 1]:
            told.asked.append(len(sentences) - 1)
        for number, part in enumerate(parts, 1):
            sentence = sentence_of(part)
            if sentence.clauses:
                if sentence.asks or (mark == "?" and number == len(parts)):
                    told.asked.append(len(sentences))
                told.firsts.append(first)
                sentences.append(sentence)
                told.able |= sentence.able
            first += sentence.amounts
    asked = set(told.asked)
    for number, sentence in enumerate(sentences):
        text, able, asks = sentence.text, sentence.able, number in asked
        if asks and patterns.DOUBTS(text, able) is not None and patterns.CLOSES(text, able) is None:
            told.does.wants = True
        if sentence.says:  # "Could you deliver it? Then I'll take it."
            before = sentences[number - 1].text if number - 1 in asked else ""
            granted = (before != "" and text.startswith(" then ")) or (
                " i would " in text and patterns.SHIPS(before) is not None
            )
            told.does.hear(sentence, asks, told.firsts[number], conditioned=sentence.conditioned or granted)


_ASSENT = word_set("yes course ok deal accept agree agreed sold done good work 👍 👌 🤝 ✅ #")
"""Words without which an utterance is hardly an acceptance."""
_TAKES = word_set("deal accept buy price offer sold yours #")
"""Words of which an acceptance that answers a farewell has one, or a "take"; without them it may agree to part."""
_ENGLISH = word_set(
    "i you it the is are am will would can could do not and to for of that this me my your we have be with but if so "
    "accept reject offer price deal no yes ok good thank how about buy sell pay take let think what at in on # was"
)
_COMMITS = word_set(
    "accept agree take buy sell have do pay give go proceed move work settle meet match honor live manage swing handle "
    "stretch bring transfer send sending hand wire close confirm commit part let glad ok good board sign deal yes "
    "shake able make it come collect spend round book hold"
)
"""What one does with a price that one agrees to."""
_FIRST = word_set("i us my")
_BREAKS = word_set(
    "leave than thank consider considered know see notice gone understand hear need hope want said offered compare "
    "thought interesting whether respect lot"
)
"""What breaks an agreement."""
_TALKS = word_set(
    "was were would sound seem mean represent remain exceed leave no hm hmm lol huh too away apart closer between gap "
    "from starting hurts noted dropped could move went stand where step progress lot difference what"
)
"""What is said of a price that is talked about; also "is" behind it."""
_SUPPOSES, _LIKES = word_set("would could might may should"), word_set("like glad able")
"""Words of what one might do with a price, but for "I would like to", "I would be glad to"."""
_MILD = word_set("as when ask any usual cause expect")
_TURNS = word_set("but however though could would counter instead")
"""Words that turn an agreement into another offer."""
_HEDGES = word_set("but however though although nevertheless nonetheless instead wonder wondering whether luck")
"""Words beside which mild ones agree to nothing, in a long answer without a price."""


@dataclass(slots=True)
class Heard:
    """What the words of an utterance do, whatever lies on the table; the fields are those of Said.

    wants: it asks about the thing or its price, and has agreed to nothing since.
    """

    agrees: bool = False
    plainly: bool = False
    conditional: bool = False
    denies: bool = False
    refuses: bool = False
    refused_last: bool = False
    leaves: bool = False
    left: int = -1
    parts: bool = False
    goodbye: bool = False
    closes: bool = False
    waits: bool = False
    waited: int = 0
    wants: bool = False
    yields: bool = False
    barely: bool = True
    sealed: tuple[int, ...] = ()
    agreed: int = 99

    @property
    def moods(self) -> tuple[str, ...]:
        """Features for the choice of the offer."""
        return ("agrees",) * self.plainly + ("refuses",) * self.refuses

    def hear(self, sentence: Sentence, asks: bool, index: int, *, conditioned: bool) -> None:
        """Takes the next sentence in; index: the number of its first amount."""
        if sentence.waits:
            self.waits, self.waited = True, index + sentence.amounts
        for number, clause in enumerate(sentence.clauses, 1):
            how, refuses, asked = clause.how, clause.refuses, asks
            told = sentence.text if how and (" that " in clause.text or " sold " in clause.text) else ""
            if " elsewhere " in told or " someone " in told or " rather " in told:
                how = ""  # "I found one elsewhere, so I'm taking that"
            if asks and how and number < len(sentence.clauses):  # "deal, is 6 ok?", "works, cash on pickup?"
                asked = not (patterns.SEALS(clause.text, clause.able) or patterns.CLOSES(sentence.text, sentence.able))
            if not sentence.stays:
                if clause.leaves and not asked:
                    fails = refuses or self.refuses or patterns.FINISHES(clause.text) is None
                    self.left, self.wants = index if fails else self.left, False
                    self.leaves = self.leaves or fails or not index or " done " not in clause.text  # "280. We're done."
                self.parts = self.parts or (clause.ends and not asked)
                self.goodbye = self.goodbye or clause.goodbye
            self.denies = self.denies or clause.denies
            self.yields = self.yields or bool(how)
            # "Agreed, it is fine. Still, $5 is high."
            turns = sentence.text.startswith((" still ", " but ", " however "))
            if refuses and self.sealed and not (turns or asked) and _beside(clause):
                refuses = False
            if refuses and not asked:
                self.refuses = self.refused_last = True
                self.plainly = self.plainly and not turns and " reject " not in clause.text
                self.agrees = self.agrees and self.plainly
            if how and not asked and (how == "plainly" or not refuses):
                if conditioned or (sentence.waits and how == "plainly"):
                    self.conditional = True
                else:
                    self.agrees, self.refused_last = True, False
                    # "Hmm, let me think ... I'll take it"
                    self.waits = self.waits and (sentence.waits or how == "barely")
                    self.wants = False
                    self.plainly = self.plainly or how == "plainly"
                    self.barely = self.barely and how == "barely"
                    self.agreed = min(self.agreed, index + clause.amounts)
                    self.sealed += tuple(range(index, index + clause.amounts)) if how != "barely" else ()
            elif clause.closes and not (refuses or conditioned or sentence.waits):
                mine = " i " in clause.text and patterns.COUNTS(clause.text) is not None  # "when can I pick it up?"
                self.closes = self.closes or not asked or mine
            index += clause.amounts


def _beside(clause: Clause) -> bool:
    """Whether a judgement can be a remark beside a price agreed to: "that is $20 more than I had planned"."""
    about = "#" not in clause.text or re.match(r"(?:.* (?:is|my))? # (?:above|below|$)", clause.text) is not None
    return about and patterns.REFUSES(clause.text, clause.able) is None


def _leaving(clause: str, able: int) -> bool:
    """Whether the speaker ends the talk in this clause."""
    if patterns.OVER(clause, able) is not None:
        return True
    match = patterns.LEAVES(clause, able)
    return match is not None and patterns.GOING(clause[: match.start() + 1]) is not None


def _agreement(clause: str, able: int) -> str:
    """ "plainly", "softly" or "" for one clause."""
    if patterns.THIRDS(clause, able) is not None:
        return ""  # "I have agreed to sell it to somebody else"
    if clause.endswith(" it is ") and not clause.endswith((" what it is ", " as it is ", " how it is ")):
        return "softly" if "#" in clause or clause.count(" ") <= 4 else ""  # "$15 it is", not "the other shop it is"
    for pattern, how in _AGREEMENTS:
        match = pattern(clause) if able & pattern.bit else None
        if match is not None and _own(clause[: match.start() + 1], pattern is patterns.SEALS):
            return how
    phrase = patterns.GIVES_IN(clause) if able & patterns.GIVES_IN.bit else None
    if phrase is not None and _own(clause[: clause.index(phrase) + 1].replace(" please ", " ").replace(" you ", " ")):
        return "softly"
    # "we would be delighted to go forward at that number"
    if patterns.TERMS(clause, able) is not None and patterns.LEAVES(clause, able) is None:
        words = clause.split()
        return "softly" if not _FIRST.isdisjoint(words) and not _COMMITS.isdisjoint(words) and _meant(clause) else ""
    return ""


def _meant(words: str) -> bool:
    """Whether words before a price, or round it, can be those of somebody who agrees to it."""
    said = words.split()
    others = patterns.OTHERS(words.replace(" please ", " "))
    if others is not None and (_FIRST.isdisjoint(said) or "should" in said):
        return False
    return _BREAKS.isdisjoint(said) and _undenied(words)


def _undenied(words: str) -> bool:
    """Whether nothing in these words denies them or puts them in doubt."""
    denied = patterns.DENIED(words)
    return denied is None or denied.group().strip() in _MILD


def _own(before: str, anybody: bool = False) -> bool:
    """Whether what stands before words of agreement leaves them the speaker's, and unbroken."""
    return patterns.DENIED(before) is None and (anybody or patterns.OTHERS(before) is None)


_AGREEMENTS = ((patterns.ACCEPTS, "plainly"), (patterns.SEALS, "plainly"), (patterns.AGREES, "softly"))
_AGREE = patterns.TERMS.bit | patterns.ACCEPTS.bit | patterns.SEALS.bit | patterns.AGREES.bit | patterns.GIVES_IN.bit
_GOES = patterns.LEAVES.bit | patterns.OVER.bit | patterns.ENDS.bit | patterns.GOODBYE.bit
_NO = patterns.REFUSES.bit | patterns.JUDGES.bit | patterns.SCORNS.bit | patterns.APPEALS.bit
_HEARD = _AGREE | _GOES | _NO | patterns.YES.bit | patterns.CLOSES.bit
_SHARES = patterns.HALF.bit | patterns.MIDDLE.bit
_STEPS = patterns.OFF.bit | patterns.ADD.bit


def read(text: str, role: str, table: Standing, currency: str = "$") -> Said:
    """What an utterance says, given what lies on the table."""
    told = parsed(text, role, currency)
    does, last = told.does, told.sentences[-1] if told.sentences else sentence_of("")
    last_asks = told.asked[-1:] == [len(told.sentences) - 1]
    stand = _stand(told, role, table)
    lists = told.able & patterns.LISTED.bit > 0 and any(patterns.LISTED(s.text, s.able) for s in told.sentences)
    lists = lists and not does.refuses and {"below", "off"}.isdisjoint(told.words)
    said = Said(stand.price)  # named arguments of so many fields would take four times as long
    fits = _consent(said, told, table, stand, last_asks and not patterns.CLOSES(last.text, told.able))
    said.yields = said.agrees or said.conditional or does.yields or does.closes or not _ASSENT.isdisjoint(told.words)
    hedges = stand.price is None and not lists and _hedged(told.words, does.plainly)
    agrees = said.agrees and not hedges
    if stand.best is not None:
        said.chance, said.explicit, said.limit = stand.best.chance, stand.best.explicit, stand.best.limit
    said.agrees = agrees or (lists and role == "buyer" and not last_asks)
    said.plainly = agrees and (does.plainly or (table.refused and len(told.words) <= 2 and "yes" not in told.words))
    said.conditional = said.conditional and not agrees
    said.closes = does.closes and not (does.wants or does.waits or hedges)
    said.refuses, said.probe, said.lists, said.goodbye = does.refuses, stand.probe, lists, does.goodbye and not agrees
    gone = does.leaves and not does.wants
    said.leaves = gone or (does.goodbye and does.refuses and not (fits or does.closes or last_asks))
    over = does.refuses and does.goodbye and (does.leaves or does.parts)
    said.ends = over or does.left > (-1 if stand.best is None else stand.best.index)
    farewell = not (agrees or last_asks or last.stays) and patterns.GOODBYE(last.text, told.able) is not None
    said.parts = does.parts or (farewell and stand.price is None)
    said.asks = stand.best is not None and bool(told.asked) and stand.where == told.asked[-1]
    said.questions = bool(told.asked) and stand.where != told.asked[-1]
    said.counts = patterns.COUNTS(last.text, told.able) is not None
    said.unread, said.garbled = told.unread or stand.doubtful, told.unread
    tells = does.waits or does.denies or len(told.words) >= 8
    said.none = tells and not (said.yields or said.same or _may_be_over(told)) and _is_english(told.words)
    said.confirms = told.words[:1] in (["so"], ["then"])
    said.undoes = table.agreed is not None and patterns.UNDOES(told.line, told.able) is not None
    said.takes = not _TAKES.isdisjoint(told.words) or ("take" in told.words and "care" not in told.words)
    words = features(told, role, table)
    if said.agrees or said.same or does.closes:
        said.accepting = weigh(words, "accepts")
    said.leaving = weigh(words, "leaves")
    if said.leaving >= FAREWELL and _stays(told, said.waits, surely=said.leaving >= SURELY):
        said.leaving = PARTING
    return said


@dataclass(slots=True)
class _Stand:
    """The price an utterance stands at, None if none, and how it says it.

    best: the amount chosen; where: its sentence, -1 for none. doubtful: none was likely enough. echo: how the rival's
    price is said again. sealed: the amounts in clauses of agreement, and whether each is a price; fits: those that are.
    """

    best: Candidate | None
    price: float | None
    where: int
    doubtful: bool
    echo: str
    sealed: dict[int, bool | None]
    fits: list[int]
    probe: float | None = None


def _stand(told: Parsed, role: str, table: Standing) -> _Stand:
    """Which amount is the offer, in the light of what the words do."""
    does, able = told.does, told.able
    best = choose(told, role, table, does.moods)
    echo = "" if best is None else _echo(told, best, table)
    if echo == "told":
        best = choose(told, role, table, does.moods, beside=table.theirs)
    elif does.plainly and best is not None and best.index not in does.sealed and does.sealed:
        other = choose(told, role, table, does.moods, beside=best.value)
        if other is not None and other.index in does.sealed and other.chance > SURE:
            best, echo = other, ""
    doubtful = best is not None and best.chance < CHOSEN
    where = -1 if best is None or doubtful else bisect_right(told.firsts, best.index) - 1
    sealed = {index: priced(index, told, table) for index in does.sealed}
    fits = [index for index, right in sealed.items() if right]
    best, price = _stands_at(told, does, fits, None if doubtful else best, table, where in told.asked)
    if able & _SHARES or (able & _STEPS and any(s.amounts and _step(s.text, s.able) for s in told.sentences)):
        line = told.line
        step = None if best is None else _step(line, able)
        stepped = step is not None and best is not None and line[: step.end()].count("#") - 1 == best.index
        if stepped and step is not None and not step.groupdict().get("to"):
            best = price = None  # "I could come down $10"
        if price is None and not does.agrees:
            price = worked_out(line, [amount.value for amount in told.amounts], role, table, able, refuses=does.refuses)
    stand = _Stand(best, price, where, doubtful, echo, sealed, fits)
    if best is not None and where in told.asked and patterns.PROBES(told.sentences[where].text, able) is not None:
        stand.probe, stand.best, stand.price = best.value, None, None
    return stand


def _consent(said: Said, told: Parsed, table: Standing, stand: _Stand, ends_asking: bool) -> list[int]:
    """Fills in whether it agrees, would under a condition, waits, and says the rival's price (`same`); returns which
    amounts it agrees to. ends_asking: its last sentence asks for more than how it is handed over."""
    does, best, echo = told.does, stand.best, stand.echo
    agrees, waits, fits = does.agrees, does.waits, stand.fits
    conditional = does.conditional or (best is not None and echo == "conditional")
    said_again = stand.price is not None and same(stand.price, table.theirs or 0.0)
    alike = said_again and (best is None or echo in ("alone", "agrees"))
    if alike and best is not None and echo == "agrees":
        agrees, fits = True, [best.index]
        waits = waits and best.index < does.waited  # "let me think ... I'll meet you at $250"
    if not agrees and not does.refuses and stand.price is None and echo != "told" and _short_yes(told, table, does):
        agrees = True
    agrees = agrees and echo != "praised"
    if agrees and not does.plainly:
        conditional = conditional or waits
        vague = does.barely and (
            does.goodbye or does.leaves or does.parts or patterns.UNDERSTANDS(told.line, told.able) is not None
        )
        beside = not fits and False in stand.sealed.values()  # "6 works" is about the hour
        wonders = (not fits or "but" in told.words) and (does.wants or (ends_asking and does.barely))
        agrees = not (conditional or does.refused_last or vague or beside or wonders)
        if wonders and not does.barely and not stand.sealed and best is not None and best.index < does.agreed:
            alike = False  # "your $98 is attractive. That seems reasonable. Is it bronze?"
    said.agrees, said.conditional, said.waits, said.same = agrees, conditional, waits, alike
    return fits


def _is_english(words: list[str]) -> bool:
    return sum(map(_ENGLISH.__contains__, words)) >= 0.3 * len(words)


def _stays(told: Parsed, waits: bool, *, surely: bool) -> bool:
    """Whether what weighs as a farewell tells only when the speaker would leave, or could, unless it surely is one."""
    if any([sentence.stays for sentence in told.sentences]):
        return True
    return not surely and (waits or any([patterns.STAYS(each.text, each.able) for each in told.sentences]))


def _may_be_over(told: Parsed) -> bool:
    """Whether it ends with bare thanks or settles on something: "can't do it then. thx", "the other shop it is"."""
    texts = [sentence.text for sentence in told.sentences]
    return texts[-1:] == [" thank "] or any([text.endswith(" it is ") for text in texts])


def _hedged(words: list[str], plainly: bool) -> bool:
    """Whether what sounds like agreement and names no price agrees to nothing.

    So it is in mild words ("fair", "I understand") of two dozen words and more in which something turns (in fewer it
    is "a stretch, but I'll do it"); beside a wish of luck also plainly, unless there is a "deal": "consider it sold,
    good luck finding another".
    """
    if plainly:
        return "luck" in words and {"accept", "deal", "agree"}.isdisjoint(words)
    return len(words) > 24 and not _HEDGES.isdisjoint(words)


def _step(words: str, able: int) -> re.Match[str] | None:
    """A step from a price ("$5 off")."""
    return patterns.OFF(words, able) or patterns.ADD(words, able)


def _echo(told: Parsed, best: Candidate, table: Standing) -> str:
    """How the rival's price is said again: "alone", with a word of what one does with a price that one "agrees" to,
    "asked", "conditional", or only "told" ("you came up to $40") or "praised"; "" if another price is said."""
    if table.theirs is None or not same(best.value, table.theirs):
        return ""
    where = bisect_right(told.firsts, best.index) - 1
    sentence, index = told.sentences[where], best.index - told.firsts[where]
    clause, last = sentence.clauses[0], False
    for number, clause in enumerate(sentence.clauses, 1):
        if index < clause.amounts:
            last = number == len(sentence.clauses)
            break
        index -= clause.amounts
    words, asks = clause.text.split(), where in told.asked
    if not told.does.plainly and patterns.PRAISES(clause.text, clause.able) is not None:
        return "asked" if asks else "praised"
    if told.does.agrees and not told.does.barely:
        return "asked" if asks else "alone"
    behind = words[words.index("#") :]
    talked = (
        told.does.refuses
        or clause.goodbye
        or clause.leaves
        or clause.ends
        or sentence.waits
        or not _meant(clause.text[: clause.text.index("#") + 1])
        or not _undenied(clause.text.replace(" no ", " "))
        or patterns.NEARS(clause.text, clause.able) is not None
        # "at $5, it is no bargain"
        or (words[-2:] in (["at", "#"], ["for", "#"], ["with", "#"]) and len(sentence.clauses) > 1 and len(words) < 4)
    )
    if " if " in sentence.text.replace(" even if ", " ") or patterns.CONDITION(sentence.text) is not None:
        return "conditional"
    if not told.does.refuses and asks and (sentence.asks or last):
        return "asked"
    if talked:
        return "asked" if table.mine is not None and same(table.mine, table.theirs) else "told"
    commits = _COMMITS if "is" not in behind else _COMMITS - {"yes"}  # "is certainly a step"
    supposes = not _SUPPOSES.isdisjoint(words) and (_LIKES.isdisjoint(words) or "may" in words or "might" in words)
    if not commits.isdisjoint(words) and not supposes:
        return "agrees"
    long = len(words) > (6 if {"is", "me"}.isdisjoint(words) else 4) and behind[1:2] not in (["with"], ["and"])
    is_told = not _TALKS.isdisjoint(words) or (("is" in behind or long) and words[-1] != "agreed")
    return "told" if asks or is_told or told.does.wants else "alone"  # "the frame alone is worth $50"


def _stands_at(
    told: Parsed, does: Heard, sealed: list[int], best: Candidate | None, table: Standing, asked: bool
) -> tuple[Candidate | None, float | None]:
    """The chosen amount and the price that the utterance stands at, in the light of what its words do.

    sealed: the amounts in its clauses of agreement.
    """
    theirs, price = table.theirs, None if best is None else best.value
    accepted = theirs is not None and any(same(told.amounts[index].value, theirs) for index in sealed)
    last = told.amounts[sealed[-1]].value if accepted else theirs
    if theirs and last and not same(last, theirs) and 0.5 * theirs <= last <= 1.6 * theirs:
        turned = not _TURNS.isdisjoint(told.words[told.places[sealed[0]] : told.places[sealed[-1]]])
        if turned:  # "$60 is fair, but I'd take it for $50"
            return Candidate(last, sealed[-1], SURE, explicit=True), last
    turns = does.agrees and not _TURNS.isdisjoint(told.words[told.places[sealed[0]] if sealed else 0 :])
    if accepted and (does.plainly or (does.agrees and not turns and (best is None or best.chance < SURE))):
        return best, theirs  # "I accept your $40; it cost me $60"
    if does.agrees and sealed:
        first = readings(told.amounts[sealed[0]], table)[0]
        return best, first if best is None else price  # "I can do 110 plus my old one"
    if does.plainly and best is not None and not asked:
        # "Your $340 is between my $300 and your $375. I accept."
        own = best.value in (table.mine, *(() if does.sealed else table.known))
        near = theirs is None or best.index < does.agreed or 0.5 * theirs <= best.value <= 1.6 * theirs
        turns = not _TURNS.isdisjoint(told.words)
        if own or not (near or turns) or best.chance < SURE:
            return None, None  # "not the $60 I asked for, but I accept"
    return best, price


def _short_yes(told: Parsed, table: Standing, does: Heard) -> bool:
    """A few words that begin with a yes, when the rival has just named a price, or asked for a yes to it."""
    if does.waits or does.goodbye or does.leaves or not told.sentences:
        return False
    first = told.sentences[0].clauses[0].text
    if told.asked[:1] == [0] and (told.sentences[0].asks or len(told.sentences[0].clauses) == 1):
        return False
    short = len(told.words) <= 8 and not told.asked
    answers = patterns.YES(first) is not None or patterns.ANSWERS(first) is not None
    return answers and not table.questioned and (table.asked or table.conditional or (short and table.fresh))
