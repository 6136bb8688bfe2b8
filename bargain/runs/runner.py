"""Plays a run: many games at once, each written as it finishes, resumable at any moment, summed up at the end.

    summary = play(compose(["game=simple", "n_games=10"]))
    summary.by_round[0]["mean_price"]

`play` is what `bargain` calls; notebook/ calls the same. It knows every room below it and no command line.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from anyio.lowlevel import checkpoint
from omegaconf import DictConfig

from bargain.calls.caller import Caller
from bargain.config.compose import checked_before, plain_of
from bargain.config.identity import identity
from bargain.config.recorded import choose_run, is_finished
from bargain.engines.base import Ask, Engine
from bargain.engines.python import PythonEngine, Say
from bargain.errors import (
    BudgetReached,
    ConfigError,
    JournalError,
    NotRecorded,
    RunStopped,
    disk_problem,
    first_of,
    in_words,
)
from bargain.games.table import Seats, Table
from bargain.records import Belief, Game, Round
from bargain.results.failing import FirstGames
from bargain.results.summary import RunSummary
from bargain.results.tally import Tally
from bargain.rundir.directory import read_state
from bargain.rundir.games import GamesFile, belief_to_json
from bargain.rundir.hydra import write_hydra
from bargain.rundir.record import GAMES, JOURNAL, PROBES, Record, holds_games, read_record
from bargain.runs.branch import branched
from bargain.runs.build import EVERY_GAME_FAILED, build_engines, build_game, build_item, build_seats, open_caller
from bargain.runs.debug import tell_game, telling
from bargain.runs.ending import RunEnding
from bargain.runs.log import logging_to
from bargain.runs.loop import in_own_loop
from bargain.runs.provenance import provenance
from bargain.runs.replaying import made_by, prove
from bargain.runs.showing import Showing
from bargain.runs.watching import every, heed_signals, watch_directory
from bargain.terminal import heed_interrupts
from bargain.text import on_screen

__all__ = ["Run", "RunSummary", "play", "play_game"]

log = logging.getLogger("bargain")
SUMMARY_EVERY_S = 5.0
DRAW_EVERY_S = 1.0
IN_VAIN_DRAIN_S = 10.0
"""When every game fails: how long the calls in flight may take to come home. Nobody is waiting for the prompt."""
CLOSE_S = 0.2
"""How long connections may take to be closed, whatever the run's end."""


def play(
    cfg: DictConfig,
    directory: Path | str | None = None,
    *,
    show_progress: bool = True,
    cells_at_once: int = 1,
    words: Mapping[str, str] | None = None,
    name: str = "",
    given: Mapping[str, Say | Engine] | None = None,
) -> RunSummary:
    """Plays the run of a composed config, or goes on with it, and returns its summary.

        summary = play(compose(["game=simple", "n_games=10"]))
        if summary.state != "finished":
            print(summary.problem)                          # why, and how to go on

    directory: where the run lies; None = the newest unfinished run of exactly this config under outputs/, else a new
    one. A run that is finished there is not played again: its summary is returned.
    show_progress: a line on stderr while it plays.
    cells_at_once: so many cells of a sweep play at the same time and share the engines' limits, each an equal part.
    words: what else the journal says of how the run was started, by name (`overrides`, JSON).
    name: what that line calls the run ("cell 5 of 12").
    given: functions and engine objects of a Python session that play seats, as their configs name them.

    Raises ConfigError before the first call for what cannot be played (a key that is not set, a directory with another
    run). What happens later does not raise: a run that is interrupted, reaches its budget, or stops because nothing can
    work any more (a wrong key, a full disk) returns a summary whose `state` is "paused" or "failed". Replies that were
    recorded are not paid for again. An error in code of your own is raised, after the run has recorded it.
    """
    cfg = checked_before(cfg)
    plain = plain_of(cfg)
    if directory is None:
        directory = choose_run(Path("outputs"), cfg)
    run = Run(
        cfg,
        plain,
        Path(directory).resolve(),
        show_progress=show_progress,
        cells_at_once=cells_at_once,
        words=words or {},
        name=name,
        given=given,
    )
    if run.already_finished is not None:
        return run.already_finished
    with logging_to(run.directory / "bargain.log"):
        summary = run.go()
    for engine in run.engines.values():
        if isinstance(engine, PythonEngine) and engine.broke is not None:
            raise engine.broke
    return summary


class Run:
    """One run in its directory."""

    def __init__(
        self,
        cfg: DictConfig,
        plain: dict[str, Any],
        directory: Path,
        *,
        show_progress: bool,
        cells_at_once: int = 1,
        words: Mapping[str, str],
        name: str = "",
        given: Mapping[str, Say | Engine] | None = None,
    ) -> None:
        self.cfg = cfg
        self.words = words
        self.cells_at_once = cells_at_once
        self.plain = plain
        self.directory = directory
        self.item = build_item(cfg)
        self.seats = build_seats(cfg)
        self.made = made_by(replays=cfg.mode == "replay", asks_beside=self.seats.prober is not None)
        self.before = read_record(directory)
        self.game = branched(build_game(cfg), cfg, self.before.texts if self.before else words)
        self.engines = build_engines(cfg, given)
        self.tally = Tally(self.item)
        self.first = FirstGames(cfg.n_games)
        of_python = any(isinstance(engine, PythonEngine) for engine in self.engines.values()) or bool(given)
        self.ending = RunEnding("the same play(...) in Python" if of_python else f"bargain resume={directory}")
        self.showing = Showing(
            *(cfg, plain, directory),
            engines=self.engines,
            tally=self.tally,
            ending=self.ending,
            line=show_progress,
            name=name,
        )
        self.already_finished = finished_before(cfg, plain, directory, self.before)

    def go(self) -> RunSummary:
        """Plays the run to its end, pause or failure, and leaves every file of the run directory behind."""
        words = {**provenance(self.engines), "identity": identity(self.plain), "state": "running", **self.words}
        with open_caller(self.cfg, self.plain, self.directory, self.engines, self.cells_at_once, words) as caller:
            try:
                self._prepare(caller)
                self._play(caller)
                if self.cfg.mode == "replay" and self.ending.is_good:
                    differs = prove(self.directory, self.made)
                    if differs:
                        self.ending.failed(differs)
                summary = self.showing.summary(caller.stats, final=True)
                self.showing.keep(summary)
                if self.cfg.mode == "live":
                    caller.note(state=summary["state"], models=json.dumps(summary["models"]))
            except BaseException as error:
                first = first_of(error)
                self._broke_off(first, caller)
                if not disk_problem(first):
                    raise first from None
                return RunSummary(self.directory, self.showing.summary(caller.stats, final=True))
        self.showing.end(summary)
        return RunSummary(self.directory, summary)

    def _prepare(self, caller: Caller) -> None:
        """Writes what is made from the journal, starts the tracker, says what goes on."""
        write_hydra(self.directory, caller.texts)
        if self.before is not None:
            games = read_state(self.directory).get("games")
            done = games.get("finished", 0) if isinstance(games, dict) else "some"
            where = on_screen(str(self.directory))
            print(f"goes on with {where} ({done} of {self.cfg.n_games} games were finished)", flush=True)
        else:
            self.showing.keep(self.showing.summary(caller.stats))
        self.showing.start(caller.texts)
        if self.cells_at_once > 1:
            part = "%d cells play at once: this one keeps to 1/%d of each engine's rates and concurrency"
            log.info(part, self.cells_at_once, self.cells_at_once)

    def _play(self, caller: Caller) -> None:
        games = GamesFile(self.directory / self.made[GAMES])
        probes = GamesFile(self.directory / self.made[PROBES]) if PROBES in self.made else None
        try:
            heed_interrupts()
            in_own_loop(lambda: self._play_all(caller, games, probes))
        except KeyboardInterrupt:
            self.ending.interrupted("interrupted")
        finally:
            games.close()
            if probes is not None:
                probes.close()
            self.showing.line.close()

    def _broke_off(self, error: BaseException, caller: Caller) -> None:
        """Leaves word of an error that nobody foresaw (a game type of one's own, a full disk); it is raised further."""
        self.ending.broke_off(error)
        with contextlib.suppress(Exception):
            self.showing.keep(self.showing.summary(caller.stats, final=True))
        with contextlib.suppress(Exception):
            if self.cfg.mode == "live":
                caller.note(state="failed")
        self.showing.tracker.fail(self.ending.problem)

    async def _play_all(self, caller: Caller, games: GamesFile, probes: GamesFile | None) -> None:
        """Plays every game; says in `ending` why, if it does not come to the end."""
        numbers = iter(range(self.cfg.n_games))
        free = all(engine.free for engine in self.engines.values())
        workers = 1 if free else min(self.cfg.limits.max_concurrent_games, self.cfg.n_games)

        def show() -> None:
            games.flush()
            self.showing.now(caller.stats)

        try:
            async with anyio.create_task_group() as watch:
                watch.start_soon(heed_signals, watch, self.ending, caller.drain)
                watch.start_soon(every, SUMMARY_EVERY_S, show)
                if self.cfg.mode == "live":
                    watch.start_soon(watch_directory, self.directory)
                if self.showing.line.show:
                    watch.start_soon(every, DRAW_EVERY_S, lambda: self.showing.draw(caller.stats))
                async with anyio.create_task_group() as group:
                    for _ in range(workers):
                        group.start_soon(self._play_each, numbers, caller, games, probes)
                        await checkpoint()  # each begins in a turn of the loop of its own, not all in one
                watch.cancel_scope.cancel()
            if caller.texts.get(EVERY_GAME_FAILED):
                caller.note(**{EVERY_GAME_FAILED: ""})
        except* (RunStopped, NotRecorded, JournalError) as errors:
            self.ending.failed(in_words(errors))
        except* BudgetReached as errors:
            reached = first_of(errors)
            assert isinstance(reached, BudgetReached)
            self.ending.reached(reached)
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                for engine in self.engines.values():
                    await engine.close()

    async def _play_each(
        self, numbers: Iterator[int], caller: Caller, games: GamesFile, probes: GamesFile | None
    ) -> None:
        """Plays the games of these numbers, one after the other."""
        ask = telling(caller.ask) if self.cfg.debug else caller.ask
        for number in numbers:
            said: list[Belief] = []
            game = await play_game(
                *(number, self.seats, self.game, ask),
                simulated=bool(self.showing.simulated_seats),
                saw=self.tally.saw,
                believed=said.extend,
            )
            games.add(game)
            if probes is not None:
                probes.put(number, [belief_to_json(each) for each in said])
                self.tally.probed(said)
            if self.cfg.debug:
                tell_game(game)
            self._took(game, caller)
            if self.ending.is_good and (self.first.in_vain() or self.first.all_failed()):
                self._failed_in_vain(caller)
                await caller.drain(IN_VAIN_DRAIN_S)  # what is in flight is paid for
                raise RunStopped(self.ending.problem)
            await checkpoint()

    def _failed_in_vain(self, caller: Caller) -> None:
        """Says why no game comes to anything; on record, so that a resumed run makes the failed calls again."""
        # where no call failed its replies were bought: only further ones can differ
        self.ending.in_vain(
            self.first, "" if caller.stats().failed else f" limits.max_asks={2 * self.cfg.limits.max_asks}"
        )
        if self.cfg.mode == "live":
            caller.note(**{EVERY_GAME_FAILED: self.first.reason})

    def _took(self, game: Game, caller: Caller) -> None:
        """Counts a finished game and shows how things stand."""
        self.tally.add(game)
        is_new = self.first.add(game, recalled=caller.recalled(game.game))
        if game.error:  # on screen once for each reason, in bargain.log always
            log.log(logging.WARNING if is_new else logging.INFO, "game %d failed: %s", game.game, game.error)
        self.showing.game(game, caller.stats)


def finished_before(
    cfg: DictConfig, plain: dict[str, Any], directory: Path, record: Record | None
) -> RunSummary | None:
    """The summary of a directory in which exactly this run is finished; None where something is to be played or made.

    Raises ConfigError for a directory that holds another run, or games without the journal that they came from.
    """
    if record is None:
        if (directory / JOURNAL).exists() or cfg.mode == "replay" or not holds_games(directory):
            return None  # a journal that cannot be read is refused when it is opened
        raise ConfigError(
            f"{directory} holds games and no journal.sqlite that they came from (it is imported, or the journal is "
            "gone); nothing is played over them: choose another directory"
        )
    if cfg.mode == "replay" or not is_finished(record, identity(plain), retry_failed=cfg.retry_failed):
        return None  # another config is refused, or extended, when the journal is opened
    print(f"already finished, nothing was called: {on_screen(str(directory))}")
    return RunSummary(directory, read_state(directory))


async def play_game(
    number: int,
    seats: Seats,
    game: Callable[[Table], Awaitable[None]],
    ask: Ask,
    *,
    simulated: bool,
    saw: Callable[[Round], None] = lambda played: None,
    believed: Callable[[Sequence[Belief]], None] = lambda beliefs: None,
) -> Game:
    """Plays one game to its end. Calls that fail for good are part of its record.

    saw: is told of each round. believed: at the end, what the players were asked beside it, round by round.
    """
    table = Table(number, seats, ask, saw)
    await game(table)
    believed(sorted(table.beliefs, key=lambda each: (each.round, each.arm, each.turn, each.role)))
    errors = [played.reason for played in table.rounds if played.outcome == "error"]
    outcome = "error" if errors else table.rounds[-1].outcome
    return Game(number, outcome, tuple(table.rounds), errors[0] if errors else "", simulated)
