"""The honesty ledger on the page: how often who misstated what, and the first examples, each with its words marked."""

from __future__ import annotations

import pandas as pd

from ..data.runs import Runs
from ..measures.ledger import Ledger, first_rounds, rates, rounds_read
from ..text import one_line
from .tables import ReportColumn, ReportTable, shown

EXAMPLES = 3
"""Shown of each player and kind."""
_AROUND = 80
NOTE = (
    "Read by code from English text, precision first: what is listed was said, much may be missed. Off: dollars from "
    "the truth (or from what the speaker did later) to the statement, positive where it serves the speaker. Moved: "
    "dollars from the statement to the agreed price, positive where the deal is better for the speaker than what it "
    "said; not a causal effect. See docs/honesty.md."
)


def honesty(runs: Runs) -> list[ReportTable]:
    """Two tables, both empty where nothing was found: the rates per player and kind, and examples."""
    each = rounds_read(runs)
    made = first_rounds(runs)
    frame = rates(made)
    read = f" The first {each:,} rounds of each run are read." if len(runs.rounds) > each * len(runs) else ""
    columns = shown(
        frame,
        ReportColumn("Player", "player", "key"),
        ReportColumn("What", "kind"),
        ReportColumn("Times", "entries", "count"),
        ReportColumn("Turns", "turns", "count"),
        ReportColumn("Of turns", "rate", "rate", low="rate_low", high="rate_high"),
        ReportColumn("Off, mean", "off", "number", signed=True),
        ReportColumn("Moved, mean", "moved", "number", signed=True, n="n_moved"),
    )
    examples = _examples(runs, made)
    told = shown(
        examples,
        ReportColumn("What", "kind", "key"),
        ReportColumn("Player", "player"),
        ReportColumn("Where", "place"),
        ReportColumn("Said", "said"),
        ReportColumn("Stated", "stated", "number"),
        ReportColumn("Truth", "truth", "number"),
        ReportColumn("Off", "off", "number", signed=True),
    )
    return [
        ReportTable("honesty", "Honesty: what was said against what is true", frame, columns, NOTE + read),
        ReportTable("honesty_examples", "Honesty: examples", examples, told, f"The first {EXAMPLES} of each."),
    ]


def _examples(runs: Runs, made: Ledger) -> pd.DataFrame:
    """The first entries of each player and kind; `said` has the words between [[ and ]]."""
    found = made.entries
    engines = runs.runs.set_index("run")
    names = [
        f"{engines.at[run, f'{role}_engine']!s} ({role})" for run, role in zip(found["run"], found["role"], strict=True)
    ]
    found = found.assign(player=names)
    found = found.groupby(["kind", "player"], sort=True).head(EXAMPLES).sort_values(["kind", "player"], kind="stable")
    rows = []
    for row in found.to_dict("records"):
        game = runs.game(str(row["run"]), int(row["game"]))
        text = next(
            played["turns"][row["turn"] - 1]["text"]
            for played in game["rounds"]
            if (played["arm"], played["round"]) == (row["arm"], row["round"])
        )
        start, end = row["start"], row["end"]
        before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
        arm = f" ({row['arm']})" if row["arm"] else ""
        place = f"game {row['game']}, round {row['round']}{arm}, turn {row['turn']}"
        rows.append({**row, "place": place, "said": one_line(f"{before}[[{text[start:end]}]]{after}", 400)})
    return pd.DataFrame(rows)
