"""`bargain-track DIR...`: shows finished runs in W&B or MLflow, from what lies in their directories.

    bargain-track outputs/2026-11-23/10-00-00-simple               to your W&B account (wandb login, or WANDB_API_KEY)
    bargain-track outputs/2026-11-23/11-00-00-sweep --mode offline  every cell; written into the run directories
    bargain-track outputs/2026-11-23/10-00-00-simple --to mlflow  to tracking.uri, MLFLOW_TRACKING_URI, or ./mlflow.db

A run keeps its id there, so sending it again replaces it. Exit codes: 0 sent, 1 a run could not be sent, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from bargain.errors import in_words
from bargain.rundir.directory import read_state
from bargain.rundir.games import read_games
from bargain.rundir.record import read_record
from bargain.runs.log import tell
from bargain.secrets import read_keys
from bargain.terminal import prepare
from bargain.text import on_screen, one_line
from bargain.tracking.base import run_info
from bargain.tracking.mlflow import MlflowConfig, mlflow_process
from bargain.tracking.told import finish_message
from bargain.tracking.wandb import WandbConfig, start_message, wandb_process

SEND_S = 900.0
"""Seconds that one run may take to be sent."""


class NotSent(Exception):
    """A run that cannot be sent; the message is one line."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Sends every directory of the command line and exits with the code of the module's docstring."""
    given = prepare("bargain-track")
    read_keys()
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "bargain-track", description=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "dirs", nargs="+", type=Path, metavar="DIR", help="a run directory, or a sweep's: all its cells"
    )
    parser.add_argument("--to", choices=("wandb", "mlflow"), help="default: the run's own tracking, or else wandb")
    parser.add_argument("--mode", choices=("online", "offline"), help="of W&B; default: WANDB_MODE, or else online")
    parser.add_argument("--project", help="W&B project (default: the run's tracking.project)")
    parser.add_argument("--entity", help="W&B account or team (default: the run's, or else your key's)")
    options = parser.parse_args(given if arguments is None else arguments)
    mode = options.mode or os.environ.get("WANDB_MODE") or "online"
    failed = False
    for directory in options.dirs:
        try:
            for run_dir in runs_in(directory):
                where = send(run_dir, mode, options.project, options.entity, options.to)
                print(on_screen(f"{run_dir}: {where}"), flush=True)
        except NotSent as error:
            failed = True
            tell(str(error), "bargain-track")
    sys.exit(1 if failed else 0)


def runs_in(directory: Path) -> list[Path]:
    """The directory itself if it holds a run, else the cells of the sweep that it holds. Raises NotSent without any."""
    if _config_of(directory).is_file():
        return [directory]
    cells = [path for path in directory.glob("*") if _config_of(path).is_file()]
    if not cells:
        raise NotSent(f"{directory}: no run here (no .hydra/config.yaml); name a run or sweep directory")
    return sorted(cells, key=lambda path: (len(path.name), path.name))


def send(run_dir: Path, mode: str, project: str | None = None, entity: str | None = None, to: str | None = None) -> str:
    """Shows one run where `to` says, by default where it was to be, and returns where it is to be seen. Raises NotSent.

    mode, project and entity are W&B's.
    """
    config, summary = _read(run_dir)
    record = read_record(run_dir)
    info = run_info(
        run_dir,
        config,
        simulated=bool(summary.get("simulated")),
        config_identity=summary.get("identity"),
        texts=record.texts if record else {},
    )
    recorded = config.get("tracking") or {}
    to = to or _place_of(run_dir, recorded)
    if to == "mlflow":
        place = MlflowConfig(**_of(MlflowConfig, recorded))
        process = mlflow_process(run_dir.resolve(), config, info, place, resume=False, finish_s=SEND_S)
    else:
        if mode == "disabled":
            raise NotSent("WANDB_MODE is disabled; choose --mode online or --mode offline")
        tracking = WandbConfig(**{**_of(WandbConfig, recorded), "mode": None})
        tracking.project = project or tracking.project
        tracking.entity = entity or tracking.entity
        message = start_message(run_dir.resolve(), config, info, tracking, mode=mode, resume=False, finish_s=SEND_S)
        process = wandb_process(message, config)
    process.tell(finish_message(summary, [run_dir / "games.jsonl", run_dir / "summary.json"]))
    process.wait(SEND_S, give_up=True)
    if process.done is None:
        raise NotSent(f"{run_dir}: {'MLflow' if to == 'mlflow' else 'W&B'}: {process.problem}")
    hint = "; wandb sync sends it" if to == "wandb" else ""
    return process.done.get("url") or f"written to {process.done.get('dir')}{hint}"


def _place_of(run_dir: Path, recorded: dict[str, Any]) -> str:
    """Where a run was to be seen; W&B where nowhere. Raises NotSent for a tracker of one's own."""
    name, target = recorded.get("name"), str(recorded.get("_target_") or "bargain.")
    if name not in ("wandb", "mlflow") and not target.startswith("bargain."):
        told = f"its tracker is {one_line(target)}, to which nothing can be sent later"
        raise NotSent(f"{run_dir}: {told}; choose where it is to be seen: --to wandb or --to mlflow")
    return "mlflow" if name == "mlflow" else "wandb"


def _of(options: type, recorded: dict[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(options)} - {"_target_", "name"}
    return {key: value for key, value in recorded.items() if key in known}


def _read(run_dir: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    summary = read_state(run_dir)
    if not summary:
        raise NotSent(f"{run_dir}: no readable summary.json; finish the run with: bargain resume={run_dir}")
    if summary.get("state") == "running":
        raise NotSent(f"{run_dir}: the run is going on or was killed; finish it with: bargain resume={run_dir}")
    try:
        config = OmegaConf.to_container(OmegaConf.load(_config_of(run_dir)), resolve=False)
    except (OSError, YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
        raise NotSent(f"{run_dir}: .hydra/config.yaml cannot be read: {in_words(error)}") from error
    if not isinstance(config, dict):
        raise NotSent(f"{run_dir}: .hydra/config.yaml is not a config")
    whole = 0
    try:
        for _ in read_games(run_dir / "games.jsonl"):
            whole += 1
    except FileNotFoundError as error:
        raise NotSent(f"{run_dir}: no games.jsonl; finish the run with: bargain resume={run_dir}") from error
    except (OSError, ValueError) as error:
        raise NotSent(f"{run_dir}: games.jsonl, line {whole + 1}: {error}") from error
    return {str(key): value for key, value in config.items()}, summary


def _config_of(directory: Path) -> Path:
    return directory / ".hydra" / "config.yaml"


if __name__ == "__main__":
    main()
