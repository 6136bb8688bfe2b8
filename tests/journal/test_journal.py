"""The journal as a database: what is written can be read, and by nobody else written at the same time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bargain.errors import JournalLocked
from bargain.journal.format import Packer, join, split
from bargain.journal.journal import FILE_NAME, Journal
from bargain.records import Usage
from tests.calling import place, reader
from tests.journaling import chat, fill, write

ROOT = Path(__file__).parent.parent.parent

# -- what is kept ------------------------------------------------------------------------------------------------------


def test_every_attempt_can_be_read_back_with_request_answer_and_cost(tmp_path: Path) -> None:
    body = {
        "model": "claude",
        "system": [{"type": "text", "text": "Sell."}],
        "max_tokens": 300,
        "messages": [
            {"role": "user", "content": "How much? \u20ac \0"},
            {"role": "assistant", "content": [{"type": "text", "text": "20", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": "half a pair: \ud83d"},
        ],
    }

    async def main() -> None:
        with Journal.open(tmp_path, {"config": "seed: 1"}) as journal:
            await write(journal, place(4), body, b"\x00\xff raw")

    asyncio.run(main())
    with reader(tmp_path) as journal:
        (attempt,) = journal.attempts()
        assert (attempt.place, attempt.kind, attempt.seconds, attempt.cost_usd) == (place(4), "reply", 0.5, 0.01)
        assert attempt.usage == Usage(10, 5, calls=1)
        assert journal.raw(attempt.id) == (200, b"\x00\xff raw")
        assert journal.request(attempt.id) == body
        assert journal.meta["config"] == "seed: 1"
        journal.verify()


JSON_TEXT = st.text(st.characters(codec=None), max_size=20)
MESSAGE = st.fixed_dictionaries({"role": JSON_TEXT, "content": JSON_TEXT}) | st.dictionaries(JSON_TEXT, JSON_TEXT)
BODY = st.fixed_dictionaries(
    {"model": JSON_TEXT, "temperature": st.none() | st.floats(0, 2)},
    optional={"messages": st.lists(MESSAGE, max_size=5), "prompt": JSON_TEXT, "stop": st.lists(JSON_TEXT, max_size=2)},
)


@given(BODY)
@example({"model": "m", "prompt": "a\n\r\n\x85b\u2028"})
@example({"model": "m", "messages": []})
def test_a_body_is_stored_without_loss_and_equal_bodies_have_equal_hashes(body: dict[str, Any]) -> None:
    packer = Packer()
    field, parts = split(body)
    rest = json.dumps({key: value for key, value in body.items() if key != field})
    assert join(field, rest, parts) == body
    once, again = Packer().pack(body), packer.pack(json.loads(json.dumps(body)))
    assert (once.tip, once.parameters) == (again.tip, again.parameters)
    with_more = {**body, "messages": [*body.get("messages", []), {"role": "user", "content": "more"}]}
    assert packer.pack(with_more).tip != once.tip


@pytest.mark.long
def test_the_file_grows_with_the_dialogue_and_not_with_its_square(tmp_path: Path) -> None:
    sizes = []
    for turns in (30, 60, 120):
        directory = tmp_path / str(turns)
        directory.mkdir()
        fill(directory, 16, turns)
        sizes.append((directory / FILE_NAME).stat().st_size)
    assert sizes[2] < 2.1 * sizes[1] < 4.4 * sizes[0]


def test_totals_say_what_was_spent_at_worst(tmp_path: Path) -> None:
    async def main() -> None:
        with Journal.open(tmp_path) as journal:
            await write(journal, place(1), chat("a"))
            await write(journal, place(2), chat("b"), None)
            failed = await write(journal, place(3), chat("c"), None)
            await journal.fail(failed, "not_sent", "refused", seconds=0.1)
            lost = await write(journal, place(4), chat("d"), None)
            await journal.fail(lost, "maybe_billed", "reset", seconds=0.1)

    asyncio.run(main())
    with reader(tmp_path) as journal:
        sums = journal.totals()
    assert (sums.attempts, sums.replies, sums.open_intents) == (4, 1, 1)
    assert sums.failures == {"not_sent": 1, "maybe_billed": 1}
    assert (sums.cost_usd, sums.spent_usd, sums.spent_tokens) == (0.01, 0.51, 215)


# -- one process -------------------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from bargain.journal.journal import Journal
with Journal.open(Path(sys.argv[1])):
    print("open", flush=True)
    time.sleep(3600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def test_the_second_process_is_told_who_holds_the_run(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(JournalLocked) as told:
        Journal.open(tmp_path)
    assert f"process {holder.pid} on {socket.gethostname()} since 20" in str(told.value)


def test_the_lock_dies_with_its_owner(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    Journal.open(tmp_path).close()
    assert sorted(each.name for each in tmp_path.iterdir()) == [FILE_NAME]


def test_two_runs_in_one_process_cannot_share_a_journal_either(tmp_path: Path) -> None:
    with Journal.open(tmp_path), pytest.raises(JournalLocked, match=f"process {os.getpid()}"):
        Journal.open(tmp_path)
    Journal.open(tmp_path).close()


def test_a_reader_sees_a_running_process_and_disturbs_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        with Journal.open(tmp_path) as journal:
            await write(journal, place(1), chat("a"))
            with reader(tmp_path) as seen:
                assert seen.totals().attempts == 1
                await write(journal, place(2), chat("b"))
                assert seen.totals().attempts == 2
                seen.verify()

    asyncio.run(main())
