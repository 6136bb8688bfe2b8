"""What is shown of a run, as plain data: curves over the rounds, one table of dialogues, one flat summary.

It reads games and summary.json and knows nothing of W&B. Texts of models are data: they leave here as plain strings
without control characters, and the speaker at the start of a line is always the one that really spoke.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from bargain.records import Feedback, Game, Round
from bargain.text import without_controls

COLUMNS = {
    "game": int,
    "arm": str,
    "round": int,
    "outcome": str,
    "price": float,
    "legacy_price": float,
    "n_turns": int,
    "dialogue": str,
    "feedback": str,
    "acknowledgement": str,
    "reason": str,
    "simulated": bool,
}
"""The table of dialogues: one row per round of every game. feedback is what the learner heard before the round."""

Cell = str | int | float | bool | None


def rows(games: Iterable[Game]) -> Iterator[list[Cell]]:
    """The rows of the table, in the order of COLUMNS. A game that failed outside a round has a row for its error."""
    for game in games:
        for played in game.rounds:
            yield _row(game, played)
        if game.outcome == "error" and not any(played.outcome == "error" for played in game.rounds):
            yield [
                game.game,
                "",
                None,
                "error",
                None,
                None,
                0,
                "",
                "",
                "",
                without_controls(game.error),
                game.simulated,
            ]


def _row(game: Game, played: Round) -> list[Cell]:
    return [
        game.game,
        without_controls(played.arm),
        played.round,
        played.outcome,
        played.price,
        played.legacy_price,
        len(played.turns),
        "\n".join(_indented(f"{turn.role.capitalize()}: {without_controls(turn.text)}") for turn in played.turns),
        _told(played.feedback, "text"),
        _told(played.feedback, "acknowledgement"),
        without_controls(played.reason or (game.error if played.outcome == "error" else "")),
        game.simulated,
    ]


def _told(feedback: tuple[Feedback, ...], what: str) -> str:
    texts = [(each.learner, without_controls(getattr(each, what))) for each in feedback]
    if len(texts) == 1:
        return texts[0][1]
    return "\n".join(_indented(f"{learner.capitalize()}: {text}") for learner, text in texts if text)


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def curves(summary: dict[str, Any]) -> Iterator[tuple[int, dict[str, float]]]:
    """(round, every number that summary.json has for it), per round and arm: by_round/deal_rate, by_round/ARM/..."""
    for row in summary.get("rounds") or []:
        if isinstance(row, dict) and isinstance(row.get("round"), int):
            arm = f"{without_controls(str(row['arm']))}/" if row.get("arm") else ""
            numbers = {name: value for name, value in row.items() if name != "round" and _is_number(value)}
            yield row["round"], {f"by_round/{arm}{name}": value for name, value in numbers.items()}


def flat(summary: dict[str, Any]) -> dict[str, Cell]:
    """Every value of summary.json under one name: cost_usd, tokens/input, round_2/mean_price, round_2/ARM/deal_rate."""
    kept = {key: value for key, value in summary.items() if key != "rounds"}
    values = dict(_leaves(kept, ""))
    for row in summary.get("rounds") or []:
        if isinstance(row, dict):
            arm = f"/{without_controls(str(row['arm']))}" if row.get("arm") else ""
            rest = {key: value for key, value in row.items() if key not in ("round", "arm")}
            values.update(_leaves(rest, f"round_{row.get('round')}{arm}/"))
    return values


def _leaves(data: dict[str, Any], prefix: str) -> Iterator[tuple[str, Cell]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}/")
        elif isinstance(value, str):
            yield f"{prefix}{key}", without_controls(value)
        elif isinstance(value, bool) or _is_number(value):
            yield f"{prefix}{key}", value


def numbers(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics that can be drawn: None, NaN and infinities left out."""
    return {name: value for name, value in metrics.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def key_names(config: Any) -> set[str]:
    """The environment variables that the config names as holding keys."""
    if isinstance(config, dict):
        named = [value for key, value in config.items() if str(key) in ("api_key_env", "base_url_env")]
        headers = config.get("headers_env")
        named += headers.values() if isinstance(headers, dict) else []
        own = {value for value in named if isinstance(value, str)}
        return own.union(*(key_names(each) for each in config.values()))
    if isinstance(config, list | tuple):
        return set().union(*(key_names(each) for each in config))
    return set()
