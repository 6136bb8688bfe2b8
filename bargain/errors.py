"""Every way a call, a run or a journal can refuse, in one place. Each message is one line, fit for a terminal.

ConfigError       the config cannot be played: nothing is called
CallFailed        one call failed for good: its game is recorded as `error`, the others play on
RunStopped        no further call can work, or none may be made: the run stops, and says why
BudgetReached     the cap is reached: the run pauses and goes on with a higher cap
JournalError      the journal cannot be used as it is; its subclasses say which way
"""

from __future__ import annotations

from bargain.engines.base import GaveUp


class ConfigError(ValueError):
    """A config that cannot be played. The message is one line, fit for a terminal."""


class CallFailed(GaveUp):
    """One call failed for good. The same call replayed from the journal fails with the same words."""


class RunStopped(Exception):
    """The run must stop: a wrong key, an unknown model, an exhausted quota, a cap that cannot be kept."""


class NotRecorded(RunStopped):
    """mode=replay asked for a reply that the journal does not hold."""


class BudgetReached(Exception):
    """The next call's worst case does not fit limits.max_cost_usd or limits.max_tokens. Nothing is in flight.

    higher: an override that goes on, twice the cap.
    """

    def __init__(self, message: str, higher: str) -> None:
        super().__init__(message)
        self.higher = higher


class JournalError(Exception):
    """The journal cannot be used as it is."""


class JournalLocked(JournalError):
    """Another process holds the run directory; the message says who, where and since when."""


class JournalDamaged(JournalError):
    """The file is not what was written: a checksum, a sequence or SQLite itself says so."""


class JournalNewer(JournalError):
    """The file was written by a newer version of bargain."""


class JournalMismatch(JournalError):
    """A recorded call was made with another request than the one asked for now. Neither reused nor paid."""


class JournalFull(JournalError):
    """The file can no longer be written: disk full, quota, read-only, I/O error. What was committed is intact."""
