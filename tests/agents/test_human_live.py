"""feedback=human_live: the person at the terminal coaches, and is asked only once."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.commands import BIN, PATIENCE_S, bargain, environment, games_of, only_run

GAME = ["game=criticize_seller", "feedback=human_live", "n_games=1", "game.n_rounds=3", "tracking=none"]


@pytest.mark.long
def test_a_person_at_a_terminal_coaches_between_the_rounds(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "bargain"), *GAME], cwd=tmp_path, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen, answered = b"", 0
    while process.poll() is None:
        try:
            seen += os.read(ours, 4096)
        except OSError:
            break
        if seen.count(b"critic> ") > answered:
            answered += 1
            os.write(ours, b"Hold out for $%d.\n" % (16 + answered))
    process.wait(timeout=PATIENCE_S)
    os.close(ours)
    assert answered == 2
    assert process.returncode == 0
    assert b"seller:" in seen  # the round is shown before the advice is asked for
    (game,) = games_of(only_run(tmp_path))
    told = [feedback["text"] for played in game["rounds"] for feedback in played["feedback"]]
    assert told == ["Hold out for $17.", "Hold out for $18."]
    assert {feedback["source"] for played in game["rounds"] for feedback in played["feedback"]} == {"human_live"}


@pytest.mark.long
def test_what_was_typed_is_not_asked_again(tmp_path: Path) -> None:
    first = bargain(*GAME, cwd=tmp_path, stdin="Ask for $19 first.\n")  # the input ends before the second advice
    assert first.returncode == 1
    assert "nobody is there to answer" in first.stderr
    second = bargain(*GAME, cwd=tmp_path, stdin="Stay calm.\n")
    assert second.returncode == 0, second.stderr
    run = only_run(tmp_path)
    (game,) = games_of(run)
    told = [feedback["text"] for played in game["rounds"] for feedback in played["feedback"]]
    assert told == ["Ask for $19 first.", "Stay calm."]
    replayed = bargain(f"resume={run}", "mode=replay", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    assert "byte for byte" in replayed.stdout


@pytest.mark.long
def test_a_person_can_be_an_arm_beside_the_critic(tmp_path: Path) -> None:
    arms = ["game=seller_compare_feedback", "+feedback@game.arms.live=human_live", "n_games=1", "tracking=none"]
    done = bargain(*arms, cwd=tmp_path, stdin="Name a reason.\n")
    assert done.returncode == 0, done.stderr
    (game,) = games_of(only_run(tmp_path))
    assert {played["arm"] for played in game["rounds"]} == {"", "ai", "human", "constant", "none", "live"}
