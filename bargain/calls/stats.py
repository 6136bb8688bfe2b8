"""How the calls of a run stand: counts, tokens and cost, for the progress line and summary.json."""

from __future__ import annotations

from dataclasses import dataclass, field

from bargain.records import PROBE, Reply, Usage

MANY = 20
"""Names of models that a seat is told to have had: a server that names a new one each time has none."""


@dataclass(slots=True)
class Stats:
    """How things stand. `live` replies were got by this process, `from_journal` were on record. `contexts_cut`: prompts
    that their server seems to have cut.

    cost_usd is what the games' replies cost, None where a price is unknown (cost_by_seat: each seat's part, also that
    of probes, which is no part of the games'); `uncosted` replies came without their tokens and are not in it.
    spent_usd is the worst case of all calls: it also counts those, and what may have been billed unseen, in this
    process and before: open intents (found on opening; `reissued` since) and maybe_billed attempts.
    """

    live: int = 0
    from_journal: int = 0
    retries: int = 0
    failed: int = 0
    maybe_billed: int = 0
    open_intents: int = 0
    reissued: int = 0
    in_flight: int = 0
    waiting: int = 0
    rate_limit_cuts: int = 0
    contexts_cut: int = 0
    usage: Usage = field(default_factory=Usage)
    by_seat: dict[str, Usage] = field(default_factory=dict)
    cost_usd: float | None = 0.0
    cost_by_seat: dict[str, float | None] = field(default_factory=dict)
    uncosted: int = 0
    spent_usd: float = 0.0
    spent_tokens: int = 0
    models: dict[str, list[str]] = field(default_factory=dict)
    """By seat the models that the replies name."""

    def count(self, seat: str, reply: Reply, cost_usd: float | None, *, priced: bool) -> None:
        """Adds one reply. priced: whether the seat's price is known, so that a missing cost is a missing count."""
        self.by_seat[seat] = self.by_seat.get(seat, Usage()) + reply.usage
        names = self.models.setdefault(seat, [])
        if reply.model not in names and len(names) < MANY:
            names.append(reply.model)
        so_far = self.cost_by_seat.get(seat, 0.0)
        self.cost_by_seat[seat] = so_far + (cost_usd or 0.0) if priced and so_far is not None else None
        if seat.endswith(PROBE):
            return  # it is no part of what the games cost
        if not priced or self.cost_usd is None:
            self.cost_usd = None
        elif cost_usd is None:
            self.uncosted += 1
        else:
            self.cost_usd += cost_usd
