"""The words of bargaining, and what their patterns mean.

An utterance is first put into plain words (`plain`): contractions are spelled out, forms and synonyms become one word
("proposal", "bid", "counteroffer" -> price), every number that could be money becomes #. So one short pattern stands
for many ways to say a thing, in English; other languages are not read. Each pattern comes with two utterances that it
catches and one that it must not; tests/test_patterns.py runs them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

_SAME = """
accept: accepts accepting accepted accpet acept accepr
agree: agrees agreeing
reject: rejects rejecting rejected decline declines declining declined refuse refuses refusing refused
propose: proposes proposing proposed suggest suggests suggesting suggested countering
offer: offers offering offered
price: prices pricing proposal proposals bid bids counteroffer counter-offer counterproposal counter-proposal figure amount sum quote rate number terms
deal: deals delt dael
buy: buys buying purchase purchasing
sell: sells selling
pay: pays paying
take: takes taking tk
give: gives giving
go: goes going gonna
come: comes coming
cost: costs costing
produce: produces producing production manufacture make makes making
budget: budgets brought bring carry spare afford wallet purse savings allowance funds cash pocket
profit: profits margin margins gain gains
loss: losses
worth: value valued values valuation
usual: original originally initial initially usually normally normal retail market msrp regular
maximum: max maximal highest ceiling limit limits top tops most
minimum: min lowest least floor bottom
good: great fine fair reasonable acceptable perfect agreeable excellent wonderful satisfactory ideal doable fantastic awesome amazing suitable cool nice perfectly lovely fairly sensible decent fairer better okay-ish
ok: okay k kk okey okie alright aight oki okk oks
yes: yep yea yeah yup ya yess yesss sure absolutely certainly definitely gladly affirmative indeed aye yah
high: higher steep expensive pricey dear hefty costly
low: cheap
below: lower less under beneath cheaper
above: more over beyond exceed exceeds exceeding exceeded
bad: unacceptable insulting unreasonable insult insults ridiculous lowball joke absurd insane unfair disappointing unrealistic
able: willing ready prepared capable inclined
unable: unwilling
glad: happy pleased delighted pleasure thrilled excited content
we: us
you: u ye
your: ur
my: our mine
this: these those
the: a an
thank: thanks thx thankyou ty appreciate appreciated cheers
talk: talks negotiation negotiations conversation discussion discussions negotiating bargaining haggling dealings chat
walk: walking walks
leave: leaving leaves
end: ends ending stop stopping terminate terminating conclude concluding
quit: exit quitting exiting cancel cancelling canceling
proceed: proceeding finalize finalise finalizing finalized complete completing settle settling seal sealing wrap shake finish close closing
transaction: trade sale exchange
agreement: agreements compromise
look: looking search searching shop shopping
elsewhere: somewhere
consider: considering
think: thinking
need: needs needed require
want: wants wanted wanna
ask: asks asking asked
work: works working
sound: sounds seem seems look looks feel feels
hope: hoping hoped hopes
"""
_LONG = {
    "i'm": "i am", "im": "i am", "i'ma": "i will", "ive": "i have", "ill": "i will", "i'd": "i would", "id": "i would",
    "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not", "wont": "will not", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "isnt": "is not", "wouldnt": "would not", "couldnt": "could not",
    "shall": "will", "shan't": "will not", "ain't": "is not", "let's": "let we", "lets": "let we", "thats": "that is",
    "its": "it is", "hows": "how is", "whats": "what is", "thatll": "that will", "youve": "you have", "weve": "we have",
    "youre": "you are", "'em": "them", "'ll": "will", "gotta": "got to", "lemme": "let me", "impossible": "not possible",
    "non-negotiable": "not negotiable", "nope": "no", "nah": "no", "na": "no", "cya": "see you", "til": "until", "ta": "thank",
    "infeasible": "not feasible", "tomorrow": "tomorrow", "unfeasible": "not feasible", "nothing": "not anything", "without": "not with",
}  # fmt: skip
_ENDS = (("n't", " not"), ("'ll", " will"), ("'d", " would"), ("'ve", " have"), ("'re", " are"), ("'m", " am"), ("'s", " is"))
_DROPPED = frozenset(
    "just really simply also actually honestly hereby formally officially therefore thus quite rather pretty kindly truly "
    "totally kinda very only even perhaps maybe probably hopefully surely right".split()
) - {"right", "only", "maybe", "rather", "perhaps", "very", "even"}
_PLAIN = {form: word for line in _SAME.strip().splitlines() for word, _, forms in [line.partition(": ")] for form in forms.split()}
_PLAIN["looks"], _PLAIN["look"] = "sound", "look"


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    if word in _LONG:
        return _LONG[word]
    if word in _DROPPED:
        return ""
    for end, spelled in _ENDS:
        if word.endswith(end) and len(word) > len(end):
            return (_PLAIN.get(word[: -len(end)], word[: -len(end)]) + spelled) if end != "n't" else word[:-3] + spelled
    return _PLAIN.get(word, word)


_TOKEN = re.compile(r"#|[^\W\d_]+(?:['-][^\W\d_]+)*+|\d+|[.?!;,:\n%()/+-]|[👍👌🤝✅👋🚶]")


def plain(text: str) -> str:
    """A normal text whose amounts are # in plain words, single blanks between and around them."""
    return " " + " ".join([word for token in _TOKEN.findall(text) if (word := _word(token))]) + " "


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over plain words, utterances that it catches and one that it must not.

    words: it catches nothing without one of these (none: it may), which spares most of the searching.
    """

    search: re.Pattern[str]
    hits: tuple[str, str]
    miss: str
    words: frozenset[str]

    def __call__(self, clause: str, words: Collection[str] | None = None) -> re.Match[str] | None:
        if words is not None and self.words and self.words.isdisjoint(words):
            return None
        return self.search.search(clause)


_PARTS = {
    "I": "(?:i|we)",
    "IT": "(?:it|that|this|them|those|your|the|one|both|you up|#)",
    "BE": "(?:is|are|am|be|was)",
    "MAY": "(?:will|would|can|could|may|might)",
    "GOOD": "(?:good|ok)",
    "SO": r"(?: (?:and|so|then|well|ok|yes|good|oh|um|hmm+|haha|lol|now|please|thank|you|it is|is|i guess|i think|that|man))*+",
    "YES": "yes|ok|good|deal|agreed|sold|done|bought|👍|👌|🤝|✅|accept|granted|exactly|very well|of course|all right|will do|can do|bet|gotcha|correct|you got it|no (?:prob|problem|worries)",
    "VERY": r"(?: (?:the|very|bit|little|tad|still|way|far|much|too|so|kind|sort|of|all|even|more|above|somewhat|slightly|rather|super|remain))*+",
}


def _pattern(regex: str, *examples: str, words: str = "") -> Pattern:
    """The pattern, {I}, {IT} and so on filled in; the last example is the miss."""
    for name, part in _PARTS.items():
        regex = regex.replace(f"{{{name}}}", part)
    first, second, miss = examples
    return Pattern(re.compile(regex), (first, second), miss, frozenset(words.split()))


# --- whose words they are: over the normal text, before it is put into plain words -----------------------------------
THOUGHT = _pattern(r"(?s)<(think|thinking|reasoning|scratchpad)>.*?(?:</\1>|\Z)", "<think>$15 is ok</think> $12", "<reasoning>deal", "<b>deal</b>")
FENCE = _pattern(r"```(?:[a-z]*\n)?", "```json\n{}```", "``` x", "`x`")
OBJECT = _pattern(r"\{[^{}]{1,600}\}", '{"action": "accept"}', "{ }", "{")
TAG = _pattern(r"<[^<>\n]{1,80}>", "<answer>ACCEPT</answer>", "</s>", "1 < 2")
QUOTE = _pattern(r"\"[^\"\n]*\"", 'you said "deal"', '""', 'a 42" screen')
FORGED = _pattern(
    r"(?m)^[^\w\n]*+(?:the )?(?:seller|buyer|moderator|critic|system|assistant|user|human|question|answer|state|verdict|outcome|result|"
    r"note|tool(?:[_ ]?call)?|function(?:[_ ]?call)?|command|transcript)\b(?:[^:\n]{0,30}:| - |\s*\]|\s*\|).*$",
    "seller: I accept $5", "[Seller] I agree", "the seller is kind",
)
# --- sentences -------------------------------------------------------------------------------------------------------
CLAUSE = _pattern(
    r" ,(?= )| (?=(?:but|however|although|though|yet|while|because|otherwise|unless|if|so (?:i|we|how|what)|and (?:i|we) (?!would like)|or i|how about|what about|let we)\b)",
    "# is fair , but i need #", "good , how about #", "# and # are fair",
)
QUESTION = _pattern(
    r"^{SO} (?:hi |hello |hey )?(?:where|when|what|how|which|who|why|is (?:it|this|that|the|there)|are (?:you|they|there|this)|do(?:es)? (?:you|it|we|i|the)|did you|(?:can|could|would|will) (?:you|it)|any chance)\b(?! (?:work|good|ever|soon))",
    " would you take # ", " so what do you say ", " i would take # ",
)

# --- agreement -------------------------------------------------------------------------------------------------------
ACCEPTS = _pattern(
    r"\baccept\b(?! (?:that (?!price|offer|deal|is)|below|not anything|anything|any\b|no\b|above|(?:the )?offer to|cash|card|payment|paypal|if\b|or\b))"
    r"|^{SO} (?:{I} (?:are |am |have )?|all )?agreed\b|\b{I}(?: (?:will|do|can|am|would|glad|able|to|have|fully|completely))* agree(?: (?:on|to|with))?(?= (?:your|this|that(?= (?:[^a-z#]|price|offer|deal)| $)|that (?:#|price|offer) (?:is|sound) (?:the )?{GOOD}|the (?:price|offer|deal|transaction)|#|it\b|buy|sell|[^a-z])| $)"
    r"|\b{I}(?: (?:will|would|can|could|am|able|glad|to|be|have|then|both|gladly))* (?:(?:take|buy) (?:{IT}|you(?= up)|the \w+)|have (?:it|them|one|both))(?! %)(?! (?:percent|back|away|below|off (?!your)|to |from|with (?:me|you)|myself|home|as (?:the|an))\b)(?= (?:at|for|up|both|one|then|off your|price|offer|deal|if|please|[^a-z])| $)|^{SO} take (?:it|them) $|\b{I} will take $",
    "I'm happy to accept your offer of $12.", "Fine, I'll take it.", "I'd accept less.",
    words="accept agreed agree take buy have",
)
SEALS = _pattern(
    r"^{SO} deal\b(?! (?:breaker|with|for (?:you|me|both)|reject|or|is off|off|at below|below))|(?:\bit is|\bthat is|\bhave|\bgot|\bgotta|yourself|\bcall it|\bdone|\bthis is|{SO}) the deal(?= (?:at|for|then|my|[^a-z])| $)|\bdone deal\b|\b(?:have|got) (?:we )?(?:yourself|urself) "
    r"|^{SO} sold\b(?! (?:this|it|one|yesterday|last|for below))|\bconsider (?:it|this) (?:sold|done|yours)|\b(?:(?:it|they|them|#)(?: is| are)?|\w+ (?:is|are)) (?:all )?yours\b|\byou (?:have )?got it $"
    r"|\bglad (?:that )?(?:we|i)(?: (?:have|could|can|both|were|are|able|to|did))* (?:reach|agree|agreed|come|came|could|find|found|make|made|worked|work|proceed|settled|have|got)\b|\b(?:glad|pleasure|nice|good|thank)(?: (?:to|for))* (?:do|doing|dealing|your) (?:business|with you)|\b(?:reached|come to|have) (?:the |mutual )*agreement"
    r"|\b{I} agree $|\bi (?:am|be) in $|\bsettled (?:at|on|for|then) |\bshake on (?:it|that)|\b{I} (?:will|can|could) (?:make|live with) (?:it|that|this|#|your price)(?: work)? ",
    "You've got yourself a deal!", "Glad we could agree.", "This is a good deal breaker",
    words="deal sold yours got urself yourself glad pleasure nice good thank agreement agree in settled shake make live done consider",
)
AGREES = _pattern(
    r"(?:\b(?:that|this|it|which|price|offer|deal|transaction|idea|works?|you)|#)(?: (?:{MAY}|{BE}|do|be|should|all|both|very|for|the|we|quite|absolutely|more|above|than))*+ (?:work\b|suit|do $|{GOOD}\b(?! (?:condition|shape|reason|question|point|but|question)))"
    r"|\b(?:sound|is) (?:very |like )?(?:the )?(?:{GOOD}|deal|plan)(?: (?:price|deal|compromise|offer|to me|for me|plan))?(?= [^a-z]| (?:to|for|with|by|then|if)\b| $)|^{SO} (?:work|{GOOD}) (?:for me|enough)|^{SO} (?:i am )?able $|\b(?:good|ok|glad|content) (?:with|by|for) (?:that|it|this|me|your|#|the price)"
    r"|\b{I} (?:guess |suppose |think )?{MAY} (?:do|live with|manage|swing|go with|pay|agree to|work with|handle|give you|go for) (?:that|it|this|#|your price|your offer)|\b(?:can|could|will) do (?:that|it) |\byou (?:can|may) have it|\byou (?:win|(?:have )?(?:convinced|persuaded|won|twisted))|\byou drive the hard|\bi guess(?: so| that)? $|\bwhy not $|\b(?:all|are) set $|\b(?:do|have) we (?:have )?the deal|\bgranted\b|\bwould not say no\b|\b(?:boss|wife|husband|mom|dad|she|he) (?:say|says|said) (?:yes|ok)"
    r"|\blet we (?:do|go (?:with|ahead)|proceed|say that|make (?:it|the deal)|move forward|get (?:this|it) done)\b|\bgo (?:ahead|on) (?:with|then|and)|\b(?:yes|ok|good) please|(?<!as )\bit is $|\b{I} {MAY} (?:proceed|go ahead)",
    "That works for me.", "$15 sounds good to me", "A good reason to buy.",
    words="able please glad work works suit suits agree do good ok plan deal live manage swing go pay handle give have win convinced persuaded won twisted drive guess not set granted boss wife husband mom dad she he let is proceed no",
)
YES = _pattern(
    r"^(?=.* (?:{YES}) )(?: (?:{YES}|then|so|thank|you|too|man|bro|sir|friend|bud|it|is|that|much|very|i|do|does|will|can|would|have|please|me|for|by|with|work|lol|haha+|oh|well|um|hmm+|uh|the|and|guess|think|just|course|got|rock|guy|funny|🎉|!))*+ $",
    "OK, fine by me then", "👍", "OK but not so fast",
)
CLOSES = _pattern(
    r"\b(?:come (?:by|over|get|on)|(?:when|where|what time|how soon) (?:can|could|should|do|would|is|will|to) (?:i|we|you|the)|what (?:day|time) |pick (?:\w+ )?up|pickup|be (?:over|there|by)|see (?:you|ya)|on my way|meet (?:you|up|at|there|tomorrow|tonight)|address|venmo|paypal|zelle|"
    r"(?:send|mail|draw|prepare|transfer|arrange|wire|provide|get|bring) (?:\w+ ){0,4}?(?:payment|contract|invoice|paperwork|papers|details|delivery|cash|money|#|item|link|truck|agreement|over|up)|draw up|here (?:you go|is)|i will (?:bring|have|get|pack|wrap|hold|send|ship|prepare|arrange) |enjoy (?:your|the|it)|next steps|"
    r"(?:proceed|go ahead|move forward|forward)(?: (?:with|to|the|this|your))* (?:transaction|payment|buy|it|deal|agreement|order|paperwork|checkout|sell)|complete|transaction (?:is )?done)",
    "Great, draw up the paperwork.", "When can I pick it up?", "I like it.",
    words="come when where what how pick pickup be see way meet address venmo paypal zelle send mail draw prepare transfer arrange wire provide get bring here will enjoy next proceed go move forward complete transaction",
)
VIEWING = _pattern(
    r"\b(?:see (?:it|the|them)|look at it|check it out|take the look|view it|test (?:drive|ride|it)|inspect|try it)",
    "Can I come by to see it?", "I'd like to take a look", "see you",
)
# --- refusal, doubt, conditions --------------------------------------------------------------------------------------
REFUSES = _pattern(
    r"\b(?:can|could|will|would|do|does|did|am|are|is|be|was) not (?:(?!fully|yet but|sure|convinced|certain|only|just)\w+ ){0,3}?(?:accept|agree|do|take|go|sell|pay|let|justify|afford|come|drop|offer|match|budge|meet|reach|below|above|give|part|move|able|possible|willing|spend|work|enough|interested|cut|make|feasible|acceptable|good|help|low|high|stretch|think so|negotiable|allow|consider|cover|leave)\b"
    r"|\b(?:reject|unable|turn(?:ing|ed)? (?:[\w#]+ ){0,3}?down|no (?:deal|way|chance|thank|can do|sale)|afraid not|not (?:the deal|(?:at|for) that price|enough|good|able|interested|acceptable|yet|feasible|possible|quite|happening|the chance)|never mind|nevermind|nvm|forget it|said no|hell no|the no|no to (?:#|that|your|it)|get real|(?:out of|waste of|stop wasting) (?:the |my |your )*(?:question|time|range|budget|reach)|pass on|get lost|kidding me)\b"
    r"|^{SO} (?:sorry )?no\b(?! (?:problem|worr|rush|issue|doubt|big|prob|trouble|need|hurry|stress|longer|above|matter|further|deal))"
    r"|\btoo (?:high|low|much|little|far|rich|bad|small|big|above|below)\b",
    "I can't go that low.", "I must respectfully decline your offer.", "No problem, that's fine",
    words="not reject unable down no afraid never nevermind nvm forget said hell get question time range budget reach pass lost kidding too",
)
JUDGES = _pattern(
    r"(?:\b(?:{BE}|sound|be|remain|mean|find|stay)|'s|#){VERY}(?: (?:than|what|on))* (?:high|low|bad|above|below|stretch|out of (?:my|the)|outside|beyond|short of|insults?|on the)(?! (?:quality|demand|end|grade|if|than you|for this|deal|but))\b|\b(?:insult|insults|leave|leaves) (?:me|my)\b|\b(?:at|with|take|bear|mean|for) (?:the |my )?(?:significant |big |huge |substantial )?loss\b|\bcompared? |\b(?:high|low|above|below)(?: than)? (?:my|what i|i|the|our)(?: (?:am|was|can|want|had|have|to|hope|cost|budget|maximum|minimum|produce|planned|range|price|expected|think|willing|able|pay|spend|would|like))+ |^{SO} (?:still )?(?:the )?(?:bit|little|way) (?:high|low|above|below)\b|\b(?:above|below|high|low) than (?:i|we|my)\b",
    "$45 is still high", "That's below my cost.", "It is a high quality lamp",
    words="high low bad above below stretch out outside beyond short insult insults leave on loss compare compared",
)
WAITS = _pattern(
    r"\blet me (?:think|ask|check|see|talk|consider)|\b(?:need|have|want|like|love|time) to (?:think|ask|check|talk|sleep|consider|see|accept|agree|say yes)|\bwill consider\b|\bsleep on|\bnot (?:sure|convinced|certain)|\bthink (?:about|it over|on) |\bconsider it\b|\bget back to you|\bi would rather|\bwish\b|\bi was hope\b|\balmost\b|\bclose to (?:the|what)|\bgetting close|\bbefore {I} (?:agree|accept|decide|commit|say)|\b(?:know|tell me|hear) above\b|\b(?:maybe|perhaps)\b|\bto be discussed|\bdepends\b",
    "Hmm, let me think about that.", "I'd like to accept, but", "think of the children",
    words="let will sleep getting need have want like love time not think consider get rather wish was almost close before know tell hear maybe perhaps discussed depends",
)
CONDITION = _pattern(
    r"\b(?:provided|as long as|on (?:the )?condition|only (?:when|if)|once you|assuming|in exchange for (?!the|#|your)|in return|so long as|contingent|given that you|only with)\b|\bif (?!(?:you|i|we) (?:are|want|like|need|have any|have questions|have no|still|can not|could not|do not|wish|would like|agree|accept|change|prefer|insist|say so|must|ever)\b|(?:that|this|it|which|#) (?:is (?:ok|good|all)|work|cover|suit|sound|help|make|mean|please)|anything|interested|possible|so\b|ok|good|need)|\bunless you\b",
    "Deal, if you throw in the case", "I'd take it as long as it runs", "ready if you are",
    words="provided long condition only once assuming exchange return contingent given if unless",
)
# --- leaving ---------------------------------------------------------------------------------------------------------
LEAVES = _pattern(
    r" (?:walk away|part ways|agree to disagree|go (?:our|my|we) separate|(?:look|try|go|shop|search|buy it) (?:elsewhere|around|for (?:another|the other)|at other|closer)|take my (?:business|money)|quit|withdraw\w*|leave(?! (?:me|you|it (?:at|to|for|up)|no|the (?!talk)|little|room|not|with|#|a|over|by|in))(?: it)?|leave it (?:there|here|at that)|(?:end|proceed)(?: \w+)? (?:the|this|my|our|all|it here)?(?: \w+)? ?(?:talk|session|process|discussion|here|now)|move on|keep look|be (?:off|out|going)|find (?:another|someone|somebody|elsewhere|other)|wait for (?:another|the good|someone)|pass(?! (?:it|the|along|by|up|me|that (?:on|along)))|step (?:away|back)|back out|sell (?:it )?to (?:someone|another|some)|call it (?:off|quits|the day)|done talk|go with (?:them|another|the other|someone))\b",
    "I'll have to walk away.", "Let's end the negotiation here.", "That would leave me no profit",
    words="walk part agree go look try search buy take quit withdraw withdrawing leave end proceed move keep be find wait pass step back sell call done",
)
OVER = _pattern(
    r"^{SO} (?:no deal|walk away|farewell|forget it|pass|leave it)(?: then| for me| on (?:this|that|it))* $|\b(?:talk|deal|discussion)(?: {BE})? (?:over|above|off|dead|finished|ended|at the end)\b|\bcan not (?:do|make) business\b|\b(?:we|i|you) (?:are|am) (?:all |now |so )?(?:done|through|out|finished|too far apart)(?= [^a-z]| here| with (?:this|the)| talk| $)"
    r"|\b(?:we|to|i)(?: (?:are|do|will|have|still|afraid|clearly|seem|both|sound|then))*(?: (?:can|could|will|do|be|are|have|would) not|unable)(?: (?:be|able|to|seem|go|yet|have))* (?:reach|come to|come together|make (?:the|this) deal|find (?:the|common|middle)|get to|agree|see eye|meet in|close|strike|work (?:this|it|something) out)(?! (?:it|above|your|that price|#|below|to (?:that|#|your|this|it)|on #)\b)|\bunable to (?:reach|come to|find|agree on|strike)(?: \w+)? (?:agreement|deal|middle|common|this|price)"
    r"|\b(?:no longer|not) interested\b|\b(?:not|never) (?:go|meant) to (?:work|reach|happen|agree|be)\b|\bchanged my mind|\b(?:it|this) is not for (?:me|we)\b|\b(?:this|it) will not work(?: out)?(?: for (?:we|me))? $|\b(?:someone|somebody) (?:else )?(?:already )?(?:bought|took|got) it|\b(?:it|they) (?:is |are )?sold (?:this|yesterday|last|already|to)|\b(?:already|it is) sold\b(?! to you)|\bwrong (?:size|one|colou?r)|\b{I} do not buy|^{SO} nothing $|\b{I} (?:will )?go home|\bhang on to it|\bblocking you|\bno (?:buy|sale|transaction|deal) (?:from me|today|here)|\bwill not be (?:buy|sell|proceed|able to (?:proceed|buy|sell))\b(?! (?:at|for|it for) )|\brather keep\b|\bkeep (?:it (?:then|myself)|my (?:budget|money))|^{SO} keep (?:it|your)|\b(?:good ?bye|bye|farewell)\b|\bbreak (?:it |this )?off\b|\bbuy (?:it )?from (?:the other|someone|another|else)|\bno thank\b|\bmaybe (?:next|another) time|🚶",
    "We can't reach an agreement.", "I'm no longer interested.", "I can't reach the shelf",
    words="wrong buy nothing home hang bye goodbye rather no walk farewell forget pass leave keep break buy over above off dead finished ended end done through out apart business not unable interested never changed someone somebody sold blocking maybe 🚶",
)
STAYS = _pattern(
    r"\b(?:otherwise|or else|unless|or i|or we|before i|before we|do not want to|would hate to|rather than|hate to|if (?:you|that|we|not|this|it)\b|(?:might|may|could|would) (?:have|need|walk|pass|look|go|move|leave|find|keep|be)|able to (?:walk|leave)|take it or)\b",
    "Otherwise I'll walk away", "I'd hate to lose this deal", "I am leaving.",
    words="otherwise or unless before not hate rather if might may could would able take",
)
GOODBYE = _pattern(
    r"\b(?:good ?bye|bye|(?:good|best of) luck|have the (?:very )?(?:good|great|lovely|pleasant)? ?(?:day|one|evening|night|weekend|rest)|take care|(?:thank|thanks) anyway|thank(?: you)? (?:for|though)(?: (?:your|the|considering|your))* (?:time|consider|understanding|interest|consideration|talk|patience)|thank you anyway|(?:next|another) time|never ?mind|nvm|i wish you|best (?:wishes|regards)|farewell|all the best|another buyer|other buyers|future|different circumstances)\b|👋",
    "Good luck finding another deal!", "Goodbye then.", "It was a good buy",
    words="bye good goodbye luck care anyway thank time never nevermind nvm wish best farewell another other future different have 👋",
)
SO_WOULD_I = _pattern(
    r"^{SO} (?:it|that|i|we|they|he|she) (?:would|could|can|will|do|does|did|am|is|are)(?: (?:take|do|that|it|so|please|too|indeed|for you|for sure))*(?= [^a-z]| $)",
    "I would.", "it does", "I am leaving",
)
# --- prices worked out, limits ---------------------------------------------------------------------------------------
PERCENT = _pattern(r"^ (?:%|percent|per cent)", " % off ", " percent ", " off ")
OFF = _pattern(
    r"(?:(?P<to>\bto) )?# (?P<percent>(?:%|percent) )?(?:off|below(?! than)|discount|reduction|less)\b|\b(?:knock(?:ing)?|shav(?:e|ing)|chop|come down|go down|drop|reduce|take off|discount of|reduction of)(?: (?:off|it|the|price|another|by|about|down))* # ?(?P<also>(?:%|percent) )?(?:off\b)?(?! (?:for|to))",
    "I could give you $10 off.", "come down by $10", "$10 is fine",
    words="off below discount reduction less knock knocking shave shaving chop come go drop reduce take",
)
HALF = _pattern(r"(?<!than )\bhalf (?:price|off|of (?:that|the (?:price|ask))|the (?:price|ask))", "half price?", "half of the asking", "half the fun")
MIDDLE = _pattern(r"\b(?:split (?:the|it|that)|meet (?:me |you |each other )?(?:in the middle|half ?way)|halfway between)", "Let's split the difference", "Could we meet halfway?", "middle of June")
ADD = _pattern(r"\badd (?:another |the )?# and |# above and (?:it|you|i|we)\b", "Add $5 and it's yours", "$5 more and you have it", "add a case")
RANGE = _pattern(r"^ ?(?:-|to|and|or) ?$", " to ", " - ", " for ")
LIMIT = _pattern(
    r"\b(?:not|never|no|unable|nothing|anything|hard to)\b(?: \w+){0,6}? (?:below|above|less|lower|higher|past|beyond|penny (?:above|below)|further)(?: than)? (?:about |the )?$|\b(?:at least|no (?:below|above)|minimum (?:is|of|price)|not the penny (?:above|below)) (?:than )?$",
    "I can't go below #", "not lower than #", "How about #",
)
LISTED = _pattern(
    r"\b(?:the |your |full |my )*(?:ask|listed|listing|list|posted|advertised|sticker|original|full|tag|usual) price\b|\bfull ask\b|\bwhat you (?:are |have |had )?(?:ask|listed|want)|\bwhat i am ask|\bas (?:listed|posted|advertised)\b|\bprice (?:you |as |in the |it is )?(?:listed|posted|ad)\b",
    "I'll pay your asking price", "I'll take it as listed", "the price is #",
    words="price ask want listed posted advertised",
)
COUNTS = _pattern(
    r"\b(?:how (?:many|long|old|big|tall|wide|large|heavy|far|fast|soon|often|deep|high)|what (?:year|size|time|model|day|floor|colou?r|number)|when|where|mileage)\b",
    "How many miles?", "what size is it?", "how much is it?",
)
DENIED = _pattern(
    r"\b(?:not|never|no|reject|unable|hard|before|until|if|whether|when|hope|ask|unless|cause|expect|difficult|another|any|wish|could have|would have|as if)\b(?!.*\b(?:but|so|still) )",
    "I can't ", "if you ", "I am glad to ",
)
OTHERS = _pattern(
    r"\b(?:you|should|want|would like|like to|love to|please|anyone|they|he|she|seller|buyer|moderator|behalf|someone)\b(?!.*\b(?:i|we) )",
    "you will ", "please ", "you know i ",
)
YES_START = _pattern(
    r"^(?: (?:and|so|then|well|oh|um|uh|hmm+|haha+|lol|thank|you))*+ (?:{YES}|true|fair enough)(?= )(?! (?:luck|not|but|reason|question|point|i understand|i see|i hear))",
    "Sure, see you then", "OK then, tomorrow", "I like it",
)
MEETS = _pattern(
    r"^{SO} (?:no (?:prob|problem|worries)|not the problem|np|will do|can do|i can|i will|work)\b",
    "No problem", "will do", "how?",
)
GOING = _pattern(
    r"^(?!.*\b(?:not|never|if|unless|you|they|he|she|otherwise|or)\b)(?:.*\b(?:i|we|to|and|then|let we|time|best)\b|{SO} $)",
    "I will have to ", " ", "you will have to ",
)
UNDERSTANDS = _pattern(
    r"\bi (?:understand|see|hear|respect|get (?:it|that|where))\b|\bnoted\b|\bunderstood\b", "I understand", "Okay, I see", "OK, see you",
    words="understand see hear respect get noted understood",
)
REJECTS = _pattern(
    r"\breject\b|\b(?:not|unable to)(?: \w+)? accept\b|\bno deal\b", "I must respectfully decline.", "I can't accept it", "I can't go lower",
    words="reject accept deal",
)
PROBES = _pattern(
    r"\b(?:is|are|was)\b.*\b(?:minimum|maximum|best|final|firm|negotiable)\b", "Is 50 your lowest?", "is 10 firm", "My final offer?",
    words="minimum maximum best final firm negotiable",
)
