"""`play` and `sweep` as a notebook calls them: what the command plays, with functions and engine objects at seats.

play(["game=simple"], seller=lambda turns, me: f"${me.opening - 2 * len(turns):g}")
sweep(["engine@seller.engine=simulated,simulated-firm", "n_games=50"])
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.config.arguments import in_quotes, understood, with_search_path
from bargain.config.compose import compose, searching
from bargain.config.explain import explain
from bargain.config.files import trust
from bargain.config.follow import with_followers
from bargain.config.schema import EngineConfig
from bargain.engines.base import Engine
from bargain.engines.python import TARGET, Say, config_of
from bargain.errors import ConfigError
from bargain.notebook.results import PlayedRun, PlayedSweep
from bargain.runs import runner
from bargain.sweeps.callback import CannotStart, SweepCallback
from bargain.sweeps.cells import missing_extra
from bargain.sweeps.comparing import compare
from bargain.sweeps.job import job
from bargain.sweeps.launching import Jobs, launch, one_command


def play(
    config: DictConfig | Sequence[str] = (),
    directory: Path | str | None = None,
    *,
    seller: Say | Engine | None = None,
    buyer: Say | Engine | None = None,
    critic: Say | Engine | None = None,
    moderator: Say | Engine | None = None,
    show_progress: bool = True,
) -> PlayedRun:
    """Plays one run, or goes on with it, and returns what it came to. Works in a notebook's running event loop.

        run = play(["game=criticize_seller", "n_games=50", "engine@buyer.engine=gpt-4o"])
        run                                     # in a notebook: a table and a picture
        run.rounds, run.turns                   # pandas frames

        def half_way(turns, me):
            return f"${(me.limit + turns[-1].offer) / 2:.2f}?" if turns and turns[-1].offer else f"${me.opening:g}"

        play(["game=simple"], seller=half_way)

    config: overrides as on the command line, or what `compose` made of them.
    directory: where the run lies; None = the newest unfinished run of exactly this config under outputs/, else a new
    one. A run that is finished there is not played again: its summary is returned.
    seller, buyer, critic, moderator: who plays the seat instead of the configured engine: a function (turns, me) -> str
    of `bargain.Turn`s and a `bargain.Me`, or an engine object. The config names it and a hash of its source, so another
    function makes another run; no command can go on with such a run, the same call can. Critic and moderator do not
    follow a player who is a function (of a composed config they are those that it names).
    show_progress: a line on stderr while it plays.

    Raises ConfigError before the first call for what cannot be played (a key that is not set, a directory with another
    run). What happens later does not raise: a run that is interrupted, reaches its budget, or stops because nothing can
    work any more (a wrong key, a full disk) has the `state` "paused" or "failed". Replies that were recorded are not
    paid for again. An error in code of your own is raised, after the run has recorded it.
    """
    seats = {"seller": seller, "buyer": buyer, "critic": critic, "moderator": moderator}
    given = {seat: player for seat, player in seats.items() if player is not None}
    words = {}
    if not isinstance(config, DictConfig):
        if isinstance(config, str):
            raise ConfigError(f"play takes a list of overrides: play([{config!r}])")
        overrides = [*config, *(f"engine@{seat}.engine=python" for seat in given)]
        words = {"overrides": json.dumps(overrides)}
        config = compose(overrides)
    else:
        config = config.copy()
    for seat, player in given.items():
        config[seat].engine = OmegaConf.structured(EngineConfig(TARGET, **config_of(player)))
    summary = runner.play(config, directory, show_progress=show_progress, words=words, given=given)
    return PlayedRun(summary.directory, summary.data)


def sweep(overrides: Sequence[str], directory: Path | str | None = None) -> PlayedSweep:
    """Plays every combination of the choices, or goes on with it, and returns what they came to: `bargain -m ...`.

        found = sweep(["engine@seller.engine=simulated,simulated-firm", "game.n_rounds=2,3", "n_games=50"])
        found                                   # in a notebook: a table and a picture
        found.runs, found.rounds                # pandas frames over all cells

    overrides: as on the command line, several values separated by commas; "hydra/launcher=joblib" plays cells side by
    side. directory: the sweep's; None = the newest unfinished sweep of exactly these overrides under outputs/, else a
    new one. The same command goes on with it, and so does `bargain resume=DIR`.

    Raises ConfigError, before the first call, for what cannot be played. A cell that fails does not stop the others:
    see `state` and `problem`. KeyboardInterrupt ends it; the same call goes on.
    """
    if isinstance(overrides, str):
        raise ConfigError(f"sweep takes a list of overrides: sweep([{overrides!r}])")
    where = [] if directory is None else [f"hydra.sweep.dir={in_quotes(str(Path(directory).resolve()))}"]
    with _as_a_command():
        trust(overrides)
        arguments = with_followers(understood(with_search_path(["-m", *overrides, *where])))
        told = io.StringIO()
        try:
            with searching(arguments), contextlib.redirect_stdout(told):
                launch(job, arguments)
            found = SweepCallback.directory
            if found is not None:
                with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                    compare(found, Jobs.code)
        except CannotStart as error:
            raise ConfigError(str(error)) from None
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(missing_extra(str(error)) or explain(error, arguments)) from error
    assert found is not None
    return PlayedSweep(found)


@contextlib.contextmanager
def _as_a_command() -> Iterator[None]:
    """Gives the session back its arguments, its hook for errors and its signals."""
    arguments, hook = list(sys.argv), sys.excepthook
    kept = {}
    if threading.current_thread() is threading.main_thread():
        kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with one_command():
            yield
    finally:
        sys.argv[:], sys.excepthook = arguments, hook
        for number, handler in kept.items():
            signal.signal(number, handler)
