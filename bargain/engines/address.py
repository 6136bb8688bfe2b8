"""Where an engine's server is, taken apart so that no URL that may be shown contains a secret.

read_address("https://me:pw@host/v1?key=hush", {}) -> Address(url="https://host/v1", query="key=hush", ...)
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import httpx2


@dataclass(frozen=True, slots=True)
class Address:
    """url: without userinfo and parameters; host: with its port. query: the parameters of every request, encoded.

    basic: the userinfo as HTTP's basic authentication wants it, "" without one. secrets: what must not be told.
    """

    url: str
    host: str
    query: str
    basic: str
    secrets: tuple[str, ...]

    @property
    def hostname(self) -> str:
        """Without the port."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine."""
        return self.hostname in ("localhost", "127.0.0.1", "::1")

    def at(self, path: str) -> str:
        """The URL of a request."""
        return f"{self.url.rstrip('/')}{path}{'?' if self.query else ''}{self.query}"


def read_address(url: str, parameters: Mapping[str, Any]) -> Address:
    """The address of a base URL, with further parameters. Raises ValueError for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # [ without ], a port that is no number
        good = False
    if not good:
        shown = url.rpartition("@")[2].partition("?")[0]
        raise ValueError(f"base_url must be http(s)://host/..., got {shown!r}")
    userinfo, _, host = parts.netloc.rpartition("@")
    user = unquote(userinfo)
    basic = base64.b64encode(user.encode()).decode()
    secrets = [user, user.rpartition(":")[2], basic] if userinfo else []
    query = dict(parse_qsl(parts.query)) | dict(parameters)
    secrets += [str(value) for name, value in query.items() if re.search("key|token|sig", name.lower())]
    bare = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return Address(bare, host, str(httpx2.QueryParams(query)), basic, tuple(secrets))
