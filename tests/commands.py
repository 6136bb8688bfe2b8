"""Runs the installed commands as a user would: in a directory of their own, with a clean environment."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.metadata
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest.mock
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bargain.runs.loop import collect_rarely

T = TypeVar("T")
BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent
PATIENCE_S = 300.0
"""How long a test waits for what must come: only a hang takes so long, whatever else the machine does. The time after
which what hangs would come by itself is AN_HOUR_S, so that whatever ends sooner has not waited for it."""
AN_HOUR_S = 3600.0
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "bargain.main",
        "bargain.runs.runner",
        "bargain.sweeps.sweeper",
        "bargain.engines.simulated",
        "anyio._backends._asyncio",
        "bargain.engines.openai",
        "bargain.engines.http",
        "scipy.special",
        "openai.resources",
        "openai.lib._client_auth",
        "anthropic.resources.messages",
        "httpcore2",
        "truststore",
        "genai_prices.data",
        "genai_prices.data_snapshot",
        "bargain.commands.judge",
        "bargain.sweeps.comparing",
        "bargain.sweeps.estimate",
        "tests.warm",
    ]
)


def environment(**extra: str) -> dict[str, str]:
    """The process environment without keys and W&B settings, plus `extra`; these sources come last in PYTHONPATH."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_API_KEY") and not name.startswith(("WANDB_", "HYDRA_", "COLUMNS"))
    }
    path = os.pathsep.join([*extra.pop("PYTHONPATH", "").split(os.pathsep), str(ROOT)]).lstrip(os.pathsep)
    return {**kept, "COLUMNS": "140", "PYTHONPATH": path, **extra}


def python(code: str, *, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What a Python of its own said of this program in a directory. Raises AssertionError where it did not end well."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def wait_for(what: Callable[[], T], why: str) -> T:
    """What `what` returns as soon as it is true; AssertionError after PATIENCE_S."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError):  # a directory that is looked at gets its name meanwhile
            if found := what():
                return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_S:g} s in vain: {why}")


def bargain(
    *arguments: str,
    cwd: Path,
    env: dict[str, str] | None = None,
    command: str = "bargain",
    stdin: str = "",
    patches: Mapping[str, Any] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs an installed command to its end. patches: see Started."""
    process = Started(arguments, cwd, env, stdin, patches, command)
    out, err = process.communicate()
    assert process.returncode is not None
    return subprocess.CompletedProcess(process.arguments, process.returncode, out, err)


def in_this_process(
    run: Callable[[Sequence[str]], int], *arguments: str, cwd: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """What a command's `run` returns and prints, without a process of its own: half a second less of CPU."""
    collect_rarely()  # as `main` does: a sweep's job ends with a full collection, which walks the modules of all tests
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(unittest.mock.patch.dict(os.environ, environment(**env), clear=True))
        stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        code = run(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def bargain_here(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """As `bargain`, in this process: where no signal and no start of a process is the point."""
    from bargain.main import run

    return in_this_process(run, *arguments, cwd=cwd, **(env or {}))


class Started:
    """A command in the background: what tests of signals need of subprocess.Popen, at two seconds less of CPU.

    It runs in a process of its own, forked by a server that has imported what a command imports. `patches` are values
    that module constants have there, as {"bargain.runs.watching.DRAIN_S": 600.0}. The command "-c" is Python code.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: dict[str, str] | None = None,
        stdin: str = "",
        patches: Mapping[str, Any] | None = None,
        command: str = "bargain",
    ) -> None:
        self.arguments = [command, *arguments]
        self._folder = tempfile.TemporaryDirectory()
        self._files = [Path(self._folder.name, name) for name in ("in", "out", "err")]
        self._files[0].write_text(stdin, encoding="utf-8")
        given = (self.arguments, cwd, env or environment(), self._files, dict(patches or {}))
        self._process = _forks.Process(target=_command, args=given, daemon=True)
        with unittest.mock.patch.dict(sys.modules, __main__=types.ModuleType("__main__")):  # ours is not its business
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code once it has ended; minus the signal that ended it."""
        return self._process.exitcode

    def send_signal(self, how: int) -> None:
        """Sends it a signal, if it has not ended."""
        if self._process.is_alive():
            os.kill(self.pid, how)

    def join(self, timeout_s: float) -> None:
        """Waits for its end, but not longer."""
        self._process.join(timeout_s)

    def communicate(self) -> tuple[str, str]:
        """Waits for its end; what it wrote to stdout and to stderr."""
        self._process.join(PATIENCE_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
            raise subprocess.TimeoutExpired(self.arguments, PATIENCE_S)
        out, err = (file.read_text(encoding="utf-8") for file in self._files[1:])
        self._folder.cleanup()
        return out, err


def _command(arguments: list[str], cwd: Path, env: dict[str, str], files: list[Path], patches: dict[str, Any]) -> None:
    """What the console script does, in the process that was forked for it."""
    for number, file in enumerate(files):
        with open(file, "r" if number == 0 else "w", encoding="utf-8") as opened:
            os.dup2(opened.fileno(), number)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for the life of the process
    multiprocessing.current_process().daemon = False  # it may have a pool of processes, if it ends by a signal
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[:0] = [os.path.abspath(each) for each in env.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.argv = [str(BIN / arguments[0]), *arguments[1:]]
    for name, value in patches.items():
        module, _, constant = name.rpartition(".")
        setattr(importlib.import_module(module), constant, value)
    try:
        if arguments[0] == "-c":
            sys.argv = ["-c", *arguments[2:]]
            sys.exit(exec(arguments[1], {"__name__": "__main__"}))
        script, *_ = importlib.metadata.entry_points(group="console_scripts", name=arguments[0])
        sys.exit(script.load()())
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        sys.exit(1)
    finally:  # as an interpreter ends: first what ends a pool of processes, then what waits for processes
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()


def only_run(root: Path) -> Path:
    """The one run directory under root/outputs."""
    (summary,) = root.glob("outputs/*/*/summary.json")
    return summary.parent


def games_of(directory: Path) -> list[dict[str, Any]]:
    """The games of a run directory, as plain data."""
    return [json.loads(line) for line in (directory / "games.jsonl").read_text(encoding="utf-8").splitlines()]


def summary_of(directory: Path) -> dict[str, Any]:
    """A run's summary.json."""
    data: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    return data
