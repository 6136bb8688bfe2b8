"""A damaged journal: a refusal or the calls before the damage, never a wrong reply."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bargain.errors import JournalDamaged, JournalError, JournalFull, JournalNewer
from bargain.journal.format import FORMAT
from bargain.journal.journal import FILE_NAME, Journal
from bargain.records import Place
from tests.calling import reader
from tests.journaling import journal_files, reply_of


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


@pytest.mark.long
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
@settings(max_examples=120)
def test_a_flipped_bit_is_refused_or_harmless(where: float, bit: int) -> None:
    data = bytearray(journal_files(False)[FILE_NAME])
    data[int(where * len(data))] ^= 1 << bit
    check_that_nothing_reads_wrong({FILE_NAME: bytes(data)})


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=40)
def test_a_truncated_file_is_refused(where: float) -> None:
    data = journal_files(False)[FILE_NAME]
    assert check_that_nothing_reads_wrong({FILE_NAME: data[: int(where * len(data))]}) == "refused"


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7) | st.none())
@settings(max_examples=80)
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
@settings(max_examples=60)
def test_a_garbled_stretch_is_refused_or_harmless(where: float, length: int, rubbish: bytes) -> None:
    data = bytearray(journal_files(False)[FILE_NAME])
    at = int(where * len(data))
    length = min(length, len(data) - at)
    data[at : at + length] = (rubbish * length)[:length]
    check_that_nothing_reads_wrong({FILE_NAME: bytes(data)})


def test_an_undamaged_journal_opens_whole_and_a_killed_ones_log_is_recovered() -> None:
    assert check_that_nothing_reads_wrong(journal_files(False)) == "whole"
    assert check_that_nothing_reads_wrong(journal_files(True)) == "whole"


def changed(directory: Path, statement: str) -> int:
    """Puts an undamaged journal there in which a stranger carried out this statement; how many rows it changed."""
    (directory / FILE_NAME).write_bytes(journal_files(False)[FILE_NAME])
    connection = sqlite3.connect(directory / FILE_NAME)
    rows = connection.execute(statement).rowcount
    connection.commit()
    connection.close()
    return rows


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
    assert changed(tmp_path, statement) != 0
    with pytest.raises(JournalDamaged, match="is damaged") as told:
        Journal.open(tmp_path)
    assert "resume=never" in str(told.value)
    with pytest.raises(JournalDamaged), reader(tmp_path) as journal:
        journal.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE '\x1b[2J\u202e' (x)",
        "INSERT INTO meta SELECT '\x1b[2J\u202e', value, checksum FROM meta LIMIT 1",
    ],
)
def test_a_strangers_journal_is_refused_without_its_control_characters(tmp_path: Path, statement: str) -> None:
    changed(tmp_path, statement)
    with pytest.raises(JournalDamaged, match=r"\[2J") as told:
        Journal.open(tmp_path)
    assert str(told.value).isprintable()


def test_a_journal_of_a_newer_version_is_refused_in_one_line(tmp_path: Path) -> None:
    changed(tmp_path, f"PRAGMA user_version = {FORMAT + 1}")
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
