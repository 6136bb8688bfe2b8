"""Ordinary sentences, made by putting verbs into frames: what is denied, doubted, asked, put off or tied is no
deal, and what is plainly agreed to is one. A frame that is read wrongly stands for many sentences."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from bargain.reading.reader import read_outcome
from bargain.records import State

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
    return [text for text in texts if read_outcome([*before, (role, text)]).state != state]


@pytest.mark.parametrize(("verbs", "before"), [(BUYS, BUYERS), (SELLS, SELLERS)], ids=["buyer", "seller"])
def test_an_agreement_that_is_denied_doubted_asked_about_or_put_off_is_no_deal(
    verbs: str, before: list[tuple[str, str]]
) -> None:
    texts, role = sentences(DENIED, verbs), before[-2][0]
    assert [text for text in texts if read_outcome([*before, (role, text)]).state == "deal"] == []


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
    assert [text for text in texts if read_outcome([*BUYERS, ("buyer", text)]).state == "deal"] == []


def test_ordinary_replies_are_read_as_what_they_are() -> None:
    lines = (Path(__file__).parent.parent / "data" / "replies.txt").read_text(encoding="utf-8").splitlines()
    wrong = []
    for wanted, text in (line.split(" | ", 1) for line in lines if not line.startswith("#")):
        state = read_outcome([*BUYERS, ("buyer", text)]).state
        if state != wanted and (wanted != "none" or state == "deal"):
            wrong.append((wanted, state, text))
    assert wrong == []
