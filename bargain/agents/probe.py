"""What a player believes of its rival's limit, asked off the record on a copy of its context.

    probe=limit probe.after=[2,4] probe.who=[seller]
        ->  "LIMIT: 17, CONFIDENCE: 60%"  ->  Belief(game=0, arm="", round=1, turn=4, role="seller", limit=17.0, ...)

A round is played to its end first; then each chosen player is asked as if it were after the chosen turn: its memory,
the turns until then, and the question. So no protocol knows of it, and nothing of it is in the game: not its words,
not its tokens, not its failures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import anyio

from bargain.agents.player import Negotiator
from bargain.agents.prompts import Facts, fill, item_facts, merge
from bargain.agents.unusable import unusable
from bargain.config.schema import ProbeConfig
from bargain.engines.base import Ask
from bargain.errors import GaveUp
from bargain.records import Belief, Item, Message, Place, Player, Round, limit_of, probe_seat, rival_of
from bargain.text import money, one_line

MOST_ASKS = 2
_READ = 2_000
"""So many last characters of an answer are read."""
_NUMBER = r"[^\d\n-]{0,12}(\d[\d,]{0,15}(?:\.\d{1,6})?)(?![\d.,]*\d|\s?[km]\b|\s?(?:-|–|to|and|or)\s?\W?\d)"
LIMIT = re.compile(rf"\blimit\b{_NUMBER}", re.IGNORECASE)
"""LIMIT: 17; the limit is $1,450.50; not "limit: 14-16", not "no limit"."""
CONFIDENCE = re.compile(rf"\bconfidence\b{_NUMBER}\s?(%|percent\b)?", re.IGNORECASE)
"""CONFIDENCE: 60%; confidence: 0.6; not "60% sure"."""


def read_belief(text: str) -> tuple[float, float] | str:
    """The price and the probability (0 to 1) that an answer names, the last of each; else what is wrong with it.

    A confidence without a percent sign is a share where it is 1 or less.
    """
    limits, sure = LIMIT.findall(text[-_READ:]), CONFIDENCE.findall(text[-_READ:])
    if not limits or not sure:
        return f"names no {'confidence' if limits else 'limit'}"
    price, (number, sign) = float(limits[-1].replace(",", "")), sure[-1]
    share = float(number.replace(",", ""))
    share = share if share <= 1 and not sign else share / 100
    return (price, share) if share <= 1 else "names a confidence above 100%"


class Prober:
    """Asks the players of a run. item: any game's, to refuse a text with an unknown placeholder by a ValueError."""

    def __init__(self, config: ProbeConfig, item: Item) -> None:
        self._after = None if config.after == "every" else frozenset(config.after)
        self._who: tuple[Player, ...] = tuple(config.who)  # type: ignore[arg-type]
        self._within = config.within
        self._texts: Mapping[str, str] = dict(config.texts)
        for name in (*self._who, "again"):
            self._text(name, item_facts(item, 1))

    def _text(self, name: str, facts: Facts, within: str = "", problem: str = "") -> str:
        return fill(self._texts[name], {**facts, "within": within, "problem": problem}, f"probe.texts.{name}")

    async def ask(
        self, ask: Ask, game: int, played: Round, players: Mapping[Player, Negotiator], item: Item
    ) -> list[Belief]:
        """What the players believed in the course of a round that they remember nothing of yet, by turn and seat.

        Empty for a round that failed. Raises what stops a run.
        """
        turns = range(1, len(played.turns) + 1) if played.outcome != "error" else ()
        wanted = [(turn, role) for turn in turns for role in self._who if self._after is None or turn in self._after]
        found: dict[tuple[int, Player], Belief] = {}

        async def one(turn: int, role: Player) -> None:
            found[turn, role] = await self._believed(ask, game, played, turn, players[role], item)

        async with anyio.create_task_group() as group:
            for each in wanted:
                group.start_soon(one, *each)
        return [found[each] for each in wanted]

    async def _believed(self, ask: Ask, game: int, played: Round, turn: int, player: Negotiator, item: Item) -> Belief:
        """One answer; a bad one is asked for once more, and then it is unusable."""
        place = Place(game, played.arm, played.round, turn, probe_seat(player.role))
        true, openings = limit_of(item, rival_of(player.role)), (item.seller_opening, item.buyer_opening)
        if openings[0] is None or openings[1] is None:
            why = "the item has no two openings, so nothing says what is near the truth"
            return Belief(game, played.arm, played.round, turn, player.role, true=true, problem=why)
        within = round(self._within * abs(openings[0] - openings[1]), 2)
        belief = Belief(game, played.arm, played.round, turn, player.role, true=true, within=within)
        facts, near = item_facts(player.item, player.max_exchanges), money(within, item.currency)
        try:
            messages, scene = player.aside(played.turns[:turn], self._text(player.role, facts, near))
            for again in range(MOST_ASKS):
                reply = await ask(replace(place, again=again), messages, scene)
                said = unusable(reply, reply.text.strip(), player.role) or read_belief(reply.text)
                belief = replace(belief, answer=one_line(reply.text), usage=belief.usage + reply.usage)
                if not isinstance(said, str):
                    return replace(belief, limit=said[0], confidence=said[1], problem="")
                belief = replace(belief, problem=said)
                once_more = Message("user", self._text("again", facts, near, said))
                messages = merge((*messages, Message("assistant", reply.text.strip() or "-"), once_more))
        except GaveUp as error:
            return replace(belief, problem=one_line(str(error)))
        return belief
