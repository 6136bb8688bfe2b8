"""Talks that differ in their last turn alone: what comes before it is read once."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterable

from bargain.reading.reader import Outcome, Reader


def outcome_after(before: Iterable[tuple[str, str]], role: str, text: str) -> Outcome:
    """As `read_outcome([*before, (role, text)])`."""
    reader: Reader = pickle.loads(_read(tuple(before)))
    reader.add(role, text)
    return reader.outcome()


@functools.cache
def _read(turns: tuple[tuple[str, str], ...]) -> bytes:
    """A reader that has heard these turns, pickled: read again it is a new one."""
    reader = Reader()
    for role, text in turns:
        reader.add(role, text)
    return pickle.dumps(reader)
