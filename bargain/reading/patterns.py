"""The words of bargaining, and what their patterns mean.

An utterance is first put into plain words (`plain`): contractions are spelled out, forms and synonyms become one word
("proposal", "bid", "counteroffer" -> price), every number that could be money becomes #. So one short pattern stands
for many ways to say a thing, in English; other languages are not read. Each pattern comes with two utterances that it
catches and one that it must not; tests/reading/test_patterns.py runs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from bargain.reading.money import word_set

_SAME = """
accept: accepts accepting accepted accpet acept accepr
agree: agrees agreeing
call: calls calling called
reach: reaches reached reaching
reject: rejects rejecting rejected decline declines declining declined refuse refuses refusing refused
propose: proposes proposing proposed suggest suggests suggesting suggested countering
offer: offers offering offered
price: prices priced pricing proposal proposals bid bids counteroffer counter-offer counterproposal counter-proposal figure amount sum quote rate number terms
deal: deals delt dael
buy: buys buying purchase purchasing
sell: sells selling
pay: pays paying
take: takes taking tk
give: gives giving
go: goes going gonna
come: comes coming
cost: costs costing
produce: produces producing production manufacture
make: makes making made
budget: budgets brought bring carry spare afford wallet purse savings allowance funds cash pocket
profit: profits margin margins gain gains earn earns earning
fall: falls falling
suit: suits suited
pass: passing passes
step: steps stepping
loss: losses losing lose loses
deposit: deposits downpayment retainer balance remainder remaining instalment instalments installment installments upfront
worth: value valued values valuation
usual: original originally initial initially usually normally normal retail retails retailed market msrp regular
maximum: max maximal highest ceiling limit limits top tops most
minimum: min lowest least floor bottom
good: great fine fair reasonable acceptable perfect agreeable chill excellent wonderful satisfactory ideal doable fantastic awesome amazing suitable cool nice perfectly lovely fairly sensible decent fairer better okay-ish
ok: okay k kk alr alrighty okk okey okie dokie alright aight oki okk oks
yes: yep yea yeah yup ya yess yesss sure absolutely certainly definitely gladly affirmative indeed aye yah
high: higher steep expensive pricey hefty costly
low: cheap
below: lower less under beneath cheaper
above: more over beyond exceed exceeds exceeding exceeded
bad: unacceptable insulting unreasonable insult insults ridiculous lowball joke absurd insane unfair disappointing unrealistic
able: willing ready prepared capable
unable: unwilling
glad: satisfied comfortable honored honoured keen happy pleased delighted pleasure thrilled excited content
i: we
you: u ye thee thou
your: ur thy
yours: thine
send: sends sending
my: our mine
this: these those
the: a an
list: listed listing lists
thank: thanks thx thankyou ty appreciate appreciated cheers
talk: talks negotiation negotiations conversation discussion discussions negotiating bargaining haggling dealings chat
walk: walking walks
leave: leaving leaves
end: ends ending stop stopping terminate terminating conclude concludes concluding abandon abandoning discontinue discontinuing
quit: exit quitting exiting cancel cancelling canceling canceled cancelled cancels
proceed: proceeding finalize finalise finalizing finalized complete completing settle settling seal sealing wrap shake finish
transaction: trade sale exchange
agreement: agreements compromise accord pact
look: looking search searching shop shopping
elsewhere: somewhere ebay amazon craigslist walmart online
someone: somebody neighbor neighbour friend cousin guy dealer
consider: considering
think: thinking
need: needs needed require
want: wants wanted wanna
move: moving moves moved
continue: continuing continues
ask: asks asking asked
work: works working
sound: sounds seem seems looks feel feels
hope: hoping hoped hopes
other: others
card: cards credit debit
check: checks cheque cheques
buyer: buyers bidder bidders
with: w
are: r
and: n
"""
_LONG = {
    "i'm": "i am", "im": "i am", "i'ma": "i will", "ive": "i have", "ill": "i will", "i'd": "i would", "id": "i would",
    "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not", "wont": "will not", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "isnt": "is not", "wouldnt": "would not", "couldnt": "could not",
    "shall": "will", "shan't": "will not", "ain't": "is not", "let's": "let us", "lets": "let us", "idk": "i do not know", "thats": "that is",
    "its": "it is", "hows": "how is", "whats": "what is", "thatll": "that will", "youve": "you have", "weve": "we have",
    "youre": "you are", "'em": "them", "em": "them", "sry": "sorry", "srry": "sorry", "'ll": "will", "gotta": "got to", "lemme": "let me", "impossible": "not possible",
    "non-negotiable": "not negotiable", "nope": "no", "nah": "no", "na": "no", "gl": "good luck", "cya": "see you", "lmk": "let me know", "til": "until", "ta": "thank",
    "infeasible": "not feasible", "unfeasible": "not feasible", "nothing": "not anything", "without": "not with",
}  # fmt: skip
_ENDS = {"n't": " not", "'ll": " will", "'d": " would", "'ve": " have", "'re": " are", "'m": " am", "'s": " is"}
_DROPPED = word_set(
    "just really simply also actually honestly hereby formally officially therefore thus quite pretty kindly truly totally "
    "kinda probably hopefully surely happily willingly eagerly respectfully unfortunately regrettably sadly regretfully frankly"
)
_PLAIN = {
    form: word
    for line in _SAME.strip().splitlines()
    for word, _, forms in [line.partition(": ")]
    for form in forms.split()
}


_DRAWN = re.compile(r"([a-z])\1{2,}+")


class _Words(dict[str, str]):
    """The plain words of what stands between two blanks, a blank before each, worked out when it is met first."""

    def __missing__(self, written: str) -> str:
        said = "".join([f" {word}" for word in map(_word, _TOKEN.findall(written)) if word])
        if len(written) <= 40:
            if len(self) > 20_000:
                self.clear()
            self[written] = said
        return said


def _word(word: str) -> str:
    word = _DRAWN.sub(r"\1", word)  # "fineee"
    if word in _LONG:
        return _LONG[word]
    if word in _DROPPED:
        return ""
    for end, spelled in _ENDS.items():
        if word.endswith(end) and len(word) > len(end):
            return (_PLAIN.get(word[: -len(end)], word[: -len(end)]) + spelled) if end != "n't" else word[:-3] + spelled
    return _PLAIN.get(word, word)


_TOKEN = re.compile(r"[^\W\d_]++(?:['-][^\W\d_]+)*+|[#.?!;,:%()/+-]|\d+|[👍👌🤝✅👋🚶]")
_SAID = _Words()


def plain(text: str) -> str:
    """The plain words of a normal text whose amounts are #, a blank before each and one behind the last."""
    return "".join(map(_SAID.__getitem__, text.split())) + " "


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over the plain words of a clause, texts that it catches and one that it must not."""

    search: re.Pattern[str]
    hits: tuple[str, str]
    miss: str
    bit: int
    plain: bool = True
    head: re.Pattern[str] | None = None

    def __call__(self, clause: str, able: int = -1) -> re.Match[str] | None:
        """Where the pattern is in a clause; `able`: what `possible` says of its words. `head` stands at its start."""
        if not able & self.bit:
            return None
        found = self.head.match(clause) if self.head is not None else None
        return found or self.search.search(clause)


_OF_WORD: dict[str, int] = {}
"""The bits of the patterns that a word can be in; every word of _PHRASE_OF is here too."""
_PHRASE_OF: dict[str, list[tuple[str, bool, int]]] = {}
"""The set phrases of a word: whether they count only alone, and the bits of their lists."""


def possible(line: str) -> int:
    """The bits of the patterns that can be in a line of plain words, and of the lists with a phrase in it."""
    bits, words = 1, line.split()
    for word in words:
        if word in _OF_WORD:
            bits |= _OF_WORD[word]
            if word in _PHRASE_OF:
                for phrase, alone, bit in _PHRASE_OF[word]:
                    if phrase in line and (not alone or _AROUND.issuperset(line.replace(phrase, " ", 1).split())):
                        bits |= bit
    return bits


_BITS = iter(range(1, 200))


_PARTS = {
    "IT": "(?:it|that|this|them|those|your|the|one|both|all|you up|#)",
    "BE": "(?:is|are|am|be|was)",
    "MAY": "(?:will|would|can|could|may|might)",
    "KIN": r"(?:(?:the|my) (?:\w+ )?)?(?:manager|boss|wife|husband|partner|spouse|board|committee|team|supervisor|director|mother|father|mom|mum|dad|parents|family|client|colleagues?|superiors?|accountant|him|her|them)",
    "ANEW": r"(?:buy|get|order|take) the (?:(?:brand )?new|refurbished|used|below|different|other) (?:one|#|\w+)",
    "CAN": "(?:will|would|can|could)",
    "GOOD": "(?:good|ok|all right|right)",
    "END": r"(?= [^a-z#]| $)",
    "SUBJECT": "(?:i|you|it|that|this|they|he|she)",
    "NOTNO": r"(?:do|would|will) not mind (?:pay|give|go|take|sell|part)\b|(?:not|never|nobody|hardly|how (?:can|could|would) i|fool to|crazy to|mad to|hard to) (?:say no|reject|resist|argue(?! with (?!that\b|it\b|this\b|your|#|the price))|complain|object|turn (?:it|that|this|them) down|pass (?:it|that|this|them) up)\b",
    "FITS": r"(?:(?:low|below)(?: than)? (?:my|what i|i)(?: \w+){0,4}? (?:maximum|budget|worth|pay|spend)|(?:high|above)(?: than)? (?:my|the)(?: \w+){0,3}? (?:cost|minimum))\b",
    "SO": r"(?: (?:and|but|still|so|then|well|ok|yes|good|oh|um|h?m+|(?:ha)++|lol|now|please|thank|you|i guess|i think|man)(?= ))*+",
    "DAY": r"(?! (?:\w+ ){0,2}(?:rest|day|evening|weekend|night|week|time|search|afternoon|holidays?)\b)",
    "YES": "(?:yes|i agree(?! (?:it|that|this|they|you|your|the|with|i)\\b)|ok|good|deal|agreed|sold|done|bought|👍|👌|🤝|✅|accept|granted|exactly|very well|of course|all right|will do|can do|bet|gotcha|correct|you got it|no (?:prob|problem|worries)|go (?:ahead|on|for it)|bingo)",
    "VERY": r"(?: (?:the|very|bit|little|tad|still|way|far|much|too|so|kind|sort|of|all|even|more|above|somewhat|slightly|rather|super|remain)(?= ))*+",
}


def _pattern(holds: str, *examples: str, starts: str = "", words: str = "") -> Pattern:
    """A pattern of what a clause holds, or starts with (after "well then" and the like); the last example is the miss.

    words: it is in no clause without one of these (none: it may be), which spares most of the searching. {GOOD}, {BE} and so on are filled in. Plain words have a blank on either side; both parts begin at one.
    """
    head = rf"{{SO}} (?:{starts})" if starts else ""
    return _raw(f" (?:{holds})" if holds else f"^{head}", *examples, words=words, head=head if holds else "")


def _raw(regex: str, *examples: str, words: str = "", plain: bool = True, head: str = "") -> Pattern:
    for name, part in _PARTS.items():
        regex, head = regex.replace(f"{{{name}}}", part), head.replace(f"{{{name}}}", part)
    if plain:  # a # ends a word too
        regex, head = regex.replace(r"\b", r"(?:\b|(?<=#))"), head.replace(r"\b", r"(?:\b|(?<=#))")
    first, second, miss = examples
    bit = 1 << next(_BITS) if words else 1
    for word in words.split():
        _OF_WORD[word] = _OF_WORD.get(word, 0) | bit
    return Pattern(re.compile(regex), (first, second), miss, bit, plain, re.compile(head) if head else None)


_COMMONEST = """
# the i to for you is it your me my of this am price good and that thank let can in us transaction if at accept make
like able with deal be not on work consider budget have both interested are will above do so look give agreement worth
could as proceed below go talk come need agree usual glad ok yes take ask think does find from high up bit business some
down no loss where want ground then doing see get even too there instead little has
"""
_COMMON = {word: place for place, word in enumerate(_COMMONEST.split())}
"""The places of the commonest plain words, the commonest first."""
_AROUND = word_set("and but still so then well ok yes oh um hm ha lol man please thank you now it is i will that")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Set phrases, and those that count where nothing else is in the clause; examples as of a Pattern."""

    anywhere: tuple[str, ...]
    alone: frozenset[str]
    hits: tuple[str, str]
    miss: str
    bit: int
    plain: bool = True

    def __call__(self, clause: str, able: int = -1) -> str | None:
        """The first phrase found in a clause."""
        if not able & self.bit:
            return None
        for phrase in self.anywhere:
            if phrase in clause:
                return phrase
        words = clause.split()
        while words and words[0] in _AROUND and " ".join(words) not in self.alone:
            words.pop(0)
        while words and words[-1] in _AROUND and " ".join(words) not in self.alone:
            words.pop()
        whole = " ".join(words)
        return f" {whole} " if whole in self.alone else None


def _phrases(anywhere: str, *examples: str, alone: str) -> Phrases:
    """Phrases between commas, written as one speaks: "a|b" is either word, "a?" may be missing."""
    bit = 1 << next(_BITS)
    found, whole = _spelled_out(anywhere), _spelled_out(alone)
    for phrase, alone_only in [(phrase, False) for phrase in found] + [(phrase, True) for phrase in whole]:
        rare = max(phrase.split(), key=lambda word: _COMMON.get(word, 999))
        _PHRASE_OF.setdefault(rare, []).append((phrase, alone_only, bit))
        _OF_WORD.setdefault(rare, 0)
    first, second, miss = examples
    return Phrases(found, frozenset([phrase.strip() for phrase in whole]), (first, second), miss, bit)


def _spelled_out(lines: str) -> tuple[str, ...]:
    found = []
    for phrase in lines.replace("\n", " ").split(","):
        slots = [slot.rstrip("?").split("|") + [""] * slot.endswith("?") for slot in phrase.split()]
        found += [plain(" ".join(words)) for words in product(*slots)]
    return tuple(dict.fromkeys(found))


# fmt: off
# --- whose words they are: over the normal text, before it is put into plain words -----------------------------------
THOUGHT = _raw(
    r"(?s)<(think|thinking|reasoning|reason|rationale|thought|scratchpad)>.*?(?:</\1>|\Z)",
    "<think>$15 is ok</think> $12", "<reasoning>deal", "<b>deal</b>", plain=False)
STAGE = _raw(
    r"(?m)(?:^|(?<=[.!?)] ))\*(?![\s*])(?=[^*\n ]++ )[^*\n]++(?<!\s)\*(?!\*)",
    "*my plan: no more than $40* hi! $30?", "*smiles broadly* deal", "**i accept $40**", plain=False)
FENCE = _raw(r"```(?:[a-z]*\n)?", "```json\n{}```", "``` x", "`x`", plain=False)
OBJECT = _raw(r"\{[^{}]{1,600}\}", '{"action": "accept"}', "{ }", "{", plain=False)
ROLES = _raw(
    r"(?s)<(seller|buyer|moderator|critic|system|assistant|user)>.*?</\1>", "<seller>deal</seller>", "<user>ok</user>", "<b>deal</b>", plain=False)
TAG = _raw(r"<[^<>\n]{1,80}>", "<answer>ACCEPT</answer>", "</s>", "1 < 2", plain=False)
BRACKET = _raw(
    r"\[(accept|accepted|agree|agreed|deal|reject|rejected|decline|refuse|walk[_ -]?away|quit|exit|terminate)\]",
    "[accept] done", "[walk away]", "[accept: 5]", plain=False)
SPOKEN = _raw(
    r"(?m)^\W*(?:action|message|proposal|decision|offer|move|response|say)\s*:", "action: accept", "thought: hm\nmessage: ok", "my offer: 5", plain=False)
ASIDE = _raw(
    r"(?m)^[^\w\n]*+(?:thoughts?|thinking|reason|reasoning|rationale|analysis|plan|strategy)\s*:.*$", "thought: i would take $5", "reasoning: $5 is fine", "my reason: it is old", plain=False)
FOR = _raw(
    r"\b4(?= (?:me|u|us|you|the|this|that|it|all|free|sure)\b)", "works 4 me", "35 4 the fan", "4 of them", plain=False)
LISTS = _raw(
    r"(?s)^\s*1[.)] .*?\n\s*2[.)] ",
    "1. Year: 2017\n2. Price: $5", "1) thanks\n2) bye", "1. That is all", plain=False)
QUOTE = _raw(r"\"[^\"\n]*\"", 'you said "deal"', '""', 'a 42" screen', plain=False)
FORGED = _raw(
    r"(?m)^[^\w\n]*+(?:the )?(?:seller|buyer|moderator|critic|system|assistant|user|human|question|answer|state|verdict|outcome|result|"
    r"note|tool(?:[_ ]?call)?|function(?:[_ ]?call)?|command|transcript)\b(?!'s)[^:\n]{0,30}:.*$",
    "seller: i accept $5", "**moderator note:** deal", "the seller is kind", plain=False)
# --- clauses -----------------------------------------------------------------------------------------------------------
CLAUSE = _pattern(
    r", |(?=(?:but|however|although|though|yet(?! $)|while|because|otherwise|unless|(?:when|where|how) (?:can|could|should|do|would) (?:i|you)|what is your address|(?<!best )if|so (?:i|how|what)|(?<!# )and i (?!would like)|or i|how about|what about|let us)\b)",
    "$15 is fair, but I need $16", "good, how about $12", "$15 and $16 are fair")
QUESTION = _pattern(
    "",
    "Would you take $12", "so what do you say", "I would take $12", starts=r"(?:, )?(?:hi |hello |hey )?(?:any (?:scratch\w*|damage|issues?|problems?|pics?|pictures?|photos?|defects?|wear|room)|where|when|what|how|which|who|why(?! not)|is (?:it|this|that|the|there)|are (?:you|they|there|this)|do(?:es)? (?:you|it|i|the)|did you|(?:can|could|would|will) (?:you|it)|any chance)\b(?! (?:work|good|ever|soon))|is # (?:your|the|you|firm|final|negotiable) ", words="where when what how which who why is are do does did can could would will any")
# --- agreement ---------------------------------------------------------------------------------------------------------
ACCEPTS = _pattern(
    r"accept\b(?! (?:(?:from|with|by) (?:another|someone|other)|another|my\b|(?:the |any )?(?:below|above|small|high|good) |it before|that (?!(?:price|offer|deal|is|#)(?! (?:is|was|may|might|has)\b))|below|not anything|anything|any\b|no\b|above|(?:the )?offer to|(?:\w+ ){0,2}(?:budget|card|check|payment|paypal|venmo|return)|if\b|or\b|(?:(?:your|the|this|that|#) ){0,2}(?:(?:price|offer|deal) )?(?:would|will) (?:mean|be|leave|put|make|cost|not)|your (?!(?:[\w-]+ ){0,3}?(?:price|offer|deal|#|agreement|condition|kind|buy)(?= |$))))"
    r"|i(?: (?:will|do|can|am|would|glad|able|to|have|fully|completely))* agree(?: (?:on|to|with))?(?= (?:your|this|that(?= (?:[^a-z#]|price|offer|deal)| $)|that (?:#|price|offer) (?:is|sound) (?:the )?{GOOD}|the (?:price|offer|deal|transaction)|#|it\b(?! (?:is|was|has|look|could|need|will|would))|buy|sell)\b|(?= #))"
    r"|i(?: (?:will|would|can|could|am|able|glad|to|go|be|have|then|both|love to (?=take)|still|now|fully|(?:more|above) than))* (?:(?:take|buy|order|grab)(?! (?:\S+ ){1,3}(?:to|by|past) {KIN}\b) (?:{IT}|you(?= up)|the (?!loss|ad\b|list|post|other|different|same|risk|chance|time|hit|look|picture|photo|minute|moment|second|day|week|break|seat|breath|while|walk|note|video|measure|guess|night|pass)\w+)|have (?:it|them|one|both(?! been)))(?! %)(?! (?:percent|into|upstairs|up with|slow|easy|back|away|below|off (?!your)|to |from|with (?:me|you)|myself|home|as the|(?:at|for) (?:the )?(?:above|below|high|low|good|right|different|bit|lot))\b)(?= (?:at|for|up|both|one|then|off your|price|offer|deal|if|please|and|as|by|cash|before|anyway|asap|delivered|[^a-z])| $)|i(?: (?:will|would|can|could|am|able|glad|to|go|like|love))+ say yes\b|i would (?:like|love) to (?:take|buy|have) (?:it|this|that|them|one) (?:at|for) (?:that|this|your) price",
    "I'm happy to accept your offer of $12.", "Fine, I'll take it.", "I'd take less.", starts=r"(?:i (?:are |am |have )?|all )?agreed\b(?! on(?: for| $))(?! (?:with|to|on) (?:another|someone|other|my))|take (?:it|them) $", words="accept agreed agree take buy order grab have say")
SEALS = _pattern(
    r"(?:(?:it|that|this|#(?: \w+){0,4}) is|have|got|got to|yourself|call it|done) the deal(?= (?:at|for|then|my|i will)\b|{END})|done deal\b|(?:have|got) (?:i )?(?:yourself|urself|ourselves) (?!the good\b)|sold to you\b|consider (?:it|this|the \w+) (?:sold|done|yours|reserved)|(?<!and )(?:(?:it|they|them|#)(?: is| are)?|\w+ (?:is|are)) (?:all )?yours\b|you (?:have )?got it(?= (?:for |at )?(?:#|that|this)\b| $)"
    r"|glad (?:that )?i(?: (?:have|could|can|both|were|are|able|to|did))* (?:reach(?! out)|agree|agreed|(?:come|came)(?: to|{END})(?! (?:see|look|you)\b)|could{END}|(?:find|found|have|got) (?:\w+ )?(?:price|agreement|deal|middle|ground|solution|way|something|#)|make (?:the |this |it)|worked|work (?:it|this|something|things|out)|proceed|settled)\b|(?<!be )(?<!be the )(?:glad|good|thank)(?: (?:to|for))* (?:(?:do|doing|dealing|your) business|(?:do|doing|dealing) with you)|(?:reached|have come to|have) (?:the |mutual )*agreement"
    r"|(?:is|hear|the|for|this) (?:the|my) (?:\w+ )?yes\b|confirm my (?:acceptance|agreement|buy|order)\b|settled (?:at|on|for|then) |on board (?:with|at)(?= (?:#|that|your|this)\b)|proceed on (?:it|that)|i (?:will|can|could) (?:live with (?:it|that|this|#|your price)|make (?:it|that|this|#)(?: work|(?={END}| for you)))(?! (?:at|if|on|only|but|to)\b) ",
    "You've got yourself a deal!", "Glad we could agree.", "This is a deal breaker", starts=r"(?:the )?(?<!good )deal\b(?! (?:breaker|with|for (?:you|me|both)|reject|or|(?:at \S+ )?(?:is|would|will)|off|at below|below))|sold\b(?! (?:this|it|one|out|the|like|to (?:someone|another|other|my)|yesterday|last|for below))", words="acceptance confirm order buy board yes deal sold yours yourself ourselves urself glad business dealing doing do agreement settled shake proceed make live done consider got")
THIRDS = _pattern(
    r"someone else |(?:(?:of|from|with|by) (?:the |my )?|(?:the|my) (?:\w+ )?)(?:another|other|different|competing|rival|local) (?:seller|buyer|supplier|vendor|someone|look|store|company|manufacturer|provider|offer|price|source)|{ANEW}\b",
    "I have agreed to sell it to somebody else.", "I'll buy a refurbished one instead", "I'll take it instead of theirs", starts=r"(?!.* (?:your|yours|it|this(?! (?:one )?instead)|that(?! one instead)|you) ).* instead(?! of)\b", words="else another other different competing rival local instead new refurbished used below")
AGREES = _pattern(
    r"(?:good|ok|glad) with (?:that|it|this|your|#|the price)|(?:good|ok) (?:by|for|with) me\b|(?:that|this|which|price|offer|#) (?:will |would |should |do |is )*+(?:work|{GOOD}) (?:good |enough )?(?:for|with|by|to) (?:me|us)\b"
    r"|(?:let me|i(?: (?:{CAN}|guess|suppose|think|i|am|be|able|glad|go|have decided|to))+) (?:make (?:the|this) (?:deal|buy)|(?:go through with|sign off on) (?:it|this|that)|(?:do|live with|manage|swing|allow|match|meet|go with|pay|agree to|work with|handle|give you|go for|(?:let (?:it|this) go|sell (?:it|this)|proceed|(?:go|move) (?:ahead|forward)) (?:for|at|with)|meet you at|part with|sell you|sell(?! (?:it|this|that)(?: to you)? $)(?! (?:it|this|that|them) (?:elsewhere|to (?!you)))) (?:that|it|this|your (?:(?:minimum|final|last|latest|ask|new) )?(?:price|offer)|#(?! (?:%|percent|off|below|of|other))|your price|your offer|your #))|(?:can|could|will) do (?:that|it) |you (?:win|(?:have )?(?:convinced|persuaded|won|twisted|(?:got|found) (?:(?:a|the|your|my) )?(?:buyer|seller|customer)))|i guess(?: so| that)? $|(?:it|that|which|#)(?: still)? (?:give|leave) (?:me |i )?(?:\w+ ){0,2}profit\b|{NOTNO}|(?:it|that|this|#|price|offer)(?: (?:is|are|would be|fall|fit|all))*+ within (?:my|i) |(?:#|price|that|it) is agreed(?! on)|would (?:like|love) (?:to have )?+(?:it|this(?: one)?|them|one|the \S+) (?:for|at) #|let us close\b|(?:boss|wife|husband|mom|dad|she|he) (?:say|says|said) (?:yes|ok)"
    r"|let us (?:do (?:it|that|this|#)|go (?:with|ahead|for it)|proceed|say that|make (?:it|the deal (?:at|for|on|official))|move forward|get (?:this|it) done)\b|(?:yes|ok|good) please|i {CAN} (?:proceed|go ahead)",
    "That works for me.", "$15 sounds good to me", "A price that works for both of us.", starts=r"(?:i (?:think|find|believe|agree|suppose) )?(?:(?:that|this|it(?! work)|which|#|(?:your|the|this|that) (?:(?:latest|last|new|final|revised|current|recent|updated) )*(?:price|offer|deal|agreement|middle|midpoint|#))(?: of #| at #)? )(?:(?:will|would|can|could|is|are|do|be|should|all|both|very|for|the|quite|yes|above|than) )*(?:work(?: (?:good|out|too|then))*{END}|suit|do $|(?:very )?{GOOD}(?: (?:price|offer|agreement|enough))?(?= (?:to (?:me|i|us)|by|with|then|and|in|consider|given)\b|{END}))(?! (?:start|point|(?:to|for) you))"
    r"|(?:(?:that|it|this|#|(?:your|the) (?:price|offer)) )?sound (?:very )?(?:like )?(?:the )?(?:{GOOD}|deal|plan)(?: (?:price|deal|offer|agreement|plan))?(?= (?:to|for|with|by|then)\b|{END})|(?:work|{GOOD}) (?:for me|enough)", words="buyer seller customer agreed would profit part sell right within close pay please come glad content work suit agree do good ok plan deal live manage swing allow match meet go handle give win convinced persuaded won twisted guess why set granted boss wife husband mom dad she he let proceed sound say reject resist argue complain turn pass make mind object crazy fool got decided sign forward ahead")
GIVES_IN = _phrases("""
    count me in, sign me up, put me down for, where do|can i sign, take my money, my hand on it, here is my hand, put it there, music to my ears, no objection|objections|complaints, consider it|that|this|# done|sold|settled|accepted|yours|agreed, i give in, i surrender|yield|cave|concede,
    wore|worn|talked me down|round|into, you got|have me, you broke me, you are killing me, twist|twisted my arm, say no more, say less, it is a go, we|you are on, we have a winner, ring it|me up, box|bag|load|pack|wrap it up?, write it up, found our price|deal, hand|fork it over, there|here you go|are, your name on it, give it here, send it over|along, coming home with me, take it|them|her|him home, make it so,
    let us roll|shake, call it even|settled|done, that|it settles it, it|that is settled, whatever you say, fair is fair, fair play, right on, do not see why not, roger that, copy that, aye aye, signed and sealed, lock it in, locked in, done and done|dusted, it is going to a good home,
    treat|ride|use it well, will take good care of it, my wallet is open, wallet opened, has|got my|your name on it, your name is on it, you may|can have|take|keep it|them|this, let you have it|them, let it go to you, i am sold|convinced|persuaded|game|down, sold|convinced|persuaded me, no problem|objection|issue|quarrel|argument with that|it|this|#,
    could not agree more, could not ask for more|better, i will bite, i will allow|have it, that|it|this|# will do, good to go, we are agreed, we agree on, in agreement, on the same page, see eye to eye, gets my vote, hits the spot, does the trick, does it for me, seals it|the, tips the scales, i can stretch to|that, stretch that far, too good to pass up,
    take the ad|listing|post down|off, found|have your|a buyer, has a new owner, i will wrap|pack|box|bag it, congratulations on your, enjoy it, happy to oblige, drive a hard bargain, i can live with
    """, "You twisted my arm.", "Fine, count me in!", "I counted on more.", alone="mine, yours, we are good|ok|set|square, all yours, congratulations, pleasure, as you wish, as you like, as you say, so be it, be my guest, right you are, settled, sealed, bingo, amen, jackpot, take it, have it, in, i am in, able, i am able, willing, coming, made it, ship it, dropped, confirmed, approved, works, suits me, fits, "
    "go for it, go ahead, go on, why not, with pleasure, my pleasure, enjoy, congratulations, it is a date, agreed")
TERMS = _pattern(
    r"(?<! is )(?:that|this|your)(?: \w+)? (?:price|offer|deal|agreement)",
    "I'd be glad to sell it to you at that price.", "Let's move ahead on those terms.", "What is the price?", words="price offer deal agreement")
ENDS = _phrases(
    """
    no dice, reject and end|leave|walk|quit|exit, end messaging|contacting|texting me|us?, be on my way, hard pass, leave it at that, go our separate ways, not for me, agree to disagree, part friends, separate ways, paths part, end of story|discussion|conversation, end of the line|road, that is that, mind is made up, forget it|that, off i go, on my way out, i am heading|going out|off|home, skip this|it|that|the, moving along, not worth it to me, go|do without, there is the door,
    door is open, threw in the towel, i am giving up, i fold, time to go, got to go, have to go now, i must go, must be off, hitting|hit the road, ship has sailed, close|closing up shop, closing the shop|store|stall, waste|wasting of? my|our|your time, waste of time, lose my number, off the market, stays|staying with me|us, remains|stays with|on|in my|our, out of my look|shop|store|house|sight, stays|staying put|in|on|here, it stays mine, hanging|holding on to it, sooner keep|throw|burn|eat|feed|give it|them|this, next customer, rather throw|burn|eat|give it|them|this, take a hike, get lost, you lost me, lost a|this customer|buyer|sale, lost interest, lost my interest, i retract, fish in the sea, fish to fry, find somebody,
    where we part, no common ground, can|do not do business, no business together, a different direction, decided not, in the family, to the next in line, go with one of them, inquiry as? closed, advise against this|it, wait for the family|buyer|one who,
    not to be, can not come to terms, no agreement, without a deal|sale|agreement, empty handed, empty-handed, talk is closed, bowing|backing out, am|be|are moving on, cut my losses, save us both, save my money|cash, waiting for a|the|someone, do|manage|live without it, stick|stay with my old, stick|stay with my current one|phone|car|bike|supplier, keep it|this instead, another life, that is it for me, thanks for nothing
    """, "No dice.", "Then I'll be on my way.", "Let me count.", alone="so i am good|set, so i am all set, next, pass, taken, end, the end, exit, walk, walk away, blocked, goodbye, bye, farewell, adieu, ciao, so long, no sale, no deal, not interested, keep it, never mind, good riddance")
SCORNS = _phrases(
    """
    in your dreams, dream on, keep dreaming, you wish, over my dead body, not a chance, fat chance, when pigs fly, get real, be serious, are you serious, you must|have be|to joking|kidding|be, robbery, not on your life, think again, try again, try harder, nice try, not in a million, far from it, out of the question, nothing doing,
    out of my league, deserves better|more, way off, lot of money, that is tough|rough|steep, that|it|this|# is|sound like? a lot, sharpen your pencil, is firm, you to come|go|drop down|up|below, price stands, stand|standing|hold|holding|stay|staying|remain firm, will not budge, not budging, for so little, a steal already, giving it away, do i look like, laughable, a slap in the face, have to do better, not happening, not even close
    """, "In your dreams.", "You must be joking!", "I dream of it.", alone="higher, lower, more, a bit|little more, firm, up, try, hardly, never, hmm no, as if")
YES = _raw(
    r"^(?! it (?:work|is the good))(?=(?: but)?(?: (?:{YES}|then|so|thank|you|too|man|bro|sir|someone|bud|it|is|that|much|very|i|do|does|will|can|would|have|please|me|for|by|with|work|lol|(?:ha)++h?a?|oh|well|um|hm+|uh|the|and|guess|think|just|course|got|rock|someone|funny|my|i suppose|for it|🎉|!))*+ $).* {YES} ",
    "OK, fine by me then", "👍", "OK so that is why", words="yes ok agree good deal agreed sold done bought 👍 👌 🤝 ✅ accept granted exactly bet gotcha correct no go bingo amen course right very well all can will got")
ANSWERS = _raw(
    r"^(?! well done)(?! sold (?:out|to|it|one))(?: (?:and|so|then|well|oh|um|uh|hm+|(?:ha)++|lol|thank|you)(?= ))*+ (?:{YES}|true|good enough)(?= )(?! (?:luck|not|but|or|reason|question|point|idea|start|try|my|with you|about|to (?:hear|see|know|meet)|that (?:you|i)|morning|afternoon|evening|i understand|i see|i hear))"
    r"|^{SO} (?:it|that|i|they|he|she) (?:would|could|can|will|do|does|did|am|is|are)(?: (?:take|do|that|it|so|please|too|yes|for you|for yes))*{END}",
    "Sure, see you then", "I would.", "I am leaving")
CLOSES = _pattern(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day (?:work|it)|(?:sat|sun|tomorrow|tonight|today) work|will i (?:keep|hold|bring|send|meet|come|pick|pack)|come (?:on )?(?:by|above|at|now|tomorrow|tonight|(?:and )?get|collect)|budget or card|(?:budget|card|check) (?:ok|good)|card reader|(?:yes|ok|good|deal) where (?:are|is)|how (?:would|do|will|can|could|should) (?:you|i)(?: \w+){0,3}? (?:pay|send)|way to (?:send|pay|get)|(?:able|glad|like|love) to (?:proceed|move (?:forward|ahead)|go ahead)|(?:when|where|what time|how soon) (?:can|could|should|do|would|is|will|to) (?:i|you|the)|when are you|what (?:day|time) |pick (?:\w+ )?up(?! only)|pickup(?! only)|charge (?:it|my)|(?:add|put) it (?:to|on) my|sent (?:you|it|the|#)|send (?:it|them|#) (?:now|above|right)|(?:hold|save|keep) (?:it|them|this|that|one) for (?:me|us)|be (?:there|by)|(?:will|can) be above|(?<!i )see (?:you(?! (?:later|around|never))|yes)|(?<!be )on my way|meet (?:you|up|at|there|tomorrow|tonight)|address|postcode|zip code|venmo|paypal|zelle|handle|iban|(?<!from your )(?<!from the )account|bill of transaction|(?:contract|invoice)(?! price)|i(?: (?:will|am|can|could|have|go|to|then|now|still|gladly))+ (?:wire|transfer|wrap|load|box|reserve|collect|drive|swing|stop by|print|sign|set it aside|put it aside)|(?:leave|pay|send|put|transfer) (?:\w+ ){0,3}deposit|be (?:at|w|on) (?:your|yours) |leave (?:work|the house|home in|right)|head(?:ing)? (?:above|your)|(?:{MAY}) you (?:ship|deliver|send|hold|pack|post|mail)|"
    r"(?:send|mail|draw|prepare|transfer|arrange|wire|provide|get|budget) (?:\w+ ){0,4}?(?:payment|contract|invoice|paperwork|papers|details|delivery|budget|money|(?<!get )#|item|link|truck|agreement|above|up)|here (?:you go|is (?:your )?#|is (?:my|the) (?:address|account|bank|budget|number|detail|details|name))|i will(?! (?:\w+ ){1,3}(?:link|info|information)\b) (?:budget|have(?! (?:to|no)\b)|get|pack|proceed|hold|send|ship|prepare|arrange) |(?<!then )enjoy (?:your|the|it){DAY}|next steps|"
    r"(?:proceed|go ahead|move forward|forward)(?: (?:with|to|the|this|your))* (?:transaction|payment|buy|it|deal|agreement|order|paperwork|checkout|sell)|proceed(?! with (?:the )?(?:another|other|different|someone))|clos(?:e|ing) (?:the|this) deal)\b(?!.* (?:to the (?:close|end|stop)|see (?:it|the|them)|look at it|check it|take the look|view it|inspect|try it|pictures?|photos?|video|measurements|dimensions)\b)",
    "Great, draw up the paperwork.", "When can I pick it up?", "I like it.", words="charge add put sent save keep bill ship deliver hold pack post handle iban account contract invoice wire transfer wrap load box reserve collect drive swing stop print sign aside deposit yours your leave head heading monday tuesday wednesday thursday friday saturday sunday sat sun tomorrow tonight today budget card sign deal yes ok close closing come when where what how pick pickup be see way meet address postcode zip venmo paypal zelle send mail draw prepare transfer arrange wire provide get here will enjoy next proceed go move forward transaction check")
DENIED = _pattern(
    r"(?:not|never|no|nobody|none|hardly|barely|struggl(?:e|ing)|hesitate|regret|trouble|fool|crazy|mad|about to|usual|reject|unable|hard|before|until|once|if|whether|when|hope|ask|unless|cause|expect|difficult|almost|nearly|closer|close to|another|any|wish|might|was go|too|hesitant|reluctant|(?:below|above|than) what|could have|would have|as)\b(?!.*\b(?:but|so|still) )",
    "I can't ", "if you ", "I am glad to ")
OTHERS = _pattern(
    r"(?:you|should|just|want(?! to)|please|anyone|they|he|she|(?<!my )(?:seller|buyer)|moderator|behalf|someone)\b(?!.* i )", "you will ", "please ", "you know i ")
# --- refusal, doubt, conditions ----------------------------------------------------------------------------------------
REFUSES = _pattern(
    r"(?<!please )(?:can|could|will|would|do|does|did|am|are|is|be|was) (?:not|never) (?:(?!fully|yet but|yes|convinced|certain|only|just|thank|mind)\w+ ){0,3}?(?:accept|agree|say yes|do|take|go|sell|pay|let|justify|budget|come|drop|offer|match|budge|meet|reach|below|above|give|part|move|able|possible|spend|work|enough|interested|cut|make|feasible|good|help|low|high|stretch|think so|negotiable|allow|consider|cover|leave|glad)\b"
    r"|(?:(?<!not )(?<!never )(?<!hardly )(?<!could i )(?<!fool to )reject|unable|(?<!not )(?<!fool to )turn(?:ing|ed)? (?:[\w#]+ ){0,3}?down|no (?:deal|way|chance|thank|can do|transaction)|afraid not|not (?:the deal|(?:at|for) that price|enough|good|able|interested|yet|feasible|possible|quite|happening|the chance)|never mind|nevermind|nvm|forget it|said no|hell no|(?<!not )(?<!never )(?<!hardly )(?<!could i )(?<!can i )(?<!fool to )say no(?! to)|not (?:at|for)(?= #)|need (?:\w+ )?above|the no|(?:distance|away|far|ways|apart|short) from(?= #)|(?<!not say )(?<!never say )(?<!hardly say )no to(?= (?:#|that|your|it) )|wish i could|is no(?= [^a-z]| $)|rather not|hope for (?:the |something |above |below )|(?:quite|{MAY}|do) not (?:quite )?(?:get (?:i|me|us) there|reach)|not today|(?:out of|waste of|end wasting) (?:the |my |your )*(?:question|time|range|budget|reach)|pass on|do not have (?:(?:it|that|that much|enough)(?= (?:this|right|now|to|at|with)\b|{END})|#)|(?:nobody|no one) (?:accept|sell|take|pay|agree)|fool to (?:say yes|accept|agree|sell|take|pay))\b"
    r"|(?<!not )(?<!love it )(?<!love this )(?<!love them )(?<!like it )too (?:high|dear|low|much|little|far|rich|bad|small|big|above|below)\b|(?:that|this|it)(?: {MAY})? (?:is|be|do|does) not (?:(?:quite|yet) )?(?:where|what i|something i (?:can|could) (?:accept|agree|do|afford|justify)|in (?:my|the)|realistic|doable|sustainable|viable|worth|cover|leave|make sense)\b|(?:#|price|offer) (?:{MAY}|is|be|do|does) not (?!bad|the problem|only|far|un|too|hurt|matter|mind|above|negotiable|include|cheap|worth arguing)|not in the position\b|not see (?:one|it|that|how) (?:at|work|happen)|not (?:sound|think|believe|find) (?:that )?# (?:do|does|is)\b|(?:would|could|can|will) get (?:above|better|twice|double|high)\b",
    "I can't go that low.", "I must respectfully decline your offer.", "No problem, that's fine", starts=r"(?:(?:{SUBJECT} )?(?:{MAY}|do|does|did|is|are|am) not|not (?:yet|even close|happening|the chance)|(?:i guess|yes|of course|sorry) not) $|(?:sorry )?(?:no(?= (?:no|i|you|it|that|this|but|not|sorry|thank|can|man|sir|friend|way|[^a-z])| $)|never $)", words="never distance ways short wish rather hope need not reject unable turn turning turned down no afraid never nevermind nvm forget said hell get question time range budget reach pass lost kidding too dreams dream wish dead robbery nobody one fool")
JUDGES = _pattern(
    r"(?:{BE}|sound|remain|mean|find|stay|#){VERY}(?: (?:than|what|on))* (?!{FITS})(?:high|low|bad|above|below|stretch|out of (?:my|the) (?:range|budget|reach|price|league|question)|outside (?:my|i|the)|above|short of|insults?|on the (?:high|low))(?! (?:quality|demand|end|grade|if|than you|for this|deal|but))\b|bad (?:me|my)\b|leave (?:me|my) (?:with )?(?:not|no(?! choice)|at the loss|below|little|out of)|i (?:am |will be )?(?:\w+ ){0,3}?short{END}|(?:it|this) is worth above to (?:i|me)\b|(?<!not )far from (?:what|the|my|#)|fall short|(?<!you to )(?<!let you )loss (?:money|budget|#|on|out)|(?:at|with|take|bear|mean|for) (?:the |my )?(?:significant |big |huge |substantial )?loss\b"
    r"|(?!{FITS})(?<!go )(?<!go the bit )(?<!go the little )(?<!go slightly )(?<!go the tad )(?<!stretch )(?:high|low|above|below)(?: than)? (?:my|what i|i|the|it)(?: (?:am|is|worth|was|can|want|had|have|to|hope|cost|budget|maximum|minimum|produce|planned|range|price|expected|think|able|pay|spend|would|like))+ ",
    "$45 is still high", "That's below my cost.", "It is a high quality lamp", starts="(?:still )?(?:the )?(?:bit|little|way) (?:high|low|above|below|much)\\b", words="worth far fall falls high low bad above below stretch out outside short leave on loss compare compared much")
APPEALS = _pattern(
    "", "Be reasonable, the postage is on me.", "Well, be fair!", "Be good and pack it well.", starts="be good{END}", words="be")
WAITS = _pattern(
    r"(?:have|get|give|let|send) (?:\w+ )?(?:the|my) (?:answer|decision)\b|give me (?:the |some |# |till |until )?(?:minute|moment|second|sec|hour|while|bit|day|weekend|week|time|night|tomorrow|tonight|yes)|hold on\b|let us talk about #|(?:(?:one|#|the) moment|one sec(?:ond)?|brb|ttyl|be in touch|hang on(?! to)|growing on me|not say no{END}|get the (?:vote|say))\b|will (?:message|msg|text|call|write) you (?:after|if)\b|ok (?:think|hm++) $|someone (?:\w+ )?come (?:to (?:look|see)|by|tonight|tomorrow|today)|let me (?:go (?:and )?|have the |just )?(?:think|ask|check|see|talk|consider|discuss|consult|speak|verify|look|mull|sleep|weigh)|got to (?:ask|hear|check|measure|think|talk)|(?:need|have|want|like|love|time|able) to (?:think|ask|hear|check|talk|sleep|consider|see|know|run|mull|wait|weigh)|you wait\b|(?:like|love|want|need) to .* first\b|can i (?:\w+ ){1,3}first\b|(?:can|could|may) i come (?:by )?(?:and )?(?:look|see|view|inspect|test|try) |(?:can|could|would|will) you first\b|inclined to (?:say|accept|agree|take)|leaning to\w*|nearly (?:good|there)\b|let me have the (?:talk|word|chat)|mull (?:it|this|that|things)|(?:have|need) to (?:stay|keep) (?:within|to|in)\b|need (?:it|#|this|the price) to (?:fit|cover)|(?:let us|need to) (?:find|agree on) the price|(?:let us|hope|can|could) (?:\w+ )?meet (?:i|me) in the|reconsider your|(?:think|hope) of (?:something|anything) (?:below|above|high|low)|i will decide|rather wait|give (?:i|me) your (?:good|minimum|maximum|final)|compar(?:e|ed|ing) (?:it|this|them) (?:with|to)|my budget is (?:the )?(?:\w+ )?(?:tight|limited)|(?:another|other) buyer (?:is |are )?(?:come|interested)|(?:put|run|bring) (?:it|this|that|#) (?:to|by|past|before|in front of) {KIN}\b|(?<!than i )(?:like|love|inclined|tempted|hope|want) to (?!spend|pay)\w+.* (?:but|however)\b|let you know|(?:let me know|tell me) (?:what|if|whether) (?:he|she|they|your \w+|{KIN}) |ask (?:your \w+|{KIN}) and|wait for (?:your|his|the|their) answer|will consider(?! (?:it|this|that|#) (?:sold|done|yours))\b|sleep on|need (?:the )?(?:good|below) (?:price|deal)|(?:let us|try to|have to) (?:find|look for) (?:the |some )?(?:middle|common) ground|still interested\b|not (?:yes|convinced|certain)|think (?:about|(?:it|this|that|things) (?:above|through)|on) |(?:get|come) back to you|compare (?:\w+ ){0,3}first|tempt(?:ing|ed)\b|(?:i|could|would) wish (?!you)|(?:would|could) (?:accept|agree|take|do|pay|sell|go) .* but\b|i do not know\b(?! what)|i was hope\b|close to (?:the|what)|getting close|before (?:i )?(?:agree|accept|answer|decide|deciding|commit|committing|say)|(?:know|tell me|hear) above\b|(?<!the )(?:maybe|perhaps)\b|to be discussed|depends\b",
    "Hmm, let me think about that.", "I'd like to accept, but", "think of the children", words="touch hang growing vote weekend week message msg text call write leaning getting compared need reconsider hope decide rather give compare comparing tight limited buyer someone hm hmm mm brb ttyl inclined nearly find ground interested answer decision minute moment second sec hour while bit tomorrow tonight day time night hold think ask check see talk consider sleep know run but however yes convinced certain back wish rush close before hear tell maybe perhaps discussed discuss consult speak verify look depends tempting tempted mull wait weigh first word chat put bring say measure stay agree meet keep view inspect test try")
UNDERSTANDS = _pattern(
    r"i (?:understand|see|hear|respect|get (?:it|that|where))\b|good point\b|make sense\b|progress\b|what (?:i|you) (?:said|mean|ask)\b|noted\b|understood\b|ask (?:me|away)|i (?:am (?:listening|still|interested|here)|saw|read|know)\b|thank(?: you)? for let(?:ting)? (?:me|i) know\b|thank(?: you)? for (?:the|your) (?:quick |fast |prompt )?(?:info|information|detail|details|picture|pictures|photo|photos|explanation|update|reply)\b|[,.] (?:it|they|there|the (?!deal|price|offer)\w+) (?:(?:is|are)(?! (?:#|the deal|yours|sold|good|ok|my pleasure|glad)\b)|has|have|was|does|work(?! for)|come|still)\b|, what would\b",
    "I understand", "Okay, I see", "OK, see you", words="interested point sense progress understand see hear respect get noted understood it they there what the ask listening saw read know thank here still")
CONDITION = _pattern(
    r"(?:#(?: (?:%|percent))? off (?:(?:the |your |of )*(?:#|price) )?(?:and|then)|(?:throw (?:it |that )?in|(?<=^ )(?:include|add|deliver|fix)) .* and (?:i|you|it|that|deal)|provided|as long as|on (?:the |# |this |one )?condition|only (?:when|if)|once you|(?:once|after|until|as soon as) i (?:have |will )?(?:talk|ask|check|see|saw|consult|sp[eo]ak?|inspect|test|tr[yi]|look|confirm|know|hear|decide)\w*|(?:once|after|as soon as) (?:my|the|it)(?: \w+)? (?:is|are|has|have|approve\w*|arrive\w*|pass|clear\w*)|subject to|pending|depending on|unless|but (?:(?:i|you|it)(?: would| will)? (?:need|want|have to|must|require)(?! it| your)|you (?:pick|collect|haul))|assuming|in transaction for (?!the|#|your)|in return|so long as|contingent|(?:at|for) the (?:\w+ )?(?:below|good|different|high) price(?! of)|given that you|only with|unless you|but (?:only|not)(?! because)|(?:when|once|after|until) you (?:have|raise|are|come|get|can|include|add|throw|deliver|fix|below|drop))\b(?! (?:\w+ ){0,4}(?:address|payment|details?|account|number|money|budget|invoice))|,?(?<!even )if (?!.* either way\b|(?:you|i) (?:are(?! ever| (?:able|glad) to (?!pay|pick|meet|collect|send))|want|like|need|have any|have questions|have no|still|can not|could not|do not|wish|would like|change|prefer|insist|say so|must|ever)\b|you (?:agree|accept)\b|(?:that|this|it|which|#) (?:is (?:ok|good|all|your|the (?:minimum|best|low)|as low)|work|cover|suit|sound|help|make|mean|please)|(?:it|they|this|that|#)(?: is| are)? still(?! (?:has|have|come|include|work(?! for)|run|fit))|anything|interested|possible|so\b|ok|good|need)",
    "Deal, if you throw in the case", "I'd take it as long as it runs", "ready if you are", words="but off throw include add deliver fix when after until soon subject pending depending provided long condition only once assuming transaction return contingent price given if unless")
# --- leaving -----------------------------------------------------------------------------------------------------------
LEAVES = _pattern(
    r"(?:walk(?: away| out| off)?(?={END}| from| now| then| here)|donate (?:it|this|the)|part (?:ways|as friends|company|here)|go (?:my|i) separate|take my (?:business|(?:money|budget)(?= (?:elsewhere|to|away|and|back)))|(?:move forward|work|sign) with (?:the )?(?:another|different|other|someone)(?=(?: \w+)?{END})|(?:quit(?! (?:it|the|that|on|his|her|#)(?! (?:talk|deal)))|withdraw\w*|bow out|sign off(?! on)|hold off|log\w* off|step (?:away|back|aside|out)|back out|pull out|opt out|budget (?:\w+ ){1,3}to the (?:close|end|stop)|head (?:out|home|off)|move (?:on|along)|(?:stick|stay) with (?:my(?! (?:\w+ )?(?:price|offer|#))|what)|(?:look (?:for|into)|(?<!am )look at) (?:something|another|other|the other|below)|give up|drop out|call it (?:off|quits|here|the day|the night)|see myself out|hang (?:up|on to)|hold (?:on to|onto))"
    r"|leave(?: (?:it|this|that|things|you|the (?:store|shop|market)))?(?={END}| (?:then|here|now that|today|there|be|alone|behind|to it|for (?:good|now|today|another|someone|the next)|if|and|or|empty|(?:the|this|my) (?:talk|table)|without|not with|as|instead|so|but|that)\b)|(?:end|proceed|close|closing)(?: \w+)? (?:the|this|my|all|it|things)?(?: \w+)? ?(?:talk|session|process|here|now)|keep (?:look|walk|it{END}|my (?:budget|money|old|own)(?! in )|it (?:then|myself|rather|for(?! (?:you|me|us)\b)|in(?! mind))|the \w+ (?:then|myself|for))|be (?:off|out|go|leave)"
    r"|(?<!see it )(?<!see this )(?!(?<=am )look at )(?:look|try|go|proceed|continue|buy|get|take|find|order|prefer|use|choose|wait|sell|offer|give|spend|put|explore|seek|pursue|consider|check)(?: (?:it|them|one|#|this|the|for|to|with|from|at|my|on|some)(?= ))*+ (?:elsewhere|something else|around|another(?! (?:#|look|thought|round|minute|moment|day))|other|different|alternatives?|someone|anyone|next(?! (?:week|month|year|day|mon|tues|wednes|thurs|fri|satur|sun))|closer)"
    r"|(?:buy|get|order) (?:it|one|#|them) there|(?:buy|get|order) (?:(?:it|one|#|them) )?from (?:them|the (?:store|look|dealer|website|catalogue?))|be keeping (?:it|this|them)|(?:buy|get|take|order) (?:this|(?:that|this|the) one|theirs) instead|(?:buy|take|get) (?:theirs|(?:hers|his)(?= instead|{END}))|rather (?:rent|lease|(?:buy|order|get) (?:it|one) (?:at|from|in))|transaction it in|hold out for|go (?:in )?(?:another|the (?:other|different)|that) (?:direction|way|route)|{ANEW}|go with (?:that|this|the other) (?:option|alternative|choice)|go with (?:them|# of|the below|the one|that one|him|her)|give (?:it|this|that) the miss|wait for (?:the |someone |something )?(?:good|right|other|high|serious|real)|pass(?! (?:it|the|along|by|up|me|that (?:on|along))\b)|done talk)\b",
    "I'll have to walk away.", "I will buy one elsewhere then.", "That would leave me no profit", words="new refurbished used below explore seek pursue consider check pull budget alternative alternatives look stay close closing give wait donate sign hold walk part agree go take quit withdraw withdrawing bow sign log logging step back opt head move drop call see hang hold leave end proceed keep stick pass done elsewhere around something another other different someone anyone next closer off out going there them keeping theirs hers his rent lease rather transaction instead get order buy")
GOING = _raw(
    r"^(?!.* (?:not|never|(?<!best )if|unless|you|they|he|she|otherwise|or|was go|hope|hoping|hopefully|help|helps|able|forward) )(?:.* (?:i|to|go|and|then|let us|let me|time|best) |{SO} $)", "I will have to ", "let us ", "you will have to ")
FINISHES = _raw(  # what is done to a talk that fails and to one that succeeds: behind a price of one's own the latter
    r"^(?!.* not with ).* (?:proceed|close|closing|end (?:\w+ )*talk|(?:i|it|that) (?:are|is) (?:all )?done) ",
    " let us close this now ", " so that we can end my talk ", " i will end it here ")
OVER = _pattern(
    r"(?:(?:talk|deal)(?: (?:has|{BE}))?|(?:it|this|that|i)(?: (?:have|{BE})))(?: (?:now|all|then|so))*+ (?:above|off|dead|finished|ended|terminated|concluded|failed|unsuccessful|done|through|out|gone|(?:at|come to|reach) (?:the|this|it is) (?:end|impasse|standstill)|too far apart|worlds apart)(?= (?:here|for (?:today|good|now)|with (?:this|the|you)|talk|then|the table|the usual|not with (?:agreement|deal|result|the deal))\b|{END})"
    r"|(?:to|i)(?: (?:are|do|will|have|still|afraid|clearly|sound|both|then|could|can|would|simply))*+ (?:not|unable|never)(?!.* yet )(?: (?:be|able|to|sound|go|yet|have|think|believe|see|way|the|for|us|i|will|can))* (?:reach|come to|come together|make (?:the|this) deal|find (?:common|(?:the |this )?(?:middle|agreement|solution|ground|way|price))|get to|agree|see eye|meet in|close|strike|do business|bridge|(?:work|make) (?:this|it|something) (?:out|work)|continue|pursue|proceed|go (?:on|further|ahead|forward|through with)|move (?:forward|ahead)|negotiate|talk)(?! (?:it|above|your|that price|#|below|(?:to|with|at) (?:that|#|your)|to (?:this|it)|on #)\b)|unable to (?:reach|come to|find|agree on|strike)(?: \w+)? (?:agreement|deal|middle|common|this|price)"
    r"|no longer (?:wish|want)|not (?:wish|want) (?:it|to (?:buy(?! it only)|sell|continue|go on|proceed|talk|negotiate|budget on))|not see (?:the|any) (?:reason|point|sense|use) (?:to|in) (?:budget on|(?:go|continu|talk|keep)\w*)|(?:no longer|not) (?:be )?(?:interested|for transaction|available|buy(?: (?:it|this|the|one|anything|today|from|you|\w+))?(?: then)?{END}|need (?:it|one|the|this))\b|decided (?:not to|against|to keep|on (?:the )?(?:other|different|another))|not anything (?:left |above |further )?to (?:discuss|talk|say|add)|no (?:point|use|reason|sense) (?:in |to )?(?:go|continu|talk|keep)\w*|withdraws? (?:its|my|the) (?:offer|bid|interest)\b|not (?:be )?(?:pursue|pursuing) (?:it|this|the)\b|not be (?:take|buy|sell|doing business|do business)\b(?! (?:it |them |this )?(?:for|at|to anyone))|no deal to be made|not (?:the|any) (?:path|way) forward(?! (?:at|for) (?:#|that price))|(?:someone|other|another|he|she|they) (?:\w+ )?put (?:down |below )?(?:the )?deposit|found one\b.* go with (?:that|it)\b|next in line get|have to say no{END}|(?:son|daughter|kids?|wife|husband|mom|dad) (?:\w+ ){0,2}want to keep (?:it|this|them)|i do not have the (?:deal|agreement){END}|take back my offer{END}|my offer(?: as)? withdrawn|found the (?:\w+ )?deal(?!.*#)|(?:let you|you should) sell it to (?:someone|another|other)|let (?:someone else|(?:the other|another) \w+) (?:have|buy|take)|went ahead and (?:buy|order|bought|ordered|got|get)|disregard my|go back (?:up )?(?:on|in|to) (?:the|my) (?:wall|shelf|garage|attic|closet|window|box)|close (?:this|the|my) (?:request|inquiry|file|case|ticket)|(?:my|the|this) (?:talk|deal) end here|not (?:think|believe|see) (?:this|it|that)? ?(?:will|would|can|is go to) work out|not be able to buy (?:it|this|one){END}|waste (?:any )?(?:above )?(?:of )?your time|(?:(?<=^ )|(?<= i )|(?<= but )|(?<= have )|(?<= already ))(?:bought|ordered|got(?! one already)) (?:one|another one|the new one) (?:from|at the|already|elsewhere|now|today|yesterday|for free|instead)(?!.*(?:#| last | ago | but | it | this ))|gave (?:i|me|us) (?:one|his|hers|their|theirs)\b|(?:it|they|both|all) went to (?:the (?!store|shop)|my|someone)|(?:someone|he|she) (?:\w+ )?(?:picked (?:it|this) up|took it)|i (?:gave|give) (?:it|this) to (?:my|the|someone)|i (?:am|will) keep(?:ing)? (?:it|this|them){END}|ended up (?:get|gett|buy|go)\w*|found (?:one|another) (?:closer|elsewhere|already|nearby)|(?<!they do )not sell(?:ing)? (?:(?:it |this |them )?anymore|it (?:to you|after all){END})|i sold it{END}|(?:it|they|this) (?:is|are|have) (?:\w+ )?(?:claimed|taken|spoken for|already gone|long gone)|(?:pending|hold|reserved) \w+ (?:for|with|to) (?:someone|another)|were too far apart|not (?:do|doing) this again|not (?:\w+ ){0,3}make sense to (?:continue|talk|go on|keep)|please sell (?:it|this|them) to|the end of (?:it|this|that|the talk|the road|my)\b|count me out|no time for"
    r"|(?:not|never) (?:go|meant) to (?:work|reach|happen|agree|be|make (?:the|this) deal)\b|changed my mind|(?:it|this) is not for (?:me|us)\b|(?:someone|other|another|the) (?:\w+ )?(?:already )?paid\b|where (?:my|the|this) talk end|(?:this|that|which) end (?:my|the|this) talk|(?:have to|must|go to) let (?:it|this|that|this (?:#|one)) go{END}|let this (?:#|one) go|(?:consider|regard) (?:this|the|my) (?:talk|matter|case) (?:is |as )?(?:close|closed|end|ended|finished|above)|not worth it{END}|(?:this|it) will not work(?: out)?(?: for (?:us|me))? $|someone (?:else )?(?:already )?(?:bought|took|got|want|grabbed|snagged|snatched) it|i(?: (?:am|will|go|to|have|decided))* sell (?:it|this|them|the \w+) to (?:him|her|them|my|someone|another|the (?:first|next|young|other|man|woman|lady|guy|student|family|couple))\b|sold (?:(?:it|this|that|them|one|(?:the|my) \w+) to (?!you)|to (?:someone|another|other|my)\b)|bought (?:the )?(?:other|different|another)|have accept (?:another|the other|the different|someone)|(?:reserved|promised) (?:for|to) (?:someone|another)|sold (?:it|this|them) (?:this|yesterday|today|last|already)|(?:already|just|is|it|was|been) sold\b(?! (?:to you|for #|at #|then))|wrong (?:size|one|colou?r)|i do not buy|blocking you|the no from me\b|(?:have|has) closed? (?:this|the|my) (?:talk|file)|signed with (?:the )?(?:another|other|different|someone)|i have no (?:deal|agreement)|no (?:buy|transaction|deal) (?:from me|today|here|then|between)|rather (?:keep|not (?:continue|go on|proceed|pursue))\b|(?:good ?bye|bye|farewell|adios|so long(?! as))\b|(?:break|call) (?:it |this |the talk |the whole \w+ )?(?:off|quits)\b|not go to get anywhere|no thank\b|(?:maybe )?(?:next|another|some other) (?:time|day)|(?:my) (?:ways|paths) (?:\w+ )?part|where i (?:get off|end)(?! up)|throw(?:ing)? in the towel|off you go|(?:door|look|store|stall) is close\w*|do not (?:message|text|contact|write|bother|call)(?: \w+)?? (?:again|further|above|anymore)|sorry (?:just )?sold it|🚶",
    "We can't reach an agreement.", "I'm no longer interested.", "I can't reach it", starts="(?:no (?:deal|transaction)|walk away|forget it|pass|leave it|never mind|not anything|good day)(?: then| for me| on (?:this|that|it))* $|no leave it{END}|keep (?:it|your)(?! (?:aside|safe|reserved|for|on|ready|warm|until))", words="ahead disregard back close son daughter kid kids wife husband mom dad say claimed gone spoken taken back withdrawn waste ended keeping gave took picked got ordered found went withdraw withdraws bought accept reserved promised talk let worth above off dead finished terminated concluded failed unsuccessful done through out apart impasse standstill end not unable never longer decided against no count changed someone sold wrong blocking signed from closed rather bye goodbye farewell adios break next another other time forget pass leave keep anything walk mind part where throw throwing close message text contact write bother call 🚶 day long him her them young man woman lady guy student family couple please make put give paid sell")
UNDOES = _pattern(
    r"(?:(?:i|to|will|am|are|be|deal) quit(?: (?:my|the|this|it|your))?(?: (?:deal|agreement|order|transaction|buy|offer))?(?= [^a-z]| $| then| sorry| now)|undo|(?:back|backing|pull|pulling) out|changed my mind|withdraw(?! (?:the |my |some )?(?:budget|money|#))|not (?:go|follow) through|(?:deal|it|transaction) is off|call (?:it|this|that|the (?:whole )?(?:thing|deal|transaction)) off|(?:buy|bought|sold) (?:it|the|another|other|to)(?: \w+){0,3}? (?:different|another|other|someone)|fell through|something came up|not (?:do|make) it anymore|(?:go to|will|have to) pass(?! (?:by|on|it|the|along|your)\b)|lost (?:\w+ )?(?:confidence|trust)|no longer (?:be )?(?:interested|want|able|sell|buy|for transaction)|take that back)\b",
    "I have to cancel our deal.", "Sorry, I need to back out.", "I'll be back tomorrow.", words="something anymore quit pass lost call undo out changed withdraw through off bought buy sold longer back")
STAYS = _pattern(
    r",?(?:otherwise|or else|unless|or i|before i|do not want to|(?:would )?(?:hate|regret) to|would regret|rather than|hate to|(?<!best )(?<! as )if (?:you(?! (?:(?:ever|do|should) )?(?:change|reconsider)\b)|that|i|not|this|it)|(?:might|may|could) \w+|would (?:have|need|walk|pass|look|go|move|leave|find|keep|be|call|wait)|able to (?:walk|leave)|(?:tempted|about|want me) to|no need to (?!hold|keep it|wait|send|ship|reserve)|not (?:go|have) to (?!make|agree|reach|work|get|be|happen|pay|accept|sell|buy|take|let|give|do)|let us not|make me|take it or|(?:got|bought|ordered|found) (?:the )?(?:\w+ )?one\b.* but)\b",
    "Otherwise I'll walk away", "I'd hate to lose this deal", "I am leaving.", words="but otherwise or unless before not hate regret rather if might may could would able take tempted no about make want")
GOODBYE = _pattern(
    r"(?:good ?bye|bye|(?:good|best of) luck|have the (?:very )?(?:(?:good|pleasant) )?(?:day|one|evening|night|weekend|rest|time)|take care(?! of)|thank anyway|thank(?: you)?(?: for| though)?(?: (?:your|the|consider|all))* (?:time|consider{END}|understanding|consideration|talk|patience|opportunity|effort)(?! and for your (?:offer|price|interest))|thank you anyway|(?:next|another|some other) time|never ?mind|nvm|i (?:do )?wish you(?! (?:would|could))|wish(?:es|ing)? you(?! (?:would|could))|best wishes|farewell|all the best|another buyer|other buyer|in the future|different circumstances|no hard feelings|hope you find (?:another|someone|one|your|what you|the (?!way|room|price|middle|solution|offer))|good day|peace|so long(?! as)|enjoy (?:your|the) (?:\w+ ){0,2}?(?:day|evening|weekend|night|week|afternoon)|see you around|(?<!below )(?<!find it )(?<!getting )(?<!than # )elsewhere(?! (?:buyer|price|offer|seller)))\b|👋",
    "Good luck finding another deal!", "Goodbye then.", "It was a good buy", words="find bye goodbye luck care anyway time never nevermind nvm wish wishes wishing best farewell another other future different all no peace enjoy see elsewhere 👋 day evening night weekend patience consideration understanding opportunity effort talk consider long rest one")
# --- prices worked out, limits, questions ------------------------------------------------------------------------------
OFF = _pattern(
    r"(?:(?P<to>to) )?# (?P<percent>(?:%|percent) )?(?:off|below(?! than)|discount|reduction|below)\b|(?:knock(?:ing)?|shav(?:e|ing)|chop|come down|go down|drop|reduce|take off|discount of|reduction of)(?: (?:off|it|the|price|another|by|about|down))* # ?(?P<also>(?:%|percent) )?(?:off\b)?(?! (?:for|to))",
    "I could give you $10 off.", "come down by $10", "$10 is fine", words="off below discount reduction knock knocking shave shaving chop come go drop reduce take")
HALF = _pattern(
    r"half (?:price|off|of (?:that|the (?:price|ask))|the (?:price|ask))", "half price?", "half of the asking", "half the fun", words="half")
MIDDLE = _pattern(
    r"(?:split (?:the|it|that)|meet (?:me |you |each other )?(?:in the middle|half ?way)|halfway between)", "Let's split the difference", "Could we meet halfway?", "middle of June", words="split meet halfway")
ADD = _pattern(
    r"(?:add|raise|increase|bump|go up|come up)(?: (?:it|that|your|my|the|price|offer|another|by|up))*+ #(?! (?:%|percent|to))|# above and (?:it|you|i)\b",
    "Add $5 and it's yours", "Raise it by $5.", "Raise it to $5", words="add raise increase bump go come above")
LIMIT = _pattern(
    r"(?:not|never|no|unable|not anything|anything|hard to)\b(?: \w+){0,6}? (?:below|above|past|further)(?: (?:than|about|the|my|of|budgeted|budget|maximum|minimum|price|cost))*+ $|(?:at minimum|no (?:below|above)|minimum (?:is|of|price)|not the penny (?:above|below)) (?:than )?$", "I can't go below ", "not lower than ", "How about ")
LISTED = _pattern(
    r"(?:ask|list|posted|advertised|sticker|full|tag|usual) price\b(?<! the full price)(?! was)|pay (?:the |your )?full price\b|full ask\b|what you (?:are |have |had )?(?:ask|list|want)|what i am ask|as (?:list|posted|advertised)\b|price (?:you |as |in the |it is )?(?:list|posted|ad)\b", "I'll pay your asking price", "I'll take it as listed", "the price is $5", words="price ask want list posted advertised")
COUNTS = _pattern(
    r"(?:how (?:many|long|old|big|tall|wide|large|heavy|far|fast|soon|often|deep|high)|what (?:year|size|time|model|day|minimum|colou?r|price)|when|where|mileage)\b", "How many miles?", "what size is it?", "how much is it?", words="how what when where mileage")
DOUBTS = _pattern(  # a last question about the thing or its price, which an acceptance waits for
    r"(?:is|are|does|did|has|have|was|were|will|would|can|could|do)(?: not)? (?:it|they|there|(?<!has )(?<!have )the|any|anything|you (?:include|throw|add|have|do(?! (?:card|check|cash))|go|come down|accept(?! (?:card|check|cash))|consider|give|below|make|knock|deliver|mind(?! (?:pay|send|ship|bring|hold))))\b|(?:would|could|can) you (?:take|accept|sell) (?:it|this) not with\b|is (?:that|this|it|#) (?:your|the) (?:final|minimum|last|maximum|low\w*) |what about (?!(?:to|sat|sun|mon|tues|wednes|thurs|fri)\w*|#|now|you)|(?:price|below|minimum|off|discount|negotiable|firm|flexible|warranty|included?|what else|free|why|how (?:many|old|long|much))\b",
    "That works. Does it have scratches?", "Sounds fair. Could you include the stand?", "Fine with me. Where are you?", words="about is are does did has have was were will would can could do price below minimum off discount negotiable firm flexible warranty include included else free why how")
SHIPS = _raw(  # a question that an agreement behind it depends on
    r"^ (?:can|could|would|will|do) you (?:ship|deliver|send|mail|include|throw)(?= )",
    "Could you ship it to Ohio", "Will you include the case", "I could ship it")
PRAISES = _pattern(  # a price that one speaks well of and does not agree to
    r"(?:make (?:(?:your|that|the) #|# (?:look|sound|above|much|the))|above (?:good|like)|sound of|look (?:much |yes |the (?:bit|lot) )*(?:above )?good|good (?:starting|start|step|beginning))(?= )",
    "$45 is certainly more reasonable.", "That makes your $45 look better.", "That makes $45 fair.", words="make above sound look good")
NEARS = _pattern(  # a price that is only not far from what one wants
    "(?:between # and #|(?:some|any)thing (?:below|above) #)(?= )", "Let's find something between $40 and $50.", "I'd like something below $45.", "I can do $45.", words="between something anything")
PROBES = _pattern(
    r"(?<!if # )(?:is|are|was) .*(?:minimum|maximum|best|final|firm|negotiable)\b", "Is 50 your lowest?", "is 10 firm", "My final offer?", words="minimum maximum best final firm negotiable")
