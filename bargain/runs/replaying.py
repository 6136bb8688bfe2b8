"""A replay proves that the journal alone makes the games on file."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Mapping
from pathlib import Path

from bargain.rundir.record import GAMES, PROBES, holds_games


def made_by(*, replays: bool, asks_beside: bool) -> dict[str, str]:
    """The files that a run writes, by what they are called once they are known to be right."""
    made = {GAMES: "replay.jsonl" if replays else GAMES}
    if asks_beside:
        made[PROBES] = "replay-probes.jsonl" if replays else PROBES
    return made


def prove(directory: Path, made: Mapping[str, str]) -> str:
    """Puts what a replay made in the place of what is on file, if they are the same, byte for byte; else says what
    differs."""
    pairs = [(directory / replayed, directory / name) for name, replayed in made.items()]
    there = holds_games(directory)
    for replayed, on_file in pairs:
        if there and on_file.exists() and not filecmp.cmp(replayed, on_file, shallow=False):
            return f"the replay differs from {on_file.name}: compare {replayed} with {on_file}"
    for replayed, on_file in pairs:
        os.replace(replayed, on_file)
    print("replayed from the journal: games.jsonl is the same, byte for byte", flush=True)
    return ""
