"""Ordinary sentences, made by putting verbs into frames: what is denied, doubted, asked, put off or tied is no
deal, and what is plainly agreed to is one. A frame that is read wrongly stands for many sentences."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from bargain.records import State
from tests.reading.talks import outcome_after

BUYERS = [("seller", "It's $300."), ("buyer", "Would you take 250?"), ("seller", "I can do $280.")]
SELLERS = [("buyer", "I can offer $220."), ("seller", "How about $300?"), ("buyer", "I could go up to $250.")]
BUYS = """
accept that offer | accept your offer | accept it | accept this | agree to that | agree to your price |
agree to those terms | take it at that price | take that deal | buy it | purchase it | buy it at that price |
pay that much | pay that | go ahead with the purchase | go ahead with this deal | move forward with this purchase |
move forward with the deal | proceed with the purchase | proceed with this transaction | complete the purchase |
finalize the deal | finalize the purchase | close the deal | seal the deal | make the deal | go through with it |
commit to that price | meet your price | match that price | shake on it | do that | do that price |
settle on that price | settle for that | go with your offer | go for that
"""
SELLS = """
sell it to you for $250 | sell it to you at that price | sell it for $250 | sell it at that price | sell at $250 |
let it go for $250 | let you have it for $250 | part with it for $250 | part with it at that price | take $250 |
take your $250 | accept $250 | accept $250 for it | agree to $250 | do $250 | go down to $250 | come down to $250 |
go as low as $250 | meet you at $250 | settle for $250 | close the deal at $250 | make it $250 | match $250 |
honor $250 | work with $250
"""
DENIED = """
I will not {v}. | I won't {v}. | I can't {v}. | I cannot {v}. | I am unable to {v}. | I'm not able to {v}. |
I'm not going to {v}. | I am not willing to {v}. | I'm not prepared to {v}. | I'm not ready to {v}. |
I don't want to {v}. | I have decided not to {v}. | I've chosen not to {v}. | I would rather not {v}. |
I'd prefer not to {v}. | I don't think I can {v}. | I don't think I will {v}. | I'm afraid I can't {v}. |
Thank you, but I can't {v}. | Thank you, but I will not {v}. | Unfortunately, I can't {v}. |
I'm sorry, but I'm unable to {v}. | I'm hesitant to {v}. | I'm reluctant to {v}. | It would be hard for me to {v}. |
It's difficult for me to {v}. | There's no way I can {v}. | I wish I could {v}. | I would be crazy to {v}. |
I have no intention to {v}. | I refuse to {v}. | I never agreed to {v}. | I don't see how I could {v}. |
I'm in no position to {v}. | It doesn't make sense for me to {v}. | I'd be a fool to {v}. | I can hardly {v}. |
I'm struggling to {v}. | I don't feel comfortable enough to {v}. | My budget doesn't allow me to {v}. |
I need more time before I {v}. | I'd only {v} if you added the case. | I could {v} if you added the case. |
I might {v} later. | Would you want me to {v}? | Why should I {v}? | Should I {v}? | Do you expect me to {v}? |
I was going to {v}, but it is too much. | I would like to {v}, but I can't. |
I'd love to {v}, however my budget is limited. | Let me think before I {v}. | I need to ask my wife before I {v}. |
You asked me to {v}. | Nobody would {v}. | Another buyer will {v}. | If I {v}, I lose money. |
Before I {v}, I have a question. | I'm not sure I can {v}. | I'm not sure whether to {v}. |
I haven't decided whether to {v}. | I am thinking about whether to {v}. | I hope to {v} soon. |
Maybe I'll {v} tomorrow. | It's tempting to {v}, but no. | I'm tempted to {v}.
"""
AGREED = """
I will {v}. | I'll {v}. | I can {v}. | I'm happy to {v}. | I am willing to {v}. | I'm ready to {v}. |
I am prepared to {v}. | I'd be happy to {v}. | Okay, I'll {v}. | Alright, I will {v}. | Yes, I'll {v}. |
I would be glad to {v}. | I think I can {v}. | That's fair. I'll {v}. | Thank you for meeting me halfway. I'll {v}. |
Fine, I'll {v}. | I'm going to {v}. | I am pleased to {v}. | Very well, I shall {v}. | I guess I can {v}.
"""
LEAVES = """
walk away | walk away from this deal | walk away from this negotiation | end the negotiation |
end this negotiation here | end our negotiation | end our discussion here | end the conversation here |
end things here | end it here | stop here | stop the negotiation | conclude our negotiation |
conclude the negotiation without a deal | conclude this discussion | close this discussion |
bring this negotiation to an end | bring our discussion to a close | terminate the negotiation |
terminate this discussion | call off the deal | call it off | back out | back out of the negotiation |
pull out of this deal | withdraw from the negotiation | withdraw my offer | withdraw my interest | look elsewhere |
look at other options | look for another seller | look for other options | explore other options |
explore alternatives | seek other options | consider other options | pursue other options | keep looking |
keep searching | find another seller | buy it elsewhere | buy it from another seller | go with another seller |
go with a different seller | go elsewhere | take my business elsewhere | move on | pass on this one |
pass on this deal | pass | leave | leave the negotiation | leave it there | leave it at that | part ways |
decline and move on | decline and end the negotiation | say goodbye | give up | give up on this deal |
abandon this negotiation | discontinue this negotiation | exit the negotiation | quit
"""
ENDS = """
I will {v}. | I'll {v}. | I'll have to {v}. | I will have to {v}. | I'm going to {v}. | I'm going to have to {v}. |
I have to {v}. | I must {v}. | I need to {v}. | I've decided to {v}. | I have decided to {v}. | I choose to {v}. |
I think I'll {v}. | I think it's best to {v}. | I think it's time to {v}. | I'm afraid I'll have to {v}. |
I'm sorry, but I will {v}. | I'm sorry, but I'll have to {v}. | Unfortunately, I must {v}. |
Since we can't agree, I will {v}. | That's too much for me, so I'll {v}. | As you won't go lower, I'll have to {v}. |
In that case, I'll {v}. | Then I will {v}. | Therefore, I will {v}. | I would rather {v}. | I'd prefer to {v}. |
I guess I'll {v}. | I regret that I must {v}. Thank you for your time. | Thank you for your time, but I'll {v}. |
I appreciate your offer, but I'm going to {v}. | With that said, I'll {v}. Best of luck! |
My budget is final, so I'll {v}. | It looks like I'll have to {v}. | It seems best that I {v}. | We should {v}. |
Let's {v}.
"""
STAYS = """
If you don't lower the price, I will {v}. | If we can't agree, I'll have to {v}. |
I will {v} unless you lower the price. | Otherwise, I'll {v}. | Otherwise I'll have to {v}. | I might {v}. |
I may have to {v}. | I might have to {v}. | I could {v}. | I don't want to {v}. | I'd hate to {v}. |
I'm willing to {v} if we can't agree. | Please come down a bit, or I'll {v}. | Do you want me to {v}? |
Should I {v}? | Before I {v}, is there any room? | I was about to {v}, but let's try once more. |
You can {v} if you like. | I would have to {v} at that price. | I'm tempted to {v}. | There is no need to {v}. |
Don't make me {v}.
"""
ACCEPTS = """
I accept | I accept your offer | I accept $280 | I'll take it | I'll take it at $280 | I'll take it for $280 | deal |
it's a deal | we have a deal | you have a deal | I can do $280 | I agree to $280 | I'd be happy to pay $280 |
I'm happy to pay $280 | that works for me | that sounds good to me | I'll pay $280 | I will buy it for $280 |
I can accept that price | I am willing to accept $280
"""
CONDITIONED = """
{a} if you include the case. | {a} if you throw in free delivery. | {a}, if you can deliver it today. |
{a}, but only if you include the case. | {a} only if you include the case. | {a}, provided you include the case. |
{a}, provided that you deliver it. | {a} as long as you deliver it for free. |
{a}, as long as it comes with a warranty. | {a} on the condition that you include the case. |
{a} on one condition: you include the case. | {a}, assuming you include the case. | {a}, subject to an inspection. |
{a}, pending an inspection. | {a}, depending on its condition. | {a} once I have seen it. |
{a} as soon as my loan is approved. | {a} after I have talked to my wife. | If you include the case, {a}. |
If you throw in delivery, {a}. | Provided you include the case, {a}. | Only if you include the case, {a}. |
{a}, but I need free shipping. | {a}, but you have to include the case. | {a} when you include the case. |
{a} unless it has scratches. | {a} if it includes a warranty. | {a} if my wife agrees. |
Could you include the case? Then {a}. | Include the case and {a}. | Throw in the case and {a}.
"""
UNCONDITIONED = """
{a} if that's okay with you. | {a}, if you're ready. | {a}, if it's still available. | {a}, as we discussed. |
{a}. Let me know when I can pick it up. | {a}. Let me know if you need anything else. |
{a}. Please let me know how you would like to be paid. | {a}. If you have any questions, just ask. |
{a}, and thank you for including the case. | {a}, since you include the case. |
{a}, and I appreciate the free delivery. | Great, {a}. | Alright, {a}! | Thank you for coming down. {a}. |
Considering the condition, {a}. | Although it is more than I planned, {a}. | After some thought, {a}. |
Given its condition, {a}. | That's fair, {a}. | I've thought about it, and {a}.
"""


def sentences(frames: str, verbs: str) -> list[str]:
    """Every verb in every frame, beginning with a capital letter."""
    parts = product((each.strip() for each in frames.split("|")), (each.strip() for each in verbs.split("|")))
    found = [frame.format(v=verb, a=verb) for frame, verb in parts]
    return [text[0].upper() + text[1:] for text in found]


def read_otherwise(state: State, texts: list[str], before: list[tuple[str, str]]) -> list[str]:
    """The last turns that do not leave the talk in this state."""
    role = before[-2][0]
    return [text for text in texts if outcome_after(before, role, text).state != state]


@pytest.mark.parametrize(("verbs", "before"), [(BUYS, BUYERS), (SELLS, SELLERS)], ids=["buyer", "seller"])
def test_an_agreement_that_is_denied_doubted_asked_about_or_put_off_is_no_deal(
    verbs: str, before: list[tuple[str, str]]
) -> None:
    texts, role = sentences(DENIED, verbs), before[-2][0]
    assert [text for text in texts if outcome_after(before, role, text).state == "deal"] == []


@pytest.mark.parametrize(("verbs", "before"), [(BUYS, BUYERS), (SELLS, SELLERS)], ids=["buyer", "seller"])
def test_a_plain_agreement_is_a_deal(verbs: str, before: list[tuple[str, str]]) -> None:
    assert read_otherwise("deal", sentences(AGREED, verbs), before) == []


def test_who_leaves_ends_the_talk() -> None:
    assert read_otherwise("no_deal", sentences(ENDS, LEAVES), BUYERS) == []


def test_who_threatens_or_refuses_to_leave_or_speaks_of_it_has_not_left() -> None:
    assert read_otherwise("ongoing", sentences(STAYS, LEAVES), BUYERS) == []


def test_an_agreement_on_a_condition_is_not_yet_a_deal() -> None:
    assert read_otherwise("ongoing", sentences(CONDITIONED, ACCEPTS), BUYERS) == []


def test_an_agreement_with_a_remark_beside_it_is_a_deal() -> None:
    assert read_otherwise("deal", sentences(UNCONDITIONED, ACCEPTS), BUYERS) == []


OPENINGS = """
 | Thank you for coming down to $280. | I understand your position. | I've considered your offer of $280. |
$280 is a bit more than I planned. | I was hoping for $260, but I understand. |
My budget was $270, but I can stretch. | Hmm, let me think... | You make a good case. | Great! |
I can see you won't go lower than $280.
"""
PLAIN = """
I accept your offer. | I accept your offer of $280. | I'll take it. | I'll take it for $280. | Deal! |
It's a deal. | I'm happy to accept $280. | I agree to $280. | We have a deal at $280.
"""
CLOSINGS = """
 | Thank you! | When can I pick it up? | Could you please send me the payment details? |
How would you like to be paid? | I look forward to using it. | That's $20 less than your first price. |
I hope it lasts as long as my old one, which cost $200. | Have a great day! | I'll send the payment right away.
"""
HESITATIONS = """
I can't accept $280. | That's still too high for me. | I need to think about it. | Could you go a bit lower? |
Is there any room for negotiation? | I'd need a better price. | Let's find a middle ground. |
What else is included? | I'm still interested, though. | I would have to ask my partner first. |
I'd like to see it first.
"""
REMARKS = """
 | Thank you! | When can I pick it up? | I can pay in cash. | I could pick it up today. | What do you think? |
I hope we can reach an agreement. | It's a lovely lamp. | I've seen others for $240.
"""


def paragraphs(*parts: str) -> list[str]:
    """One sentence of each part, in every combination."""
    return [" ".join(filter(None, each)) for each in product(*([s.strip() for s in p.split("|")] for p in parts))]


def test_an_acceptance_between_remarks_is_a_deal() -> None:
    assert read_otherwise("deal", paragraphs(OPENINGS, PLAIN, CLOSINGS), BUYERS) == []


def test_a_hesitation_between_remarks_is_no_deal() -> None:
    texts = paragraphs(OPENINGS, HESITATIONS, REMARKS)
    assert [text for text in texts if outcome_after(BUYERS, "buyer", text).state == "deal"] == []


def test_ordinary_replies_are_read_as_what_they_are() -> None:
    lines = (Path(__file__).parent.parent / "data" / "replies.txt").read_text(encoding="utf-8").splitlines()
    wrong = []
    for wanted, text in (line.split(" | ", 1) for line in lines if not line.startswith("#")):
        state = outcome_after(BUYERS, "buyer", text).state
        if state != wanted and (wanted != "none" or state == "deal"):
            wrong.append((wanted, state, text))
    assert wrong == []


PRAISES = """
Your $280 is a lot more attractive. | $280 is certainly more reasonable. | $280 is closer to what I had in mind. |
That makes $280 look better. | You've come down to $280, which I appreciate. | Thank you for going down to $280. |
$280 is a fair starting point. | I see that $280 is your price. | $280 for a lamp like that is not unreasonable. |
At $280 we're getting somewhere. | $280, I see. | So you're at $280. | We've gone from $300 to $280. |
I noticed you dropped to $280. | $280 is within reach. | Hmm, $280. | I do like the sound of $280. |
$280 is interesting.
"""
KINDNESS = """
 | That seems quite reasonable. | That sounds fair. | I like that. | We're nearly there. |
I appreciate your flexibility. | That is generous of you. | That's good to know. | It's a lovely lamp. |
I understand your position. | That's kind of you.
"""
UNDECIDED = """
Does it come with a bulb? | Is it the original shade? | How old is it? | Would you also throw in a bulb? |
Is that your lowest? | Could you do any better? | Can you tell me more about it? | Why are you selling it? |
What about delivery? | Is the price firm? | Let me look at my budget. | I'd like to hear what my wife thinks. |
I need a moment to decide. | I'll get back to you this evening. | Let me sleep on it. | Still, it's above my budget. |
I'm still a little short. | I was hoping for less.
"""
NEARLY = """
We're so close. | I think we're nearly there. | I believe we can reach an agreement. |
I'm confident that we can find a price that works for both of us. | I appreciate your willingness to negotiate. |
I appreciate your flexibility on the price. | That's a generous gesture. | That's much appreciated. |
I'm glad we're making progress. | I'm happy to continue our discussion. | I'm very interested in your offer. |
Your offer is quite appealing. | Your latest offer is tempting. | Your new price is a lot better. |
Your price is fair for what it is. | I can see the value in it. | I'm sure it's worth it. | I would love to own it. |
It's exactly what I'm looking for. | I'd like to make a deal. | I want to buy it. | I do want it. |
I'm serious about buying. | I'm ready to buy today. | I'm prepared to buy it right away. | I'd really like to agree. |
Let's make a deal. | Let's try to close this.
"""
HAGGLING = """
Is there any way you could go a little lower? | Can you do any better on the price? |
Could you sweeten the deal a bit? | What's the best you can do? | Would you consider including a spare bulb? |
Could you tell me a bit more about its condition? | Has it ever been repaired? | I just need it to fit my budget. |
But it's still more than I can spend. | However, I have to stay within my budget. |
But I need to think about it first. | Let me check with my partner and come back to you. |
I'd have to see it in person first. | But I can't quite afford it. | Please reconsider your price. |
I hope you can meet me in the middle. | Let's find a price that suits us both. | I was thinking of something lower. |
We just need to agree on the price. | Perhaps we could meet halfway? | My budget is a bit tight this month. |
There's one more thing I'd like to know. | I'm comparing it with two others. | I'll decide by tomorrow. |
Give me your best price.
"""
REGRETS = """
 | I understand. | Thank you for your time. | I appreciate your offer. | $280 is still more than I can spend. |
That's too much for me. | We seem to be stuck. | I've thought about it. | Sorry. | Unfortunately, $250 was my limit. |
I respect that $280 is your bottom line. | It's a lovely lamp. | Hmm. | Okay.
"""
BUYERS_END = """
I'll pass. | I'll have to pass on this one. | I'm going to look elsewhere. | I'll keep looking. |
I've decided to buy another one. | I'll go with the other seller. | I'll stick with my old one. |
I don't think this will work out. | We can't come to an agreement. | I don't think we can make a deal. |
It's not going to work. | I'm out. | I'm done here. | I'm no longer interested. | I'm not interested anymore. |
Let's call it a day. | Let's leave it there. | Let's agree to disagree. | I'll walk away. | I won't be buying it. |
I won't be able to buy it. | I must decline your offer. Goodbye. | No deal. | There's no deal here. |
We don't have a deal. | I'd rather not buy it. | I'll save my money. | I'll spend my money elsewhere. |
I'll wait for a better price. | I'm withdrawing my offer. | I take back my offer. |
Please consider my offer withdrawn. | Good luck with the sale. | Good luck finding a buyer. |
Best of luck selling it. | I hope you find a buyer. | I wish you all the best with it. | Take care. | Goodbye. |
Have a nice day. | All the best. | It's not meant to be. | This isn't for me after all. | I changed my mind. |
I found a better deal. | I bought one elsewhere. | I've just bought another one. | My wife doesn't want it. |
I'm afraid that's the end of it. | That's where I get off. | I'll leave you to it. |
I won't waste any more of your time. | I'll let you sell it to somebody else. | You should sell it to somebody else. |
Let someone else have it. | I'm moving on. | Time for me to move on. | Our negotiation ends here. |
This is where our ways part. | I end the negotiation. | The talk is over. | I'll stop here. | I can't continue. |
There's no point in going on.
"""
SELLERS_END = """
I'll keep it then. | I'd rather keep it. | I'm keeping it. | I'll hold on to it. | I'll wait for another buyer. |
I'll wait for a better offer. | I've decided not to sell. | I'm not selling it after all. |
I won't be selling it to you. | I won't sell it at that price. Goodbye. | It's no longer for sale. | It's sold. |
I just sold it. | I sold it to my neighbor. | Somebody else bought it. | Another buyer took it. |
I gave it to my nephew. | It's already gone. | I have another buyer who pays more, so I'll sell to them. |
I'll sell it to somebody else. | I'll offer it to somebody else. | I'm going with another buyer. |
I've accepted another offer. | I'll put it on eBay instead. | I'd sooner donate it. | I'll donate it instead. |
I can't sell it to you. | We can't come to an agreement. | No deal. | There's no deal here. | We don't have a deal. |
I'm done here. | I'm out. | I have nothing more to say. | That's my last word. Goodbye. |
Please don't message me again. | Stop wasting my time. | Good luck finding one. | Good luck elsewhere. |
I wish you luck with your search. | Goodbye. | Have a nice day. | Let's leave it there. |
I'm withdrawing it from sale. | I take back my offer. | This negotiation is over. | I end the negotiation. |
You'll have to look elsewhere. | You should look elsewhere. | You can buy it somewhere else.
"""
MURMURS = " | I understand. | Thank you. | Hmm."
BUYERS_GO_ON = """
I bought one last year for $200. | I bought one at the store last year and it broke. | I saw a similar one for $240. |
Another seller offers it at $240. | My neighbor sold his for $200. | I could buy it elsewhere for less. |
I could look elsewhere. | I don't want to look elsewhere. | I haven't found a better one. |
Before I look elsewhere, is there any room? | I was about to give up. | I almost gave up on finding one. |
I gave my old one to my sister. | My old one is gone. | My brother got one from the dealer. |
They had one at the thrift store. | I ended up needing a bigger one. |
It's hard to find a buyer these days, isn't it? | I don't think that will work for me. |
I don't think it will work at $280. | I'm not able to buy it at $280. | We don't have a deal yet. |
Let me find a way. | Let's not waste time. | I don't want to waste your time. | If you find a better buyer, tell me. |
I hope you find my offer fair. | I hope you find a way to lower it. | I'd keep looking if I were rich. |
I need it by Friday. | The next in line is my sister. | Both went up in price. | It went up to $300 last year. |
My old one went to the dump. | I signed up for another month of waiting. | Someone told me $240 is fair.
"""
SELLERS_GO_ON = """
I bought it last year for $400. | I sold another one for $300. | My neighbor sold his for $290. |
Another buyer offered $260. | I could sell it elsewhere. | I could keep it. | I don't want to keep it. |
I'd rather not keep it. | I was going to keep it. | I gave the first one to my nephew. | The other one is gone. |
The first one went to my sister. | Someone took a look at it yesterday. | Someone is coming to see it tonight. |
There's a deposit on the other one. | I'm not selling it that low. | We don't have a deal yet. |
You should look at the condition. | You could look elsewhere, but you won't find one. |
You won't find one at that price. | Good luck finding one at that price! Would you do $275? |
I'd have to sell it at a loss. | I hope you find my price fair. | I'd wait for a better offer, but I need the space. |
If I wait, somebody else will buy it. | I won't wait forever. | I don't do deliveries anymore. |
I don't make them anymore. | They don't sell these anymore. | I haven't accepted another offer. |
I rejected another offer this morning. | Somebody asked about it yesterday. | It's not gone yet. | It isn't sold. |
It's still for sale. | It's been in my shop for a year. | I need to sell it today. | My shop closes at six. |
I'm moving to another city.
"""

KINDLY = """
 | Thank you for coming down. | Hmm. | I appreciate that. | It's a lovely lamp. | I understand. | That's helpful. |
You make a good case.
"""

BUYERS_PONDER = """
I might be able to do $280. | $280 might work. | I'd consider $280. | I may be able to stretch to $280. |
I'll consider $280. | I'm considering $280. | I'm leaning toward $280. | I'd almost say yes to $280. |
I'd be more comfortable with something below $280. | I'm on the fence about $280. | I can't decide on $280. |
I'm hesitant about $280. | I need to run $280 past my wife. | I could see myself paying $280. | Perhaps $280. |
I'd have to think about $280. | I'm not saying no to $280. | $280 isn't out of the question. |
Let me see if I can get $280 together. | I'd need to find $280 first. | I'll see whether I can do $280. |
Give me a day to think about $280. | I'm still thinking about $280. | $280 hurts a bit. |
Would you hold it at $280 till Friday? | Can I tell you about $280 tomorrow? | I wish I could pay $280. |
I wish it were less than $280. | I'd feel better about $280 with a warranty. |
$280 would be fine if the shade were new. | For $280 I'd expect a new shade. | At $280 I could buy a new one. |
$280 would be my absolute limit. | I'd only pay $280 for a new one. | I've never paid $280 for a lamp. |
My wife would kill me for $280. | $280 would leave me without lunch money. | What do I get for $280? |
Does $280 include the bulb? | Is $280 with delivery? | Why $280? | How did you arrive at $280? |
Is $280 really the lowest? | Can you justify $280? | If $280 is your lowest, I'm not sure. | I don't know about $280. |
I'm undecided between $280 and waiting. | I was going to offer $270, not $280. |
Your $280 and my $250 are not far apart. | Between $250 and $280 there must be something. |
Let's find something between $250 and $280. | We're only $30 apart. | We're $30 apart, let's talk. |
I could perhaps add $10 to my $250. | Could you knock $10 off the $280? | Take $10 off the $280 and we have a deal. |
I'd shake hands on anything below $280.
"""

SELLERS_PONDER = """
I might be able to do $250. | $250 might work. | I'd consider $250. | I may be able to come down to $250. |
I'll consider $250. | I'm leaning toward $250. | I'd almost say yes to $250. |
I'd be more comfortable with something above $250. | I'm on the fence about $250. | I'm hesitant about $250. |
I need to run $250 past my wife. | Perhaps $250. | I'd have to think about $250. | I'm not saying no to $250. |
Let me see what others offer before I say yes to $250. | I'll see whether I can do $250. |
Give me a day to think about $250. | $250 hurts a bit. | I wish I could take $250. | I wish it were more than $250. |
I'd feel better about $250 if you paid cash. | $250 would be fine if you came today. |
$250 would be my absolute limit, and I'm not there yet. | $250 would not even cover the shade. |
I paid more than $250 for it myself. | My husband would kill me for $250. |
What would you say to something above $250? | Is $250 really all you can pay? | How would you pay the $250? |
Is $250 in cash? | Why $250? | How did you arrive at $250? | Can you justify $250? | I don't know about $250. |
I was hoping for $275, not $250. | Your $250 and my $300 are not far apart. |
Between $250 and $300 there must be something. | Let's find something between $250 and $300. | We're only $50 apart. |
Could you add $10 to the $250? | Add $10 to the $250 and we have a deal. | I'd shake hands on anything above $250. |
$250 and what else? | Someone offered $250 last week and I said no. | I've turned down $250 before. |
$250 is what I'd charge for the shade alone. | For $250 you'd get it without the shade. | At $250 I'd keep the bulb. |
Others have offered more than $250. | I won't go as low as $250. | $250 is a little low, isn't it? |
So that's $250 for everything? | You said $250?
"""


def test_who_praises_a_price_and_is_undecided_has_not_agreed() -> None:
    texts = paragraphs(PRAISES, KINDNESS, UNDECIDED) + paragraphs(NEARLY, HAGGLING)
    texts += paragraphs(KINDLY, BUYERS_PONDER)
    assert [text for text in texts if outcome_after(BUYERS, "buyer", text).state == "deal"] == []
    texts = paragraphs(KINDLY, SELLERS_PONDER)
    assert [text for text in texts if outcome_after(SELLERS, "seller", text).state == "deal"] == []


def test_who_says_in_ordinary_words_that_it_is_over_ends_the_talk() -> None:
    assert read_otherwise("no_deal", paragraphs(REGRETS, BUYERS_END), BUYERS) == []
    assert read_otherwise("no_deal", paragraphs(REGRETS.replace("280", "250"), SELLERS_END), SELLERS) == []


def test_who_tells_of_other_things_that_were_bought_sold_or_left_goes_on() -> None:
    assert read_otherwise("ongoing", paragraphs(MURMURS, BUYERS_GO_ON), BUYERS) == []
    assert read_otherwise("ongoing", paragraphs(MURMURS, SELLERS_GO_ON), SELLERS) == []
