"""Deal rates corrected for the moderator's errors, as a bench of labelled dialogues has shown them.

bargain-judge labelled.jsonl moderator=yes_no engine@moderator.engine=gpt-4o
bargain-report DIR --judged outputs/judge/DATE/TIME-judge/judge.json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.data.runs import Runs
from analysis.measures import metrics
from analysis.report.tables import ReportColumn, ReportTable, shown
from analysis.stats.misjudged import true_rate
from bargain.rundir.plain import read_plain

DECIDE_THEMSELVES = ("tagged", "structured", "numbers")
"""Channels whose acts decide (bargain/channels)."""
RATE = "deal_rate_without_failed"


class Judged(NamedTuple):
    """What a bench says of a moderator: its engine; of dialogues with and without a deal, how many it judged right."""

    engine: str
    of_deals: tuple[int, int]
    of_others: tuple[int, int]


def read_bench(path: Path) -> dict[str, Judged]:
    """The moderators of bargain-judge's judge.json, by name. Raises ValueError for any other file, OSError."""
    try:
        data: Any = json.loads(read_plain(path))
        if data.get("rounds"):
            raise ValueError(
                "its labels are what a run recorded, not what is true; judge dialogues that somebody labelled"
            )
        found = {
            str(name): _judged(each["confusion"], str(data.get("engines", {}).get(name, "")))
            for name, each in data["moderators"].items()
        }
    except (KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError("it is no judge.json of bargain-judge") from error
    if not found:
        raise ValueError("it has no moderator that has judged anything")
    return found


def _judged(confusion: Mapping[str, Mapping[str, int]], engine: str) -> Judged:
    """Of a confusion matrix. A dialogue without a verdict counts nowhere, as a game that a failed call cost."""
    answered = {label: {said: int(n) for said, n in row.items() if said != "error"} for label, row in confusion.items()}
    deals = answered.pop("deal")
    others = list(answered.values())
    spared = sum(n for row in others for said, n in row.items() if said != "deal")
    return Judged(engine, (deals["deal"], sum(deals.values())), (spared, sum(sum(row.values()) for row in others)))


def corrected(runs: Runs, names: pd.DataFrame, bench: Mapping[str, Judged]) -> ReportTable:
    """Per cell, arm and round: the deal rate as the moderator told it, and as it must then have been."""
    keys = ["run", "arm", "round"]
    rates = metrics.table(runs, [RATE])[[*keys, "value", "low", "high", "n"]].astype({"run": str, "arm": str})
    frame = runs.runs.assign(run=runs.runs["run"].astype(str)).set_index("run")
    whole = names.astype({"run": str}).merge(rates[rates["n"] > 0], on="run")
    rows = []
    for row in whole.sort_values(["number", "arm", "round"], kind="stable").to_dict("records"):
        moderator = str(frame.at[row["run"], "moderator.name"])
        engine = str(frame.at[row["run"], "moderator_engine"] or "")
        if frame.at[row["run"], "channel.name"] in DECIDE_THEMSELVES:
            rows.append(row | {"note": "none needed: the acts decided, and no moderator was asked"})
            continue
        judged = bench.get(moderator)
        if judged is None:
            rows.append(row | {"note": f"{moderator} is not in this bench"})
            continue
        found = true_rate(round(row["value"] * row["n"]), int(row["n"]), judged.of_deals, judged.of_others)
        other = f"judged with {judged.engine}, played with {engine}" if judged.engine != engine else ""
        rows.append(
            row
            | {"corrected": found.value, "corrected_low": found.low, "corrected_high": found.high}
            | {"of_deals": _of(judged.of_deals), "of_others": _of(judged.of_others)}
            | {"note": found.method if found.value != found.value else other}
        )
    columns = ["number", "cell", *keys[1:], "n", "value", "low", "high", "corrected", "corrected_low", "corrected_high"]
    made = pd.DataFrame(rows).reindex(columns=[*columns, "of_deals", "of_others", "note"])
    listed = shown(
        made,
        ReportColumn("#", "number", "key") if len(names) > 1 else None,
        ReportColumn("Cell", "cell", "key"),
        ReportColumn("Arm", "arm", "key") if made["arm"].astype(str).ne("").any() else None,
        ReportColumn("Round", "round"),
        ReportColumn("Games", "n", "count"),
        ReportColumn("Deals, as told", "value", "rate", "low", "high"),
        ReportColumn("Corrected", "corrected", "rate", "corrected_low", "corrected_high"),
        ReportColumn("Deals it found", "of_deals"),
        ReportColumn("Others it left alone", "of_others"),
        ReportColumn("Note", "note") if made["note"].astype(str).ne("").any() else None,
    )
    note = (
        "Rogan & Gladen's (1978) estimate of the true deal rate, with Lang & Reiczigel's (2014) interval, which counts "
        "the errors of the bench too. It holds as far as the moderator errs in these games as it did on the labelled "
        "dialogues. Games that a failed call cost are left out. Prices are not corrected."
    )
    return ReportTable("corrected", "Deal rates, corrected for the moderator's errors", made, listed, note)


def _of(hits: tuple[int, int]) -> str:
    return f"{hits[0]:,} of {hits[1]:,}"
