"""A seller or a buyer: what it remembers, what it is told, what it says.

The learner keeps its earlier rounds and the feedback in its context, as far as its memory allows; the rival starts
afresh each round. Messages only ever grow at the end within a round, so providers can cache the prefix. A player knows
nothing of journals, retries or the moderator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bargain.agents.prompts import Prompt, as_heard_by, fill, item_facts, merge
from bargain.agents.unusable import unusable
from bargain.channels.base import Allowed, Channel, Unusable
from bargain.channels.free_text import FREE_TEXT
from bargain.engines.base import ALL_ACTS, Ask, Scene, Task
from bargain.errors import GaveUp
from bargain.records import MAX_EXCHANGES, Item, Message, Place, Player, Round, Turn, opening_of, private_to
from bargain.text import counted, money, without_marks

MAX_UTTERANCE = 20_000
"""Characters. A longer utterance is not a bargaining turn; it is asked for again like an empty one."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the learner carries on: the last `rounds` rounds (0 = all), with or without their dialogues."""

    rounds: int = 0
    dialogues: bool = True
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """One finished round as the learner remembers it: the dialogue, what it was told, what it answered."""

    turns: tuple[Turn, ...]
    told: str
    feedback: str
    acknowledgement: str
    price: float | None


class Negotiator:
    """One player of one game. `speak` returns its next words, `hear` adds a lesson to its memory.

    told: what stands at the end of its system prompt, its persona and the part that it plays. exchanges_more: how many
    exchanges it thinks there are beyond those that there will be, where it does not know the deadline. worded: puts its
    turns into somebody's words (wording.py).
    """

    def __init__(
        self,
        role: Player,
        prompt: Prompt,
        item: Item,
        *,
        max_exchanges: int = MAX_EXCHANGES,
        memory: Memory | None = None,
        max_asks: int = 3,
        context_window: int | None = None,
        max_reply_tokens: int = 0,
        told: Sequence[str] = (),
        channel: Channel = FREE_TEXT,
        exchanges_more: int = 0,
        worded: Callable[[Ask, Callable[[str, str], None]], Ask] = lambda ask, refused: ask,
    ) -> None:
        self.role: Player = role
        self.item = private_to(item, role)
        self.prompt = prompt
        self.memory = memory or Memory()
        self.max_exchanges = max_exchanges
        self.exchanges_more = exchanges_more
        self.max_asks = max_asks
        self.context_window = context_window
        self.max_reply_tokens = max_reply_tokens
        self.channel = channel
        self.worded = worded
        self.lessons: tuple[Lesson, ...] = ()
        self._facts = item_facts(self.item, max_exchanges)
        where = f"prompt {prompt.version}"
        system = [prompt.fill("system", self._facts), *(fill(text, self._facts, where) for text in told)]
        self._head = (
            Message("system", "\n".join(filter(None, system))),
            *(
                Message("user" if who == "user" else "assistant", fill(text, self._facts, where))
                for example in prompt.few_shot
                for who, text in example.items()
            ),
        )
        self._kickoff = prompt.fill("kickoff", self._facts)
        self._remembered: tuple[Message, ...] = self._head

    def fork(self) -> Negotiator:
        """A player with the same past, whose future is its own: an arm of a compare game."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def opening(self) -> str:
        """The hard-coded first words."""
        price, option = opening_of(self.item, self.role)
        words = self.prompt.fill("opening", self._facts)
        return self.channel.opening(words, price, self.item.currency, *([] if option is None else [option]))

    def demand(self, price: float) -> str:
        """What it still says after a deal at this price, "" for nothing: adversary.py."""
        return ""

    async def speak(
        self,
        ask: Ask,
        place: Place,
        turns: Sequence[Turn],
        exchanges_left: int,
        may: tuple[str, ...] = ALL_ACTS,
        refused: Callable[[str, str], None] = lambda kind, reply: None,
    ) -> str:
        """The player's next words. Raises GaveUp when no usable ones came in `max_asks` tries, or none can fit.

        refused: told the kind and the text of each reply that is no turn of the channel.
        """
        messages = merge((*self._remembered, *self._chat(turns)))
        scene = self._scene("speak", tuple(turns), exchanges_left + self.exchanges_more, may)
        return await self._say(self.worded(ask, refused), place, messages, scene, refused)

    async def hear(self, ask: Ask, place: Place, last: Round, feedback: str | None, *, answer: bool) -> str:
        """Tells the player how the last round ended and the feedback on it. Returns its acknowledgement.

        feedback None: nothing is said, the player only remembers; "": it is told the target (do better) and no advice.
        The acknowledgement is the prompt's text, or the player's own words (one call) if `answer`.
        """
        result = "deal" if last.price is not None else "no_deal"
        price = None if last.price is None else money(last.price, self.item.currency)
        if self.item.second is not None and last.second is not None:
            price = f"{price} with {counted(self.item.second.unit, last.second)}"
        facts = {**self._facts, "previous_price": price, "feedback": feedback and without_marks(feedback)}
        told = "" if feedback is None else self.prompt.fill(f"{'feedback' if feedback else 'target'}_{result}", facts)
        if not told:
            acknowledgement = ""
        elif answer:
            question = Message("user", f"{told}\n\n{self.prompt.fill('ask_acknowledgement', facts)}")
            messages = merge((*self._remembered, *self._chat(last.turns), question))
            scene = replace(
                self._scene("acknowledge", last.turns, 0),
                feedback=(*self._feedback(), feedback or ""),
                previous_price=last.price,
            )
            acknowledgement = await self._say(ask, place, messages, scene)
        else:
            acknowledgement = self.prompt.fill(f"acknowledgement_{result}", facts)
        if not self.memory.nothing:
            lesson = Lesson(last.turns, told, feedback or "", acknowledgement, last.price)
            self.lessons = (*self.lessons, lesson)[-self.memory.rounds or None :]
            self._remembered = (*self._head, *(each for kept in self.lessons for each in self._recall(kept)))
        return acknowledgement

    async def reflect(self, ask: Ask, place: Place, last: Round, question: str) -> str:
        """What the player thinks of the last round when it is asked, before it remembers it. Raises as `speak` does."""
        asked = Message("user", fill(question, self._facts, "feedback.text"))
        scene = replace(self._scene("advise", last.turns, 0), learner=self.role, previous_price=last.price)
        return await self._say(ask, place, merge((*self._remembered, *self._chat(last.turns), asked)), scene)

    def aside(self, turns: Sequence[Turn], question: str) -> tuple[tuple[Message, ...], Scene]:
        """What it is sent when asked this after these turns, off the record. Raises GaveUp where that cannot fit."""
        messages = merge((*self._remembered, *self._chat(turns), Message("user", question)))
        self._check_window(messages)
        return messages, self._scene("believe", tuple(turns), 0)

    def _recall(self, lesson: Lesson) -> list[Message]:
        chat = self._chat(lesson.turns) if self.memory.dialogues else []
        if lesson.told:
            chat += [Message("user", lesson.told), Message("assistant", lesson.acknowledgement)]
        return chat

    def _chat(self, turns: Sequence[Turn]) -> list[Message]:
        return as_heard_by(self.role, turns, self._kickoff, lambda text: self.channel.own(text, self.item.currency))

    def _feedback(self) -> tuple[str, ...]:
        return tuple(lesson.feedback for lesson in self.lessons if lesson.feedback)

    def _scene(
        self, task: Task, turns: tuple[Turn, ...], exchanges_left: int, may: tuple[str, ...] = ALL_ACTS
    ) -> Scene:
        return Scene(
            task,
            self.role,
            self.item,
            turns,
            feedback=self._feedback(),
            previous_price=self.lessons[-1].price if self.lessons else None,
            max_exchanges=self.max_exchanges,
            exchanges_left=exchanges_left,
            may=may,
            channel=self.channel,
        )

    async def _say(
        self,
        ask: Ask,
        place: Place,
        messages: tuple[Message, ...],
        scene: Scene,
        refused: Callable[[str, str], None] = lambda kind, reply: None,
    ) -> str:
        self._check_window(messages)
        wrong, asked = "", messages
        for again in range(self.max_asks):
            reply = await ask(replace(place, again=again) if again else place, messages, scene)
            text = own_words(reply.text, self.role)
            wrong = unusable(reply, text, self.role)
            if not wrong and len(text) > MAX_UTTERANCE:
                wrong = f"has {len(text):,} characters, at most {MAX_UTTERANCE:,} make a turn"
            if wrong:
                continue
            if scene.task != "speak":
                return text
            live = next((turn for turn in reversed(scene.turns) if turn.role != self.role and turn.offer), None)
            try:
                on_table = (live.offer, live.second) if live else (None, None)
                return self.channel.turn(text, Allowed(self.item.currency, scene.may, *on_table))
            except Unusable as error:
                wrong = str(error)
                refused(error.kind, text)
                told = fill(self.channel.texts.get("again", "{problem}"), {**self._facts, "problem": wrong}, "channel")
                messages = merge((*asked, Message("assistant", text), Message("user", told)))
        raise GaveUp(
            f"{self.role} (round {place.round}, turn {place.turn}): the utterance {wrong}, {self.max_asks} times"
        )

    def _check_window(self, messages: Sequence[Message]) -> None:
        """Refuses a prompt that cannot fit the engine's window, before it is paid. 4 characters count as a token."""
        if self.context_window is not None:
            tokens = sum(len(message.text) for message in messages) // 4 + self.max_reply_tokens
            if tokens > self.context_window:
                raise GaveUp(
                    f"{self.role}: the context of about {tokens:,} tokens does not fit the engine's window of "
                    f"{self.context_window:,}; choose memory=last_k or memory=feedback_only, or fewer rounds"
                )


_LABEL = {role: re.compile(rf"\A[*_\s]*{role}[*_\s]*:[*_\s]*", re.IGNORECASE) for role in ("seller", "buyer")}


def own_words(text: str, role: Player) -> str:
    """The utterance without surrounding space and without a leading label of the speaker ("Seller: ...")."""
    return _LABEL[role].sub("", text, count=1).strip()
