"""The command `bargain-dashboard`: what it refuses in one line, and that only this machine can reach what it serves."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest

from tests import dashboards
from tests.commands import PATIENCE_S, bargain, environment
from tests.run_maker import make_run


def refused(*arguments: str, cwd: Path, **env: str) -> str:
    """The one line that the command refuses with."""
    done = bargain(*arguments, cwd=cwd, command="bargain-dashboard", env=environment(**env))
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("bargain-dashboard: ")
    return line


def test_a_place_without_runs_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no runs in empty; a run directory holds games.jsonl" in refused("empty", cwd=tmp_path)
    assert "nothing matches 'nowhere'" in refused("nowhere", cwd=tmp_path)


def test_a_missing_streamlit_is_one_line_with_its_remedy(tmp_path: Path) -> None:
    make_run(tmp_path / "run", [[14.0]])
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "streamlit.py").write_text("raise ModuleNotFoundError('No module named streamlit')")
    line = refused("run", "--no-browser", cwd=tmp_path, PYTHONPATH=str(tmp_path / "none"))
    assert line.endswith("pip install 'bargain-experiments[dashboard]'")


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    make_run(tmp_path / "run", [[14.0]])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} on 127.0.0.1 is taken" in refused("run", "--port", str(port), cwd=tmp_path)


def test_it_listens_on_the_loopback_interface_alone(tmp_path: Path) -> None:
    make_run(tmp_path / "run", [[14.0]])
    with dashboards.served(tmp_path / "run", tmp_path / "log") as address:
        assert urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE_S).read() == b"ok"
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
