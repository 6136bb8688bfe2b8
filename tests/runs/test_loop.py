"""The loop that a run is played on, where Ctrl-C or SIGTERM meets it while it is made and while it is closed."""

from __future__ import annotations

import contextvars
import gc
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from bargain.runs import loop

GUARDED = ("_new_loop", "close")


class Interrupt:
    """A signal that comes at the n-th line of Python that runs while a loop is made or closed."""

    def __init__(self, number: int, line: int) -> None:
        self.number = number
        self.left = line
        self.within: FrameType | None = None

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        """For sys.settrace."""
        code = frame.f_code
        if self.within is None and code.co_filename == loop.__file__ and code.co_name in GUARDED:
            self.within = frame
        return self._line if self.within is not None else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                signal.raise_signal(self.number)
        elif event == "return" and frame is self.within:
            self.within = None
        return self._line if self.left > 0 else None


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No loop that a test let go is closed while the next one is walked: a line of that is none of its lines."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def nothing() -> None:
    """A run that is over at once."""


@pytest.mark.usefixtures("uncollected")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # as in a command: a whole loop may be let go unused
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])  # a sweep's SIGTERM is raised as Ctrl-C is
def test_an_interrupt_at_any_line_of_making_or_closing_a_loop_is_that_and_leaves_nothing_that_complains(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted = signal.signal(number, signal.default_int_handler)
    complaints: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: complaints.append(f"{told.exc_value!r} in {told.object!r}"))
    before, at = sys.gettrace(), 0
    while True:
        at += 1
        comes = Interrupt(number, at)
        sys.settrace(comes)
        try:
            contextvars.copy_context().run(loop.run, nothing)
        except KeyboardInterrupt:
            continue
        finally:
            sys.settrace(before)
        break
    signal.signal(number, acted)
    gc.collect()
    assert complaints == []
    assert comes.left > 0, "it came to the end without one"
    assert at > 150, "lines were walked"
