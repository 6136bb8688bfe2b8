"""The columns of the frames that `load` returns, each said once: name, type, unit, meaning, computation.

    Column("seller_words", COUNT, "words", "words of these turns", lambda played: played.seller.words)

That entry is all a new column needs: the frames, the columnar copies under .cache/ (older ones are made again) and the
table in docs/metrics.md (`python docs/tables.py`) follow from it. What several columns share is worked out in
round_facts.py and run_facts.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from bargain.records import PLAYERS

from .round_facts import SEATS, PlayedRound
from .run_facts import RunFacts

CATEGORY, TEXT, FLAG = pa.dictionary(pa.int32(), pa.string()), pa.string(), pa.bool_()
SMALL, COUNT, LARGE, NUMBER = pa.int16(), pa.int32(), pa.int64(), pa.float64()


class Column(NamedTuple):
    """One column. `kind` is its arrow type, `unit` is "" for names and flags.

    compute: its value from what a row is made of: a PlayedRound, a Turn, a feedback as in games.jsonl, or RunFacts;
    None for a column that says which row it is.
    """

    name: str
    kind: pa.DataType
    unit: str
    meaning: str
    compute: Callable[[Any], object] | None = None

    @property
    def nothing(self) -> object:
        """Its value in a round that was not played."""
        if pa.types.is_floating(self.kind):
            return math.nan
        if pa.types.is_boolean(self.kind):
            return False
        return 0 if pa.types.is_integer(self.kind) else ""


class Turn(NamedTuple):
    """One utterance: its number in the round, from 1, and the bargain.records.Turn as it stands in games.jsonl."""

    number: int
    json: dict[str, Any]


def _price(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _term(name: str) -> Callable[[PlayedRound], object]:
    """A number of the round's own terms, NaN without."""
    return lambda played: _price(played.terms.get(name))


def _of_player(role: str) -> list[Column]:
    """The columns that both players have, of a PlayedRound."""
    return [
        Column(f"{role}_turns", SMALL, "turns", f"turns that the {role} wrote itself (hard-coded openings left out)",
               attrgetter(f"{role}.turns")),
        Column(f"{role}_chars", COUNT, "characters", "length of these turns", attrgetter(f"{role}.chars")),
        Column(f"{role}_words", COUNT, "words", "words of these turns, split at white space",
               attrgetter(f"{role}.words")),
        Column(f"{role}_offers", SMALL, "offers", "prices it put on the table, opening included, acceptances left out",
               attrgetter(f"{role}.offers")),
        Column(f"{role}_first_offer", NUMBER, "currency", "the first of them, NaN without one",
               attrgetter(f"{role}.first_offer")),
        Column(f"{role}_first_own_offer", NUMBER, "currency", "the first that is not the hard-coded opening",
               attrgetter(f"{role}.first_own_offer")),
        Column(f"{role}_last_offer", NUMBER, "currency", "the last of them", attrgetter(f"{role}.last_offer")),
        Column(f"{role}_concession", NUMBER, "currency", "from first to last offer, positive towards the rival",
               attrgetter(f"{role}.concession")),
        Column(f"{role}_first_concession", NUMBER, "currency",
               "size of its first move towards the rival, NaN if none", attrgetter(f"{role}.first_concession")),
        Column(f"{role}_first_concession_turn", NUMBER, "turn", "number of the turn that made it, from 1",
               attrgetter(f"{role}.first_concession_turn")),
        Column(f"{role}_rigidity", NUMBER, "share", "share of its offers after the first that give nothing more",
               attrgetter(f"{role}.rigidity")),
        Column(f"{role}_burstiness", NUMBER, "", "of what each of them gives (sd - mean) / (sd + mean): -1 evenly, "
               "near 1 all at once", attrgetter(f"{role}.burstiness")),
        Column(f"{role}_violations", SMALL, "violations", f"inconsistencies of the {role}",
               lambda played: played.violations_of(role)),
    ]  # fmt: skip


def _of_seat(seat: str) -> list[Column]:
    return [
        Column(f"{seat}_input_tokens", LARGE, "tokens", f"input tokens of the {seat}",
               lambda played: played.tokens[seat].input),
        Column(f"{seat}_output_tokens", LARGE, "tokens", f"output tokens of the {seat}",
               lambda played: played.tokens[seat].output),
    ]  # fmt: skip


def _kinds(played: PlayedRound) -> str:
    return " ".join(f"{kind}={count}" for kind, count in sorted(played.kinds.items()))


def _objections(played: PlayedRound) -> int:
    return sum(bool(verdict["objections"]) for verdict in played.json["verdicts"])


def _overruled(played: PlayedRound) -> int:
    verdicts = [verdict for verdict in played.json["verdicts"] if verdict["objections"]]
    return sum(verdict["stands"] != verdict["state"] for verdict in verdicts)


def _disputed(played: PlayedRound) -> int:
    """1 where the moderator said deal, that did not stand, and none came."""
    verdicts = played.json["verdicts"]
    said = any(verdict["state"] == "deal" and verdict["stands"] != "deal" for verdict in verdicts)
    return int(said and played.json["outcome"] != "deal")


PLACE_COLUMNS = (
    Column("game", COUNT, "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm of a compare game, empty in a game without arms"),
    Column("round", SMALL, "", "number of the round, from 1"),
    Column("shared", FLAG, "", "the first round that all arms share; every arm has a row of it"),
    Column("repeat", FLAG, "", "a further row of a shared round: leave out where rounds are counted as played"),
)
"""Which planned round a row is."""

END_COLUMNS = (
    Column("outcome", CATEGORY, "", "deal, no_deal, walk_away, error, or not_played (planned, but the game had ended)",
           lambda played: played.json["outcome"]),
    Column("reason", CATEGORY, "", "why it ended without a deal, in words",
           lambda played: played.json.get("reason") or ""),
)  # fmt: skip
"""Known of every planned round, whether it was played or not."""

TERMS_COLUMNS = (
    Column("own_terms", FLAG, "", "the game had limits of its own (scenario=drawn, catalogue), those of these columns",
           lambda played: bool(played.terms)),
    Column("terms_item", CATEGORY, "", "the game's item, empty without own terms",
           lambda played: str(played.terms.get("item") or "")),
    Column("terms_cost", NUMBER, "currency", "the seller's cost", _term("cost")),
    Column("terms_valuation", NUMBER, "currency", "the buyer's valuation", _term("valuation")),
    Column("terms_seller_limit", NUMBER, "currency", "the seller's limit: its cost, or its outside option if higher",
           _term("seller_limit")),
    Column("terms_buyer_limit", NUMBER, "currency", "the buyer's: its valuation, or its outside option if lower",
           _term("buyer_limit")),
    Column("terms_seller_opening", NUMBER, "currency", "the seller's opening", _term("seller_opening")),
    Column("terms_buyer_opening", NUMBER, "currency", "the buyer's opening", _term("buyer_opening")),
    Column("terms_deadline", NUMBER, "exchanges", "after which the talk ended, NaN where all games have the same",
           _term("deadline")),
    Column("terms_seller_discount", NUMBER, "share", "what is left of the seller's gain after an exchange",
           _term("seller_discount")),
    Column("terms_buyer_discount", NUMBER, "share", "what is left of the buyer's", _term("buyer_discount")),
)  # fmt: skip
"""Known of every planned round of a game from any that was played."""

MEASURED_COLUMNS = (
    Column("price", NUMBER, "currency", "the agreed price, NaN without a deal",
           lambda played: _price(played.json["price"])),
    Column("second", NUMBER, "units", "the agreed option of the second issue, NaN without a deal or with one issue",
           lambda played: _price(played.json.get("second"))),
    Column("legacy_price", NUMBER, "currency", "the price by the 2023 rules, NaN where they find none",
           lambda played: _price(played.json.get("legacy_price"))),
    Column("n_turns", SMALL, "turns", "all turns, openings included", lambda played: len(played.json["turns"])),
    Column("dialogue_chars", COUNT, "characters", "length of all turns, openings included", attrgetter("chars")),
    Column("first_line_chars", COUNT, "characters", "length of the first line of each turn, openings included",
           lambda played: sum(len(turn["text"].split("\n", 1)[0]) for turn in played.json["turns"])),
    Column("dialogue_words", COUNT, "words", "words of all turns, openings included", attrgetter("words")),
    *(column for role in PLAYERS for column in _of_player(role)),
    Column("violations", CATEGORY, "", "who did what how often: `buyer:moves_back=2 seller:below_cost=1`", _kinds),
    Column("verdicts", SMALL, "verdicts", "verdicts of the moderator", lambda played: len(played.json["verdicts"])),
    Column("objections", SMALL, "verdicts", "of these, those that the code disagrees with", _objections),
    Column("overruled", SMALL, "verdicts", "of these, those that did not stand", _overruled),
    Column("disputed", SMALL, "rounds", "1: no deal, although the moderator said so in words that do not bear it out",
           _disputed),
    Column("feedback_source", CATEGORY, "",
           "who coached before this round (ai, human ...; + joins two), empty if nobody",
           lambda played: "+".join(dict.fromkeys(feedback["source"] for feedback in played.json["feedback"]))),
    Column("feedback_chars", COUNT, "characters", "length of the feedback heard before this round",
           lambda played: sum(len(feedback["text"]) for feedback in played.json["feedback"])),
    Column("calls", COUNT, "calls", "calls of this round, those for the feedback before it included",
           attrgetter("calls")),
    Column("input_tokens", LARGE, "tokens", "tokens of their prompts", attrgetter("input_tokens")),
    Column("output_tokens", LARGE, "tokens", "tokens of their replies", attrgetter("output_tokens")),
    Column("cached_tokens", LARGE, "tokens", "part of the prompts that a provider cache served",
           attrgetter("cached_tokens")),
    Column("reasoning_tokens", LARGE, "tokens", "part of the replies that was thought and not said, where servers tell",
           attrgetter("reasoning_tokens")),
    *(column for seat in SEATS for column in _of_seat(seat)),
    Column("content", LARGE, "", "a number for all that was said and advised in the game up to here, 0 if nothing was",
           attrgetter("content")),
)  # fmt: skip
"""Measured on a PlayedRound."""

ROUND_COLUMNS = (*PLACE_COLUMNS, *END_COLUMNS, *TERMS_COLUMNS, *MEASURED_COLUMNS)

TURN_COLUMNS = (
    Column("game", COUNT, "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm as played, empty for a shared round"),
    Column("round", SMALL, "", "number of the round, from 1"),
    Column("turn", SMALL, "", "number of the turn in its round, from 1", attrgetter("number")),
    Column("role", CATEGORY, "", "seller or buyer", lambda turn: turn.json["role"]),
    Column("offer", NUMBER, "currency", "the price it puts (or, accepting, leaves) on the table, NaN if none",
           lambda turn: _price(turn.json["offer"])),
    Column("second", NUMBER, "units", "the option of the second issue that goes with the price, NaN if none",
           lambda turn: _price(turn.json.get("second"))),
    Column("act", CATEGORY, "", "offer, accept, reject, walk_away or other", lambda turn: turn.json["act"]),
    Column("fixed", FLAG, "", "a hard-coded opening", lambda turn: bool(turn.json["fixed"])),
    Column("chars", COUNT, "characters", "length of the text", lambda turn: len(turn.json["text"])),
    Column("words", COUNT, "words", "words of the text, split at white space",
           lambda turn: len(turn.json["text"].split())),
    Column("text", TEXT, "", "what was said", lambda turn: turn.json["text"]),
)  # fmt: skip

FEEDBACK_COLUMNS = (
    Column("game", COUNT, "", "number of the game in its run, from 0"),
    Column("arm", CATEGORY, "", "the arm as played"),
    Column("round", SMALL, "", "the round before which it was heard"),
    Column("learner", CATEGORY, "", "who was coached", lambda feedback: feedback["learner"]),
    Column("source", CATEGORY, "", "ai, human, constant ...", lambda feedback: feedback["source"]),
    Column("text", TEXT, "", "what the learner was told", lambda feedback: feedback["text"]),
    Column("acknowledgement", TEXT, "", "what it answered", lambda feedback: feedback.get("acknowledgement") or ""),
)


def _cost_of(seat: str) -> Callable[[RunFacts], object]:
    return lambda run: run.cost_of(seat)


def _total(name: str) -> Callable[[RunFacts], object]:
    """Something that was counted over the games when they were read."""
    return lambda run: run.games[name]


RUN_COLUMNS = (
    Column("run", TEXT, "", "the run directory, relative to the working directory if it lies under it",
           attrgetter("name")),
    Column("sweep", TEXT, "", "the sweep's directory, empty for a single run", attrgetter("sweep")),
    Column("cell", LARGE, "", "number of the cell in its sweep, -1 for a single run",
           attrgetter("cell")),
    Column("state", TEXT, "", "finished, running, paused, failed, crashed (no end recorded, no sign of life) or empty",
           attrgetter("state")),
    Column("problem", TEXT, "", "what is wrong with the run or its files, in words; empty if nothing is",
           attrgetter("problem")),
    Column("simulated", FLAG, "", "an embedded negotiator took part: the numbers say nothing about language models",
           attrgetter("simulated")),
    Column("simulated_seats", TEXT, "", "the seats that embedded negotiators have, joined by a comma; empty where it "
           "is not known", attrgetter("simulated_seats")),
    Column("planned", LARGE, "games", "games that the config asks for", attrgetter("planned")),
    Column("finished", LARGE, "games", "games in games.jsonl, those that failed included", _total("finished")),
    Column("error", LARGE, "games", "of these, games that failed for good", _total("error")),
    Column("damaged", LARGE, "lines", "lines of games.jsonl that could not be read", _total("damaged")),
    Column("cost_usd", NUMBER, "USD", "what the run cost, NaN if a price is unknown or no summary says so",
           lambda run: run.number("cost_usd")),
    Column("cost_usd_seller", NUMBER, "USD", "of this the seller (so for buyer, moderator, critic), NaN if unknown",
           _cost_of("seller")),
    Column("cost_usd_buyer", NUMBER, "USD", "the buyer's part", _cost_of("buyer")),
    Column("cost_usd_moderator", NUMBER, "USD", "the moderator's part", _cost_of("moderator")),
    Column("cost_usd_critic", NUMBER, "USD", "the critics' part", _cost_of("critic")),
    Column("input_tokens", LARGE, "tokens", "tokens of all prompts of the finished games", _total("input_tokens")),
    Column("output_tokens", LARGE, "tokens", "tokens of all replies of the finished games", _total("output_tokens")),
    Column("cached_tokens", LARGE, "tokens", "part of the prompts that a provider cache served",
           _total("cached_tokens")),
    Column("reasoning_tokens", LARGE, "tokens", "part of the replies that was thought and not said, where servers tell",
           _total("reasoning_tokens")),
    Column("calls", LARGE, "calls", "calls of the finished games", _total("calls")),
    Column("wall_s", NUMBER, "s", "wall time, NaN if no summary says so", lambda run: run.number("wall_s")),
    Column("learner", TEXT, "", "who is coached: seller, buyer, both, or empty",
           lambda run: "both" if len(run.learners) > 1 else "".join(run.learners)),
    Column("seller_engine", TEXT, "", "name of the seller's engine", lambda run: run.engine("seller")),
    Column("buyer_engine", TEXT, "", "name of the buyer's engine", lambda run: run.engine("buyer")),
    Column("critic_engine", TEXT, "", "name of the critic's engine: the learner's unless the config names one",
           lambda run: run.engine("critic")),
    Column("moderator_engine", TEXT, "", "name of the moderator's engine, empty if it has none",
           lambda run: run.engine("moderator")),
    Column("learner_engine", TEXT, "", "engine of the learner; of both joined by + if they differ",
           lambda run: run.engines(run.learners)),
    Column("rival_engine", TEXT, "", "engine of the player who is not coached", lambda run: run.rival_engine),
)  # fmt: skip
"""What is known of a run beside the choices of its config, from RunFacts."""


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
