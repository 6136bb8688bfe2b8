"""What stands behind the numbers: how good the moderator was, what was spent by whom, and how the games were made."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data.runs import Runs
from ..measures import costs, metrics
from ..stats.intervals import NAN, ratio_interval
from .tables import ReportColumn, ReportTable, shown

UNREADABLE = "no verdict in the"
"""How the reason of a round begins whose moderator never gave a readable verdict."""


def moderators(runs: Runs) -> ReportTable:
    """Per moderator and its engine: verdicts, how often the code disagrees, overrules, rounds disputed or undecided."""
    name = runs.runs["moderator.name"] if "moderator.name" in runs.runs else pd.Series("", index=runs.runs.index)
    kept = runs.runs.assign(moderator=name.fillna("").astype(str))
    with_name = Runs(kept, runs.rounds, runs.problems, {})
    by = ["moderator", "moderator_engine"]
    found = metrics.table(with_name, ["disagreement_rate", "overruled_rate"], by=by)
    rounds = metrics.joined(with_name, by)
    rounds = rounds[~rounds["repeat"] & (rounds["outcome"] != "not_played")]
    rows = []
    for key, group in rounds.groupby(by, observed=True):
        row: dict[str, Any] = dict(zip(by, key, strict=True))
        mine = {each["metric"]: each for each in found[(found[by] == pd.Series(row)).all(axis=1)].to_dict("records")}
        for metric in ("disagreement_rate", "overruled_rate"):
            for part in ("value", "low", "high"):
                row[f"{metric}_{part}"] = mine[metric][part] if metric in mine else NAN
        told = group["reason"].astype(str)
        undecided = group["outcome"].eq("no_deal").groupby([group["run"], group["game"]], observed=True)
        unsure = ratio_interval(undecided.sum().to_numpy(), undecided.size().to_numpy())
        unreadable = int((group["outcome"].eq("error") & told.str.contains(UNREADABLE, regex=False)).sum())
        rows.append(
            row
            | {"rounds": len(group), "verdicts": int(group["verdicts"].sum()), "unreadable": unreadable}
            | {"disputed": int(group["disputed"].sum())}
            | {"undecided": unsure.value, "undecided_low": unsure.low, "undecided_high": unsure.high}
        )
    frame = pd.DataFrame(rows, columns=None if rows else by)
    columns = shown(
        frame,
        ReportColumn("Moderator", "moderator"),
        ReportColumn("Engine", "moderator_engine"),
        ReportColumn("Rounds", "rounds", "count"),
        ReportColumn("Verdicts", "verdicts", "count"),
        _rate("The code disagrees", "disagreement_rate_value", "disagreement_rate"),
        _rate("Overruled", "overruled_rate_value", "overruled_rate"),
        _rate("Never decided", "undecided", "undecided"),
        ReportColumn("Disputed", "disputed", "count"),
        ReportColumn("No readable verdict", "unreadable", "count"),
    )
    note = _told(rounds) + (
        "The code disagrees: share of verdicts it has an objection to; overruled: share that did not stand. Never "
        "decided: share of played rounds that ran out of exchanges, with no deal and nobody leaving. Intervals are "
        "over games, since the rounds of one are alike. Rules cannot "
        "disagree with themselves."
    )
    return ReportTable("moderators", "The moderator", frame, columns, note)


def _told(rounds: pd.DataFrame) -> str:
    """How often moderator and words part, and what would be if the moderator were right, in two sentences."""
    if not len(rounds):
        return ""
    disputed, verdicts, objections = (int(rounds[name].sum()) for name in ("disputed", "verdicts", "objections"))
    deals = int((rounds["outcome"] == "deal").sum())
    with_them = (deals + disputed) / len(rounds)
    return (
        f"{disputed:,} of {len(rounds):,} rounds disputed: the moderator says deal and the words do not bear it out"
        f"{f'; with them the deal rate is {with_them:.1%}, without {deals / len(rounds):.1%}' if disputed else ''}. "
        f"Moderator and reader disagree on {objections:,} of {verdicts:,} verdicts. "
    )


def _rate(title: str, value: str, name: str) -> ReportColumn:
    return ReportColumn(title, value, "rate", f"{name}_low", f"{name}_high")


def spending(runs: Runs, names: pd.DataFrame) -> tuple[ReportTable, ReportTable]:
    """Tokens and money by seat and engine over all runs; and per cell, with what a dollar of improvement cost."""
    seats = costs.by_seat(runs)
    kept = seats.groupby(["role", "engine"], sort=False)
    whole = kept.agg(
        runs=("run", "nunique"),
        input_tokens=("input_tokens", "sum"),
        output_tokens=("output_tokens", "sum"),
        cost_usd=("cost_usd", lambda cost: cost.sum(skipna=False)),
    ).reset_index()
    columns = (
        ReportColumn("Seat", "role", "key"),
        ReportColumn("Engine", "engine"),
        ReportColumn("Runs", "runs", "count"),
        ReportColumn("Tokens in", "input_tokens", "count"),
        ReportColumn("Tokens out", "output_tokens", "count"),
        ReportColumn("Cost", "cost_usd", "usd"),
    )
    note = "Tokens of the finished games; the cost is the whole runs'. A – means that a price is not known."
    by_seat = ReportTable("cost_by_seat", "By seat and engine", whole, columns, note)
    cells = costs.costs(runs).merge(names, on="run", suffixes=("", "_run"))
    told = shown(
        cells,
        ReportColumn("#", "number", "key"),
        ReportColumn("Cell", "cell", "key"),
        ReportColumn("Arm", "arm"),
        ReportColumn("Games", "games", "count"),
        ReportColumn("Tokens per game", "tokens_per_game", "number", "tokens_low", "tokens_high"),
        ReportColumn("Cost per game", "usd_per_game", "usd"),
        ReportColumn("Gain", "gain", "currency", "gain_low", "gain_high", signed=True),
        ReportColumn("Cost per unit gained", "usd_per_gain", "usd"),
        ReportColumn("at least", "usd_per_gain_low", "usd"),
        ReportColumn("at most", "usd_per_gain_high", "usd"),
        ReportColumn("Note", "note"),
    )
    note = (
        "Gain: the coached player's price change from round 1 to the last. At least, at most: from the gain's interval."
    )
    return by_seat, ReportTable("cost_by_cell", "By cell, and what an improvement costs", cells, told, note)
