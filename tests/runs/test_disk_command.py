"""A full disk, a directory that cannot be written, a damaged or newer journal, a network filesystem: by the command.

The rule for all of them: the result is the undisturbed run's, byte for byte, or the exit code is not 0 and one line
says what is wrong. Never a wrong reply, never a traceback.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from bargain.main import run
from tests.commands import PATIENCE_S, bargain, environment, games_of, only_run, summary_of

OWN = """
import os, signal

def say(request):
    place = request.place
    if os.environ.get("KILL") == f"{place.game} {place.round} {place.turn}":
        os.kill(os.getpid(), signal.SIGKILL)
    first = request.scene.role == "seller"
    asked = (18 if first else 11) + (-1 if first else 1) * len(request.scene.turns) * (0.5 + place.game / 20)
    return f"I would {'take' if first else 'pay'} ${asked:.2f}. " + "Think of its colour. " * 20
"""
SETTINGS = [
    *(f"engine@{role}.engine=scripted" for role in ("seller", "buyer", "critic")),
    *(f"+{role}.engine.options.callable=own:say" for role in ("seller", "buyer", "critic")),
    "game=criticize_seller",
    "moderator=rules",
    "tracking=none",
    "allow_targets=[own]",
    "n_games=6",
    "game.n_rounds=2",
    "game.max_exchanges=6",
    "limits.max_concurrent_games=2",
]


def env(folder: Path, **more: str) -> dict[str, str]:
    return environment(PYTHONPATH=str(folder), **more)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory that everybody may read, with a finished run in `whole` and a killed one in `killed`."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        (path / "own.py").write_text(OWN)
        for each, more in (("whole", {}), ("killed", {"KILL": "4 2 7"})):
            (path / each).mkdir()
            done = bargain(*SETTINGS, cwd=path / each, env=env(path, **more))
            assert done.returncode == (0 if each == "whole" else -9), done.stderr
        assert (only_run(path / "killed") / "journal.sqlite-wal").stat().st_size > 0
        yield path


def expected(folder: Path) -> bytes:
    return (only_run(folder / "whole") / "games.jsonl").read_bytes()


def resume(directory: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return bargain(f"resume={directory}", "allow_targets=[own]", *more, cwd=directory, env=env(folder))


@pytest.mark.long
def test_a_killed_run_goes_on_to_the_undisturbed_result(folder: Path, tmp_path: Path) -> None:
    run = shutil.copytree(only_run(folder / "killed"), tmp_path / "run")
    done = resume(run, folder)
    assert done.returncode == 0, done.stderr
    assert (run / "games.jsonl").read_bytes() == expected(folder)


NAMES = ["journal.sqlite", "journal.sqlite-wal"]


def damage(directory: Path, number: int) -> str:
    """Damages a file of the journal, as the number has it; returns how. 0 is surely refused, 1 surely harmless."""
    rng = random.Random(f"1 {number}")
    name = NAMES[number] if number < 2 else rng.choice(NAMES)
    data = bytearray((directory / name).read_bytes())
    how = rng.choice(["cut", "flip", "zeros", "rubbish"])
    at = rng.randrange(len(data))
    if number < 2:
        how, at = [("rubbish", 0), ("cut", len(data) - 100)][number]
    if how == "cut":
        del data[at:]
    elif how == "flip":
        data[at] ^= 1 << rng.randrange(8)
    else:
        length = min(rng.randrange(1, 5000), len(data) - at)
        data[at : at + length] = bytes(length) if how == "zeros" else rng.randbytes(length)
    (directory / name).write_bytes(data)
    return f"{how} {name} at {at}"


@pytest.mark.long
def test_a_damaged_journal_gives_the_undisturbed_result_or_one_clear_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("own", None)
    ends = set()
    for number in range(int(os.environ.get("DAMAGES", "8"))):
        directory = Path(shutil.copytree(only_run(folder / "killed"), tmp_path / str(number)))
        what = damage(directory, number)
        code = run([f"resume={directory}", "allow_targets=[own]"])
        told = [line for line in capfd.readouterr().err.splitlines() if line]
        ends.add(code == 0)
        if code == 0:
            assert (directory / "games.jsonl").read_bytes() == expected(folder), what
        else:
            assert len(told) == 1, (what, told)
            assert "journal.sqlite" in told[0], (what, told)
    del sys.modules["own"]
    assert ends == {True, False}, "both ends were seen"


@pytest.mark.long
def test_a_journal_of_a_newer_version_is_refused_with_one_line_and_left_alone(folder: Path, tmp_path: Path) -> None:
    run = shutil.copytree(only_run(folder / "whole"), tmp_path / "run")
    (run / "summary.json").unlink()
    with sqlite3.connect(run / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (run / "journal.sqlite").read_bytes()
    for more in ([], ["mode=replay"]):
        done = resume(run, folder, *more)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "format 99" in line
    assert (run / "journal.sqlite").read_bytes() == before


EACH = """
import json, os, subprocess, sys
import bargain.main, bargain.runs.runner
from bargain import compose

compose(["tracking=none"])  # once, for all
results = {}
for what, (before, arguments) in json.loads(sys.argv[1]).items():
    subprocess.run(["sh", "-ec", before], check=True)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writing, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))
        sys.argv = ["bargain", *arguments]
        bargain.main.main()
    os.close(writing)
    with open(reading) as file:
        told = file.read()
    results[what] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), told
print(json.dumps(results))
"""
"""For each name, runs a shell script, then the command with these arguments, forked from one that has imported it."""


def run_each(
    commands: Mapping[str, tuple[str, Sequence[str]]], *, folder: Path, cwd: Path, under: Sequence[str] = ()
) -> dict[str, tuple[int, str]]:
    """The exit code and the stderr of each of the commands of EACH: under another (setpriv), or with OWN_MOUNTS."""
    if under:
        command = [*under, sys.executable, "-c", EACH, json.dumps(commands)]
        done = subprocess.run(
            command, cwd=cwd, env=env(folder), capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    else:
        done = bargain(OWN_MOUNTS + EACH, json.dumps(commands), cwd=cwd, env=env(folder), command="-c")
    assert done.returncode == 0, done.stderr
    results: dict[str, tuple[int, str]] = json.loads(done.stdout)
    assert results.keys() == commands.keys()
    return results


OWN_MOUNTS = """
import ctypes, subprocess

assert ctypes.CDLL(None).unshare(0x20000) == 0  # CLONE_NEWNS
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
"""
"""Gives the process mounts of its own, which end with it, as `unshare -m` does."""


@pytest.fixture
def _mounts() -> None:
    """Skips where mounts of one's own are forbidden."""
    if shutil.which("unshare") and not subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        return
    reason = "needs root and unshare (util-linux) for mounts of its own"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


SIZES = {"140k": 0, "220k": 1}
"""Room on the disk, and how many replies at least are on record when it is full."""


@pytest.mark.long
@pytest.mark.usefixtures("_mounts")
def test_a_full_disk_stops_the_run_with_one_line_and_it_goes_on_where_there_is_room(
    folder: Path, tmp_path: Path
) -> None:
    commands: dict[str, tuple[str, Sequence[str]]] = {}
    for size in SIZES:
        mounted = f"mkdir {size}; mount -t tmpfs -o size={size} tmpfs {size}"
        commands[f"full {size}"] = mounted, [*SETTINGS, f"hydra.run.dir={size}/run"]
        commands[f"room {size}"] = f"mount -o remount,size=50m {size}", [f"resume={size}/run", "allow_targets=[own]"]
        commands[f"kept {size}"] = f"cp -r {size}/run kept-{size}", ["--version"]
    results = run_each(commands, folder=folder, cwd=tmp_path)
    for size, kept in SIZES.items():
        code, told = results[f"full {size}"]
        assert code == 1
        assert len(told.splitlines()) == 1, told
        assert "make room" in told or "No space left on device" in told
        assert results[f"room {size}"][0] == 0, results
        run = tmp_path / f"kept-{size}"
        assert (run / "games.jsonl").read_bytes() == expected(folder)
        assert summary_of(run)["calls"]["from_journal"] >= kept


NETWORK = """
import os
with open("mounts", "w") as file:
    file.write("server:/export / nfs4 rw 0 0\\n")
subprocess.run(["mount", "--bind", "mounts", f"/proc/{os.getpid()}/mounts"], check=True)
from bargain.main import main
main()
"""


@pytest.mark.long
@pytest.mark.usefixtures("_mounts")
def test_on_a_network_filesystem_the_safe_mode_is_used_and_the_result_is_the_same(folder: Path, tmp_path: Path) -> None:
    done = bargain(OWN_MOUNTS + NETWORK, *SETTINGS, cwd=tmp_path, env=env(folder), command="-c")
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert (run / "games.jsonl").read_bytes() == expected(folder)
    journals = [each / "journal.sqlite" for each in (run, only_run(folder / "whole"))]
    assert [path.read_bytes()[18:20] for path in journals] == [b"\x01\x01", b"\x02\x02"], "rollback journal, not WAL"


def powerless() -> list[str]:
    """What goes before a command so that it may not write where the mode forbids it."""
    if os.getuid() != 0:
        return []
    if not shutil.which("setpriv"):
        reason = "needs setpriv (util-linux) to take root's power to write anywhere"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]


@pytest.mark.long
def test_a_directory_that_cannot_be_written_is_one_line(folder: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    killed = shutil.copytree(only_run(folder / "killed"), closed / "killed")
    whole = shutil.copytree(only_run(folder / "whole"), closed / "whole")
    for each in (closed / "inside", killed, whole, closed):
        each.chmod(0o555)
    commands = {
        "a run": SETTINGS,
        "a named directory": [*SETTINGS, "hydra.run.dir=inside"],
        "a sweep": ["-m", *SETTINGS, "seed=1,2"],
        "a resume": [f"resume={killed}", "allow_targets=[own]"],
        "a replay": [f"resume={whole}", "allow_targets=[own]", "mode=replay"],
    }
    tried = {what: ("", arguments) for what, arguments in commands.items()}
    results = run_each(tried, under=powerless(), folder=folder, cwd=closed)
    for what, (code, told) in results.items():
        assert code in (1, 2), (what, code, told)
        assert len(told.splitlines()) == 1, (what, told)
        assert "Permission denied" in told or "readonly" in told, (what, told)
    assert summary_of(whole)["state"] == "finished"
    assert len(games_of(whole)) == 6
    for each in (closed, closed / "inside", killed, whole):
        each.chmod(0o755)
