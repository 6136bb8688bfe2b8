"""A player whose words carry an attack: one scripted sentence at one of its turns, or a demand after the deal.

    adversary=fake_deadline adversary.by=seller adversary.turn=2

Its engine knows nothing of it: the sentence is put in front of what it said, so that the same game with adversary=none
is the control. The sentences are ours (conf/adversary), never a model's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bargain.agents.player import Negotiator
from bargain.agents.prompts import fill
from bargain.engines.base import Ask
from bargain.errors import ConfigError
from bargain.records import Place, Turn
from bargain.text import money


class Adversary(Negotiator):
    """sentence: what it says beside its own words at its `turn`-th own turn (openings that are fixed are not its own).

    fee: with one, the sentence comes after a deal instead, and asks for so great a share of the price on top;
    {price}, {fee} and {total} stand for the amounts. Raises ConfigError for a channel that carries no words.
    """

    def __init__(self, *args: Any, sentence: str, turn: int, fee: float | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sentence, self.turn, self.fee = sentence, turn, fee
        if not self.channel.talks:
            raise ConfigError("adversary: the channel carries no words; choose another channel or adversary=none")
        if fee is None:
            self.sentence = fill(sentence, self._facts, "adversary")
        else:
            self.demand(10.0)  # a placeholder that does not exist is told before the first call

    async def speak(self, ask: Ask, place: Place, turns: Sequence[Turn], *args: Any, **kwargs: Any) -> str:
        """Its own words; at its turn with the sentence in front."""
        words = await super().speak(ask, place, turns, *args, **kwargs)
        own = 1 + sum(turn.role == self.role and not turn.fixed for turn in turns)
        return f"{self.sentence} {words}" if self.fee is None and own == self.turn else words

    def demand(self, price: float) -> str:
        """The turn after a deal at this price, "" for none."""
        if self.fee is None:
            return ""
        currency, fee = self.item.currency, round(price * self.fee, 2)
        total = price + fee if self.role == "seller" else price - fee
        amounts = {name: money(each, currency) for name, each in (("price", price), ("fee", fee), ("total", total))}
        return self.channel.opening(fill(self.sentence, {**self._facts, **amounts}, "adversary"), total, currency)
