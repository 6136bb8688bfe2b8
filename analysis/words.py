"""Numbers as people write them: prices, p values, differences with their interval and test.

paired("price", row, "$")   -> "+$1.05 [0.82, 1.28], n=200 pairs, paired t, p<0.001 (Holm)"
"""

from __future__ import annotations

import math
from typing import Any

PAIRED = ("paired t", "McNemar mid-p", "sign")


def money(value: float | None, currency: str = "$") -> str:
    """A price: $16.50, $16; "no price" for a missing one."""
    if value is None or math.isnan(value):
        return "no price"
    text = f"{abs(value):,.2f}".removesuffix(".00")
    return f"{'-' if value < 0 else ''}{currency}{text}"


def number(value: float, unit: str, currency: str = "$", *, signed: bool = False) -> str:
    """A metric's value with its unit: $14.51, 64.0%, 31.2 characters per turn."""
    if math.isnan(value):
        return "unknown"
    sign = "+" if signed and value >= 0 else ""
    if unit == "currency":
        return f"{'-' if value < 0 else sign}{currency}{abs(value):,.2f}"
    if unit == "rate":
        return f"{sign}{100 * value:.1f}" + (" points" if signed else "%")
    plain = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
    return f"{sign}{plain} {unit}" if unit not in ("share", "") else f"{sign}{plain}"


def interval(low: float, high: float, unit: str) -> str:
    """A 95% interval without its unit: [14.22, 14.80]; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    scale, digits = (100, 1) if unit == "rate" else (1, 2)
    if max(abs(low), abs(high)) >= 1000:
        digits = 0
    return f"[{low * scale:,.{digits}f}, {high * scale:,.{digits}f}]"


def probability(p: float) -> str:
    """p<0.001, p=0.031, or no test."""
    if math.isnan(p):
        return "no test"
    return "p<0.001" if p < 0.001 else f"p={p:.3f}" if p < 0.1 else f"p={p:.2f}"


def sentence(row: Any, unit: str, currency: str = "$") -> str:
    """A row of `measures.comparisons` (differences.Comparison and p_holm) as a sentence without its subject."""
    plain = unit if unit in ("currency", "rate") else ""
    change = number(row.difference, unit, currency, signed=True)
    parts = [
        f"{change} {interval(row.low, row.high, unit)}".strip(),
        f"from {number(row.a, plain, currency)} to {number(row.b, plain, currency)}",
        f"n={int(row.n)}" + (" pairs" if row.test in PAIRED else ""),
    ]
    if not math.isnan(row.p_holm):
        parts += [row.test, f"{probability(row.p_holm)} Holm"]
    if not math.isnan(row.effect):
        parts.append(f"{row.effect_name}={row.effect:.2f}")
    if row.note:
        parts.append(str(row.note))
    return ", ".join(parts)
