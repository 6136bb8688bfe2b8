"""bargain branch=DIR: a game of a run is left at a turn and goes on another way, n times, beside n times untouched.

    bargain branch=DIR game=17 round=2 turn=5 n=20 say="I can go no lower than $17."
    bargain branch=DIR game=17 round=2 turn=all n=20 engine@seller.engine=opponent-fixed
    bargain branch=DIR game=17 round=2 n=20 feedback=constant feedback.text="Never move first."

The game is played again from its journal; what was said until the place is the past of new runs (runs/branch.py), one
of them untouched and one with the change, in a directory of their own. Nothing is called before all of this stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from bargain.config.compose import plain_of, searching
from bargain.config.follow import engines_of
from bargain.config.identity import decided_by_seed, identity, key_of
from bargain.errors import ConfigError
from bargain.results.tables import branches_table, render
from bargain.rundir.branches import Futures, what_if
from bargain.rundir.directory import Mark, choose, read_state, write_json
from bargain.rundir.record import read_record
from bargain.rundir.sweep import SWEEP
from bargain.runs.branch import PAST
from bargain.runs.build import build_engines, build_item
from bargain.runs.resuming import check_changes
from bargain.runs.runner import play
from bargain.sweeps.branch_cells import FOR_BOTH, BranchCell, cells_of
from bargain.sweeps.callback import leave_word
from bargain.sweeps.estimate import estimates
from bargain.sweeps.resuming import resumable
from bargain.terminal import screen_width
from bargain.text import on_screen

OWN = ("branch", "game", "arm", "round", "turn", "n", "say")
"""What says where, how often and what is said; every other word changes the futures."""
PLACES = ("hydra.run.dir", "hydra.sweep.dir")
"""Either says where a branch lies."""


def branch(arguments: Sequence[str], directory: Path | None = None) -> int:
    """Plays the futures that these arguments ask for, prints what differs, and returns the exit code.

    directory: where they lie already; None: where the same was begun and not finished under outputs/, else a new one.
    Raises ConfigError, before any call, for a place that is not there and for a change that would alter what was said
    until then.
    """
    own = {key_of(each): each.partition("=")[2] for each in arguments if key_of(each) in OWN}
    changes = [each for each in arguments if key_of(each) not in (*OWN, *PLACES)]
    places = [each.partition("=")[2] for each in arguments if key_of(each) in PLACES]
    for each in changes:
        if key_of(each).startswith("hydra") and key_of(each) not in FOR_BOTH:
            raise ConfigError(f"{on_screen(each)}: futures are played one after another, here; leave it out")
    if {"-m", "--multirun"} & set(changes):
        raise ConfigError("branch: one change is held against none; leave -m out and start it once for each change")
    with searching(changes):
        cells = cells_of(own, changes)
    kept = min(len(json.loads(each.past)["replies"]) for each in cells)
    planned = (
        f"{len(cells)} x {cells[0].cfg.n_games} futures; {kept} replies of each are on record and not asked for again"
    )
    if "estimate=true" in changes:
        print(planned)
        print(estimates([({"what": cell.name}, cell.cfg) for cell in cells]))
        print("as if each future were a whole game: less is paid, as what is on record is not asked for again")
        return 0
    marked = hashlib.sha256("".join(identity(plain_of(each.cfg)) for each in cells).encode()).hexdigest()[:16]
    if directory is None and places:
        directory = Path(places[-1])
        if read_state(directory, SWEEP).get("identity", marked) != marked or read_record(directory) is not None:
            raise ConfigError(f"{on_screen(str(directory))} holds something else; choose another {PLACES[-1]}")
        directory.mkdir(parents=True, exist_ok=True)
    elif directory is None:
        resume = next((each.partition("=")[2] for each in changes if key_of(each) == "resume"), "auto")
        directory = choose(Path("outputs"), "branch", resume, Mark(marked, SWEEP), lambda path: _goes_on(path, marked))
    words = [
        f"branch={Path(own['branch']).resolve()}",
        *(each for each in arguments if key_of(each) not in ("branch", *PLACES)),
    ]
    state = {"identity": marked, "state": "running", "branch": words, "cells": len(cells)}
    write_json(directory / SWEEP, state)
    print(planned, flush=True)
    code = _play(cells, directory)
    write_json(directory / SWEEP, {**state, "state": "unfinished" if code else "finished"})
    width = screen_width()
    table = branches_table(what_if(_futures(cells, directory)), build_item(cells[0].cfg).currency, width)
    print(f"{render(table, width)}\n{on_screen(str(directory))}", flush=True)
    return code


def begun_branch(directory: Path) -> list[str]:
    """The arguments of the branch that lies in a directory; [] where none does."""
    said = read_state(directory, SWEEP).get("branch")
    return [str(each) for each in said] if isinstance(said, list) and read_record(directory) is None else []


def resume_branch(directory: Path, changes: Sequence[str]) -> int:
    """Goes on with a branch in its own directory. Raises ConfigError as `branch`, and for what would be another one."""
    check_changes([each for each in changes if key_of(each) != "n"])
    said = resumable(begun_branch(directory), changes, directory)
    return branch([*said, *changes], directory.resolve())


def _goes_on(path: Path, marked: str) -> bool:
    state = read_state(path, SWEEP)
    return state.get("identity") == marked and state.get("state") != "finished"


def _play(cells: Sequence[BranchCell], directory: Path) -> int:
    """Plays cell after cell; the highest exit code. One that is interrupted is the last."""
    code = 0
    for number, cell in enumerate(cells):
        where = directory / cell.name
        where.mkdir(exist_ok=True)
        said = [f"branch.{key}={cell.cfg.branch[key]}" for key in ("round", "turn", "changed")]
        leave_word(where, number, said)
        words = {PAST: cell.past, "overrides": json.dumps(said)}
        summary = play(cell.cfg, where, words=words, name=f"cell {number + 1} of {len(cells)}")
        leave_word(where, number, said, exit_code=summary.exit_code, problem=summary.problem)
        if summary.problem:
            print(f"bargain: {cell.name}: {summary.problem}", flush=True)
        code = max(code, summary.exit_code)
        if code >= 128:
            break
    return code


def _futures(cells: Sequence[BranchCell], directory: Path) -> list[Futures]:
    """What stands on disk of the cells."""
    by_seed = True
    for cfg in {cell.cfg.branch.changed: cell.cfg for cell in cells}.values():
        asked = build_engines(cfg)
        by_seed &= all(decided_by_seed(each._target_) for seat, each in engines_of(cfg).items() if seat in asked)
    return [
        Futures(
            directory / cell.name,
            (cell.cfg.branch.game, cell.cfg.branch.arm, cell.cfg.branch.round, cell.cfg.branch.turn),
            cell.cfg.branch.changed,
            build_item(cell.cfg),
            next(iter(cell.cfg.game.learners), None) if len(cell.cfg.game.learners) == 1 else None,
            by_seed,
        )
        for cell in cells
    ]
