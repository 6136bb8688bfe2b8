"""The calls of a run as its journal has them: one row per attempt, and what a player was shown when it last spoke.

    calls = read_calls(run)                  CALL_COLUMNS, an empty table where there is no journal
    for said in conversations(run): said.place, said.messages

An embedded negotiator reads no messages and its calls are in no journal. Raises JournalError for one that is damaged.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from bargain.errors import JournalError
from bargain.journal.reader import JournalReader
from bargain.records import PLAYERS, Place
from bargain.rundir.record import JOURNAL
from bargain.secrets import blotted

from .columns import CATEGORY, COUNT, FLAG, LARGE, NUMBER, SMALL, TEXT, Column, schema_of


def _number(value: float | None) -> float:
    return math.nan if value is None else value


CALL_COLUMNS = (
    Column("game", COUNT, "", "number of the game in its run, from 0", lambda call: call.place.game),
    Column("arm", CATEGORY, "", "the arm as played, empty for a shared round", lambda call: call.place.arm),
    Column("round", SMALL, "", "number of the round, from 1", lambda call: call.place.round),
    Column("turn", SMALL, "", "the turn that was asked for or judged; 0 between rounds", lambda call: call.place.turn),
    Column("seat", CATEGORY, "", "seller, buyer, moderator, seller_critic, buyer_critic",
           lambda call: call.place.role),
    Column("again", SMALL, "", "how often the same words had been asked for before (empty, cut, off channel)",
           lambda call: call.place.again),
    Column("attempt", SMALL, "", "number of the attempt at this call, from 1", lambda call: call.number),
    Column("engine", CATEGORY, "", "name of the engine", lambda call: call.engine),
    Column("model", CATEGORY, "", "the model that was asked", lambda call: call.model),
    Column("kind", CATEGORY, "", "reply, or how it failed (not_sent, maybe_billed, rejected, fatal); open, unread",
           lambda call: call.kind),
    Column("status", NUMBER, "", "HTTP status, NaN if no answer came", lambda call: _number(call.status)),
    Column("message", TEXT, "", "how it failed, in words", lambda call: blotted(call.message)),
    Column("seconds", NUMBER, "s", "until the answer was there, NaN if none came", lambda call: _number(call.seconds)),
    Column("input_tokens", LARGE, "tokens", "tokens of the prompt", lambda call: call.usage.input_tokens),
    Column("output_tokens", LARGE, "tokens", "tokens of the reply", lambda call: call.usage.output_tokens),
    Column("cached_tokens", LARGE, "tokens", "part of the prompt that a provider cache served",
           lambda call: call.usage.cached_tokens),
    Column("cost_usd", NUMBER, "USD", "what it cost, NaN where the price is unknown or nothing came",
           lambda call: _number(call.cost_usd)),
    Column("gave_up", FLAG, "", "the last attempt of a call that failed for good",
           lambda call: call.gave_up is not None),
)  # fmt: skip


class Conversation(NamedTuple):
    """What a player had before it when it last spoke in a round: (role, text) of system, user and assistant."""

    place: Place
    engine: str
    model: str
    messages: tuple[tuple[str, str], ...]


def read_calls(directory: Path) -> pa.Table:
    """One row per attempt of a run, in the order in which they were made."""
    if not (directory / JOURNAL).exists():
        return schema_of(CALL_COLUMNS).empty_table()
    columns: dict[str, list[object]] = {column.name: [] for column in CALL_COLUMNS}
    with JournalReader(directory / JOURNAL) as journal:
        for attempt in journal.attempts():
            for column in CALL_COLUMNS:
                assert column.compute
                columns[column.name].append(column.compute(attempt))
    return pa.table(columns, schema=schema_of(CALL_COLUMNS))


def waited_s(directory: Path) -> dict[str, float]:
    """Seconds from sending to the answer, summed over all attempts of a run, by role: what thinking takes, whatever
    else plays at once. {} where no call is on record (free engines), and for a journal that cannot be read."""
    if (directory / JOURNAL).exists():
        with contextlib.suppress(JournalError, OSError), JournalReader(directory / JOURNAL) as journal:
            return journal.waited_s()
    return {}


def conversations(directory: Path) -> Iterator[Conversation]:
    """One per game, arm, round and player that spoke through the journal, as the last answered request had it."""
    if not (directory / JOURNAL).exists():
        return
    with JournalReader(directory / JOURNAL) as journal:
        last: dict[tuple[int, str, int, str], Any] = {}
        for attempt in journal.attempts():
            place = attempt.place
            if attempt.kind == "reply" and place.role in PLAYERS and place.turn:
                key = (place.game, place.arm, place.round, place.role)
                if key not in last or last[key].place <= place:
                    last[key] = attempt
        for attempt in last.values():
            said = messages_of(journal.request(attempt.id))
            yield Conversation(attempt.place, attempt.engine, attempt.model, said)


_ROLES = {"system": "system", "developer": "system", "assistant": "assistant", "model": "assistant"}


def messages_of(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The dialogue in a request's body, whatever its protocol; a text to be completed is one message of the user."""
    system = body.get("system")
    said = [("system", _text(system))] if system else []
    dialogue = next((value for value in body.values() if _is_dialogue(value)), None)
    if dialogue is not None:
        said += [(_ROLES.get(each["role"], "user"), _text(each.get("content", ""))) for each in dialogue]
    elif isinstance(body.get("prompt"), str):
        said.append(("user", body["prompt"]))
    return tuple(said)


def _is_dialogue(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "role" in each for each in value)


def _text(content: Any) -> str:
    """The text of a message that may be cut into blocks."""
    if isinstance(content, list):
        return "\n\n".join(str(each.get("text", "")) for each in content if isinstance(each, dict))
    return str(content)
