"""A real language model plays (`make local`), and its server ends with the script that started it."""

from __future__ import annotations

import re
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bargain.analysis import load
from tests.commands import ROOT, environment, games_of, summary_of, wait_for

SCRIPT = ROOT / "scripts" / "local_model.py"
LOCAL = runpy.run_path(str(SCRIPT))
HERE = LOCAL["MODEL"].exists()
STAND_IN = """
import atexit, http.server, threading, types

atexit.register(threading.Event().wait)  # as it is with calls in flight

class CommonParams:
    model, sampling, cpuparams, cpuparams_batch = (types.SimpleNamespace() for _ in range(4))

class Server:
    def __init__(self, params):
        server = http.server.HTTPServer((params.hostnames[0], params.port), http.server.BaseHTTPRequestHandler)
        self.listening_address = "http://%s:%d" % server.server_address
        threading.Thread(target=server.serve_forever, daemon=True).start()
"""
"""llama.cpp's place, without a model."""


def refused(port: int) -> bool:
    """Whether nobody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, None])
def test_the_server_ends_with_the_script_however_that_ends(how: signal.Signals | None, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "xllamacpp.py").write_text(STAND_IN, encoding="utf-8")
    (packages / "ready").write_text("\n".join(LOCAL["PINS"]), encoding="utf-8")
    started = [sys.executable, str(SCRIPT), "serve"]
    env = environment(BARGAIN_LOCAL=str(tmp_path), PYTHONUNBUFFERED="1")
    with subprocess.Popen(started, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdin
        assert script.stdout
        (port,) = set(re.findall(r"base_url=http://127\.0\.0\.1:(\d+)/v1", script.stdout.readline()))
        assert not refused(int(port))
        if how is None:
            script.stdin.write("\n")
        else:
            script.send_signal(how)
        script.stdin.close()
    wait_for(lambda: refused(int(port)), "the server to end")


@pytest.mark.long
@pytest.mark.skipif(not HERE, reason="make local was not run here")
@pytest.mark.timeout(1800)
def test_a_real_model_s_games_end_replay_and_are_counted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "n_games=1"], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert "Traceback" not in done.stdout + done.stderr
    cells = sorted(path.parent for path in tmp_path.glob("outputs/*/*/*/games.jsonl"))
    assert len(cells) == 4, done.stderr
    finished = [summary_of(cell)["state"] for cell in cells].count("finished")  # not where its only game failed
    assert done.stdout.count("byte for byte") == finished > 0, "each is replayed"
    assert list(tmp_path.rglob("report/*.html")), "and reported"
    rounds = load(cells[0].parent).rounds
    assert len(rounds) == 8
    for cell in cells:
        (game,) = games_of(cell)
        played = [each["outcome"] for each in game["rounds"]]
        assert len(played) == 2 or game["error"], "a game ends, or says why it did not"
        assert set(played) <= {"deal", "no_deal", "walk_away", "error"}
        for each in game["rounds"]:
            assert (each["price"] is not None) == (each["outcome"] == "deal")
            assert all(verdict["objections"] for verdict in each["verdicts"] if verdict["state"] != verdict["stands"])
    disputed = [
        any(verdict["state"] == "deal" != verdict["stands"] for verdict in each["verdicts"])
        and each["outcome"] != "deal"
        for cell in cells
        for game in games_of(cell)
        for each in game["rounds"]
    ]
    assert int(rounds["disputed"].sum()) == sum(disputed)
