"""The crash harness, small: the large one is `python benchmarks/crashes.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import PATIENCE_S

HARNESS = Path(__file__).parent.parent.parent / "benchmarks" / "crashes.py"


def test_two_kills_at_random_moments_change_no_byte_of_the_result_and_buy_no_reply_twice() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--small"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kills with SIGKILL" in done.stdout
    assert "all but 0 explained by an open intent" in done.stdout
    assert "byte for byte" in done.stdout


@pytest.mark.skipif(shutil.which("strace") is None and not os.environ.get("CI"), reason="strace is not installed")
def test_a_run_that_is_killed_at_a_system_call_leaves_one_directory_and_goes_on_there() -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--calls", "--small"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("after all but these:\nnone\n")
