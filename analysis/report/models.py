"""The two-part model of a sweep as a table: what coaching and each choice do to deals, price and surplus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..data.runs import Runs
from ..measures.metrics import metric_of
from ..measures.models import CHANGE, GAME, OUTCOMES, START, two_part
from ..text import number, one_line
from .tables import ReportColumn, ReportTable, shown

_TITLES = {"deal_odds": "Odds of a deal, ratio", "deal_rate": "Deal rate", "price": "Price of the deals",
           "surplus": "Surplus, no deal = 0"}  # fmt: skip
_KEYS = ["learner", "arm", "choice", "b_is", "a_is", "when"]
_NOTE = (
    "Rounds 1 and the last that all plan, of all cells, in one model for each column; more is better for the coached "
    "player. All settings: round 1, and the change since then, over all settings with equal weight. A choice's value "
    "stands against its first, in round 1 and in the change since. Odds: logistic model; deal rate: the same as a "
    "linear model, in points; errors of both by cluster ({clusters}; generalised estimating equations, Mancl & "
    "DeRouen). Price and surplus: linear mixed models with random intercepts of games{around}, t intervals with "
    "Satterthwaite's freedom. Price is that of the games with a deal: it compares like with like as far as the deals "
    "that are missing are explained by what the model knows. Choices are taken to add up; "
    "--interaction asks for what does not. Brackets: 95% intervals, left out where values are too few. p is not "
    "corrected: the claims are the main effects' and belong to the page's family."
)


def model(runs: Runs) -> ReportTable:
    """One row per coefficient, the outcomes side by side; empty for a single run."""
    found = two_part(runs)
    several = found["learner"].nunique() > 1 if len(found) else False
    currency: Any = runs.runs.groupby("learner")["item.currency"].first() if "item.currency" in runs.runs else {}
    rows = []
    for keys, group in found.groupby(_KEYS, sort=False) if len(found) else ():
        row: dict[str, Any] = dict(zip(_KEYS, keys, strict=True))
        row["learner"] = row["learner"] if several else ""
        row["what"] = "all settings" if not row["choice"] else row["choice"]
        row["levels"] = f"{one_line(row['b_is'], 40)} against {one_line(row['a_is'], 40)}" if row["choice"] else ""
        for each in group.to_dict("records"):
            row |= _numbers(each, str(currency.get(each["learner"], "$")))
        rows.append(row)
    wide = pd.DataFrame(rows, columns=None if rows else ["what"])
    columns = shown(
        wide,
        ReportColumn("Coached", "learner", "key"),
        ReportColumn("Arm", "arm", "key"),
        ReportColumn("Choice", "what", "key"),
        ReportColumn("Values", "levels", "key"),
        ReportColumn("When", "when"),
        *(
            column
            for outcome, title in _TITLES.items()
            for column in (
                ReportColumn(title, outcome, "said", f"{outcome}_low", f"{outcome}_high"),
                ReportColumn("p", f"{outcome}_p", "p"),
            )
        ),
    )
    return ReportTable(
        "model",
        "Two-part model: deal or not, and at what price",
        wide,
        columns,
        _noted(found) if len(found) else "",
        found,
    )


def _numbers(row: dict[Any, Any], currency: str) -> dict[str, Any]:
    """A coefficient as the wide row has it. A level in round 1 has no p: that it is not 0 says nothing."""
    name, value, level = row["outcome"], row["estimate"], not row["choice"] and row["when"] == START
    ends = [row["low"], row["high"]]
    if level and name == "price" and value < 0:  # a learning buyer's prices are turned; here as they are paid
        value, ends = -value, [-ends[1], -ends[0]]
    if value != value or (level and name == "deal_odds"):
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_p": None}
    unit = "" if name == "deal_odds" else metric_of(row["metric"]).unit
    scale = 100 if unit == "rate" else 1
    told = number(value, unit, currency, signed=name != "deal_odds" and not level)
    low, high = (each * scale for each in ends)
    return {name: told, f"{name}_low": low, f"{name}_high": high, f"{name}_p": None if level else row["p"]}


def _noted(found: pd.DataFrame) -> str:
    together = found["together"].iloc[0]
    clusters = together or "game"
    around = f" and of each {together}" if together else ""
    if together and (found["when"] == CHANGE).any():
        around += f", whose change may differ from {'game to game' if together == GAME else 'run to run'}"
    note = _NOTE.format(clusters=clusters, around=around)
    if not together:
        note += " Each cell is one run: what a run has of its own cannot be told from its choices."
    return " ".join([note, *_spreads(found), *_missing(found)])


def _spreads(found: pd.DataFrame) -> Iterator[str]:
    """The random effects of price and surplus, where there is one model of each."""
    models = found.drop_duplicates(["learner", "arm", "outcome"])
    for row in models.to_dict("records") if len(models) == len(OUTCOMES) else ():
        paired = row["together"] == GAME
        parts = {
            "spread_together": "games over all cells" if paired else "runs",
            "spread_change": "their change",
            "spread_game": "games within these" if paired else "games",
            "spread_left": "rounds",
        }
        told = [f"{name} {row[column]:.2f}" for column, name in parts.items() if row[column] == row[column]]
        if told:
            yield f"Standard deviations in the model of {row['outcome']}: {', '.join(told)}."


def _missing(found: pd.DataFrame) -> Iterator[str]:
    """Why coefficients are missing, each reason once."""
    without = found[found["estimate"].isna()]
    key: Any
    for key, group in without.groupby(["learner", "arm", "outcome", "note"], sort=False):
        learner, arm, outcome, note = key
        whose = ", ".join(filter(None, (f"{learner} coached" if found["learner"].nunique() > 1 else "", arm)))
        terms = [f"{row['choice']} {one_line(row['b_is'], 40)}" for row in group.to_dict("records") if row["choice"]]
        which = f" ({', '.join(dict.fromkeys(terms))})" if "told from" in note else ""
        yield f"{_TITLES[outcome]}{f' ({whose})' if whose else ''}: {note}{which}."
