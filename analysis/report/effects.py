"""What the effect is and what it would take to see it: the survivors' problem, abilities, sample sizes, the paper.

Each function makes one ReportTable of the report from a frame of `bargain.analysis`; the arithmetic is in there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ..data.runs import Runs
from ..measures import abilities as tiers
from ..measures import factors, reference
from ..measures.cell_names import ranges
from ..measures.claims import cells_and_currency, contrasts
from ..measures.comparisons import COUNTS, games_needed, selection_between, selection_table
from ..measures.main_effects import NOTES, OUTCOMES, effects_of, marginal_means
from ..measures.outcomes import factorials
from ..measures.sentences import OVER_ALL, level
from ..stats.intervals import ALPHA
from ..text import number, one_line
from .tables import NOTHING, ReportColumn, ReportTable, shown

SHARES = (0.025, 0.05, 0.1)
"""Wanted effects, as shares of the span of the openings: 0.25, 0.50 and 1.00 of the paper's balloon."""
_METHODS = {
    "survivors": "Survivors only (2023)",
    "pairs": "Deals both times",
    "intention_to_treat": "Surplus, no deal = 0",
    "worst_case": "Worst case",
}


def last_rounds(runs: Runs) -> Runs:
    """The same runs with the first and the last round of each."""
    rounds = runs.rounds
    last = rounds.groupby("run", observed=True)["round"].transform("max")
    return runs.only_rounds((rounds["round"] == 1) | (rounds["round"] == last))


def selection(runs: Runs, names: pd.DataFrame) -> ReportTable:
    """The price effect of the last round with and without the survivors' problem, four numbers side by side."""
    found = selection_table(last_rounds(runs)).astype({"run": str, "arm": str}).merge(names, on="run")
    rows = []
    for _, group in found.groupby(["number", "arm"], sort=False):
        first = group.iloc[0]
        kept = ("number", "cell", "subject", "arm", "round", "currency", *COUNTS)
        row: dict[str, Any] = {name: first[name] for name in kept}
        row["turned"] = " / ".join(str(first[name]) for name in COUNTS[:4])
        rows.append(row | _numbers(group))
    wide = pd.DataFrame(rows, columns=None if rows else ["number"])
    columns = shown(
        wide,
        ReportColumn("#", "number", "key"),
        ReportColumn("Coached", "subject", "key"),
        ReportColumn("Arm", "arm") if (found["arm"] != "").any() else None,
        ReportColumn("Round", "round"),
        ReportColumn("Deals kept / lost / gained / never", "turned"),
        ReportColumn("Failed, left out", "failed", "count") if len(wide) and (wide["failed"] > 0).any() else None,
        *_columns_of(_METHODS),
    )
    note = (
        "Change of the price from round 1 to the last round, of the same games: so who deals both times is seen. Deals "
        "both times is the price effect for these games alone (kept), which nobody chose at random. Surplus: change of "
        "the coached player's, over all games, where no deal is 0 and more is better. Worst case: between which values "
        "the effect for all games lies, whatever the missing prices would have been. Survivors only compares different "
        "games before and after: it is no effect. Brackets: 95% intervals; n: games that count."
    )
    why = dict.fromkeys(str(each) for each in found["note"] if each)
    note += f" Beside the numbers: {'; '.join(why)}." if why else ""
    return ReportTable(
        "selection", "The price effect with and without the survivors' problem", wide, columns, note, found
    )


def main_effects(runs: Runs, found: pd.DataFrame) -> tuple[ReportTable, ...]:
    """What each choice does: the parts of coaching where arms tell them apart; of a factorial the main effect of each
    choice on each outcome, the interactions that were asked for, and the marginal means behind them. Each is empty
    where there is none. found: the page's tests, which hold the effects."""
    told = [effects_of(found, question) for question in ("parts", *OVER_ALL)]
    digits = [found[found["question"] == question].dropna(axis=1, how="all") for question in ("parts", *OVER_ALL)]
    means, behind = marginal_means(runs)
    pairs = dict.fromkeys(pair for part in factorials(runs) for pair in factors.followers(part).items())
    told_pairs = "; ".join(f"{name} follows {leader}" for name, leader in pairs)
    following = f" No choices of their own: {told_pairs}." if pairs else ""
    tables = []
    for name, title, frame, data in (
        ("parts", "Parts of coaching", told[0], digits[0]),
        ("factors", "Main effects", told[1], digits[1]),
        ("interactions", "Interactions", told[2], digits[2]),
        ("factor_means", "Marginal means", means, behind),
    ):
        coached = name != "parts" and bool(len(frame)) and bool((frame["round"] > 1).all())
        columns = shown(
            frame,
            ReportColumn("Coached", "learner", "key"),
            ReportColumn("Part" if name == "parts" else "Choice", "choice", "key"),
            ReportColumn("Levels", "levels", "key"),
            ReportColumn("Arm", "arm", "key"),
            *(
                column
                for outcome, (said, kind) in OUTCOMES.items()
                for column in (
                    ReportColumn(
                        f"Change of {said}" if coached else said.capitalize(), outcome, kind, f"{outcome}_low",
                        f"{outcome}_high", f"{outcome}_n", signed=coached or name != "factor_means",
                    ),
                    ReportColumn("p, Holm", f"{outcome}_p", "p"),
                )
            ),
            ReportColumn("Settings", "combinations", "count"),
        )  # fmt: skip
        note = NOTES[name] + (following if name == "factors" else "")
        tables.append(ReportTable(name, title, frame, columns, note, data))
    return tuple(tables)


_BETWEEN = {
    "survivors": "Price of the deals",
    "intention_to_treat": "Surplus, no deal = 0",
    "lee_bounds": "Lee's bounds",
    "worst_case": "Worst case",
}


def between(runs: Runs, names: pd.DataFrame) -> ReportTable:
    """What a difference of mean prices between cells hides, in the last round, where their games are not paired."""
    rows = []
    for contrast in contrasts(runs):
        if not contrast.one_item:
            continue
        last = runs.only_rounds(runs.rounds["round"] == contrast.last)
        found = selection_between(
            last, contrast.choice, role=contrast.role, within=contrast.within, against=contrast.against
        )
        keys = [*contrast.within, "arm", "a_is", "b_is"]
        for _, group in found.groupby(keys, sort=False, observed=True, dropna=False) if len(found) else ():
            first = group.to_dict("records")[0]
            cells, currency = cells_and_currency(runs, names, contrast, first)
            row: dict[str, Any] = {"numbers": cells, "choice": contrast.choice, "currency": currency}
            row |= {"what": f"{level(first['b_is'])} against {level(first['a_is'])}"}
            row |= {"arm": str(first["arm"]), "round": contrast.last}
            rows.append(row | _numbers(group.assign(currency=currency)))
    wide = pd.DataFrame(rows, columns=None if rows else ["numbers"])
    columns = shown(
        wide,
        ReportColumn("#", "numbers", "key"),
        ReportColumn("Choice", "choice", "key"),
        ReportColumn("Values", "what", "key"),
        ReportColumn("Arm", "arm"),
        ReportColumn("Round", "round"),
        *_columns_of(_BETWEEN),
    )
    note = (
        "Differences between cells whose games are not paired, more being better for the coached player (for the "
        "seller, where nobody is coached). Price of the deals compares other games with other games. Lee's bounds: the "
        "difference of price for the games that would deal in both cells. They assume that no game deals only in the "
        "cell where deals are rarer (monotonicity), which these data cannot show; if some do, the bounds are wrong. "
        "Worst case assumes nothing. Brackets: 95% intervals. Cells that are paired by game are not here: who deals in "
        "both is seen there."
    )
    return ReportTable("between", "Between cells: what a difference of mean prices hides", wide, columns, note)


def _columns_of(methods: Mapping[str, str]) -> Iterator[ReportColumn]:
    for name, title in methods.items():
        yield ReportColumn(title, name, "said", f"{name}_low", f"{name}_high", f"{name}_n")


def _numbers(group: pd.DataFrame) -> dict[str, Any]:
    """Each method's effect with its interval and n, as one wide row has them."""
    found: dict[str, Any] = {}
    for row in group.to_dict("records"):
        ends = {f"{row['method']}_{part}": row[part] for part in ("low", "high", "n")}
        found |= {row["method"]: _effect(row), **ends}
    return found


def _effect(row: dict[Any, Any]) -> str | None:
    """A point, or a bound's two ends."""
    values = [row["bound_low"], row["bound_high"]] if row["estimate"] != row["estimate"] else [row["estimate"]]
    if any(value != value for value in values):
        return None
    return " to ".join(number(value, "currency", row["currency"], signed=True) for value in values)


def abilities(runs: Runs, also: Sequence[float]) -> ReportTable:
    """The paper's tiers, one row per engine and seat, with their evidence. also: the p values of the page's tests."""
    found = tiers.abilities(runs, also=also)
    found = found.assign(said_tier=[NOTHING if each != each else f"{each:.0f}" for each in found["tier"]])
    columns = (
        ReportColumn("Engine", "engine", "key"),
        ReportColumn("Seat", "role"),
        ReportColumn("Tier", "said_tier"),
        ReportColumn("Plays by the rules", "plays_by_rules"),
        ReportColumn("Improves", "improves"),
        ReportColumn("Keeps improving", "keeps_improving"),
        ReportColumn("Evidence", "evidence"),
    )
    note = (
        "Tier 0: does not play by the rules; 1: plays; 2: improves after feedback; 3: keeps improving. Surplus over "
        "all games decides, with no deal as 0: a better price for fewer deals is no tier. Fewer than "
        f"{tiers.ENOUGH} rounds or games decide nothing. Holm's correction is over it and all tests of the page."
    )
    return ReportTable("abilities", "Abilities", found, columns, note)


def power(runs: Runs, names: pd.DataFrame, tests: int) -> ReportTable:
    """The games that a change of the price needs to be seen with 80% power, judged by each cell as the pilot; alone,
    and as one of so many tests."""
    parts = []
    single = last_rounds(runs)
    for share in SHARES:
        for span, group in _by_span(single):
            needed = games_needed(group, share * span, tests=tests)
            alone = games_needed(group, share * span)["games"]
            last = needed.groupby(["run", "arm"], observed=True)["round"].transform("max")
            parts.append(needed.assign(share=share, alone=alone)[needed["round"] == last])
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run"])
    whole = whole.astype({"run": str}).merge(names, on="run")
    if len(whole):
        whole = whole.astype({"arm": str}).sort_values(["number", "arm", "share"], kind="stable", ignore_index=True)
    columns = shown(
        whole,
        ReportColumn("#", "number", "key"),
        ReportColumn("Cell", "cell", "key"),
        ReportColumn("Arm", "arm", "key") if len(whole) and (whole["arm"] != "").any() else None,
        ReportColumn("Wanted change", "effect", "currency"),
        ReportColumn("Games, if it were the only test", "alone", "count"),
        ReportColumn(f"Games, as one of {max(tests, 1)}", "games", "count"),
        ReportColumn("Cautious", "cautious", "count"),
        ReportColumn("Cost", "cost_usd", "usd"),
        ReportColumn("Cautious", "cautious_usd", "usd"),
        ReportColumn("Spread of the pilot", "spread", "currency"),
        ReportColumn("Pairs", "pilot", "count"),
        ReportColumn("Note", "note"),
    )
    note = (
        "Games that show a paired change of the price from round 1 to the last round with 80% power. This page has "
        f"{max(tests, 1)} tests and corrects them by Holm, whose first step asks for p < {ALPHA / max(tests, 1):.2g}: "
        "plan with the games of that column; those of a single test at 5% are too few. Wanted changes: 2.5, 5 and 10% "
        "of the span of the openings. Cautious: should the true spread be at the upper end of the pilot's 80% "
        "interval; it and both costs are as one of these tests."
    )
    return ReportTable("power", "How many games a change needs", whole, columns, note)


_FIGURES = {
    "table1": "Table 1",
    "fig4": "Figure 4",
    "fig4-hist": "Figure 4, shares",
    "fig5-6": "Figures 5, 6",
    "fig6": "Figure 6",
    "fig7": "Figure 7",
}
_WHAT = {"dialogue_chars": "characters", "dialogue_turns": "turns"}


def _by_span(runs: Runs) -> list[tuple[float, Runs]]:
    """The runs by the distance of their openings; runs without openings count as the paper's 10."""
    frame = runs.runs
    openings = [pd.to_numeric(frame[name], errors="coerce") for name in _OPENINGS if name in frame]
    span = (openings[0] - openings[1]) if len(openings) == 2 else pd.Series(float("nan"), index=frame.index)
    span = span.where(span > 0, 10.0)
    return [(float(each), runs.where(span == each)) for each in sorted(span.unique())]


_OPENINGS = ("item.seller_opening", "item.buyer_opening")


def paper(runs: Runs, names: pd.DataFrame, aliases: Mapping[str, str]) -> ReportTable:
    """Each number of the paper that these runs have too, with one's own by the 2023 rules and by the strict ones."""
    data = reference.compare(runs, aliases)
    found = data.assign(order=data["figure"].map(list(reference.FIGURES).index))
    found = found.sort_values(
        ["order", "learner", "engine", "own_engine", "metric", "round"], kind="stable", ignore_index=True
    )
    kind = found["metric"].eq("deal_rate") | found["metric"].str.startswith("share_")
    money = found["metric"].eq("mean_price")
    for name in ("paper", "own", "strict"):
        found[f"said_{name}"] = [
            None if value != value else number(value, "rate" if rate else "currency" if price else "", "$")
            for value, rate, price in zip(found[name], kind, money, strict=True)
        ]
    found["unit"] = kind.map({True: "rate", False: ""})
    found["where"] = found["figure"].map(_FIGURES)
    found["what"] = [_WHAT.get(each, each.replace("_", " ")) for each in found["metric"]]
    columns: tuple[ReportColumn, ...] = (
        ReportColumn("Where", "where", "key"),
        ReportColumn("Learner", "learner", "key"),
        ReportColumn("Engine", "engine", "key"),
        ReportColumn("Own engine", "own_engine", "key"),
        ReportColumn("What", "what", "key"),
        ReportColumn("Feedback", "condition"),
        ReportColumn("Round", "round"),
        ReportColumn("Paper", "said_paper", "said", "paper_low", "paper_high", "paper_n"),
        ReportColumn("Own, 2023 rules", "said_own", "said", "low", "high", "n"),
        ReportColumn("Alike? p", "replication_p", "p"),
        ReportColumn("Test", "replication"),
        ReportColumn("Own, strict rules", "said_strict", "said", "strict_low", "strict_high", "strict_n"),
        ReportColumn("Own rival", "rival"),
        ReportColumn("Averages", "basis"),
    )
    note = (
        "Fu et al. (2023), Table 1 and Figures 4 to 7, beside these runs: by the rules of 2023 (last $ amount, between "
        "the openings) and by this program's, over the games that the published number averages. The paper's rival was "
        "gpt-3.5-turbo throughout. Alike: a test that both numbers are the same, where the paper's n and spread are "
        "known; p is two-sided and not corrected, and a large one does not show that they are."
    )
    if not len(found):
        columns, note = (
            (),
            (
                "None of these runs can stand beside the paper: that needs the paper's choices in all but engines, and "
                "an engine that is called like one of the paper's (gpt-4, gpt-3.5-turbo, claude-v1.3, "
                "claude-instant-v1.0 ...), or is said to be by --alias."
            ),
        )
    unlike = reference.left_out(runs).merge(names[["run", "number"]], on="run")
    if len(unlike):
        why = unlike.groupby("why", sort=False)["number"].agg(lambda numbers: ranges(list(numbers)))
        note += f" Not compared: {'; '.join(f'cells {cells} ({one_line(each)})' for each, cells in why.items())}."
    return ReportTable("reference", "The paper's numbers and one's own", found, columns, note, data)
