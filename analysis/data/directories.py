"""One run directory -> a row of RUN_COLUMNS, every choice of its config, and its games.

It knows the files of a run directory (see DESIGN.md, "Contracts") and that each of them may be missing, half written or
damaged: a directory is always described, never refused.
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

from analysis.data import cache
from analysis.data.columns import SEATS
from analysis.data.games import Plan, Problem, read_games

SIGN_OF_LIFE_S = 120.0
"""A run writes its summary every few seconds; one that wrote nothing for so long and recorded no end has crashed."""
COPY = Path(".cache", "rounds.arrow")
"""Where in a run directory the columnar copy of its rounds lies."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


class RunFiles(NamedTuple):
    """What one run directory came to."""

    row: dict[str, Any]
    config: dict[str, Any]
    rounds: pa.Table
    problems: list[Problem]


def find_runs(where: str | Path | Iterable[str | Path]) -> list[Path]:
    """The run directories at or below a path, a glob or several of them; each once, sweeps' cells in their order.

    Raises FileNotFoundError for a path or pattern that matches nothing at all.
    """
    found: dict[str, Path] = {}
    seen: set[str] = set()
    for each in [where] if isinstance(where, str | Path) else where:
        text = os.path.expanduser(each)
        while text.endswith(("/**", "/")) and len(text) > 1:
            text = text.removesuffix("/").removesuffix("/**")
        starts = [text] if os.path.exists(text) else glob.glob(text, recursive=True)
        if not starts:
            raise FileNotFoundError(
                f"load: nothing matches {str(each)!r}; name a run or sweep directory, or a glob of them"
            )
        for start in starts:
            for path in _walk(start if os.path.isdir(start) else os.path.dirname(start) or ".", seen):
                found.setdefault(os.path.abspath(path), Path(path))
    return sorted(found.values(), key=lambda path: [(int(part) if part.isdigit() else -1, part) for part in path.parts])


def _walk(start: str, seen: set[str]) -> Iterator[str]:
    """Run directories from here down; nothing below one is looked at (W&B and Hydra keep many files there)."""
    real = os.path.realpath(start)
    if real in seen:
        return
    seen.add(real)
    with os.scandir(start) as entries:
        inside = {entry.name: entry.is_dir() for entry in entries}
    if "games.jsonl" in inside or (".hydra" in inside and os.path.isfile(os.path.join(start, ".hydra", "config.yaml"))):
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
    key = cache.key_of(games, configured)
    copy = path / COPY
    known = cache.read(copy, key) if caching else None
    summary, problems = _read_summary(path)
    state = _state(path, summary, games)
    if known is not None:
        rounds, facts = known
    else:
        rounds, facts = _read_games(games, configured)
        if caching and state != "running" and games.is_file():
            cache.write(copy, key, rounds, facts)
    problems = [Problem(*each) for each in facts["problems"]] + problems
    row = _identity(path) | {"state": state, "problem": _told(state, summary, facts, problems)}
    row |= _counts(summary, facts) | _engines(facts["config"])
    return RunFiles(row, facts["config"], rounds, problems)


def _read_games(games: Path, configured: Path) -> tuple[pa.Table, dict[str, Any]]:
    """The rounds and, as JSON data, everything else that comes from games.jsonl and the config."""
    config, problems = _read_config(configured)
    arms = config.get("game.arms", "")
    plan = Plan(
        _count(config.get("n_games")), _count(config.get("game.n_rounds")), tuple(arms.split(", ")) if arms else ()
    )
    try:
        with games.open("rb") as lines:
            found = read_games(lines, plan)
    except OSError as error:
        found = read_games((), plan)
        if not isinstance(error, FileNotFoundError):
            problems.append(Problem(0, f"games.jsonl cannot be read ({error.strerror})"))
    played = found.rounds.filter(pc.invert(found.rounds["repeat"]))
    sums = {
        name: pc.sum(played[name]).as_py() or 0 for name in ("calls", "input_tokens", "output_tokens", "cached_tokens")
    }
    facts = {
        "finished": found.finished,
        "error": found.errors,
        "simulated": found.simulated,
        "problems": [*problems, *found.problems],
        "damaged": len(found.problems),
        "config": config,
        **sums,
    }
    return found.rounds, facts


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _read_config(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The composed config by dotted names; lists are joined by commas, lists of mappings are JSON."""
    try:
        config = yaml.load(path.read_bytes(), _LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        return {}, [Problem(0, ".hydra/config.yaml is missing: what was played is unknown")]
    except (OSError, ValueError, yaml.YAMLError) as error:
        return {}, [
            Problem(0, f".hydra/config.yaml cannot be read ({type(error).__name__}): what was played is unknown")
        ]
    if not isinstance(config, dict):
        return {}, [Problem(0, ".hydra/config.yaml holds no mapping: what was played is unknown")]
    flat = dict(_flat(config, ""))
    game = config.get("game")
    arms = game.get("arms") if isinstance(game, dict) else None
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


def _read_summary(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        summary = json.loads((path / "summary.json").read_bytes())
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError) as error:
        return {}, [Problem(0, f"summary.json cannot be read ({type(error).__name__})")]
    return (summary, []) if isinstance(summary, dict) else ({}, [Problem(0, "summary.json holds no mapping")])


class Glance(NamedTuple):
    """How a run stands by its summary.json alone, which a run that plays writes anew every five seconds."""

    state: str
    summary: dict[str, Any]


def glance(path: Path) -> Glance:
    """How a run stands, without its games: cheap enough to be asked every two seconds while it plays."""
    summary, _ = _read_summary(path)
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


def _identity(path: Path) -> dict[str, Any]:
    parent = path.resolve().parent
    in_sweep = path.name.isdigit() and ((parent / "multirun.yaml").is_file() or (parent / "sweep.json").is_file())
    return {
        "run": shown(path),
        "sweep": shown(path.parent) if in_sweep else "",
        "cell": int(path.name) if in_sweep else -1,
    }


def shown(path: Path) -> str:
    """A path as the frames show it: relative to the working directory where it lies under it."""
    whole = Path(os.path.abspath(path))
    here = Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def _counts(summary: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    by_seat = summary.get("cost_usd_by_seat")
    seats: dict[str, float | None] = dict.fromkeys(SEATS)
    if isinstance(by_seat, dict):
        for name, cost in by_seat.items():
            seat = "critic" if str(name).endswith("critic") else str(name)
            if seat in seats and isinstance(cost, int | float):
                seats[seat] = (seats[seat] or 0.0) + cost
    config = facts["config"]
    simulated = summary.get("simulated", facts["simulated"])
    if simulated is None:
        simulated = any("simulated" in str(config.get(f"{seat}.engine._target_", "")) for seat in SEATS)
    return {
        "simulated": bool(simulated),
        "planned": _count(config.get("n_games")) or _count(summary.get("n_games")),
        **{name: facts[name] for name in ("finished", "error", "damaged")},
        "cost_usd": _number(summary.get("cost_usd")),
        **{f"cost_usd_{seat}": _number(cost) for seat, cost in seats.items()},
        **{name: facts[name] for name in ("input_tokens", "output_tokens", "cached_tokens", "calls")},
        "wall_s": _number(summary.get("wall_s")),
    }


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _engines(config: dict[str, Any]) -> dict[str, str]:
    """Who sits where. A critic without an engine has its learner's, a moderator without one the rival's."""
    name = {seat: str(config.get(f"{seat}.engine.name") or config.get(f"{seat}.engine.model") or "") for seat in SEATS}
    learners = [each for each in str(config.get("game.learners") or "").split(", ") if each]
    rivals = [each for each in ("seller", "buyer") if each not in learners]
    of_learners = "+".join(dict.fromkeys(name[each] for each in learners))
    asks = config.get("moderator.name", "rules") != "rules"
    return {
        "learner": "both" if len(learners) > 1 else "".join(learners),
        "seller_engine": name["seller"],
        "buyer_engine": name["buyer"],
        "critic_engine": (name["critic"] or of_learners) if learners else "",
        "moderator_engine": (name["moderator"] or name[rivals[-1] if rivals else "buyer"]) if asks else "",
        "learner_engine": of_learners,
        "rival_engine": name[rivals[0]] if len(rivals) == 1 else "",
    }
