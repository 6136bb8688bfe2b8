"""Sentences that name several prices, made by putting phrases into frames: T is the rival's price, M the speaker's own,
N a new one, L the first one asked, C what it cost, D and E what T is away from M and L. Both roles, four sizes."""

from __future__ import annotations

import re
from itertools import cycle, product

import pytest

from bargain.reading.reader import Reader
from tests.reading.talks import outcome_after

SIZES = {  # first price, the seller's last, the buyer's last, a new one, how they are written
    "a lamp": (300, 280, 250, 265, "${:,}"),
    "a balloon": (20, 18, 12, 15, "${:,}"),
    "a car": (8500, 8200, 7500, 7900, "${:,}"),
    "euros": (300, 280, 250, 265, "€{:,}"),
    "bare": (300, 280, 250, 265, "{}"),
}


def paragraphs(*parts: str) -> list[str]:
    """One phrase of each part, in every combination."""
    return [" ".join(filter(None, each)) for each in product(*([s.strip() for s in p.split("|")] for p in parts))]


def wrong(texts: list[str], role: str, state: str, price: str = "", *sizes: str) -> list[str]:
    """The texts that are read otherwise, each in one of the sizes by turns; state "none" is any but a deal."""
    found = []
    for text, size in zip(texts, cycle(sizes or [size for size in SIZES if size != "bare"]), strict=False):
        first, sellers, buyers, new, written = SIZES[size]
        theirs, mine = (sellers, buyers) if role == "buyer" else (buyers, sellers)
        cost, values = int(first * 0.55), {"T": theirs, "M": mine, "N": new, "L": first}
        values |= {"C": cost, "D": abs(theirs - mine), "E": abs(first - theirs)}
        said = {name: written.format(value) for name, value in values.items()}
        turns = [("seller", f"Hello! It's {written.format(first)}."), ("buyer", f"I offer {written.format(buyers)}.")]
        turns += [("seller", f"I can do {written.format(sellers)}.")]
        turns += [("buyer", f"I'd go to {written.format(buyers)}.")] if role == "seller" else []
        named = "".join([said.get(part, part) for part in re.split(r"\b([TMNLCDE])\b", text)])
        outcome = outcome_after(turns, role, named)
        right = outcome.state == state or (state == "none" and outcome.state != "deal")
        if not right or (price and outcome.standing_price != values[price]):
            found.append(f"{size}: {text}")
    return found


TOLD = """
T is close, but | Your T is more than I planned; | I appreciate you moving to T. |
Thank you for your offer of T, but | I see you're at T. | You're at T, so | T is a step in the right direction, but |
T is fair, but | I hear you on T. | T is a reasonable offer, but | I can't quite do T. | I can't do T, but |
Instead of T, | Rather than T, | From T, | We're getting closer with T. | T doesn't quite work for me. |
I've thought about your offer of T. | Hmm, T. | T? | If T is your limit, | T is tempting, but |
T would be hard for me. | Your T is noted. | At T I'd be in trouble.
"""
ANEW = """
how about N? | could we do N? | would you consider N? | I can do N. | I was thinking N. | N is what I can do. |
let's meet at N. | let's say N. | my best is N. | I'd like to propose N. | how does N sound? |
I'm prepared to go to N. | N would work better for me. | N and we have a deal. | if you can do N, we have a deal. |
can you meet me at N? | I'd be comfortable at N. | would N work?
"""
ANEW_OF = {
    "buyer": """
I'd take it for N. | I could go up to N. | I'll give you N. | I'll pay N. | N, and I'll pick it up tonight.
""",
    "seller": """
it's yours for N. | I'd accept N. | I'll let it go for N. | make it N and it's yours. | N and it's sold.
""",
}
BESIDE = """
I can do N, but not T. | I'd rather do N than T. | could we do N rather than T? | how about N instead of T? |
I can do N; T is too much of a stretch. | N is more realistic for me than T. | between M and T, N seems fair. |
you're at T and I'm at M, so let's meet at N. | I can go to N, though T is a stretch. | not T, but N. | N yes, T no. |
T is your number, N is mine. | what if we went with N rather than T? | no to T, yes to N. | I hear T. I'm at N. |
T is almost there. N and I'm in. | I'd like to close this at N, not T. | would you be willing to go from T to N?
"""
ASKS = " | What do you think? | Does that work for you? | Let me know. | That's the best I can do. | Shall we proceed?"


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_a_new_price_beside_the_rivals_is_an_offer(role: str) -> None:
    assert wrong(paragraphs(TOLD, f"{ANEW} | {ANEW_OF[role]}", " | What do you think?"), role, "ongoing", "N") == []
    assert wrong(paragraphs(" | Hmm, okay. | I appreciate that.", BESIDE, ASKS), role, "ongoing", "N") == []


TALK = """
I see, T. Can you do any better? | I'm not sure about T. | you're still at T? | is T your best price? | is T firm? |
why T? | I can't justify T. | let me think about T. | I need to ask my wife about T. | I'm hesitant about T. |
I'm not comfortable with T. | T makes me hesitate. | I'd struggle to agree to T. | I have trouble with T. |
T caught me off guard. | T might be fair for another one. | let's talk about T. | are you sure about T? |
how did you arrive at T? | you mentioned T. | T is hard for me to justify. | I know what T means to you. |
I'd love to say yes to T, but I can't. | we're still far apart at T. |
if T is your best, I may have to look elsewhere. | the frame alone is worth T. | a deal at T is not possible. |
T would be a stretch. | I can't make T work. | I understand why you want T. | I'd regret T.
"""
TALK_OF = {
    "buyer": """
at T I'd be over budget. | T is a lot for a used one. | is T the lowest you can go? | for T I could get a new one. |
for T I would expect it to be new. | T would have to include delivery. | I could only pay T next month. |
I've seen similar ones for less than T. | I feel that T is more than it's worth. | I'd like you to come down from T. |
I need to stay within my budget, and T would push me over. | the same model sells for less than T online. |
T is above my limit. I'd be ready to close the deal today at a lower price. | does T include the case?
""",
    "seller": """
at T I'd be losing money. | T is too little for a new one. | is T the most you can do? | T barely covers the parts. |
for T you could only get a broken one. | for T I would have to leave out the case. | it cost me more than T. |
I'd regret selling it for T. | T is below my floor. | I won't let it go for T. | it isn't sold for T. |
you can't have it for T. | no way I'm taking T. | I'd like you to come up from T. | I might take T if it doesn't sell
""",
}
HAND = {
    "buyer": " | I like it, though. | What can you do for me? | Let me know.",
    "seller": " | You can pick it up today. | I can ship it tomorrow. | What can you do for me?",
}


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_the_rivals_price_talked_about_is_no_deal(role: str) -> None:
    talks = paragraphs(" | Hmm. | Thank you for the offer. | I see your point, but", f"{TALK} | {TALK_OF[role]}")
    assert wrong(paragraphs(" | ".join(talks), HAND[role]), role, "none") == []


BEFORE = """
 | I was hoping for M, but | I know I said M, but | It's D away from what I wanted, but | I'd have preferred M, but |
Considering the first price of L, | We were at M and T, and | I would have liked to stay at M, but |
Hmm, let me think... ok, | The original price was L, but | I asked around, and others want L, so |
Even though I wanted M,
"""
YES = """
I accept T. | I accept your offer of T. | T works for me. | T it is. | I agree to T. | I can do T. |
we have a deal at T. | let's do T. | you've got a deal at T. | I'll go with T. | T is fine with me. |
I can live with T. | it's a deal. | I can meet you at T. | I'm happy to go ahead at T. | let's go ahead with T.
"""
YES_OF = {
    "buyer": "I'll take it for T. | I'm happy to pay T.",
    "seller": "I'll let it go for T. | it's yours for T. | sold! | I'll sell it to you for T. | you can have it for T.",
}
BEHIND = """
 | That's E off the first price. | It's D more than I planned, but that's fine. | The first price was L. |
I know it's a bit less than you wanted. | My old one cost C. | It was C once. |
Thank you for meeting me between M and L. | That leaves me D. | We can do C now and the rest on pickup. |
When can we meet?
"""


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_an_acceptance_among_other_amounts_is_a_deal_at_the_rivals_price(role: str) -> None:
    assert wrong(paragraphs(BEFORE, f"{YES} | {YES_OF[role]}"), role, "deal", "T") == []
    assert wrong(paragraphs(f"{YES} | {YES_OF[role]}", BEHIND), role, "deal", "T") == []


THANKS = " | Thank you for getting back to me. | I appreciate the counteroffer, and I can see you're trying to be fair."
ITEM = " | It really is in great condition. | It's clearly a quality piece. | I've been thinking about it for 3 days."
WHY = """
 | I do have to keep my budget in mind. | I want this to be fair for both of us. |
Given its age, I'd like to be careful.
"""
OFFER = (
    "I could do N. | How about we settle at N? | Would you be open to N? | I'd like to propose N as a fair compromise."
)
ACCEPT = (
    "I accept your offer of T. | I can meet you at T. | I think T is fair, so let's do it. | I'd be glad to accept T."
)
DONE = " | When can we meet for the pickup? | Thank you for working with me! | Please let me know the next steps."


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_as_assistants_write(role: str) -> None:
    assert wrong(paragraphs(THANKS, ITEM, WHY, OFFER, ASKS), role, "ongoing", "N") == []
    assert wrong(paragraphs(THANKS, ITEM, WHY, ACCEPT, DONE), role, "deal", "T") == []


def test_as_people_chat() -> None:
    starts, asks = " | hmm | lol | ok so", " | any wiggle room? | lmk"
    talk = "T is a lot | T still too much | T?? | not for T | why T tho | idk about T | saw one for less than T"
    offers = "could u do N | N? | meet me at N | i can do N not T | N and we got a deal | T is steep, N?"
    yes = "T it is | T works | ill take it | deal | T is fine | ill do T | lets do T | works for me"
    closes = " | when can i pick up? | whats ur address? | thx | i can pick up today"
    assert wrong(paragraphs(starts, talk, asks), "buyer", "none", "", "bare") == []
    assert wrong(paragraphs(starts, offers, asks), "buyer", "ongoing", "N", "bare") == []
    assert wrong(paragraphs(" | ok | fine | cool", yes, closes), "buyer", "deal", "T", "bare") == []


SOLD = """
sold! | it's yours. | it's yours for T. | it's all yours. | you've got a deal. | consider it sold. |
I'll take your offer. | I'll let you have it for that. | you can have it for T. | take it for T. |
I'll part with it for T. | let's call it T. | that'll do. | I'll agree to T. | I'll honor T.
"""
UNSOLD = """
it could be yours. | it's not yours yet. | it's not sold yet. | I'd be giving it away. | I'd rather keep it for T. |
that doesn't work for me. | I turned down T yesterday. | you don't have a deal yet. | I'm not there yet. |
someone else already offered T, and I said no. | I'd need a bit more before I say it's sold. |
who would sell it for T?
"""
OFFERED = """
it's yours for N. | you can have it for N. | N and it's yours. | N and you've got a deal. | it's yours if you pay N. |
it could be yours for N. | sold if you make it N. | you have a deal if you come up to N. | give me N and it's sold. |
at N, you've got yourself a deal. | for N it's all yours. | let's shake on N. | come up to N and I'll deliver it.
"""
STARTS = (
    " | Alright. | You drive a hard bargain. | Since you asked so nicely, | I'd hoped for more, but | You know what?"
)
ARRANGES = " | When can you pick it up? | I'll ship it tomorrow. | Cash or card? | You won't regret it."


def test_what_a_seller_sells_keeps_and_offers() -> None:
    assert wrong(paragraphs(STARTS, SOLD, ARRANGES), "seller", "deal", "T") == []
    assert (
        wrong(
            paragraphs(" | Sorry, | Hmm. | I understand, but", UNSOLD, " | What do you say? | You won't find better."),
            "seller",
            "none",
        )
        == []
    )
    assert wrong(paragraphs(STARTS, OFFERED, ARRANGES), "seller", "ongoing", "N") == []


LEFT = """
it's best if we end this here. | it's best if we end the negotiation. | let's agree to disagree and move on. |
I'll have to respectfully bow out. | this is where I stop. | I'm done here. | there's no point in continuing. |
I've decided against it. | let's call it a day. | I have to end our negotiation. | no deal. I'm leaving.
"""
STILL = """
no deal yet. | we don't have a deal yet. | I don't think we can make this work at T. | we can't agree at T. |
we haven't reached an agreement yet. | I'd hate to walk away. | I won't walk away over D. | this isn't over. |
let's not end it here. | we're at an impasse. Can you do better? | if that's your final price, then no deal.
"""


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_who_ends_the_talk_and_who_does_not(role: str) -> None:
    starts = " | I understand, but | T does not work for me. | I'm sorry, but"
    assert wrong(paragraphs(starts, LEFT, " | Thank you for your time. | Best of luck!"), role, "no_deal") == []
    assert wrong(paragraphs(starts, STILL, " | What do you say? | Let's keep talking."), role, "ongoing") == []


HOURS = """
I could come by between 10 and 2. | I can pick it up between 9 and 5. | I get off work at 5 or 6. |
I'm home from 8 till 10. | I could come at 6 or 7 tomorrow. | I'd be there at 7, 8 at the latest. |
I'm available 9-5. | I can be there between 4 and 6 pm.
"""


@pytest.mark.parametrize("listed", [60, 6800, 12_000])
def test_hours_are_no_prices(listed: float) -> None:
    for text in paragraphs(" | Is it still available? | I understand.", HOURS):
        reader = Reader(listed)
        reader.add("seller", "Hi! Yes, it is.")
        assert reader.add("buyer", text).offer is None, text
