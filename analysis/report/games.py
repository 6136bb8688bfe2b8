"""Dialogues and feedback worth reading, chosen by a rule that the report states, never by hand.

It chooses from the frames and reads only the games it has chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from ..data.runs import Runs
from ..measures.definitions import OWN_ITEM
from ..measures.ledger import Entry, read_round
from ..measures.metrics import ITEM, joined
from ..text import money, one_line

RULE = (
    "Of the last round of every game: the deal nearest to the median price, the dearest and the cheapest deal, the "
    "longest dialogue (turns, then characters), the first round that ended without a deal, and the first whose verdict "
    "the code objects to. Where items differ, prices count as shares of the span of the openings. Of equals, the first "
    "game of the first cell is taken."
)
FEEDBACK_RULE = (
    "For each coached engine and each source: the feedback of median length, of equals the first cell's first game's."
)
_SOURCES = {"ai": "AI"}
_END = {"deal": "deal", "no_deal": "no deal", "walk_away": "walked away", "error": "a call failed"}
Row = dict[str, Any]


class SaidTurn(NamedTuple):
    """One turn as shown: who, what, the price it puts on the table in words, and its act.

    text: its parts in order, each with what the honesty ledger has against it, "" for nothing.
    """

    role: str
    text: tuple[tuple[str, str], ...]
    offer: str
    act: str
    fixed: bool
    verdict: str


class Dialogue(NamedTuple):
    """One round to read: why it was chosen, where it is from, how it ended, and everything said."""

    why: str
    place: str
    number: int
    end: str
    turns: tuple[SaidTurn, ...]
    feedback: tuple[tuple[str, str], ...]
    violations: tuple[str, ...]


class Coaching(NamedTuple):
    """One feedback to read."""

    who: str
    place: str
    number: int
    text: str
    answer: str


def dialogues(runs: Runs, names: pd.DataFrame) -> list[Dialogue]:
    """The rounds that RULE chooses, each once with all its reasons, in the order of the rule."""
    rounds = joined(runs, [*ITEM])
    played = rounds[(rounds["n_turns"] > 0) & ~rounds["repeat"]]
    last = played.groupby("run", observed=True)["round"].transform("max")
    chosen: dict[int, list[str]] = {}  # by row of the frame
    for why, index in _chosen(played[played["round"] == last], played):
        chosen.setdefault(index, []).append(why)
    rows = dict(zip(chosen, played.loc[list(chosen)].to_dict("records"), strict=True))
    cells = {str(cell["run"]): cell for cell in names.to_dict("records")}
    configs = {str(run["run"]): run for run in runs.runs.to_dict("records")}
    return [
        _dialogue(
            ", ".join(reasons),
            cells[rows[index]["run"]],
            rows[index]["game"],
            told,
            read_round(configs[rows[index]["run"]], told),
        )
        for index, reasons in chosen.items()
        for told in _told(runs, rows[index])
    ]


def _told(runs: Runs, row: Mapping[Any, Any]) -> list[Row]:
    """The round of this row as it stands in games.jsonl; empty where the game is no longer there."""
    try:
        game = runs.game(str(row["run"]), int(row["game"]))
    except (KeyError, OSError, ValueError):
        return []
    arm = "" if row["shared"] else str(row["arm"])
    return [each for each in game["rounds"] if each["round"] == row["round"] and each["arm"] == arm][:1]


def _chosen(last: pd.DataFrame, played: pd.DataFrame) -> list[tuple[str, int]]:
    """Reason and row of each choice; `played` is where a flagged verdict is looked for if the last round has none."""
    deals = last[last["outcome"] == "deal"]
    found: list[tuple[str, int]] = []
    if len(deals):
        span = deals["item.seller_opening"] - deals["item.buyer_opening"]
        one_item = len(deals[[*OWN_ITEM]].drop_duplicates()) == 1
        price = deals["price"] if one_item else (deals["price"] - deals["item.buyer_opening"]) / span
        if price.notna().any():
            away = (price - price.median()).abs().round(9)
            found.append(("median price", _row(away.idxmin())))
            if price.nunique() > 1:
                found += [("highest price", _row(price.idxmax())), ("lowest price", _row(price.idxmin()))]
    if len(last):
        longest = last.sort_values(["n_turns", "dialogue_chars"], ascending=False, kind="stable")
        found.append(("longest", int(longest.index[0])))
    ended = last[last["outcome"].isin(["no_deal", "walk_away"])]
    if len(ended):
        found.append(("no deal", int(ended.index[0])))
    for rounds in (last, played):
        flagged = rounds[rounds["objections"] > 0]
        if len(flagged):
            return [*found, ("the code disagrees with the moderator", int(flagged.index[0]))]
    return found


def _row(index: Any) -> int:
    return int(index)


def _dialogue(why: str, cell: Mapping[Any, Any], game: int, told: Row, ledger: list[Entry]) -> Dialogue:
    currency = one_line(cell["currency"], 8)
    verdicts = {each["turn"]: each for each in told.get("verdicts", ()) if each.get("objections")}
    turns = tuple(
        SaidTurn(
            turn["role"],
            _marked(str(turn["text"]), [entry for entry in ledger if entry.turn == at]),
            money(turn["offer"], currency) if turn.get("offer") is not None else "",
            str(turn.get("act", "")).replace("_", " "),
            bool(turn.get("fixed")),
            _verdict(verdicts.get(at), currency),
        )
        for at, turn in enumerate(told["turns"], start=1)
    )
    end = _END.get(told["outcome"], str(told["outcome"]))
    if told["outcome"] == "deal":
        end += f" at {money(told['price'], currency)}"
    elif told.get("reason"):
        end += f": {told['reason']}"
    heard = tuple(
        (f"{_SOURCES.get(each['source'], each['source'])} feedback to the {each['learner']}", each["text"])
        for each in told["feedback"]
    )
    broken = tuple(
        f"{each['role']}, turn {each['turn']}: {str(each['kind']).replace('_', ' ')}" for each in told["violations"]
    )
    arm = f", {told['arm']} arm" if told["arm"] else ""
    place = f"{cell['cell']}, game {game}{arm}, round {told['round']}"
    return Dialogue(why, place, int(cell["number"]), end, turns, heard, broken)


def _marked(text: str, ledger: list[Entry]) -> tuple[tuple[str, str], ...]:
    """A text in parts: what the ledger has entries of, with their kinds, and what lies between."""
    parts, at = [], 0
    for entry in sorted(ledger, key=lambda entry: entry.start):
        if entry.start >= at:
            parts += [(text[at : entry.start], ""), (text[entry.start : entry.end], entry.kind.replace("_", " "))]
            at = entry.end
    parts.append((text[at:].rstrip(), ""))
    return tuple((part if number else part.lstrip(), why) for number, (part, why) in enumerate(parts) if part)


def _verdict(verdict: Row | None, currency: str) -> str:
    """What a flagged verdict said, and what the code objects."""
    if verdict is None:
        return ""
    price = f" at {money(verdict['price'], currency)}" if verdict.get("price") is not None else ""
    state = str(verdict["state"]).replace("_", " ")
    stood = str(verdict["stands"]).replace("_", " ")
    return f"the moderator says {state}{price}; the code: {'; '.join(verdict['objections'])}; what stands: {stood}"


def feedback(runs: Runs, names: pd.DataFrame) -> list[Coaching]:
    """The feedback that FEEDBACK_RULE chooses."""
    rounds = joined(runs, ["learner_engine", "learner"])
    source = rounds["feedback_source"].astype(str)
    heard = rounds[(source != "") & ~rounds["repeat"] & (rounds["feedback_chars"] > 0)].assign(source=source)
    cells, found = {str(cell["run"]): cell for cell in names.to_dict("records")}, []
    for _, group in heard.groupby(["learner_engine", "learner", "source"], observed=True, sort=False):
        length = group["feedback_chars"]
        row = group.loc[[(length - length.median()).abs().idxmin()]].to_dict("records")[0]
        cell = cells[str(row["run"])]
        for each in [part for told in _told(runs, row) for part in told["feedback"]]:
            source = _SOURCES.get(each["source"], each["source"])
            who = f"{source} feedback to {row['learner_engine']} ({each['learner']})"
            place = f"{cell['cell']}, game {row['game']}, before round {row['round']}"
            found.append(Coaching(who, place, cell["number"], each["text"].strip(), each["acknowledgement"].strip()))
    return found
