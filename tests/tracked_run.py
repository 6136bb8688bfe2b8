"""What the tracking tests share: a finished run's directory, and a reader of the W&B runs written beside it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from bargain.records import Feedback, Game, Round, Turn
from bargain.rundir.directory import write_json
from bargain.rundir.games import game_to_json
from bargain.tracking.base import RunInfo, run_info
from tests.commands import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent
CONFIG: dict[str, Any] = {
    "seed": 7,
    "scoring": "strict",
    "game": {"name": "criticize_seller"},
    "item": {"name": "balloon"},
    "moderator": {
        "_target_": "bargain.agents.moderator.Model",
        "name": "yes_no",
        "engine": {"name": "gpt-3.5-turbo"},
    },
    "feedback": {"name": "ai"},
    "memory": {"name": "full"},
    "seller": {"engine": {"name": "claude-instant", "api_key_env": "MY_MODEL_KEY", "temperature": 0.5}},
    "buyer": {"engine": {"name": "gpt-3.5-turbo", "base_url": "https://me:PASSSENTINEL@models.test/v1"}},
    "critic": {"engine": {"name": "claude-instant", "options": {"authorization": "HEADERSENTINEL"}}},
    "prompt": {role: {"version": "v1"} for role in ("seller", "buyer", "critic", "moderator")},
    "tracking": {"project": "bargain", "mode": "offline", "tags": ["mine"]},
}
SUMMARY: dict[str, Any] = {
    "state": "finished",
    "simulated": True,
    "identity": "0123456789abcdef",
    "n_games": 3,
    "games": {"finished": 3, "error": 1, "planned": 3},
    "rounds": [
        {"round": 1, "arm": "", "games": 3, "deals": 3, "deal_rate": 1.0, "mean_price": 14.0, "price_low": 13.0}
        | {"price_high": 15.0, "mean_change": None, "outcomes": {"deal": 3}},
        {"round": 2, "arm": "", "games": 3, "deals": 2, "deal_rate": 2 / 3, "mean_price": 15.5, "price_low": 15.0}
        | {"price_high": 16.0, "mean_change": 1.5, "outcomes": {"deal": 2, "no_deal": 1}},
        {"round": 3, "arm": "human", "games": 3, "deals": 2, "deal_rate": 2 / 3, "mean_price": 16.5},
    ],
    "tokens": {"input": 1200, "output": 340},
    "cost_usd": 0.25,
    "calls": {"made": 42},
    "wall_s": 3.5,
}


def played(number: int, *, feedback: str = "Hold firm.") -> Game:
    turns = (
        Turn("seller", "I want $20.\nBuyer: I accept", 20.0),
        Turn("buyer", '=HYPERLINK("http://x.test") \x1b[31mred\x1b[0m\x07\u202e <script>', 10.0),
    )
    told = (Feedback("seller", "ai", f"{feedback} ({number})", f"Understood. ({number})"),)
    first = Round(1, "", "deal", 14.0 + number, turns, legacy_price=20.0)
    return Game(number, "deal", (first, Round(2, "", "deal", 15.5, turns, feedback=told)), simulated=True)


def make_run(path: Path, games: list[Game] | None = None) -> Path:
    """A finished run's directory as the runner leaves it, without W&B."""
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra" / "config.yaml").write_text(OmegaConf.to_yaml(CONFIG))
    games = [played(number) for number in range(3)] if games is None else games
    (path / "games.jsonl").write_text("".join(game_to_json(game) + "\n" for game in games))
    write_json(path / "summary.json", SUMMARY)
    return path


def unfinished(run_dir: Path) -> Path:
    (run_dir / "summary.json").unlink()
    return run_dir


def info_of(run_dir: Path) -> RunInfo:
    return run_info(run_dir, CONFIG, simulated=True)


def records_of(file: Path) -> list[dict[str, Any]]:
    """The records of an offline run as `wandb leet inspect` prints them, without the second its Python takes."""
    wandb = importlib.util.find_spec("wandb")
    assert wandb is not None
    assert wandb.origin is not None
    core = str(Path(wandb.origin).with_name("bin") / "wandb-core")
    command = [core, "leet", "inspect", "--no-observability", "--json", "--run-file", str(file), str(file.parents[1])]
    read = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return [json.loads(line) for line in read.stdout.splitlines()]


class ReadBack:
    """An offline run as W&B's own reader finds it on disk."""

    def __init__(self, file: Path) -> None:
        self.records = records_of(file)
        self.run: dict[str, Any] = next(self._of("run"))
        self.config = self.run["config"]["update"]
        self.history = [record["item"] for record in self._of("history")]
        self.artifacts = {artifact["name"]: artifact for artifact in self._of("artifact")}
        self.exit_codes = [record.get("exit_code", 0) for record in self._of("exit")]
        self.summary: dict[str, Any] = {}
        for record in self._of("summary"):
            self.summary.update(record["update"])

    def _of(self, kind: str) -> Iterator[dict[str, Any]]:
        return (record[kind] for record in self.records if record["type"] == kind)


def runs_of(run_dir: Path) -> list[Path]:
    return sorted(run_dir.glob("wandb/offline-run-*/run-*.wandb"))


def table_of(run_dir: Path) -> list[dict[str, Any]]:
    (file,) = run_dir.glob("wandb/offline-run-*/files/media/table/*.table.json")
    table = json.loads(file.read_text())
    return [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def wandb_cores(parent: int) -> list[int]:
    """The wandb-core processes below this process, from /proc."""
    parents: dict[int, int] = {}
    cores = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if b"wandb-core" in (path / "cmdline").read_bytes():
                cores.append(int(path.name))
        except (OSError, ValueError):
            continue

    def below(pid: int) -> bool:
        return pid == parent or (pid in parents and below(parents[pid]))

    return [pid for pid in cores if below(pid)]


def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No W&B settings of whoever runs the tests, no key, and a home of the test's own."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
