"""One test of the report as a sentence: what changed, from where to where, how sure.

Which tests there are, and Holm's correction, is said in tests.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..text import PAIRED, choice, interval, key_in_words, number, one_line, probability
from .metrics import metric_of

SURE = 0.05
"""A corrected p below this lets the sentence claim something; above it, it says that nothing is shown."""
CHANGES = {"price": "change of the price", "deals": "change of deals", "surplus": "change of surplus"}
"""The questions about a change since round 1, and what changes."""
OVER_ALL = ("factors", "interactions")
"""The questions about a choice over all settings of the others."""
Row = Mapping[Any, Any]


def sentence(row: Row) -> str:
    """A row of claims.tests: its subject, claim, size with interval, both means, n, test, p and effect size."""
    whom = about(row)
    if math.isnan(row["difference"]):
        return f"{whom}: {row['note'] or 'nothing to compare'}"
    unit, sure = metric_of(row["metric"]).unit, row["p_holm"] < SURE  # of an exploratory test it is NaN: never sure
    size, low, high = row["difference"], row["low"], row["high"]
    if sure and size < 0:  # "rarer by 40 points [22, 54]"
        size, low, high = -size, -high, -low
    told = number(size, unit, row["currency"], signed=True)  # signed: a difference of rates is in points, not in %
    told = told.removeprefix("+") if sure else told
    between = interval(low, high, unit)
    means = _joined(row, _means(row, unit)) + _with_failed(row, unit)
    if sure:
        text = f"{whom}{_claim(row)} {told} {between}{_more(row)} {where(row)} ({means})"
    else:
        text = f"{whom}: no {_what(row)} shown {where(row)}: {told} {between} ({means})"
    return ", ".join([" ".join(text.split()), *_evidence(row)])


def _joined(row: Row, sides: list[str]) -> str:
    return (" to " if row["question"] in CHANGES else " against ").join(sides)


def _with_failed(row: Row, unit: str) -> str:
    """How many games are left out since a call failed; of deal rates also what these are with them as no deals."""
    failed = row.get("failed", 0)
    if not failed > 0 or row["outcome"] == "price":  # a price is known of the games with a deal only, failed or not
        return ""
    told = f"; {int(failed)} failed game{'s' * (failed > 1)} left out"
    if math.isnan(row.get("a_with_failed", math.nan)):
        return told
    signed = _signed(row)
    sides = [number(row[f"{side}_with_failed"], unit, row["currency"], signed=signed) for side in "ab"]
    if row["question"] not in CHANGES:
        sides.reverse()
    return f"{told}, as no deals {_joined(row, sides)}"


def _evidence(row: Row) -> list[str]:
    parts = [f"n={int(row['n']):,}" + (" pairs" if row["test"] in PAIRED else "")]
    if not math.isnan(row["p_holm"]):
        parts += [str(row["test"]), f"{probability(row['p_holm'])} Holm"]
    elif not row["primary"] and not math.isnan(row["p"]):
        parts += [str(row["test"]), f"exploratory: {probability(row['p'])}, not corrected"]
    if row["question"] in OVER_ALL:
        settings = int(row["combinations"])
        parts.append(f"over {settings} setting{'s' * (settings > 1)} of the other choices")
    if math.isfinite(row["effect"]) and (row["effect"] or row["effect_name"] != "odds ratio"):
        parts.append(f"{row['effect_name']}={row['effect']:.2f}")
    return [*parts, *([str(row["note"])] if row["note"] else [])]


def about(row: Row) -> str:
    """Whom or what the sentence is about."""
    if row["question"] == "parts":
        return f"{row['subject']}, {row['choice']} ({level(row['b_is'])} against {level(row['a_is'])} feedback)"
    if row["question"] == "arms":
        return f"{row['subject']}, {level(row['b_is'])} against {level(row['a_is'])} feedback"
    whom = str(row["subject"])
    if row["question"] not in CHANGES:
        whom = f"{key_in_words(row['choice'])} {level(row['b_is'])} against {level(row['a_is'])}"
    if row["question"] in OVER_ALL:
        whom = f"{row['learner']} coached, {whom}" if row["learner"] else whom
    if row["question"] == "interactions":
        whom += f", at {key_in_words(row['at'])} {level(row['at_b'])} against at {level(row['at_a'])}"
    arm = row.get("arm")
    return f"{whom}, {level(arm)} feedback" if isinstance(arm, str) and arm else whom


def _claim(row: Row) -> str:
    """What is sure, up to the number."""
    up = row["difference"] > 0
    if row["question"] == "price" and row["role"] == "learner":
        return " gains" if up else " loses"
    if row["question"] == "price":
        return f": the price {'rises' if up else 'falls'} by"
    if row["question"] == "deals":
        return f": deals become {'more frequent' if up else 'rarer'} by"
    if row["question"] == "surplus":
        return f": {_measure(row)} {'rises' if up else 'falls'} by"
    return f": {_measure(row)} is"


def _more(row: Row) -> str:
    """What stands after the number in a comparison."""
    if row["question"] in CHANGES:
        return ""
    up = row["difference"] > 0
    if row["question"] in ("arms", "parts") and row["outcome"] == "price" and row["role"] == "learner":
        return " better" if up else " worse"
    return " higher" if up else " lower"


def _signed(row: Row) -> bool:
    """Whether the two sides are differences themselves."""
    return _of_changes(row) or row["question"] == "interactions"


def _of_changes(row: Row) -> bool:
    """Whether the two sides are changes since round 1."""
    return row["question"] == "cells" or (row["question"] in OVER_ALL and row["round"] > 1)


def _measure(row: Row) -> str:
    return f"the effect on {_plain_measure(row)}" if row["question"] == "interactions" else _plain_measure(row)


def _plain_measure(row: Row) -> str:
    if row["outcome"] == "deal_rate":
        return "the change of the deal rate" if _of_changes(row) else "the deal rate"
    if row["outcome"] == "surplus":
        whose = "coached player" if row["role"] == "learner" else str(row["role"])
        of = "surplus from the rival's opening" if row["metric"] == "opening_surplus" else "surplus"
        return f"the change of the {whose}'s {of}" if _of_changes(row) else f"the {whose}'s {of}"
    if _of_changes(row):
        return "the gain" if row["role"] == "learner" else "the change of price"
    return "the coached player's price" if row["role"] == "learner" else "the price"


def _what(row: Row) -> str:
    return measure(row) if row["question"] in CHANGES else f"difference in {measure(row)}"


def measure(row: Row) -> str:
    """What the difference of a row is one of; of a change since round 1 that change."""
    return CHANGES[row["question"]] if row["question"] in CHANGES else _measure(row)


def where(row: Row) -> str:
    """From which round to which, or in which."""
    if row["question"] in CHANGES:
        return f"from round 1 to round {row['round']}"
    return f"in round {row['round']}"


def _means(row: Row, unit: str) -> list[str]:
    """Both means, the comparison's first side first. A learner's prices were turned; here they are as paid."""
    turned = row["outcome"] == "price" and row["role"] == "learner" and not _of_changes(row)
    values = [abs(row[side]) if turned else row[side] for side in "ab"]
    if row["question"] not in CHANGES:
        values.reverse()
    return [number(value, unit, row["currency"], signed=_signed(row)) for value in values]


def level(value: object) -> str:
    """A value of a choice, as a sentence or a row names it."""
    return one_line(choice(value), 40)
