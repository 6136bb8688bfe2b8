"""Many calls at once: under faults and under kill -9."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from bargain.calls.caller import Caller
from bargain.engines.base import Failure, Raw, Request
from bargain.errors import CallFailed
from tests.calling import Memory, ask, echo, never, place, playing, reader
from tests.commands import Started, bargain

NOT_SENT = Failure("not_sent", "cannot connect")
LOST = Failure("maybe_billed", "the connection broke")


def test_with_every_fifth_call_failing_all_games_end_and_good_replies_are_those_without_faults(tmp_path: Path) -> None:
    kinds = [
        NOT_SENT, LOST, Raw(429, b""), Raw(429, b"", {"retry-after": "99999999"}), Raw(500, b"<html>"),
        Raw(200, b"\xff\xfe"), Raw(200, b""), OSError("gone"), Raw(200, b"[]"),
    ]  # fmt: skip

    def say(request: Request, number: int) -> Raw | Exception:
        dice = random.Random(f"{request.place.game} {request.place.turn} {number}")
        return dice.choice(kinds) if dice.random() < 0.2 else echo(request, number)

    async def game(caller: Caller, number: int) -> list[str]:
        said: list[str] = []
        try:
            for turn in range(1, 11):
                said.append((await ask(caller, place(turn, number), *said, "and?")).text)
        except CallFailed:
            said.append("error")
        return said

    async def play(caller: Caller) -> list[list[str]]:
        return await asyncio.gather(*(game(caller, number) for number in range(64)))

    faultless, faulty = tmp_path / "a", tmp_path / "b"
    faultless.mkdir()
    faulty.mkdir()
    with playing(faultless, Memory()) as caller:
        wanted = asyncio.run(play(caller))
    with playing(faulty, Memory(say), max_wait_s=0.01) as caller:
        got = asyncio.run(play(caller))
        stats = caller.stats()
        assert (stats.in_flight, stats.waiting) == (0, 0)
    with playing(faulty, Memory(never), mode="replay") as caller:
        assert asyncio.run(play(caller)) == got
    whole = [index for index, said in enumerate(got) if "error" not in said]
    assert len(whole) > 40
    assert [got[index] for index in whole] == [wanted[index] for index in whole]


CHILD = """
import asyncio, os, sys
from pathlib import Path
from tests.calling import Memory, ask, echo, place, playing

async def slowly(request):
    os.write(log, f"sent {request.place.game} {request.place.turn}\\n".encode())
    await asyncio.sleep(0.002 + request.place.game % 7 / 1000)
    return echo(request, 1)

async def game(caller, number):
    said = []
    for turn in range(1, 21):
        said.append((await ask(caller, place(turn, number), *said, "and?")).text)
    return said

async def main():
    with playing(Path(sys.argv[1]), Memory(lambda request, _: slowly(request))) as caller:
        print(await asyncio.gather(*(game(caller, number) for number in range(32))))

log = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
asyncio.run(main())
"""


@pytest.mark.long
def test_three_kills_lose_only_open_intents_and_buy_no_reply_twice(tmp_path: Path) -> None:
    log = tmp_path / "sent.log"
    log.touch()
    dice = random.Random(1)
    for kill in range(3):
        child = Started([CHILD, str(tmp_path), str(log)], tmp_path, command="-c")
        until = (kill + 1) * 32 * 20 / 5
        while log.read_bytes().count(b"\n") < until and child.returncode is None:
            time.sleep(dice.uniform(0.001, 0.01))
        child.send_signal(signal.SIGKILL)
        child.communicate()
    done = bargain(CHILD, str(tmp_path), str(log), cwd=tmp_path, command="-c")
    assert done.returncode == 0, done.stderr

    sent = Counter(tuple(line.split()[1:]) for line in log.read_text().splitlines())
    with reader(tmp_path) as journal:
        journal.verify()
        attempts = list(journal.attempts())
    replies = Counter((str(each.place.game), str(each.place.turn)) for each in attempts if each.kind == "reply")
    intents = Counter((str(each.place.game), str(each.place.turn)) for each in attempts if each.kind == "open")
    assert set(replies.values()) == {1}
    assert len(replies) == 32 * 20
    # An intent may have been killed before it was sent, so it explains at most one more call each.
    assert all(count <= 1 + intents[where] for where, count in sent.items())
    assert intents.total() > 0

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    again = bargain(CHILD, str(undisturbed), os.devnull, cwd=tmp_path, command="-c")
    assert (again.returncode, again.stdout) == (0, done.stdout)
