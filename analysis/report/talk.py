"""What talk changes and what an attack wins, as tables of the report, with a sentence a row of talk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data.runs import Runs
from ..measures.talk import attacks, talk
from ..text import interval, number
from .tables import ReportColumn, ReportTable, shown

PEOPLE = (
    "People who may talk reach the same mean price as people who only exchange offers, more deals, and prices that "
    "spread less (Heddaya et al. 2023)."
)


def channels(runs: Runs) -> ReportTable:
    """Each channel against the barest one, game by game; no row where one channel was played."""
    frame = talk(runs)
    columns = shown(
        frame,
        ReportColumn("Channel", "channel", "key"),
        ReportColumn("Against", "against", "key"),
        ReportColumn("Games", "n", "count"),
        ReportColumn("Deals there", "deals_a", "rate"),
        ReportColumn("Deals", "deals_b", "rate"),
        ReportColumn("Change of deals", "deals", "rate", "deals_low", "deals_high", signed=True),
        ReportColumn("Deals in both", "pairs", "count"),
        ReportColumn("Change of price", "price", "currency", "price_low", "price_high", signed=True),
        ReportColumn("Spread, times", "spread", "share", "spread_low", "spread_high"),
    )
    said = " ".join(_line(row) for row in frame.to_dict("records"))
    note = (
        f"{said} {PEOPLE} Games are paired by scenario (game i is the same in every channel), of the last round; price "
        "and spread (standard deviation, Pitman-Morgan) are of the games with a deal in both channels. Exploratory."
    )
    return ReportTable("channels", "What talk changes", frame, columns, note)


def adversaries(runs: Runs) -> ReportTable:
    """Each attack against none, game by game, per victim; no row where nobody attacked, or without a control."""
    frame = attacks(runs)
    columns = shown(
        frame,
        ReportColumn("Attack", "attack", "key"),
        ReportColumn("By the", "attacker"),
        ReportColumn("Victim", "victim"),
        ReportColumn("Games", "n", "count"),
        ReportColumn("Deals without", "deals_a", "rate"),
        ReportColumn("Deals", "deals_b", "rate"),
        ReportColumn("Change of deals", "deals", "rate", "deals_low", "deals_high", signed=True),
        ReportColumn("Deals in both", "pairs", "count"),
        ReportColumn("Price won by it", "won", "currency", "won_low", "won_high", signed=True),
    )
    note = (
        "Against the same scenarios without an attack, game by game, in the last round. Price won: how far the price "
        "moved the attacker's way, in the games with a deal in both. Exploratory."
    )
    return ReportTable("adversaries", "What an attack in words wins", frame, columns, note)


def _line(row: Mapping[Any, Any]) -> str:
    """A channel's row in words."""
    units = {"deals": "rate", "price": "currency", "spread": ""}
    parts = [
        f"{what} {number(row[name], units[name], row['currency'], signed=name != 'spread')} "
        f"{interval(row[f'{name}_low'], row[f'{name}_high'], units[name])}".strip()
        for name, what in (("deals", "deals"), ("price", "mean price"), ("spread", "spread times"))
    ]
    return f"{row['channel']} against {row['against']}: {', '.join(parts)}."
