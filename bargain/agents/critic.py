"""The critic: reads a finished round and advises the learner.

It sees the dialogue as data whose speakers the program sets, the result, and the results of the rounds before it.
It remembers nothing between rounds and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bargain.agents.prompts import Prompt, dialogue_data, item_facts, merge
from bargain.agents.unusable import unusable
from bargain.engines.base import Ask, Scene
from bargain.errors import GaveUp
from bargain.records import MAX_EXCHANGES, Item, Message, Place, Player, Round, private_to, rival_of
from bargain.text import money


class Critic:
    """Coaches one learner. `advise` returns the feedback text."""

    def __init__(
        self, learner: Player, prompt: Prompt, item: Item, *, max_exchanges: int = MAX_EXCHANGES, max_asks: int = 3
    ):
        self.learner: Player = learner
        self.prompt = prompt
        self.item = private_to(item, learner)
        self.max_asks = max_asks
        self.max_exchanges = max_exchanges
        self._facts = item_facts(self.item, max_exchanges) | {"learner": learner, "rival": rival_of(learner)}
        self._facts["wish"] = prompt.fill(f"wish_{learner}", self._facts)
        self._system = Message("system", prompt.fill("system", self._facts))

    async def advise(self, ask: Ask, place: Place, rounds: Sequence[Round]) -> str:
        """Feedback on the last of the rounds. Raises GaveUp when no usable one came in `max_asks` tries."""
        last = rounds[-1]
        facts = {
            **self._facts,
            "dialogue": dialogue_data(last.turns),
            "result": self._result(last),
            "history": "\n".join(f"Talk {each.round} ended with {self._result(each)}." for each in rounds[:-1]) or None,
        }
        messages = merge((self._system, Message("user", self.prompt.fill("advise", facts))))
        scene = Scene(
            "advise",
            "critic",
            self.item,
            last.turns,
            learner=self.learner,
            previous_price=last.price,
            max_exchanges=self.max_exchanges,
        )
        wrong = ""
        for again in range(self.max_asks):
            reply = await ask(replace(place, again=again) if again else place, messages, scene)
            wrong = unusable(reply, reply.text.strip(), "critic")
            if not wrong:
                return reply.text.strip()
        raise GaveUp(
            f"critic (after round {last.round}): the feedback of {reply.model} {wrong}, {self.max_asks} times; "
            f"its engine is the {self.learner}'s unless you name one, and critic.engine.max_tokens=... is its own"
        )

    def _result(self, played: Round) -> str:
        return "no deal" if played.price is None else f"a deal at {money(played.price, self.item.currency)}"
