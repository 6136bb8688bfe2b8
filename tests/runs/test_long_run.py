"""The benchmark of long runs, small: the large one is `python benchmarks/long_run.py [--journalled]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import PATIENCE_S

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "long_run.py"


@pytest.mark.long
def test_a_run_keeps_its_memory_its_bytes_per_call_and_its_open_files() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--small", "--journalled"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for promise in ("memory is flat: yes", "the journal grows linearly: yes", "handles are closed: yes"):
        assert promise in done.stdout
