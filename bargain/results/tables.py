"""The summary as people read it: in the terminal, in a log file, in a notebook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bargain.intervals import FEWEST_GAMES, FEWEST_PRICES
from bargain.rundir.branches import WhatIf
from bargain.text import money

PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False, "force_jupyter": False}
"""Options of a rich Console for which texts are texts: [seller] is no markup, :cost: no picture, a notebook no page."""


WIDE = 110
"""Characters of a line that hold both rounds of a sweep's cell side by side."""
LONGEST_WORD = 24
"""Characters of a factor's value that a narrow table does not break."""


def price_text(value: float | None, currency: str) -> str:
    """A mean price with two decimals, or a dash."""
    return "-" if value is None else money(round(value, 2) + 0.0, currency)


def _with_interval(
    text: str, low: float | None, high: float | None, scale: float = 1.0, digits: int = 2, *, few: bool = False
) -> str:
    if low is None or high is None:
        return f"{text} [too few games]" if few else text
    return f"{text} [{round(low * scale, digits) + 0.0:.{digits}f}, {round(high * scale, digits) + 0.0:.{digits}f}]"


def rounds_table(summary: dict[str, Any], width: int | None = None) -> Table:
    """Per round: games, deals, deal rate, mean price and paired change, each with its 95% interval.

    width: where it is shown; if it does not fit there, intervals stand below their values.
    """
    made = _rounds_table(summary, stacked=False)
    return made if width is None or width_of(made) <= width else _rounds_table(summary, stacked=True)


def width_of(table: Table) -> int:
    """How many characters a line of the table takes when nothing in it is broken."""
    return Console(width=10_000, **PLAIN).measure(table).maximum


def _below(text: str) -> str:
    """The same with the interval, and what stands behind it, on lines of their own."""
    value, bracket, rest = text.partition(" [")
    interval, _, behind = rest.partition("]  ")
    return f"{value}  {behind}\n[{interval}]" if behind else f"{value}\n[{rest}" if bracket else text


def _rounds_table(summary: dict[str, Any], *, stacked: bool) -> Table:
    currency = summary.get("currency", "$")
    legacy = summary.get("scoring") == "legacy"
    title = "simulated negotiators" if summary.get("simulated") else None
    narrow: dict[str, Any] = {"padding": (0, 1, 0, 0)} if stacked else {}
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="italic", pad_edge=False, **narrow)
    arms = any(row["arm"] for row in summary["rounds"])
    if arms:
        table.add_column("arm")
    failed = any(row.get("failed") for row in summary["rounds"])
    disputed = any(row.get("disputed") for row in summary["rounds"])
    for name in ("round", "games", *(["failed"] if failed else []), "deals", *(["disputed"] if disputed else [])):
        table.add_column(name, justify="right")
    table.add_column("deal rate, %")
    if failed:
        table.add_column("without\nfailed games" if stacked else "without failed games")
    table.add_column("mean price, 2023 rules" if legacy else "mean price")
    if not legacy:
        table.add_column("change from\nthe round before" if stacked else "change from the round before")
    for row in summary["rounds"]:
        cells = [row["arm"] or "all"] if arms else []
        cells += [str(row["round"]), str(row["games"])]
        cells += [str(row.get("failed", 0))] if failed else []
        cells.append(str(row["deals"]))
        cells += [str(row.get("disputed", 0))] if disputed else []
        cells.append(rate_cell(row))
        cells += [rate_cell(row, "deal_rate_without_failed")] if failed else []
        if legacy:
            cells.append(f"{price_text(row['legacy_mean_price'], currency)}  ({row['legacy_games']} survivors)")
        else:
            cells.append(price_cell(row, currency))
            cells.append(change_cell(row))
        table.add_row(*map(_below, cells) if stacked else cells)
    return table


def disputed_lines(summary: dict[str, Any]) -> list[str]:
    """What the moderator called a deal and the words do not bear out, a line for each arm and round that has any."""
    lines = []
    for row in summary["rounds"]:
        if row.get("disputed") and row["deal_rate"] is not None:
            where = f"{row['arm']}, round {row['round']}" if row["arm"] else f"round {row['round']}"
            unknown = f", {row['price_unknown']} of them for want of a price" if row["price_unknown"] else ""
            lines.append(
                f"{where}: {row['disputed']} of {row['games']} games disputed{unknown}; "
                f"with them the deal rate is {100 * row['deal_rate_with_disputed']:.1f}%"
            )
    return lines


def rate_cell(row: dict[str, Any], name: str = "deal_rate") -> str:
    """A deal rate in percent with its interval; a dash where there is none."""
    rate, low, high = (row.get(f"{name}{end}") for end in ("", "_low", "_high"))
    few = row["games"] < FEWEST_GAMES
    return "-" if rate is None else _with_interval(f"{100 * rate:.1f}", low, high, 100, 1, few=few)


def _both_rates(row: dict[str, Any]) -> str:
    """The deal rate; where games failed, and not all of them, also without these."""
    if not row.get("failed") or row["deal_rate"] is None:
        return rate_cell(row)
    return f"{rate_cell(row)}; {rate_cell(row, 'deal_rate_without_failed')} without failed games"


def price_cell(row: dict[str, Any], currency: str) -> str:
    """A mean price with its interval."""
    price = price_text(row["mean_price"], currency)
    return _with_interval(price, row["price_low"], row["price_high"], few=0 < row["deals"] < FEWEST_PRICES)


def change_cell(row: dict[str, Any]) -> str:
    """A paired change with its interval and the number of pairs."""
    if row["mean_change"] is None:
        return "-"
    text = _with_interval(
        f"{row['mean_change']:+.2f}", row["change_low"], row["change_high"], few=row["pairs"] < FEWEST_PRICES
    )
    return f"{text}  n={row['pairs']}"


def sweep_table(cells: Sequence[tuple[dict[str, str], dict[str, Any]]], width: int = WIDE) -> Table:
    """One row per cell of a sweep: what differs, then deal rate and price, first round and last, and the state.

    cells: the overrides of each cell by key, and its summary ({} when it left none). width: where it is shown; where
    that is less than WIDE the last round stands below the first.
    """
    cells = [({key: _short_number(value) for key, value in choice.items()}, summary) for choice, summary in cells]
    keys = _keys(cells)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1) if width >= WIDE else (0, 1, 0, 0))
    for key in keys:
        words = [_name_of(key), *(word for choice, _ in cells for word in choice.get(key, "").split())]
        table.add_column(_name_of(key), overflow="fold", width=min(LONGEST_WORD, max(map(len, words))))
    failed = any((summary.get("games") or {}).get("error") for _, summary in cells)
    wide = ("deal rate, %: first round", "last round", "price: first round", "last round")
    columns = wide if width >= WIDE else ("round", "deal rate, %", "price")
    for name in ("games", *(["failed"] if failed else []), *columns, "state"):
        narrow = {"games": 5, "failed": 6, "round": 5, "state": len("not started")} if width < WIDE else {}
        table.add_column(name, overflow="fold", width=narrow.get(name))
    for choice, summary in cells:
        rounds = summary.get("rounds") or []
        chosen = [choice.get(key, "") for key in keys]
        state = summary.get("state", "not started") + (" (simulated)" if summary.get("simulated") else "")
        lost = [str((summary.get("games") or {}).get("error", 0))] if failed else []
        if not rounds:
            table.add_row(*chosen, "0", *lost, *["-"] * len(columns), state)
            continue
        lasts = [row for row in rounds if row["round"] == rounds[-1]["round"]]
        currency = summary.get("currency", "$")
        named = [f"{row['arm']}: " if row["arm"] else "" for row in lasts]
        first = (_both_rates(rounds[0]), price_cell(rounds[0], currency))
        rates = "\n".join(name + _both_rates(row) for name, row in zip(named, lasts, strict=True))
        prices = "\n".join(name + price_cell(row, currency) for name, row in zip(named, lasts, strict=True))
        counts = (str(rounds[0]["games"]), *lost)
        if width >= WIDE:
            table.add_row(*chosen, *counts, first[0], rates, first[1], prices, state)
        else:
            done, _, simulated = state.partition(" (")
            rates, prices = ("\n".join(map(_below, each.split("\n"))) for each in (rates, prices))
            table.add_row(*chosen, *counts, "first", *map(_below, first), done)
            table.add_row(*[""] * (len(chosen) + len(counts)), "last", rates, prices, simulated.rstrip(")"))
    return table


def sweep_tables(cells: Sequence[tuple[dict[str, str], dict[str, Any]]], width: int) -> list[Table]:
    """The sweep's table as it fits `width` characters: one, or where the choices take too much of a line two, the
    cells' choices and their numbers, by the number of the cell."""
    for each in dict.fromkeys((width, min(width, WIDE - 1))):
        table = sweep_table(cells, each)
        if width_of(table) <= width:
            return [table]
    numbered = [str(at) for at in range(1, len(cells) + 1)]
    choices = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    choices.add_column("cell")
    keys = _keys(cells)
    for key in keys:
        choices.add_column(_name_of(key), overflow="fold")
    for number, (choice, _) in zip(numbered, cells, strict=True):
        choices.add_row(number, *(_short_number(choice.get(key, "")) for key in keys))
    numbers = [({"cell": number}, summary) for number, (_, summary) in zip(numbered, cells, strict=True)]
    return [choices, sweep_table(numbers, min(width, WIDE - 1))]


def _keys(cells: Sequence[tuple[dict[str, str], dict[str, Any]]]) -> list[str]:
    """What any cell chooses, in the order in which the cells name it, which is the command's."""
    return list(dict.fromkeys(key for choice, _ in cells for key in choice))


def _name_of(key: str) -> str:
    """What a choice is called: seller.engine of engine@seller.engine."""
    return key.replace("@", " ").split()[-1] if "@" in key else key


def branches_table(rows: Sequence[WhatIf], currency: str, width: int | None = None) -> Table:
    """A row per place and change: price, deal rate and surplus, untouched and changed, and what differs.

    width: where it is shown; if it does not fit there, differences stand below their values.
    """
    made = _branches_table(rows, currency, stacked=False)
    return made if width is None or width_of(made) <= width else _branches_table(rows, currency, stacked=True)


def _branches_table(rows: Sequence[WhatIf], currency: str, *, stacked: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0) if stacked else (0, 1))
    changed = any(row.changed for row in rows)
    for name in ("round", "turn", "futures"):
        table.add_column(name, justify="right")
    surplus = f"surplus, {rows[0].role}" if rows else "surplus"
    for name in ("deal rate, %", "price", surplus):
        table.add_column(f"{name}\nand difference" if stacked and changed else name)
        if changed and not stacked:
            table.add_column("difference")
    if any(row.failed for row in rows):
        table.add_column("failed", justify="right")
    for row in rows:
        cells = [str(row.place[2]), str(row.place[3] or "coaching"), str(row.futures)]
        for each, percent in ((row.deals, True), (row.price, False), (row.surplus, False)):
            before, after = (
                f"{100 * value:.0f}" if percent and value is not None else price_text(value, currency)
                for value in (each.before, each.after)
            )
            cells.append(f"{before} → {after}" if changed else after)
            if changed:
                scale, digits = (100, 0) if percent else (1, 2)
                gap = "-" if each.difference is None else f"{scale * each.difference:+.{digits}f}"
                gap = _with_interval(gap, each.low, each.high, scale, digits, few=0 < each.n < FEWEST_PRICES)
                cells = [*cells[:-1], f"{cells[-1]}\n{gap}"] if stacked else [*cells, gap]
        if any(each.failed for each in rows):
            cells.append(str(row.failed))
        table.add_row(*cells)
    return table


def _short_number(value: str) -> str:
    """A number that a search proposed, with five digits: 7.195254015709299 is 7.1953. Any other value as it is."""
    return f"{float(value):.5g}" if re.fullmatch(r"-?\d+\.\d{5,}", value) else value


def totals_line(summary: dict[str, Any]) -> str:
    """Calls, tokens, cost and wall time in one line."""
    calls, tokens = summary["calls"], summary["tokens"]
    cost = summary["cost_usd"]
    parts = [
        f"{calls['live'] + calls['from_journal']:,} calls"
        + (f" ({calls['from_journal']:,} from the journal)" if calls["from_journal"] else ""),
        f"{tokens['input']:,} tokens in, {tokens['output']:,} out",
        ("cost unknown: no price for a model" if cost is None else f"${cost:,.4f}" if cost else "$0")
        + (f" and {calls['uncosted']:,} replies whose tokens were not told" if calls.get("uncosted") else ""),
        f"{summary['wall_s']:.1f} s",
    ]
    if probes := summary.get("probes"):
        cost = probes["cost_usd"]
        paid = "cost unknown" if cost is None else f"${cost:,.4f}" if cost else "$0"
        parts.append(f"of the calls {probes['calls']:,} for beliefs ({probes['unusable']:,} unusable), beside: {paid}")
    return ", ".join(parts)


def render(table: Table, width: int | None = None) -> str:
    """The table as plain text. width: where it is shown; None: a file or a notebook, which have no edge to break at."""
    console = Console(width=width or width_of(table), force_terminal=False, **PLAIN)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
