"""Chat with an action line: the words of a chat, and the act on a line of its own at the end."""

from __future__ import annotations

import re
from dataclasses import replace

from bargain.channels.base import Channel, Move, Unusable, act_of

_AT_THE_END = re.compile(r"(.*\S)\s+((?:OFFER\s.*|ACCEPT(?:\s\S+)?|REJECT|WALK AWAY)[.!]?)", re.DOTALL)
"""An action in capitals behind the words: "I like it. OFFER $14"; not "I accept"."""


class Tagged(Channel):
    """OFFER $n, ACCEPT, REJECT or WALK AWAY, behind words."""

    two_issues = True

    def parse(self, reply: str, currency: str) -> Move:
        """The move of the last line, or of the capitals at its end."""
        words, _, line = reply.strip().rpartition("\n")
        move = act_of(line, currency, alone=False, second=self.second)
        if move is None and (found := _AT_THE_END.fullmatch(line)):
            words, move = f"{words}\n{found[1]}".strip(), act_of(found[2], currency, second=self.second)
        if move is None:
            raise Unusable("off_channel", "does not end with OFFER and a price, ACCEPT, REJECT or WALK AWAY")
        return replace(move, words=words.strip())
