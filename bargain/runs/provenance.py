"""What a result depends on besides its config: versions, the commit of the working directory, the servers asked."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bargain.engines.base import Engine
from bargain.version import __version__

PACKAGES = ("hydra-core", "omegaconf", "openai", "anthropic", "aiohttp", "httpx2", "genai-prices")
_GIT_S = 5.0


def provenance(engines: Mapping[str, Engine]) -> dict[str, str]:
    """By name: bargain's version, `packages` (JSON), `git` (commit, with + if files differ; "" outside), `servers`.

    servers: JSON, the base URL that each seat's engine really uses, by seat; without user, password and query.
    """
    servers = {seat: url for seat, engine in sorted(engines.items()) if (url := str(getattr(engine, "url", "")))}
    return {"bargain": __version__, "packages": _packages(), "git": _commit(Path.cwd()), "servers": json.dumps(servers)}


@functools.cache
def _packages() -> str:
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return json.dumps(versions)


@functools.cache
def _commit(directory: Path) -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(directory), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=_GIT_S,
            check=True,
        )
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        return commit + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""
