"""--to inspect: one .eval log per run, which Inspect AI reads (`inspect view`, `read_eval_log`, `samples_df`).

A sample is one round: its messages as the learner saw them (of a run without a learner the seller), from the journal;
where that seat is an embedded negotiator, which reads no messages, the dialogue with the seller as assistant and the
buyer as user. Scores: deal (1 or 0), price of a deal, and the surplus of each player that has a reservation price, as
everywhere. Rounds that ended in an error are samples with that error and without scores; what was never played is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bargain.records import PLAYERS
from bargain.rundir.record import read_record
from bargain.secrets import blotted
from bargain.version import __version__

from ..data.runs import Runs
from .chat import examples, played_rounds
from .hf import file_name, safe

_STATUS = {"finished": "success", "failed": "error", "crashed": "error", "running": "started"}


def write(runs: Runs, place: Path) -> None:
    """Writes NAME.eval for every run that has a finished game. Raises ModuleNotFoundError without inspect_ai."""
    from inspect_ai.log import write_eval_log

    for number, run in enumerate(runs.runs["run"]):
        one = runs.where(run=run)
        if one.runs["finished"].sum():
            write_eval_log(_log(one, run), str(place / f"{file_name(run, number)}.eval"), format="eval")


def _log(runs: Runs, run: str) -> Any:
    """The EvalLog of one run."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalResults, EvalSpec, EvalStats

    row = runs.runs.iloc[0]
    record = read_record(runs.path(run))
    made = datetime.fromtimestamp((runs.path(run) / "games.jsonl").stat().st_mtime, UTC).isoformat()
    samples = list(_samples(runs, run))
    identity = record.texts.get("identity", "") if record else ""
    spec = EvalSpec(
        created=made,
        task=f"bargain/{row.get('game.name', 'negotiation')}",
        task_id=identity or run,
        run_id=identity or run,
        eval_id=run,
        task_version=__version__,
        dataset=EvalDataset(name=str(row.get("item.name", "")), samples=len(samples)),
        model=f"bargain/{row['learner_engine'] or row['seller_engine']}",
        config=EvalConfig(),
        packages={"bargain-experiments": __version__},
        tags=["simulated"] if row["simulated"] else None,
        metadata={
            **{f"{seat}_engine": row[f"{seat}_engine"] for seat in (*PLAYERS, "critic", "moderator")},
            "learner": row["learner"],
            "run": run,
            "cost_usd": _or_none(row["cost_usd"]),
            "config": safe(record.config) if record else "",
        },
    )
    results = EvalResults(total_samples=len(samples), completed_samples=sum(each.error is None for each in samples))
    results.scores = list(_means(samples))
    status: Any = _STATUS.get(row["state"], "cancelled")
    stats = EvalStats(started_at=made, completed_at=made)
    return EvalLog(status=status, eval=spec, results=results, stats=stats, samples=samples)


def _samples(runs: Runs, run: str) -> Iterator[Any]:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, ModelOutput
    from inspect_ai.scorer import Score

    kinds: dict[str, Any] = {
        "system": ChatMessageSystem,
        "user": ChatMessageUser,
        "assistant": ChatMessageAssistant,
    }
    row = runs.runs.iloc[0]
    seat = row["learner"] if row["learner"] in PLAYERS else "seller"
    chats = {(each["game"], each["arm"], each["round"]): each for each in examples(runs) if each["seat"] == seat}
    rounds = played_rounds(runs)
    heard = {key: each for key, each in runs.feedback.groupby(["game", "arm", "round"], observed=True)}
    said = {key: turns for key, turns in runs.turns.groupby(["game", "arm", "round"], observed=True)}
    for fact in rounds[rounds["outcome"] != "not_played"].to_dict("records"):
        at = (fact["game"], fact["arm"], fact["round"])
        chat, turns = chats.get(at), said.get(at, runs.turns.iloc[:0])
        messages = (
            [kinds[each["role"]](content=each["content"]) for each in chat["messages"]]
            if chat
            else [kinds["assistant" if who == "seller" else "user"](content=text)
                  for who, text in zip(turns["role"], turns["text"], strict=True)]
        )  # fmt: skip
        failed = fact["outcome"] == "error"
        values = {"deal": float(fact["outcome"] == "deal"), "price": fact["price"]}
        values |= {name: fact[name] for name in (f"{role}_surplus" for role in PLAYERS)}
        model = chat["model"] if chat else str(row[f"{seat}_engine"])
        last = next((each.text for each in reversed(messages) if each.role == "assistant"), "")
        sample = EvalSample(
            id=f"game {at[0]} round {at[2]}{f' {at[1]}' if at[1] else ''}",
            epoch=1,
            input=messages[0].text if messages else "",
            target="",
            messages=messages,
            output=ModelOutput.from_content(model, last),
            scores=None if failed else {
                name: Score(value=round(float(value), 6), answer=fact["outcome"], explanation=fact["reason"] or None)
                for name, value in values.items() if not math.isnan(value)
            },
            error=EvalError(message=str(fact["reason"]), traceback="", traceback_ansi="") if failed else None,
            metadata={
                "game": at[0], "arm": at[1], "round": at[2], "outcome": fact["outcome"], "n_turns": fact["n_turns"],
                "seat": seat if chat else "seller", "messages_from": "journal" if chat else "dialogue",
                "feedback": _told(heard.get(at, runs.feedback.iloc[:0])),
            },
        )  # fmt: skip
        yield EvalSample.model_validate_json(blotted(sample.model_dump_json()))


def _told(heard: pd.DataFrame) -> list[str]:
    return [f"{who}: {text}" for who, text in zip(heard["learner"], heard["text"], strict=True)]


def _means(samples: list[Any]) -> Iterator[Any]:
    from inspect_ai.log import EvalMetric, EvalScore

    scored = pd.DataFrame([{name: score.value for name, score in (each.scores or {}).items()} for each in samples])
    for name in scored:
        values = scored[name].dropna()
        told = {"mean": values.mean(), "stderr": values.sem() if len(values) > 1 else 0.0}
        metrics = {each: EvalMetric(name=each, value=value) for each, value in told.items()}
        missing = len(samples) - len(values)
        yield EvalScore(
            name=str(name), scorer=str(name), metrics=metrics, scored_samples=len(values), unscored_samples=missing
        )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
