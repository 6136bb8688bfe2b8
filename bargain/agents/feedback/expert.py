"""An expert without a model: what a textbook says about the prices of a round, as feedback.

It knows the learner's offers, the rival's and the result, and gives the two rules that the round broke most. The rules
are the common ones of distributive bargaining (Raiffa 1982; Faratin, Sierra & Jennings 1998): concede late and in
shrinking steps, do not give more than you get, do not take an offer while the rival still moves, and do not lose a
sale over the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bargain.agents.feedback import Coaching
from bargain.config.schema import FeedbackConfig
from bargain.records import Item, Player, Round, rival_of
from bargain.text import money

MOST = 2
"""Rules that are told after one round."""


class ExpertRules:
    """Scripted advice; the same round always gets the same words."""

    calls_critic = False

    def __init__(self, config: FeedbackConfig) -> None:
        self.name = config.name

    async def give(self, coaching: Coaching) -> str | None:
        return advice(coaching.learner, coaching.rounds[-1], coaching.critic.item)


def advice(learner: Player, last: Round, item: Item) -> str:
    """The rules that this round broke, as numbered sentences; at least one."""
    ours, theirs = _offers(learner, last), _offers(rival_of(learner), last)
    rival, better = rival_of(learner), "higher" if learner == "seller" else "lower"
    gave, got = _moved(ours), _moved(theirs)
    told = []
    if last.price is None and gave < got:
        told.append(f"The {rival} came towards you and you hardly moved: a small step near the end would have closed.")
    elif last.price is None:
        told.append("No deal earns nothing. Keep a last small step in hand, and say that it is the last.")
    if gave > got and len(ours) > 1:
        told.append(
            f"You moved by {money(gave, item.currency)} and the {rival} by {money(got, item.currency)}: "
            "never give more than you were given."
        )
    steps = [abs(after - before) for before, after in pairwise(ours)]
    if len(steps) > 1 and steps[-1] > steps[0]:
        told.append("Your steps grew; let each be smaller than the one before, so that an end comes in sight.")
    elif steps and steps[0] == max(steps) and steps[0] > 0:
        told.append(f"Your first step was {money(steps[0], item.currency)}: repeat your price once before you move.")
    if last.price is not None and theirs and last.price == theirs[-1] and _moved(theirs[-2:]) > 0:
        told.append(f"You took an offer while the {rival} was still moving: ask once more for a {better} price.")
    told = told or [f"You held your line. Open a little {better} and keep the rest as it was."]
    return "\n".join(f"{number}. {each}" for number, each in enumerate(told[:MOST], start=1))


def _offers(role: Player, last: Round) -> Sequence[float]:
    return [turn.offer for turn in last.turns if turn.role == role and turn.offer is not None]


def _moved(offers: Sequence[float]) -> float:
    return abs(offers[-1] - offers[0]) if offers else 0.0
