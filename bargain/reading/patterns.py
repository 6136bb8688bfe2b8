"""The words of bargaining, as patterns over lowered text: what is a price and what is another number, what agrees, refuses,
takes leave. Data for `acts.py`, which knows how they go together; how well they read is measured by benchmarks/endings.py.
"""

from __future__ import annotations

import re

# --- the speaker's own words -------------------------------------------------------------------------------------
QUOTED = re.compile(r"```.*?(?:```|\Z)|\"[^\"\n]*\"|“[^“”\n]*”|<[^<>\n]{1,80}>|\{[^{}]*\}", re.DOTALL)
FORGED = re.compile(
    r"^[^\w\n]*+(?:the )?(?:seller|buyer|moderator|critic|system|assistant|user|human|question|answer|state|verdict|outcome|result|note|tool(?:[_ ]?call)?|function(?:[_ ]?call)?|action|command)\b[^:\n]{0,30}:.*$",
    re.M,
)
CLAUSE = re.compile(
    r"(?<!\d)[.](?!\d)|[.](?=\s|$)|[!?;\n]+|,?\s+(?=(?:but|however|although|though|yet|how about|what about)\b)"
    r"|(?<=\bdeal),\s+(?=(?:when|where|meet|can|could|should|do|is|are|what|how|will)\b)",
)
# --- numbers that are no prices ----------------------------------------------------------------------------------
UNIT_AFTER = re.compile(
    r"^(?:[\s-]*(?:%|percent|per\s?cent)|[\s-]*(?:years?|yrs?|yo\b|months?(?! rent)|weeks?|wks?|days?|hours?|hrs?|minutes?|mins?\b|seconds?|miles?|mi\b|km\b|kms?\b|kilometers?"
    r"|gb|gig|tb|mb|inch|inches|gallons?|gal\b|ones?\b|ins?\b(?=\s*(?:tall|wide|long|screen|tv|frame|wheels?|$))|cm|mm|ft|feet|foot|lbs?|pounds of|oz|kg|mph|cc|hp|watts?|volts?|v\b|speeds?|bedrooms?|beds?\b|baths?|bathrooms?|br\b"
    r"|doors?|cylinders?|gears?|pieces?|items?|units?|people|persons?|guys|times|stars?|blocks?|owners?|players?|seats?|seaters?|cycles|ohms?|regular|piece|megapixels?|mp\b|generation|gen\b|sq\b|square|acres?|stories|floors?"
    r"|am\b|pm\b|a\.m|p\.m|o'?clock|ish\b)|(?:st|nd|rd|th|s)\b|:\d|/\d{1,2}(?:/|\b)|['\"”′″]|[\s-]?x\b|\s?-\s?\d{4}\b)",
)
COUNTED = re.compile(
    r"^\s+(?!(?:is|as|this|plus|was|thanks|has|does|its|yes|cash|less|us|bucks|others|plus|sounds|seems|works|looks|includes|dollars|gets|takes|makes|always|these|because)\b)[a-z]{2,}s\b",
)
NAME_BEFORE = re.compile(
    r"(?:\b(?:model|size|version|iphone|ipad|galaxy|pixel|xbox|playstation|ps|windows|room|apt|apartment|unit|route|highway|hwy|exit|grade|level|step|number|no\.|gen|generation|mark|mk|type|class|page|pic|picture|photo|since|year|from the year|in the year|f|rtx|gtx|i)"
    r"|[/#:@])-?$",
)
CLOCK_BEFORE = re.compile(
    r"\b(?:at|around|by|after|before|til|till|until|about|from|between|@|tonight|today|tomorrow|come)\s*$",
)
COMING = re.compile(
    r"\b(?:come|coming|came|meet|meeting|pick|see (?:you|u|ya)|there|here|over|free|available|home|work|tonight|today|tomorrow|saturday|sunday|monday|tuesday|wednesday|thursday|friday|morning|afternoon|evening|noon|call|get (?:it|there)|grab|open|closes?|stop by|swing)\b",
)
# --- prices that are not proposed --------------------------------------------------------------------------------
REFERENCE_BEFORE = re.compile(
    r"(?:\b(?:was|were|originally|used to be|used to (?:sell|go) for|normally|usually|retails?(?: for| at)?|retail(?: price)?(?: is| was| of)?|msrp(?: is| of)?|worth|valued at|(?<!if i )(?<!if we )paid|saves? (?:you|me|us)|save|saves|saving|savings of|discount of|cheaper by|elsewhere for"
    r"|market (?:price|value)(?: is| of)?|goes for|going for|(?:they|these|those|ones|usually|normally) go for|went for|sells? for|selling (?:them )?for|sold for|new for|brand new for|down from|up from|instead of|rather than|compared to|versus|vs"
    r"|more than|higher than|cost(?:s|ing)? (?:me|us|about|around|over|almost|nearly)|cost(?:s)?(?: price)?(?: is| was| of)|it cost|set me back|spent|charges?(?: (?:you|me))?(?: (?:about|around))?|listed (?:it )?(?:at|for)|listing (?:it )?(?:at|for)|(?:is|are|was|it'?s) listed (?:at|for)"
    r"|your (?:initial |first |last |latest |current |original |previous |counter[- ]?)?(?:offer|price|asking|ask|bid|proposal|budget|counter|limit|maximum)(?: price)?(?: (?:of|is|was|at|for|to))?|you(?:'ve| have)? (?:already )?(?:said|offered|offer|asked for|ask(?:ing)? for|mentioned|want(?:ed)?|proposed|quoted|named|suggested)|you(?:'re| are| were) (?:asking|offering|at|proposing)"
    r"|others? (?:offer(?:ed|ing)?|bid|sell(?:ing)?|charge|ask(?:ing)?)(?: it)?(?: me)?(?: for| at)?|had it (?:at|for)|have it (?:listed )?(?:at|for)|between us is|difference of|gap of|profit of|margin of)\s*(?:about|around|only|just|like|roughly|nearly|almost|over|up to|at|for)?\s*(?:an? )?)$",
)
SEVERAL_BEFORE = re.compile(
    r"\b(?:two|three|four|five|six|ten|a dozen|[2-9]|1\d)(?: (?:of (?:them|these)|\w+s))? for (?:only |just )?$",
)
REFERENCE_AFTER = re.compile(
    r"^\s*(?:ones?\b|(?:on|at|from|in) (?:ebay|amazon|craigslist|walmart|target|best ?buy|costco|the (?:store|shop|mall)|stores?|shops?|other (?:stores?|shops?)|retail)|(?:brand )?new\b|retail\b|originally\b|when (?:it was |i )?(?:new|bought)|difference\b|apart\b|in savings|profit\b|(?:more|less|higher|lower|cheaper) than|back (?:then|when)|last (?:year|month|week))",
)
REFERENCE_CLAUSE = re.compile(
    r"\b(?:ebay|amazon|kbb|blue ?book|at target|walmart|best ?buy|costco|msrp|another (?:guy|buyer|seller|person|offer|store|shop|vendor|one)|someone (?:else|offered)|somebody (?:else|offered)|other (?:buyers?|offers?|people|sellers?|stores?|shops?|vendors?|places?)|a friend|my (?:friend|neighbou?r|cousin)|(?:a|this|some) guy|(?:you|u|we|they|people|anyone) can (?:get|buy|find) (?:them|one|it|those|these) (?:new |used |cheaper )?for|competitors?|elsewhere|(?:saw|seen|found) (?:\w+ ){0,5}(?:for|at)|(?<!if )(?:i|we) paid|(?:i|we) bought|(?:stores?|shops?) (?:sell|charge|ask)|down the street|similar (?:ones?|balloons?|items?))\b",
)
PROPOSES = re.compile(
    r"\b(?:i(?:'?ll| will| can|'d| would| could|'m| am)|we(?:'ll| can| could)|how about|what about|would (?:you|u)|could (?:you|u)|can (?:you|u)|will (?:you|u)|let'?s|make it|my (?:offer|price|best|final|lowest|max|maximum|budget)|offer (?:you|u|of)|meet (?:you|me|u|at|in)|so (?:i|how|what|would|could))\b",
)
ADD_ON_AFTER = re.compile(
    r"^\s*(?!(?:plus|and|with|before|excluding) )(?:\w+ ){0,2}(?:deposit|fees?|pet|tax(?:es)?|tip|extra|on top|in (?:gas|change|shipping|savings)|shipping|delivery)\b|^\s*(?:more |extra )?(?:for|to cover) (?:the )?(?:delivery|shipping|gas|postage|gift wrap(?:ping)?|wrapping|ribbon|my (?:time|trouble|gas)|your (?:time|trouble|gas)|installation|the (?:helmet|case|lock|pump|charger|ribbon|string|card))",
)
ADD_ON_BEFORE = re.compile(
    r"\b(?:deposit|shipping|delivery|postage|fees?|tax|electric|utilities|heat|add(?:ing)?|another|extra|additional|tip|plus(?: an(?:other)? (?:extra|additional))?|throw in|on top of)(?: (?:you|it))?(?: (?:is|of|would be|runs|costs?|charge of|fee of|an extra|for))*(?: (?:about|around|only|just))?\s*$",
)
OFF_AFTER = re.compile(
    r"^\s*(?:bucks?|dollars?)?\s*(?:off|less\b(?! than)|cheaper\b(?! than)|discount\b|lower\b(?! than)|reduction)",
)
OFF_BEFORE = re.compile(
    r"\b(?:knock(?:ing)?|shav(?:e|ing)|chop(?:ping)?|com(?:e|ing) down|go(?:ing)? down|drop(?:ping)?(?: it)?|lower(?: it)?|reduce (?:it|the price)|discount of|reduction of)(?: (?:off|it|the price|another|by|like|about|maybe|only|down))*\s*$",
)
MORE_AFTER = re.compile(r"^\s*(?:bucks?|dollars?)?\s*more\b(?! than)")
NEGATED = re.compile(
    r"\b(?:can(?:'?t|not| not)|won'?t|couldn'?t|could not|will not|not able to|unable to|never|don'?t (?:think|want|feel|have|see)|no way|not going|wouldn'?t|would not|not (?:willing|ready|prepared|comfortable|sure|for|at|interested)|not|refuse|decline|reject|turn(?:ed|ing)? down|(?:nobody|no one) (?:would|will|is|pays?)|too (?:low|high|much|little) (?:at|for)|hard to)\b[^,]*$",
)
ASKED_AGAINST = re.compile(
    r"^\W*(?:(?:so|and|but|ok(?:ay)?|well|hmm),? )*(?:can'?t|couldn'?t|won'?t|wouldn'?t|why (?:not|don'?t)|don'?t) ",
)
LIMIT = re.compile(
    r"\b(?:lower|less|below|under|beneath|higher|more|above|over|beyond|past|anything (?:but|except)|a (?:penny|dollar|cent) (?:less|more|under|over))(?: than)?(?: (?:about|around|the|my))?\s*$",
)
AT_LEAST = re.compile(
    r"\b(?:no (?:less|lower|more|higher) than|nothing (?:less|more) than|not (?:a (?:penny|cent|dollar) )?(?:less|lower|more|higher) than|not (?:under|below|over|above))\s*$",
)
TURNED_DOWN_AFTER = re.compile(
    r"^(?:[^,]{0,40}?\b(?:is|'s|s|are|was|seems?|sounds?|feels?|would be|looks?)|\W{0,3})\s*(?:(?:still|just|simply|kind ?of|kinda|sort of|a bit|a little|a lot|bit|little|far|way|much|quite|rather|really|pretty|very|slightly|somewhat|even)\s+)*"
    r"(?:too (?:low|high|much|little|steep|expensive|far)|(?:a (?:bit|little|tad)|kind ?of|kinda|pretty|quite|really|very|bit|super|way) (?:low|high|much|steep|expensive)|not (?:enough|acceptable|possible|going to|gonna|quite|something|what|doable|feasible|fair|reasonable)|out of (?:the question|my)|(?:well )?(?:below|under|above|over|beyond|less than|more than|lower than|higher than) (?:what|my|the|our|i\b|it)|low\b|insulting|unreasonable|an insult|a joke|a stretch|a lowball|not (?:\w+ )?happening)"
    r"|^[^,]{0,40}?\b(?:won'?t (?:work|do|cut|be)|doesn'?t (?:work|cut|cover|even)|does not|wouldn'?t|would not|(?:isn'?t|ain'?t) (?:enough|acceptable|possible|going|quite|fair|something|(?:\w+ )?happening))",
)
PROBE = re.compile(
    r"\b(?:is|are|was)\b[^?]*\b(?:lowest|best|firm|final|bottom|minimum|negotiable|highest|max(?:imum)?)\b",
)
PERCENT = re.compile(r"^\s?(?:%|percent|per\s?cent)")
PERCENT_OFF = re.compile(
    r"\b(\d{1,2})\s?(?:%|percent|per\s?cent)\s*(?:off|less|discount|cheaper|lower)|discount of (\d{1,2})\s?(?:%|percent)",
)
HALF = re.compile(
    r"(?<!than )\bhalf (?:price|off|of (?:that|the (?:price|asking)))|(?<!than )\b(?:half|50%) the (?:price|asking)",
)
SPLIT = re.compile(
    r"\b(?:split (?:the|it|that)? ?(?:diff\w*|in half|down the middle)|split it\b|meet (?:me |you |u |each other |ya )?(?:in the middle|half ?way)|halfway between)",
)
LISTED = re.compile(
    r"\b(?:(?:the |your |full |my )*(?:asking|list(?:ed|ing)?|posted|advertised|sticker|original|full|tag) (?:price|amount)|full asking|what (?:you|u|ur|you'?re|u'?re)(?: (?:are|is|have|were))? (?:asking|listed|want)|what (?:i'?m|i am) asking|as (?:listed|posted|advertised)|price (?:that )?(?:you (?:have |had )?(?:listed|posted)|as listed|in the ad|it'?s listed))\b",
)
# --- agreement, refusal, farewell --------------------------------------------------------------------------------
PLAIN_ACCEPT = re.compile(
    r"\b(?:(?:it'?s|that'?s|that is|we have|you have|we got|we gotta|you got|(?:you|we)(?:'ve| have) got|then it'?s|call it|i(?:'d| would) call it) a deal|(?<!a )(?<!the )(?<!no )(?<!good )(?<!great )(?<!this )(?<!that )(?<!better )(?<!any )(?:deal|delt|dael)(?=\W|$)(?! with\b| breaker| for (?:you|me|both))|done deal|sold(?=\W*$| to| for| at|,)|agreed\b|i accept|i(?:'?ll| will| can|'m (?:happy|willing|ready) to|am (?:happy|willing|ready) to|'d be (?:happy|glad) to| would be (?:happy|glad) to) accept|accepted\b|accept (?:your|that|the|this|it)"
    r"|(?:i|we)(?:'?ll| will|'d be happy to| would be happy to| am happy to|'m happy to| agree to|'m willing to) (?:take|buy|agree)(?: to| on)? (?:it|that|this|your|the|them|one|both|u up|you up)\b|(?:i|we)(?:'?ll| will) take(?: (?:it|that|them))?(?=\W|$)|^\W*(?:ok(?:ay)?,? )?(?:i will |ill )?take (?:it|them)\W*$"
    r"|(?:you|u)(?:'?ve| have)? got (?:yourself|urself)|(?:you|u)(?:'?ve| have)? got it\W*$|(?:it|they)(?:'?s|'?re| is| are)? (?:all )?(?:yours|urs)|consider it (?:sold|yours|done)|let'?s (?:shake|close (?:it|the deal|this)|go with (?:it|that|this)|finali[sz]e|seal)|shak(?:e|ing) on (?:it|that)|pleasure (?:doing|to do) business|nice doing business|happy to do business"
    r"|glad (?:that )?we(?:'ve| have| could| were able to| can| both)? (?:reach\w*|agree\w*|c[ao]me?|could|find|found|work\w*|settled?|made|a deal)|(?:we|we've|we have) (?:reached|come to) an? agreement|i agree(?! that)\b|i(?:'?m| am) in\b|i can live with (?:that|it|this)|settle[d]? (?:at|on|for) (?:that|it))",
)
SOFT_ACCEPT = re.compile(
    r"\b(?:(?:that|this|it|which|price|offer|amount|compromise|\d)(?:'?s|'?ll)? (?:would |will |should |also |just |really |totally |definitely )*(?:works?(?: (?:for me|great|fine|well|perfectly|out))?|is (?:fine|fair|good|great|agreeable|acceptable|reasonable|perfect|ok(?:ay)?|doable|alright|all right|cool|a fair \w+|a (?:good|great|reasonable) (?:price|deal|compromise|offer))|do(?:\W|$)|suits?|sounds? (?:good|great|fair|fine|perfect|right|reasonable|ok|okay|agreeable|like a (?:deal|plan|fair \w+|good \w+))|be (?:fine|good|great|perfect|ok|okay|acceptable))"
    r"|that'?s (?:fine|fair|good|great|agreeable|acceptable|reasonable|perfect|ok(?:ay)?|doable|alright|cool|a deal|a fair \w+|(?:a )?(?:good|great|reasonable) (?:price|deal|compromise|offer)|it)|thatll (?:do|work)|that'?ll (?:do|work)"
    r"|works (?:for me|great|fine|good)|(?:sounds|seems|looks) (?:good|great|fair|fine|perfect|right|reasonable|ok|okay|like a (?:deal|plan))|fair enough|good enough|(?:we'?re|we are|were) (?:all )?set|all set|go on then|i'?ll have (?:it|them|one)|we do have a deal|i wouldn'?t say no to (?:that|it)|(?:ok|fine) (?:by|with) me|(?:i'?m|i am|im) (?:good|ok|okay|fine|happy) with (?:that|it|this)|let'?s (?:do (?:it|that|this)|say that)"
    r"|(?:i|we) (?:can|could|guess i can|suppose i can|think i can|will|'ll) (?:do|work with|manage|swing|handle|pay|agree to|go with|sell (?:it )?(?:for|at)|let (?:it|you have it) (?:go )?for) (?:that|it|this)|(?:can|could|will|ill|i'll) do (?:that|it)|i(?:'?ll| will) (?:pay|do|go with) (?:that|it)|you can have it|you win|have it then|(?:you'?ve|you have|you) (?:convinced|persuaded|won|twisted)|you drive a hard bargain|i guess(?: so| that)?(?=\W|$)|oh wow yes|yes please|why not\W*$|\bis (?:fine|ok(?:ay)?|good|great|perfect|alright|acceptable)(?: (?:with|by|for) me)?\W*$|\bit is\W*$|ok(?:ay)? (?:with|by) me|(?:he|she|they|wife|husband|mom|dad|boss) (?:says?|said) (?:ok(?:ay)?|yes|sure)\b|granted)",
)
YES_WORDS = r"ok(?:ay|ey|ie|eh)?s?|k+|kay|sure|yes|yep|yea|yeah|yup|ya|yess+|alright|alrighty|all right|aight|fine|deal|delt|done|great|perfect|agreed|sold|very well|cool|good|awesome|excellent|wonderful|fantastic|sweet|nice|absolutely|definitely|of course|certainly|gladly|bet|gotcha|got it|you got it|fair|true|correct|granted|exactly|👍|👌|🤝"
FILLER = r"thanks?|thank you|you too|then|so much|man|bro|dude|sir|ma'?am|buddy|bud|friend|lol|haha|hah|ha|oh|well|um|uh|ugh|hmm+|eh|haha+|thing|that|it|is|i guess|guess|let'?s do it|let'?s do that|just|very much|a lot|great|good|please|works|i do|i would|i will|we do|i can|it is|that is|it does|it would|with that|by me|for me"
_GAP = r"[^\w👍👌🤝]"
_WHOLE = r"(?<![\w'])(?:{})(?![\w'])"
BARE_YES = re.compile(
    rf"^{_GAP}*+(?=.*?{_WHOLE.format(YES_WORDS)})(?:{_WHOLE.format(f'{YES_WORDS}|{FILLER}')}{_GAP}*+)++$", re.DOTALL
)
YES_START = re.compile(
    rf"^\W*?(?:(?:oh|well|um|uh|ugh|hmm+|eh|haha|lol|true|great|thanks|hm+)\W+){{0,4}}(?:{YES_WORDS})\b",
)
CONDITION = re.compile(
    r"\b(?:if (?!you (?:have|need|want|like|change)|anything|interested|possible|that'?s (?:ok|okay|all right|alright|fine|good)|it'?s (?:ok|okay)|not\b)|provided|as long as|on (?:the )?condition|only (?:when|if)|once you|assuming|in exchange|in return|so long as|contingent|given that you)\b",
)
NO_CONDITION = re.compile(
    r"\b(?:see if|know if|ask if|wonder(?:ing)? if|check if|as if|even if|sure if|if you (?:have|need) any)\b",
)
HESITATES = re.compile(
    r"\b(?:let me (?:think|ask|check|see|talk)|(?:need|have|want|like) to (?:think|ask|check|talk|sleep|consider|see)|not sure|think about it|think it over|consider it|get back to you|maybe|i'?d rather|i wish|i was hoping|not quite|almost|close to (?:a|what)|getting closer|would (?:love|like) to (?:accept|agree)|before (?:i|we) (?:agree|accept|decide|commit|say)|know more|tell me more)\b",
)
REFUSAL = re.compile(
    r"\b(?:no deal|not a deal|don'?t have a deal|no can do|can(?:'?t|not| not) (?:accept|agree|do|take|go|sell|pay|let|justify|afford|possibly|really|come|drop|offer|match|budge|meet|quite|reach)|won'?t (?:accept|agree|do|take|go|sell|pay|work|cut|be able)|not (?:accept|agree|yet|quite|able|possible|going (?:to (?:work|accept|take|pay|sell|go)|lower|any)|gonna|willing|happy|acceptable|enough|interested|selling|doable)|don'?t (?:accept|agree|think (?:so|i can|that works))"
    r"|(?:couldn'?t|wouldn'?t|unable to|could not|would not) (?:accept|agree|do|take|go|let|sell|pay|be)|too (?:low|high|much|little|steep|expensive|rich)|no,? (?:thanks|thank you|thx|way|sorry)|afraid not|(?:have to|need to|must|will|'ll|respectfully) (?:decline|refuse|pass)|i (?:decline|refuse)|not (?:for|at) that price|no chance|stop wasting|waste of (?:my |your )?time|you'?re kidding|get real|forget it|said no|hell no|yeah no|nah+|nope|never mind|nevermind|nvm|is that a joke|isn'?t enough|doesn'?t work|does not work|out of my (?:budget|range))\b"
    r"|^\W*(?:(?:oh|well|sorry|hmm+|um|haha|lol)\W+){0,4}no\b(?!\s+(?:problem|worries|worry|rush|issues?|doubt|biggie|prob|trouble|need|hurry|stress|longer|more))",
)
FAREWELL = re.compile(
    r"\b(?:(?:i|we)(?:'?ll| will|'?m going to| am going to| have to|'?ve got to|'?m afraid (?:i|we)(?:'?ll| will)?(?: have to)?|'?m gonna| might| may|'ll just| think i'?ll| guess i'?ll| should| must)? ?(?:have to |need to |just |probably )?(?:pass\b(?! (?:it|on the))|walk away|look (?:elsewhere|around|for another|somewhere else|closer)|keep (?:looking|searching|shopping)|move on|leave it(?! (?:at|for) (?:the )?(?:door|porch))|go elsewhere|shop around|try (?:elsewhere|somewhere else|another)|buy (?:it )?elsewhere|find (?:another|someone|somebody)|wait for (?:another|a better|someone)|end (?:the|this|our) (?:talk|conversation|negotiation|discussion))"
    r"|(?:i'?m|im|i am) (?:walking away|out\b|done (?:here|negotiating|with this))|walking away|(?:we|it (?:seems|looks|appears) (?:like |that |as if )?we|looks like we|guess we)(?:'?ll| will| just| simply)* (?:can(?:'?t|not| not)|won'?t|will not|could not|couldn'?t|are not able to|aren'?t able to|are unable to|don'?t|aren'?t going to|are not going to) (?:be able to )?(?:reach|come to|make|come together|find|agree|get to|see eye|meet|work (?:this|it|something) out|have a deal|close)|unable to (?:reach|come to) an? (?:agreement|deal)"
    r"|let'?s (?:leave it(?: at that| there)|end (?:it|this) here|call it off|agree to disagree|part ways)|no deal(?: then)?\W*$|i end (?:the|this) talk|not going to (?:work out|reach|agree)|go our separate ways|this (?:is where i leave|wont|won'?t|isn'?t going to) (?:work|be)(?: out)?(?: for (?:us|me))?|(?:i'?m )?cancel(?:l?ing)?|it'?s (?:a pass|not for me)|changed my mind|not interested(?: anymore)?|no longer interested|deal is off|^\W*leave it(?=\W)|(?:it|they) sold (?:this|yesterday|last|already|to)|some(?:one|body) (?:else )?(?:just |already )?(?:bought|took|got) it|(?:was|wasn'?t|not) meant to be|sell (?:it )?to some(?:one|body) else|not going to make (?:a|this) deal|no thanks|no,? thank you|forget (?:it|about it)|have to pass)\b",
)
GOODBYE = re.compile(
    r"\b(?:good ?bye|bye|good luck|best of luck|have a (?:nice|great|good|wonderful|lovely|pleasant) (?:day|one|evening|night|weekend|rest)|take care|thanks anyway|thank you anyway|thanks (?:for|though)|thank you for your (?:time|consideration|understanding|interest)|maybe (?:next|another) time|never ?mind|nvm|cheers|i wish you)\b",
)
STILL_HERE = re.compile(
    r"\b(?:otherwise|or else|or i(?:'?ll| will)|unless|i(?:'?d| would| may| might| could) (?:just |probably |have to )*(?:walk|pass|look|go|move|decline|leave|find|keep)|if (?:you|that|we|not|this|it)\b[^.!?]{0,60}\b(?:i(?:'?ll| will| have to|'d)|we))\b",
)
LOGISTICS = re.compile(
    r"\b(?:come (?:on (?:over|by|down)|(?:and )?get it)|(?:when|where|what time|how soon) (?:can|could|should|do|would|is|are|will|shall) (?:i|we|you|u|a good)|pick (?:it|them|her|him|this)? ?up|pickup|(?:come|coming|be) (?:by|over|get|pick|there|grab)|be (?:over|there|by)|see (?:you|u|ya)|on my way|leaving now|meet (?:you|u|up|at|there)|(?:what'?s|your|ur|the|my) (?:address|place)|venmo|paypal|zelle|cash ok|sent\b|heading (?:over|out)|i(?:'?ll| will) (?:bring|have|get) (?:the |it |cash|you)|enjoy (?:your|the|it)|here(?:'?s| is| you go)(?: (?:your|the|my))?)",
)
VIEWING = re.compile(
    r"\b(?:see it|look at it|check it out|take a look|view it|test (?:drive|ride|it)|inspect|try it|see the)\b",
)
PICK_UP = re.compile(
    r"\b(?:when|where|what time|how soon)\b.*\b(?:pick|get it|collect|meet|come (?:get|and|by)|grab)",
)
SO_WOULD_I = re.compile(
    r"^\W*(?:(?:oh|well|haha|lol)\W+){0,4}(?:it|that|i|we|they|he|she)(?:'d| would| could| can| will| do| does| am| are|'ll)\b(?! (?:not|never|rather|like|prefer|need))",
)
COUNTS = re.compile(
    r"\b(?:how (?:many|long|old|big|tall|wide|large|heavy|far|fast|soon|often|deep|high)|what (?:year|size|time|model|day|floor|color|colour|number)|when|where|what'?s the (?:mileage|size|year))\b",
)
BELOW_LISTED = re.compile(r"\b(?:less|lower|below|under|off|cheaper|down|from|negotiable|flexible|wiggle)\b")
QUESTION = re.compile(
    r"^\W*(?:(?:hi|hey|hello|so|and|ok|okay|well|but|or|um|oh)\W+){0,4}(?:where|when|what|how|which|who|why|whats|hows|is (?:it|this|that|the|there)|are (?:you|they|there|these|u)|does|do (?:you|u)|did you|can (?:i|you|u|we)|could (?:i|you|u|we)|would (?:you|u|it)|will (?:you|u)|any chance)\b(?! (?:works?|fine|ever|soon))",
)
MEETS = re.compile(
    rf"^\W*(?:{YES_WORDS}|no prob(?:lem|s)?|not a problem|np|no worries|will do|can do|i can|i will|i'll do|works)\b",
)
"""Meets a condition that was just made."""
SURE_START = re.compile(
    r"^\W*(?:(?:oh|well|haha|lol)\W+){0,4}(?:sure|yes|yep|yeah|ok|okay|deal|alright|all right)\s*[,.!]+(?! (?:i|but|and i) (?:understand|see|hear|appreciate|know|get))(?!.*\b(?:understand|appreciate)\b)",
)
UNDERSTANDS = re.compile(
    r"\b(?:understand|appreciate|i (?:see|hear|get)|noted|thanks for (?:being|letting|the info))\b",
)
ONLY_IF = re.compile(r"^\W*(?:(?:yes|sure|ok(?:ay)?|yeah|well|maybe|but)\W+)*(?:only if|if|as long as|provided)\b")
RANGE = re.compile(r"^\s*(?:-|–|to|and)\s*$")
ARTICLE = re.compile(r"\b(?:the|a|an|my|your|those|these)\s*$")
CUE_AFTER = re.compile(
    r"^\s*(?:[?!]|,?\s*(?:plus|firm|obo|o\.b\.o|for (?:it|the|all|both|this|that|everything|them|you)|total|cash|each|even|flat|or best|is (?:my|the|what|where|fair|fine|good|ok|a)|and (?:it'?s|its|you|we|i|they|ill|thats|that'?s|come|done|sold)|final|tops?|max\b|minimum|min\b|a month|per|/ ?mo|then|bud|if (?:you|u|i)|w/|with(?:out)?|shipped|delivered|altogether|sounds|works|ok\b|please|today|now|right now|tonight|it is|dollar))",
)
STRONG_CUE = re.compile(
    r"\b(?:take|do|give (?:you|u|ya)|offer(?: you)?|pay|accept|how about|what about|asking|price (?:is|of)|make it|sell (?:it )?for|let it go for|buy (?:it )?for|at least|budget is|spend|lowest(?: is)?|my max is)(?: (?:about|around|like|maybe|only))?\W*$",
)
ADD_BEFORE = re.compile(r"\badd(?: another| an extra)?\s*$")
AND_YOURS = re.compile(r"^[^.?]*?(?:and|&) (?:it'?s|its|you|we|u|i|that'?s|they)\b")
CUE_BEFORE = re.compile(
    r"(?:[$€£]|\b(?:take|do|doing|give|giving|you|u|ya|offer(?:ing)?|for|about|at|pay|paid|accept|how'?s|hows|say|make it|is|it'?s|its|it|to|be|put|asking|price|lowest|highest|max|maximum|minimum|least|deal|around|like|and|then|than|ok(?:ay)?|fine|only|just|firm|cash|have|spend|budget|between|even|under|below|over|above|sell|buy|call|of|meet|so|maybe|call it|still|alright|yes|sure|was thinking|thinking))\W*$",
)
