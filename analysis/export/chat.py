"""--to chat: what each player saw and said, with what it earned: for supervised finetuning and preference data.

    conversations.jsonl   one line per game, round and player that is a model: messages, reward
    pairs.jsonl           prompt, chosen, rejected: the same player before the same words, who spoke on differently

The messages are those of its last request of the round, from the journal, and its last words. An assistant message has
`weight` 1 where it is the player's own of this round, 0 where it stood in its context (hard-coded openings, examples of
the prompt, earlier rounds). The reward is its surplus in the item's currency: 0 without a deal, null where its
reservation price is not set. Rounds that ended in an error are left out. Embedded negotiators read no messages.

A pair is only made where the difference can be the player's own doing. Both conversations have the same messages up to
a word of the player, and differ there first; the configs are the same but for the seed and what is the player's (its
engine, its prompt, its persona), so is what both would lose without a deal; and the rival had no memory of its own. Of
such a group the best is paired with the worst, the second with the second worst and so on, each once, while their
rewards differ. One outcome is one draw: the rival's luck is in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from bargain.channels.structured import Structured
from bargain.records import HALF_A_CENT, PLAYERS, rival_of
from bargain.secrets import blotted
from bargain.text import to_json

from ..data.calls import Conversation, conversations
from ..data.runs import Runs
from ..measures.metrics import ITEM, joined, per_round

NOTHING = "no player's calls are in a journal: embedded negotiators read no messages, so there is no chat of theirs"


def write(runs: Runs, place: Path) -> None:
    """Writes both files into `place`. Raises ValueError where there is no conversation."""
    lines = list(examples(runs))
    if not lines:
        raise ValueError(NOTHING)
    for name, data in (("conversations", lines), ("pairs", list(pairs(runs, lines)))):
        text = "".join(to_json(each) + "\n" for each in data)
        (place / f"{name}.jsonl").write_text(blotted(text), encoding="utf-8")


def played_rounds(runs: Runs) -> pd.DataFrame:
    """The planned rounds, a shared one once and under no arm, with the facts of the item, the learner, seller_surplus
    and buyer_surplus."""
    rounds = joined(runs, [*ITEM, "learner"])
    rounds = rounds.assign(
        arm=rounds["arm"].astype(str).where(~rounds["shared"], ""),
        **{f"{role}_surplus": per_round("surplus", rounds, role) for role in PLAYERS},
    )
    return rounds[~rounds["repeat"]]


def examples(runs: Runs) -> Iterator[dict[str, Any]]:
    """The lines of conversations.jsonl, run by run."""
    rounds = played_rounds(runs)
    columns = ("run", "game", "arm", "round", "outcome", "price", *(f"{role}_surplus" for role in PLAYERS))
    facts = {
        (run, game, arm, number): dict(zip(columns[4:], rest, strict=True))
        for run, game, arm, number, *rest in zip(*(rounds[name] for name in columns), strict=True)
    }
    spoken = {run: dict(_turns(frame)) for run, frame in runs.turns.groupby("run", observed=True)}
    for row in runs.runs.to_dict("records"):
        run, currency = row["run"], str(row.get("item.currency", "$"))
        own = Structured({}).own if row.get("channel._target_") == _JSON else lambda text, currency: text
        for said in sorted(conversations(runs.path(run))):
            at = (said.place.game, said.place.arm, said.place.round)
            turns = spoken.get(run, {}).get(at, [])
            if len(turns) < said.place.turn:  # a game that is not finished, or a turn that came to nothing
                continue
            fact, role = facts[run, *at], said.place.role
            if fact["outcome"] == "error":
                continue
            texts = [own(text, currency) for who, text, fixed in turns if who == role and not fixed]
            yield {
                "run": run,
                "game": said.place.game,
                "arm": said.place.arm,
                "round": said.place.round,
                "seat": role,
                "engine": said.engine,
                "model": said.model,
                "outcome": fact["outcome"],
                "price": _or_none(fact["price"]),
                "currency": currency,
                "reward": _or_none(fact[f"{role}_surplus"]),
                "messages": _messages(said, texts),
            }


_JSON = f"{Structured.__module__}.{Structured.__name__}"


def _turns(frame: pd.DataFrame) -> Iterator[tuple[tuple[int, str, int], list[tuple[str, str, bool]]]]:
    keys = list(zip(frame["game"], frame["arm"].astype(str), frame["round"], strict=True))
    rows = zip(keys, zip(frame["role"], frame["text"], frame["fixed"], strict=True), strict=True)
    for key, turns in groupby(rows, key=lambda row: row[0]):
        yield key, [turn for _, turn in turns]


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)


def _messages(said: Conversation, own: Sequence[str]) -> list[dict[str, Any]]:
    """The messages with their weights; own: the words of the player in this round, the last of them included."""
    left = list(own)
    made: list[dict[str, Any]] = []
    for role, text in reversed([*said.messages, ("assistant", own[-1])]):
        message: dict[str, Any] = {"role": role, "content": text}
        if role == "assistant":
            message["weight"] = int(bool(left) and left[-1] == text)
            left = left[: len(left) - message["weight"]]
        made.append(message)
    return made[::-1]


def pairs(runs: Runs, lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines of pairs.jsonl."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    rounds = joined(runs, ITEM)
    limits = {
        (run, int(game)): (str(cost), str(valuation))
        for run, game, cost, valuation in zip(
            rounds["run"], rounds["game"], rounds["item.cost"], rounds["item.valuation"], strict=True
        )
    }
    learners = runs.runs.set_index("run")["learner"].astype(str)
    settings = {seat: _shared(runs, seat) for seat in PLAYERS}
    for line in lines:
        seat, rival = line["seat"], rival_of(line["seat"])
        if line["reward"] is None or (line["round"] > 1 and learners[line["run"]] in (rival, "both")):
            continue
        first = next((at for at, each in enumerate(line["messages"]) if each.get("weight")), None)
        if first is None:
            continue
        before = tuple((each["role"], each["content"]) for each in line["messages"][:first])
        key = (seat, before, limits[line["run"], line["game"]], settings[seat][line["run"]])
        groups.setdefault(key, []).append(line)
    for group in groups.values():
        group.sort(key=lambda line: -line["reward"])
        for better, worse in zip(group[: len(group) // 2], reversed(group), strict=False):
            if better["reward"] - worse["reward"] > HALF_A_CENT and (pair := _pair(better, worse)):
                yield pair


def _shared(runs: Runs, seat: str) -> dict[str, tuple[str, ...]]:
    """By run, what was chosen but the seed and what is this player's own."""
    mine = (f"{seat}.", f"prompt.{seat}.", f"game.{seat}_", "seed", "n_games")
    names = [name for name in runs.varying() if not name.startswith(mine)]
    return {str(row["run"]): tuple(str(row[name]) for name in names) for row in runs.runs.to_dict("records")}


def _pair(better: dict[str, Any], worse: dict[str, Any]) -> dict[str, Any] | None:
    """None where the rival spoke differently before the player did."""
    for at, (one, other) in enumerate(zip(better["messages"], worse["messages"], strict=False)):
        if one["content"] != other["content"]:
            if not (one.get("weight") and other.get("weight")):
                return None
            return {
                "prompt": [{"role": each["role"], "content": each["content"]} for each in better["messages"][:at]],
                "chosen": [{"role": "assistant", "content": one["content"]}],
                "rejected": [{"role": "assistant", "content": other["content"]}],
                "chosen_reward": better["reward"],
                "rejected_reward": worse["reward"],
                **{
                    f"{name}_from": {key: line[key] for key in ("run", "game", "arm", "round", "seat", "model")}
                    for name, line in (("chosen", better), ("rejected", worse))
                },
            }
    return None
