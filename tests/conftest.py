"""Settings for every test: slow examples are a busy machine's, Ctrl-C works though a shell's `&` has it ignored.

The collector is as rare as in a command: with the modules of all tests to walk, it took a sixth of what tests compute.
One thread is enough for matrices of ten rows: with one for each core, fitting a model took four times the CPU.
"""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is there

from hypothesis import HealthCheck, settings

from bargain.runs.loop import collect_rarely

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    collect_rarely()
