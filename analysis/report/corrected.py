"""Deal rates and prices corrected for the moderator's errors, as a bench of labelled dialogues has shown them, or
bounded where nobody knows them.

bargain-judge labelled.jsonl moderator=yes_no engine@moderator.engine=gpt-4o
bargain-report DIR --judged outputs/judge/DATE/TIME-judge/judge.json
bargain-report DIR --errors 2% --errors 5%
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bargain.config.identity import decides_alone
from bargain.rundir.plain import read_plain

from ..data.runs import Runs
from ..measures import metrics
from ..stats.intervals import rate_interval
from ..stats.misjudged import Bounds, false_share, price_bounds, rate_bounds, true_rate
from ..text import number
from .tables import ReportColumn, ReportTable, shown

RATE = "deal_rate_without_failed"


class Bench(NamedTuple):
    """What a bench says of a moderator: its engine; of dialogues with and without a deal, how many it judged right."""

    engine: str
    of_deals: tuple[int, int]
    of_others: tuple[int, int]


def read_bench(path: Path) -> dict[str, Bench]:
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


def _judged(confusion: Mapping[str, Mapping[str, int]], engine: str) -> Bench:
    """Of a confusion matrix. A dialogue without a verdict counts nowhere, as a game that a failed call cost."""
    answered = {label: {said: int(n) for said, n in row.items() if said != "error"} for label, row in confusion.items()}
    deals = answered.pop("deal")
    others = list(answered.values())
    spared = sum(n for row in others for said, n in row.items() if said != "deal")
    return Bench(engine, (deals["deal"], sum(deals.values())), (spared, sum(sum(row.values()) for row in others)))


def rates_of(named: Sequence[str]) -> list[float]:
    """What --errors names, in order: 5% or 0.05. Raises ValueError in words."""
    found = []
    for each in named:
        try:
            rate = float(each.removesuffix("%")) / (100 if each.endswith("%") else 1)
        except ValueError:
            rate = float("nan")
        if not 0 < rate < 0.5:
            raise ValueError("name how many verdicts may be wrong, as in 5% or 0.05; above 0 and below a half")
        found.append(rate)
    return sorted(set(found))


def nobody(row: Mapping[Any, Any]) -> str:
    """Why the verdicts of a run (a row of runs.runs) need no correction; empty where a model judges free talk."""
    decided = decides_alone(*(row.get(f"{group}._target_") for group in ("moderator", "channel", "protocol")))
    return decided and f"none needed: {decided} decided, and no moderator was asked"


def corrected(runs: Runs, names: pd.DataFrame, bench: Mapping[str, Bench], errors: Sequence[float] = ()) -> ReportTable:
    """Per cell, arm and round: deal rate and price as the moderator told them, as they must then have been by the
    bench, and between which values they lie by the disputed games and for each of `errors`. Empty where nothing is
    known of the moderator and nothing was disputed."""
    keys = ["run", "arm", "round"]
    rates = metrics.table(runs, [RATE])[[*keys, "value", "low", "high", "n"]].astype({"run": str, "arm": str})
    frame = runs.runs.assign(run=runs.runs["run"].astype(str)).set_index("run")
    rounds = {tuple(map(str, key)): part for key, part in runs.rounds.groupby(keys, observed=True)}
    whole = names.astype({"run": str}).merge(rates[rates["n"] > 0], on="run")
    rows = []
    for row in whole.sort_values(["number", "arm", "round"], kind="stable").to_dict("records"):
        played = rounds[row["run"], row["arm"], str(row["round"])]
        chosen = frame.loc[row["run"]].to_dict()
        ends = [chosen.get(f"item.{side}_opening", float("nan")) for side in ("buyer", "seller")]
        if none := nobody(chosen):
            rows.append(row | {"note": none})
            continue
        rows.append(row | _bounded(played, errors, ends, row["currency"]) | _by_bench(row, chosen, played, bench, ends))
    numbers = [f"{each}_{end}" for each in ("disputed", *map(_name, errors)) for end in _ENDS]
    kept = ["number", "cell", *keys[1:], "n", "value", "low", "high", *numbers, *_BENCH, "currency", "note"]
    made = pd.DataFrame(rows).reindex(columns=kept)
    if not (bench or errors) and not made["disputed_told"].notna().any():
        made = made.iloc[:0]
    listed = shown(
        made,
        ReportColumn("#", "number", "key") if len(names) > 1 else None,
        ReportColumn("Cell", "cell", "key"),
        ReportColumn("Arm", "arm", "key") if made["arm"].astype(str).ne("").any() else None,
        ReportColumn("Round", "round"),
        ReportColumn("Games", "n", "count"),
        ReportColumn("Deals, as told", "value", "rate", "low", "high"),
        ReportColumn("If the disputed turn", "disputed_told", "said", "disputed_low", "disputed_high"),
        *(
            column
            for each in errors
            for column in (
                ReportColumn(f"Errors up to {100 * each:g}%", f"{_name(each)}_told", "said", f"{_name(each)}_low",
                             f"{_name(each)}_high"),
                ReportColumn("Price then", f"{_name(each)}_price", "said"),
            )
        ),
        ReportColumn("Corrected", "corrected", "rate", "corrected_low", "corrected_high"),
        ReportColumn("Price then", "corrected_price", "said"),
        ReportColumn("Deals it found", "of_deals"),
        ReportColumn("Others it left alone", "of_others"),
        ReportColumn("Note", "note") if made["note"].fillna("").astype(str).ne("").any() else None,
    )  # fmt: skip
    return ReportTable("corrected", "Deal rates, corrected for the moderator's errors", made, listed, _NOTE)


_ENDS = ("told", "bound_low", "bound_high", "low", "high", "price", "price_low", "price_high")
_BENCH = ("corrected", "corrected_low", "corrected_high", "corrected_price", "corrected_price_low",
          "corrected_price_high", "of_deals", "of_others")  # fmt: skip
_NOTE = (
    "If the disputed turn: the rate if every game in which the code objects to a verdict had ended the other way, down "
    "and up. Errors up to: at most so many of the deals were missed, and at most so many of the other games called "
    "deals (--errors); the bounds of fewer errors lie within those of more. Corrected: Rogan & Gladen's (1978) "
    "estimate with Lang & Reiczigel's (2014) interval, which counts the errors of the bench too; it holds as far as "
    "the moderator errs in these games as it did on the labelled dialogues. Prices then: bounds of the mean price of "
    "the true deals, if false deals are the cheapest or the dearest told ones (Horowitz & Manski 1995) and missed "
    "deals had any price between the openings; sampling error is not in them. Brackets: 95% intervals. Games that a "
    "failed call cost are left out. Where the rules or the acts of the channel decide, no moderator errs and nothing "
    "is corrected."
)


def _name(errors: float) -> str:
    return f"errors_{100 * errors:g}".replace(".", "_")


def _bounded(played: pd.DataFrame, errors: Sequence[float], ends: Sequence[float], currency: str) -> dict[str, Any]:
    """The bounds by the disputed games and by each of `errors`."""
    kept = played[played["outcome"] != "error"]
    dealt, doubtful = kept["outcome"] == "deal", kept["objections"] > 0
    n, deals = len(kept), int(dealt.sum())
    found: dict[str, Any] = {}
    if doubtful.any():
        counts = deals - int((dealt & doubtful).sum()), deals + int((~dealt & doubtful).sum())
        limits = [rate_interval(each, n) for each in counts]
        found |= _as_columns("disputed", Bounds(counts[0] / n, counts[1] / n, limits[0].low, limits[1].high))
    for each in errors:
        found |= _as_columns(_name(each), rate_bounds(deals, n, each))
        prices = price_bounds(kept.loc[dealt, "price"], false_share(deals / n, each), each, *ends)
        found |= _price_columns(_name(each), prices, currency)
    return found


def _as_columns(name: str, made: Bounds) -> dict[str, Any]:
    ends = {f"{name}_{end}": getattr(made, end) for end in ("bound_low", "bound_high")}
    told = f"{100 * made.bound_low:.1f}% to {100 * made.bound_high:.1f}%"
    return ends | {f"{name}_told": told, f"{name}_low": 100 * made.low, f"{name}_high": 100 * made.high}


def _price_columns(name: str, prices: tuple[float, float], currency: str) -> dict[str, Any]:
    told = " to ".join(number(each, "currency", currency) for each in prices) if prices[0] == prices[0] else None
    return {f"{name}_price": told, f"{name}_price_low": prices[0], f"{name}_price_high": prices[1]}


def _by_bench(
    row: Mapping[Any, Any],
    chosen: Mapping[Any, Any],
    played: pd.DataFrame,
    bench: Mapping[str, Bench],
    ends: Sequence[float],
) -> dict[str, Any]:
    """The rate and the price by the bench's errors, and what to know of it."""
    if not bench:
        return {"note": ""}
    moderator, engine = str(chosen["moderator.name"]), str(chosen["moderator_engine"] or "")
    judged = bench.get(moderator)
    if judged is None:
        return {"note": f"{moderator} is not in this bench"}
    found = true_rate(round(row["value"] * row["n"]), int(row["n"]), judged.of_deals, judged.of_others)
    other = f"judged with {judged.engine}, played with {engine}" if judged.engine != engine else ""
    made: dict[str, Any] = {"corrected": found.value, "corrected_low": found.low, "corrected_high": found.high}
    made |= {"of_deals": _of(judged.of_deals), "of_others": _of(judged.of_others)}
    if found.value == found.value and row["value"] > 0:
        finds, spares = (hits / total for hits, total in (judged.of_deals, judged.of_others))
        false = min((1 - found.value) * (1 - spares) / row["value"], 1.0)
        prices = price_bounds(played.loc[played["outcome"] == "deal", "price"], false, 1 - finds, *ends)
        made |= _price_columns("corrected", prices, str(row["currency"]))
    return made | {"note": found.method if found.value != found.value else other}


def _of(hits: tuple[int, int]) -> str:
    return f"{hits[0]:,} of {hits[1]:,}"
