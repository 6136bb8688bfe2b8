"""The pace at which calls go out: the configured one, kept exactly, and the one that a provider's refusals teach.

It knows moments and counts, no clock of its own, no engine and no calls.
"""

from __future__ import annotations

from collections import deque

PACE = 0.98
"""Share of the configured rate that is used: the rest absorbs clocks and networks, so that nothing is refused."""
WINDOW_S = 10.0
"""What was accepted in the last so many seconds tells a provider's rate at the first refusal."""
MANY, MANY_OF = 4, 10
"""At least so many refusals in the last seconds, and one in so many calls: fewer are not worth a pace."""
AT_FIRST = 0.8
BELOW = 0.92
"""Shares of the rate that was found: at first, and when refused again soon, it is a guess; later it is measured."""
BLIND_CUT = 0.7
"""What is kept of a rate that was refused again before it could be measured."""
PROBE = 0.01
"""Share of the rate found by which the pace rises every second, ever faster after FASTER_AFTER_S of quiet."""
FASTER_AFTER_S = 20.0
WHILE_GUESSED = 4.0
"""So much faster it rises while the rate is a guess."""
ENOUGH = 5
"""So many successes over a second measure a rate."""
SOON_S, FEW = 5.0, 6
FRUITLESS = 8
FORGOTTEN_S = 60.0
"""After so many more cuts that come soon, or a few successes, after the one before than others, refusals are not about
the rate, and it is forgotten: for so long, then twice as long. Below a rate that is enforced there are none for 8 s.
"""
LEAST = 0.3
"""The same where the pace would fall below this share of the first guess: refusals that go on at a third of what was
accepted come by chance. With less, 6% of them held a run at a call a second for good."""


class Pacer:
    """An exact leaky bucket (GCRA, ITU-T I.371): `rate` units a second, catching up at most `slack_s` of late time."""

    def __init__(self, per_minute: float | None, slack_s: float) -> None:
        if per_minute is not None and per_minute <= 0:
            raise ValueError(f"a rate per minute must be above 0, got {per_minute:g}")
        self._interval = 0.0 if per_minute is None else 60.0 / (per_minute * PACE)
        self._slack = slack_s
        self._next = float("-inf")

    def ready_at(self) -> float:
        """The moment from which the next units may go."""
        return self._next - self._slack

    def take(self, units: float, now: float) -> None:
        """Units go now."""
        self._next = max(self._next, now) + units * self._interval

    def correct(self, units: float) -> None:
        """So many units more (or, negative, fewer) went than were taken."""
        self._next += units * self._interval


class LearntPace:
    """A rate nobody has configured: `per_s` calls a second, None until a first refusal tells that there is one.

    At a refusal it falls below what was accepted of late, and rises slowly until the next: a provider that enforces a
    rate sees about one refusal in a hundred calls.
    """

    def __init__(self) -> None:
        self.per_s: float | None = None
        self._found = self._first_guess = 0.0
        self._cut_at: float | None = None
        self._risen_at = 0.0
        self._next = float("-inf")
        self._sent: deque[float] = deque(maxlen=4096)
        self._refused: deque[float] = deque(maxlen=4096)
        self._guessed_from: tuple[int, float] | None = None
        """While the rate is a guess: how many were accepted, in how many seconds."""
        self._first_success: float | None = None
        self._successes = self._fruitless = self._forgotten = 0
        self._ignores_until = float("-inf")

    def ready_at(self) -> float:
        """The moment from which the next call may go."""
        return self._next

    def take(self, now: float) -> None:
        """A call goes now."""
        self._sent.append(now)
        if self.per_s is not None:
            self._next = max(self._next, now) + 1.0 / self.per_s

    def succeeded(self, now: float) -> None:
        """A call that was sent after the last cut was answered."""
        self._successes += 1
        if self._first_success is None:
            self._first_success = now
        if self.per_s is not None and self._cut_at is not None:
            quiet_s = now - self._cut_at
            rise = PROBE * (WHILE_GUESSED if self._guessed_from else max(1.0, (quiet_s / FASTER_AFTER_S) ** 2))
            self.per_s += self._found * rise * (now - self._risen_at)
            self._risen_at = now

    def refused_again(self, now: float) -> None:
        """One more of the calls that were in flight at the first refusal: the first guess is corrected."""
        self._refused.append(now)
        if self._guessed_from is not None:
            accepted, window_s = self._guessed_from
            self._guess(accepted - 1, window_s)
        elif self.per_s is None and now >= self._ignores_until:
            self._consider(now)

    def cut(self, now: float) -> None:
        """A refusal of a call that was sent after the last cut."""
        self._refused.append(now)
        if now < self._ignores_until:
            return
        soon = self._cut_at is not None and (now - self._cut_at < SOON_S or self._successes < FEW)
        self._fruitless = max(0, self._fruitless + (1 if soon else -1))
        if self._fruitless > FRUITLESS or (self.per_s is not None and self.per_s < LEAST * self._first_guess):
            self._forget(now)
        elif self.per_s is None:
            self._consider(now)
        else:
            self._lower(now)
        self._cut_at = self._risen_at = now
        self._first_success, self._successes = None, 0

    def _consider(self, now: float) -> None:
        """Whether so much is refused that there must be a rate."""
        since = now - WINDOW_S
        sent, refused = (sum(at >= since for at in each) for each in (self._sent, self._refused))
        if refused >= MANY and refused * MANY_OF >= sent:
            self._guess(sent - refused, min(WINDOW_S, max(1.0, now - self._sent[0])))
            self._cut_at = self._risen_at = now

    def _lower(self, now: float) -> None:
        """To below what was accepted since the last cut, or blindly where that is too little to tell."""
        assert self.per_s is not None
        self._guessed_from = None
        span_s = 0.0 if self._first_success is None else now - self._first_success
        if self._successes >= ENOUGH and span_s >= 1.0:
            self._found = min(self.per_s, self._successes / span_s)
            self.per_s = (AT_FIRST if self._fruitless else BELOW) * self._found
        else:
            self._found = self.per_s = BLIND_CUT * self.per_s

    def _forget(self, now: float) -> None:
        self.per_s, self._next, self._fruitless = None, float("-inf"), 0
        self._ignores_until = now + FORGOTTEN_S * 2.0**self._forgotten
        self._forgotten += 1
        self._guessed_from = None

    def _guess(self, accepted: int, window_s: float) -> None:
        """From what was sent and not refused by now; nothing, where that is too little to tell."""
        self._guessed_from = (accepted, window_s)
        self._found = self._first_guess = accepted / window_s
        self.per_s = AT_FIRST * self._found if accepted >= ENOUGH else None
