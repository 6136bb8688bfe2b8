"""Runs the installed commands as a user would: in a directory of their own, with a clean environment."""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import types
import unittest.mock
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TIMEOUT_S = 110
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "bargain.main",
        "bargain.runs.runner",
        "bargain.engines.openai",
        "bargain.engines.http",
        "scipy.special",
        "openai.resources",
        "openai.lib._client_auth",
        "anthropic.resources.messages",
    ]
)


def environment(**extra: str) -> dict[str, str]:
    """The process environment without keys and W&B settings, plus `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_API_KEY") and not name.startswith(("WANDB_", "HYDRA_", "COLUMNS"))
    }
    return {**kept, "COLUMNS": "140", **extra}


def bargain(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, command: str = "bargain", stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs an installed command to its end; two minutes at most."""
    env = env or environment()
    if command == "bargain" and not any(each.startswith("hydra/launcher=") for each in arguments):
        alike = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
        if alike == {name: value for name, value in env.items() if name.startswith("PYTHON")}:
            return _forked(arguments, cwd, env, stdin)
    return subprocess.run(
        [str(BIN / command), *arguments],
        cwd=cwd,
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def _forked(arguments: tuple[str, ...], cwd: Path, env: dict[str, str], stdin: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, of a server that has imported what a command imports: 1 s less of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("in", "out", "err")]
        files[0].write_text(stdin, encoding="utf-8")
        process = _forks.Process(target=_command, args=(arguments, cwd, env, files))
        with unittest.mock.patch.dict(sys.modules, __main__=types.ModuleType("__main__")):  # ours is not its business
            process.start()
        process.join(TIMEOUT_S)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["bargain", *arguments], TIMEOUT_S)
        said = [file.read_text(encoding="utf-8") for file in files[1:]]
        return subprocess.CompletedProcess(["bargain", *arguments], process.exitcode, *said)


def _command(arguments: tuple[str, ...], cwd: Path, env: dict[str, str], files: list[Path]) -> None:
    """What the console script does, in the process that was forked for it."""
    for number, file in enumerate(files):
        with open(file, "r" if number == 0 else "w", encoding="utf-8") as opened:
            os.dup2(opened.fileno(), number)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for the life of the process
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [str(BIN / "bargain"), *arguments]
    from bargain.main import main

    try:
        main()
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        sys.exit(1)
    finally:
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
