"""The journal as a database: what is written can be read, by nobody else at the same time, and never reads wrong."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bargain.errors import JournalDamaged, JournalError, JournalFull, JournalLocked, JournalNewer
from bargain.journal import FILE_NAME, Intent, Journal
from bargain.journal_format import FORMAT, Packer, join, split
from bargain.records import Place, Usage
from bargain.run_lock import filesystem_of, is_network
from tests.calling import place, reader

ROOT = Path(__file__).parent.parent
PACKER = Packer()


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
@settings(deadline=None)
def test_a_body_is_stored_without_loss_and_equal_bodies_have_equal_hashes(body: dict[str, Any]) -> None:
    field, parts = split(body)
    rest = json.dumps({key: value for key, value in body.items() if key != field})
    assert join(field, rest, parts) == body
    once, again = Packer().pack(body), PACKER.pack(json.loads(json.dumps(body)))
    assert (once.tip, once.parameters) == (again.tip, again.parameters)
    with_more = {**body, "messages": [*body.get("messages", []), {"role": "user", "content": "more"}]}
    assert PACKER.pack(with_more).tip != once.tip


def test_the_file_grows_with_the_dialogue_and_not_with_its_square(tmp_path: Path) -> None:
    sizes = []
    for turns in (100, 200, 400):
        directory = tmp_path / str(turns)
        directory.mkdir()
        fill(directory, 4, turns)
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
from bargain.journal import Journal
with Journal.open(Path(sys.argv[1])):
    print("open", flush=True)
    time.sleep(60)
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


# -- filesystems and disks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/scratch/me/run", "lustre", True),
        ("/home/me/my runs/1", "nfs4", True),
        ("/mnt/box/run", "fuse.sshfs", True),
        ("/var/lib", "ext4", False),
    ],
)
def test_network_filesystems_are_recognised_by_the_mount_table(
    tmp_path: Path, path: str, kind: str, network: bool
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nserver:/home /home/me/my\\040runs nfs4 rw 0 0\n"
        "x@y:/z /mnt/box fuse.sshfs rw 0 0\n10.0.0.1@tcp:/s /scratch lustre rw 0 0\n"
    )
    assert filesystem_of(Path(path), mounts) == kind
    assert is_network(kind) is network


def test_on_a_network_filesystem_no_shared_memory_is_used_and_an_older_log_is_taken_over(tmp_path: Path) -> None:
    fill(tmp_path, 1, 3)
    with Journal.open(tmp_path, network=True) as journal:
        assert not (tmp_path / f"{FILE_NAME}-shm").exists()
        assert not (tmp_path / f"{FILE_NAME}-wal").exists()
        found = asyncio.run(journal.find(place(2)))
        assert found is not None
        assert found.attempts[0].body == reply_of(0, 2)
        with pytest.raises(JournalLocked):
            reader(tmp_path).totals()


FILL_UP = """
import asyncio, contextlib, resource, sys
from pathlib import Path
from bargain.errors import JournalFull
from bargain.journal import Journal
from tests.calling import place
from tests.test_journal import chat, reply_of, write

async def main():
    journal = Journal.open(Path(sys.argv[1]), network=sys.argv[2] == "network")
    open_intents = [await write(journal, place(turn, 99), chat("waiting"), None) for turn in range(3)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    async def game(number):
        done = 0
        try:
            for turn in range(1000):
                await write(journal, place(turn, number), chat(f"{number} {turn} " * 50), reply_of(number, turn))
                done += 1
        except JournalFull as error:
            return done, str(error)
    told = await asyncio.gather(*(game(number) for number in range(8)))
    for intent in open_intents:
        with contextlib.suppress(JournalFull):  # in a rollback journal there may just be room for it
            await journal.answer(intent, status=200, body=b"late" * 1000, seconds=1.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    try:
        await write(journal, place(1, 50), chat("no more"))
        print("an intent was taken after the failure")
    except JournalFull:
        pass
    journal.close()
    print(sum(done for done, _ in told), {text for _, text in told})

asyncio.run(main())
"""


@pytest.mark.parametrize("filesystem", ["local", "network"])
def test_a_full_disk_is_told_to_all_who_wait_and_loses_nothing_that_was_committed(
    tmp_path: Path, filesystem: str
) -> None:
    command = [sys.executable, "-c", FILL_UP, str(tmp_path), filesystem]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    acknowledged, words = done.stdout.split(" ", 1)
    assert "cannot be written" in words
    assert "make room" in words
    with reader(tmp_path) as journal:
        journal.verify()
        assert int(acknowledged) <= journal.totals().replies <= int(acknowledged) + 8
        # What arrived when there was no room was kept, and written when there was.
        late = [each for each in journal.attempts() if each.place.game == 99]
        assert [each.kind for each in late] == ["unread"] * 3
    Journal.open(tmp_path).close()


AS_NOBODY = """
import os, sys
from pathlib import Path
from bargain.errors import JournalError
from bargain.journal import FILE_NAME, Journal, JournalReader
os.setuid(65534)
directory = Path(sys.argv[1])
with JournalReader(directory / FILE_NAME) as journal:
    journal.verify()
    print(journal.totals().replies)
try:
    Journal.open(directory)
except JournalError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody who may not write")
@pytest.mark.parametrize("crashed", [False, True])
def test_a_directory_that_cannot_be_written_can_be_read(crashed: bool) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        for each, data in journal_files(crashed).items():
            (directory / each).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, name], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
        )
    assert done.stdout.splitlines()[0] == "48"
    assert "JournalFull" in done.stdout
    assert "cannot be written" in done.stdout


# -- damage ------------------------------------------------------------------------------------------------------------

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


def check_that_nothing_reads_wrong(files: dict[str, bytes]) -> str:
    """Opens them as a journal: a refusal, or the first so many attempts exactly as they were. Says which."""
    order = original_order()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for each, data in files.items():
            (directory / each).write_bytes(data)

        async def look() -> int:
            with Journal.open(directory) as journal:
                kept = 0
                for index, where in enumerate(order):
                    found = await journal.find(where)
                    if found is None:
                        continue
                    assert index == kept, "a hole in the middle"
                    kept += 1
                    (attempt,) = found.attempts
                    assert attempt.kind in ("reply", "unread", "open")
                    if attempt.kind != "open":
                        assert (attempt.status, attempt.body) == (200, reply_of(where.game, where.turn))
                assert kept == journal.opened.attempts
                return kept

        try:
            kept = asyncio.run(look())
        except JournalError as refusal:
            words = str(refusal)
        else:
            return "whole" if kept == len(order) else "prefix"
    assert "\n" not in words
    assert FILE_NAME in words
    return "refused"


@cache
def original_order() -> list[Place]:
    with tempfile.TemporaryDirectory() as name:
        orders = []
        for crashed in (False, True):
            directory = Path(name) / str(crashed)
            directory.mkdir()
            for each, data in journal_files(crashed).items():
                (directory / each).write_bytes(data)
            with reader(directory) as journal:
                orders.append([each.place for each in journal.attempts()])
    assert orders[0] == orders[1]
    return orders[0]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
@settings(max_examples=120, deadline=None)
def test_a_flipped_bit_is_refused_or_harmless(where: float, bit: int) -> None:
    data = bytearray(journal_files(False)[FILE_NAME])
    data[int(where * len(data))] ^= 1 << bit
    check_that_nothing_reads_wrong({FILE_NAME: bytes(data)})


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=40, deadline=None)
def test_a_truncated_file_is_refused(where: float) -> None:
    data = journal_files(False)[FILE_NAME]
    assert check_that_nothing_reads_wrong({FILE_NAME: data[: int(where * len(data))]}) == "refused"


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7) | st.none())
@settings(max_examples=80, deadline=None)
def test_a_torn_or_flipped_write_ahead_log_gives_the_calls_before_it(where: float, bit: int | None) -> None:
    files = journal_files(True)
    log = bytearray(files[f"{FILE_NAME}-wal"])
    at = int(where * len(log))
    if bit is None:
        del log[at:]
    else:
        log[at] ^= 1 << bit
    check_that_nothing_reads_wrong({FILE_NAME: files[FILE_NAME], f"{FILE_NAME}-wal": bytes(log)})


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 5000), st.binary(min_size=1, max_size=64))
@settings(max_examples=60, deadline=None)
def test_a_garbled_stretch_is_refused_or_harmless(where: float, length: int, rubbish: bytes) -> None:
    data = bytearray(journal_files(False)[FILE_NAME])
    at = int(where * len(data))
    length = min(length, len(data) - at)
    data[at : at + length] = (rubbish * length)[:length]
    check_that_nothing_reads_wrong({FILE_NAME: bytes(data)})


def test_an_undamaged_journal_opens_whole_and_a_killed_ones_log_is_recovered() -> None:
    assert check_that_nothing_reads_wrong(journal_files(False)) == "whole"
    assert check_that_nothing_reads_wrong(journal_files(True)) == "whole"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE result SET body = replace(body, 'reply 3', 'reply 4')",
        "UPDATE attempt SET game = 77 WHERE id = 5",
        "UPDATE attempt SET tip = (SELECT tip FROM attempt WHERE id = 9) WHERE id = 5",
        "DELETE FROM result WHERE id = 7",
        "DELETE FROM attempt WHERE id = 7",
        "UPDATE reading SET cost_usd = 0.0 WHERE attempt = 3",
        "UPDATE message SET content = 'something else' WHERE id = 4",
        "DELETE FROM message WHERE id = 2",
        "UPDATE meta SET value = 'seed: 2' WHERE name = 'config'",
        "DROP TABLE gave_up",
    ],
)
def test_a_value_changed_behind_sqlites_back_is_refused(tmp_path: Path, statement: str) -> None:
    (tmp_path / FILE_NAME).write_bytes(journal_files(False)[FILE_NAME])
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    assert connection.execute(statement).rowcount != 0
    connection.commit()
    connection.close()
    with pytest.raises(JournalDamaged, match="is damaged") as told:
        Journal.open(tmp_path)
    assert "resume=never" in str(told.value)
    with pytest.raises(JournalDamaged), reader(tmp_path) as journal:
        journal.verify()


def test_a_journal_of_a_newer_version_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(journal_files(False)[FILE_NAME])
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()
    with pytest.raises(JournalNewer, match=f"format {FORMAT + 1} and this version reads up to {FORMAT}"):
        Journal.open(tmp_path)
    with pytest.raises(JournalNewer):
        reader(tmp_path)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"not a database at all" * 500])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(JournalDamaged):
        Journal.open(tmp_path)
    with pytest.raises(JournalDamaged):
        reader(tmp_path)


def test_a_log_without_its_journal_is_not_taken_for_a_new_run(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}-wal").write_bytes(journal_files(True)[f"{FILE_NAME}-wal"])
    with pytest.raises(JournalDamaged, match="is gone, but its log is still there"):
        Journal.open(tmp_path)


def test_a_missing_run_directory_and_a_closed_journal_say_so(tmp_path: Path) -> None:
    with pytest.raises(JournalFull, match="cannot be written"):
        Journal.open(tmp_path / "nowhere")
    with pytest.raises(JournalError, match="does not exist"):
        reader(tmp_path)
    journal = Journal.open(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        asyncio.run(journal.flush())
