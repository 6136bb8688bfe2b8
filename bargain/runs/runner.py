"""Plays a run: many games at once, each written as it finishes, resumable at any moment, summed up at the end.

    summary = play(compose(["game=simple", "n_games=10"]))
    summary.by_round[0]["mean_price"]

`play` is what `bargain` calls; notebook/ calls the same. It knows every room below it and no command line.
"""

from __future__ import annotations

import contextlib
import filecmp
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from omegaconf import DictConfig

from bargain.calls.caller import Caller
from bargain.config.compose import checked_before, plain_of
from bargain.config.identity import identity
from bargain.config.recorded import choose_run, is_finished
from bargain.config.targets import locate
from bargain.engines.base import Ask, Engine
from bargain.engines.human import HumanEngine
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
from bargain.results.objective import objective
from bargain.results.progress import LiveLine, RunProgress
from bargain.results.summary import RunSummary, metrics, summary_data
from bargain.results.tables import disputed_lines, totals_line
from bargain.results.tally import Tally
from bargain.rundir.directory import read_state, write_json
from bargain.rundir.games import GamesFile, belief_to_json
from bargain.rundir.hydra import write_hydra
from bargain.rundir.record import GAMES, JOURNAL, PROBES, Record, holds_games, read_record
from bargain.runs.branch import branched
from bargain.runs.build import EVERY_GAME_FAILED, build_engines, build_game, build_item, build_seats, open_caller
from bargain.runs.debug import tell_game, telling
from bargain.runs.log import logging_to
from bargain.runs.loop import in_own_loop
from bargain.runs.provenance import provenance
from bargain.terminal import heed_interrupts
from bargain.text import on_screen
from bargain.tracking.base import Tracker, run_info
from bargain.version import __version__

__all__ = ["Run", "RunSummary", "play", "play_game"]

log = logging.getLogger("bargain")
SUMMARY_EVERY_S = 5.0
DRAW_EVERY_S = 1.0
LOOK_EVERY_S = 0.5
"""How often it is seen to that the run directory is still there."""
DRAIN_S = 0.3
"""When the run is interrupted: how long the calls in flight, which are paid for, may take to come home."""
IN_VAIN_DRAIN_S = 10.0
"""The same when it stops because every game fails: nobody is waiting for the prompt."""
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
        replays = cfg.mode == "replay"
        self.made = {GAMES: "replay.jsonl" if replays else GAMES}
        """The files that the run writes, by what they are called once they are known to be right."""
        if self.seats.prober is not None:
            self.made[PROBES] = "replay-probes.jsonl" if replays else PROBES
        self.before = read_record(directory)
        self.game = branched(build_game(cfg), cfg, self.before.texts if self.before else words)
        self.engines = build_engines(cfg, given)
        self.simulated = any(engine.simulated for engine in self.engines.values())
        self.tally = Tally(self.item)
        self.first = FirstGames(cfg.n_games)
        planned_rounds = 1 + (cfg.game.n_rounds - 1) * max(1, len(cfg.game.arms))
        self.progress = RunProgress(cfg.n_games, planned_rounds, self.tally, name)
        is_prompted = any(isinstance(engine, HumanEngine) for engine in self.engines.values())
        self.line = LiveLine(show=show_progress and not cfg.debug and not is_prompted)
        self.tracker: Tracker = locate(cfg.tracking._target_, list(cfg.allow_targets))(cfg.tracking)
        of_python = any(isinstance(engine, PythonEngine) for engine in self.engines.values()) or bool(given)
        self.again = "the same play(...) in Python" if of_python else f"bargain resume={directory}"
        self.started = time.monotonic()
        self.ended = "finished"
        self.problem = ""
        self.is_gone = False
        self.already_finished = finished_before(cfg, plain, directory, self.before)

    def go(self) -> RunSummary:
        """Plays the run to its end, pause or failure, and leaves every file of the run directory behind."""
        words = {**provenance(self.engines), "identity": identity(self.plain), "state": "running", **self.words}
        with open_caller(self.cfg, self.plain, self.directory, self.engines, self.cells_at_once, words) as caller:
            try:
                self._prepare(caller)
                self._play(caller)
                if self.cfg.mode == "replay" and self.ended == "finished":
                    self._prove_replay()
                summary = self._summary(caller, final=True)
                self._keep(summary)
                if self.cfg.mode == "live":
                    caller.note(state=summary["state"], models=json.dumps(summary["models"]))
            except BaseException as error:
                first = first_of(error)
                self._broke_off(first, caller)
                if not disk_problem(first):
                    raise first from None
                return RunSummary(self.directory, self._summary(caller, final=True))
        self._tell_tracker(summary)
        for line in [*summary["notes"], *disputed_lines(summary)]:
            log.warning("%s", line)
        log.info("%s: %s", summary["ended"], self.problem or totals_line(summary))
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
            self._keep(self._summary(caller, final=False))
        info = run_info(
            self.directory,
            self.plain,
            simulated=self.simulated,
            tags=list(self.cfg.tracking.tags),
            texts=caller.texts,
        )
        self.tracker.start(self.directory, self.plain, info)
        name = self.cfg.game.name
        log.info("bargain %s plays %d games of %s in %s", __version__, self.cfg.n_games, name, self.directory)
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
            self._interrupted("interrupted")
        finally:
            games.close()
            if probes is not None:
                probes.close()
            self.line.close()

    def _broke_off(self, error: BaseException, caller: Caller) -> None:
        """Leaves word of an error that nobody foresaw (a game type of one's own, a full disk); it is raised further."""
        self.ended, self.problem = "failed", disk_problem(error)
        if not self.problem:
            self.problem = f"{type(error).__name__}: {in_words(error)}"
            log.error("broke off: %s", self.problem)
        with contextlib.suppress(Exception):
            self._keep(self._summary(caller, final=True))
        with contextlib.suppress(Exception):
            if self.cfg.mode == "live":
                caller.note(state="failed")
        self.tracker.fail(self.problem)

    async def _play_all(self, caller: Caller, games: GamesFile, probes: GamesFile | None) -> None:
        """Plays every game; says in `ended` and `problem` why, if it does not come to the end."""
        numbers = iter(range(self.cfg.n_games))
        free = all(engine.free for engine in self.engines.values())
        workers = 1 if free else min(self.cfg.limits.max_concurrent_games, self.cfg.n_games)

        ask = telling(caller.ask) if self.cfg.debug else caller.ask

        async def work() -> None:
            for number in numbers:
                said: list[Belief] = []
                game = await play_game(
                    *(number, self.seats, self.game, ask),
                    simulated=self.simulated,
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
                if self.ended == "finished" and (self.first.in_vain() or self.first.all_failed()):
                    self._failed_in_vain(caller)
                    await caller.drain(IN_VAIN_DRAIN_S)  # what is in flight is paid for
                    raise RunStopped(self.problem)
                await checkpoint()

        try:
            async with anyio.create_task_group() as watch:
                watch.start_soon(self._watch_signals, caller, watch)
                watch.start_soon(self._report_now_and_then, caller, games)
                watch.start_soon(self._watch_directory)
                watch.start_soon(self._draw_now_and_then, caller)
                async with anyio.create_task_group() as group:
                    for _ in range(workers):
                        group.start_soon(work)
                        await checkpoint()  # each begins in a turn of the loop of its own, not all in one
                watch.cancel_scope.cancel()
            if caller.texts.get(EVERY_GAME_FAILED):
                caller.note(**{EVERY_GAME_FAILED: ""})
        except* (RunStopped, NotRecorded, JournalError) as errors:
            self.ended, self.problem = "failed", in_words(errors)
        except* BudgetReached as errors:
            reached = first_of(errors)
            assert isinstance(reached, BudgetReached)
            self.ended = "budget"
            self.problem = f"{reached}; go on with a higher cap: {self.again} {reached.higher}"
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                for engine in self.engines.values():
                    await engine.close()

    async def _watch_signals(self, caller: Caller, tasks: TaskGroup) -> None:
        """Ctrl-C and SIGTERM (as Slurm sends it) pause the run; a second one ends the process at once."""

        async def pause() -> None:
            await caller.drain(DRAIN_S)
            tasks.cancel_scope.cancel()

        if threading.current_thread() is not threading.main_thread():
            return
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                if self.ended != "finished":
                    signal.signal(number, signal.SIG_DFL)
                    signal.raise_signal(number)
                self._interrupted("interrupted" if number == signal.SIGINT else "terminated")
                tasks.start_soon(pause)

    async def _watch_directory(self) -> None:
        """Stops the run when its directory is renamed or removed: what is bought from now on may not be found again."""
        journal = self.directory / JOURNAL
        while self.cfg.mode == "live":
            if not journal.exists():
                self.is_gone = True
                raise RunStopped(
                    f"{self.directory} was renamed or removed while it played; "
                    "if it lies elsewhere now, go on with: bargain resume=THERE"
                )
            await anyio.sleep(LOOK_EVERY_S)

    def _interrupted(self, how: str) -> None:
        self.ended = how
        self.problem = f"{how}; what was paid is kept, go on with: {self.again}"

    async def _report_now_and_then(self, caller: Caller, games: GamesFile) -> None:
        while True:
            self._show(caller, games)
            await anyio.sleep(SUMMARY_EVERY_S)

    def _failed_in_vain(self, caller: Caller) -> None:
        """Says why no game comes to anything; on record, so that a resumed run makes the failed calls again."""
        failed, planned = self.first.failed, self.cfg.n_games
        games = (
            f"{'every game' if planned > 1 else 'the game'} failed"
            if failed == planned
            else (f"all of the first {failed} games failed, so the run stops")
        )
        again = self.again
        if not caller.stats().failed:  # its replies were bought: only further ones can differ
            again += f" limits.max_asks={2 * self.cfg.limits.max_asks}"
        self.ended = "failed"
        self.problem = f"{games}: {self.first.reason}; with that mended, go on with: {again} (or start another config)"
        if self.cfg.mode == "live":
            caller.note(**{EVERY_GAME_FAILED: self.first.reason})

    def _took(self, game: Game, caller: Caller) -> None:
        """Counts a finished game and shows how things stand."""
        self.tally.add(game)
        is_new = self.first.add(game, recalled=caller.recalled(game.game))
        if game.error:  # on screen once for each reason, in bargain.log always
            log.log(logging.WARNING if is_new else logging.INFO, "game %d failed: %s", game.game, game.error)
        self.tracker.game(game)
        self._draw(caller)

    async def _draw_now_and_then(self, caller: Caller) -> None:
        while self.line.show:
            self._draw(caller)
            await anyio.sleep(DRAW_EVERY_S)

    def _draw(self, caller: Caller) -> None:
        self.line.update(lambda elapsed_s: self.progress.line(caller.stats(), elapsed_s))

    def _show(self, caller: Caller, games: GamesFile) -> None:
        """Makes the run visible to readers of its directory and to the tracker while it plays."""
        games.flush()
        summary = self._summary(caller, final=False)
        self._keep(summary)
        self.tracker.progress(metrics(summary, self.tally))
        self._draw(caller)

    def _summary(self, caller: Caller, *, final: bool) -> dict[str, Any]:
        """What stands in summary.json."""
        facts = {
            "problem": self.problem,
            "identity": identity(self.plain),
            "version": __version__,
            "simulated": self.simulated,
            "simulated_seats": sorted(seat for seat, engine in self.engines.items() if engine.simulated),
            "scoring": self.cfg.scoring.value,
            "currency": self.item.currency,
            "n_games": self.cfg.n_games,
        }
        ended = self.ended if final else "running"
        summary = summary_data(ended, facts, self.tally, caller.stats(), time.monotonic() - self.started)
        return {**summary, "objective": objective(summary["rounds"], self.cfg)}

    def _keep(self, summary: dict[str, Any]) -> None:
        """Writes summary.json. A replay that came to nothing leaves the run's own as it was."""
        if not self.is_gone and (self.cfg.mode != "replay" or summary["ended"] == "finished"):
            write_json(self.directory / "summary.json", summary)

    def _prove_replay(self) -> None:
        """The games that the replay made are those on file, byte for byte; so are the beliefs."""
        pairs = [(self.directory / made, self.directory / name) for name, made in self.made.items()]
        there = holds_games(self.directory)
        for made, on_file in pairs:
            if there and on_file.exists() and not filecmp.cmp(made, on_file, shallow=False):
                self.ended = "failed"
                self.problem = f"the replay differs from {on_file.name}: compare {made} with {on_file}"
                return
        for made, on_file in pairs:
            os.replace(made, on_file)
        print("replayed from the journal: games.jsonl is the same, byte for byte", flush=True)

    def _tell_tracker(self, summary: dict[str, Any]) -> None:
        if summary["state"] == "finished":
            files = [self.directory / "games.jsonl", self.directory / "summary.json"]
            self.tracker.finish(summary, files)
        else:
            self.tracker.fail(self.problem)


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
