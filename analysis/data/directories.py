"""Run directories: where they are, and what the files of one of them come to.

What was played and how it ended says the journal, where there is one; .hydra/ and summary.json are derived from it.
Each file of a run directory (docs/architecture.md) may be missing, half written or damaged: a directory is always
described, never refused.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from bargain.config.identity import TARGETS_SINCE
from bargain.errors import ConfigError
from bargain.rundir.bombs import refuse_bombs
from bargain.rundir.plain import NotPlain, lines_of, read_plain
from bargain.rundir.record import ENDS, JOURNAL, Record, read_record

from . import cache
from .columns import ROUND_COLUMNS, RUN_COLUMNS
from .games import MOST_ROUNDS, Plan, Problem, read_games
from .run_facts import RunFacts, positive

SIGN_OF_LIFE_S = 120.0
"""A run writes its summary every few seconds; one that wrote nothing for so long and recorded no end has crashed."""
CACHED_ROUNDS = Path(".cache", "rounds.arrow")
"""Where in a run directory the columnar copy of its rounds lies."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


class RunFiles(NamedTuple):
    """What one run directory came to: its row of RUN_COLUMNS, every choice of its config, and its games."""

    row: dict[str, Any]
    config: dict[str, Any]
    rounds: pa.Table
    problems: list[Problem]


def find_runs(where: str | Path | Iterable[str | Path]) -> list[Path]:
    """The run directories at or below a path, a glob or several of them; each once, sweeps' cells in their order.

    Raises FileNotFoundError for a path or pattern that matches nothing at all.
    """
    paths: dict[str, Path] = {}
    seen: set[str] = set()
    for wanted in [where] if isinstance(where, str | Path) else where:
        text = os.path.expanduser(wanted)
        while text.endswith(("/**", "/")) and len(text) > 1:
            text = text.removesuffix("/").removesuffix("/**")
        starts = [text] if os.path.exists(text) else glob.glob(text, recursive=True)
        if not starts:
            raise FileNotFoundError(
                f"load: nothing matches {str(wanted)!r}; name a run or sweep directory, or a glob of them"
            )
        for start in starts:
            for path in _walk(start if os.path.isdir(start) else os.path.dirname(start) or ".", seen):
                paths.setdefault(os.path.abspath(path), Path(path))
    return sorted(paths.values(), key=lambda path: [(int(part) if part.isdigit() else -1, part) for part in path.parts])


def _walk(start: str, seen: set[str]) -> Iterator[str]:
    """Run directories from here down; nothing below one is looked at (W&B and Hydra keep many files there)."""
    real = os.path.realpath(start)
    if real in seen:
        return
    seen.add(real)
    with os.scandir(start) as entries:
        inside = {entry.name: entry.is_dir() for entry in entries}
    if not {"games.jsonl", JOURNAL}.isdisjoint(inside) or (
        ".hydra" in inside and os.path.isfile(os.path.join(start, ".hydra", "config.yaml"))
    ):
        yield start
        return
    for name, is_directory in inside.items():
        if is_directory and not name.startswith("."):
            yield from _walk(os.path.join(start, name), seen)


def read_run(path: Path, *, caching: bool = True) -> RunFiles:
    """Everything about one run. Never raises for what the files hold; `row["problem"]` says what is wrong.

    caching: keep a columnar copy of the games of a run that has ended, and use one that is there.
    """
    games, configured = path / "games.jsonl", path / ".hydra" / "config.yaml"
    record = read_record(path)
    text = record.config if record else ""
    key = cache.key_of(ROUND_COLUMNS, games, *(() if text else (configured,)), text=text)
    copy = path / CACHED_ROUNDS
    known = cache.read(copy, key) if caching else None
    summary, problems = _read_summary(path, record)
    state = _state(path, summary, games)
    if known is not None:
        rounds, facts = known
    else:
        rounds, facts = _read_games(games, configured, text)
        if caching and state != "running" and games.is_file():
            cache.write(copy, key, rounds, facts)
    problems = [Problem(*problem) for problem in facts["problems"]] + problems
    told = _told(state, summary, facts, problems)
    run = RunFacts(path, state, told, summary, facts["config"], facts)
    row = {column.name: column.compute(run) for column in RUN_COLUMNS if column.compute}
    return RunFiles(row, facts["config"], rounds, problems)


def _read_games(games: Path, configured: Path, text: str) -> tuple[pa.Table, dict[str, Any]]:
    """The rounds and, as JSON data, what else comes from games.jsonl and the config: the journal's `text`, if any."""
    config, problems = _parse_config(text, "the config in journal.sqlite") if text else _read_config(configured)
    arms = config.get("game.arms", "")
    n_rounds = positive(config.get("game.n_rounds"))
    if n_rounds > MOST_ROUNDS:
        problems.append(Problem(0, f"the config asks for {n_rounds:,} rounds a game, which no game has"))
        n_rounds = 0
    plan = Plan(
        positive(config.get("n_games")), n_rounds, tuple(arms.split(", ")) if isinstance(arms, str) and arms else ()
    )
    try:
        read = read_games(lines_of(games), plan)
    except OSError as error:
        read = read_games((), plan)
        if not isinstance(error, FileNotFoundError):
            problems.append(Problem(0, f"games.jsonl cannot be read ({error.strerror or error})"))
    played = read.rounds.filter(pc.invert(read.rounds["repeat"]))
    counts = ("calls", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    sums = {name: pc.sum(played[name]).as_py() or 0 for name in counts}
    facts = {
        "finished": read.finished,
        "error": read.errors,
        "simulated": read.simulated,
        "problems": [*problems, *read.problems],
        "damaged": len(read.problems),
        "config": config,
        **sums,
    }
    return read.rounds, facts


def _read_config(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        return _parse_config(read_plain(path), ".hydra/config.yaml")
    except FileNotFoundError:
        return {}, [Problem(0, ".hydra/config.yaml is missing: what was played is unknown")]
    except OSError as error:
        return {}, [_unknown(".hydra/config.yaml", error)]


def _unknown(what: str, error: Exception) -> Problem:
    return Problem(0, f"{what} cannot be read ({type(error).__name__}): what was played is unknown")


def _parse_config(text: str | bytes, what: str) -> tuple[dict[str, Any], list[Problem]]:
    """The composed config by dotted names; lists are joined by commas, lists of mappings are JSON."""
    try:
        refuse_bombs(text if isinstance(text, bytes) else text.encode(), what)
        config = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
    except ConfigError as error:
        return {}, [Problem(0, str(error))]
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        return {}, [_unknown(what, error)]
    if not isinstance(config, dict):
        return {}, [Problem(0, f"{what} holds no mapping: what was played is unknown")]
    flat = dict(_flat(config, ""))
    game = config.get("game")
    arms = game.get("arms") if isinstance(game, dict) else None
    if not any(name.startswith("channel.") for name in flat):  # of before version 0.3
        flat |= {"channel._target_": TARGETS_SINCE["channel"], "channel.name": "free_text"}
    flat.setdefault("adversary.name", "none")
    if flat.get("second_issue.name", "none") == "none":  # it has no settings
        flat = {name: value for name, value in flat.items() if not name.startswith("second_issue.")}
        flat["second_issue.name"] = "none"
    left = ("of", "game", "arm", "round", "turn", "changed") if flat.get("branch.sha256") else ()
    flat = {name: value for name, value in flat.items() if name[:7] != "branch." or name[7:] in left}
    fixed = TARGETS_SINCE["scenario"]
    if flat.get("scenario._target_", fixed) == fixed:  # it has no settings, and before version 0.3 it was the only one
        flat = {name: value for name, value in flat.items() if not name.startswith("scenario.")}
        flat["scenario.name"] = "fixed"
    flat["game.arms"] = ", ".join(map(str, arms)) if isinstance(arms, dict) else ""
    return flat, []


def _flat(value: dict[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        name = f"{prefix}{key}"
        if isinstance(each, dict):
            yield from _flat(each, f"{name}.")
        elif isinstance(each, list):
            plain = not any(isinstance(part, dict | list) for part in each)
            yield name, ", ".join(map(str, each)) if plain else json.dumps(each, ensure_ascii=False)
        else:
            yield name, each if isinstance(each, str | int | float | bool | None) else str(each)


def _read_summary(path: Path, record: Record | None) -> tuple[dict[str, Any], list[Problem]]:
    """summary.json with the journal's word for how the run ended, where it has one."""
    found = _json_or_problem(path / "summary.json")
    summary, problems = (found, []) if isinstance(found, dict) else ({}, [Problem(0, found)] if found else [])
    if record is not None and record.state in ENDS:
        summary = {**summary, "state": record.state}
    return summary, problems


def _json_or_problem(file: Path) -> dict[str, Any] | str:
    """The object of a JSON file, else what is wrong with it, "" if it is not there."""
    try:
        data = json.loads(read_plain(file))
    except FileNotFoundError:
        return ""
    except NotPlain as error:
        return str(error)
    except (OSError, ValueError, RecursionError) as error:
        return f"{file.name} cannot be read ({type(error).__name__})"
    return data if isinstance(data, dict) else f"{file.name} holds no mapping"


class Glance(NamedTuple):
    """How a run stands by its summary.json alone, which a run that plays writes anew every five seconds."""

    state: str
    summary: dict[str, Any]


def glance(path: Path) -> Glance:
    """How a run stands, without its games: cheap enough to be asked every two seconds while it plays."""
    summary, _ = _read_summary(path, None)
    return Glance(_state(path, summary, path / "games.jsonl"), summary)


def _state(path: Path, summary: dict[str, Any], games: Path) -> str:
    """What the summary says, checked against signs of life; without a summary, what the files look like."""
    state = summary.get("state")
    if state in ("finished", "paused", "failed"):
        return str(state)
    alive = 0.0
    for file in (path / "summary.json", games, path / "journal.sqlite-wal", path / "journal.sqlite", path / ".hydra"):
        with contextlib.suppress(OSError):
            alive = max(alive, file.stat().st_mtime)
    if time.time() - alive < SIGN_OF_LIFE_S:
        return "running"
    return "crashed" if summary or games.is_file() else "empty"


def _told(state: str, summary: dict[str, Any], facts: dict[str, Any], problems: list[Problem]) -> str:
    """The `problem` column: every problem in a few words."""
    told = [str(summary["problem"])] if summary.get("problem") else []
    if state == "crashed":
        told.append("it stopped without recording an end; go on with bargain resume=DIR")
    if state == "empty":
        told.append("it has not begun")
    counted = summary.get("games", {}).get("finished") if isinstance(summary.get("games"), dict) else None
    if state == "finished" and counted != facts["finished"]:
        told.append(f"summary.json counts {counted} games, games.jsonl holds {facts['finished']}")
    if facts["damaged"]:
        told.append(f"games.jsonl has {facts['damaged']} damaged lines")
    told += [each.problem for each in problems if each.line == 0]
    return "; ".join(told)
