"""The one entry point: compose -> play -> record -> summarise; nothing else.

    bargain game=criticize_seller n_games=200        one run
    bargain -m engine@seller.engine=a,b,c            a sweep
    bargain resume=outputs/2026-11-23/10-00-00-...   goes on where a run or sweep stopped

Exit codes: 0 finished, 1 failed, 2 a config that cannot be played, 3 paused by a budget, 130 interrupted, 143
terminated.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bargain.commands.help import help_text
from bargain.config.compose import checked, register_with_hydra
from bargain.config.explain import explain
from bargain.config.files import allows_targets, config_dir, load_yaml, trust
from bargain.config.identity import FREE_TO_CHANGE, PACE, may_change
from bargain.errors import ConfigError
from bargain.sweeps.callback import CannotStart, SweepCallback, close_sweep, quoted, read_cells, this_cell
from bargain.sweeps.launching import missing_extra
from bargain.sweeps.resuming import resumable, say_again

if TYPE_CHECKING:
    from bargain.results.summary import RunSummary

BAD_CONFIG = 2
TERMINATED = 143
MAX_LAUNCHES = 4
"""How often a sweep is launched when the processes of its cells die."""


class _Job:
    """What the job that ran in this process left: its exit code, highest first. A sweep goes on after a failed cell."""

    code = 0


def main() -> None:
    """Runs the command line and exits with the code of the module's docstring."""
    sys.excepthook = _crashed
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs bargain with these arguments and returns the exit code; errors are one line on stderr."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come to us, to be told in one line
    arguments = list(arguments)
    try:
        if not {"--help", "-h"}.isdisjoint(arguments):
            print(help_text(config_dir()))
            return 0
        trust(arguments)
        if any(each.lstrip("+") == "estimate=true" for each in arguments):
            print(_preview([each for each in arguments if each.lstrip("+") != "estimate=true"], strict=True))
            return 0
        resumed = _resume_argument(arguments)
        if resumed is not None:
            return _resume(Path(resumed), [each for each in arguments if not each.startswith("resume=")])
        return _hydra(arguments)
    except ConfigError as error:
        return _refuse(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, OSError):
            return _no_disk(error)
        line = str(cause) if isinstance(cause, ConfigError) else explain(error, arguments)
        return _refuse(line)
    except CannotStart as error:
        return _refuse(str(error)) and 1
    except OSError as error:
        return _no_disk(error)
    except KeyboardInterrupt:
        if SweepCallback.directory is not None:
            print(f"bargain: go on with: bargain resume={SweepCallback.directory}", file=sys.stderr)
        return _Job.code or 130


def _hydra(arguments: list[str]) -> int:
    """One job or a sweep, composed and placed by Hydra."""
    register_with_hydra()
    _Job.code = 0
    if _is_sweep(arguments):
        signal.signal(signal.SIGTERM, _terminated)
        if not any(each.startswith("hydra.sweep.dir=") for each in arguments):
            print(_preview(arguments, strict=False), flush=True)
    task = hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(job)
    for launches_left in reversed(range(MAX_LAUNCHES)):
        sys.argv = [sys.argv[0], *arguments]
        try:
            task()
            break
        except (ConfigError, HydraException, OmegaConfBaseException):
            raise
        except Exception as error:
            again = _launcher_broke_off(error, launches_left)
            if again is None:
                break
            arguments = [*(each for each in arguments if not each.startswith("hydra.sweep.dir=")), again]
    directory = SweepCallback.directory
    return _Job.code if directory is None else _compare(directory)


def _launcher_broke_off(error: Exception, launches_left: int) -> str | None:
    """Tells of an error that no cell's own job made. Returns the override that launches the sweep's other cells again.

    That is worth it where the death of one process takes its pool along; None where it is not, or was in vain.
    """
    directory = SweepCallback.directory
    missing = missing_extra(error)
    if missing:
        raise ConfigError(missing) from error
    if directory is None:
        raise error
    is_dead_worker = type(error).__name__ in ("TerminatedWorkerError", "BrokenProcessPool")
    if is_dead_worker and launches_left:
        print("bargain: the process of a cell died; the unfinished cells are started again", file=sys.stderr)
        return f"hydra.sweep.dir={quoted(directory)}"
    print(f"bargain: the launcher broke off: {type(error).__name__}: {_brief(error)}", file=sys.stderr, flush=True)
    _Job.code = max(_Job.code, 1)
    return None


def _terminated(number: int, frame: FrameType | None) -> None:
    """SIGTERM while cells play elsewhere ends the sweep as Ctrl-C does, its pool of processes included."""
    _Job.code = TERMINATED
    raise KeyboardInterrupt


def _is_sweep(arguments: Sequence[str]) -> bool:
    return any(each in ("-m", "--multirun") for each in arguments)


def _preview(arguments: Sequence[str], *, strict: bool) -> str:
    """What these arguments will play, and what it may cost."""
    from bargain.sweeps.estimate import preview

    options, _ = get_args_parser().parse_known_args(list(arguments))
    found = [f"hydra.searchpath=[{quoted(Path(options.config_dir).resolve())}]"] if options.config_dir else []
    return preview([*found, *options.overrides], sweep=_is_sweep(arguments), strict=strict)


def job(cfg: DictConfig) -> None:
    """One Hydra job: plays one run in the directory that Hydra chose. Also what launchers call on other machines.

    A run that was interrupted raises KeyboardInterrupt, so that a sweep does not start its next cell. One that was
    terminated on another machine ends its process there: Slurm and Ray start it again, if it is to go on.
    """
    from bargain.errors import disk_problem
    from bargain.runs.log import show_crash
    from bargain.runs.runner import play

    directory = Path(HydraConfig.get().runtime.output_dir)
    cell = this_cell()
    at_once = cell.at_once if cell else 1
    shown = at_once == 1 or not sys.stderr.isatty()
    problem = ""
    try:
        summary = play(cfg, directory, show_progress=shown, cells_at_once=at_once)
        problem, code = summary.problem, _report(summary)
    except ConfigError as error:
        problem, code = _brief(error), _refuse(str(error))
    except Exception as error:  # code of one's own: told in full, and a sweep plays its other cells
        problem, code = disk_problem(error), 1
        if problem:
            _refuse(problem)
        else:
            problem = _brief(error)
            show_crash(type(error), error, error.__traceback__)
    if cell is not None:
        with contextlib.suppress(OSError):
            cell.ended(code, problem)
        if cell.away and code == TERMINATED:
            os._exit(code)
    _Job.code = max(_Job.code, code)
    if code >= 128:
        raise KeyboardInterrupt


def _brief(error: Exception) -> str:
    from bargain.errors import in_words

    return in_words(error)


def _report(summary: RunSummary) -> int:
    print(summary, flush=True)
    if summary.problem:
        print(f"bargain: {summary.problem}", file=sys.stderr, flush=True)
    return summary.exit_code


def _resume_argument(arguments: Sequence[str]) -> str | None:
    """The DIR of resume=DIR, None when resume is auto, never or not given."""
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key == "resume" and value not in ("auto", "never"):
            return value
    return None


def _resume(directory: Path, changes: list[str]) -> int:
    """Goes on with a run or a sweep in its own directory. Only what `may_change` may change.

    A directory may come from a stranger: what code beside bargain's it may run is said anew on the command line.
    """
    for change in changes:
        key = change.lstrip("+").split("=")[0]
        if not may_change(key) and key != "allow_targets" and not _is_hydras(change):
            free = f"{', '.join(FREE_TO_CHANGE)} and an engine's {', '.join(PACE)}"
            raise ConfigError(f"{change}: a resumed run keeps its config; only {free} may change")
    if (directory / "multirun.yaml").is_file():
        recorded = load_yaml(directory / "multirun.yaml")
        overrides = resumable(recorded, changes, directory)
        return _hydra(["-m", *overrides, *changes, f"hydra.sweep.dir={quoted(directory.resolve())}"])
    config = directory / ".hydra" / "config.yaml"
    if not config.is_file():
        raise ConfigError(f"resume: {directory} holds no run (no .hydra/config.yaml); name a run or sweep directory")
    from bargain.runs.runner import play

    register_with_hydra()
    cfg = load_yaml(config)
    if cfg.get("allow_targets") and not allows_targets(changes):
        raise ConfigError(say_again(directory, f"allow_targets=[{','.join(map(str, cfg.allow_targets))}]"))
    cfg = DictConfig(OmegaConf.merge(cfg, OmegaConf.from_dotlist([each for each in changes if not _is_hydras(each)])))
    return _report(play(checked(cfg), directory))


def _is_hydras(override: str) -> bool:
    return override.lstrip("+").startswith(("hydra.", "hydra/"))


def _compare(directory: Path) -> int:
    """The sweep's last word: one table over its cells, and how to go on if some are unfinished."""
    from rich.console import Console

    from bargain.results.tables import PLAIN, render, sweep_table

    code = close_sweep(directory)
    code = code and max(code, _Job.code)
    table = sweep_table(read_cells(directory))
    if sys.stdout.isatty():
        Console(**PLAIN).print(table)
    else:
        print(render(table, 140))
    print(directory)
    if code:
        print(f"bargain: unfinished cells; go on with: bargain resume={directory}", file=sys.stderr)
    return code


def _no_disk(error: Exception) -> int:
    """Tells of a file that cannot be written; raises any other error again."""
    from bargain.errors import disk_problem

    if not disk_problem(error):
        raise error
    _refuse(disk_problem(error))
    return 1


def _refuse(line: str) -> int:
    from bargain.runs.log import safe_lines

    print(safe_lines(f"bargain: {line}"), file=sys.stderr, flush=True)
    return BAD_CONFIG


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from bargain.runs.log import show_crash

    show_crash(kind, error, trace)


if __name__ == "__main__":
    main()
