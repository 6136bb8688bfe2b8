"""A server as lean as can be, so that a benchmark measures the client: it answers every OpenAI or Anthropic request
with the same sentence after a given latency, and may enforce a rate. Runs in a process of its own.

    python benchmarks/echo_server.py --latency 0.05 [--per-minute 600]      prints its port, then serves until killed
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

SAID = "I hear you, and I would like to know more about it before I say yes or no."
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
    """Serves until cancelled. GET /stats tells how many were answered and how many refused."""

    def __init__(self, latency_s: float, per_minute: float) -> None:
        self.latency_s = latency_s
        self.rate = Rate(per_minute) if per_minute else None
        self.answered = self.refused = 0
        self.ready = {path: self._answer(200, body) for path, body in (("chat", OPENAI), ("messages", ANTHROPIC))}
        self.refusal = self._answer(429, {"error": {"message": "rate limit", "type": "rate_limit_error"}})

    @staticmethod
    def _answer(status: int, body: object) -> bytes:
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        return head.encode() + data

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                if path == b"/stats":
                    writer.write(self._answer(200, {"answered": self.answered, "refused": self.refused}))
                elif self.rate is not None and not self.rate.allows():
                    self.refused += 1
                    writer.write(self.refusal)
                else:
                    self.answered += 1
                    await asyncio.sleep(self.latency_s)
                    writer.write(self.ready["messages" if b"messages" in path else "chat"])
        writer.close()


@contextlib.contextmanager
def running(latency_s: float = 0.0, per_minute: float = 0.0) -> Iterator[str]:
    """The base URL of such a server in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--latency", str(latency_s), "--per-minute", str(per_minute)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def stats(url: str) -> dict[str, int]:
    """What a server has answered and refused."""
    with urllib.request.urlopen(f"{url}/stats", timeout=10) as answer:
        counted: dict[str, int] = json.load(answer)
        return counted


async def _main(latency_s: float, per_minute: float) -> None:
    server = Server(latency_s, per_minute)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=1024)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--per-minute", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(_main(options.latency, options.per_minute))
