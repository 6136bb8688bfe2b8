"""The paper's tiers, from the data: who plays by the rules, who improves after feedback, who keeps improving.

Fu et al. (2023) sort engines by what they can do: hold to the rules of bargaining; use a critic's feedback in the next
round; go on improving over several rounds. Each ability needs the one before. Here each is a test with its evidence
beside it, and where the data do not suffice the table says so.

A better price for those who still deal is no improvement if fewer deal. So a tier is given for what holds on surplus,
over all coached games and no deal as 0; what became of price and deals stands beside it.

    abilities(load("outputs/**"))     one row per engine and role
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from bargain.records import PLAYERS

from ..data.once import once
from ..data.runs import Runs
from ..stats.differences import Comparison, holm, paired_means
from ..stats.intervals import NAN, rate_interval
from ..text import interval, probability
from .coaches import coaches
from .comparisons import change
from .duplicates import repeated, repeated_games
from .metrics import ITEM, joined, per_round

AGAINST_THE_RULES = (
    "moves_back",
    "offers_worse_than_offered",
    "accepts_worse_than_offered",
    "below_cost",
    "above_valuation",
    "out_of_range",
)
"""Violations that show a rule was not understood. Accepting worse than one's own offer is often a last concession."""
MOST_BREAKS = 0.2
"""An engine plays by the rules if surely fewer rounds than this contain such a violation ..."""
FEWEST_DEALS = 0.5
"""... and surely more than this end in a deal before anybody is coached."""
ENOUGH = 20
"""Fewer rounds or pairs than this decide nothing."""
NO_DATA = "not enough data"
_DECIDING = {"improves": "surplus_change", "keeps_improving": "surplus_slope"}
"""The verdicts that are tested, and what decides each."""
_FIRST = ["engine", "role", "tier", "plays_by_rules", "improves", "keeps_improving", "evidence"]


def abilities(runs: Runs, *, feedback: str = "ai", also: Sequence[float] = ()) -> pd.DataFrame:
    """One row per engine and role: tier (0 to 3, NaN if unknown), the three verdicts, and their evidence.

    plays_by_rules: yes, no, unclear or "not enough data", from uncoached first rounds in that seat, whoever learns:
    `break_rate` (rounds with a violation AGAINST_THE_RULES) and `deal_rate`, each with its interval and `rounds`.
    improves: yes, worse, not shown or "not enough data": `surplus_change` is the learner's change of surplus from round
    1 to 2 in games coached by `feedback`, over all of them and with no deal as 0. `gain` is the price change of the
    games with a deal both times, `deal_change` that of the deal rate; these two decide nothing.
    keeps_improving: the same for `surplus_slope`, the surplus' change per round from round 2 on within games, with the
    price's `slope` beside it. Rounds that a failed call cost are left out; `failed` says of how many games.
    p values are Holm's over all tests of the table and `also`, the p values of others that are shown beside it.
    `unit` is the price's: currency where all runs of a row share an item, else the share of its openings' span.
    `surplus_unit` is currency where there is one item with the learner's reservation price; without one the surplus
    is counted from the rival's opening, as a share of that span (metric opening_surplus). `evidence` says it in words.
    """
    table = pd.DataFrame(_rows(runs, feedback))
    if not len(table):
        return pd.DataFrame(columns=_FIRST)
    corrected = holm([*family(table), *also])
    for at, (verdict, p) in enumerate(_DECIDING.items()):
        table[f"{p}_p_holm"] = corrected[at * len(table) : (at + 1) * len(table)]
        table[verdict] = [_shown(*each) for each in table[[p, f"{p}_p_holm", f"{p}_n"]].to_numpy()]
    table["tier"] = [_tier(*each) for each in table[["plays_by_rules", "improves", "keeps_improving"]].to_numpy()]
    table["evidence"] = [_words(row) for row in table.to_dict("records")]
    return table[[*_FIRST, *(name for name in table.columns if name not in _FIRST)]]


def family(table: pd.DataFrame) -> list[float]:
    """The p values of a table of abilities before their correction; NaN where nothing was tested."""
    return [float(p) for name in _DECIDING.values() if f"{name}_p" in table for p in table[f"{name}_p"]]


def _seats(runs: Runs) -> Iterable[tuple[str, str]]:
    found = {(str(name), role) for role in PLAYERS for name in runs.runs[f"{role}_engine"].unique() if name}
    return sorted(found, key=lambda seat: (seat[0], PLAYERS.index(seat[1])))


def _coached_by(runs: Runs, feedback: str) -> Runs:
    """The games and arms of a single learner whose coach was this one throughout, or would have been."""
    rounds = runs.rounds
    single = runs.runs["learner"].isin(PLAYERS).take(rounds["run"].cat.codes.to_numpy()).set_axis(rounds.index)
    return runs.only_rounds((coaches(runs) == feedback) & single)


@once
def _rows(runs: Runs, feedback: str) -> list[dict[str, Any]]:
    coached = _coached_by(runs, feedback)
    return [_row(runs, coached, engine, role) for engine, role in _seats(runs)]


def _row(runs: Runs, coached: Runs, engine: str, role: str) -> dict[str, Any]:
    seated = runs.where(runs.runs[f"{role}_engine"] == engine)
    learning = coached.where(learner=role, learner_engine=engine)
    of_learner = learning if len(learning.rounds) else seated
    items = of_learner.runs[[name for name in ("item.name", "item.currency", *ITEM) if name in of_learner.runs]]
    one_item = len(items.drop_duplicates()) <= 1
    metric = "price" if one_item else "price_share"
    currency = of_learner.runs["item.currency"].iloc[0] if "item.currency" in of_learner.runs else "currency"
    row: dict[str, Any] = {
        "engine": engine,
        "role": role,
        "simulated": bool(seated.runs["simulated"].any()),
        "runs": len(seated),
        **_rules(seated, role),
        "unit": str(currency) if one_item else "share of the openings' span",
    }
    reservation = {"seller": "item.cost", "buyer": "item.valuation"}[role]
    set_once = one_item and reservation in items and bool(items[reservation].notna().all())
    surplus = "surplus" if set_once else "opening_surplus"
    row["surplus_unit"] = row["unit"] if set_once else "share of the openings' span"
    second = learning.only_rounds(learning.rounds["round"] <= 2)
    row["failed"] = int(
        second.rounds.loc[second.rounds["outcome"] == "error", ["run", "game"]].drop_duplicates().shape[0]
    )
    row |= _told("surplus_change", _second_round(second, surplus, "learner"))
    row |= _told("gain", _second_round(second, metric, "learner"))
    row |= _told("deal_change", _second_round(second, "deal_rate", ""))
    return row | _told("surplus_slope", _slopes(learning, surplus)) | _told("slope", _slopes(learning, metric))


def _told(name: str, found: Comparison) -> dict[str, Any]:
    return {
        name: found.difference,
        f"{name}_low": found.low,
        f"{name}_high": found.high,
        f"{name}_n": found.n,
        f"{name}_p": found.p,
    }


def _rules(seated: Runs, role: str) -> dict[str, Any]:
    """Uncoached first rounds that were played to an end of their own."""
    rounds = seated.rounds
    kept = rounds[(rounds["round"] == 1) & ~rounds["repeat"] & ~rounds["outcome"].isin(["error", "not_played"])]
    kept = kept[~repeated(kept)]
    told = kept["violations"].astype(str)
    broken = told.str.contains("|".join(f"{role}:{kind}=" for kind in AGAINST_THE_RULES))
    breaks = rate_interval(int(broken.sum()), len(kept))
    deals = rate_interval(int((kept["outcome"] == "deal").sum()), len(kept))
    if len(kept) < ENOUGH:
        verdict = NO_DATA
    elif breaks.high <= MOST_BREAKS and deals.low >= FEWEST_DEALS:
        verdict = "yes"
    elif breaks.low > MOST_BREAKS or deals.high < FEWEST_DEALS:
        verdict = "no"
    else:
        verdict = "unclear"
    return {
        "plays_by_rules": verdict,
        "rounds": len(kept),
        "break_rate": breaks.value,
        "break_low": breaks.low,
        "break_high": breaks.high,
        "deal_rate": deals.value,
        "deal_low": deals.low,
        "deal_high": deals.high,
    }


_NOT_COMPARED = Comparison(NAN, NAN, NAN, 0, NAN, "", NAN, NAN, "")


def _second_round(first_two: Runs, metric: str, role: str) -> Comparison:
    """Round 2 against round 1, all runs of the row together; of several arms the one with most pairs."""
    if not len(first_two.rounds):
        return _NOT_COMPARED
    found = change(first_two, metric, role=role, by=())
    if not len(found):
        return _NOT_COMPARED
    best = found.sort_values("n", kind="stable").to_dict("records")[-1]
    return Comparison(**{field.name: best[field.name] for field in fields(Comparison)})


def _slopes(learning: Runs, metric: str) -> Comparison:
    """The change per round from round 2 on, one least-squares slope per game with two values or more there.

    Rounds that a failed call cost have none."""
    rounds = joined(learning, [*ITEM, "learner"])
    value = per_round(metric, rounds, "learner").where(rounds["outcome"] != "error").to_numpy(dtype=float)
    kept = (rounds["round"] >= 2).to_numpy() & ~np.isnan(value) & ~repeated_games(rounds)
    keys = [rounds[name].cat.codes[kept] for name in ("run", "arm")]
    number = rounds["round"][kept].astype(float)
    game = number.groupby([*keys, rounds["game"][kept]]).ngroup().to_numpy()
    if not len(game):
        return _NOT_COMPARED
    count, x = np.bincount(game), number.to_numpy()
    spread = x - (np.bincount(game, x) / count)[game]
    above, below = np.bincount(game, spread * value[kept]), np.bincount(game, spread**2)
    slopes = above[below > 0] / below[below > 0]
    return paired_means(np.zeros(len(slopes)), slopes)


def _shown(effect: float, p: float, n: float) -> str:
    if n < ENOUGH or np.isnan(p):
        return NO_DATA
    if p < 0.05:
        return "yes" if effect > 0 else "worse"
    return "not shown"


def _tier(rules: str, improves: str, keeps: str) -> float:
    """The highest ability reached without skipping one; NaN where not even the first can be judged."""
    if rules in (NO_DATA, "unclear"):
        return NAN
    if rules == "no":
        return 0.0
    return 1.0 + (improves == "yes") + (improves == "yes" and keeps == "yes")


def _words(row: dict[Any, Any]) -> str:
    """The evidence of a row as one sentence per ability: surplus, which decides, then price and deals."""
    breaks, deals = (_percent(row, name) for name in ("break", "deal"))
    said = [f"breaks a rule in {breaks} and deals in {deals} of {row['rounds']} first rounds"]
    if not row["rounds"]:
        said = ["no first rounds"]
    shares = row["surplus_unit"] != row["unit"] or "share" in row["unit"]
    what = "surplus from the rival's opening" if shares else "surplus"
    for at, (verdict, surplus) in enumerate(_DECIDING.items()):
        when, price = (("after feedback", "gain"), ("per further round", "slope"))[at]
        if row[f"{surplus}_n"] < ENOUGH:
            said.append(f"{when}: only {row[f'{surplus}_n']} games")
            continue
        told = f"{when}: {what} {_change(row, surplus, row['surplus_unit'])}, no deal as 0, n={row[f'{surplus}_n']}, "
        told += f"{probability(row[f'{surplus}_p_holm'], 3)} (Holm)"
        if row[f"{price}_n"]:
            dealt = "a deal both times" if verdict == "improves" else "two deals or more"
            told += f", price {_change(row, price, row['unit'])} where there is {dealt}, n={row[f'{price}_n']}"
        if verdict == "improves":
            told += f", deals {100 * row['deal_change']:+.0f} points"
            if not math.isnan(row["deal_change_low"]):
                told += f" [{100 * row['deal_change_low']:.0f}, {100 * row['deal_change_high']:.0f}]"
        said.append(told)
    if row["failed"]:
        said.append(f"{row['failed']} games that a failed call cost are left out")
    return "; ".join(said)


def _change(row: dict[Any, Any], name: str, unit: str) -> str:
    between = interval(row[f"{name}_low"], row[f"{name}_high"], "")
    return f"{row[name]:+.2f} {between or '(no interval: too few games, or all equal)'} {unit}"


def _percent(row: dict[Any, Any], name: str) -> str:
    low, high = 100 * row[f"{name}_low"], 100 * row[f"{name}_high"]
    return f"{100 * row[f'{name}_rate']:.0f}% [{low:.0f}, {high:.0f}]"
