"""A server as lean as can be, so that a benchmark measures the client: it answers every OpenAI or Anthropic request
with a sentence (4,096 of them in turn, so that it does not pay to remember them) after a given latency, and may enforce
a rate. Runs in a process of its own.

    python benchmarks/echo_server.py --latency 0.05 [--per-minute 600]      prints its port, then serves until killed
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

SAID = "I hear you, it is offer number 1000, and I would like to know more about it before I say yes or no."
SENTENCES = 4096
USAGE = {"prompt_tokens": 300, "completion_tokens": 12, "total_tokens": 312}
OPENAI = {
    "id": "x",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": SAID}}],
    "usage": USAGE,
}
ANTHROPIC = {
    "id": "x",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": SAID}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 300, "output_tokens": 12},
}


class Rate:
    """A provider's request limit: a bucket that refills evenly and holds a second's worth."""

    def __init__(self, per_minute: float) -> None:
        self.per_s = per_minute / 60
        self.holds = max(1.0, self.per_s)
        self.level, self.at = self.holds, time.monotonic()

    def wait_s(self) -> float:
        """Until one more request may pass."""
        return max(0.0, (1 - self.level) / self.per_s)

    def allows(self) -> bool:
        """Whether one more request may pass now."""
        now = time.monotonic()
        self.level = min(self.holds, self.level + (now - self.at) * self.per_s)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Server:
    """Serves until cancelled. GET /stats tells how many were answered and refused, and in how many seconds.

    hint: what a refusal says of the wait: nothing, "retry-after" (whole seconds) or "headers" (as OpenAI sends them).
    """

    def __init__(self, latency_s: float, per_minute: float, hint: str = "") -> None:
        self.latency_s = latency_s
        self.rate = Rate(per_minute) if per_minute else None
        self.hint = hint
        self.answered = self.refused = 0
        self.first = self.last = 0.0
        self.ready = {
            path: [whole.replace(b"number 1000", b"number %d" % (1000 + each)) for each in range(SENTENCES)]
            for path, body in (("chat", OPENAI), ("messages", ANTHROPIC))
            for whole in [self._answer(200, body)]
        }

    @staticmethod
    def _answer(status: int, body: object, more: str = "") -> bytes:
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{more}\r\n"
        return head.encode() + data

    def _refusal(self, wait_s: float) -> bytes:
        said = {"": "", "retry-after": f"Retry-After: {math.ceil(wait_s)}\r\n"}.get(
            self.hint,
            f"x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: {math.ceil(1000 * wait_s)}ms\r\n",
        )
        return self._answer(429, {"error": {"message": "rate limit", "type": "rate_limit_error"}}, said)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                if path == b"/stats":
                    counts = {"answered": self.answered, "refused": self.refused, "seconds": self.last - self.first}
                    writer.write(self._answer(200, counts))
                    continue
                self.last = time.monotonic()
                self.first = self.first or self.last
                if self.rate is not None and not self.rate.allows():
                    self.refused += 1
                    writer.write(self._refusal(self.rate.wait_s()))
                else:
                    self.answered += 1
                    await asyncio.sleep(self.latency_s)
                    writer.write(self.ready["messages" if b"messages" in path else "chat"][self.answered % SENTENCES])
        writer.close()


@contextlib.contextmanager
def running(latency_s: float = 0.0, per_minute: float = 0.0, hint: str = "") -> Iterator[str]:
    """The base URL of such a server in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--latency", str(latency_s), "--per-minute", str(per_minute)]
    command += ["--hint", hint]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def stats(url: str) -> dict[str, float]:
    """What a server has answered and refused, and the seconds from its first request to its last."""
    with urllib.request.urlopen(f"{url}/stats", timeout=10) as answer:
        counted: dict[str, float] = json.load(answer)
        return counted


async def _main(latency_s: float, per_minute: float, hint: str) -> None:
    server = Server(latency_s, per_minute, hint)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=1024)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--per-minute", type=float, default=0.0)
    parser.add_argument("--hint", default="", choices=("", "retry-after", "headers"))
    options = parser.parse_args()
    asyncio.run(_main(options.latency, options.per_minute, options.hint))
