"""The columns of the frames that `analysis.load` returns: name, type, unit and meaning, each said once.

The columnar copies are written with these schemas, docs/metrics.md prints them, and a test compares the two. This file
knows no run directory and no metric.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

CATEGORY = pa.dictionary(pa.int32(), pa.string())
PLAYERS = ("seller", "buyer")
SEATS = ("seller", "buyer", "moderator", "critic")


class Column(NamedTuple):
    """One column: `kind` is its arrow type, `unit` is "" for names and flags."""

    name: str
    kind: pa.DataType
    unit: str
    meaning: str


def _player_columns(role: str) -> list[Column]:
    price, count = pa.float64(), pa.int16()
    return [
        Column(f"{role}_turns", count, "turns", f"turns that the {role} wrote itself (hard-coded openings left out)"),
        Column(f"{role}_chars", pa.int32(), "characters", "length of these turns"),
        Column(f"{role}_words", pa.int32(), "words", "words of these turns, split at white space"),
        Column(f"{role}_offers", count, "offers", "prices it put on the table, opening included, acceptances left out"),
        Column(f"{role}_first_offer", price, "currency", "the first of them, NaN without one"),
        Column(f"{role}_first_own_offer", price, "currency", "the first that is not the hard-coded opening"),
        Column(f"{role}_last_offer", price, "currency", "the last of them"),
        Column(f"{role}_concession", price, "currency", "from first to last offer, positive towards the rival"),
        Column(f"{role}_first_concession", price, "currency", "size of its first move towards the rival, NaN if none"),
        Column(f"{role}_first_concession_turn", price, "turn", "number of the turn that made it, from 1"),
        Column(f"{role}_violations", count, "violations", f"inconsistencies of the {role}"),
    ]


ROUND_COLUMNS: tuple[Column, ...] = (
    Column("game", pa.int32(), "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm of a compare game, empty in a game without arms"),
    Column("round", pa.int16(), "", "number of the round, from 1"),
    Column("shared", pa.bool_(), "", "the first round that all arms share; every arm has a row of it"),
    Column("repeat", pa.bool_(), "", "a further row of a shared round: leave out where rounds are counted as played"),
    Column("outcome", CATEGORY, "", "deal, no_deal, walk_away, error, or not_played (planned, but the game had ended)"),
    Column("reason", CATEGORY, "", "why it ended without a deal, in words"),
    Column("price", pa.float64(), "currency", "the agreed price, NaN without a deal"),
    Column("legacy_price", pa.float64(), "currency", "the price by the 2023 rules, NaN where they find none"),
    Column("n_turns", pa.int16(), "turns", "all turns, openings included"),
    Column("dialogue_chars", pa.int32(), "characters", "length of all turns, openings included"),
    Column("dialogue_words", pa.int32(), "words", "words of all turns, openings included"),
    *(column for role in PLAYERS for column in _player_columns(role)),
    Column("violations", CATEGORY, "", "who did what how often: `buyer:moves_back=2 seller:below_cost=1`"),
    Column("verdicts", pa.int16(), "verdicts", "verdicts of the moderator"),
    Column("objections", pa.int16(), "verdicts", "of these, those that the code disagrees with"),
    Column("overruled", pa.int16(), "verdicts", "of these, those that did not stand"),
    Column(
        "feedback_source", CATEGORY, "", "who coached before this round (ai, human ...; + joins two), empty if nobody"
    ),
    Column("feedback_chars", pa.int32(), "characters", "length of the feedback heard before this round"),
    Column("calls", pa.int32(), "calls", "calls of this round, those for the feedback before it included"),
    Column("input_tokens", pa.int64(), "tokens", "tokens of their prompts"),
    Column("output_tokens", pa.int64(), "tokens", "tokens of their replies"),
    Column("cached_tokens", pa.int64(), "tokens", "part of the prompts that a provider cache served"),
    *(
        Column(f"{seat}_{side}_tokens", pa.int64(), "tokens", f"{side} tokens of the {seat}")
        for seat in SEATS
        for side in ("input", "output")
    ),
)

TURN_COLUMNS: tuple[Column, ...] = (
    Column("game", pa.int32(), "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm as played, empty for a shared round"),
    Column("round", pa.int16(), "", "number of the round, from 1"),
    Column("turn", pa.int16(), "", "number of the turn in its round, from 1"),
    Column("role", CATEGORY, "", "seller or buyer"),
    Column("offer", pa.float64(), "currency", "the price it puts (or, accepting, leaves) on the table, NaN if none"),
    Column("act", CATEGORY, "", "offer, accept, reject, walk_away or other"),
    Column("fixed", pa.bool_(), "", "a hard-coded opening"),
    Column("chars", pa.int32(), "characters", "length of the text"),
    Column("words", pa.int32(), "words", "words of the text, split at white space"),
    Column("text", pa.string(), "", "what was said"),
)

FEEDBACK_COLUMNS: tuple[Column, ...] = (
    Column("game", pa.int32(), "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm as played"),
    Column("round", pa.int16(), "", "the round before which it was heard"),
    Column("learner", CATEGORY, "", "who was coached"),
    Column("source", CATEGORY, "", "ai, human, constant ..."),
    Column("text", pa.string(), "", "what the learner was told"),
    Column("acknowledgement", pa.string(), "", "what it answered"),
)

RUN_COLUMNS: tuple[Column, ...] = (
    Column("run", pa.string(), "", "the run directory, relative to the working directory if it lies under it"),
    Column("sweep", pa.string(), "", "the sweep's directory, empty for a single run"),
    Column("cell", pa.int64(), "", "number of the cell in its sweep, -1 for a single run"),
    Column(
        "state",
        pa.string(),
        "",
        "finished, running, paused, failed, crashed (no end recorded, no sign of life) or empty",
    ),
    Column("problem", pa.string(), "", "what is wrong with the run or its files, in words; empty if nothing is"),
    Column(
        "simulated", pa.bool_(), "", "an embedded negotiator took part: the numbers say nothing about language models"
    ),
    Column("planned", pa.int64(), "games", "games that the config asks for"),
    Column("finished", pa.int64(), "games", "games in games.jsonl, those that failed included"),
    Column("error", pa.int64(), "games", "of these, games that failed for good"),
    Column("damaged", pa.int64(), "lines", "lines of games.jsonl that could not be read"),
    Column("cost_usd", pa.float64(), "USD", "what the run cost, NaN if a price is unknown or no summary says so"),
    Column(
        "cost_usd_seller", pa.float64(), "USD", "of this the seller (so for buyer, moderator, critic), NaN if unknown"
    ),
    Column("cost_usd_buyer", pa.float64(), "USD", "the buyer's part"),
    Column("cost_usd_moderator", pa.float64(), "USD", "the moderator's part"),
    Column("cost_usd_critic", pa.float64(), "USD", "the critics' part"),
    Column("input_tokens", pa.int64(), "tokens", "tokens of all prompts of the finished games"),
    Column("output_tokens", pa.int64(), "tokens", "tokens of all replies of the finished games"),
    Column("cached_tokens", pa.int64(), "tokens", "part of the prompts that a provider cache served"),
    Column("calls", pa.int64(), "calls", "calls of the finished games"),
    Column("wall_s", pa.float64(), "s", "wall time, NaN if no summary says so"),
    Column("learner", pa.string(), "", "who is coached: seller, buyer, both, or empty"),
    Column("seller_engine", pa.string(), "", "name of the seller's engine"),
    Column("buyer_engine", pa.string(), "", "name of the buyer's engine"),
    Column("critic_engine", pa.string(), "", "name of the critic's engine: the learner's unless the config names one"),
    Column("moderator_engine", pa.string(), "", "name of the moderator's engine, empty if it has none"),
    Column("learner_engine", pa.string(), "", "engine of the learner; of both joined by + if they differ"),
    Column("rival_engine", pa.string(), "", "engine of the player who is not coached"),
)


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """The arrow schema of these columns."""
    return pa.schema([(column.name, column.kind) for column in columns])


def describe(columns: Iterable[Column]) -> str:
    """These columns as a Markdown table, as docs/metrics.md shows them."""
    names = {"dictionary<values=string, indices=int32, ordered=0>": "category", "double": "float64", "string": "str"}
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    for column in columns:
        kind = names.get(str(column.kind), str(column.kind))
        lines.append(f"| `{column.name}` | {kind} | {column.unit} | {column.meaning} |")
    return "\n".join(lines)
