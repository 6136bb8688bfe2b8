"""A command in a process that was started badly, or sent to a place that is none: one line, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bargain.analysis.report.command import run as report
from bargain.commands.import_2023 import run as import_log
from bargain.main import run as command
from bargain.version import __version__
from tests.commands import bargain, environment
from tests.fu2023.test_imports import FIRST
from tests.run_maker import make_run


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A script in which $PY is this Python and $PREPARE the first step of every command."""
    step = "from bargain.terminal import prepare; given = prepare('bargain')"
    env = environment(PY=sys.executable, PREPARE=step)
    return subprocess.run(["sh", "-c", script], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_a_working_directory_that_is_gone_is_one_line(tmp_path: Path) -> None:
    done = shell('mkdir gone && cd gone && rmdir ../gone && "$PY" -c "$PREPARE"', tmp_path)
    line = "bargain: the working directory is gone; change to one that is there\n"
    assert (done.returncode, done.stderr) == (1, line)


def test_no_file_takes_the_place_of_a_standard_stream_that_is_closed(tmp_path: Path) -> None:
    use = "; print('lost', file=__import__('sys').stderr); print(open('data', 'w').fileno() > 2)"
    done = shell(f'"$PY" -c "$PREPARE{use}" 2>&-', tmp_path)
    assert (done.returncode, done.stdout, (tmp_path / "data").read_text()) == (0, "True\n", "")


def test_a_reader_who_leaves_ends_no_run(tmp_path: Path) -> None:
    use = "; import sys; [print(n) for n in range(99999)]; print('went on', file=sys.stderr)"
    done = shell(f'"$PY" -c "$PREPARE{use}" | head -n 1', tmp_path)
    assert (done.stdout, done.stderr) == ("0\n", "went on\n")


def test_arguments_are_utf_8_whatever_the_locale_and_what_cannot_be_shown_is_replaced(tmp_path: Path) -> None:
    locale = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    done = shell(f'{locale} "$PY" -c "$PREPARE; print(ascii(given), chr(8364))" €', tmp_path)
    assert (done.returncode, done.stdout) == (0, "['\\u20ac'] ?\n"), done.stderr


def test_version_is_bargains_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--version"]) == 0
    assert capsys.readouterr().out == f"bargain {__version__}\n"


def test_ctrl_c_before_the_command_has_begun_is_one_line(tmp_path: Path) -> None:
    step = "from bargain.terminal import calm_interrupts; calm_interrupts(); raise KeyboardInterrupt"
    done = shell(f'"$PY" -c "{step}"', tmp_path)
    assert done.stderr == "bargain: interrupted before anything began\n"


def test_windows_is_told_where_it_runs(tmp_path: Path) -> None:
    done = shell('"$PY" -c "import sys; sys.platform = \'win32\'; import bargain"', tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("bargain runs on Linux, macOS and, on Windows, in WSL")
    assert done.stderr.count("\n") == 1


@pytest.mark.long
def test_a_place_that_is_a_file_is_one_line_for_every_command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "run", [[15.0, 16.0]])
    (tmp_path / "file").write_text("mine")
    assert report([str(tmp_path / "run"), "--out", str(tmp_path / "file")]) == 2
    (tmp_path / "log.txt").write_text(FIRST)
    assert import_log([str(tmp_path / "log.txt"), "--out", str(tmp_path / "file")]) == 2
    told = capfd.readouterr().err.splitlines()
    played = bargain(f"hydra.run.dir={tmp_path / 'file'}", "tracking=none", cwd=tmp_path)
    assert played.returncode == 1
    assert len(told) == 2
    for line in (*told, *played.stderr.splitlines()):
        assert "name another place" in line or "choose a directory" in line
    assert (tmp_path / "file").read_text() == "mine"
