"""The journal on network filesystems, on full disks and in directories that cannot be written."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bargain.errors import JournalLocked
from bargain.journal.journal import FILE_NAME, Journal
from bargain.journal.lock import filesystem_of, is_network
from bargain.rundir.record import read_record
from tests.calling import place, reader
from tests.commands import PATIENCE_S
from tests.journaling import fill, journal_files, reply_of

ROOT = Path(__file__).parent.parent.parent


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


KILLED_AMID_A_COMMIT = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = TRUNCATE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for number in range(500):
    connection.execute("INSERT INTO meta VALUES (?, ?, x'00')", (f"n{number}", "x" * 500))
os.kill(os.getpid(), 9)
"""


def test_a_journal_that_was_killed_amid_a_commit_is_read_as_it_was_before_and_left_as_it_is(tmp_path: Path) -> None:
    fill(tmp_path, 1, 3, network=True)
    subprocess.run([sys.executable, "-c", KILLED_AMID_A_COMMIT, str(tmp_path / FILE_NAME)], check=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert before[f"{FILE_NAME}-journal"]
    with reader(tmp_path) as journal:
        journal.verify()
        assert journal.totals().replies == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_who_reads_a_journal_at_rest_leaves_nothing_beside_it(tmp_path: Path) -> None:
    fill(tmp_path, 1, 2)
    before = sorted(path.name for path in tmp_path.iterdir())
    record = read_record(tmp_path)
    assert record is not None
    assert record.config == "seed: 1"
    with reader(tmp_path) as journal:
        assert journal.totals().replies == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


FILL_UP = """
import asyncio, contextlib, resource, sys
from pathlib import Path
from bargain.errors import JournalFull
from bargain.journal.journal import Journal
from tests.commands import PATIENCE_S
from tests.calling import place
from tests.journaling import chat, reply_of, write

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
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
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
from bargain.journal.journal import FILE_NAME, Journal, JournalReader
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
            [sys.executable, "-c", AS_NOBODY, name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
    assert done.stdout.splitlines()[0] == "48"
    assert "JournalFull" in done.stdout
    assert "cannot be written" in done.stdout


def test_every_directory_that_leads_to_a_new_journal_is_on_the_disk_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[Path] = set()
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.add(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    file = tmp_path / "outputs" / "day" / "sweep" / "0" / FILE_NAME
    file.parent.mkdir(parents=True)
    with Journal.open(file.parent):
        assert {file.parent, *file.parents[:5]} <= synced
