"""Clusters on this machine for tests and benchmarks: one node of Slurm, two nodes of Ray; each ends with its block."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.commands import PATIENCE_S

ROOT = Path(__file__).parent.parent


def missing_for_slurm() -> str:
    """Why no Slurm can be started here, "" if it can."""
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (scripts/install-debian-packages)"
    return "" if os.geteuid() == 0 else "Slurm's daemons need root"


@contextlib.contextmanager
def one_node_slurm(directory: Path, cpus: int) -> Iterator[dict[str, str]]:
    """A Slurm whose node has room for so many cells; the environment variables that commands need to reach it."""
    script = str(ROOT / "scripts" / "one-node-slurm")
    env = {**os.environ, "SLURM_CPUS": str(cpus)}
    try:
        started = subprocess.run(
            [script, "start", str(directory)], env=env, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert started.returncode == 0, started.stderr
        yield dict(line.removeprefix("export ").split("=", 1) for line in started.stdout.splitlines())
    finally:
        subprocess.run([script, "stop", str(directory)], check=True, timeout=PATIENCE_S)


class RayNodes:
    """Two Ray nodes. `address` is what RAY_ADDRESS names; `lose_one` takes the second away, and what plays there."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process = process
        self.address = address

    def lose_one(self) -> None:
        """The second node dies."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("lose\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == "lost"


@contextlib.contextmanager
def two_ray_nodes(cpus: int, env: dict[str, str]) -> Iterator[RayNodes]:
    """Two nodes, each with room for so many cells; what plays there has the environment `env`.

    Ray gives a node 30 s to start, which a busy machine may not have: then it is started again.
    """
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ray_nodes", str(cpus)],
            cwd=ROOT,
            env={"RAY_gcs_server_port_wait_time_s": f"{PATIENCE_S:.0f}", **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if address:
            break
        process.communicate(timeout=PATIENCE_S)
    assert address, "no Ray node starts here: python -m tests.ray_nodes 2"
    try:
        yield RayNodes(process, address)
    finally:
        process.communicate(timeout=PATIENCE_S)


class Slurm:
    """What a user does with the jobs of a sweep, by Slurm's own commands."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = {**os.environ, **env}

    def scontrol(self, *arguments: str) -> str:
        """The output of scontrol."""
        done = subprocess.run(
            ["scontrol", *arguments], env=self.env, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def job_of(self, cell: int) -> str:
        """The newest job that plays this cell, as ARRAY_TASK: the plain number of one job names the whole array too."""
        jobs = self.scontrol("--oneliner", "show", "job").splitlines()
        ids = [int(_field(line, "ArrayJobId")) for line in jobs if _field(line, "ArrayTaskId") == str(cell)]
        assert ids, f"no job plays cell {cell}: {jobs}"
        return f"{max(ids)}_{cell}"

    def field(self, job: str, name: str) -> str:
        """One field of a job, as `scontrol show job` names it."""
        return _field(self.scontrol("--oneliner", "show", "job", job), name)


def _field(line: str, name: str) -> str:
    found = re.search(rf"\b{name}=(\S+)", line)
    return found.group(1) if found else ""
