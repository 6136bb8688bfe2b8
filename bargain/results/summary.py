"""What a run comes to, as `play` returns it and as a tracker is told; the file is summary.json.

It knows the keys of summary.json, and nothing of how they came about (`summary.py` counts, `runner.py` writes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bargain.calls.stats import Stats
from bargain.records import PROBE
from bargain.results.tables import disputed_lines, render, rounds_table, totals_line
from bargain.results.tally import Tally
from bargain.terminal import screen_width
from bargain.text import on_screen

EXIT_CODES = {"finished": 0, "failed": 1, "budget": 3, "interrupted": 130, "terminated": 143}

NOTHING_READ = (
    "the rules read English and recognised nothing in any turn; for a talk in another language choose "
    "moderator=structured with a model, and trust neither moderator=rules, moderator.gate=rules nor the violations"
)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What `play` returns: where the run lies, and its `summary.json` as data.

        summary.state                                       # "finished"
        summary.by_round[1]["mean_change"]                  # against the round before, paired by game
        summary.data["cost_usd"], summary.data["tokens"]    # None where a price is unknown; input, output, cached
        print(summary)                                      # the table that the command prints

    directory: the run directory, an absolute path. data: everything in summary.json, in its own keys.
    """

    directory: Path
    data: dict[str, Any] = field(repr=False)

    @property
    def state(self) -> str:
        """finished, paused (Ctrl-C, SIGTERM or a budget; go on with resume) or failed."""
        return str(self.data["state"])

    @property
    def problem(self) -> str:
        """Why it is not finished, and what to do, in one line; "" when it is."""
        return str(self.data["problem"])

    @property
    def by_round(self) -> list[dict[str, Any]]:
        """One dict per arm and round, in order: round, arm ("" without arms), games, deals, deal_rate, mean_price ...

        Intervals are 95%: deal_rate_low and _high (Wilson), price_low and _high, change_low and _high (Student's t).
        Prices are in the item's currency and given a deal; None where there is no value. `games` counts every finished
        game, those without a deal and those that failed included; `failed` counts the latter, deal_rate_without_failed
        (_low, _high) leaves them out, and a round that failed in every game has no deal_rate.
        """
        return list(self.data["rounds"])

    @property
    def exit_code(self) -> int:
        """What the command exits with."""
        return EXIT_CODES[self.data["ended"]]

    def __str__(self) -> str:
        width = screen_width()
        parts = [render(rounds_table(self.data, width), width), *disputed_lines(self.data), totals_line(self.data)]
        parts += [f"note: {note}" for note in self.data.get("notes", ())]
        if self.data["games"]["error"]:
            parts.append(f"{self.data['games']['error']} games failed; see bargain.log for each reason")
        return "\n".join([*parts, f"run directory: {on_screen(str(self.directory))}"])


def summary_data(ended: str, facts: dict[str, Any], tally: Tally, stats: Stats, wall_s: float) -> dict[str, Any]:
    """What stands in summary.json. ended: a key of EXIT_CODES, or running; facts: what the run knows of itself."""
    paid = {"input": stats.usage.input_tokens, "output": stats.usage.output_tokens, "cached": stats.usage.cached_tokens}
    notes = [NOTHING_READ] if ended != "running" and tally.words.unread() else []
    probes = [cost for seat, cost in stats.cost_by_seat.items() if seat.endswith(PROBE)]
    asked = {
        "probes": {
            **{name: tally.probes[name] for name in ("asked", "unusable", "calls", "input", "output")},
            "cost_usd": None if None in probes else sum(cost or 0.0 for cost in probes),
        }
    }
    return {
        "state": {"finished": "finished", "running": "running", "failed": "failed"}.get(ended, "paused"),
        "ended": ended,
        **facts,
        "games": {"planned": facts["n_games"], "finished": tally.finished, "error": tally.errors},
        "rounds": tally.rounds(intervals=ended != "running"),
        "notes": notes,
        # of the games, all of which are here once they are finished; until then of every reply, paid as they are
        "tokens": {name: tally.tokens[name] if ended == "finished" else tokens for name, tokens in paid.items()},
        "cost_usd": stats.cost_usd,  # of the games
        **(asked if probes else {}),
        "cost_usd_by_seat": dict(sorted(stats.cost_by_seat.items())),
        "models": {seat: sorted(names) for seat, names in sorted(stats.models.items())},
        "calls": {
            "live": stats.live,
            "from_journal": stats.from_journal,
            "retries": stats.retries,
            "failed": stats.failed,
            "maybe_billed": stats.maybe_billed,
            "open_intents": stats.open_intents,
            "reissued": stats.reissued,
            "rate_limit_cuts": stats.rate_limit_cuts,
            "uncosted": stats.uncosted,
            "contexts_cut": stats.contexts_cut,
        },
        "wall_s": round(wall_s, 3),
    }


def metrics(summary: dict[str, Any], tally: Tally) -> dict[str, float]:
    """How things stand, as numbers by name, for a tracker: prices and deals of every round that is over."""
    values = {
        "games_done": summary["games"]["finished"],
        "games_failed": summary["games"]["error"],
        "cost_usd": summary["cost_usd"],
        "calls_per_s": summary["calls"]["live"] / max(summary["wall_s"], 1e-3),
    }
    for (arm, number), each in sorted(tally.so_far.items()):
        name = f"{arm + '_' if arm else ''}round_{number}"
        values[f"{name}/mean_price"] = each.mean_price
        values[f"{name}/deal_rate"] = each.deals / each.rounds
    values["rounds_done"] = sum(each.rounds for each in tally.so_far.values())
    return {name: float(value) for name, value in values.items() if value is not None}
