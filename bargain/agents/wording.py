"""A player without a model in a model's words: code decides act and price, a model says them, code checks the words.

    engine@buyer.engine=opponent-boulware engine@buyer.worded_by=gpt-4o-mini

    decided:  My offer is $112.40.
    said:     It is a lovely bicycle, and I can go as far as $112.40 for it.

Words stand if the rules read in them what they read in the plain sentence: the same act and price, no less surely,
and no other amount of money. Else the model is told why and asked again, and in the end the plain sentence is said. So
deals and prices are those of the player alone, whatever the model does. It is told the dialogue and what to say, and
never a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bargain.agents.player import MAX_UTTERANCE, own_words
from bargain.agents.prompts import Prompt, dialogue_data, fill, item_facts, merge
from bargain.agents.unusable import unusable
from bargain.channels.free_text import FREE_TEXT
from bargain.config.follow import words_seat
from bargain.engines.base import Ask, Scene
from bargain.reading.reader import Act, Amount, Outcome, amounts, same
from bargain.records import Item, Message, Place, Player, Reply, Turn, private_to
from bargain.text import money

ACTS = {"offer": "an offer", "accept": "an acceptance", "reject": "a refusal", "walk_away": "a farewell"}
"""What can be put into words, and what the model is told that it is."""

VERBATIM = "say"
"""The model of a reply that is put into the player's mouth (say=... of a branch): it is said as it stands."""


class Wording:
    """What makes the words of one player. persona: how it talks; it goes to the model, with the public facts filled in.

    Raises ValueError for a prompt version without one of the texts.
    """

    def __init__(
        self, role: Player, prompt: Prompt, item: Item, *, max_exchanges: int, max_asks: int, persona: str | None = None
    ) -> None:
        self.role: Player = role
        self.item = private_to(item, words_seat(role))
        self.max_asks = max_asks
        self._prompt = prompt
        self._facts = {**item_facts(self.item, max_exchanges), "role": role}
        told = [prompt.fill("system", self._facts), fill(persona or "", self._facts, f"{role}.persona")]
        self._system = Message("system", "\n".join(filter(None, told)))
        for name in (*ACTS, "stay", "again"):
            self._text(name, price="-", problem="-")

    def over(self, ask: Ask, refused: Callable[[str, str], None]) -> Ask:
        """An Ask that gives the same replies in the model's words. refused: as `Negotiator.speak` has it."""

        async def worded(place: Place, messages: Sequence[Message], scene: Scene) -> Reply:
            decided = await ask(place, messages, scene)
            if decided.model == VERBATIM:
                return decided
            return replace(decided, text=await self._worded(ask, place, scene, decided.text, refused))

        return worded

    async def _worded(
        self, ask: Ask, place: Place, scene: Scene, decided: str, refused: Callable[[str, str], None]
    ) -> str:
        channel, currency = scene.channel, self.item.currency
        move = channel.parse(decided, currency) if channel.decides else None
        plain = move.words if move else decided
        act, outcome = self._read(scene.turns, plain)
        if act.kind not in ACTS:  # thanks after the deal
            return decided
        if move and (act.kind, act.offer) != (move.act, act.offer if move.price is None else move.price):
            refused("unworded", plain)  # the rules would hold any words against something else
            return decided
        asked = merge((self._system, Message("user", f"{_said(scene.turns)}\n\n{self._told(act, scene.turns)}")))
        messages = asked
        for again in range(self.max_asks):
            seat = replace(place, role=words_seat(self.role), again=again)
            reply = await ask(seat, messages, replace(scene, item=self.item, channel=FREE_TEXT, feedback=()))
            words = own_words(reply.text, self.role)
            if unusable(reply, words, self.role):
                continue
            problem = self._problem(words, act, outcome, scene.turns)
            if not problem:
                return channel.write(replace(move, words=words), currency) if move else words
            refused("misworded", words)
            more = self._text("again", price=None, problem=problem)
            messages = merge((*asked, Message("assistant", words), Message("user", more)))
        refused("unworded", plain)
        return decided

    def _read(self, turns: Sequence[Turn], words: str) -> tuple[Act, Outcome]:
        """What the rules read in these words, said next, and how the talk stands then."""
        reader = FREE_TEXT.reader(self.item.seller_opening, self.item.currency)
        for turn in turns:
            reader.add(turn.role, turn.text)
        return reader.add(self.role, words), reader.outcome()

    def _told(self, act: Act, turns: Sequence[Turn]) -> str:
        """What the model is to say."""
        price = None if act.offer is None else money(act.offer, self.item.currency)
        own = [turn.offer for turn in turns if turn.role == self.role and turn.offer is not None]
        stays = act.kind == "offer" and bool(own) and same(own[-1], act.offer or 0.0)
        return self._text("stay" if stays else act.kind, price=price)

    def _text(self, name: str, price: str | None, problem: str | None = None) -> str:
        return self._prompt.fill(name, {**self._facts, "price": price, "problem": problem})

    def _problem(self, words: str, act: Act, outcome: Outcome, turns: Sequence[Turn]) -> str:
        """Why these words do not say it, as the end of "your words ...", "" if they do."""
        if len(words) > MAX_UTTERANCE:
            return "are too long"
        named = [each.value for each in amounts(words, self.item.currency) if not _a_few(each)]
        other = next((price for price in named if act.offer is None or not same(price, act.offer)), None)
        if other is not None:
            return f"name {money(other, self.item.currency)}, which you were not to name"
        found, stands = self._read(turns, words)
        if found.kind != act.kind:
            return f"are understood as {ACTS.get(found.kind, 'no act at all')}, not as {ACTS[act.kind]}"
        if found.offer != act.offer:
            return "do not name the price"
        less_sure = (act.sure and not found.sure) or (outcome.sure and not stands.sure)
        if less_sure or replace(stands, sure=outcome.sure) != outcome:
            return f"are not plainly {ACTS[act.kind]}: there is a condition, a question or a doubt in them"
        return ""


def _a_few(amount: Amount) -> bool:
    """Whether this is no money but a word: this one, the two of us."""
    return amount.worded and not amount.explicit and amount.value < 10


def _said(turns: Sequence[Turn]) -> str:
    return dialogue_data(turns) or "(Nobody has spoken yet.)"
