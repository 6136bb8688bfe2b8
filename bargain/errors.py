"""Every way a call, a run or a journal can refuse, in one place. Each message is one line, fit for a terminal.

ConfigError       the config cannot be played: nothing is called
GaveUp            a game cannot go on: it is recorded as `error`, the others play on (CallFailed: for one call)
RunStopped        no further call can work, or none may be made: the run stops, and says why
BudgetReached     the cap is reached: the run pauses and goes on with a higher cap
JournalError      the journal cannot be used as it is; its subclasses say which way
"""

from __future__ import annotations

import errno

from bargain.secrets import blotted
from bargain.text import on_screen, one_line


class ConfigError(ValueError):
    """A config that cannot be played. The message is one line, fit for a terminal.

        try:
            cfg = compose(["game=simpel"])
        except ConfigError as error:
            print(error)                                    # game=simpel: no such choice; did you mean simple?

    It is raised before the first call, so nothing has been paid. It is a ValueError.
    """


class GaveUp(Exception):
    """A call failed for good: its game is recorded as `error`, the others play on."""


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


def first_of(error: BaseException) -> BaseException:
    """The exception itself, or the first one of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def in_words(error: BaseException) -> str:
    """The words of an exception, or of the first one of a group, on one line that any terminal and file can take."""
    error = first_of(error)
    return blotted(one_line(str(error), 2000)) or type(error).__name__


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_ELSEWHERE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
"""Another directory helps: this one cannot be written, or it is a file."""


def disk_problem(error: BaseException) -> str:
    """A file that cannot be written, told in one line with what to do; "" for any other error."""
    error = first_of(error)
    while type(error).__module__.split(".")[0] in ("omegaconf", "hydra") and (error.__cause__ or error.__context__):
        error = error.__cause__ or error.__context__ or error
    if not isinstance(error, OSError) or error.errno not in _DISK + _ELSEWHERE or isinstance(error, ConnectionError):
        return ""
    remedy = "choose a directory that can be written" if error.errno in _ELSEWHERE else "make room"
    where = on_screen(str(error.filename)) if error.filename else "the run's directory"
    return f"{where}: {error.strerror}; {remedy} and start the same command again"
