"""The one entry point: compose -> play -> record -> show; nothing else.

    bargain game=criticize_seller n_games=200        one run
    bargain -m engine@seller.engine=a,b,c            a sweep
    bargain resume=outputs/2026-11-23/10-00-00-...   goes on where a run or sweep stopped
    bargain branch=outputs/... game=17 turn=5 say=...  plays on from there, another way

Exit codes: 0 finished, 1 failed, 2 a config that cannot be played, 3 paused by a budget, 130 interrupted, 143
terminated.
"""

# ruff: noqa: E402

from __future__ import annotations

from bargain.terminal import calm_interrupts, prepare

calm_interrupts()  # the imports below take half a second
# isort: split

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bargain.commands.help import help_text
from bargain.commands.init import init
from bargain.config.arguments import is_sweep, understood, with_search_path
from bargain.config.compose import searching
from bargain.config.explain import explain
from bargain.config.files import config_dirs, trust
from bargain.config.follow import with_followers
from bargain.errors import ConfigError, disk_problem
from bargain.runs.debug import with_debug
from bargain.runs.log import show_crash, tell
from bargain.runs.loop import collect_rarely
from bargain.runs.resuming import check_changes, recorded_run
from bargain.secrets import read_keys
from bargain.sweeps.callback import CannotStart, SweepCallback
from bargain.sweeps.cells import missing_extra
from bargain.sweeps.job import job, refuse, show
from bargain.sweeps.launching import Jobs, launch, one_command
from bargain.sweeps.resuming import is_swept, recorded_sweep
from bargain.version import __version__


def main() -> None:
    """Runs the command line and exits with the code of the module's docstring."""
    arguments = prepare("bargain")
    sys.excepthook = show_crash
    collect_rarely()
    read_keys()
    sys.exit(run(arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs bargain with these arguments and returns the exit code; errors are one line on stderr.

    With HYDRA_FULL_ERROR=1 in the environment their traceback comes before it.
    """
    with one_command():
        return _told(list(arguments))


def _told(arguments: list[str]) -> int:
    """As `run`."""
    try:
        return _run(arguments)
    except ConfigError as error:
        return refuse(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, OSError):
            return _no_disk(error)
        told = missing_extra(str(error)) or explain(error, with_search_path(arguments))
        return refuse(str(cause) if isinstance(cause, ConfigError) else told)
    except CannotStart as error:
        tell(str(error))
        return error.code
    except OSError as error:
        return _no_disk(error)
    except KeyboardInterrupt:
        if SweepCallback.directory is not None:
            print(f"bargain: go on with: bargain resume={SweepCallback.directory}", file=sys.stderr)
        elif not Jobs.code:
            tell("interrupted before anything was played")
        return Jobs.code or 130


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["init"]:
        print(init(arguments[1:]))
        return 0
    if any(argument.startswith("query=") for argument in arguments):  # a shell's completion
        _, *words = f"{os.environ.get('COMP_LINE', '')}.".split()
        words = sorted(with_search_path(words), key=lambda word: not word.startswith(("-", "hydra.searchpath=")))
        os.environ["COMP_LINE"] = " ".join(["bargain", *words])[:-1]
    arguments = with_debug(with_search_path(arguments))
    if not {"--help", "-h"}.isdisjoint(arguments):
        print(help_text(config_dirs(arguments)))
        return 0
    if "--version" in arguments:
        print(f"bargain {__version__}")
        return 0
    trust(arguments)
    if any(argument.startswith("branch=") for argument in arguments):
        from bargain.sweeps.branching import branch

        return branch(arguments)
    if any(argument.lstrip("+") == "estimate=true" for argument in arguments):
        asked = [argument for argument in arguments if argument.lstrip("+") != "estimate=true"]
        _show_preview(understood(asked), strict=True)
        return 0
    resumed = [argument for argument in arguments if argument.startswith("resume=")]
    if resumed and resumed[0] not in ("resume=auto", "resume=never"):
        changes = [argument for argument in arguments if argument not in resumed]
        return _resume(Path(resumed[0].removeprefix("resume=")), changes)
    return _launch(with_followers(understood(arguments)))


def _launch(arguments: list[str]) -> int:
    """One job, or a sweep: previewed before its first call, compared at its end."""
    if is_sweep(arguments) and not any(argument.startswith("hydra.sweep.dir=") for argument in arguments):
        _show_preview(arguments, strict=False)
    with searching(arguments):
        launch(job, arguments)
    if SweepCallback.directory is None:
        return Jobs.code
    from bargain.sweeps.comparing import compare

    return compare(SweepCallback.directory, Jobs.code)


def _show_preview(arguments: Sequence[str], *, strict: bool) -> None:
    from bargain.sweeps.estimate import preview

    print(preview(arguments, sweep=is_sweep(arguments), strict=strict), flush=True)


def _resume(directory: Path, changes: list[str]) -> int:
    """Goes on with a run or a sweep in its own directory."""
    from bargain.sweeps.branching import begun_branch, resume_branch

    if begun_branch(directory):
        return resume_branch(directory, changes)
    if is_swept(directory):
        return _launch(with_followers(recorded_sweep(directory, understood(["-m", *changes])[1:])))
    check_changes(changes)
    cfg = recorded_run(directory, changes)
    from bargain.runs.runner import play

    return show(play(cfg, directory))


def _no_disk(error: Exception) -> int:
    """Tells of a file that cannot be written; raises any other error again."""
    if not disk_problem(error):
        raise error
    tell(disk_problem(error))
    return 1


if __name__ == "__main__":
    main()
