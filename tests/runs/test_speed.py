"""What keeps a run fast and its deadlines true, where it shows without a clock."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from bargain.runs.loop import in_own_loop
from tests.commands import bargain_here, environment
from tests.servers import Server

ROOT = Path(__file__).parent.parent.parent
ENV = environment(OPENAI_API_KEY="sk-test", ANTHROPIC_API_KEY="sk-test")


def test_help_names_every_choice_of_every_group() -> None:
    said = bargain_here("--help", cwd=ROOT, env=ENV).stdout
    for path in (ROOT / "conf").glob("*/*.yaml"):
        assert f" {path.stem}" in said, path
    for path in (ROOT / "experiments").glob("*/*.yaml"):
        assert f" {path.stem}" in said, path


@pytest.mark.long
@pytest.mark.parametrize("engine", ["gpt-4o-mini", "claude-haiku-4-5"])
def test_every_call_has_the_headers_that_the_sdk_gave_the_first(engine: str, tmp_path: Path) -> None:
    with Server() as server:
        url = server.openai if engine.startswith("gpt") else server.anthropic
        seats = [f"engine@{seat}.engine={engine}" for seat in ("seller", "buyer")]
        urls = [f"{seat}.engine.base_url={url}" for seat in ("seller", "buyer")]
        done = bargain_here("n_games=2", "game=simple", "tracking=none", *seats, *urls, cwd=tmp_path, env=ENV)
    assert done.returncode == 0, done.stderr
    assert len(server.calls) > 10
    own = ("content-length", "idempotency-key")
    headers = [{name: value for name, value in call.headers.items() if name not in own} for call in server.calls]
    assert all(each == headers[0] for each in headers)
    assert {call.path for call in server.calls} == {server.calls[0].path}


def test_the_loop_looks_at_the_clock_between_a_few_answers_however_many_have_come() -> None:
    seen: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        pairs = [socket.socketpair() for _ in range(100)]
        for ours, theirs in pairs:
            theirs.send(b"x")

            def read(ours: socket.socket = ours) -> None:
                seen.append("read")
                loop.remove_reader(ours)

            loop.add_reader(ours, read)
        while seen.count("read") < 100:
            await asyncio.sleep(0)
            seen.append("|")
        for pair in pairs:
            for each in pair:
                each.close()

    in_own_loop(main)
    assert max(len(reads) for reads in "".join(seen).replace("read", "r").split("|")) <= 8
