"""Launches a command's job or a sweep's cells through Hydra; again, where the process of a cell died."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from bargain.config.arguments import in_quotes, is_sweep
from bargain.config.compose import register_with_hydra
from bargain.config.files import config_dir
from bargain.errors import ConfigError, in_words
from bargain.sweeps.callback import SweepCallback
from bargain.sweeps.cells import missing_extra
from bargain.sweeps.places import forget_cells, register_places

MAX_LAUNCHES = 4
"""How often a sweep is launched when the processes of its cells die."""
TERMINATED = 143


class Jobs:
    """What the jobs of this process left: the highest exit code. A sweep goes on after a failed cell.

    in_full: whether errors are told with their traceback.
    """

    code = 0
    in_full = False


@contextlib.contextmanager
def one_command() -> Iterator[None]:
    """Within it a command knows nothing of the one before in this process, and errors come to us.

    Hydra prints none and ends no process, so that each is told in our way; Jobs.in_full says whether HYDRA_FULL_ERROR=1
    asked for more.
    """
    SweepCallback.directory = None
    Jobs.code = 0
    before = os.environ.get("HYDRA_FULL_ERROR", "")
    os.environ["HYDRA_FULL_ERROR"] = "1"
    Jobs.in_full = before == "1"
    try:
        yield
    finally:
        os.environ["HYDRA_FULL_ERROR"] = before or "0"


def launch(job: Callable[[DictConfig], Any], arguments: list[str]) -> None:
    """Has Hydra compose and place the job, or every cell of a sweep. What became of it stands in Jobs and on disk."""
    register_with_hydra()
    from bargain.sweeps.sweeper import register_sweeper

    register_places()
    register_sweeper()
    if is_sweep(arguments) and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminated)
    task: Callable[[], Any] = hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(job)
    for launches_left in reversed(range(MAX_LAUNCHES)):
        sys.argv = [sys.argv[0], *arguments]
        try:
            task()
            return
        except (ConfigError, HydraException, OmegaConfBaseException):
            raise
        except Exception as error:
            again = _broke_off(error, launches_left)
            if again is None:
                return
            arguments = [*(each for each in arguments if not each.startswith("hydra.sweep.dir=")), again]
        finally:
            forget_cells()


def _broke_off(error: Exception, launches_left: int) -> str | None:
    """Tells of an error that no cell's own job made. Returns the override that launches the sweep's other cells again.

    That is worth it where the death of one process takes its pool along; None where it is not, or was in vain.
    """
    directory = SweepCallback.directory
    missing = missing_extra(str(error))
    if missing:
        raise ConfigError(missing) from error
    if directory is None:
        raise error
    is_dead_worker = type(error).__name__ in ("TerminatedWorkerError", "BrokenProcessPool")
    if is_dead_worker and launches_left:
        print("bargain: the process of a cell died; the unfinished cells are started again", file=sys.stderr)
        return f"hydra.sweep.dir={in_quotes(str(directory))}"
    print(f"bargain: the launcher broke off: {type(error).__name__}: {in_words(error)}", file=sys.stderr, flush=True)
    Jobs.code = max(Jobs.code, 1)
    return None


def _terminated(number: int, frame: FrameType | None) -> None:
    """SIGTERM while cells play elsewhere ends the sweep as Ctrl-C does, its pool of processes included."""
    Jobs.code = TERMINATED
    raise KeyboardInterrupt
