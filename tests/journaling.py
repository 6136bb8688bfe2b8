"""How tests of the journal fill one, and a journal of 48 calls as bytes, to be damaged."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from bargain.errors import JournalError
from bargain.journal.journal import FILE_NAME, Intent, Journal, JournalReader
from bargain.records import Place, Usage
from tests.calling import place


def chat(*texts: str) -> dict[str, Any]:
    roles = ("system", "user", "assistant")
    return {
        "model": "m",
        "messages": [{"role": roles[min(i, 1 + i % 2)], "content": text} for i, text in enumerate(texts)],
    }


async def write(journal: Journal, where: Place, body: dict[str, Any], answer: bytes | None = b"{}") -> Intent:
    """One attempt, answered unless answer is None."""
    intent, written = journal.intend(
        where, journal.pack(body), number=1, engine="e", model="m", reserved_usd=0.25, reserved_tokens=100
    )
    await written
    if answer is not None:
        await journal.answer(intent, status=200, body=answer, seconds=0.5)
        journal.note_reading(intent.id, "reply", usage=Usage(10, 5), cost_usd=0.01, spent_usd=0.01, spent_tokens=15)
    return intent


def fill(directory: Path, games: int, turns: int, *, network: bool | None = None) -> None:
    """games x turns answered calls, every game a growing dialogue."""

    async def play(journal: Journal, game: int) -> None:
        said = ["You sell.", "How much?"]
        for turn in range(turns):
            await write(journal, place(turn, game), chat(*said), reply_of(game, turn))
            said += [f"It is ${game}.{turn}", "Less?"]

    async def main() -> None:
        with Journal.open(directory, {"config": "seed: 1"}, network=network) as journal:
            await asyncio.gather(*(play(journal, game) for game in range(games)))

    asyncio.run(main())


def reply_of(game: int, turn: int) -> bytes:
    return json.dumps({"text": f"reply {game} {turn} " * 8}).encode()


def kinds_in(run: Path) -> list[str]:
    """What became of each attempt on record."""
    with JournalReader(run / FILE_NAME) as journal:
        journal.verify()
        return [attempt.kind for attempt in journal.attempts()]


def kinds_so_far(root: Path) -> list[str]:
    """The same of the one run under root/outputs, which may be playing, or not be there yet."""
    try:
        (path,) = root.glob(f"outputs/*/*/{FILE_NAME}")
        with JournalReader(path) as journal:
            return [attempt.kind for attempt in journal.attempts()]
    except (ValueError, JournalError):
        return []


GAMES, TURNS = 6, 8


@cache
def journal_files(crashed: bool) -> dict[str, bytes]:
    """A journal of 48 calls: after a clean end, or with its write-ahead log as a killed process leaves it."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        fill(directory, GAMES, TURNS // 2 if crashed else TURNS)
        if not crashed:
            return {FILE_NAME: (directory / FILE_NAME).read_bytes()}
        copy = directory / "copy"
        copy.mkdir()

        async def main() -> None:
            with Journal.open(directory) as journal:
                for turn in range(TURNS // 2, TURNS):
                    for game in range(GAMES):
                        said = [f"{game}.{each}" for each in range(turn)]
                        await write(journal, place(turn, game), chat(*said), reply_of(game, turn))
                await journal.flush()
                for each in (FILE_NAME, f"{FILE_NAME}-wal"):
                    shutil.copyfile(directory / each, copy / each)

        asyncio.run(main())
        return {each.name: each.read_bytes() for each in copy.iterdir()}
