"""What a run shows of itself, while it plays and at its end: a line on stderr, summary.json, its tracker.

It reads the tally and the calls' statistics (`stats`, asked when they are needed), and plays nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bargain.calls.stats import Stats
from bargain.config.identity import identity
from bargain.config.targets import locate
from bargain.engines.base import Engine
from bargain.engines.human import HumanEngine
from bargain.records import Game
from bargain.results.objective import objective
from bargain.results.progress import LiveLine, RunProgress
from bargain.results.summary import metrics, summary_data
from bargain.results.tables import disputed_lines, totals_line
from bargain.results.tally import Tally
from bargain.rundir.directory import write_json
from bargain.rundir.record import JOURNAL
from bargain.runs.ending import RunEnding
from bargain.tracking.base import Tracker, run_info
from bargain.version import __version__

log = logging.getLogger("bargain")


class Showing:
    """Of one run in its directory. line: whether there is a line on stderr; name: what it calls the run."""

    def __init__(
        self,
        cfg: DictConfig,
        plain: dict[str, Any],
        directory: Path,
        *,
        engines: Mapping[str, Engine],
        tally: Tally,
        ending: RunEnding,
        line: bool,
        name: str,
    ) -> None:
        self.cfg = cfg
        self.plain = plain
        self.directory = directory
        self.tally = tally
        self.ending = ending
        self.started = time.monotonic()
        self.simulated_seats = sorted(seat for seat, engine in engines.items() if engine.simulated)
        planned_rounds = 1 + (cfg.game.n_rounds - 1) * max(1, len(cfg.game.arms))
        self.progress = RunProgress(cfg.n_games, planned_rounds, tally, name)
        is_prompted = any(isinstance(engine, HumanEngine) for engine in engines.values())
        self.line = LiveLine(show=line and not cfg.debug and not is_prompted)
        self.tracker: Tracker = locate(cfg.tracking._target_, list(cfg.allow_targets))(cfg.tracking)

    def start(self, texts: Mapping[str, str]) -> None:
        """Starts the tracker. texts: what the journal says of the run, by name."""
        simulated, tags = bool(self.simulated_seats), list(self.cfg.tracking.tags)
        info = run_info(self.directory, self.plain, simulated=simulated, tags=tags, texts=texts)
        self.tracker.start(self.directory, self.plain, info)
        name = self.cfg.game.name
        log.info("bargain %s plays %d games of %s in %s", __version__, self.cfg.n_games, name, self.directory)

    def draw(self, stats: Callable[[], Stats]) -> None:
        """The line, if it is time for it."""
        self.line.update(lambda elapsed_s: self.progress.line(stats(), elapsed_s))

    def game(self, game: Game, stats: Callable[[], Stats]) -> None:
        """A game is finished."""
        self.tracker.game(game)
        self.draw(stats)

    def now(self, stats: Callable[[], Stats]) -> None:
        """How things stand, for readers of the directory and for the tracker."""
        summary = self.summary(stats)
        self.keep(summary)
        self.tracker.progress(metrics(summary, self.tally))
        self.draw(stats)

    def summary(self, stats: Callable[[], Stats], *, final: bool = False) -> dict[str, Any]:
        """What stands in summary.json."""
        facts = {
            "problem": self.ending.problem,
            "identity": identity(self.plain),
            "version": __version__,
            "simulated": bool(self.simulated_seats),
            "simulated_seats": self.simulated_seats,
            "scoring": self.cfg.scoring.value,
            "currency": self.cfg.item.currency,
            "n_games": self.cfg.n_games,
        }
        ended = self.ending.how if final else "running"
        summary = summary_data(ended, facts, self.tally, stats(), time.monotonic() - self.started)
        return {**summary, "objective": objective(summary["rounds"], self.cfg)}

    def keep(self, summary: dict[str, Any]) -> None:
        """Writes summary.json, unless the directory is gone. A replay that came to nothing leaves the run's own."""
        if (self.directory / JOURNAL).exists() and (self.cfg.mode != "replay" or summary["ended"] == "finished"):
            write_json(self.directory / "summary.json", summary)

    def end(self, summary: dict[str, Any]) -> None:
        """Of a run that came to its end, its pause or a failure that was foreseen."""
        if summary["state"] == "finished":
            self.tracker.finish(summary, [self.directory / "games.jsonl", self.directory / "summary.json"])
        else:
            self.tracker.fail(self.ending.problem)
        for line in [*summary["notes"], *disputed_lines(summary)]:
            log.warning("%s", line)
        log.info("%s: %s", summary["ended"], self.ending.problem or totals_line(summary))
