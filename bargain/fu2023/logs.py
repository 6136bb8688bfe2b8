"""Reads the log files that GPT-Bargaining (Fu et al. 2023) wrote to outputs/, of its first and of its last version.

    ==== CASE 3 ====   or   ==== ver 0.3.0.0 CASE 3 / 200, 1.50 min ====
    ==== RUN 1 ====
      seller: ...
      buyer: ...
    MODERATE have the seller and ... Yes or No: ...
    PRICE: 15.0
    FEEDBACK: / AI FEEDBACK: / CONST FEEDBACK: / HUMAN FEEDBACK: ...  ACK: ...

It gives back what the file says and judges nothing. A text may run over several lines, empty ones among them. A run
that was cut off is kept and marked as that; a line that fits nowhere is left out. Both are told with their line number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_CASE = re.compile(
    r"^==== (?:ver (?P<ver>.*?) )?CASE (?P<number>\d+)(?: / (?P<of>\d+)[,|]? ?\|? ?[\d.]+ min)? ====\s*$"
)
_RUN = re.compile(r"^==== RUN (\d+) ====\s*$")
_TURN = re.compile(r"^  (seller|buyer): ?(.*)$")
_MODERATE = re.compile(r"^MODERATE [^:]*: ?(.*)$")
_PRICE = re.compile(r"^PRICE: (-?[\d.]+)\s*$")
_FEEDBACK = re.compile(r"^(AI |CONST |HUMAN )?FEEDBACK:\s*(.*)$")
_ACK = re.compile(r"^ACK:\s*(.*)$")
_ENGINE = re.compile(r"^Initializing (seller critic|buyer critic|seller|buyer|moderator) with engine (\S+)\s*$")
_NOISE = re.compile(
    r"^(?:---- start (?:bargaining|moderating) ----|run \d+ did not get a deal.*|Price trace:"
    r"|Round \d+ price.*|\d+ runs, \d+ effective|Run \d price: .*)\s*$"
)
_TRACE = re.compile(r"^-?\d+\.\d\d\s*$")
"""A price of the trace that follows a case; a line of somebody's words while a round is open."""
_ARMS = {"AI ": "ai", "CONST ": "constant", "HUMAN ": "human"}


@dataclass
class LoggedTurn:
    """One utterance, and what the moderator said after it (None if nothing was asked)."""

    role: Literal["seller", "buyer"]
    text: str
    verdict: str | None = None


@dataclass
class LoggedRound:
    """One round as the log has it. price: the program's own, -1 for no deal, None where it logged none.

    cut: the log ends, or another case begins, before the round does.
    """

    number: int
    line: int
    arm: str = ""
    turns: list[LoggedTurn] = field(default_factory=list)
    feedback: str | None = None
    acknowledgement: str = ""
    price: float | None = None
    cut: bool = False


@dataclass
class LoggedGame:
    """One case: its number in the log and its rounds."""

    number: int
    line: int
    rounds: list[LoggedRound] = field(default_factory=list)


@dataclass
class Log:
    """A whole file: the engines it names by role, its games, and what could not be taken, as "FILE:LINE: why".

    planned: how many cases the program was to play, 0 where the log does not say.
    """

    path: Path
    engines: dict[str, str] = field(default_factory=dict)
    version: str = ""
    planned: int = 0
    games: list[LoggedGame] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_log(path: Path) -> Log:
    """What a log says. Raises ValueError when the file cannot be read or holds no case."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error})") from error
    reader = _Reader(Log(path))
    for number, line in enumerate(lines, 1):
        reader.take(number, line)
    reader.end(len(lines))
    if not reader.log.games and not reader.log.problems:
        raise ValueError(f"{path} holds no ==== CASE ==== line; is this a log of GPT-Bargaining?")
    return reader.log


class _Reader:
    """The state of reading, line by line: the open game and round, and where a continued line goes."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.game: LoggedGame | None = None
        self.round: LoggedRound | None = None
        self.number = 0
        self.arm = ""
        self.feedback: str | None = None
        self.acknowledgement = ""
        self.into = ""
        self.blank = 0
        """How many empty lines came after the last line of the text that is open: they are its own if it goes on."""

    def take(self, number: int, line: str) -> None:
        """The next line of the file."""
        if match := _CASE.match(line):
            self._close(number)
            self.log.version = match["ver"] or self.log.version
            self.log.planned = max(self.log.planned, int(match["of"] or 0))
            self.game = LoggedGame(int(match["number"]), number)
            self.log.games.append(self.game)
            self.number, self.feedback, self.arm, self.into = 1, None, "", ""
        elif match := _RUN.match(line):
            self._close(number)
            self.number, self.into = int(match[1]), ""
        elif match := _TURN.match(line):
            self._turn(match[1], match[2], number)
        elif match := _MODERATE.match(line):
            self._verdict(match[1], number)
        elif match := _PRICE.match(line):
            self._price(float(match[1]), number)
        elif match := _FEEDBACK.match(line):
            self._close(number)
            self.arm = _ARMS.get(match[1] or "", "")
            self.feedback, self.acknowledgement, self.into = match[2], "", "feedback"
        elif match := _ACK.match(line):
            self.acknowledgement, self.into = match[1], "ack"
        elif match := _ENGINE.match(line):
            self.log.engines[match[1].replace(" ", "_")] = match[2]
        elif not line.strip():
            self.blank += 1
            return
        elif _NOISE.match(line) or (_TRACE.match(line) and self.round is None):
            self.into = ""
        else:
            self._more(line, number)
        self.blank = 0

    def end(self, number: int) -> None:
        """The end of the file."""
        self._close(number, at_end=True)
        for game in [each for each in self.log.games if not each.rounds]:
            self.log.games.remove(game)
            self._problem(game.line, f"case {game.number} has no whole round; left out")

    def _turn(self, role: str, text: str, number: int) -> None:
        if self.game is None:
            self._problem(number, "a turn before the first case; left out")
            return
        if self.round is None:
            self.round = LoggedRound(self.number, number, self.arm, feedback=self.feedback)
            self.round.acknowledgement = self.acknowledgement.strip()
            self.feedback, self.acknowledgement = None, ""
        self.round.turns.append(LoggedTurn("seller" if role == "seller" else "buyer", text))
        self.into = "turn"

    def _verdict(self, text: str, number: int) -> None:
        if self.round is None or not self.round.turns:
            self._problem(number, "a verdict outside a round; left out")
            return
        self.round.turns[-1].verdict = text
        self.into = "verdict"

    def _price(self, price: float, number: int) -> None:
        if self.round is None:
            self._problem(number, f"PRICE: {price:g} outside a round; left out")
            return
        self.round.price = price
        self._close(number)

    def _close(self, line: int, *, at_end: bool = False) -> None:
        """Ends the open round. Without a PRICE it is whole if it ended in a deal, or where the log has no prices."""
        played, self.round = self.round, None
        if played is None or self.game is None:
            return
        agreed = any("yes" in (turn.verdict or "").lower() for turn in played.turns[-1:])
        priced = any(each.price is not None for game in self.log.games for each in game.rounds)
        if played.price is None and not agreed and (at_end or priced):
            played.cut = True
            where = f"case {self.game.number}, run {played.number}"
            self._problem(played.line, f"{where} is cut off at line {line}; counted as a failed game")
        self.game.rounds.append(played)
        self.into = ""

    def _more(self, line: str, number: int) -> None:
        """A line that goes on with the text before it."""
        more = "\n" * (self.blank + 1) + line
        if self.into == "turn" and self.round is not None:
            self.round.turns[-1].text += more
        elif self.into == "verdict" and self.round is not None:
            self.round.turns[-1].verdict = f"{self.round.turns[-1].verdict}{more}"
        elif self.into == "feedback":
            self.feedback = f"{self.feedback}{more}".strip()
        elif self.into == "ack":
            self.acknowledgement = f"{self.acknowledgement}{more}".strip()
        elif self.game is not None:
            self._problem(number, f"not understood, left out: {line[:60]!r}")

    def _problem(self, number: int, why: str) -> None:
        self.log.problems.append(f"{self.log.path}:{number}: {why}")
