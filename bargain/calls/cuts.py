"""Prompts that a server may have cut without a word: it counted far less of them than of others."""

from __future__ import annotations

import logging

from bargain.calls.stats import Stats

log = logging.getLogger("bargain.calls")

LONG_PROMPT = 1_000
SUSPICIOUS = 0.6
"""Of prompts that are longer the server's count is looked at: less than such a share of what others had is a cut."""


class Cuts:
    """Counts them in `Stats.contexts_cut`, and tells the first."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._densest: dict[str, float] = {}
        """By seat: the most tokens that its server ever counted, as a share of our estimate."""

    def look(self, seat: str, title: str, estimate: int, counted: int) -> None:
        """At a reply: estimate, ours, of its prompt's tokens; counted, by the server. title: as it is told of."""
        densest = max(self._densest.get(seat, 0.0), counted / max(1, estimate))
        self._densest[seat] = densest
        if estimate < LONG_PROMPT or not 0 < counted < SUSPICIOUS * densest * estimate:
            return
        self._stats.contexts_cut += 1
        if self._stats.contexts_cut == 1:
            log.warning(
                "%s: the server counted %d tokens of a prompt of about %d, so it may have cut it without a word; "
                "give it a longer context there (Ollama: OLLAMA_CONTEXT_LENGTH), or say context_window here, which "
                "refuses such prompts before they are sent",
                title,
                counted,
                round(densest * estimate),
            )
