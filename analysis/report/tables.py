"""A table of the report: one frame, shown three ways: HTML cells, CSV with every digit, LaTeX.

It knows columns, units and how numbers are written; not what a table is about.

    ReportColumn("Deal rate", "deal_rate", "rate", low="deal_rate_low", high="deal_rate_high", n="deal_rate_n")
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ..text import interval, number, one_line, probability, to_csv, usd
from . import latex

NOTHING = "–"
_LONGEST = 800


class ReportColumn(NamedTuple):
    """One shown column. `value`, `low`, `high`, `n` name columns of the frame. Where a value has no interval,
    the frame's `..._method` beside `..._low` says why.

    kind: text, key (a text said once for the rows it spans), count, rate, currency, usd, share, p, number, or said: a
    number that is a text already (its interval is written in the frame's `unit`, if it has one).
    """

    title: str
    value: str
    kind: str = "text"
    low: str = ""
    high: str = ""
    n: str = ""
    signed: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it stands to the right."""
        return self.kind not in ("text", "key")


class CellText(NamedTuple):
    """What stands in one cell: a text, its interval `[a, b]`, and its n; the last two may be empty."""

    text: str
    interval: str = ""
    n: str = ""
    numeric: bool = False

    def plain(self) -> str:
        """All of it on one line."""
        return " ".join(part for part in (self.text, self.interval, self.n and f"n={self.n}") if part)


@dataclass(frozen=True)
class ReportTable:
    """A frame and the columns of it that are shown. The frame may have `currency`, the sign of each row's prices."""

    name: str
    title: str
    frame: pd.DataFrame
    columns: tuple[ReportColumn, ...]
    note: str = ""
    data: pd.DataFrame | None = None
    """What the CSV holds, where that is not the frame."""

    def rows(self) -> Iterator[list[CellText]]:
        """The shown cells of each row; a key that repeats the row above (with all keys before it) is empty."""
        keys = [column.value for column in self.columns if column.kind == "key"]
        above: tuple[Any, ...] = ()
        for row in self.frame.to_dict("records"):
            these = tuple(row[name] for name in keys)
            same = next(
                (at for at, pair in enumerate(zip(above, these, strict=False)) if pair[0] != pair[1]), len(above)
            )
            hidden = set(keys[:same]) if above else set()
            yield [CellText("") if column.value in hidden else _cell(column, row) for column in self.columns]
            above = these

    def csv(self) -> str:
        """Every column of the frame, every digit."""
        return to_csv(self.frame if self.data is None else self.data)

    def latex(self) -> str:
        """The shown columns as a booktabs table."""
        align = "".join("r" if column.numeric else "l" for column in self.columns)
        header = [column.title for column in self.columns]
        rows = [[cell.plain() for cell in row] for row in self.rows()]
        named = [at for at, column in enumerate(self.columns) if column.title in ("#", "Round", "Arm")]
        first = next((at for at, column in enumerate(self.columns) if column.kind != "key"), 0)
        keys = named if self.columns and self.columns[0].title == "#" else list(range(min(first, 2)))
        return latex.table(header, rows, align, caption=self.title, label=self.name, note=self.note, keys=keys)


def shown(frame: pd.DataFrame, *columns: ReportColumn | None) -> tuple[ReportColumn, ...]:
    """The columns that have at least one value in the frame."""
    return tuple(each for each in columns if each is not None and _has_values(frame, each))


def _has_values(frame: pd.DataFrame, column: ReportColumn) -> bool:
    if column.value not in frame:
        return False
    values = frame[column.value]
    return bool((values.notna() & (values.astype(str) != "")).any())


def _cell(column: ReportColumn, row: dict[Any, Any]) -> CellText:
    value = row[column.value]
    if not column.numeric:
        return CellText(one_line(value, _LONGEST) if not _missing(value) else "")
    n = row[column.n] if column.n else None
    told = "" if n is None or _missing(n) or not n else f"{int(n):,}"
    if _missing(value):
        return CellText(NOTHING, numeric=True)
    between = ""
    if column.low:
        unit = str(row.get("unit", "")) if column.kind == "said" else column.kind
        between = interval(float(row[column.low]), float(row[column.high]), unit)
        between = between or one_line(row.get(f"{column.low.removesuffix('_low')}_method", ""))
    return CellText(_number(column, value, one_line(row.get("currency", "$"), 8)), between, told, numeric=True)


def _number(column: ReportColumn, value: Any, currency: str) -> str:
    if column.kind == "said":
        return str(value)
    value = float(value)
    if column.kind == "count":
        return f"{value:,.0f}"
    if math.isinf(value):
        return "without bound"
    if column.kind == "usd":
        return usd(value)
    if column.kind == "p":
        return probability(value, 3).removeprefix("p").removeprefix("=")
    if column.kind in ("rate", "currency"):
        return number(value, column.kind, currency, signed=column.signed)
    return number(value, "", signed=column.signed)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
