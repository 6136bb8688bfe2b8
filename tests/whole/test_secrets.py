"""No key, password or token is in anything that a run writes or says, whatever happens to it.

Every test plays through the command with sentinels in the environment and then searches all of it: files, terminal,
tracebacks; as it is, URL-encoded, in base64 at each of its three alignments.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from bargain.main import run
from tests.commands import bargain, environment, only_run, summary_of
from tests.reporting import reported
from tests.servers import Call, Fault, Server

SENTINELS = {
    "OPENAI_API_KEY": "sk-openai/SENTINEL+one==",
    "ANTHROPIC_API_KEY": "sk-ant-SENTINEL+two/ä"[:-1],
    "WANDB_API_KEY": "5e471e1" * 5 + "wandb",
    "GATEWAY_KEY": "gatewaySENTINEL/three",
    "USERINFO": "me:pa%2Fss%2BSENTINEL",
    "HTTPS_PROXY": "http://proxyuser:proxySENTINEL4@127.0.0.1:9",
}
PASSWORD = "pa/ss+SENTINEL"
HIDDEN = [*(SENTINELS[name] for name in SENTINELS if name != "HTTPS_PROXY"), PASSWORD, "proxySENTINEL4"]


def forms(secret: str) -> set[bytes]:
    """The secret in plain, URL-encoded, JSON-escaped and in base64, wherever it begins in the encoded text."""
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    found.add(secret.replace("/", "\\/"))
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + secret.encode()).decode().rstrip("=")
        found |= {encoded[shift + 1 : -2], quote(encoded[shift + 1 : -2], safe="")}
    return {each.encode() for each in found}


def search(root: Path, *said: str) -> list[str]:
    """Every place under root, or in what was said, in which a sentinel stands; file names count as well."""
    places = {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}
    places |= {f"output {number}": text.encode() for number, text in enumerate(said)}
    return [
        f"{secret[:6]} in {name}"
        for name, content in places.items()
        for secret in HIDDEN
        if any(form in content or form in name.encode() for form in forms(secret))
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def environment_with(server: Server, **more: str) -> dict[str, str]:
    userinfo = f"http://{SENTINELS['USERINFO']}@127.0.0.1:{server.port}"
    return environment(**SENTINELS, BUYER_URL=f"{userinfo}/v1", NO_PROXY="127.0.0.1", **more)


ENGINES = [
    "engine@seller.engine=gpt-4",
    "engine@buyer.engine=gpt-3.5-turbo",
    "seller.engine.base_url_env=BUYER_URL",
    "buyer.engine.base_url_env=BUYER_URL",
    "+buyer.engine.headers_env={X-Gateway-Key: GATEWAY_KEY}",
    "game.n_rounds=2",
    "n_games=3",
    "limits.max_tries=2",
]


LOSES_ALL = {"bargain.calls.patience.MANY_LOST": 99}
"""A run that does not stop where one call after another is lost, so that every kind of failure is told."""


def play(server: Server, root: Path, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    return bargain(*ENGINES, *more, cwd=root, env=environment_with(server, **env), patches=LOSES_ALL)


@pytest.mark.long
def test_a_good_run_its_wandb_files_and_its_report_hold_no_secret(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server.fault = None
    done = play(server, tmp_path, HYDRA_FULL_ERROR="1")
    assert done.returncode == 0, done.stderr
    sent = server.calls[-1].headers
    assert sent["authorization"].startswith("Basic "), "the password in the URL is used"
    assert {call.headers.get("x-gateway-key") for call in server.calls} == {None, SENTINELS["GATEWAY_KEY"]}
    run = only_run(tmp_path)
    assert list(run.glob("wandb/offline-run-*/*.wandb"))
    shown = play(server, tmp_path, "--cfg", "all", "--resolve")
    assert shown.returncode == 0, shown.stderr
    with_sentinels(monkeypatch, tmp_path)
    reported(run, "--out", tmp_path / "report", figures=("price_by_round",))
    said = [text for each in (done, shown) for text in (each.stdout, each.stderr)]
    assert search(tmp_path, *said, *capfd.readouterr()) == []


def quoting(status: int, page: str = "") -> Fault:
    """An error that quotes whatever a server could know: keys, passwords, headers, URLs."""
    words = " ".join([*HIDDEN, *(base64.b64encode(each.encode()).decode() for each in HIDDEN), *map(quote, HIDDEN)])
    body = page.format(words) if page else json.dumps({"error": {"message": f"{words} is not right", "type": "x"}})
    return Fault(status, {"content-type": "application/json", "location": f"http://{HIDDEN[-2]}@h/"}, body.encode())


FAILURES = [
    quoting(400),
    quoting(500),
    quoting(502, "<html>{}</html>"),
    quoting(200, "no JSON but {}"),
    quoting(200),
    Fault(kind="hang"),
    Fault(kind="reset"),
]


@pytest.mark.long
@pytest.mark.parametrize("last", [401, 302])
def test_no_failure_of_a_server_quotes_a_secret(server: Server, last: int, tmp_path: Path) -> None:
    def broken(call: Call) -> Fault:
        return FAILURES[call.index - first] if call.index - first < len(FAILURES) else quoting(last)

    first, server.fault = server.count, broken
    more = ["game=simple", "game.n_rounds=1", "n_games=9", "limits.max_maybe_billed=1", "limits.max_concurrent_games=1"]
    timeouts = ["seller.engine.timeout_s=2", "buyer.engine.timeout_s=2"]
    done = play(server, tmp_path, *timeouts, *more, "tracking=none", HYDRA_FULL_ERROR="1")
    assert done.returncode == 1
    assert summary_of(only_run(tmp_path))["games"]["error"] == len(FAILURES)
    assert f"{last}, " in done.stderr
    assert search(tmp_path, done.stdout, done.stderr) == []


OWN = """
import os

async def play(table):
    raise ZeroDivisionError("the key is " + os.environ["OPENAI_API_KEY"] + "\\x1b]52;c;aGk=\\x07")

class Tracker:
    def __init__(self, config):
        pass
    def start(self, run_dir, config, info):
        raise RuntimeError(f"cannot log in with {os.environ['WANDB_API_KEY']} at {os.environ['BUYER_URL']}")
    def fail(self, reason):
        pass
"""


@pytest.mark.long
def test_crashes_of_code_of_ones_own_in_a_pool_of_processes_show_no_secret(server: Server, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    sweep = ["-m", "game._target_=own.play", "hydra/launcher=joblib", "allow_targets=[own]"]
    tracker = ["tracking=none", "tracking._target_=own.Tracker,bargain.tracking.none.NoTracker"]
    env = environment_with(server, PYTHONPATH=str(tmp_path), HYDRA_FULL_ERROR="1")
    done = bargain(*sweep, *tracker, "n_games=1", cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert "ZeroDivisionError: the key is [secret]" in done.stderr
    assert "cannot log in with [secret] at http://[secret]@" in done.stderr
    assert len(list(tmp_path.glob("outputs/*/*/*/cell.json"))) == 2
    assert search(tmp_path, done.stdout, done.stderr) == []
    assert "\x1b" not in done.stdout + done.stderr


LITERAL = {
    "a password in a URL": f"seller.engine.base_url=http://{SENTINELS['USERINFO']}@127.0.0.1/v1",
    "a key in a URL": "seller.engine.base_url=http://127.0.0.1/v1?key=secretword123",
    "a key in the body": "+seller.engine.body={api_key: secretword123}",
    "a header": "+seller.engine.options={headers: {Authorization: Bearer secretword123}}",
    "a key where its variable's name belongs": "seller.engine.api_key_env=secretword123456",
    "a key that the environment knows": f"prompt.seller.system='{SENTINELS['OPENAI_API_KEY']}'",
    "a key of a known shape": "item.description=sk-proj-secretword123",
}


def with_sentinels(monkeypatch: pytest.MonkeyPatch, where: Path) -> None:
    monkeypatch.chdir(where)
    for name, value in SENTINELS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("override", LITERAL.values(), ids=LITERAL.keys())
def test_a_literal_secret_is_refused_before_anything_is_written(
    override: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with_sentinels(monkeypatch, tmp_path)
    more = ["engine@seller.engine=gpt-4", "hydra.run.dir=here", "hydra.sweep.dir=there"]
    modes = [[], ["-m"], ["--cfg", "job", "--resolve"]] if "base_url" in override else [[]]
    for mode in modes:
        assert run([*mode, override, *more]) == 2
        out, err = capfd.readouterr()
        (line,) = err.splitlines()
        assert "environment variable" in line
        assert override.lstrip("+").split(".")[0] in line
        assert "secretword" not in out + err
        assert search(tmp_path, out, err) == []
        assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("reference", ["${oc.env:GATEWAY_KEY}", "${oc.${item.name}:GATEWAY_KEY}"])
def test_a_config_cannot_read_the_environment_by_any_detour(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with_sentinels(monkeypatch, tmp_path)
    arguments = ["item.name=env", f"prompt.seller.system='{reference}'"]
    for shown in (["hydra.run.dir=here"], ["--cfg", "job", "--resolve"]):
        assert run([*arguments, *shown]) == 2
        out, err = capfd.readouterr()
        assert "reads the environment variable GATEWAY_KEY, and a config is written down" in err
        assert search(tmp_path, out, err) == []
        assert not list(tmp_path.rglob("journal.sqlite"))
