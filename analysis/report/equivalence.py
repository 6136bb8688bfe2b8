"""Tests of the page read two other ways: is a difference too small to matter, and which intervals hold all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ..measures.claims import OUTCOMES
from ..measures.metrics import metric_of
from ..measures.sentences import SURE, about, measure, where
from ..stats.differences import holm
from ..stats.equivalence import at_once, within
from ..text import interval, number, probability
from .tables import ReportColumn, ReportTable, shown

Row = Mapping[Any, Any]


def margins(named: list[str]) -> dict[str, float]:
    """What --margin names, by outcome: price=0.50, surplus=1, deal_rate=5% or 0.05. Raises ValueError in words."""
    found = {}
    for each in named:
        outcome, _, size = each.partition("=")
        if outcome not in OUTCOMES:
            raise ValueError(f"name an outcome and its margin, as in price=0.50; outcomes are {', '.join(OUTCOMES)}")
        percent = size.endswith("%") and outcome == "deal_rate"
        try:
            margin = float(size.removesuffix("%")) / 100 if percent else float(size)
        except ValueError:
            margin = float("nan")
        if not 0 < margin < (1 if outcome == "deal_rate" else float("inf")):
            what = "a share below 1 (0.05) or percent (5%)" if outcome == "deal_rate" else "a number above 0"
            raise ValueError(f"the margin of {outcome} must be {what}")
        found[outcome] = margin
    return found


def equivalence(found: pd.DataFrame, named: Mapping[str, float]) -> ReportTable:
    """Each test of an outcome that has a margin: whether the difference is shown to be within it. found: the tests."""
    told, p = [], []
    for row in found.to_dict("records") if named and len(found) else ():
        if row["outcome"] not in named:
            continue
        margin, unit = named[row["outcome"]], metric_of(row["metric"]).unit
        note = "" if unit in ("currency", "rate") else "told in shares: a margin in money says nothing of it"
        made = within(row["centre"], row["error"], row["freedom"], margin)
        note = note or (made.note and (row["note"] or made.note))
        p.append(float("nan") if note else made.p)
        told.append({**row, "margin": margin, "low": made.low, "high": made.high, "note": note, "unit": unit})
    corrected = holm([each if row["primary"] else float("nan") for row, each in zip(told, p, strict=True)])
    kept = [
        "numbers",
        "question",
        "outcome",
        "metric",
        "primary",
        "margin",
        "difference",
        "low",
        "high",
        "n",
        "currency",
    ]
    frame = pd.DataFrame([{name: row[name] for name in kept} for row in told], columns=kept)
    frame = frame.assign(p=p, p_holm=corrected, note=[row["note"] for row in told])
    frame["sentence"] = [
        _sentence(row | {"p": one, "p_holm": all_of_them})
        for row, one, all_of_them in zip(told, p, corrected, strict=True)
    ]
    columns = (
        ReportColumn("#", "numbers"),
        ReportColumn("Test", "sentence"),
        ReportColumn("p", "p", "p"),
        ReportColumn("p, Holm", "p_holm", "p"),
    )
    note = (
        "Two one-sided t tests (Schuirmann 1987) against the margins named with --margin: a difference is shown to be "
        "within the margin where its 90% interval is. Holm's correction runs over all of these that are about primary "
        "outcomes; the others are exploratory and claim nothing. A margin says what is too small to matter: it has to "
        "be named before the data are seen. Not shown within the margin does not mean that there is a difference."
    )
    return ReportTable("equivalence", "Differences too small to matter", frame, columns if len(frame) else (), note)


def _sentence(row: Row) -> str:
    if row["note"]:
        return f"{about(row)}: not tested against a margin ({row['note']})"
    unit, sure = row["unit"], row["p_holm"] < SURE
    size = f"{100 * row['margin']:g} points" if unit == "rate" else number(row["margin"], unit, row["currency"])
    what = f"difference in {measure(row)}" if row["question"] not in ("price", "deals", "surplus") else measure(row)
    claim = f"no {what} of more than {size}" if sure else f"a {what} of more than {size} is not ruled out"
    told = number(row["difference"], unit, row["currency"], signed=True)
    evidence = f"{probability(row['p_holm'])} Holm" if row["primary"] else "exploratory, not corrected"
    between = f"{interval(row['low'], row['high'], unit)} at 90%"
    return f"{about(row)}: {claim} {where(row)}: {told} {between}, n={int(row['n']):,}, {evidence}"


def simultaneous(found: pd.DataFrame, tests: int) -> ReportTable:
    """The tests of primary outcomes with intervals of which all hold together. tests: how many the family has."""
    made = found[found["p_holm"].notna() & found["error"].gt(0)] if len(found) else found
    rows = list(_at_once(made, tests))
    names = ["numbers", "about", "difference", "low", "high", "all_low", "all_high", "p_holm"]
    data = pd.DataFrame([{name: row[name] for name in names} for row in rows], columns=names)
    wide = pd.DataFrame(rows, columns=None if rows else names)
    columns = shown(
        wide,
        ReportColumn("#", "numbers"),
        ReportColumn("Test", "about"),
        ReportColumn("Difference", "told", "said", "shown_low", "shown_high"),
        ReportColumn("All at once", "told_again", "said", "shown_all_low", "shown_all_high"),
        ReportColumn("p, Holm", "p_holm", "p"),
    )
    note = (
        f"Beside the 95% interval of each test the one with which all {tests} of the family hold together in 95 of 100 "
        f"studies (Bonferroni, {100 * (1 - 0.05 / max(tests, 1)):.5g}%: t; for rates Bonett & Price or Agresti & "
        "Caffo). Holm's p may fall below 0.05 where this interval still holds 0: Holm rejects more and has no "
        "intervals of its own that are as plain. Tests without spread or with too few games have none."
    )
    return ReportTable("simultaneous", "Intervals that hold all at once", wide, columns, note, data)


def _at_once(made: pd.DataFrame, tests: int) -> Iterator[dict[Any, Any]]:
    for row in made.to_dict("records"):
        few = row["low"] != row["low"]  # too few for an interval of its own
        low, high = (row["low"],) * 2 if few else at_once(row["centre"], row["error"], row["freedom"], tests)
        unit = metric_of(row["metric"]).unit
        scale = 100 if unit == "rate" else 1
        told = number(row["difference"], unit, row["currency"], signed=True)
        ends = {"low": row["low"], "high": row["high"], "all_low": low, "all_high": high}
        said = {f"shown_{name}": value * scale for name, value in ends.items()}
        yield {**row, **ends, **said, "about": f"{about(row)}: {measure(row)}", "told": told, "told_again": told}
