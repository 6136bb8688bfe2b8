"""The command `bargain-dashboard`: what it refuses in one line, and that only this machine can reach what it serves."""

from __future__ import annotations

import contextlib
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bargain.analysis.dashboard.command import run
from tests import dashboards
from tests.commands import PATIENCE_S, bargain, environment
from tests.run_maker import make_run


def the_line(told: str) -> str:
    """The one line that the command refuses with."""
    (line,) = told.splitlines()
    assert line.startswith("bargain-dashboard: ")
    return line


def test_a_place_without_runs_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for place, said in (
        ("empty", "no runs in empty; a run directory holds games.jsonl"),
        ("nowhere", "nothing matches 'nowhere'"),
    ):
        assert run([place]) == 2
        assert said in the_line(capsys.readouterr().err)


@pytest.mark.long
def test_a_missing_streamlit_is_one_line_with_its_remedy(tmp_path: Path) -> None:
    make_run(tmp_path / "run", [[14.0]])
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "streamlit.py").write_text("raise ModuleNotFoundError('No module named streamlit')")
    env = environment(PYTHONPATH=str(tmp_path / "none"))
    done = bargain("run", "--no-browser", cwd=tmp_path, command="bargain-dashboard", env=env)
    assert done.returncode == 2, done.stderr
    assert the_line(done.stderr).endswith("pip install 'bargain-experiments[dashboard]'")


def test_a_port_that_is_taken_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path / "run", [[14.0]])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run([str(tmp_path / "run"), "--port", str(port)]) == 2
        assert f"port {port} on 127.0.0.1 is taken" in the_line(capsys.readouterr().err)


@pytest.mark.long
def test_two_that_start_at_once_announce_each_its_own_port_which_listens_on_the_loopback_interface_alone(
    tmp_path: Path,
) -> None:
    make_run(tmp_path / "run", [[14.0]])
    with contextlib.ExitStack() as both, ThreadPoolExecutor(2) as pool:
        started = [dashboards.served(tmp_path / "run", tmp_path / f"log{at}") for at in range(2)]
        address, another = pool.map(both.enter_context, started)
        assert address != another
        for each in (address, another):
            assert urllib.request.urlopen(f"{each}/_stcore/health", timeout=PATIENCE_S).read() == b"ok"
        port = int(address.rpartition(":")[2])
        with pytest.raises(OSError):  # noqa: PT011 - refused or unreachable, by the machine's network
            socket.create_connection((_other_address(), port), timeout=2).close()


def _other_address() -> str:
    """Another address of this machine than 127.0.0.1: its own on the network, else one more of the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, but says which address would be used
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])
