"""A project of one's own, as docs/own-project.md tells of it: begun by `bargain init`, seen wherever choices are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bargain.main import run
from tests.commands import ROOT, bargain, environment, games_of, only_run
from tests.sweeping import only_sweep

KEY = "sk-0123456789abcdefghij"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The project of `bargain init mine`, the working directory."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mine"]) == 0
    assert "cd mine && bargain --config-dir conf experiment=pilot" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def test_what_init_makes_is_seen_by_help_messages_completion_and_the_estimate(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ("--config-dir", "conf")
    assert run([*own, "--help"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"prompt/seller: .*\bours\b", shown)
    assert "\nexperiment: pilot\n" in shown
    assert re.search(r"experiment/paper: .*\bfig5\b", shown), "and bargain's own"

    assert run([*own, "prompt/seller=outs"]) == 2
    assert "prompt/seller=outs: no such choice; did you mean ours?" in capsys.readouterr().err
    monkeypatch.setenv("COMP_LINE", "bargain --config-dir conf -m prompt/seller=ou")
    assert run(["-sc", "query=bash"]) == 0
    assert capsys.readouterr().out.split() == ["prompt/seller=ours"]
    assert run([*own, "-m", "experiment=pilot", "estimate=true"]) == 0
    assert "2 cells" in capsys.readouterr().out
    assert run(["--config-dir", "nowhere"]) == 2
    assert "--config-dir nowhere: no such directory" in capsys.readouterr().err
    assert run(["init", "."]) == 2
    assert "README.md is there already, and nothing is overwritten" in capsys.readouterr().err


@pytest.mark.long
def test_a_sweep_with_things_of_ones_own_goes_on_from_anywhere_and_keys_of_env_are_nowhere(project: Path) -> None:
    (project / "own.py").write_text("async def play(table):\n    await table.play(1)\n")
    (project / ".env").write_text(f"OPENAI_API_KEY={KEY}\nHTTPS_PROXY=http://127.0.0.1:9\n")
    (project / "conf" / "game").mkdir()
    (project / "conf" / "game" / "own.yaml").write_text("defaults: [simple, _self_]\n_target_: own.play\nname: own\n")
    asked = ("engine@buyer.engine=gpt-4o-mini", "buyer.engine.base_url=http://127.0.0.1:9", "limits.max_tries=1")
    words = ("allow_targets=[own]", "game=own", *asked, "moderator=rules", "prompt/seller=ours", "n_games=1")
    done = bargain("--config-dir", "conf", "-m", *words, cwd=project, env=environment(WANDB_MODE="disabled"))
    assert done.stderr.count("every game failed") + done.stderr.count("the game failed") == 1, "the key was found"
    assert "is not set" not in done.stderr
    sweep = only_sweep(project)
    again = bargain(
        f"resume={sweep}",
        "allow_targets=[own]",
        cwd=project,
        env=environment(WANDB_MODE="disabled", OPENAI_API_KEY=KEY),
    )
    assert "no such choice" not in again.stderr
    assert again.stderr.count("game failed") == 1
    written = b"".join(path.read_bytes() for path in sweep.rglob("*") if path.is_file())
    assert b"own.play" in written
    assert KEY.encode() not in written + (done.stdout + done.stderr).encode()


def test_debug_plays_two_tiny_games_with_everything_that_is_said_on_the_terminal(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--config-dir", "conf", "experiment=pilot", "debug=true"]) == 0
    shown = capsys.readouterr().out
    directory = only_run(project)
    games = games_of(directory)
    assert [len(game["rounds"]) for game in games] == [2, 2]
    assert not (directory / "wandb").exists()
    for game in games:
        for played in game["rounds"]:
            assert f"game {game['game']}, round {played['round']}: {played['outcome']}" in shown
            assert all(turn["text"] in shown for turn in played["turns"])
    assert "[system] You coach negotiators." in shown


def test_a_traceback_is_one_variable_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for asked, lines in (("0", 1), ("1", 10)):
        monkeypatch.setenv("HYDRA_FULL_ERROR", asked)
        assert run(["n_gams=3"]) == 2
        told = capsys.readouterr().err.splitlines()
        assert told[-1] == "bargain: n_gams: no such key; did you mean n_games?"
        assert (len(told) >= lines) if asked == "1" else (len(told) == lines)


def test_nothing_of_the_repository_is_a_link() -> None:
    tops = ("analysis", "bargain", "conf", "docs", "experiments", "scripts", "tests")
    assert not [path for top in tops for path in (ROOT / top).rglob("*") if path.is_symlink()]
